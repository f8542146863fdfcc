import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi

from retention_lab.methods.adjusted import estimate_adjusted_difference, estimate_departures
from retention_lab.methods.cox import (
    CoxFit,
    estimate_baseline,
    fit_cox,
    predict_departure,
    predict_survival,
    shrink_fit,
)
from retention_lab.methods.risk_sets import Ties

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = (ROW * 5 % 7 < 4).astype(int)
STRATUM = np.array(["north", "south"])[ROW // 5 % 2]
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


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("strata", [None, STRATUM])
def test_episodes_of_one_customer_are_one_customer(ties: Ties, strata: np.ndarray | None) -> None:
    cut = DURATION // 2
    long = (cut > ENTRY) & (cut < DURATION)
    design = pd.concat([DESIGN, DESIGN[long]])
    duration = np.concatenate([np.where(long, cut, DURATION), DURATION[long]])
    event = np.concatenate([np.where(long, 0, EVENT), EVENT[long]])
    entry = np.concatenate([ENTRY, cut[long]])
    customer = np.concatenate([ROW, ROW[long]])
    parts = None if strata is None else np.concatenate([strata, strata[long]])

    whole = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=strata, cluster=ROW, ties=ties)
    split = fit_cox(design, duration, event, entry, strata=parts, cluster=customer, ties=ties)

    assert split.coefficients == pytest.approx(whole.coefficients, abs=1e-12)
    assert split.std_errors == pytest.approx(whole.std_errors, abs=1e-9)
    # The column means shift with the rows that count, so the baseline is compared through a prediction.
    assert predict_survival(split, DESIGN, [5, 10, 15], strata) == pytest.approx(
        predict_survival(whole, DESIGN, [5, 10, 15], strata), abs=1e-12
    )


def numbers_of(fit: CoxFit, strata: Any = None) -> list[float]:
    """Coefficients, errors and predictions, to hold two fits against each other."""
    predicted = predict_survival(fit, DESIGN, [2, 6, 11], strata)
    return [*fit.coefficients, *fit.std_errors, fit.log_likelihood, *predicted.ravel()]


@pytest.mark.parametrize("strata", [None, STRATUM])
def test_a_weight_of_three_is_three_customers(strata: np.ndarray | None) -> None:
    rows = np.repeat(ROW, 1 + ROW % 3)
    repeated = None if strata is None else strata[rows]

    weighted = fit_cox(DESIGN, DURATION, EVENT, ENTRY, 1 + ROW % 3, strata, ties="breslow")
    copies = fit_cox(DESIGN.iloc[rows], DURATION[rows], EVENT[rows], ENTRY[rows], strata=repeated, ties="breslow")

    assert numbers_of(weighted, strata) == pytest.approx(numbers_of(copies, strata), abs=1e-9)


def test_a_weight_on_those_still_here_is_so_many_customers_for_efron_too() -> None:
    # Copies of a leaver are tied with each other, which Efron tells from one leaver of their weight.
    weight = np.where(EVENT, 1, 1 + ROW % 3)
    rows = np.repeat(ROW, weight)

    weighted = fit_cox(DESIGN, DURATION, EVENT, ENTRY, weight)
    copies = fit_cox(DESIGN.iloc[rows], DURATION[rows], EVENT[rows], ENTRY[rows])

    assert numbers_of(weighted) == pytest.approx(numbers_of(copies), abs=1e-9)


def test_a_weight_of_nought_is_nobody() -> None:
    some = ROW % 5 > 0

    weighted = fit_cox(DESIGN, DURATION, EVENT, ENTRY, some.astype(int), STRATUM, cluster=ROW // 2)
    fewer = fit_cox(
        DESIGN[some], DURATION[some], EVENT[some], ENTRY[some], strata=STRATUM[some], cluster=(ROW // 2)[some]
    )

    assert numbers_of(weighted, STRATUM) == pytest.approx(numbers_of(fewer, STRATUM), abs=1e-12)


@pytest.mark.parametrize("strata", [None, STRATUM])
def test_the_order_of_the_rows_is_irrelevant(strata: np.ndarray | None) -> None:
    rows = np.random.default_rng(1).permutation(60)
    shuffled = None if strata is None else strata[rows]

    plain = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=strata, cluster=ROW // 2)
    other = fit_cox(
        DESIGN.iloc[rows], DURATION[rows], EVENT[rows], ENTRY[rows], strata=shuffled, cluster=ROW[rows] // 2
    )

    assert numbers_of(other, strata) == pytest.approx(numbers_of(plain, strata), abs=1e-12)


def test_the_other_name_for_a_group_turns_its_sign() -> None:
    plain = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=STRATUM)
    turned = fit_cox(DESIGN.assign(z=1 - DESIGN["z"]), DURATION, EVENT, ENTRY, strata=STRATUM)

    assert turned.coefficients == pytest.approx(plain.coefficients * [1, -1], abs=1e-12)
    assert turned.std_errors == pytest.approx(plain.std_errors, abs=1e-12)


def test_entry_on_the_first_day_is_no_late_entry() -> None:
    plain = fit_cox(DESIGN, DURATION, EVENT)

    assert numbers_of(fit_cox(DESIGN, DURATION, EVENT, np.zeros(60))) == numbers_of(plain)


def test_one_stratum_is_none() -> None:
    one, none = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=["all"] * 60), fit_cox(DESIGN, DURATION, EVENT, ENTRY)

    assert (one.strata, none.strata) == (("all",), ())
    assert numbers_of(one, ["all"] * 60) == numbers_of(none)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_without_covariates_each_stratum_has_the_baseline_it_has_alone(ties: Ties) -> None:
    nothing = pd.DataFrame(index=ROW)
    together = fit_cox(nothing, DURATION, EVENT, ENTRY, strata=STRATUM, ties=ties)

    for stratum in ("north", "south"):
        here = stratum == STRATUM
        alone = estimate_baseline(fit_cox(nothing[here], DURATION[here], EVENT[here], ENTRY[here], ties=ties))
        found = estimate_baseline(together, stratum)
        assert found.time.tolist() == alone.time.tolist()
        assert found.cumulative_hazard.tolist() == alone.cumulative_hazard.tolist()
        assert found.follow_up == alone.follow_up


def test_a_stratum_of_millions_leaves_no_rounding_in_a_stratum_of_three() -> None:
    duration, event = np.array([1.1, 2.3, 4.7, 1.3, 2.9]), np.array([1, 1, 1, 1, 1])
    weights, strata = [1e-3, 1e-3, 1e-3, 1.1e9, 2.3e9], ["few"] * 3 + ["many"] * 2

    fit = fit_cox(pd.DataFrame(index=range(5)), duration, event, weights=weights, strata=strata)

    steps = np.diff(estimate_baseline(fit, "few").cumulative_hazard, prepend=0)
    assert steps == pytest.approx([1 / 3, 1 / 2, 1], rel=1e-12)


def test_a_covariate_that_is_the_same_within_each_stratum_says_nothing() -> None:
    # It moves whole strata, whose baselines are free to move with it.
    fit = fit_cox(DESIGN.assign(south=STRATUM == "south"), DURATION, EVENT, ENTRY, strata=STRATUM)

    assert fit.not_estimable == {"south": "too_few"}
    assert fit.coefficients == pytest.approx(
        fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=STRATUM).coefficients, abs=1e-12
    )


def test_an_unknown_stratum_is_told_which_there_are() -> None:
    fit, without = fit_cox(DESIGN, DURATION, EVENT, strata=STRATUM), fit_cox(DESIGN, DURATION, EVENT)

    with pytest.raises(ValueError, match="unknown stratum 'west'; the fit has these strata: north, south"):
        predict_survival(fit, DESIGN, [5], strata=np.where(ROW == 3, "west", STRATUM))
    with pytest.raises(ValueError, match="no stratum was named; the fit has these strata: north, south"):
        estimate_baseline(fit)
    with pytest.raises(ValueError, match="a stratum was named; the fit has these strata: none"):
        estimate_baseline(without, "north")
    with pytest.raises(ValueError, match="strata must have one value, not missing, for each of 60 rows"):
        fit_cox(DESIGN, DURATION, EVENT, strata=np.where(ROW == 3, None, STRATUM))


def test_an_unknown_treatment_of_ties_is_told_which_there_are() -> None:
    with pytest.raises(ValueError, match="'efron' or 'breslow', not 'exact'"):
        fit_cox(DESIGN, DURATION, EVENT, ties="exact")  # type: ignore[arg-type]


@pytest.mark.parametrize("strata", [None, STRATUM])
def test_the_chance_of_leaving_is_what_survival_loses_from_the_tenure_on(strata: np.ndarray | None) -> None:
    fit, tenure = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=strata), ROW % 10

    chance = predict_departure(fit, DESIGN, tenure=tenure, horizon=8, strata=strata)

    follow_up = np.array([DURATION[one == STRATUM].max() for one in STRATUM]) if strata is not None else DURATION.max()
    assert (np.isnan(chance) == (tenure + 8 > follow_up)).all()
    for row in np.flatnonzero(~np.isnan(chance)):
        one = None if strata is None else strata[[row]]
        here, later = predict_survival(fit, DESIGN.iloc[[row]], [tenure[row], tenure[row] + 8], one)[0]
        assert chance[row] == pytest.approx(1 - later / here, abs=1e-12)


EDGES = {
    "all censored": (DURATION, 0 * EVENT, None),
    "one row": (DURATION[:1], EVENT[:1], None),
    "one row that stays": (DURATION[:1], [0], None),
    "events at time 0": (np.where(ROW % 4 == 0, 0, DURATION), EVENT, None),
    "only events at time 0": (np.zeros(60), EVENT, STRATUM),
    "everyone on one day": (np.full(60, 7), np.ones(60), None),
    "a stratum without events": (DURATION, EVENT * (STRATUM == "north"), STRATUM),
    "a stratum of one row": (DURATION, EVENT, np.where(ROW == 5, "alone", "others")),
    "a stratum for each row": (DURATION, EVENT, ROW),
}


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("columns", [[], ["x", "z"], ["x", "z", "flat", "double"]])
@pytest.mark.parametrize("edge", EDGES)
def test_edges_end_in_numbers_or_in_reasons(edge: str, columns: list[str], ties: Ties) -> None:
    duration, event, strata = EDGES[edge]
    design = DESIGN.assign(flat=2.0, double=DESIGN["x"] * 2)[columns].head(len(duration))
    tenure = ROW[: len(design)] % 3

    fit = fit_cox(design, duration, event, strata=strata, cluster=tenure, ties=ties)

    assert set(fit.names) | set(fit.not_estimable) == set(columns)
    assert np.isfinite(fit.summary().drop(columns="covariate").to_numpy(dtype=float)).all()
    survival = predict_survival(fit, design, [0, 4, 7], strata)
    assert ((survival >= 0) & (survival <= 1) | np.isnan(survival)).all()
    chance = predict_departure(fit, design, tenure=tenure, horizon=4, strata=strata)
    assert ((chance >= 0) & (chance <= 1) | np.isnan(chance)).all()
    moved = design.assign(**dict.fromkeys(columns[:1], 1.0))
    for found in (
        estimate_departures(fit, design, horizon=4, tenure=tenure, strata=strata),
        estimate_adjusted_difference(fit, design, moved, horizon=4, strata=strata),
        estimate_adjusted_difference(fit, design, moved, horizon=4, tenure=tenure, strata=strata),
    ):
        numbers = np.array([found.value, found.ci_lower, found.ci_upper, found.std_error])
        assert np.isfinite(numbers).all() != bool(found.reason)


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


def test_a_fit_to_predict_with_is_drawn_towards_nought_by_what_chance_gives() -> None:
    rossi = load_rossi()
    design = rossi.drop(columns=["week", "arrest"])
    fit = fit_cox(design, rossi["week"], rossi["arrest"])

    shrunk = shrink_fit(fit)

    # R, survival 3.5-3: coxph(Surv(week, arrest) ~ ., rossi) has a likelihood ratio of 33.27 on 7 degrees of freedom.
    assert shrunk.coefficients / fit.coefficients == pytest.approx(1 - 7 / 33.27, abs=1e-4)
    # As many leave in all as left: the baseline moves with the coefficients.
    expected = -np.log([predict_survival(shrunk, design[i : i + 1], [t])[0, 0] for i, t in enumerate(rossi["week"])])
    assert expected.sum() == pytest.approx(rossi["arrest"].sum(), rel=0.01)


def test_those_said_to_be_the_likeliest_to_leave_are_not_said_to_be_too_likely() -> None:
    """A tenth chosen by a fit of twelve columns, of which two matter, to some two hundred departures."""
    rng, promised, true = np.random.default_rng(5), np.zeros(2), np.zeros(2)
    for _ in range(20):
        design = pd.DataFrame(rng.binomial(1, 0.3, (1500, 12)).astype(float)).rename(columns=str)
        rate = np.exp(0.5 * (design["0"] - design["1"]).to_numpy()) / 3000
        stay, watched = rng.exponential(1 / rate), rng.uniform(1, 730, 1500)
        fit = fit_cox(design, np.ceil(np.minimum(stay, watched)), stay <= watched)
        for place, one in enumerate((fit, shrink_fit(fit))):
            risk = predict_departure(one, design, tenure=np.zeros(1500), horizon=365)
            chosen = np.argsort(-risk)[:150]
            promised[place] += risk[chosen].sum()
            true[place] += (1 - np.exp(-365 * rate[chosen])).sum()

    plain, shrunk = promised / true
    assert plain > 1.2
    assert shrunk == pytest.approx(1, abs=0.08)


def test_a_fit_that_tells_nothing_predicts_the_same_of_all() -> None:
    rng = np.random.default_rng(3)
    fit = fit_cox(pd.DataFrame({"x": np.tile([0.0, 1.0], 30)}), np.repeat(rng.permutation(30) + 1.0, 2), np.ones(60))

    assert shrink_fit(fit).coefficients == pytest.approx([0.0])


@pytest.mark.parametrize("names", [["a", "b", "x"], ["x", "b", "a"]])
def test_of_two_columns_that_differ_by_rounding_the_first_is_kept(names: list[str]) -> None:
    rng = np.random.default_rng(4)
    a, x = rng.normal(size=3000), rng.normal(size=3000)
    design = pd.DataFrame({"a": a.round(3), "b": (2 * a + 1).round(3), "x": x})[names]
    stay, seen = rng.exponential(np.exp(-0.5 * a - 0.3 * x)), rng.exponential(2, 3000)
    (first,) = [name for name in names if name != "x"][:1]

    fit = fit_cox(design, np.minimum(stay, seen), stay <= seen)

    alone = fit_cox(design[[name for name in names if name in (first, "x")]], np.minimum(stay, seen), stay <= seen)
    assert fit.not_estimable == {"b" if first == "a" else "a": "collinear"}
    assert fit.names == alone.names
    # Once the other is out it is the same fit, to the last step of Newton's method.
    assert fit.coefficients == pytest.approx(alone.coefficients, abs=1e-12)


def test_a_column_that_all_but_adds_up_two_others_is_the_one_left_out() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 3000))
    design = pd.DataFrame({"a": a, "b": b, "sum": (a + b).round(3)})
    stay = rng.exponential(np.exp(-0.5 * a))

    fit = fit_cox(design, stay, np.ones(3000))

    assert fit.names == ("a", "b")
    assert fit.not_estimable == {"sum": "collinear"}


def test_two_columns_that_go_together_closely_are_both_kept_where_the_data_can_tell_them_apart() -> None:
    rng = np.random.default_rng(6)
    a = rng.normal(size=5000)
    near = a + rng.normal(scale=0.02, size=5000)

    fit = fit_cox(pd.DataFrame({"a": a, "near": near}), rng.exponential(np.exp(-a)), np.ones(5000))

    assert fit.names == ("a", "near")
