"""Complaints and goodbyes: by their words, and how often the words are right."""

import math
from typing import Any

import pytest
from feedback_results import bare, estimate, intents, is_well_said, unknown

from retention_lab.findings.feedback.intents import intent_findings
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, **changes: Any) -> tuple[Finding, Finding]:
    complaints, goodbyes = intent_findings(intents(**changes), text)
    assert is_well_said(complaints)
    assert is_well_said(goodbyes)
    assert (complaints.id, goodbyes.id) == ("feedback.complaints", "feedback.goodbyes")
    return complaints, goodbyes


def test_both_are_shares_of_the_recent_comments(text: Text) -> None:
    complaints, goodbyes = of(text)

    assert complaints.headline == "In the last 90 days 20.0% of comments had the words of a complaint (18.0% to 22.0%)."
    assert goodbyes.headline == (
        "In the last 90 days 2.5% of comments announced that the customer was leaving (2.0% to 3.0%)."
    )
    assert (complaints.verdict, goodbyes.verdict) == ("watch", "act")
    assert goodbyes.action == "Answer these first: comments.csv, beside this report, marks them."
    assert (complaints.estimate, complaints.n_obs) == (0.2, 1200)


def test_none_at_all_is_good_news_without_an_interval(text: Text) -> None:
    complaints, goodbyes = of(text, complaint=bare(0.0), leaving=bare(0.0), n_leaving=0, n_recent=120)

    assert complaints.headline == (
        "In the last 90 days 0.0% of comments had the words of a complaint (of 120; no interval)."
    )
    assert "(of 120; no interval)" in goodbyes.headline
    assert (complaints.verdict, goodbyes.verdict, goodbyes.action) == ("fine", "fine", "")
    assert math.isnan(complaints.estimate)


def test_without_recent_comments_nothing_is_said(text: Text) -> None:
    for found in of(text, complaint=unknown(), leaving=unknown(), n_leaving=0, n_recent=0):
        assert found.headline == "There are no comments in the last 90 days to look into."
        assert found.verdict == "not_enough_data"


def test_what_became_of_those_who_said_goodbye_is_told_where_it_is_known(text: Text) -> None:
    _, goodbyes = of(text, left_after=estimate(0.91, 0.03))

    assert goodbyes.headline.endswith("Of customers who had announced it 91% were gone 60 days later (88% to 94%).")
    assert "60 days later" not in of(text, left_after=unknown())[1].headline


def test_lists_that_nobody_has_checked_say_so(text: Text) -> None:
    for found in of(text):
        assert "was not measured on this client" in found.caveats[0]


@pytest.mark.parametrize("name", ["complaint", "leaving"])
def test_labels_tell_how_often_a_list_is_right(name: str, text: Text) -> None:
    labels = {f"{name}_precision": estimate(0.9, 0.05), f"{name}_recall": estimate(0.5, 0.1)}
    found = of(text, **labels)[name == "leaving"]

    assert found.caveats == (
        "By the labels of people, 90% of those found are rightly found (85% to 95%).",
        "Of those that people found, the list finds 50% (40% to 60%).",
    )


def test_labels_without_a_single_one_show_only_what_they_can(text: Text) -> None:
    no_recall = of(text, complaint_precision=estimate(0.1, 0.05), complaint_recall=unknown())[0]
    neither = of(text, complaint_precision=unknown(), complaint_recall=unknown())[0]

    assert no_recall.caveats == ("By the labels of people, 10% of those found are rightly found (5% to 15%).",)
    assert neither.caveats == ("By the labels of people there are none, and the list finds none among those.",)
