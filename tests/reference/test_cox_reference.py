"""Cox coefficients, errors and baselines against R 4.2.2 with survival 3.5-3, and against published tables.

The data with late entry is made by the formula below, which in R is

    i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    ev <- as.integer((i * 5) %% 7 < 4); x <- ((i * 29) %% 31) / 10; z <- as.integer(i %% 4 == 1); w <- 1 + i %% 4
"""

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_leukemia, load_lung, load_rossi

from retention_lab.methods.cox import fit_cox, predict_survival

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4
WEIGHT = 1 + ROW % 4
DESIGN = pd.DataFrame({"x": (ROW * 29 % 31) / 10, "z": (ROW % 4 == 1).astype(int)})
TWO_CUSTOMERS = pd.DataFrame({"x": [1, 2.5], "z": [0, 1]})
TIMES = [3, 7, 12, 18, 24]

# R stops iterating at a relative change of 1e-9 in the log-likelihood; its coefficients are good to about this.
CONVERGED = 1e-6


def test_rossi_as_in_fox_and_weisberg() -> None:
    rossi = load_rossi()

    fit = fit_cox(rossi.drop(columns=["week", "arrest"]), rossi["week"], rossi["arrest"])

    assert fit.names == ("fin", "age", "race", "wexp", "mar", "paro", "prio")
    assert fit.coefficients == pytest.approx(
        [-0.37942, -0.05744, 0.31390, -0.14980, -0.43370, -0.08487, 0.09150], abs=1e-5
    )
    assert fit.std_errors == pytest.approx([0.19138, 0.02200, 0.30799, 0.21222, 0.38187, 0.19576, 0.02865], abs=1e-5)
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx((-675.3806, -658.7477), abs=1e-4)
    assert 2 * (fit.log_likelihood - fit.log_likelihood_null) == pytest.approx(33.27, abs=5e-3)


def test_leukemia_with_heavy_ties() -> None:
    # summary(coxph(Surv(t, e) ~ g, leuk))
    rows = load_leukemia()

    line = fit_cox(rows[["Rx"]], rows["t"], rows["status"]).summary().iloc[0]

    assert (line["coefficient"], line["std_error"]) == pytest.approx((1.5721251, 0.4123967), abs=1e-6)
    assert (line["hazard_ratio"], line["ci_lower"]) == pytest.approx((4.816874, 2.146508), abs=1e-5)
    assert line["ci_upper"] == pytest.approx(10.80931, abs=1e-4)
    assert line["pvalue"] == pytest.approx(0.00013775, abs=1e-8)


def test_lung_coefficients() -> None:
    rows = load_lung()
    rated = rows.dropna(subset="ph.ecog")

    two = fit_cox(rows[["age", "sex"]], rows["time"], rows["status"])
    three = fit_cox(rated[["age", "sex", "ph.ecog"]], rated["time"], rated["status"])

    assert two.coefficients == pytest.approx([0.017045332, -0.513218517], abs=CONVERGED)
    assert two.std_errors == pytest.approx([0.009223273, 0.167457962], abs=CONVERGED)
    assert three.coefficients == pytest.approx([0.011066765, -0.552612396, 0.463728475], abs=CONVERGED)


def test_lung_baseline() -> None:
    # summary(survfit(a, newdata = data.frame(age = c(50, 70), sex = c(2, 1))), times = c(100, 300, 600))$surv
    rows = load_lung()
    fit = fit_cox(rows[["age", "sex"]], rows["time"], rows["status"])

    predicted = predict_survival(fit, pd.DataFrame({"age": [50, 70], "sex": [2, 1]}), [100, 300, 600])

    assert predicted[0] == pytest.approx([0.9194485329, 0.6915548931, 0.4045518622], abs=CONVERGED)
    assert predicted[1] == pytest.approx([0.8209454764, 0.4204378973, 0.1193046442], abs=CONVERGED)


def test_lung_baseline_with_monthly_ties_is_efron_s() -> None:
    # lung$m <- ceiling(lung$time / 30.4), then as above at 3, 12 and 24; Breslow's would be higher throughout.
    rows = load_lung()
    fit = fit_cox(rows[["age", "sex"]], np.ceil(rows["time"] / 30.4), rows["status"])

    predicted = predict_survival(fit, pd.DataFrame({"age": [50, 70], "sex": [2, 1]}), [3, 12, 24])

    assert predicted[0] == pytest.approx([0.9310826718, 0.6009997082, 0.2880108642], abs=CONVERGED)
    assert predicted[1] == pytest.approx([0.84286678138, 0.29555117654, 0.05079765777], abs=CONVERGED)


def test_late_entry_fit_and_baseline() -> None:
    # c1 <- coxph(Surv(entry, dur, ev) ~ x + z); survfit(c1, newdata = data.frame(x = c(1, 2.5), z = c(0, 1)))
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY)
    first, second = predict_survival(fit, TWO_CUSTOMERS, TIMES)

    assert fit.coefficients == pytest.approx([0.006536851393, -0.030301152656], abs=CONVERGED)
    assert fit.covariance.ravel() == pytest.approx(
        [0.035291852971, -0.008266261191, -0.008266261191, 0.167907798577], abs=CONVERGED
    )
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx((-105.8843541, -105.8812431), abs=1e-6)
    assert first == pytest.approx(
        [0.81866966041, 0.72532390446, 0.51967021716, 0.26356734651, 0.09315126034], abs=CONVERGED
    )
    assert second == pytest.approx(
        [0.82199936608, 0.73006480905, 0.52661706941, 0.27079468031, 0.09774646819], abs=CONVERGED
    )


def test_late_entry_with_weights() -> None:
    # c2 <- coxph(Surv(entry, dur, ev) ~ x + z, weights = w)
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, weights=WEIGHT)
    first, _ = predict_survival(fit, TWO_CUSTOMERS, TIMES)

    assert fit.coefficients == pytest.approx([0.0148382599827, -0.0007269388798], abs=CONVERGED)
    assert np.diag(fit.covariance) == pytest.approx([0.013188383845, 0.078506054449], abs=CONVERGED)
    assert fit.log_likelihood == pytest.approx(-349.722591, abs=1e-6)
    assert first == pytest.approx([0.8023132596, 0.7191256057, 0.5098038807, 0.2725549139, 0.1183579241], abs=CONVERGED)


@pytest.mark.parametrize(
    ("entry", "weights", "std_errors"),
    [
        pytest.param(ENTRY, None, [0.2110700090, 0.3732844232], id="late entry"),
        pytest.param(None, None, [0.2143650611, 0.4032256709], id="from the start"),
        pytest.param(None, WEIGHT, [0.2058807992, 0.4220113836], id="weights"),
    ],
)
def test_robust_errors_by_cluster(
    entry: np.ndarray | None, weights: np.ndarray | None, std_errors: list[float]
) -> None:
    # sqrt(diag(vcov(coxph(Surv(...) ~ x + z, cluster = i %/% 2))))
    fit = fit_cox(DESIGN, DURATION, EVENT, entry, weights, cluster=ROW // 2)

    assert fit.std_errors == pytest.approx(std_errors, abs=CONVERGED)
