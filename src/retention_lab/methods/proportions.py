"""How often something happens: in one group, in two against each other, and what a comparison can show."""

import math

import numpy as np
from numpy.typing import ArrayLike

from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable, two_sided_pvalue
from retention_lab.methods.planned_outcomes import PlannedShare
from retention_lab.methods.power import PlannedTest, smallest_effect
from retention_lab.methods.two_arms import Contrast, contrast_of

_METHOD = "ratio of shares, Mantel-Haenszel over strata"
_SHARE = "share, Wilson interval"
_DIFFERENCE = "difference of shares, Newcombe's interval, score test"


def estimate_proportion(events: float, n: float, confidence_level: float = 0.95) -> Estimate:
    """The share of `n` to whom something happened, with Wilson's interval (1927): none and all have one too.

    There the standard error is the interval's reach in normal quantiles, elsewhere the usual one.
    """
    if not 0 <= events <= max(n, 0):
        raise ValueError(f"events must lie between nought and {n:g}, not {events:g}")
    if not n > 0:
        return not_estimable("too_few", n_obs=n, confidence_level=confidence_level, method=_SHARE)
    share, z = events / n, normal_quantile(confidence_level)
    middle = (events + z**2 / 2) / (n + z**2)
    reach = z * math.sqrt(share * (1 - share) * n + z**2 / 4) / (n + z**2)
    return Estimate(
        value=share,
        # Rounding must not put an end beyond the share itself.
        ci_lower=min(middle - reach, share) if events > 0 else 0.0,
        ci_upper=max(middle + reach, share) if events < n else 1.0,
        std_error=math.sqrt(share * (1 - share) / n) if 0 < events < n else z / (n + z**2),
        n_obs=float(n),
        confidence_level=confidence_level,
        method=_SHARE,
    )


def compare_proportions(
    events: float, n: float, control_events: float, n_control: float, confidence_level: float = 0.95
) -> Contrast:
    """Difference of two shares by Newcombe (1998, Statistics in Medicine 17:873-890, method 10), ratio by MOVER-R.

    The p-value is that of the score test (R's `prop.test` without correction), and 1 where nothing happens to anybody
    or to all. Relative to a control to whom nothing happened there is no effect (`near_nought`).
    """
    treatment = estimate_proportion(events, n, confidence_level)
    control = estimate_proportion(control_events, n_control, confidence_level)
    pvalue = _score_pvalue(events, n, control_events, n_control)
    return contrast_of(treatment, control, pvalue=pvalue, method=_DIFFERENCE)


def _score_pvalue(events: float, n: float, control_events: float, n_control: float) -> float:
    total, happened = n + n_control, events + control_events
    if not (n > 0 and n_control > 0):
        return math.nan
    if happened in (0, total):
        return 1.0
    pooled = happened / total
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_control))
    return two_sided_pvalue(events / n - control_events / n_control, error)


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

    nan where even a share of nought among the treated would not be found.
    """
    if not 0 < share < 1:
        return math.nan
    test = PlannedTest(power=power, significance=significance)
    return -smallest_effect(PlannedShare(share=share), n_control, n_treated, test, downwards=True)
