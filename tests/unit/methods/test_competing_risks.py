import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.methods.cause_tables import CauseTable, cause_table
from retention_lab.methods.competing_risks import (
    IncidenceCurves,
    conditional_incidence,
    estimate_incidence,
    expected_by_cause,
    incidence_at,
    incidence_difference,
    naive_incidence,
)
from retention_lab.methods.departures import expected_departures
from retention_lab.methods.survival import conditional_survival, estimate_share, estimate_survival, life_table

Rows = list[tuple[int, int, str]]
ROWS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 12), st.sampled_from(["", "", "a", "b", "c"])), min_size=1, max_size=40
)
# A curve of some hundred products and sums: a few units in the last place.
ROUNDING = 1e-12


def table_of(rows: Rows, **changes: Any) -> CauseTable:
    entry, length, cause = (list(column) for column in zip(*rows, strict=True))
    duration = np.add(entry, length)
    return cause_table(duration, np.array(cause) != "", cause, **{"entry": entry, **changes})


def curves_of(rows: Rows, **changes: Any) -> IncidenceCurves:
    return estimate_incidence(table_of(rows, **changes))


def drawn(n: int, hazards: dict[str, float], seed: int) -> CauseTable:
    """Customers who leave for each cause at a constant rate, and are seen for 10 to 60; times in whole units."""
    rng = np.random.default_rng(seed)
    whole = sum(hazards.values())
    stay, seen = rng.exponential(1 / whole, n), rng.integers(10, 60, n)
    cause = rng.choice(list(hazards), n, p=[rate / whole for rate in hazards.values()])
    left = np.ceil(stay) <= seen
    return cause_table(np.minimum(np.ceil(stay), seen), left, np.where(left, cause, ""))


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_incidences_and_survival_add_up_to_one(rows: Rows) -> None:
    curves = curves_of(rows)

    assert curves.overall.survival + curves.incidence.sum(axis=1) == pytest.approx(1, abs=ROUNDING)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_an_incidence_never_falls_and_lies_within_its_interval(rows: Rows) -> None:
    curves = curves_of(rows)
    seen = np.isfinite(curves.ci_lower)

    assert (np.diff(curves.incidence, axis=0) >= 0).all()
    assert (curves.ci_lower[seen] <= curves.incidence[seen] + ROUNDING).all()
    assert (curves.ci_upper[seen] >= curves.incidence[seen] - ROUNDING).all()
    assert ((curves.ci_lower[seen] >= 0) & (curves.ci_upper[seen] <= 1)).all()
    # Only who has certainly left, all of them for one cause, has no interval.
    assert (curves.incidence[~seen] > 1 - ROUNDING).all()


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_bit(rows: Rows, random: Any) -> None:
    shuffled = random.sample(rows, len(rows))

    assert curves_of(shuffled).incidence.tolist() == curves_of(rows).incidence.tolist()
    assert curves_of(shuffled).std_error.tolist() == curves_of(rows).std_error.tolist()


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_single_cause_is_one_minus_kaplan_meier_with_greenwoods_error(rows: Rows) -> None:
    rows = [(entry, length, cause and "a") for entry, length, cause in rows] + [(0, 3, "a")]
    curves = curves_of(rows)
    here = curves.overall.survival > 0

    assert curves.incidence[:, 0] == pytest.approx(1 - curves.overall.survival, abs=ROUNDING)
    # A variance is a difference of sums near one: its root is good to the root of that rounding.
    assert curves.std_error[here, 0] == pytest.approx(curves.overall.std_error[here], abs=1e-7)
    assert curves.ci_lower[here, 0] == pytest.approx(1 - curves.overall.ci_upper[here], abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_a_weight_of_three_is_three_customers(rows: Rows, data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(1, 4), min_size=len(rows), max_size=len(rows)))
    repeated = [row for row, times in zip(rows, weights, strict=True) for _ in range(times)]

    weighted, plain = curves_of(rows, weights=weights), curves_of(repeated)

    assert weighted.incidence == pytest.approx(plain.incidence)
    assert weighted.std_error == pytest.approx(plain.std_error, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 12), st.integers(1, 8))
def test_expected_departures_by_cause_add_up_to_those_of_all_causes(rows: Rows, tenure: int, horizon: int) -> None:
    curves = curves_of([*rows, (0, 3, "a")])
    tenures, customers = [tenure, tenure + 1, 2 * tenure], [5, 2, 9]

    found = expected_by_cause(curves, tenures, customers, horizon)
    whole = expected_departures(curves.overall, tenures, customers, horizon)

    assert sum(one.value for one in found) == pytest.approx(whole.value, abs=1e-9, nan_ok=True)
    assert {(one.n_covered, one.n_not_covered) for one in found} == {(whole.n_covered, whole.n_not_covered)}
    assert all(one.reason for one in found if math.isnan(one.value) or one.std_error == 0)


@pytest.mark.parametrize("seed", range(5))
def test_heavy_ties_give_the_same_numbers_in_any_order_and_nothing_is_drawn(seed: int) -> None:
    # 40 customers at each of two times. By hand: 20/80 leave for a and 10/80 for b at 1; of 40 left, 10 and 20 at 2.
    times, causes = np.repeat([1, 2], 40), [*"a" * 20, *"b" * 10, *[""] * 10, *"a" * 10, *"b" * 20, *[""] * 10]
    order = np.random.default_rng(seed).permutation(80)
    np.random.seed(seed)  # noqa: NPY002 the state that a method which jitters ties would draw from
    table = cause_table(times[order], np.array(causes)[order] != "", np.array(causes)[order])

    curves = estimate_incidence(table)

    assert curves.incidence[1:].tolist() == [[0.25, 0.125], [0.25 + 0.625 * 0.25, 0.125 + 0.625 * 0.5]]


def test_constant_hazards_are_found_again() -> None:
    hazards, time = {"a": 0.03, "b": 0.01}, 20
    held = np.zeros(2)
    for seed in range(200):
        curves = estimate_incidence(drawn(150, hazards, seed))
        for place, (cause, rate) in enumerate(hazards.items()):
            found, truth = incidence_at(curves, cause, time), rate / 0.04 * (1 - math.exp(-0.04 * time))
            held[place] += found.ci_lower <= truth <= found.ci_upper

    # Three standard errors of 200 repetitions are 4.6 points.
    assert held / 200 == pytest.approx(0.95, abs=0.046)


def test_the_error_of_expected_departures_is_what_a_bootstrap_finds() -> None:
    rng = np.random.default_rng(2)
    cause = np.array(["a", "b", ""])[np.searchsorted([0.4, 0.65], rng.random(300))]
    duration, tenures, customers = rng.integers(1, 40, 300), np.array([2, 4, 6, 20]), np.array([50, 80, 30, 60])
    redrawn = []
    for _ in range(300):
        rows = rng.integers(0, 300, 300)
        curves = estimate_incidence(cause_table(duration[rows], cause[rows] != "", cause[rows]))
        redrawn.append([one.value for one in expected_by_cause(curves, tenures, customers, 8)])

    found = expected_by_cause(estimate_incidence(cause_table(duration, cause != "", cause)), tenures, customers, 8)

    # 300 draws give a standard deviation to about 4 %; 14 % is more than three of those.
    assert [one.std_error for one in found] == pytest.approx(np.std(redrawn, axis=0), rel=0.14)
    assert all(one.ci_lower < one.value < one.ci_upper for one in found)
    assert all(one.pi_lower < one.ci_lower and one.ci_upper < one.pi_upper for one in found)


def test_the_lead_of_one_cause_over_another_has_the_error_that_a_bootstrap_finds() -> None:
    rng = np.random.default_rng(3)
    cause = np.array(["a", "b", ""])[np.searchsorted([0.5, 0.8], rng.random(400))]
    duration, redrawn = rng.integers(1, 40, 400), []
    for _ in range(300):
        rows = rng.integers(0, 400, 400)
        curves = estimate_incidence(cause_table(duration[rows], cause[rows] != "", cause[rows]))
        redrawn.append(incidence_difference(curves, "a", "b", 20).value)

    curves = estimate_incidence(cause_table(duration, cause != "", cause))
    found = incidence_difference(curves, "a", "b", 20)

    assert found.value == incidence_at(curves, "a", 20).value - incidence_at(curves, "b", 20).value
    assert found.std_error == pytest.approx(np.std(redrawn), rel=0.14)


def test_from_the_start_conditional_incidence_is_incidence() -> None:
    curves = estimate_incidence(drawn(200, {"a": 0.03, "b": 0.01}, 4))
    plain, conditional = incidence_at(curves, "b", 12), conditional_incidence(curves, "b", 0, 12)

    assert (conditional.value, conditional.ci_lower, conditional.ci_upper, conditional.std_error) == pytest.approx(
        (plain.value, plain.ci_lower, plain.ci_upper, plain.std_error)
    )


def test_conditional_incidences_and_the_chance_of_staying_add_up_to_one() -> None:
    curves = estimate_incidence(drawn(200, {"a": 0.03, "b": 0.01}, 4))
    left = [conditional_incidence(curves, cause, 5, 9) for cause in curves.causes]

    assert sum(one.value for one in left) + conditional_survival(curves.overall, 5, 9).value == pytest.approx(1)
    assert {one.n_obs for one in left} == {conditional_survival(curves.overall, 5, 9).n_obs}


def test_naive_shares_add_up_to_more_than_those_who_leave() -> None:
    table = drawn(300, {"a": 0.03, "b": 0.02}, 6)
    curves = estimate_incidence(table)

    naive = [naive_incidence(table, cause, 30) for cause in "ab"]

    assert all(one.value > incidence_at(curves, cause, 30).value for one, cause in zip(naive, "ab", strict=True))
    assert sum(one.value for one in naive) > 1


def test_a_cause_that_nobody_left_for_yet_is_no_more_certain_than_those_at_risk_make_it() -> None:
    # prop.test(0, 20, correct = FALSE)$conf.int[2] in R 4.2.2
    curves = estimate_incidence(cause_table([5, *[6] * 19], [1, *[0] * 19], ["a", *[""] * 19]))

    early = incidence_at(curves, "a", 4)

    assert (early.value, early.ci_lower, early.reason) == (0, 0, "")
    assert early.ci_upper == pytest.approx(1 - 0.8388748419, abs=1e-9)


def test_when_all_left_for_one_cause_the_share_is_that_of_kaplan_meier() -> None:
    curves, plain = estimate_incidence(cause_table([2, 3], [1, 1], ["a", "a"])), life_table([2, 3], [1, 1])
    gone, stay = incidence_at(curves, "a", 10), estimate_share(estimate_survival(plain), 10, 0.95)

    assert (gone.value, gone.ci_lower, gone.ci_upper) == pytest.approx((1, 1 - stay.ci_upper, 1))


def test_where_all_have_left_the_shares_stay_and_where_not_nothing_is_carried_forward() -> None:
    ended = estimate_incidence(cause_table([2, 3, 4], [1, 1, 1], ["a", "b", "a"]))
    open_ended = estimate_incidence(cause_table([2, 3, 4], [1, 1, 0], ["a", "b", ""]))

    assert incidence_at(ended, "a", 10).value == pytest.approx(2 / 3)
    assert incidence_at(open_ended, "a", 10).reason == "not_observed"
    assert math.isnan(incidence_at(open_ended, "a", 10).value)
    assert conditional_incidence(open_ended, "b", 2, 3).reason == "not_observed"
    assert incidence_difference(open_ended, "a", "b", 10).reason == "not_observed"


def test_a_curve_that_collapsed_early_says_nothing_about_those_who_came_later() -> None:
    curves = estimate_incidence(cause_table([2, 30, 40], [1, 1, 0], ["a", "b", ""], entry=[0, 20, 20]))

    assert incidence_at(curves, "b", 35).reason == "too_few"
    assert conditional_incidence(curves, "b", 25, 6).reason == "too_few"


def test_a_cause_that_none_here_can_still_leave_for_is_not_certain_to_be_over() -> None:
    curves = estimate_incidence(cause_table([1, 4, 5, 9], [1, 1, 1, 0], ["a", "b", "b", ""]))

    first, second = expected_by_cause(curves, [2], [10], 3)

    assert (first.value, first.reason) == (0, "too_few")
    assert (second.value, second.reason) == (pytest.approx(20 / 3), "")
    assert conditional_incidence(curves, "a", 2, 3).ci_upper > 0.5


def test_nobody_and_nobody_who_left_give_curves_without_causes() -> None:
    for table in (cause_table([], [], []), cause_table([3, 4], [0, 0], ["", ""])):
        curves = estimate_incidence(table)
        assert curves.causes == ()
        assert curves.incidence.shape == (table.table.time.size, 0)
        assert expected_by_cause(curves, [1], [5], 2) == ()


@pytest.mark.parametrize("time", [-1, math.nan, math.inf])
def test_a_time_that_is_none_is_refused(time: float) -> None:
    curves = estimate_incidence(cause_table([2, 3], [1, 1], ["a", "b"]))

    with pytest.raises(ValueError, match="finite and not negative"):
        incidence_at(curves, "a", time)
    with pytest.raises(ValueError, match="positive and finite"):
        expected_by_cause(curves, [1], [1], time)
    with pytest.raises(ValueError, match="nobody left for 'c'"):
        incidence_at(curves, "c", 1)
