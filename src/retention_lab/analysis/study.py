"""A client's customers under observation, and what is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.departures import ExpectedDepartures, expected_departures
from retention_lab.methods.life_tables import LifeTable
from retention_lab.methods.survival import SurvivalCurve
from retention_lab.tables.client import Client
from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.engine import stored
from retention_lab.tables.observation import Observation, keep_where, observe_customers
from retention_lab.tables.reductions import ALL, life_tables

# The stretch over which a leaving rate is quoted, in each unit.
_STRETCH = {"days": 30, "weeks": 4, "months": 1, "years": 1}
_YEAR = {"days": 365, "weeks": 52, "months": 12, "years": 1}
_FEW_AT_RISK = 30
# Fewer departures than this say nothing on their own.
FEW_EVENTS = 10


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
    where: tuple[str, ...] = ()


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
    if faults := _faults(horizon_days, min_group, confidence_level):
        raise ParameterError(faults)
    smallest = min_group or client.file.min_group
    observation = keep_where(observe_customers(client), where)
    observation = replace(observation, rows=stored(observation.rows, "studied"))
    unit = observation.unit
    table = table_of(life_tables(observation.rows), ALL)
    if where and table.n_obs < smallest:
        raise ParameterError(_too_narrow(where, smallest))
    return ChurnStudy(
        observation=observation,
        table=table,
        horizon=horizon_in(unit, horizon_days),
        year=_YEAR[unit],
        stretch=_STRETCH[unit],
        unit=unit,
        as_of=observation.as_of,
        horizon_days=horizon_days,
        where=tuple(where),
        min_group=smallest,
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


def _too_narrow(where: Sequence[str], min_group: int) -> Fault:
    return Fault(
        where="where",
        found=f"fewer than {min_group} customers meet {' and '.join(map(repr, where))}",
        allowed=f"conditions that {min_group} customers or more meet, so that nobody can be recognised",
        remedy="ask for more values, or for fewer conditions",
    )


def horizon_in(unit: str, days: int) -> float:
    """Convert a horizon of `days` to `unit`; whole for months and years."""
    exact = days / UNIT_DAYS[unit]
    return exact if unit in ("days", "weeks") else float(max(1, round(exact)))


def table_of(counts: pd.DataFrame, group: str) -> LifeTable:
    """Return the life table of one group of the engine's counts."""
    one = counts[counts.group == group]
    columns = ("time", "n_entered", "n_events", "n_censored")
    return LifeTable(**{name: one[name].to_numpy(dtype=float) for name in columns})


def shown_through(curve: SurvivalCurve) -> float:
    """Find the last time at which enough customers are at risk for the curve to mean something."""
    enough = curve.time[curve.at_risk >= min(_FEW_AT_RISK, curve.n_obs)]
    return float(enough[-1]) if enough.size else 0.0


def told_through(curve: SurvivalCurve) -> float:
    """Find the last time to which a chance of leaving is told: a curve's last stretch hangs on a handful."""
    enough = curve.time[curve.at_risk >= min(_FEW_AT_RISK, curve.n_obs / 10)]
    return float(enough[-1]) if enough.size else 0.0


def departures_of(curve: SurvivalCurve, table: LifeTable, horizon: float) -> ExpectedDepartures:
    """Those still here are the censored: each is at the tenure where observation ends."""
    here = table.n_censored > 0
    return expected_of(curve, table.time[here], table.n_censored[here], horizon)


def told_of(curve: SurvivalCurve, tenure: ArrayLike, horizon: float) -> tuple[NDArray[np.bool_], float]:
    """Of whom something is told over the horizon; where of nobody, of all that the horizon lies past the follow-up."""
    told = np.asarray(np.asarray(tenure, dtype=float) + horizon <= told_through(curve) + _GRACE)
    past = told.size > 0 and not told.any() and curve.n_obs > 0
    return (~told, max(horizon, curve.follow_up + 1)) if past else (told, horizon)


_GRACE = 1e-9


def expected_of(curve: SurvivalCurve, tenure: ArrayLike, customers: ArrayLike, horizon: float) -> ExpectedDepartures:
    """Where nobody has left at the times ahead, "none will, and that is certain" is not what we know."""
    at, counts = np.asarray(tenure, dtype=float), np.asarray(customers, dtype=float)
    told, ahead = told_of(curve, at, horizon)
    found = expected_departures(curve, at[told], counts[told], ahead)
    found = replace(found, horizon=horizon, n_not_covered=found.n_not_covered + float(counts[~told].sum()))
    return replace(found, reason="too_few") if found.std_error == 0 else found
