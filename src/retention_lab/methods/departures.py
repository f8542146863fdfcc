"""How many of the customers who are here now will leave within a horizon."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from retention_lab.methods.estimates import Reason, log_log_interval
from retention_lab.methods.life_tables import check_times, index_at, is_observed
from retention_lab.methods.survival import SurvivalCurve

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDepartures:
    """The expected number who leave, and how many may really leave.

    `ci_*` is for the expectation: it carries that the curve is estimated. `pi_*` is for the actual number, in whole
    customers: it adds the luck of who leaves. Both are about the `n_covered` customers; for the `n_not_covered`
    the horizon reaches past the follow-up (or past a curve that fell to 0), and nothing is said about them.
    `n_obs` is the number that the curve was estimated from.
    """

    horizon: float
    value: float
    ci_lower: float
    ci_upper: float
    pi_lower: float
    pi_upper: float
    std_error: float
    n_obs: float
    n_covered: float
    n_not_covered: float
    confidence_level: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def expected_departures(
    curve: SurvivalCurve, tenure: ArrayLike, n_customers: ArrayLike, horizon: float
) -> ExpectedDepartures:
    """Expected departures within `horizon` among `n_customers` at each `tenure`, all of them active now.

    A customer here at t stays with probability S(t + horizon) / S(t), as in `conditional_survival`. Customers share
    stretches of the curve, so their errors go together: the delta method runs over the curve's steps, not over them.
    """
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite, not {horizon}")
    tenures = check_times("tenure", tenure)
    counts = check_times("n_customers", n_customers, size=tenures.size)
    covered, start, end, stay = _chances(curve, tenures, horizon)
    n_covered = float(counts[covered].sum())
    n_not_covered = float(counts[~covered].sum())
    counts, start, end, stay = counts[covered], start[covered], end[covered], stay[covered]
    if n_covered == 0:
        reason: Reason = "not_observed" if n_not_covered else "too_few"
        return _result(curve, horizon, np.full(6, math.nan), 0.0, n_not_covered, reason)
    variance = _curve_variance(curve, start, end, counts * stay)
    luck = float(np.sum(counts * stay * (1 - stay)))
    value = float(np.sum(counts * (1 - stay)))
    numbers = _intervals(value, variance, luck, n_covered, curve.confidence_level)
    return _result(curve, horizon, numbers, n_covered, n_not_covered, "too_few" if np.isnan(numbers).any() else "")


def _chances(
    curve: SurvivalCurve, tenure: Floats, horizon: float
) -> tuple[NDArray[np.bool_], Positions, Positions, Floats]:
    """Who can be judged, their first and last step of the curve, and their chance of staying."""
    heights = np.concatenate([[1.0], curve.survival])
    start, end = index_at(curve.time, tenure) + 1, index_at(curve.time, tenure + horizon) + 1
    covered = is_observed(curve.follow_up, tenure + horizon) & (heights[start] > 0)
    stay = np.where(covered, heights[end], 0.0) / np.where(covered, heights[start], 1.0)
    return covered, start, end, stay


def _curve_variance(curve: SurvivalCurve, start: Positions, end: Positions, staying: Floats) -> float:
    """Delta method: a step of the curve weighs as much as the expected stayers whose horizon spans it."""
    edges = np.zeros(curve.time.size + 1)
    np.add.at(edges, start, staying)
    np.add.at(edges, end, -staying)
    spanning = np.cumsum(edges)[:-1]
    return float(np.sum(spanning**2 * curve.log_variance_steps))


def _intervals(value: float, variance: float, luck: float, n: float, confidence_level: float) -> Floats:
    stay = 1 - value / n
    log_variance = np.array(variance / (n * stay) ** 2 if stay > 0 else 0.0)
    low, high = log_log_interval(np.array(stay), log_variance, confidence_level)
    pi_lower, pi_upper = _number_range(value, variance + luck, n, confidence_level)
    return np.array([value, n * (1 - high), n * (1 - low), pi_lower, pi_upper, math.sqrt(variance)])


def actual_number(value: float, variance: float, n: float, confidence_level: float) -> tuple[float, float]:
    """How many of `n` may really leave, where `value` are expected to and `variance` is that of the expectation.

    Luck adds what it would if all were equally likely to leave, which is the most that it can.
    """
    return _number_range(value, variance + value * (1 - value / n), n, confidence_level)


def _number_range(value: float, variance: float, n: float, confidence_level: float) -> tuple[float, float]:
    """Quantiles of a beta share with this mean and variance, rounded outwards to whole customers.

    A normal interval would be symmetric, and so too low at both ends, where only a handful are expected to leave.
    """
    share = value / n
    if variance <= 0:
        return value, value
    size = max(share * (1 - share) * n**2 / variance - 1, 1e-9)
    tail = (1 - confidence_level) / 2
    low, high = betaincinv(share * size, (1 - share) * size, [tail, 1 - tail])
    return float(np.floor(n * low)), float(np.ceil(n * high))


def _result(
    curve: SurvivalCurve, horizon: float, numbers: Floats, n_covered: float, n_not_covered: float, reason: Reason
) -> ExpectedDepartures:
    value, ci_lower, ci_upper, pi_lower, pi_upper, std_error = map(float, numbers)
    return ExpectedDepartures(
        horizon=horizon,
        value=value,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        pi_lower=pi_lower,
        pi_upper=pi_upper,
        std_error=std_error,
        n_obs=curve.n_obs,
        n_covered=n_covered,
        n_not_covered=n_not_covered,
        confidence_level=curve.confidence_level,
        method="conditional Kaplan-Meier; delta method, log-log interval; beta prediction interval",
        reason=reason,
    )
