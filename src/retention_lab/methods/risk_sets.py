"""Who is at risk when: the sums over risk sets that a Cox model and its baseline are made of.

Equal rows of the design are one row here, and every sum is one sparse product and one running sum,
so that hundreds of sets of coefficients can be tried at once.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import digamma

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskSets:
    """Distinct event times, distinct design rows, and who is at risk and leaves at each.

    `joins` holds, for each event time (and one step past the last), the weight of each design row that joins the risk
    set there, less that of those who have gone. `deaths` holds the weight that leaves at each time; `n_tied` how many
    rows of the data these are.
    """

    time: Floats
    design: Floats
    joins: csr_array
    deaths: csr_array
    n_tied: Integers
    follow_up: float

    @property
    def death_weight(self) -> Floats:
        """The weight of all who leave at each time."""
        return np.asarray(self.deaths.sum(axis=1), dtype=float).ravel()

    def total_at_risk(self, values: Floats) -> Floats:
        """The sum of `values` (a row for each design row) over those at risk at each time."""
        # From the end, where nobody is left: the last risk sets are small, and must not be differences of large sums.
        change = np.asarray(self.joins @ values)
        total: Floats = -np.cumsum(change[:0:-1], axis=0)[::-1]
        return total

    def total_leaving(self, values: Floats) -> Floats:
        """The sum of `values` over those who leave at each time."""
        return np.asarray(self.deaths @ values)

    def total_exposure(self, steps: Floats) -> Floats:
        """For each design row, the sum of `steps` over the times at which it is at risk, by weight."""
        reached = np.concatenate([[0.0], np.cumsum(steps)])
        return -np.asarray(self.joins.T @ reached)


def build_risk_sets(
    design: Floats, duration: Floats, event: NDArray[np.bool_], entry: Floats, weight: Floats
) -> RiskSets:
    """Risk sets of single customers. At risk at t: entered before t (or at 0) and not gone before t."""
    time, n_tied = np.unique(duration[event], return_counts=True)
    rows, row = distinct_rows(design)
    first, last = risk_interval(time, duration, entry)
    ones = (np.concatenate([first, last]), np.concatenate([row, row]))
    joins = csr_array((np.concatenate([weight, -weight]), ones), shape=(time.size + 1, len(rows)))
    leaving = (np.searchsorted(time, duration[event]), row[event])
    return RiskSets(
        time=time,
        design=rows,
        joins=joins,
        deaths=csr_array((weight[event], leaving), shape=(time.size, len(rows))),
        n_tied=n_tied.astype(np.intp),
        follow_up=float(duration.max()) if duration.size else np.nan,
    )


def risk_interval(time: Floats, duration: Floats, entry: Floats) -> tuple[Integers, Integers]:
    """The first event time at which each customer is at risk, and the first at which no longer."""
    first = np.where(entry > 0, np.searchsorted(time, entry, side="right"), 0)
    return first, np.maximum(np.searchsorted(time, duration, side="right"), first)


def distinct_rows(table: Floats) -> tuple[Floats, Integers]:
    """The distinct rows of `table` as they first appear, and for each row of `table` which of them it is."""
    code = np.zeros(len(table), dtype=np.intp)
    # Column by column: sorting whole rows takes fifty times as long.
    for column in table.T:
        values, _ = pd.factorize(column)
        code, _ = pd.factorize(code * (values.max(initial=0) + 1) + values)
    _, first = np.unique(code, return_index=True)
    return table[first], np.asarray(code, dtype=np.intp)


def relative_hazard(design: Floats, coefficients: Floats) -> Floats:
    """exp(x b), for one vector of coefficients or a column for each draw."""
    # Not `@`: the libraries behind it may add up in another order on another number of threads.
    linear = np.einsum("ij,j...->i...", design, coefficients)
    return np.asarray(np.exp(linear), dtype=np.float64)


def baseline_steps(risk: RiskSets, hazard: Floats) -> Floats:
    """Efron's steps of the cumulative hazard of a customer whose relative hazard is 1.

    `hazard` is the relative hazard of each design row (in columns, for many draws at once). Ties are taken to leave
    one after the other in an order that is not known: the sum over d tied of 1 / (S - D l / d) is a difference of
    digamma functions, so a month with ten thousand departures costs no more than a day with one.
    """
    tied = _as_columns(risk.n_tied.astype(float), hazard)
    each = _as_columns(risk.death_weight / risk.n_tied, hazard)
    per_tie = risk.total_leaving(hazard) / tied
    # Those who leave are at risk: rounding must not say otherwise.
    at_risk = np.maximum(risk.total_at_risk(hazard) / per_tie, tied)
    return each * _sum_of_reciprocals(at_risk, tied) / per_tie


def _as_columns(values: Floats, like: Floats) -> Floats:
    return values.reshape(-1, *[1] * (like.ndim - 1))


def _sum_of_reciprocals(top: Floats, n: Floats) -> Floats:
    """1/top + 1/(top - 1) + ... , n terms."""
    low, high = top - n + 0.5, top + 0.5
    # Far from 0 the digammas nearly cancel; there their asymptotic series is exact to the last digits.
    far = -np.log1p(-n / high) + (1 / high**2 - 1 / low**2) / 24
    near = np.asarray(digamma(top + 1) - digamma(top - n + 1))
    return np.where(low > 1000, far, near)
