import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.methods.adjusted import (
    AdjustedDifference,
    draw_departures,
    draw_fit,
    estimate_adjusted_difference,
    estimate_departures,
)
from retention_lab.methods.cox import CoxFit, fit_cox, predict_departure, predict_survival

RNG = np.random.default_rng(5)
N = 300
DESIGN = pd.DataFrame({"discount": RNG.integers(0, 2, N), "size": RNG.integers(0, 4, N) / 2})
STAY = np.ceil(RNG.exponential(12 * np.exp(0.7 * DESIGN["discount"] - 0.3 * DESIGN["size"])))
SEEN = RNG.integers(6, 30, N)
DURATION, EVENT = np.minimum(STAY, SEEN), STAY <= SEEN
FIT = fit_cox(DESIGN, DURATION, EVENT)
WITHOUT, WITH = DESIGN.assign(discount=0), DESIGN.assign(discount=1)


REGION = np.array(["east", "west"])[np.arange(N) % 2]
BY_REGION = fit_cox(DESIGN, DURATION, EVENT, strata=REGION)


def difference(fit: CoxFit = FIT, **changes: Any) -> AdjustedDifference:
    question = {"design_as_is": WITHOUT, "design_changed": WITH, "horizon": 6} | changes
    return estimate_adjusted_difference(fit, **question)


def test_the_difference_is_the_mean_over_customers_of_predicted_survival() -> None:
    predicted = predict_survival(FIT, WITH, [6]) - predict_survival(FIT, WITHOUT, [6])

    assert difference().value == pytest.approx(predicted.mean())


def test_customers_saved_are_counted_one_by_one_from_where_each_is_now() -> None:
    tenure, saved, covered = np.arange(N) % 35, 0.0, 0
    for row in range(N):
        here, later = float(tenure[row]), float(tenure[row]) + 6
        if later > DURATION.max():
            continue
        covered += 1
        as_is, changed = (predict_survival(FIT, d.iloc[[row]], [here, later])[0] for d in (WITHOUT, WITH))
        saved += (1 - as_is[1] / as_is[0]) - (1 - changed[1] / changed[0])

    result = difference(tenure=tenure)

    assert result.value == pytest.approx(saved)
    assert (result.n_covered, result.n_not_covered) == (covered, N - covered)


@pytest.mark.slow
def test_the_interval_agrees_with_a_bootstrap_of_the_customers() -> None:
    rng, redrawn = np.random.default_rng(6), []
    for _ in range(200):
        rows = rng.integers(0, N, N)
        refit = fit_cox(DESIGN.iloc[rows], DURATION[rows], EVENT[rows])
        # The customers asked about stay the same: only the fit is redrawn.
        redrawn.append(difference(refit).value)

    # 200 redraws give a standard deviation to 5 %: 20 % is four of these.
    assert difference().std_error == pytest.approx(np.std(redrawn), rel=0.2)


def test_switching_the_designs_flips_the_sign() -> None:
    there, back = difference(), difference(design_as_is=WITH, design_changed=WITHOUT)

    assert there.value == pytest.approx(-back.value)
    assert (there.ci_lower, there.ci_upper) == pytest.approx((-back.ci_upper, -back.ci_lower))


def test_no_change_is_no_difference_and_no_doubt() -> None:
    result = difference(design_changed=WITHOUT)

    assert (result.value, result.ci_lower, result.ci_upper) == (0, 0, 0)


def test_a_covariate_that_plays_no_part_gives_about_nought_with_nought_in_the_interval() -> None:
    noise = DESIGN.assign(noise=np.arange(N) % 2)
    fit = fit_cox(noise, DURATION, EVENT)

    result = difference(fit, design_as_is=noise.assign(noise=0), design_changed=noise.assign(noise=1))

    assert result.value == pytest.approx(0, abs=0.1)
    assert result.ci_lower < 0 < result.ci_upper


def test_days_or_months_give_the_same_answer() -> None:
    tenure = np.arange(N) % 12
    in_days = fit_cox(DESIGN, DURATION * 30, EVENT)

    months, days = difference(tenure=tenure), difference(in_days, tenure=tenure * 30, horizon=180)

    assert (days.value, days.ci_lower) == pytest.approx((months.value, months.ci_lower))


def test_a_row_that_stands_for_three_customers_saves_three_times_as_many() -> None:
    tenure = np.full(N, 2)

    one, three = difference(tenure=tenure), difference(tenure=tenure, customers=np.full(N, 3))

    assert three.value == pytest.approx(3 * one.value)
    assert three.n_covered == 3 * N


def test_a_column_that_could_not_be_estimated_gives_a_reason_only_where_it_is_changed() -> None:
    design = DESIGN.assign(flat=1)
    fit = fit_cox(design, DURATION, EVENT)

    changed = difference(fit, design_as_is=design, design_changed=design.assign(flat=0))
    untouched = difference(fit, design_as_is=design, design_changed=design.assign(discount=1))

    assert (changed.reason, math.isnan(changed.value)) == ("too_few", True)
    assert untouched.reason == ""


def test_a_horizon_past_the_follow_up_is_not_observed() -> None:
    result = difference(horizon=100)

    assert (result.reason, result.n_covered, result.n_not_covered) == ("not_observed", 0, N)


def test_departures_are_the_sum_of_each_customers_own_chance() -> None:
    tenure = np.arange(N) % 12
    chances = []
    for row in range(N):
        here, later = predict_survival(FIT, DESIGN.iloc[[row]], [float(tenure[row]), float(tenure[row]) + 6])[0]
        chances.append(1 - later / here)

    result = estimate_departures(FIT, DESIGN, horizon=6, tenure=tenure)

    assert result.value == pytest.approx(sum(chances))
    assert result.ci_lower < result.value < result.ci_upper


def test_customers_kept_are_departures_as_things_are_less_departures_after_the_change() -> None:
    tenure = np.full(N, 3)
    before, after = (estimate_departures(FIT, d, horizon=6, tenure=tenure).value for d in (WITHOUT, WITH))

    kept = estimate_adjusted_difference(FIT, WITHOUT, WITH, horizon=6, tenure=tenure).value

    assert kept == pytest.approx(before - after)


def test_departures_follow_the_mix_of_those_here_and_not_the_mix_of_those_at_risk() -> None:
    # Customers on the hasty plan joined lately: at each tenure the curve of all is that of the steady ones before them.
    hasty, steady = np.zeros(N), np.ones(N)
    design = pd.DataFrame({"steady": np.concatenate([hasty, steady])})
    leaves = np.concatenate([np.arange(N) % 5 + 1, np.arange(N) % 50 + 1])
    seen = np.concatenate([np.full(N, 3), np.full(N, 40)])
    fit = fit_cox(design, np.minimum(leaves, seen), leaves <= seen)
    here = pd.DataFrame({"steady": np.zeros(100)})

    result = estimate_departures(fit, here, horizon=1, tenure=np.full(100, 2))

    # A third of the hasty at tenure 2 leave at 3.
    assert result.value == pytest.approx(100 / 3, rel=0.15)


@pytest.mark.parametrize("strata", [None, REGION])
def test_the_error_is_that_of_a_thousand_draws_of_the_fit(strata: np.ndarray | None) -> None:
    fit, tenure = (FIT if strata is None else BY_REGION), np.arange(N) % 12
    customers = 1 + np.arange(N) % 3

    counted = estimate_departures(fit, DESIGN, horizon=6, tenure=tenure, customers=customers, strata=strata)
    value, draws = draw_departures(
        fit, DESIGN, tenure=tenure, horizon=6, customers=customers, n_draws=1000, strata=strata
    )

    assert value == pytest.approx(counted.value)
    # A thousand draws give a standard deviation to 2.2 %.
    assert counted.std_error == pytest.approx(draws.std(ddof=1), rel=0.08)
    lower, upper = np.quantile(draws, [0.025, 0.975])
    assert upper - lower == pytest.approx(counted.ci_upper - counted.ci_lower, rel=0.12)


def test_the_error_of_a_difference_is_that_of_a_thousand_draws_of_the_fit() -> None:
    draws = draw_fit(FIT, n_draws=1000)
    reached = draws.cumulative_hazard[FIT.risk_sets.axis.slot(np.array([0]), np.array([6.0]))]
    there, back = (np.exp(-np.exp(FIT.centred(d) @ draws.coefficients) * reached).mean(axis=0) for d in (WITH, WITHOUT))

    assert difference().value == pytest.approx((there - back)[0])
    assert difference().std_error == pytest.approx((there - back)[1:].std(ddof=1), rel=0.08)


def test_draws_are_of_what_is_expected_and_leave_out_what_is_not_known() -> None:
    tenure = np.full(N, 3)
    tenure[:10] = 200

    value, draws = draw_departures(FIT, DESIGN, tenure=tenure, horizon=6, customers=np.arange(N), n_draws=50)

    chance = predict_departure(FIT, DESIGN, tenure=tenure, horizon=6)
    assert value == pytest.approx(np.nansum(np.arange(N) * chance))
    assert np.isfinite(draws).all()
    # About half of 50; 10 and 40 are four standard deviations off.
    assert 10 < (draws > value).sum() < 40


def test_customers_are_moved_to_another_stratum_as_if_all_had_been_there() -> None:
    east, west = np.full(N, "east"), np.full(N, "west")
    predicted = (
        predict_survival(BY_REGION, DESIGN, [6], west).mean() - predict_survival(BY_REGION, DESIGN, [6], east).mean()
    )

    moved = difference(BY_REGION, design_as_is=DESIGN, design_changed=DESIGN, strata=east, strata_changed=west)
    back = difference(BY_REGION, design_as_is=DESIGN, design_changed=DESIGN, strata=west, strata_changed=east)
    stayed = difference(BY_REGION, design_as_is=DESIGN, design_changed=DESIGN, strata=REGION)

    assert moved.value == pytest.approx(predicted)
    assert moved.ci_lower < moved.value < moved.ci_upper
    assert back.value == pytest.approx(-moved.value)
    assert (stayed.value, stayed.std_error) == (0, 0)


def test_a_move_to_a_stratum_that_nobody_was_followed_in_for_so_long_is_not_observed() -> None:
    young = np.where(np.arange(N) < 50, "young", "old")
    fit = fit_cox(DESIGN, np.where(young == "young", np.minimum(DURATION, 5), DURATION), EVENT, strata=young)

    result = difference(fit, strata=np.full(N, "old"), strata_changed=np.full(N, "young"))

    assert (result.reason, result.n_not_covered) == ("not_observed", N)


def test_of_a_stratum_that_nobody_has_left_nothing_is_said() -> None:
    silent = EVENT & (REGION == "east")
    fit = fit_cox(DESIGN, DURATION, silent, strata=REGION)

    mixed = estimate_departures(fit, DESIGN, horizon=2, tenure=np.zeros(N), strata=REGION)
    alone = estimate_departures(fit, DESIGN, horizon=2, tenure=np.zeros(N), strata=np.full(N, "west"))

    assert (mixed.reason, mixed.n_covered, mixed.n_not_covered) == ("", N / 2, N / 2)
    assert (alone.reason, alone.n_covered, alone.n_not_covered) == ("too_few", 0, N)


def test_the_pvalue_is_small_where_the_interval_is_far_from_nought() -> None:
    found, none = difference(), difference(design_changed=WITHOUT)

    assert found.ci_lower > 0
    assert found.pvalue < 0.05
    assert found.pvalue == pytest.approx(math.erfc(found.value / found.std_error / math.sqrt(2)))
    assert math.isnan(none.pvalue)


def test_departures_are_never_more_than_all_nor_fewer_than_none() -> None:
    few = fit_cox(DESIGN.head(12), DURATION[:12], np.ones(12))

    short = estimate_departures(few, DESIGN, horizon=1, tenure=np.zeros(N))
    long = estimate_departures(few, DESIGN, horizon=float(DURATION[:12].max()), tenure=np.zeros(N))

    assert 0 <= short.ci_lower < short.value < short.ci_upper <= N
    assert 0 < long.ci_lower < long.value < long.ci_upper <= N


def test_a_difference_is_never_more_than_all() -> None:
    steep = pd.DataFrame({"late": np.arange(8) % 2})
    fit = fit_cox(steep, [1, 9, 2, 10, 3, 11, 9.5, 2.5], np.ones(8))

    share = difference(fit, design_as_is=steep.assign(late=0), design_changed=steep.assign(late=1), horizon=4)
    number = difference(
        fit, design_as_is=steep.assign(late=0), design_changed=steep.assign(late=1), horizon=4, tenure=np.zeros(8)
    )

    assert -1 <= share.ci_lower < share.value < share.ci_upper <= 1
    assert number.value == pytest.approx(8 * share.value)
    assert number.ci_upper <= 8


def test_a_customer_whom_the_change_does_not_touch_adds_nothing_to_the_difference() -> None:
    # One customer already has the discount and keeps it.
    as_is, changed = WITHOUT.copy(), WITH.copy()
    as_is.loc[0, "discount"] = 1

    together, apart = difference(), difference(design_as_is=as_is, design_changed=changed)

    alone = difference(design_as_is=WITHOUT.head(1), design_changed=WITH.head(1))
    assert apart.value == pytest.approx(together.value - alone.value / N, abs=1e-12)
