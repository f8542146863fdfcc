"""How far predictions made beforehand lie from what then happened, where some were censored before it was seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.censoring_weights import exact_time, known_fates, pull_on_weights
from retention_lab.methods.estimates import Estimate, Reason, normal_quantile, not_estimable
from retention_lab.methods.life_tables import (
    LifeTable,
    check_entries,
    check_events,
    check_times,
    life_table,
)
from retention_lab.methods.survival import estimate_share, estimate_survival

Floats = NDArray[np.float64]

_METHOD = "Brier score, weighted for censoring, infinitesimal jackknife, normal interval"
# Below this a standard error is rounding.
_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Customers:
    """Single customers, and the table from which their chance of censoring is estimated: their own, or a given one."""

    duration: Floats
    event: NDArray[np.bool_]
    table: LifeTable
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Score:
    """A mean over customers, and how far each of them moves it."""

    value: float
    influence: Floats
    reason: Reason = ""


def estimate_brier(
    predicted_survival: ArrayLike,
    duration: ArrayLike,
    event_observed: ArrayLike,
    at: float,
    weights_from: LifeTable | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Brier score at `at`: the mean square of predicted survival less what came (1 still here, 0 left).

    0 is perfect; whoever says one half of everybody scores 1/4. `predicted_survival` has one value for each customer;
    all nan, as predictions past a follow-up are, gives the reason `not_observed`, as does `at` past the last duration.
    The chance of censoring is that of these customers, or of `weights_from`, which is then taken to be known exactly.
    Whoever is censored at `at` itself is still here at it. Customers are those observed from their first day on.
    """
    customers = _checked(duration, event_observed, weights_from)
    score = _integrated(customers, predicted_survival, [at])
    return _estimate(score, len(customers.duration), confidence_level, _METHOD, lowest=0.0)


def integrated_brier(
    predicted_survival: ArrayLike,
    duration: ArrayLike,
    event_observed: ArrayLike,
    times: Sequence[float] | Floats,
    weights_from: LifeTable | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """The mean of the Brier score from the first to the last of `times`, by trapezoids; else as `estimate_brier`.

    `predicted_survival` has a row for each customer and a column for each time.
    """
    customers = _checked(duration, event_observed, weights_from)
    score = _integrated(customers, predicted_survival, times)
    return _estimate(score, len(customers.duration), confidence_level, f"integrated {_METHOD}", lowest=0.0)


def compare_brier(
    predicted_survival: ArrayLike,
    other: ArrayLike,
    duration: ArrayLike,
    event_observed: ArrayLike,
    times: float | Sequence[float] | Floats,
    weights_from: LifeTable | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Brier score of `predicted_survival` less that of `other`, for the same customers: negative where it is better.

    At one time, or integrated over several. The interval is that of a paired difference: what makes a customer hard
    to foresee for both drops out.
    """
    customers, at = _checked(duration, event_observed, weights_from), np.atleast_1d(np.asarray(times, dtype=float))
    one, two = (_integrated(customers, given, at) for given in (predicted_survival, other))
    difference = _Score(
        value=one.value - two.value, influence=one.influence - two.influence, reason=one.reason or two.reason
    )
    return _estimate(difference, len(customers.duration), confidence_level, f"difference of {_METHOD}", lowest=-np.inf)


def _checked(duration: ArrayLike, event_observed: ArrayLike, weights_from: LifeTable | None) -> _Customers:
    durations = check_times("duration", duration)
    events = check_events(event_observed, size=durations.size)
    return _Customers(
        duration=durations,
        event=events,
        table=life_table(durations, events) if weights_from is None else weights_from,
        is_own=weights_from is None,
    )


def _integrated(customers: _Customers, predicted_survival: ArrayLike, times: Sequence[float] | Floats) -> _Score:
    at, predicted = check_times("times", times), np.asarray(predicted_survival, dtype=float)
    if not at.size or (np.diff(at) <= 0).any():
        raise ValueError(f"times must be one or more, and rise, not {at.tolist()}")
    if predicted.ndim == at.size == 1:
        predicted = predicted[:, None]
    if predicted.shape != (customers.duration.size, at.size):
        raise ValueError(f"predicted has shape {predicted.shape}, ({customers.duration.size}, {at.size}) was expected")
    value, influence = 0.0, np.zeros(customers.duration.size)
    for column, (time, share) in enumerate(zip(at, _trapezoid_shares(at), strict=True)):
        score = _score_at(customers, predicted[:, column], float(time))
        if score.reason:
            return score
        value, influence = value + share * score.value, influence + share * score.influence
    return _Score(value=float(value), influence=influence)


def _trapezoid_shares(at: Floats) -> Floats:
    if at.size == 1:
        return np.ones(1)
    steps = np.diff(at) / (at[-1] - at[0])
    return np.asarray((np.append(steps, 0.0) + np.insert(steps, 0, 0.0)) / 2)


def _score_at(customers: _Customers, predicted: Floats, at: float) -> _Score:
    size, table = customers.duration.size, customers.table
    if not size:
        return _unknown("too_few", size)
    fates = known_fates(customers.duration, customers.event, at, table)
    if fates is None or np.isnan(predicted).all():
        return _unknown("not_observed", size)
    _chances("predicted_survival", predicted, size)
    error = fates.weighted((fates.here - predicted) ** 2)
    influence = (error - error.mean()) / size
    if customers.is_own:
        influence += pull_on_weights(fates, error, customers.duration, customers.event, table) / size
    return _Score(value=float(error.mean()), influence=influence)


def _unknown(reason: Reason, size: int) -> _Score:
    return _Score(value=np.nan, influence=np.full(size, np.nan), reason=reason)


def _estimate(score: _Score, n_obs: int, confidence_level: float, method: str, lowest: float) -> Estimate:
    """Without any spread there is a value but no interval, and the reason is `too_few`."""
    if score.reason:
        return not_estimable(score.reason, n_obs=float(n_obs), confidence_level=confidence_level, method=method)
    std_error = float(np.sqrt(np.sum(score.influence**2)))
    reach = normal_quantile(confidence_level) * std_error if std_error > _NO_SPREAD else np.nan
    return Estimate(
        value=score.value,
        ci_lower=float(np.maximum(score.value - reach, lowest)),
        ci_upper=score.value + reach,
        std_error=std_error,
        n_obs=float(n_obs),
        confidence_level=confidence_level,
        method=method,
        reason="" if std_error > _NO_SPREAD else "too_few",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationGroup:
    """Customers with much the same predicted chance of leaving (`lowest` to `highest`), and the share that left.

    `predicted` is the mean of the chances; `observed` is by Kaplan-Meier, and says why where it cannot be had.
    """

    lowest: float
    highest: float
    predicted: float
    observed: Estimate
    n_obs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Predicted chances of having left by `at` against what happened, by group from the lowest and in all.

    `n_expected` is the sum of the chances, `n_observed` how many left by Kaplan-Meier of all customers together, of
    whom `n_censored` were censored before `at`; `ratio` is the second for each one of the first. Its interval takes
    the chances as given.
    """

    at: float
    groups: tuple[CalibrationGroup, ...]
    n_expected: float
    n_observed: Estimate
    n_censored: int
    ratio: Estimate
    n_obs: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def calibrate(
    predicted_departure: ArrayLike,
    duration: ArrayLike,
    event_observed: ArrayLike,
    at: float,
    entry: ArrayLike | None = None,
    n_groups: int = 10,
    confidence_level: float = 0.95,
) -> Calibration:
    """Hold each customer's predicted chance of having left by `at` against what happened.

    Groups are about equally large; equal chances stay together, so there may be fewer than `n_groups`.
    """
    durations = check_times("duration", duration)
    size = durations.size
    events = check_events(event_observed, size=size)
    entries = np.zeros(size) if entry is None else check_times("entry", entry, size=size)
    check_entries(entries, durations)
    predicted = _chances("predicted_departure", np.asarray(predicted_departure, dtype=float), size)
    group = _groups(predicted, n_groups)

    def share_left(rows: NDArray[np.bool_]) -> Estimate:
        return _share_left(life_table(durations[rows], events[rows], entries[rows]), at, confidence_level)

    everybody = share_left(np.ones(size, dtype=bool))
    return Calibration(
        at=at,
        groups=tuple(
            CalibrationGroup(
                lowest=float(predicted[rows].min()),
                highest=float(predicted[rows].max()),
                predicted=float(predicted[rows].mean()),
                observed=share_left(rows),
                n_obs=int(rows.sum()),
            )
            for rows in (group == code for code in np.unique(group))
        ),
        n_expected=float(predicted.sum()),
        n_observed=_multiplied(everybody, size, "number who left"),
        ratio=_ratio(everybody, predicted),
        n_censored=int((~events & (durations < exact_time(at, durations))).sum()),
        n_obs=size,
    )


def _chances(name: str, values: Floats, size: int) -> Floats:
    if values.shape != (size,):
        raise ValueError(f"{name} has shape {values.shape}, {size} values were expected")
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        raise ValueError(f"row {wrong[0]}: {name} must lie between 0 and 1, not {values[wrong[0]]}")
    return values


def _groups(predicted: Floats, n_groups: int) -> NDArray[np.intp]:
    """To which group each customer belongs: those of equal chance to that in which the middle one of them falls."""
    if n_groups < 1:
        raise ValueError(f"n_groups must be 1 or more, not {n_groups}")
    _, which, count = np.unique(predicted, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2
    return np.asarray(middle * n_groups // max(predicted.size, 1), dtype=np.intp)[which]


def _share_left(table: LifeTable, at: float, confidence_level: float) -> Estimate:
    here = estimate_share(estimate_survival(table, confidence_level), at, confidence_level)
    return replace(here, value=1 - here.value, ci_lower=1 - here.ci_upper, ci_upper=1 - here.ci_lower)


def _multiplied(estimate: Estimate, factor: float, what: str) -> Estimate:
    return replace(
        estimate,
        value=estimate.value * factor,
        ci_lower=estimate.ci_lower * factor,
        ci_upper=estimate.ci_upper * factor,
        std_error=estimate.std_error * factor,
        method=f"{what}, {estimate.method}",
    )


def _ratio(everybody: Estimate, predicted: Floats) -> Estimate:
    what = "number who left for each one expected"
    if predicted.size and predicted.sum() > 0:
        return _multiplied(everybody, predicted.size / float(predicted.sum()), what)
    return not_estimable(
        "too_few", n_obs=everybody.n_obs, confidence_level=everybody.confidence_level, method=f"{what}, Kaplan-Meier"
    )
