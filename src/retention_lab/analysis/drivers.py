"""What moves leaving: each covariate with the others held equal.

A Cox model on the customers' rows, told as what a person can use: points of survival at the horizon, and customers a
year. A covariate that holds only from a day on (joined the club) counts from that day: a customer who joins after two
years had to stay two years to join, and the years before are not the club's doing (immortal-time bias; Suissa 2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.adjusted import (
    AdjustedDifference,
    CoxDraws,
    draw_fit,
    estimate_adjusted_difference,
    estimate_departures,
)
from retention_lab.methods.cox import CoxFit, fit_cox
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.tables.observation import MONTHLY_VALUE, Observation

Kind = Literal["category", "number", "since"]
OTHER, UNKNOWN = "(other)", "(not known)"
YES, NO = "(yes)", "(no)"
UPPER, LOWER = "(upper quarter)", "(lower quarter)"
N_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A level of a covariate against another, all else equal: of a category or a number the one that leaves sooner first.

    `points` is the difference of survival at the horizon (negative: fewer stay). `customers_a_year` is how many of
    those still here in the level would be kept in a year if they left at the rate of the reference.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveComparison:
    """A covariate that holds from a day on: its hazard ratio read naively (ever or never) and counted from that day."""

    name: str
    naive: tuple[float, float, float]
    corrected: tuple[float, float, float]
    n_ever: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """All effects, the strongest first; `left_out` names covariates that cannot be used.

    `departures` are those that the model expects by the horizon among the customers still here, `value_at_risk` the
    monthly value that they take along (None without monthly values).
    """

    effects: tuple[Effect, ...]
    naive: tuple[NaiveComparison, ...]
    departures: AdjustedDifference
    value_at_risk: AdjustedDifference | None
    fit: CoxFit
    n_obs: int
    left_out: dict[str, str]
    horizon: float
    year: float
    unit: str
    confidence_level: float


@dataclass(frozen=True, slots=True)
class _Contrast:
    """What a level means in the columns of the design: `on` for the level, `off` for the reference."""

    name: str
    level: str
    reference: str
    kind: Kind
    column: str
    on: dict[str, float]
    off: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Design:
    """Customers as they are at the end of observation, in numeric columns, and the contrasts between levels."""

    columns: pd.DataFrame
    contrasts: list[_Contrast]


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
    rows = observation.rows.order_by("customer_id").to_pandas()
    design = _design(observation, rows, names, min_group)
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
        naive=tuple(_naive(rows, design, fit, name, confidence_level) for name in since if name in fit.names),
        departures=expected(),
        value_at_risk=expected(customers=here[MONTHLY_VALUE].fillna(0.0)) if MONTHLY_VALUE in rows else None,
        fit=fit,
        n_obs=len(rows),
        left_out={**observation.unusable, **fit.not_estimable},
        horizon=horizon,
        year=year,
        unit=observation.unit,
        confidence_level=confidence_level,
    )


def _chosen(observation: Observation, covariates: Sequence[str]) -> list[str]:
    known = [*observation.categorical, *observation.numeric, *observation.since]
    unknown = [name for name in covariates if name not in [*known, *observation.unusable]]
    if unknown:
        allowed = ", ".join(known) or "the client file declares none"
        raise ParameterError([Fault(where="covariates", found=repr(name), allowed=allowed) for name in unknown])
    return [name for name in known if not covariates or name in covariates]


def _design(observation: Observation, rows: pd.DataFrame, names: list[str], min_group: int) -> _Design:
    columns: dict[str, np.ndarray] = {}
    contrasts: list[_Contrast] = []
    for name in names:
        if name in observation.categorical:
            added = _category(name, rows[name], min_group)
        elif name in observation.numeric:
            added = _number(name, rows[name])
        else:
            added = _since(name, rows)
        columns |= added[0]
        contrasts += added[1]
    return _Design(pd.DataFrame(columns, index=rows.index), contrasts)


_Added = tuple[dict[str, np.ndarray], list[_Contrast]]


def _category(name: str, values: pd.Series, min_group: int) -> _Added:
    """One column for each level but the commonest, which is the reference."""
    levels = values.fillna(UNKNOWN).astype(str)
    counts = levels.value_counts()
    levels = levels.where(levels.map(counts) >= min_group, OTHER)
    counts = levels.value_counts()
    named = sorted(set(counts.index) - {UNKNOWN, OTHER}, key=lambda level: (-counts[level], level))
    if not named:
        return {}, []
    reference, others = named[0], [*named[1:], *sorted({UNKNOWN, OTHER} & set(counts.index))]
    columns = {f"{name}={level}": (levels == level).to_numpy(dtype=float) for level in others}
    off = dict.fromkeys(columns, 0.0)
    contrasts = [
        _Contrast(name, level, reference, "category", f"{name}={level}", {**off, f"{name}={level}": 1.0}, off)
        for level in others
        if level not in (UNKNOWN, OTHER)
    ]
    return columns, contrasts


def _number(name: str, values: pd.Series) -> _Added:
    """A number as it is; the contrast is between the quartiles. Those without one are a group of their own."""
    known = values.dropna()
    if known.empty:
        return {}, []
    lower, middle, upper = (float(quartile) for quartile in np.quantile(known, [0.25, 0.5, 0.75]))
    columns = {name: values.fillna(middle).to_numpy(dtype=float)}
    unknown = {f"{name}={UNKNOWN}": values.isna().to_numpy(dtype=float)} if len(known) < len(values) else {}
    off = dict.fromkeys(unknown, 0.0)
    contrast = _Contrast(name, UPPER, LOWER, "number", name, {name: upper, **off}, {name: lower, **off})
    return columns | unknown, [contrast] if upper > lower else []


def _since(name: str, rows: pd.DataFrame) -> _Added:
    """Whether the day has come by the end of observation; the fit counts it from that day."""
    joined = (rows[f"{name}_since"] < rows.duration).to_numpy(dtype=float)
    return {name: joined}, [_Contrast(name, YES, NO, "since", name, {name: 1.0}, {name: 0.0})]


def _fit(rows: pd.DataFrame, design: pd.DataFrame, since: list[str], confidence_level: float) -> CoxFit:
    episodes = pd.concat([rows[["duration", "event_observed", "entry"]], design], axis=1)
    for name in since:
        episodes = _split(episodes.assign(**{name: 0.0}), name, rows[f"{name}_since"])
    return fit_cox(
        episodes[design.columns],
        episodes.duration,
        episodes.event_observed,
        entry=episodes.entry,
        confidence_level=confidence_level,
    )


def _split(episodes: pd.DataFrame, name: str, since: pd.Series) -> pd.DataFrame:
    """Cut each episode where the covariate begins to hold; the index says which customer an episode belongs to."""
    day = since.reindex(episodes.index).to_numpy(dtype=float)
    from_start = day <= episodes.entry.to_numpy()
    within = (day > episodes.entry.to_numpy()) & (day < episodes.duration.to_numpy())
    before = episodes[within].assign(duration=day[within], event_observed=False)
    after = episodes[within].assign(entry=day[within], **{name: 1.0})
    whole = episodes[~within].assign(**{name: from_start[~within].astype(float)})
    return pd.concat([whole, before, after])


def _effect(
    draws: CoxDraws, rows: pd.DataFrame, design: _Design, contrast: _Contrast, horizon: float, year: float
) -> Effect:
    fit = draws.fit
    contrast = _worse_first(fit, contrast)
    inside = _inside(design.columns, contrast)
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
    )


def _worse_first(fit: CoxFit, contrast: _Contrast) -> _Contrast:
    """Turned round, where the reference is the one that leaves sooner; a thing that began keeps its direction."""
    ratio = _ratio(fit, contrast)[0]
    if contrast.kind == "since" or not ratio < 1:
        return contrast
    return replace(contrast, level=contrast.reference, reference=contrast.level, on=contrast.off, off=contrast.on)


def _inside(design: pd.DataFrame, contrast: _Contrast) -> np.ndarray:
    """Who is in the level: has its values, or for a number lies in its quarter."""
    if contrast.kind == "number":
        values, on, off = design[contrast.column], contrast.on[contrast.column], contrast.off[contrast.column]
        return np.asarray(values >= on if on > off else values <= on)
    return np.asarray((design[list(contrast.on)] == pd.Series(contrast.on)).all(axis=1))


def _ratio(fit: CoxFit, contrast: _Contrast) -> tuple[float, float, float, float]:
    """Hazard ratio of the level against the reference, with interval and p-value."""
    if contrast.column not in fit.names:
        return (float("nan"),) * 4
    row = fit.summary().set_index("covariate").loc[contrast.column]
    step = contrast.on[contrast.column] - contrast.off[contrast.column]
    ratios = [float(row[name] ** step) for name in ("hazard_ratio", "ci_lower", "ci_upper")]
    return ratios[0], min(ratios[1:]), max(ratios[1:]), float(row["pvalue"])


def _adjusted(effects: list[Effect]) -> list[Effect]:
    adjusted = adjust_holm([effect.pvalue for effect in effects])
    return [replace(effect, pvalue_adjusted=float(value)) for effect, value in zip(effects, adjusted, strict=True)]


def _ordered(effects: list[Effect]) -> list[Effect]:
    """The largest difference at the horizon first; what could not be estimated last."""
    return sorted(effects, key=lambda effect: -abs(effect.points.value) if not effect.points.reason else 1.0)


def _naive(rows: pd.DataFrame, design: _Design, fit: CoxFit, name: str, confidence_level: float) -> NaiveComparison:
    """The mistake, for comparison: who ever joined counts as a member from the first day."""
    wrong = fit_cox(
        design.columns, rows.duration, rows.event_observed, entry=rows.entry, confidence_level=confidence_level
    )
    contrast = next(contrast for contrast in design.contrasts if contrast.name == name)
    naive, corrected = _ratio(wrong, contrast)[:3], _ratio(fit, contrast)[:3]
    return NaiveComparison(name=name, naive=naive, corrected=corrected, n_ever=int(design.columns[name].sum()))
