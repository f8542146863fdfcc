"""The effects of a model's covariates, told as what a person can use: points of survival, and customers a year."""

from dataclasses import dataclass, replace

import pandas as pd

from retention_lab.analysis.contrasts import Contrast, Kind, as_if, in_level, widest
from retention_lab.analysis.model import ChurnModel
from retention_lab.methods.adjusted import AdjustedDifference, estimate_adjusted_difference
from retention_lab.methods.cox import WhyNot
from retention_lab.methods.hazard_ratios import HazardRatio, estimate_hazard_ratio, joint_pvalue
from retention_lab.methods.multiplicity import adjust_holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A level of a covariate against another, all else equal; of categories and numbers the earlier leavers come first.

    `points` is the difference of survival at the horizon (negative: fewer stay). `customers_a_year` is how many of
    those still here in the level would be kept in a year if they left at the rate of the reference. Where the ratio
    of the two changes over time and each has a curve of its own (`stratified`), there is no hazard ratio. Of a number
    that enters as a curve only the comparison that differs most is kept, and `pvalue` asks whether the number matters
    at all. `why_not` says why there are no numbers, and `pvalue_adjusted` is Holm's over all effects.
    """

    name: str
    level: str
    reference: str
    kind: Kind
    points: AdjustedDifference
    customers_a_year: AdjustedDifference
    hazard_ratio: HazardRatio
    stratified: bool
    pvalue: float
    pvalue_adjusted: float
    n_obs: int
    n_here: int
    why_not: WhyNot | None


def estimate_effects(model: ChurnModel, *, horizon: float, year: float) -> tuple[Effect, ...]:
    """The effect of each contrast of the model, with p-values adjusted over all of them, the strongest first."""
    effects = [_effect(model, one, horizon, year) for one in widest(model.design, model.curved, model.fit)]
    return tuple(_ordered(_adjusted(effects)))


def _pvalue(model: ChurnModel, contrast: Contrast, points: AdjustedDifference, ratio: HazardRatio) -> float:
    if contrast.name in model.curved:
        return joint_pvalue(model.fit, model.design.terms[contrast.name])
    return points.pvalue if contrast.name in model.stratified else ratio.pvalue


def _effect(model: ChurnModel, contrast: Contrast, horizon: float, year: float) -> Effect:
    contrast = _worse_first(model, contrast, horizon)
    rows, columns = model.rows, model.design.columns
    inside = in_level(columns, contrast)
    here = inside & ~rows.event_observed.to_numpy(dtype=bool)
    points = _points(model, contrast, horizon)
    ratio = estimate_hazard_ratio(model.fit, contrast.step)
    return Effect(
        name=contrast.name,
        level=contrast.level,
        reference=contrast.reference,
        kind=contrast.kind,
        points=points,
        customers_a_year=_kept(model, contrast, rows[here], year),
        hazard_ratio=ratio,
        stratified=contrast.name in model.stratified,
        pvalue=_pvalue(model, contrast, points, ratio),
        pvalue_adjusted=float("nan"),
        n_obs=int(inside.sum()),
        n_here=int(here.sum()),
        why_not=model.fit.not_estimable.get(contrast.column),
    )


def _kept(model: ChurnModel, contrast: Contrast, here: pd.DataFrame, year: float) -> AdjustedDifference:
    """Those of the level who would stay a year more at the rate of the reference: by the fit that predicts."""
    known = here[model.is_known(here, year)]
    active = model.design.columns.loc[known.index]
    found = estimate_adjusted_difference(
        model.fit if contrast.kind == "since" else model.predictor,
        active,
        as_if(active, contrast.off),
        horizon=year,
        tenure=known.duration,
        strata=model.strata_of(active),
        strata_changed=model.strata_of(active, contrast.name, contrast.reference),
    )
    return replace(found, n_not_covered=found.n_not_covered + len(here) - len(known))


def _points(model: ChurnModel, contrast: Contrast, horizon: float) -> AdjustedDifference:
    """All customers as if in the level, less all as if in the reference."""
    everyone = model.design.columns
    return estimate_adjusted_difference(
        model.fit,
        as_if(everyone, contrast.off),
        as_if(everyone, contrast.on),
        horizon=horizon,
        strata=model.strata_of(everyone, contrast.name, contrast.reference),
        strata_changed=model.strata_of(everyone, contrast.name, contrast.level),
    )


def _worse_first(model: ChurnModel, contrast: Contrast, horizon: float) -> Contrast:
    """Turned round, where the reference is the one that leaves sooner; a thing that began keeps its direction."""
    if contrast.name in model.stratified:
        better = _points(model, contrast, horizon).value > 0
    else:
        better = estimate_hazard_ratio(model.fit, contrast.step).value < 1
    if contrast.kind == "since" or not better:
        return contrast
    return replace(contrast, level=contrast.reference, reference=contrast.level, on=contrast.off, off=contrast.on)


def _adjusted(effects: list[Effect]) -> list[Effect]:
    adjusted = adjust_holm([effect.pvalue for effect in effects])
    return [replace(effect, pvalue_adjusted=float(value)) for effect, value in zip(effects, adjusted, strict=True)]


def _ordered(effects: list[Effect]) -> list[Effect]:
    """The largest difference at the horizon first; what could not be estimated last."""
    return sorted(effects, key=lambda effect: -abs(effect.points.value) if not effect.points.reason else 1.0)


def flat(effect: Effect) -> dict[str, str | float]:
    """The numbers of an effect, for a row of a table."""
    points, kept = effect.points, effect.customers_a_year
    return {
        "covariate": effect.name,
        "level": effect.level.strip(),
        "reference": effect.reference.strip(),
        "survival_difference": points.value,
        "ci_lower": points.ci_lower,
        "ci_upper": points.ci_upper,
        "customers_a_year": kept.value,
        "hazard_ratio": effect.hazard_ratio.value,
        "hazard_ratio_ci_lower": effect.hazard_ratio.ci_lower,
        "hazard_ratio_ci_upper": effect.hazard_ratio.ci_upper,
        "pvalue_adjusted": effect.pvalue_adjusted,
        "n_obs": effect.n_obs,
        "why_not": effect.why_not or "",
    }
