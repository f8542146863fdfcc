"""Who is still here after how long: Kaplan-Meier and what is read off it.

Nothing is ever read past the follow-up: beyond it an estimate says `not_observed`.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.estimates import (
    Estimate,
    Reason,
    log_log_interval,
    normal_quantile,
    not_estimable,
)
from retention_lab.methods.life_tables import LifeTable, index_at, is_observed, life_table

__all__ = [
    "LifeTable",
    "SurvivalCurve",
    "conditional_survival",
    "estimate_median",
    "estimate_quantile",
    "estimate_restricted_mean",
    "estimate_share",
    "estimate_survival",
    "life_table",
    "survival_at",
]

Floats = NDArray[np.float64]

# The tolerance of R's survfit for "survival is exactly one half".
_LEVEL_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalCurve:
    """The product-limit curve at the times of its life table; before the first of them it is 1.

    `std_error` is Greenwood's, of the survival itself. Where the curve is 0 it has neither error nor interval (nan).
    With late entry a small early risk set can take the curve to 0 for good while customers who enter later are
    still observed: `collapsed_at` says where that happened, and `at_risk` lets a caller mask the thin stretches.
    """

    time: Floats
    survival: Floats
    std_error: Floats
    ci_lower: Floats
    ci_upper: Floats
    at_risk: Floats
    n_events: Floats
    n_obs: float
    follow_up: float
    confidence_level: float
    method: str

    @property
    def collapsed_at(self) -> float:
        """Where the curve fell to 0 although customers are at risk later; nan where it did not."""
        gone = np.flatnonzero(self.survival == 0)
        if gone.size and (self.at_risk[gone[0] + 1 :] > 0).any():
            return float(self.time[gone[0]])
        return math.nan

    @property
    def log_variance_steps(self) -> Floats:
        """Greenwood's term of each time: what it adds to the variance of log survival.

        A time at which everyone left adds nothing, as in R: the curve is 0 there and has no logarithm.
        """
        survived = self.at_risk - self.n_events
        some_left = (self.n_events > 0) & (survived > 1e-12 * self.at_risk)
        return np.where(some_left, self.n_events, 0) / np.where(some_left, self.at_risk * survived, 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, the columns as arrays."""
        return asdict(self)


def estimate_survival(table: LifeTable, confidence_level: float = 0.95) -> SurvivalCurve:
    """Kaplan-Meier with ties, late entry and weights; log-log interval."""
    at_risk, survived = table.at_risk, table.remaining + table.n_censored
    kept = np.where(at_risk > 0, survived, 1) / np.where(at_risk > 0, at_risk, 1)
    survival: Floats = np.cumprod(kept, dtype=np.float64)
    terms = np.where(survived > 0, table.n_events, 0) / np.where(survived > 0, at_risk * survived, 1)
    log_variance: Floats = np.cumsum(terms, dtype=np.float64)
    lower, upper = log_log_interval(survival, log_variance, confidence_level)
    return SurvivalCurve(
        time=table.time,
        survival=survival,
        std_error=np.where(survival > 0, survival * np.sqrt(log_variance), np.nan),
        ci_lower=lower,
        ci_upper=upper,
        at_risk=at_risk,
        n_events=table.n_events,
        n_obs=table.n_obs,
        follow_up=table.follow_up,
        confidence_level=confidence_level,
        method="Kaplan-Meier, log-log interval",
    )


def survival_at(curve: SurvivalCurve, times: Sequence[float]) -> list[Estimate]:
    """Survival at each of `times`; past the follow-up it is not observed, never carried forward."""
    return [_survival_at(curve, time) for time in times]


def estimate_share(curve: SurvivalCurve, time: float, confidence_level: float) -> Estimate:
    """Survival at `time`, with an interval also where it is one or nought.

    There Greenwood's variance is 0 or missing. The interval is then Wilson's (1927), of as many customers as are
    still at risk where nobody left (Dorey and Korn 1987), and of as many as left where nobody stayed. A curve that
    ended at nought stays there: nobody was left to be followed any longer.
    """
    gone = curve.survival.size > 0 and curve.survival[-1] == 0 and math.isnan(curve.collapsed_at)
    if gone and time >= curve.time[-1]:
        return _edge(0.0, float(curve.n_events.sum()), curve, confidence_level)
    found = _survival_at(replace(curve, confidence_level=confidence_level), time)
    if found.value == 1 and not found.reason:
        return _edge(1.0, float(curve.at_risk[np.searchsorted(curve.time, time - 1e-9)]), curve, confidence_level)
    return found


def _edge(value: float, n: float, curve: SurvivalCurve, confidence_level: float) -> Estimate:
    z = normal_quantile(confidence_level)
    reach = z**2 / (n + z**2)
    return Estimate(
        value=value,
        ci_lower=value - reach if value else 0.0,
        ci_upper=1.0 if value else reach,
        std_error=reach / z,
        n_obs=curve.n_obs,
        confidence_level=confidence_level,
        method="Kaplan-Meier, Wilson interval",
    )


def estimate_median(curve: SurvivalCurve) -> Estimate:
    """The duration at which half have left.

    Where survival is exactly one half for a while, the midpoint of that stretch; where it stays one half to the end
    of the follow-up, the start of it (R's `print(survfit)` in both cases).
    """
    return estimate_quantile(curve, 0.5)


def estimate_quantile(curve: SurvivalCurve, share: float) -> Estimate:
    """The duration by which `share` of the customers have left; interval from the band (Brookmeyer and Crowley)."""
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    value, lower, upper = (
        _falls_to(1 - share, band, curve.time) for band in (curve.survival, curve.ci_lower, curve.ci_upper)
    )
    reason: Reason = "not_reached" if math.isnan(value + lower + upper) else ""
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=math.nan,
        n_obs=curve.n_obs,
        confidence_level=curve.confidence_level,
        method="Kaplan-Meier quantile, interval from the log-log band",
        reason=reason if curve.n_obs else "too_few",
    )


def estimate_restricted_mean(curve: SurvivalCurve, horizon: float) -> Estimate:
    """Mean time here within the first `horizon`: the area under the curve.

    Standard error: Klein and Moeschberger (2003), 4.4.4, as R's `print(survfit, rmean=)`.
    The interval is normal and cut at 0 and `horizon`.
    """
    method = "restricted mean, Klein-Moeschberger standard error"
    if reason := _why_unseen(curve, horizon):
        return not_estimable(reason, n_obs=curve.n_obs, confidence_level=curve.confidence_level, method=method)
    value, std_error = _area(curve, horizon)
    reach = normal_quantile(curve.confidence_level) * std_error
    return Estimate(
        value=value,
        ci_lower=max(value - reach, 0.0),
        ci_upper=min(value + reach, horizon),
        std_error=std_error,
        n_obs=curve.n_obs,
        confidence_level=curve.confidence_level,
        method=method,
    )


def conditional_survival(curve: SurvivalCurve, tenure: float, horizon: float) -> Estimate:
    """The chance of being here at `tenure + horizon` for a customer who is here, active, at `tenure`.

    Events at `tenure` itself are over for such a customer and do not count. `n_obs` are those at risk just after
    `tenure`. Greenwood's sum runs over the stretch in between only.
    """
    if tenure < 0:
        raise ValueError(f"tenure must not be negative, not {tenure}")
    following = curve.at_risk[index_at(curve.time, tenure) + 1 :]
    n_obs = float(following[0]) if following.size else 0.0
    method = "conditional Kaplan-Meier, log-log interval"
    start, end = (_height(curve, at) for at in (tenure, tenure + horizon))
    reason = _why_unseen(curve, horizon, start=tenure)
    if reason or start == 0 or n_obs == 0:
        blank: Reason = reason or "too_few"
        return not_estimable(blank, n_obs=n_obs, confidence_level=curve.confidence_level, method=method)
    first, last = index_at(curve.time, [tenure, tenure + horizon]) + 1
    log_variance = float(curve.log_variance_steps[first:last].sum())
    return _share(end / start, log_variance, n_obs, curve.confidence_level, method)


def _survival_at(curve: SurvivalCurve, time: float) -> Estimate:
    if reason := _why_unseen(curve, time):
        return not_estimable(reason, n_obs=curve.n_obs, confidence_level=curve.confidence_level, method=curve.method)
    log_variance = float(curve.log_variance_steps[: index_at(curve.time, time) + 1].sum())
    return _share(_height(curve, time), log_variance, curve.n_obs, curve.confidence_level, curve.method)


def _share(value: float, log_variance: float, n_obs: float, confidence_level: float, method: str) -> Estimate:
    lower, upper = log_log_interval(np.array(value), np.array(log_variance), confidence_level)
    return Estimate(
        value=value,
        ci_lower=float(lower),
        ci_upper=float(upper),
        std_error=value * math.sqrt(log_variance) if value > 0 else math.nan,
        n_obs=n_obs,
        confidence_level=confidence_level,
        method=method,
        reason="" if value > 0 else "too_few",
    )


def _why_unseen(curve: SurvivalCurve, horizon: float, start: float = 0.0) -> Reason:
    if not (math.isfinite(horizon) and horizon >= 0):
        raise ValueError(f"a time must be finite and not negative, not {horizon}")
    if curve.n_obs == 0:
        return "too_few"
    return "" if is_observed(curve.follow_up, start + horizon) else "not_observed"


def _height(curve: SurvivalCurve, time: float) -> float:
    at = int(index_at(curve.time, time))
    return float(curve.survival[at]) if at >= 0 else 1.0


def _area(curve: SurvivalCurve, horizon: float) -> tuple[float, float]:
    before = curve.time < horizon
    edges = np.concatenate([[0.0], curve.time[before], [horizon]])
    areas = np.diff(edges) * np.concatenate([[1.0], curve.survival[before]])
    still_to_come = np.cumsum(areas[:0:-1])[::-1]
    variance = np.sum(still_to_come**2 * curve.log_variance_steps[before])
    return float(areas.sum()), float(np.sqrt(variance))


def _falls_to(level: float, band: Floats, time: Floats) -> float:
    reached = np.flatnonzero(band < level + _LEVEL_TOLERANCE)
    if not reached.size:
        return math.nan
    first = reached[0]
    below = reached[band[reached] < level - _LEVEL_TOLERANCE]
    if band[first] > level - _LEVEL_TOLERANCE and below.size:
        return float(time[first] + time[below[0]]) / 2
    return float(time[first])
