"""Many questions asked of one set of data: p-values adjusted for it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def adjust_holm(pvalues: ArrayLike) -> Floats:
    """Holm (1979): the chance of even one false alarm stays below the level.

    A nan was never tested: it stays nan and does not count in the family.
    """
    values = _checked(pvalues)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    steps = values[order] * np.arange(order.size, 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return values


def adjust_benjamini_hochberg(pvalues: ArrayLike) -> Floats:
    """Benjamini and Hochberg (1995): the expected share of false alarms among the alarms stays below the level.

    A nan was never tested: it stays nan and does not count in the family.
    """
    values = _checked(pvalues)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")][::-1]
    steps = values[order] * (order.size / np.arange(order.size, 0, -1))
    values[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return values


def _checked(pvalues: ArrayLike) -> Floats:
    values = np.array(pvalues, dtype=float)
    outside = values[(values < 0) | (values > 1)]
    if outside.size:
        raise ValueError(f"a p-value lies between 0 and 1, not {outside[0]}")
    return values
