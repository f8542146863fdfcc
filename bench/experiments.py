"""Whether tests and intervals of experiments hold what they promise: A/A rejections and coverage, nominal 5 and 95 %.

    PYTHONPATH=src python bench/experiments.py coverage
    PYTHONPATH=src python bench/experiments.py speed [--postgres]

2,000 experiments of each kind without an effect, and 2,000 with one. Between 3 and 7 % of the first may be rejected,
and 93 to 97 % of all intervals must hold the truth; otherwise the exit code is 1. The seed was chosen beforehand.
A share from 2,000 experiments is known to about one point.

`speed` has two million customers with four outcomes go through the whole analysis, their files included, in a process
of its own: at most 10 s and 2 GiB. With `--postgres` their tables lie in a server, which keeps all rows.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

import experiments_speed
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from retention_lab.methods.comparisons import (
    compare_clustered_survival_arms,
    compare_survival,
    compare_survival_arms,
    compare_survival_at,
)
from retention_lab.methods.effects import Contrast, Moments, compare_means, noninferiority_pvalue
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.life_tables import LifeTable, life_table
from retention_lab.methods.proportions import compare_proportions
from retention_lab.methods.quantiles import compare_quantiles, estimate_of_order, quantile_ranks
from retention_lab.methods.survival import estimate_survival

SEED = 20261121
REPETITIONS = 2000
REJECTED, HELD = (0.03, 0.07), (0.93, 0.97)
HORIZON = 90.0

Floats = NDArray[np.float64]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of outcome: an experiment is drawn with an effect, and `level` is an arm's true value under an effect."""

    name: str
    draw: Callable[[Rng, float], Contrast]
    level: Callable[[float], float]
    effect: float = 0.2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["coverage", "speed"])
    arguments.add_argument("--repetitions", type=int, default=REPETITIONS)
    arguments.add_argument("--customers", type=int, default=experiments_speed.CUSTOMERS)
    arguments.add_argument("--postgres", action="store_true")
    asked = arguments.parse_args()
    if asked.what == "speed":
        sys.exit(0 if experiments_speed.main(asked.customers, postgres=asked.postgres) else 1)
    sys.exit(0 if show_all(asked.repetitions) else 1)


def show_all(repetitions: int) -> bool:
    print(f"{repetitions} experiments each    A/A: p < .05   held   with an effect: held   relative   can be had")
    fine = [show(kind, repetitions, np.random.default_rng([SEED, place])) for place, kind in enumerate(KINDS)]
    rng = np.random.default_rng([SEED, len(KINDS)])
    fine.append(show_share("log-rank, A/A", np.mean([log_rank(rng) < 0.05 for _ in range(repetitions)])))
    for better in ("higher", "lower"):
        worse = [not_inferior(rng, better) < 0.05 for _ in range(repetitions)]
        fine.append(show_share(f"non-inferiority at the margin, {better}", np.mean(worse)))
    return all(fine)


def show(kind: Kind, repetitions: int, rng: Rng) -> bool:
    none = [kind.draw(rng, 0.0) for _ in range(repetitions)]
    some = [kind.draw(rng, kind.effect) for _ in range(repetitions)]
    known = [one.relative for one in some if not one.relative.reason]
    some = [one for one in some if not one.reason]
    treated, control = kind.level(kind.effect), kind.level(0.0)
    rejected = float(np.mean([one.pvalue < 0.05 for one in none]))
    held = (
        held_by([one for one in none if not one.reason], 0.0),
        held_by(some, treated - control),
        held_by(known, (treated - control) / abs(control)),
    )
    fine = within(rejected, REJECTED) and all(within(share, HELD) for share in held)
    print(f"{kind.name:32}{rejected:9.1%}{held[0]:10.1%}{held[1]:16.1%}{held[2]:14.1%}{len(known) / repetitions:11.1%}"
          f"{'' if fine else '   OUTSIDE'}")  # fmt: skip
    return fine


def show_share(name: str, share: float) -> bool:
    fine = within(share, REJECTED)
    print(f"{name:32}{share:9.1%}{'' if fine else '   OUTSIDE'}")
    return fine


def held_by(found: list[Contrast] | list[Estimate], truth: float) -> float:
    return float(np.mean([one.ci_lower <= truth <= one.ci_upper for one in found]))


def within(share: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= share <= limits[1]


def moments(y: Floats, d: Floats | None = None, x: Floats | None = None) -> Moments:
    columns = np.stack([y, np.ones(y.size) if d is None else d, np.zeros(y.size) if x is None else x])
    return Moments(n=y.size, mean=columns.mean(axis=1), covariance=np.cov(columns))


def skewed(rng: Rng, effect: float) -> Contrast:
    treated, control = np.exp(0.8 * rng.standard_normal((2, 1000)))
    return compare_means(moments((1 + effect) * treated), moments(control))


def spend(rng: Rng, effect: float) -> Contrast:
    treated, control = (rng.random((2, 2000)) < 0.3) * np.exp(3 + 0.8 * rng.standard_normal((2, 2000)))
    return compare_means(moments((1 + effect) * treated), moments(control))


def losses(rng: Rng, effect: float) -> Contrast:
    treated, control = 6 * rng.standard_normal((2, 400)) - 2
    return compare_means(moments(treated - 2 * effect), moments(control))


def few(rng: Rng, effect: float) -> Contrast:
    return compare_means(moments(2 + effect + rng.standard_normal(8)), moments(2 + 3 * rng.standard_normal(15)))


def ratio(rng: Rng, effect: float) -> Contrast:
    arms = []
    for rate in (0.25 * (1 + effect), 0.25):
        orders = 1 + rng.poisson(rng.gamma(1.0, 3.0, 400))
        arms.append(moments(rng.binomial(orders, rng.beta(4 * rate, 4 - 4 * rate, 400)), orders))
    return compare_means(*arms)


def before_and_after(rng: Rng, effect: float) -> Contrast:
    x = np.exp(0.6 * rng.standard_normal((2, 300)))
    y = 0.8 * x + np.exp(0.5 * rng.standard_normal((2, 300)))
    return compare_means(moments((1 + effect) * y[0], x=x[0]), moments(y[1], x=x[1]), adjust=True)


def clusters(n: int, unevenness: float, *, covariate: bool = False) -> Callable[[Rng, float], Contrast]:
    def draw(rng: Rng, effect: float) -> Contrast:
        size = np.ceil(50 * np.exp(unevenness * rng.standard_normal((2, n))))
        own = 0.4 * rng.standard_normal((2, n))
        before, after = (
            size * (2 + own + 0.2 * rng.standard_normal((2, n))) + np.sqrt(size) * rng.standard_normal((2, n))
            for _ in range(2)
        )
        x = before / size if covariate else np.zeros((2, n))
        treated, control = (
            moments(after[arm] + gain * size[arm], size[arm], x[arm]) for arm, gain in enumerate((effect, 0.0))
        )
        return compare_means(treated, control, adjust=covariate)

    return draw


def share(n: int, base: float) -> Callable[[Rng, float], Contrast]:
    def draw(rng: Rng, effect: float) -> Contrast:
        events = rng.binomial(n, [base * (1 + effect), base])
        return compare_proportions(float(events[0]), n, float(events[1]), n)

    return draw


def stays(rng: Rng, effect: float, size: int = 300) -> list[LifeTable]:
    tables = []
    for mean in (120 * (1 + effect), 120.0):
        stay, seen = rng.exponential(mean, size), rng.uniform(60, 180, size)
        tables.append(life_table(np.minimum(stay, seen), stay <= seen))
    return tables


def restricted_mean(rng: Rng, effect: float) -> Contrast:
    treated, control = (estimate_survival(table) for table in stays(rng, effect))
    return compare_survival_arms(treated, control, HORIZON)


def still_here(rng: Rng, effect: float) -> Contrast:
    treated, control = (estimate_survival(table) for table in stays(rng, effect))
    return compare_survival_at(treated, control, HORIZON)


def clustered_stays(rng: Rng, effect: float) -> Contrast:
    arms = []
    for mean in (120 * (1 + effect), 120.0):
        shared = mean * np.exp(0.4 * rng.standard_normal(12))
        sizes = rng.integers(15, 60, 12)
        tables = []
        for stay_here, size in zip(shared, sizes, strict=True):
            stay, seen = rng.exponential(stay_here, size), rng.uniform(60, 180, size)
            tables.append(life_table(np.minimum(stay, seen), stay <= seen))
        arms.append(tables)
    return compare_clustered_survival_arms(arms[0], arms[1], HORIZON)


def clustered_level(effect: float) -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    mean = 120 * (1 + effect) * np.exp(0.4 * nodes)
    return float(np.sum(weights * mean * (1 - np.exp(-HORIZON / mean))) / weights.sum())


def quantile(level: float) -> Callable[[Rng, float], Contrast]:
    def draw(rng: Rng, effect: float) -> Contrast:
        ranks, arms = quantile_ranks(500, level), []
        for scale in (1 + effect, 1.0):
            ordered = np.sort(scale * np.exp(0.8 * rng.standard_normal(500)))
            arms.append(estimate_of_order(ranks, [float(ordered[rank - 1]) for rank in ranks.fetched]))
        return compare_quantiles(*arms)

    return draw


def log_rank(rng: Rng) -> float:
    return compare_survival(stays(rng, 0.0)).pvalue


def not_inferior(rng: Rng, better: str) -> float:
    """The treatment is worse by just the margin: to call it no worse would be wrong."""
    worse = 0.05 if better == "lower" else -0.05
    events = rng.binomial(800, [0.3 + worse, 0.3])
    found = compare_proportions(float(events[0]), 800, float(events[1]), 800)
    return noninferiority_pvalue(found, 0.05, better)  # type: ignore[arg-type]


def within_horizon(effect: float) -> float:
    return 120 * (1 + effect) * (1 - math.exp(-HORIZON / (120 * (1 + effect))))


KINDS = (
    Kind(name="mean, skewed, 1,000", draw=skewed, level=lambda e: (1 + e) * math.exp(0.32)),
    Kind(name="spend, 70 % nought, 2,000", draw=spend, level=lambda e: (1 + e) * 0.3 * math.exp(3.32)),
    Kind(name="negative mean, 400", draw=losses, level=lambda e: -2 - 2 * e, effect=0.4),
    Kind(name="8 against 15, spreads 1 and 3", draw=few, level=lambda e: 2 + e, effect=0.5),
    Kind(name="ratio of sums, 400", draw=ratio, level=lambda e: 0.25 * (1 + e)),
    Kind(
        name="with a covariate, 300",
        draw=before_and_after,
        level=lambda e: (1 + e) * (0.8 * math.exp(0.18) + math.exp(0.125)),
    ),
    Kind(name="10 clusters, equal", draw=clusters(10, 0.0), level=lambda e: 2 + e),
    Kind(name="10 clusters, sizes differ", draw=clusters(10, 0.5), level=lambda e: 2 + e),
    Kind(name="10 clusters, sizes differ much", draw=clusters(10, 0.9), level=lambda e: 2 + e),
    Kind(name="40 clusters, sizes differ much", draw=clusters(40, 0.9), level=lambda e: 2 + e),
    Kind(name="10 clusters, with a covariate", draw=clusters(10, 0.5, covariate=True), level=lambda e: 2 + e),
    Kind(name="share of 20 %, 800", draw=share(800, 0.2), level=lambda e: 0.2 * (1 + e)),
    Kind(name="share of 2 %, 1,500", draw=share(1500, 0.02), level=lambda e: 0.02 * (1 + e)),
    Kind(name="share of 97 %, 400", draw=share(400, 0.97), level=lambda e: 0.97 * (1 + e), effect=0.01),
    Kind(name="restricted mean, 300", draw=restricted_mean, level=within_horizon),
    Kind(name="survival at a time, 300", draw=still_here, level=lambda e: math.exp(-HORIZON / (120 * (1 + e)))),
    Kind(name="restricted mean, 12 clusters", draw=clustered_stays, level=clustered_level),
    Kind(name="median, 500", draw=quantile(0.5), level=lambda e: 1 + e),
    Kind(name="upper tenth, 500", draw=quantile(0.9), level=lambda e: (1 + e) * math.exp(0.8 * float(ndtri(0.9)))),
)


if __name__ == "__main__":
    main()
