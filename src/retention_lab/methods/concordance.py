"""Who leaves sooner, told from a score: how often the higher of two scores belongs to the one who left first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable
from retention_lab.methods.life_tables import check_entries, check_events, check_times

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_METHOD = "Harrell's concordance, infinitesimal jackknife, logit interval"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Single customers. `rank` orders the risks, and `duration` and `entry` are places on one axis, equal ones alike.

    Strata follow each other on the axis, so that nobody is here in two of them. Who is here from the first day on
    enters just before all durations of the stratum.
    """

    rank: Integers
    duration: Integers
    event: NDArray[np.bool_]
    entry: Integers
    weight: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """For each customer, over all that can be compared with it: their weight, and that of those in the right order.

    A pair of equal risks counts one half towards the order.
    """

    compared: Floats
    agreeing: Floats


def estimate_concordance(
    risk: ArrayLike,
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Harrell's C: how often, of two customers, the one with the higher `risk` is the one who leaves first.

    Counted over the pairs in which one is seen to leave while the other is still here. Equal risks count one half,
    which is also what chance gives. As R's `concordance(Surv(entry, duration, event) ~ risk, reverse = TRUE)`: whoever
    is censored at a time is still here at it, and two who leave at the same time are not compared; with `strata`, only
    customers of the same one are. `weights` says how many customers a row stands for.

    The reason is `too_few` without a pair to compare, and where there is no interval: all pairs agree, or none does, or
    all risks are equal.
    """
    rows = _checked_rows(risk, duration, event_observed, entry, weights, strata)
    n_obs = float(rows.weight.sum())
    pairs = _count_pairs(rows)
    # Each pair was counted from both sides.
    compared = float(np.sum(rows.weight * pairs.compared)) / 2
    if compared <= 0:
        return not_estimable("too_few", n_obs=n_obs, confidence_level=confidence_level, method=_METHOD)
    value = float(np.sum(rows.weight * pairs.agreeing)) / 2 / compared
    influence = (pairs.agreeing - value * pairs.compared) / compared
    std_error = float(np.sqrt(np.sum(rows.weight * influence**2)))
    lower, upper = _interval(value, std_error, confidence_level)
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=std_error,
        n_obs=n_obs,
        confidence_level=confidence_level,
        method=_METHOD,
        reason="" if lower < upper else "too_few",
    )


def _interval(value: float, std_error: float, confidence_level: float) -> tuple[float, float]:
    reach = normal_quantile(confidence_level) * std_error
    if not (0 < value < 1 and reach > 1e-12):
        return np.nan, np.nan
    lower, upper = expit(logit(value) + np.array([-reach, reach]) / (value * (1 - value)))
    return float(lower), float(upper)


def _checked_rows(
    risk: ArrayLike,
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None,
    weights: ArrayLike | None,
    strata: ArrayLike | None,
) -> _Rows:
    durations = check_times("duration", duration)
    size = durations.size
    events = check_events(event_observed, size=size)
    risks = np.asarray(risk, dtype=float)
    if risks.shape != (size,) or not np.isfinite(risks).all():
        raise ValueError(f"risk must be {size} finite numbers, one for each duration")
    entries = np.zeros(size) if entry is None else check_times("entry", entry, size=size)
    shares = np.ones(size) if weights is None else check_times("weights", weights, size=size)
    check_entries(entries, durations)
    stratum = np.zeros(size, dtype=np.intp) if strata is None else pd.factorize(np.asarray(strata))[0]
    if stratum.shape != (size,) or (stratum < 0).any():
        raise ValueError(f"strata must have one value, not missing, for each of {size} rows")
    counted = shares > 0
    times = np.unique(np.concatenate([durations, entries]))
    start = stratum * (times.size + 1)
    return _Rows(
        rank=np.unique(risks[counted], return_inverse=True)[1],
        duration=(start + np.searchsorted(times, durations))[counted],
        event=events[counted],
        entry=(start + np.where(entries > 0, np.searchsorted(times, entries), -1))[counted],
        weight=shares[counted],
    )


def _count_pairs(rows: _Rows) -> _Pairs:
    """Each customer as the one who leaves (against those still here) and as one still here (against the leavers)."""
    here, here_lower = _among_those_here(rows)
    left, left_lower = _among_leavers(rows)
    compared, agreeing = left, left - left_lower
    compared[rows.event] += here
    agreeing[rows.event] += here_lower
    return _Pairs(compared=compared, agreeing=agreeing)


def _among_those_here(rows: _Rows) -> tuple[Floats, Floats]:
    """For each event, the weight of all still here after it, and of those with a lower risk."""
    # Whoever is censored at a time goes after those who leave at it. Entry at or after it: not yet here.
    time, rank = rows.duration[rows.event], rows.rank[rows.event]
    by_end = np.lexsort([~rows.event, rows.duration])
    by_entry = np.argsort(rows.entry, kind="stable")
    code = 2 * rows.duration + ~rows.event
    later = np.searchsorted(code[by_end], code[rows.event], side="right")
    absent = np.searchsorted(rows.entry[by_entry], time, side="left")
    stop = np.full(time.size, rows.duration.size)
    all_later, lower_later = _weight_between(rows.rank[by_end], rows.weight[by_end], later, stop, rank)
    all_absent, lower_absent = _weight_between(rows.rank[by_entry], rows.weight[by_entry], absent, stop, rank)
    return all_later - all_absent, lower_later - lower_absent


def _among_leavers(rows: _Rows) -> tuple[Floats, Floats]:
    """For each customer, the weight of all who leave while it is here, and of those with a lower risk."""
    order = np.flatnonzero(rows.event)[np.argsort(rows.duration[rows.event], kind="stable")]
    time = rows.duration[order]
    start = np.searchsorted(time, rows.entry, side="right")
    stop = np.where(
        rows.event,
        np.searchsorted(time, rows.duration, side="left"),
        np.searchsorted(time, rows.duration, side="right"),
    )
    return _weight_between(rows.rank[order], rows.weight[order], start, np.maximum(stop, start), rows.rank)


def _weight_between(
    ranks: Integers, weights: Floats, start: Integers, stop: Integers, than: Integers
) -> tuple[Floats, Floats]:
    """The weight at positions from `start` to before `stop`, and how much of it has a rank lower than `than`.

    Equal ranks count one half as lower.
    """
    running = np.concatenate([[0.0], np.cumsum(weights)])
    below = _weight_below(ranks, weights, start, stop, than)
    upto = _weight_below(ranks, weights, start, stop, than + 1)
    return running[stop] - running[start], (below + upto) / 2


def _weight_below(ranks: Integers, weights: Floats, start: Integers, stop: Integers, than: Integers) -> Floats:
    """A wavelet tree, level by level: all queries go down it together, one bit of the rank at a time.

    At each level the positions with a 0 in that bit come before those with a 1, otherwise in the order they had.
    """
    total = np.zeros(start.size)
    for bit in range(int(than.max(initial=0)).bit_length() - 1, -1, -1):
        one = (ranks >> bit & 1).astype(bool)
        wanted = (than >> bit & 1).astype(bool)
        zeros = np.concatenate([[0], np.cumsum(~one)])
        weight_of_zeros = np.concatenate([[0.0], np.cumsum(np.where(one, 0.0, weights))])
        total += np.where(wanted, weight_of_zeros[stop] - weight_of_zeros[start], 0.0)
        start = np.where(wanted, zeros[-1] + start - zeros[start], zeros[start])
        stop = np.where(wanted, zeros[-1] + stop - zeros[stop], zeros[stop])
        order = np.argsort(one, kind="stable")
        ranks, weights = ranks[order], weights[order]
    return total
