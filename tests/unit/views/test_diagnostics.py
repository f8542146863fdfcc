"""Charts that say how far the model can be trusted: what they show is what was found."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.backtest import backtest_churn
from retention_lab.analysis.drivers import Drivers, estimate_drivers
from retention_lab.analysis.study import ChurnStudy, study_churn
from retention_lab.tables.client import Client
from retention_lab.text import Text
from retention_lab.views import diagnostics

MakeClient = Callable[..., Client]
TEXT = Text("en", "EUR")


def renewing(n: int = 3000) -> pd.DataFrame:
    """Yearly customers who leave at their renewal, and monthly ones who leave at any time."""
    rng = np.random.default_rng(8)
    yearly = rng.random(n) < 0.5
    stay = np.where(yearly, 365 + rng.exponential(100, n), rng.exponential(500, n))
    watched = rng.uniform(50, 700, n)
    return pd.DataFrame(
        {
            "tenure": np.ceil(np.minimum(stay, watched)),
            "churned": (stay <= watched).astype(int),
            "contract": np.where(yearly, "Yearly", "Monthly"),
            "region": rng.choice(["North", "South"], n),
        }
    )


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client(renewing())


@pytest.fixture
def study(client: Client) -> ChurnStudy:
    return study_churn(client, horizon_days=90)


@pytest.fixture
def drivers(study: ChurnStudy) -> Drivers:
    return estimate_drivers(study.observation, horizon=study.horizon, year=study.year)


def test_predictions_are_drawn_against_what_happened(client: Client, study: ChurnStudy) -> None:
    test = backtest_churn(client, study)
    assert test.calibration is not None

    chart = diagnostics.plot_calibration(test, TEXT)

    lowest, highest = test.calibration.groups[0], test.calibration.groups[-1]
    assert f"{100 * lowest.predicted:.1f}% were expected" in chart.alt
    assert f"{100 * highest.observed.value:.1f}%" in chart.alt
    assert "Brier" in chart.caption
    assert len(chart.to_svg()) < 80_000


def test_the_ratio_that_changes_is_drawn_and_listed(drivers: Drivers) -> None:
    chart, table = diagnostics.plot_hazard_ratio(drivers, TEXT), diagnostics.table_of_changing(drivers, TEXT)

    assert "contract" in chart.alt
    first, last = (float(number) for number in re.search(r"from ([\d.]+) to ([\d.]+)", chart.alt).groups())  # type: ignore[union-attr]
    assert (first < 1) != (last < 1)
    assert table.rows[0][0] == "contract"
    assert table.rows[0][-1] == "a curve for each group"
    assert table.rows[1][0] == "region"
    assert table.rows[1][-1] == "none needed"


def test_steady_ratios_have_no_empty_columns(make_client: MakeClient) -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"tenure": rng.integers(1, 500, 600), "churned": rng.integers(0, 2, 600)})
    study = study_churn(make_client(rows.assign(plan=rng.choice(["A", "B"], 600))))
    drivers = estimate_drivers(study.observation, horizon=study.horizon, year=study.year)

    table = diagnostics.table_of_changing(drivers, TEXT)

    assert table.columns == ("Covariate", "p, Holm")


def test_a_single_group_of_predictions_is_said_in_the_singular(client: Client, study: ChurnStudy) -> None:
    test = backtest_churn(client, study)
    assert test.calibration is not None
    one = replace(test, calibration=replace(test.calibration, groups=test.calibration.groups[:1]))

    assert "Customers in 1 group by" in diagnostics.plot_calibration(one, TEXT).caption
    assert "1 groups" not in diagnostics.plot_calibration(one, TEXT).caption
