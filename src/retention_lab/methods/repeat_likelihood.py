"""The likelihood of histories of repeat buying under MBG/NBD and BG/NBD, and its derivatives.

Both are one formula, in the number of times that a customer could have stopped: after each repeat purchase, and in
MBG/NBD after the first one too.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln, digamma, gammaln

from retention_lab.methods.life_tables import check_times

Floats = NDArray[np.float64]
Model = Literal["MBG/NBD", "BG/NBD"]

# As many nodes integrate a polynomial of degree 79 without error.
_NODES = 40
_NO_CHANCE = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histories:
    """Histories with their distinct values, so that slow functions are asked once for each of them."""

    frequency: Floats
    recency: Floats
    observed: Floats
    weights: Floats
    distinct: Floats
    place: NDArray[np.intp]
    extra: float
    """A customer could have stopped after each repeat purchase, and so many times more."""

    @property
    def opportunities(self) -> Floats:
        return self.frequency + self.extra


def take_histories(
    frequency: ArrayLike, recency: ArrayLike, observed: ArrayLike, weights: ArrayLike | None, model: Model
) -> Histories:
    """Histories as the likelihood takes them; ValueError for one that cannot be."""
    repeats = check_times("frequency", frequency)
    size = repeats.size
    last, end = check_times("recency", recency, size=size), check_times("observed", observed, size=size)
    wrong = np.flatnonzero((last > end) | ((repeats == 0) & (last > 0)) | ((repeats > 0) & (last == 0)))
    if wrong.size:
        row = wrong[0]
        raise ValueError(f"row {row}: {repeats[row]:g} repeats, the last at {last[row]:g} of {end[row]:g}, cannot be")
    distinct, place = np.unique(repeats, return_inverse=True)
    return Histories(
        frequency=repeats,
        recency=last,
        observed=end,
        weights=np.ones(size) if weights is None else check_times("weights", weights, size=size),
        distinct=distinct,
        place=place,
        extra=1.0 if model == "MBG/NBD" else 0.0,
    )


def log_parts(parameters: Floats, histories: Histories) -> tuple[Floats, Floats]:
    """What alive and what stopped customers add to the likelihood, without the factors that both share."""
    r, alpha, a, b = parameters
    total = r + histories.frequency
    alive = -total * np.log(alpha + histories.observed)
    m = histories.distinct + histories.extra
    odds = np.where(m > 0, np.log(a) - np.log(np.where(m > 0, b + m - 1, 1)), -np.inf)
    return alive, odds[histories.place] - total * np.log(alpha + histories.recency)


def _shared(parameters: Floats, histories: Histories) -> Floats:
    r, alpha, a, b = parameters
    x = histories.distinct
    rates = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    chances = betaln(a, b + x + histories.extra) - betaln(a, b)
    return np.asarray((rates + chances)[histories.place], dtype=np.float64)


def log_likelihoods_at(parameters: Floats, histories: Histories) -> Floats:
    """The log-likelihood of each history; `parameters` are r, alpha, a and b."""
    return _shared(parameters, histories) + np.logaddexp(*log_parts(parameters, histories))


def negative_mean(logs: Floats, histories: Histories) -> tuple[float, Floats]:
    """The negative mean log-likelihood and its gradient, in the logarithms of the parameters."""
    parameters = np.exp(logs)
    parts = log_parts(parameters, histories)
    both = np.logaddexp(*parts)
    n = histories.weights.sum()
    value = total_of(_shared(parameters, histories) + both, histories) / n
    slopes = _slopes(parameters, np.exp(parts[0] - both), histories)
    gradient = np.array([total_of(slope, histories) for slope in slopes]) * parameters / n
    return -value, -gradient


def _slopes(parameters: Floats, alive: Floats, histories: Histories) -> tuple[Floats, Floats, Floats, Floats]:
    """The derivative of each history's log-likelihood in r, alpha, a and b."""
    r, alpha, a, b = parameters
    stopped, total = 1 - alive, r + histories.frequency
    end, last = alpha + histories.observed, alpha + histories.recency
    x, m = histories.distinct, histories.distinct + histories.extra
    of_rate = digamma(r + x) - digamma(r) + np.log(alpha)
    chances = digamma(a + b) - digamma(a + b + m)
    kept = chances + digamma(b + m) - digamma(b)
    hazard = np.where(m > 0, 1 / np.where(m > 0, b + m - 1, 1), 0)
    return (
        of_rate[histories.place] - alive * np.log(end) - stopped * np.log(last),
        r / alpha - total * (alive / end + stopped / last),
        chances[histories.place] + stopped / a,
        kept[histories.place] - stopped * hazard[histories.place],
    )


def alive_at(logs: Floats, histories: Histories) -> Floats:
    """The chance of each customer not to have stopped, given the logarithms of the parameters."""
    alive, stopped = log_parts(np.exp(logs), histories)
    return np.exp(alive - np.logaddexp(alive, stopped))


def total_of(values: Floats, histories: Histories) -> float:
    """The sum over customers."""
    return float((histories.weights * values).sum())


def beta_nodes(first: float, second: Floats) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss's rule for beta distributions (`first`, each of `second`); a row for each.

    Golub and Welsch (1969), with the recurrence of the Jacobi polynomials, which is stable for any parameters.
    """
    n = np.arange(1, _NODES)
    low, high = first - 1, second[:, None] - 1
    both = low + high
    centre = np.concatenate(
        [(low - high) / (both + 2), (low**2 - high**2) / ((2 * n + both) * (2 * n + both + 2))], axis=1
    )  # fmt: skip
    # At n = 1 a factor of the denominator cancels one above; it may be nought.
    ratio = np.where(n == 1, 1.0, (n + both) / np.where(n == 1, 1.0, 2 * n + both - 1))
    beside = 4 * n * (n + high) * (n + low) * ratio / ((2 * n + both) ** 2 * (2 * n + both + 1))
    found = [eigh_tridiagonal(*rows) for rows in zip(centre, np.sqrt(beside), strict=True)]
    places = np.array([places for places, _ in found]).reshape(-1, _NODES)
    shares = np.array([vectors[0] ** 2 for _, vectors in found]).reshape(-1, _NODES)
    return np.maximum((1 + places) / 2, _NO_CHANCE), shares
