"""Diagnostics of a Cox model and of predictions against R 4.2.2 with survival 3.5-3, and against other libraries.

The data with late entry is made by the formula below, which in R is

    i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    ev <- as.integer((i * 5) %% 7 < 4); x <- ((i * 29) %% 31) / 10; w <- 1 + i %% 4
    plan <- factor(c("a", "b", "c")[1 + (i * 11) %% 3]); g <- ifelse(i %% 5 < 2, "u", "v"); k <- rep(1:60, w)
"""

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_lung, load_rossi

from retention_lab.methods.concordance import estimate_concordance
from retention_lab.methods.cox import CoxFit, fit_cox, predict_survival
from retention_lab.methods.life_tables import index_at
from retention_lab.methods.prediction_error import compare_brier, estimate_brier, integrated_brier
from retention_lab.methods.proportional_hazards import ProportionalHazards, check_proportional_hazards
from retention_lab.methods.survival import estimate_survival, life_table

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4
SCORE = ROW * 29 % 31 // 3
WEIGHT = 1 + ROW % 4
STRATUM = np.where(ROW % 5 < 2, "u", "v")
PLAN = ROW * 11 % 3
DESIGN = pd.DataFrame({"x": (ROW * 29 % 31) / 10, "plan_b": PLAN == 1, "plan_c": PLAN == 2}, dtype=float)
TERMS = {"x": ["x"], "plan": ["plan_b", "plan_c"]}

# R stops iterating at a relative change of 1e-9 in the log-likelihood; a statistic is good to about this.
CONVERGED = 1e-5


@pytest.fixture(scope="module")
def rossi_fit() -> CoxFit:
    rossi = load_rossi()
    return fit_cox(rossi.drop(columns=["week", "arrest"]), rossi["week"], rossi["arrest"])


def statistics(checked: ProportionalHazards) -> list[float]:
    return [test.statistic for test in (*checked.tests, checked.overall)]


def test_constant_hazard_ratios_of_rossi(rossi_fit: CoxFit) -> None:
    # cox.zph(coxph(Surv(week, arrest) ~ fin + age + race + wexp + mar + paro + prio, rossi))
    checked = check_proportional_hazards(rossi_fit).to_frame().set_index("term")

    assert checked.loc[["age", "wexp", "GLOBAL"], "statistic"].tolist() == pytest.approx(
        [5.974, 4.225, 17.694], abs=1e-3
    )
    assert checked.loc[["age", "wexp", "GLOBAL"], "pvalue"].tolist() == pytest.approx(
        [0.0145, 0.0398, 0.0134], abs=1e-4
    )
    assert checked["degrees_of_freedom"].tolist() == [1, 1, 1, 1, 1, 1, 1, 7]


def test_constant_hazard_ratios_of_lung_by_day_and_with_monthly_ties() -> None:
    # l <- lung[!is.na(lung$ph.ecog), ]; l$m <- ceiling(l$time / 30.4)
    # cox.zph(coxph(Surv(time, status) ~ age + sex + ph.ecog, l)), and with m
    rows = load_lung().dropna(subset="ph.ecog")
    design = rows[["age", "sex", "ph.ecog"]]

    by_day = check_proportional_hazards(fit_cox(design, rows["time"], rows["status"]))
    by_month = check_proportional_hazards(fit_cox(design, np.ceil(rows["time"] / 30.4), rows["status"]))

    assert statistics(by_day) == pytest.approx(
        [0.187987673652, 2.305437227405, 2.054248774054, 4.463657588759], abs=CONVERGED
    )
    assert statistics(by_month) == pytest.approx(
        [0.102564638191, 2.441487806938, 2.022370195912, 4.554505897352], abs=CONVERGED
    )


def test_a_term_of_two_columns_with_late_entry_and_ties() -> None:
    # cox.zph(coxph(Surv(entry, dur, ev) ~ x + plan)), and with ties = "breslow"
    efron = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT, ENTRY), TERMS)
    breslow = check_proportional_hazards(fit_cox(DESIGN, DURATION, EVENT, ENTRY, ties="breslow"), TERMS)

    assert statistics(efron) == pytest.approx([1.09146446830, 2.09301629166, 3.08297608515], abs=CONVERGED)
    assert [test.degrees_of_freedom for test in efron.tests] == [1, 2]
    assert efron.tests[1].pvalue == pytest.approx(0.351161816589, abs=CONVERGED)
    assert statistics(breslow) == pytest.approx([1.05764177106, 1.70103694361, 2.66422387534], abs=CONVERGED)


def test_constant_hazard_ratios_within_strata() -> None:
    # cox.zph(coxph(Surv(entry, dur, ev) ~ x + plan + strata(g)))
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=STRATUM)
    curve = estimate_survival(life_table(DURATION, EVENT, ENTRY))

    exact = check_proportional_hazards(fit, TERMS, curve)
    by_itself = check_proportional_hazards(fit, TERMS)

    assert statistics(exact) == pytest.approx([1.77159396274, 1.37002947445, 2.88652358111], abs=CONVERGED)
    # From the risk sets alone the scale of time differs a little, and so does the test.
    assert statistics(by_itself) == pytest.approx(statistics(exact), rel=0.1)


def test_a_weight_counts_as_so_many_rows() -> None:
    # cox.zph(coxph(Surv(entry[k], dur[k], ev[k]) ~ x[k] + plan[k], ties = "breslow"))
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, WEIGHT, ties="breslow")

    assert statistics(check_proportional_hazards(fit, TERMS)) == pytest.approx(
        [6.66048333536, 5.32045630947, 11.08725687624], abs=CONVERGED
    )


def test_the_hazard_ratio_over_time_is_the_spline_of_r_s_residuals(rossi_fit: CoxFit) -> None:
    # z <- cox.zph(f); s <- sort(z$x); inner <- s[ceiling(length(s) * c(1/3, 2/3))]
    # X <- cbind(1, ns(z$x, knots = inner, Boundary.knots = range(z$x))), P the same at weeks 1, 35 and 52;
    # exp(P %*% solve(crossprod(X), crossprod(X, z$y[, "age"]))), with 1.96 * sqrt(z$var[2, 2] * diag(P (X'X)^-1 P'))
    curve = check_proportional_hazards(rossi_fit).residual_curve("age").to_frame().set_index("time")

    assert curve.loc[[1, 35, 52], "hazard_ratio"].tolist() == pytest.approx(
        [1.059077402433, 0.881736872918, 0.898226407374], abs=1e-7
    )
    assert curve.loc[[1, 52], "ci_lower"].tolist() == pytest.approx([0.915894100161, 0.783559006320], abs=1e-7)
    assert curve.loc[[1, 52], "ci_upper"].tolist() == pytest.approx([1.224644796978, 1.029674437276], abs=1e-7)


def test_concordance_of_rossi_and_lung(rossi_fit: CoxFit) -> None:
    # concordance(f)
    rossi, lung = load_rossi(), load_lung().dropna(subset="ph.ecog")
    design = lung[["age", "sex", "ph.ecog"]]
    lung_fit = fit_cox(design, lung["time"], lung["status"])

    of_rossi = estimate_concordance(rossi_fit.centred(rossi) @ rossi_fit.coefficients, rossi["week"], rossi["arrest"])
    of_lung = estimate_concordance(lung_fit.centred(design) @ lung_fit.coefficients, lung["time"], lung["status"])

    assert (of_rossi.value, of_rossi.std_error) == pytest.approx((0.6403292470997, 0.0266581227726), abs=1e-9)
    assert (of_lung.value, of_lung.std_error) == pytest.approx((0.6371354930005, 0.0250679738531), abs=1e-9)


def test_concordance_with_ties_late_entry_weights_and_strata() -> None:
    # score <- x %/% .3; concordance(Surv(dur, ev) ~ score, reverse = TRUE), the same with Surv(entry, dur, ev),
    # of Surv(entry[k], dur[k], ev[k]) ~ score[k], and of ~ score + strata(g); the standard error is sqrt(var)
    found = [
        estimate_concordance(SCORE, DURATION, EVENT),
        estimate_concordance(SCORE, DURATION, EVENT, ENTRY),
        estimate_concordance(SCORE, DURATION, EVENT, ENTRY, WEIGHT),
        estimate_concordance(SCORE, DURATION, EVENT, ENTRY, strata=STRATUM),
    ]

    assert [one.value for one in found] == pytest.approx(
        [0.5286923800564, 0.549492385787, 0.5550431120914, 0.5410447761194], abs=1e-12
    )
    assert [one.std_error for one in found] == pytest.approx(
        [0.0569845076627, 0.054020242117, 0.0332153630576, 0.0586802741261], abs=1e-12
    )


def test_brier_scores_of_rossi(rossi_fit: CoxFit) -> None:
    # sksurv.metrics.brier_score and integrated_brier_score (scikit-survival 0.28) of the same predictions
    rossi, weeks = load_rossi(), np.arange(5, 51)
    predicted = predict_survival(rossi_fit, rossi, weeks)
    curve = estimate_survival(life_table(rossi["week"], rossi["arrest"]))
    null = np.tile(curve.survival[index_at(curve.time, weeks)], (len(rossi), 1))

    at_weeks = [
        estimate_brier(predicted[:, week - 5], rossi["week"], rossi["arrest"], week).value for week in (10, 26, 40)
    ]
    whole, whole_null = (
        integrated_brier(given, rossi["week"], rossi["arrest"], weeks).value for given in (predicted, null)
    )
    gained = compare_brier(predicted, null, rossi["week"], rossi["arrest"], weeks)

    # The notes of that run have five digits.
    assert at_weeks == pytest.approx([0.03325, 0.10449, 0.14695], abs=1e-5)
    assert (whole, whole_null) == pytest.approx((0.10038, 0.10640), abs=1e-5)
    assert gained.value == pytest.approx(whole - whole_null, abs=1e-12)
    assert gained.ci_upper < 0


def test_brier_scores_with_censoring_on_the_way() -> None:
    # Censoring after the events of its time: km <- survfit(Surv(dur + (1 - ev) / 2, 1 - ev) ~ 1)
    # known <- (ev == 1 & dur <= at) | dur >= at; here <- as.numeric(!(ev == 1 & dur <= at)); p <- exp(-x / 10)
    # G <- c(1, km$surv)[findInterval(pmin(dur, at) - 0.25, km$time) + 1]; sum(ifelse(known, (here - p)^2 / G, 0)) / 60
    predicted = np.exp(-DESIGN["x"] / 10)

    found = [estimate_brier(predicted, DURATION, EVENT, at).value for at in (6, 11, 16)]

    assert found == pytest.approx([0.109933187385, 0.227819375265, 0.393577212434], abs=1e-11)
