"""Means of what comes several times from one source: the answers of one customer are not so many customers."""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable, student_quantile

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_MEAN = "mean, variance clustered"
_SHARE = "share, variance clustered, logit interval"
_DIFFERENCE = "difference of means, variance clustered"


def code_clusters(*clusters: ArrayLike) -> tuple[Integers, ...]:
    """Numbers from nought for the clusters of one or more lists; the same name is the same cluster in all of them.

    Whatever is missing is a cluster of its own, row by row.
    """
    parts = [np.asarray(names).astype(object) for names in clusters]
    codes = pd.factorize(np.concatenate(parts))[0].astype(np.intp)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(missing.sum())
    return tuple(np.split(codes, np.cumsum([part.size for part in parts])[:-1]))


def estimate_clustered_mean(values: ArrayLike, clusters: ArrayLike, confidence_level: float = 0.95) -> Estimate:
    """The mean over rows, with the usual variance of a ratio of sums over clusters (Cochran 1977, chapter 9A).

    The interval is Student's with one degree of freedom less than clusters. `too_few` without two clusters, or where
    all values are equal: then nothing tells how far they may differ.
    """
    values, (codes,) = np.asarray(values, dtype=float), code_clusters(clusters)
    error, n_clusters = _error(values, codes)
    if not values.size:
        return not_estimable("too_few", n_obs=0.0, confidence_level=confidence_level, method=_MEAN)
    reach = student_quantile(confidence_level, n_clusters - 1) * error if error > 0 else math.nan
    mean = float(values.mean())
    return _estimate(mean, (mean - reach, mean + reach), error, values.size, confidence_level, _MEAN)


def estimate_clustered_share(happened: ArrayLike, clusters: ArrayLike, confidence_level: float = 0.95) -> Estimate:
    """The share of rows to which something happened; as the mean, but the interval never leaves 0 to 1."""
    hits, (codes,) = np.asarray(happened, dtype=float), code_clusters(clusters)
    error, n_clusters = _error(hits, codes)
    if not hits.size:
        return not_estimable("too_few", n_obs=0.0, confidence_level=confidence_level, method=_SHARE)
    share, reach = float(hits.mean()), math.nan
    if error > 0:
        reach = student_quantile(confidence_level, n_clusters - 1) * error
    return _estimate(share, logit_interval(share, reach), error, hits.size, confidence_level, _SHARE)


def compare_clustered_means(
    values: ArrayLike, later: ArrayLike, clusters: ArrayLike, confidence_level: float = 0.95
) -> Estimate:
    """The mean of the rows that are `later` less that of the others; clusters may have rows among both."""
    values, is_later = np.asarray(values, dtype=float), np.asarray(later, dtype=bool)
    n_obs, n_later = float(values.size), int(is_later.sum())
    if not 0 < n_later < values.size:
        return not_estimable("too_few", n_obs=n_obs, confidence_level=confidence_level, method=_DIFFERENCE)
    means = values[~is_later].mean(), values[is_later].mean()
    influence = np.where(is_later, (values - means[1]) / n_later, (means[0] - values) / (values.size - n_later))
    (codes,) = code_clusters(clusters)
    error, n_clusters = _sum_error(influence, codes)
    reach = student_quantile(confidence_level, n_clusters - 1) * error if error > 0 else math.nan
    change = float(means[1] - means[0])
    return _estimate(change, (change - reach, change + reach), error, n_obs, confidence_level, _DIFFERENCE)


def logit_interval(share: float, reach: float) -> tuple[float, float]:
    """The ends of an interval that is symmetric for the logit of a share, from its `reach` to either side of it."""
    if not (0 < share < 1 and reach > 0):
        return math.nan, math.nan
    lower, upper = expit(logit(share) + np.array([-reach, reach]) / (share * (1 - share)))
    return float(lower), float(upper)


def skewed_reaches(skewness: float, quantile: float) -> tuple[float, float]:
    """How many standard errors an interval reaches down and up where the estimate's own distribution is lopsided.

    Hall's transformation (1992, JRSS B 54:221-228); `skewness` is that of the estimate, not of single rows. With none,
    both are the `quantile`.
    """
    if abs(skewness) < 1e-9:
        return quantile, quantile
    ends = [float(np.cbrt(1 + skewness * (end - skewness / 6)) - 1) * 3 / skewness for end in (quantile, -quantile)]
    return ends[0], -ends[1]


def wald_estimate(
    value: float,
    error: float,
    *,
    bounds: tuple[float, float],
    n_obs: float,
    confidence_level: float,
    method: str,
    degrees_of_freedom: float = math.inf,
    skewness: float = 0.0,
) -> Estimate:
    """Value and normal (or Student's) interval, neither of which leaves the `bounds`; none without an error."""
    known = error > 0 and degrees_of_freedom > 0
    quantile = student_quantile(confidence_level, degrees_of_freedom) if known else math.nan
    down, up = skewed_reaches(skewness, quantile)
    lower, upper = (float(np.clip(end, *bounds)) for end in (value - down * error, value + up * error))
    return _estimate(float(np.clip(value, *bounds)), (lower, upper), error, n_obs, confidence_level, method)


def _estimate(
    value: float, ends: tuple[float, float], error: float, n_obs: float, confidence_level: float, method: str
) -> Estimate:
    normal_quantile(confidence_level)  # refuses a level that is none, even where no interval is made
    known = not math.isnan(ends[0])
    return Estimate(
        value=value,
        ci_lower=ends[0],
        ci_upper=ends[1],
        std_error=error if known else math.nan,
        n_obs=float(n_obs),
        confidence_level=confidence_level,
        method=method,
        reason="" if known else "too_few",
    )


def _error(values: Floats, codes: Integers) -> tuple[float, int]:
    return _sum_error((values - values.mean()) / values.size, codes) if values.size else (math.nan, 0)


def _sum_error(influence: Floats, codes: Integers) -> tuple[float, int]:
    """Standard error of a sum over independent clusters, and how many there are."""
    n_clusters = np.unique(codes).size
    if n_clusters < 2:
        return math.nan, n_clusters
    sums = np.bincount(codes, weights=influence)
    error = math.sqrt(float(np.sum(sums**2)) * n_clusters / (n_clusters - 1))
    # What rounding leaves of equal values is nothing.
    return (error if error > 1e-12 else math.nan), n_clusters
