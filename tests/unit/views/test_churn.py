"""The churn charts and tables, on small clients whose numbers can be counted by hand."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis import churn, drivers
from retention_lab.tables.client import Client
from retention_lab.views import churn as charts
from retention_lab.views import churn_tables, data
from retention_lab.views.display import Chart

MakeClient = Callable[..., Client]


def customers(n: int = 600) -> pd.DataFrame:
    """Monthly customers leave at four in a hundred a month, yearly ones at one; all are seen for up to three years."""
    rng = np.random.default_rng(3)
    monthly = np.arange(n) % 2 == 0
    stay = np.ceil(rng.exponential(np.where(monthly, 25, 100)))
    seen = rng.integers(1, 37, n)
    return pd.DataFrame(
        {
            "tenure": np.minimum(stay, seen).astype(int),
            "churned": (stay <= seen).astype(int),
            "contract": np.where(monthly, "monthly", "yearly"),
        }
    )


@pytest.fixture
def results(make_client: MakeClient) -> Any:
    client = make_client(customers(), unit="months")
    study = churn.study_churn(client)
    return client, study, churn.estimate_churn(study), churn.compare_groups(study)


def texts(chart: Chart) -> list[str]:
    return [item.get_text() for axes in chart.figure.axes for item in axes.texts]


def test_the_numbers_at_risk_under_the_curve_are_those_of_the_data(results: Any) -> None:
    client, _, result, _ = results
    frame = customers()

    shown = texts(charts.plot_survival(result, client.text))

    assert client.text.count((frame.tenure >= 12).sum()) in shown
    assert client.text.count(len(frame)) in shown


def test_a_curve_ends_where_too_few_are_left_to_believe_it(results: Any) -> None:
    client, _, result, _ = results
    frame = customers()

    (line,) = charts.plot_survival(result, client.text).figure.axes[0].lines

    last = float(np.asarray(line.get_xdata())[-1])
    assert (frame.tenure >= last).sum() >= 30 > (frame.tenure >= last + 1).sum()


def test_a_long_curve_is_drawn_with_few_points_and_keeps_its_shape(make_client: MakeClient) -> None:
    frame = customers(4000)
    days = frame.assign(tenure=frame.tenure * 30 + np.arange(4000) % 30)
    client = make_client(days)
    result = churn.estimate_churn(churn.study_churn(client))

    (line,) = charts.plot_survival(result, client.text).figure.axes[0].lines

    times, heights = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert len(times) <= 200
    place = np.searchsorted(result.curve.time, times[1:], side="right") - 1
    assert heights[1:] == pytest.approx(result.curve.survival[place])


def test_every_group_is_named_at_its_curve_and_no_name_covers_another(results: Any) -> None:
    client, _, _, groups = results

    chart = charts.plot_groups(groups[0], client.text)

    names = {a.get_text(): a.xy[1] for a in chart.figure.axes[0].texts if a.get_text() in ("monthly", "yearly")}
    assert set(names) == {"monthly", "yearly"}
    assert abs(names["monthly"] - names["yearly"]) > 0.05
    assert re.search(r"monthly \d+\.\d%", chart.alt)
    assert re.search(r"yearly \d+\.\d%", chart.alt)


def test_without_groups_the_lead_chart_is_the_curve_of_all(make_client: MakeClient) -> None:
    client = make_client(customers().drop(columns="contract"))
    study = churn.study_churn(client)
    result = churn.estimate_churn(study)

    chart = charts.plot_lead(result, churn.compare_groups(study), client.text)

    assert chart.alt == charts.plot_survival(result, client.text).alt


def test_the_table_of_survival_gives_each_share_its_interval_and_says_whether_half_have_left(results: Any) -> None:
    client, _, result, _ = results

    table = churn_tables.table_of_survival(result, client.text)

    rows = {row[0]: row for row in table.rows}
    lower, upper = (float(part.rstrip("%")) for part in rows["after 12 months"][2].split(" to "))
    assert lower < float(rows["after 12 months"][1].rstrip("%")) < upper
    assert "left after" in table.caption


def test_the_table_of_faults_says_what_was_done_with_customers_who_have_no_time_yet(make_client: MakeClient) -> None:
    frame = customers()
    frame.loc[:4, ["tenure", "churned"]] = 0
    frame.loc[9, "tenure"] = -3
    client = make_client(frame, unit="months")
    study = churn.study_churn(client)

    rows = data.table_of_faults(client, study.observation).rows

    n_zero = int((frame.tenure == 0).sum())
    assert ("negative duration", "customers, tenure", "1", "11", "set aside") in rows
    assert any(row[0] == "no time here yet: 0 months" and row[2] == str(n_zero) for row in rows)
    assert "set aside" in {row[4] for row in rows}


def test_a_client_without_faults_is_told_so(make_client: MakeClient) -> None:
    frame = customers().assign(tenure=lambda frame: frame.tenure.clip(lower=1))
    client = make_client(frame, unit="months")
    study = churn.study_churn(client)

    rows = data.table_of_faults(client, study.observation).rows

    assert [row[0] for row in rows] == ["Nothing"]


def test_what_cannot_be_estimated_is_said_and_not_left_as_a_dash(make_client: MakeClient) -> None:
    client = make_client(customers(40).assign(churned=0), unit="months")
    study = churn.study_churn(client)
    result, moved = churn.estimate_churn(study), drivers.estimate_drivers(study.observation, horizon=12, year=12)

    ratios = churn_tables.table_of_drivers(moved, client.text)
    counts = churn_tables.table_of_counts(study, result, moved, client.text)

    assert all(row[1] == "too little to say" for row in ratios.rows)
    assert not [
        cell for table in (ratios, counts) for row in table.rows for cell in row if "–" in cell or "nan" in cell
    ]


@pytest.mark.parametrize("declared", [False, True])
def test_a_client_without_covariates_is_not_said_to_have_too_little_of_them(
    make_client: MakeClient, declared: bool
) -> None:
    frame = customers() if declared else customers().drop(columns="contract")
    client = make_client(frame, unit="months")
    study = churn.study_churn(client)
    result, moved = churn.estimate_churn(study), drivers.estimate_drivers(study.observation, horizon=12, year=12)

    counts = churn_tables.table_of_counts(study, result, moved, client.text)
    groups = churn_tables.table_of_groups(study, churn.compare_groups(study), client.text)

    assert ("declares no covariates" in charts.plot_drivers(moved, client.text).caption) != declared
    assert len(counts.rows) == (2 if declared else 1)
    assert ("two ways" in counts.caption) == declared
    assert ([row[0] for row in groups.rows] == ["No covariate forms groups"]) != declared
    assert {len(row) for row in groups.rows} == {len(groups.columns)}


def test_covariates_of_which_nothing_can_be_said_are_not_said_to_be_missing(make_client: MakeClient) -> None:
    client = make_client(customers().assign(contract="all alike"), unit="months")
    study = churn.study_churn(client)
    moved = drivers.estimate_drivers(study.observation, horizon=12, year=12)

    assert "too little" in charts.plot_drivers(moved, client.text).caption
