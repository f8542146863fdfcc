"""Whether the ratios of leaving rates are the same at all times, in sentences."""

import math

from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.model import CLEAR, ChangingRatio
from retention_lab.findings.finding import NOT_A_NUMBER, Finding
from retention_lab.findings.words import capitalised, covariate_name, customers_in, span, those_in
from retention_lab.text import Text


def hazards_finding(drivers: Drivers, text: Text) -> Finding:
    """The covariate whose ratio changes most surely, what became of it in the model, and which others change."""
    first = drivers.changing[0] if drivers.changing else None
    tested = any(p == p for p in drivers.model.pvalues.values())
    return Finding(
        id="churn.constant_ratios",
        question=text.say("Are the differences the same at all times?"),
        headline=_changing(drivers, first, text) if first else _constant(drivers, text),
        action=_consequence(first, text) if first else "",
        verdict="watch" if first else ("fine" if tested else "not_enough_data"),
        estimate=first.late.value / first.early.value if first else NOT_A_NUMBER,
        ci_lower=first.change.ci_lower if first else NOT_A_NUMBER,
        ci_upper=first.change.ci_upper if first else NOT_A_NUMBER,
        unit=text.say("late hazard ratio for each early one"),
        n_obs=drivers.n_obs,
        method=drivers.model.hazards.method,
        definition=text.say(
            "A Cox model takes the ratio of two groups' leaving rates to be the same at all times; the test asks "
            "whether it rises or falls."
        ),
        caveats=_others(drivers, text),
    )


def _constant(drivers: Drivers, text: Text) -> str:
    smallest = min((p for p in drivers.model.pvalues.values() if not math.isnan(p)), default=math.nan)
    if math.isnan(smallest):
        return text.say("Whether the differences are the same at all times cannot be tested: there is nothing to test.")
    return text.say(
        "No difference between groups clearly changes over their time here ({p}, Holm, for the least steady; below "
        "{limit} would count).",
        p=text.pvalue(smallest),
        limit=text.number(CLEAR, 2),
    )


def _changing(drivers: Drivers, first: ChangingRatio, text: Text) -> str:
    return text.say(
        "The difference between {who} and {others} changes: in the first {cut} they leave {early} times as fast "
        "({early_interval}), after that {late} times ({late_interval}).",
        who=customers_in(first.name, first.level, text),
        others=those_in(first.reference, text),
        cut=span(first.cut, drivers.unit, text),
        early=text.number(first.early.value, 2),
        early_interval=text.interval(first.early.ci_lower, first.early.ci_upper, 2),
        late=text.number(first.late.value, 2),
        late_interval=text.interval(first.late.ci_lower, first.late.ci_upper, 2),
    )


def _consequence(first: ChangingRatio, text: Text) -> str:
    if first.stratified:
        return text.say(
            "So each of its groups has a curve of its own in this report, and no number rests on a constant ratio."
        )
    return text.say("The model holds an average of the two: read its difference as such, and mind the early time.")


def _others(drivers: Drivers, text: Text) -> tuple[str, ...]:
    stratified = [capitalised(covariate_name(one.name)) for one in drivers.changing[1:] if one.stratified]
    averaged = [capitalised(covariate_name(one.name)) for one in drivers.changing[1:] if not one.stratified]
    said = []
    if stratified:
        said.append(text.say("Also given curves of their own: {names}.", names=text.join(stratified)))
    if averaged:
        said.append(text.say("Also changing, and held at their average: {names}.", names=text.join(averaged)))
    return tuple(said)
