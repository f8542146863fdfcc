from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retention_lab.analysis.contrasts import MIDDLE
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.effects import Effect
from retention_lab.analysis.model import ChurnModel
from retention_lab.findings.drivers import driver_finding, driver_findings
from retention_lab.methods.adjusted import AdjustedDifference
from retention_lab.methods.hazard_ratios import HazardRatio
from retention_lab.tables.levels import LOWER, NO, UPPER, YES
from retention_lab.text import Text

MakeDrivers = Callable[..., Drivers]
MakeDifference = Callable[..., AdjustedDifference]
MakeEffect = Callable[..., Effect]


@pytest.fixture
def make_effect(make_difference: MakeDifference) -> MakeEffect:
    def make(value: float = -0.165, lower: float = -0.177, upper: float = -0.153, **changes: Any) -> Effect:
        effect = Effect(
            name="contract",
            level="Monthly",
            reference="24 months",
            kind="category",
            points=make_difference(value, lower, upper),
            customers_a_year=make_difference(729.2, 684.4, 773.4, n_covered=5679),
            hazard_ratio=HazardRatio(value=3.4, ci_lower=3.1, ci_upper=3.7, pvalue=0.0, confidence_level=0.95),
            stratified=False,
            pvalue=0.0,
            pvalue_adjusted=0.0,
            n_obs=8000,
            n_here=6361,
            why_not=None,
        )
        return replace(effect, **changes)

    return make


def test_a_level_that_leaves_sooner_is_said_with_points_and_what_it_costs(
    make_drivers: MakeDrivers, make_effect: MakeEffect, text: Text
) -> None:
    found = driver_finding(make_drivers(), make_effect(), text)

    assert found.id == "churn.driver.contract"
    assert found.verdict == "act"
    assert found.headline == (
        "All else equal, customers with contract “Monthly” leave sooner than those with “24 months”: "
        "16.5 points fewer are still here after 100 days (15.3 to 17.7)."
    )
    assert found.action == (
        "Were 5,679 of them to leave only at the rate of those with “24 months”, about 729 more (684 to 773) would be "
        "here in a year. Only a test can show whether a change would do it."
    )
    assert found.method == "a model; Holm over all comparisons, p < 0.001"


@pytest.mark.parametrize(
    ("interval", "pvalue", "verdict", "words"),
    [
        ((-0.05, -0.08, -0.02), 0.001, "act", "leave sooner than"),
        ((-0.02, -0.03, -0.005), 0.001, "watch", "leave sooner than"),
        ((-0.02, -0.03, -0.005), 0.2, "no_evidence", "may leave sooner than"),
        ((-0.01, -0.03, 0.01), 0.6, "no_evidence", "no evidence of a difference"),
        ((0.05, 0.03, 0.07), 0.001, "fine", "stay longer than"),
        ((0.05, 0.03, 0.07), 0.2, "no_evidence", "may stay longer than"),
    ],
)
def test_words_and_verdict_follow_the_numbers(
    make_drivers: MakeDrivers,
    make_effect: MakeEffect,
    text: Text,
    interval: tuple[float, ...],
    pvalue: float,
    verdict: str,
    words: str,
) -> None:
    found = driver_finding(make_drivers(), make_effect(*interval, pvalue_adjusted=pvalue), text)

    assert found.verdict == verdict
    assert words in found.headline
    assert bool(found.action) == (verdict == "act")


def test_an_interval_is_said_from_the_smaller_to_the_larger_and_never_with_a_minus(
    make_drivers: MakeDrivers, make_effect: MakeEffect, text: Text
) -> None:
    drivers = make_drivers()
    more = driver_finding(drivers, make_effect(0.05, 0.03, 0.07, pvalue_adjusted=0.001), text).headline
    none = driver_finding(drivers, make_effect(-0.0004, -0.012, 0.031, pvalue_adjusted=1.0), text).headline

    assert more.endswith("5.0 points more are still here after 100 days (3.0 to 7.0).")
    assert none.endswith("(from 1.2 points fewer to 3.1 points more still here after 100 days).")
    assert "-" not in more + none


def test_a_p_value_is_judged_at_the_level_that_was_asked_for(
    make_drivers: MakeDrivers, make_effect: MakeEffect, text: Text
) -> None:
    effect = make_effect(pvalue_adjusted=0.03)

    assert driver_finding(make_drivers(confidence_level=0.95), effect, text).verdict == "act"
    assert driver_finding(make_drivers(confidence_level=0.99), effect, text).verdict == "no_evidence"


def test_numbers_and_things_that_began_have_their_own_words(
    make_drivers: MakeDrivers, make_effect: MakeEffect, text: Text
) -> None:
    age = make_effect(name="age", kind="number", level=LOWER, reference=UPPER)
    club = make_effect(0.05, 0.03, 0.07, name="club", kind="since", level=YES, reference=NO)

    assert driver_finding(make_drivers(), age, text).headline.startswith(
        "All else equal, customers at the lower quartile of age leave sooner than those at the upper quartile: "
    )
    found = driver_finding(make_drivers(), club, text)
    assert found.headline.startswith("All else equal, customers with club stay longer than those without: ")
    assert found.caveats[0].startswith("Counted from the day it began.")
    assert driver_finding(make_drivers(), age, text).caveats[0].endswith("Age is as it stood when the export was made.")


@pytest.mark.parametrize(
    ("why_not", "reason", "words"),
    [
        ("collinear", "too_few", "Contract repeats what other covariates say"),
        ("constant", "too_few", "Contract is the same for all customers who can be compared."),
        ("too_few", "too_few", "There is too little to compare customers with contract “Monthly” with those with “24"),
        (None, "not_observed", "Contract cannot be judged after 100 days: nobody was followed that long."),
    ],
)
def test_why_nothing_can_be_said(
    make_drivers: MakeDrivers, make_effect: MakeEffect, make_difference: MakeDifference, text: Text,
    why_not: str | None, reason: str, words: str,
) -> None:  # fmt: skip
    effect = make_effect(points=make_difference(reason=reason), why_not=why_not, pvalue_adjusted=np.nan)

    found = driver_finding(make_drivers(), effect, text)

    assert found.headline.startswith(words)
    assert found.verdict == "not_enough_data"
    assert found.action == ""
    assert found.method == "a model"


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("one_level", "it is the same for all customers"),
        ("too_many_levels", "too many different values"),
        ("too_small", "too few customers share a value"),
        ("no_departures", "all who left had the same value"),
        ("no_values", "it is blank for all customers"),
        ("no_spread", "most customers have the same value"),
    ],
)
def test_a_covariate_that_was_left_out_is_named_and_says_why(
    make_drivers: MakeDrivers, text: Text, why: str, words: str
) -> None:
    (found,) = driver_findings(make_drivers(left_out={"sales_channel": why}), text)

    assert found.id == "churn.driver.sales_channel"
    assert found.headline.startswith("Sales channel cannot be judged: ")
    assert words in found.headline
    assert found.verdict == "not_enough_data"


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"n_here": 0}, "None of them is still here: look at how such customers are won."),
        ({"n_here": 1}, "Start with the one of them still here; only a test can show what would keep such customers."),
        ({}, "Start with the 6,361 of them still here; only a test can show what would keep such customers."),
    ],
)
def test_what_to_do_where_the_year_ahead_cannot_be_judged(
    make_drivers: MakeDrivers,
    make_effect: MakeEffect,
    make_difference: MakeDifference,
    text: Text,
    changes: dict[str, int],
    action: str,
) -> None:
    effect = make_effect(customers_a_year=make_difference(reason="not_observed"), **changes)

    assert driver_finding(make_drivers(), effect, text).action == action


def test_the_sure_effect_of_a_covariate_is_told_and_not_the_large_one_by_chance(
    make_drivers: MakeDrivers, make_effect: MakeEffect, text: Text
) -> None:
    noisy = make_effect(-0.4, -0.9, 0.1, level="Trial", pvalue_adjusted=0.8)
    sure = make_effect(-0.05, -0.07, -0.03, pvalue_adjusted=0.001)
    other = make_effect(-0.2, -0.3, -0.1, name="payment", level="Slip", reference="Debit", pvalue_adjusted=0.001)

    found = list(driver_findings(make_drivers(effects=(noisy, sure, other)), text))

    assert [one.id for one in found] == ["churn.driver.payment", "churn.driver.contract"]
    assert "“Monthly”" in found[1].headline


def test_customers_of_groups_that_nobody_left_are_said_to_be_missing(
    make_drivers: MakeDrivers, make_effect: MakeEffect, text: Text
) -> None:
    caveats = driver_finding(make_drivers(not_judged=1), make_effect(), text).caveats

    assert caveats[-1] == (
        "1 customer still here is in a group that nobody has left so far, and is not in this number."
    )


AGE: dict[str, Any] = {"name": "age", "kind": "number", "level": UPPER, "reference": MIDDLE}


@pytest.mark.parametrize(
    ("curved", "pvalue", "verdict", "words"),
    [
        (("age",), 1e-9, "watch", "Age matters, but not in one direction"),
        (("age",), 0.3, "no_evidence", "no evidence of a difference"),
        ((), 1e-9, "no_evidence", "no evidence of a difference"),
    ],
)
def test_a_number_that_clearly_matters_in_a_curve_is_never_said_not_to(
    make_drivers: MakeDrivers,
    make_model: Callable[..., ChurnModel],
    make_effect: MakeEffect,
    text: Text,
    curved: tuple[str, ...],
    pvalue: float,
    verdict: str,
    words: str,
) -> None:
    drivers = make_drivers(model=make_model(curved=curved))

    found = driver_finding(drivers, make_effect(-0.01, -0.03, 0.012, pvalue_adjusted=pvalue, **AGE), text)

    assert found.verdict == verdict
    assert words in found.headline


def test_a_curve_is_told_with_the_interval_of_what_is_compared(
    make_drivers: MakeDrivers, make_model: Callable[..., ChurnModel], make_effect: MakeEffect, text: Text
) -> None:
    drivers = make_drivers(model=make_model(curved=("age",)))

    assert driver_finding(drivers, make_effect(-0.01, -0.03, 0.012, **AGE), text).headline == (
        "Age matters, but not in one direction: customers at the upper quartile of age and those in the middle may be "
        "alike (from 3.0 points fewer to 1.2 points more still here after 100 days), customers with other values are "
        "not."
    )
