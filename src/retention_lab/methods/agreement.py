"""How far two people agree beyond what chance would give them."""

import math

import numpy as np
from numpy.typing import ArrayLike

from retention_lab.methods.clustered_means import wald_estimate
from retention_lab.methods.estimates import Estimate, not_estimable

_METHOD = "Cohen's kappa, large-sample interval"


def estimate_kappa(first: ArrayLike, second: ArrayLike, confidence_level: float = 0.95) -> Estimate:
    """Cohen's kappa (1960) of two raters' labels, with the variance of Fleiss, Cohen and Everitt (1969).

    Psychological Bulletin 72:323-327. `too_few` without rows, where both give one label to all (then chance would do
    the same), and, beside a value, where they agree on everything.
    """
    one, other = np.asarray(first), np.asarray(second)
    if one.shape != other.shape:
        raise ValueError(f"both raters must have labelled the same rows, not {one.size} and {other.size}")
    names, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    size, n = names.size, one.size
    if size < 2:
        return not_estimable("too_few", n_obs=float(n), confidence_level=confidence_level, method=_METHOD)
    share = np.bincount(place[:n] * size + place[n:], minlength=size**2).reshape(size, size) / n
    by_first, by_second = share.sum(axis=1), share.sum(axis=0)
    by_chance = float(np.sum(by_first * by_second))
    kappa = (float(np.trace(share)) - by_chance) / (1 - by_chance)
    # Both raters' shares of the row's and the column's label: crosswise, as in the source.
    mass = by_second[:, None] + by_first[None, :]
    weight = np.where(np.eye(size) > 0, (1 - mass * (1 - kappa)) ** 2, ((1 - kappa) * mass) ** 2)
    variance = float(np.sum(share * weight)) - (kappa - by_chance * (1 - kappa)) ** 2
    error = math.sqrt(max(variance, 0.0) / n) / (1 - by_chance)
    return wald_estimate(
        kappa,
        error if error > 1e-9 else math.nan,
        bounds=(-1.0, 1.0),
        n_obs=float(n),
        confidence_level=confidence_level,
        method=_METHOD,
    )
