from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.study import horizon_in, study_churn
from retention_lab.errors import ParameterError
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
CUSTOMERS = pd.DataFrame(
    {
        "tenure": np.arange(1, 101),
        "churned": [0, 1] * 50,
        "plan": ["basic"] * 60 + ["plus"] * 36 + ["gold"] * 4,
        "region": ["north", "south"] * 50,
    }
)


@pytest.mark.parametrize(
    ("unit", "days", "horizon"),
    [
        ("days", 365, 365),
        ("weeks", 365, 365 / 7),
        ("months", 365, 12),
        ("months", 90, 3),
        ("years", 365, 1),
        ("months", 1, 1),
        ("years", 100, 1),
    ],
)
def test_a_horizon_in_days_is_said_in_the_unit_of_the_durations(unit: str, days: int, horizon: float) -> None:
    assert horizon_in(unit, days) == horizon


def test_what_cannot_be_asked_is_told_all_at_once_with_what_can(make_client: MakeClient) -> None:
    with pytest.raises(ParameterError) as refused:
        study_churn(make_client(CUSTOMERS), horizon_days=0, min_group=-1, confidence_level=1.0)

    assert [fault.where for fault in refused.value.faults] == ["horizon_days", "min_group", "confidence_level"]
    assert all(fault.allowed for fault in refused.value.faults)


def test_an_unknown_column_of_where_is_told_which_columns_there_are(make_client: MakeClient) -> None:
    with pytest.raises(ParameterError, match="plan, region"):
        study_churn(make_client(CUSTOMERS), where=["colour=blue"])


def test_an_unknown_value_of_where_is_told_which_values_there_are(make_client: MakeClient) -> None:
    with pytest.raises(ParameterError, match="basic, gold, plus"):
        study_churn(make_client(CUSTOMERS), where=["plan=silver"])


def test_where_keeps_those_who_meet_every_condition(make_client: MakeClient) -> None:
    study = study_churn(make_client(CUSTOMERS), where=["plan=basic,plus", "region=south"])

    assert study.table.n_obs == 48
    assert study.n_left == 48


def test_conditions_that_only_a_handful_meet_are_refused_and_their_number_is_not_told(make_client: MakeClient) -> None:
    with pytest.raises(ParameterError) as refused:
        study_churn(make_client(CUSTOMERS), where=["plan=gold"])

    assert "fewer than 10 customers" in str(refused.value)
    assert "4" not in str(refused.value)


def test_conditions_that_nobody_meets_together_are_refused(make_client: MakeClient) -> None:
    customers = CUSTOMERS.assign(region=["north"] * 60 + ["south"] * 40)

    with pytest.raises(ParameterError, match="fewer than 10 customers meet 'plan=basic' and 'region=south'"):
        study_churn(make_client(customers), where=["plan=basic", "region=south"])


def test_an_earlier_last_day_turns_later_departures_into_customers_still_here(make_client: MakeClient) -> None:
    started = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(40), unit="D")
    ended = (started + pd.Timedelta(days=100)).strftime("%Y-%m-%d")
    customers = pd.DataFrame({"started_on": started.strftime("%Y-%m-%d"), "ended_on": ended})

    whole = study_churn(make_client(customers))
    early = study_churn(make_client(customers, as_of="2025-04-15"))
    before = study_churn(make_client(customers, as_of="2025-01-20"))

    assert (whole.n_left, whole.n_here) == (40, 0)
    # 1 January is followed by 100 days on 11 April: five had left by 15 April.
    assert (early.n_left, early.n_here) == (5, 35)
    # Who had not yet started is not there.
    assert (before.n_left, before.n_here) == (0, 20)
