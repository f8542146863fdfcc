"""How often a classifier is right, class by class, with intervals that know whose rows belong together."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.clustered_means import code_clusters, logit_interval, wald_estimate
from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_METHOD = "cluster bootstrap, logit interval"
_DIFFERENCE = "difference of macro-F1, paired cluster bootstrap"
# Below this share of the draws in which a measure exists, it rests on a handful of clusters.
_MOST_DRAWS = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassQuality:
    """How far predictions agree with the truth; `recall` and `precision` are of one class, `shares` the true ones.

    `macro_f1` is the mean of F1 over the classes that occur in the truth or among the predictions.
    """

    accuracy: Estimate
    macro_f1: Estimate
    recall: Estimate
    precision: Estimate
    shares: tuple[float, ...]


def judge_classes(
    truth: ArrayLike,
    predicted: ArrayLike,
    n_classes: int,
    clusters: ArrayLike,
    *,
    of_interest: int = 0,
    confidence_level: float = 0.95,
    n_draws: int = 400,
    seed: int = 1,
) -> ClassQuality:
    """Accuracy, macro-F1, and recall and precision of the class `of_interest`; classes are numbers from 0.

    Clusters are drawn with replacement (Field and Welsh 2007, JRSS B 69:369-390); the interval is symmetric for the
    logit, with the standard deviation over the draws: it stays within 0 and 1, and needs fewer draws than percentiles.
    `too_few` without rows to judge by, and, beside a value, where all is right or all is wrong, or too few clusters
    hold the class.
    """
    counts, n_each = _confusions([predicted], truth, n_classes, clusters)
    drawn = _redraw(counts, n_each, n_draws, seed)
    whole = counts.sum(axis=0)[None]
    found, spread = _measures(whole, n_classes, of_interest), _measures(drawn, n_classes, of_interest)
    table = whole.reshape(n_classes, n_classes)
    n_rows = float(table.sum())
    n_obs = (n_rows, n_rows, float(table[of_interest].sum()), float(table[:, of_interest].sum()))
    estimates = [
        _logit_estimate(float(value[0]), draws, n, confidence_level)
        for value, draws, n in zip(found, spread, n_obs, strict=True)
    ]
    shares = table.sum(axis=1) / max(n_rows, 1.0)
    return ClassQuality(
        accuracy=estimates[0],
        macro_f1=estimates[1],
        recall=estimates[2],
        precision=estimates[3],
        shares=tuple(float(share) for share in shares),
    )


def difference_in_macro_f1(
    truth: ArrayLike,
    predicted_a: ArrayLike,
    predicted_b: ArrayLike,
    n_classes: int,
    clusters: ArrayLike,
    *,
    confidence_level: float = 0.95,
    n_draws: int = 400,
    seed: int = 1,
) -> Estimate:
    """Macro-F1 of `predicted_a` less that of `predicted_b`, both judged on the same draws of clusters.

    Two that never differ have the difference nought, and an interval of nothing else.
    """
    counts, n_each = _confusions([predicted_a, predicted_b], truth, n_classes, clusters)
    if not counts.sum():
        return not_estimable("too_few", n_obs=0.0, confidence_level=confidence_level, method=_DIFFERENCE)
    drawn, whole, size = _redraw(counts, n_each, n_draws, seed), counts.sum(axis=0)[None], n_classes**2
    value, *_ = _macro_f1(whole[:, :size], n_classes) - _macro_f1(whole[:, size:], n_classes)
    draws = _macro_f1(drawn[:, :size], n_classes) - _macro_f1(drawn[:, size:], n_classes)
    n_obs, error = float(whole[0, :size].sum()), float(draws.std(ddof=1))
    if np.array_equal(counts[:, :size], counts[:, size:]):
        return Estimate(
            value=0.0,
            ci_lower=0.0,
            ci_upper=0.0,
            std_error=0.0,
            n_obs=n_obs,
            confidence_level=confidence_level,
            method=_DIFFERENCE,
        )
    level = confidence_level
    return wald_estimate(
        float(value), error, bounds=(-1.0, 1.0), n_obs=n_obs, confidence_level=level, method=_DIFFERENCE
    )


def _confusions(
    predictions: list[ArrayLike], truth: ArrayLike, n_classes: int, clusters: ArrayLike
) -> tuple[Floats, Integers]:
    """For each kind of cluster, its confusion matrices in one row, added up; and how many there are of it.

    Most clusters are alike (one row, rightly told), so there are few kinds to draw from.
    """
    actual = _checked("truth", truth, n_classes)
    (codes,) = code_clusters(clusters)
    if codes.size != actual.size:
        raise ValueError(f"clusters must be {actual.size}, one for each row, not {codes.size}")
    n_clusters, size = int(codes.max(initial=-1)) + 1, n_classes**2
    tables = [
        np.bincount(
            (codes * n_classes + actual) * n_classes + _checked("predictions", told, n_classes, actual.size),
            minlength=n_clusters * size,
        ).reshape(n_clusters, size)
        for told in predictions
    ]
    kinds, kind = np.unique(np.hstack(tables), axis=0, return_inverse=True)
    n_each = np.bincount(kind.ravel(), minlength=len(kinds))
    return (kinds * n_each[:, None]).astype(float), n_each


def _checked(name: str, values: ArrayLike, n_classes: int, size: int | None = None) -> Integers:
    numbers = np.asarray(values, dtype=np.intp)
    if size is not None and numbers.size != size:
        raise ValueError(f"{name} must be {size}, one for each row, not {numbers.size}")
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < n_classes):
        raise ValueError(f"{name} must be from 0 to {n_classes - 1}, not {numbers.min()} to {numbers.max()}")
    return numbers


def _redraw(counts: Floats, n_each: Integers, n_draws: int, seed: int) -> Floats:
    """Confusion matrices of as many clusters drawn with replacement: kinds, drawn by how many there are of each."""
    n_clusters = int(n_each.sum())
    if not n_clusters:
        return np.zeros((n_draws, counts.shape[1]))
    times = np.random.default_rng(seed).multinomial(n_clusters, n_each / n_clusters, size=n_draws)
    drawn = np.einsum("dk,kc->dc", times.astype(float), counts / n_each[:, None])
    return np.asarray(drawn, dtype=np.float64)


def _measures(tables: Floats, n_classes: int, of_interest: int) -> tuple[Floats, Floats, Floats, Floats]:
    square = tables.reshape(-1, n_classes, n_classes)
    right = np.einsum("dcc->dc", square)
    with np.errstate(invalid="ignore"):
        accuracy = right.sum(axis=1) / square.sum(axis=(1, 2))
        recall = right[:, of_interest] / square[:, of_interest].sum(axis=1)
        precision = right[:, of_interest] / square[:, :, of_interest].sum(axis=1)
    return accuracy, _macro_f1(tables, n_classes), recall, precision


def _macro_f1(tables: Floats, n_classes: int) -> Floats:
    square = tables.reshape(-1, n_classes, n_classes)
    named = square.sum(axis=1) + square.sum(axis=2)
    with np.errstate(invalid="ignore"):
        f1 = 2 * np.einsum("dcc->dc", square) / named
        return np.asarray(np.where(named > 0, f1, 0.0).sum(axis=1) / (named > 0).sum(axis=1), dtype=np.float64)


def _logit_estimate(value: float, draws: Floats, n_obs: float, confidence_level: float) -> Estimate:
    if math.isnan(value):
        return not_estimable("too_few", n_obs=n_obs, confidence_level=confidence_level, method=_METHOD)
    existing = draws[~np.isnan(draws)]
    enough = existing.size >= _MOST_DRAWS * draws.size
    error = float(existing.std(ddof=1)) if enough else 0.0
    lower, upper = logit_interval(value, normal_quantile(confidence_level) * error)
    known = not math.isnan(lower)
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=error if known else math.nan,
        n_obs=n_obs,
        confidence_level=confidence_level,
        method=_METHOD,
        reason="" if known else "too_few",
    )
