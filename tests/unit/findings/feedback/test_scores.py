"""NPS, CSAT and CES: with intervals, and a change only where there is one."""

import math
from typing import Any

import pytest
from feedback_results import bare, estimate, is_well_said, score, scores, unknown

from retention_lab.analysis.feedback.scores import Score
from retention_lab.findings.feedback.scores import score_findings
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, *some: Score, **changes: Any) -> Finding:
    for found in score_findings(scores(*some, **changes), text):
        assert is_well_said(found)
        return found
    raise AssertionError("a finding always stands where the scores belong")


def test_a_score_is_told_with_its_interval_and_its_answers(text: Text) -> None:
    nps, csat = of(text, score("nps", 28.0)), of(text, score("csat", 0.6))

    assert nps.headline == "NPS: 28 (26 to 30), from 2,000 answers."
    assert csat.headline == "CSAT: 60.0% (58.0% to 62.0%), from 2,000 answers."
    assert (nps.id, csat.id) == ("feedback.score.nps", "feedback.score.csat")
    assert (nps.unit, csat.unit, nps.verdict) == ("points", "share", "watch")
    assert of(text, score("ces", 0.7)).headline.startswith("CES: 70.0%")


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        (0.05, "fine", "In the last three months it rose by 5.0 points (3.0 to 7.0)."),
        (-0.05, "act", "In the last three months it fell by 5.0 points (change −7.0 to −3.0)."),
        (0.01, "watch", "No change is shown in the last three months (−1.0 to 3.0 points)."),
    ],
)
def test_a_change_is_one_only_where_its_interval_leaves_out_nought(
    change: float, verdict: str, words: str, text: Text
) -> None:
    found = of(text, score("csat", 0.6, estimate(change)))

    assert found.headline.endswith(words)
    assert found.verdict == verdict


def test_points_of_nps_are_points_already(text: Text) -> None:
    found = of(text, score("nps", 28.0, estimate(-16.8, 9.0)))

    assert "it fell by 16.8 points (change −25.8 to −7.8)." in found.headline


@pytest.mark.parametrize(("n", "words"), [(12, "CSAT: 12 answers are too few"), (1, "CSAT: 1 answer is too few")])
def test_too_few_answers_say_nothing(n: int, words: str, text: Text) -> None:
    found = of(text, score(found=unknown(), n_answers=n))

    assert found.headline.startswith(words)
    assert found.verdict == "not_enough_data"
    assert math.isnan(found.estimate)


def test_answers_that_are_all_alike_are_not_called_too_few(text: Text) -> None:
    found = of(text, score(found=bare(1.0)))

    assert found.headline == "CSAT: 100.0% (all alike; no interval), from 2,000 answers."
    assert found.verdict == "watch"
    assert math.isnan(found.estimate)


def test_each_question_has_its_own_finding_and_id(text: Text) -> None:
    found = list(
        score_findings(
            scores(score(), score(question="Kako zadovoljni ste? <b>"), score("nps", 10.0, question="Would you?")), text
        )
    )

    assert [one.id for one in found] == [
        "feedback.score.csat", "feedback.score.csat.kako-zadovoljni-ste-b", "feedback.score.nps.would-you",
    ]  # fmt: skip
    assert found[2].headline.startswith("NPS, “Would you?”: 10 (8 to 12)")


def test_who_did_not_answer_is_not_forgotten(text: Text) -> None:
    found = of(text, score(), response_rate=estimate(0.34), with_text=estimate(0.76))

    assert found.caveats == (
        "34.0% of all customers gave a mark at least once (32.0% to 36.0%); the others may think otherwise.",
        "76.0% of marks came with words (74.0% to 78.0%).",
    )
    assert of(text, score(), response_rate=unknown(), with_text=bare(1.0)).caveats == ()


def test_without_a_score_the_client_file_is_named(text: Text) -> None:
    found = of(text)

    assert (found.id, found.verdict) == ("feedback.score", "not_enough_data")
    assert found.action.startswith("Declare feedback.scores in the client file")
