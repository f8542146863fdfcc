"""Who leaves, and when: survival of a client's customers, as a whole and by group.

Everything here comes from life tables that the engine counts, so it costs the same for any number of customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.comparisons import LogRank, compare_survival
from retention_lab.methods.departures import ExpectedDepartures, expected_departures
from retention_lab.methods.estimates import Estimate, normal_quantile
from retention_lab.methods.life_tables import LifeTable
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.methods.rates import EventRates, estimate_rates
from retention_lab.methods.survival import (
    SurvivalCurve,
    estimate_median,
    estimate_restricted_mean,
    estimate_survival,
    survival_at,
)
from retention_lab.tables.client import Client
from retention_lab.tables.observation import MONTHLY_VALUE, Observation, keep_where, observe_customers
from retention_lab.tables.reductions import ALL, life_tables, value_by_tenure

_DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
# The stretch over which a leaving rate is quoted, and milestones of the curve, in each unit.
_STRETCH = {"days": 30, "weeks": 4, "months": 1, "years": 1}
_YEAR = {"days": 365, "weeks": 52, "months": 12, "years": 1}
_MILESTONES = {
    "days": (90, 180, 365, 730, 1095, 1460, 1825),
    "weeks": (13, 26, 52, 104, 156, 208, 260),
    "months": (3, 6, 12, 24, 36, 48, 60, 72),
    "years": (1, 2, 3, 5, 10),
}
_FEW_AT_RISK = 30
_FEW_EVENTS = 10
OTHER, UNKNOWN = "(other)", "(not known)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnStudy:
    """A client's customers under observation, and what is asked of them. `horizon` and `year` are in `unit`."""

    observation: Observation
    table: LifeTable
    horizon: float
    year: float
    stretch: float
    unit: str
    as_of: date
    horizon_days: int
    min_group: int
    confidence_level: float
    n_here: int
    n_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnSurvival:
    """How long customers stay. `shown_through` is where fewer than 30 remain at risk and the curve stops being shown.

    `departures` are those expected within the horizon among the customers still here; `value_at_risk` is the monthly
    value that they take along (None without monthly values), `rates` the leaving rates by time since the start.
    """

    curve: SurvivalCurve
    at_horizon: Estimate
    milestones: dict[float, Estimate]
    median: Estimate
    restricted_mean: Estimate
    restricted_at: float
    departures: ExpectedDepartures
    value_at_risk: ExpectedDepartures | None
    rates: EventRates
    overall_rate: float
    peak: int | None
    shown_through: float
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """The curve: one row for each time at which somebody left or was censored."""
        names = ("time", "survival", "ci_lower", "ci_upper", "at_risk", "n_events")
        return pd.DataFrame({name: getattr(self.curve, name) for name in names}).assign(unit=self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSurvival:
    """One group of customers, and how it differs at the horizon from all others (`difference`, a share)."""

    level: str
    curve: SurvivalCurve
    at_horizon: Estimate
    difference: Estimate
    departures: ExpectedDepartures
    n_obs: int
    n_left: int
    shown_through: float

    @property
    def n_here(self) -> int:
        return self.n_obs - self.n_left


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupComparison:
    """The groups of one covariate. `pvalue` is the log-rank test's, `pvalue_adjusted` Holm's over all covariates."""

    column: str
    groups: tuple[GroupSurvival, ...]
    log_rank: LogRank
    pvalue_adjusted: float
    pooled: tuple[str, ...]
    unit: str
    horizon: float

    @property
    def earliest(self) -> GroupSurvival | None:
        """The group that lies furthest below all others at the horizon, if the difference can be had."""
        known = [group for group in self.groups if not group.difference.reason and group.level not in (OTHER, UNKNOWN)]
        return min(known, key=lambda group: group.difference.value, default=None)

    def to_frame(self) -> pd.DataFrame:
        """One row for each group."""
        return pd.DataFrame([_flat(group) for group in self.groups])


def study_churn(
    client: Client,
    *,
    horizon_days: int = 365,
    where: Sequence[str] = (),
    min_group: int = 0,
    confidence_level: float = 0.95,
) -> ChurnStudy:
    """Observe a client's customers through `as_of`.

    `where` keeps customers with `column=value[,value]`; `min_group` 0 means the client's own. The horizon is converted
    to the unit of the durations and, for months and years, rounded to the nearest whole one (at least one).
    """
    observation = keep_where(observe_customers(client), where)
    faults = _faults(horizon_days, min_group, confidence_level)
    if faults:
        raise ParameterError(faults)
    unit = observation.unit
    table = _table(life_tables(observation.rows), ALL)
    return ChurnStudy(
        observation=observation,
        table=table,
        horizon=horizon_in(unit, horizon_days),
        year=_YEAR[unit],
        stretch=_STRETCH[unit],
        unit=unit,
        as_of=observation.as_of,
        horizon_days=horizon_days,
        min_group=min_group or client.file.min_group,
        confidence_level=confidence_level,
        n_here=int(table.n_censored.sum()),
        n_left=int(table.n_events.sum()),
    )


def _faults(horizon_days: int, min_group: int, confidence_level: float) -> list[Fault]:
    faults = []
    if horizon_days < 1:
        faults.append(Fault(where="horizon_days", found=str(horizon_days), allowed="1 or more"))
    if min_group < 0:
        faults.append(Fault(where="min_group", found=str(min_group), allowed="0 (the client's own) or more"))
    if not 0.5 <= confidence_level < 1:
        faults.append(Fault(where="confidence_level", found=str(confidence_level), allowed="from 0.5 to below 1"))
    return faults


def horizon_in(unit: str, days: int) -> float:
    """A horizon of `days` in `unit`; whole for months and years."""
    exact = days / _DAYS[unit]
    return exact if unit in ("days", "weeks") else float(max(1, round(exact)))


def estimate_churn(study: ChurnStudy) -> ChurnSurvival:
    """How many leave, when, and how many of those still here will have left by the horizon."""
    curve = estimate_survival(study.table, study.confidence_level)
    shown = _shown_through(curve)
    times = sorted({*(time for time in _MILESTONES[study.unit] if time <= shown), study.horizon})
    at_times = dict(zip(times, survival_at(curve, times), strict=True))
    restricted_at = min(study.horizon, curve.follow_up)
    edges = np.arange(0, max(shown, study.stretch) + 1e-9, study.stretch)
    rates = estimate_rates(study.table, list(edges), study.confidence_level)
    value = _value_here(study)
    return ChurnSurvival(
        curve=curve,
        at_horizon=at_times[study.horizon],
        milestones={time: at_times[time] for time in times},
        median=estimate_median(curve),
        restricted_mean=estimate_restricted_mean(curve, restricted_at),
        restricted_at=restricted_at,
        departures=_departures(curve, study.table, study.horizon),
        value_at_risk=None if value is None else expected_departures(curve, value.time, value.value, study.horizon),
        rates=rates,
        overall_rate=float(estimate_rates(study.table, [0, curve.follow_up + 1]).rate[0]),
        peak=_peak(rates),
        shown_through=shown,
        unit=study.unit,
    )


def _peak(rates: EventRates) -> int | None:
    """The stretch with the highest rate, of those in which enough have left to tell."""
    told = np.where(rates.n_events >= _FEW_EVENTS, rates.rate, -np.inf)
    return int(np.argmax(told)) if np.isfinite(told).any() else None


def _value_here(study: ChurnStudy) -> pd.DataFrame | None:
    rows = study.observation.rows
    return value_by_tenure(rows, MONTHLY_VALUE) if MONTHLY_VALUE in rows.columns else None


def _shown_through(curve: SurvivalCurve) -> float:
    """The last time at which enough customers are at risk for the curve to mean something."""
    enough = curve.time[curve.at_risk >= min(_FEW_AT_RISK, curve.n_obs)]
    return float(enough[-1]) if enough.size else 0.0


def _departures(curve: SurvivalCurve, table: LifeTable, horizon: float) -> ExpectedDepartures:
    """Those still here are the censored: each is at the tenure where observation ends."""
    here = table.n_censored > 0
    return expected_departures(curve, table.time[here], table.n_censored[here], horizon)


def compare_groups(study: ChurnStudy, columns: Sequence[str] = ()) -> list[GroupComparison]:
    """Compare the groups of each categorical covariate (all of them if none is named), the most different first.

    Groups below `min_group` customers are pooled. The order is by the gap at the horizon between the group that leaves
    earliest and all other customers; the p-values are Holm-adjusted over the covariates.
    """
    _refuse_unknown(study.observation, columns)
    compared = [_compare(study, column) for column in columns or study.observation.categorical]
    adjusted = adjust_holm([comparison.log_rank.pvalue for comparison in compared])
    final = [replace(one, pvalue_adjusted=float(p)) for one, p in zip(compared, adjusted, strict=True)]
    return sorted(final, key=lambda one: one.earliest.difference.value if one.earliest else 0.0)


def _refuse_unknown(observation: Observation, columns: Sequence[str]) -> None:
    allowed = observation.categorical
    reasons = {name: "it is a number" for name in observation.numeric}
    reasons |= {name: "it holds only from a day on: see what moves it" for name in observation.since}
    reasons |= {name: _UNUSABLE[reason] for name, reason in observation.unusable.items()}
    faults = [
        Fault(
            where="group_by",
            found=f"{name!r} does not form groups: {reasons.get(name, 'the client file has no such covariate')}",
            allowed=", ".join(allowed) or "no covariate of this client forms groups",
        )
        for name in columns
        if name not in allowed
    ]
    if faults:
        raise ParameterError(faults)


_UNUSABLE = {"one_level": "every customer has the same value", "too_many_levels": "it has too many values"}


def _compare(study: ChurnStudy, column: str) -> GroupComparison:
    counts = life_tables(study.observation.rows, column)
    tables = {level: _table(counts, level) for level in counts.group.unique()}
    small = sorted(level for level, table in tables.items() if table.n_obs < study.min_group)
    named = {level or UNKNOWN: table for level, table in tables.items() if level not in small}
    if small:
        named[OTHER] = merge_tables([tables[level] for level in small])
    # A rest that is itself too small would show what it was pooled to hide.
    if small and named[OTHER].n_obs < study.min_group:
        del named[OTHER]
    return GroupComparison(
        column=column,
        groups=tuple(_group(study, level, table) for level, table in named.items()),
        log_rank=compare_survival(list(named.values())),
        pvalue_adjusted=float("nan"),
        pooled=tuple(small),
        unit=study.unit,
        horizon=study.horizon,
    )


def _group(study: ChurnStudy, level: str, table: LifeTable) -> GroupSurvival:
    curve = estimate_survival(table, study.confidence_level)
    rest = estimate_survival(_without(study.table, table), study.confidence_level)
    return GroupSurvival(
        level=level,
        curve=curve,
        at_horizon=survival_at(curve, [study.horizon])[0],
        difference=_difference(curve, rest, study.horizon),
        departures=_departures(curve, table, study.horizon),
        n_obs=int(table.n_obs),
        n_left=int(table.n_events.sum()),
        shown_through=_shown_through(curve),
    )


def _difference(curve: SurvivalCurve, rest: SurvivalCurve, horizon: float) -> Estimate:
    """Survival of one group minus that of all others, which are independent of it; normal interval (Greenwood)."""
    (one,), (other,) = survival_at(curve, [horizon]), survival_at(rest, [horizon])
    error = float(np.hypot(one.std_error, other.std_error))
    reach = normal_quantile(curve.confidence_level) * error
    value = one.value - other.value
    return Estimate(
        value=value,
        ci_lower=value - reach,
        ci_upper=value + reach,
        std_error=error,
        n_obs=curve.n_obs,
        confidence_level=curve.confidence_level,
        method="difference of Kaplan-Meier survival, Greenwood",
        reason=one.reason or other.reason or ("too_few" if not np.isfinite(reach) else ""),
    )


def _table(counts: pd.DataFrame, group: str) -> LifeTable:
    one = counts[counts.group == group]
    columns = ("time", "n_entered", "n_events", "n_censored")
    return LifeTable(**{name: one[name].to_numpy(dtype=float) for name in columns})


def merge_tables(tables: Sequence[LifeTable]) -> LifeTable:
    """The life table of all customers of several."""
    time = np.unique(np.concatenate([table.time for table in tables]))
    parts: dict[str, Any] = {"time": time}
    for name in ("n_entered", "n_events", "n_censored"):
        parts[name] = np.zeros(time.size)
        for table in tables:
            parts[name][np.searchsorted(time, table.time)] += getattr(table, name)
    return LifeTable(**parts)


def _without(whole: LifeTable, part: LifeTable) -> LifeTable:
    place = np.searchsorted(whole.time, part.time)
    rest: dict[str, Any] = {"time": whole.time}
    for name in ("n_entered", "n_events", "n_censored"):
        rest[name] = getattr(whole, name).copy()
        rest[name][place] -= getattr(part, name)
    return LifeTable(**rest)


def _flat(group: GroupSurvival) -> dict[str, Any]:
    return {
        "group": group.level,
        "n_obs": group.n_obs,
        "n_here": group.n_here,
        "survival": group.at_horizon.value,
        "ci_lower": group.at_horizon.ci_lower,
        "ci_upper": group.at_horizon.ci_upper,
        "departures": group.departures.value,
    }
