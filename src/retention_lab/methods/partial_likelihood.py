"""Cox's partial likelihood with Efron's treatment of ties, its derivatives and its residuals.

The sums over ties are scalars of each event time and the sums over risk sets are those of `risk_sets`, so that no
array ever holds a matrix for each time or each customer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retention_lab.methods.risk_sets import RiskSets, relative_hazard, risk_interval

Floats = NDArray[np.float64]

_LEAST = -300.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """The log partial likelihood, its slope, and its curvature with the sign turned."""

    value: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ties:
    """Sums over the tied of each event time, of f**j / s and f**j / s**2, where s is what is left at risk.

    The l-th of d tied leaves when f = l / d of the tied are taken to be gone. Each is scaled by the weight of one.
    """

    once: tuple[Floats, Floats]
    squared: tuple[Floats, Floats, Floats]
    log_at_risk: Floats


def partial_likelihood(risk: RiskSets, design: Floats, beta: Floats) -> Likelihood:
    """The likelihood of coefficients `beta`, for the rows of `design` that the risk sets count."""
    linear = np.einsum("ij,j->i", design, beta)
    # The likelihood does not change with a constant; without it, exp cannot overflow.
    linear = linear - linear.max() if linear.size else linear
    # A coefficient on its way to infinity must not empty a risk set by underflow; no other gets this far.
    hazard = np.exp(np.maximum(linear, _LEAST))
    ties = _tie_sums(risk, hazard)
    (flat, sloped), (square, cross, both) = ties.once, ties.squared
    at_risk = risk.total_at_risk(hazard[:, None] * design)
    leaving = risk.total_leaving(hazard[:, None] * design)
    exposure = hazard * (risk.total_exposure(flat) - risk.deaths.T @ sloped)
    left = np.asarray(risk.deaths.sum(axis=0), dtype=float).ravel()
    mixed = (at_risk * cross[:, None]).T @ leaving
    return Likelihood(
        value=float(left @ linear - ties.log_at_risk.sum()),
        gradient=(left - exposure) @ design,
        information=(design * exposure[:, None]).T @ design
        - (at_risk * square[:, None]).T @ at_risk
        + mixed
        + mixed.T
        - (leaving * both[:, None]).T @ leaving,
    )


def _tie_sums(risk: RiskSets, hazard: Floats) -> _Ties:
    at_risk, leaving = risk.total_at_risk(hazard), risk.total_leaving(hazard)
    each = risk.death_weight / risk.n_tied
    when = np.repeat(np.arange(risk.time.size), risk.n_tied)
    first = np.cumsum(risk.n_tied) - risk.n_tied
    share = (np.arange(when.size) - first[when]) / risk.n_tied[when]
    left = np.maximum(at_risk, leaving)[when] - share * leaving[when]

    def total(values: Floats) -> Floats:
        return each * np.bincount(when, values, minlength=risk.time.size)

    return _Ties(
        once=(total(1 / left), total(share / left)),
        squared=(total(1 / left**2), total(share / left**2), total(share**2 / left**2)),
        log_at_risk=total(np.log(left)),
    )


def score_residuals(
    design: Floats, duration: Floats, event: NDArray[np.bool_], entry: Floats, risk: RiskSets, beta: Floats
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
    first, last = risk_interval(risk.time, duration, entry)
    hazard = relative_hazard(design, beta)[:, None]
    steps, drifts = _running(flat[:, None]), _running(drift)
    residuals: Floats = hazard * (drifts[last] - drifts[first] - design * (steps[last] - steps[first]))
    left, when = event, np.searchsorted(risk.time, duration[event])
    tied = hazard[left] * (design[left] * sloped[when, None] - drift_tied[when])
    residuals[left] += design[left] - mean[when] + tied
    return residuals


def _running(steps: Floats) -> Floats:
    return np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
