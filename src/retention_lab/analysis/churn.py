"""Who leaves, and when: survival of a client's customers, as a whole and by group.

Everything here comes from life tables that the engine counts, so it costs the same for any number of customers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lab.analysis.groups import GroupComparison, GroupSurvival, compare_groups
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy, departures_of, expected_of, shown_through, study_churn
from retention_lab.methods.departures import ExpectedDepartures
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.life_tables import LifeTable, count_running_units
from retention_lab.methods.rates import EventRates, estimate_rates
from retention_lab.methods.survival import (
    SurvivalCurve,
    estimate_median,
    estimate_restricted_mean,
    estimate_survival,
    survival_at,
)
from retention_lab.tables.observation import MONTHLY_VALUE
from retention_lab.tables.reductions import value_by_tenure

__all__ = [
    "ChurnStudy",
    "ChurnSurvival",
    "GroupComparison",
    "GroupSurvival",
    "compare_groups",
    "estimate_churn",
    "study_churn",
]

# Milestones of the curve, in each unit.
_MILESTONES = {
    "days": (90, 180, 365, 730, 1095, 1460, 1825),
    "weeks": (13, 26, 52, 104, 156, 208, 260),
    "months": (3, 6, 12, 24, 36, 48, 60, 72),
    "years": (1, 2, 3, 5, 10),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnSurvival:
    """How long customers stay. `shown_through` is where fewer than 30 remain at risk and the curve stops being shown.

    `departures` are those expected within the horizon among the customers still here; `value_at_risk` is the monthly
    value that they take along (None without monthly values), where the `n_without_value` whose value is blank or
    negative count as nought. `rates` are the leaving rates by time since the start, `peak` the place of the highest
    (None where too few have left), and `peak_lower` its lower limit, which allows for its being one of several.
    """

    curve: SurvivalCurve
    at_horizon: Estimate
    milestones: dict[float, Estimate]
    median: Estimate
    restricted_mean: Estimate
    restricted_at: float
    departures: ExpectedDepartures
    value_at_risk: ExpectedDepartures | None
    n_without_value: int
    n_late: int
    rates: EventRates
    overall_rate: float
    peak: int | None
    peak_lower: float
    shown_through: float
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """Return the curve: one row for each time at which somebody left or was censored."""
        names = ("time", "survival", "ci_lower", "ci_upper", "at_risk", "n_events")
        return pd.DataFrame({name: getattr(self.curve, name) for name in names}).assign(unit=self.unit)


def estimate_churn(study: ChurnStudy) -> ChurnSurvival:
    """How many leave, when, and how many of those still here will have left by the horizon."""
    curve = estimate_survival(study.table, study.confidence_level)
    shown = shown_through(curve)
    # A milestone that rounds to the horizon would be the same line twice.
    apart = [time for time in _MILESTONES[study.unit] if time <= shown and abs(time - study.horizon) >= 0.5]
    times = sorted([*apart, study.horizon])
    at_times = dict(zip(times, survival_at(curve, times), strict=True))
    restricted_at = study.horizon if curve.n_obs == 0 else min(study.horizon, curve.follow_up)
    timed, rates = _rates(study, shown)
    peak = _peak(rates)
    value, n_without_value = _value_here(study)
    return ChurnSurvival(
        curve=curve,
        at_horizon=at_times[study.horizon],
        milestones=at_times,
        median=estimate_median(curve),
        restricted_mean=estimate_restricted_mean(curve, restricted_at),
        restricted_at=restricted_at,
        departures=departures_of(curve, study.table, study.horizon),
        value_at_risk=None if value is None else expected_of(curve, value.time, value.value, study.horizon),
        n_without_value=n_without_value,
        n_late=int(study.table.n_entered[study.table.time > 0].sum()),
        rates=rates,
        overall_rate=_overall_rate(timed),
        peak=peak,
        peak_lower=_peak_lower(timed, rates, peak),
        shown_through=shown,
        unit=study.unit,
    )


def _rates(study: ChurnStudy, shown: float) -> tuple[LifeTable, EventRates]:
    """Leaving rates stretch by stretch, and the life table that they are read from.

    A stretch reaches from after its start through its end. In a tenure of units completed, departures of the first
    unit stand at 0 and those of the second at 1: in one stretch they would look like a peak. They are told by leaving
    at 0 being at least half as fast as at 1. In days one more among thirty changes nothing, and dates say it exactly.
    """
    table, time = study.table, study.table.time
    share = np.where(table.at_risk > 0, table.n_events / np.maximum(table.at_risk, 1), 0.0)
    at_start = share[time == 0].sum()
    by_tenure = study.observation.first_start is None and study.unit != "days"
    if by_tenure and at_start > 0 and at_start >= share[time == 1].sum() / 2:
        table, shown = count_running_units(table), shown + 1
    edges = np.arange(0, max(shown, study.stretch) + 1e-9, study.stretch)
    return table, estimate_rates(table, list(edges), study.confidence_level)


def _overall_rate(table: LifeTable) -> float:
    return float(estimate_rates(table, [0, table.follow_up + 1]).rate[0]) if table.n_obs else float("nan")


def _peak(rates: EventRates) -> int | None:
    """Find the stretch with the highest rate, of those in which enough have left to tell; None without another."""
    told = (rates.n_events >= FEW_EVENTS) & (rates.exposure > 0)
    if not told.any() or (rates.exposure > 0).sum() < 2:
        return None
    return int(np.argmax(np.where(told, rates.rate, -np.inf)))


def _peak_lower(table: LifeTable, rates: EventRates, peak: int | None) -> float:
    """Bonferroni over the stretches: the highest of many is high by chance."""
    if peak is None:
        return float("nan")
    level = 1 - (1 - rates.confidence_level) / (rates.exposure > 0).sum()
    return float(estimate_rates(table, [0, *rates.end], level).ci_lower[peak])


def _value_here(study: ChurnStudy) -> tuple[pd.DataFrame | None, int]:
    """The monthly value of those still here by tenure, and how many have none. A negative one counts as nought."""
    rows = study.observation.rows
    if MONTHLY_VALUE not in rows.columns:
        return None, 0
    value = rows[MONTHLY_VALUE]
    without = rows.filter(~rows.event_observed & (value.isnull() | (value < 0))).count()
    kept = rows.mutate(**{MONTHLY_VALUE: value.fill_null(0.0).clip(lower=0.0)})
    return value_by_tenure(kept, MONTHLY_VALUE), int(without.to_pyarrow().as_py())
