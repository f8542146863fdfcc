"""Whether what customers say tells who leaves, and no more than the interval allows."""

import math
from typing import Any

import pytest
from feedback_results import bare, estimate, group, is_well_said, leaving, unknown

from retention_lab.analysis.feedback.leaving import LeavingByMood, NotJoined, Why
from retention_lab.findings.feedback.leaving import adds_something, leaving_finding
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, one: LeavingByMood | NotJoined) -> Finding:
    found = leaving_finding(one, text)
    assert is_well_said(found)
    assert found.id == "feedback.leaving"
    return found


def test_a_gain_that_is_sure_and_large_enough_is_used(text: Text) -> None:
    found = of(text, leaving(0.03, 0.01))

    assert found.headline == (
        "What customers say tells something about who leaves: it adds 0.030 (0.020 to 0.040) to the area under the ROC "
        "curve. Of those who were unhappy at last 16.0% left within 180 days (15.0% to 17.0%), of those who said "
        "nothing 10.0% (9.0% to 11.0%)."
    )
    assert found.verdict == "watch"
    assert found.action == "Call the unhappy before they leave: the list of calls names them."
    assert (found.estimate, found.n_obs) == (0.03, 2000)


@pytest.mark.parametrize(
    ("gain", "reach", "words"),
    [
        (0.002, 0.005, "adds nothing here about who leaves, beyond tenure and value: 0.002 (−0.003 to"),
        (-0.02, 0.01, "adds nothing here"),
        (0.004, 0.002, "adds next to nothing here"),
    ],
)
def test_without_a_gain_nobody_is_told_that_words_foretell_leaving(
    gain: float, reach: float, words: str, text: Text
) -> None:
    found = of(text, leaving(gain, reach))

    assert words in found.headline
    assert found.verdict == "no_evidence"
    assert found.action == "Call the unhappy because they complain, not because they would leave."
    assert not adds_something(leaving(gain, reach))


def test_a_gain_that_may_yet_be_there_is_not_denied(text: Text) -> None:
    found = of(text, leaving(0.01, 0.03))

    assert "is not shown: beyond tenure and value it adds 0.010 (−0.020 to 0.040)" in found.headline
    assert (found.verdict, found.action) == ("no_evidence", "")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("no_customers", "there are no customers to join the comments to."),
        ("no_dates", "nobody knows who was here on a day in the past."),
        ("too_short", "the customers do not go back far enough."),
        ("too_few", "too few of them left or wrote in time: 12, and 50 are needed."),
    ],
)
def test_what_could_not_be_joined_says_why(why: Why, words: str, text: Text) -> None:
    found = of(text, NotJoined(why=why, found=12, needed=50))

    assert found.headline.startswith("Whether what customers say tells who leaves cannot be said: ")
    assert found.headline.endswith(words)
    assert (found.verdict, found.action, found.caveats, found.n_obs) == ("not_enough_data", "", (), 0)
    assert math.isnan(found.estimate)


def test_a_gain_without_an_interval_is_no_answer(text: Text) -> None:
    for gain in (unknown(), bare(0.1)):
        found = of(text, leaving(gain=gain))

        assert found.verdict == "not_enough_data"
        assert math.isnan(found.estimate)
        assert found.action == ""


@pytest.mark.parametrize(
    "groups", [(), (group("silent", 0.1),), (group("unhappy", 0.1),), (group("happy", 0.1), group("neutral", 0.1))]
)
def test_moods_are_compared_only_where_both_are_known(groups: Any, text: Text) -> None:
    assert "unhappy at last" not in of(text, leaving(groups=groups)).headline


def test_what_reading_the_goodbyes_would_seem_to_give_is_told(text: Text) -> None:
    found = of(text, leaving(0.002, 0.005, careless_gain=estimate(0.05, 0.01), n_goodbyes=25))

    assert any("the gain would seem to be 0.050 (0.040 to 0.060): that is reading the goodbye" in each
               for each in found.caveats)  # fmt: skip
    assert "25 comments that announce the leaving are left out." in found.caveats
    assert "1 comment that announces the leaving is left out." in of(text, leaving(n_goodbyes=1)).caveats
    assert not any("goodbye" in caveat for caveat in of(text, leaving()).caveats)


def test_the_areas_stand_beside_the_gain(text: Text) -> None:
    assert of(text, leaving()).caveats[0] == (
        "The area is 0.630 (0.610 to 0.650) with the comments and 0.600 (0.580 to 0.620) without; 0.5 is guessing."
    )
    assert of(text, leaving(known=unknown())).caveats == ()


def test_without_values_tenure_alone_is_what_is_known(text: Text) -> None:
    found = of(text, leaving(0.002, 0.005, has_value=False))

    assert "about who leaves, beyond tenure: 0.002" in found.headline
    assert found.definition.endswith("over tenure alone.")
    assert "until 14 days before it" in found.definition
