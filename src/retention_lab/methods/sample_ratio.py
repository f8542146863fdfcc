"""Whether as many were assigned to each variant as was planned: a mismatch means that the assignment is broken."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlog1py, xlogy

from retention_lab.methods.estimates import Reason, chi_squared_pvalue

Floats = NDArray[np.float64]

# Below this expected count chi-squared is off, and few enough are there to count out every possible split.
_SMALL = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleRatio:
    """Units counted in each variant, and expected by the planned shares.

    `statistic` is chi-squared also where the p-value is exact. With a `reason` nothing can be said (nan).
    """

    observed: Floats
    expected: Floats
    statistic: float
    degrees_of_freedom: int
    pvalue: float
    n_obs: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, the counts as arrays."""
        return asdict(self)


def check_sample_ratio(counts: ArrayLike, shares: ArrayLike, of: ArrayLike | None = None) -> SampleRatio:
    """Chi-squared test of the counts against the planned shares; exact for two variants where one expects below 10.

    The shares are proportions to each other: 1 and 1 is half and half. Where the counts are part `of` those in each
    variant, and the shares theirs, the test is that the part is the same everywhere (Pearson's, of a 2 x k table).
    """
    observed, planned = np.array(counts, dtype=float), np.array(shares, dtype=float)
    _check(observed, planned)
    total = float(observed.sum())
    expected = planned / planned.sum() * total
    statistic = float(((observed - expected) ** 2 / expected).sum()) if total else math.nan
    if of is not None:
        statistic *= _of_part(observed, np.array(of, dtype=float))
    exact = of is None and observed.size == 2 and float(expected.min()) < _SMALL
    pvalue = chi_squared_pvalue(statistic, observed.size - 1)
    if exact and total:
        pvalue = _binomial_pvalue(round(total), round(observed[0]), float(planned[0] / planned.sum()))
    return SampleRatio(
        observed=observed,
        expected=expected,
        statistic=statistic,
        degrees_of_freedom=observed.size - 1,
        pvalue=pvalue,
        n_obs=total,
        method="exact binomial test" if exact else "chi-squared test",
        reason="" if total else "too_few",
    )


def _check(observed: Floats, planned: Floats) -> None:
    if observed.shape != planned.shape or observed.size < 2:
        raise ValueError(f"{observed.size} counts and {planned.size} shares: two or more of each are needed")
    if not (np.isfinite(observed).all() and (observed >= 0).all()):
        raise ValueError(f"counts must not be negative or missing: {observed.tolist()}")
    if not (np.isfinite(planned).all() and (planned > 0).all()):
        raise ValueError(f"shares must be above nought: {planned.tolist()}")


def _of_part(observed: Floats, whole: Floats) -> float:
    """What the others add to the statistic: they differ from what is expected by as much."""
    if whole.shape != observed.shape or (observed > whole).any() or not observed.sum() < whole.sum():
        raise ValueError(f"{observed.tolist()} cannot be a part of {whole.tolist()}")
    return float(whole.sum() / (whole.sum() - observed.sum()))


def _binomial_pvalue(n: int, hits: int, share: float) -> float:
    """The chance of all splits that are no likelier than this one, as R's `binom.test`."""
    ways = np.arange(n + 1.0)
    log_chance = gammaln(n + 1) - gammaln(ways + 1) - gammaln(n - ways + 1)
    chance = np.exp(log_chance + xlogy(ways, share) + xlog1py(n - ways, -share))
    # Two splits that are equally likely differ by rounding: R forgives as much.
    return min(float(chance[chance <= chance[hits] * (1 + 1e-7)].sum()), 1.0)
