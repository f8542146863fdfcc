"""Does it work for some more than for others, in sentences. Never a list of winners."""

import math
from collections.abc import Sequence

from retention_lab.analysis.experiments.gates import Gate, failed
from retention_lab.analysis.experiments.segments import Interaction, SegmentEffect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import tell
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import covariate_name, level_name
from retention_lab.text import Text


def segment_findings(
    study: ExperimentStudy, interactions: Sequence[Interaction], text: Text, gates: Sequence[Gate] = ()
) -> Findings:
    """One finding for each way to divide customers and each treatment; none where one of `gates` failed."""
    if failed(gates):
        return Findings(())
    return Findings(tuple(segment_finding(study, one, text) for one in interactions))


def segment_finding(study: ExperimentStudy, one: Interaction, text: Text) -> Finding:
    """Whether the effect differs between the groups of one column."""
    several = len(study.treatments) > 1
    return Finding(
        id=f"experiment.segment.{one.column}" + (f".{one.variant}" if several else ""),
        question=text.say(
            "Does it work for some more than for others, by {column}?", column=covariate_name(one.column)
        ),
        headline=_headline(study, one, text),
        action=_action(one, text),
        verdict=_verdict(one),
        estimate=NOT_A_NUMBER,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit="",
        n_obs=int(sum(group.contrast.n_obs for group in one.groups)),
        method=text.say(
            "Cochran's Q between the groups; Holm over all columns and treatments, {p}", p=_pvalue(one, text)
        ),
        definition=text.say(
            "The effect on “{outcome}” within each group, compared.", outcome=covariate_name(study.primary)
        ),
        caveats=tuple(_caveats(study, one, text)),
    )


def _verdict(one: Interaction) -> Verdict:
    if math.isnan(one.pvalue_adjusted):
        return "not_enough_data"
    return "watch" if one.is_clear else "no_evidence"


def _pvalue(one: Interaction, text: Text) -> str:
    return text.say("no test") if math.isnan(one.pvalue_adjusted) else text.pvalue(one.pvalue_adjusted)


def _headline(study: ExperimentStudy, one: Interaction, text: Text) -> str:
    values = {"column": covariate_name(one.column), "variant": one.variant, "p": _pvalue(one, text)}
    if math.isnan(one.pvalue_adjusted):
        return text.say(
            "By {column}, too few groups are large enough to say whether the effect of “{variant}” differs.", **values
        )
    if not one.is_clear:
        return text.say(
            "Nothing shows that the effect of “{variant}” differs by {column} ({p}): take it to be the same for all.",
            **values,
        )
    ordered = sorted(one.groups, key=lambda group: group.contrast.value)
    return text.say(
        "The effect of “{variant}” is not the same for all, by {column} ({p}): it ranges from {least} to {most}.",
        **values,
        least=_in_group(study, ordered[0], text),
        most=_in_group(study, ordered[-1], text),
    )


def _in_group(study: ExperimentStudy, group: SegmentEffect, text: Text) -> str:
    told = tell(group.contrast, study.outcomes[study.primary], text, signed=True)
    return text.say(
        "{change} ({interval}) in “{level}”",
        change=told.change,
        interval=told.interval,
        level=level_name(group.level, text),
    )


def _action(one: Interaction, text: Text) -> str:
    if math.isnan(one.pvalue_adjusted) or not one.is_clear:
        return ""
    return text.say("Test the offer anew in the groups apart before treating them differently.")


def _caveats(study: ExperimentStudy, one: Interaction, text: Text) -> list[str]:
    caveats = []
    if one.n_small:
        caveats.append(
            text.say_many(
                "{n} group is left out: below {min_group} customers in a variant, or without an effect that can be "
                "estimated.",
                "{n} groups are left out: below {min_group} customers in a variant, or without an effect that can be "
                "estimated.",
                one.n_small,
                min_group=text.count(study.min_group),
            )
        )
    if one.is_clear:
        caveats.append(text.say("Of several groups, the ends of the range look more extreme than they are."))
        if study.outcomes[study.primary].kind == "survival":
            caveats.append(
                text.say(
                    "The effect is the time gained: where more leave anyway, there is more to gain, also from an offer "
                    "that lowers every group's leaving rate by the same factor."
                )
            )
    return caveats
