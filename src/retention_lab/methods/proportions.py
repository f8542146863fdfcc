"""Two groups and how often something happens in each: the ratio of the shares, and what a comparison can show."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable

_METHOD = "ratio of shares, Mantel-Haenszel over strata"


def estimate_risk_ratio(
    events: ArrayLike,
    n_exposed: ArrayLike,
    control_events: ArrayLike,
    n_control: ArrayLike,
    confidence_level: float = 0.95,
) -> Estimate:
    """How many times as often something happens among the exposed as among the controls, over strata.

    One number for each stratum; a stratum without one of the groups counts for nothing. The interval is symmetric for
    the logarithm, with the variance of Greenland and Robins (1985, Biometrics 41:55-68); with one stratum both are
    the usual ones. `std_error` is that of the logarithm. Not estimable where nothing happens in one of the groups.
    """
    hits, exposed, misses, control = (
        np.atleast_1d(np.asarray(values, dtype=float)) for values in (events, n_exposed, control_events, n_control)
    )
    n_obs = float(exposed.sum() + control.sum())
    both = (exposed > 0) & (control > 0)
    hits, exposed, misses, control = hits[both], exposed[both], misses[both], control[both]
    total = exposed + control
    above, below = float((hits * control / total).sum()), float((misses * exposed / total).sum())
    if above == 0 or below == 0:
        return not_estimable("too_few", n_obs=n_obs, confidence_level=confidence_level, method=_METHOD)
    spread = float(((exposed * control * (hits + misses) - hits * misses * total) / total**2).sum())
    ratio, error = above / below, math.sqrt(max(spread, 0.0) / (above * below))
    reach = math.exp(normal_quantile(confidence_level) * error)
    return Estimate(
        value=ratio,
        ci_lower=ratio / reach,
        ci_upper=ratio * reach,
        std_error=error,
        n_obs=n_obs,
        confidence_level=confidence_level,
        method=_METHOD,
    )


def smallest_reduction(
    share: float, n_control: float, n_treated: float, *, power: float = 0.8, significance: float = 0.05
) -> float:
    """By how much the treated must fall below the controls' `share` for a two-sided test to find it with this power.

    Normal approximation with the pooled variance under no difference, for arms of any size (Fleiss, Levin and Paik
    2003, Statistical Methods for Rates and Proportions, 3rd edition, 4.3); with equal arms that of R's
    `power.prop.test`. nan where even a share of nought among the treated would not be found.
    """
    if not (0 < share < 1 and n_control > 0 and n_treated > 0):
        return math.nan

    def missing(reduction: float) -> float:
        treated = share - reduction
        pooled = (n_control * share + n_treated * treated) / (n_control + n_treated)
        under_none = math.sqrt(pooled * (1 - pooled) * (1 / n_control + 1 / n_treated))
        under_some = math.sqrt(share * (1 - share) / n_control + treated * (1 - treated) / n_treated)
        return float(reduction + ndtri(significance / 2) * under_none + ndtri(1 - power) * under_some)

    if missing(share) < 0:
        return math.nan
    low, high = 0.0, share
    # Halved until nothing lies between: scipy's root finders take longer to import than this takes.
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if missing(middle) < 0 else (low, middle)
    return high
