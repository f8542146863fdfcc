import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.methods.survival import (
    SurvivalCurve,
    conditional_survival,
    estimate_median,
    estimate_quantile,
    estimate_restricted_mean,
    estimate_share,
    estimate_survival,
    life_table,
    survival_at,
)

ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 12), st.booleans()), min_size=1, max_size=40)


def curve_of(rows: list[tuple[int, int, bool]], **changes: object) -> SurvivalCurve:
    entry, length, event = map(np.array, zip(*rows, strict=True))
    return estimate_survival(life_table(entry + length, event, **{"entry": entry, **changes}))  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_survival_never_rises_and_stays_between_nought_and_one(rows: list[tuple[int, int, bool]]) -> None:
    survival = curve_of(rows).survival

    assert (np.diff(survival) <= 0).all()
    assert ((survival >= 0) & (survival <= 1)).all()


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_the_interval_contains_the_estimate(rows: list[tuple[int, int, bool]]) -> None:
    curve = curve_of(rows)
    here = curve.survival > 0

    # A unit in the last place may be lost in taking logarithms twice.
    assert (curve.ci_lower[here] <= curve.survival[here] + 1e-12).all()
    assert (curve.ci_upper[here] >= curve.survival[here] - 1e-12).all()
    assert np.isnan(curve.ci_lower[~here]).all()


@settings(max_examples=50, deadline=None)
@given(ROWS, st.data())
def test_a_weight_of_three_is_three_customers(rows: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 4), min_size=len(rows), max_size=len(rows)))
    repeated = [row for row, times in zip(rows, weights, strict=True) for _ in range(times)]

    weighted, plain = curve_of(rows, weights=weights), curve_of(repeated)

    assert weighted.survival == pytest.approx(plain.survival)
    assert weighted.std_error == pytest.approx(plain.std_error, nan_ok=True)
    assert weighted.n_obs == plain.n_obs


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_the_order_of_the_rows_changes_no_bit(rows: list[tuple[int, int, bool]]) -> None:
    assert curve_of(rows).survival.tolist() == curve_of(rows[::-1]).survival.tolist()


@settings(max_examples=50, deadline=None)
@given(ROWS)
def test_entry_at_nought_is_no_late_entry(rows: list[tuple[int, int, bool]]) -> None:
    rows = [(0, length, event) for _, length, event in rows]

    assert curve_of(rows).survival.tolist() == curve_of(rows, entry=None).survival.tolist()


def test_the_same_curve_comes_from_a_hundred_million_customers() -> None:
    few = estimate_survival(life_table([3, 5, 9], [1, 1, 0]))
    many = estimate_survival(life_table([3, 5, 9], [1, 1, 0], weights=[1e8, 1e8, 1e8]))

    assert many.survival == pytest.approx(few.survival)
    assert many.std_error[1:3] == pytest.approx(few.std_error[1:3] / 1e4)


def test_before_the_first_event_survival_is_one() -> None:
    (early,) = survival_at(estimate_survival(life_table([4, 5, 6], [1, 1, 0])), [2])

    assert (early.value, early.ci_lower, early.ci_upper, early.std_error, early.reason) == (1, 1, 1, 0, "")


def test_past_the_follow_up_nothing_is_carried_forward() -> None:
    inside, outside = survival_at(estimate_survival(life_table([4, 5, 6], [1, 0, 0])), [6, 6.5])

    assert inside.value == pytest.approx(2 / 3)
    assert math.isnan(outside.value)
    assert outside.reason == "not_observed"


def test_when_everyone_leaves_at_once_there_is_no_interval_and_a_reason() -> None:
    curve = estimate_survival(life_table([5, 5, 5], [1, 1, 1]))
    (end,) = survival_at(curve, [5])

    assert end.value == 0
    assert math.isnan(end.ci_upper)
    assert end.reason == "too_few"
    # R prints 5 with limits NA.
    assert estimate_median(curve).value == 5
    assert estimate_median(curve).reason == "not_reached"


def test_when_nobody_leaves_the_median_is_not_reached_and_the_mean_is_the_horizon() -> None:
    curve = estimate_survival(life_table([3, 4, 5], [0, 0, 0]))

    assert math.isnan(estimate_median(curve).value)
    assert estimate_median(curve).reason == "not_reached"
    assert estimate_restricted_mean(curve, 4).value == 4


def test_with_nobody_at_all_every_estimate_says_too_few() -> None:
    curve = estimate_survival(life_table([], []))

    estimates = [
        estimate_median(curve),
        estimate_restricted_mean(curve, 4),
        conditional_survival(curve, 1, 1),
        *survival_at(curve, [1]),
    ]
    assert {estimate.reason for estimate in estimates} == {"too_few"}


@pytest.mark.parametrize(
    ("duration", "event", "median"),
    [
        pytest.param([1, 2, 3, 4], [1, 1, 1, 1], 2.5, id="one half from 2 to 3"),
        pytest.param([1, 2, 3, 4], [1, 1, 0, 1], 3.0, id="one half from 2 to 4"),
        pytest.param([1, 2, 3, 4], [1, 1, 0, 0], 2.0, id="one half to the end"),
        pytest.param([1, 2, 3], [1, 1, 1], 2.0, id="never one half"),
    ],
)
def test_a_curve_at_exactly_one_half_gives_the_median_that_r_prints(
    duration: list[int], event: list[int], median: float
) -> None:
    assert estimate_median(estimate_survival(life_table(duration, event))).value == median


def test_a_quarter_has_left_before_half_have() -> None:
    curve = estimate_survival(life_table(np.arange(1, 101), np.ones(100)))

    assert estimate_quantile(curve, 0.25).value == 25.5
    assert estimate_quantile(curve, 0.5).value == estimate_median(curve).value == 50.5


def test_a_curve_that_collapses_while_others_are_still_to_come_says_where() -> None:
    curve = estimate_survival(life_table([2, 5, 6, 7], [1, 1, 0, 1], entry=[0, 3, 3, 3]))

    assert curve.collapsed_at == 2
    assert curve.at_risk.tolist() == [1, 1, 0, 3, 2, 1]
    assert math.isnan(estimate_survival(life_table([2, 5], [1, 1])).collapsed_at)


def test_a_horizon_past_the_follow_up_has_no_restricted_mean() -> None:
    mean = estimate_restricted_mean(estimate_survival(life_table([2, 5], [1, 0])), 6)

    assert math.isnan(mean.value)
    assert mean.reason == "not_observed"


def test_the_restricted_mean_never_passes_its_horizon() -> None:
    mean = estimate_restricted_mean(estimate_survival(life_table([9, 10, 10, 10], [1, 0, 0, 0])), 10)

    assert mean.ci_upper == 10


def test_an_active_customer_has_outlived_the_events_at_the_present_tenure() -> None:
    curve = estimate_survival(life_table([2, 2, 3, 4], [1, 1, 1, 0]))

    assert conditional_survival(curve, 2, 1).value == pytest.approx(0.5)
    assert conditional_survival(curve, 2, 1).n_obs == 2


def test_from_the_start_conditional_survival_is_survival() -> None:
    curve = estimate_survival(life_table([2, 3, 3, 4, 6], [1, 1, 0, 1, 0]))
    (plain,) = survival_at(curve, [4])
    conditional = conditional_survival(curve, 0, 4)

    assert (conditional.value, conditional.ci_lower, conditional.ci_upper) == pytest.approx(
        (plain.value, plain.ci_lower, plain.ci_upper)
    )


def test_conditional_survival_past_the_follow_up_is_not_observed() -> None:
    curve = estimate_survival(life_table([2, 3, 3, 4, 6], [1, 1, 0, 1, 0]))

    assert conditional_survival(curve, 3, 3).reason == ""
    assert conditional_survival(curve, 3, 3.1).reason == "not_observed"


def test_a_sum_that_misses_an_event_time_by_rounding_still_meets_it() -> None:
    curve = estimate_survival(life_table([0.7, 0.8, 1.0], [1, 1, 0]))

    # 0.7 + 0.1 is 0.7999999999999999.
    assert conditional_survival(curve, 0.7, 0.1).value == pytest.approx(0.5)


def test_a_share_of_one_is_no_more_certain_than_the_customers_at_risk_make_it() -> None:
    # prop.test(20, 20, correct = FALSE)$conf.int[1] in R 4.2.2
    found = estimate_share(estimate_survival(life_table([5] * 20, [0] * 20)), 4, 0.95)

    assert (found.value, found.ci_upper) == (1, 1)
    assert found.ci_lower == pytest.approx(0.8388748419, abs=1e-9)


def test_a_curve_that_ended_at_nought_stays_there_and_one_that_did_not_is_not_observed() -> None:
    gone = estimate_share(estimate_survival(life_table([2, 3], [1, 1])), 10, 0.95)
    unseen = estimate_share(estimate_survival(life_table([2, 3], [1, 0])), 10, 0.95)

    assert (gone.value, gone.ci_lower, gone.reason) == (0, 0, "")
    assert 0.5 < gone.ci_upper < 1
    assert math.isnan(unseen.value)
    assert unseen.reason == "not_observed"


def test_a_curve_that_collapsed_early_says_nothing_about_those_who_came_later() -> None:
    curve = estimate_survival(life_table([2, 30, 40], [1, 1, 0], entry=[0, 20, 20]))

    assert estimate_share(curve, 35, 0.95).reason == "too_few"


def test_a_share_between_one_and_nought_is_that_of_the_curve() -> None:
    curve = estimate_survival(life_table([2, 3, 5, 8], [1, 0, 1, 0]))

    assert estimate_share(curve, 6, 0.95) == survival_at(curve, [6])[0]
