"""Who is at risk when: the sums over risk sets that a Cox model and its baseline are made of.

Every sum is one sparse product and one running sum, so that hundreds of sets of coefficients can be tried at once.
With strata, the event times of one stratum follow those of another, and nothing is ever summed across the two.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from retention_lab.methods.life_tables import index_at, is_observed

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Ties = Literal["efron", "breslow"]

# Nobody is left long before, and past 709 exp overflows.
_MOST = 500.0
# Numbers of rows that still fit into an integer.
_MOST_CODES = 2**62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimeAxis:
    """The distinct event times of each stratum, in order, one stratum after the other.

    `first` says where each stratum begins, and last where all end. `distinct` are the times of all strata together,
    and `passed` how many of a stratum's times, and of those of the strata before it, are among the first n of them.
    """

    time: Floats
    stratum: Integers
    first: Integers
    distinct: Floats
    passed: Integers

    def position(self, stratum: Integers, n_distinct: Integers) -> Integers:
        """Where in `time` a row of the stratum stands when `n_distinct` of the `distinct` times have passed."""
        return np.asarray(self.passed[stratum, n_distinct])

    def slot(self, stratum: Integers, at: Floats) -> Integers:
        """Where in what `running` returns a row of the stratum stands at `at`; events at `at` itself are over."""
        return self.position(stratum, index_at(self.distinct, at) + 1) + stratum

    def running(self, steps: Floats) -> Floats:
        """The sum of `steps` so far, for each stratum after a first row of 0."""
        total = np.zeros((len(steps) + self.first.size - 1, *steps.shape[1:]))
        for stratum, (first, end) in enumerate(pairwise(self.first)):
            np.cumsum(steps[first:end], axis=0, out=total[first + stratum + 1 : end + stratum + 1])
        return total

    def spanning(self, start: Integers, end: Integers, values: Floats) -> Floats:
        """For each event time, the sum of `values` over the rows that have it between their two slots."""
        size = self.time.size + self.first.size - 1
        edges = np.bincount(start, values, minlength=size) - np.bincount(end, values, minlength=size)
        return np.delete(np.cumsum(edges), self.first[1:] + np.arange(self.first.size - 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskSets:
    """Event times, distinct design rows, and who is at risk and leaves at each time.

    `gone` holds, for each event time, the weight of each design row that is at risk there for the last time, less that
    of those who join after it. `deaths` holds the weight that leaves at each time, `death_weight` its sum; `n_tied`
    how many rows of the data these are. `follow_up` is the last duration in each stratum.
    """

    axis: TimeAxis
    design: Floats
    gone: csr_array
    deaths: csr_array
    death_weight: Floats
    n_tied: Integers
    follow_up: Floats
    ties: Ties

    @property
    def seen_leaving(self) -> NDArray[np.bool_]:
        """For each stratum, whether anybody has left it."""
        return np.diff(self.axis.first) > 0

    def is_followed(self, stratum: Integers, at: Floats) -> NDArray[np.bool_]:
        """Whether anybody of the stratum was observed as late as `at`."""
        followed = np.zeros(at.size, dtype=bool)
        for code, end in enumerate(self.follow_up):
            followed |= (stratum == code) & is_observed(float(end), at)
        return followed

    def total_at_risk(self, values: Floats) -> Floats:
        """The sum of `values` (a row for each design row) over those at risk at each time."""
        # From the end, where nobody is left: the last risk sets are small, and must not be differences of large sums.
        change = np.asarray(self.gone @ values)
        for first, end in pairwise(self.axis.first):
            backwards = change[first:end][::-1]
            np.cumsum(backwards, axis=0, out=backwards)
        return change

    def total_leaving(self, values: Floats) -> Floats:
        """The sum of `values` over those who leave at each time."""
        return np.asarray(self.deaths @ values)

    def total_exposure(self, steps: Floats) -> Floats:
        """For each design row, the sum of `steps` over the times at which it is at risk, by weight."""
        reached = np.delete(self.axis.running(steps), self.axis.first[:-1] + np.arange(self.axis.first.size - 1))
        return np.asarray(self.gone.T @ reached)


def build_risk_sets(
    design: Floats,
    duration: Floats,
    event: NDArray[np.bool_],
    entry: Floats,
    weight: Floats,
    stratum: Integers,
    ties: Ties = "efron",
) -> RiskSets:
    """Risk sets of single customers, who come in order of stratum and duration.

    At risk at t: entered before t (or at 0) and not gone before t.
    """
    axis, leaves_at, n_tied = _time_axis(duration[event], stratum[event], int(stratum.max(initial=0)) + 1)
    rows, row = distinct_rows(design)
    first, last = risk_interval(axis, stratum, duration, entry)
    # Those whom no event time finds at risk, and those at risk from their stratum's first, have nothing to join.
    at_risk = last > first
    late = at_risk & (first > axis.first[stratum])
    gone = np.concatenate([weight[at_risk], -weight[late]])
    where = np.concatenate([last[at_risk], first[late]]) - 1, np.concatenate([row[at_risk], row[late]])
    n_strata = axis.first.size - 1
    last_row = np.searchsorted(stratum, np.arange(n_strata), side="right") - 1
    return RiskSets(
        axis=axis,
        design=rows,
        gone=csr_array((gone, where), shape=(axis.time.size, len(rows))),
        deaths=csr_array((weight[event], (leaves_at, row[event])), shape=(axis.time.size, len(rows))),
        death_weight=np.bincount(leaves_at, weight[event], minlength=axis.time.size).astype(float),
        n_tied=n_tied,
        follow_up=duration[last_row] if duration.size else np.full(n_strata, np.nan),
        ties=ties,
    )


def _time_axis(when: Floats, stratum: Integers, n_strata: int) -> tuple[TimeAxis, Integers, Integers]:
    """The event times, which of them each event belongs to, and how many events each has."""
    new = np.ones(when.size, dtype=bool)
    new[1:] = (np.diff(when) != 0) | (np.diff(stratum) != 0)
    time, of_stratum = when[new], stratum[new]
    distinct, rank = np.unique(time, return_inverse=True)
    passed = np.zeros((n_strata, distinct.size + 1), dtype=np.intp)
    passed[of_stratum, rank + 1] = 1
    first = np.searchsorted(of_stratum, np.arange(n_strata + 1))
    axis = TimeAxis(
        time=time,
        stratum=of_stratum,
        first=first,
        distinct=distinct,
        passed=first[:-1, None] + np.cumsum(passed, axis=1),
    )
    return axis, np.cumsum(new) - 1, np.diff(np.append(np.flatnonzero(new), when.size))


def risk_interval(axis: TimeAxis, stratum: Integers, duration: Floats, entry: Floats) -> tuple[Integers, Integers]:
    """The position of the first event time at which each customer is at risk, and of the first at which no longer."""
    late = np.flatnonzero(entry > 0)
    first = axis.first[stratum]
    first[late] = axis.position(stratum[late], np.searchsorted(axis.distinct, entry[late], side="right"))
    last = axis.position(stratum, np.searchsorted(axis.distinct, duration, side="right"))
    return first, np.maximum(last, first)


def distinct_rows(table: Floats) -> tuple[Floats, Integers]:
    """The distinct rows of `table` as they first appear, and for each row of `table` which of them it is.

    Where most rows are distinct, nothing is gained by looking on: `table` is then returned as it is.
    """
    code, n_codes = np.zeros(len(table), dtype=np.intp), 1
    # Column by column: sorting whole rows takes fifty times as long. A row's numbers make one number.
    for column in table.T:
        values, found = pd.factorize(column)
        if 2 * found.size > len(table):
            return table, np.arange(len(table))
        if n_codes * found.size > _MOST_CODES:
            code, known = pd.factorize(code)
            n_codes = known.size
        code, n_codes = code * found.size + values, n_codes * found.size
    code, known = pd.factorize(code)
    if 2 * known.size > len(table):
        return table, np.arange(len(table))
    # Numbered as they first appear, a row is new where its number is the highest so far.
    first = np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=-1))
    return table[first], np.asarray(code, dtype=np.intp)


def relative_hazard(design: Floats, coefficients: Floats) -> Floats:
    """exp(x b), for one vector of coefficients or a column for each draw."""
    # Not `@`: the libraries behind it may add up in another order on another number of threads.
    linear = np.einsum("ij,j...->i...", design, coefficients)
    return np.asarray(np.exp(np.minimum(linear, _MOST)), dtype=np.float64)
