import numpy as np
import pandas as pd
import pytest

from retention_lab.methods.cox import fit_cox
from retention_lab.methods.proportional_hazards import ProportionalHazards, check_proportional_hazards

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = (ROW * 5 % 7 < 4).astype(int)
DESIGN = pd.DataFrame({"x": (ROW * 29 % 31) / 10, "z": (ROW % 4 == 1).astype(int)})


def statistics(checked: ProportionalHazards) -> list[float]:
    return [test.statistic for test in (*checked.tests, checked.overall)]


@pytest.fixture(scope="module")
def fading() -> ProportionalHazards:
    """Half of the customers leave four times as fast at first and half as fast later; another column does nothing."""
    rng = np.random.default_rng(3)
    new, noise = np.arange(2000) % 2, rng.normal(size=2000)
    # The cumulative hazard runs at `early` until 1, then at `late`.
    early, late = np.where(new, 0.4, 0.1), np.where(new, 0.05, 0.1)
    spent = rng.exponential(size=2000)
    duration = np.where(spent < early, spent / early, 1 + (spent - early) / late)
    design = pd.DataFrame({"new": new, "noise": noise})
    return check_proportional_hazards(fit_cox(design, np.minimum(duration, 6), duration < 6))


def test_a_hazard_ratio_that_fades_is_found_and_one_that_does_not_is_not(fading: ProportionalHazards) -> None:
    new, noise = fading.tests

    assert new.pvalue < 1e-10
    assert noise.pvalue > 0.05
    assert fading.overall.pvalue < 1e-10


def test_the_curve_shows_how_it_fades(fading: ProportionalHazards) -> None:
    curve = fading.residual_curve("new")
    early, late = curve.time < 0.3, curve.time > 3

    assert len(curve.time) <= 40
    assert ((curve.ci_lower < 4) & (curve.ci_upper > 4))[early].all()
    # The truth drops in one step, at 1, and a spline swings on a little.
    assert np.abs(np.log(curve.hazard_ratio[late] / 0.5)).max() < np.log(1.6)
    assert (curve.ci_lower[early] > 1).all()
    assert (curve.ci_upper[late] < 1).all()


def test_the_unit_of_time_and_of_a_column_and_the_order_of_rows_change_nothing() -> None:
    found = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT, ENTRY))
    mixed = np.argsort(ROW * 37 % 61)

    in_days = check_proportional_hazards(fit_cox(DESIGN, DURATION * 30.4, EVENT, ENTRY * 30.4))
    in_cents = check_proportional_hazards(fit_cox(DESIGN.assign(x=DESIGN["x"] * 1e6 + 5e6), DURATION, EVENT, ENTRY))
    shuffled = check_proportional_hazards(fit_cox(DESIGN.iloc[mixed], DURATION[mixed], EVENT[mixed], ENTRY[mixed]))

    for again in (in_days, in_cents, shuffled):
        assert statistics(again) == pytest.approx(statistics(found), abs=1e-7)
    assert in_days.residual_curve("z").hazard_ratio == pytest.approx(found.residual_curve("z").hazard_ratio)
    per_unit = np.log(found.residual_curve("x").hazard_ratio) / 1e6
    assert np.log(in_cents.residual_curve("x").hazard_ratio) == pytest.approx(per_unit, rel=1e-6)


def test_customers_in_episodes_are_as_good_as_in_one_row() -> None:
    halfway = (ENTRY + DURATION) / 2
    split = [np.concatenate(pair) for pair in ((halfway, DURATION), (0 * EVENT, EVENT), (ENTRY, halfway))]

    whole = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT, ENTRY))
    episodes = check_proportional_hazards(fit_cox(pd.concat([DESIGN, DESIGN]), *split))

    assert statistics(episodes) == pytest.approx(statistics(whole), abs=1e-8)


def test_one_stratum_is_none_and_a_stratum_in_which_nobody_leaves_says_nothing() -> None:
    found = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT, ENTRY))

    alone = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=["all"] * 60))
    labels = np.where(ROW % 6 == 0, "silent", np.where(ROW % 2, "odd", "even"))
    strata = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT * (ROW % 6 > 0), ENTRY, strata=labels))

    assert statistics(alone) == pytest.approx(statistics(found), abs=1e-12)
    assert not strata.overall.reason
    assert np.isfinite(strata.residual_curve("x").ci_upper).all()


def test_a_term_is_tested_by_the_columns_that_the_fit_has() -> None:
    fit = fit_cox(DESIGN.assign(flat=1.0), DURATION, EVENT)

    flat, both = check_proportional_hazards(fit, {"flat": ["flat"], "both": ["x", "z", "flat"]}).tests

    assert (flat.reason, flat.degrees_of_freedom) == ("too_few", 0)
    assert both.degrees_of_freedom == 2
    assert both.statistic == pytest.approx(check_proportional_hazards(fit).overall.statistic)


def test_a_column_that_the_fit_does_not_know_is_refused_by_name() -> None:
    checked = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT))

    with pytest.raises(ValueError, match="'y' is not in the fit"):
        checked.residual_curve("y")
    with pytest.raises(ValueError, match="'y' is not in the fit"):
        check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT), {"plan": ["x", "y"]})


@pytest.mark.parametrize(
    ("duration", "event"), [(DURATION, 0 * EVENT), (0 * DURATION + 1, EVENT), (DURATION, ROW == 30)]
)
def test_where_all_leave_at_one_time_or_nobody_does_the_reason_is_given(
    duration: np.ndarray, event: np.ndarray
) -> None:
    checked = check_proportional_hazards(fit_cox(DESIGN, duration, event))

    assert checked.overall.reason == "too_few"
    assert np.isnan(checked.overall.pvalue)
    assert {checked.residual_curve(name).reason for name in checked.names} <= {"too_few"}


def test_at_three_times_there_is_a_test_but_no_curve() -> None:
    checked = check_proportional_hazards(fit_cox(DESIGN, ROW % 3 + 1, EVENT))

    assert not checked.overall.reason
    assert checked.residual_curve("x").reason == "too_few"
    assert checked.residual_curve("x").to_frame().empty


def test_a_fit_without_columns_has_nothing_to_test() -> None:
    checked = check_proportional_hazards(fit_cox(DESIGN[[]], DURATION, EVENT))

    assert checked.tests == ()
    assert checked.overall.reason == "too_few"
