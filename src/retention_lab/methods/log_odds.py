"""Which words two groups use differently, with rare words held back."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def log_odds(
    counts_a: ArrayLike, counts_b: ArrayLike, prior_counts: ArrayLike, prior_size: float
) -> tuple[Floats, Floats]:
    """Log-odds ratio of each word, the first group against the second, and how many standard errors from nought.

    With an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, Political Analysis 16:372-403, formulas 15,
    19, 20 and 22): `prior_counts`, usually those of a background that holds both groups, are scaled to add up to
    `prior_size`. A word that neither the groups nor the prior have is nought in both.
    """
    first, second, prior = (np.asarray(counts, dtype=float) for counts in (counts_a, counts_b, prior_counts))
    if not (first.shape == second.shape == prior.shape):
        raise ValueError(f"counts must be of the same words, not of {first.size}, {second.size} and {prior.size}")
    if min(part.min(initial=0) for part in (first, second, prior)) < 0 or not prior_size > 0:
        raise ValueError("counts must not be below nought, and prior_size must be above it")
    if ((first + second > 0) & (prior <= 0)).any():
        raise ValueError("prior_counts must be above nought for every word that occurs")
    used = prior > 0
    pseudo = prior[used] / max(prior.sum(), 1e-300) * prior_size
    one, other = first[used] + pseudo, second[used] + pseudo
    estimate, z = np.zeros(first.shape), np.zeros(first.shape)
    estimate[used] = _log_odds(one, first.sum() + prior_size) - _log_odds(other, second.sum() + prior_size)
    z[used] = estimate[used] / np.sqrt(1 / one + 1 / other)
    return estimate, z


def _log_odds(counts: Floats, total: float) -> Floats:
    # A word that is all there is has no rest; half a word stands for it.
    return np.asarray(np.log(counts / np.maximum(total - counts, 0.5)), dtype=np.float64)
