from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retention_lab.analysis.backtest import Backtest
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.backtest import accuracy_sentences, backtest_finding
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.prediction_error import Calibration
from retention_lab.text import Text

Say = Callable[..., Any]


def estimate(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(
        value=value, ci_lower=lower, ci_upper=upper, std_error=1, n_obs=1000, confidence_level=0.95, method="a method"
    )


def calibration(ratio: tuple[float, float, float], n_censored: int = 0) -> Calibration:
    return Calibration(
        at=100,
        groups=(),
        n_expected=200.4,
        n_observed=estimate(200.4 * ratio[0], 150, 250),
        n_censored=n_censored,
        ratio=estimate(*ratio),
        n_obs=1000,
    )


TEST = Backtest(
    cut=date(2025, 10, 31),
    landmark=None,
    horizon=100,
    unit="days",
    n_learnt=3000,
    n_left_learnt=900,
    n_judged=1000,
    n_not_judged=0,
    calibration=calibration((1.02, 0.91, 1.13)),
    brier=estimate(0.103, 0.1, 0.106),
    brier_null=estimate(0.11, 0.107, 0.113),
    gain=estimate(0.007, 0.0057, 0.0083),
    concordance=estimate(0.7, 0.68, 0.71),
    confidence_level=0.95,
)


@pytest.fixture
def say(study: ChurnStudy, text: Text) -> Say:
    return lambda **changes: backtest_finding(study, replace(TEST, **changes), text)


def test_what_was_expected_stands_beside_what_happened(say: Say) -> None:
    found = say()

    assert found.headline == (
        "On 31 October 2025 this model would have expected 200 of the 1,000 customers then here to leave within 100 "
        "days; 204 did."
    )
    assert (found.verdict, found.estimate, found.ci_lower, found.ci_upper) == ("fine", 1.02, 0.91, 1.13)
    assert found.action == "Its numbers are good enough to plan with."


def test_a_trial_that_could_not_have_failed_is_no_praise(say: Say) -> None:
    found = say(calibration=calibration((1.02, 0.6, 1.6)))

    assert found.verdict == "no_evidence"
    assert found.action == (
        "Nothing speaks against its numbers, and little for them: so few have left that anything from 0.60 to 1.60 "
        "departures for each one expected would fit."
    )


def test_far_too_few_expected_is_a_warning(say: Say) -> None:
    found = say(calibration=calibration((1.4, 1.25, 1.56)))

    assert found.verdict == "watch"
    assert found.action == "Plan for more than it says: 40% more left than it expected."


def test_far_too_many_expected_is_a_warning(say: Say) -> None:
    found = say(calibration=calibration((0.7, 0.6, 0.8)))

    assert found.verdict == "watch"
    assert found.action == "Plan for fewer than it says: 30% fewer left than it expected."


def test_a_certain_but_small_difference_is_none_to_plan_by(say: Say) -> None:
    assert say(calibration=calibration((1.05, 1.02, 1.08))).verdict == "fine"


def test_customers_known_by_tenure_are_split(say: Say) -> None:
    found = say(cut=None, landmark=29.0, unit="months", calibration=calibration((1.0, 0.8, 1.2), n_censored=7))

    assert found.headline == (
        "Taught by half of the customers, the model expects 200 of 1,000 others, here after 29 months, to leave within "
        "100 months; about 200 did."
    )


@pytest.mark.parametrize(
    ("reason", "said"), [("too_few", "too few have left"), ("not_observed", "do not reach back far enough")]
)
def test_why_it_cannot_be_tested(say: Say, reason: str, said: str) -> None:
    found = say(calibration=None, brier=None, brier_null=None, gain=None, concordance=None, reason=reason)

    assert found.verdict == "not_enough_data"
    assert said in found.headline
    assert found.caveats == ()


def test_those_who_could_not_be_judged_are_counted(say: Say) -> None:
    assert "2,093 customers could not be judged then, and are not in these numbers." in say(n_not_judged=2093).caveats


def test_the_order_and_the_error_are_said_with_their_intervals(text: Text) -> None:
    order, error = accuracy_sentences(TEST, text)

    assert "70% of cases (68% to 71%)" in order
    assert error.startswith("It came nearer than one curve for all customers: mean squared error (Brier score) 0.103")


@pytest.mark.parametrize(
    ("gain", "said"), [((-0.004, -0.006, -0.002), "would have come nearer"), ((0.001, -0.001, 0.003), "not clear")]
)
def test_covariates_that_gain_nothing_are_not_praised(text: Text, gain: tuple[float, float, float], said: str) -> None:
    assert said in accuracy_sentences(replace(TEST, gain=estimate(*gain)), text)[1]


def test_a_client_with_dates_who_cannot_be_tested_is_not_said_to_have_been_split(
    study: ChurnStudy, make_study: Callable[..., ChurnStudy], text: Text
) -> None:
    untold = replace(TEST, cut=None, calibration=None, reason="not_observed")
    dated = make_study(observation=replace(study.observation, first_start=date(2024, 1, 1)))

    assert backtest_finding(dated, untold, text).definition == (
        "The model would be fitted again to what was known 100 days earlier, and held against who left after that."
    )
    assert "one half" in backtest_finding(study, untold, text).definition
