"""What an experiment's treatment must gain to pay for itself."""

import math

from retention_lab.analysis.experiments.baseline import Baseline
from retention_lab.analysis.experiments.plan_request import PlanRequest
from retention_lab.methods.estimates import Estimate, normal_quantile, not_estimable
from retention_lab.methods.planned_outcomes import PlannedSurvival
from retention_lab.tables.client import Client
from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.observation import MONTHLY_VALUE, Observation
from retention_lab.tables.past import mean_value_here


def find_break_even(
    client: Client, observation: Observation, asked: PlanRequest, baseline: Baseline, cost: float
) -> Estimate | None:
    """The gain whose margin within the horizon is what a treated customer costs; later months would come on top.

    Staying: a day gained is worth a day's part of the mean monthly value of those here. Buying: a buyer more spends
    what buyers spend. Spending: a share of it is margin. The interval is that of the monthly value, and has nothing of
    the baseline's own noise. `not_reached` where even the largest gain would not pay.
    """
    if cost <= 0 or baseline.planned is None:
        return None
    worth = _worth(client, observation, asked, baseline)
    if worth is None:
        return None
    gains = [_gain_for(baseline, cost / each if each > 0 else math.inf) for each in worth]
    method = "gain whose margin within the horizon is the cost of the treatment"
    known = {"n_obs": baseline.value.n_obs, "confidence_level": asked.confidence_level, "method": method}
    if math.isnan(gains[0]):
        return not_estimable("not_reached", **known)  # type: ignore[arg-type]
    value, low, high = gains
    return Estimate(
        value=value,
        ci_lower=high,
        ci_upper=low,
        std_error=math.nan,
        reason="not_reached" if math.isnan(low) else "",
        **known,  # type: ignore[arg-type]
    )


def _worth(
    client: Client, observation: Observation, asked: PlanRequest, baseline: Baseline
) -> tuple[float, float, float] | None:
    """The margin of one unit: of a day gained, a buyer, or a unit of money; value, and the ends of its interval."""
    money = client.file.money
    if asked.outcome == "spend":
        return (money.margin_rate,) * 3
    if asked.outcome == "buy":
        return (money.margin_rate * (baseline.mean_of_buyers or 0.0),) * 3
    if MONTHLY_VALUE not in observation.rows.columns:
        return None
    mean, sd, n = mean_value_here(observation)
    if not n:
        return None
    reach = normal_quantile(asked.confidence_level) * sd / math.sqrt(n)
    rate = (money.margin_rate if money.monthly_value_is == "revenue" else 1.0) / UNIT_DAYS["months"]
    return rate * mean, rate * max(mean - reach, 0.0), rate * (mean + reach)


def _gain_for(baseline: Baseline, units: float) -> float:
    """The effect that brings so many units; nan where none does."""
    planned = baseline.planned
    if not isinstance(planned, PlannedSurvival):
        most = planned.limits[1] if planned else 0.0
        return units if units <= most and math.isfinite(units) else math.nan
    low, high = 0.0, planned.limits[1]
    if planned.gain(high) < units:
        return math.nan
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if planned.gain(middle) < units else (low, middle)
    return high
