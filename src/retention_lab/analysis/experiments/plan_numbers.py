"""The questions that a plan puts to the calculator. All answers are None where nothing is known of the control."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.baseline import Baseline
from retention_lab.analysis.experiments.plan_request import PlanRequest
from retention_lab.methods.estimates import Reason
from retention_lab.methods.planned_outcomes import Outcome, PlannedSurvival
from retention_lab.methods.power import PlannedTest, SampleSize, plan_size, power_of, smallest_effect

_POINTS = 41


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanNumbers:
    """What `n` customers in all, who count, can show, and how many would be needed."""

    asked: PlanRequest
    baseline: Baseline
    n: float

    def needed(self, *, with_covariate: bool = False) -> SampleSize | None:
        """For the effect that is to be found."""
        test, planned, effect = self._test(with_covariate), self.baseline.planned, self.asked.effect
        return plan_size(planned, effect, test) if test and planned and effect else None

    def power_of(self, effect: float) -> float | None:
        """With the customers there are; None for an effect that there cannot be."""
        planned = self.baseline.planned
        possible = planned is not None and planned.limits[0] <= effect <= planned.limits[1]
        return power_of(planned, effect, *self._groups(), self.asked.test) if planned and possible else None

    def smallest(self, *, with_covariate: bool = False) -> float | None:
        """The smallest gain that can be seen; None where none can."""
        test, planned = self._test(with_covariate), self.baseline.planned
        found = smallest_effect(planned, *self._groups(), test) if test and planned else math.nan
        return None if math.isnan(found) else found

    @property
    def why_nothing(self) -> Reason:
        """Why no gain can be seen."""
        return "too_few" if min(self._groups()) < 2 else "not_reached"

    def days(self, effect: float | None) -> float | None:
        """Days gained within the horizon, of an effect on staying."""
        planned = self.baseline.planned
        return planned.gain(effect) if isinstance(planned, PlannedSurvival) and effect is not None else None

    def curve(self, smallest: float | None) -> pd.DataFrame:
        """Power by effect, as far as there is something to see: effect, gained_days (staying only), power."""
        planned = self.baseline.planned
        most = self._widest(planned, smallest) if planned else 0.0
        effects = np.linspace(0, most, _POINTS) if most else np.empty(0)
        rows = {"effect": effects, "power": [self.power_of(effect) for effect in map(float, effects)]}
        if isinstance(planned, PlannedSurvival):
            rows["gained_days"] = [planned.gain(effect) for effect in map(float, effects)]
        return pd.DataFrame(rows).astype(float)

    def _groups(self) -> tuple[float, float]:
        control, treated, *_ = self.asked.shares.values()
        return self.n * control, self.n * treated

    def _test(self, with_covariate: bool) -> PlannedTest | None:
        explained = self.baseline.variance_explained
        if not with_covariate:
            return self.asked.test
        return None if explained is None else replace(self.asked.test, variance_explained=explained)

    def _widest(self, planned: Outcome, smallest: float | None) -> float:
        wanted = max(2 * (smallest or 0.0), 1.2 * self.asked.effect)
        most = planned.limits[1]
        return min(wanted or most, most) if math.isfinite(most) else wanted
