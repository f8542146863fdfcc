"""What customers talk about: what rises first, then what goes with bad marks; never more than was shown."""

import math
from typing import Any

import pytest
from feedback_results import bare, estimate, is_well_said, topic, topics, unknown

from retention_lab.analysis.feedback.topics import Topic
from retention_lab.findings.feedback.topics import is_rising, topic_finding, topic_findings
from retention_lab.findings.finding import Finding
from retention_lab.text import Text

RISES = {"change": estimate(0.06), "pvalue": 0.001}
FALLS = {"change": estimate(-0.06), "pvalue": 0.001}
COSTS = {"effect": estimate(-8.0, 3.0)}


def of(text: Text, one: Topic, is_year_before: bool = True) -> Finding:
    found = topic_finding(one, is_year_before, text)
    assert is_well_said(found)
    return found


def test_a_theme_that_rises_asks_what_has_changed(text: Text) -> None:
    found = of(text, topic(**RISES))

    assert found.headline == (
        "Price and billing: 20.0% of comments (18.0% to 22.0%). Lately 6.0 points more than a year earlier (change 4.0 "
        "to 8.0). Of the sentences on it 50% are unhappy ones (45% to 55%)."
    )
    assert (found.id, found.verdict) == ("feedback.theme.price", "act")
    assert found.action == "Find out what has changed; read the sentences below."
    assert (found.estimate, found.n_obs) == (0.2, 1200)
    assert "6.0 points more than before (" in of(text, topic(**RISES), is_year_before=False).headline


@pytest.mark.parametrize(
    "changes",
    [
        {"change": estimate(0.06), "pvalue": 0.06},
        {"change": estimate(0.01, 0.02), "pvalue": 0.001},
        {"change": unknown(), "pvalue": math.nan},
    ],
)
def test_a_change_counts_only_with_an_interval_without_nought_and_all_themes_allowed_for(
    changes: dict[str, Any], text: Text
) -> None:
    one = topic(**changes)

    assert not is_rising(one)
    assert "Lately" not in of(text, one).headline
    assert of(text, one).verdict == "no_evidence"


def test_a_theme_that_falls_is_good_news_unless_bad_marks_go_with_it(text: Text) -> None:
    found = of(text, topic(**FALLS))

    assert "Lately 6.0 points fewer than a year earlier (change −8.0 to −4.0)." in found.headline
    assert (found.verdict, found.action) == ("fine", "")
    assert of(text, topic(**FALLS, **COSTS)).verdict == "watch"


def test_praise_is_read_the_other_way_round(text: Text) -> None:
    assert of(text, topic("praise", **RISES)).verdict == "fine"
    assert of(text, topic("praise", **RISES)).action == ""
    assert of(text, topic("praise", **FALLS)).verdict == "watch"


@pytest.mark.parametrize(
    ("effect", "words", "verdict"),
    [
        (estimate(-8.0, 3.0), "Marks are 8.0 points of 100 lower where it is mentioned (−11.0 to −5.0).", "watch"),
        (estimate(8.0, 3.0), "Marks are 8.0 points of 100 higher where it is mentioned (5.0 to 11.0).", "no_evidence"),
    ],
)
def test_what_goes_with_a_theme_is_called_an_association(effect: Any, words: str, verdict: str, text: Text) -> None:
    found = of(text, topic(effect=effect))

    assert words in found.headline
    assert "is an association" in found.caveats[0]
    assert found.verdict == verdict


def test_marks_that_may_not_differ_are_no_headline(text: Text) -> None:
    found = of(text, topic(effect=estimate(-1.0, 3.0)))

    assert "Marks" not in found.headline
    assert found.caveats[0].startswith("Marks are not shown to differ where it is mentioned (difference −4.0 to 2.0")
    assert found.verdict == "no_evidence"


def test_without_marks_nothing_is_said_of_them(text: Text) -> None:
    assert of(text, topic(effect=unknown())).caveats == ()


def test_a_mood_that_is_not_known_is_left_out(text: Text) -> None:
    assert of(text, topic(unhappy=unknown())).headline == "Price and billing: 20.0% of comments (18.0% to 22.0%)."


def test_a_theme_of_every_comment_has_no_interval_and_says_so(text: Text) -> None:
    found = of(text, topic(share=bare(1.0, 40), unhappy=unknown()))

    assert found.headline == "Price and billing: 100.0% of 40 comments; no interval."
    assert found.verdict == "not_enough_data"
    assert math.isnan(found.estimate)


def test_what_rises_comes_first_then_what_costs_most_marks_then_what_is_frequent(text: Text) -> None:
    found = topic_findings(
        topics(
            topic("staff", 0.3),
            topic("refund", 0.1, **COSTS),
            topic("waiting", 0.2, **COSTS),
            topic("app", 0.05, change=estimate(0.03), pvalue=0.01),
            topic("price", 0.04, **RISES),
            topic("praise", 0.4, **RISES),
        ),
        True,
        text,
    )

    names = [one.id.removeprefix("feedback.theme.") for one in found]
    assert names == ["price", "app", "waiting", "refund", "praise"]


def test_a_theme_of_the_clients_own_keeps_its_name(text: Text) -> None:
    found = of(text, topic("roaming_abroad"))

    assert found.id == "feedback.theme.roaming_abroad"
    assert found.headline.startswith("Roaming abroad: 20.0% of comments")


def test_without_themes_there_is_nothing_to_find(text: Text) -> None:
    assert list(topic_findings(topics(), True, text)) == []


def test_praise_is_not_what_a_director_must_look_at_first(text: Text) -> None:
    found = topic_findings(topics(topic("praise", share=estimate(0.45)), topic("price")), True, text)

    assert [each.id for each in found] == ["feedback.theme.price", "feedback.theme.praise"]
