"""What the treatment earned after what it cost, and what giving it to everybody would be worth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.experiments.effects import Effect, contrast_of, held
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.methods.estimates import (
    Estimate,
    Reason,
    normal_point,
    normal_probability,
    normal_quantile,
    not_estimable,
)
from retention_lab.tables.client import Client
from retention_lab.tables.client_file import Money
from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.experiment_file import Outcome
from retention_lab.tables.experiment_reductions import cost_moments, mean_monthly_value, moments_of
from retention_lab.tables.experiments import Trial

Floats = NDArray[np.float64]
_METHOD = "effect times its worth, less cost; the distances to the limits squared and added"
# The curve of what a roll-out is worth is drawn from these shares of its distribution.
_SHARES = np.linspace(0.005, 0.995, 100)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VariantMoney:
    """The money of one treatment, in the client's currency, for each customer treated, within `days`.

    `gain` is the margin that it brought, `cost` what it cost, `net` the difference, `basis` the
    outcomes behind the gain; `break_even_cost` the cost at which nothing would be left; `loss_chance` the
    chance that the net is below nought. `roll_out` is the net for `n_customers`; its distribution is `roll_out_values`,
    at the shares `roll_out_shares` of the way through it.
    """

    variant: str
    basis: tuple[str, ...]
    days: int
    gain: Estimate
    cost: Estimate
    net: Estimate
    break_even_cost: Estimate
    loss_chance: float
    n_customers: int
    roll_out: Estimate
    roll_out_shares: Floats
    roll_out_values: Floats
    margin_known: bool


def estimate_money(
    client: Client, study: ExperimentStudy, effects: Sequence[Effect], *, roll_out_customers: int = 0
) -> tuple[VariantMoney, ...]:
    """The money of each treatment; none where no effect may be read, or no outcome is worth money.

    An outcome counts if client.yml says what it is worth (`money`). Where none does, staying counts with the monthly
    value of the customers, else what was bought. Where customers have several rows, what counts is their sum.
    `roll_out_customers` 0 means as many as were in the experiment.
    """
    trial = study.trial
    if trial is None or not effects:
        return ()
    worth = _worth(client, study)
    if not worth:
        return ()
    effects = [_for_each_customer(study, trial, effect) for effect in effects if effect.outcome in worth]
    costs = cost_moments(trial)
    n_customers = roll_out_customers or int(trial.counts.analysed.sum())
    found = []
    for treatment in study.treatments:
        of_variant = [effect for effect in effects if effect.variant == treatment]
        cost = _cost(costs[costs.variant == treatment].iloc[0], study.confidence_level)
        found.append(_money(study, treatment, of_variant, worth, cost, n_customers))
    return tuple(found)


def _for_each_customer(study: ExperimentStudy, trial: Trial, effect: Effect) -> Effect:
    """The effect as money sees it: nothing of it cut off, and summed over a customer's rows."""
    if effect.trimmed:
        # A large purchase is money too, whatever it does to the noise.
        return replace(effect, contrast=effect.trimmed.as_is)
    if not trial.by_order or effect.spec.kind != "mean" or effect.spec.source or effect.contrast.reason:
        return effect
    if trial.randomised == "cluster":
        return replace(effect, contrast=replace(effect.contrast, reason="too_few"))
    frame = moments_of(trial).assign(mean_d=1.0, var_d=0.0, cov_yd=0.0, cov_dx=0.0)
    contrast = contrast_of(study, trial, effect.spec, frame, effect.outcome, effect.variant)
    return replace(effect, contrast=held(trial, effect.spec, contrast))


def _worth(client: Client, study: ExperimentStudy) -> dict[str, float]:
    """The margin that one unit of an outcome is, for the outcomes that count as money."""
    outcomes, money = study.outcomes, study.money
    declared = {name: outcome for name, outcome in outcomes.items() if outcome.money}
    if not declared:
        staying = [name for name, outcome in outcomes.items() if outcome.kind == "survival"][:1]
        value = mean_monthly_value(client, study.trial) if staying and study.trial else math.nan
        if math.isfinite(value):
            return {staying[0]: _margin(value, money) / UNIT_DAYS["months"] * UNIT_DAYS[outcomes[staying[0]].unit]}
        bought = [n for n, o in outcomes.items() if o.kind == "mean" and o.source == "transactions.amount"][:1]
        return dict.fromkeys(bought, money.margin_rate)
    worth = {name: _unit_worth(client, study, outcome) for name, outcome in declared.items()}
    # A sum of which one part is not known is not known.
    return worth if all(map(math.isfinite, worth.values())) else {}


def _unit_worth(client: Client, study: ExperimentStudy, outcome: Outcome) -> float:
    rate = study.money.margin_rate if outcome.money == "revenue" else 1.0
    if outcome.kind != "survival":
        return rate
    value = mean_monthly_value(client, study.trial) if study.trial else math.nan
    return rate * value / UNIT_DAYS["months"] * UNIT_DAYS[outcome.unit]


def _margin(value: float, money: Money) -> float:
    return value * (money.margin_rate if money.monthly_value_is == "revenue" else 1.0)


def _cost(row: pd.Series, level: float) -> Estimate:
    n, mean, variance = (float(row[name]) for name in ("n", "mean", "var"))
    error = math.sqrt(variance / n) if n > 1 and math.isfinite(variance) else 0.0
    reach = normal_quantile(level) * error
    return _estimate(mean, mean - reach, mean + reach, error, n, level, "mean cost of those treated")


def _money(
    study: ExperimentStudy,
    treatment: str,
    effects: Sequence[Effect],
    worth: dict[str, float],
    cost: Estimate,
    n_customers: int,
) -> VariantMoney:
    gain = _gain(effects, worth, study.confidence_level)
    net = _less(gain, cost)
    # As wide as the interval: one that holds at any time is not to stand beside a surer chance of a loss.
    error = (net.ci_upper - net.ci_lower) / (2 * normal_quantile(study.confidence_level))
    told = not net.reason and error > 0
    outcomes = [study.outcomes[effect.outcome] for effect in effects]
    values = n_customers * (net.value + error * np.array([*map(normal_point, _SHARES)])) if told else np.empty(0)
    return VariantMoney(
        variant=treatment,
        basis=tuple(effect.outcome for effect in effects),
        days=max((outcome.horizon_days or outcome.window_days or 0 for outcome in outcomes), default=0),
        gain=gain,
        cost=cost,
        net=net,
        break_even_cost=gain,
        loss_chance=normal_probability(-net.value / error) if told else math.nan,
        n_customers=n_customers,
        roll_out=_times(net, n_customers),
        roll_out_shares=_SHARES if told else np.empty(0),
        roll_out_values=values,
        margin_known="margin_rate" in study.money.model_fields_set or study.money.monthly_value_is == "margin",
    )


def _gain(effects: Sequence[Effect], worth: dict[str, float], level: float) -> Estimate:
    """The sum of what the outcomes brought; their errors add up as if they moved together, which is the worst case."""
    reason: Reason = next((effect.contrast.reason for effect in effects if effect.contrast.reason), "")
    n_obs = min((effect.contrast.n_obs for effect in effects), default=0.0)
    rates = [worth[effect.outcome] for effect in effects]
    if reason or not all(map(math.isfinite, rates)):
        return not_estimable(reason or "not_observed", n_obs=n_obs, confidence_level=level, method=_METHOD)
    contrasts = [effect.contrast for effect in effects]
    totals = [
        sum(rate * getattr(one, name) for rate, one in zip(rates, contrasts, strict=True))
        for name in ("value", "ci_lower", "ci_upper", "std_error")
    ]
    return _estimate(totals[0], totals[1], totals[2], totals[3], n_obs, level, _METHOD)


def _less(gain: Estimate, cost: Estimate) -> Estimate:
    if gain.reason:
        return gain
    value = gain.value - cost.value
    return _estimate(
        value,
        value - math.hypot(gain.value - gain.ci_lower, cost.ci_upper - cost.value),
        value + math.hypot(gain.ci_upper - gain.value, cost.value - cost.ci_lower),
        math.hypot(gain.std_error, cost.std_error),
        gain.n_obs,
        gain.confidence_level,
        _METHOD,
    )


def _times(one: Estimate, n: int) -> Estimate:
    if one.reason:
        return one
    ends = (n * one.value, n * one.ci_lower, n * one.ci_upper, n * one.std_error)
    return _estimate(*ends, one.n_obs, one.confidence_level, one.method)


def _estimate(
    value: float, lower: float, upper: float, error: float, n_obs: float, level: float, method: str
) -> Estimate:
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=error,
        n_obs=n_obs,
        confidence_level=level,
        method=method,
    )
