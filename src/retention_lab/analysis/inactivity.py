"""Who counts as gone where nobody says goodbye: the rule and how often it is wrong, and who is still a customer.

The rule is read off the client's own silences. Beside it stands a model of repeat buying, which says of each customer
how likely they are to buy again; whether it can be believed is tried on purchases that it did not see.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.study import ChurnStudy
from retention_lab.methods.estimates import Estimate, Reason, normal_quantile, not_estimable
from retention_lab.methods.life_tables import LifeTable
from retention_lab.methods.repeat_buying import (
    RepeatBuying,
    chance_alive,
    count_alive,
    expected_purchases,
    fit_repeat_buying,
)
from retention_lab.methods.survival import SurvivalCurve, conditional_survival, estimate_survival
from retention_lab.tables.client import Client
from retention_lab.tables.inactivity import InactivityRule
from retention_lab.tables.purchases import find_purchases, history_of_each, purchase_histories

Floats = NDArray[np.float64]
_DAYS_OF_A_WEEK = 7.0
# Customers with so many repeat purchases, or more, are one class.
_TOP_CLASS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A rule, and how often it would have been wrong: `wrong` is a share of the `n_silent` silences beyond it.

    Wrong is a silence that a purchase ended after all, within the `followed` days that silences were watched.
    """

    inactive_days: int
    wrong: Estimate
    n_silent: int
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOutClass:
    """Customers with `lower` to `upper` repeat purchases (inf: or more), and what they then bought, each on average."""

    lower: int
    upper: float
    n_customers: int
    predicted: float
    actual: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOut:
    """The model, fitted through `cut`, against the purchases of the `days` after it; `total` is of all customers."""

    cut: date
    days: int
    classes: tuple[HoldOutClass, ...]
    total: HoldOutClass | None
    reason: Reason = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each class."""
        names = ("lower", "upper", "n_customers", "predicted")
        return pd.DataFrame(
            [
                {name: getattr(one, name) for name in names}
                | {"actual": one.actual.value, "ci_lower": one.actual.ci_lower, "ci_upper": one.actual.ci_upper}
                for one in self.classes
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerActivity:
    """The rule with its `candidates`, and how many are still customers: by the rule, and by the model (`alive`).

    `chosen` is the candidate in force. The model is of all who ever bought, whatever a study keeps of them.
    """

    rule: InactivityRule
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    alive: Estimate
    model: RepeatBuying
    hold_out: HoldOut
    confidence_level: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each candidate."""
        return pd.DataFrame(
            [
                {
                    "inactive_days": one.inactive_days,
                    "wrong": one.wrong.value,
                    "ci_lower": one.wrong.ci_lower,
                    "ci_upper": one.wrong.ci_upper,
                    "n_silent": one.n_silent,
                }
                for one in self.candidates
            ]
        )


def estimate_activity(client: Client, study: ChurnStudy) -> CustomerActivity | None:
    """How the rule was found, how many are still customers, and how the model did; None where contracts end on a day.

    The hold-out is as long as the study's horizon, and at most half of the time that the purchases cover.
    """
    rule = study.observation.rule
    if rule is None:
        return None
    level = study.confidence_level
    curve = estimate_survival(_life_table(rule.gaps), level)
    candidates = tuple(_candidate(curve, rule, days) for days in rule.candidates)
    purchases = find_purchases(client, rule.purchases_through)
    now = purchase_histories(purchases, rule.purchases_through, rule.purchases_through)
    model = _fit(now)
    span = (rule.purchases_through - rule.purchases_from).days
    days = min(study.horizon_days, span // 2)
    cut = rule.purchases_through - timedelta(days=days)
    then = purchase_histories(purchases, cut, rule.purchases_through)
    return CustomerActivity(
        rule=rule,
        candidates=candidates,
        chosen=next(one for one in candidates if one.is_chosen),
        alive=count_alive(model, *_weeks(now), weights=now.n_customers, confidence_level=level),
        model=model,
        hold_out=_hold_out(then, cut, days, study.min_group, level),
        confidence_level=level,
    )


DrawLosses = Callable[[Floats, int], tuple[float, Floats]]


def weigh_by_activity(
    client: Client, activity: CustomerActivity | None, here: pd.DataFrame, draw_losses: DrawLosses
) -> tuple[pd.DataFrame, DrawLosses]:
    """Risks that allow for who may have left already: the chance of being here today, times that of leaving then.

    `here` and `draw_losses` take every customer to be here today. Where contracts end on a day, that is so.
    """
    if activity is None or activity.model.reason:
        return here, draw_losses
    purchases = find_purchases(client, activity.rule.purchases_through)
    each = history_of_each(purchases, activity.rule.purchases_through).set_index("customer_id")
    told = each.reindex(here.customer_id)
    active = np.nan_to_num(chance_alive(activity.model, *_weeks(told.fillna(0.0))))

    def weighed(weights: Floats, seed: int) -> tuple[float, Floats]:
        return draw_losses(np.asarray(weights) * active, seed)

    return here.assign(risk=here.risk * active), weighed


def _life_table(gaps: pd.DataFrame) -> LifeTable:
    """Every silence begins on the day of a purchase."""
    time = np.concatenate([[0.0], gaps.time])
    counts = {name: np.concatenate([[0.0], gaps[name]]) for name in ("n_events", "n_censored")}
    n_entered = np.zeros(time.size)
    n_entered[0] = sum(count.sum() for count in counts.values())
    if gaps.time.size and gaps.time.iloc[0] == 0:
        # Whoever bought on the last day has a silence of no days.
        time, n_entered = time[1:], n_entered[:-1]
        counts = {name: count[1:] for name, count in counts.items()}
    return LifeTable(time=time, n_entered=n_entered, **counts)


def _candidate(curve: SurvivalCurve, rule: InactivityRule, days: int) -> Candidate:
    return Candidate(
        inactive_days=days,
        wrong=_wrong(curve, days, rule.followed),
        n_silent=int(curve.at_risk[curve.time > days][0]) if (curve.time > days).any() else 0,
        is_chosen=days == rule.inactive_days,
    )


def _wrong(curve: SurvivalCurve, days: int, followed: int) -> Estimate:
    """The share of silences beyond `days` that ended within `followed`; each silence counts as one."""
    method = "Kaplan-Meier of silences, log-log interval"
    if followed < 2 * days:
        at_risk = curve.at_risk[curve.time > days]
        n_obs = float(at_risk[0]) if at_risk.size else 0.0
        return not_estimable("not_observed", n_obs=n_obs, confidence_level=curve.confidence_level, method=method)
    still = conditional_survival(curve, days, followed - days)
    if not 0 < still.value < 1:
        return _none_or_all(curve, days, followed, still.value)
    return Estimate(
        value=1 - still.value,
        ci_lower=1 - still.ci_upper,
        ci_upper=1 - still.ci_lower,
        std_error=still.std_error,
        n_obs=still.n_obs,
        confidence_level=curve.confidence_level,
        method=method,
    )


def _none_or_all(curve: SurvivalCurve, days: int, followed: int, still: float) -> Estimate:
    """Where none of the silences ended, or all, Wilson's interval of as many as were watched to the end (or ended)."""
    last = curve.at_risk[curve.time <= followed][-1]
    n = float(last if still == 1 else curve.n_events[(curve.time > days) & (curve.time <= followed)].sum())
    z = normal_quantile(curve.confidence_level)
    reach = z**2 / (n + z**2)
    return Estimate(
        value=1 - still,
        ci_lower=0.0 if still == 1 else 1 - reach,
        ci_upper=reach if still == 1 else 1.0,
        std_error=reach / z,
        n_obs=n,
        confidence_level=curve.confidence_level,
        method="Kaplan-Meier of silences, Wilson interval",
    )


def _weeks(histories: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Histories as the model takes them; in weeks, in which rates lie near one."""
    frequency = histories.frequency.to_numpy()
    recency, observed = (histories[name].to_numpy() / _DAYS_OF_A_WEEK for name in ("recency", "observed"))
    return frequency, recency, observed


def _fit(histories: pd.DataFrame) -> RepeatBuying:
    return fit_repeat_buying(*_weeks(histories), weights=histories.n_customers)


def _hold_out(histories: pd.DataFrame, cut: date, days: int, min_group: int, confidence_level: float) -> HoldOut:
    """Classes by repeat purchases before the cut; a class with too few customers to be shown joins the one below."""
    model = _fit(histories)
    if model.reason or days < 1:
        return HoldOut(cut=cut, days=days, classes=(), total=None, reason=model.reason or "not_observed")
    predicted = expected_purchases(model, *_weeks(histories), ahead=days / _DAYS_OF_A_WEEK)
    rows = histories.assign(predicted=predicted * histories.n_customers)
    classes = [_class(rows[rows.frequency.between(*ends)], *ends, confidence_level) for ends in _ends(rows, min_group)]
    return HoldOut(
        cut=cut, days=days, classes=tuple(classes), total=_class(rows, 0, math.inf, confidence_level)
    )  # fmt: skip


def _ends(rows: pd.DataFrame, min_group: int) -> list[tuple[int, float]]:
    """The classes 0, 1, 2, … and the last one open, each with `min_group` customers or more, from the top down."""
    ends: list[tuple[int, float]] = []
    upper = math.inf
    for lower in range(_TOP_CLASS, -1, -1):
        if rows.n_customers[rows.frequency.between(lower, upper)].sum() >= min_group:
            ends.append((lower, upper))
            upper = lower - 1
    if upper >= 0 and ends:
        # What is left over at the bottom joins the lowest class.
        ends[-1] = (0, ends[-1][1])
    return ends[::-1]


def _class(rows: pd.DataFrame, lower: int, upper: float, confidence_level: float) -> HoldOutClass:
    n = float(rows.n_customers.sum())
    return HoldOutClass(
        lower=lower,
        upper=upper,
        n_customers=int(n),
        predicted=float(rows.predicted.sum()) / n,
        actual=_mean(n, float(rows.later.sum()), float(rows.later_squares.sum()), confidence_level),
    )


def _mean(n: float, total: float, squares: float, confidence_level: float) -> Estimate:
    """A mean over customers, each of whom is drawn anew: normal interval, cut at nought."""
    mean = total / n
    variance = max(squares - n * mean**2, 0.0) / (n - 1) if n > 1 else 0.0
    std_error = math.sqrt(variance / n)
    reach = normal_quantile(confidence_level) * std_error
    # Where all bought the same, nothing says how far chance could have taken the mean.
    told = std_error > 0
    return Estimate(
        value=mean,
        ci_lower=max(mean - reach, 0.0) if told else math.nan,
        ci_upper=mean + reach if told else math.nan,
        std_error=std_error,
        n_obs=n,
        confidence_level=confidence_level,
        method="mean, normal interval",
        reason="" if told else "too_few",
    )
