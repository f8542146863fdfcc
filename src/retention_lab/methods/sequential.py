"""Looking early: intervals that hold at all times at once, and what looks at ordinary ones do to false alarms."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from retention_lab.methods.estimates import Estimate, normal_quantile
from retention_lab.methods.two_arms import Contrast, symmetric_contrast

Floats = NDArray[np.float64]
TUNED_FOR = 5000
_METHOD = "asymptotic confidence sequence"


def always_valid_reach(n: float, confidence_level: float = 0.95, tuned_for: float = TUNED_FOR) -> float:
    """How many standard errors an interval reaches to either side that holds at all looks at once.

    `n` customers, in all groups together, are in the estimate; at `tuned_for` of them it is about as narrow as it can
    be. Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024, Annals of Statistics 52:2613-2640). It rests
    on the estimate's being nearly normal at the first look already.
    """
    _check(n, tuned_for)
    odds = _information(n, confidence_level, tuned_for)
    return math.sqrt(2 * (odds + 1) / odds * (math.log1p(odds) / 2 - math.log(1 - confidence_level)))


def always_valid_pvalue(
    distance: float, n: float, confidence_level: float = 0.95, tuned_for: float = TUNED_FOR
) -> float:
    """The smallest 1 - level at which the interval leaves out nought, for an estimate so many errors away from it.

    What `tuned_for` and `confidence_level` decide is the same for all levels; the p-value of 1 - `confidence_level`
    then goes with the interval.
    """
    _check(n, tuned_for)
    odds = _information(n, confidence_level, tuned_for)
    return min(1.0, math.exp(math.log1p(odds) / 2 - distance**2 * odds / (odds + 1) / 2))


def always_valid_interval(
    contrast: Contrast,
    n: float,
    tuned_for: float = TUNED_FOR,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Contrast:
    """The contrast with intervals and a p-value that hold however often one looks.

    `n` customers, in both groups, have been analysed; `bounds` are those of the groups' own measure. An interval that
    was wider than a normal one, as in small groups or where hardly anything happens, stays so much wider. The
    relative effect's holds the ratios that the sequence does not rule out (Fieller's), so it does not forget the
    control's own noise. Where the fixed interval has a reason for not being there, so has this one.
    """
    if contrast.reason:
        return contrast
    ordinary = normal_quantile(contrast.confidence_level) * contrast.std_error
    widest = max(contrast.value - contrast.ci_lower, contrast.ci_upper - contrast.value)
    wider = max(widest / ordinary, 1.0) if ordinary > 0 else 1.0
    distance = contrast.value / (wider * contrast.std_error) if ordinary > 0 else math.nan
    reach = wider * always_valid_reach(n, contrast.confidence_level, tuned_for)
    found = symmetric_contrast(
        contrast.treatment,
        contrast.control,
        std_error=contrast.std_error,
        quantile=reach,
        pvalue=always_valid_pvalue(distance, n, contrast.confidence_level, tuned_for),
        method=f"{contrast.method}; {_METHOD}",
    )
    treatment, control = (_widened(arm, reach, bounds) for arm in (contrast.treatment, contrast.control))
    return replace(found, treatment=treatment, control=control, variance_reduction=contrast.variance_reduction)


def _check(n: float, tuned_for: float) -> None:
    if not (n > 0 and tuned_for > 0):
        raise ValueError(f"n and tuned_for must be positive, not {n} and {tuned_for}")


def _information(n: float, confidence_level: float, tuned_for: float) -> float:
    """The paper's n rho^2, with the rho that makes the interval narrowest at `tuned_for`."""
    normal_quantile(confidence_level)  # refuses a level that is none
    spent = -2 * math.log(1 - confidence_level)
    return n * (spent + math.log(spent + 1)) / tuned_for


def _widened(arm: Estimate, reach: float, bounds: tuple[float, float]) -> Estimate:
    if arm.reason:
        return arm
    lower, upper = arm.value - reach * arm.std_error, arm.value + reach * arm.std_error
    method = f"{arm.method}; {_METHOD}"
    return replace(arm, ci_lower=max(lower, bounds[0]), ci_upper=min(upper, bounds[1]), method=method)


def false_alarm_rate(looks: int, critical: float = 1.959963984540054) -> float:
    """The chance that a normal test finds an effect at one of `looks` equally spaced looks though there is none.

    The sum of the data is followed from look to look while it stays within the limits, by Gauss-Legendre quadrature
    (Armitage, McPherson and Rowe 1969, JRSS A 132:235-244).
    """
    if not (looks >= 1 and critical > 0):
        raise ValueError(f"1 look or more and a positive limit, not {looks} and {critical}")
    limits = critical * np.sqrt(np.arange(1, looks + 1))
    # The width that is looked over grows; the normal density that it is looked over with does not.
    nodes, weights = np.polynomial.legendre.leggauss(24 + int(4 * limits[-1]))
    density, place, weight = np.ones(1), np.zeros(1), np.ones(1)
    for limit in limits[:-1]:
        following = limit * nodes
        density = np.einsum("ij,j->i", _normal_density(following[:, None] - place), weight * density)
        place, weight = following, limit * weights
    last = ndtr(limits[-1] - place) - ndtr(-limits[-1] - place)
    return float(1 - np.einsum("j,j,j->", last, weight, density))


def _normal_density(distance: Floats) -> Floats:
    return np.asarray(np.exp(-(distance**2) / 2) / math.sqrt(2 * math.pi), dtype=np.float64)
