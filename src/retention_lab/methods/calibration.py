"""Whether a probability of 70 % comes true in 70 %, and how to make it so."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, log_expit

from retention_lab.methods.clustered_means import code_clusters
from retention_lab.methods.estimates import Estimate, not_estimable

Floats = NDArray[np.float64]

_METHOD = "expected calibration error, bins of equal counts, lower end by inversion, variance clustered"


def calibration_error(
    probabilities: ArrayLike,
    truth: ArrayLike,
    clusters: ArrayLike,
    n_bins: int = 10,
    *,
    confidence_level: float = 0.95,
    n_draws: int = 2000,
    seed: int = 1,
) -> Estimate:
    """Mean distance of what was said and what came true, over bins of equally many rows; equal ones stay together.

    Chance alone makes it larger than nought, even where every probability is right. The lower end allows for it: it is
    the smallest error, with gaps in the proportions found, under which so large a number is not rare (chance is normal,
    its covariance by cluster). The upper end is that of draws about the gaps found, and errs on the large side.
    """
    said, came = np.asarray(probabilities, dtype=float), np.asarray(truth, dtype=float)
    if said.size and not (said.min() >= 0 and said.max() <= 1):
        raise ValueError(f"probabilities must lie between 0 and 1, not from {said.min()} to {said.max()}")
    (codes,) = code_clusters(clusters)
    n_clusters = int(codes.max(initial=-1)) + 1
    if n_clusters < 2:
        return not_estimable("too_few", n_obs=float(said.size), confidence_level=confidence_level, method=_METHOD)
    place = _bins(said, n_bins)
    gap, covariance = _gaps(came - said, place, codes)
    value = float(np.abs(gap).sum())
    noise = _normal_draws(covariance, n_draws, seed)
    lower, upper = _ends(gap, noise, (1 - confidence_level) / 2)
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=float(np.abs(gap + noise).sum(axis=1).std(ddof=1)),
        n_obs=float(said.size),
        confidence_level=confidence_level,
        method=_METHOD,
    )


def platt(scores: ArrayLike, truth: ArrayLike) -> tuple[float, float]:
    """Slope and intercept that make scores into log-odds: Platt (1999), by Newton as Lin, Lin and Weng (2007).

    The targets are his, a little inside 0 and 1, so that scores that never err have an answer too. Scores that are all
    equal have the slope nought.
    """
    values, is_in = np.asarray(scores, dtype=float), np.asarray(truth, dtype=bool)
    n_in, n_out = int(is_in.sum()), int((~is_in).sum())
    target = np.where(is_in, (n_in + 1) / (n_in + 2), 1 / (n_out + 2))
    middle, scale = (float(values.mean()), float(values.std())) if values.size else (0.0, 0.0)
    if scale <= 1e-12:
        odds = math.log((n_in + 1) / (n_out + 1))
        return 0.0, odds
    slope, intercept = _newton((values - middle) / scale, target, math.log((n_in + 1) / (n_out + 1)))
    return slope / scale, intercept - slope * middle / scale


def apply_platt(scores: ArrayLike, slope: float, intercept: float) -> Floats:
    """The probabilities that belong to scores."""
    return np.asarray(expit(slope * np.asarray(scores, dtype=float) + intercept), dtype=np.float64)


def _newton(values: Floats, target: Floats, intercept: float) -> tuple[float, float]:
    point = np.array([0.0, intercept])
    design = np.column_stack([values, np.ones(values.size)])
    for _ in range(100):
        odds = np.einsum("ij,j->i", design, point)
        chance = expit(odds)
        slope = np.einsum("ij,i->j", design, chance - target)
        # The ridge is Lin, Lin and Weng's, for chances that have all but arrived at 0 or 1.
        curve = np.einsum("ij,i,ik->jk", design, chance * (1 - chance), design) + 1e-12 * np.eye(2)
        step = np.linalg.solve(curve, -slope)
        point = _shortened(design, target, point, step)
        if np.abs(slope).max() < 1e-8 * values.size or np.abs(step).max() < 1e-12:
            break
    return float(point[0]), float(point[1])


def _shortened(design: Floats, target: Floats, point: Floats, step: Floats) -> Floats:
    """The point after the step, which is halved while it leads uphill."""
    here = _loss(design, target, point)
    for halved in range(30):
        there = point + step / 2**halved
        if _loss(design, target, there) <= here:
            return np.asarray(there, dtype=np.float64)
    return point


def _loss(design: Floats, target: Floats, point: Floats) -> float:
    odds = np.einsum("ij,j->i", design, point)
    return -float(np.sum(target * log_expit(odds) + (1 - target) * log_expit(-odds)))


def _ends(gap: Floats, noise: Floats, tail: float) -> tuple[float, float]:
    """The smallest error under which the value found is not rarely large, and the largest that draws about it show."""
    value = float(np.abs(gap).sum())

    def beyond(factor: float) -> float:
        return float(np.quantile(np.abs(factor * gap + noise).sum(axis=1), 1 - tail)) - value

    lower = 0.0 if beyond(0.0) >= 0 else float(brentq(beyond, 0.0, 1.0, xtol=1e-6)) * value
    return lower, float(np.clip(beyond(1.0) + value, value, 1.0))


def _bins(values: Floats, n_bins: int) -> NDArray[np.intp]:
    """Bins of as equal counts as equal values allow, numbered from nought."""
    edges = np.unique(np.quantile(values, np.arange(1, n_bins) / n_bins, method="higher"))
    return np.searchsorted(edges, values, side="right")


def _gaps(difference: Floats, place: NDArray[np.intp], codes: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Each bin's part of the mean difference, and the covariance of these parts over clusters."""
    n_bins, n_clusters, size = int(place.max()) + 1, int(codes.max()) + 1, difference.size
    gap = np.bincount(place, weights=difference, minlength=n_bins)
    about = (difference - (gap / np.maximum(np.bincount(place, minlength=n_bins), 1))[place]) / size
    sums = np.bincount(codes * n_bins + place, weights=about, minlength=n_clusters * n_bins)
    by_cluster = sums.reshape(n_clusters, n_bins)
    factor = n_clusters / (n_clusters - 1)
    return gap / size, np.einsum("gi,gj->ij", by_cluster, by_cluster) * factor


def _normal_draws(covariance: Floats, n_draws: int, seed: int) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    half = np.random.default_rng(seed).standard_normal((n_draws // 2, values.size))
    normal = np.concatenate([half, -half])
    return np.asarray(np.einsum("dk,jk->dj", normal, root), dtype=np.float64)
