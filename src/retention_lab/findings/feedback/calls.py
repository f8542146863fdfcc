"""Whom to call, and what can be learnt from those who are left alone."""

from datetime import timedelta

from retention_lab.analysis.feedback.callers import HALF_LIFE, CallPlan
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import span
from retention_lab.text import Text


def calls_finding(plan: CallPlan, study: FeedbackStudy, text: Text) -> Finding:
    """How many are to be called, and why."""
    is_known = _is_known(plan, study)
    n = float(plan.n_contact) if is_known else NOT_A_NUMBER
    return Finding(
        id="feedback.calls",
        question=text.say("Who must be called?"),
        headline=_headline(plan, text) if is_known else _unknown(text),
        action=_action(plan, text) if is_known else _ask(text),
        verdict=_verdict(plan) if is_known else "not_enough_data",
        estimate=n,
        ci_lower=n,
        ci_upper=n,
        unit=text.say("customers"),
        n_obs=plan.n_here,
        method=text.say(
            "Goodbyes and complaints by their word lists, complaints weighed with the chance that the writer is "
            "unhappy; the share of unhappy comments of a customer drawn towards everybody's by a beta-binomial prior."
        ),
        definition=text.say(
            "Customers who are here, with a goodbye or a complaint of the last {n} days that is likely to stand, or "
            "among the most valuable fifth and surely unhappier than usual. In order of chance times monthly value; a "
            "comment counts half after {half} days.",
            n=text.count(study.recent_days),
            half=text.count(HALF_LIFE),
        ),
        caveats=tuple(_caveats(plan, study, text)) if is_known else (),
    )


def _is_known(plan: CallPlan, study: FeedbackStudy) -> bool:
    """Whether anybody can be called at all: an empty list of nameless comments is no good news."""
    return plan.n_here > 0 and study.verbatims.n_without_customer < study.verbatims.n_rows


def _unknown(text: Text) -> str:
    return text.say("Whom to call cannot be said: no comment names a customer who is here.")


def _ask(text: Text) -> str:
    return text.say("Ask for the customer of each comment, as feedback's column customer_id.")


def _headline(plan: CallPlan, text: Text) -> str:
    if not len(plan.customers):
        return text.say(
            "Nobody is on the list: no customer is about to leave, has a complaint open or has been unhappy for long."
        )
    head = text.say_many("{n} customer is to be called.", "{n} customers are to be called.", plan.n_contact)
    parts = [
        text.say_many(
            "{n} customer has announced that it will leave.",
            "{n} customers have announced that they will leave.",
            plan.n_leaving,
        ),
        text.say_many(
            "{n} customer is likely to have a complaint open.",
            "{n} customers are likely to have a complaint open.",
            plan.n_complaints,
        ),
        text.say_many(
            "{n} valuable customer has been unhappy for long.",
            "{n} valuable customers have been unhappy for long.",
            plan.n_unhappy,
        ),
    ]
    counts = (plan.n_leaving, plan.n_complaints, plan.n_unhappy)
    return " ".join([head, *(part for part, count in zip(parts, counts, strict=True) if count)])


def _action(plan: CallPlan, text: Text) -> str:
    if plan.looks_back:
        return text.say("The report looks back, so no list is written.")
    if not plan.n_contact:
        return ""
    if not plan.n_hold_out - plan.n_elsewhere:
        return text.say("Call them from the top. Nobody is held out, so what the calls achieve will not show.")
    day = text.date(plan.as_of + timedelta(days=plan.horizon_days))
    return text.say("Call them from the top, and come back on {day} to see what it achieved.", day=day)


def _verdict(plan: CallPlan) -> Verdict:
    return "act" if plan.n_contact else "fine"


def _caveats(plan: CallPlan, study: FeedbackStudy, text: Text) -> list[str]:
    caveats = []
    n_drawn = plan.n_hold_out - plan.n_elsewhere
    if n_drawn:
        caveats.append(
            text.say_many(
                "{n} customer is left alone on purpose, to show what the calls achieve. A complaint is answered there "
                "too, in the usual way.",
                "{n} customers are left alone on purpose, to show what the calls achieve. Their complaints are "
                "answered too, in the usual way.",
                n_drawn,
            )
        )
        caveats.append(_smallest(plan, text))
    n_with_reason = plan.n_leaving + plan.n_complaints + plan.n_unhappy
    if n_with_reason > len(plan.customers):
        caveats.append(
            text.say(
                "{n} more had a reason to be called; contact_share keeps the list at {most}.",
                n=text.count(n_with_reason - len(plan.customers)),
                most=text.count(len(plan.customers)),
            )
        )
    if len(plan.customers) and not plan.has_value:
        caveats.append(text.say("There are no monthly values, so the list is in order of the chance alone."))
    if len(plan.customers) and not study.measured:
        caveats.append(text.say("How well the comments are read was not measured: the chances are only an order."))
    return caveats


def _smallest(plan: CallPlan, text: Text) -> str:
    smallest = plan.smallest_save_rate
    if not plan.share_leaving > 0:
        return text.say("What effect this hold-out can show is not known, as it is not known how many would leave.")
    values = {"share": text.percent(plan.share_leaving, 0), "span": span(plan.horizon_days, "days", text)}
    if not smallest <= 1:
        return text.say(
            "Were {share} of them to leave within {span}, this list alone would not show what the calls achieved: "
            "hold out more, or add up several lists.",
            **values,
        )
    return text.say(
        "Were {share} of them to leave within {span}, the list would show it, four times in five, if {smallest} "
        "or more of these were kept.",
        smallest=text.percent(smallest, 0),
        **values,
    )
