"""The model behind drivers, risks and the back-test: a Cox fit whose form is held against the data first.

Two things are asked before anything is read off it. Does leaving rise or fall in a straight line with a number, or in a
curve? And is the ratio of two groups' leaving rates the same at all times? Where it is not, a group gets a curve of its
own (a stratum) if it is large enough for one, so that what the model predicts does not rest on the assumption.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lab.analysis.contrasts import Contrast, Design, build_design, split_episodes, straighten
from retention_lab.analysis.study import told_through
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.adjusted import AdjustedDifference, estimate_departures
from retention_lab.methods.cox import CoxFit, fit_cox, predict_departure, shrink_fit
from retention_lab.methods.hazard_ratios import HazardRatio, estimate_hazard_ratio, joint_pvalue
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.methods.proportional_hazards import ProportionalHazards, check_proportional_hazards
from retention_lab.methods.survival import estimate_survival
from retention_lab.tables.observation import Observation

# Departures that each stratum must have for a curve of its own.
STRATUM_EVENTS = 20
# Only strong evidence changes the form of the model: forty clients would otherwise see two false alarms a week.
CLEAR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChurnModel:
    """A fit to `rows` (one for each customer, in the order of the design).

    `stratified` are the covariates whose levels each have a curve of their own, since their ratios change over time;
    `strata` says which curve is a customer's (None without any). `curved` are the numbers that enter as a spline.
    `hazards` is the test of constant ratios, of all covariates before any was made a stratum, and `pvalues` are its
    p-values by covariate, by Holm.

    `fit` is for comparing groups. `predictor` is for predicting: shrunk, since of the likeliest to leave a fit promises
    too many, and without what begins on a day, since who has not joined yet may still join. Nothing is predicted past
    `known_through`, where each curve (by stratum, "" without any) hangs on a handful of customers.
    """

    rows: pd.DataFrame
    design: Design
    since: tuple[str, ...]
    stratified: tuple[str, ...]
    strata: pd.Series | None
    curved: tuple[str, ...]
    fit: CoxFit
    predictor: CoxFit
    known_through: dict[str, float]
    hazards: ProportionalHazards
    pvalues: dict[str, float]

    @property
    def changing(self) -> list[str]:
        """The covariates whose ratio is not the same at all times, the surest first."""
        return sorted((name for name, p in self.pvalues.items() if p < CLEAR), key=lambda name: self.pvalues[name])

    def is_known(self, rows: pd.DataFrame, horizon: float) -> np.ndarray:
        """Whether enough customers were followed to the end of the horizon from each one's duration."""
        strata = pd.Series("", index=rows.index) if self.strata is None else self.strata.loc[rows.index]
        through = strata.map(self.known_through).to_numpy(dtype=float)
        return np.asarray(rows.duration.to_numpy(dtype=float) + horizon <= through + 1e-9)

    def risk(self, rows: pd.DataFrame, horizon: float) -> np.ndarray:
        """The chance of leaving within the horizon for customers of `rows`, active at their duration; nan: unknown."""
        found = predict_departure(
            self.predictor,
            self.design.columns.loc[rows.index],
            tenure=rows.duration,
            horizon=horizon,
            strata=self.strata_of(rows),
        )
        return np.where(self.is_known(rows, horizon), found, np.nan)

    def departures(self, rows: pd.DataFrame, horizon: float, customers: ArrayLike | None = None) -> AdjustedDifference:
        """How many of `rows`, active at their duration, leave within the horizon; `customers` weighs each."""
        known = self.is_known(rows, horizon)
        counts = pd.Series(1.0 if customers is None else customers, index=rows.index, dtype=float)
        told = rows[known]
        found = estimate_departures(
            self.predictor,
            self.design.columns.loc[told.index],
            horizon=horizon,
            tenure=told.duration,
            customers=counts[known],
            strata=self.strata_of(told),
        )
        reason = "not_observed" if found.reason == "too_few" and not known.any() and len(rows) else found.reason
        return replace(found, n_not_covered=found.n_not_covered + float(counts[~known].sum()), reason=reason)

    def strata_of(self, rows: pd.DataFrame, name: str = "", level: str = "") -> pd.Series | None:
        """Which curves are those of `rows`, or would be if all had `level` of the covariate `name`."""
        if self.strata is None:
            return None
        if name not in self.stratified:
            return self.strata.loc[rows.index]
        return _labels(self.design.levels.loc[rows.index].assign(**{name: level}), self.stratified)


def choose_covariates(observation: Observation, covariates: Sequence[str]) -> list[str]:
    """Every usable covariate if none is named; ParameterError with all names that are not known."""
    known = [*observation.categorical, *observation.numeric, *observation.since]
    unknown = [name for name in covariates if name not in [*known, *observation.unusable]]
    if unknown:
        allowed = ", ".join(known) or "the client file declares none"
        raise ParameterError([Fault(where="covariates", found=repr(name), allowed=allowed) for name in unknown])
    return [name for name in known if not covariates or name in covariates]


def fit_model(
    observation: Observation,
    rows: pd.DataFrame,
    names: list[str],
    *,
    min_group: int,
    confidence_level: float,
    learn: np.ndarray | None = None,
) -> ChurnModel:
    """Fit the covariates `names` together to the customers of `rows`; where `learn` says which, only to those."""
    taught = rows if learn is None else rows[learn]
    since = [name for name in names if name in observation.since]
    design = build_design(observation, rows, names, min_group, curved=observation.numeric)
    fit = _fitted(taught, design.columns, since, confidence_level)
    curved = _curved(fit, design)
    straight = [name for name in design.curves if name not in curved]
    if straight:
        design = straighten(design, straight)
        fit = _fitted(taught, design.columns, since, confidence_level)
    hazards = check_proportional_hazards(fit, _terms(design, fit))
    pvalues = _holm({test.term: test.pvalue for test in hazards.tests})
    stratified = _strata_of(taught, design, observation.categorical, pvalues)
    strata = _labels(design.levels, stratified) if stratified else None
    if strata is not None:
        own = [column for name in stratified for column in design.terms[name]]
        fit = _fitted(taught, design.columns.drop(columns=own), since, confidence_level, strata)
    lasting = design.columns[[column for column in fit.names if column not in since]]
    predictor = _fitted(taught, lasting, [], confidence_level, strata) if since else fit
    return ChurnModel(
        rows=rows,
        design=design,
        since=tuple(since),
        stratified=tuple(stratified),
        strata=strata,
        curved=tuple(curved),
        fit=fit,
        predictor=shrink_fit(predictor),
        known_through=_known_through(taught, strata),
        hazards=hazards,
        pvalues=pvalues,
    )


def _known_through(rows: pd.DataFrame, strata: pd.Series | None) -> dict[str, float]:
    """The last time, for each curve, at which enough customers are at risk for it to mean something."""
    labels = pd.Series("", index=rows.index) if strata is None else strata.loc[rows.index]
    return {
        str(label): told_through(estimate_survival(life_table(one.duration, one.event_observed, one.entry)))
        for label, one in rows.groupby(labels)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangingRatio:
    """A covariate whose hazard ratio changes: before and after `cut`, each with its interval.

    `stratified` tells whether the model gives its levels curves of their own; else it holds an average of the two.
    """

    name: str
    level: str
    reference: str
    cut: float
    early: HazardRatio
    late: HazardRatio
    change: HazardRatio
    pvalue: float
    stratified: bool


def split_ratios(model: ChurnModel) -> tuple[ChangingRatio, ...]:
    """Ratios early and late, of each covariate that changes: the comparison that changes most.

    Time is cut where half of the departures have been.
    """
    told = [contrast for contrast in model.design.contrasts if contrast.name in model.changing]
    if not told:
        return ()
    cut = float(np.median(model.rows.duration[model.rows.event_observed.astype(bool)]))
    fit = _split_fit(model, cut)
    found = [_split_ratio(model, fit, contrast, cut) for contrast in told]
    surest = sorted((ratio for ratio in found if np.isfinite(ratio.change.pvalue)), key=lambda one: one.change.pvalue)
    most = {ratio.name: ratio for ratio in reversed(surest)}
    return tuple(most[name] for name in model.changing if name in most)


def _split_fit(model: ChurnModel, cut: float) -> CoxFit:
    columns = model.design.columns
    moving = [column for name in model.changing for column in model.design.terms[name]]
    episodes = pd.concat([model.rows[["duration", "event_observed", "entry"]], columns], axis=1)
    for name in model.since:
        episodes = split_episodes(episodes, name, model.rows[f"{name}_since"])
    episodes = split_episodes(episodes, _LATE, pd.Series(cut, index=columns.index))
    late = episodes[moving].mul(episodes[_LATE], axis=0).rename(columns=lambda column: f"{column}{_LATE}")
    design = pd.concat([episodes[columns.columns], late], axis=1)
    return fit_cox(
        design,
        episodes.duration,
        episodes.event_observed,
        entry=episodes.entry,
        confidence_level=model.fit.confidence_level,
    )


_LATE = " late"


def _split_ratio(model: ChurnModel, fit: CoxFit, contrast: Contrast, cut: float) -> ChangingRatio:
    turn = {f"{column}{_LATE}": by for column, by in contrast.step.items()}
    return ChangingRatio(
        name=contrast.name,
        level=contrast.level,
        reference=contrast.reference,
        cut=cut,
        early=estimate_hazard_ratio(fit, contrast.step),
        late=estimate_hazard_ratio(fit, contrast.step | turn),
        change=estimate_hazard_ratio(fit, turn),
        pvalue=model.pvalues[contrast.name],
        stratified=contrast.name in model.stratified,
    )


def _fitted(
    rows: pd.DataFrame,
    columns: pd.DataFrame,
    since: Collection[str],
    confidence_level: float,
    strata: pd.Series | None = None,
) -> CoxFit:
    episodes = pd.concat([rows[["duration", "event_observed", "entry"]], columns.loc[rows.index]], axis=1)
    for name in since:
        episodes = split_episodes(episodes, name, rows[f"{name}_since"])
    return fit_cox(
        episodes[columns.columns],
        episodes.duration,
        episodes.event_observed,
        entry=episodes.entry,
        strata=None if strata is None else strata.loc[episodes.index],
        confidence_level=confidence_level,
    )


def _curved(fit: CoxFit, design: Design) -> list[str]:
    """The numbers of which the data says that a straight line will not do."""
    bends = {name: joint_pvalue(fit, columns) for name, columns in design.curves.items()}
    return [name for name, p in _holm(bends).items() if p < CLEAR]


def _holm(pvalues: dict[str, float]) -> dict[str, float]:
    return dict(zip(pvalues, map(float, adjust_holm(list(pvalues.values()))), strict=True))


def _terms(design: Design, fit: CoxFit) -> dict[str, list[str]]:
    """The columns of each covariate that could be estimated."""
    own = {name: [column for column in columns if column in fit.names] for name, columns in design.terms.items()}
    return {name: columns for name, columns in own.items() if columns}


def _strata_of(
    rows: pd.DataFrame, design: Design, categorical: Collection[str], pvalues: dict[str, float]
) -> list[str]:
    """The covariates to stratify by: categories whose ratios change, as long as every curve has enough departures."""
    chosen: list[str] = []
    left = design.levels.loc[rows.index[rows.event_observed.to_numpy(dtype=bool)]]
    for name in sorted((name for name, p in pvalues.items() if p < CLEAR), key=lambda name: pvalues[name]):
        if name not in categorical:
            continue
        tried = [*chosen, name]
        cells = list(product(*(design.levels[one].unique() for one in tried)))
        counts = left.groupby(tried, observed=True).size()
        if min(int(counts.get(cell if len(cell) > 1 else cell[0], 0)) for cell in cells) >= STRATUM_EVENTS:
            chosen = tried
    return chosen


def _labels(levels: pd.DataFrame, stratified: Collection[str]) -> pd.Series:
    """A label for each combination of levels; a separator that no level has keeps them apart."""
    return levels[[*stratified]].astype(str).agg("\x1f".join, axis=1)
