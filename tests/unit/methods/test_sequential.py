import math
import time

import numpy as np
import pytest

from retention_lab.methods.effects import Moments, compare_means
from retention_lab.methods.proportions import compare_proportions
from retention_lab.methods.sequential import (
    always_valid_interval,
    always_valid_pvalue,
    always_valid_reach,
    false_alarm_rate,
)
from retention_lab.methods.two_arms import Contrast


def moments(values: np.ndarray) -> Moments:
    mean, variance = values.mean(), values.var(ddof=1) if np.ptp(values) else 0.0
    return Moments(n=values.size, mean=np.array([mean, 1, 0]), covariance=np.diag([variance, 0, 0]))


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        # Armitage, McPherson and Rowe (1969), table 2: two-sided tests at 5 %.
        (1, 0.050),
        (2, 0.083),
        (3, 0.107),
        (4, 0.126),
        (5, 0.142),
        (10, 0.193),
        (20, 0.248),
        (50, 0.320),
    ],
)
def test_looking_often_finds_what_is_not_there_as_often_as_published(looks: int, expected: float) -> None:
    # Published to three places.
    assert false_alarm_rate(looks) == pytest.approx(expected, abs=0.0006)


@pytest.mark.parametrize(("looks", "limit"), [(2, 2.178), (3, 2.289), (5, 2.413), (10, 2.555)])
def test_pocock_limits_keep_five_percent(looks: int, limit: float) -> None:
    # Jennison and Turnbull (2000), Group Sequential Methods, table 2.1: to three places.
    assert false_alarm_rate(looks, limit) == pytest.approx(0.05, abs=1e-4)


def test_ten_looks_are_counted_at_once() -> None:
    false_alarm_rate(10)
    began = time.perf_counter()
    false_alarm_rate(10)
    assert time.perf_counter() - began < 0.05


def test_the_interval_ends_where_the_mixture_of_tests_has_won_twenty_to_one() -> None:
    # The same limit by another way: bets on means drawn from a normal prior, mixed by numbers, not by the formula.
    n, tuned_for, level = 3000.0, 5000, 0.95
    spent = -2 * math.log(1 - level)
    rho = math.sqrt((spent + math.log(spent + 1)) / tuned_for)
    total = always_valid_reach(n, level, tuned_for) * math.sqrt(n)
    bets = np.linspace(-12 * rho, 12 * rho, 200_001)
    prior = np.exp(-(bets**2) / (2 * rho**2)) / (rho * math.sqrt(2 * math.pi))

    wealth = np.trapezoid(np.exp(bets * total - n * bets**2 / 2) * prior, bets)

    assert wealth == pytest.approx(20.0, rel=1e-6)


def test_a_worked_interval() -> None:
    # By hand: rho^2 = (5.991465 + ln 6.991465) / 5000 = 7.936155 / 5000, so n rho^2 = 1.587231 at n = 1000;
    # 2 x 2.587231 / 1.587231 = 3.260056; ln(sqrt(2.587231) x 20) = 3.471027; the root of their product is 3.36389.
    assert always_valid_reach(1000) == pytest.approx(3.36389, abs=1e-5)


def test_the_interval_is_about_narrowest_where_it_is_tuned() -> None:
    widths = {tuned: always_valid_reach(5000, tuned_for=tuned) for tuned in (500, 2000, 5000, 12_000, 50_000)}

    assert min(widths.values()) == pytest.approx(widths[5000], rel=0.005)
    assert widths[500] > widths[5000] < widths[50_000]


@pytest.mark.parametrize("n", [50, 400, 5000, 2_000_000])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_pvalue_goes_with_the_interval(n: float, level: float) -> None:
    reach = always_valid_reach(n, level)

    assert always_valid_pvalue(reach, n, level) == pytest.approx(1 - level, rel=1e-9)
    assert always_valid_pvalue(0.0, n, level) == 1.0


def test_a_contrast_is_wider_everywhere_and_as_high() -> None:
    rng = np.random.default_rng(1)
    fixed = compare_means(moments(rng.normal(11, 2, 800)), moments(rng.normal(10, 2, 400)))
    found = always_valid_interval(fixed, 1200)

    assert (found.value, found.relative.value) == (fixed.value, fixed.relative.value)
    for one, other in ((found, fixed), (found.relative, fixed.relative), (found.control, fixed.control)):
        assert one.ci_lower < other.ci_lower < other.ci_upper < one.ci_upper  # type: ignore[attr-defined]
    assert fixed.pvalue < found.pvalue < 0.05 < 1
    assert "confidence sequence" in found.method


def test_the_relative_effect_and_the_difference_never_contradict_each_other() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        arms = [moments(rng.normal(rng.choice([-10, 10]) + shift, 3, 300)) for shift in (0.5, 0.0)]
        found = always_valid_interval(compare_means(*arms), 600)
        if found.treatment.value * found.control.value > 0:
            assert (found.ci_lower > 0) == (found.relative.ci_lower > 0)
            assert (found.ci_upper < 0) == (found.relative.ci_upper < 0)


def test_shares_keep_within_nought_and_one_and_a_rare_event_has_an_interval() -> None:
    found = always_valid_interval(compare_proportions(0, 300, 3, 280), 580, bounds=(0.0, 1.0))

    assert found.treatment.ci_lower == 0.0
    assert 0 < found.treatment.ci_upper < 1
    assert found.ci_lower < found.value < found.ci_upper
    assert found.relative.reason == "near_nought"


def test_where_there_was_no_interval_there_is_none() -> None:
    for arms in ((np.ones(50), np.zeros(50)), (np.ones(1), np.arange(50.0))):
        fixed = compare_means(*(moments(np.asarray(arm, dtype=float)) for arm in arms))
        found = always_valid_interval(fixed, 100)

        assert found.reason == fixed.reason != ""
        assert math.isnan(found.ci_lower)
        assert math.isnan(found.pvalue)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: always_valid_reach(0),
        lambda: always_valid_reach(100, tuned_for=0),
        lambda: always_valid_reach(100, 1.0),
        lambda: false_alarm_rate(0),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"must|1 look or more"):
        wrong()  # type: ignore[operator]


def left_at_some_look(anytime: bool, runs: int) -> float:
    """Of experiments without an effect, looked at ten times from 200 customers an arm on."""
    rng, left = np.random.default_rng(3), 0
    for _ in range(runs):
        arms = [rng.lognormal(0, 0.8, 2000) for _ in range(2)]
        fixed = (compare_means(*(moments(arm[:n]) for arm in arms)) for n in range(200, 2001, 200))
        found = (always_valid_interval(one, one.n_obs, 1000) if anytime else one for one in fixed)
        left += any(is_left(one) for one in found)
    return left / runs


def is_left(found: Contrast) -> bool:
    return found.ci_lower > 0 or found.ci_upper < 0


def test_under_many_looks_the_anytime_interval_holds_and_the_ordinary_one_does_not() -> None:
    runs = 300

    assert left_at_some_look(True, runs) <= 0.05
    # Three standard errors around what Armitage and others say of ten looks.
    assert left_at_some_look(False, runs) == pytest.approx(0.193, abs=3 * math.sqrt(0.193 * 0.807 / runs))
