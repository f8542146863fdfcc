"""Whether plans keep what they promise, and whether anytime-valid intervals hold under many looks.

    PYTHONPATH=src python bench/experiments_power.py power
    PYTHONPATH=src python bench/experiments_power.py looks

`power`: 10,000 experiments of the planned size for each kind of outcome, judged by the test that an evaluation uses:
found as often as promised, within 2 points. `looks`: 2,000 experiments, looked at 50 times from 200 customers an arm
on: intervals that leave out the truth at some look, of the anytime-valid kind at most 5 %; beside it the ordinary
intervals under the same looks. Seeds are fixed. Exit code 1 where something is outside.
"""

import argparse
import sys
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retention_lab.methods.comparisons import compare_restricted_means, compare_survival_arms
from retention_lab.methods.effects import Moments, compare_means
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.planned_outcomes import Outcome, PlannedMean, PlannedShare, PlannedSurvival
from retention_lab.methods.power import PlannedTest, SampleSize, plan_size
from retention_lab.methods.proportions import compare_proportions
from retention_lab.methods.sequential import always_valid_interval, false_alarm_rate
from retention_lab.methods.survival import SurvivalCurve, estimate_survival
from retention_lab.methods.two_arms import Contrast

Floats = NDArray[np.float64]
# An experiment of this many customers in the control and in the treated group: its p-value.
Judge = Callable[[Generator, int, int], float]
SEED, RUNS, LOOK_RUNS = 20260301, 10_000, 2_000
LOOKS, EACH = 50, 200
HORIZON, STAYING = 180, 0.8


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("verb", choices=["power", "looks"])
    arguments.add_argument("--runs", type=int)
    asked = arguments.parse_args()
    measured = power(asked.runs or RUNS) if asked.verb == "power" else looks(asked.runs or LOOK_RUNS)
    sys.exit(0 if measured else 1)


def power(runs: int) -> bool:
    print(f"{runs} experiments of the planned size; found on the right side or not, at 5 %")
    kept = []
    for place, (name, outcome, effect, test, judge) in enumerate(plans()):
        size, rng = plan_size(outcome, effect, test), np.random.default_rng([SEED, place])
        found = np.mean([judge(rng, size.whole_control, size.whole_treated) < 0.05 for _ in range(runs)])
        kept.append(abs(found - test.power) <= 0.02)
        print(f"  {name:48} {told(size):>16}  promised {test.power:.1%}  found {found:.1%}  {verdict(kept[-1])}")
    return all(kept)


def told(size: SampleSize) -> str:
    return f"{size.whole_control} + {size.whole_treated}"


def verdict(kept: bool) -> str:
    return "kept" if kept else "BROKEN"


def plans() -> list[tuple[str, Outcome, float, PlannedTest, Judge]]:
    even, mostly = PlannedTest(), PlannedTest(treated_share=0.8)
    curve = staying()
    return [
        ("share .20 to .25", PlannedShare(share=0.2), 0.05, even, shares(0.2, 0.25)),
        ("share .10 to .13, four in five treated", PlannedShare(share=0.1), 0.03, mostly, shares(0.1, 0.13)),
        ("mean, normal, half a deviation, 90 %", PlannedMean(sd=2), 1.0, PlannedTest(power=0.9), normal(1.0, 2.0)),
        ("mean, normal, few customers", PlannedMean(sd=2), 3.0, mostly, normal(3.0, 2.0)),
        ("mean, log-normal, 10 % more for everybody", PlannedMean(sd=20, mean=20), 2.0, even, log_normal(1.1)),
        (
            "mean with a covariate, correlation .6",
            PlannedMean(sd=2),
            0.3,
            PlannedTest(variance_explained=0.36),
            normal(0.3, 2.0, correlation=0.6),
        ),
        (
            "mean, clusters of 20, correlation .05",
            PlannedMean(sd=2),
            0.4,
            PlannedTest(cluster_size=20, cluster_correlation=0.05),
            clusters(0.4, 2.0, 20, 0.05),
        ),
        ("restricted mean, .80 to .85 at 180 days", curve, 0.05, even, survival(curve, 0.05)),
        ("restricted mean, .80 to .83", curve, 0.03, PlannedTest(treated_share=0.7), survival(curve, 0.03)),
    ]  # fmt: skip


def shares(control: float, treated: float) -> Judge:
    def judge(rng: Generator, n_control: int, n_treated: int) -> float:
        hits, others = rng.binomial(n_treated, treated), rng.binomial(n_control, control)
        found = compare_proportions(hits, n_treated, others, n_control)
        return found.pvalue if found.value > 0 else 1.0

    return judge


def moments(y: Floats, x: Floats | None = None, d: Floats | None = None) -> Moments:
    columns = np.stack([y, np.ones_like(y) if d is None else d, np.zeros_like(y) if x is None else x])
    return Moments(n=y.size, mean=columns.mean(axis=1), covariance=np.cov(columns))


def normal(effect: float, sd: float, correlation: float = 0.0) -> Judge:
    def arm(rng: Generator, n: int, effect: float) -> Moments:
        x = rng.normal(size=n)
        y = effect + sd * (correlation * x + np.sqrt(1 - correlation**2) * rng.normal(size=n))
        return moments(y, x if correlation else None)

    def judge(rng: Generator, n_control: int, n_treated: int) -> float:
        found = compare_means(arm(rng, n_treated, effect), arm(rng, n_control, 0.0), adjust=correlation > 0)
        return found.pvalue if found.value > 0 else 1.0

    return judge


def log_normal(factor: float) -> Judge:
    """Mean 20 and standard deviation 20 without the treatment."""
    spread = np.sqrt(np.log(2))

    def judge(rng: Generator, n_control: int, n_treated: int) -> float:
        control, treated = (20 * rng.lognormal(-(spread**2) / 2, spread, n) for n in (n_control, n_treated))
        found = compare_means(moments(factor * treated), moments(control))
        return found.pvalue if found.value > 0 else 1.0

    return judge


def clusters(effect: float, sd: float, size: int, correlation: float) -> Judge:
    def arm(rng: Generator, n: int, effect: float) -> Moments:
        n_clusters = round(n / size)
        shared = np.sqrt(correlation) * rng.normal(size=n_clusters)
        own = np.sqrt(1 - correlation) * rng.normal(size=(n_clusters, size))
        sums = (effect + sd * (shared[:, None] + own)).sum(axis=1)
        return moments(sums, d=np.full(n_clusters, float(size)))

    def judge(rng: Generator, n_control: int, n_treated: int) -> float:
        found = compare_means(arm(rng, n_treated, effect), arm(rng, n_control, 0.0))
        return found.pvalue if found.value > 0 else 1.0

    return judge


def staying() -> PlannedSurvival:
    """Customers leave the faster the newer they are, and 80 % are here at the horizon."""
    time = np.arange(1.0, HORIZON + 1)
    return PlannedSurvival(time=time, survival=STAYING ** ((time / HORIZON) ** 0.7), horizon=float(HORIZON))


def survival(planned: PlannedSurvival, effect: float) -> Judge:
    def arm(rng: Generator, n: int, ratio: float) -> SurvivalCurve:
        # A customer leaves on the first day on which the curve is below what was drawn.
        day = np.searchsorted(-(planned.survival**ratio), -rng.uniform(size=n), side="right") + 1.0
        return estimate_survival(life_table(np.minimum(day, HORIZON), day <= HORIZON))

    def judge(rng: Generator, n_control: int, n_treated: int) -> float:
        treated = arm(rng, n_treated, planned.hazard_ratio(effect))
        found = compare_restricted_means(treated, arm(rng, n_control, 1.0), float(HORIZON))
        return found.pvalue if found.value > 0 else 1.0

    return judge


def looks(runs: int) -> bool:
    print(f"{runs} experiments, {LOOKS} looks at {EACH}, {2 * EACH}, ... customers an arm; left at some look:")
    alarms = [false_alarm_rate(looks) for looks in (1, 2, 5, 10, LOOKS)]
    print("  by theory, tests at 1, 2, 5, 10, 50 looks:", *(f"{alarm:.1%}" for alarm in alarms))
    kept = []
    for place, (name, contrasts, effect, relative) in enumerate(outcomes()):
        rng = np.random.default_rng([SEED, 100 + place])
        left = np.array([left_by(contrasts(rng), effect, relative) for _ in range(runs)]).mean(axis=0)
        kept.append(bool((left[:2] <= 0.05).all()))
        print(f"  {name:36} anytime {left[0]:.1%}, relative {left[1]:.1%}; ordinary {left[2]:.1%}, "
              f"relative {left[3]:.1%}  {verdict(kept[-1])}")  # fmt: skip
    return all(kept)


# The contrasts of one experiment, look by look.
Contrasts = Callable[[Generator], Iterator[Contrast]]
Draw = Callable[[Generator, bool], Floats]


def outcomes() -> list[tuple[str, Contrasts, float, float]]:
    """Name, contrasts and the true effects."""
    size = (LOOKS, EACH)
    spread = np.sqrt(np.log(2))

    def spending(rng: Generator, treated: bool) -> Floats:
        bought = rng.uniform(size=size) < 0.3
        return np.where(bought, (1.1 if treated else 1.0) * 20 * rng.lognormal(-(spread**2) / 2, spread, size), 0.0)

    return [
        ("mean, normal, no effect", means(lambda rng, treated: 10 + rng.normal(size=size)), 0.0, 0.0),
        ("mean, normal, an effect", means(lambda rng, treated: 10 + treated + rng.normal(size=size)), 1.0, 0.1),
        ("share of 10 %, no effect", means(lambda rng, treated: (rng.uniform(size=size) < 0.1) * 1.0), 0.0, 0.0),
        ("spending, mostly nought, 10 % more", means(spending), 0.6, 0.1),
        ("restricted mean, censored, no effect", stays, 0.0, 0.0),
    ]


def means(draw: Draw) -> Contrasts:
    """`draw` gives the customers of one arm, a row for those who come between two looks."""

    def contrasts(rng: Generator) -> Iterator[Contrast]:
        arms = [draw(rng, treated) for treated in (True, False)]
        sums = [(np.cumsum(arm.sum(axis=1)), np.cumsum((arm**2).sum(axis=1))) for arm in arms]
        for look in range(LOOKS):
            n = (look + 1) * EACH
            yield compare_means(*(from_sums(n, total[look], squares[look]) for total, squares in sums))

    return contrasts


def stays(rng: Generator) -> Iterator[Contrast]:
    """2,000 an arm who come over a year; looked at from the horizon on until all have been followed through it."""
    came = [rng.uniform(0, 365, 2000).round() for _ in range(2)]
    left = [np.ceil(rng.exponential(-HORIZON / np.log(STAYING), 2000)) for _ in range(2)]
    for day in np.linspace(HORIZON + 20, HORIZON + 365, LOOKS).round():
        curves = []
        for start, stay in zip(came, left, strict=True):
            seen, end = start < day, np.minimum(day - start, HORIZON)
            curves.append(estimate_survival(life_table(np.minimum(stay, end)[seen], (stay <= end)[seen])))
        if not (found := compare_survival_arms(curves[0], curves[1], float(HORIZON))).reason:
            yield found


def left_by(contrasts: Iterator[Contrast], effect: float, relative: float) -> list[bool]:
    """Whether the truth was left out at some look: anytime and relative, ordinary and relative."""
    left = np.zeros(4, dtype=bool)
    for fixed in contrasts:
        anytime = always_valid_interval(fixed, fixed.n_obs)
        pairs = [(anytime, effect), (anytime.relative, relative), (fixed, effect), (fixed.relative, relative)]
        left |= [one.ci_lower > truth or one.ci_upper < truth for one, truth in pairs]
    return left.tolist()


def from_sums(n: int, total: float, squares: float) -> Moments:
    covariance = np.zeros((3, 3))
    covariance[0, 0] = (squares - total**2 / n) / (n - 1)
    return Moments(n=n, mean=np.array([total / n, 1.0, 0.0]), covariance=covariance)


if __name__ == "__main__":
    main()
