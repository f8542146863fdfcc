from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal, get_args

import ibis
import numpy as np
import pandas as pd
import pytest

from retention_lab.tables.cohorts import Definition, cohort_grid

Unit = Literal["weeks", "months"]
Grid = Callable[..., pd.DataFrame]


@pytest.fixture
def grid() -> Grid:
    """The grid of some customers (first days by number) who were active on some days (pairs of number and day)."""

    def made(starts: dict[str, date], activity: list[tuple[str, date]], **asked: Any) -> pd.DataFrame:
        engine = ibis.duckdb.connect(threads=1)
        for name, rows in (("starts", list(starts.items())), ("activity", activity)):
            frame = pd.DataFrame(rows, columns=["customer_id", "day"])
            frame = frame.assign(day=pd.to_datetime(frame.day))
            engine.create_table(name, ibis.memtable(frame, schema={"customer_id": "string", "day": "timestamp"}))
        return cohort_grid(engine.table("starts"), engine.table("activity"), **asked)

    return made


def cells(found: pd.DataFrame) -> list[tuple[str, int, int, int]]:
    return [(str(cohort), *rest) for cohort, *rest in found.drop(columns="retention_rate").itertuples(index=False)]


def later(day: date, n: int, unit: str) -> date:
    return (pd.Timestamp(day) + pd.DateOffset(**{unit: n})).date()


def by_hand(
    starts: dict[str, date], activity: list[tuple[str, date]], unit: Unit, last: date, definition: Definition
) -> list[tuple[str, int, int, int]]:
    """The grid, customer by customer and period by period."""
    counts: dict[tuple[str, int], list[int]] = {}
    for customer, began in starts.items():
        mine = [day for who, day in activity if who == customer and day <= last]
        cohort = began.replace(day=1) if unit == "months" else began - timedelta(days=began.weekday())
        period = 0
        while True:
            first, after = later(began, period, unit), later(began, period + 1, unit)
            if (first if definition == "n_day" else after - timedelta(days=1)) > last:
                break
            hits = {
                "n_day": first in mine,
                "bracket": any(first <= day < after for day in mine),
                "unbounded": any(day >= first for day in mine),
            }
            cell = counts.setdefault((str(cohort), period), [0, 0])
            cell[0] += 1
            cell[1] += hits[definition]
            period += 1
    return [(cohort, period, n, retained) for (cohort, period), (n, retained) in sorted(counts.items())]


@pytest.mark.parametrize("last", [date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 13)])
@pytest.mark.parametrize("definition", get_args(Definition))
@pytest.mark.parametrize("unit", ["weeks", "months"])
def test_a_grid_is_what_counting_customer_by_customer_gives(
    grid: Grid, unit: Unit, definition: Definition, last: date
) -> None:
    rng = np.random.default_rng(3)
    first = date(2024, 1, 1)
    starts = {f"C{n}": first + timedelta(days=int(rng.integers(0, 460))) for n in range(200)}
    who, when = rng.integers(0, 220, 3000), rng.integers(0, 500, 3000)
    activity = [(f"C{n}", first + timedelta(days=int(day))) for n, day in zip(who, when, strict=True)]

    found = grid(starts, activity, unit=unit, last=last, definition=definition)

    assert cells(found) == by_hand(starts, activity, unit, last, definition)


@pytest.mark.parametrize("definition", ["bracket", "unbounded"])
def test_published_survivors_come_back_as_the_rates_of_their_cohort(grid: Grid, definition: Definition) -> None:
    # Fader and Hardie, "How to project customer retention", Journal of Interactive Marketing 21 (2007), the customers
    # of the segment Regular: of 1,000, how many renewed each time.
    survivors = [1000, 631, 468, 382, 326, 289, 262, 241]
    began = date(2020, 1, 31)
    starts = {f"C{n}": began for n in range(1000)}
    active = [(f"C{n}", later(began, k, "months")) for k, there in enumerate(survivors) for n in range(there)]

    found = grid(starts, active, unit="months", last=later(began, 8, "months"), definition=definition)

    assert cells(found) == [("2020-01-01", k, 1000, there) for k, there in enumerate(survivors)]
    assert list(found.retention_rate) == [there / 1000 for there in survivors]


def test_who_has_not_had_the_whole_period_is_in_no_denominator(grid: Grid) -> None:
    starts = {"early": date(2026, 1, 5), "late": date(2026, 1, 8)}
    active = [("early", date(2026, 1, 13)), ("late", date(2026, 1, 15))]

    found = grid(starts, active, unit="weeks", last=date(2026, 1, 20), definition="bracket")

    # The second week of `late` ends on 21 January: a return in it counts no more than its absence would.
    assert cells(found) == [("2026-01-05", 0, 2, 0), ("2026-01-05", 1, 1, 1)]


def test_a_month_is_over_on_its_anniversary_or_on_the_last_day_of_a_shorter_one(grid: Grid) -> None:
    starts = {"one": date(2025, 1, 31)}
    active = [("one", date(2025, 2, 27)), ("one", date(2025, 2, 28)), ("one", date(2025, 3, 31))]

    for definition, expected in (("n_day", [0, 1, 1]), ("bracket", [1, 1, 1])):
        found = grid(starts, active, unit="months", last=date(2025, 4, 29), definition=definition)
        assert list(found.retained) == expected


def test_activity_before_the_first_day_after_the_last_or_of_nobody_known_counts_for_nothing(grid: Grid) -> None:
    starts = {"one": date(2026, 1, 5)}
    stray = [("one", date(2026, 1, 4)), ("one", date(2026, 1, 26)), ("who", date(2026, 1, 6))]

    for definition in get_args(Definition):
        found = grid(starts, stray, unit="weeks", last=date(2026, 1, 25), definition=definition)
        assert list(found.retained) == [0, 0, 0]


@pytest.mark.parametrize("definition", get_args(Definition))
def test_nobody_and_those_who_are_too_new_give_an_empty_grid(grid: Grid, definition: Definition) -> None:
    columns = ["cohort", "period", "cohort_size", "retained", "retention_rate"]
    for starts in ({}, {"new": date(2026, 2, 1)}):
        found = grid(starts, [], unit="months", last=date(2026, 1, 31), definition=definition)
        assert (list(found.columns), len(found)) == (columns, 0)
