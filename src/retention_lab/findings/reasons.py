"""Why customers leave, in sentences."""

from retention_lab.analysis.reasons import ReasonOfLeaving, ReasonsOfLeaving
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy
from retention_lab.findings.finding import NOT_A_NUMBER, Finding
from retention_lab.findings.words import level_name, span
from retention_lab.tables.levels import OTHER, UNKNOWN
from retention_lab.text import Text

# More leavers without a reason than this, and the shares of the reasons are visibly too low.
_MANY_UNKNOWN = 0.05
_SAID = 3


def reasons_finding(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> Finding:
    """The reason for which most new customers leave by the horizon, and how many leave for the next ones."""
    why_not = _why_not_known(study, reasons, text)
    first = None if why_not or reasons is None else reasons.named[0]
    return Finding(
        id="churn.reasons",
        question=text.say("Why do they leave?"),
        headline=why_not or _headline(study, reasons, text),
        action=_action(study, reasons, text),
        verdict="watch" if first else "not_enough_data",
        estimate=100 * first.incidence.value if first else NOT_A_NUMBER,
        ci_lower=100 * first.incidence.ci_lower if first else NOT_A_NUMBER,
        ci_upper=100 * first.incidence.ci_upper if first else NOT_A_NUMBER,
        unit=text.say("of 100 new customers"),
        n_obs=int(study.table.n_obs),
        method=_method(first, text),
        definition=text.say(
            "Of 100 new customers, those who leave for this reason within {span}. Who leaves for another reason first "
            "can no longer leave for this one.",
            span=span(study.horizon, study.unit, text),
        ),
        caveats=_caveats(study, reasons, text) if reasons and first else (),
    )


def reason_name(level: str, text: Text) -> str:
    """A reason as the client's data has it; our own labels in the reader's language."""
    labels = {OTHER: text.say("other reasons"), UNKNOWN: text.say("reason not known")}
    return labels.get(level, level_name(level, text))


def not_recorded(text: Text) -> str:
    """What there is to say where a client has no reasons."""
    return text.say("Why they leave is not known: the export gives no reasons.")


def _why_not_known(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> str:
    """Empty where there is a reason to be named, with its number."""
    if reasons is None:
        return not_recorded(text)
    if not reasons.n_left:
        return text.say("Nobody has left yet, so there is no reason to compare.")
    if reasons.n_left == reasons.n_unknown:
        return text.say_many(
            "{n} customer has left, and the reason is not known.",
            "{n} customers have left, and the reason is not known for any of them.",
            reasons.n_left,
        )
    if (known := reasons.n_left - reasons.n_unknown) < FEW_EVENTS:
        return text.say_many(
            "The reason is known for {n} customer who left: too few to compare reasons.",
            "The reason is known for {n} customers who left: too few to compare reasons.",
            known,
        )
    if not reasons.named:
        return text.say("Every reason was given by so few that none can be shown on its own.")
    return _why_no_number(study, reasons.named[0], text)


def _why_no_number(study: ChurnStudy, first: ReasonOfLeaving, text: Text) -> str:
    values = {"span": span(study.horizon, study.unit, text)}
    if first.incidence.reason == "not_observed":
        return text.say(
            "How many leave for which reason within {span} cannot be said: nobody was followed for so long "
            "({followed} at most).",
            followed=span(study.table.follow_up, study.unit, text),
            **values,
        )
    if first.incidence.reason:
        return text.say(
            "How many leave for which reason within {span} cannot be said: the few who were observed from early on "
            "have all left.",
            **values,
        )
    return ""


def _headline(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> str:
    if reasons is None:
        return not_recorded(text)
    said = _unclear(study, reasons, text) if not reasons.is_clear else _clear(study, reasons, text)
    if 2 * reasons.n_unknown <= reasons.n_left:
        return said
    unknown = text.say(
        "For {n} of the {all} who left, no reason is known.",
        n=text.count(reasons.n_unknown),
        all=text.count(reasons.n_left),
    )
    return f"{unknown} {said}"


def _clear(study: ChurnStudy, reasons: ReasonsOfLeaving, text: Text) -> str:
    first, *others = reasons.named[:_SAID]
    said = text.say(
        "The most common reason is “{reason}”: of 100 new customers, {number} leave for it within {span}.",
        reason=reason_name(first.level, text),
        number=of_hundred(first, text),
        span=span(study.horizon, study.unit, text),
    )
    if not others:
        return said
    next_ones = [
        text.say("“{reason}” with {number}", reason=reason_name(one.level, text), number=of_hundred(one, text))
        for one in others
    ]
    return f"{said} {text.say('Next: {reasons}.', reasons=text.join(next_ones))}"


def _unclear(study: ChurnStudy, reasons: ReasonsOfLeaving, text: Text) -> str:
    first, second = reasons.named[:2]
    return text.say(
        "Which reason is the most common is not clear: of 100 new customers, {first_number} leave for “{first}” and "
        "{second_number} for “{second}” within {span}.",
        first=reason_name(first.level, text),
        first_number=of_hundred(first, text),
        second=reason_name(second.level, text),
        second_number=of_hundred(second, text),
        span=span(study.horizon, study.unit, text),
    )


def of_hundred(reason: ReasonOfLeaving, text: Text) -> str:
    """How many of 100 new customers leave for a reason by the horizon, with the interval."""
    found = reason.incidence
    return text.say(
        "{number} ({interval})",
        number=text.number(100 * found.value),
        interval=text.interval(100 * found.ci_lower, 100 * found.ci_upper),
    )


def _action(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> str:
    if reasons is None or (reasons.n_unknown and 2 * reasons.n_unknown >= reasons.n_left):
        return text.say("Have the reason recorded for every customer who leaves.")
    if _why_not_known(study, reasons, text):
        return ""
    first = reasons.named[0]
    if not reasons.is_clear:
        second = reason_name(reasons.named[1].level, text)
        return text.say("Look into both “{first}” and “{second}”.", first=reason_name(first.level, text), second=second)
    said = text.say("Look into “{reason}” first.", reason=reason_name(first.level, text))
    return said if first.departures.reason else f"{said} {_leaving(study, first, text)}"


def _leaving(study: ChurnStudy, first: ReasonOfLeaving, text: Text) -> str:
    expected = first.departures
    digits = 0 if expected.value >= 1 else 1
    values = {
        "number": text.number(expected.value, digits),
        "interval": text.interval(expected.ci_lower, expected.ci_upper, digits),
        "span": span(study.horizon, study.unit, text),
    }
    if expected.n_not_covered:
        return text.say_many(
            "About {number} ({interval}) of the {n} customer here who can be judged will leave for it within {span}.",
            "About {number} ({interval}) of the {n} customers here who can be judged will leave for it within {span}.",
            round(expected.n_covered),
            **values,
        )
    return text.say_many(
        "About {number} ({interval}) of the {n} customer here will leave for it within {span}.",
        "About {number} ({interval}) of the {n} customers here will leave for it within {span}.",
        round(expected.n_covered),
        **values,
    )


def _method(first: ReasonOfLeaving | None, text: Text) -> str:
    if first is None:
        return text.say("Aalen-Johansen; there is nothing to estimate")
    return text.say(
        "{method}; which reason is first is judged by the interval of the difference", method=first.incidence.method
    )


def _caveats(study: ChurnStudy, reasons: ReasonsOfLeaving, text: Text) -> tuple[str, ...]:
    caveats = [text.say("A reason is what was recorded when the customer left. It need not be the whole story.")]
    caveats += _unknown_caveats(reasons, text)
    if reasons.pooled:
        caveats.append(
            text.say_many(
                "{n} reason is shown only as other, so that nobody can be recognised among fewer than {min_group} "
                "customers.",
                "{n} reasons are shown together as other, so that nobody can be recognised among fewer than "
                "{min_group} customers.",
                len(reasons.pooled),
                min_group=text.count(study.min_group),
            )
        )
    return tuple(caveats)


def _unknown_caveats(reasons: ReasonsOfLeaving, text: Text) -> list[str]:
    share = reasons.n_unknown / reasons.n_left
    if share <= _MANY_UNKNOWN:
        return []
    caveats = [
        text.say(
            "For {share} of those who left, no reason is known; the reasons are more common than this says.",
            share=text.percent(share),
        )
    ]
    unknown = sum(reason.incidence.value for reason in reasons.reasons if reason.level == UNKNOWN)
    if reasons.lead and unknown > reasons.lead.value:
        caveats.append(text.say("They are enough to change which reason is the most common."))
    return caveats
