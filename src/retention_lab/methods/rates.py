"""Occurrence and exposure: how often something happens for each unit of time at risk."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from retention_lab.methods.life_tables import LifeTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventRates:
    """Events for each unit of time at risk, between consecutive `edges`; all arrays have one entry for each stretch.

    `exposure` is the time at risk in the life table's unit; where there is none, the numbers are nan.
    """

    start: Floats
    end: Floats
    rate: Floats
    ci_lower: Floats
    ci_upper: Floats
    n_events: Floats
    exposure: Floats
    confidence_level: float
    method: str = "occurrence-exposure rate, exact Poisson interval"


def estimate_rates(table: LifeTable, edges: Sequence[float], confidence_level: float = 0.95) -> EventRates:
    """Event rates over (edge, next edge] with the exact Poisson interval (Garwood 1936).

    Events at time 0 join the first stretch. `edges` rise and start at 0. Weighted counts are taken as they are.
    """
    bounds = np.asarray(edges, dtype=float)
    if bounds.size < 2 or bounds[0] != 0 or not np.all(np.diff(bounds) > 0):
        raise ValueError(f"edges must start at 0 and rise, not {list(edges)}")
    place = np.clip(np.searchsorted(bounds, table.time, side="left") - 1, 0, None)
    inside = table.time <= bounds[-1]
    events = np.bincount(place[inside], weights=table.n_events[inside], minlength=bounds.size - 1).astype(float)
    exposure = np.diff(np.interp(bounds, *_cumulative_exposure(table)))
    tail = (1 - confidence_level) / 2
    known = np.where(exposure > 0, exposure, np.nan)
    # Without events the lower limit is 0; the quantile of no events would be nan.
    lower = np.where(events > 0, gammaincinv(np.maximum(events, 1e-9), tail), 0.0)
    upper = gammaincinv(events + 1, 1 - tail)
    return EventRates(
        start=bounds[:-1],
        end=bounds[1:],
        rate=events / known,
        ci_lower=lower / known,
        ci_upper=upper / known,
        n_events=events,
        exposure=exposure,
        confidence_level=confidence_level,
    )


def share_leaving(rate: ArrayLike, width: ArrayLike) -> Floats:
    """Return the share of those at risk at the start of a stretch who have the event within its `width`.

    A rate times a width is not a share: where all leave at once it passes one.
    """
    return np.asarray(-np.expm1(-np.asarray(rate, dtype=float) * np.asarray(width, dtype=float)), dtype=np.float64)


def _cumulative_exposure(table: LifeTable) -> tuple[Floats, Floats]:
    """Time at risk spent before each time: the risk set at a time has been there since the time before."""
    time, at_risk = table.time, table.at_risk
    if time.size == 0 or time[0] > 0:
        time, at_risk = np.insert(time, 0, 0.0), np.insert(at_risk, 0, 0.0)
    return time, np.concatenate([[0.0], np.cumsum(np.diff(time) * at_risk[1:])])
