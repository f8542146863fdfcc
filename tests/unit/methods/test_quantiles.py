import math
import time

import numpy as np
import pytest
from scipy.stats import binom

from retention_lab.methods.estimates import Estimate
from retention_lab.methods.quantiles import compare_quantiles, estimate_of_order, quantile_ranks


def estimate(values: list[float], quantile: float, level: float = 0.95) -> Estimate:
    ranks, ordered = quantile_ranks(len(values), quantile, level), sorted(values)
    return estimate_of_order(ranks, [ordered[rank - 1] for rank in ranks.fetched])


@pytest.mark.parametrize(("quantile", "expected"), [(0.5, 3.5), (0.25, 1.5), (0.9, 9.0)])
def test_the_quantile_is_that_of_type_two_in_r(quantile: float, expected: float) -> None:
    # R: quantile(c(3, 1, 4, 1, 5, 9, 2, 6), c(.5, .25, .9), type = 2)
    assert estimate([3, 1, 4, 1, 5, 9, 2, 6], quantile).value == expected


@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("n", [600, 5_000, 100_000])
def test_the_ranks_miss_each_side_as_often_as_the_level_says(n: int, quantile: float) -> None:
    ranks = quantile_ranks(n, quantile)

    too_high, too_low = binom.cdf(ranks.lower - 1, n, quantile), binom.sf(ranks.upper - 1, n, quantile)
    # As near as ranks allow: half a step of the binomial on either side.
    step = binom.pmf(ranks.lower - 1, n, quantile) + binom.pmf(ranks.upper, n, quantile)
    assert too_high == pytest.approx(0.025, abs=step / 2 + 1e-12)
    assert too_low == pytest.approx(0.025, abs=step / 2 + 1e-12)


def test_ten_values_have_the_second_and_the_ninth_as_ends_of_the_median() -> None:
    # Published tables of the sign test: 2 and 9 hold 97.9 %.
    ranks = quantile_ranks(10, 0.5)

    assert ranks.fetched == (2, 5, 6, 9)


def test_two_million_customers_are_as_quick_as_ten() -> None:
    began = time.perf_counter()
    ranks = quantile_ranks(2_000_000, 0.99)

    assert time.perf_counter() - began < 0.5
    assert 1_979_000 < ranks.lower < 1_980_000 == ranks.first < ranks.upper < 1_981_000


@pytest.mark.parametrize("n", [1, 3, 20])
def test_too_few_values_have_a_quantile_without_an_interval(n: int) -> None:
    found = estimate([float(value) for value in range(n)], 0.99)

    assert (found.value, found.reason) == (n - 1, "too_few")
    assert math.isnan(found.ci_lower)


def test_no_values_have_no_quantile() -> None:
    found = estimate([], 0.5)

    assert (found.reason, found.n_obs) == ("too_few", 0)
    assert math.isnan(found.value)


def test_the_interval_holds_the_quantile_of_skewed_values() -> None:
    rng, held = np.random.default_rng(4), []
    for _ in range(600):
        found = estimate(list(np.exp(rng.standard_normal(200))), 0.8)
        held.append(found.ci_lower <= math.exp(0.8416212335729143) <= found.ci_upper)

    # Three standard errors of a share of 600.
    assert np.mean(held) == pytest.approx(0.95, abs=0.027)


def test_medians_of_two_arms_differ_by_chance_as_often_as_the_level_says() -> None:
    rng, pvalues = np.random.default_rng(6), []
    for _ in range(400):
        arms = [estimate(list(rng.exponential(10, 150)), 0.5) for _ in range(2)]
        found = compare_quantiles(*arms)
        assert (found.pvalue < 0.05) == (found.ci_lower > 0 or found.ci_upper < 0)
        pvalues.append(found.pvalue)

    assert np.mean(np.array(pvalues) < 0.05) == pytest.approx(0.05, abs=0.033)


def test_medians_that_everybody_around_them_shares_are_known() -> None:
    most, fewer = estimate([0.0] * 90 + [5.0] * 10, 0.5), estimate([0.0] * 70 + [8.0] * 30, 0.5)

    found = compare_quantiles(most, fewer)

    assert (found.value, found.ci_lower, found.ci_upper, found.pvalue) == (0, 0, 0, 1)
    assert found.relative.reason == "near_nought"


def test_fewer_values_than_ranks_are_refused() -> None:
    with pytest.raises(ValueError, match="4 values are wanted"):
        estimate_of_order(quantile_ranks(50, 0.5), [1.0, 2.0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile_ranks(50, 1.0)
