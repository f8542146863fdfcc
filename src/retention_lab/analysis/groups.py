"""Who leaves sooner: the groups of one covariate against each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from retention_lab.analysis.study import ChurnStudy, departures_of, shown_through, table_of
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.adjusted import AdjustedDifference
from retention_lab.methods.comparisons import LogRank, compare_survival, estimate_survival_difference
from retention_lab.methods.departures import ExpectedDepartures
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.life_tables import LifeTable, merge_tables, take_from_table
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.methods.survival import SurvivalCurve, estimate_share, estimate_survival
from retention_lab.tables.levels import OTHER, UNKNOWN, levels_to_pool
from retention_lab.tables.observation import Observation
from retention_lab.tables.reductions import life_tables_of_each


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSurvival:
    """One group of customers, and how it differs at the horizon from all others (`difference`, a share).

    `familywise_upper` is the upper limit of `difference` that allows for the group's being one of several.
    """

    level: str
    curve: SurvivalCurve
    at_horizon: Estimate
    difference: Estimate
    familywise_upper: float
    departures: ExpectedDepartures | AdjustedDifference
    n_obs: int
    n_left: int
    shown_through: float

    @property
    def n_here(self) -> int:
        return self.n_obs - self.n_left


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupComparison:
    """The groups of one covariate; fewer than two where the rest are too small to be shown, and then no test.

    `pvalue_adjusted` is the log-rank test's, by Holm over all covariates; nan without a test. `pooled` are the levels
    that are shown together as other, or not at all.
    """

    column: str
    groups: tuple[GroupSurvival, ...]
    log_rank: LogRank | None
    pvalue_adjusted: float
    pooled: tuple[str, ...]
    unit: str
    horizon: float
    confidence_level: float

    @property
    def earliest(self) -> GroupSurvival | None:
        """The group that lies furthest below all others at the horizon, if the difference can be had."""
        known = [group for group in self.groups if not group.difference.reason and group.level not in (OTHER, UNKNOWN)]
        return min(known, key=lambda group: group.difference.value, default=None)

    @property
    def is_clear(self) -> bool:
        """Whether the groups differ, and the earliest is below the others even for the lowest of several."""
        tested = self.pvalue_adjusted < 1 - self.confidence_level
        return bool(tested and self.earliest is not None and self.earliest.familywise_upper < 0)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each group."""
        return pd.DataFrame([_flat(group) for group in self.groups])


def compare_groups(study: ChurnStudy, columns: Sequence[str] = ()) -> list[GroupComparison]:
    """Compare the groups of each categorical covariate (all of them if none is named), the surest difference first.

    Groups below `min_group` customers are pooled. The order is by how far the group that leaves earliest lies below
    all other customers at the horizon, at the least: a group of a dozen with a large gap by chance comes late. The
    p-values are Holm-adjusted over the covariates.
    """
    _refuse_unknown(study.observation, columns)
    wanted = list(dict.fromkeys(columns or study.observation.categorical))
    counted = life_tables_of_each(study.observation.rows, wanted)
    compared = [_compare(study, column, counts) for column, counts in counted.items()]
    adjusted = adjust_holm([one.log_rank.pvalue if one.log_rank else np.nan for one in compared])
    final = [replace(one, pvalue_adjusted=float(p)) for one, p in zip(compared, adjusted, strict=True)]
    return sorted(final, key=_surest_first)


def _surest_first(comparison: GroupComparison) -> tuple[bool, bool, float]:
    earliest = comparison.earliest
    return not comparison.is_clear, earliest is None, earliest.familywise_upper if earliest else 0.0


def _refuse_unknown(observation: Observation, columns: Sequence[str]) -> None:
    allowed = observation.categorical
    reasons = dict.fromkeys(observation.numeric, "it is a number")
    reasons |= dict.fromkeys(observation.since, "it holds only from a day on: see what moves it")
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


def _compare(study: ChurnStudy, column: str, counts: pd.DataFrame) -> GroupComparison:
    tables = {str(level) or UNKNOWN: table_of(one, str(level)) for level, one in counts.groupby("group")}
    pooled = levels_to_pool({level: table.n_obs for level, table in tables.items()}, study.min_group)
    named = {level: table for level, table in tables.items() if level not in pooled}
    if pooled - {UNKNOWN}:
        named[OTHER] = merge_tables([tables[level] for level in sorted(pooled)])
    # Of two groups one is the rest of the other, and there is nothing to choose from.
    n_choices = 1 if len(named) == 2 else len(named)
    return GroupComparison(
        column=column,
        groups=tuple(_group(study, level, table, n_choices) for level, table in named.items()),
        log_rank=compare_survival(list(named.values())) if len(named) > 1 else None,
        pvalue_adjusted=float("nan"),
        pooled=tuple(sorted(pooled)),
        unit=study.unit,
        horizon=study.horizon,
        confidence_level=study.confidence_level,
    )


def _group(study: ChurnStudy, level: str, table: LifeTable, n_choices: int) -> GroupSurvival:
    curve, confidence = estimate_survival(table, study.confidence_level), study.confidence_level
    rest = estimate_survival(take_from_table(study.table, table), confidence)
    stricter = 1 - (1 - confidence) / n_choices
    return GroupSurvival(
        level=level,
        curve=curve,
        at_horizon=estimate_share(curve, study.horizon, confidence),
        difference=estimate_survival_difference(curve, rest, study.horizon, confidence),
        familywise_upper=estimate_survival_difference(curve, rest, study.horizon, stricter).ci_upper,
        departures=departures_of(curve, table, study.horizon),
        n_obs=int(table.n_obs),
        n_left=int(table.n_events.sum()),
        shown_through=shown_through(curve),
    )


def _flat(group: GroupSurvival) -> dict[str, Any]:
    return {
        "group": group.level.strip(),
        "n_obs": group.n_obs,
        "n_here": group.n_here,
        "survival": group.at_horizon.value,
        "ci_lower": group.at_horizon.ci_lower,
        "ci_upper": group.at_horizon.ci_upper,
        "departures": group.departures.value,
    }
