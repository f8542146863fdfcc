"""A treated group against a control group: the difference and the ratio of their means, from moments alone."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.estimates import Estimate, Reason, student_pvalue, student_quantile
from retention_lab.methods.two_arms import Contrast, contrast_of, noninferiority_pvalue, symmetric_contrast

__all__ = [
    "Contrast",
    "Moments",
    "compare_means",
    "contrast_of",
    "estimate_mean",
    "noninferiority_pvalue",
    "symmetric_contrast",
]

Floats = NDArray[np.float64]

_MEAN = "mean, t interval"
_RATIO = "ratio of sums, delta method, t interval"
_DIFFERENCE = "difference of means, Welch's t"
_RATIO_DIFFERENCE = "difference of ratios of sums, delta method, Welch's t"
_ADJUSTED = ", adjusted for a covariate known before (CUPED)"

# A variance that is a smaller share than this of the terms it is summed from is what rounding left of nought.
_ROUNDING = 1e-12
# Degrees of freedom below which a t interval has no bounds worth the name.
_HARDLY_ANY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What is known of a group: `n` units, the means (3) and the sample covariances (3 x 3) of y, d and x.

    The measure is mean(y) / mean(d): for a plain mean d is 1 for all (mean 1, variance nought), for a ratio of sums it
    is the denominator; x is a covariate known before the treatment (all noughts: none). A unit is what was drawn at
    random: a customer, or a cluster of customers, whose y and d are then the cluster's sum and size.
    """

    n: float
    mean: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """The measures of treatment and control, their variances and covariance, and what Welch's test needs of each."""

    values: Floats
    errors: Floats
    spreads: Floats
    degrees_of_freedom: Floats

    @property
    def variance(self) -> float:
        """Of the difference."""
        return max(float(self.errors[0, 0] + self.errors[1, 1] - 2 * self.errors[0, 1]), 0.0)


def estimate_mean(moments: Moments, confidence_level: float = 0.95) -> Estimate:
    """The measure of one group with a t interval; the error of a ratio by the delta method.

    Without a spread there is no interval (`too_few`), nor for a ratio whose denominator is within
    one standard error of nought (`near_nought`).
    """
    value, variance = _ratio(moments), _variance(moments)
    reason = _why_unknown(moments) or ("" if variance > 0 else "too_few")
    std_error = math.sqrt(variance)
    reach = math.nan if reason else student_quantile(confidence_level, _freedom(moments)) * std_error
    return Estimate(
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        std_error=std_error,
        n_obs=moments.n,
        confidence_level=confidence_level,
        method=_MEAN if _is_plain(moments) else _RATIO,
        reason=reason,
    )


def compare_means(
    treatment: Moments, control: Moments, confidence_level: float = 0.95, *, adjust: bool = False
) -> Contrast:
    """Difference of two groups' measures by Welch's test, ratios linearised (delta method).

    With `adjust`, both are moved to the mean of the covariate over both groups (CUPED; Deng, Xu, Kohavi and Walker
    2013), along the slope within the groups, into which an effect on y does not leak; the error is that of an
    analysis of covariance, without its equal variances. A covariate that is the same for all adjusts nothing.
    Units that weigh unequally in a ratio, such as clusters of different sizes, count as fewer: Kish's effective
    number makes the degrees of freedom and the small-sample factor, or few clusters would look too sure.
    """
    groups = (treatment, control)
    arms = [estimate_mean(group, confidence_level) for group in groups]
    method = _DIFFERENCE if all(_is_plain(group) for group in groups) else _RATIO_DIFFERENCE
    if unknown := _why_unknown(treatment) or _why_unknown(control):
        return _unknown(arms, method, unknown)
    pair = before = _pair(groups)
    if adjust and (slope := _slope(groups)):
        pair, method = _adjusted_pair(groups, slope), method + _ADJUSTED
        arms = [_moved(arm, pair, place) for place, arm in enumerate(arms)]
    std_error, freedom = math.sqrt(pair.variance), _welch_freedom(pair)
    found = symmetric_contrast(
        *arms,
        std_error=std_error,
        quantile=student_quantile(confidence_level, freedom),
        pvalue=student_pvalue(arms[0].value - arms[1].value, std_error, freedom),
        method=method,
        degrees_of_freedom=freedom,
    )
    gained = 1 - pair.variance / before.variance if before.variance > 0 and pair is not before else 0.0
    return replace(found, variance_reduction=gained)


def _unknown(arms: list[Estimate], method: str, reason: Reason) -> Contrast:
    nan = math.nan
    error = math.hypot(arms[0].std_error, arms[1].std_error)
    return symmetric_contrast(
        *arms, std_error=error, quantile=nan, pvalue=nan, method=method, degrees_of_freedom=nan, reason=reason
    )


def _why_unknown(moments: Moments) -> Reason:
    if not (moments.n >= 2 and np.isfinite(moments.mean).all() and np.isfinite(moments.covariance).all()):
        return "too_few"
    # Both are one thing: a denominator within a standard error of nought is as uneven as if it were a single unit's.
    return "" if moments.mean[1] and _freedom(moments) > _HARDLY_ANY else "near_nought"


def _is_plain(moments: Moments) -> bool:
    return bool(moments.mean[1] == 1 and moments.covariance[1, 1] == 0)


def _ratio(moments: Moments) -> float:
    return float(moments.mean[0] / moments.mean[1]) if moments.mean[1] else math.nan


def _freedom(moments: Moments) -> float:
    """Kish's effective number of units, less one: for a plain mean that of the units themselves."""
    unevenness = moments.covariance[1, 1] * (moments.n - 1) / moments.n / moments.mean[1] ** 2
    return float(moments.n / (1 + unevenness) - 1)


def _variance(moments: Moments, slope: float = 0.0) -> float:
    """Of the measure less `slope` times the covariate; nan where a single unit tells of none."""
    if not (moments.n >= 2 and moments.mean[1] and (freedom := _freedom(moments)) > 0):
        return math.nan
    factor = (moments.n - 1) / moments.n * (freedom + 1) / freedom
    return _spread(moments, slope) * factor / moments.n


def _spread(moments: Moments, slope: float) -> float:
    ratio = _ratio(moments)
    weights = np.array([1 / moments.mean[1], -ratio / moments.mean[1], -slope])
    spread = float(np.einsum("i,ij,j->", weights, moments.covariance, weights))
    terms = float(np.einsum("i,ii,i->", weights, moments.covariance, weights))
    return spread if spread > _ROUNDING * max(terms, _ROUNDING * ratio * ratio) else 0.0


def _slope(groups: tuple[Moments, Moments]) -> float:
    """Of the (linearised) measure on the covariate within the groups; nought where the covariate does not vary."""
    if sum(group.n for group in groups) <= 3:
        return 0.0
    squares = sum((group.n - 1) * group.covariance[2, 2] for group in groups)
    size = max(abs(group.mean[2]) for group in groups)
    if not squares > (_ROUNDING * size) ** 2:
        return 0.0
    return float(sum((group.n - 1) * _with_covariate(group) for group in groups) / squares)


def _with_covariate(moments: Moments) -> float:
    """Covariance of the (linearised) measure with the covariate."""
    y, d = moments.covariance[2, :2]
    return float((y - _ratio(moments) * d) / moments.mean[1])


def _pair(groups: tuple[Moments, Moments]) -> _Pair:
    spreads = np.array([_variance(group) for group in groups])
    return _Pair(
        values=np.array([_ratio(group) for group in groups]),
        errors=np.diag(spreads),
        spreads=spreads,
        degrees_of_freedom=np.array([_freedom(group) for group in groups]),
    )


def _adjusted_pair(groups: tuple[Moments, Moments], slope: float) -> _Pair:
    """Both measures at the covariate's mean over both groups.

    Errors: of the residuals, with one degree of freedom gone for the slope; of the slope, by the gap between the
    groups' covariates; and of the mean that both are moved to, which they have in common.
    """
    sizes = np.array([group.n for group in groups])
    total, less_one = float(sizes.sum()), sizes - 1
    lost = (total - 2) / (total - 3)
    x = np.array([group.mean[2] for group in groups])
    gap = x - (sizes / total * x).sum()
    of_x = np.array([group.covariance[2, 2] for group in groups])
    squares = float((less_one * of_x).sum())
    residuals = (less_one * np.array([_spread(group, slope) for group in groups])).sum() / (total - 3)
    spreads = lost * np.array([_variance(group, slope) for group in groups])
    shift = slope * (np.array([_with_covariate(group) for group in groups]) - slope * of_x) / total
    shared = slope**2 * squares / (total - 2) / total + np.add.outer(shift, shift)
    return _Pair(
        values=np.array([_ratio(group) for group in groups]) - slope * gap,
        errors=np.diag(spreads) + residuals / squares * np.multiply.outer(gap, gap) + shared,
        spreads=spreads,
        degrees_of_freedom=np.array([_freedom(group) for group in groups]) / lost,
    )


def _moved(arm: Estimate, pair: _Pair, place: int) -> Estimate:
    value, std_error = float(pair.values[place]), math.sqrt(max(float(pair.errors[place, place]), 0.0))
    freedom = float(pair.degrees_of_freedom[place])
    reach = student_quantile(arm.confidence_level, freedom) * std_error if std_error else math.nan
    return replace(
        arm,
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        std_error=std_error,
        method=arm.method + _ADJUSTED,
        reason="" if std_error else "too_few",
    )


def _welch_freedom(pair: _Pair) -> float:
    """Satterthwaite's; nan where neither group has a spread."""
    total = float(pair.spreads.sum())
    return total**2 / float((pair.spreads**2 / pair.degrees_of_freedom).sum()) if total > 0 else math.nan
