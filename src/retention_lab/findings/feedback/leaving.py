"""Whether what customers say tells who leaves; that it does not is an answer too."""

from retention_lab.analysis.feedback.leaving import LeavingByMood, MoodGroup, NotJoined
from retention_lab.findings.feedback.words import told_number
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.text import Text

# A gain below this moves nobody on a list.
_MATERIAL = 0.005
# Where even the upper end lies below this, there is nothing to wait for.
_NOTHING = 0.01


def leaving_finding(found: LeavingByMood | NotJoined, text: Text) -> Finding:
    """What the comments add to tenure and value."""
    gain = found.gain if isinstance(found, LeavingByMood) and not found.gain.reason else None
    return Finding(
        id="feedback.leaving",
        question=text.say("Does what customers say tell who leaves?"),
        headline=_headline(found, text) if isinstance(found, LeavingByMood) else _not_joined(found, text),
        action=_action(found, text),
        verdict=_verdict(found),
        estimate=gain.value if gain else NOT_A_NUMBER,
        ci_lower=gain.ci_lower if gain else NOT_A_NUMBER,
        ci_upper=gain.ci_upper if gain else NOT_A_NUMBER,
        unit=text.say("area under the ROC curve"),
        n_obs=found.n_customers if isinstance(found, LeavingByMood) else 0,
        method=text.say(
            "Logistic regression, five folds; paired difference of areas under the ROC curve (DeLong 1988)."
        ),
        definition=_definition(found, text),
        caveats=tuple(_caveats(found, text)) if isinstance(found, LeavingByMood) else (),
    )


def adds_something(found: LeavingByMood) -> bool:
    """Whether the gain is surely above nought, and large enough to matter."""
    return not found.gain.reason and found.gain.ci_lower > 0 and found.gain.value >= _MATERIAL


def _headline(found: LeavingByMood, text: Text) -> str:
    head = _what_it_adds(found, text)
    unhappy, silent = _group(found, "unhappy"), _group(found, "silent")
    if unhappy is None or silent is None or unhappy.left.reason or silent.left.reason:
        return head
    return (
        head
        + " "
        + text.say(
            "Of those who were unhappy at last {unhappy} left within {n} days ({first}), of those who said nothing "
            "{silent} ({second}).",
            unhappy=text.percent(unhappy.left.value),
            first=text.percent_interval(unhappy.left.ci_lower, unhappy.left.ci_upper),
            silent=text.percent(silent.left.value),
            second=text.percent_interval(silent.left.ci_lower, silent.left.ci_upper),
            n=text.count(found.horizon_days),
        )
    )


def _what_it_adds(found: LeavingByMood, text: Text) -> str:
    gain = found.gain
    if gain.reason:
        return text.say("Whether what customers say tells who leaves cannot be said: nothing tells how sure it is.")
    values = {
        "gain": text.number(gain.value, 3),
        "interval": text.interval(gain.ci_lower, gain.ci_upper, 3),
        "base": _base(found, text),
    }
    if adds_something(found):
        return text.say(
            "What customers say tells something about who leaves: it adds {gain} ({interval}) to the area under the "
            "ROC curve.",
            **values,
        )
    if gain.ci_lower > 0:
        return text.say(
            "What customers say adds next to nothing here about who leaves, beyond {base}: {gain} ({interval}) to the "
            "area under the ROC curve.",
            **values,
        )
    if gain.ci_upper < _NOTHING:
        return text.say(
            "What customers say adds nothing here about who leaves, beyond {base}: {gain} ({interval}) to the area "
            "under the ROC curve.",
            **values,
        )
    return text.say(
        "That what customers say tells who leaves is not shown: beyond {base} it adds {gain} ({interval}) to the area "
        "under the ROC curve.",
        **values,
    )


def _base(found: LeavingByMood, text: Text) -> str:
    return text.say("tenure and value") if found.has_value else text.say("tenure")


def _group(found: LeavingByMood, mood: str) -> MoodGroup | None:
    return next((group for group in found.groups if group.mood == mood), None)


def _not_joined(found: NotJoined, text: Text) -> str:
    whys = {
        "no_customers": text.say("there are no customers to join the comments to"),
        "no_dates": text.say(
            "the customers have tenures and no dates, so nobody knows who was here on a day in the past"
        ),
        "too_short": text.say("the customers do not go back far enough"),
        "too_few": text.say(
            "too few of them left or wrote in time: {n}, and {needed} are needed",
            n=text.count(found.found),
            needed=text.count(found.needed),
        ),
    }
    return text.say("Whether what customers say tells who leaves cannot be said: {why}.", why=whys[found.why])


def _action(found: LeavingByMood | NotJoined, text: Text) -> str:
    if not isinstance(found, LeavingByMood) or found.gain.reason:
        return ""
    if adds_something(found):
        return text.say("Call the unhappy before they leave: the list of calls names them.")
    if found.gain.ci_lower <= 0 and found.gain.ci_upper >= _NOTHING:
        # Not shown is not shown not to be.
        return ""
    return text.say("Call the unhappy because they complain, not because they would leave.")


def _verdict(found: LeavingByMood | NotJoined) -> Verdict:
    if not isinstance(found, LeavingByMood) or found.gain.reason:
        return "not_enough_data"
    return "watch" if adds_something(found) else "no_evidence"


def _definition(found: LeavingByMood | NotJoined, text: Text) -> str:
    if not isinstance(found, LeavingByMood):
        return text.say("Gain in the area under the ROC curve over tenure and value alone.")
    return text.say(
        "Customers who were here on {day}; what they had said in the year until {gap} days before it; who left within "
        "{n} days after it. Gain in the area under the ROC curve over {base} alone.",
        day=text.date(found.cut_off),
        gap=text.count(found.gap_days),
        n=text.count(found.horizon_days),
        base=_base(found, text),
    )


def _caveats(found: LeavingByMood, text: Text) -> list[str]:
    caveats = []
    if not found.with_text.reason and not found.known.reason:
        caveats.append(
            text.say(
                "The area is {with_text} with the comments and {known} without; {half} is guessing.",
                half=text.number(0.5),
                with_text=told_number(found.with_text, text, 3),
                known=told_number(found.known, text, 3),
            )
        )
    if found.careless_gain.ci_lower > found.gain.value:
        caveats.append(
            text.say(
                "Without a cut-off, and with the comments that announce the leaving, the gain would seem to be {gain} "
                "({interval}): that is reading the goodbye.",
                gain=text.number(found.careless_gain.value, 3),
                interval=text.interval(found.careless_gain.ci_lower, found.careless_gain.ci_upper, 3),
            )
        )
    if found.n_goodbyes:
        caveats.append(
            text.say_many(
                "{n} comment that announces the leaving is left out.",
                "{n} comments that announce the leaving are left out.",
                found.n_goodbyes,
            )
        )
    return caveats
