"""Experiments against published numbers, R 4.2.2 with survival 3.5-3, and tea-tasting 1.14.

Cookie Cats (90,189 players, two arms) is not part of the project: RETENTION_LAB_REFERENCE_DATA names its folder.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_lung

from retention_lab.methods.comparisons import estimate_clustered_restricted_mean
from retention_lab.methods.effects import Contrast, Moments, compare_means
from retention_lab.methods.life_tables import life_table
from retention_lab.methods.proportions import compare_proportions
from retention_lab.methods.quantiles import compare_quantiles, estimate_of_order, quantile_ranks
from retention_lab.methods.sample_ratio import check_sample_ratio


@pytest.fixture(scope="module")
def players(reference_data: Path) -> pd.DataFrame:
    return pd.read_csv(reference_data / "cookie_cats" / "cookie_cats.csv")


def arms(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The later gate is the treatment."""
    return rows[rows["test_version"] == "gate_40"], rows[rows["test_version"] == "gate_30"]


def moments(rows: pd.DataFrame, y: str, d: str | None = None, x: str | None = None) -> Moments:
    columns = np.array(
        [
            rows[y].to_numpy(dtype=float),
            rows[d].to_numpy(dtype=float) if d else np.ones(len(rows)),
            rows[x].to_numpy(dtype=float) if x else np.zeros(len(rows)),
        ]
    )
    return Moments(n=len(rows), mean=columns.mean(axis=1), covariance=np.cov(columns))


def test_cookie_cats_sample_ratio(players: pd.DataFrame) -> None:
    # chisq.test(c(44700, 45489))
    found = check_sample_ratio([len(arm) for arm in arms(players)], [0.5, 0.5])

    assert found.observed.tolist() == [45489, 44700]
    assert (found.statistic, found.pvalue) == pytest.approx((6.9024, 0.008608), abs=1e-4)


@pytest.mark.parametrize(
    ("column", "value", "limits", "pvalue", "relative"),
    [
        ("retention_1", -0.005905, (-0.012392, 0.000582), 0.0744, -0.01318),
        ("retention_7", -0.008201, (-0.013282, -0.003121), 0.001554, -0.04312),
    ],
)
def test_cookie_cats_retention(
    players: pd.DataFrame,
    column: str,
    value: float,
    limits: tuple[float, float],
    pvalue: float,
    relative: float,
) -> None:
    # prop.test(c(k40, k30), c(n40, n30), correct = FALSE); the published analyses of this data give the same.
    treated, control = arms(players)
    found = compare_proportions(treated[column].sum(), len(treated), control[column].sum(), len(control))

    assert found.value == pytest.approx(value, abs=1e-6)
    # R's is Wald's interval: with 45,000 players an arm, Newcombe's is the same to five decimals.
    assert (found.ci_lower, found.ci_upper) == pytest.approx(limits, abs=1e-5)
    assert found.pvalue == pytest.approx(pvalue, rel=1e-3)
    assert found.relative.value == pytest.approx(relative, abs=1e-5)


def test_cookie_cats_rounds_and_what_one_bot_does_to_them(players: pd.DataFrame) -> None:
    # t.test(sum_gamerounds ~ version), with and without the player of 49,854 rounds
    def compared(rows: pd.DataFrame) -> Contrast:
        treated, control = arms(rows)
        return compare_means(moments(treated, "sum_gamerounds"), moments(control, "sum_gamerounds"))

    everybody, without = compared(players), compared(players[players["sum_gamerounds"] < 49_854])

    assert (everybody.control.value, everybody.treatment.value) == pytest.approx((52.456, 51.299), abs=1e-3)
    assert everybody.pvalue == pytest.approx(0.376, abs=1e-3)
    assert (without.control.value, without.pvalue) == pytest.approx((51.342, 0.949), abs=1e-3)


def test_cookie_cats_medians(players: pd.DataFrame) -> None:
    found = []
    for arm in arms(players):
        ordered, ranks = np.sort(arm["sum_gamerounds"]), quantile_ranks(len(arm), 0.5)
        found.append(estimate_of_order(ranks, [ordered[rank - 1] for rank in ranks.fetched]))

    assert [arm.value for arm in found] == [16, 17]
    assert compare_quantiles(*found).value == -1


LUNG = load_lung().dropna(subset="inst")


@pytest.mark.parametrize(("sexes", "expected"), [([1, 2], 7.61913807), ([1], 9.906726873), ([2], 8.998594837)])
def test_restricted_mean_with_an_error_between_clusters(sexes: list[int], expected: float) -> None:
    # l <- subset(lung, !is.na(inst) & sex %in% sexes)
    # f <- survfit(Surv(time, status) ~ 1, l, cluster = inst, influence = TRUE)
    # k <- f$time < 365; sqrt(sum((f$influence.surv[, k] %*% diff(c(f$time[k], 365)))^2))
    rows = LUNG[LUNG["sex"].isin(sexes)]
    clusters = [life_table(part["time"], part["status"]) for _, part in rows.groupby("inst")]

    found, freedom = estimate_clustered_restricted_mean(clusters, 365)

    sizes = rows.groupby("inst").size()
    assert freedom + 1 == pytest.approx(len(rows) ** 2 / (sizes**2).sum())
    # Ours is larger by what few clusters make an error look too small.
    assert found.std_error * np.sqrt(freedom / (freedom + 1)) == pytest.approx(expected, abs=1e-8)


def test_restricted_mean_with_an_error_between_clusters_and_late_entry() -> None:
    # i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    # ev <- as.integer((i * 5) %% 7 < 4); f <- survfit(Surv(entry, dur, ev) ~ 1, cluster = i %% 7, influence = TRUE)
    # k <- f$time < 14; sqrt(sum((f$influence.surv[, k] %*% diff(c(f$time[k], 14)))^2))
    row = np.arange(60)
    entry = np.where(row % 3 == 0, 0, row * 7 % 11)
    duration, event = entry + 1 + row * 13 % 17, row * 5 % 7 < 4
    clusters = [life_table(duration[k], event[k], entry[k]) for k in (row % 7 == place for place in range(7))]

    found, freedom = estimate_clustered_restricted_mean(clusters, 14)

    assert found.std_error * np.sqrt(freedom / (freedom + 1)) == pytest.approx(1.198582307, abs=1e-8)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    rng, n = np.random.default_rng(20), 40_000
    before = rng.gamma(2.0, 10.0, n)
    return pd.DataFrame(
        {
            "variant": np.repeat([0, 1], n // 2),
            "spend": 0.6 * before + rng.exponential(12.0, n) * np.repeat([1, 1.03], n // 2),
            "orders": 1 + rng.poisson(2.0, n),
            "before": before,
        }
    )


@pytest.fixture(scope="module")
def tasted(customers: pd.DataFrame) -> Any:
    tasting = pytest.importorskip("tea_tasting")
    return tasting.Experiment(
        mean=tasting.Mean("spend", use_t=True, equal_var=False),
        ratio=tasting.RatioOfMeans("spend", "orders"),
        adjusted=tasting.Mean("spend", "before"),
    ).analyze(customers)


@pytest.mark.parametrize(
    ("name", "d", "x", "tolerance"),
    [
        # The same test, to rounding.
        ("mean", None, None, 1e-9),
        # Ours has Kish's factor: 1 + 3/20,000 of the variance.
        ("ratio", "orders", None, 2e-4),
        # Ours has the slope within the groups, theirs over both: an effect leaks into that by its square, 1e-4 here.
        ("adjusted", None, "before", 5e-4),
    ],
)
def test_another_library_on_the_same_customers(
    customers: pd.DataFrame, tasted: Any, name: str, d: str | None, x: str | None, tolerance: float
) -> None:
    control, treated = (part for _, part in customers.groupby("variant"))
    found = compare_means(moments(treated, "spend", d, x), moments(control, "spend", d, x), adjust=x is not None)

    theirs = tasted[name]
    width = theirs.effect_size_ci_upper - theirs.effect_size_ci_lower
    assert found.value == pytest.approx(theirs.effect_size, abs=tolerance * width)
    assert (found.ci_lower, found.ci_upper) == pytest.approx(
        (theirs.effect_size_ci_lower, theirs.effect_size_ci_upper), abs=tolerance * width
    )
    # Theirs is symmetric for the logarithm of the ratio, ours is Fieller's: they meet as the groups grow.
    assert found.relative.value == pytest.approx(theirs.rel_effect_size, abs=tolerance * width)
    assert (found.relative.ci_lower, found.relative.ci_upper) == pytest.approx(
        (theirs.rel_effect_size_ci_lower, theirs.rel_effect_size_ci_upper), abs=5e-5
    )
