"""Curves that are smooth between knots and straight beyond the outer ones.

Restricted cubic splines, after Harrell (2001), Regression Modeling Strategies, 2.4.5.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Where Harrell (2001, table 2.3) puts knots: at these quantiles, half of which are told by symmetry.
_QUANTILES: dict[int, tuple[float, ...]] = {
    3: (0.10, 0.5, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975),
}


def spline_knots(values: ArrayLike, n: int = 4) -> Floats:
    """`n` knots at the quantiles that Harrell recommends; fewer where values are too much alike, down to 3 or none.

    Never more than there are distinct values; and where a quantile falls on the one before it, fewer are tried, which
    lie further apart.
    """
    if n not in _QUANTILES:
        raise ValueError(f"a spline has {min(_QUANTILES)} to {max(_QUANTILES)} knots, not {n}")
    found = _finite("values", values)
    for fewer in range(min(n, np.unique(found).size), 2, -1):
        knots = np.quantile(found, _QUANTILES[fewer])
        if (np.diff(knots) > 1e-9 * np.ptp(found)).all():
            return np.asarray(knots, dtype=np.float64)
    return np.zeros(0)


def natural_spline(values: ArrayLike, knots: Sequence[float] | Floats) -> Floats:
    """The basis of a restricted cubic spline: a row for each value, a column for each knot but one.

    The first column is the value itself, so that without the others the curve is a straight line; with fewer than
    three knots there are no others. The rest is in the unit of the value, whatever its scale.
    """
    x, at = _finite("values", values), _finite("knots", knots)
    back = np.flatnonzero(np.diff(at) <= 0)
    if back.size:
        raise ValueError(f"knots must rise: {at[back[0] + 1]:g} follows {at[back[0]]:g}")
    if at.size < 3:
        return x[:, None]
    last, end = at[-2], at[-1]
    bends = [
        _cube(x - knot) - _cube(x - last) * (end - knot) / (end - last) + _cube(x - end) * (last - knot) / (end - last)
        for knot in at[:-2]
    ]
    return np.column_stack([x, *(bend / (end - at[0]) ** 2 for bend in bends)])


def _cube(distance: Floats) -> Floats:
    return np.asarray(np.maximum(distance, 0) ** 3, dtype=np.float64)


def _finite(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers, not {array.ndim}-dimensional")
    wrong = array[~np.isfinite(array)]
    if wrong.size:
        raise ValueError(f"{name} must be finite, not {wrong[0]}")
    return array
