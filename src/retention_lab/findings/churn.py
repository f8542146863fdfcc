"""Churn in sentences: how many leave, when, who sooner, what moves it, what to do."""

import math
from collections.abc import Sequence

from retention_lab.analysis.churn import ChurnStudy, ChurnSurvival, GroupComparison, GroupSurvival
from retention_lab.analysis.drivers import Drivers, Effect
from retention_lab.findings.finding import Finding, Findings, Verdict
from retention_lab.findings.words import at_time, covariate_name, level_name, span
from retention_lab.methods.estimates import Reason
from retention_lab.text import Text

# A difference below one point of survival is not worth a campaign, however certain it is.
_MATERIAL = 0.01
_SIGNIFICANT = 0.05
_FEW_EVENTS = 10
_NAN = float("nan")


def departures_finding(study: ChurnStudy, result: ChurnSurvival, drivers: Drivers, text: Text) -> Finding:
    """How many of those still here will have left by the horizon."""
    expected = drivers.departures if drivers.effects else result.departures
    known = not expected.reason
    values = {
        "here": text.count(expected.n_covered),
        "day": text.date(study.as_of),
        "n": text.count(expected.value) if known else "",
        "interval": text.interval(expected.ci_lower, expected.ci_upper, 0),
        "share": text.percent(expected.value / expected.n_covered, 0) if known else "",
        "span": span(study.horizon, study.unit, text),
    }
    said = text.say(
        "About {n} ({interval}) of the {here} customers here on {day}, {share}, will have left {span} later.", **values
    )
    caveats = [*_entry_caveats(study, text), *_horizon_caveats(study, text)]
    if expected.n_not_covered:
        caveats.append(
            text.say(
                "{n} customers have been here so long that nobody was watched {span} further; they are not in this number.",
                n=text.count(expected.n_not_covered),
                **{"span": values["span"]},
            )
        )
    return Finding(
        id="churn.survival",
        question=text.say("How many will leave?"),
        headline=said if known else _not_known(expected.reason, study, text),
        action=text.say("Take it as the number to beat: it is what happens if nothing is done.") if known else "",
        verdict="watch" if known else "not_enough_data",
        estimate=expected.value,
        ci_lower=expected.ci_lower,
        ci_upper=expected.ci_upper,
        unit=text.say("customers"),
        n_obs=int(study.table.n_obs),
        method=expected.method,
        definition=text.say(
            "Expected number, of those here on the day, whose contract ends within {span}.", span=values["span"]
        ),
        caveats=tuple(caveats),
    )


def value_finding(study: ChurnStudy, result: ChurnSurvival, drivers: Drivers, text: Text) -> Finding | None:
    """The monthly value that the leavers take along; None where the client has no monthly values."""
    lost = drivers.value_at_risk if drivers.effects else result.value_at_risk
    if lost is None:
        return None
    known = not lost.reason
    headline = text.say(
        "They take along about {lost} a month ({lower} to {upper}), of the {here} that these customers pay today.",
        lost=text.money(lost.value),
        lower=text.money(lost.ci_lower),
        upper=text.money(lost.ci_upper),
        here=text.money(lost.n_covered),
    )
    return Finding(
        id="churn.value_at_risk",
        question=text.say("How much money goes with them?"),
        headline=headline if known else _not_known(lost.reason, study, text),
        action="",
        verdict="watch" if known else "not_enough_data",
        estimate=lost.value,
        ci_lower=lost.ci_lower,
        ci_upper=lost.ci_upper,
        unit=text.say("{currency} a month", currency=text.currency),
        n_obs=int(study.table.n_obs),
        method=lost.method,
        definition=text.say("Monthly value of the customers here, each by the chance of leaving at the customer's tenure."),
        caveats=(text.say("It takes those who leave to be worth as much as those who stay equally long."),),
    )


def when_finding(study: ChurnStudy, result: ChurnSurvival, text: Text) -> Finding:
    """The stretch of a customer's time in which most leave."""
    rates, place, width = result.rates, result.peak, study.stretch
    known = place is not None
    rate, lower, upper = (
        (float(part[place]) * 100 * width for part in (rates.rate, rates.ci_lower, rates.ci_upper)) if known else (_NAN,) * 3
    )
    average = 100 * width * result.overall_rate
    verdict: Verdict = "not_enough_data" if not known else "act" if lower > 1.5 * average else "watch"
    if known and lower <= average:
        verdict = "no_evidence"
    return Finding(
        id="churn.when",
        question=text.say("When do they leave?"),
        headline=when_sentence(study, result, text),
        action=_before_the_peak(study, result, text) if verdict in ("act", "watch") else "",
        verdict=verdict,
        estimate=rate,
        ci_lower=lower,
        ci_upper=upper,
        unit=text.say("leave of 100 customers in {span}", span=span(width, study.unit, text)),
        n_obs=int(study.table.n_obs),
        method=rates.method,
        definition=text.say("Customers who leave in a stretch of their time here, for each customer at risk in it."),
        caveats=(text.say("The highest of several stretches looks a little higher than it is."),),
    )


def when_sentence(study: ChurnStudy, result: ChurnSurvival, text: Text) -> str:
    """When the leaving rate peaks, against the average."""
    place, rates = result.peak, result.rates
    if place is None:
        return text.say("Too few have left to say when they do.")
    width = 100 * study.stretch
    values = {
        "stretch": _stretch(float(rates.start[place]), float(rates.end[place]), study.unit, text),
        "rate": text.number(width * float(rates.rate[place])),
        "interval": text.interval(width * float(rates.ci_lower[place]), width * float(rates.ci_upper[place])),
        "average": text.number(width * result.overall_rate),
        "span": span(study.stretch, study.unit, text),
    }
    if rates.ci_lower[place] <= result.overall_rate:
        return text.say("They leave evenly: about {average} of 100 in {span}, with no clear peak.", **values)
    return text.say(
        "Leaving peaks {stretch}: {rate} of 100 customers leave then ({interval}), against {average} in {span} on average.",
        **values,
    )


def _stretch(start: float, end: float, unit: str, text: Text) -> str:
    if start == 0:
        return text.say("in the first {span}", span=span(end, unit, text))
    if end - start == 1:
        return text.say("in {unit} {end}", unit=text.say(unit.rstrip("s")), end=text.count(end))
    return text.say(
        "between {unit} {start} and {end}", unit=text.say(unit.rstrip("s")), start=text.count(start + 1), end=text.count(end)
    )


def _before_the_peak(study: ChurnStudy, result: ChurnSurvival, text: Text) -> str:
    """How many of those still here are about to enter the worst stretch."""
    place = result.peak
    start = float(result.rates.start[place]) if place is not None else 0.0
    if start == 0:
        return text.say("Make the first {span} part of the welcome: a call, help with the start.", span=span(study.stretch, study.unit, text))
    near = (study.table.time < start) & (study.table.time >= start - 3 * study.stretch)
    return text.say(
        "Speak to them before then: {n} of those here now come to that point within {span}.",
        n=text.count(study.table.n_censored[near].sum()),
        span=span(3 * study.stretch, study.unit, text),
    )


def group_finding(study: ChurnStudy, comparison: GroupComparison, text: Text) -> Finding:
    """Which group of one covariate leaves sooner."""
    group = comparison.earliest
    column = covariate_name(comparison.column)
    gap = group.difference if group else None
    verdict = _group_verdict(comparison, group)
    caveats = [text.say("{column} was known only at the end of observation.", column=column.capitalize())]
    if comparison.pooled:
        caveats.append(
            text.say_many(
                "{n} group is below {min_group} customers and counted under other.",
                "{n} groups are below {min_group} customers and counted under other.",
                len(comparison.pooled),
                min_group=text.count(study.min_group),
            )
        )
    return Finding(
        id=f"churn.group.{comparison.column}",
        question=text.say("Who leaves sooner, by {column}?", column=column),
        headline=_group_headline(comparison, verdict, text),
        action=_group_action(study, group, text) if group and verdict == "act" else "",
        verdict=verdict,
        estimate=gap.value if gap else _NAN,
        ci_lower=gap.ci_lower if gap else _NAN,
        ci_upper=gap.ci_upper if gap else _NAN,
        unit=text.say("share of customers still here"),
        n_obs=int(study.table.n_obs),
        method=text.say("Kaplan-Meier difference; log-rank test, Holm over covariates, {p}", p=text.pvalue(comparison.pvalue_adjusted)),
        definition=text.say("Still here {when}, the group less all other customers.", when=at_time(study.horizon, study.unit, text)),
        caveats=tuple(caveats),
    )


def _group_verdict(comparison: GroupComparison, group: GroupSurvival | None) -> Verdict:
    if group is None or math.isnan(comparison.pvalue_adjusted) or sum(g.n_left for g in comparison.groups) < _FEW_EVENTS:
        return "not_enough_data"
    if comparison.pvalue_adjusted >= _SIGNIFICANT or group.difference.ci_upper >= 0:
        return "no_evidence"
    return "act" if group.difference.ci_upper < -_MATERIAL else "watch"


def _group_headline(comparison: GroupComparison, verdict: Verdict, text: Text) -> str:
    group, column = comparison.earliest, covariate_name(comparison.column)
    if group is None or verdict == "not_enough_data":
        return text.say("By {column}, there is too little to compare groups.", column=column)
    values = {
        "column": column,
        "level": level_name(group.level, text),
        "share": text.percent(group.at_horizon.value),
        "interval": text.percent_interval(group.at_horizon.ci_lower, group.at_horizon.ci_upper),
        "rest": text.percent(group.at_horizon.value - group.difference.value),
        "gap": text.number(-100 * group.difference.value),
        "lower": text.number(-100 * group.difference.ci_upper),
        "upper": text.number(-100 * group.difference.ci_lower),
        "when": at_time(comparison.horizon, comparison.unit, text),
    }
    if verdict == "no_evidence":
        return text.say("By {column}, no group clearly leaves sooner than the others {when}.", **values)
    return text.say(
        "{level} ({column}) leave sooner: {share} still here {when}, against {rest} of all others, "
        "{gap} points less ({lower} to {upper}).",
        **values,
    )


def _group_action(study: ChurnStudy, group: GroupSurvival, text: Text) -> str:
    leaving = group.departures
    if leaving.reason:
        return text.say("Start with the {n} of them still here.", n=text.count(group.n_here))
    return text.say(
        "Start with the {here} of them still here: about {n} ({interval}) will leave within {span}.",
        here=text.count(group.n_here),
        n=text.count(leaving.value),
        interval=text.interval(leaving.ci_lower, leaving.ci_upper, 0),
        span=span(study.horizon, study.unit, text),
    )


def driver_finding(drivers: Drivers, effect: Effect, text: Text) -> Finding:
    """What one level of a covariate goes with, all else equal."""
    points, verdict = effect.points, _driver_verdict(effect)
    return Finding(
        id=f"churn.driver.{effect.name}",
        question=text.say("Does {name} go with leaving, all else equal?", name=covariate_name(effect.name)),
        headline=_driver_headline(drivers, effect, verdict, text),
        action=_driver_action(drivers, effect, verdict, text),
        verdict=verdict,
        estimate=points.value,
        ci_lower=points.ci_lower,
        ci_upper=points.ci_upper,
        unit=text.say("share of customers still here"),
        n_obs=drivers.n_obs,
        method=points.method,
        definition=text.say("Still here {when}, were all customers in the one group or in the other.", when=at_time(drivers.horizon, drivers.unit, text)),
        caveats=(_since_caveat(effect, text),),
    )


def _driver_verdict(effect: Effect) -> Verdict:
    points = effect.points
    if points.reason:
        return "not_enough_data"
    if points.ci_lower <= 0 <= points.ci_upper or not effect.pvalue_adjusted < _SIGNIFICANT:
        return "no_evidence"
    if points.value > 0:
        return "fine"
    return "act" if points.ci_upper < -_MATERIAL else "watch"


def _driver_headline(drivers: Drivers, effect: Effect, verdict: Verdict, text: Text) -> str:
    points = effect.points
    values = {
        "name": covariate_name(effect.name).capitalize(),
        "level": level_name(effect.level, text),
        "reference": level_name(effect.reference, text),
        "when": at_time(drivers.horizon, drivers.unit, text),
    }
    if points.reason:
        return text.say("{name}, {level} against {reference}: too little to say.", **values)
    values["points"] = text.number(abs(100 * points.value))
    clear = points.ci_lower > 0 or points.ci_upper < 0
    ends = sorted(100 * (abs(end) if clear else end) for end in (points.ci_lower, points.ci_upper))
    values["interval"] = text.interval(*ends)
    if points.ci_lower <= 0 <= points.ci_upper:
        return text.say("{name}, {level} against {reference}: no evidence of a difference ({interval} points {when}).", **values)
    if verdict == "no_evidence":
        return text.say(
            "{name}, {level} against {reference}: no clear difference once all comparisons are counted "
            "({interval} points {when}).",
            **values,
        )
    if points.value > 0:
        return text.say("{name}, {level} against {reference}: {points} points more still here {when} ({interval}).", **values)
    return text.say("{name}, {level} against {reference}: {points} points fewer still here {when} ({interval}).", **values)


def _driver_action(drivers: Drivers, effect: Effect, verdict: Verdict, text: Text) -> str:
    kept = effect.customers_a_year
    if verdict != "act" or kept.reason or kept.ci_lower <= 0:
        return ""
    return text.say(
        "If the {here} in {level} still here left as those in {reference} do, about {n} more ({interval}) would be here in "
        "a year. Whether a change would bring that about, only a test can show.",
        level=level_name(effect.level, text),
        reference=level_name(effect.reference, text),
        here=text.count(kept.n_covered),
        n=text.count(kept.value),
        interval=text.interval(kept.ci_lower, kept.ci_upper, 0),
    )


def _since_caveat(effect: Effect, text: Text) -> str:
    if effect.kind == "since":
        return text.say("Counted from the day it began. An association: those who choose it may differ in other ways.")
    return text.say("An association, not a proof: groups may differ in what the tables do not hold. Known only at the end.")


def driver_findings(drivers: Drivers, text: Text) -> Findings:
    """The strongest effect of each covariate, so that an id stands once."""
    first: dict[str, Effect] = {}
    for effect in sorted(drivers.effects, key=_concern):
        first.setdefault(effect.name, effect)
    return Findings(tuple(driver_finding(drivers, effect, text) for effect in first.values()))


def _concern(effect: Effect) -> float:
    """What costs customers first, then what keeps them, then what cannot be estimated."""
    return math.inf if effect.points.reason else effect.points.value


def group_findings(study: ChurnStudy, comparisons: Sequence[GroupComparison], text: Text) -> Findings:
    """One finding for each covariate that forms groups."""
    return Findings(tuple(group_finding(study, comparison, text) for comparison in comparisons))


def headline(
    study: ChurnStudy,
    result: ChurnSurvival,
    comparisons: Sequence[GroupComparison],
    drivers: Drivers,
    text: Text,
) -> Findings:
    """The first screen: how many, how much, when, who, and what moves it."""
    found = [departures_finding(study, result, drivers, text), value_finding(study, result, drivers, text), when_finding(study, result, text)]
    groups = list(group_findings(study, comparisons[:1], text))
    moved = [finding for finding in driver_findings(drivers, text) if finding.verdict == "act" and finding.action][:1]
    return Findings(tuple(finding for finding in [*found, *groups, *moved] if finding is not None))


def _not_known(reason: Reason, study: ChurnStudy, text: Text) -> str:
    values = {"span": span(study.horizon, study.unit, text), "followed": span(study.table.follow_up, study.unit, text)}
    if reason == "not_observed":
        return text.say(
            "How many will leave within {span} cannot be said: nobody was followed that long ({followed} at most).", **values
        )
    return text.say("How many will leave within {span} cannot be said: too few customers or too few departures.", **values)


def _entry_caveats(study: ChurnStudy, text: Text) -> list[str]:
    if study.observation.entry_known:
        return []
    return [
        text.say(
            "It is not known from when on the export shows each customer. If customers who left early are missing, "
            "fewer stay than this says."
        )
    ]


def _horizon_caveats(study: ChurnStudy, text: Text) -> list[str]:
    if study.unit == "days":
        return []
    return [
        text.say(
            "{days} days are taken as {span}.", days=text.count(study.horizon_days), span=span(study.horizon, study.unit, text)
        )
    ]
