"""A share from few labels and many predictions: valid however good the predictions are, and narrower if they are."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.clustered_means import code_clusters, wald_estimate
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.proportions import estimate_proportion

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

# A stratum with fewer labels than this has no spread of its own to speak of.
FEWEST_LABELS = 5
_METHOD = "prediction-powered share (PPI++), variance clustered"
_POST = "prediction-powered share (PPI++), post-stratified, variance clustered"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """All rows and the labelled ones: stratum and cluster of each. `weight` is a stratum's share of all rows."""

    stratum_all: Integers
    stratum_labelled: Integers
    cluster_all: Integers
    cluster_labelled: Integers
    weight: Floats

    @property
    def n_clusters(self) -> int:
        return int(max(self.cluster_all.max(), self.cluster_labelled.max())) + 1

    @property
    def freedom(self) -> int:
        return np.unique(self.cluster_labelled).size - self.weight.size


def prediction_powered_share(
    predicted_all: ArrayLike,
    predicted_labelled: ArrayLike,
    truth_labelled: ArrayLike,
    clusters_all: ArrayLike,
    clusters_labelled: ArrayLike,
    *,
    strata_all: ArrayLike | None = None,
    strata_labelled: ArrayLike | None = None,
    tuning: float | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """The share of the class over all rows, by PPI++ for a mean (Angelopoulos, Duchi and Zrnic 2023, arXiv:2311.01453).

    The labelled rows are drawn at random, within each stratum, and may be among all rows or apart from them; the
    predictions of both come from a model that has not seen their labels. Of the predictions the part `tuning` (0 to 1)
    is used: by default the one that makes the variance least. With strata, each counts by its share of all rows; what
    has fewer than 5 labels is pooled (`pool_strata` tells). The variance is by cluster, the clusters being common to
    both lists. The interval is Student's with as many degrees of freedom as labelled clusters less strata, and allows
    for skewness (Hall 1992): a model that errs in one direction makes few corrections, all of one sign.

    Where all labels are alike, nothing can be tuned: the interval is Wilson's, for as many labels as have clusters.
    """
    truth, guess = np.asarray(truth_labelled, dtype=float), np.asarray(predicted_labelled, dtype=float)
    everywhere = np.asarray(predicted_all, dtype=float)
    cluster_all, cluster_labelled = code_clusters(clusters_all, clusters_labelled)
    n_sources = np.unique(cluster_labelled).size
    if n_sources < 2 or not everywhere.size:
        return not_estimable("too_few", n_obs=float(truth.size), confidence_level=confidence_level, method=_METHOD)
    if truth.min() == truth.max():
        return estimate_proportion(n_sources * float(truth[0]), n_sources, confidence_level)
    first = np.zeros(everywhere.size) if strata_all is None else strata_all
    second = np.zeros(truth.size) if strata_labelled is None else strata_labelled
    sample = _sample(pool_strata(first, second), cluster_all, cluster_labelled)
    shift = _mean(everywhere, sample.stratum_all, sample) - _mean(guess, sample.stratum_labelled, sample)
    of_truth = _influence(truth, sample.stratum_labelled, sample.cluster_labelled, sample)
    of_shift = _influence(everywhere, sample.stratum_all, sample.cluster_all, sample) - _influence(
        guess, sample.stratum_labelled, sample.cluster_labelled, sample
    )
    used = _best_tuning(of_truth, of_shift) if tuning is None else tuning
    influence = of_truth + used * of_shift
    error = math.sqrt(float(np.sum(influence**2)))
    return wald_estimate(
        _mean(truth, sample.stratum_labelled, sample) + used * shift,
        error,
        bounds=(0.0, 1.0),
        n_obs=float(truth.size),
        confidence_level=confidence_level,
        method=_METHOD if sample.weight.size == 1 else _POST,
        degrees_of_freedom=sample.freedom,
        skewness=float(np.sum(influence**3)) / error**3 if error > 0 else 0.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PooledStrata:
    """Numbers of the strata of all rows and of the labelled ones, and the names of those that share one number."""

    of_all: Integers
    of_labelled: Integers
    pooled: tuple[str, ...]


def pool_strata(strata_all: ArrayLike, strata_labelled: ArrayLike, fewest: int = FEWEST_LABELS) -> PooledStrata:
    """Put together the strata with fewer labels than `fewest`, and with them the next smallest while they are too few.

    With fewer labels than that in all, everything is one stratum.
    """
    of_all, of_labelled = code_clusters(strata_all, strata_labelled)
    names = np.concatenate([np.asarray(strata_all).astype(object), np.asarray(strata_labelled).astype(object)])
    codes = np.concatenate([of_all, of_labelled])
    n_labels = np.bincount(of_labelled, minlength=int(codes.max()) + 1)
    order = np.argsort(n_labels, kind="stable")
    n_pooled = int(np.sum(n_labels < fewest))
    while 0 < n_pooled < order.size and n_labels[order[:n_pooled]].sum() < fewest:
        n_pooled += 1
    together = order[:n_pooled]
    number = np.arange(order.size)
    number[together] = together.min(initial=order.size)
    number = np.unique(number, return_inverse=True)[1]
    pooled = sorted({str(name) for name in names[np.isin(codes, together)]}) if n_pooled > 1 else []
    return PooledStrata(of_all=number[of_all], of_labelled=number[of_labelled], pooled=tuple(pooled))


def _sample(strata: PooledStrata, cluster_all: Integers, cluster_labelled: Integers) -> _Sample:
    counts = np.bincount(strata.of_all, minlength=int(strata.of_labelled.max()) + 1)
    return _Sample(
        stratum_all=strata.of_all,
        stratum_labelled=strata.of_labelled,
        cluster_all=cluster_all,
        cluster_labelled=cluster_labelled,
        weight=counts / counts.sum(),
    )


def _means(values: Floats, stratum: Integers, sample: _Sample) -> tuple[Floats, Floats]:
    n_rows = np.bincount(stratum, minlength=sample.weight.size).astype(float)
    return np.bincount(stratum, weights=values, minlength=sample.weight.size) / np.maximum(n_rows, 1), n_rows


def _mean(values: Floats, stratum: Integers, sample: _Sample) -> float:
    return float(np.sum(sample.weight * _means(values, stratum, sample)[0]))


def _influence(values: Floats, stratum: Integers, cluster: Integers, sample: _Sample) -> Floats:
    """By cluster: what it moves the weighted mean by, with the small-sample factor of each stratum."""
    means, n_rows = _means(values, stratum, sample)
    factor = sample.weight / np.maximum(n_rows, 1) * np.sqrt(n_rows / np.maximum(n_rows - 1, 1))
    moved = np.bincount(cluster, weights=factor[stratum] * (values - means[stratum]), minlength=sample.n_clusters)
    return moved.astype(float)


def _best_tuning(of_truth: Floats, of_shift: Floats) -> float:
    """The part of the predictions that makes the variance least; none where they do not vary."""
    spread = float(np.sum(of_shift**2))
    return float(np.clip(-np.sum(of_truth * of_shift) / spread, 0.0, 1.0)) if spread > 0 else 0.0
