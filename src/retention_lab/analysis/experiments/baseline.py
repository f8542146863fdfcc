"""What the control of a planned experiment will do: read off customers who stood there before."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retention_lab.analysis.experiments.plan_request import PlanRequest
from retention_lab.analysis.study import departures_of, horizon_in, table_of, told_of
from retention_lab.methods.estimates import Estimate, Reason, normal_quantile, not_estimable
from retention_lab.methods.life_tables import index_at
from retention_lab.methods.planned_outcomes import Outcome, PlannedMean, PlannedShare, PlannedSurvival
from retention_lab.methods.proportions import estimate_proportion
from retention_lab.methods.survival import SurvivalCurve, estimate_share, estimate_survival
from retention_lab.tables.client import Client
from retention_lab.tables.observation import Observation
from retention_lab.tables.past import Past, Spending, follow_past, spending_of
from retention_lab.tables.reductions import ALL, life_tables

Floats = NDArray[np.float64]
# `landmark`: customers of before were followed from a day on. `curve`: read off the curve by tenure, for want of days.
# `survivors`: what those here now did before, for want of days: who left meanwhile is not among them.
Basis = Literal["landmark", "curve", "survivors"]
FEWEST = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baseline:
    """What is expected of the control, from `n_past` customers of the days `first_day` to `last_day`.

    `planned` is what the calculator goes by; None with a reason in `value`. `counted` is the share of those who look
    like customers who are: where nobody says goodbye, some have gone for good unseen, and do not count. `sd` is that of
    spending, `mean_of_buyers` what those who bought spent. `variance_explained` is the square of the correlation with
    the same number of days before; None where these are not known.
    """

    value: Estimate
    planned: Outcome | None
    basis: Basis
    first_day: date
    last_day: date
    n_past: int
    counted: float
    n_not_covered: int = 0
    sd: float | None = None
    mean_of_buyers: float | None = None
    variance_explained: float | None = None


def find_baseline(client: Client, observation: Observation, asked: PlanRequest) -> Baseline:
    """The outcome as it was without the treatment."""
    past = follow_past(client, observation, asked.who, asked.horizon_days)
    if asked.outcome != "stay":
        return _from_spending(past, spending_of(client, past, asked.horizon_days), asked)
    return _from_curve(past, observation, asked) if past.staying is None else _from_landmark(past, asked)


def _from_landmark(past: Past, asked: PlanRequest) -> Baseline:
    assert past.staying is not None
    curve = estimate_survival(table_of(past.staying, ALL), asked.confidence_level)
    horizon = float(asked.horizon_days)
    # Each was watched for the whole horizon, also where all had left before its end.
    value = estimate_share(curve, min(horizon, curve.follow_up), asked.confidence_level)
    reason: Reason = "too_few" if past.n < FEWEST or not 0 < value.value < 1 else ""
    planned = None if reason else PlannedSurvival(time=curve.time, survival=curve.survival, horizon=horizon)
    return _baseline(past, "landmark", value, planned, reason)


def _from_curve(past: Past, observation: Observation, asked: PlanRequest) -> Baseline:
    """Those here now, each from its own tenure on; times in days."""
    table, horizon = table_of(life_tables(observation.rows), ALL), horizon_in(observation.unit, asked.horizon_days)
    curve = estimate_survival(table, asked.confidence_level)
    found = departures_of(curve, table, horizon)
    here = table.n_censored > 0
    told, _ = told_of(curve, table.time[here], horizon)
    value = not_estimable(
        found.reason or "too_few", n_obs=curve.n_obs, confidence_level=asked.confidence_level, method=curve.method
    )
    if not found.reason and told.any():
        n = found.n_covered
        value = Estimate(
            value=1 - found.value / n, ci_lower=1 - found.ci_upper / n, ci_upper=1 - found.ci_lower / n,
            std_error=found.std_error / n, n_obs=found.n_obs, confidence_level=asked.confidence_level,
            method="conditional Kaplan-Meier from each customer's tenure",
        )  # fmt: skip
    reason: Reason = value.reason or ("too_few" if not 0 < value.value < 1 or past.n < FEWEST else "")
    planned = None
    if not reason:
        steps = np.append(np.arange(1.0, horizon), horizon)
        staying = _staying(curve, table.time[here][told], table.n_censored[here][told], steps)
        days = asked.horizon_days / horizon
        planned = PlannedSurvival(time=steps * days, survival=staying, horizon=float(asked.horizon_days))
    return _baseline(past, "curve", value, planned, reason, n_not_covered=int(found.n_not_covered))


def _staying(curve: SurvivalCurve, tenures: Floats, customers: Floats, steps: Floats) -> Floats:
    """The share of all customers still here after each of the steps."""
    heights = np.concatenate([[1.0], curve.survival])
    at_start = heights[index_at(curve.time, tenures) + 1]
    later = [heights[index_at(curve.time, tenures + step) + 1] / at_start for step in steps]
    return np.asarray(np.einsum("ij,j->i", np.array(later), customers) / customers.sum(), dtype=np.float64)


def _from_spending(past: Past, found: Spending, asked: PlanRequest) -> Baseline:
    basis: Basis = "survivors" if past.staying is None else "landmark"
    level = asked.confidence_level
    if asked.outcome == "buy":
        value = estimate_proportion(found.n_bought, found.n, level)
        reason: Reason = "too_few" if found.n < FEWEST or not 0 < found.n_bought < found.n else ""
        planned: Outcome | None = None if reason else PlannedShare(share=value.value)
        correlation = found.correlation_bought
    else:
        error = found.sd / math.sqrt(max(found.n, 1))
        reach = normal_quantile(level) * error
        value = Estimate(
            value=found.mean, ci_lower=found.mean - reach, ci_upper=found.mean + reach, std_error=error,
            n_obs=found.n, confidence_level=level, method="mean of past customers, normal interval",
        )  # fmt: skip
        reason = "too_few" if found.n < FEWEST or not found.sd > 0 else ""
        # An offer makes customers spend more by a share of what they spend; where they return more than they buy,
        # there is no such share.
        planned = None if reason else PlannedMean(sd=found.sd, mean=found.mean if found.mean > 0 else None)
        correlation = found.correlation
    # Who has just come did nothing before.
    explained = None if correlation is None or asked.who == "new" else min(correlation**2, 0.999)
    return _baseline(
        past, basis, value, planned, reason,
        sd=found.sd, mean_of_buyers=found.mean_of_buyers, variance_explained=explained,
    )  # fmt: skip


def _baseline(
    past: Past, basis: Basis, value: Estimate, planned: Outcome | None, reason: Reason, **known: float | None
) -> Baseline:
    if reason:
        value = not_estimable(reason, n_obs=value.n_obs, confidence_level=value.confidence_level, method=value.method)
    return Baseline(
        value=value,
        planned=planned,
        basis=basis,
        first_day=past.first_day,
        last_day=past.last_day,
        n_past=past.n,
        counted=past.n / past.n_active if past.n_active else 1.0,
        **known,  # type: ignore[arg-type]
    )
