"""What the treatments changed: the effect of each on each outcome, with the corrections that hold it honest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.quantiles import QuantileEffect, compare_quantiles_of, quantiles_of
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.analysis.experiments.survival import SurvivalArms, compare_staying
from retention_lab.methods.effects import Moments, compare_means, noninferiority_pvalue
from retention_lab.methods.multiplicity import adjust_benjamini_hochberg, adjust_holm
from retention_lab.methods.proportions import compare_proportions
from retention_lab.methods.sequential import always_valid_interval
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.experiment_file import Outcome
from retention_lab.tables.experiment_reductions import (
    cluster_moments_of,
    moments_of,
    trimmed_moments_of,
    upper_cut,
)
from retention_lab.tables.experiments import Trial

WINSORISED_AT = 0.999
# A value so many times what 99 of 100 stay below is no ordinary customer: a reseller, a test account, a mistake. From
# a smaller share of customers, a few such would hide one another.
EXTREME, ORDINARY = 10.0, 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """The effect as it is; with values above `cut` counted as `cut`; and without those above `extreme`."""

    as_is: Contrast
    cut: float
    winsorised: Contrast
    extreme: float
    n_extreme: int
    without_extreme: Contrast | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of one treatment on one outcome: `contrast` is the one that counts.

    `pvalue_adjusted` is Holm's over the family: the treatments of the primary outcome, or all secondary ones; `qvalue`
    Benjamini and Hochberg's over the same. Guardrails stand in no family: each has its own margin, and `pvalue_margin`
    is that of being no worse than it. `plain` is without the covariate, `trimmed` of a mean.
    """

    outcome: str
    variant: str
    control: str
    spec: Outcome
    role: str
    contrast: Contrast
    pvalue_adjusted: float
    qvalue: float
    pvalue_margin: float
    plain: Contrast | None
    trimmed: Trimmed | None
    quantiles: tuple[QuantileEffect, ...]
    staying: SurvivalArms | None
    is_anytime: bool

    @property
    def gain(self) -> float:
        """The effect with its sign so that more is better."""
        return self.contrast.value if self.spec.better == "higher" else -self.contrast.value

    @property
    def is_clear(self) -> bool:
        """Whether it is told from nothing: by the interval, and by the p-value with all comparisons allowed for."""
        one = self.contrast
        level = 1 - one.confidence_level
        return bool(not one.reason and (one.ci_lower > 0 or one.ci_upper < 0) and self.pvalue_adjusted < level)

    @property
    def is_better(self) -> bool:
        return self.is_clear and self.gain > 0

    @property
    def is_worse(self) -> bool:
        return self.is_clear and self.gain < 0

    @property
    def holds_margin(self) -> bool | None:
        """Whether the treatment is shown to be no worse than the margin; None where there is no margin to hold."""
        if self.spec.margin is None or math.isnan(self.pvalue_margin):
            return None
        worst = self.contrast.ci_lower if self.spec.better == "higher" else -self.contrast.ci_upper
        return bool(worst > -self.spec.margin)


def estimate_effects(study: ExperimentStudy) -> tuple[Effect, ...]:
    """The effect of each treatment on each outcome, the primary outcome first."""
    if study.trial is None:
        return ()
    trial = study.trial
    units = cluster_moments_of(trial) if trial.randomised == "cluster" else moments_of(trial)
    effects = [effect for name in study.outcomes for effect in _effects_on(study, trial, name, units)]
    return tuple(_corrected(effects))


def _effects_on(study: ExperimentStudy, trial: Trial, name: str, units: pd.DataFrame) -> list[Effect]:
    """The effect of each treatment on one outcome."""
    outcome = study.outcomes[name]
    if outcome.kind == "survival":
        arms = compare_staying(study, trial, name)
        return [
            _effect(study, trial, name, one.variant, held(trial, outcome, one.contrast), staying=one) for one in arms
        ]
    one_each = outcome.kind == "mean" and trial.randomised == "customer" and not trial.by_order
    cut = _cut(trial, name, outcome) if one_each else None
    quantiles = quantiles_of(study, trial, name) if one_each else {}
    found = []
    for treatment in study.treatments:
        contrast = held(trial, outcome, contrast_of(study, trial, outcome, units, name, treatment))
        plain = held(trial, outcome, contrast_of(study, trial, outcome, units, name, treatment, adjust=False))
        trimmed = _trimmed(study, trial, name, treatment, cut, contrast) if cut else None
        if trimmed and outcome.winsorise_at:
            contrast = trimmed.winsorised
        found.append(
            _effect(
                study,
                trial,
                name,
                treatment,
                contrast,
                plain=plain if has_covariate(outcome) else None,
                trimmed=trimmed,
                quantiles=compare_quantiles_of(quantiles, treatment, trial.variants[0]),
            )
        )
    return found


def _effect(
    study: ExperimentStudy,
    trial: Trial,
    name: str,
    treatment: str,
    contrast: Contrast,
    *,
    plain: Contrast | None = None,
    trimmed: Trimmed | None = None,
    quantiles: tuple[QuantileEffect, ...] = (),
    staying: SurvivalArms | None = None,
) -> Effect:
    outcome = study.outcomes[name]
    return Effect(
        outcome=name,
        variant=treatment,
        control=trial.variants[0],
        spec=outcome,
        role=study.role_of(name),
        contrast=contrast,
        pvalue_adjusted=contrast.pvalue,
        qvalue=contrast.pvalue,
        pvalue_margin=noninferiority_pvalue(contrast, outcome.margin, outcome.better) if outcome.margin else math.nan,
        plain=plain,
        trimmed=trimmed,
        quantiles=quantiles,
        staying=staying,
        is_anytime=trial.spec.design == "anytime",
    )


def contrast_of(
    study: ExperimentStudy,
    trial: Trial,
    outcome: Outcome,
    frame: pd.DataFrame,
    name: str,
    treatment: str,
    *,
    adjust: bool = True,
) -> Contrast:
    """Treatment less control, from the engine's moments; `frame` has one row for each outcome and variant."""
    treated, control = (_row(frame, name, variant) for variant in (treatment, trial.variants[0]))
    level = study.confidence_level
    adjusts = adjust and has_covariate(outcome)
    if outcome.kind == "proportion" and not (adjusts or trial.by_order or trial.randomised == "cluster"):
        return compare_proportions(treated.n_events, treated.n, control.n_events, control.n, level)
    return compare_means(moments_in(treated), moments_in(control), level, adjust=adjusts)


def held(trial: Trial, outcome: Outcome, contrast: Contrast) -> Contrast:
    """The contrast as it may be read: where the design is to be looked at at any time, with an interval for that."""
    return at_any_time(trial, outcome, contrast) if trial.spec.design == "anytime" else contrast


def at_any_time(trial: Trial, outcome: Outcome, contrast: Contrast) -> Contrast:
    """The contrast with an interval that holds at all looks together."""
    if contrast.reason:
        return contrast
    bounds = (0.0, 1.0) if outcome.kind == "proportion" else (-math.inf, math.inf)
    return always_valid_interval(contrast, contrast.n_obs, trial.spec.tuned_for, bounds)


def has_covariate(outcome: Outcome) -> bool:
    """Whether something is known of each customer from before the assignment."""
    return bool(outcome.covariate or outcome.covariate_days)


def moments_in(row: pd.Series) -> Moments:
    """A row of the engine's moments as what `methods` takes; of nobody there are none."""
    mean = np.array([row.mean_y, row.mean_d, row.mean_x], dtype=float)
    covariance = np.array(
        [
            [row.var_y, row.cov_yd, row.cov_yx],
            [row.cov_yd, row.var_d, row.cov_dx],
            [row.cov_yx, row.cov_dx, row.var_x],
        ],
        dtype=float,
    )
    # Nobody has nought of everything. A spread beyond what a number can hold stays so: then nothing can be estimated.
    mean[np.isnan(mean)], covariance[np.isnan(covariance)] = 0.0, 0.0
    return Moments(n=float(row.n), mean=mean, covariance=covariance)


def _row(frame: pd.DataFrame, outcome: str, variant: str) -> pd.Series:
    return frame[(frame.outcome == outcome) & (frame.variant == variant)].iloc[0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cut:
    """An outcome with its largest values cut down, and without those that no ordinary customer has."""

    at: float
    capped: pd.DataFrame
    extreme: float
    without: pd.DataFrame | None
    n_extreme: int


def _cut(trial: Trial, name: str, outcome: Outcome) -> _Cut | None:
    """None where no value lies above nought."""
    at = upper_cut(trial, name, outcome.winsorise_at or WINSORISED_AT)
    if not (math.isfinite(at) and at > 0):
        return None
    extreme = EXTREME * upper_cut(trial, name, ORDINARY)
    capped = trimmed_moments_of(trial, name, at, how="winsorise")
    left = trimmed_moments_of(trial, name, extreme, how="leave_out")
    n_extreme = int(capped.n.sum() - left.n.sum())
    return _Cut(at=at, capped=capped, extreme=extreme, without=left if n_extreme else None, n_extreme=n_extreme)


def _trimmed(study: ExperimentStudy, trial: Trial, name: str, treatment: str, cut: _Cut, as_is: Contrast) -> Trimmed:
    outcome = study.outcomes[name]
    winsorised, without = (
        None if frame is None else held(trial, outcome, contrast_of(study, trial, outcome, frame, name, treatment))
        for frame in (cut.capped, cut.without)
    )
    return Trimmed(
        as_is=as_is,
        cut=cut.at,
        winsorised=winsorised or as_is,
        extreme=cut.extreme,
        n_extreme=cut.n_extreme,
        without_extreme=without,
    )


def _corrected(effects: Sequence[Effect]) -> list[Effect]:
    """Families: the treatments of the primary outcome; the secondary outcomes with all their treatments."""
    found = list(effects)
    for role in ("primary", "secondary"):
        family = [place for place, effect in enumerate(found) if effect.role == role]
        pvalues = [found[place].contrast.pvalue for place in family]
        adjusted = zip(family, adjust_holm(pvalues), adjust_benjamini_hochberg(pvalues), strict=True)
        for place, holm, q in adjusted:
            found[place] = replace(found[place], pvalue_adjusted=float(holm), qvalue=float(q))
    return found


def primary_effects(study: ExperimentStudy, effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects on which the decision rests, one for each treatment."""
    return tuple(effect for effect in effects if effect.outcome == study.primary)
