"""Where other tools give a wrong number without a word: ours against the truth, R 4.2.2 and survival 3.5-3."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retention_lab.methods.adjusted import draw_departures, estimate_departures
from retention_lab.methods.cox import estimate_baseline, fit_cox, predict_departure, predict_survival
from retention_lab.methods.risk_sets import Ties

NOBODY = pd.DataFrame({"dep": [0], "dsl": [0], "ol": [0], "ts": [0]})


@pytest.fixture(scope="module")
def telco(reference_data: Path) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Month-to-month contracts with internet: four yes-or-no columns, tenure in months, and who left."""
    rows = pd.read_csv(reference_data / "telco" / "Telco-Customer-Churn.csv")
    rows = rows[(rows["Contract"] == "Month-to-month") & (rows["InternetService"] != "No")]
    columns = {"dep": "Dependents", "ol": "OnlineBackup", "ts": "TechSupport"}
    design = pd.DataFrame({name: rows[column] == "Yes" for name, column in columns.items()})
    design = design.assign(dsl=rows["InternetService"] == "DSL").astype(int)
    return design, rows["tenure"], rows["Churn"] == "Yes"


def test_predictions_with_late_entry_are_those_that_made_the_data() -> None:
    # Customers leave at 0.05 a month, exp(0.5) times as fast with x = 1; half are seen only from a later month on, if
    # they are still here then. A fitter that takes all of them to be at risk from the start says .671 and .511.
    rng, n = np.random.default_rng(1), 20_000
    x = rng.integers(0, 2, n)
    stay = rng.exponential(20 / np.exp(0.5 * x))
    entry = np.where(rng.random(n) < 0.5, rng.uniform(0, 30, n), 0)
    end = entry + rng.uniform(5, 40, n)
    seen = stay > entry

    fit = fit_cox(pd.DataFrame({"x": x[seen]}), np.minimum(stay, end)[seen], (stay <= end)[seen], entry[seen])
    without, with_x = predict_survival(fit, pd.DataFrame({"x": [0, 1]}), [20])[:, 0]

    # The standard error of both is about .005.
    assert without == pytest.approx(math.exp(-1), abs=0.015)
    assert with_x == pytest.approx(math.exp(-math.exp(0.5)), abs=0.015)


def test_nothing_is_said_past_the_follow_up() -> None:
    # Of each stratum: one is seen for ten months and the other for thirty.
    duration = np.concatenate([np.arange(20) % 10 + 1, np.arange(20) % 30 + 11])
    strata = np.repeat(["new", "old"], 20)
    design = pd.DataFrame({"x": np.arange(40) % 2})
    fit = fit_cox(design, duration, np.arange(40) % 3 == 0, strata=strata)
    two = design.head(2)

    new, old = predict_survival(fit, two, [10, 11, 30, 31], strata=["new", "old"])
    ahead = predict_departure(fit, two, tenure=[5, 5], horizon=6, strata=["new", "old"])
    counted = estimate_departures(fit, two, tenure=[5, 5], horizon=6, strata=["new", "old"])

    assert np.isnan(new).tolist() == [False, True, True, True]
    assert np.isnan(old).tolist() == [False, False, False, True]
    assert np.isnan(ahead).tolist() == [True, False]
    assert (counted.n_covered, counted.n_not_covered) == (1, 1)


@pytest.mark.parametrize(
    ("ties", "survival"),
    [("efron", [0.564004663047, 0.296744025887]), ("breslow", [0.574891916085, 0.305771978660])],
)
def test_coefficients_and_baseline_treat_monthly_ties_alike(
    telco: tuple[pd.DataFrame, pd.Series, pd.Series], ties: Ties, survival: list[float]
) -> None:
    # f <- coxph(Surv(tenure, e) ~ dep + dsl + ol + ts, s, ties = ...); survfit(f, newdata = all four 0) at 12 and 36.
    # Efron's coefficients on Breslow's baseline would give .5730 and .3032.
    fit = fit_cox(*telco, ties=ties)

    assert predict_survival(fit, NOBODY, [12, 36])[0] == pytest.approx(survival, abs=1e-9)


def test_who_is_here_at_twelve_months_did_not_leave_in_the_twelfth(
    telco: tuple[pd.DataFrame, pd.Series, pd.Series],
) -> None:
    # summary(survfit(f, newdata, start.time = 12.5), times = 24): 0.725531388079, std.err 0.0155188731628.
    # With start.time = 12 R counts the departures at 12 too, and says 0.704491803508.
    fit = fit_cox(*telco)

    chance = predict_departure(fit, NOBODY, tenure=[12], horizon=12)
    counted = estimate_departures(fit, NOBODY, tenure=[12], horizon=12)

    assert 1 - chance[0] == pytest.approx(0.725531388079, abs=1e-9)
    assert (1 - counted.value, counted.std_error) == pytest.approx((0.725531388079, 0.0155188731628), abs=1e-9)


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_draws() -> None:
    row = np.arange(200)
    design = pd.DataFrame({"x": row % 7, "z": row % 2})
    first, second = (fit_cox(design, row % 23 + 1, row % 3 > 0, strata=row % 4) for _ in range(2))
    question = {"tenure": row % 5, "horizon": 6, "customers": row % 3, "strata": row % 4}

    (value, draws), (again, redrawn) = (draw_departures(fit, design, **question, seed=3) for fit in (first, second))
    _, others = draw_departures(first, design, **question, seed=4)

    assert first.coefficients.tobytes() == second.coefficients.tobytes()
    assert estimate_baseline(first, "1").cumulative_hazard.tobytes() == (
        estimate_baseline(second, "1").cumulative_hazard.tobytes()
    )
    assert (value, draws.tobytes()) == (again, redrawn.tobytes())
    assert (draws != others).all()
