import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from retention_lab.methods.effects import Contrast, Moments, compare_means, estimate_mean


def moments(y: ArrayLike, d: ArrayLike | None = None, x: ArrayLike | None = None) -> Moments:
    values = np.asarray(y, dtype=float)
    rest = (np.ones(values.size) if d is None else d, np.zeros(values.size) if x is None else x)
    columns = np.array([values, *rest], dtype=float)
    covariance = np.cov(columns) if values.size > 1 else np.zeros((3, 3))
    return Moments(n=values.size, mean=columns.mean(axis=1), covariance=covariance)


# A made-up experiment: 30 treated, 25 controls.
TREATED = np.arange(30) * 7 % 13 + 2
CONTROL = np.arange(25) * 5 % 11


def test_welch_as_in_r() -> None:
    # R 4.2.2: i <- 0:29; j <- 0:24; t.test((i * 7) %% 13 + 2, (j * 5) %% 11)
    found = compare_means(moments(TREATED), moments(CONTROL))

    assert (found.treatment.value, found.control.value) == pytest.approx((7.73333333333333, 5))
    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.78671422676821, 4.67995243989846), abs=1e-12)
    assert found.pvalue == pytest.approx(0.00680995304861, abs=1e-12)
    assert (found.degrees_of_freedom, found.std_error) == pytest.approx((52.86688188696692, 0.97046420144358), abs=1e-9)


def test_with_a_covariate_and_equal_groups_it_is_the_analysis_of_covariance_of_r() -> None:
    # R: k <- 0:23; x <- c((k * 5) %% 9, (k * 7) %% 10 + 1); arm <- rep(1:0, each = 24)
    #    y <- 2 * x + 1.5 * arm + c((k * 11) %% 7, (k * 3) %% 8); summary(lm(y ~ arm + x))$coefficients["arm", ]
    # With groups of one size the variances of both count as much in Welch's error as in the pooled one.
    k = np.arange(24)
    x = (k * 5 % 9, k * 7 % 10 + 1)
    y = (2 * x[0] + 1.5 + k * 11 % 7, 2 * x[1] + k * 3 % 8)

    found = compare_means(moments(y[0], x=x[0]), moments(y[1], x=x[1]), adjust=True)

    assert (found.value, found.std_error) == pytest.approx((0.940659591464, 0.659471761795), abs=1e-10)
    # Satterthwaite's are at most the 45 of equal variances.
    assert 40 < found.degrees_of_freedom <= 45
    assert found.variance_reduction > 0.8
    # Moved to the mean of x over both groups, as lm predicts there: 3.090208832592 + 2.078055460459 * mean(x).
    assert found.control.value == pytest.approx(3.090208832592 + 2.078055460459 * np.mean(x), abs=1e-10)


def test_an_effect_does_not_leak_into_the_slope() -> None:
    # Within the groups y does not depend on x; taken together it seems to, since the treated have both more.
    k = np.arange(40)
    y, x = k * 3 % 7, k * 11 % 9
    x = x - x.mean() - np.cov(x, y)[0, 1] / np.var(y, ddof=1) * (y - y.mean())

    found = compare_means(moments(y + 50.0, x=x + 3), moments(y, x=x), adjust=True)

    assert found.value == pytest.approx(50)


@pytest.mark.parametrize("scale", [0.5, 40])
def test_a_covariate_that_is_the_same_for_all_adjusts_nothing(scale: float) -> None:
    plain = compare_means(moments(TREATED), moments(CONTROL))
    same = compare_means(
        moments(TREATED, x=np.full(30, 0.1 * scale)), moments(CONTROL, x=np.full(25, 0.1 * scale)), adjust=True
    )

    assert same.to_dict() == plain.to_dict()


def test_a_covariate_that_tells_nothing_gains_nothing_and_may_cost_a_little() -> None:
    k = np.arange(200)
    y, x = k * 37 % 101, (k * k * 13 + 5 * k) % 17

    found = compare_means(moments(y[:100], x=x[:100]), moments(y[100:], x=x[100:]), adjust=True)

    assert -0.02 < found.variance_reduction < 0.02


def test_a_ratio_has_the_linearised_error_times_a_factor_that_goes_to_one() -> None:
    k = np.arange(50)
    d, y = 1 + k * 7 % 5, k * 11 % 13

    found = estimate_mean(moments(y, d))

    residual = (y - found.value * d) / d.mean()
    effective = d.sum() ** 2 / (d**2).sum()
    assert found.value == y.sum() / d.sum()
    assert found.std_error**2 == pytest.approx((residual**2).sum() / 50**2 * effective / (effective - 1))
    assert found.ci_upper == pytest.approx(found.value + stdtrit(effective - 1, 0.975) * found.std_error)


def test_fieller_leaves_out_the_ratios_that_a_test_would_reject() -> None:
    found = compare_means(moments(TREATED), moments(CONTROL))

    quantile = stdtrit(found.degrees_of_freedom, 0.975)
    for ratio in (found.relative.ci_lower + 1, found.relative.ci_upper + 1):
        distance = found.treatment.value - ratio * found.control.value
        error = math.hypot(found.treatment.std_error, ratio * found.control.std_error)
        assert abs(distance) == pytest.approx(quantile * error)
    # Dividing the interval of the difference by the control's mean would forget the control's own noise.
    assert found.relative.ci_upper > found.ci_upper / found.control.value


@settings(max_examples=60, deadline=None)
@given(st.floats(-6, 6), st.floats(0.1, 5))
def test_the_relative_effect_and_the_difference_never_contradict_each_other(shift: float, spread: float) -> None:
    found = compare_means(moments(shift + spread * (TREATED - 8)), moments(CONTROL + 3))

    assert (found.relative.ci_lower > 0) == (found.ci_lower > 0) == (found.pvalue < 0.05 and found.value > 0)
    assert (found.relative.ci_upper < 0) == (found.ci_upper < 0)
    assert found.relative.ci_lower <= found.relative.value <= found.relative.ci_upper


def test_gains_told_as_losses_flip_every_sign_and_swap_the_ends() -> None:
    there, back = compare_means(moments(TREATED), moments(CONTROL)), compare_means(moments(-TREATED), moments(-CONTROL))

    assert back.value == -there.value
    assert (back.ci_lower, back.ci_upper) == (-there.ci_upper, -there.ci_lower)
    assert back.relative.value == pytest.approx(-there.relative.value)
    assert (back.relative.ci_lower, back.relative.ci_upper) == pytest.approx(
        (-there.relative.ci_upper, -there.relative.ci_lower)
    )
    assert back.pvalue == there.pvalue


def test_a_smaller_loss_is_a_gain_also_as_a_share() -> None:
    # The control loses 5 a customer, the treated 3: better by 40 %.
    found = compare_means(moments(np.array([-4.0, -2, -3, -3])), moments(np.array([-5.5, -4.5, -5, -5])))

    assert found.relative.value == pytest.approx(0.4)
    assert found.relative.ci_lower > 0


def test_a_control_that_cannot_be_told_from_nought_has_a_difference_and_no_share() -> None:
    found = compare_means(moments(TREATED), moments(CONTROL - 5.2))

    assert found.reason == ""
    assert found.relative.reason == "near_nought"
    assert math.isnan(found.relative.value)


def empty() -> Moments:
    return Moments(n=0, mean=np.full(3, np.nan), covariance=np.full((3, 3), np.nan))


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        (empty(), moments(CONTROL)),
        (moments(TREATED), empty()),
        (moments([3]), moments(CONTROL)),
        (moments([4, 4, 4]), moments([3, 3])),
        (moments([0] * 50), moments([0] * 60)),
        (moments([0.1] * 7), moments([0.1] * 9)),
        (replace(empty(), mean=np.zeros(3), covariance=np.zeros((3, 3))), moments(CONTROL)),
    ],
)
@pytest.mark.parametrize("adjust", [False, True])
def test_without_a_spread_there_is_a_difference_but_no_interval(
    treatment: Moments, control: Moments, adjust: bool
) -> None:
    found = compare_means(treatment, control, adjust=adjust)

    assert (found.reason, found.relative.reason) == ("too_few", "too_few")
    assert math.isnan(found.ci_lower)
    assert math.isnan(found.pvalue)
    both = treatment.n > 0 and control.n > 0
    assert found.value == treatment.mean[0] - control.mean[0] if both else math.isnan(found.value)


def test_one_arm_in_which_all_are_alike_is_compared_by_the_other_ones_spread() -> None:
    found = compare_means(moments(TREATED), moments([4] * 12))

    assert found.reason == ""
    assert found.degrees_of_freedom == pytest.approx(29)
    assert found.std_error == pytest.approx(np.std(TREATED, ddof=1) / math.sqrt(30))
    assert found.control.reason == "too_few"
    assert not math.isnan(found.relative.ci_lower)


def test_nobody_who_spends_among_the_controls_has_no_relative_effect() -> None:
    found = compare_means(moments([0, 0, 3, 0, 1]), moments([0] * 5))

    assert (found.reason, found.relative.reason) == ("", "near_nought")


def test_a_denominator_near_nought_makes_no_ratio() -> None:
    found = compare_means(moments(TREATED, TREATED % 3 - 1), moments(CONTROL, 1 + CONTROL % 2))

    assert (found.reason, found.relative.reason) == ("near_nought", "near_nought")
    assert estimate_mean(moments([1, 2, 3], [0, 0, 0])).reason == "near_nought"


def test_a_ratio_without_any_spread_is_not_taken_for_rounding() -> None:
    # Every customer has 0.1 for each 0.3.
    d = np.arange(1, 9) * 0.3

    found = estimate_mean(moments(d / 3, d))

    assert (found.value, found.std_error, found.reason) == (pytest.approx(1 / 3), 0, "too_few")


def rejected(draw: list[Contrast]) -> float:
    return float(np.mean([one.pvalue < 0.05 for one in draw]))


# Three standard errors of a share of 5 % in 400 trials are 3.3 points.
WITHIN = 0.033


@pytest.mark.parametrize(("n", "unevenness"), [(200, 0.0), (10, 0.0), (10, 0.5)])
def test_clusters_of_any_size_are_told_apart_by_chance_as_often_as_the_level_says(n: int, unevenness: float) -> None:
    rng, found = np.random.default_rng(11), []
    for _ in range(400):
        size = np.ceil(50 * np.exp(unevenness * rng.standard_normal((2, n))))
        total = size * (2 + 0.4 * rng.standard_normal((2, n))) + np.sqrt(size) * rng.standard_normal((2, n))
        found.append(compare_means(moments(total[0], size[0]), moments(total[1], size[1])))

    assert rejected(found) == pytest.approx(0.05, abs=WITHIN)


def test_the_intervals_hold_the_truth_with_a_covariate_and_as_a_share() -> None:
    rng, held = np.random.default_rng(12), []
    for _ in range(400):
        x = np.exp(0.6 * rng.standard_normal((2, 150)))
        y = 0.8 * x + np.exp(0.5 * rng.standard_normal((2, 150)))
        found = compare_means(moments(1.5 * y[0], x=x[0]), moments(y[1], x=x[1]), adjust=True)
        truth = 0.5 * (0.8 * math.exp(0.18) + math.exp(0.125))
        held.append(
            (found.ci_lower <= truth <= found.ci_upper, found.relative.ci_lower <= 0.5 <= found.relative.ci_upper)
        )

    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=WITHIN)


@pytest.mark.parametrize("size", [1e160, 1e300])
def test_values_whose_squares_no_number_holds_are_no_reason_to_stop(size: float) -> None:
    huge = Moments(n=100.0, mean=np.array([size, 1.0, 0.0]), covariance=np.diag([np.inf, 0.0, 0.0]))
    plain = Moments(n=100.0, mean=np.array([1.0, 1.0, 0.0]), covariance=np.diag([1.0, 0.0, 0.0]))
    assert compare_means(huge, plain).reason == "too_few"
