"""Kaplan-Meier, medians, restricted means and log-rank against R 4.2.2 with survival 3.5-3.

Every block gives the R command. Data sets come with lifelines; the one with late entry is made by the formula below,
which in R is

    i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    ev <- as.integer((i * 5) %% 7 < 4); g <- i %% 3
"""

import math

import numpy as np
import pytest
from lifelines.datasets import load_leukemia, load_lung

from retention_lab.methods.comparisons import compare_survival
from retention_lab.methods.survival import (
    LifeTable,
    SurvivalCurve,
    conditional_survival,
    estimate_median,
    estimate_restricted_mean,
    estimate_survival,
    life_table,
    survival_at,
)

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4

# R prints ten digits.
PRINTED = 1e-9


def late_entry() -> SurvivalCurve:
    return estimate_survival(life_table(DURATION, EVENT, ENTRY))


def leukemia(group: int) -> LifeTable:
    """Freireich (1963); group 0 has 6-MP, group 1 the placebo."""
    rows = load_leukemia().query("Rx == @group")
    return life_table(rows["t"], rows["status"])


def lung(**which: int) -> LifeTable:
    rows = load_lung()
    for column, value in which.items():
        rows = rows[rows[column] == value]
    return life_table(rows["time"], rows["status"])


def values(curve: SurvivalCurve, times: list[float], field: str = "value") -> list[float]:
    return [getattr(estimate, field) for estimate in survival_at(curve, times)]


def test_leukemia_survival_as_in_klein_and_moeschberger() -> None:
    # survfit(Surv(t, e) ~ g, leuk, conf.type = "log-log")
    drug, placebo = (estimate_survival(leukemia(group)) for group in (0, 1))

    assert values(drug, [6, 10, 20, 23]) == pytest.approx(
        [0.85714285714, 0.75294117647, 0.62745098039, 0.44817927171], abs=PRINTED
    )
    assert values(drug, [6, 23], "std_error") == pytest.approx([0.07636035483, 0.13459145676], abs=PRINTED)
    assert values(drug, [6, 23], "ci_lower") == pytest.approx([0.61971795527, 0.18805200596], abs=PRINTED)
    assert values(drug, [6, 23], "ci_upper") == pytest.approx([0.9515517476, 0.6801426285], abs=PRINTED)
    assert values(placebo, [8]) == pytest.approx([0.38095], abs=1e-5)


def test_leukemia_medians_and_an_upper_limit_that_is_not_reached() -> None:
    drug, placebo = (estimate_median(estimate_survival(leukemia(group))) for group in (0, 1))

    assert (drug.value, drug.ci_lower, drug.reason) == (23, 13, "not_reached")
    assert math.isnan(drug.ci_upper)
    assert (placebo.value, placebo.ci_lower, placebo.ci_upper) == (8, 4, 11)


def test_leukemia_restricted_means() -> None:
    # print(survfit(Surv(t, e) ~ g, leuk), rmean = 20)
    drug, placebo = (estimate_restricted_mean(estimate_survival(leukemia(group)), 20) for group in (0, 1))

    assert (drug.value, drug.std_error) == pytest.approx((16.11653, 1.25156), abs=1e-5)
    assert (placebo.value, placebo.std_error) == pytest.approx((8.42857, 1.26808), abs=1e-5)


def test_leukemia_log_rank() -> None:
    # survdiff(Surv(t, e) ~ g, leuk)
    result = compare_survival([leukemia(0), leukemia(1)])

    assert result.statistic == pytest.approx(16.79294, abs=1e-5)
    assert result.pvalue == pytest.approx(4.169e-05, abs=1e-8)
    assert result.expected == pytest.approx([19.2505, 10.7495], abs=1e-4)


def test_lung_survival_and_median() -> None:
    # survfit(Surv(time, status) ~ 1, lung, conf.type = "log-log")
    curve = estimate_survival(lung())
    median = estimate_median(curve)

    assert (curve.n_obs, curve.n_events.sum()) == (228, 165)
    assert (median.value, median.ci_lower, median.ci_upper) == (310, 284, 361)
    assert values(curve, [180, 365, 730]) == pytest.approx([0.7216706534, 0.4092416245, 0.1156930983], abs=PRINTED)
    assert values(curve, [365], "ci_lower") == pytest.approx([0.33871426909], abs=PRINTED)


def test_lung_restricted_mean() -> None:
    mean = estimate_restricted_mean(estimate_survival(lung()), 500)

    assert (mean.value, mean.std_error) == pytest.approx((310.334, 11.246), abs=1e-3)


def test_lung_by_sex() -> None:
    men, women = lung(sex=1), lung(sex=2)

    assert [estimate_median(estimate_survival(table)).value for table in (men, women)] == [270, 426]
    assert compare_survival([men, women]).statistic == pytest.approx(10.32674195, abs=1e-7)


def test_lung_log_rank_of_four_groups_one_of_a_single_patient() -> None:
    # survdiff(Surv(time, status) ~ ph.ecog, lung)
    result = compare_survival([lung(**{"ph.ecog": level}) for level in range(4)])

    assert result.degrees_of_freedom == 3
    assert result.pvalue == pytest.approx(6.643e-05, abs=1e-8)
    assert result.expected == pytest.approx([54.152697, 83.527565, 26.147353, 0.172385], abs=1e-6)


def test_late_entry_survival() -> None:
    # summary(survfit(Surv(entry, dur, ev) ~ 1, conf.type = "log-log"), times = c(3, 7, 12, 18, 24))
    curve, times = late_entry(), [3, 7, 12, 18, 24]

    assert values(curve, times) == pytest.approx(
        [0.8159340659, 0.7219324454, 0.5151841754, 0.2561512854, 0.0700413671], abs=PRINTED
    )
    assert values(curve, times, "std_error") == pytest.approx(
        [0.07440566372, 0.07931274360, 0.07723580767, 0.06859568531, 0.05886130988], abs=PRINTED
    )
    assert values(curve, times, "ci_lower") == pytest.approx(
        [0.61277733350, 0.53208828491, 0.35596064675, 0.13502006174, 0.00715510232], abs=PRINTED
    )
    assert curve.at_risk[np.isin(curve.time, times[:4])].tolist() == [28, 35, 32, 10]


def test_late_entry_median_and_restricted_mean() -> None:
    # print(survfit(Surv(entry, dur, ev) ~ 1, conf.type = "log-log"), rmean = 20)
    median, mean = estimate_median(late_entry()), estimate_restricted_mean(late_entry(), 20)

    assert (median.value, median.ci_lower, median.ci_upper) == (13, 8, 17)
    assert (mean.value, mean.std_error) == pytest.approx((12.2355, 1.17316), abs=1e-4)


def test_late_entry_conditional_on_being_here_leaves_out_events_at_the_tenure() -> None:
    # survfit(..., start.time = 8.5): half a unit later, since at 8 R would count the events at 8 as still to come.
    here = conditional_survival(late_entry(), 8, 8)

    assert (here.value, here.std_error) == pytest.approx((0.5864683836, 0.08652157472), abs=PRINTED)
    assert (here.ci_lower, here.ci_upper) == pytest.approx((0.3995472124, 0.7331538525), abs=PRINTED)


def test_late_entry_log_rank() -> None:
    # coxph(Surv(entry, dur, ev) ~ factor(g), ties = "exact")$score, since survdiff refuses late entry
    groups = [group == ROW % 3 for group in range(3)]

    result = compare_survival([life_table(DURATION[rows], EVENT[rows], ENTRY[rows]) for rows in groups])

    assert result.statistic == pytest.approx(2.404649479, abs=1e-8)


def test_weighted_survival() -> None:
    # survfit(Surv(1:5, c(1, 0, 1, 1, 0)) ~ 1, weights = c(2, 1, 3, 1, 2), conf.type = "log-log")
    curve = estimate_survival(life_table([1, 2, 3, 4, 5], [1, 0, 1, 1, 0], weights=[2, 1, 3, 1, 2]))

    assert values(curve, [1, 3, 4]) == pytest.approx([0.7777777778, 0.3888888889, 0.2592592593], abs=PRINTED)
    assert values(curve, [4], "std_error") == pytest.approx([0.1566491054], abs=PRINTED)
    assert values(curve, [4], "ci_upper") == pytest.approx([0.5703761683], abs=PRINTED)


def test_a_median_at_exactly_one_half_is_the_midpoint() -> None:
    # survfit(Surv(1:4, rep(1, 4)) ~ 1, conf.type = "log-log"): 2.5, 1, NA
    median = estimate_median(estimate_survival(life_table([1, 2, 3, 4], [1, 1, 1, 1])))

    assert (median.value, median.ci_lower) == (2.5, 1)
    assert math.isnan(median.ci_upper)
