"""The share of unhappy comments: over time, lately against before, and by the comments that a person has read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.contradictions import Contradictions, estimate_contradictions
from retention_lab.analysis.feedback.marks import NEGATIVE, NEUTRAL, UNKNOWN
from retention_lab.analysis.feedback.moods import MoodShares, shares_by_part, usable_languages
from retention_lab.analysis.feedback.periods import (
    FEWEST_A_POINT,
    is_before,
    is_recent,
    is_year_before,
    periods_of,
)
from retention_lab.analysis.feedback.study import FeedbackStudy, read_at_random
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.prediction_powered import prediction_powered_share

Codes = NDArray[np.int64]
ENOUGH_BY_HAND = 100
"""So many labels of comments drawn at random make the share hold whatever the model is worth."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoodPoint:
    """One period: `share` is corrected, `naive` is what counting predictions would give."""

    first: pd.Timestamp
    last: pd.Timestamp
    n_comments: int
    share: Estimate
    naive: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoodStudy:
    """Shares of unhappy comments. `recent` is that of the recent days and `change` its difference to `before`.

    `by_hand` is the share of all comments up to the last one read, by those of the random half of the label sheet that
    a person has read (None with fewer than a hundred). `usable` are the languages that could be
    counted. `contradicting` is the share of unhappy or of happy comments, whichever is higher, whose mark says the
    opposite: `is_measured` by people, else the most that it can be.
    """

    points: tuple[MoodPoint, ...]
    recent: Estimate
    before: Estimate
    change: Estimate
    naive_recent: float
    is_year_before: bool
    by_hand: Estimate | None
    n_hand: int
    usable: tuple[str, ...]
    n_unrated: int
    n_left_out: int
    languages_left_out: tuple[str, ...]
    contradicting: Estimate | None
    is_measured: bool


def estimate_moods(study: FeedbackStudy) -> MoodStudy:
    """Over all comments of a study."""
    spans = shares_by_part(study, _part(study), 2)
    enough = bool((spans.n_comments >= FEWEST_A_POINT).all())
    few = not_estimable("too_few", n_obs=int(spans.n_comments[0]), confidence_level=study.confidence_level, method="")
    recent = _share(spans, 0, few)
    by_hand, n_hand = _by_hand(study)
    flips = estimate_contradictions(study)
    return MoodStudy(
        points=_points(study),
        recent=recent,
        before=_share(spans, 1, few),
        change=spans.difference(0, 1) if enough else few,
        naive_recent=float(spans.naive[0]),
        is_year_before=is_year_before(study),
        by_hand=by_hand,
        n_hand=n_hand,
        usable=usable_languages(study),
        n_unrated=int((study.comments.mark == UNKNOWN).sum()),
        n_left_out=spans.n_left_out,
        languages_left_out=spans.languages_left_out,
        contradicting=_contradicting(flips),
        is_measured=flips.is_measured,
    )


def _contradicting(flips: Contradictions) -> Estimate | None:
    opposite = [rate for pair, rate in flips.rates.items() if NEUTRAL not in pair]
    return max(opposite, key=lambda rate: rate.value) if opposite else None


def _part(study: FeedbackStudy) -> Codes:
    """0 in the recent days, 1 in those before, -1 elsewhere."""
    return np.where(is_recent(study), 0, np.where(is_before(study), 1, -1))


def _share(spans: MoodShares, part: int, few: Estimate) -> Estimate:
    return spans.share(part) if spans.n_comments[part] >= FEWEST_A_POINT else few


def _points(study: FeedbackStudy) -> tuple[MoodPoint, ...]:
    """A point for each period with enough comments, in order."""
    periods = periods_of(study)
    codes, names = pd.factorize(periods, sort=True)
    shares = shares_by_part(study, codes.astype(np.int64), len(names))
    last = pd.Timestamp(study.as_of)
    points = [
        MoodPoint(
            first=period.start_time,
            last=min(period.end_time.normalize(), last),
            n_comments=int(shares.n_comments[place]),
            share=shares.share(place),
            naive=float(shares.naive[place]),
        )
        for place, period in enumerate(names)
        if shares.n_comments[place] >= FEWEST_A_POINT
    ]
    return tuple(point for point in points if not point.share.reason)


def _by_hand(study: FeedbackStudy) -> tuple[Estimate | None, int]:
    """By the labels of comments that were drawn at random; the model's chances only make it more precise.

    Of what came in after the last of these nothing was drawn: the share is that of the comments up to then.
    """
    comments = study.comments
    is_read = read_at_random(comments, study.labels)
    if is_read.sum() < ENOUGH_BY_HAND:
        return None, int(is_read.sum())
    drawn_from = comments[comments.received_on <= comments.received_on[is_read].max()]
    strata = drawn_from.language + "\n" + drawn_from.channel.astype(str)
    known = is_read[drawn_from.index]
    read = drawn_from[known]
    found = prediction_powered_share(
        drawn_from.negative, read.negative, read.hand == NEGATIVE, drawn_from.writer, read.writer,
        strata_all=strata, strata_labelled=strata[known], confidence_level=study.confidence_level,
    )  # fmt: skip
    return found, int(is_read.sum())
