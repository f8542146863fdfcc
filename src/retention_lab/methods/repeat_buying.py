"""Who still buys, where nobody says goodbye: the MBG/NBD and BG/NBD models of repeat buying.

A customer buys at random at a rate of their own and may stop for good after any purchase, with a chance of their own.
Rates are gamma distributed over customers, chances beta. In BG/NBD (Fader, Hardie and Lee 2005) nobody stops after the
first purchase, so whoever bought once counts as alive for ever; in MBG/NBD (Batislam, Denizel and Filiztekin 2007;
Hoppe and Wagner 2007) they may, which is why it is the one to count with. The other is here to be checked against.

A history is the number of repeat purchases (`frequency`), the time from the first purchase to the last (`recency`) and
to the end of observation (`observed`), all in one unit, such as weeks.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from retention_lab.methods.estimates import Estimate, Reason, not_estimable
from retention_lab.methods.repeat_likelihood import (
    Histories,
    Model,
    alive_at,
    beta_nodes,
    log_likelihoods_at,
    log_parts,
    negative_mean,
    take_histories,
    total_of,
)

Floats = NDArray[np.float64]

# Fewer customers who came back say nothing about four parameters.
_FEWEST_REPEATING = 10
# The logarithms of the parameters: from one in 160,000 to 160,000. Beyond, customers are all alike, or all different.
_BOUND = 12.0
_STEP = 1e-4
_MOST_STEPS, _LONGEST, _NEAR = 500, 2.0, 1e-12
# A direction in which the likelihood is this much flatter than in another is not told by the data.
_FLAT = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RepeatBuying:
    """A fitted model: rates are gamma (`r`, `alpha`), chances of stopping after a purchase beta (`a`, `b`).

    `covariance` is of the logarithms of the four, in this order; `std_errors` are nan for what the data do not tell.
    With a `reason` there is no fit.
    """

    model: Model
    r: float
    alpha: float
    a: float
    b: float
    covariance: Floats
    std_errors: Floats
    log_likelihood: float
    n_obs: float
    n_repeating: float
    method: str
    reason: Reason = ""

    @property
    def parameters(self) -> Floats:
        return np.array([self.r, self.alpha, self.a, self.b])

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def fit_repeat_buying(
    frequency: ArrayLike,
    recency: ArrayLike,
    observed: ArrayLike,
    weights: ArrayLike | None = None,
    model: Model = "MBG/NBD",
) -> RepeatBuying:
    """Fit by maximum likelihood; `weights` says how many customers have a history.

    Raises ValueError for a history that cannot be: a last purchase after the end, or repeats without time.
    """
    histories = take_histories(frequency, recency, observed, weights, model)
    n_repeating = float(histories.weights[histories.frequency > 0].sum())
    if n_repeating < _FEWEST_REPEATING:
        return _result(model, np.full(4, np.nan), np.full((4, 4), np.nan), np.nan, histories, "too_few")
    logs = _climb(_start(histories), histories)
    value, _ = negative_mean(logs, histories)
    return _result(model, logs, _information(logs, histories), -value * histories.weights.sum(), histories, "")


def chance_alive(fit: RepeatBuying, frequency: ArrayLike, recency: ArrayLike, observed: ArrayLike) -> Floats:
    """The chance that a customer with this history has not stopped; 1 for one purchase in BG/NBD."""
    histories = take_histories(frequency, recency, observed, None, fit.model)
    alive, stopped = log_parts(fit.parameters, histories)
    return np.exp(alive - np.logaddexp(alive, stopped))


def expected_purchases(
    fit: RepeatBuying, frequency: ArrayLike, recency: ArrayLike, observed: ArrayLike, ahead: float
) -> Floats:
    """Purchases expected within `ahead` after the end of observation, given the history.

    The expectation of Fader, Hardie and Lee (2005), equation 10, with one more opportunity to stop for MBG/NBD. It is
    integrated over the chance to stop by Gauss's rule for the beta distribution that the history leaves of it: their
    closed form fails where customers are nearly alike, and divides nought by nought at a = 1.
    """
    histories = take_histories(frequency, recency, observed, None, fit.model)
    r, alpha, a, b = fit.parameters
    stops, shares = beta_nodes(a, b + histories.distinct + histories.extra)
    stretch = ahead / (alpha + histories.observed)[:, None]
    chance, share = stops[histories.place], shares[histories.place]
    # With a chance p to stop at each purchase, (1 - exp(-rate p t)) / p are made; the rate is gamma given the history.
    made = -np.expm1(-(r + histories.frequency)[:, None] * np.log1p(stretch * chance)) / chance
    alive = chance_alive(fit, frequency, recency, observed)
    return np.asarray(alive * np.einsum("ij,ij->i", made, share), dtype=np.float64)


def count_alive(
    fit: RepeatBuying,
    frequency: ArrayLike,
    recency: ArrayLike,
    observed: ArrayLike,
    weights: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """How many of these customers have not stopped.

    The interval is for the actual number, in whole customers: it holds the error of the parameters (delta method) and
    the luck of who stopped, and is that of a beta share with this mean and variance, so it never leaves 0 to all.
    """
    method = f"{fit.model} by maximum likelihood; delta method and luck, beta interval"
    histories = take_histories(frequency, recency, observed, weights, fit.model)
    n_obs = float(histories.weights.sum())
    if fit.reason or not n_obs:
        return not_estimable("too_few", n_obs=n_obs, confidence_level=confidence_level, method=method)
    centre = np.log(fit.parameters)
    alive = alive_at(centre, histories)
    value = total_of(alive, histories)
    gradient = np.array(
        [
            total_of(alive_at(centre + step, histories) - alive_at(centre - step, histories), histories) / (2 * _STEP)
            for step in _STEP * np.eye(4)
        ]
    )
    variance = float(np.einsum("i,ij,j", gradient, fit.covariance, gradient)) + total_of(alive * (1 - alive), histories)
    lower, upper = _number_range(value, variance, n_obs, confidence_level)
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=float(np.sqrt(variance)),
        n_obs=n_obs,
        confidence_level=confidence_level,
        method=method,
    )


def _number_range(value: float, variance: float, n: float, confidence_level: float) -> tuple[float, float]:
    share = value / n
    if not 0 < share < 1 or variance <= 0:
        return value, value
    size = max(share * (1 - share) * n**2 / variance - 1, 1e-9)
    tail = (1 - confidence_level) / 2
    low, high = betaincinv(share * size, (1 - share) * size, [tail, 1 - tail])
    return float(np.floor(min(n * low, value))), float(np.ceil(max(n * high, value)))


def log_likelihoods(fit: RepeatBuying, frequency: ArrayLike, recency: ArrayLike, observed: ArrayLike) -> Floats:
    """The log-likelihood of each history."""
    return log_likelihoods_at(fit.parameters, take_histories(frequency, recency, observed, None, fit.model))


def _start(histories: Histories) -> Floats:
    """Rates as they are on average, and one customer in four stopping at each purchase."""
    purchases, time = total_of(histories.frequency, histories), total_of(histories.observed, histories)
    return np.clip(np.log([1.0, time / purchases, 1.0, 3.0]), -_BOUND / 2, _BOUND / 2)


def _climb(logs: Floats, histories: Histories) -> Floats:
    """The maximum, by BFGS within the bounds.

    Our own: the library's spends more time between threads than on four parameters, and its last digits depend on them.
    """
    value, slope = negative_mean(logs, histories)
    inverse = np.eye(4)
    for _ in range(_MOST_STEPS):
        step = -np.einsum("ij,j->i", inverse, slope)
        if np.einsum("i,i", step, slope) >= 0:
            inverse, step = np.eye(4), -slope
        step = step * min(1.0, _LONGEST / max(float(np.abs(step).max()), _NEAR))
        moved, found, steeper = _forward(logs, step, value, histories)
        if found >= value - _NEAR * abs(value):
            return moved if found < value else logs
        inverse = _updated(inverse, moved - logs, steeper - slope)
        logs, value, slope = moved, found, steeper
    return logs


def _forward(logs: Floats, step: Floats, value: float, histories: Histories) -> tuple[Floats, float, Floats]:
    """As far along the step as leads down, halving it until it does."""
    while True:
        moved = np.clip(logs + step, -_BOUND, _BOUND)
        found, slope = negative_mean(moved, histories)
        if found < value or float(np.abs(step).max()) < _NEAR:
            return moved, found, slope
        step = step / 2


def _updated(inverse: Floats, moved: Floats, turned: Floats) -> Floats:
    """Nocedal and Wright (2006), 6.17; left as it is where the curvature is not positive."""
    curvature = float(np.einsum("i,i", moved, turned))
    if curvature <= 0:
        return inverse
    away = np.eye(4) - np.einsum("i,j->ij", moved, turned) / curvature
    found = np.einsum("ij,jk,lk->il", away, inverse, away) + np.einsum("i,j->ij", moved, moved) / curvature
    return np.asarray(found, dtype=np.float64)


def _information(logs: Floats, histories: Histories) -> Floats:
    """The observed information in the logarithms: central differences of the exact gradient."""
    n = histories.weights.sum()
    slopes = [
        (negative_mean(logs + step, histories)[1] - negative_mean(logs - step, histories)[1]) * n / (2 * _STEP)
        for step in _STEP * np.eye(4)
    ]
    information = np.array(slopes)
    return np.asarray((information + information.T) / 2, dtype=np.float64)


def _result(
    model: Model, logs: Floats, information: Floats, log_likelihood: float, histories: Histories, reason: Reason
) -> RepeatBuying:
    r, alpha, a, b = (float(value) for value in np.exp(logs))
    covariance, told = _inverse(information)
    return RepeatBuying(
        model=model,
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        covariance=covariance,
        std_errors=np.where(told, np.exp(logs) * np.sqrt(np.maximum(np.diag(covariance), 0)), np.nan),
        log_likelihood=float(log_likelihood),
        n_obs=float(histories.weights.sum()),
        n_repeating=float(histories.weights[histories.frequency > 0].sum()),
        method=f"{model}, maximum likelihood",
        reason=reason,
    )


def _inverse(information: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The covariance over the directions that the data tell, and which parameters lie in no other."""
    if not np.isfinite(information).all():
        return np.full((4, 4), np.nan), np.zeros(4, dtype=bool)
    sizes, directions = np.linalg.eigh(information)
    told = sizes > _FLAT * sizes.max()
    inverse = np.where(told, 1 / np.where(told, sizes, 1), 0)
    covariance = np.einsum("ik,k,jk->ij", directions, inverse, directions)
    outside = np.einsum("ik,k->i", directions**2, (~told).astype(float))
    return covariance, outside < 0.01
