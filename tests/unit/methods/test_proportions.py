import math

import numpy as np
import pytest
from scipy.stats import norm

from retention_lab.methods.proportions import estimate_risk_ratio, smallest_reduction


@pytest.mark.parametrize(
    ("share", "n", "expected"),
    [
        # R 4.2: power.prop.test(p1 = .2, p2 = .25, power = .8)$n
        (0.25, 1093.739046, 0.20),
        # R 4.2: power.prop.test(p1 = .11, p2 = .10, power = .8)$n, rounded as published: 14,750.79
        (0.11, 14750.79, 0.10),
    ],
)
def test_with_equal_arms_it_is_the_difference_of_power_prop_test(share: float, n: float, expected: float) -> None:
    # R solves to about 1e-4 of n, which is 5e-6 of the difference.
    assert share - smallest_reduction(share, n, n) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("n_control", "n_treated"), [(300, 1200), (1200, 300), (2000, 2000)])
def test_a_difference_of_that_size_is_found_four_times_in_five(n_control: int, n_treated: int) -> None:
    rng, share = np.random.default_rng(1), 0.3
    reduction = smallest_reduction(share, n_control, n_treated)
    left = rng.binomial(n_control, share, 20_000) / n_control
    kept = rng.binomial(n_treated, share - reduction, 20_000) / n_treated
    pooled = (n_control * left + n_treated * kept) / (n_control + n_treated)

    z = (left - kept) / np.sqrt(pooled * (1 - pooled) * (1 / n_control + 1 / n_treated))

    # The normal approximation is good to about a point of power at these sizes.
    assert (np.abs(z) > norm.isf(0.025)).mean() == pytest.approx(0.8, abs=0.012)


def test_a_larger_hold_out_shows_smaller_effects_and_a_tiny_one_none() -> None:
    found = [smallest_reduction(0.3, n, 1000) for n in (100, 200, 400, 1000)]

    assert found == sorted(found, reverse=True)
    assert math.isnan(smallest_reduction(0.1, 5, 20))
    assert all(math.isnan(smallest_reduction(*asked)) for asked in ((0.0, 9, 9), (1.0, 9, 9), (0.3, 0, 9), (0.3, 9, 0)))


def test_one_stratum_is_the_plain_ratio_with_its_log_interval() -> None:
    found = estimate_risk_ratio(30, 400, 24, 200)

    # Katz and others (1978): the variance of the log ratio is 1/a - 1/n1 + 1/c - 1/n0.
    error = math.sqrt(1 / 30 - 1 / 400 + 1 / 24 - 1 / 200)
    assert found.value == pytest.approx((30 / 400) / (24 / 200))
    assert found.std_error == pytest.approx(error)
    assert found.ci_upper == pytest.approx(found.value * math.exp(1.959964 * error), rel=1e-6)


def test_strata_drawn_at_different_shares_are_compared_within_and_not_across() -> None:
    # In either stratum a contact changes nothing; thrown together, contacts would look as if they kept customers.
    found = estimate_risk_ratio([90, 20], [900, 100], [10, 180], [100, 900])

    assert found.value == pytest.approx(1.0)
    pooled = (110 / 1000) / (190 / 1000)
    assert pooled < 0.6


def test_a_stratum_without_one_of_the_groups_counts_for_nothing() -> None:
    with_it = estimate_risk_ratio([30, 0], [400, 0], [24, 50], [200, 60])

    assert with_it.value == estimate_risk_ratio(30, 400, 24, 200).value


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    exposed, control, base = np.array([300, 500]), np.array([100, 400]), np.array([0.3, 0.15])
    hits, misses = rng.binomial(exposed, 0.8 * base, (2000, 2)), rng.binomial(control, base, (2000, 2))

    found = [estimate_risk_ratio(a, exposed, c, control) for a, c in zip(hits, misses, strict=True)]

    # Three standard errors of a share of 2,000.
    assert np.mean([one.ci_lower <= 0.8 <= one.ci_upper for one in found]) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("counts", [(0, 100, 10, 100), (10, 100, 0, 100), (0, 0, 10, 100), ([], [], [], [])])
def test_where_nothing_happens_in_a_group_there_is_no_ratio(counts: tuple[object, ...]) -> None:
    assert estimate_risk_ratio(*counts).reason == "too_few"  # type: ignore[arg-type]
