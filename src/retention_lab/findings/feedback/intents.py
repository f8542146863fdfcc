"""Complaints and goodbyes: apart from the mood, since a negative comment is not always a complaint."""

from retention_lab.analysis.feedback.intents_study import IntentStudy
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text


def intent_findings(found: IntentStudy, text: Text) -> Findings:
    """How many complain and how many say goodbye."""
    return Findings((_complaints(found, text), _goodbyes(found, text)))


def _complaints(found: IntentStudy, text: Text) -> Finding:
    return Finding(
        id="feedback.complaints",
        question=text.say("How many comments are complaints?"),
        headline=_none(found, text)
        or text.say(
            "In the last {n} days {share} of comments had the words of a complaint ({interval}).",
            **_values(found.complaint, found, text),
        ),
        action="",
        verdict=_verdict(found, "watch" if found.complaint.value > 0 else "fine"),
        unit=text.say("share"),
        n_obs=found.n_recent,
        method=text.say("The words of the complaint list; interval clustered by customer."),
        definition=text.say(
            "Comments that say that something went wrong and hold the company to account, by their words; not "
            "corrected for what the list misses."
        ),
        caveats=tuple(_quality(found.complaint_precision, found.complaint_recall, text)),
        **_numbers(found.complaint),
    )


def _goodbyes(found: IntentStudy, text: Text) -> Finding:
    left = found.left_after
    headline = _none(found, text) or text.say(
        "In the last {n} days {share} of comments announced that the customer was leaving ({interval}).",
        **_values(found.leaving, found, text),
    )
    if left and not left.reason:
        headline += " " + text.say(
            "Of customers who had announced it {share} were gone {days} days later ({interval}).",
            share=text.percent(left.value, 0),
            days=text.count(found.days_after),
            interval=text.percent_interval(left.ci_lower, left.ci_upper, 0),
        )
    return Finding(
        id="feedback.goodbyes",
        question=text.say("How many announce that they are leaving?"),
        headline=headline,
        action=text.say("Answer these first: comments.csv, beside this report, marks them.") if found.n_leaving else "",
        verdict=_verdict(found, "act" if found.n_leaving else "fine"),
        unit=text.say("share"),
        n_obs=found.n_recent,
        method=text.say("The words of the goodbye list, sentence by sentence; interval clustered by customer."),
        definition=text.say(
            "Comments that announce the leaving by their words; not corrected for what the list misses."
        ),
        caveats=tuple(_quality(found.leaving_precision, found.leaving_recall, text)),
        **_numbers(found.leaving),
    )


def _none(found: IntentStudy, text: Text) -> str:
    if found.n_recent:
        return ""
    return text.say("There are no comments in the last {n} days to look into.", n=text.count(found.recent_days))


def _verdict(found: IntentStudy, verdict: Verdict) -> Verdict:
    return verdict if found.n_recent else "not_enough_data"


def _values(share: Estimate, found: IntentStudy, text: Text) -> dict[str, str]:
    interval = text.percent_interval(share.ci_lower, share.ci_upper)
    if share.reason:
        # None, or all, have no interval: of how many says as much.
        interval = text.say("of {n}; no interval", n=text.count(found.n_recent))
    return {"share": text.percent(share.value), "n": text.count(found.recent_days), "interval": interval}


def _numbers(share: Estimate) -> dict[str, float]:
    ends = (share.ci_lower, share.ci_upper) if not share.reason else (NOT_A_NUMBER, NOT_A_NUMBER)
    return {"estimate": share.value if not share.reason else NOT_A_NUMBER, "ci_lower": ends[0], "ci_upper": ends[1]}


def _quality(precision: Estimate | None, recall: Estimate | None, text: Text) -> list[str]:
    if precision is None or recall is None:
        return [
            text.say(
                "How often the list is right was not measured on this client: fill in the columns complaint and "
                "leaving of the label sheet."
            )
        ]
    told = []
    if not precision.reason:
        told.append(
            text.say(
                "By the labels of people, {share} of those found are rightly found ({interval}).",
                **_quality_values(precision, text),
            )
        )
    if not recall.reason:
        told.append(
            text.say(
                "Of those that people found, the list finds {share} ({interval}).", **_quality_values(recall, text)
            )
        )
    return told or [text.say("By the labels of people there are none, and the list finds none among those.")]


def _quality_values(share: Estimate, text: Text) -> dict[str, str]:
    return {
        "share": text.percent(share.value, 0),
        "interval": text.percent_interval(share.ci_lower, share.ci_upper, 0),
    }
