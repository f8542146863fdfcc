"""From which effect on a planned treatment pays for itself, in sentences."""

import math

from retention_lab.analysis.experiments.plan import ExperimentPlan
from retention_lab.findings.experiments.plan_words import chance_found, effect_name, in_days, unit_name
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text

# With less, an offer that just pays would likely be missed.
_ENOUGH = 0.8


def break_even_finding(plan: ExperimentPlan, text: Text) -> Finding | None:
    """What the offer must gain to pay for itself; None where nothing is paid or nothing is known of money."""
    even = plan.break_even
    if even is None:
        return None
    known = not even.reason
    factor = 1.0 if plan.asked.outcome == "spend" else 100.0
    return Finding(
        id="experiment.plan.break_even",
        question=text.say("What must it gain to pay?"),
        headline=_break_even(plan, even, text),
        action=_break_even_action(plan, even, text),
        verdict=_break_even_verdict(plan),
        estimate=factor * even.value if known else NOT_A_NUMBER,
        ci_lower=factor * even.ci_lower if known else NOT_A_NUMBER,
        ci_upper=factor * even.ci_upper if known else NOT_A_NUMBER,
        unit=unit_name(plan, text),
        n_obs=int(even.n_obs),
        method=even.method,
        definition=text.say("The gain within the horizon whose margin is what a treated customer costs."),
    )


def _break_even_verdict(plan: ExperimentPlan) -> Verdict:
    if plan.power_at_break_even is None:
        return "watch"
    return "fine" if plan.power_at_break_even >= _ENOUGH else "watch"


def _break_even(plan: ExperimentPlan, even: Estimate, text: Text) -> str:
    values = {"cost": text.money(plan.cost, 2), "span": in_days(plan.asked.horizon_days, text)}
    if math.isnan(even.value):
        return text.say(
            "At {cost} a treated customer even the largest effect there can be would not pay within {span}.", **values
        )
    said = _from_where(plan, even, values, text)
    if plan.power_at_break_even is None:
        return said
    return f"{said} " + text.say(
        "The experiment finds an effect of just that size with a chance of {power}.",
        power=chance_found(plan.power_at_break_even, text),
    )


def _from_where(plan: ExperimentPlan, even: Estimate, values: dict[str, str], text: Text) -> str:
    lower, effect, upper = (
        effect_name(plan, end, text, with_days=False) for end in (even.ci_lower, even.value, even.ci_upper)
    )
    if even.reason:
        return text.say(
            "At {cost} a treated customer it pays from an effect of {even} on; {lower} at least, and at most nobody "
            "can say.",
            **values,
            even=effect,
            lower=lower,
        )
    if even.ci_lower == even.ci_upper:
        return text.say("At {cost} a treated customer it pays from an effect of {even} on.", **values, even=effect)
    return text.say(
        "At {cost} a treated customer it pays from an effect of {even} on ({lower} to {upper}).",
        **values,
        even=effect,
        lower=lower,
        upper=upper,
    )


def _break_even_action(plan: ExperimentPlan, even: Estimate, text: Text) -> str:
    if math.isnan(even.value):
        return text.say("Make the offer cheaper before testing it: no effect could pay for it within the horizon.")
    if plan.power_at_break_even is not None and plan.power_at_break_even < _ENOUGH:
        return text.say("An offer that just pays would likely be missed: take more customers, or a longer horizon.")
    return ""
