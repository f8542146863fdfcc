from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from retention_lab.analysis.churn import ChurnSurvival, estimate_churn
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.departures import departures_finding, value_finding
from retention_lab.methods.adjusted import AdjustedDifference
from retention_lab.text import Text

MakeStudy = Callable[..., ChurnStudy]
MakeDrivers = Callable[..., Drivers]
MakeDifference = Callable[..., AdjustedDifference]


def say(study: ChurnStudy, drivers: Drivers, text: Text) -> str:
    return departures_finding(study, estimate_churn(study), drivers, text).headline


def test_all_can_be_judged(
    make_study: MakeStudy, make_drivers: MakeDrivers, make_difference: MakeDifference, text: Text
) -> None:
    study = make_study(n_here=500)
    drivers = make_drivers(effects=("any",), departures=make_difference(60.4, 50.6, 71.2))

    found = departures_finding(study, estimate_churn(study), drivers, text)

    assert found.headline == ("About 60 (51 to 71) of the 500 customers, 12%, will leave within 100 days.")
    assert found.verdict == "watch"
    assert (found.estimate, found.ci_lower, found.ci_upper) == (60.4, 50.6, 71.2)


def test_some_are_beyond_what_anybody_was_followed(
    make_study: MakeStudy, make_drivers: MakeDrivers, make_difference: MakeDifference, text: Text
) -> None:
    study = make_study(n_here=501)
    drivers = make_drivers(effects=("any",), departures=make_difference(3.4, 2.6, 4.2, n_not_covered=1))

    found = departures_finding(study, estimate_churn(study), drivers, text)

    assert found.headline == (
        "About 3 (3 to 4) of 500 customers, 0.7%, will leave within 100 days. One more has been here too long to judge."
    )
    assert "1 customer has been here so long that nobody was followed 100 days further, and is not in this number." in (
        found.caveats
    )


def test_luck_is_said_beside_the_expectation(
    make_study: MakeStudy, make_drivers: MakeDrivers, make_difference: MakeDifference, text: Text
) -> None:
    drivers = make_drivers(effects=("any",), departures=make_difference(4.0, 3.6, 4.4))
    study = make_study()

    caveats = departures_finding(study, estimate_churn(study), drivers, text).caveats

    # qpois(c(0.025, 0.975), 4) in R is 1 and 8; ours is rounded outwards.
    assert "The interval is for the expected number. How many really leave is also a matter of luck: 1 to 9." in caveats


def test_customers_of_groups_that_nobody_left_are_said_to_be_missing(
    make_study: MakeStudy, make_drivers: MakeDrivers, make_difference: MakeDifference, text: Text
) -> None:
    drivers = make_drivers(effects=("any",), departures=make_difference(60, 50, 70), not_judged=40)
    study = make_study(n_here=540)

    found = departures_finding(study, estimate_churn(study), drivers, text)

    assert "40 customers still here are in groups that nobody has left so far, and are not in this number." in (
        found.caveats
    )
    assert found.headline.endswith("The other 40 cannot be judged.")


def test_without_covariates_the_single_curve_counts(
    study: ChurnStudy, result: ChurnSurvival, make_drivers: MakeDrivers, text: Text
) -> None:
    found = departures_finding(study, result, make_drivers(), text)

    assert found.estimate == result.departures.value
    assert "Kaplan-Meier" in found.method


def test_a_model_that_cannot_say_gives_way_to_the_single_curve(
    study: ChurnStudy, result: ChurnSurvival, make_drivers: MakeDrivers, text: Text
) -> None:
    found = departures_finding(study, result, make_drivers(effects=("any",)), text)

    assert found.estimate == result.departures.value
    assert found.verdict == "watch"


@pytest.mark.parametrize(
    ("tenure", "left", "entry", "said"),
    [
        ([5] * 20, [1] * 20, None, "No customer is still here on 31 October 2026, so nobody is left to leave."),
        ([5] * 20, [0] * 20, None, "Nobody has left yet, so nothing says how many will leave within 100 days."),
        ([5, 9] * 9, [1, 0] + [0] * 16, None, "Only 1 customer has left: too few to say"),
        ([5, 9] * 9, [1, 0] * 9, None, "Only 9 customers have left: too few to say"),
        ([5, 50] * 20, [1, 0] * 20, None, "nobody was followed for long enough (50 days at most) to look that far"),
        ([5] * 20 + [50, 300] * 20, [1] * 20 + [0] * 40, None, "too few left who had been here as long"),
        ([2] * 11 + [300] * 20, [1] * 11 + [0] * 20, [0] * 11 + [200] * 20, "the few who were observed from early on"),
    ],
    ids=["all gone", "nobody left", "one left", "nine left", "too short", "nobody left later", "curve collapsed"],
)
def test_why_it_cannot_be_said(
    make_study: MakeStudy,
    make_drivers: MakeDrivers,
    text: Text,
    tenure: list[int],
    left: list[int],
    entry: list[int] | None,
    said: str,
) -> None:
    study = make_study(tenure, left, entry)

    found = departures_finding(study, estimate_churn(study), make_drivers(), text)

    assert said in found.headline
    assert found.verdict == "not_enough_data"
    assert found.action == ""
    assert found.to_dict()["estimate"] is None


def test_an_unknown_entry_and_a_converted_horizon_are_said(
    make_study: MakeStudy, make_drivers: MakeDrivers, text: Text
) -> None:
    study = make_study(unit="months", entry_known=False, horizon=12, horizon_days=365)

    caveats = departures_finding(study, estimate_churn(study), make_drivers(), text).caveats

    assert caveats[0].startswith("It is not known from when on the export shows each customer.")
    assert caveats[1] == "365 days are taken as 12 months."
    one_day = make_study(unit="months", horizon=1, horizon_days=1)
    assert (
        "1 day is taken as 1 month."
        in departures_finding(one_day, estimate_churn(one_day), make_drivers(), text).caveats
    )


def test_money_at_risk(
    study: ChurnStudy, result: ChurnSurvival, make_drivers: MakeDrivers, make_difference: MakeDifference, text: Text
) -> None:
    drivers = make_drivers(
        effects=("any",),
        departures=make_difference(60, 50, 70),
        value_at_risk=make_difference(1234.4, 1100, 1399.6, n_covered=9000),
    )

    found = value_finding(study, replace(result, n_without_value=1), drivers, text)

    assert found is not None
    assert found.headline == (
        "With them go about €1,230 a month (€1,100 to €1,400), 14% of the €9,000 a month that these customers bring "
        "now."
    )
    assert found.unit == "EUR a month"
    assert "1 customer still here has a blank or negative monthly value, which counts as nought." in found.caveats


def test_money_where_there_is_none_to_speak_of(
    study: ChurnStudy, result: ChurnSurvival, make_drivers: MakeDrivers, make_difference: MakeDifference, text: Text
) -> None:
    assert value_finding(study, result, make_drivers(), text) is None
    blank = make_difference(n_covered=0.0, n_not_covered=0.0, reason="too_few")
    by_model = make_drivers(effects=("any",), departures=make_difference(60, 50, 70), value_at_risk=blank)

    found = value_finding(study, result, by_model, text)

    assert found is not None
    assert found.headline.endswith("no customer still here has a monthly value.")
    assert found.verdict == "not_enough_data"


def test_money_is_not_said_where_the_number_of_customers_is_not(
    make_study: MakeStudy, make_drivers: MakeDrivers, text: Text
) -> None:
    study = make_study([5, 9] * 9, [1, 0] * 9)
    result = estimate_churn(study)
    result = replace(result, value_at_risk=result.departures)

    found = value_finding(study, result, make_drivers(), text)

    assert found is not None
    assert found.headline == "How much money goes with them cannot be said either."
    assert np.isnan(found.estimate)
