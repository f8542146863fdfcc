"""Quantiles from a few order statistics: which ranks to fetch, and what they say.

The interval needs no assumption about the values: how many of n lie below the true quantile is a binomial draw.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.special import bdtr, ndtr

from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable
from retention_lab.methods.two_arms import Contrast, contrast_of

_METHOD = "sample quantile, order-statistic interval"
_DIFFERENCE = "difference of quantiles, order-statistic intervals squared and added"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRanks:
    """Ranks, from 1 for the smallest of `n` values: the quantile is the mean of those at `first` and `second`.

    `lower` is nought, or `upper` is n + 1, where the values are too few for an end. `fetched` are the ranks whose
    values `estimate_of_order` wants, in its order, each of which there is.
    """

    quantile: float
    lower: int
    first: int
    second: int
    upper: int
    n: int
    confidence_level: float

    @property
    def fetched(self) -> tuple[int, ...]:
        """Lower end, the two that make the quantile, upper end; none of nobody."""
        ranks = (self.lower, self.first, self.second, self.upper)
        return tuple(min(max(rank, 1), self.n) for rank in ranks) if self.n else ()


def quantile_ranks(n: int, quantile: float, confidence_level: float = 0.95) -> QuantileRanks:
    """The ranks of a quantile and of its interval, by the binomial distribution of how many values lie below it.

    The chance to miss the quantile on either side, counting half of that of missing it by this very rank (mid-p), is
    at most half of what the level leaves: the usual ranks, never too narrow, hold 98 % where few values lie beyond.
    The quantile itself is the value, or the mean of the two values, that R's type 2 takes.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must lie between 0 and 1, not {quantile}")
    normal_quantile(confidence_level)
    tail, at = (1 - confidence_level) / 2, n * quantile
    whole = abs(at - round(at)) < 1e-9 * max(at, 1.0)
    first = max(round(at) if whole else math.ceil(at), min(n, 1))
    return QuantileRanks(
        quantile=quantile,
        lower=_first(lambda rank: _below(rank, n, quantile) > tail, n),
        first=first,
        second=min(first + whole, n),
        upper=_first(lambda rank: 1 - _below(rank + 1, n, quantile) <= tail, n) + 1,
        n=n,
        confidence_level=confidence_level,
    )


def estimate_of_order(ranks: QuantileRanks, values: Sequence[float]) -> Estimate:
    """The quantile from the values at `ranks.fetched`."""
    if len(values) != len(ranks.fetched):
        raise ValueError(f"{len(ranks.fetched)} values are wanted, one for each rank fetched, not {len(values)}")
    if not values:
        return not_estimable("too_few", n_obs=0.0, confidence_level=ranks.confidence_level, method=_METHOD)
    seen = ranks.lower >= 1 and ranks.upper <= ranks.n
    lower, upper = (float(values[0]), float(values[3])) if seen else (math.nan, math.nan)
    return Estimate(
        value=(float(values[1]) + float(values[2])) / 2,
        ci_lower=lower,
        ci_upper=upper,
        std_error=(upper - lower) / (2 * normal_quantile(ranks.confidence_level)),
        n_obs=float(ranks.n),
        confidence_level=ranks.confidence_level,
        method=_METHOD,
        reason="" if seen else "too_few",
    )


def compare_quantiles(treatment: Estimate, control: Estimate) -> Contrast:
    """Difference of the same quantile in two arms, square-and-add.

    The standard errors are those that the intervals would have if they were normal. So is the p-value, taken from the
    side of the interval that faces nought: below 0.05 it is where a 95 % interval leaves nought out.
    """
    found = contrast_of(treatment, control, pvalue=math.nan, method=_DIFFERENCE)
    pvalue = math.nan if found.reason else _pvalue(found)
    return contrast_of(treatment, control, pvalue=pvalue, method=_DIFFERENCE)


def _pvalue(found: Contrast) -> float:
    reach = found.value - found.ci_lower if found.value > 0 else found.ci_upper - found.value
    if reach == 0:
        # Everybody around the quantile has the same value, in both arms.
        return 1.0 if found.value == 0 else 0.0
    return float(2 * ndtr(-abs(found.value) / reach * normal_quantile(found.confidence_level)))


def _below(rank: int, n: int, quantile: float) -> float:
    """How likely fewer than `rank` of n values lie below the quantile, and half of how likely just so many do."""
    fewer = float(bdtr(rank - 1, n, quantile)) if rank > 0 else 0.0
    return (fewer + float(bdtr(min(rank, n), n, quantile))) / 2


def _first(holds: Callable[[int], bool], n: int) -> int:
    """The first of 0 to n for which it holds, given that it holds from there on, and for n."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
