"""How many customers a comparison needs, what it finds with those there are, and how small an effect it can show.

The test is two-sided, of one treated group against the control. A chance of finding an effect counts only findings
on its own side: to call a gain a loss is no success.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from retention_lab.methods.estimates import Reason
from retention_lab.methods.planned_outcomes import Outcome

_MOST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTest:
    """How the comparison will be made.

    `treated_share` is the treated group's share of the two that are compared. Of `comparisons` treated groups each is
    tested at its part of `significance` (Bonferroni). `cluster_size` customers on average are drawn together, and are
    alike by `cluster_correlation`, which makes the variance 1 + (size - 1) x correlation times as large (Kish 1965).
    A covariate takes away `variance_explained`, the square of its correlation with the outcome (Deng and others 2013).
    """

    power: float = 0.8
    significance: float = 0.05
    treated_share: float = 0.5
    comparisons: int = 1
    cluster_size: float = 1.0
    cluster_correlation: float = 0.0
    variance_explained: float = 0.0

    def __post_init__(self) -> None:
        inside = {"power": self.power, "significance": self.significance, "treated_share": self.treated_share}
        if wrong := [f"{name} must lie between 0 and 1, not {value}" for name, value in inside.items()
                     if not 0 < value < 1]:  # fmt: skip
            raise ValueError("; ".join(wrong))
        if self.comparisons < 1 or self.cluster_size < 1:
            raise ValueError(f"1 or more comparisons and customers, not {self.comparisons} and {self.cluster_size}")
        if not (0 <= self.cluster_correlation <= 1 and 0 <= self.variance_explained < 1):
            found = f"{self.cluster_correlation} and {self.variance_explained}"
            raise ValueError(f"cluster_correlation from 0 to 1, variance_explained from 0 to below 1, not {found}")

    @property
    def variance_factor(self) -> float:
        """How many times the variance of independent customers and no covariate counts."""
        return (1 + (self.cluster_size - 1) * self.cluster_correlation) * (1 - self.variance_explained)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """How many customers it takes: in the control, and in each treated group, as computed and in whole customers.

    With a reason (`not_reached`: no number of customers is enough) the numbers are nan and nought.
    """

    effect: float
    n_control: float
    n_treated: float
    whole_control: int
    whole_treated: int
    whole_total: int
    power: float
    significance: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def power_of(outcome: Outcome, effect: float, n_control: float, n_treated: float, test: PlannedTest) -> float:
    """The chance that the test finds the effect, and on the right side; nought where a group is too small to test.

    The numbers of customers count here, and not `treated_share`.
    """
    low, high = outcome.limits
    if not low <= effect <= high:
        raise ValueError(f"effect must lie between {low:g} and {high:g}, not {effect}")
    if min(n_control, n_treated) < 2 * test.cluster_size:
        return 0.0
    seen, factor = outcome.spread(effect, n_treated / (n_control + n_treated)), test.variance_factor
    parts = factor * seen.control / n_control, factor * seen.treated / n_treated
    error = math.sqrt(sum(parts))
    if error == 0:
        return float(seen.difference != 0)
    judged = error
    if not math.isnan(seen.under_none):
        judged = math.sqrt(factor * seen.under_none * (1 / n_control + 1 / n_treated))
    freedom = math.inf
    if outcome.by_t or test.cluster_size > 1:
        units = n_control / test.cluster_size, n_treated / test.cluster_size
        # Welch and Satterthwaite; with equal groups and variances twice a group less two.
        freedom = error**4 / sum(part**2 / (n - 1) for part, n in zip(parts, units, strict=True))
    return _chance(abs(seen.difference) / error, judged / error, freedom, test.significance / test.comparisons)


def _chance(distance: float, judged: float, freedom: float, significance: float) -> float:
    if math.isinf(freedom):
        return float(ndtr(distance + judged * ndtri(significance / 2)))
    return float(1 - nctdtr(freedom, distance, -judged * stdtrit(freedom, significance / 2)))


def plan_size(outcome: Outcome, effect: float, test: PlannedTest) -> SampleSize:
    """How many customers it takes to find the effect with the power that is wanted.

    Raises ValueError for an effect of nought, which no number of customers shows.
    """
    if effect == 0:
        raise ValueError("an effect of nought cannot be found")

    def missing(total: float) -> bool:
        parts = total * (1 - test.treated_share), total * test.treated_share
        return power_of(outcome, effect, *parts, test) < test.power

    smallest = 2 * test.cluster_size / min(test.treated_share, 1 - test.treated_share)
    high = _doubled(missing, smallest, _MOST)
    total = _turning_point(missing, 0.0, high) if high else math.nan
    each = total * (1 - test.treated_share), total * test.treated_share
    whole = [math.ceil(n - 1e-9) if high else 0 for n in each]
    return SampleSize(
        effect=effect,
        n_control=each[0],
        n_treated=each[1],
        whole_control=whole[0],
        whole_treated=whole[1],
        whole_total=whole[0] + test.comparisons * whole[1],
        power=test.power,
        significance=test.significance,
        method=outcome.method,
        reason="" if high else "not_reached",
    )


def smallest_effect(
    outcome: Outcome, n_control: float, n_treated: float, test: PlannedTest, *, downwards: bool = False
) -> float:
    """The smallest effect, of a gain or `downwards` of a loss, that the test finds with the power that is wanted.

    nan where even the largest that there can be would not be found.
    """
    sign = -1.0 if downwards else 1.0
    if min(n_control, n_treated) < 2 * test.cluster_size:
        return math.nan

    def missing(size: float) -> bool:
        return power_of(outcome, sign * size, n_control, n_treated, test) < test.power

    most = abs(outcome.limits[0 if downwards else 1])
    if math.isinf(most):
        error = math.sqrt(outcome.spread(0.0, 0.5).control * (1 / n_control + 1 / n_treated))
        most = _doubled(missing, error, error * _MOST)
    elif missing(most):
        most = 0.0
    return sign * _turning_point(missing, 0.0, most) if most else math.nan


def _doubled(missing: Callable[[float], bool], start: float, most: float) -> float:
    """The first doubling of `start` that is enough; nought where none up to `most` is."""
    while missing(start):
        start *= 2
        if start > most:
            return 0.0
    return start


def _turning_point(missing: Callable[[float], bool], low: float, high: float) -> float:
    """Where too little becomes enough, halved until nothing lies between: scipy's root finders import slowly."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if missing(middle) else (low, middle)
    return high
