"""Who stays: the variants' survival curves, counted from the assignment, with everybody who is still here censored."""

from dataclasses import dataclass, replace
from typing import Any

from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.methods.comparisons import (
    LogRank,
    compare_clustered_survival_arms,
    compare_survival,
    compare_survival_arms,
    estimate_survival_difference,
)
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.life_tables import LifeTable
from retention_lab.methods.survival import SurvivalCurve, estimate_share, estimate_survival
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.experiment_reductions import life_tables_of_trial
from retention_lab.tables.experiments import Trial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurvivalArms:
    """A treatment and the control: the curves, and what lies between them within the horizon (in `unit`).

    `contrast` is the difference in restricted mean: how much longer a treated customer stays within the horizon.
    """

    variant: str
    horizon: float
    unit: str
    treatment: SurvivalCurve
    control: SurvivalCurve
    contrast: Contrast
    log_rank: LogRank
    share_treatment: Estimate
    share_control: Estimate
    share_difference: Estimate
    n_left: tuple[int, int]


def compare_staying(study: ExperimentStudy, trial: Trial, outcome: str) -> list[SurvivalArms]:
    """Compare how long the customers of each treatment and of the control stay.

    Where the intervals are to hold at any time, only customers whose horizon is over count: each then adds a finished
    history, and looks at any time are looks at a growing sample.
    """
    spec, mature = study.outcomes[outcome], trial.spec.design == "anytime"
    tables = tables_of(trial, outcome, mature_only=mature)
    control, horizon = tables[trial.variants[0]], horizon_of(spec.unit, spec.horizon_days)
    arms = [arms_of(study, treatment, tables[treatment], control, horizon, spec.unit) for treatment in study.treatments]
    if trial.randomised == "customer":
        return arms
    of_each = tables_of(trial, outcome, "cluster", mature_only=mature)
    return [replace(one, contrast=_by_cluster(study, trial, of_each, one)) for one in arms]


def _by_cluster(
    study: ExperimentStudy, trial: Trial, of_each: dict[tuple[str, str], LifeTable], arms: SurvivalArms
) -> Contrast:
    """The same difference, with the error of clusters: customers of one store leave together."""
    treated, control = (
        [table for (variant, _), table in of_each.items() if variant == wanted]
        for wanted in (arms.variant, trial.variants[0])
    )
    return compare_clustered_survival_arms(treated, control, arms.horizon, study.confidence_level)


def tables_of(trial: Trial, outcome: str, by: str | None = None, *, mature_only: bool = False) -> dict[Any, LifeTable]:
    """The life table of each variant, or of each pair of variant and group."""
    counts = life_tables_of_trial(trial, outcome, by, mature_only=mature_only)
    return {
        key: LifeTable(**{name: frame[name].to_numpy(dtype=float) for name in _COUNTS}) for key, frame in counts.items()
    }


_COUNTS = ("time", "n_entered", "n_events", "n_censored")


def horizon_of(unit: str, horizon_days: int | None) -> float:
    """The horizon of a survival outcome in its own unit."""
    return float(horizon_days or 0) / UNIT_DAYS[unit]


def arms_of(
    study: ExperimentStudy, variant: str, treated: LifeTable, control: LifeTable, horizon: float, unit: str
) -> SurvivalArms:
    """Two life tables, compared."""
    level = study.confidence_level
    one, other = (estimate_survival(table, level) for table in (treated, control))
    return SurvivalArms(
        variant=variant,
        horizon=horizon,
        unit=unit,
        treatment=one,
        control=other,
        contrast=compare_survival_arms(one, other, horizon),
        log_rank=compare_survival([control, treated]),
        share_treatment=estimate_share(one, horizon, level),
        share_control=estimate_share(other, horizon, level),
        share_difference=estimate_survival_difference(one, other, horizon, level),
        n_left=(int(treated.n_events.sum()), int(control.n_events.sum())),
    )
