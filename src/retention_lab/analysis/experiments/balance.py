"""Were the variants alike before anything was done? No treatment reaches back."""

import math

import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.effects import has_covariate, moments_in
from retention_lab.analysis.experiments.gate import Gate, GateRow, judged
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.methods.effects import Moments, compare_means
from retention_lab.methods.multiplicity import adjust_holm
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.experiment_file import Outcome
from retention_lab.tables.experiment_reductions import cluster_moments_of
from retention_lab.tables.experiments import Trial
from retention_lab.tables.trial_days import day_moments

DAYS = "assigned_on"


def check_balance(study: ExperimentStudy, trial: Trial, frame: pd.DataFrame) -> Gate:
    """The gate `balance`: each covariate, and the days of assignment, of each treatment against the control.

    `frame` has the moments of the outcomes, by customer. Days of assignment that differ mean that variant and season
    cannot be told apart; `facts["days"]` says whether the gate speaks of them.
    """
    found = [*_covariates(study, trial, frame), *_days(study, trial)] if study.treatments else []
    pvalues = adjust_holm([contrast.pvalue for contrast, _, _ in found])
    if not np.isfinite(pvalues).any():
        return Gate(name="balance", status="not_applicable", facts={"days": 0.0})
    place = int(np.nanargmin(pvalues))
    contrast, name, treatment = found[place]
    rows = tuple(
        GateRow(variant=variant, n=one.value, of=one.n_obs)
        for variant, one in ((trial.variants[0], contrast.control), (treatment, contrast.treatment))
    )
    pvalue, facts = float(pvalues[place]), {"n": float(len(found)), "days": float(name == DAYS)}
    return Gate(name="balance", status=judged(pvalue), pvalue=pvalue, about=name, rows=rows, facts=facts)


_Found = list[tuple[Contrast, str, str]]


def _covariates(study: ExperimentStudy, trial: Trial, frame: pd.DataFrame) -> _Found:
    known = [name for name, outcome in study.outcomes.items() if has_covariate(outcome)]
    units = cluster_moments_of(trial) if known and trial.randomised == "cluster" else frame
    found: _Found = []
    for name in known:
        outcome = study.outcomes[name]
        before = {row.variant: _before(trial, outcome, row) for _, row in units[units.outcome == name].iterrows()}
        found += _against_control(study, trial, before, name)
    return found


def _before(trial: Trial, outcome: Outcome, row: pd.Series) -> Moments:
    """The covariate, looked at as if it were an outcome; of clusters by their size."""
    moments, spread = moments_in(row), np.zeros((3, 3))
    spread[0, 0] = moments.covariance[2, 2]
    size = 1.0
    if trial.randomised == "cluster" and outcome.kind != "ratio":
        size = float(moments.mean[1])
        spread[0, 1] = spread[1, 0] = moments.covariance[1, 2]
        spread[1, 1] = moments.covariance[1, 1]
    return Moments(n=moments.n, mean=np.array([moments.mean[2], size, 0.0]), covariance=spread)


def _days(study: ExperimentStudy, trial: Trial) -> _Found:
    """The customers of one cluster come on one day, so of clusters the days are not compared."""
    if not trial.has_days or trial.randomised == "cluster":
        return []
    days = {
        str(variant): Moments(n=float(n), mean=np.array([mean, 1.0, 0.0]), covariance=np.diag([variance, 0.0, 0.0]))
        for variant, n, mean, variance in day_moments(trial).itertuples(index=False)
        if n >= 2 and math.isfinite(variance)
    }
    return _against_control(study, trial, days, DAYS)


def _against_control(study: ExperimentStudy, trial: Trial, moments: dict[str, Moments], name: str) -> _Found:
    control = moments.get(trial.variants[0])
    treated = [treatment for treatment in study.treatments if treatment in moments]
    return [
        (compare_means(moments[treatment], control, study.confidence_level), name, treatment)
        for treatment in treated
        if control is not None
    ]
