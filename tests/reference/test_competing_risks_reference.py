"""Cumulative incidence against R 4.2.2 with survival 3.5-3.

Every block gives the R command. The customers are made by the formula below, with ties and late entry; in R it is

    i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    ev <- as.integer((i * 5) %% 7 < 4); cause <- factor(ev * (1 + (i * 3) %% 5 %/% 2), 0:3)

R's standard error is the infinitesimal jackknife, which sums over customers. Without late entry it is the same number
as ours, which sums over times. With late entry the two differ by a few per cent, as the parts of one customer are
correlated in it; where each customer is cut into pieces of one unit, each with an id of its own, they agree again:

    d <- data.frame(entry, dur, st = as.integer(cause) - 1)
    pieces <- function(d) do.call(rbind, lapply(seq_len(nrow(d)), function(r) {
        s <- d$entry[r]:(d$dur[r] - 1); data.frame(a = s, b = s + 1, st = ifelse(s + 1 == d$dur[r], d$st[r], 0)) }))
    fit <- function(d) { p <- pieces(d); survfit(Surv(a, b, factor(st, 0:3)) ~ 1, p, id = seq_len(nrow(p))) }
"""

import numpy as np
import pytest

from retention_lab.methods.cause_tables import cause_table
from retention_lab.methods.competing_risks import (
    IncidenceCurves,
    conditional_incidence,
    estimate_incidence,
    expected_by_cause,
    incidence_at,
    naive_incidence,
)

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4
CAUSE = np.where(EVENT, np.array(list("abc"))[ROW * 3 % 5 // 2], "")

# R prints eleven digits.
PRINTED = 1e-10


@pytest.fixture
def from_start() -> IncidenceCurves:
    return estimate_incidence(cause_table(DURATION, EVENT, CAUSE))


@pytest.fixture
def late() -> IncidenceCurves:
    return estimate_incidence(cause_table(DURATION, EVENT, CAUSE, ENTRY))


def values(curves: IncidenceCurves, time: float, field: str = "value") -> list[float]:
    return [getattr(incidence_at(curves, cause, time), field) for cause in "abc"]


def test_incidence_with_ties(from_start: IncidenceCurves) -> None:
    # summary(survfit(Surv(dur, cause) ~ 1), times = c(5, 10, 20))[c("pstate", "std.err")]
    assert values(from_start, 5) == pytest.approx([0.05, 0.033333333333, 0.016666666667], abs=PRINTED)
    assert values(from_start, 10) == pytest.approx([0.08871041077, 0.125441226331, 0.034313725490], abs=PRINTED)
    assert values(from_start, 20) == pytest.approx([0.31940413632, 0.21861562508, 0.191786333116], abs=PRINTED)
    assert values(from_start, 10, "std_error") == pytest.approx(
        [0.038069729610, 0.044458937384, 0.023858611951], abs=PRINTED
    )
    assert values(from_start, 20, "std_error") == pytest.approx(
        [0.072824718409, 0.059713234740, 0.067228219024], abs=PRINTED
    )


def test_the_interval_is_the_complementary_log_log_of_rs_standard_error(from_start: IncidenceCurves) -> None:
    # s <- summary(survfit(Surv(dur, cause) ~ 1), times = c(5, 20)); p <- s$pstate[, 2]; se <- s$std.err[, 2]
    # 1 - exp(-exp(log(-log(1 - p)) - qnorm(.975) * se / ((1 - p) * abs(log(1 - p)))))     and with +
    early, later = (incidence_at(from_start, "a", time) for time in (5, 20))

    assert (early.ci_lower, early.ci_upper) == pytest.approx((0.016405080526, 0.14705323585), abs=PRINTED)
    assert (later.ci_lower, later.ci_upper) == pytest.approx((0.199972693904, 0.48501824781), abs=PRINTED)


def test_incidence_with_late_entry(late: IncidenceCurves) -> None:
    # summary(fit(d), times = c(5, 15, 27))[c("pstate", "std.err")]
    assert values(late, 5) == pytest.approx([0.10714285714, 0.076923076923, 0.026320453740], abs=PRINTED)
    assert values(late, 15) == pytest.approx([0.26144947039, 0.233281446610, 0.068647573794], abs=PRINTED)
    assert values(late, 27) == pytest.approx([0.33745395533, 0.411629204744, 0.180875472826], abs=PRINTED)
    assert values(late, 5, "std_error") == pytest.approx([0.058732105609, 0.052357135719, 0.026003458665], abs=PRINTED)
    assert values(late, 27, "std_error") == pytest.approx([0.075793744196, 0.090161174437, 0.062734084284], abs=PRINTED)


def test_the_standard_error_lies_near_rs_jackknife_with_late_entry(late: IncidenceCurves) -> None:
    # summary(survfit(Surv(entry, dur, cause) ~ 1, id = i), times = 15)$std.err; see above for why not the same.
    assert values(late, 15, "std_error") == pytest.approx([0.06989544188, 0.06653982423, 0.03839733594], rel=0.02)


def test_incidence_for_those_who_have_been_here_for_six(late: IncidenceCurves) -> None:
    # h <- transform(subset(d, dur > 6), entry = pmax(entry, 6)); summary(fit(h), times = 12)[c("pstate", "std.err")]
    found = [conditional_incidence(late, cause, 6, 6) for cause in "ab"]

    assert [one.value for one in found] == pytest.approx([0.12295300013, 0.20420692634], abs=PRINTED)
    assert [one.std_error for one in found] == pytest.approx([0.051512191595, 0.064324672571], abs=PRINTED)


def test_expected_departures_add_up_over_tenures(late: IncidenceCurves) -> None:
    # h <- transform(subset(d, dur > t), entry = pmax(entry, t)); summary(fit(h), times = t + 6)$pstate     t = 2, 9
    chances = {2: [0.059414088216, 0.099108265007, 0.059384164223], 9: [0.20901659275, 0.082567401961, 0.028645833333]}

    found = expected_by_cause(late, [2, 9], [5, 3], 6)

    assert [one.value for one in found] == pytest.approx(
        [5 * early + 3 * later for early, later in zip(chances[2], chances[9], strict=True)], abs=10 * PRINTED
    )


def test_the_naive_share_is_one_minus_kaplan_meier_of_one_cause() -> None:
    # sapply(1:3, function(k) 1 - summary(survfit(Surv(entry, dur, st == k) ~ 1, d), times = 15)$surv)
    table = cause_table(DURATION, EVENT, CAUSE, ENTRY)

    assert [naive_incidence(table, cause, 15).value for cause in "abc"] == pytest.approx(
        [0.331239518372, 0.271333637789, 0.095098449937], abs=PRINTED
    )
