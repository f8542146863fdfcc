"""Shares of unhappy comments against planted ones. Scores are drawn, not taught, so that many samples take no time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.moods import MoodShares, moods_in, shares_by_part, usable_languages
from retention_lab.analysis.feedback.study import FeedbackStudy

MakeStudy = Callable[..., FeedbackStudy]
N_SAMPLES = 60


def draw(
    rng: np.random.Generator,
    n: int,
    share: float,
    *,
    is_rated: bool,
    wrong: float = 0.0,
    sharp: float = 6,
    language: str = "en",
    **more: Any,
) -> pd.DataFrame:
    """Comments of which `share` are unhappy; `wrong` of the marks are at the other end of the scale."""
    is_unhappy = rng.random(n) < share
    turned = is_unhappy ^ (rng.random(n) < wrong)
    mark = np.where(turned, NEGATIVE, POSITIVE) if is_rated else UNKNOWN
    score = np.where(is_unhappy, rng.beta(sharp, 2, n), rng.beta(2, sharp, n))
    mood = np.where(is_unhappy, NEGATIVE, POSITIVE)
    return pd.DataFrame({"negative": score, "mark": mark, "mood": mood, "language": language, **more})


def whole(study: FeedbackStudy) -> MoodShares:
    return shares_by_part(study, np.zeros(len(study.comments), dtype=np.int64), 1)


def marked(share: float, wrong: float) -> float:
    """The share of unhappy marks, had everybody given one."""
    return share * (1 - wrong) + (1 - share) * wrong


def test_the_share_holds_the_truth_where_those_without_a_mark_feel_otherwise(
    make_study: MakeStudy,
) -> None:
    rated, silent = 0.3, 0.8
    truth = (1000 * rated + 3000 * silent) / 4000
    held, naive = [], []
    for seed in range(N_SAMPLES):
        rng = np.random.default_rng(seed)
        rows = [draw(rng, 1000, rated, is_rated=True), draw(rng, 3000, silent, is_rated=False)]
        found = whole(make_study(pd.concat(rows)))
        share, counted = found.share(0), found.naive[0]
        held.append(share.ci_lower <= truth <= share.ci_upper)
        naive.append(abs(counted - truth) <= 1.96 * np.sqrt(counted * (1 - counted) / 4000))

    assert np.mean(held) >= 0.9
    assert np.mean(naive) < 0.6


def test_marks_at_the_wrong_end_do_not_overdraw_the_share(make_study: MakeStudy) -> None:
    wrong = 0.09
    truth = (marked(0.35, wrong) + marked(0.7, wrong)) / 2
    held, widths = [], []
    for seed in range(N_SAMPLES):
        rng = np.random.default_rng(seed)
        rows = [draw(rng, 1200, share, is_rated=rated, wrong=wrong) for share, rated in ((0.35, True), (0.7, False))]
        share = whole(make_study(pd.concat(rows))).share(0)
        held.append(share.ci_lower <= truth <= share.ci_upper)
        widths.append(share.ci_upper - share.ci_lower)

    assert np.mean(held) >= 0.9
    # An interval from nought to one would hold the truth too.
    assert np.mean(widths) < 0.25


def test_where_people_have_read_how_often_marks_are_wrong_the_share_is_known_better(make_study: MakeStudy) -> None:
    """Of 150 comments of a random sheet a person says how their writers felt, whatever the mark."""
    wrong = 0.09
    truth = (marked(0.35, wrong) + marked(0.7, wrong)) / 2
    held, errors, widths = [], [], []
    for seed in range(N_SAMPLES):
        rng = np.random.default_rng(seed)
        parts = [draw(rng, 1200, share, is_rated=rated, wrong=wrong) for share, rated in ((0.35, True), (0.7, False))]
        rows = pd.concat(parts, ignore_index=True)
        ids = pd.Series([f"F{row:05}" for row in range(150)])
        labels = pd.DataFrame({"feedback_id": ids, "purpose": "random", "label": "", "rater": "ana"})
        read = rows.assign(hand=np.where(rows.index < 150, rows.mood, UNKNOWN))
        shares = [whole(make_study(each, labels=told)).share(0) for each, told in ((read, labels), (rows, None))]
        held.append(shares[0].ci_lower <= truth <= shares[0].ci_upper)
        errors.append(shares[0].value - truth)
        widths.append([share.ci_upper - share.ci_lower for share in shares])

    assert np.mean(held) >= 0.9
    assert np.mean(errors) == pytest.approx(0, abs=0.02)
    assert np.mean(widths, axis=0)[0] < np.mean(widths, axis=0)[1]


@pytest.mark.parametrize("wrong", [0.0, 0.09])
def test_a_model_of_middling_worth_and_few_unhappy_marks_do_not_pull_the_share_down(
    make_study: MakeStudy, wrong: float
) -> None:
    """Four in five are told rightly, and a fifth of the marks are unhappy ones, of the others two thirds."""
    truth = (1600 * marked(0.2, wrong) + 800 * marked(0.7, wrong)) / 2400
    held, widths = [], []
    for seed in range(N_SAMPLES):
        rng = np.random.default_rng(seed)
        rows = [
            draw(rng, n, share, is_rated=rated, wrong=wrong, sharp=4)
            for n, share, rated in ((1600, 0.2, True), (800, 0.7, False))
        ]
        share = whole(make_study(pd.concat(rows))).share(0)
        held.append(share.ci_lower <= truth <= share.ci_upper)
        widths.append(share.ci_upper - share.ci_lower)

    assert np.mean(held) >= 0.9
    assert np.mean(widths) < 0.35


def test_a_month_of_more_letters_of_complaint_is_no_month_of_worse_mood(make_study: MakeStudy) -> None:
    """Letters are unhappier than surveys, and in the second month there are four times as many of them."""
    shifts, counted, sure = [], [], 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rows = [
            draw(rng, n, share, is_rated=rated, channel=channel, month=month)
            for month, letters in ((0, 200), (1, 800))
            for channel, share, n in (("letter", 0.8, letters), ("survey", 0.2, 800))
            for rated, n in ((True, n // 2), (False, n // 2))
        ]
        frame = pd.concat(rows, ignore_index=True)
        found = shares_by_part(make_study(frame), frame.month.to_numpy(), 2)
        change = found.difference(1, 0)
        shifts.append(change.value)
        counted.append(found.naive[1] - found.naive[0])
        sure += change.ci_lower > 0 or change.ci_upper < 0

    assert np.mean(shifts) == pytest.approx(0, abs=0.02)
    assert sure <= 4
    assert np.mean(counted) > 0.15


def test_a_month_that_is_unhappier_in_every_channel_shows(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(1)
    rows = [
        draw(rng, 400, share, is_rated=rated, channel=channel, month=month)
        for channel in ("letter", "survey")
        for month, share in ((0, 0.3), (1, 0.5))
        for rated in (True, False)
    ]
    frame = pd.concat(rows, ignore_index=True)
    change = shares_by_part(make_study(frame), frame.month.to_numpy(), 2).difference(1, 0)

    assert change.ci_lower > 0
    assert change.value == pytest.approx(0.2, abs=0.08)


def test_a_language_without_labels_is_left_out_and_said(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(2)
    rows = [draw(rng, 300, 0.3, is_rated=True), draw(rng, 300, 0.3, is_rated=False)]
    unread = draw(rng, 200, 0.9, is_rated=False, language="sl")
    alone = make_study(pd.concat(rows))
    study = make_study(pd.concat([*rows, unread]), classes={"en": (NEGATIVE, POSITIVE), "sl": ()})
    found = whole(study)

    assert usable_languages(study) == ("en",)
    assert (found.n_left_out, found.languages_left_out) == (200, ("sl",))
    assert found.n_comments.tolist() == [600]
    assert found.share(0).value == pytest.approx(whole(alone).share(0).value)


def test_a_language_with_a_mark_to_every_comment_needs_no_model(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(3)
    rows = draw(rng, 40, 0.5, is_rated=True)
    share = whole(make_study(rows, classes={"en": ()})).share(0)

    assert share.value == pytest.approx((rows.mark == NEGATIVE).mean())
    assert share.ci_lower < share.value < share.ci_upper


def test_where_no_language_can_be_counted_there_is_no_share(make_study: MakeStudy) -> None:
    rows = draw(np.random.default_rng(4), 50, 0.5, is_rated=False)
    found = whole(make_study(rows, classes={"en": ()}))

    assert found.share(0).reason == "too_few"
    assert found.languages_left_out == ("en",)


def test_scores_that_tell_nobody_apart_give_no_share(make_study: MakeStudy) -> None:
    rows = [draw(np.random.default_rng(5), 200, 0.5, is_rated=rated) for rated in (True, False)]
    blind = pd.concat(rows).assign(negative=lambda frame: np.tile([0.4, 0.6], 200))

    assert whole(make_study(blind)).share(0).reason in ("near_nought", "too_few")


def test_a_customer_who_writes_ten_times_is_not_ten_customers(make_study: MakeStudy) -> None:
    rng = np.random.default_rng(6)
    rows = pd.concat([draw(rng, 300, 0.4, is_rated=True), draw(rng, 300, 0.4, is_rated=False)], ignore_index=True)
    rows["customer_id"] = [f"C{row}" for row in range(600)]
    once, often = (whole(make_study(pd.concat([rows] * times))).share(0) for times in (1, 10))

    assert often.value == pytest.approx(once.value, abs=0.03)
    assert often.std_error > 0.8 * once.std_error


def test_groups_of_sentences_hold_the_truth_where_the_reading_is_off(make_study: MakeStudy) -> None:
    """Sentences about the app read a fifth unhappier than they are."""
    held = []
    for seed in range(N_SAMPLES):
        rng = np.random.default_rng(seed)
        rows = pd.concat([draw(rng, n, 0.4, is_rated=rated) for n, rated in ((200, True), (600, False))])
        study = make_study(rows.assign(negative=rows.negative * 0.8 + 0.2))
        share = moods_in(study, np.ones((800, 1), dtype=bool))[0]
        held.append(share.ci_lower <= 0.4 <= share.ci_upper)

    assert np.mean(held) >= 0.88


def test_where_too_few_labelled_comments_are_single_sentences_groups_have_no_mood(make_study: MakeStudy) -> None:
    study = make_study(draw(np.random.default_rng(8), 90, 0.5, is_rated=True))
    groups = np.arange(90)[:, None] < [29, 30]

    assert [each.reason for each in moods_in(study, groups)] == ["too_few", ""]
