import math

import numpy as np
import pytest
from scipy.stats import norm

from retention_lab.methods.proportions import (
    compare_proportions,
    estimate_proportion,
    estimate_risk_ratio,
    smallest_reduction,
)


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


@pytest.mark.parametrize(
    ("events", "n", "limits"),
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_shares_have_the_published_intervals(events: int, n: int, limits: tuple[float, float]) -> None:
    # Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
    found = estimate_proportion(events, n)

    assert (found.ci_lower, found.ci_upper) == pytest.approx(limits, abs=1e-4)
    assert found.std_error > 0


def test_a_difference_of_shares_has_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10, contrast (a).
    found = compare_proportions(56, 70, 48, 80)

    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    # R 4.2.2: prop.test(c(56, 48), c(70, 80), correct = FALSE)$p.value
    assert found.pvalue == pytest.approx(0.0080450813682, abs=1e-12)


def test_none_among_the_treated_is_still_an_answer() -> None:
    # R: prop.test(c(5, 0), c(30, 20), correct = FALSE)$p.value
    found = compare_proportions(0, 20, 5, 30)

    assert found.pvalue == pytest.approx(0.0542918283669, abs=1e-12)
    assert found.ci_lower < found.value < 0 < found.ci_upper
    assert (found.relative.value, found.relative.ci_lower, found.relative.reason) == (-1, -1, "")
    assert found.relative.ci_upper > 0


@pytest.mark.parametrize("counts", [(0, 20, 0, 30), (20, 20, 30, 30)])
def test_none_or_all_in_both_arms_is_no_difference_that_is_not_certain(counts: tuple[int, ...]) -> None:
    found = compare_proportions(*counts)

    assert (found.value, found.pvalue, found.reason) == (0, 1, "")
    assert -0.2 < found.ci_lower < 0 < found.ci_upper < 0.2
    assert found.std_error > 0


def test_there_is_no_share_of_a_control_to_which_nothing_happened() -> None:
    found = compare_proportions(5, 20, 0, 30)

    assert (found.reason, found.relative.reason) == ("", "near_nought")


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (5, 10, 0, 0), (0, 0, 0, 0)])
def test_an_empty_arm_is_no_comparison(counts: tuple[int, ...]) -> None:
    found = compare_proportions(*counts)

    assert (found.reason, found.relative.reason) == ("too_few", "too_few")
    assert math.isnan(found.pvalue)


@pytest.mark.parametrize(("events", "n"), [(5, 4), (-1, 4), (1, 0)])
def test_more_events_than_customers_are_refused(events: int, n: int) -> None:
    with pytest.raises(ValueError, match="events must lie"):
        estimate_proportion(events, n)


def test_what_is_good_and_what_is_bad_are_two_sides_of_one_difference() -> None:
    stayed, left = compare_proportions(171, 200, 240, 300), compare_proportions(29, 200, 60, 300)

    assert (stayed.ci_lower, stayed.ci_upper, stayed.pvalue) == pytest.approx(
        (-left.ci_upper, -left.ci_lower, left.pvalue)
    )


@pytest.mark.parametrize(("base", "n"), [(0.02, 1500), (0.3, 200), (0.9, 300)])
def test_intervals_of_shares_hold_the_difference_and_the_ratio(base: float, n: int) -> None:
    rng, held = np.random.default_rng(8), []
    for events, control in rng.binomial(n, [base * 1.05, base], (1000, 2)):
        found = compare_proportions(events, n, control, n)
        held.append(
            [
                found.ci_lower <= 0.05 * base <= found.ci_upper,
                found.relative.ci_lower <= 0.05 <= found.relative.ci_upper,
            ]
        )

    # Three standard errors of a share of 1,000.
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.021)
