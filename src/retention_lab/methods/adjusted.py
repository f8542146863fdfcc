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
from retention_lab.methods.estimates import Reason, log_log_interval, normal_quantile, two_sided_pvalue
from retention_lab.methods.life_tables import check_times
from retention_lab.methods.risk_sets import Integers, relative_hazard

Floats = NDArray[np.float64]

# Draws worked on at once: few enough that the arrays stay in the processor's cache.
_CHUNK = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedDifference:
    """Positive where the change keeps customers.

    Without tenure, `value` is the difference of mean survival at the horizon, as a share of customers. With tenure,
    it is a number of customers: those who would leave within the horizon as things are, less those who would leave
    after the change. For `n_not_covered` customers the horizon lies past the follow-up of their stratum, or nobody has
    left it; they are in no number. `pvalue` is of no difference; a number of departures has none (nan).
    """

    horizon: float
    value: float
    ci_lower: float
    ci_upper: float
    std_error: float
    pvalue: float = math.nan
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
class _Asked:
    """The customers asked about: the slots of the baseline between which each is looked at, and how many each is.

    Those who are not `covered` count as nought.
    """

    codes: Integers
    start: Integers
    end: Integers
    covered: NDArray[np.bool_]
    count: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Staying:
    """How many are expected to stay, and what this gains for each unit of a coefficient and of a baseline step."""

    value: float
    by_coefficient: Floats
    by_step: Floats


def estimate_adjusted_difference(
    fit: CoxFit,
    design_as_is: pd.DataFrame,
    design_changed: pd.DataFrame,
    *,
    horizon: float,
    tenure: ArrayLike | None = None,
    customers: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    strata_changed: ArrayLike | None = None,
) -> AdjustedDifference:
    """Compare the same customers as they are and as changed, row by row; normal interval by the delta method.

    `tenure` is how long each has been here, still active; `customers` how many each row stands for (one, if not given).
    Of a fit with strata, `strata` says which each row is of, and `strata_changed` which after the change (the same, if
    not given).
    """
    if len(design_changed) != len(design_as_is):
        raise ValueError(f"design_changed has {len(design_changed)} rows, design_as_is has {len(design_as_is)}")
    before = _asked(fit, len(design_as_is), horizon, tenure, customers, strata)
    moved = strata_changed is not None
    after = _asked(fit, len(design_as_is), horizon, tenure, customers, strata_changed) if moved else before
    covered = before.covered & after.covered
    total = float(before.count[covered].sum())
    numbers: tuple[float, ...] = (math.nan,) * 5
    reason = _why_not(fit, design_as_is, design_changed, total, before, after)
    if not reason:
        weight = np.where(covered, before.count, 0.0) / (total if tenure is None else 1.0)
        changed, as_is = _staying(fit, design_changed, after, weight), _staying(fit, design_as_is, before, weight)
        most = 1.0 if tenure is None else total
        numbers = _difference(fit, changed, as_is, most)
    return _result(fit, horizon, numbers, total, float(before.count.sum()), reason, "normal interval")


def estimate_departures(
    fit: CoxFit,
    design: pd.DataFrame,
    *,
    horizon: float,
    tenure: ArrayLike,
    customers: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> AdjustedDifference:
    """How many customers, each active at their `tenure`, the fit expects to leave within the horizon.

    The comparison is with nobody leaving. Where the mix of customers changes with tenure, this is right and a single
    curve is not: those at risk at a tenure are not those who stand at it today. The interval is symmetric for
    log(-log) of the share who stay, so it never leaves nobody and all.
    """
    asked = _asked(fit, len(design), horizon, tenure, customers, strata)
    total = float(asked.count[asked.covered].sum())
    numbers: tuple[float, ...] = (math.nan,) * 5
    reason = _why_not(fit, design, design, total, asked, asked)
    if not reason:
        staying = _staying(fit, design, asked, np.where(asked.covered, asked.count, 0.0))
        numbers = _departures(fit, staying, total)
        reason = "too_few" if math.isnan(numbers[1]) else ""
    return _result(fit, horizon, numbers, total, float(asked.count.sum()), reason, "log-log interval")


def _asked(
    fit: CoxFit,
    size: int,
    horizon: float,
    tenure: ArrayLike | None,
    customers: ArrayLike | None,
    strata: ArrayLike | None,
) -> _Asked:
    if not (math.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be positive and finite, not {horizon}")
    risk, codes = fit.risk_sets, fit.stratum_codes(strata, size)
    counts = np.ones(size) if customers is None else check_times("customers", customers, size=size)
    tenures = np.zeros(size) if tenure is None else check_times("tenure", tenure, size=size)
    return _Asked(
        codes=codes,
        # Without tenure, those who leave on the first day leave too.
        start=risk.axis.first[codes] + codes if tenure is None else risk.axis.slot(codes, tenures),
        end=risk.axis.slot(codes, tenures + horizon),
        covered=risk.is_followed(codes, tenures + horizon) & risk.seen_leaving[codes] & (counts > 0),
        count=counts,
    )


def _why_not(
    fit: CoxFit,
    design_as_is: pd.DataFrame,
    design_changed: pd.DataFrame,
    covered: float,
    before: _Asked,
    after: _Asked,
) -> Reason:
    unknown = [name for name in fit.not_estimable if name in design_as_is and name in design_changed]
    moved = unknown and (design_as_is[unknown].to_numpy() != design_changed[unknown].to_numpy()).any()
    told = fit.risk_sets.seen_leaving[before.codes] & fit.risk_sets.seen_leaving[after.codes] & (before.count > 0)
    if moved or not told.any():
        return "too_few"
    return "" if covered else "not_observed"


def _staying(fit: CoxFit, design: pd.DataFrame, asked: _Asked, weight: Floats) -> _Staying:
    """The sum over customers of w exp(-H r), with r = exp(x b) and H the sum of the baseline's steps between slots."""
    axis, baseline, matrix = fit.risk_sets.axis, fit.baseline, fit.centred(design)
    reached = axis.running(baseline.steps)
    over, hazard = reached[asked.end] - reached[asked.start], relative_hazard(matrix, fit.coefficients)
    stay = weight * np.exp(-over * hazard)
    spanned = axis.spanning(asked.start, asked.end, stay * hazard)
    # A coefficient moves both: r itself, and the steps, which drift the other way.
    through_hazard = np.einsum("i,ij->j", stay * hazard * over, matrix)
    return _Staying(
        value=float(stay.sum()),
        by_coefficient=np.einsum("k,kj->j", spanned, baseline.drift) - through_hazard,
        by_step=-spanned,
    )


def _variance(fit: CoxFit, by_coefficient: Floats, by_step: Floats) -> float:
    """Delta method. For given coefficients the steps vary on their own (Andersen and Gill 1982)."""
    return float(
        np.einsum("i,ij,j->", by_coefficient, fit.covariance, by_coefficient)
        + np.einsum("k,k->", by_step**2, fit.baseline.variance)
    )


def _difference(fit: CoxFit, changed: _Staying, as_is: _Staying, most: float) -> tuple[float, ...]:
    value = changed.value - as_is.value
    error = math.sqrt(_variance(fit, changed.by_coefficient - as_is.by_coefficient, changed.by_step - as_is.by_step))
    reach = normal_quantile(fit.confidence_level) * error
    return value, max(value - reach, -most), min(value + reach, most), error, two_sided_pvalue(value, error)


def _departures(fit: CoxFit, staying: _Staying, total: float) -> tuple[float, ...]:
    share, variance = np.array(staying.value / total), _variance(fit, staying.by_coefficient, staying.by_step)
    log_variance = np.array(variance / staying.value**2 if staying.value > 0 else 0.0)
    lower, upper = log_log_interval(share, log_variance, fit.confidence_level)
    return total - staying.value, total * float(1 - upper), total * float(1 - lower), math.sqrt(variance), math.nan


def _result(
    fit: CoxFit, horizon: float, numbers: tuple[float, ...], covered: float, asked: float, reason: Reason, interval: str
) -> AdjustedDifference:
    value, lower, upper, std_error, pvalue = numbers
    return AdjustedDifference(
        horizon=horizon,
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=std_error,
        pvalue=pvalue,
        n_obs=fit.n_obs,
        n_covered=covered,
        n_not_covered=asked - covered,
        confidence_level=fit.confidence_level,
        method=f"{fit.method}; standardised, delta method, {interval}",
        reason=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxDraws:
    """A fit as it is (column 0), and as it could as well have come out (the other columns).

    `coefficients` has a row for each covariate, `cumulative_hazard` one for each event time of each stratum, and a
    first one of 0 for each stratum.
    """

    fit: CoxFit
    coefficients: Floats
    cumulative_hazard: Floats


def draw_fit(fit: CoxFit, *, n_draws: int = 200, seed: int = 0) -> CoxDraws:
    """Draw coefficients from their normal distribution, and with each the baseline that goes with it.

    To first order a step of the baseline changes by its derivative; taken on the logarithm, it stays positive. The
    steps carry independent noise of their own: in large samples their martingale part does not depend on the
    coefficients (Andersen and Gill 1982).
    """
    risk, rng, baseline = fit.risk_sets, np.random.default_rng(seed), fit.baseline
    # Log-normal noise of mean one and the step's own relative variance. Normal noise would send steps of one event,
    # which are as uncertain as they are large, below 0; gamma noise is drawn by rejection, and a difference in the last
    # digit between two machines would change every draw after it.
    spread = np.sqrt(np.log1p(baseline.variance / baseline.steps**2))[:, None]
    moved = _root(fit.covariance) @ rng.normal(size=(fit.coefficients.size, n_draws))
    follows = -np.einsum("kj,jd->kd", baseline.drift / baseline.steps[:, None], moved)
    noise = spread * rng.normal(size=follows.shape) - spread**2 / 2
    steps = baseline.steps[:, None] * np.exp(np.column_stack([np.zeros(len(spread)), follows + noise]))
    return CoxDraws(
        fit=fit,
        coefficients=fit.coefficients[:, None] + np.column_stack([np.zeros(len(moved)), moved]),
        cumulative_hazard=risk.axis.running(steps),
    )


def draw_departures(
    fit: CoxFit,
    design: pd.DataFrame,
    *,
    tenure: ArrayLike,
    horizon: float,
    customers: ArrayLike | None = None,
    n_draws: int = 200,
    seed: int = 0,
    strata: ArrayLike | None = None,
) -> tuple[float, Floats]:
    """The departures of `estimate_departures`, as fitted and in each draw; those not covered are in neither."""
    asked = _asked(fit, len(design), horizon, tenure, customers, strata)
    draws = draw_fit(fit, n_draws=n_draws, seed=seed)
    matrix, start, end = fit.centred(design)[asked.covered], asked.start[asked.covered], asked.end[asked.covered]
    leaving = np.empty(n_draws + 1)
    for first in range(0, n_draws + 1, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        cumulative = draws.cumulative_hazard[:, chunk]
        hazard = relative_hazard(matrix, draws.coefficients[:, chunk])
        chance = -np.expm1((cumulative[start] - cumulative[end]) * hazard)
        leaving[chunk] = np.einsum("i,ij->j", asked.count[asked.covered], chance)
    return float(leaving[0]), leaving[1:]


def _root(covariance: Floats) -> Floats:
    """A square root that exists for a covariance of any rank, with signs that do not depend on the machine."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(values.clip(min=0))) @ vectors.T)
