"""What customers talk about: themes that are rising, and those that go with bad marks."""

import math

from retention_lab.analysis.feedback.topics import Topic, Topics
from retention_lab.findings.feedback.words import theme_name
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import capitalised
from retention_lab.text import Text

_MOST = 5
_SIGNIFICANT = 0.05


def topic_findings(topics: Topics, is_year_before: bool, text: Text) -> Findings:
    """The themes to look at first: those that rise, then those that cost most marks; at most five."""
    ranked = sorted(topics.topics, key=_urgency)
    return Findings(tuple(topic_finding(each, is_year_before, text) for each in ranked[:_MOST]))


def is_rising(topic: Topic) -> bool:
    """Whether a theme comes up more often than before, with the number of themes allowed for."""
    return _has_changed(topic) and topic.change.value > 0


def _has_changed(topic: Topic) -> bool:
    change = topic.change
    return not change.reason and topic.pvalue < _SIGNIFICANT and not change.ci_lower <= 0 <= change.ci_upper


def _urgency(topic: Topic) -> tuple[int, float]:
    if is_rising(topic) and topic.theme != "praise":
        return 0, -topic.change.value
    known = not topic.effect.reason and topic.effect.ci_upper < 0
    if known:
        return 1, topic.effect.value * topic.share.value
    # That as many are content as before asks nothing of anybody.
    return (3, 0.0) if topic.theme == "praise" and not is_rising(topic) else (2, -topic.share.value)


def topic_finding(topic: Topic, is_year_before: bool, text: Text) -> Finding:
    """One theme."""
    return Finding(
        id=f"feedback.theme.{topic.theme}",
        question=text.say("How often do customers speak of {theme}?", theme=theme_name(topic.theme, text)),
        headline=_headline(topic, is_year_before, text),
        action=_action(topic, text),
        verdict=_verdict(topic),
        estimate=topic.share.value if not topic.share.reason else NOT_A_NUMBER,
        ci_lower=topic.share.ci_lower if not topic.share.reason else NOT_A_NUMBER,
        ci_upper=topic.share.ci_upper if not topic.share.reason else NOT_A_NUMBER,
        unit=text.say("share"),
        n_obs=int(topic.share.n_obs) if math.isfinite(topic.share.n_obs) else 0,
        method=text.say(
            "Words of the theme dictionary, sentence by sentence; intervals clustered by customer; changes with the "
            "Benjamini-Hochberg correction over the themes."
        ),
        definition=text.say("Comments with at least one sentence on the theme, of all comments with words."),
        caveats=tuple(_caveats(topic, text)),
    )


def _headline(topic: Topic, is_year_before: bool, text: Text) -> str:
    theme, share = capitalised(theme_name(topic.theme, text)), topic.share
    values = {"theme": theme, "share": text.percent(share.value), "n": text.count(share.n_obs)}
    if share.reason:
        head = text.say("{theme}: {share} of {n} comments; no interval.", **values)
    else:
        interval = text.percent_interval(share.ci_lower, share.ci_upper)
        head = text.say("{theme}: {share} of comments ({interval}).", interval=interval, **values)
    return " ".join(
        part for part in (head, _rise(topic, is_year_before, text), _marks(topic, text), _mood(topic, text)) if part
    )


def _rise(topic: Topic, is_year_before: bool, text: Text) -> str:
    change = topic.change
    if not _has_changed(topic):
        return ""
    values = {
        "points": text.number(abs(100 * change.value)),
        "interval": text.interval(100 * change.ci_lower, 100 * change.ci_upper),
        "when": text.say("a year earlier") if is_year_before else text.say("before"),
    }
    if change.value > 0:
        return text.say("Lately {points} points more than {when} (change {interval}).", **values)
    return text.say("Lately {points} points fewer than {when} (change {interval}).", **values)


def _mood(topic: Topic, text: Text) -> str:
    if topic.unhappy.reason:
        return ""
    return text.say(
        "Of the sentences on it {share} are unhappy ones ({interval}).",
        share=text.percent(topic.unhappy.value, 0),
        interval=text.percent_interval(topic.unhappy.ci_lower, topic.unhappy.ci_upper, 0),
    )


def _action(topic: Topic, text: Text) -> str:
    if topic.theme == "praise" or not is_rising(topic):
        return ""
    return text.say("Find out what has changed; read the sentences below.")


def _verdict(topic: Topic) -> Verdict:
    if topic.share.reason:
        return "not_enough_data"
    if is_rising(topic):
        return "fine" if topic.theme == "praise" else "act"
    if not topic.effect.reason and topic.effect.ci_upper < 0:
        return "watch"
    if not _has_changed(topic):
        return "no_evidence"
    return "watch" if topic.theme == "praise" else "fine"


def _marks(topic: Topic, text: Text) -> str:
    """What goes with its mention; a cost is why a theme stands here."""
    effect = topic.effect
    if effect.reason or effect.ci_lower <= 0 <= effect.ci_upper:
        return ""
    values = {
        "points": text.number(abs(effect.value)),
        "interval": text.interval(effect.ci_lower, effect.ci_upper),
    }
    if effect.value < 0:
        return text.say("Marks are {points} points of 100 lower where it is mentioned ({interval}).", **values)
    return text.say("Marks are {points} points of 100 higher where it is mentioned ({interval}).", **values)


def _caveats(topic: Topic, text: Text) -> list[str]:
    effect = topic.effect
    if effect.reason:
        return []
    if effect.ci_lower <= 0 <= effect.ci_upper:
        return [
            text.say(
                "Marks are not shown to differ where it is mentioned (difference {interval} points of 100).",
                interval=text.interval(effect.ci_lower, effect.ci_upper),
            )
        ]
    return [
        text.say(
            "How marks differ where a theme is mentioned, with the other themes, channel and language held equal, is "
            "an association: it does not say what marks would be without the theme."
        )
    ]
