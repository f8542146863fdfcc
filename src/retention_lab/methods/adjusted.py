"""What a change of covariates would do to survival, other covariates as they are: standardisation over a Cox fit.

This is the difference that the fit predicts. It is an effect only as far as the covariates in the fit are all that
sets the compared customers apart.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.cox import CoxFit
from retention_lab.methods.estimates import Reason
from retention_lab.methods.life_tables import check_times, index_at, is_observed
from retention_lab.methods.risk_sets import baseline_steps, distinct_rows, relative_hazard

Floats = NDArray[np.float64]

# Draws worked on at once: few enough that the arrays stay in the processor's cache.
_CHUNK = 25
# Stands for the design row after the change: the last one, whose hazard is 0.
_NOBODY_LEAVES = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedDifference:
    """Positive where the change keeps customers.

    Without tenure, `value` is the difference of mean survival at the horizon, as a share of customers. With tenure,
    it is a number of customers: those who would leave within the horizon as things are, less those who would leave
    after the change. For `n_not_covered` customers the horizon lies past the follow-up; they are in no number.
    """

    horizon: float
    value: float
    ci_lower: float
    ci_upper: float
    std_error: float
    n_obs: float
    n_covered: float
    n_not_covered: float
    confidence_level: float
    method: str
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Question:
    """Distinct customers: which design row they have and would have, which stretch of time, and how many they are."""

    designs: Floats
    as_is: NDArray[np.intp]
    changed: NDArray[np.intp]
    stretches: NDArray[np.intp]
    stretch: NDArray[np.intp]
    share: Floats


def estimate_adjusted_difference(
    fit: CoxFit,
    design_as_is: pd.DataFrame,
    design_changed: pd.DataFrame,
    *,
    horizon: float,
    tenure: ArrayLike | None = None,
    customers: ArrayLike | None = None,
    n_draws: int = 500,
    seed: int = 0,
) -> AdjustedDifference:
    """Compare the same customers as they are and as changed, row by row.

    `tenure` is how long each has been here, still active; `customers` how many each row stands for (one, if not
    given). Interval: percentiles over draws of the coefficients from their normal distribution, the baseline worked
    out again for each, and over independent noise on the steps of the baseline, whose martingale part does not depend
    on the coefficients in large samples (Andersen and Gill 1982).
    """
    if len(design_changed) != len(design_as_is):
        raise ValueError(f"design_changed has {len(design_changed)} rows, design_as_is has {len(design_as_is)}")
    return _compared(fit, design_as_is, design_changed, horizon, tenure, customers, n_draws, seed)


def estimate_departures(
    fit: CoxFit,
    design: pd.DataFrame,
    *,
    horizon: float,
    tenure: ArrayLike,
    customers: ArrayLike | None = None,
    n_draws: int = 500,
    seed: int = 0,
) -> AdjustedDifference:
    """How many customers, each active at their `tenure`, the fit expects to leave within the horizon.

    The comparison is with nobody leaving. Where the mix of customers changes with tenure, this is right and a single
    curve is not: those at risk at a tenure are not those who stand at it today.
    """
    return _compared(fit, design, None, horizon, tenure, customers, n_draws, seed)


def _compared(
    fit: CoxFit,
    design_as_is: pd.DataFrame,
    design_changed: pd.DataFrame | None,
    horizon: float,
    tenure: ArrayLike | None,
    customers: ArrayLike | None,
    n_draws: int,
    seed: int,
) -> AdjustedDifference:
    """Against `design_changed`, or against nobody leaving where there is none."""
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite, not {horizon}")
    size = len(design_as_is)
    counts = np.ones(size) if customers is None else check_times("customers", customers, size=size)
    tenures = np.zeros(size) if tenure is None else check_times("tenure", tenure, size=size)
    covered = np.asarray(is_observed(fit.risk_sets.follow_up, tenures + horizon)) & (counts > 0)
    total = float(counts[covered].sum())
    reason = _why_not(fit, design_as_is, design_changed, total, float(counts.sum()))
    numbers: tuple[float, ...] = (math.nan,) * 4
    if not reason:
        ends = index_at(fit.risk_sets.time, tenures + horizon) + 1
        starts = np.zeros_like(ends) if tenure is None else index_at(fit.risk_sets.time, tenures) + 1
        question = _collapsed(
            fit.centred(design_as_is)[covered],
            None if design_changed is None else fit.centred(design_changed)[covered],
            np.column_stack([starts, ends])[covered],
            counts[covered] / (total if tenure is None else 1.0),
        )
        numbers = _value_and_interval(fit, question, n_draws, seed)
    value, lower, upper, std_error = numbers
    return AdjustedDifference(
        horizon=horizon,
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=std_error,
        n_obs=fit.n_obs,
        n_covered=total,
        n_not_covered=float(counts.sum()) - total,
        confidence_level=fit.confidence_level,
        method=f"{fit.method}; standardised, interval from {n_draws} draws",
        reason=reason,
    )


def _why_not(
    fit: CoxFit, design_as_is: pd.DataFrame, design_changed: pd.DataFrame | None, covered: float, asked: float
) -> Reason:
    changed = design_as_is if design_changed is None else design_changed
    unknown = [name for name in fit.not_estimable if name in design_as_is and name in changed]
    moved = (design_as_is[unknown].to_numpy() != changed[unknown].to_numpy()).any()
    if moved or asked == 0 or fit.risk_sets.time.size == 0:
        return "too_few"
    return "" if covered else "not_observed"


def _collapsed(as_is: Floats, changed: Floats | None, spans: NDArray[np.intp], weight: Floats) -> _Question:
    designs, row = distinct_rows(as_is if changed is None else np.concatenate([as_is, changed]))
    after = np.full(len(as_is), _NOBODY_LEAVES) if changed is None else row[len(as_is) :]
    stretches, stretch = distinct_rows(spans.astype(float))
    kinds, kind = distinct_rows(np.column_stack([row[: len(as_is)], after, stretch]).astype(float))
    first, second, third = kinds.astype(np.intp).T
    return _Question(
        designs=designs,
        as_is=first,
        changed=second,
        stretches=stretches.astype(np.intp),
        stretch=third,
        share=np.bincount(kind, weight).astype(float),
    )


def _value_and_interval(fit: CoxFit, question: _Question, n_draws: int, seed: int) -> tuple[float, ...]:
    hazard = relative_hazard(fit.risk_sets.design, fit.coefficients)
    steps = baseline_steps(fit.risk_sets, hazard)
    value = _differences(question, steps[:, None], fit.coefficients[:, None])[0]
    draws = _draws(fit, question, steps, hazard, n_draws, np.random.default_rng(seed))
    tail = (1 - fit.confidence_level) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return float(value), float(lower), float(upper), float(draws.std(ddof=1))


def _draws(
    fit: CoxFit, question: _Question, steps: Floats, hazard: Floats, n_draws: int, rng: np.random.Generator
) -> Floats:
    risk = fit.risk_sets
    variance = risk.death_weight / risk.total_at_risk(hazard) ** 2
    # Gamma noise of mean one and the step's own relative variance: normal noise would send steps of one event, which
    # are as uncertain as they are large, below 0.
    shape = steps**2 / variance
    coefficients = fit.coefficients[:, None] + _root(fit.covariance) @ rng.normal(size=(fit.coefficients.size, n_draws))
    found = []
    for first in range(0, n_draws, _CHUNK):
        chunk = coefficients[:, first : first + _CHUNK]
        noise = rng.gamma(shape[:, None], size=(shape.size, chunk.shape[1])) / shape[:, None]
        drawn = baseline_steps(risk, relative_hazard(risk.design, chunk))
        found.append(_differences(question, drawn * noise, chunk))
    return np.concatenate(found)


def _differences(question: _Question, steps: Floats, coefficients: Floats) -> Floats:
    """Survival changed less survival as it is, summed over customers; one number for each column."""
    cumulative = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
    start, end = question.stretches.T
    over = (cumulative[end] - cumulative[start])[question.stretch]
    hazard = relative_hazard(question.designs, coefficients)
    hazard = np.concatenate([hazard, np.zeros((1, hazard.shape[1]))])
    kept = np.exp(-over * hazard[question.changed]) - np.exp(-over * hazard[question.as_is])
    return np.asarray(np.einsum("i,ij->j", question.share, kept))


def _root(covariance: Floats) -> Floats:
    """A square root that exists for a covariance of any rank, with signs that do not depend on the machine."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T)
