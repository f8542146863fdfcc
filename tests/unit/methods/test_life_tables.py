from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from retention_lab.methods.life_tables import (
    LifeTable,
    count_running_units,
    life_table,
    merge_tables,
    take_from_table,
)

ROWS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12), st.booleans()), min_size=1, max_size=40)


def test_a_late_customer_is_at_risk_only_after_the_entry() -> None:
    table = life_table([3, 5, 6], [1, 1, 0], entry=[0, 3, 0])

    assert table.time.tolist() == [0, 3, 5, 6]
    # The one who enters at 3 is not there when the first leaves at 3.
    assert table.at_risk.tolist() == [2, 2, 2, 1]


def test_someone_who_leaves_on_the_first_day_is_at_risk_on_it() -> None:
    table = life_table([0, 0, 2], [1, 0, 1])

    assert table.at_risk.tolist() == [3, 1]
    assert table.n_events.tolist() == [1, 1]


def test_the_last_risk_set_is_exact_with_fractional_weights() -> None:
    table = life_table(np.arange(1, 1001), np.ones(1000), weights=np.full(1000, 0.1))

    assert table.at_risk[-1] == 0.1
    assert table.remaining[-1] == 0


@pytest.mark.parametrize(
    ("duration", "event", "entry", "message"),
    [
        pytest.param([1, 2, 3], [1, 2, 1], None, "not 2", id="status coded 1 and 2"),
        pytest.param([1, 2, 3], [1, np.nan, 1], None, "not nan", id="missing event"),
        pytest.param([1, 2, 3], ["1", "0", "1"], None, "not '1'", id="event as text"),
        pytest.param([1, 2, 3], pd.array([True, None, False]), None, "not <NA>", id="missing nullable event"),
        pytest.param([-1, 2, 3], [1, 1, 1], None, r"not -1\.0", id="negative duration"),
        pytest.param([np.inf, 2, 3], [1, 1, 1], None, "not inf", id="infinite duration"),
        pytest.param([np.nan, 2, 3], [1, 1, 1], None, "not nan", id="missing duration"),
        pytest.param(pd.to_timedelta([1, 2, 3], unit="D"), [1, 1, 1], None, "timedelta64", id="timedelta"),
        pytest.param(
            [timedelta(1), timedelta(2), timedelta(3)], [1, 1, 1], None, "plain numbers", id="python timedelta"
        ),
        pytest.param([1, 2, 3], [1, 1, 1], [0, 2, 0], "row 1: entry 2 is not before duration 2", id="entry at the end"),
        pytest.param([1, 2, 3], [1, 1], None, "3 values", id="lengths differ"),
    ],
)
def test_rows_that_would_give_a_wrong_curve_are_refused_with_the_value_found(
    duration: ArrayLike, event: ArrayLike, entry: ArrayLike | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        life_table(duration, event, entry)


@pytest.mark.parametrize(
    ("time", "entered", "message"),
    [
        pytest.param([0, 2, 1], [3, 0, 0], "1 follows 2", id="unsorted"),
        pytest.param([0, 1, 1], [3, 0, 0], "1 follows 1", id="repeated"),
        pytest.param([0, 1, 2], [4, 0, 0], "4 customers entered but 3 left", id="someone is lost"),
        pytest.param([0, 1, 2], [1, 0, 2], "at time 1 more customers leave", id="leaves before entering"),
        pytest.param([0, 1, 2], [-1, 2, 2], "not negative", id="negative count"),
    ],
)
def test_a_table_that_does_not_add_up_is_refused(time: list[float], entered: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LifeTable(
            time=np.array(time),
            n_entered=np.array(entered),
            n_events=np.array([0, 2, 0]),
            n_censored=np.array([0, 0, 1]),
        )


def test_nobody_is_an_empty_table_and_not_an_error() -> None:
    table = life_table([], [])

    assert table.n_obs == 0
    assert np.isnan(table.follow_up)


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_the_table_of_all_rows_is_that_of_two_halves_added(rows: list[tuple[int, int, bool]]) -> None:
    entry, length, event = map(np.array, zip(*rows, strict=True))
    duration, half = entry + length, len(rows) // 2
    whole = life_table(duration, event, entry)

    first = life_table(duration[:half], event[:half], entry[:half])
    second = life_table(duration[half:], event[half:], entry[half:])

    def added(name: str) -> list[float]:
        total = dict.fromkeys(whole.time.tolist(), 0.0)
        for part in (first, second):
            for time, count in zip(part.time.tolist(), getattr(part, name).tolist(), strict=True):
                total[time] += count
        return list(total.values())

    for name in ("n_entered", "n_events", "n_censored"):
        assert added(name) == getattr(whole, name).tolist()


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_at_risk_is_what_counting_customers_one_by_one_gives(rows: list[tuple[int, int, bool]]) -> None:
    entry, length, event = map(np.array, zip(*rows, strict=True))
    duration = entry + length

    table = life_table(duration, event, entry)

    counted = [((entry < t) | ((entry == 0) & (t == 0))) & (duration >= t) for t in table.time]
    assert table.at_risk.tolist() == [mask.sum() for mask in counted]


def test_parts_make_the_whole_and_the_whole_less_a_part_the_rest() -> None:
    one, other = life_table([3, 5, 9], [1, 0, 1], entry=[0, 2, 4]), life_table([1, 5], [1, 1])
    whole = life_table([3, 5, 9, 1, 5], [1, 0, 1, 1, 1], entry=[0, 2, 4, 0, 0])

    merged, rest = merge_tables([one, other]), take_from_table(whole, one)

    for name in ("time", "n_entered", "n_events", "n_censored"):
        assert getattr(merged, name).tolist() == getattr(whole, name).tolist()
    assert rest.n_obs == 2
    assert rest.n_events[rest.n_events > 0].tolist() == other.n_events[other.n_events > 0].tolist()


def test_counting_running_units_moves_times_by_one_and_leaves_who_is_at_risk() -> None:
    completed = life_table([0, 0, 1, 3, 4], [1, 0, 1, 0, 1], entry=[0, 0, 0, 0, 2])

    running = count_running_units(completed)

    assert running.time.tolist() == [0, 1, 2, 3, 4, 5]
    assert running.n_entered.tolist() == [4, 0, 0, 1, 0, 0]
    assert running.at_risk[1:].tolist() == completed.at_risk.tolist()
    assert running.n_events[1:].tolist() == completed.n_events.tolist()
