"""Cox proportional hazards: what goes with leaving sooner, each covariate with the others held equal.

Efron's treatment of ties throughout, in the baseline too. Late entry, weights, and robust errors where one customer
holds several rows. Newton's method on the `partial_likelihood`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from retention_lab.methods.estimates import normal_quantile
from retention_lab.methods.life_tables import check_entries, check_events, check_times, index_at, is_observed
from retention_lab.methods.partial_likelihood import Likelihood, partial_likelihood, score_residuals
from retention_lab.methods.risk_sets import (
    RiskSets,
    baseline_steps,
    build_risk_sets,
    relative_hazard,
)

Floats = NDArray[np.float64]
WhyNot = Literal["constant", "collinear", "too_few"]

_MAX_STEPS = 50
_CONVERGED = 1e-10
# Standard error, for a change of one standard deviation, past which the data says nothing about a coefficient:
# one that runs off to infinity stops in the tens of thousands, one from a handful of events stays below 3.
_HOPELESS = 20.0
# The log hazard ratio between a column's ends past which it separates leavers from stayers altogether.
_FARTHEST = 300.0
# Rounding leaves about this much information in a direction that has none.
_NO_INFORMATION, _ROUNDING = 1e-9, 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxFit:
    """Coefficients are logarithms of hazard ratios, for one unit of the covariate.

    `not_estimable` names the columns left out: `constant`, `collinear` (it repeats the columns before it) or
    `too_few` (no events, or nobody at risk, to tell its levels apart: its coefficient would be infinite).
    `centre` is the mean of each covariate, at which `estimate_baseline` describes a customer.
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
    centre: Floats
    risk_sets: RiskSets

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
                "pvalue": 2 * norm.sf(np.abs(self.coefficients) / self.std_errors),
            }
        )

    def centred(self, design: pd.DataFrame) -> Floats:
        """The rows of `design` in the order of `names`, less `centre`; columns that were left out are ignored."""
        absent = [name for name in self.names if name not in design]
        if absent:
            raise ValueError(f"design lacks {absent[0]!r}; the fit has {list(self.names)}")
        return _matrix(design.loc[:, list(self.names)]) - self.centre


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """The data of a fit, row by row; `design` is centred."""

    design: Floats
    duration: Floats
    event: NDArray[np.bool_]
    entry: Floats
    weight: Floats

    def risk_sets(self, columns: list[int]) -> RiskSets:
        return build_risk_sets(self.design[:, columns], self.duration, self.event, self.entry, self.weight)


def fit_cox(
    design: pd.DataFrame,
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> CoxFit:
    """Fit the numeric columns of `design`; categories are encoded by the caller.

    A column that cannot be estimated is left out and named, never an error. `cluster` (who each row belongs to) asks
    for robust errors; episodes of one customer that follow each other need none.
    """
    rows, centre = _checked_rows(design, duration, event_observed, entry, weights)
    names = [str(name) for name in design.columns]
    not_estimable, kept = _screened(names, rows)
    kept, risk, beta, covariance = _fitted(names, rows, kept, not_estimable)
    if cluster is not None:
        covariance = _robust(rows, kept, risk, beta, covariance, _clusters(cluster, weights, size=len(design)))
    return CoxFit(
        names=tuple(names[column] for column in kept),
        coefficients=beta,
        std_errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        not_estimable=not_estimable,
        log_likelihood=partial_likelihood(risk, risk.design, beta).value,
        log_likelihood_null=partial_likelihood(risk, risk.design, np.zeros(len(kept))).value,
        n_obs=float(rows.weight.sum()),
        n_events=float(rows.weight[rows.event].sum()),
        confidence_level=confidence_level,
        method="Cox, Efron ties" if cluster is None else "Cox, Efron ties, robust errors by cluster",
        centre=centre[kept],
        risk_sets=risk,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaselineHazard:
    """The cumulative hazard, at each event time, of a customer whose covariates are all at the fit's `centre`."""

    time: Floats
    cumulative_hazard: Floats
    follow_up: float


def estimate_baseline(fit: CoxFit) -> BaselineHazard:
    """Efron's estimate, with late entry and weights."""
    steps = baseline_steps(fit.risk_sets, relative_hazard(fit.risk_sets.design, fit.coefficients))
    return BaselineHazard(
        time=fit.risk_sets.time,
        cumulative_hazard=np.cumsum(steps, dtype=np.float64),
        follow_up=fit.risk_sets.follow_up,
    )


def predict_survival(fit: CoxFit, design: pd.DataFrame, times: ArrayLike) -> Floats:
    """Survival of each row of `design` (down) at each of `times` (across); nan past the follow-up."""
    baseline = estimate_baseline(fit)
    at = check_times("times", times)
    reached = np.concatenate([[0.0], baseline.cumulative_hazard])[index_at(baseline.time, at) + 1]
    reached[~is_observed(baseline.follow_up, at)] = np.nan
    return np.exp(-np.outer(relative_hazard(fit.centred(design), fit.coefficients), reached))


def _checked_rows(
    design: pd.DataFrame,
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None,
    weights: ArrayLike | None,
) -> tuple[_Rows, Floats]:
    size = len(design)
    durations = check_times("duration", duration, size=size)
    events = check_events(event_observed, size=size)
    entries = np.zeros(size) if entry is None else check_times("entry", entry, size=size)
    shares = np.ones(size) if weights is None else check_times("weights", weights, size=size)
    check_entries(entries, durations)
    counted = shares > 0
    matrix = _matrix(design)[counted]
    centre = matrix.mean(axis=0) if counted.any() else np.zeros(matrix.shape[1])
    rows = _Rows(
        design=matrix - centre,
        duration=durations[counted],
        event=events[counted],
        entry=entries[counted],
        weight=shares[counted],
    )
    return rows, centre


def _matrix(design: pd.DataFrame) -> Floats:
    matrix = design.to_numpy(dtype=float)
    wrong = np.flatnonzero(~np.isfinite(matrix).all(axis=0))
    if wrong.size:
        raise ValueError(f"column {design.columns[wrong[0]]!r} has missing or infinite values")
    return matrix


def _clusters(cluster: ArrayLike, weights: ArrayLike | None, size: int) -> NDArray[np.intp]:
    codes, _ = pd.factorize(np.asarray(cluster))
    if codes.size != size or (codes < 0).any():
        raise ValueError(f"cluster must have one value, not missing, for each of {size} rows")
    counted = np.ones(size, dtype=bool) if weights is None else np.asarray(weights, dtype=float) > 0
    return np.asarray(codes[counted], dtype=np.intp)


def _screened(names: list[str], rows: _Rows) -> tuple[dict[str, WhyNot], list[int]]:
    """Columns that no data could tell apart, by name, and the others by position."""
    not_estimable: dict[str, WhyNot] = {}
    kept: list[int] = []
    basis = np.zeros((len(rows.design), 0))
    for column, name in enumerate(names):
        values = rows.design[:, column]
        size = float(np.linalg.norm(values))
        # Twice, since once is not exact to rounding when columns are nearly alike.
        left = values - basis @ (basis.T @ values)
        left = left - basis @ (basis.T @ left)
        if size <= 1e-12 or np.ptp(values) == 0:
            not_estimable[name] = "constant"
        elif np.linalg.norm(left) < 1e-7 * size:
            not_estimable[name] = "collinear"
        else:
            kept.append(column)
            basis = np.column_stack([basis, left / np.linalg.norm(left)])
    return not_estimable, kept


def _fitted(
    names: list[str], rows: _Rows, kept: list[int], not_estimable: dict[str, WhyNot]
) -> tuple[list[int], RiskSets, Floats, Floats]:
    """Coefficients and covariance; what turns out hopeless is left out and the rest fitted again.

    Worked out for columns of standard deviation one, so that neither cents nor millions upset the arithmetic.
    """
    while True:
        risk = rows.risk_sets(kept)
        scale = rows.design[:, kept].std(axis=0) if len(rows.design) else np.ones(0)
        beta, likelihood = _climb(risk, risk.design / scale)
        covariance = _inverse(likelihood.information)
        hopeless = [
            column for column, off in zip(kept, _runs_off(risk.design / scale, beta, covariance), strict=True) if off
        ]
        if not hopeless:
            return kept, risk, beta / scale, covariance / np.outer(scale, scale)
        not_estimable.update({names[column]: "too_few" for column in hopeless})
        kept = [column for column in kept if column not in hopeless]


def _climb(risk: RiskSets, design: Floats) -> tuple[Floats, Likelihood]:
    """Newton's method; a step that does not rise is halved."""
    beta = np.zeros(design.shape[1])
    here = partial_likelihood(risk, design, beta)
    for _ in range(_MAX_STEPS):
        inverse = _inverse(here.information)
        step = inverse @ here.gradient
        if float(here.gradient @ step) < _CONVERGED or _runs_off(design, beta, inverse).any():
            break
        there = partial_likelihood(risk, design, beta + step)
        while not there.value >= here.value - 1e-9 * abs(here.value) and np.abs(step).max() > 1e-12:
            step = step / 2
            there = partial_likelihood(risk, design, beta + step)
        beta, here = beta + step, there
    return beta, here


def _runs_off(design: Floats, beta: Floats, covariance: Floats) -> NDArray[np.bool_]:
    """Which coefficients are on their way to infinity, in columns of standard deviation one."""
    reach = np.abs(beta) * np.ptp(design, axis=0) if len(design) else np.zeros(beta.size)
    return np.asarray((np.sqrt(np.diag(covariance)) > _HOPELESS) | (reach > _FARTHEST))


def _inverse(information: Floats) -> Floats:
    """Inverse of a matrix that should be positive; a direction without information comes out as hopeless."""
    values, vectors = np.linalg.eigh(information)
    floor = max(_NO_INFORMATION, _ROUNDING * float(values.max(initial=0.0)))
    return np.asarray((vectors / np.maximum(values, floor)) @ vectors.T)


def _robust(
    rows: _Rows, kept: list[int], risk: RiskSets, beta: Floats, covariance: Floats, cluster: NDArray[np.intp]
) -> Floats:
    """Sandwich (Lin and Wei 1989) from Efron score residuals, summed within clusters."""
    design = rows.design[:, kept]
    moved = (
        score_residuals(design, rows.duration, rows.event, rows.entry, risk, beta) * rows.weight[:, None] @ covariance
    )
    by_cluster = np.zeros((int(cluster.max(initial=-1)) + 1, len(kept)))
    np.add.at(by_cluster, cluster, moved)
    return np.asarray(by_cluster.T @ by_cluster)
