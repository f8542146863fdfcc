from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.mood_study import estimate_moods
from retention_lab.analysis.feedback.study import FeedbackStudy

MakeStudy = Callable[..., FeedbackStudy]
TRUE_SHARE = 0.3


def draw(rng: np.random.Generator, n: int, share: float = TRUE_SHARE, *, sharp: float = 6, **more: Any) -> pd.DataFrame:
    is_unhappy = rng.random(n) < share
    score = np.where(is_unhappy, rng.beta(sharp, 2, n), rng.beta(2, sharp, n))
    return pd.DataFrame({"negative": score, "mood": np.where(is_unhappy, NEGATIVE, POSITIVE), **more})


def read_by_hand(rows: pd.DataFrame, n_random: int, n_uncertain: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first comments were drawn at random and read, the next ones since the reading was not sure of them."""
    read = n_random + n_uncertain
    rows = rows.assign(feedback_id=[f"F{row:05}" for row in range(len(rows))])
    rows["hand"] = np.where(np.arange(len(rows)) < read, rows.mood, UNKNOWN)
    labels = rows.head(read)[["feedback_id"]].assign(complaint=None, leaving=None, rater="ana", label="negative")
    return rows, labels.assign(purpose=["random"] * n_random + ["uncertain"] * n_uncertain)


def test_a_hundred_random_labels_hold_the_truth_though_the_model_is_worth_nothing(make_study: MakeStudy) -> None:
    held = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        useless = draw(rng, 600).assign(negative=rng.beta(8, 2, 600))
        rows, labels = read_by_hand(useless, 120)
        by_hand = estimate_moods(make_study(rows, labels=labels, classes={"en": ()})).by_hand
        assert by_hand is not None
        held.append(by_hand.ci_lower <= TRUE_SHARE <= by_hand.ci_upper)

    assert np.mean(held) >= 0.9


def test_with_ninety_nine_random_labels_there_is_no_such_share(make_study: MakeStudy) -> None:
    found = [draw(np.random.default_rng(1), 400) for _ in range(2)]
    for rows, n, exists in zip(found, (99, 100), (False, True), strict=True):
        asked, labels = read_by_hand(rows, n)
        moods = estimate_moods(make_study(asked, labels=labels))

        assert (moods.by_hand is not None, moods.n_hand) == (exists, n)


def test_labels_of_comments_that_the_model_doubted_never_count_as_drawn_at_random(make_study: MakeStudy) -> None:
    rows = draw(np.random.default_rng(2), 500)
    plain, labels = read_by_hand(rows, 110)
    more, with_uncertain = read_by_hand(rows, 110, 200)
    # Those that were doubted are all unhappy: if they counted, the share would rise by far.
    more.loc[110:309, "hand"] = NEGATIVE
    shares = [
        estimate_moods(make_study(asked, labels=told)) for asked, told in ((plain, labels), (more, with_uncertain))
    ]

    assert shares[0].by_hand == shares[1].by_hand
    assert shares[1].n_hand == 110
    few, only_uncertain = read_by_hand(rows, 50, 200)
    assert estimate_moods(make_study(few, labels=only_uncertain)).by_hand is None


def test_a_rise_in_the_recent_days_shows_and_no_rise_does_not(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(3)
    for recent, before, is_sure in ((0.5, 0.2, True), (0.3, 0.3, False)):
        parts = [
            draw(rng, 600, share, received_on=day) for share, day in ((before, "2026-06-20"), (recent, "2026-09-20"))
        ]
        rows = pd.concat(parts, ignore_index=True)
        moods = estimate_moods(make_study(rows.assign(mark=np.where(rows.index % 2, rows.mood, UNKNOWN))))

        assert moods.change.ci_lower <= recent - before <= moods.change.ci_upper
        assert (moods.change.ci_lower > 0) == is_sure
        assert moods.recent.value - moods.before.value == pytest.approx(moods.change.value, abs=0.02)
        assert (moods.n_unrated, moods.is_year_before) == (600, False)


def test_with_fewer_than_thirty_comments_on_a_side_there_is_no_change(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(4)
    parts = [draw(rng, n, received_on=day) for n, day in ((29, "2026-06-20"), (300, "2026-09-20"))]
    rows = pd.concat(parts, ignore_index=True)
    moods = estimate_moods(make_study(rows.assign(mark=rows.mood)))

    assert (moods.recent.reason, moods.before.reason, moods.change.reason) == ("", "too_few", "too_few")


def test_each_month_is_a_point_of_its_own_and_thin_months_are_none(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(5)
    months = {"2026-05-15": 200, "2026-06-15": 200, "2026-07-15": 10, "2026-08-15": 200, "2026-09-15": 200}
    rows = pd.concat([draw(rng, n, received_on=day) for day, n in months.items()], ignore_index=True)
    points = estimate_moods(make_study(rows.assign(mark=rows.mood))).points

    assert [(point.first.month, point.n_comments) for point in points] == [(5, 200), (6, 200), (8, 200), (9, 200)]
    assert all(point.share.ci_lower <= point.share.value <= point.share.ci_upper for point in points)


def test_the_last_point_does_not_reach_beyond_today(make_study: MakeStudy) -> None:
    rows = draw(np.random.default_rng(6), 100, received_on="2026-10-12")
    study = make_study(rows.assign(mark=rows.mood), as_of=pd.Timestamp("2026-10-20").date())

    assert estimate_moods(study).points[-1].last == pd.Timestamp("2026-10-20")
