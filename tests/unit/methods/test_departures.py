import math

import numpy as np
import pytest

from retention_lab.methods.departures import actual_number, expected_departures
from retention_lab.methods.survival import conditional_survival, estimate_survival, life_table

RNG = np.random.default_rng(1)
DURATION, EVENT = RNG.integers(1, 40, 400), RNG.random(400) < 0.6
CURVE = estimate_survival(life_table(DURATION, EVENT))


def test_one_customer_is_expected_to_leave_with_the_conditional_chance() -> None:
    chance = conditional_survival(CURVE, 5, 6)

    expected = expected_departures(CURVE, [5], [1], 6)

    assert expected.value == pytest.approx(1 - chance.value)
    assert expected.std_error == pytest.approx(chance.std_error)
    assert (expected.ci_lower, expected.ci_upper) == pytest.approx((1 - chance.ci_upper, 1 - chance.ci_lower))


def test_customers_at_one_tenure_share_the_error_of_the_curve() -> None:
    one, many = (expected_departures(CURVE, [5], [n], 6) for n in (1, 1000))

    assert many.value == pytest.approx(1000 * one.value)
    # Independent errors would have grown by the square root of 1000.
    assert many.std_error == pytest.approx(1000 * one.std_error)


def test_overlapping_stretches_are_correlated_as_a_bootstrap_finds() -> None:
    tenure, customers = np.array([2, 4, 6, 20]), np.array([50, 80, 30, 60])
    rng = np.random.default_rng(2)
    redrawn = []
    for _ in range(400):
        rows = rng.integers(0, DURATION.size, DURATION.size)
        curve = estimate_survival(life_table(DURATION[rows], EVENT[rows]))
        redrawn.append(expected_departures(curve, tenure, customers, 8).value)

    # 400 draws give a standard deviation to about 3.5 %; 12 % is more than three of those.
    assert expected_departures(CURVE, tenure, customers, 8).std_error == pytest.approx(np.std(redrawn), rel=0.12)


def test_the_actual_number_is_less_certain_than_its_expectation() -> None:
    expected = expected_departures(CURVE, [2, 4, 6], [50, 80, 30], 8)

    assert expected.pi_lower < expected.ci_lower < expected.value < expected.ci_upper < expected.pi_upper
    assert expected.pi_lower == round(expected.pi_lower)


def test_a_handful_of_customers_gives_whole_numbers_within_the_handful() -> None:
    expected = expected_departures(CURVE, [5], [3], 6)

    assert expected.pi_lower == 0
    assert expected.value < expected.pi_upper <= 3


def test_customers_whose_horizon_passes_the_follow_up_are_counted_apart() -> None:
    expected = expected_departures(CURVE, [5, CURVE.follow_up - 1], [10, 7], 6)

    assert (expected.n_covered, expected.n_not_covered) == (10, 7)
    assert expected.value == pytest.approx(expected_departures(CURVE, [5], [10], 6).value)


def test_when_no_horizon_is_covered_nothing_is_said() -> None:
    expected = expected_departures(CURVE, [CURVE.follow_up], [7], 6)

    assert math.isnan(expected.value)
    assert (expected.reason, expected.n_not_covered) == ("not_observed", 7)


def test_the_prediction_holds_the_number_that_leaves_in_nineteen_of_twenty_samples() -> None:
    rng, held = np.random.default_rng(3), 0
    tenure, customers = np.array([0, 5, 10]), np.array([60, 40, 20])
    truth = 1 - np.exp(-6 / 20)
    for _ in range(400):
        stay, seen = np.ceil(rng.exponential(20, 150)), rng.integers(10, 40, 150)
        curve = estimate_survival(life_table(np.minimum(stay, seen), stay <= seen))
        predicted = expected_departures(curve, tenure, customers, 6)
        left = rng.binomial(customers, truth).sum()
        held += predicted.pi_lower <= left <= predicted.pi_upper

    # Rounded outwards, so a little above 95 %; three standard errors of 400 repetitions are 3.3 points.
    assert 0.93 <= held / 400 <= 0.995


def test_the_actual_number_from_an_expectation_is_no_narrower_than_that_from_each_customers_chance() -> None:
    expected = expected_departures(CURVE, [2, 4, 6], [50, 80, 30], 8)

    lower, upper = actual_number(expected.value, expected.std_error**2, expected.n_covered, 0.95)

    assert lower <= expected.pi_lower
    assert expected.pi_upper <= upper <= expected.n_covered
    assert upper - lower <= expected.pi_upper - expected.pi_lower + 4
