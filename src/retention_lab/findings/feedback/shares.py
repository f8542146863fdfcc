"""How many comments are unhappy ones, and whether that has changed: corrected, or not said at all."""

import math

from retention_lab.analysis.feedback.mood_study import MoodStudy
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.findings.feedback.words import language_name
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.text import Text

# Fewer contradicting marks than this move no share by a point.
_FEW_CONTRADICT = 0.01


def unhappy_finding(study: FeedbackStudy, moods: MoodStudy, text: Text) -> Finding:
    """The share of unhappy comments in the recent days, against the same days before."""
    recent = moods.recent
    known = not recent.reason
    return Finding(
        id="feedback.unhappy_share",
        question=text.say("How many comments are unhappy ones, and is that changing?"),
        headline=_headline(study, moods, text) if known else _unknown(study, moods, text),
        action=_action(moods, text),
        verdict=_verdict(moods),
        estimate=recent.value if known else NOT_A_NUMBER,
        ci_lower=recent.ci_lower if known else NOT_A_NUMBER,
        ci_upper=recent.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("share"),
        n_obs=int(recent.n_obs) if math.isfinite(recent.n_obs) else 0,
        method=_method(text),
        definition=text.say(
            "Comments whose writers are unhappy, of all comments with words, in the mix of channels and languages of "
            "both spans together. A comment with a mark counts by its mark."
        ),
        caveats=tuple(_caveats(moods, text)),
    )


def _headline(study: FeedbackStudy, moods: MoodStudy, text: Text) -> str:
    share, change = moods.recent, moods.change
    head = text.say(
        "In the last {n} days {share} of comments were unhappy ones ({interval}).",
        n=text.count(study.recent_days),
        share=text.percent(share.value),
        interval=text.percent_interval(share.ci_lower, share.ci_upper),
    )
    if change.reason:
        return head + " " + text.say("There are too few earlier comments to say whether that is a change.")
    points, interval = text.number(abs(100 * change.value)), text.interval(100 * change.ci_lower, 100 * change.ci_upper)
    values = {"points": points, "interval": interval, "when": _when(moods, text)}
    if change.ci_lower > 0:
        return head + " " + text.say("That is {points} points more than {when} (change {interval}).", **values)
    if change.ci_upper < 0:
        return head + " " + text.say("That is {points} points fewer than {when} (change {interval}).", **values)
    return head + " " + text.say("A change since {when} is not shown (change {interval} points).", **values)


def _when(moods: MoodStudy, text: Text) -> str:
    return text.say("a year earlier") if moods.is_year_before else text.say("the same number of days before")


def _unknown(study: FeedbackStudy, moods: MoodStudy, text: Text) -> str:
    if not moods.usable:
        return text.say_many(
            "How many comments are unhappy ones cannot be said: nothing tells how well they are read. {n} comment has "
            "no mark.",
            "How many comments are unhappy ones cannot be said: nothing tells how well they are read. {n} comments "
            "have no mark.",
            moods.n_unrated,
        )
    days = text.count(study.recent_days)
    return text.say("There are too few comments in the last {n} days to say how many are unhappy.", n=days)


def _action(moods: MoodStudy, text: Text) -> str:
    if not moods.usable:
        return text.say("Have the label sheet filled in: a hundred labels are enough to say it.")
    if moods.change.reason or moods.change.ci_lower <= 0:
        return ""
    return text.say("Start with the themes that are rising.")


def _verdict(moods: MoodStudy) -> Verdict:
    if moods.recent.reason:
        return "not_enough_data"
    if moods.change.reason:
        return "watch"
    if moods.change.ci_lower > 0:
        return "act"
    # The badge is about the share too, which is known: only of a change there is no evidence.
    return "fine" if moods.change.ci_upper < 0 else "watch"


def _method(text: Text) -> str:
    return text.say(
        "Marks where given, else predictions adjusted by what the model says of happy and of unhappy comments, out of "
        "fold; interval by the delta method, clustered by customer."
    )


def _caveats(moods: MoodStudy, text: Text) -> list[str]:
    caveats = []
    naive = moods.naive_recent
    if not moods.recent.reason and math.isfinite(naive):
        caveats.append(
            text.say(
                "Counting predictions, as most tools do, would say {naive}.",
                naive=text.percent(naive),
            )
        )
    caveats += _contradictions(moods, text)
    if moods.n_left_out and moods.usable:
        names = [language_name(code, text) for code in moods.languages_left_out]
        caveats.append(
            text.say_many(
                "{n} comment is left out, because nothing is known of how well it is read: {names}.",
                "{n} comments are left out, because nothing is known of how well they are read: {names}.",
                moods.n_left_out,
                names=text.join(names),
            )
        )
    if moods.by_hand and not moods.by_hand.reason:
        caveats.append(
            text.say(
                "By {n} comments that a person has read, {share} of all comments up to the last of these are unhappy "
                "ones ({interval}).",
                n=text.count(moods.n_hand),
                share=text.percent(moods.by_hand.value),
                interval=text.percent_interval(moods.by_hand.ci_lower, moods.by_hand.ci_upper),
            )
        )
    elif moods.n_unrated and not moods.recent.reason:
        caveats.append(
            text.say(
                "It is taken for granted that unhappy writers without a mark write like unhappy writers with one. A "
                "hundred labels of the label sheet make the share hold without that."
            )
        )
    return caveats


def _contradictions(moods: MoodStudy, text: Text) -> list[str]:
    """Marks that say the opposite of the words: how many, and what that does to the interval."""
    rate = moods.contradicting
    if rate is None or not rate.value >= _FEW_CONTRADICT or not moods.n_unrated:
        return []
    if moods.is_measured:
        return [
            text.say(
                "Of the comments that people have read, up to {share} have a mark that says the opposite; the share "
                "allows for it.",
                share=text.percent(rate.value, 0),
            )
        ]
    return [
        text.say(
            "Marks may contradict their words: up to {share} of the clearest comments have the opposite mark, and data "
            "cannot tell a wrong mark from words that are hard to read. The range holds either way. Labels by people "
            "of comments with marks make it narrower.",
            share=text.percent(rate.value, 0),
        )
    ]
