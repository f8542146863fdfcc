"""The IBM telco sample: 7,043 customers with tenure in months. Numbers from R 4.2.2 with survival 3.5-3.

The file is not part of the project: the tests find it through RETENTION_LAB_REFERENCE_DATA.
"""

from pathlib import Path

import pandas as pd
import pytest

from retention_lab.methods.cox import fit_cox, predict_survival
from retention_lab.methods.survival import (
    SurvivalCurve,
    conditional_survival,
    estimate_median,
    estimate_restricted_mean,
    estimate_survival,
    life_table,
    survival_at,
)


@pytest.fixture(scope="module")
def telco(reference_data: Path) -> pd.DataFrame:
    rows = pd.read_csv(reference_data / "telco" / "Telco-Customer-Churn.csv")
    return rows.assign(churned=rows["Churn"] == "Yes")


@pytest.fixture(scope="module")
def monthly(telco: pd.DataFrame) -> SurvivalCurve:
    """Month-to-month contracts with internet, the subset of a published churn notebook."""
    rows = telco[(telco["Contract"] == "Month-to-month") & (telco["InternetService"] != "No")]
    return estimate_survival(life_table(rows["tenure"], rows["churned"]))


def test_all_customers(telco: pd.DataFrame) -> None:
    # survfit(Surv(tenure, e) ~ 1, d)
    curve = estimate_survival(life_table(telco["tenure"], telco["churned"]))

    assert (curve.n_obs, curve.n_events.sum()) == (7043, 1869)
    assert (telco["tenure"] == 0).sum() == 11
    assert [estimate.value for estimate in survival_at(curve, [12, 24, 36, 48, 60, 72])] == pytest.approx(
        [0.8431995538, 0.7887363984, 0.7485454149, 0.7088401843, 0.6644039144, 0.5927901521], abs=1e-9
    )
    assert estimate_median(curve).reason == "not_reached"


def test_monthly_contracts(monthly: SurvivalCurve) -> None:
    # survfit(Surv(tenure, e) ~ 1, s, conf.type = "log-log")
    median = estimate_median(monthly)

    assert (monthly.n_obs, monthly.n_events.sum()) == (3351, 1556)
    assert (median.value, median.ci_lower, median.ci_upper) == (34, 31, 37)
    assert [estimate.value for estimate in survival_at(monthly, [1, 6, 12, 24, 36, 48, 60, 72])] == pytest.approx(
        [
            *(0.9039092808, 0.7802600438, 0.6950307890, 0.5753431160),
            *(0.4800295787, 0.3871771345, 0.2890128109, 0.1265893575),
        ],
        abs=1e-9,
    )


def test_monthly_contracts_restricted_mean(monthly: SurvivalCurve) -> None:
    # print(survfit(Surv(tenure, e) ~ 1, s), rmean = 36)
    mean = estimate_restricted_mean(monthly, 36)

    assert (mean.value, mean.std_error) == pytest.approx((23.6685, 0.263907), abs=1e-4)


def test_monthly_contracts_here_at_twelve_months(monthly: SurvivalCurve) -> None:
    # survfit(Surv(tenure, e) ~ 1, s, conf.type = "log-log", start.time = 12.5) at 24
    here = conditional_survival(monthly, 12, 12)

    assert (here.value, here.std_error) == pytest.approx((0.8277951496, 0.009610527295), abs=1e-9)
    assert (here.ci_lower, here.ci_upper) == pytest.approx((0.8080180639, 0.8457332382), abs=1e-9)


def test_monthly_contracts_cox_and_its_baseline(telco: pd.DataFrame) -> None:
    # f <- coxph(Surv(tenure, e) ~ dep + dsl + ol + ts, s); survfit(f, newdata = all four 0) at 12 and 36.
    # With monthly ties Breslow's baseline would give 0.5749 and 0.3058.
    rows = telco[(telco["Contract"] == "Month-to-month") & (telco["InternetService"] != "No")]
    columns = {"dep": "Dependents", "ol": "OnlineBackup", "ts": "TechSupport"}
    design = pd.DataFrame({name: rows[column] == "Yes" for name, column in columns.items()})
    design = design.assign(dsl=rows["InternetService"] == "DSL").astype(int)

    fit = fit_cox(design, rows["tenure"], rows["churned"])
    nobody = pd.DataFrame({name: [0] for name in fit.names})

    assert dict(zip(fit.names, fit.coefficients, strict=True)) == pytest.approx(
        {"dep": -0.3286509492, "dsl": -0.2173291349, "ol": -0.7766203756, "ts": -0.6391661617}, abs=1e-6
    )
    assert predict_survival(fit, nobody, [12, 36])[0] == pytest.approx([0.5640046630, 0.2967440259], abs=1e-6)
