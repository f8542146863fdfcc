"""Several ways to leave: the cumulative incidence of each cause while the others are there too (Aalen-Johansen).

One minus Kaplan-Meier with the other causes as censored answers another question, and is always too high as a share:
whoever left for one cause can no longer leave for another. Here all causes share one survival curve, so that their
incidences and survival add up to one. Ties are counted as they are, so nothing is drawn and nothing depends on order.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.cause_tables import CauseTable, censor_other_causes, column_of
from retention_lab.methods.departures import ExpectedDepartures, actual_number
from retention_lab.methods.estimates import Estimate, Reason, log_log_interval, normal_quantile, not_estimable
from retention_lab.methods.life_tables import check_times, index_at, is_observed
from retention_lab.methods.survival import SurvivalCurve, estimate_share, estimate_survival

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_METHOD = "Aalen-Johansen, complementary log-log interval"
# Survival that is nought but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IncidenceCurves:
    """The share that has left for each cause by each time of `overall`, whose survival is what is left of one.

    `incidence` and what belongs to it has a row for each time and a column for each cause; before the first time it
    is 0. `std_error` is the delta method's with multinomial increments (Aalen 1978; Andersen, Borgan, Gill and Keiding
    1993, IV.4.1), which for a single cause is Greenwood's. The interval is symmetric for log(-log(1 - incidence)), so
    it is that of survival turned round; an incidence of 1 has none (nan).
    """

    causes: tuple[str, ...]
    overall: SurvivalCurve
    incidence: Floats
    std_error: Floats
    ci_lower: Floats
    ci_upper: Floats
    n_events: Floats
    confidence_level: float
    method: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, the columns as arrays."""
        return asdict(self)


def estimate_incidence(table: CauseTable, confidence_level: float = 0.95) -> IncidenceCurves:
    """Aalen-Johansen with ties, late entry and weights."""
    overall = estimate_survival(table.table, confidence_level)
    steps = _before(overall)[:, None] * _hazards(overall, table.n_events)
    incidence: Floats = np.cumsum(steps, axis=0, dtype=np.float64)
    variance = _variances(overall, table.n_events, incidence)
    lower, upper = _interval(incidence, variance, confidence_level)
    return IncidenceCurves(
        causes=table.causes,
        overall=overall,
        incidence=incidence,
        std_error=np.sqrt(variance),
        ci_lower=lower,
        ci_upper=upper,
        n_events=table.n_events,
        confidence_level=confidence_level,
        method=_METHOD,
    )


def incidence_at(curves: IncidenceCurves, cause: str, time: float) -> Estimate:
    """The share that has left for `cause` by `time`; past the follow-up it is not observed, never carried forward.

    Where nobody left for it, or nobody for anything else and nobody stayed, the interval is Wilson's, as in
    `estimate_share`. A curve that ended because nobody was left to follow stays as it is; one that collapsed while
    customers who enter later are still observed says nothing from there on.
    """
    _check_time("time", time)
    overall, column = curves.overall, column_of(curves.causes, cause)
    ended = bool(overall.survival.size) and overall.survival[-1] == 0 and math.isnan(overall.collapsed_at)
    reason: Reason = "" if ended or is_observed(overall.follow_up, time) else "not_observed"
    if overall.n_obs == 0 or overall.collapsed_at <= time:
        reason = "too_few"
    if reason:
        return _blank(curves, reason, overall.n_obs, _METHOD)
    last = int(index_at(overall.time, time))
    value = float(curves.incidence[last, column]) if last >= 0 else 0.0
    variance = float(curves.std_error[last, column]) ** 2 if last >= 0 else 0.0
    return _share(curves, value, variance, (0, time), overall.n_obs, _METHOD)


def conditional_incidence(curves: IncidenceCurves, cause: str, tenure: float, horizon: float) -> Estimate:
    """The chance to leave for `cause` within `horizon`, for a customer who is here, active, at `tenure`.

    As in `conditional_survival`, events at `tenure` itself are over, and `n_obs` are those at risk just after it.
    """
    _check_time("tenure", tenure)
    _check_time("horizon", horizon)
    found = _expected(curves, cause, np.array([tenure]), np.array([1.0]), horizon)
    start, method = int(index_at(curves.overall.time, tenure)) + 1, f"conditional {_METHOD}"
    n_obs = float(curves.overall.at_risk[start : start + 1].sum())
    if math.isnan(found.value) or n_obs == 0:
        followed = is_observed(curves.overall.follow_up, tenure + horizon)
        return _blank(curves, "too_few" if followed or curves.overall.n_obs == 0 else "not_observed", n_obs, method)
    return _share(curves, found.value, found.std_error**2, (start, tenure + horizon), n_obs, method)


def expected_by_cause(
    curves: IncidenceCurves, tenure: ArrayLike, n_customers: ArrayLike, horizon: float
) -> tuple[ExpectedDepartures, ...]:
    """Expected departures for each cause within `horizon` among `n_customers` at each `tenure`, all active now.

    They add up to what `expected_departures` says of all causes together. `pi_*` adds the most that luck can. Where
    nobody has left for a cause at the times ahead, its value is 0 and `too_few` says that this is not certain.
    """
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite, not {horizon}")
    tenures = check_times("tenure", tenure)
    counts = check_times("n_customers", n_customers, size=tenures.size)
    return tuple(_expected(curves, cause, tenures, counts, horizon) for cause in curves.causes)


def incidence_difference(curves: IncidenceCurves, cause: str, other: str, time: float) -> Estimate:
    """How much larger the incidence of `cause` is than that of `other` at `time`; normal interval.

    Between the largest of several and the second this needs no correction for their number: a two-sided interval of
    the first two keeps its level as it is (Hung and Fithian 2019, Rank verification for exponential families).
    """
    method = "difference of Aalen-Johansen estimates, normal interval"
    first, second = (incidence_at(curves, one, time) for one in (cause, other))
    if first.reason or second.reason:
        return _blank(curves, first.reason or second.reason, curves.overall.n_obs, method)
    signs = np.array([float(one == cause) - float(one == other) for one in curves.causes])
    end = index_at(curves.overall.time, np.array([time])) + 1
    std_error = math.sqrt(_variance(curves, signs, np.zeros_like(end), end, np.ones(1)))
    value, reach = first.value - second.value, normal_quantile(curves.confidence_level) * std_error
    limits = max(value - reach, -1.0), min(value + reach, 1.0)
    return _estimate(curves, value, limits, std_error, curves.overall.n_obs, method)


def naive_incidence(table: CauseTable, cause: str, time: float, confidence_level: float = 0.95) -> Estimate:
    """One minus Kaplan-Meier with all other causes as censored: the share if the others did not exist.

    As the share that leaves for `cause` it is too high. It is here to show by how much, and for nothing else.
    """
    curve = estimate_survival(censor_other_causes(table, cause), confidence_level)
    stay = estimate_share(curve, time, confidence_level)
    return Estimate(
        value=1 - stay.value,
        ci_lower=1 - stay.ci_upper,
        ci_upper=1 - stay.ci_lower,
        std_error=stay.std_error,
        n_obs=stay.n_obs,
        confidence_level=confidence_level,
        method=f"1 - {stay.method}, other causes as censored",
        reason=stay.reason,
    )


def _before(overall: SurvivalCurve) -> Floats:
    """Survival just before each time."""
    return np.concatenate([[1.0], overall.survival[:-1]])[: overall.time.size]


def _hazards(overall: SurvivalCurve, n_events: Floats) -> Floats:
    """Share of those at risk who leave at each time, by cause."""
    anybody = overall.at_risk > 0
    return np.where(anybody[:, None], n_events, 0.0) / np.where(anybody, overall.at_risk, 1.0)[:, None]


def _variances(overall: SurvivalCurve, n_events: Floats, incidence: Floats) -> Floats:
    """Variance of every incidence at every time: `_variance` with one customer from the start, for all ends at once."""
    at_risk = np.where(overall.at_risk > 0, overall.at_risk, 1.0)[:, None]
    before, hazard = _before(overall)[:, None], _hazards(overall, n_events)
    own = np.cumsum(before**2 * hazard * (1 - hazard) / at_risk, axis=0)
    later, shared = overall.log_variance_steps[:, None], before * hazard / at_risk
    squares = np.cumsum(later, axis=0) * incidence**2
    crossed = 2 * incidence * np.cumsum(later * incidence + shared, axis=0)
    variance = own + squares - crossed + np.cumsum(later * incidence**2 + 2 * shared * incidence, axis=0)
    return np.maximum(variance, 0.0)


def _variance(curves: IncidenceCurves, signs: Floats, start: Positions, end: Positions, weights: Floats) -> float:
    """Delta method for the weighted sum of rises of a combination of incidences, each from its `start` to its `end`.

    One more who leaves at a step adds to its own cause there, and takes from all that comes after it. Both have
    multinomial variance, independent from step to step.
    """
    overall, n = curves.overall, np.where(curves.overall.at_risk > 0, curves.overall.at_risk, 1.0)
    hazards = _hazards(overall, curves.n_events)
    hazard, squares = np.einsum("tc,c->t", hazards, signs), np.einsum("tc,c->t", hazards, signs**2)
    risen = np.concatenate([[0.0], np.einsum("tc,c->t", curves.incidence, signs)])
    spanning = _spanning(start, end, weights, overall.time.size)
    own = _before(overall) * spanning
    still_to_come = _spanning(start, end, weights * risen[end], overall.time.size) - spanning * risen[1:]
    parts = own**2 * (squares - hazard**2) / n + still_to_come**2 * overall.log_variance_steps
    return max(float(np.sum(parts - 2 * own * still_to_come * hazard / n)), 0.0)


def _spanning(start: Positions, end: Positions, weights: Floats, size: int) -> Floats:
    """The sum of the weights whose stretch spans each step."""
    edges = np.zeros(size + 1)
    np.add.at(edges, start, weights)
    np.add.at(edges, end, -weights)
    return np.cumsum(edges)[:-1]


def _expected(
    curves: IncidenceCurves, cause: str, tenure: Floats, customers: Floats, horizon: float
) -> ExpectedDepartures:
    overall, column = curves.overall, column_of(curves.causes, cause)
    here = np.concatenate([[1.0], overall.survival])
    start, end = index_at(overall.time, tenure) + 1, index_at(overall.time, tenure + horizon) + 1
    covered = is_observed(overall.follow_up, tenure + horizon) & (here[start] > 0)
    n_covered, n_not_covered = float(customers[covered].sum()), float(customers[~covered].sum())
    if n_covered == 0:
        reason: Reason = "not_observed" if n_not_covered else "too_few"
        return _departures(curves, horizon, np.full(6, math.nan), (0.0, n_not_covered), reason)
    start, end, weights = start[covered], end[covered], customers[covered] / here[start[covered]]
    risen = np.concatenate([[0.0], curves.incidence[:, column]])
    value = float(np.sum(weights * (risen[end] - risen[start])))
    signs = np.array([float(one == cause) for one in curves.causes])
    variance = _variance(curves, signs, start, end, weights)
    share = np.array(value / n_covered)
    lower, upper = _interval(share, np.array(variance / n_covered**2), curves.confidence_level)
    most = actual_number(value, variance, n_covered, curves.confidence_level)
    numbers = np.array([value, n_covered * lower, n_covered * upper, *most, math.sqrt(variance)])
    few = variance == 0 or bool(np.isnan(numbers).any())
    return _departures(curves, horizon, numbers, (n_covered, n_not_covered), "too_few" if few else "")


def _departures(
    curves: IncidenceCurves, horizon: float, numbers: Floats, customers: tuple[float, float], reason: Reason
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
        n_obs=curves.overall.n_obs,
        n_covered=customers[0],
        n_not_covered=customers[1],
        confidence_level=curves.confidence_level,
        method="conditional Aalen-Johansen; delta method, complementary log-log interval; beta prediction interval",
        reason=reason,
    )


def _interval(incidence: Floats, variance: Floats, confidence_level: float) -> tuple[Floats, Floats]:
    """Of an incidence, as that of the share for which it did not happen."""
    without = np.where(incidence > 1 - _ROUNDING, 0.0, 1 - incidence)
    log_variance = np.where(without > 0, variance, 0.0) / np.where(without > 0, without, 1.0) ** 2
    lower, upper = log_log_interval(without, log_variance, confidence_level)
    return 1 - upper, 1 - lower


def _share(
    curves: IncidenceCurves, value: float, variance: float, within: tuple[int, float], n_obs: float, method: str
) -> Estimate:
    if 0 < value < 1 - _ROUNDING:
        lower, upper = _interval(np.array(value), np.array(variance), curves.confidence_level)
        return _estimate(curves, value, (float(lower), float(upper)), math.sqrt(variance), n_obs, method)
    start, end = within
    overall, z = curves.overall, normal_quantile(curves.confidence_level)
    last = min(int(np.searchsorted(overall.time, end - 1e-9)), overall.time.size - 1)
    n = float(overall.n_events[start : last + 1].sum() if value else overall.at_risk[last])
    reach = z**2 / (n + z**2)
    limits = (1 - reach, 1.0) if value else (0.0, reach)
    return _estimate(curves, float(round(value)), limits, reach / z, n_obs, "Aalen-Johansen, Wilson interval")


def _estimate(
    curves: IncidenceCurves, value: float, limits: tuple[float, float], std_error: float, n_obs: float, method: str
) -> Estimate:
    return Estimate(
        value=value,
        ci_lower=limits[0],
        ci_upper=limits[1],
        std_error=std_error,
        n_obs=n_obs,
        confidence_level=curves.confidence_level,
        method=method,
    )


def _blank(curves: IncidenceCurves, reason: Reason, n_obs: float, method: str) -> Estimate:
    return not_estimable(reason, n_obs=n_obs, confidence_level=curves.confidence_level, method=method)


def _check_time(name: str, time: float) -> None:
    if not (math.isfinite(time) and time >= 0):
        raise ValueError(f"{name} must be finite and not negative, not {time}")
