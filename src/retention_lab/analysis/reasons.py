"""Why customers leave: the reasons that a client records, each while the others are there too."""

import math
from dataclasses import dataclass

import pandas as pd

from retention_lab.analysis.study import ChurnStudy, departures_of, shown_through, table_of, told_of
from retention_lab.methods.cause_tables import CauseTable, combine_causes
from retention_lab.methods.competing_risks import (
    IncidenceCurves,
    estimate_incidence,
    expected_by_cause,
    incidence_at,
    incidence_difference,
    naive_incidence,
)
from retention_lab.methods.departures import ExpectedDepartures
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.life_tables import LifeTable, merge_tables
from retention_lab.methods.survival import estimate_share
from retention_lab.tables.levels import OTHER, UNKNOWN, levels_to_pool
from retention_lab.tables.observation import END_REASON
from retention_lab.tables.reductions import life_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonOfLeaving:
    """One reason: the share of new customers who leave for it by the horizon, and how many of those here will.

    `naive` is one minus Kaplan-Meier with all other leavers as censored, which is too high as a share.
    """

    level: str
    n_left: int
    incidence: Estimate
    departures: ExpectedDepartures
    naive: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonsOfLeaving:
    """The reasons, the largest first; then those too small to be shown, as one, and those who left without a reason.

    Nobody has left where there are none. `lead` is by how much the first is ahead of the second at the horizon (None
    with fewer than two that have a name), `stay` the share of new customers still here then, `departures` all that
    are expected of those here. `pooled` are the reasons that are shown together as other.
    """

    reasons: tuple[ReasonOfLeaving, ...]
    lead: Estimate | None
    stay: Estimate
    departures: ExpectedDepartures
    curves: IncidenceCurves
    pooled: tuple[str, ...]
    shown_through: float
    unit: str
    horizon: float
    confidence_level: float

    @property
    def named(self) -> tuple[ReasonOfLeaving, ...]:
        """The reasons that are shown by their name."""
        return tuple(reason for reason in self.reasons if reason.level not in (OTHER, UNKNOWN))

    @property
    def n_left(self) -> int:
        """All who have left."""
        return sum(reason.n_left for reason in self.reasons)

    @property
    def n_unknown(self) -> int:
        """Those who left and whose reason is not known."""
        return sum(reason.n_left for reason in self.reasons if reason.level == UNKNOWN)

    @property
    def is_clear(self) -> bool:
        """Whether the first reason is ahead of the second beyond chance, or the only one."""
        return bool(self.named) and (self.lead is None or self.lead.ci_lower > 0)

    @property
    def overstated(self) -> float | None:
        """By how much the naive shares, added up, pass the share that leaves at all; None where it cannot be had."""
        if not self.reasons or self.stay.reason or any(reason.naive.reason for reason in self.reasons):
            return None
        return sum(reason.naive.value for reason in self.reasons) - (1 - self.stay.value)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each reason."""
        rows = [
            {
                "reason": reason.level.strip(),
                "n_left": reason.n_left,
                "incidence": reason.incidence.value,
                "ci_lower": reason.incidence.ci_lower,
                "ci_upper": reason.incidence.ci_upper,
                "departures": reason.departures.value,
            }
            for reason in self.reasons
        ]
        return pd.DataFrame(rows)


def estimate_reasons(study: ChurnStudy) -> ReasonsOfLeaving | None:
    """How many leave for which reason; None where the client records no reasons.

    Reasons with fewer than `min_group` leavers are pooled, and so that none of them can be had by subtraction.
    """
    if END_REASON not in study.observation.rows.columns:
        return None
    counts = life_tables(study.observation.rows, END_REASON)
    # Those still here have no reason either: they are in the table of the group "" beside those who gave none.
    tables = {level or UNKNOWN: table_of(counts, level) for level in dict.fromkeys(["", *counts.group])}
    table, pooled = _pool(tables, study.min_group)
    curves = estimate_incidence(table, study.confidence_level)
    reasons = _reasons(study, table, curves)
    named = [reason.level for reason in reasons if reason.level not in (OTHER, UNKNOWN)]
    return ReasonsOfLeaving(
        reasons=tuple(reasons),
        lead=incidence_difference(curves, named[0], named[1], study.horizon) if len(named) > 1 else None,
        stay=estimate_share(curves.overall, study.horizon, study.confidence_level),
        departures=departures_of(curves.overall, table.table, study.horizon),
        curves=curves,
        pooled=pooled,
        shown_through=shown_through(curves.overall),
        unit=study.unit,
        horizon=study.horizon,
        confidence_level=study.confidence_level,
    )


def _pool(tables: dict[str, LifeTable], min_group: int) -> tuple[CauseTable, tuple[str, ...]]:
    left = {level: float(table.n_events.sum()) for level, table in tables.items() if level != UNKNOWN}
    pooled = tuple(sorted(levels_to_pool(left, min_group)))
    shown = {level: table for level, table in tables.items() if level not in pooled}
    if pooled:
        shown[OTHER] = merge_tables([tables[level] for level in pooled])
    return combine_causes(shown), pooled


def _reasons(study: ChurnStudy, table: CauseTable, curves: IncidenceCurves) -> list[ReasonOfLeaving]:
    here = table.table.n_censored > 0
    tenure, customers = table.table.time[here], table.table.n_censored[here]
    told, ahead = told_of(curves.overall, tenure, study.horizon)
    expected = expected_by_cause(curves, tenure[told], customers[told], ahead)
    reasons = [
        ReasonOfLeaving(
            level=cause,
            n_left=round(float(table.n_events[:, column].sum())),
            incidence=incidence_at(curves, cause, study.horizon),
            departures=expected[column],
            naive=naive_incidence(table, cause, study.horizon, study.confidence_level),
        )
        for column, cause in enumerate(table.causes)
    ]
    return sorted(reasons, key=_largest_first)


def _largest_first(reason: ReasonOfLeaving) -> tuple[bool, bool, float, int, str]:
    value = 0.0 if math.isnan(reason.incidence.value) else reason.incidence.value
    return reason.level == UNKNOWN, reason.level == OTHER, -value, -reason.n_left, reason.level
