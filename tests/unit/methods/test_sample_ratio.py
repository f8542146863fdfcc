import math

import numpy as np
import pytest

from retention_lab.methods.sample_ratio import check_sample_ratio


def test_small_trials_are_counted_out_as_in_r() -> None:
    # R 4.2.2: binom.test(3, 12)$p.value; binom.test(2, 40, 0.2)$p.value
    assert check_sample_ratio([3, 9], [1, 1]).pvalue == pytest.approx(0.14599609375, abs=1e-12)
    assert check_sample_ratio([2, 38], [0.2, 0.8]).pvalue == pytest.approx(0.0158579911483, abs=1e-12)
    assert check_sample_ratio([2, 38], [0.2, 0.8]).method == "exact binomial test"


def test_a_small_planned_share_of_many_is_still_counted_out() -> None:
    found = check_sample_ratio([9, 89_991], [0.0001, 0.9999])

    assert found.method == "exact binomial test"
    assert found.pvalue == pytest.approx(1.0)


def test_shares_are_proportions_to_each_other() -> None:
    one, other = (
        check_sample_ratio([520, 980, 1500], [1, 2, 3]),
        check_sample_ratio([520, 980, 1500], [1 / 6, 1 / 3, 0.5]),
    )

    assert one.pvalue == pytest.approx(other.pvalue)
    assert one.expected == pytest.approx([500, 1000, 1500])
    assert one.degrees_of_freedom == 2
    # 400/500 + 400/1000 + 0, and for two degrees of freedom exp(-x / 2).
    assert (one.statistic, one.pvalue) == pytest.approx((1.2, math.exp(-0.6)))


def test_a_part_of_each_variant_is_held_against_the_whole_as_in_r() -> None:
    # R: chisq.test(rbind(c(12, 30, 9), c(388, 490, 291)), correct = FALSE)
    found = check_sample_ratio([12, 30, 9], [400, 520, 300], of=[400, 520, 300])

    assert (found.statistic, found.pvalue) == pytest.approx((5.712087138, 0.057495789), abs=1e-9)


def test_planned_ratios_are_rejected_as_often_as_the_level_says() -> None:
    rng = np.random.default_rng(3)
    counts = rng.multinomial(900, [0.2, 0.3, 0.5], 600)

    # Three standard errors of a share of 600.
    assert np.mean([check_sample_ratio(row, [2, 3, 5]).pvalue < 0.05 for row in counts]) == pytest.approx(
        0.05, abs=0.027
    )


def test_nobody_assigned_tells_nothing() -> None:
    found = check_sample_ratio([0, 0, 0], [1, 1, 2])

    assert found.reason == "too_few"
    assert math.isnan(found.pvalue)


@pytest.mark.parametrize(
    ("counts", "shares", "told"),
    [
        ([1, 2], [1], "2 counts and 1 shares"),
        ([1], [1], "two or more"),
        ([-1, 2], [1, 1], r"-1\.0"),
        ([1, 2], [0, 1], r"0\.0"),
    ],
)
def test_what_is_no_count_or_share_is_refused_with_its_value(counts: list[int], shares: list[int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_sample_ratio(counts, shares)


def test_a_part_larger_than_its_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be a part"):
        check_sample_ratio([5, 2], [1, 1], of=[4, 9])
