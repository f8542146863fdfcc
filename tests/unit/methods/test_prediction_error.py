from itertools import pairwise

import numpy as np
import pytest

from retention_lab.methods.prediction_error import calibrate, compare_brier, estimate_brier, integrated_brier
from retention_lab.methods.survival import estimate_survival, life_table, survival_at

ROW = np.arange(200)
DURATION = 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4
CHANCE = (ROW * 29 % 31) / 31
TIMES = [3, 7, 12, 15]


def test_a_perfect_prediction_scores_nought_and_has_no_interval() -> None:
    found = estimate_brier(DURATION > 9, DURATION, np.ones(200), 9)

    assert (found.value, found.reason) == (0, "too_few")
    assert estimate_brier(DURATION <= 9, DURATION, np.ones(200), 9).value == 1


@pytest.mark.parametrize("at", [1, 8, 16.5, 17])
def test_one_chance_for_all_is_judged_by_the_survival_of_kaplan_and_meier(at: float) -> None:
    survival = survival_at(estimate_survival(life_table(DURATION, EVENT)), [at])[0].value

    found = estimate_brier(np.full(200, 0.3), DURATION, EVENT, at)

    assert found.value == pytest.approx(survival * 0.7**2 + (1 - survival) * 0.3**2)


def test_the_error_is_that_of_leaving_out_one_customer_at_a_time() -> None:
    def score(rows: np.ndarray) -> float:
        return integrated_brier(np.tile(CHANCE[rows, None], 4), DURATION[rows], EVENT[rows], TIMES).value

    without_one = np.array([score(np.delete(ROW, row)) for row in ROW])
    jackknife = np.sqrt(199 / 200 * np.sum((without_one - without_one.mean()) ** 2))

    found = integrated_brier(np.tile(CHANCE[:, None], 4), DURATION, EVENT, TIMES)

    # The infinitesimal one is its limit: they differ by a share of about one over the customers at risk.
    assert found.std_error == pytest.approx(jackknife, rel=0.02)


def test_the_integrated_score_is_the_mean_of_the_scores_between_the_times() -> None:
    steps = [estimate_brier(CHANCE, DURATION, EVENT, at).value for at in TIMES]

    found = integrated_brier(np.tile(CHANCE[:, None], 4), DURATION, EVENT, TIMES)

    assert found.value == pytest.approx(np.trapezoid(steps, TIMES) / 12)


def test_the_order_of_rows_is_irrelevant() -> None:
    mixed = np.argsort(ROW * 37 % 211)

    found = estimate_brier(CHANCE, DURATION, EVENT, 9)
    again = estimate_brier(CHANCE[mixed], DURATION[mixed], EVENT[mixed], 9)

    assert (again.value, again.std_error) == pytest.approx((found.value, found.std_error), abs=1e-14)
    groups, again_groups = (
        calibrate(CHANCE, DURATION, EVENT, 9),
        calibrate(CHANCE[mixed], DURATION[mixed], EVENT[mixed], 9),
    )
    assert [one.observed.value for one in again_groups.groups] == [one.observed.value for one in groups.groups]


def test_a_comparison_on_the_same_customers_is_surer_than_two_scores() -> None:
    slightly_off = np.clip(CHANCE + 0.05, 0, 1)

    one, other = (estimate_brier(chance, DURATION, EVENT, 9) for chance in (CHANCE, slightly_off))
    difference = compare_brier(CHANCE, slightly_off, DURATION, EVENT, 9)

    assert difference.value == pytest.approx(one.value - other.value)
    assert difference.std_error < 0.2 * np.hypot(one.std_error, other.std_error)
    turned = compare_brier(slightly_off, CHANCE, DURATION, EVENT, 9)
    assert (turned.ci_lower, turned.ci_upper) == pytest.approx((-difference.ci_upper, -difference.ci_lower))


def test_a_prediction_is_no_better_than_itself() -> None:
    assert compare_brier(CHANCE, CHANCE, DURATION, EVENT, TIMES[:1]).value == 0


def test_the_chance_of_censoring_may_come_from_other_customers() -> None:
    own = life_table(DURATION, EVENT)

    found = estimate_brier(CHANCE, DURATION, EVENT, 9, weights_from=own)

    assert found.value == estimate_brier(CHANCE, DURATION, EVENT, 9).value
    # Nobody was censored among these: the censored are then simply left out, which makes the score too small.
    assert (
        estimate_brier(CHANCE, DURATION, EVENT, 9, weights_from=life_table(DURATION, np.ones(200))).value < found.value
    )


def test_where_others_were_all_censored_by_then_nothing_can_be_weighted() -> None:
    brief = life_table([1, 2, 3], [1, 0, 0])
    thinning = life_table([2, 2, 12], [0, 0, 1], entry=[0, 0, 5])

    assert estimate_brier(CHANCE, DURATION, EVENT, 9, weights_from=brief).reason == "not_observed"
    assert estimate_brier(CHANCE, DURATION, EVENT, 9, weights_from=thinning).reason == "not_observed"


def test_past_the_last_customer_nothing_is_scored_unless_all_have_left() -> None:
    assert estimate_brier(CHANCE, DURATION, EVENT, 17.5).reason == "not_observed"
    assert np.isnan(estimate_brier(CHANCE, DURATION, EVENT, 17.5).value)
    assert integrated_brier(np.tile(CHANCE[:, None], 2), DURATION, EVENT, [5, 18]).reason == "not_observed"
    assert estimate_brier(CHANCE, DURATION, np.ones(200), 17.5).value == pytest.approx(np.mean(CHANCE**2))


def test_at_the_last_day_those_still_here_count_as_here() -> None:
    # Two of four were followed to the end and are still here; nobody was censored before.
    found = estimate_brier([0.5, 0.5, 1, 0.5], [1, 5, 5, 2], [1, 0, 0, 1], 5)

    assert found.value == pytest.approx(0.75 / 4)
    assert estimate_brier([1.0, 0.5], [0.8, 0.3], [0, 1], 0.7 + 0.1).value == pytest.approx(0.125)


def test_a_prediction_that_does_not_reach_so_far_is_not_observed_and_one_that_is_no_chance_is_refused() -> None:
    assert estimate_brier(np.full(200, np.nan), DURATION, EVENT, 9).reason == "not_observed"
    with pytest.raises(ValueError, match=r"row 1: predicted_survival must lie between 0 and 1, not 1.5"):
        estimate_brier([0.5, 1.5], [1, 2], [1, 1], 1)
    with pytest.raises(ValueError, match=r"row 0: .* not nan"):
        estimate_brier([np.nan, 0.5], [1, 2], [1, 1], 1)
    with pytest.raises(ValueError, match=r"\(200, 4\) was expected"):
        integrated_brier(CHANCE, DURATION, EVENT, TIMES)
    with pytest.raises(ValueError, match="rise"):
        integrated_brier(np.tile(CHANCE[:, None], 2), DURATION, EVENT, [7, 3])


def test_nobody_to_judge_gives_the_reason() -> None:
    assert estimate_brier([], [], [], 9).reason == "too_few"
    nobody = calibrate([], [], [], 9)
    assert (nobody.groups, nobody.ratio.reason, nobody.n_observed.reason) == ((), "too_few", "too_few")


def test_groups_are_of_about_equal_size_and_every_customer_is_in_one() -> None:
    groups = calibrate(ROW / 200, DURATION, EVENT, 9).groups

    assert [group.n_obs for group in groups] == [20] * 10
    assert all(before.highest < after.lowest for before, after in pairwise(groups))


def test_equal_chances_stay_together_so_there_may_be_fewer_groups() -> None:
    chance = np.repeat([0.1, 0.3, 0.4], [150, 30, 20])

    groups = calibrate(chance, DURATION, EVENT, 9).groups

    assert [(group.lowest, group.highest, group.n_obs) for group in groups] == [
        (0.1, 0.1, 150), (0.3, 0.3, 30), (0.4, 0.4, 20),
    ]  # fmt: skip


def test_a_group_s_share_is_kaplan_and_meier_s() -> None:
    chance = np.where(ROW % 2, 0.2, 0.6)
    entry = np.where(DURATION > 3, 2, 0)

    low, high = calibrate(chance, DURATION, EVENT, 9, entry).groups

    for group, rows in ((low, ROW % 2 == 1), (high, ROW % 2 == 0)):
        table = life_table(DURATION[rows], EVENT[rows], entry[rows])
        here = survival_at(estimate_survival(table), [9])[0]
        assert group.observed.value == pytest.approx(1 - here.value)
        assert (group.observed.ci_lower, group.observed.ci_upper) == pytest.approx(
            (1 - here.ci_upper, 1 - here.ci_lower)
        )


def test_without_censoring_the_total_is_the_count_of_those_who_left() -> None:
    duration, event = np.minimum(DURATION, 9), DURATION <= 9

    found = calibrate(CHANCE, duration, event, 9)

    assert found.n_observed.value == pytest.approx(event.sum())
    assert found.n_expected == pytest.approx(CHANCE.sum())
    assert found.ratio.value == pytest.approx(event.sum() / CHANCE.sum())
    assert found.ratio.ci_lower < found.ratio.value < found.ratio.ci_upper
    assert found.n_censored == 0


def test_the_censored_before_the_time_are_counted_and_not_taken_for_stayers() -> None:
    found = calibrate(CHANCE, DURATION, EVENT, 9)

    assert found.n_censored == np.sum(~EVENT & (DURATION < 9))
    assert found.n_observed.value > np.sum(EVENT & (DURATION <= 9))


def test_a_group_that_nobody_was_followed_in_so_long_says_so() -> None:
    low, high = calibrate([0.1, 0.1, 0.8, 0.8], [2, 3, 9, 9], [1, 0, 1, 0], 9).groups

    assert low.observed.reason == "not_observed"
    assert high.observed.value == pytest.approx(0.5)


def test_where_nobody_was_expected_to_leave_there_is_no_ratio() -> None:
    found = calibrate([0, 0, 0], [1, 2, 3], [1, 0, 0], 2)

    assert (found.ratio.reason, found.n_expected) == ("too_few", 0)
    assert found.n_observed.value == pytest.approx(1)


def test_chances_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"row 1: predicted_departure must lie between 0 and 1, not -0.1"):
        calibrate([0.5, -0.1], [1, 2], [1, 1], 1)
    with pytest.raises(ValueError, match="n_groups"):
        calibrate([0.5, 0.1], [1, 2], [1, 1], 1, n_groups=0)
