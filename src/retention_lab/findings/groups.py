"""Who leaves sooner, in sentences."""

import math
from collections.abc import Sequence

from retention_lab.analysis.groups import GroupComparison, GroupSurvival
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy
from retention_lab.findings.finding import MATERIAL, NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import at_time, capitalised, covariate_name, customers_in, span
from retention_lab.text import Text


def group_findings(study: ChurnStudy, comparisons: Sequence[GroupComparison], text: Text) -> Findings:
    """One finding for each covariate that forms groups."""
    return Findings(tuple(group_finding(study, comparison, text) for comparison in comparisons))


def group_finding(study: ChurnStudy, comparison: GroupComparison, text: Text) -> Finding:
    """Which group of one covariate leaves sooner."""
    group, verdict = comparison.earliest, _verdict(comparison)
    told = group is not None and verdict != "not_enough_data"
    gap = group.difference if group and told else None
    return Finding(
        id=f"churn.group.{comparison.column}",
        question=text.say("Who leaves sooner, by {column}?", column=covariate_name(comparison.column)),
        headline=_headline(comparison, verdict, text),
        action=_action(study, group, text) if group and verdict == "act" else "",
        verdict=verdict,
        estimate=gap.value if gap else NOT_A_NUMBER,
        ci_lower=gap.ci_lower if gap else NOT_A_NUMBER,
        ci_upper=gap.ci_upper if gap else NOT_A_NUMBER,
        unit=text.say("share of customers still here"),
        n_obs=int(study.table.n_obs),
        method=_method(comparison, text),
        definition=text.say(
            "Still here {when}, the group less all other customers.", when=at_time(study.horizon, study.unit, text)
        ),
        caveats=_caveats(study, comparison, text),
    )


def _verdict(comparison: GroupComparison) -> Verdict:
    group = comparison.earliest
    few = sum(one.n_left for one in comparison.groups) < FEW_EVENTS
    if group is None or few or math.isnan(comparison.pvalue_adjusted):
        return "not_enough_data"
    if not comparison.is_clear:
        return "no_evidence"
    return "act" if group.familywise_upper < -MATERIAL else "watch"


def _method(comparison: GroupComparison, text: Text) -> str:
    if math.isnan(comparison.pvalue_adjusted):
        return text.say("Kaplan-Meier; there is nothing that could be tested")
    return text.say(
        "Kaplan-Meier difference, square-and-add interval; log-rank test, Holm over covariates, {p}; "
        "the verdict allows for the number of groups",
        p=text.pvalue(comparison.pvalue_adjusted),
    )


def _headline(comparison: GroupComparison, verdict: Verdict, text: Text) -> str:
    group, column = comparison.earliest, covariate_name(comparison.column)
    if group is None or verdict == "not_enough_data":
        return text.say("By {column}, there is too little to compare groups.", column=column)
    when = at_time(comparison.horizon, comparison.unit, text)
    if verdict == "no_evidence":
        return text.say(
            "By {column}, no group has clearly lost more customers than the others {when}.", column=column, when=when
        )
    gap = group.difference
    return text.say(
        "{who} leave sooner: {share} are still here {when}, against {rest} of all others. That is {gap} points fewer "
        "({lower} to {upper}).",
        who=capitalised(customers_in(comparison.column, group.level, text)),
        share=text.percent(group.at_horizon.value),
        rest=text.percent(group.at_horizon.value - gap.value),
        when=when,
        gap=text.number(-100 * gap.value),
        lower=text.number(-100 * gap.ci_upper),
        upper=text.number(-100 * gap.ci_lower),
    )


def _action(study: ChurnStudy, group: GroupSurvival, text: Text) -> str:
    leaving = group.departures
    if not group.n_here:
        return text.say("None of them is still here: look at how such customers are won.")
    if leaving.reason:
        return text.say_many(
            "Start with the one of them still here.", "Start with the {n} of them still here.", group.n_here
        )
    values = {
        "here": text.count(group.n_here),
        "judged": text.count(leaving.n_covered),
        "n": text.count(leaving.value),
        "interval": text.interval(leaving.ci_lower, leaving.ci_upper, 0),
        "span": span(study.horizon, study.unit, text),
    }
    if leaving.n_not_covered:
        return text.say(
            "Start with the {here} of them still here: of {judged} who can be judged, about {n} ({interval}) will "
            "leave within {span}.",
            **values,
        )
    return text.say(
        "Start with the {here} of them still here: about {n} ({interval}) will leave within {span}.", **values
    )


def _caveats(study: ChurnStudy, comparison: GroupComparison, text: Text) -> tuple[str, ...]:
    caveats = [
        text.say(
            "{column} is as it stood when the export was made; it may have changed before.",
            column=capitalised(covariate_name(comparison.column)),
        )
    ]
    if comparison.pooled:
        caveats.append(
            text.say_many(
                "{n} group is not shown on its own, so that no group below {min_group} customers can be recognised.",
                "{n} groups are not shown on their own, so that no group below {min_group} customers can be "
                "recognised.",
                len(comparison.pooled),
                min_group=text.count(study.min_group),
            )
        )
    return tuple(caveats)
