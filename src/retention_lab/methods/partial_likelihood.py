"""Cox's partial likelihood with Efron's or Breslow's treatment of ties: its derivatives, its maximum, its residuals.

The sums over ties are scalars of each event time and the sums over risk sets are those of `risk_sets`, so that no
array ever holds a matrix for each time or each customer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.risk_sets import Integers, RiskSets, relative_hazard, risk_interval

Floats = NDArray[np.float64]

_LEAST = -300.0
_MAX_STEPS = 50
_CONVERGED = 1e-14
# Standard error, for a change of one standard deviation, past which the data says nothing about a coefficient:
# one that runs off to infinity stops in the tens of thousands, one from a handful of events stays below 3.
_HOPELESS = 20.0
# The log hazard ratio between a column's ends past which it separates leavers from stayers altogether.
_FARTHEST = 300.0
# Rounding leaves about this much information in a direction that has none.
_NO_INFORMATION, _ROUNDING = 1e-9, 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """The log partial likelihood, its slope, and its curvature with the sign turned."""

    value: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maximum:
    """Where the likelihood is highest; `null` is its value without covariates.

    `runs_off` tells of each coefficient whether it is on its way to infinity; the rest then means nothing.
    """

    beta: Floats
    covariance: Floats
    value: float
    null: float
    runs_off: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baseline:
    """At each event time, the step of the cumulative hazard of a customer whose relative hazard is 1.

    `variance` is that of the step for given coefficients (its martingale part), and `drift` what the step loses for
    each unit more of a coefficient: the mean covariates of those at risk, times the step.
    """

    steps: Floats
    variance: Floats
    drift: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ties:
    """Sums over the tied of each event time, of f**j / s and f**j / s**2, where s is what is left at risk.

    For Efron the l-th of d tied leaves when f = l / d of the tied are taken to be gone; for Breslow all leave when
    f = 0. Each is scaled by the weight of one.
    """

    once: tuple[Floats, Floats]
    squared: tuple[Floats, Floats, Floats]
    log_at_risk: Floats


def partial_likelihood(risk: RiskSets, beta: Floats) -> Likelihood:
    """The likelihood of coefficients `beta`."""
    design = risk.design
    linear = np.einsum("ij,j->i", design, beta)
    # The likelihood does not change with a constant; without it, exp cannot overflow.
    linear = linear - linear.max() if linear.size else linear
    # A coefficient on its way to infinity must not empty a risk set by underflow; no other gets this far.
    hazard = np.exp(np.maximum(linear, _LEAST))
    ties = _tie_sums(risk, hazard)
    (flat, sloped), (square, cross, both) = ties.once, ties.squared
    moved = hazard[:, None] * design
    at_risk, leaving = risk.total_at_risk(moved), risk.total_leaving(moved)
    reached = risk.total_exposure(flat) - risk.deaths.T @ sloped
    left = np.asarray(risk.deaths.sum(axis=0), dtype=float).ravel()
    moved *= reached[:, None]
    mixed = (at_risk * cross[:, None]).T @ leaving
    return Likelihood(
        value=float(left @ linear - ties.log_at_risk.sum()),
        gradient=(left - hazard * reached) @ design,
        information=moved.T @ design
        - (at_risk * square[:, None]).T @ at_risk
        + mixed
        + mixed.T
        - (leaving * both[:, None]).T @ leaving,
    )


def _tie_sums(risk: RiskSets, hazard: Floats) -> _Ties:
    at_risk, leaving = risk.total_at_risk(hazard), risk.total_leaving(hazard)
    each = risk.death_weight / risk.n_tied
    when = np.repeat(np.arange(risk.n_tied.size), risk.n_tied)
    first = np.cumsum(risk.n_tied) - risk.n_tied
    share = (np.arange(when.size) - first[when]) / risk.n_tied[when] * (risk.ties == "efron")
    left = np.maximum(at_risk, leaving)[when] - share * leaving[when]

    def total(values: Floats) -> Floats:
        return each * np.bincount(when, values, minlength=risk.n_tied.size)

    return _Ties(
        once=(total(1 / left), total(share / left)),
        squared=(total(1 / left**2), total(share / left**2), total(share**2 / left**2)),
        log_at_risk=total(np.log(left)),
    )


def maximise(risk: RiskSets, scale: Floats) -> Maximum:
    """Newton's method; a step that does not rise is halved. `scale` is the standard deviation of each column.

    Worked out for columns of standard deviation one, so that neither cents nor millions upset the arithmetic.
    """
    reach = np.ptp(risk.design, axis=0) / scale if len(risk.design) else scale
    beta = np.zeros(scale.size)
    here = first = _scaled(risk, beta, scale)
    for _ in range(_MAX_STEPS):
        inverse = _inverse(here.information)
        step = inverse @ here.gradient
        if _runs_off(reach, beta, inverse).any():
            break
        if float(here.gradient @ step) < _CONVERGED:
            # The last step is too small to be worth another look at the rows, but it is free.
            beta = beta + step
            break
        there = _scaled(risk, beta + step, scale)
        while not there.value >= here.value - 1e-9 * abs(here.value) and np.abs(step).max() > 1e-12:
            step = step / 2
            there = _scaled(risk, beta + step, scale)
        beta, here = beta + step, there
    covariance = _inverse(here.information)
    return Maximum(
        beta=beta / scale,
        covariance=covariance / np.outer(scale, scale),
        value=here.value,
        null=first.value,
        runs_off=_runs_off(reach, beta, covariance),
    )


def _scaled(risk: RiskSets, beta: Floats, scale: Floats) -> Likelihood:
    found = partial_likelihood(risk, beta / scale)
    return Likelihood(
        value=found.value, gradient=found.gradient / scale, information=found.information / np.outer(scale, scale)
    )


def _runs_off(reach: Floats, beta: Floats, covariance: Floats) -> NDArray[np.bool_]:
    """Which coefficients are on their way to infinity, in columns of standard deviation one."""
    return np.asarray((np.sqrt(np.diag(covariance)) > _HOPELESS) | (np.abs(beta) * reach > _FARTHEST))


def _inverse(information: Floats) -> Floats:
    """Inverse of a matrix that should be positive; a direction without information comes out as hopeless."""
    values, vectors = np.linalg.eigh(information)
    floor = max(_NO_INFORMATION, _ROUNDING * float(values.max(initial=0.0)))
    return np.asarray((vectors / np.maximum(values, floor)) @ vectors.T)


def estimate_steps(risk: RiskSets, beta: Floats) -> Baseline:
    """The baseline at coefficients `beta`, and how it moves with them."""
    hazard = relative_hazard(risk.design, beta)
    ties = _tie_sums(risk, hazard)
    moved = hazard[:, None] * risk.design
    at_risk, leaving = risk.total_at_risk(moved), risk.total_leaving(moved)
    square, cross, _ = ties.squared
    return Baseline(steps=ties.once[0], variance=square, drift=at_risk * square[:, None] - leaving * cross[:, None])


def score_residuals(
    design: Floats,
    duration: Floats,
    event: NDArray[np.bool_],
    entry: Floats,
    stratum: Integers,
    risk: RiskSets,
    beta: Floats,
) -> Floats:
    """What each row adds to the gradient: what it did less what was expected of it while at risk."""
    by_row = relative_hazard(risk.design, beta)
    ties = _tie_sums(risk, by_row)
    (flat, sloped), (square, cross, both) = ties.once, ties.squared
    at_risk = risk.total_at_risk(by_row[:, None] * risk.design)
    leaving = risk.total_leaving(by_row[:, None] * risk.design)
    drift = at_risk * square[:, None] - leaving * cross[:, None]
    drift_tied = at_risk * cross[:, None] - leaving * both[:, None]
    mean = (at_risk * flat[:, None] - leaving * sloped[:, None]) / risk.death_weight[:, None]
    first, last = risk_interval(risk.axis, stratum, duration, entry)
    hazard = relative_hazard(design, beta)[:, None]
    steps, drifts = risk.axis.running(flat[:, None]), risk.axis.running(drift)
    start, end = first + stratum, last + stratum
    residuals: Floats = hazard * (drifts[end] - drifts[start] - design * (steps[end] - steps[start]))
    # The last event time at which a leaver is at risk is that of leaving.
    left, when = event, last[event] - 1
    tied = hazard[left] * (design[left] * sloped[when, None] - drift_tied[when])
    residuals[left] += design[left] - mean[when] + tied
    return residuals
