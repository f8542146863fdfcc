from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from retention_lab.analysis.feedback.periods import days_before, is_before, is_recent, is_year_before, periods_of
from retention_lab.analysis.feedback.study import FeedbackStudy

MakeStudy = Callable[..., FeedbackStudy]


def days(*written: str) -> pd.DataFrame:
    return pd.DataFrame({"received_on": pd.to_datetime(list(written))})


def test_the_recent_days_end_today_and_are_as_many_as_asked_for(make_study: MakeStudy) -> None:
    study = make_study(days("2026-10-01", "2026-10-02", "2026-10-31"), recent_days=30)

    assert is_recent(study).tolist() == [False, True, True]


def test_without_a_year_of_comments_the_days_just_before_are_held_against_them(make_study: MakeStudy) -> None:
    study = make_study(days("2026-09-01", "2026-09-02", "2026-10-01", "2026-10-02"), recent_days=30)

    assert days_before(study) == (date(2026, 9, 2), date(2026, 10, 1))
    assert is_before(study).tolist() == [False, True, True, False]
    assert not is_year_before(study)


def test_with_a_year_of_comments_the_same_season_is_held_against_them(make_study: MakeStudy) -> None:
    study = make_study(days("2025-10-02", "2025-10-31", "2025-11-01", "2026-10-31"), recent_days=30)

    assert days_before(study) == (date(2025, 10, 2), date(2025, 10, 31))
    assert is_before(study).tolist() == [True, True, False, False]
    assert is_year_before(study)


def test_periods_grow_until_most_have_enough_comments(make_study: MakeStudy) -> None:
    starts = pd.date_range("2025-01-01", "2026-10-01", freq="MS")
    for each_month, unit, n in ((40, "M", 22), (12, "Q", 8), (3, "Y", 2)):
        study = make_study(pd.DataFrame({"received_on": np.repeat(starts, each_month)}))
        found = periods_of(study)

        assert (found.dt.freq.name[0], found.nunique()) == (unit, n)
