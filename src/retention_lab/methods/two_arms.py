"""A treated arm against a control arm: from an estimate of each to the difference, and to the effect as a share."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from scipy.special import stdtr

from retention_lab.methods.combined_intervals import Ends, interval_of_difference, interval_of_ratio
from retention_lab.methods.estimates import Estimate, Reason, not_estimable, student_quantile

_FIELLER = "difference as a share of the control, Fieller's interval"
_MOVER = "difference as a share of the control, from both arms' intervals (MOVER-R)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Treatment less control. `relative` is that as a share of the control's absolute value.

    `variance_reduction` is the share of the variance of the difference that the covariate took away; it may be
    negative, and is nought where no covariate was used. `degrees_of_freedom` is infinite for a normal interval.
    With a `reason` there is no interval, and `value` may still be known; without one, `relative` may still have its
    own (`near_nought`: the control cannot be told from nought).
    """

    treatment: Estimate
    control: Estimate
    value: float
    ci_lower: float
    ci_upper: float
    pvalue: float
    std_error: float
    degrees_of_freedom: float
    relative: Estimate
    variance_reduction: float
    n_obs: float
    confidence_level: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def contrast_of(treatment: Estimate, control: Estimate, *, pvalue: float, method: str) -> Contrast:
    """From two independent estimates with intervals of any shape: square-and-add, and MOVER-R for the ratio.

    Arms without an interval, for whatever reason, have no contrast but the difference of what is known.
    """
    reason = treatment.reason or control.reason
    std_error = math.hypot(treatment.std_error, control.std_error)
    ends = (math.nan, math.nan) if reason else interval_of_difference(_ends(treatment), _ends(control))
    relative = _relative(treatment, control, 0.0, reason, _MOVER)
    return _contrast(treatment, control, ends, relative, pvalue, std_error, math.inf, method, reason)


def symmetric_contrast(
    treatment: Estimate,
    control: Estimate,
    *,
    std_error: float,
    quantile: float,
    pvalue: float,
    method: str,
    degrees_of_freedom: float = math.inf,
    reason: Reason = "",
) -> Contrast:
    """From the standard errors of two estimates and of their difference: `quantile` of them to either side.

    The ratio has the same quantile, so that it and the difference never contradict each other. What the standard
    error of the difference has less than those of the two is what they have in common. Without a spread in either
    arm there is no interval.
    """
    reason = reason or ("" if std_error > 0 else "too_few")
    value, reach = treatment.value - control.value, math.nan if reason else quantile * std_error
    common = (treatment.std_error**2 + control.std_error**2 - std_error**2) / 2
    one, other = (_with_reach(arm, quantile) for arm in (treatment, control))
    relative = _relative(one, other, common, reason, _FIELLER)
    ends = (value - reach, value + reach)
    return _contrast(treatment, control, ends, relative, pvalue, std_error, degrees_of_freedom, method, reason)


def noninferiority_pvalue(contrast: Contrast, margin: float, better: Literal["higher", "lower"]) -> float:
    """One-sided: that the treatment is worse than the control by `margin` (in the outcome's unit) or more.

    Judged by the side of the interval towards the margin, so that a 95 % interval that leaves the margin out and
    p < 0.025 are the same thing. nan where there is no interval.
    """
    if not margin > 0:
        raise ValueError(f"margin must be above nought, not {margin}")
    if contrast.reason:
        return math.nan
    value = contrast.value if better == "higher" else -contrast.value
    reach = contrast.value - contrast.ci_lower if better == "higher" else contrast.ci_upper - contrast.value
    if reach == 0:
        return 1.0 if value <= -margin else 0.0
    quantile = student_quantile(contrast.confidence_level, contrast.degrees_of_freedom)
    return float(stdtr(contrast.degrees_of_freedom, -(value + margin) / reach * quantile))


def _relative(treatment: Estimate, control: Estimate, common: float, reason: Reason, method: str) -> Estimate:
    n_obs, level = treatment.n_obs + control.n_obs, treatment.confidence_level
    if reason:
        return not_estimable(reason, n_obs=n_obs, confidence_level=level, method=method)
    if not (control.ci_lower > 0 or control.ci_upper < 0):
        return not_estimable("near_nought", n_obs=n_obs, confidence_level=level, method=method)
    sign, ratio = math.copysign(1.0, control.value), treatment.value / control.value
    below = _ends(control) if sign > 0 else (-control.value, -control.ci_upper, -control.ci_lower)
    both = treatment.std_error * control.std_error
    lower, upper = interval_of_ratio(_ends(treatment), below, sign * common / both if both > 0 else 0.0)
    spread = treatment.std_error**2 + ratio**2 * control.std_error**2 - 2 * ratio * common
    return Estimate(
        value=sign * (ratio - 1),
        ci_lower=lower - sign,
        ci_upper=upper - sign,
        std_error=math.sqrt(max(spread, 0.0)) / abs(control.value),
        n_obs=n_obs,
        confidence_level=level,
        method=method,
    )


def _contrast(
    treatment: Estimate,
    control: Estimate,
    ends: tuple[float, float],
    relative: Estimate,
    pvalue: float,
    std_error: float,
    degrees_of_freedom: float,
    method: str,
    reason: Reason,
) -> Contrast:
    if treatment.confidence_level != control.confidence_level:
        raise ValueError(f"confidence levels differ: {treatment.confidence_level} and {control.confidence_level}")
    return Contrast(
        treatment=treatment,
        control=control,
        value=treatment.value - control.value,
        ci_lower=ends[0],
        ci_upper=ends[1],
        pvalue=math.nan if reason else pvalue,
        std_error=std_error,
        degrees_of_freedom=degrees_of_freedom,
        relative=relative,
        variance_reduction=0.0,
        n_obs=treatment.n_obs + control.n_obs,
        confidence_level=treatment.confidence_level,
        method=method,
        reason=reason,
    )


def _ends(estimate: Estimate) -> Ends:
    return estimate.value, estimate.ci_lower, estimate.ci_upper


def _with_reach(estimate: Estimate, quantile: float) -> Estimate:
    reach = quantile * estimate.std_error
    return replace(estimate, ci_lower=estimate.value - reach, ci_upper=estimate.value + reach)
