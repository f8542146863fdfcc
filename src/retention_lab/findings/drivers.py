"""What goes with leaving, all else equal, in sentences."""

import math

from retention_lab.analysis.contrasts import LeftOut
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.effects import Effect
from retention_lab.findings.finding import MATERIAL, NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import at_time, capitalised, covariate_name, customers_in, those_in
from retention_lab.text import Text

_ORDER: tuple[Verdict, ...] = ("act", "watch", "fine", "no_evidence", "not_enough_data")


def driver_findings(drivers: Drivers, text: Text) -> Findings:
    """The strongest effect of each covariate, so that an id stands once; then what nothing can be said of."""
    first: dict[str, Effect] = {}
    for effect in sorted(drivers.effects, key=lambda effect: _concern(drivers, effect)):
        first.setdefault(effect.name, effect)
    told = [driver_finding(drivers, effect, text) for effect in first.values()]
    return Findings((*told, *(_left_out(drivers, name, why, text) for name, why in drivers.left_out.items())))


def _concern(drivers: Drivers, effect: Effect) -> tuple[int, float]:
    """What surely costs customers comes first: a small group with a large difference by chance must not hide it."""
    value = effect.points.value
    return _ORDER.index(_verdict(drivers, effect)), 0.0 if math.isnan(value) else value


def driver_finding(drivers: Drivers, effect: Effect, text: Text) -> Finding:
    """What one level of a covariate goes with, all else equal."""
    points, verdict = effect.points, _verdict(drivers, effect)
    return Finding(
        id=f"churn.driver.{effect.name}",
        question=_question(effect.name, text),
        headline=_headline(drivers, effect, verdict, text),
        action=_action(effect, verdict, text),
        verdict=verdict,
        estimate=points.value,
        ci_lower=points.ci_lower,
        ci_upper=points.ci_upper,
        unit=text.say("share of customers still here"),
        n_obs=drivers.n_obs,
        method=_method(effect, text),
        definition=_definition(drivers, text),
        caveats=_caveats(drivers, effect, text),
    )


def _method(effect: Effect, text: Text) -> str:
    if math.isnan(effect.pvalue_adjusted):
        return effect.points.method
    return text.say(
        "{method}; Holm over all comparisons, {p}",
        method=effect.points.method,
        p=text.pvalue(effect.pvalue_adjusted),
    )


def _question(name: str, text: Text) -> str:
    return text.say("Does {name} go with leaving, all else equal?", name=covariate_name(name))


def _definition(drivers: Drivers, text: Text) -> str:
    return text.say(
        "Still here {when}: the share if all customers were in the one group, less the share if all were in the other.",
        when=at_time(drivers.horizon, drivers.unit, text),
    )


def _verdict(drivers: Drivers, effect: Effect) -> Verdict:
    points = effect.points
    if points.reason:
        return "not_enough_data"
    if _only_in_a_curve(drivers, effect):
        return "watch"
    if points.ci_lower <= 0 <= points.ci_upper or not _is_clear(drivers, effect):
        return "no_evidence"
    if points.value > 0:
        return "fine"
    return "act" if points.ci_upper < -MATERIAL else "watch"


def _is_clear(drivers: Drivers, effect: Effect) -> bool:
    return effect.pvalue_adjusted < 1 - drivers.confidence_level


def _only_in_a_curve(drivers: Drivers, effect: Effect) -> bool:
    """The number clearly matters, although the two values that are compared may be alike."""
    in_curve = effect.name in drivers.model.curved and _is_clear(drivers, effect)
    return in_curve and effect.points.ci_lower <= 0 <= effect.points.ci_upper


def _headline(drivers: Drivers, effect: Effect, verdict: Verdict, text: Text) -> str:
    points = effect.points
    values = {
        "who": customers_in(effect.name, effect.level, text),
        "others": those_in(effect.reference, text),
        "when": at_time(drivers.horizon, drivers.unit, text),
    }
    if verdict == "not_enough_data":
        return _too_little(effect, values, text)
    values["points"] = text.number(abs(100 * points.value))
    if points.ci_lower <= 0 <= points.ci_upper:
        values |= {"fewer": text.number(-100 * points.ci_lower), "more": text.number(100 * points.ci_upper)}
        return _in_a_curve(effect, values, text) if _only_in_a_curve(drivers, effect) else _no_difference(values, text)
    nearest, farthest = sorted(abs(100 * end) for end in (points.ci_lower, points.ci_upper))
    values["interval"] = text.interval(nearest, farthest)
    return _unclear(points.value, values, text) if verdict == "no_evidence" else _clear(points.value, values, text)


def _no_difference(values: dict[str, str], text: Text) -> str:
    return text.say(
        "All else equal, there is no evidence of a difference between {who} and {others} "
        "(from {fewer} points fewer to {more} points more still here {when}).",
        **values,
    )


def _in_a_curve(effect: Effect, values: dict[str, str], text: Text) -> str:
    return text.say(
        "{name} matters, but not in one direction: {who} and {others} may be alike (from {fewer} points fewer to "
        "{more} points more still here {when}), customers with other values are not.",
        name=capitalised(covariate_name(effect.name)),
        **values,
    )


def _clear(points: float, values: dict[str, str], text: Text) -> str:
    if points > 0:
        return text.say(
            "All else equal, {who} stay longer than {others}: {points} points more are still here {when} ({interval}).",
            **values,
        )
    return text.say(
        "All else equal, {who} leave sooner than {others}: {points} points fewer are still here {when} ({interval}).",
        **values,
    )


def _unclear(points: float, values: dict[str, str], text: Text) -> str:
    if points > 0:
        return text.say(
            "All else equal, {who} may stay longer than {others} ({interval} points more still here {when}), but it is "
            "not clear once all comparisons are counted.",
            **values,
        )
    return text.say(
        "All else equal, {who} may leave sooner than {others} ({interval} points fewer still here {when}), but it is "
        "not clear once all comparisons are counted.",
        **values,
    )


def _too_little(effect: Effect, values: dict[str, str], text: Text) -> str:
    name = capitalised(covariate_name(effect.name))
    if effect.why_not == "collinear":
        return text.say("{name} repeats what other covariates say: its own part cannot be told apart.", name=name)
    if effect.why_not == "constant":
        return text.say("{name} is the same for all customers who can be compared.", name=name)
    if effect.points.reason == "not_observed":
        return text.say("{name} cannot be judged {when}: nobody was followed that long.", name=name, **values)
    return text.say("There is too little to compare {who} with {others}.", **values)


def _action(effect: Effect, verdict: Verdict, text: Text) -> str:
    kept = effect.customers_a_year
    if verdict != "act":
        return ""
    if not effect.n_here:
        return text.say("None of them is still here: look at how such customers are won.")
    if kept.reason or kept.ci_lower <= 0:
        return text.say_many(
            "Start with the one of them still here; only a test can show what would keep such customers.",
            "Start with the {n} of them still here; only a test can show what would keep such customers.",
            effect.n_here,
        )
    return text.say(
        "Were {here} of them to leave only at the rate of {others}, about {n} more ({interval}) would be here in a "
        "year. Only a test can show whether a change would do it.",
        others=those_in(effect.reference, text),
        here=text.count(kept.n_covered),
        n=text.count(kept.value),
        interval=text.interval(kept.ci_lower, kept.ci_upper, 0),
    )


def _caveats(drivers: Drivers, effect: Effect, text: Text) -> tuple[str, ...]:
    name = covariate_name(effect.name)
    if effect.kind == "since":
        own = text.say("Counted from the day it began. Those who choose it may differ in ways that no table shows.")
    else:
        own = text.say(
            "An association, not a proof: the groups may differ in ways that no table shows. {name} is as it stood "
            "when the export was made.",
            name=capitalised(name),
        )
    return (own, *not_judged_caveats(drivers, text))


def not_judged_caveats(drivers: Drivers, text: Text) -> list[str]:
    """Who is in no number of the model, because nobody like them has left."""
    if not drivers.n_not_judged:
        return []
    return [
        text.say_many(
            "{n} customer still here is in a group that nobody has left so far, and is not in this number.",
            "{n} customers still here are in groups that nobody has left so far, and are not in this number.",
            drivers.n_not_judged,
        )
    ]


def _left_out(drivers: Drivers, name: str, why: LeftOut, text: Text) -> Finding:
    covariate = capitalised(covariate_name(name))
    reasons = {
        "one_level": text.say("{name} cannot be judged: it is the same for all customers.", name=covariate),
        "too_many_levels": text.say("{name} cannot be judged: it has too many different values.", name=covariate),
        "too_small": text.say("{name} cannot be judged: too few customers share a value.", name=covariate),
        "no_departures": text.say("{name} cannot be judged: all who left had the same value.", name=covariate),
        "no_values": text.say("{name} cannot be judged: it is blank for all customers.", name=covariate),
        "no_spread": text.say("{name} cannot be judged: most customers have the same value.", name=covariate),
    }
    return Finding(
        id=f"churn.driver.{name}",
        question=_question(name, text),
        headline=reasons[why],
        action="",
        verdict="not_enough_data",
        estimate=NOT_A_NUMBER,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit=text.say("share of customers still here"),
        n_obs=drivers.n_obs,
        method=drivers.model.fit.method,
        definition=_definition(drivers, text),
    )
