"""When customers leave, in sentences."""

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import in_stretch, span, stretch_name
from retention_lab.methods.rates import share_leaving
from retention_lab.text import Text

# How far ahead of the peak it is worth speaking to customers, in each unit.
_AHEAD = {"days": 90, "weeks": 12, "months": 3, "years": 1}


def when_finding(study: ChurnStudy, result: ChurnSurvival, text: Text) -> Finding:
    """The stretch of a customer's time in which leaving is fastest."""
    rates, place, verdict = result.rates, result.peak, _when_verdict(result)
    shares = [share_leaving(part, study.stretch) for part in (rates.rate, rates.ci_lower, rates.ci_upper)]
    rate, lower, upper = (NOT_A_NUMBER if place is None else 100 * float(part[place]) for part in shares)
    named = verdict in ("act", "watch")
    return Finding(
        id="churn.when",
        question=text.say("When do they leave?"),
        headline=when_sentence(study, result, text),
        action=_before_the_peak(study, result, text) if named else "",
        verdict=verdict,
        estimate=rate,
        ci_lower=lower,
        ci_upper=upper,
        unit=text.say("of 100 customers, {span}", span=in_stretch(study.unit, text)),
        n_obs=int(study.table.n_obs),
        method=text.say("{method}; the verdict allows for the number of stretches", method=rates.method),
        definition=text.say("Of 100 customers at the start of a stretch of their time here, those who leave in it."),
        caveats=(
            text.say("The peak is the highest of several stretches, so its true height is probably a little lower."),
        )
        if named
        else (),
    )


def _when_verdict(result: ChurnSurvival) -> Verdict:
    if result.peak is None:
        return "not_enough_data"
    if not result.peak_lower > result.overall_rate:
        return "no_evidence"
    return "act" if result.peak_lower > 1.5 * result.overall_rate else "watch"


def when_sentence(study: ChurnStudy, result: ChurnSurvival, text: Text) -> str:
    """When the leaving rate peaks, against the average."""
    place, rates = result.peak, result.rates
    if place is None:
        return text.say_many(
            "{n} customer has left; that is not enough to tell one part of their time from another.",
            "{n} customers have left; that is not enough to tell one part of their time from another.",
            study.n_left,
        )
    rate, lower, upper, average = (
        100 * float(share_leaving(part, study.stretch))
        for part in (rates.rate[place], rates.ci_lower[place], rates.ci_upper[place], result.overall_rate)
    )
    values = {"average": text.number(average), "span": in_stretch(study.unit, text)}
    if _when_verdict(result) == "no_evidence":
        return text.say(
            "No part of their time stands out: on average, {average} of 100 customers leave {span}.", **values
        )
    return text.say(
        "Leaving peaks {stretch}: {rate} of 100 customers leave then ({interval}), against {average} {span} on "
        "average.",
        stretch=stretch_name(float(rates.start[place]), float(rates.end[place]), study.unit, text),
        rate=text.number(rate),
        interval=text.interval(lower, upper),
        **values,
    )


def _before_the_peak(study: ChurnStudy, result: ChurnSurvival, text: Text) -> str:
    """How many of those still here are about to enter the worst stretch."""
    start = float(result.rates.start[result.peak or 0])
    if start == 0:
        return text.say("Begin with the welcome: a call, and help with the start, for every new customer.")
    ahead = _AHEAD[study.unit]
    near = (study.table.time <= start) & (study.table.time > start - ahead)
    n = round(float(study.table.n_censored[near].sum()))
    if not n:
        return text.say("Speak to customers before they come to that point.")
    leaving = n * float(share_leaving(result.rates.rate[result.peak or 0], study.stretch))
    return text.say_many(
        "Speak to them before then: {n} customer here now comes to that point within {span}.",
        "Speak to them before then: {n} customers here now come to that point within {span}; about {leaving} would "
        "leave there.",
        n,
        leaving=text.number(leaving, 0 if leaving >= 1 else 1),
        span=span(ahead, study.unit, text),
    )
