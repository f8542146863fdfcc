"""The first screen: how many are unhappy, about what, whom to call, who leaves, and how far to trust it."""

import pytest
from feedback_results import (
    card,
    estimate,
    is_well_said,
    leaving,
    moods,
    plan,
    quality,
    reading,
    row,
    study,
    topic,
    topics,
    unmeasured,
)

from retention_lab.analysis.feedback.accuracy import AccuracyCard
from retention_lab.analysis.feedback.leaving import NotJoined
from retention_lab.analysis.feedback.topics import Topics
from retention_lab.findings.feedback.headline import feedback_headline
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, about: Topics, one: AccuracyCard) -> list[Finding]:
    found = [*feedback_headline(study(), moods(), about, one, leaving(), plan(), text)]
    assert all(is_well_said(each) for each in found)
    return found


def test_the_answers_stand_in_the_order_in_which_a_decision_needs_them(text: Text) -> None:
    worst = card(row(), row("it", quality=quality(0.7)))
    found = of(text, topics(topic("staff", 0.4), topic("price", change=estimate(0.06), pvalue=0.001)), worst)

    assert [one.id for one in found] == [
        "feedback.unhappy_share", "feedback.theme.price", "feedback.calls", "feedback.leaving", "feedback.accuracy.it",
    ]  # fmt: skip
    assert found[-1].caveats == ()


def test_a_language_that_is_measured_is_shown_before_one_that_is_not(text: Text) -> None:
    some = card(unmeasured("sl"), row("en"), sl=reading("sl", classes=()))

    assert of(text, topics(topic()), some)[-1].id == "feedback.accuracy.en"


@pytest.mark.parametrize("language", ["en", ""])
def test_with_nothing_measured_and_no_theme_there_is_still_an_answer(language: str, text: Text) -> None:
    some = card(unmeasured(language), **{language or "none": reading(language, classes=())})
    found = [*feedback_headline(study(), moods(), topics(), some, NotJoined(why="no_customers"), plan(0, 0), text)]

    assert len(found) == 4
    assert all(is_well_said(each) for each in found)
    assert found[-1].verdict == "not_enough_data"
