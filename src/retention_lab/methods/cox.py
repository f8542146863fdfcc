"""Cox proportional hazards: what goes with leaving sooner, each covariate with the others held equal.

Efron's or Breslow's treatment of ties, in the baseline too. Late entry, weights, strata with a baseline of their own,
and robust errors where one customer holds several rows. Newton's method on the `partial_likelihood`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from retention_lab.methods.cox_rows import (
    CoxRows,
    WhyNot,
    checked_labels,
    checked_matrix,
    checked_rows,
    first_repeated,
    screen_columns,
)
from retention_lab.methods.estimates import normal_quantile
from retention_lab.methods.life_tables import check_times
from retention_lab.methods.partial_likelihood import Baseline, Maximum, estimate_steps, maximise, score_residuals
from retention_lab.methods.risk_sets import Integers, RiskSets, Ties, build_risk_sets, relative_hazard

__all__ = [
    "BaselineHazard",
    "CoxFit",
    "WhyNot",
    "estimate_baseline",
    "fit_cox",
    "predict_departure",
    "predict_survival",
    "shrink_fit",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxFit:
    """Coefficients are logarithms of hazard ratios, for one unit of the covariate.

    `not_estimable` names the columns left out: `constant`, `collinear` (it repeats, or nearly, those before it) or
    `too_few` (no events, or nobody at risk, to tell its levels apart: its coefficient would be infinite).
    `centre` is the mean of each covariate, at which `baseline` describes a customer of each of the `strata`.
    `n_obs` and `n_events` are rows and events, by weight.
    """

    names: tuple[str, ...]
    coefficients: Floats
    std_errors: Floats
    covariance: Floats
    not_estimable: Mapping[str, WhyNot]
    log_likelihood: float
    log_likelihood_null: float
    n_obs: float
    n_events: float
    confidence_level: float
    method: str
    strata: tuple[str, ...]
    centre: Floats
    risk_sets: RiskSets
    baseline: Baseline

    @property
    def hazard_ratios(self) -> Floats:
        """How many times as fast customers leave, for one unit more."""
        return np.exp(self.coefficients)

    def summary(self) -> pd.DataFrame:
        """One row for each covariate that could be estimated."""
        reach = normal_quantile(self.confidence_level) * self.std_errors
        return pd.DataFrame(
            {
                "covariate": list(self.names),
                "coefficient": self.coefficients,
                "std_error": self.std_errors,
                "hazard_ratio": self.hazard_ratios,
                "ci_lower": np.exp(self.coefficients - reach),
                "ci_upper": np.exp(self.coefficients + reach),
                "pvalue": 2 * ndtr(-np.abs(self.coefficients) / self.std_errors),
            }
        )

    def centred(self, design: pd.DataFrame) -> Floats:
        """The rows of `design` in the order of `names`, less `centre`; columns that were left out are ignored."""
        absent = [name for name in self.names if name not in design]
        if absent:
            raise ValueError(f"design lacks {absent[0]!r}; the fit has {list(self.names)}")
        same = tuple(design.columns) == self.names
        return checked_matrix(design if same else design.loc[:, list(self.names)]) - self.centre

    def stratum_codes(self, strata: ArrayLike | None, size: int) -> Integers:
        """For each of `size` rows, which of `strata` it is of; ValueError for one that the fit does not know."""
        known = ", ".join(self.strata) or "none"
        if (strata is None) != (not self.strata):
            asked = "no stratum was named" if strata is None else "a stratum was named"
            raise ValueError(f"{asked}; the fit has these strata: {known}")
        if strata is None:
            return np.zeros(size, dtype=np.intp)
        codes, labels = checked_labels("strata", strata, size)
        unknown = sorted(set(labels) - set(self.strata))
        if unknown:
            raise ValueError(f"unknown stratum {unknown[0]!r}; the fit has these strata: {known}")
        place = pd.Index(self.strata).get_indexer(pd.Index(labels))
        return np.asarray(place[codes], dtype=np.intp)


def fit_cox(
    design: pd.DataFrame,
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ties: Ties = "efron",
    confidence_level: float = 0.95,
) -> CoxFit:
    """Fit the numeric columns of `design`; categories are encoded by the caller.

    A column that cannot be estimated is left out and named, never an error. `strata` (a label for each row) gives each
    stratum a baseline of its own. `cluster` (who each row belongs to) asks for robust errors; episodes of one customer
    that follow each other need none.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties must be 'efron' or 'breslow', not {ties!r}")
    rows = checked_rows(design, duration, event_observed, entry, weights, strata, cluster)
    names = [str(name) for name in design.columns]
    not_estimable, kept = screen_columns(names, rows.design)
    kept, risk, found = _fitted(names, rows, kept, not_estimable, ties)
    covariance = found.covariance if cluster is None else _robust(rows, kept, risk, found)
    return CoxFit(
        names=tuple(names[column] for column in kept),
        coefficients=found.beta,
        std_errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        not_estimable=not_estimable,
        log_likelihood=found.value,
        log_likelihood_null=found.null,
        n_obs=float(rows.weight.sum()),
        n_events=float(rows.weight[rows.event].sum()),
        confidence_level=confidence_level,
        method=_method(ties, n_strata=len(rows.strata), robust=cluster is not None),
        strata=rows.strata,
        centre=rows.centre[kept],
        risk_sets=risk,
        baseline=estimate_steps(risk, found.beta),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaselineHazard:
    """The cumulative hazard, at each event time, of a customer whose covariates are all at the fit's `centre`."""

    time: Floats
    cumulative_hazard: Floats
    follow_up: float


def estimate_baseline(fit: CoxFit, stratum: str | None = None) -> BaselineHazard:
    """The baseline of a stratum, by the treatment of ties of the fit; with late entry and weights."""
    (code,) = fit.stratum_codes(None if stratum is None else [stratum], size=1)
    here = fit.risk_sets.axis.stratum == code
    return BaselineHazard(
        time=fit.risk_sets.axis.time[here],
        cumulative_hazard=np.cumsum(fit.baseline.steps[here], dtype=np.float64),
        follow_up=float(fit.risk_sets.follow_up[code]),
    )


def predict_survival(fit: CoxFit, design: pd.DataFrame, times: ArrayLike, strata: ArrayLike | None = None) -> Floats:
    """Survival of each row of `design` (down) at each of `times` (across); nan past the follow-up of its stratum."""
    risk, codes, at = fit.risk_sets, fit.stratum_codes(strata, len(design)), check_times("times", times)
    each = np.repeat(np.arange(risk.follow_up.size), at.size)
    reached = risk.axis.running(fit.baseline.steps)[risk.axis.slot(each, np.tile(at, risk.follow_up.size))]
    reached[~risk.is_followed(each, np.tile(at, risk.follow_up.size))] = np.nan
    hazard = relative_hazard(fit.centred(design), fit.coefficients)
    return np.exp(-hazard[:, None] * reached.reshape(-1, at.size)[codes])


def predict_departure(
    fit: CoxFit, design: pd.DataFrame, *, tenure: ArrayLike, horizon: float, strata: ArrayLike | None = None
) -> Floats:
    """For each row, the chance of leaving within `horizon` of its `tenure` given that it is active at `tenure`.

    What happens at the tenure itself is over. nan past the follow-up of its stratum.
    """
    codes, tenures = fit.stratum_codes(strata, len(design)), check_times("tenure", tenure, size=len(design))
    axis, reached = fit.risk_sets.axis, fit.risk_sets.axis.running(fit.baseline.steps)
    over = reached[axis.slot(codes, tenures + horizon)] - reached[axis.slot(codes, tenures)]
    over[~fit.risk_sets.is_followed(codes, tenures + horizon)] = np.nan
    return -np.expm1(-over * relative_hazard(fit.centred(design), fit.coefficients))


def shrink_fit(fit: CoxFit) -> CoxFit:
    """The fit to predict with: all coefficients drawn towards nought by one factor, and the baseline that goes with it.

    Coefficients fit the luck of their data too, so that those said to be the likeliest to leave are said to be too
    likely; most of all where many columns meet few departures. The factor is that of van Houwelingen and le Cessie
    (1990, Statistics in Medicine 9:1303-1325): what the likelihood ratio passes its expectation by under no effects, as
    a share of it. Covariance and likelihood stay those of `fit`, which is the one to compare groups with.
    """
    if not fit.names:
        return fit
    ratio = 2 * (fit.log_likelihood - fit.log_likelihood_null)
    coefficients = fit.coefficients * (max(1 - len(fit.names) / ratio, 0.0) if ratio > 0 else 0.0)
    return replace(
        fit,
        coefficients=coefficients,
        baseline=estimate_steps(fit.risk_sets, coefficients),
        method=f"{fit.method}, shrunk",
    )


def _fitted(
    names: list[str], rows: CoxRows, kept: list[int], not_estimable: dict[str, WhyNot], ties: Ties
) -> tuple[list[int], RiskSets, Maximum]:
    """What could be fitted, on which risk sets; what turns out hopeless is left out and the rest fitted again."""
    while True:
        design = rows.design if len(kept) == rows.design.shape[1] else rows.design[:, kept]
        risk = build_risk_sets(design, rows.duration, rows.event, rows.entry, rows.weight, rows.stratum, ties)
        scale = np.sqrt(np.einsum("ij,ij->j", design, design) / max(len(design), 1))
        found = maximise(risk, scale)
        hopeless = [column for column, off in zip(kept, found.runs_off, strict=True) if off]
        if not hopeless:
            return kept, risk, found
        repeated = first_repeated(rows.design, kept, hopeless)
        if repeated is not None:
            # Without it the columns that it repeats may well be told; only a new fit can say.
            hopeless = [repeated]
        not_estimable.update({names[column]: "too_few" if repeated is None else "collinear" for column in hopeless})
        kept = [column for column in kept if column not in hopeless]


def _robust(rows: CoxRows, kept: list[int], risk: RiskSets, found: Maximum) -> Floats:
    """Sandwich (Lin and Wei 1989) from score residuals, summed within clusters."""
    residuals = score_residuals(
        rows.design[:, kept], rows.duration, rows.event, rows.entry, rows.stratum, risk, found.beta
    )
    by_cluster = np.zeros((int(rows.cluster.max(initial=-1)) + 1, len(kept)))
    np.add.at(by_cluster, rows.cluster, residuals * rows.weight[:, None] @ found.covariance)
    return np.asarray(by_cluster.T @ by_cluster)


def _method(ties: Ties, *, n_strata: int, robust: bool) -> str:
    strata = f", {n_strata} strata" if n_strata else ""
    return f"Cox, {ties.capitalize()} ties{strata}{', robust errors by cluster' if robust else ''}"
