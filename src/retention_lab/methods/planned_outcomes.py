"""Outcomes as they are expected without a treatment, and what a test would see of an effect on them."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.life_tables import index_at

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What a test sees of an effect: the difference, and the variance of one customer in each group.

    `under_none` is the variance by which the test judges, where it assumes no difference; nan where it does not.
    """

    difference: float
    control: float
    treated: float
    under_none: float = math.nan


class Outcome(Protocol):
    """An outcome as it is expected without the treatment. `limits` are the effects that it leaves room for."""

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest effect that there can be."""

    @property
    def by_t(self) -> bool:
        """Whether the test is a t test, which pays for not knowing the variance."""

    @property
    def method(self) -> str:
        """How the numbers are found."""

    def spread(self, effect: float, treated_share: float) -> Spread:
        """What the test sees of an effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShare:
    """How often something happens; the effect is in points. Tested with the pooled variance under no difference.

    With equal groups that of R's `power.prop.test` (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and
    Proportions, 3rd edition, 4.3).
    """

    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"share must lie between 0 and 1, not {self.share}")

    @property
    def limits(self) -> tuple[float, float]:
        """No share goes below none or above all."""
        return -self.share, 1 - self.share

    @property
    def by_t(self) -> bool:
        """The variance follows from the share."""
        return False

    @property
    def method(self) -> str:
        """How the numbers are found."""
        return "two shares, normal approximation, pooled variance under no difference"

    def spread(self, effect: float, treated_share: float) -> Spread:
        """The share of the treated is higher by the effect."""
        treated = min(max(self.share + effect, 0.0), 1.0)
        pooled = (1 - treated_share) * self.share + treated_share * treated
        return Spread(
            difference=effect,
            control=self.share * (1 - self.share),
            treated=treated * (1 - treated),
            under_none=pooled * (1 - pooled),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMean:
    """A mean with its standard deviation, tested by Welch's t test; noncentral t, as R's `power.t.test`.

    Without `mean` the treatment adds the same to every customer. With it, the effect multiplies what each customer
    does, and so the standard deviation too: what one expects of spending.
    """

    sd: float
    mean: float | None = None

    def __post_init__(self) -> None:
        if not (self.sd > 0 and math.isfinite(self.sd)):
            raise ValueError(f"sd must be positive and finite, not {self.sd}")
        if self.mean is not None and not (self.mean > 0 and math.isfinite(self.mean)):
            raise ValueError(f"a mean that an effect multiplies must be positive and finite, not {self.mean}")

    @property
    def limits(self) -> tuple[float, float]:
        """An effect that multiplies cannot take away more than all."""
        return -math.inf if self.mean is None else -self.mean, math.inf

    @property
    def by_t(self) -> bool:
        """The variance is not known."""
        return True

    @property
    def method(self) -> str:
        """How the numbers are found."""
        return "two means, noncentral t"

    def spread(self, effect: float, treated_share: float) -> Spread:
        """The mean of the treated is higher by the effect."""
        factor = 1.0 if self.mean is None else 1 + effect / self.mean
        return Spread(difference=effect, control=self.sd**2, treated=(factor * self.sd) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedSurvival:
    """Who is still here within a horizon; the effect is in points of survival at the horizon.

    `survival` from each `time` on is the control's; before the first it is 1. The treated leave at rates that are the
    same multiple of it at all times. Tested is the difference in restricted mean, everybody being followed for the
    whole horizon.
    """

    time: Floats
    survival: Floats
    horizon: float

    def __post_init__(self) -> None:
        if not (self.horizon > 0 and 0 < self.at_horizon < 1):
            found = f"{self.at_horizon:g} at {self.horizon:g}"
            raise ValueError(f"survival at a positive horizon must lie between 0 and 1, not {found}")

    @property
    def at_horizon(self) -> float:
        """The control's survival at the horizon."""
        at = int(index_at(self.time, self.horizon))
        return float(self.survival[at]) if at >= 0 else 1.0

    @property
    def limits(self) -> tuple[float, float]:
        """No share goes below none or above all."""
        return -self.at_horizon, 1 - self.at_horizon

    @property
    def by_t(self) -> bool:
        """The test of restricted means is a normal one."""
        return False

    @property
    def method(self) -> str:
        """How the numbers are found."""
        return "difference of restricted means under proportional hazards, normal approximation"

    def hazard_ratio(self, effect: float) -> float:
        """How many times the control's leaving rate leaves the survival at the horizon that much higher."""
        wanted = min(max(self.at_horizon + effect, 1e-12), 1.0)
        return math.log(wanted) / math.log(self.at_horizon)

    def gain(self, effect: float) -> float:
        """How much longer the treated stay within the horizon, in the unit of the times."""
        return self._moments(self.hazard_ratio(effect))[0] - self._moments(1.0)[0]

    def spread(self, effect: float, treated_share: float) -> Spread:
        """What is compared is the time here within the horizon."""
        treated_mean, treated = self._moments(self.hazard_ratio(effect))
        control_mean, control = self._moments(1.0)
        return Spread(difference=treated_mean - control_mean, control=control, treated=treated)

    def _moments(self, ratio: float) -> tuple[float, float]:
        """Mean and variance of the time here within the horizon."""
        before = self.time < self.horizon
        edges = np.concatenate([[0.0], self.time[before], [self.horizon]])
        heights = np.concatenate([[1.0], self.survival[before]]) ** ratio
        mean = float((heights * np.diff(edges)).sum())
        return mean, max(float((heights * np.diff(edges**2)).sum()) - mean**2, 0.0)
