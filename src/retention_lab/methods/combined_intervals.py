"""From the intervals of two independent numbers to the interval of their difference and of their ratio (MOVER).

Each number is a triple: value, lower end, upper end. Sources: Zou and Donner (2008, Statistics in Medicine
27:1693-1702) for the difference; Donner and Zou (2012, Statistical Methods in Medical Research 21:347-359) for the
ratio. With symmetric intervals the first is the usual one and the second is Fieller's.
"""

import math

Ends = tuple[float, float, float]


def interval_of_difference(one: Ends, other: Ends) -> tuple[float, float]:
    """Ends of `one` less `other`: the distances to the ends that matter, squared and added (Newcombe 1998)."""
    value = one[0] - other[0]
    lower = value - math.hypot(one[0] - one[1], other[2] - other[0])
    upper = value + math.hypot(one[2] - one[0], other[0] - other[1])
    return lower, upper


def interval_of_ratio(top: Ends, bottom: Ends, correlation: float = 0.0) -> tuple[float, float]:
    """Ends of `top` / `bottom`, of which the whole of `bottom` lies above nought.

    The ratios R for which the interval of top - R * bottom holds nought. `correlation` is that of the two numbers.
    """
    if not bottom[1] > 0:
        raise ValueError(f"the denominator's interval must lie above nought, not begin at {bottom[1]}")
    value, lower, upper = top
    return _lower(top, bottom, correlation), -_lower((-value, -upper, -lower), bottom, -correlation)


def _lower(top: Ends, bottom: Ends, correlation: float) -> float:
    """The smaller root of (top - R bottom)^2 = variance of it, with the side of `bottom` that R's sign makes matter."""
    down = top[0] - top[1]
    side = bottom[2] - bottom[0] if top[1] > 0 else bottom[0] - bottom[1]
    square = (bottom[0] - side) * (bottom[0] + side)
    constant = top[1] * (top[0] + down)
    middle = top[0] * bottom[0] - correlation * down * side
    root = math.sqrt(max(middle**2 - square * constant, 0.0))
    # Of the two forms of a root, the one that does not subtract: `square` may be nought, or below.
    return constant / (middle + root) if middle > 0 else (middle - root) / square
