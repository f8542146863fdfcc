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
# Centring a design moves its differences by this much, as a share of its largest number.
_ROUNDING = 1e-12


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
    """Distinct customers: which design row they have and would have, which stretch of time, and how many they are.

    `shift` is what the change adds to the design row, where it adds the same to all; `changed` is then not used.
    """

    designs: Floats
    as_is: NDArray[np.intp]
    changed: NDArray[np.intp]
    shift: Floats | None
    stretches: NDArray[np.intp]
    stretch: NDArray[np.intp]
    share: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxDraws:
    """A fit as it is (column 0), and as it could as well have come out (the other columns).

    `coefficients` has a row for each covariate, `cumulative_hazard` one for each event time after a first row of 0.
    """

    fit: CoxFit
    coefficients: Floats
    cumulative_hazard: Floats


def draw_fit(fit: CoxFit, *, n_draws: int = 500, seed: int = 0) -> CoxDraws:
    """Draw coefficients from their normal distribution, the baseline worked out again for each.

    The steps of the baseline carry independent noise of their own: in large samples their martingale part does not
    depend on the coefficients (Andersen and Gill 1982).
    """
    risk, rng = fit.risk_sets, np.random.default_rng(seed)
    hazard = relative_hazard(risk.design, fit.coefficients)
    steps = baseline_steps(risk, hazard)
    variance = risk.death_weight / risk.total_at_risk(hazard) ** 2
    # Log-normal noise of mean one and the step's own relative variance. Normal noise would send steps of one event,
    # which are as uncertain as they are large, below 0; gamma noise is drawn by rejection, and a difference in the last
    # digit between two machines would change every draw after it.
    spread = np.sqrt(np.log1p(variance / steps**2))[:, None]
    moved = _root(fit.covariance) @ rng.normal(size=(fit.coefficients.size, n_draws))
    coefficients = fit.coefficients[:, None] + np.column_stack([np.zeros(len(moved)), moved])
    cumulative = np.zeros((steps.size + 1, n_draws + 1))
    cumulative[1:, 0] = np.cumsum(steps)
    for first in range(1, n_draws + 1, _CHUNK):
        chunk = slice(first, min(first + _CHUNK, n_draws + 1))
        drawn = baseline_steps(risk, relative_hazard(risk.design, coefficients[:, chunk]))
        noise = np.exp(spread * rng.normal(size=drawn.shape) - spread**2 / 2)
        cumulative[1:, chunk] = np.cumsum(drawn * noise, axis=0)
    return CoxDraws(fit=fit, coefficients=coefficients, cumulative_hazard=cumulative)


def estimate_adjusted_difference(
    draws: CoxDraws,
    design_as_is: pd.DataFrame,
    design_changed: pd.DataFrame,
    *,
    horizon: float,
    tenure: ArrayLike | None = None,
    customers: ArrayLike | None = None,
) -> AdjustedDifference:
    """Compare the same customers as they are and as changed, row by row; the interval is of percentiles over the draws.

    `tenure` is how long each has been here, still active; `customers` how many each row stands for (one, if not given).
    """
    if len(design_changed) != len(design_as_is):
        raise ValueError(f"design_changed has {len(design_changed)} rows, design_as_is has {len(design_as_is)}")
    return _compared(draws, design_as_is, design_changed, horizon, tenure, customers)


def estimate_departures(
    draws: CoxDraws,
    design: pd.DataFrame,
    *,
    horizon: float,
    tenure: ArrayLike,
    customers: ArrayLike | None = None,
) -> AdjustedDifference:
    """How many customers, each active at their `tenure`, the fit expects to leave within the horizon.

    The comparison is with nobody leaving. Where the mix of customers changes with tenure, this is right and a single
    curve is not: those at risk at a tenure are not those who stand at it today.
    """
    return _compared(draws, design, None, horizon, tenure, customers)


def _compared(
    draws: CoxDraws,
    design_as_is: pd.DataFrame,
    design_changed: pd.DataFrame | None,
    horizon: float,
    tenure: ArrayLike | None,
    customers: ArrayLike | None,
) -> AdjustedDifference:
    """Against `design_changed`, or against nobody leaving where there is none."""
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite, not {horizon}")
    fit, size = draws.fit, len(design_as_is)
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
        numbers = _value_and_interval(draws, question)
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
        method=f"{fit.method}; standardised, interval from {draws.coefficients.shape[1] - 1} draws",
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
    shift = None if changed is None else _common_shift(as_is, changed)
    if changed is None or shift is not None:
        designs, row = distinct_rows(as_is)
        after = np.full(len(as_is), _NOBODY_LEAVES)
    else:
        designs, row = distinct_rows(np.concatenate([as_is, changed]))
        after = row[len(as_is) :]
    stretches, stretch = distinct_rows(spans.astype(float))
    kinds, kind = distinct_rows(np.column_stack([row[: len(as_is)], after, stretch]).astype(float))
    first, second, third = kinds.astype(np.intp).T
    return _Question(
        designs=designs,
        as_is=first,
        changed=second,
        shift=shift,
        stretches=stretches.astype(np.intp),
        stretch=third,
        share=np.bincount(kind, weight).astype(float),
    )


def _common_shift(as_is: Floats, changed: Floats) -> Floats | None:
    """What the change adds to each row, if it adds the same to all: then half the exponentials need not be taken."""
    added = changed - as_is
    return added[:1] if len(added) and (np.abs(added - added[0]) <= _ROUNDING * np.abs(as_is).max()).all() else None


def _value_and_interval(draws: CoxDraws, question: _Question) -> tuple[float, ...]:
    columns = range(0, draws.coefficients.shape[1], _CHUNK)
    found = np.concatenate([_differences(draws, question, slice(first, first + _CHUNK)) for first in columns])
    tail = (1 - draws.fit.confidence_level) / 2
    lower, upper = np.quantile(found[1:], [tail, 1 - tail])
    return float(found[0]), float(lower), float(upper), float(found[1:].std(ddof=1))


def _differences(draws: CoxDraws, question: _Question, columns: slice) -> Floats:
    """Survival changed less survival as it is, summed over customers; one number for each column of the draws."""
    cumulative = draws.cumulative_hazard[:, columns]
    start, end = question.stretches.T
    over = cumulative[start] - cumulative[end]
    if len(over) > 1:
        over = over[question.stretch]
    hazard = relative_hazard(question.designs, draws.coefficients[:, columns])
    before = hazard[question.as_is]
    if question.shift is not None:
        after = before * relative_hazard(question.shift, draws.coefficients[:, columns])
    else:
        after = np.concatenate([hazard, np.zeros((1, hazard.shape[1]))])[question.changed]
    kept = np.exp(over * after) - np.exp(over * before)
    return np.asarray(np.einsum("i,ij->j", question.share, kept))


def _root(covariance: Floats) -> Floats:
    """A square root that exists for a covariance of any rank, with signs that do not depend on the machine."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T)
