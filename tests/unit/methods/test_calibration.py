import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression

from retention_lab.methods.calibration import apply_platt, calibration_error, platt


def test_the_error_is_the_mean_gap_of_the_bins() -> None:
    # Two bins of four: .2 said and 1 in 4 came true; .6 said and 3 in 4.
    said, came = [0.2] * 4 + [0.6] * 4, [1, 0, 0, 0, 1, 1, 1, 0]

    assert calibration_error(said, came, range(8), 2).value == pytest.approx((0.05 + 0.15) / 2)


def test_the_slope_and_intercept_are_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    scores, truth = rng.normal(3, 40, 500), rng.random(500) < 0.3
    scores = scores + 50 * truth
    # A classifier whose decision function is the score itself: sigmoid calibration then fits Platt's two numbers.
    model = LogisticRegression().fit(scores[:, None], truth)
    model.coef_, model.intercept_ = np.array([[1.0]]), np.array([0.0])
    fitted = CalibratedClassifierCV(FrozenEstimator(model), method="sigmoid", ensemble=False, cv=2)
    fitted.fit(scores[:, None], truth)

    # Its optimiser stops at a gradient of 1e-6, ours at the end.
    assert apply_platt(scores, *platt(scores, truth)) == pytest.approx(
        fitted.predict_proba(scores[:, None])[:, 1], abs=1e-4
    )


def test_the_fit_has_as_many_yes_as_its_targets() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(400) < 0.2
    scores = rng.normal(truth * 1.0, 1.0)
    chance = apply_platt(scores, *platt(scores, truth))
    target = np.where(truth, (truth.sum() + 1) / (truth.sum() + 2), 1 / ((~truth).sum() + 2))

    assert chance.sum() == pytest.approx(target.sum(), abs=1e-6)
    assert (chance * scores).sum() == pytest.approx((target * scores).sum(), abs=1e-6)


def test_scores_that_never_err_and_scores_that_say_nothing_have_an_answer() -> None:
    slope, _ = platt([-2.0, -1.0, 1.0, 2.0], [False, False, True, True])
    flat = platt([3.0] * 4, [True, False, False, False])

    assert np.isfinite(slope)
    assert slope > 0
    assert flat[0] == 0
    assert apply_platt([3.0], *flat)[0] == pytest.approx(2 / 6)


def test_platt_makes_overconfident_scores_honest() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(4000) < 0.3
    scores = 5 * rng.normal(truth * 2.0 - 1, 1.0)
    raw = calibration_error(apply_platt(scores, 1.0, 0.0), truth, range(4000))
    honest = calibration_error(apply_platt(scores, *platt(scores, truth)), truth, range(4000))

    assert honest.value < 0.03
    assert raw.ci_lower > honest.ci_upper


def test_intervals_hold_the_true_error() -> None:
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        customer = np.repeat(np.arange(300), rng.integers(1, 4, 300))
        chance = rng.uniform(0.1, 0.6, customer.size)
        truth = rng.random(customer.size) < chance + 0.1
        found = calibration_error(chance, truth, customer)
        covered += found.ci_lower <= 0.1 <= found.ci_upper

    assert covered >= 184


def test_probabilities_that_are_right_are_not_told_from_right_ones() -> None:
    told = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        chance = rng.random(500)
        told.append(calibration_error(chance, rng.random(500) < chance, range(500)).ci_lower > 0.01)

    assert sum(told) <= 5


def test_without_two_customers_there_is_a_reason_and_no_probability_above_one_is_taken() -> None:
    assert calibration_error([0.4, 0.5], [0, 1], [7, 7]).reason == "too_few"
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration_error([1.2], [1], [1])
