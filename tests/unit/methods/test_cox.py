import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi

from retention_lab.methods.cox import CoxFit, estimate_baseline, fit_cox, predict_survival

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = (ROW * 5 % 7 < 4).astype(int)
DESIGN = pd.DataFrame({"x": (ROW * 29 % 31) / 10, "z": (ROW % 4 == 1).astype(int)})


def test_the_coefficients_are_those_of_an_independent_fitter() -> None:
    rossi = load_rossi()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = CoxPHFitter().fit(rossi, "week", "arrest")

    fit = fit_cox(rossi.drop(columns=["week", "arrest"]), rossi["week"], rossi["arrest"])

    # lifelines stops once a step promises less than 1e-7 of log-likelihood.
    assert fit.coefficients == pytest.approx(other.params_.to_numpy(), abs=1e-5)
    assert fit.std_errors == pytest.approx(other.standard_errors_.to_numpy(), abs=1e-5)


def test_a_constant_and_a_repeated_column_are_left_out_and_named() -> None:
    design = DESIGN.assign(flat=1.0, both=2 * DESIGN["x"] + DESIGN["z"])

    fit = fit_cox(design, DURATION, EVENT, ENTRY)

    assert fit.not_estimable == {"flat": "constant", "both": "collinear"}
    assert fit.coefficients == pytest.approx(fit_cox(DESIGN, DURATION, EVENT, ENTRY).coefficients)


def test_a_level_without_events_is_left_out_and_named() -> None:
    loyal = (ROW % 10 == 3).astype(int)

    fit = fit_cox(DESIGN.assign(loyal=loyal), DURATION, np.where(loyal, 0, EVENT), ENTRY)

    assert fit.not_estimable == {"loyal": "too_few"}
    assert fit.names == ("x", "z")


def test_a_reference_level_without_events_takes_the_other_levels_with_it() -> None:
    plan = ROW % 3
    design = DESIGN.assign(plan_b=plan == 1, plan_c=plan == 2)

    fit = fit_cox(design, DURATION, np.where(plan == 0, 0, EVENT))

    assert fit.not_estimable == {"plan_b": "too_few", "plan_c": "too_few"}


def test_a_reference_level_without_events_is_found_among_a_hundred_thousand_customers() -> None:
    # The information about the two levels sinks below the rounding of the sums that it is read off.
    rng = np.random.default_rng(0)
    plan, noise = rng.integers(0, 3, 100_000), rng.normal(size=100_000)
    event = (rng.random(100_000) < 0.5) & (plan > 0)

    design = pd.DataFrame({"plan_b": plan == 1, "plan_c": plan == 2, "noise": noise})
    fit = fit_cox(design, rng.integers(1, 72, 100_000), event)

    assert fit.not_estimable == {"plan_b": "too_few", "plan_c": "too_few"}


def test_a_covariate_that_puts_every_departure_in_order_is_left_out_and_named() -> None:
    order = np.arange(200)
    design = pd.DataFrame({"order": order, "parity": order // 3 % 2})

    assert fit_cox(design, 200 - order, np.ones(200)).not_estimable == {"order": "too_few"}


def test_a_level_seen_only_when_nobody_left_is_left_out_and_named() -> None:
    duration = np.where(ROW < 6, 0.5, DURATION)

    fit = fit_cox(DESIGN.assign(brief=ROW < 6), duration, np.where(ROW < 6, 0, EVENT))

    assert fit.not_estimable == {"brief": "too_few"}


def test_a_rare_level_with_a_few_events_is_kept() -> None:
    rng = np.random.default_rng(0)
    rare = np.arange(5000) < 12

    fit = fit_cox(pd.DataFrame({"rare": rare}), rng.integers(1, 40, 5000), rng.random(5000) < 0.3)

    assert fit.names == ("rare",)


def test_without_any_event_nothing_is_estimable_and_everyone_stays() -> None:
    fit = fit_cox(DESIGN, DURATION, np.zeros(60))

    assert fit.names == ()
    assert fit.not_estimable == {"x": "too_few", "z": "too_few"}
    assert predict_survival(fit, DESIGN[:2], [3]).tolist() == [[1], [1]]
    assert fit.summary().empty


def test_nobody_at_all_is_a_fit_of_nothing() -> None:
    fit = fit_cox(DESIGN[:0], [], [])

    assert fit.names == ()
    assert fit.n_obs == 0


def test_nothing_is_printed_and_nothing_warns(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_cox(DESIGN.assign(flat=1, loyal=EVENT), DURATION, EVENT, ENTRY, weights=1 + ROW % 4, cluster=ROW // 2)

    assert capsys.readouterr() == ("", "")


def test_a_missing_value_is_refused_with_its_column() -> None:
    with pytest.raises(ValueError, match="'x' has missing"):
        fit_cox(DESIGN.assign(x=np.nan), DURATION, EVENT)


def test_only_the_order_of_the_times_matters_for_the_coefficients() -> None:
    plain = fit_cox(DESIGN, DURATION, EVENT, ENTRY)
    months = fit_cox(DESIGN, DURATION / 30.4375, EVENT, ENTRY / 30.4375)

    assert months.coefficients == pytest.approx(plain.coefficients, abs=1e-12)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_a_covariate_in_other_units_keeps_its_story(unit: float) -> None:
    plain = fit_cox(DESIGN, DURATION, EVENT, ENTRY)
    other = fit_cox(DESIGN.assign(x=DESIGN["x"] * unit), DURATION, EVENT, ENTRY)

    assert other.coefficients[0] * unit == pytest.approx(plain.coefficients[0])
    assert other.std_errors[0] * unit == pytest.approx(plain.std_errors[0])
    assert other.std_errors[1] == pytest.approx(plain.std_errors[1])


def test_episodes_of_one_customer_are_one_customer() -> None:
    cut = DURATION // 2
    long = (cut > ENTRY) & (cut < DURATION)
    design = pd.concat([DESIGN, DESIGN[long]])
    duration = np.concatenate([np.where(long, cut, DURATION), DURATION[long]])
    event = np.concatenate([np.where(long, 0, EVENT), EVENT[long]])
    entry = np.concatenate([ENTRY, cut[long]])
    customer = np.concatenate([ROW, ROW[long]])

    whole = fit_cox(DESIGN, DURATION, EVENT, ENTRY, cluster=ROW)
    split = fit_cox(design, duration, event, entry, cluster=customer)

    assert split.coefficients == pytest.approx(whole.coefficients, abs=1e-9)
    assert split.std_errors == pytest.approx(whole.std_errors, abs=1e-9)
    # The column means shift with the rows that count, so only a prediction can be compared.
    assert predict_survival(split, DESIGN, [5, 10]) == pytest.approx(predict_survival(whole, DESIGN, [5, 10]))


def brute_force_baseline(fit: CoxFit, weights: np.ndarray) -> list[float]:
    """Efron's steps one tied departure at a time."""
    hazard = np.exp((DESIGN[list(fit.names)].to_numpy() - fit.centre) @ fit.coefficients)
    cumulative, path = 0.0, []
    for t in np.unique(DURATION[EVENT == 1]):
        at_risk = ((t > ENTRY) | (ENTRY == 0)) & (t <= DURATION)
        tied = (t == DURATION) & (EVENT == 1)
        total, leaving, d = (weights * hazard)[at_risk].sum(), (weights * hazard)[tied].sum(), int(tied.sum())
        cumulative += sum(weights[tied].mean() / (total - gone / d * leaving) for gone in range(d))
        path.append(cumulative)
    return path


@pytest.mark.parametrize("weights", [np.ones(60), 1 + ROW % 4, 0.1 + ROW % 4])
def test_the_baseline_is_what_counting_tied_departures_one_by_one_gives(weights: np.ndarray) -> None:
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, weights=weights)

    assert estimate_baseline(fit).cumulative_hazard == pytest.approx(brute_force_baseline(fit, weights), rel=1e-10)


def test_the_baseline_holds_when_a_thousand_leave_among_ten_million() -> None:
    design = pd.DataFrame({"x": np.arange(2000) % 2})
    event = np.arange(2000) < 1000
    fit = fit_cox(design, np.where(event, 1.0, 2.0), event, weights=np.where(event, 1.0, 1e4))

    hazard = np.exp((design["x"].to_numpy() - 0.5) * fit.coefficients[0])
    total, leaving = (hazard * np.where(event, 1.0, 1e4)).sum(), hazard[event].sum()
    steps = sum(1 / (total - gone / 1000 * leaving) for gone in range(1000))
    assert estimate_baseline(fit).cumulative_hazard[0] == pytest.approx(steps, rel=1e-12)


def test_survival_past_the_follow_up_is_not_predicted() -> None:
    predicted = predict_survival(fit_cox(DESIGN, DURATION, EVENT), DESIGN[:1], [5, DURATION.max(), DURATION.max() + 1])

    assert np.isnan(predicted[0]).tolist() == [False, False, True]
