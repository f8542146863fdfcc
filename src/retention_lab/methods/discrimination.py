"""How well a score tells two groups apart: the area under the ROC curve, and whether one score does better."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from retention_lab.methods.clustered_means import code_clusters, logit_interval, wald_estimate
from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_AREA = "area under the ROC curve, DeLong's variance, logit interval"
_DIFFERENCE = "difference of two areas under the ROC curve, DeLong's variance"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Area:
    """The area, and by row what it owes to it: placements less their mean, over the rows of its group."""

    value: float
    influence: Floats


def estimate_auc(
    scores: ArrayLike, happened: ArrayLike, clusters: ArrayLike | None = None, confidence_level: float = 0.95
) -> Estimate:
    """The chance that one to whom it happened has a higher score than one to whom it did not; equal ones count half.

    The variance is DeLong, DeLong and Clarke-Pearson's (1988, Biometrics 44:837-845), by the ranks of Sun and Xu
    (2014, IEEE Signal Processing Letters 21:1389-1393); with `clusters`, that of Obuchowski (1997, Biometrics
    53:567-578). `too_few` with fewer than two rows in one of the groups; without an interval where nothing overlaps.
    """
    values, is_in = np.asarray(scores, dtype=float), np.asarray(happened, dtype=bool)
    if min(is_in.sum(), (~is_in).sum()) < 2:
        return not_estimable("too_few", n_obs=float(is_in.size), confidence_level=confidence_level, method=_AREA)
    area = _area(values, is_in)
    error = _error(area.influence, is_in, clusters)
    lower, upper = logit_interval(area.value, normal_quantile(confidence_level) * error)
    known = lower < upper
    return Estimate(
        value=area.value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=error if known else np.nan,
        n_obs=float(is_in.size),
        confidence_level=confidence_level,
        method=_AREA,
        reason="" if known else "too_few",
    )


def compare_aucs(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    happened: ArrayLike,
    clusters: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """The area of `scores_a` less that of `scores_b`, both scores being of the same rows.

    Scores that order everybody alike have the difference nought, and an interval of nothing else.
    """
    is_in = np.asarray(happened, dtype=bool)
    n_obs = float(is_in.size)
    if min(is_in.sum(), (~is_in).sum()) < 2:
        return not_estimable("too_few", n_obs=n_obs, confidence_level=confidence_level, method=_DIFFERENCE)
    one, other = (_area(np.asarray(scores, dtype=float), is_in) for scores in (scores_a, scores_b))
    error = _error(one.influence - other.influence, is_in, clusters)
    value = one.value - other.value
    if error <= 1e-12:
        return Estimate(
            value=value,
            ci_lower=value,
            ci_upper=value,
            std_error=0.0,
            n_obs=n_obs,
            confidence_level=confidence_level,
            method=_DIFFERENCE,
        )
    return wald_estimate(
        value, error, bounds=(-1.0, 1.0), n_obs=n_obs, confidence_level=confidence_level, method=_DIFFERENCE
    )


def _area(values: Floats, is_in: NDArray[np.bool_]) -> _Area:
    """Ranks among all less ranks among one's own: how many of the other group lie below, equal ones half."""
    if not np.isfinite(values).all() or values.shape != is_in.shape:
        raise ValueError(f"scores must be {is_in.size} finite numbers, one for each row")
    n_in, n_out = int(is_in.sum()), int((~is_in).sum())
    rank = rankdata(values)
    above = (rank[is_in] - rankdata(values[is_in])) / n_out
    below = 1 - (rank[~is_in] - rankdata(values[~is_in])) / n_in
    area = float(above.mean())
    influence = np.empty(is_in.size)
    influence[is_in], influence[~is_in] = (above - area) / n_in, (below - area) / n_out
    return _Area(value=area, influence=influence)


def _error(influence: Floats, is_in: NDArray[np.bool_], clusters: ArrayLike | None) -> float:
    if clusters is None:
        # Within each group the sample's variance, as DeLong has it.
        sizes = np.where(is_in, is_in.sum(), (~is_in).sum())
        return float(np.sqrt(np.sum(influence**2 * sizes / (sizes - 1))))
    (codes,) = code_clusters(clusters)
    n_clusters = int(codes.max()) + 1
    sums = np.bincount(codes, weights=influence)
    return float(np.sqrt(np.sum(sums**2) * n_clusters / max(n_clusters - 1, 1)))
