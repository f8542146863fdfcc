"""How many of those still here will leave, and how much money goes with them, in sentences."""

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy
from retention_lab.findings.drivers import not_judged_caveats
from retention_lab.findings.finding import NOT_A_NUMBER, Finding
from retention_lab.findings.words import rounded, span
from retention_lab.methods.adjusted import AdjustedDifference
from retention_lab.methods.departures import ExpectedDepartures, actual_number
from retention_lab.text import Text

_Expected = AdjustedDifference | ExpectedDepartures


def departures_finding(study: ChurnStudy, result: ChurnSurvival, drivers: Drivers, text: Text) -> Finding:
    """How many of those still here will have left by the horizon."""
    by_model = bool(drivers.effects) and not drivers.departures.reason
    expected: _Expected = drivers.departures if by_model else result.departures
    known = not expected.reason and study.n_left >= FEW_EVENTS
    caveats = [*_entry_caveats(study, text), *_horizon_caveats(study, text)]
    if known:
        caveats += [*_luck_caveats(expected, text), *_not_covered_caveats(study, expected, text)]
        caveats += not_judged_caveats(drivers, text) if by_model else []
    return Finding(
        id="churn.survival",
        question=text.say("How many of those here will leave?"),
        headline=_counted(study, expected, text) if known else _why_not_known(study, result, expected, text),
        action="",
        verdict="watch" if known else "not_enough_data",
        estimate=expected.value if known else NOT_A_NUMBER,
        ci_lower=expected.ci_lower if known else NOT_A_NUMBER,
        ci_upper=expected.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("customers"),
        n_obs=int(study.table.n_obs),
        method=expected.method,
        definition=text.say(
            "Expected number, of the customers here on {day}, who leave within {span} of that day.",
            day=text.date(study.as_of),
            span=span(study.horizon, study.unit, text),
        ),
        caveats=tuple(caveats),
    )


def _counted(study: ChurnStudy, expected: _Expected, text: Text) -> str:
    """How many, and from which day on where that is not the last day of the exports."""
    if study.observation.rule is None:
        return _how_many(study, expected, text)
    from_when = text.say(
        "Counted from {day}: who has left since is not known yet, only who is silent.", day=text.date(study.as_of)
    )
    return f"{_how_many(study, expected, text)} {from_when}"


def _how_many(study: ChurnStudy, expected: _Expected, text: Text) -> str:
    values = {
        "here": text.count(study.n_here),
        "judged": text.count(expected.n_covered),
        "n": text.count(expected.value),
        "interval": text.interval(expected.ci_lower, expected.ci_upper, 0),
        "share": _percent(expected.value / expected.n_covered, text),
        "span": span(study.horizon, study.unit, text),
    }
    if expected.n_covered < study.n_here:
        rest = round(study.n_here - expected.n_covered)
        if rest == round(expected.n_not_covered):
            left_over = text.say_many(
                "One more has been here too long to judge.", "The other {n} have been here too long to judge.", rest
            )
            return f"{_about(values, text)} {left_over}"
        left_over = text.say_many("One more cannot be judged.", "The other {n} cannot be judged.", rest)
        return f"{_about(values, text)} {left_over}"
    return text.say("About {n} ({interval}) of the {here} customers, {share}, will leave within {span}.", **values)


def _percent(share: float, text: Text) -> str:
    return text.percent(share, 0 if share >= 0.1 else 1)


def _about(values: dict[str, str], text: Text) -> str:
    return text.say("About {n} ({interval}) of {judged} customers, {share}, will leave within {span}.", **values)


def _why_not_known(study: ChurnStudy, result: ChurnSurvival, expected: _Expected, text: Text) -> str:
    values = {"span": span(study.horizon, study.unit, text), "day": text.date(study.as_of)}
    if study.n_here == 0:
        return text.say("No customer is still here on {day}, so nobody is left to leave.", **values)
    if study.n_left == 0:
        return text.say("Nobody has left yet, so nothing says how many will leave within {span}.", **values)
    if study.n_left < FEW_EVENTS:
        return text.say_many(
            "Only {n} customer has left: too few to say how many will leave within {span}.",
            "Only {n} customers have left: too few to say how many will leave within {span}.",
            study.n_left,
            **values,
        )
    if result.curve.collapsed_at <= result.curve.follow_up:
        return text.say(
            "How many will leave within {span} cannot be said: the few who were observed from early on have all left.",
            **values,
        )
    if expected.reason == "not_observed":
        return text.say(
            "How many will leave within {span} cannot be said: nobody was followed for long enough "
            "({followed} at most) to look that far ahead.",
            followed=span(study.table.follow_up, study.unit, text),
            **values,
        )
    return text.say(
        "How many will leave within {span} cannot be said: too few left who had been here as long.", **values
    )


def value_finding(study: ChurnStudy, result: ChurnSurvival, drivers: Drivers, text: Text) -> Finding | None:
    """The monthly value that the leavers take along; None where the client has no monthly values."""
    by_model = bool(drivers.effects) and not drivers.departures.reason
    lost: _Expected | None = drivers.value_at_risk if by_model else result.value_at_risk
    if lost is None:
        return None
    known = not lost.reason and study.n_left >= FEW_EVENTS
    said = text.say(
        "With them go about {lost} a month ({lower} to {upper}), {share} of the {here} a month that these customers "
        "bring now.",
        lost=text.money(rounded(lost.value)),
        lower=text.money(rounded(lost.ci_lower)),
        upper=text.money(rounded(lost.ci_upper)),
        share=_percent(lost.value / lost.n_covered if lost.n_covered else NOT_A_NUMBER, text),
        here=text.money(rounded(lost.n_covered)),
    )
    return Finding(
        id="churn.value_at_risk",
        question=text.say("How much money goes with them?"),
        headline=said if known else _why_no_value(lost, text),
        action="",
        verdict="watch" if known else "not_enough_data",
        estimate=lost.value if known else NOT_A_NUMBER,
        ci_lower=lost.ci_lower if known else NOT_A_NUMBER,
        ci_upper=lost.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("{currency} a month", currency=text.currency),
        n_obs=int(study.table.n_obs),
        method=lost.method,
        definition=text.say("Monthly value of each customer here, times the chance that the customer leaves."),
        caveats=(*_value_caveats(result, text), *_horizon_caveats(study, text)),
    )


def _why_no_value(lost: _Expected, text: Text) -> str:
    if not lost.n_covered + lost.n_not_covered:
        return text.say("How much money goes with them cannot be said: no customer still here has a monthly value.")
    return text.say("How much money goes with them cannot be said either.")


def _value_caveats(result: ChurnSurvival, text: Text) -> list[str]:
    caveats = [text.say("It takes those who leave to be worth as much as others like them who stay.")]
    if result.n_without_value:
        caveats.append(
            text.say_many(
                "{n} customer still here has a blank or negative monthly value, which counts as nought.",
                "{n} customers still here have a blank or negative monthly value, which counts as nought.",
                result.n_without_value,
            )
        )
    return caveats


def _entry_caveats(study: ChurnStudy, text: Text) -> list[str]:
    if study.observation.entry_known:
        return []
    return [
        text.say(
            "It is not known from when on the export shows each customer. If customers who left early are missing, "
            "fewer stay than this says."
        )
    ]


def _horizon_caveats(study: ChurnStudy, text: Text) -> list[str]:
    if study.unit == "days":
        return []
    return [
        text.say_many(
            "{n} day is taken as {span}.",
            "{n} days are taken as {span}.",
            study.horizon_days,
            span=span(study.horizon, study.unit, text),
        )
    ]


def _luck_caveats(expected: _Expected, text: Text) -> list[str]:
    lower, upper = actual_number(expected.value, expected.std_error**2, expected.n_covered, expected.confidence_level)
    return [
        text.say(
            "The interval is for the expected number. How many really leave is also a matter of luck: {interval}.",
            interval=text.interval(lower, upper, 0),
        )
    ]


def _not_covered_caveats(study: ChurnStudy, expected: _Expected, text: Text) -> list[str]:
    if not expected.n_not_covered:
        return []
    return [
        text.say_many(
            "{n} customer has been here so long that nobody was followed {span} further, and is not in this number.",
            "{n} customers have been here so long that nobody was followed {span} further, and are not in this number.",
            round(expected.n_not_covered),
            span=span(study.horizon, study.unit, text),
        )
    ]
