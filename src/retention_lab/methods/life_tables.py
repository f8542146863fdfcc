"""What survival estimates are made of: how many entered, left and were censored at each duration.

Everything in `survival`, `departures` and `comparisons` starts from such a table, never from rows,
so it costs the same for ten thousand customers as for a hundred million.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Sums of fractional weights miss a round number by a few units in the last place; this is well above that.
_ROUNDING = 1e-12
_GRACE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LifeTable:
    """Counts of customers by duration; with weights, a count need not be a whole number.

    `n_entered` at time 0 are those observed from their first day; at a later time, those who come under observation
    there (late entry) and are at risk strictly after it. Everybody who enters leaves: by event, or censored.
    """

    time: Floats
    n_entered: Floats
    n_events: Floats
    n_censored: Floats

    def __post_init__(self) -> None:
        for name in ("time", "n_entered", "n_events", "n_censored"):
            object.__setattr__(self, name, _column(name, getattr(self, name), size=np.size(self.time)))
        _check_order(self.time)
        _check_balance(self)

    @property
    def n_obs(self) -> float:
        """Customers in the table."""
        return float(self.n_entered.sum())

    @property
    def follow_up(self) -> float:
        """The largest duration at which anybody was observed; nan for an empty table."""
        left = self.time[self.n_events + self.n_censored > 0]
        return float(left[-1]) if left.size else np.nan

    @property
    def at_risk(self) -> Floats:
        """Customers who can have the event at each time: entered before it (at 0: at 0), not gone before it."""
        return self.remaining + self.n_events + self.n_censored

    @property
    def remaining(self) -> Floats:
        """Customers at risk at each time who do not leave at it."""
        remaining = _remaining(self)
        return np.where(remaining > _ROUNDING * self.n_obs, remaining, 0.0)


def life_table(
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> LifeTable:
    """The life table of single customers.

    `weights` says how many customers a row stands for. Nothing is guessed: a code other than 0, 1, False, True,
    a negative, missing or date-like duration, and an entry at or after its duration are refused.
    """
    durations = check_times("duration", duration)
    size = durations.size
    events = check_events(event_observed, size=size)
    entries = np.zeros(size) if entry is None else check_times("entry", entry, size=size)
    shares = np.ones(size) if weights is None else check_times("weights", weights, size=size)
    check_entries(entries, durations)
    counted = shares > 0
    return _count(durations[counted], events[counted], entries[counted], shares[counted])


_COUNTS = ("n_entered", "n_events", "n_censored")


def merge_tables(tables: Sequence[LifeTable]) -> LifeTable:
    """Put the customers of several life tables into one."""
    time = np.unique(np.concatenate([table.time for table in tables]))
    counts: dict[str, Any] = {name: np.zeros(time.size) for name in _COUNTS}
    for table in tables:
        for name in _COUNTS:
            counts[name][np.searchsorted(time, table.time)] += getattr(table, name)
    return LifeTable(time=time, **counts)


def take_from_table(whole: LifeTable, part: LifeTable) -> LifeTable:
    """Leave the customers of `whole` that are not in `part`, each of whom is in both."""
    counts: dict[str, Any] = {name: getattr(whole, name).copy() for name in _COUNTS}
    for name in _COUNTS:
        counts[name][np.searchsorted(whole.time, part.time)] -= getattr(part, name)
    return LifeTable(time=whole.time, **counts)


def count_running_units(table: LifeTable) -> LifeTable:
    """Turn units completed into the unit that was running: nought completed is the first.

    At time 0 remain those who enter there.
    """
    entered, at_start = table.n_entered.copy(), table.n_entered[table.time == 0].sum()
    entered[table.time == 0] = 0.0
    return LifeTable(
        time=np.insert(table.time + 1, 0, 0.0),
        n_entered=np.insert(entered, 0, at_start),
        n_events=np.insert(table.n_events, 0, 0.0),
        n_censored=np.insert(table.n_censored, 0, 0.0),
    )


def check_times(name: str, values: ArrayLike, size: int | None = None) -> Floats:
    """`values` as numbers; ValueError for anything negative, missing, infinite, or with a unit of its own."""
    array = np.asarray(values)
    if array.dtype.kind not in "iufO":
        raise ValueError(f"{name} must be plain numbers in one declared unit, not {array.dtype}")
    try:
        return _column(name, array, size=array.size if size is None else size)
    except TypeError as error:
        raise ValueError(f"{name} must be plain numbers: {error}") from error


def check_events(values: ArrayLike, size: int) -> NDArray[np.bool_]:
    """`values` as booleans; ValueError for any code but 0 and 1, since 1/2 coding would make everyone a leaver."""
    array = np.asarray(values)
    if array.shape != (size,):
        raise ValueError(f"event_observed has shape {array.shape}, duration has {size} values")
    codes = pd.unique(array) if array.size else array
    strange = [code for code in codes.tolist() if not isinstance(code, (bool, int, float)) or code not in (0, 1)]
    if strange:
        raise ValueError(f"event_observed must be 0, 1, False or True, not {strange[0]!r}")
    return array.astype(bool)


def check_entries(entry: Floats, duration: Floats) -> None:
    """Late entry must lie before the end of observation; entry 0 with duration 0 is a customer of one day."""
    wrong = np.flatnonzero((entry > 0) & (entry >= duration))
    if wrong.size:
        row = wrong[0]
        raise ValueError(f"row {row}: entry {entry[row]:g} is not before duration {duration[row]:g}")


def index_at(time: Floats, at: ArrayLike) -> NDArray[np.intp]:
    """Position of the last of `time` that is not after `at`; -1 before the first.

    Sums such as 0.7 + 0.1 fall just short of 0.8: a billionth is forgiven.
    """
    wanted = np.asarray(at, dtype=float)
    after = np.searchsorted(time, wanted + _GRACE * np.maximum(1, np.abs(wanted)), side="right")
    return np.asarray(after - 1, dtype=np.intp)


def is_observed(follow_up: float, at: ArrayLike) -> NDArray[np.bool_]:
    """Whether `at` lies within the follow-up, with the same forgiveness as `index_at`."""
    wanted = np.asarray(at, dtype=float)
    return np.asarray(wanted <= follow_up + _GRACE * np.maximum(1, np.abs(wanted)))


def _count(duration: Floats, event: NDArray[np.bool_], entry: Floats, weight: Floats) -> LifeTable:
    time = np.unique(np.concatenate([duration, entry]))
    left = np.searchsorted(time, duration)

    def total(at: NDArray[np.intp], weights: Floats) -> Floats:
        return np.bincount(at, weights, minlength=time.size).astype(float)

    return LifeTable(
        time=time,
        n_entered=total(np.searchsorted(time, entry), weight),
        n_events=total(left, np.where(event, weight, 0.0)),
        n_censored=total(left, np.where(event, 0.0, weight)),
    )


def _column(name: str, values: ArrayLike, size: int) -> Floats:
    array = np.array(values, dtype=float)
    if array.shape != (size,):
        raise ValueError(f"{name} has shape {array.shape}, {size} values were expected")
    wrong = array[~np.isfinite(array) | (array < 0)]
    if wrong.size:
        raise ValueError(f"{name} must be finite and not negative, not {wrong[0]}")
    return array


def _check_order(time: Floats) -> None:
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        raise ValueError(f"time must rise: {time[back[0] + 1]:g} follows {time[back[0]]:g}")


def _check_balance(table: LifeTable) -> None:
    entered, left = table.n_obs, float((table.n_events + table.n_censored).sum())
    if not np.isclose(entered, left, rtol=1e-9):
        raise ValueError(f"{entered:g} customers entered but {left:g} left or were censored")
    short = np.flatnonzero(_remaining(table) < -_ROUNDING * max(entered, 1.0))
    if short.size:
        raise ValueError(f"at time {table.time[short[0]]:g} more customers leave than are at risk")


def _remaining(table: LifeTable) -> Floats:
    # Summed from the end, so that without weights the last risk set is exact and the curve ends at exactly 0.
    left = table.n_events + table.n_censored
    late = np.where(table.time > 0, table.n_entered, 0.0)
    return np.cumsum((left - late)[::-1])[::-1] - left
