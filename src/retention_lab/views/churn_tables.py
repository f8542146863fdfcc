"""Tables of who leaves and when."""

import math
from collections.abc import Sequence

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.effects import Effect
from retention_lab.analysis.groups import GroupComparison
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.words import at_time, covariate_name, level_name, span
from retention_lab.methods.adjusted import AdjustedDifference
from retention_lab.methods.departures import ExpectedDepartures
from retention_lab.methods.hazard_ratios import HazardRatio
from retention_lab.text import Text
from retention_lab.views.display import Table

MAX_GROUPS = 24


def table_of_survival(result: ChurnSurvival, text: Text) -> Table:
    """Who is still here at the milestones, and the median stay."""
    rows = [
        (
            at_time(time, result.unit, text),
            text.percent(found.value),
            text.percent_interval(found.ci_lower, found.ci_upper),
            text.count(_at_risk(result, time)),
        )
        for time, found in result.milestones.items()
        if not found.reason
    ]
    return Table(
        caption=text.say("Customers still here. {median}", median=_median(result, text)),
        columns=(
            text.say("Time"),
            text.say("Still here"),
            _level(result.curve.confidence_level, text),
            text.say("At risk"),
        ),
        align=("left", "right", "right", "right"),
        rows=tuple(rows),
    )


def _at_risk(result: ChurnSurvival, time: float) -> float:
    return float(next((n for at, n in zip(result.curve.time, result.curve.at_risk, strict=True) if at >= time), 0.0))


def _median(result: ChurnSurvival, text: Text) -> str:
    median, unit = result.median, result.unit
    if math.isnan(median.value):
        return text.say(
            "More than half are still here after {span}, the longest that anybody was followed.",
            span=span(result.curve.follow_up, unit, text),
        )
    upper = text.say("not reached") if math.isnan(median.ci_upper) else span(median.ci_upper, unit, text)
    lower = text.say("not known") if math.isnan(median.ci_lower) else span(median.ci_lower, unit, text)
    return text.say(
        "Half have left after {median} ({lower} to {upper}).",
        median=span(median.value, unit, text),
        lower=lower,
        upper=upper,
    )


def table_of_groups(study: ChurnStudy, comparisons: Sequence[GroupComparison], text: Text) -> Table:
    """Where to start: the groups in which most of those still here will leave."""
    known = [
        (comparison, group)
        for comparison in comparisons
        for group in comparison.groups
        if not group.departures.reason and group.n_here
    ]
    known.sort(key=lambda item: -item[1].departures.value / item[1].departures.n_covered)
    rows = [
        (
            text.say(
                "{column}: {level}", column=covariate_name(comparison.column), level=level_name(group.level, text)
            ),
            text.count(group.n_here),
            text.count(group.departures.n_covered),
            text.count(group.departures.value),
            text.interval(group.departures.ci_lower, group.departures.ci_upper, 0),
            text.percent(group.departures.value / group.departures.n_covered, 0),
        )
        for comparison, group in known[:MAX_GROUPS]
    ]
    return Table(
        caption=text.say(
            "Customers here who will leave within {span}, by group, the largest share first. Groups of different "
            "covariates overlap.",
            span=span(study.horizon, study.unit, text),
        ),
        columns=(
            text.say("Group"),
            text.say("Still here"),
            text.say("Can be judged"),
            text.say("Will leave"),
            _level(study.confidence_level, text),
            text.say("Share"),
        ),
        align=("left", "right", "right", "right", "right", "right"),
        rows=tuple(rows) or ((_why_no_groups(comparisons, text), "", "", "", "", ""),),
    )


def _why_no_groups(comparisons: Sequence[GroupComparison], text: Text) -> str:
    if not any(comparison.groups for comparison in comparisons):
        return text.say("No covariate forms groups")
    return text.say("There is too little to say how many of any group will leave")


def table_of_drivers(drivers: Drivers, text: Text) -> Table:
    """Hazard ratios, for those who want them."""
    rows = [_driver_row(effect, text) for effect in drivers.effects]
    return Table(
        caption=text.say(
            "Hazard ratios: how many times as fast customers leave, all else equal. {method}.",
            method=drivers.model.fit.method,
        ),
        columns=(
            text.say("Compared"),
            text.say("Hazard ratio"),
            _level(drivers.confidence_level, text),
            text.say("p, Holm"),
            text.say("Customers"),
        ),
        align=("left", "right", "right", "right", "right"),
        rows=tuple(rows),
    )


def _driver_row(effect: Effect, text: Text) -> tuple[str, ...]:
    name = text.say(
        "{name}: {level} against {reference}",
        name=covariate_name(effect.name),
        level=level_name(effect.level, text),
        reference=level_name(effect.reference, text),
    )
    ratio = effect.hazard_ratio
    if effect.stratified:
        changes = text.say("changes with time")
        return name, changes, "", text.pvalue(effect.pvalue_adjusted), text.count(effect.n_obs)
    if math.isnan(ratio.value):
        return name, text.say("too little to say"), "", "", text.count(effect.n_obs)
    return (
        name,
        text.number(ratio.value, 2),
        text.interval(ratio.ci_lower, ratio.ci_upper, 2),
        text.pvalue(effect.pvalue_adjusted),
        text.count(effect.n_obs),
    )


def table_of_naive(drivers: Drivers, text: Text) -> Table | None:
    """What a careless reading would credit to a thing that only those who stay can reach; None without any."""
    if not drivers.naive:
        return None
    rows = [
        (
            covariate_name(one.name),
            text.count(one.n_ever),
            _ratio(one.naive, text),
            _ratio(one.corrected, text),
        )
        for one in drivers.naive
    ]
    return Table(
        caption=text.say("Hazard ratios of what began later: read naively, and counted from the day it began."),
        columns=(text.say("What"), text.say("Customers"), text.say("Naive (wrong)"), text.say("From the day on")),
        align=("left", "right", "right", "right"),
        rows=tuple(rows),
    )


def _ratio(ratio: HazardRatio, text: Text) -> str:
    return text.say(
        "{ratio} ({interval})",
        ratio=text.number(ratio.value, 2),
        interval=text.interval(ratio.ci_lower, ratio.ci_upper, 2),
    )


def table_of_counts(study: ChurnStudy, result: ChurnSurvival, drivers: Drivers, text: Text) -> Table:
    """The expected departures counted in two ways, which should not lie far apart; in one without covariates."""
    ways: list[tuple[str, ExpectedDepartures | AdjustedDifference]] = [
        (text.say("One curve for all customers"), result.departures)
    ]
    if drivers.has_covariates:
        ways.append((text.say("By the covariates of each customer"), drivers.departures))
    rows = [
        (
            name,
            text.count(found.n_covered),
            text.count(found.value) if not found.reason else text.say("not estimable"),
            text.interval(found.ci_lower, found.ci_upper, 0) if not found.reason else "",
        )
        for name, found in ways
    ]
    return Table(
        caption=_counts_caption(study, drivers, text),
        columns=(
            text.say("Counted by"),
            text.say("Customers here"),
            text.say("Will leave"),
            _level(study.confidence_level, text),
        ),
        align=("left", "right", "right", "right"),
        rows=tuple(rows),
    )


def _counts_caption(study: ChurnStudy, drivers: Drivers, text: Text) -> str:
    horizon = span(study.horizon, study.unit, text)
    if not drivers.has_covariates:
        return text.say(
            "Customers who will leave within {span}. Without covariates one curve counts them.", span=horizon
        )
    return text.say(
        "Customers who will leave within {span}, counted in two ways. Where they differ, customers of one tenure are "
        "not like those who passed it before them; the second way allows for that.",
        span=horizon,
    )


def _level(confidence_level: float, text: Text) -> str:
    return text.say("{level} interval", level=text.percent(confidence_level, 0))
