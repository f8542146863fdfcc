"""How far unknown late entry can move the answers, in sentences."""

from retention_lab.analysis.entry_range import EntryEnd, EntryRange
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.finding import MATERIAL, NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import at_time, span
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text


def entry_finding(study: ChurnStudy, found: EntryRange | None, text: Text) -> Finding:
    """Where the export leaves open from when on it shows each customer: the answers at both ends."""
    known = found is not None and not found.watched.at_horizon.reason and not found.late.at_horizon.reason
    lost = found.watched.at_horizon.value - found.late.at_horizon.value if found and known else NOT_A_NUMBER
    return Finding(
        id="churn.entry",
        question=text.say("From when on was each customer seen?"),
        headline=_headline(found, text) if found else _known(study, text),
        action=text.say("Ask the client from which day on the export holds everybody who left; then it is known.")
        if found
        else "",
        verdict=_verdict(study, found, lost),
        estimate=lost,
        ci_lower=min(0.0, lost) if known else NOT_A_NUMBER,
        ci_upper=max(0.0, lost) if known else NOT_A_NUMBER,
        unit=text.say("share of customers still here"),
        n_obs=int(study.table.n_obs),
        method=text.say("Kaplan-Meier at both ends"),
        definition=text.say("The range runs from nothing missing to the other end; the truth lies anywhere between.")
        if found
        else text.say("When each customer came under observation, as the client file says."),
    )


def _verdict(study: ChurnStudy, found: EntryRange | None, lost: float) -> Verdict:
    if found is None:
        return "watch" if study.observation.rule and not study.observation.rule.starts_known else "fine"
    return "not_enough_data" if lost != lost else ("watch" if abs(lost) > MATERIAL else "fine")


def _known(study: ChurnStudy, text: Text) -> str:
    rule = study.observation.rule
    if rule is not None and not rule.starts_known:
        return text.say_many(
            "Customers count from their first purchase in the exports; {n} of {all} may be older than the exports.",
            "Customers count from their first purchase in the exports; {n} of {all} may be older than the exports.",
            rule.n_maybe_older,
            all=text.count(rule.n_buyers),
        )
    n_late = int(study.table.n_entered[study.table.time > 0].sum())
    if not n_late:
        return text.say("All customers count from their first day, as the client file says.")
    return text.say_many(
        "{n} customer counts only from the day on which the export first shows them, as the client file says.",
        "{n} customers count only from the day on which the export first shows them, as the client file says.",
        n_late,
    )


def _headline(found: EntryRange, text: Text) -> str:
    values = {
        "when": at_time(found.horizon, found.unit, text),
        "watched": _said(found.watched, found.unit, text),
        "late": _said(found.late, found.unit, text),
    }
    if found.since is None:
        return text.say(
            "The export does not say. If everybody was watched from the first day, {watched}; if each was seen only in "
            "the last {stretch} of their time, {late}.",
            stretch=span(found.stretch, found.unit, text),
            **values,
        )
    return text.say(
        "The export does not say. If everybody was watched from the first day, {watched}; if those who left before "
        "{day}, the first departure on record, are missing, {late}.",
        day=text.date(found.since),
        **values,
    )


def _said(end: EntryEnd, unit: str, text: Text) -> str:
    share = end.at_horizon
    here = text.percent(share.value) if not share.reason else text.say("an unknown share")
    return text.say(
        "half have left {median}, and {share} are still here at the horizon", median=_median(end.median, unit, text),
        share=here,
    )  # fmt: skip


def _median(median: Estimate, unit: str, text: Text) -> str:
    if median.value != median.value:
        return text.say("at a time past the data")
    return text.say("after {span}", span=span(median.value, unit, text))
