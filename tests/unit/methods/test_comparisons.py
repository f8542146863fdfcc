import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.methods.comparisons import (
    compare_clustered_survival_arms,
    compare_restricted_means,
    compare_survival,
    compare_survival_arms,
    compare_survival_at,
    estimate_clustered_restricted_mean,
    estimate_survival_difference,
)
from retention_lab.methods.life_tables import LifeTable, merge_tables
from retention_lab.methods.survival import estimate_survival, life_table

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9), st.booleans()), min_size=1, max_size=20)


def table_of(rows: list[tuple[int, int, bool]]) -> LifeTable:
    entry, length, event = map(np.array, zip(*rows, strict=True))
    return life_table(entry + length, event, entry)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, min_size=3, max_size=3))
def test_the_names_of_the_groups_do_not_matter(groups: list[list[tuple[int, int, bool]]]) -> None:
    tables = [table_of(rows) for rows in groups]

    one, other = compare_survival(tables), compare_survival([tables[2], tables[0], tables[1]])

    assert one.degrees_of_freedom == other.degrees_of_freedom
    assert one.statistic == pytest.approx(other.statistic, rel=1e-6, abs=1e-9, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, min_size=2, max_size=4))
def test_observed_and_expected_events_add_up_to_the_same(groups: list[list[tuple[int, int, bool]]]) -> None:
    result = compare_survival([table_of(rows) for rows in groups])

    assert result.observed.sum() == pytest.approx(result.expected.sum())


def test_groups_that_are_never_at_risk_together_are_not_compared() -> None:
    early = life_table([1, 2, 3], [1, 1, 1])
    late = life_table([6, 7, 8], [1, 1, 1], entry=[4, 4, 4])

    result = compare_survival([early, late])

    assert result.degrees_of_freedom == 0
    assert math.isnan(result.pvalue)
    assert result.reason == "too_few"


def test_a_third_group_on_its_own_leaves_the_comparison_of_the_others_alone() -> None:
    first, second = life_table([1, 2, 3, 3], [1, 1, 1, 0]), life_table([2, 3, 3, 4], [1, 0, 1, 0])
    alone = life_table([9, 10], [1, 1], entry=[8, 8])

    pair, all_three = compare_survival([first, second]), compare_survival([first, second, alone])

    assert all_three.statistic == pytest.approx(pair.statistic)
    assert all_three.degrees_of_freedom == pair.degrees_of_freedom == 1


def test_a_small_group_beside_a_huge_one_is_still_compared() -> None:
    small = life_table([2, 3, 5], [1, 1, 1])
    huge = life_table([2, 3, 5, 9], [1, 1, 1, 0], weights=[1e6, 1e6, 1e6, 9.7e7])

    result = compare_survival([small, huge, huge])

    assert result.degrees_of_freedom == 2
    assert result.pvalue < 0.001


def test_no_events_is_no_comparison() -> None:
    result = compare_survival([life_table([1, 2], [0, 0]), life_table([3], [0])])

    assert result.reason == "too_few"


def test_swapping_the_groups_flips_the_difference() -> None:
    a = estimate_survival(life_table([2, 5, 8, 9, 9], [1, 1, 1, 0, 0]))
    b = estimate_survival(life_table([1, 2, 3, 8, 9], [1, 1, 1, 1, 0]))
    there, back = compare_restricted_means(a, b, 8), compare_restricted_means(b, a, 8)

    assert there.value == -back.value
    assert (there.ci_lower, there.pvalue) == pytest.approx((-back.ci_upper, back.pvalue))


def test_a_difference_past_either_follow_up_is_not_observed() -> None:
    a, b = (estimate_survival(life_table([2, 5, end], [1, 1, 0])) for end in (8, 20))

    result = compare_restricted_means(a, b, 10)

    assert math.isnan(result.value)
    assert result.reason == "not_observed"


def test_two_groups_that_nobody_left_have_no_pvalue() -> None:
    curve = estimate_survival(life_table([5, 6], [0, 0]))

    result = compare_restricted_means(curve, curve, 5)

    assert (result.value, result.reason) == (0, "too_few")
    assert math.isnan(result.pvalue)


def test_the_difference_of_survival_squares_and_adds_the_distances_to_the_limits_that_r_gives() -> None:
    # R 4.2.2, survival 3.5-3, with the data of test_rates and g <- i %% 3:
    #   summary(survfit(Surv(entry, dur, ev) ~ 1, subset = g == 1, conf.type = "log-log"), times = 10)
    #   the same with g != 1
    row = np.arange(60)
    entry = np.where(row % 3 == 0, 0, row * 7 % 11)
    duration, event = entry + 1 + row * 13 % 17, row * 5 % 7 < 4
    one, rest = (
        estimate_survival(life_table(duration[part], event[part], entry[part])) for part in (row % 3 == 1, row % 3 != 1)
    )

    found = estimate_survival_difference(one, rest, 10, 0.95)

    a, a_lower, a_upper = 0.6390532544, 0.1755377693, 0.8911576063
    b, b_lower, b_upper = 0.6015993651, 0.3993056895, 0.7548109673
    assert found.value == pytest.approx(a - b, abs=1e-9)
    assert found.ci_lower == pytest.approx(a - b - math.hypot(a - a_lower, b_upper - b), abs=1e-9)
    assert found.ci_upper == pytest.approx(a - b + math.hypot(a_upper - a, b - b_lower), abs=1e-9)


def test_a_group_that_has_all_left_is_the_worst_and_not_one_of_which_nothing_is_known() -> None:
    gone = estimate_survival(life_table([2, 3, 4] * 10, [1] * 30))
    others = estimate_survival(life_table(list(range(1, 41)) * 2, [0, 1] * 40))

    found = estimate_survival_difference(gone, others, 20, 0.95)

    assert found.reason == ""
    assert -1 <= found.ci_lower < found.value < found.ci_upper < 0


def test_where_nobody_left_on_either_side_the_difference_is_nought_but_not_certain() -> None:
    small, large = (estimate_survival(life_table([9] * n, [0] * n)) for n in (12, 500))

    found = estimate_survival_difference(small, large, 5, 0.95)

    assert found.value == 0
    assert -0.3 < found.ci_lower < -0.2
    assert 0 < found.ci_upper < 0.01


def test_the_interval_of_a_difference_holds_its_level_in_a_small_group_that_hardly_leaves() -> None:
    rng, held, n_trials = np.random.default_rng(3), 0, 600
    truth = np.exp(-0.05) - np.exp(-0.2)
    for _ in range(n_trials):
        stays = [rng.exponential(1 / rate, size) for size, rate in ((15, 0.05), (200, 0.2))]
        curves = [
            estimate_survival(life_table(np.minimum(stay, seen), stay <= seen))
            for stay, seen in zip(stays, (rng.uniform(1, 3, 15), rng.uniform(1, 3, 200)), strict=True)
        ]
        found = estimate_survival_difference(curves[0], curves[1], 1, 0.95)
        held += found.ci_lower <= truth <= found.ci_upper
    # 600 trials at 95 % have a standard error of 0.9 points; an interval of two standard errors held 79 % here.
    assert held / n_trials > 0.925


def arms(rng: np.random.Generator, size: int, means: tuple[float, float]) -> list[LifeTable]:
    tables = []
    for mean in means:
        stay, seen = rng.exponential(mean, size), rng.uniform(60, 180, size)
        tables.append(life_table(np.minimum(stay, seen), stay <= seen))
    return tables


def test_how_much_longer_the_treated_stay_is_the_difference_of_restricted_means_and_their_ratio() -> None:
    treated, control = (estimate_survival(table) for table in arms(np.random.default_rng(1), 200, (150, 120)))

    found, known = compare_survival_arms(treated, control, 90), compare_restricted_means(treated, control, 90)

    assert (found.value, found.ci_lower, found.ci_upper, found.pvalue) == (
        known.value,
        known.ci_lower,
        known.ci_upper,
        known.pvalue,
    )
    assert found.relative.value == pytest.approx(known.value / found.control.value)
    assert (found.relative.ci_lower > 0) == (known.ci_lower > 0)


def test_a_horizon_that_one_arm_does_not_reach_has_no_contrast() -> None:
    a, b = (estimate_survival(life_table([2, 5, end], [1, 1, 0])) for end in (8, 20))

    assert (compare_survival_arms(a, b, 10).reason, compare_survival_at(a, b, 10).reason) == ("not_observed",) * 2


def test_two_arms_that_nobody_left_have_no_interval_of_the_mean_but_one_of_the_share() -> None:
    one, other = (estimate_survival(life_table([9] * n, [0] * n)) for n in (12, 500))

    assert (compare_survival_arms(one, other, 5).value, compare_survival_arms(one, other, 5).reason) == (0, "too_few")
    share = compare_survival_at(one, other, 5)
    assert (share.value, share.pvalue, share.reason, share.relative.value) == (0, 1, "", 0)


def test_survival_at_a_time_has_the_interval_of_the_difference_and_leaves_nought_out_where_the_ratio_does() -> None:
    treated, control = (estimate_survival(table) for table in arms(np.random.default_rng(2), 300, (170, 120)))

    found, known = compare_survival_at(treated, control, 80), estimate_survival_difference(treated, control, 80, 0.95)

    assert (found.value, found.ci_lower, found.ci_upper) == (known.value, known.ci_lower, known.ci_upper)
    assert (found.relative.ci_lower > 0) == (found.ci_lower > 0)


def test_one_customer_a_cluster_is_greenwood_but_for_the_small_sample_factor() -> None:
    duration, event = 1 + np.arange(60) * 13 % 17, np.arange(60) * 5 % 7 < 4
    single = [life_table([time], [seen]) for time, seen in zip(duration, event, strict=True)]
    together = merge_tables(single)

    found, freedom = estimate_clustered_restricted_mean(single, 12)
    plain = compare_survival_arms(estimate_survival(together), estimate_survival(together), 12).treatment

    assert freedom == pytest.approx(59)
    assert found.std_error == pytest.approx(plain.std_error * math.sqrt(60 / 59), rel=1e-9)


def test_a_curve_that_ends_at_nought_before_the_horizon_of_late_entries_weighs_nothing_there() -> None:
    # All who were there at 4 left; others came later, but the curve stays at nought.
    early = [life_table([2, 3, 4], [1, 0, 1]), life_table([1, 4, 4], [1, 1, 1])]
    late = life_table([20, 21, 22], [0, 0, 0], entry=[10, 11, 12])

    short, one = estimate_clustered_restricted_mean(early, 4)
    long, two = estimate_clustered_restricted_mean([*early, late], 15)

    assert (one, two) == pytest.approx((1, 2))
    assert long.value == pytest.approx(short.value)
    assert long.std_error / math.sqrt(3 / 2) == pytest.approx(short.std_error / math.sqrt(2))


@pytest.mark.parametrize("tables", [[life_table([2, 5, 9], [1, 1, 0])], [life_table([], [])], []])
def test_a_single_cluster_tells_nothing_of_others(tables: list[LifeTable]) -> None:
    found, freedom = estimate_clustered_restricted_mean(tables, 5)
    contrast = compare_clustered_survival_arms(tables, [life_table([2, 9], [1, 0]), life_table([3, 9], [0, 0])], 5)

    assert found.reason == contrast.reason == "too_few"
    assert math.isnan(found.std_error)
    assert math.isnan(freedom)


def test_stores_that_differ_are_not_taken_for_an_effect_more_often_than_the_level_says() -> None:
    rng, pvalues, naive = np.random.default_rng(3), [], []
    for _ in range(200):
        stores = []
        for mean in 120 * np.exp(0.5 * rng.standard_normal(20)):
            stay, seen = rng.exponential(mean, 40), rng.uniform(60, 180, 40)
            stores.append(life_table(np.minimum(stay, seen), stay <= seen))
        pvalues.append(compare_clustered_survival_arms(stores[:10], stores[10:], 90).pvalue)
        one, other = (estimate_survival(merge_tables(part)) for part in (stores[:10], stores[10:]))
        naive.append(compare_survival_arms(one, other, 90).pvalue)

    # Three standard errors of a share of 200; customers taken for independent would be far above.
    assert np.mean(np.array(pvalues) < 0.05) == pytest.approx(0.05, abs=0.046)
    assert np.mean(np.array(naive) < 0.05) > 0.15
