"""A number with its interval, its n and its method; or the reason why it cannot be had."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]
Reason = Literal["", "too_few", "not_reached", "not_observed", "near_nought"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One estimated number.

    A number that cannot be had is nan, and `reason` says why:

    - `too_few`: nobody, or too few, to estimate it from;
    - `not_reached`: the curve does not come down that far while anybody is observed;
    - `not_observed`: it lies past the last day that anybody was observed;
    - `near_nought`: a ratio whose denominator cannot be told from nought.

    With a reason, `value` may still exist: a median that was reached has a `value` while its `ci_upper` may be nan
    (`not_reached`), and a share of exactly nought has no interval (`too_few`). A nan never comes without a reason, but
    for the `std_error` of a median, which has none: its interval is read off the curve's band.
    """

    value: float
    ci_lower: float
    ci_upper: float
    std_error: float
    n_obs: float
    confidence_level: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def not_estimable(reason: Reason, *, n_obs: float, confidence_level: float, method: str) -> Estimate:
    """An estimate of which nothing is known but the reason."""
    return Estimate(
        value=math.nan,
        ci_lower=math.nan,
        ci_upper=math.nan,
        std_error=math.nan,
        n_obs=n_obs,
        confidence_level=confidence_level,
        method=method,
        reason=reason,
    )


def normal_quantile(confidence_level: float) -> float:
    """How many standard errors a two-sided interval reaches to either side."""
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, not {confidence_level}")
    return float(ndtri(0.5 + confidence_level / 2))


def normal_point(share: float) -> float:
    """Below which point of the standard normal this share lies."""
    return float(ndtri(share))


def normal_probability(quantile: float) -> float:
    """The chance that a standard normal draw lies below."""
    return float(ndtr(quantile))


def two_sided_pvalue(value: float, std_error: float) -> float:
    """Of a normal test that the value is nought; nan where there is no standard error to judge by."""
    return float(2 * ndtr(-abs(value) / std_error)) if std_error > 0 else math.nan


def student_quantile(confidence_level: float, degrees_of_freedom: float) -> float:
    """How many standard errors a two-sided t interval reaches to either side; normal with infinite freedom."""
    if math.isinf(degrees_of_freedom):
        return normal_quantile(confidence_level)
    return float(stdtrit(degrees_of_freedom, 0.5 + confidence_level / 2))


def student_pvalue(value: float, std_error: float, degrees_of_freedom: float) -> float:
    """Of a two-sided t test that the value is nought; nan where there is no standard error to judge by."""
    if math.isinf(degrees_of_freedom):
        return two_sided_pvalue(value, std_error)
    return float(2 * stdtr(degrees_of_freedom, -abs(value) / std_error)) if std_error > 0 else math.nan


def chi_squared_pvalue(statistic: float, degrees_of_freedom: int) -> float:
    """Of a quadratic form with at least one degree of freedom; nan where the statistic is."""
    # Rounding may leave a form of nothing a little below nought.
    return float(chdtrc(degrees_of_freedom, np.maximum(statistic, 0.0)))


def log_log_interval(share: Floats, log_variance: Floats, confidence_level: float) -> tuple[Floats, Floats]:
    """Interval for shares of customers still here, given the variance of their logarithm.

    It is symmetric for log(-log(share)), so it never leaves 0 to 1 and holds its level in small groups.
    A share of one, before the first event, has the interval [1, 1]; a share of nought has none (nan), as in R.
    """
    z = normal_quantile(confidence_level)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.exp(z * np.sqrt(log_variance) / -np.log(share))
        lower, upper = share**reach, share ** (1 / reach)
    inside = (share > 0) & (share < 1)
    ends = np.where(share >= 1, 1.0, np.nan)
    return np.where(inside, lower, ends), np.where(inside, upper, ends)
