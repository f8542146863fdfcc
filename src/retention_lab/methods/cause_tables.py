"""Life tables whose events are told apart by cause: what estimates of several ways to leave are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.life_tables import LifeTable, check_events, check_times, life_table, merge_tables

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CauseTable:
    """A life table whose events are told apart: `n_events` has a row for each time and a column for each cause."""

    table: LifeTable
    causes: tuple[str, ...]
    n_events: Floats

    def __post_init__(self) -> None:
        events = np.array(self.n_events, dtype=float)
        object.__setattr__(self, "n_events", events)
        if len(set(self.causes)) < len(self.causes) or not all(self.causes):
            raise ValueError(f"causes must have a name each, and no name twice, not {self.causes}")
        if events.shape != (wanted := (self.table.time.size, len(self.causes))):
            raise ValueError(f"n_events has shape {events.shape}, {wanted} (time by cause) was expected")
        wrong = events[~np.isfinite(events) | (events < 0)]
        if wrong.size:
            raise ValueError(f"n_events must be finite and not negative, not {wrong[0]}")
        _check_sums(self.table, events.sum(axis=1))


def _check_sums(table: LifeTable, with_cause: Floats) -> None:
    apart = np.flatnonzero(~np.isclose(with_cause, table.n_events, rtol=1e-9, atol=1e-9 * table.n_obs))
    if apart.size:
        at = apart[0]
        raise ValueError(
            f"at time {table.time[at]:g} {table.n_events[at]:g} leave, but {with_cause[at]:g} have a cause"
        )


def combine_causes(tables: Mapping[str, LifeTable]) -> CauseTable:
    """Put together customers whose life tables were counted apart by the cause for which they left.

    Those still here, who have no cause, may be in any of the tables. A cause for which nobody left is left out.
    """
    whole = merge_tables(list(tables.values()))
    causes = tuple(cause for cause, table in tables.items() if table.n_events.sum() > 0)
    n_events = np.zeros((whole.time.size, len(causes)))
    for column, cause in enumerate(causes):
        n_events[np.searchsorted(whole.time, tables[cause].time), column] = tables[cause].n_events
    return CauseTable(table=whole, causes=causes, n_events=n_events)


def cause_table(
    duration: ArrayLike,
    event_observed: ArrayLike,
    cause: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> CauseTable:
    """The table of single customers; `cause` names why each left, and is "" or missing for those who did not.

    Nothing is guessed: who left has a cause, who is here has none, and status codes such as 0, 1, 2 are refused.
    The causes are in the order of their names.
    """
    durations = check_times("duration", duration)
    events = check_events(event_observed, size=durations.size)
    names = _check_causes(cause, events)
    entries = np.zeros(durations.size) if entry is None else check_times("entry", entry, size=durations.size)
    shares = np.ones(durations.size) if weights is None else check_times("weights", weights, size=durations.size)
    kinds = ["", *sorted(set(names[events].tolist()))]
    rows = {kind: names == kind for kind in kinds}
    return combine_causes(
        {kind: life_table(durations[of], events[of], entries[of], shares[of]) for kind, of in rows.items()}
    )


def _check_causes(cause: ArrayLike, events: NDArray[np.bool_]) -> NDArray[np.object_]:
    names = np.asarray(cause, dtype=object)
    if names.shape != events.shape:
        raise ValueError(f"cause has shape {names.shape}, duration has {events.size} values")
    names = np.where(pd.isna(names), "", names)
    for row in np.flatnonzero([not isinstance(name, str) for name in names])[:1]:
        raise ValueError(f"row {row}: a cause must be a name, not {names[row]!r}")
    for row in np.flatnonzero(events != (names != ""))[:1]:
        found = "left without a cause" if events[row] else f"is still here, but has the cause {names[row]!r}"
        raise ValueError(f"row {row}: the customer {found}")
    return names


def censor_other_causes(table: CauseTable, cause: str) -> LifeTable:
    """Treat all who left for another cause as no longer observed: what would be if the others did not exist."""
    whole, events = table.table, table.n_events[:, column_of(table.causes, cause)]
    others = np.maximum(whole.n_events - events, 0.0)
    return LifeTable(time=whole.time, n_entered=whole.n_entered, n_events=events, n_censored=whole.n_censored + others)


def column_of(causes: tuple[str, ...], cause: str) -> int:
    """The place of `cause`; ValueError with those that there are where it is none of them."""
    if cause not in causes:
        raise ValueError(f"nobody left for {cause!r}; the causes are {', '.join(map(repr, causes)) or 'none'}")
    return causes.index(cause)
