"""Groups against each other: survival at a time, restricted means, and the log-rank test."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.estimates import (
    Estimate,
    Reason,
    chi_squared_pvalue,
    normal_quantile,
    student_pvalue,
    student_quantile,
    two_sided_pvalue,
)
from retention_lab.methods.life_tables import LifeTable, life_table, merge_tables
from retention_lab.methods.survival import SurvivalCurve, estimate_restricted_mean, estimate_share, estimate_survival
from retention_lab.methods.two_arms import Contrast, contrast_of, symmetric_contrast

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMeanDifference:
    """How much longer group a stays than group b, within the horizon."""

    horizon: float
    value: float
    ci_lower: float
    ci_upper: float
    pvalue: float
    std_error: float
    n_obs: float
    confidence_level: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogRank:
    """Events observed in each group, and expected if all groups left at the same rate.

    `degrees_of_freedom` counts the independent comparisons that the data really holds: a group that is never at risk
    together with another adds none. Without any, the p-value is nan and `reason` is `too_few`.
    """

    statistic: float
    degrees_of_freedom: int
    pvalue: float
    observed: Floats
    expected: Floats
    n_obs: Floats
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, the columns as arrays."""
        return asdict(self)


def compare_restricted_means(
    curve_a: SurvivalCurve, curve_b: SurvivalCurve, horizon: float
) -> RestrictedMeanDifference:
    """Difference of restricted means, a minus b, of two independent groups; normal interval and test."""
    if curve_a.confidence_level != curve_b.confidence_level:
        raise ValueError(f"confidence levels differ: {curve_a.confidence_level} and {curve_b.confidence_level}")
    mean_a, mean_b = (estimate_restricted_mean(curve, horizon) for curve in (curve_a, curve_b))
    value = mean_a.value - mean_b.value
    std_error = math.hypot(mean_a.std_error, mean_b.std_error)
    reach = normal_quantile(curve_a.confidence_level) * std_error
    reason = mean_a.reason or mean_b.reason
    return RestrictedMeanDifference(
        horizon=horizon,
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        pvalue=two_sided_pvalue(value, std_error),
        std_error=std_error,
        n_obs=curve_a.n_obs + curve_b.n_obs,
        confidence_level=curve_a.confidence_level,
        method="difference of restricted means, Klein-Moeschberger standard errors",
        reason=reason or ("too_few" if std_error == 0 else ""),
    )


def estimate_survival_difference(
    curve_a: SurvivalCurve, curve_b: SurvivalCurve, time: float, confidence_level: float
) -> Estimate:
    """Survival of group a less that of group b at `time`; the groups have no customer in common.

    The interval squares and adds the distances to the two groups' own limits (Newcombe 1998; Zou and Donner 2008):
    unlike a normal interval it holds its level in small groups and where all or none have left, and stays within 1.
    """
    one, other = (estimate_share(curve, time, confidence_level) for curve in (curve_a, curve_b))
    value = one.value - other.value
    lower = value - math.hypot(one.value - one.ci_lower, other.ci_upper - other.value)
    upper = value + math.hypot(one.ci_upper - one.value, other.value - other.ci_lower)
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=math.hypot(one.std_error, other.std_error),
        n_obs=curve_a.n_obs + curve_b.n_obs,
        confidence_level=confidence_level,
        method="difference of Kaplan-Meier survival, square-and-add interval",
        reason=one.reason or other.reason,
    )


def compare_survival_arms(treatment: SurvivalCurve, control: SurvivalCurve, horizon: float) -> Contrast:
    """How much longer the treated stay within the horizon: restricted means, with the same interval for the ratio."""
    arms = [estimate_restricted_mean(curve, horizon) for curve in (treatment, control)]
    std_error = math.hypot(arms[0].std_error, arms[1].std_error)
    return symmetric_contrast(
        *arms,
        std_error=std_error,
        quantile=normal_quantile(treatment.confidence_level),
        pvalue=two_sided_pvalue(arms[0].value - arms[1].value, std_error),
        method="difference of restricted means, Klein-Moeschberger standard errors",
        reason=arms[0].reason or arms[1].reason,
    )


def compare_survival_at(treatment: SurvivalCurve, control: SurvivalCurve, time: float) -> Contrast:
    """Survival at `time`, with intervals as `estimate_survival_difference`; a normal test."""
    arms = [estimate_share(curve, time, treatment.confidence_level) for curve in (treatment, control)]
    std_error = math.hypot(arms[0].std_error, arms[1].std_error)
    return contrast_of(
        *arms,
        pvalue=two_sided_pvalue(arms[0].value - arms[1].value, std_error),
        method="difference of Kaplan-Meier survival, square-and-add interval",
    )


def estimate_clustered_restricted_mean(
    clusters: Sequence[LifeTable], horizon: float, confidence_level: float = 0.95
) -> tuple[Estimate, float]:
    """Mean time here within `horizon` of the customers of clusters drawn at random; and its degrees of freedom.

    A life table for each cluster is enough. The standard error is the infinitesimal jackknife's by cluster, as R's
    `survfit(cluster=)`, times the root of k / (k - 1), with a t interval of k - 1 degrees of freedom: k is Kish's
    effective number of clusters, smaller than theirs where they differ in size. One cluster is `too_few`.
    """
    method = "restricted mean, standard error between clusters"
    tables = [table for table in clusters if table.n_obs > 0] or [life_table([], [])]
    curve = estimate_survival(merge_tables(tables), confidence_level)
    plain = replace(estimate_restricted_mean(curve, horizon), method=method)
    sizes = np.array([table.n_obs for table in tables])
    freedom = float(sizes.sum() ** 2 / np.maximum((sizes**2).sum(), 1.0) - 1)
    if plain.reason or not freedom > 1e-9:
        nothing: dict[str, Any] = {"ci_lower": math.nan, "ci_upper": math.nan, "std_error": math.nan}
        return replace(plain, **nothing, reason=plain.reason or "too_few"), math.nan
    pushes = _influence_on_restricted_mean(curve, tables, horizon)
    std_error = math.sqrt(float((pushes**2).sum()) * (freedom + 1) / freedom)
    reach = student_quantile(confidence_level, freedom) * std_error
    lower, upper = max(plain.value - reach, 0.0), min(plain.value + reach, horizon)
    return replace(plain, ci_lower=lower, ci_upper=upper, std_error=std_error), freedom


def compare_clustered_survival_arms(
    treatment: Sequence[LifeTable], control: Sequence[LifeTable], horizon: float, confidence_level: float = 0.95
) -> Contrast:
    """As `compare_survival_arms` where clusters were drawn at random, each with its life table; Welch's t over them."""
    found = [estimate_clustered_restricted_mean(group, horizon, confidence_level) for group in (treatment, control)]
    (one, one_freedom), (other, other_freedom) = found
    std_error = math.hypot(one.std_error, other.std_error)
    freedom = math.nan
    if std_error > 0:
        freedom = std_error**4 / (one.std_error**4 / one_freedom + other.std_error**4 / other_freedom)
    return symmetric_contrast(
        one,
        other,
        std_error=std_error,
        quantile=student_quantile(confidence_level, freedom),
        pvalue=student_pvalue(one.value - other.value, std_error, freedom),
        method="difference of restricted means, standard errors between clusters",
        degrees_of_freedom=freedom,
        reason=one.reason or other.reason,
    )


def _influence_on_restricted_mean(curve: SurvivalCurve, tables: Sequence[LifeTable], horizon: float) -> Floats:
    """What each group of customers adds to the restricted mean: martingale residuals, weighted by what is to come."""
    before = curve.time < horizon
    areas = np.diff(np.append(curve.time[before], horizon)) * curve.survival[before]
    to_come, at_risk, left = np.cumsum(areas[::-1])[::-1], curve.at_risk[before], curve.n_events[before]
    # Where everyone left, nothing is to come: a time without weight.
    moves = (left > 0) & (left < at_risk)
    times, share = curve.time[before][moves], left[moves] / at_risk[moves]
    weight = to_come[moves] / (at_risk - left)[moves]
    pushes = np.empty(len(tables))
    for place, table in enumerate(tables):
        where = np.searchsorted(table.time, times).clip(max=table.time.size - 1)
        own_left = np.where(table.time[where] == times, table.n_events[where], 0.0)
        pushes[place] = -np.sum(weight * (own_left - _at_risk_at(table, times) * share))
    return pushes


def compare_survival(tables: Sequence[LifeTable]) -> LogRank:
    """Log-rank test of any number of groups, with ties (hypergeometric variance), late entry and weights."""
    if len(tables) < 2:
        raise ValueError(f"a comparison needs two groups or more, not {len(tables)}")
    events, at_risk = _side_by_side(tables)
    observed, expected, covariance = _log_rank_parts(events, at_risk)
    statistic, freedom = _quadratic_form(observed - expected, covariance)
    return LogRank(
        statistic=statistic if freedom else math.nan,
        degrees_of_freedom=freedom,
        pvalue=chi_squared_pvalue(statistic, freedom) if freedom else math.nan,
        observed=observed,
        expected=expected,
        n_obs=np.array([table.n_obs for table in tables]),
        method="log-rank",
        reason="" if freedom else "too_few",
    )


def _side_by_side(tables: Sequence[LifeTable]) -> tuple[Floats, Floats]:
    """Events and customers at risk, one row for each time at which anybody had the event, one column for a group."""
    had_event = [table.time[table.n_events > 0] for table in tables]
    times = np.unique(np.concatenate(had_event))
    events, at_risk = np.zeros((2, times.size, len(tables)))
    for column, table in enumerate(tables):
        events[np.searchsorted(times, had_event[column]), column] = table.n_events[table.n_events > 0]
        at_risk[:, column] = _at_risk_at(table, times)
    return events, at_risk


def _at_risk_at(table: LifeTable, times: Floats) -> Floats:
    """At risk at times that need not be in the table: as at the next time that is; nobody after the last."""
    following = np.searchsorted(table.time, times)
    at_risk = np.append(table.at_risk, 0.0)[following]
    # Nobody is at risk at time 0 who enters later, even if time 0 itself is not in the table.
    return np.where((times == 0) & (np.append(table.time, np.inf)[following] > 0), 0.0, at_risk)


def _log_rank_parts(events: Floats, at_risk: Floats) -> tuple[Floats, Floats, Floats]:
    left, n = events.sum(axis=1), at_risk.sum(axis=1)
    share = at_risk / n[:, None]
    # One customer alone at risk cannot leave by chance rather than another: no variance.
    spread = np.where(n > 1, left * (n - left), 0) / np.where(n > 1, n - 1, 1)
    expected = left @ share
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return events.sum(axis=0), expected, covariance


def _quadratic_form(excess: Floats, covariance: Floats) -> tuple[float, int]:
    """Chi-squared statistic and its rank; scaled first, so that a small group beside a huge one is not rounded off."""
    size = np.sqrt(np.diag(covariance).clip(min=0))
    compared = size > 0
    if not compared.any():
        return math.nan, 0
    scaled = covariance[np.ix_(compared, compared)] / np.outer(size[compared], size[compared])
    values, vectors = np.linalg.eigh(scaled)
    kept = values > 1e-9
    projected = vectors[:, kept].T @ (excess[compared] / size[compared])
    return float(np.sum(projected**2 / values[kept])), int(kept.sum())
