from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.churn import estimate_churn, study_churn
from retention_lab.methods.life_tables import life_table
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]


def exponential(n: int, mean: float, follow_up: float, seed: int = 1) -> pd.DataFrame:
    """Customers who leave at a constant rate and are seen for up to `follow_up`."""
    rng = np.random.default_rng(seed)
    stay, seen = rng.exponential(mean, n), rng.uniform(0, follow_up, n)
    return pd.DataFrame({"tenure": np.ceil(np.minimum(stay, seen)), "churned": (stay <= seen).astype(int)})


def test_the_truth_of_a_constant_rate_is_recovered(make_client: MakeClient) -> None:
    study = study_churn(make_client(exponential(6000, 500, 1000)), horizon_days=180)

    result = estimate_churn(study)

    stay = np.exp(-180 / 500)
    assert result.at_horizon.ci_lower < stay < result.at_horizon.ci_upper
    assert result.overall_rate == pytest.approx(1 / 500, rel=0.05)
    assert result.departures.value == pytest.approx(result.departures.n_covered * (1 - stay), rel=0.06)
    assert result.departures.n_covered + result.departures.n_not_covered == study.n_here


def test_a_planted_peak_is_found_where_it_was_planted(make_client: MakeClient) -> None:
    customers = exponential(3000, 900, 1000)
    rng = np.random.default_rng(2)
    planted = (customers.tenure > 375) & (rng.random(len(customers)) < 0.15)
    customers = customers.assign(
        tenure=customers.tenure.where(~planted, 370), churned=customers.churned.where(~planted, 1)
    )

    result = estimate_churn(study_churn(make_client(customers)))

    assert result.peak is not None
    assert (result.rates.start[result.peak], result.rates.end[result.peak]) == (360, 390)
    assert result.peak_lower > result.overall_rate


def test_at_a_constant_rate_the_highest_stretch_is_hardly_ever_taken_for_a_peak(make_client: MakeClient) -> None:
    study = study_churn(make_client(exponential(100, 500, 1000)))
    alarms = unadjusted = 0
    for seed in range(200):
        drawn = exponential(1500, 500, 1000, seed)
        result = estimate_churn(replace(study, table=life_table(drawn.tenure, drawn.churned)))
        assert result.peak is not None
        alarms += result.peak_lower > result.overall_rate
        unadjusted += result.rates.ci_lower[result.peak] > result.overall_rate
    # At most 2.5 % are meant, 5 of 200; 12 would be three standard deviations above.
    assert alarms <= 12
    # The limit of one stretch by itself would cry wolf far more often.
    assert unadjusted > 30


def test_units_completed_make_no_peak_at_the_start(make_client: MakeClient) -> None:
    rng = np.random.default_rng(4)
    stay, seen = rng.exponential(20, 4000), rng.uniform(0, 36, 4000)
    # As most systems count: nought in the first month.
    customers = pd.DataFrame({"tenure": np.floor(np.minimum(stay, seen)), "churned": (stay <= seen).astype(int)})

    result = estimate_churn(study_churn(make_client(customers, unit="months")))

    # Departures of the first two months, against the time of one, would be a rate of 0.1.
    assert result.rates.rate[:3] == pytest.approx([0.05] * 3, abs=0.012)
    assert not result.peak_lower > result.overall_rate


def test_months_counted_from_one_are_taken_as_they_are(make_client: MakeClient) -> None:
    customers = pd.DataFrame({"tenure": [0] * 20 + [1] * 50 + [2] * 100, "churned": [0] * 20 + [1] * 50 + [0] * 100})

    result = estimate_churn(study_churn(make_client(customers, unit="months")))

    assert result.rates.n_events[0] == 50


def test_the_horizon_is_not_said_twice_beside_a_milestone_that_rounds_to_it(make_client: MakeClient) -> None:
    customers = exponential(500, 80, 200)

    result = estimate_churn(study_churn(make_client(customers, unit="weeks")))

    assert [round(time) for time in result.milestones].count(52) == 1


def test_a_blank_or_negative_monthly_value_counts_as_nought_and_is_counted(make_client: MakeClient) -> None:
    customers = exponential(600, 300, 600)
    here = customers.churned == 0
    value = pd.Series(10.0, index=customers.index)
    value[here[here].index[:7]] = np.nan
    value[here[here].index[7:12]] = -50.0

    with_faults = estimate_churn(study_churn(make_client(customers.assign(monthly_value=value)), horizon_days=30))
    nought = estimate_churn(
        study_churn(make_client(customers.assign(monthly_value=value.fillna(0).clip(lower=0))), horizon_days=30)
    )

    assert with_faults.n_without_value == 12
    assert nought.n_without_value == 0
    assert with_faults.value_at_risk is not None
    assert nought.value_at_risk is not None
    assert with_faults.value_at_risk.value == nought.value_at_risk.value


def test_money_at_risk_is_the_customers_at_risk_where_each_is_worth_the_same(make_client: MakeClient) -> None:
    result = estimate_churn(
        study_churn(make_client(exponential(600, 300, 600).assign(monthly_value=10)), horizon_days=90)
    )

    assert result.value_at_risk is not None
    assert result.value_at_risk.value == pytest.approx(10 * result.departures.value)
    assert result.value_at_risk.ci_upper == pytest.approx(10 * result.departures.ci_upper)


def test_where_nobody_left_at_the_times_ahead_it_is_not_certain_that_nobody_will(make_client: MakeClient) -> None:
    customers = pd.DataFrame({"tenure": [5] * 30 + [100] * 40 + [200] * 40, "churned": [1] * 30 + [0] * 80})

    departures = estimate_churn(study_churn(make_client(customers), horizon_days=90)).departures

    assert departures.reason == "too_few"


def test_no_customers_at_all_is_an_answer_and_no_crash(make_client: MakeClient) -> None:
    customers = pd.DataFrame({"started_on": ["2025-06-01"] * 20, "ended_on": [""] * 20})

    result = estimate_churn(study_churn(make_client(customers, as_of="2025-01-01")))

    assert result.departures.reason == "too_few"
    assert result.peak is None
    assert result.at_horizon.reason == "too_few"
