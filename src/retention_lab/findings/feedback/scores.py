"""What customers say in numbers: NPS, CSAT and CES, with intervals and how many answered."""

import math

from retention_lab.analysis.feedback.scores import Score, Scores
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text

_HUNDRED = 100.0


def score_findings(scores: Scores, text: Text) -> Findings:
    """A finding for each score; one that says so where there is none."""
    return Findings(tuple(score_finding(score, scores, text) for score in scores.scores) or (_no_scores(scores, text),))


def score_name(score: Score, text: Text) -> str:
    """The score and what had been asked."""
    kinds = {"nps": text.say("NPS"), "csat": text.say("CSAT"), "ces": text.say("CES")}
    if not score.question:
        return kinds[score.kind]
    return text.say("{score}, “{question}”", score=kinds[score.kind], question=score.question)


def score_finding(score: Score, scores: Scores, text: Text) -> Finding:
    """One score over all, and whether it has moved."""
    found, known = score.overall, not score.overall.reason
    has_value = math.isfinite(found.value)
    return Finding(
        id=f"feedback.score.{score.kind}" + (f".{_slug(score.question)}" if score.question else ""),
        question=text.say("What do the marks say of “{question}”?", question=score.question)
        if score.question
        else text.say("What do the marks say?"),
        headline=_headline(score, text) if has_value else _few(score, text),
        action="",
        verdict=_verdict(score),
        estimate=found.value if known else NOT_A_NUMBER,
        ci_lower=found.ci_lower if known else NOT_A_NUMBER,
        ci_upper=found.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("points") if score.kind == "nps" else text.say("share"),
        n_obs=score.n_answers,
        method=text.say("Mean over answers; interval clustered by customer."),
        definition=_definition(score, text),
        caveats=tuple(_caveats(scores, text)),
    )


def _slug(question: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in question.lower())
    return "-".join(part for part in kept.split("-") if part)[:40]


def _headline(score: Score, text: Text) -> str:
    head = text.say(
        "{name}: {value} ({interval}), from {n} answers.",
        name=score_name(score, text),
        value=_value(score, score.overall.value, text),
        interval=_interval(score, score.overall, text),
        n=text.count(score.n_answers),
    )
    change = score.change
    if change.reason:
        return head
    points = change if score.kind == "nps" else _in_points(change)
    values = {
        "points": text.number(abs(points.value)),
        "interval": text.interval(points.ci_lower, points.ci_upper),
    }
    if points.ci_lower > 0:
        return head + " " + text.say("In the last three months it rose by {points} points ({interval}).", **values)
    if points.ci_upper < 0:
        return (
            head + " " + text.say("In the last three months it fell by {points} points (change {interval}).", **values)
        )
    return head + " " + text.say("No change is shown in the last three months ({interval} points).", **values)


def _in_points(change: Estimate) -> Estimate:
    facts = change.to_dict()
    return Estimate(**facts | {name: _HUNDRED * facts[name] for name in ("value", "ci_lower", "ci_upper", "std_error")})


def _value(score: Score, value: float, text: Text) -> str:
    return text.number(value, 0) if score.kind == "nps" else text.percent(value)


def _interval(score: Score, found: Estimate, text: Text) -> str:
    if found.reason:
        return text.say("all alike; no interval")
    if score.kind == "nps":
        return text.interval(found.ci_lower, found.ci_upper, 0)
    return text.percent_interval(found.ci_lower, found.ci_upper)


def _few(score: Score, text: Text) -> str:
    return text.say_many(
        "{name}: {n} answer is too few to say anything.",
        "{name}: {n} answers are too few to say anything.",
        score.n_answers,
        name=score_name(score, text),
    )


def _verdict(score: Score) -> Verdict:
    if not math.isfinite(score.overall.value):
        return "not_enough_data"
    if score.change.reason:
        return "watch"
    if score.change.ci_upper < 0:
        return "act"
    return "fine" if score.change.ci_lower > 0 else "watch"


def _definition(score: Score, text: Text) -> str:
    said = {
        "nps": text.say("Share of 9 and 10 less the share of 0 to 6, times 100: from -100 to 100."),
        "csat": text.say("Share that chose one of the two best points of the scale."),
        "ces": text.say("Share beyond the middle of the scale, on the side of little effort."),
    }
    return said[score.kind]


def _caveats(scores: Scores, text: Text) -> list[str]:
    caveats = []
    if scores.response_rate and not scores.response_rate.reason:
        rate = scores.response_rate
        caveats.append(
            text.say(
                "{share} of all customers gave a mark at least once ({interval}); the others may think otherwise.",
                share=text.percent(rate.value),
                interval=text.percent_interval(rate.ci_lower, rate.ci_upper),
            )
        )
    if scores.with_text and not scores.with_text.reason:
        share = scores.with_text
        caveats.append(
            text.say(
                "{share} of marks came with words ({interval}).",
                share=text.percent(share.value),
                interval=text.percent_interval(share.ci_lower, share.ci_upper),
            )
        )
    return caveats


def _no_scores(scores: Scores, text: Text) -> Finding:
    return Finding(
        id="feedback.score",
        question=text.say("What do the marks say?"),
        headline=text.say("No marks are on a scale of which a score is made."),
        action=text.say("Declare feedback.scores in the client file if one of the questions is an NPS, CSAT or CES."),
        verdict="not_enough_data",
        estimate=NOT_A_NUMBER,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit=text.say("points"),
        n_obs=scores.n_rated,
        method="",
        definition=text.say("NPS on 0 to 10, CSAT on 1 to 5, CES on 1 to 7, unless the client file says otherwise."),
    )
