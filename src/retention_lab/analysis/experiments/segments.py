"""Does it work for some more than for others? Asked once for each way to divide customers, never group by group.

Of many groups one always looks like a winner. So a difference between groups is shown only where a test says that the
effect is not the same in all of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.effects import contrast_of, held
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.analysis.experiments.survival import arms_of, horizon_of, tables_of
from retention_lab.methods.estimates import chi_squared_pvalue
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.experiment_reductions import moments_of
from retention_lab.tables.experiments import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEffect:
    """The effect on the primary outcome within one group of customers."""

    level: str
    contrast: Contrast


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Whether one treatment's effect differs between the groups of one column (Cochran's Q).

    `n_small` groups had fewer customers than may be shown, in the treatment or in the control, and are left out.
    """

    column: str
    variant: str
    statistic: float
    degrees_of_freedom: int
    pvalue: float
    pvalue_adjusted: float
    groups: tuple[SegmentEffect, ...]
    n_small: int
    confidence_level: float

    @property
    def is_clear(self) -> bool:
        return self.pvalue_adjusted < 1 - self.confidence_level


def compare_segments(study: ExperimentStudy) -> tuple[Interaction, ...]:
    """For each segment and treatment whether the effect differs between its groups; Holm over all of them."""
    trial = study.trial
    if trial is None:
        return ()
    found = [
        _interaction(study, trial, column, treatment, _contrasts(study, trial, column, treatment))
        for column in trial.segments
        for treatment in study.treatments
    ]
    adjusted = adjust_holm([one.pvalue for one in found])
    return tuple(replace(one, pvalue_adjusted=float(p)) for one, p in zip(found, adjusted, strict=True))


def _contrasts(study: ExperimentStudy, trial: Trial, column: str, treatment: str) -> Mapping[str, Contrast | None]:
    """The effect in each group; None where the group is too small to be shown."""
    spec = study.outcomes[study.primary]
    if spec.kind == "survival":
        tables = tables_of(trial, study.primary, by=f"s:{column}")
        levels = sorted({level for _, level in tables})
        pairs = {
            level: [tables.get((variant, level)) for variant in (treatment, trial.variants[0])] for level in levels
        }
        horizon = horizon_of(spec.unit, spec.horizon_days)
        return {
            level: arms_of(study, treatment, one, other, horizon, spec.unit).contrast
            if one and other and min(one.n_obs, other.n_obs) >= study.min_group
            else None
            for level, (one, other) in pairs.items()
        }
    frame = moments_of(trial, by=(f"s:{column}",))
    frame = frame[(frame.outcome == study.primary) & frame.variant.isin((treatment, trial.variants[0]))]
    return {
        str(level): contrast_of(study, trial, spec, rows, study.primary, treatment) if _is_large(rows, study) else None
        for level, rows in frame.groupby(f"s:{column}", sort=True)
    }


def _is_large(rows: pd.DataFrame, study: ExperimentStudy) -> bool:
    return len(rows) == 2 and rows.n.min() >= study.min_group


def _interaction(
    study: ExperimentStudy, trial: Trial, column: str, treatment: str, contrasts: Mapping[str, Contrast | None]
) -> Interaction:
    known = {level: one for level, one in contrasts.items() if one is not None and not one.reason}
    groups = tuple(
        SegmentEffect(level=level, contrast=held(trial, study.outcomes[study.primary], one))
        for level, one in known.items()
    )
    statistic, freedom = _cochran([*known.values()])
    return Interaction(
        column=column,
        variant=treatment,
        statistic=statistic,
        degrees_of_freedom=freedom,
        pvalue=chi_squared_pvalue(statistic, freedom) if freedom else math.nan,
        pvalue_adjusted=math.nan,
        groups=groups,
        n_small=len(contrasts) - len(groups),
        confidence_level=study.confidence_level,
    )


def _cochran(contrasts: list[Contrast]) -> tuple[float, int]:
    """How far the effects lie from their weighted mean, against their errors (Cochran 1954)."""
    known = [one for one in contrasts if one.std_error > 0]
    if len(known) < 2:
        return math.nan, 0
    values = np.array([one.value for one in known])
    weights = 1 / np.array([one.std_error for one in known]) ** 2
    middle = float((weights * values).sum() / weights.sum())
    return float((weights * (values - middle) ** 2).sum()), len(known) - 1
