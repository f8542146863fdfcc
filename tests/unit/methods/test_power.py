import math

import numpy as np
import pytest

from retention_lab.methods.comparisons import compare_restricted_means
from retention_lab.methods.effects import Moments, compare_means
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.planned_outcomes import Outcome, PlannedMean, PlannedShare, PlannedSurvival
from retention_lab.methods.power import PlannedTest, plan_size, power_of, smallest_effect
from retention_lab.methods.proportions import compare_proportions
from retention_lab.methods.survival import estimate_survival

DAYS = np.arange(1.0, 181.0)
STAYING = PlannedSurvival(time=DAYS, survival=0.8 ** (DAYS / 180), horizon=180.0)


@pytest.mark.parametrize(
    ("outcome", "effect", "power", "expected"),
    [
        # R 4.2: power.prop.test(p1 = .2, p2 = .25, power = .8, tol = 1e-12)$n
        (PlannedShare(share=0.2), 0.05, 0.8, 1093.739046),
        # R 4.2: power.prop.test(p1 = .1, p2 = .11, power = .8, tol = 1e-12)$n
        (PlannedShare(share=0.1), 0.01, 0.8, 14750.79047),
        # R 4.2: power.t.test(delta = .5, sd = 2, power = .9, tol = 1e-12)$n
        (PlannedMean(sd=2), 0.5, 0.9, 337.2007981),
        # R 4.2: power.t.test(delta = 4, sd = 2, power = .8, tol = 1e-12)$n
        (PlannedMean(sd=2), 4.0, 0.8, 5.090000759),
        (PlannedMean(sd=2), -4.0, 0.8, 5.090000759),
    ],
)
def test_equal_groups_need_what_r_says(outcome: Outcome, effect: float, power: float, expected: float) -> None:
    found = plan_size(outcome, effect, PlannedTest(power=power))

    # R prints ten digits.
    assert (found.n_control, found.n_treated) == pytest.approx((expected, expected), rel=1e-7)
    assert (found.whole_control, found.whole_total) == (math.ceil(expected), 2 * math.ceil(expected))


def test_power_and_smallest_effect_are_those_of_r() -> None:
    # R 4.2: power.t.test(delta = .5, sd = 2, n = 5)$power
    assert power_of(PlannedMean(sd=2), 0.5, 5, 5, PlannedTest()) == pytest.approx(0.05377559956, abs=1e-9)
    # R 4.2: power.t.test(n = 50, sd = 2, power = .8, tol = 1e-12)$delta
    assert smallest_effect(PlannedMean(sd=2), 50, 50, PlannedTest()) == pytest.approx(1.13176587, abs=1e-7)
    # R 4.2: power.prop.test(p1 = .2, n = 400, power = .8, tol = 1e-12)$p2
    found = smallest_effect(PlannedShare(share=0.2), 400, 400, PlannedTest())
    assert found == pytest.approx(0.284766606 - 0.2, abs=1e-8)


@pytest.mark.parametrize("outcome", [PlannedShare(share=0.3), PlannedMean(sd=5, mean=10), STAYING])
@pytest.mark.parametrize("downwards", [False, True])
def test_size_power_and_smallest_effect_say_the_same(outcome: Outcome, downwards: bool) -> None:
    test = PlannedTest(treated_share=0.7, comparisons=2)
    effect = smallest_effect(outcome, 600, 1400, test, downwards=downwards)
    size = plan_size(outcome, effect, test)

    assert (effect < 0) is downwards
    assert (size.n_control, size.n_treated) == pytest.approx((600, 1400), rel=1e-6)
    assert power_of(outcome, effect, 600, 1400, test) == pytest.approx(0.8, abs=1e-9)
    assert size.whole_total == size.whole_control + 2 * size.whole_treated


def test_survival_sees_the_variance_of_the_time_here_within_the_horizon() -> None:
    rng = np.random.default_rng(1)
    seen = STAYING.spread(0.05, 0.5)
    for ratio, variance in ((1.0, seen.control), (STAYING.hazard_ratio(0.05), seen.treated)):
        day = np.searchsorted(-(STAYING.survival**ratio), -rng.uniform(size=400_000), side="right") + 1.0
        # Five standard errors of a variance from so many customers.
        assert np.minimum(day, 180).var() == pytest.approx(variance, rel=0.02)
    assert STAYING.survival[-1] ** STAYING.hazard_ratio(0.05) == pytest.approx(0.85)
    # Under constant rates the area is (1 - S) / rate; that days are rounded up adds (1 - S) / 2.
    rates = [-math.log(one) / 180 for one in (0.8, 0.85)]
    areas = [(1 - one) / rate + (1 - one) / 2 for one, rate in zip((0.8, 0.85), rates, strict=True)]
    assert STAYING.gain(0.05) == pytest.approx(areas[1] - areas[0], abs=0.01)


def test_clusters_cost_and_a_covariate_saves() -> None:
    plain = plan_size(PlannedShare(share=0.2), 0.05, PlannedTest()).n_control
    together = PlannedTest(cluster_size=30, cluster_correlation=0.02)
    saved = plan_size(PlannedShare(share=0.2), 0.05, PlannedTest(variance_explained=0.36))

    assert saved.n_control == pytest.approx(0.64 * plain, rel=1e-9)
    # 1 + 29 x 0.02 times as many; a little more, since a t test on some 116 clusters pays for not knowing the variance.
    found = plan_size(PlannedShare(share=0.2), 0.05, together).n_control / plain
    assert 1.58 < found < 1.62


def test_an_effect_that_multiplies_spreads_the_spending_of_the_treated_too() -> None:
    added, multiplied = (plan_size(PlannedMean(sd=20, mean=mean), 2.0, PlannedTest()) for mean in (None, 20.0))

    assert multiplied.n_control / added.n_control == pytest.approx((1 + 1.1**2) / 2, rel=2e-3)


def test_what_cannot_be_seen_is_said() -> None:
    assert math.isnan(smallest_effect(PlannedShare(share=0.99), 50, 50, PlannedTest()))
    assert math.isnan(smallest_effect(PlannedShare(share=0.5), 1, 50, PlannedTest()))
    assert math.isnan(smallest_effect(PlannedMean(sd=90, mean=10), 5, 5, PlannedTest()))
    assert power_of(PlannedMean(sd=1), 5, 1, 50, PlannedTest()) == 0
    # One in a thousand leaves: to see that nobody does takes thousands.
    tiny = PlannedSurvival(time=np.array([10.0]), survival=np.array([0.999]), horizon=90.0)
    assert plan_size(tiny, 0.001, PlannedTest()).whole_total > 10_000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: plan_size(PlannedShare(share=0.2), 0.0, PlannedTest()), "an effect of nought"),
        (lambda: plan_size(PlannedShare(share=0.2), 0.9, PlannedTest()), "effect must lie between -0.2 and 0.8"),
        (lambda: PlannedShare(share=1.0), "share must lie between 0 and 1"),
        (lambda: PlannedMean(sd=0.0), "sd must be positive"),
        (lambda: PlannedMean(sd=1.0, mean=-1.0), "must be positive and finite"),
        (lambda: PlannedSurvival(time=DAYS, survival=np.ones(180), horizon=9.0), "survival at a positive horizon"),
        (lambda: PlannedTest(power=1.0, significance=0.0), "power must lie.*significance must lie"),
        (lambda: PlannedTest(comparisons=0), "1 or more comparisons"),
        (lambda: PlannedTest(variance_explained=1.0), "variance_explained from 0"),
    ],
)
def test_what_makes_no_plan_is_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


RUNS = 1000
# Three standard errors of a share of 1,000 runs, at 80 %.
NEAR = 3 * math.sqrt(0.8 * 0.2 / RUNS)


def test_shares_are_found_as_often_as_promised() -> None:
    rng, size = np.random.default_rng(2), plan_size(PlannedShare(share=0.1), 0.03, PlannedTest(treated_share=0.8))
    n, others = size.whole_treated, size.whole_control
    drawn = zip(rng.binomial(n, 0.13, RUNS), rng.binomial(others, 0.1, RUNS), strict=True)

    found = [compare_proportions(hits, n, hits_control, others).pvalue < 0.05 for hits, hits_control in drawn]

    assert np.mean(found) == pytest.approx(0.8, abs=NEAR)


def test_means_of_skewed_spending_are_found_as_often_as_promised() -> None:
    rng, spread = np.random.default_rng(3), math.sqrt(math.log(2))
    n = plan_size(PlannedMean(sd=20, mean=20), 4.0, PlannedTest()).whole_control

    def arm(factor: float) -> Moments:
        spent = factor * 20 * rng.lognormal(-(spread**2) / 2, spread, n)
        return Moments(n=n, mean=np.array([spent.mean(), 1, 0]), covariance=np.diag([spent.var(ddof=1), 0, 0]))

    found = [compare_means(arm(1.2), arm(1.0)).pvalue < 0.05 for _ in range(RUNS)]

    assert np.mean(found) == pytest.approx(0.8, abs=NEAR)


def test_time_gained_is_found_as_often_as_promised() -> None:
    rng, size = np.random.default_rng(4), plan_size(STAYING, 0.08, PlannedTest(treated_share=0.7))

    def curve(n: int, ratio: float) -> object:
        day = np.searchsorted(-(STAYING.survival**ratio), -rng.uniform(size=n), side="right") + 1.0
        return estimate_survival(life_table(np.minimum(day, 180), day <= 180))

    ratio = STAYING.hazard_ratio(0.08)
    found = [
        compare_restricted_means(curve(size.whole_treated, ratio), curve(size.whole_control, 1.0), 180.0).pvalue < 0.05  # type: ignore[arg-type]
        for _ in range(RUNS)
    ]

    assert np.mean(found) == pytest.approx(0.8, abs=NEAR)
