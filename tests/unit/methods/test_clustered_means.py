import math

import numpy as np
import pytest

from retention_lab.methods.clustered_means import (
    code_clusters,
    compare_clustered_means,
    estimate_clustered_mean,
    estimate_clustered_share,
    skewed_reaches,
)


def test_with_a_row_for_each_cluster_it_is_the_usual_mean_with_students_interval() -> None:
    # R: t.test(c(1, 4, 2, 8, 5))$conf.int
    found = estimate_clustered_mean([1, 4, 2, 8, 5], range(5))

    assert found.value == 4
    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.599563097, 7.400436903), abs=1e-8)


def test_the_variance_is_that_of_cluster_totals_about_the_mean() -> None:
    # Mean 2; totals about it: (0 - 2) + (2 - 2) = -2, 1 and 1, over five rows.
    found = estimate_clustered_mean([0, 2, 3, 3, 2], ["a", "a", "b", "c", "c"])

    assert found.std_error == pytest.approx(math.sqrt((4 + 1 + 1) * 3 / 2) / 5)


def test_a_share_keeps_its_interval_within_nought_and_one() -> None:
    found = estimate_clustered_share([1] * 19 + [0], range(20))

    assert 0 < found.ci_lower < 0.95 < found.ci_upper < 1


def test_customers_on_both_sides_of_a_change_cancel() -> None:
    rng = np.random.default_rng(1)
    usual, later = rng.normal(0, 5, 100), np.repeat([False, True], 100)
    values = np.tile(usual, 2) + later * 1.0 + rng.normal(0, 0.5, 200)
    same = compare_clustered_means(values, later, np.tile(np.arange(100), 2))
    other = compare_clustered_means(values, later, np.arange(200))

    assert same.value == other.value == pytest.approx(1.0, abs=0.2)
    assert same.std_error < 0.2 * other.std_error


def test_what_has_no_cluster_is_one_of_its_own() -> None:
    first, second = code_clusters(["x", None, "y"], ["y", None, np.nan])

    assert first[2] == second[0]
    assert len({*first, *second}) == 5


def test_nothing_and_equal_values_have_a_reason() -> None:
    assert estimate_clustered_mean([], []).reason == "too_few"
    assert estimate_clustered_mean([3, 3, 3], [1, 2, 3]).reason == "too_few"
    assert estimate_clustered_share([1, 0], [1, 1]).reason == "too_few"
    assert compare_clustered_means([1, 2], [True, True], [1, 2]).reason == "too_few"


def test_a_lopsided_estimate_reaches_further_to_the_side_of_its_short_tail() -> None:
    # The mean of few exponential draws is often too small, and then its standard error is too.
    rng, covered, plain = np.random.default_rng(2), 0, 0
    for _ in range(2000):
        draws = rng.exponential(1.0, 30)
        about = draws - draws.mean()
        error = math.sqrt((about**2).sum() / 30 / 29)
        down, up = skewed_reaches(float((about**3).sum() / (about**2).sum() ** 1.5), 2.045)
        covered += draws.mean() - down * error <= 1 <= draws.mean() + up * error
        plain += abs(draws.mean() - 1) <= 2.045 * error

    assert covered > plain
    assert covered / 2000 == pytest.approx(0.95, abs=0.02)
    assert skewed_reaches(0.0, 1.96) == (1.96, 1.96)
