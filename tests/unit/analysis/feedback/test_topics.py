from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy, mentions
from retention_lab.analysis.feedback.topics import Topic, estimate_topics

MakeStudy = Callable[..., FeedbackStudy]
NAMES = ("app", "contract", "delivery", "outage", "price", "staff")
RECENT, BEFORE = "2026-09-20", "2026-06-20"


def talked(study: FeedbackStudy) -> dict[str, Topic]:
    return {topic.theme: topic for topic in estimate_topics(study).topics}


def drawn(make_study: MakeStudy, seed: int, risen: float, n: int = 1500) -> FeedbackStudy:
    """All themes in 8 % of the comments, but `price` lately in `risen`."""
    rng, parts, themes = np.random.default_rng(seed), [], []
    for day, price in ((BEFORE, 0.08), (RECENT, risen)):
        chances = np.array([0.08, 0.08, 0.08, 0.08, price, 0.08])
        themes += rng.choice([*NAMES, None], n, p=[*chances, 1 - chances.sum()]).tolist()
        parts.append(pd.DataFrame({"received_on": day, "negative": rng.random(n)}, index=range(n)))
    return make_study(pd.concat(parts), themes=themes, names=NAMES)


def test_a_theme_that_doubles_is_found_rising_and_the_others_are_not(make_study: MakeStudy) -> None:
    found = talked(drawn(make_study, 1, 0.16))

    assert found["price"].pvalue < 0.001
    assert found["price"].change.ci_lower > 0
    assert found["price"].change.value == pytest.approx(0.08, abs=0.03)
    assert min(topic.pvalue for name, topic in found.items() if name != "price") > 0.05


def test_among_many_themes_chance_seldom_makes_one_rise(make_study: MakeStudy) -> None:
    alarms = [
        min(topic.pvalue for topic in talked(drawn(make_study, seed, 0.08, 400)).values()) < 0.05 for seed in range(30)
    ]

    assert sum(alarms) <= 4


def test_a_theme_of_fewer_customers_than_the_smallest_group_is_not_shown(make_study: MakeStudy) -> None:
    """Nine customers write of the app, one of them twenty times; ten write of the price."""
    customers = [f"A{row}" for row in range(9)] + ["A0"] * 20 + [f"P{row}" for row in range(10)]
    study = make_study(pd.DataFrame({"customer_id": customers}), themes=["app"] * 29 + ["price"] * 10, min_group=10)
    topics = estimate_topics(study)

    assert [topic.theme for topic in topics.topics] == ["price"]
    assert topics.n_too_small == 1
    assert topics.to_frame().theme.tolist() == ["price"]


def test_coverage_is_the_share_of_comments_with_any_theme(make_study: MakeStudy) -> None:
    study = make_study(pd.DataFrame({"negative": [0.5] * 100}), themes=["app"] * 30 + ["price"] * 30 + [None] * 40)
    topics = estimate_topics(study)

    assert topics.coverage.value == pytest.approx(0.6)
    assert [topic.share.value for topic in topics.topics] == pytest.approx([0.3, 0.3])
    assert mentions(study).sum(axis=0).tolist() == [30, 30, 0]


def test_what_goes_with_a_bad_mark_is_told_apart_from_where_it_is_written(make_study: MakeStudy) -> None:
    """The app halves the good marks; the price is only written of in letters, where all marks are bad."""
    rng = np.random.default_rng(2)
    channel = rng.choice(["letter", "survey"], 3000)
    is_letter = channel == "letter"
    price = rng.random(3000) < np.where(is_letter, 0.4, 0.1)
    app = ~price & (rng.random(3000) < 0.3)
    happy = rng.random(3000) < np.where(is_letter, 0.4, 0.8) * np.where(app, 0.5, 1.0)
    rows = pd.DataFrame({"channel": channel, "mark": np.where(happy, POSITIVE, NEGATIVE)})
    found = talked(make_study(rows, themes=np.where(app, "app", np.where(price, "price", None))))

    assert found["app"].effect.ci_lower <= -30 <= found["app"].effect.ci_upper
    assert found["price"].effect.ci_lower <= 0 <= found["price"].effect.ci_upper
    assert found["price"].effect.ci_upper - found["price"].effect.ci_lower < 15


def test_few_mentions_say_nothing_of_changes_and_marks(make_study: MakeStudy) -> None:
    rows = pd.DataFrame({"received_on": [BEFORE, RECENT] * 100, "mark": [NEGATIVE, POSITIVE] * 100})
    found = talked(make_study(rows, themes=["app"] * 29 + ["price"] * 171))

    assert (found["app"].change.reason, found["app"].effect.reason) == ("too_few", "too_few")
    assert found["app"].share.reason == ""


def test_without_marks_themes_are_counted_all_the_same(make_study: MakeStudy) -> None:
    study = make_study(pd.DataFrame({"mark": [UNKNOWN] * 60}), themes=["app"] * 60, classes={"en": ()})
    (topic,) = estimate_topics(study).topics

    assert (topic.n_comments, topic.effect.reason, topic.unhappy.reason) == (60, "too_few", "too_few")
