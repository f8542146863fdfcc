"""What moves leaving: each covariate with the others held equal.

A Cox model on the customers' rows, told as what a person can use: points of survival at the horizon, and customers a
year. A covariate that holds only from a day on (joined the club) counts from that day: a customer who joins after two
years had to stay two years to join, and the years before are not the club's doing (immortal-time bias; Suissa 2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from retention_lab.analysis.contrasts import (
    Contrast,
    Design,
    Kind,
    LeftOut,
    build_design,
    in_level,
    split_episodes,
    without_departures,
)
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.adjusted import (
    AdjustedDifference,
    CoxDraws,
    draw_fit,
    estimate_adjusted_difference,
    estimate_departures,
)
from retention_lab.methods.cox import CoxFit, WhyNot, fit_cox
from retention_lab.methods.estimates import normal_quantile, two_sided_pvalue
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.tables.observation import MONTHLY_VALUE, Observation

N_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A level of a covariate against another, all else equal; of categories and numbers the earlier leavers come first.

    `points` is the difference of survival at the horizon (negative: fewer stay). `customers_a_year` is how many of
    those still here in the level would be kept in a year if they left at the rate of the reference. `why_not` says
    why there are no numbers, and `pvalue_adjusted` is Holm's over all effects.
    """

    name: str
    level: str
    reference: str
    kind: Kind
    points: AdjustedDifference
    customers_a_year: AdjustedDifference
    hazard_ratio: float
    ci_lower: float
    ci_upper: float
    pvalue: float
    pvalue_adjusted: float
    n_obs: int
    n_here: int
    why_not: WhyNot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveComparison:
    """A covariate that holds from a day on: its hazard ratio read naively (ever or never) and counted from that day."""

    name: str
    naive: tuple[float, float, float]
    corrected: tuple[float, float, float]
    n_ever: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """All effects, the strongest first; `left_out` says of which covariates nothing can be said, and why.

    `departures` are those that the model expects by the horizon among the customers still here, `value_at_risk` the
    monthly value that they take along (None without monthly values; a blank or negative one counts as nought).
    `n_not_judged` of those still here are in groups that nobody has left so far: the model holds nothing about them.
    """

    effects: tuple[Effect, ...]
    naive: tuple[NaiveComparison, ...]
    departures: AdjustedDifference
    value_at_risk: AdjustedDifference | None
    fit: CoxFit
    n_obs: int
    n_not_judged: int
    left_out: dict[str, LeftOut]
    horizon: float
    year: float
    unit: str
    confidence_level: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each effect."""
        return pd.DataFrame([_flat(effect) for effect in self.effects])


def estimate_drivers(
    observation: Observation,
    *,
    horizon: float,
    year: float,
    covariates: Sequence[str] = (),
    min_group: int = 10,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> Drivers:
    """Fit all `covariates` (every usable one if none is named) together; `horizon` and `year` in the unit of durations.

    Levels below `min_group` customers are pooled. The p-values are Holm-adjusted over all effects.
    """
    names = _chosen(observation, covariates)
    everyone = observation.rows.order_by("customer_id").to_pandas()
    silent = without_departures(observation, everyone, names, min_group)
    rows = everyone[~silent]
    design = build_design(observation, rows, names, min_group)
    # Why a covariate has no contrast shows among all customers, before those are set aside whom nobody has left.
    reasons = design.left_out | build_design(observation, everyone, [*design.left_out], min_group).left_out
    since = [name for name in names if name in observation.since]
    fit = _fit(rows, design.columns, since, confidence_level)
    draws = draw_fit(fit, n_draws=N_DRAWS, seed=seed)
    effects = [_effect(draws, rows, design, contrast, horizon, year) for contrast in design.contrasts]
    here = rows[~rows.event_observed]
    expected = partial(
        estimate_departures, draws, design.columns.loc[here.index], horizon=horizon, tenure=here.duration
    )
    return Drivers(
        effects=tuple(_ordered(_adjusted(effects))),
        naive=_naive(rows, design, fit, since, confidence_level),
        departures=_honest(expected()),
        value_at_risk=_honest(expected(customers=_value(here))) if MONTHLY_VALUE in rows else None,
        fit=fit,
        n_obs=len(rows),
        n_not_judged=int((silent & ~everyone.event_observed.to_numpy(dtype=bool)).sum()),
        left_out={**_unusable(observation, covariates), **reasons},
        horizon=horizon,
        year=year,
        unit=observation.unit,
        confidence_level=confidence_level,
    )


def _value(here: pd.DataFrame) -> pd.Series:
    return here[MONTHLY_VALUE].fillna(0.0).clip(lower=0.0)


def _honest(expected: AdjustedDifference) -> AdjustedDifference:
    """Where nobody has left at the times ahead, "none will, and that is certain" is not what we know."""
    return replace(expected, reason="too_few") if expected.std_error == 0 else expected


def _unusable(observation: Observation, covariates: Sequence[str]) -> dict[str, LeftOut]:
    return {
        name: "too_many_levels" if why == "too_many_levels" else "one_level"
        for name, why in observation.unusable.items()
        if not covariates or name in covariates
    }


def _chosen(observation: Observation, covariates: Sequence[str]) -> list[str]:
    known = [*observation.categorical, *observation.numeric, *observation.since]
    unknown = [name for name in covariates if name not in [*known, *observation.unusable]]
    if unknown:
        allowed = ", ".join(known) or "the client file declares none"
        raise ParameterError([Fault(where="covariates", found=repr(name), allowed=allowed) for name in unknown])
    return [name for name in known if not covariates or name in covariates]


def _fit(rows: pd.DataFrame, design: pd.DataFrame, since: list[str], confidence_level: float) -> CoxFit:
    episodes = pd.concat([rows[["duration", "event_observed", "entry"]], design], axis=1)
    for name in since:
        episodes = split_episodes(episodes, name, rows[f"{name}_since"])
    return fit_cox(
        episodes[design.columns],
        episodes.duration,
        episodes.event_observed,
        entry=episodes.entry,
        confidence_level=confidence_level,
    )


def _effect(
    draws: CoxDraws, rows: pd.DataFrame, design: Design, contrast: Contrast, horizon: float, year: float
) -> Effect:
    fit = draws.fit
    contrast = _worse_first(fit, contrast)
    inside = in_level(design.columns, contrast)
    here = inside & ~rows.event_observed.to_numpy(dtype=bool)
    everyone, active = design.columns, design.columns[here]
    compare = partial(estimate_adjusted_difference, draws)
    ratio = _ratio(fit, contrast)
    return Effect(
        name=contrast.name,
        level=contrast.level,
        reference=contrast.reference,
        kind=contrast.kind,
        points=compare(everyone.assign(**contrast.off), everyone.assign(**contrast.on), horizon=horizon),
        customers_a_year=compare(active, active.assign(**contrast.off), horizon=year, tenure=rows.duration[here]),
        hazard_ratio=ratio[0],
        ci_lower=ratio[1],
        ci_upper=ratio[2],
        pvalue=ratio[3],
        pvalue_adjusted=float("nan"),
        n_obs=int(inside.sum()),
        n_here=int(here.sum()),
        why_not=fit.not_estimable.get(contrast.column),
    )


def _worse_first(fit: CoxFit, contrast: Contrast) -> Contrast:
    """Turned round, where the reference is the one that leaves sooner; a thing that began keeps its direction."""
    ratio = _ratio(fit, contrast)[0]
    if contrast.kind == "since" or not ratio < 1:
        return contrast
    return replace(contrast, level=contrast.reference, reference=contrast.level, on=contrast.off, off=contrast.on)


def _ratio(fit: CoxFit, contrast: Contrast) -> tuple[float, float, float, float]:
    """Hazard ratio of the level against the reference, with interval and p-value."""
    if contrast.column not in fit.names:
        return (float("nan"),) * 4
    place = fit.names.index(contrast.column)
    step = contrast.on[contrast.column] - contrast.off[contrast.column]
    log_ratio, error = float(fit.coefficients[place] * step), float(fit.std_errors[place] * abs(step))
    reach = normal_quantile(fit.confidence_level) * error
    middle, lower, upper = (float(value) for value in np.exp([log_ratio, log_ratio - reach, log_ratio + reach]))
    return middle, lower, upper, two_sided_pvalue(log_ratio, error)


def _adjusted(effects: list[Effect]) -> list[Effect]:
    adjusted = adjust_holm([effect.pvalue for effect in effects])
    return [replace(effect, pvalue_adjusted=float(value)) for effect, value in zip(effects, adjusted, strict=True)]


def _ordered(effects: list[Effect]) -> list[Effect]:
    """The largest difference at the horizon first; what could not be estimated last."""
    return sorted(effects, key=lambda effect: -abs(effect.points.value) if not effect.points.reason else 1.0)


def _naive(
    rows: pd.DataFrame, design: Design, fit: CoxFit, since: list[str], confidence_level: float
) -> tuple[NaiveComparison, ...]:
    """The mistake, for comparison: who ever joined counts as a member from the first day."""
    told = [contrast for contrast in design.contrasts if contrast.name in since and contrast.name in fit.names]
    if not told:
        return ()
    wrong = fit_cox(
        design.columns, rows.duration, rows.event_observed, entry=rows.entry, confidence_level=confidence_level
    )
    return tuple(
        NaiveComparison(
            name=contrast.name,
            naive=_ratio(wrong, contrast)[:3],
            corrected=_ratio(fit, contrast)[:3],
            n_ever=int(design.columns[contrast.name].sum()),
        )
        for contrast in told
    )


def _flat(effect: Effect) -> dict[str, str | float]:
    points, kept = effect.points, effect.customers_a_year
    return {
        "covariate": effect.name,
        "level": effect.level.strip(),
        "reference": effect.reference.strip(),
        "survival_difference": points.value,
        "ci_lower": points.ci_lower,
        "ci_upper": points.ci_upper,
        "customers_a_year": kept.value,
        "hazard_ratio": effect.hazard_ratio,
        "hazard_ratio_ci_lower": effect.ci_lower,
        "hazard_ratio_ci_upper": effect.ci_upper,
        "pvalue_adjusted": effect.pvalue_adjusted,
        "n_obs": effect.n_obs,
        "why_not": effect.why_not or "",
    }
