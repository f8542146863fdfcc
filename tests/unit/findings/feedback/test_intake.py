"""What came in, what was masked, and who has checked."""

import math
from typing import Any

import pytest
from feedback_results import bare, estimate, is_well_said, reading, study, unknown

from retention_lab.analysis.feedback.audit import Agreement
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.findings.feedback.intake import audit_finding, intake_findings
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def came_in(text: Text, one: FeedbackStudy) -> Finding:
    found, _ = intake_findings(one, text)
    assert is_well_said(found)
    return found


def masked(text: Text, n: int, **kinds: int) -> Finding:
    _, found = intake_findings(study(verbatims={"masked": kinds, "n_masked": n}), text)
    assert is_well_said(found)
    return found


def test_comments_are_counted_by_language(text: Text) -> None:
    found = came_in(text, study(reading("it", 600), reading("en", 390), reading("", 10)))

    assert found.headline == (
        "1,000 of 1,100 rows have words to read: Italian 600, English 390 and language not determined 10."
    )
    assert (found.id, found.verdict, found.n_obs) == ("feedback.intake", "fine", 1100)
    assert found.estimate == pytest.approx(1000 / 1100)
    assert "The language of 10 comments cannot be determined; it is not guessed." in found.caveats


def test_many_comments_without_a_language_are_to_be_watched(text: Text) -> None:
    assert came_in(text, study(reading("en", 940), reading("", 60))).verdict == "watch"
    assert came_in(text, study(reading("en", 950), reading("", 50))).verdict == "fine"


def test_a_single_comment_without_a_language_is_still_a_sentence(text: Text) -> None:
    found = came_in(text, study(reading("", 1), n=1, verbatims={"n_rows": 3}))

    assert found.headline == "1 of 3 rows has words to read: language not determined 1."
    assert "The language of 1 comment cannot be determined; it is not guessed." in found.caveats


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scale_found": "1-5"}, "The marks are taken to be on the scale 1-5, which all of them fit."),
        ({"n_unscaled": 7, "remedy": "declare it."}, "7 marks are not used, because their scale is not known: declare"),
        ({"n_unscaled": 1, "remedy": "declare it."}, "1 mark is not used, because its scale is not known: declare it."),
    ],
)
def test_what_becomes_of_marks_without_a_scale_is_told(changes: dict[str, Any], words: str, text: Text) -> None:
    assert any(caveat.startswith(words) for caveat in came_in(text, study(verbatims=changes)).caveats)


def test_comments_that_say_the_same_and_those_without_marks_are_told(text: Text) -> None:
    several = came_in(text, study(reading("en", 500, n_repeats=30), reading("it", 500, n_repeats=4)))
    one = came_in(text, study(reading(n_repeats=1), has_marks=False))

    assert any(caveat.startswith("34 comments say the same as an earlier one; they") for caveat in several.caveats)
    assert any(caveat.startswith("1 comment says the same as an earlier one; it") for caveat in one.caveats)
    assert "No comment has a mark, so nothing can be learnt from marks." in one.caveats
    assert came_in(text, study()).caveats == ()


def test_what_was_masked_is_counted_by_kind(text: Text) -> None:
    found = masked(text, 12, email=8, iban=0, name=5)

    assert found.headline == (
        "Personal data were masked in 12 comments: e-mail addresses 8 and the customer's own name 5."
    )
    assert (found.id, found.verdict) == ("feedback.masking", "fine")
    assert found.estimate == pytest.approx(12 / 1100)
    assert "Masking is not anonymisation" in found.caveats[0]
    assert masked(text, 1, phone=1).headline == "Personal data were masked in 1 comment: telephone numbers 1."


def test_nothing_to_mask_is_said_with_the_same_caution(text: Text) -> None:
    found = masked(text, 0)

    assert found.headline == "No personal data were found to mask."
    assert "Masking is not anonymisation" in found.caveats[0]


def audit(text: Text, n_labels: int, n_random: int = 0, kappa: Any = None) -> Finding:
    found = audit_finding(
        Agreement(n_labels=n_labels, n_random=n_random, kappa=kappa, sheet="feedback-2026-10-31"), text
    )
    assert is_well_said(found)
    assert found.id == "feedback.audit"
    return found


def test_where_nobody_has_read_the_sheet_is_named(text: Text) -> None:
    found = audit(text, 0)

    assert found.headline == "No person has read any of the comments yet."
    assert found.action.startswith("Fill in labels/feedback-2026-10-31.csv in the client's folder")
    assert found.verdict == "not_enough_data"


def test_one_reader_is_asked_for_a_second(text: Text) -> None:
    found = audit(text, 200, 100)

    assert found.headline == "200 comments were read by a person; drawn at random: 100."
    assert found.action == "Have a second person read fifty of the same comments."
    assert found.verdict == "fine"
    assert audit(text, 1).headline == "1 comment was read by a person; drawn at random: 0."
    assert audit(text, 199, 99).verdict == "not_enough_data"


def test_two_who_agree_are_told_with_the_interval(text: Text) -> None:
    found = audit(text, 200, 100, estimate(0.8, 0.1, n_obs=50))

    assert found.headline.endswith("Two people agree beyond chance with a kappa of 0.80 (0.70 to 0.90), on 50.")
    assert (found.verdict, found.action, found.estimate) == ("fine", "", 0.8)


def test_two_who_disagree_are_asked_to_agree_first(text: Text) -> None:
    found = audit(text, 200, 100, estimate(0.4, 0.1))

    assert found.verdict == "watch"
    assert found.action.startswith("Let the two agree on what counts as unhappy")


def test_two_who_agree_on_everything_have_no_interval(text: Text) -> None:
    found = audit(text, 200, 100, bare(1.0, 50))

    assert found.headline.endswith("Two people agree on all of the 50 that both have read.")
    assert math.isnan(found.estimate)
    assert audit(text, 200, 100, unknown()).headline == "200 comments were read by a person; drawn at random: 100."
