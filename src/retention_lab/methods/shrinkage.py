"""Shares of many, each from few observations: drawn towards what is usual as far as their fewness demands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, expit, logit

Floats = NDArray[np.float64]

# So many observations the prior is worth where the data cannot tell: one bad day then moves nobody far.
_USUAL_STRENGTH = 10.0
_WEAKEST, _STRONGEST = 0.05, 1e5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShrunkShares:
    """One share for each unit: the posterior `mean` and the ends of its interval (equal tails).

    The prior is a beta distribution. `is_fitted` is whether it was learnt from how the units differ; else it has the
    pooled share and the weight of ten observations.
    """

    mean: Floats
    lower: Floats
    upper: Floats
    n_obs: Floats
    prior_a: float
    prior_b: float
    is_fitted: bool
    confidence_level: float
    method: str = "empirical Bayes, beta-binomial"


def shrink_shares(n_yes: ArrayLike, n: ArrayLike, confidence_level: float = 0.95) -> ShrunkShares:
    """Empirical Bayes for shares: the prior that makes the counts likeliest (Griffin and Krutchkoff 1971).

    Sankhya B 33:231-240. How far units differ can be told only from at least two of them with two observations or
    more, and where neither all nor none are yes; otherwise the prior is the usual one. A unit without observations gets
    the prior itself. The intervals take the prior as known, so with few units they are a little narrow.
    """
    yes, size = np.asarray(n_yes, dtype=float), np.asarray(n, dtype=float)
    if yes.shape != size.shape or (yes < 0).any() or (yes > size).any():
        raise ValueError("n_yes must lie between nought and n, with one number for each unit")
    can_tell = np.sum(size >= 2) >= 2 and 0 < yes.sum() < size.sum()
    a, b = _likeliest(yes, size) if can_tell else _usual(yes, size)
    after_a, after_b, tail = a + yes, b + size - yes, (1 - confidence_level) / 2
    return ShrunkShares(
        mean=after_a / (after_a + after_b),
        lower=np.asarray(betaincinv(after_a, after_b, tail), dtype=np.float64),
        upper=np.asarray(betaincinv(after_a, after_b, 1 - tail), dtype=np.float64),
        n_obs=size,
        prior_a=a,
        prior_b=b,
        is_fitted=bool(can_tell),
        confidence_level=confidence_level,
    )


def _usual(yes: Floats, size: Floats) -> tuple[float, float]:
    # Half a yes and half a no more: a share of exactly nought would never be left.
    share = (float(yes.sum()) + 0.5) / (float(size.sum()) + 1.0)
    return share * _USUAL_STRENGTH, (1 - share) * _USUAL_STRENGTH


def _likeliest(yes: Floats, size: Floats) -> tuple[float, float]:
    """Mean and strength of the prior by marginal maximum likelihood, over the distinct pairs of counts."""
    pairs, times = np.unique(np.stack([yes, size]), axis=1, return_counts=True)

    def loss(point: Floats) -> float:
        a, b = _prior(point)
        each = betaln(a + pairs[0], b + pairs[1] - pairs[0]) - betaln(a, b)
        return -float(np.sum(times * each)) / size.size

    share = float(yes.sum() / size.sum())
    bounds = [(-12.0, 12.0), (np.log(_WEAKEST), np.log(_STRONGEST))]
    starts = [np.array([logit(share), np.log(strength)]) for strength in (1.0, 10.0, 100.0)]
    fits = [minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13}) for start in starts]
    return _prior(min(fits, key=lambda fit: float(fit.fun)).x)


def _prior(point: Floats) -> tuple[float, float]:
    share, strength = float(expit(point[0])), float(np.exp(point[1]))
    return share * strength, (1 - share) * strength
