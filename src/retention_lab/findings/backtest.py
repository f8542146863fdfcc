"""Whether the model would have been right, in sentences."""

from retention_lab.analysis.backtest import Backtest
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import span
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text

# Departures this far from what was expected change what a plan should say.
_FAR = 0.1
# Where chance alone could have brought them this far from it, that they came near proves little.
_LOOSE = 0.25


def backtest_finding(study: ChurnStudy, test: Backtest, text: Text) -> Finding:
    """What the model would have expected, against what happened."""
    ratio = test.calibration.ratio if test.calibration else None
    verdict = _verdict(test)
    return Finding(
        id="churn.backtest",
        question=text.say("Would this have been right before?"),
        headline=_headline(test, text) if ratio else _why_not(test, text),
        action=_action(test, verdict, text),
        verdict=verdict,
        estimate=ratio.value if ratio else NOT_A_NUMBER,
        ci_lower=ratio.ci_lower if ratio else NOT_A_NUMBER,
        ci_upper=ratio.ci_upper if ratio else NOT_A_NUMBER,
        unit=text.say("departures for each one expected"),
        n_obs=test.n_judged,
        method=ratio.method if ratio else "",
        definition=_definition(study, test, text),
        caveats=_caveats(study, test, text),
    )


def _verdict(test: Backtest) -> Verdict:
    if test.calibration is None:
        return "not_enough_data"
    ratio = test.calibration.ratio
    off = not ratio.ci_lower <= 1 <= ratio.ci_upper and abs(ratio.value - 1) > _FAR
    if off:
        return "watch"
    return "fine" if max(1 - ratio.ci_lower, ratio.ci_upper - 1) <= _LOOSE else "no_evidence"


def _headline(test: Backtest, text: Text) -> str:
    calibration = test.calibration
    assert calibration is not None
    values = {
        "expected": text.count(calibration.n_expected),
        "n": text.count(test.n_judged),
        "span": span(test.horizon, test.unit, text),
        "left": text.count(calibration.n_observed.value),
    }
    if test.cut is not None:
        return text.say(
            "On {day} this model would have expected {expected} of the {n} customers then here to leave within {span}; "
            "{left} did.",
            day=text.date(test.cut),
            **values,
        )
    if test.n_judged and calibration.n_censored:
        return text.say(
            "Taught by half of the customers, the model expects {expected} of {n} others, here after {landmark}, to "
            "leave within {span}; about {left} did.",
            landmark=span(test.landmark or 0.0, test.unit, text),
            **values,
        )
    return text.say(
        "Taught by half of the customers, the model expects {expected} of {n} others, here after {landmark}, to leave "
        "within {span}; {left} did.",
        landmark=span(test.landmark or 0.0, test.unit, text),
        **values,
    )


def _action(test: Backtest, verdict: Verdict, text: Text) -> str:
    if test.calibration is None:
        return ""
    ratio = test.calibration.ratio
    if verdict == "watch":
        share = text.percent(abs(ratio.value - 1), 0)
        if ratio.value > 1:
            return text.say("Plan for more than it says: {share} more left than it expected.", share=share)
        return text.say("Plan for fewer than it says: {share} fewer left than it expected.", share=share)
    if verdict == "no_evidence":
        return text.say(
            "Nothing speaks against its numbers, and little for them: so few have left that anything from {lower} to "
            "{upper} departures for each one expected would fit.",
            lower=text.number(ratio.ci_lower, 2),
            upper=text.number(ratio.ci_upper, 2),
        )
    if test.gain is None or test.gain.reason or test.gain.ci_lower > 0:
        return text.say("Its numbers are good enough to plan with.")
    return text.say(
        "Its number is good enough to plan with. Who will leave it hardly knows: one curve for all would do as well."
    )


def _why_not(test: Backtest, text: Text) -> str:
    horizon = span(test.horizon, test.unit, text)
    if test.reason == "not_observed":
        return text.say(
            "Whether this would have been right cannot be tested: the exports do not reach back far enough to look "
            "{span} ahead from an earlier time.",
            span=horizon,
        )
    return text.say(
        "Whether this would have been right cannot be tested: too few have left, before a time {span} back or since.",
        span=horizon,
    )


def _definition(study: ChurnStudy, test: Backtest, text: Text) -> str:
    if test.cut is not None:
        return text.say(
            "The model is fitted again to what was known on {day}; it has not seen who left after it.",
            day=text.date(test.cut),
        )
    if study.observation.first_start is not None:
        return text.say(
            "The model would be fitted again to what was known {span} earlier, and held against who left after that.",
            span=span(test.horizon, test.unit, text),
        )
    return text.say("The model is fitted to one half of the customers and tried on the other.")


def _caveats(study: ChurnStudy, test: Backtest, text: Text) -> tuple[str, ...]:
    said = []
    if study.observation.categorical or study.observation.numeric:
        said.append(
            text.say("Covariates without a date are as they stand now, and may not be what was known at the time.")
        )
    if test.n_not_judged:
        said.append(
            text.say_many(
                "{n} customer could not be judged then, and is not in these numbers.",
                "{n} customers could not be judged then, and are not in these numbers.",
                test.n_not_judged,
            )
        )
    return tuple(said) if test.calibration else ()


def accuracy_sentences(test: Backtest, text: Text) -> list[str]:
    """How well it put customers in order, and whether it came nearer than one curve for all."""
    said = []
    if test.concordance is not None and not test.concordance.reason:
        said.append(
            text.say(
                "Of two customers who left at different times, or of whom one stayed, it names the right one as more "
                "at risk in {share} of cases ({interval}); by chance it would be {half}.",
                share=text.percent(test.concordance.value, 0),
                interval=text.percent_interval(test.concordance.ci_lower, test.concordance.ci_upper, 0),
                half=text.percent(0.5, 0),
            )
        )
    if test.gain is not None and test.brier and test.brier_null and not test.gain.reason:
        said.append(_gain(test.brier.value, test.brier_null.value, test.gain, text))
    return said


def _gain(ours: float, null: float, gain: Estimate, text: Text) -> str:
    """Whether the covariates came nearer to what happened than one curve for all customers."""
    values = {"ours": text.number(ours, 3), "null": text.number(null, 3)}
    if gain.ci_lower > 0:
        return text.say(
            "It came nearer than one curve for all customers: mean squared error (Brier score) {ours} against {null}, "
            "{gain} less ({interval}).",
            gain=text.number(gain.value, 4),
            interval=text.interval(gain.ci_lower, gain.ci_upper, 4),
            **values,
        )
    if gain.ci_upper < 0:
        return text.say(
            "One curve for all customers would have come nearer: mean squared error (Brier score) {null} against "
            "{ours}, {gain} less ({interval}).",
            gain=text.number(-gain.value, 4),
            interval=text.interval(-gain.ci_upper, -gain.ci_lower, 4),
            **values,
        )
    return text.say(
        "It is not clear that it came nearer than one curve for all customers: mean squared error (Brier score) {ours} "
        "against {null}.",
        **values,
    )
