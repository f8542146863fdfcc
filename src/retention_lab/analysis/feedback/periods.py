"""The recent days, the same days before them, and the periods of a chart."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.study import FeedbackStudy

Flags = NDArray[np.bool_]
_YEAR = 365
FEWEST_A_POINT = 30
"""A point of a chart stands on this many comments at least."""


def first_recent(study: FeedbackStudy) -> date:
    """The first of the recent days, of which the last is `as_of`."""
    return study.as_of - timedelta(days=study.recent_days - 1)


def is_recent(study: FeedbackStudy) -> Flags:
    """Which comments are from the recent days."""
    return _between(study, first_recent(study), study.as_of)


def is_before(study: FeedbackStudy) -> Flags:
    """Which comments are from the days that these are held against."""
    first, last = days_before(study)
    return _between(study, first, last)


def days_before(study: FeedbackStudy) -> tuple[date, date]:
    """The same days a year earlier, so that no season is taken for a change; else the days just before.

    The former where the comments go back so far.
    """
    oldest = study.comments.received_on.min().date()
    start, end = first_recent(study), study.as_of
    # Of more than a year, the same days a year earlier would be the same days in part.
    is_year = study.recent_days <= _YEAR and start - timedelta(days=_YEAR) >= oldest
    shift = timedelta(days=_YEAR if is_year else study.recent_days)
    return start - shift, end - shift


def is_year_before(study: FeedbackStudy) -> bool:
    """Whether the recent days are held against those of a year earlier."""
    return (first_recent(study) - days_before(study)[0]).days == _YEAR


def periods_of(study: FeedbackStudy) -> pd.Series:
    """The period of each comment: months where most have enough comments, else quarters, else years."""
    days = study.comments.received_on
    for unit in ("M", "Q", "Y"):
        periods: pd.Series = days.dt.to_period(unit)
        counts = periods.value_counts()
        if (counts >= FEWEST_A_POINT).mean() >= 0.8:
            break
    return periods


def _between(study: FeedbackStudy, first: date, last: date) -> Flags:
    days = study.comments.received_on
    return ((days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))).to_numpy()
