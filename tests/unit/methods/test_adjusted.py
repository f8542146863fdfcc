import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.methods.adjusted import (
    AdjustedDifference,
    draw_fit,
    estimate_adjusted_difference,
    estimate_departures,
)
from retention_lab.methods.cox import CoxFit, fit_cox, predict_survival

RNG = np.random.default_rng(5)
N = 300
DESIGN = pd.DataFrame({"discount": RNG.integers(0, 2, N), "size": RNG.integers(0, 4, N) / 2})
STAY = np.ceil(RNG.exponential(12 * np.exp(0.7 * DESIGN["discount"] - 0.3 * DESIGN["size"])))
SEEN = RNG.integers(6, 30, N)
DURATION, EVENT = np.minimum(STAY, SEEN), STAY <= SEEN
FIT = fit_cox(DESIGN, DURATION, EVENT)
WITHOUT, WITH = DESIGN.assign(discount=0), DESIGN.assign(discount=1)


def difference(fit: CoxFit = FIT, *, n_draws: int = 500, seed: int = 0, **changes: Any) -> AdjustedDifference:
    question = {"design_as_is": WITHOUT, "design_changed": WITH, "horizon": 6} | changes
    return estimate_adjusted_difference(draw_fit(fit, n_draws=n_draws, seed=seed), **question)


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
        redrawn.append(difference(refit, n_draws=2).value)

    # 200 redraws give a standard deviation to 5 %, 500 draws to 3 %: 20 % is more than three of both.
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


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_interval() -> None:
    assert difference(seed=1) == difference(seed=1)
    assert difference(seed=1).ci_lower != difference(seed=2).ci_lower


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

    result = estimate_departures(draw_fit(FIT), DESIGN, horizon=6, tenure=tenure)

    assert result.value == pytest.approx(sum(chances))
    assert result.ci_lower < result.value < result.ci_upper


def test_customers_kept_are_departures_as_things_are_less_departures_after_the_change() -> None:
    tenure, draws = np.full(N, 3), draw_fit(FIT)
    before, after = (estimate_departures(draws, d, horizon=6, tenure=tenure).value for d in (WITHOUT, WITH))

    kept = estimate_adjusted_difference(draws, WITHOUT, WITH, horizon=6, tenure=tenure).value

    assert kept == pytest.approx(before - after)


def test_departures_follow_the_mix_of_those_here_and_not_the_mix_of_those_at_risk() -> None:
    # Customers on the hasty plan joined lately: at each tenure the curve of all is that of the steady ones before them.
    hasty, steady = np.zeros(N), np.ones(N)
    design = pd.DataFrame({"steady": np.concatenate([hasty, steady])})
    leaves = np.concatenate([np.arange(N) % 5 + 1, np.arange(N) % 50 + 1])
    seen = np.concatenate([np.full(N, 3), np.full(N, 40)])
    fit = fit_cox(design, np.minimum(leaves, seen), leaves <= seen)
    here = pd.DataFrame({"steady": np.zeros(100)})

    result = estimate_departures(draw_fit(fit), here, horizon=1, tenure=np.full(100, 2))

    # A third of the hasty at tenure 2 leave at 3.
    assert result.value == pytest.approx(100 / 3, rel=0.15)


def test_a_change_that_is_the_same_for_all_gives_the_same_numbers_as_one_that_is_nearly_so() -> None:
    # One customer who already has the discount and keeps it: the change is then not the same for all.
    as_is, changed = WITHOUT.copy(), WITH.copy()
    as_is.loc[0, "discount"] = 1

    together, apart = difference(), difference(design_as_is=as_is, design_changed=changed)

    alone = difference(design_as_is=WITHOUT.head(1), design_changed=WITH.head(1))
    assert apart.value == pytest.approx(together.value - alone.value / N, abs=1e-12)
