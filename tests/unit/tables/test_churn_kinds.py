"""client.yml says how customers leave: by the end of a contract, or by falling silent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from retention_lab.errors import DataError
from retention_lab.tables.client_file import ClientFile, load_client_file

TRANSACTIONS = {"source": "t.csv", "columns": {"customer_id": "c", "occurred_at": "d", "amount": "a"}}
CUSTOMERS = {"source": "c.csv", "columns": {"customer_id": "c"}}
DATED = {"source": "c.csv", "columns": {"customer_id": "c", "started_on": "s", "ended_on": "e"}}
Read = Callable[..., ClientFile]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(churn: Any, **tables: Any) -> ClientFile:
        whole = {"name": "A", "churn": churn, "tables": tables}
        (tmp_path / "client.yml").write_text(yaml.safe_dump(whole, sort_keys=False), "utf-8")
        return load_client_file(tmp_path)

    return read


def refusal(read: Read, churn: Any, **tables: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(churn, **tables)
    return str(caught.value)


@pytest.mark.parametrize("days", ["auto", 1, 90, 3650])
def test_customers_who_fall_silent_need_purchases_and_nothing_else(read: Read, days: Any) -> None:
    churn = {"kind": "inactivity", "inactive_days": days}

    assert read(churn, transactions=TRANSACTIONS).churn.inactive_days == days
    assert read(churn, transactions=TRANSACTIONS, customers=CUSTOMERS).tables["customers"].unit == "days"


def test_without_a_number_of_days_it_is_found(read: Read) -> None:
    assert read({"kind": "inactivity"}, transactions=TRANSACTIONS).churn.inactive_days == "auto"


@pytest.mark.parametrize("days", [0, -5, 3651, 30.5, True, "90", "Auto", None])
def test_a_number_of_days_that_is_none_is_told(read: Read, days: Any) -> None:
    message = refusal(read, {"kind": "inactivity", "inactive_days": days}, transactions=TRANSACTIONS)

    assert "churn.inactive_days: " in message
    assert "Allowed: auto, or a whole number of days from 1 to 3650" in message


def test_contracts_take_no_number_of_days(read: Read) -> None:
    for churn in ({"kind": "contract", "inactive_days": 90}, {"inactive_days": 90}):
        message = refusal(read, churn, customers=DATED)

        assert "churn.inactive_days: 90, and churn is by contract, which ends on a day" in message
        assert "Next: remove it, or set churn.kind to inactivity" in message


def test_without_purchases_nobody_can_fall_silent(read: Read) -> None:
    message = refusal(read, {"kind": "inactivity"}, customers=CUSTOMERS)

    assert "tables: churn is by inactivity, and there is no table transactions to read it from" in message
    assert "Next: add it, or set churn.kind to contract" in message


@pytest.mark.parametrize("name", ["ended_on", "end_reason", "tenure", "churned", "observed_from", "entry_tenure"])
def test_a_column_that_would_say_otherwise_when_a_customer_left_is_told(read: Read, name: str) -> None:
    customers = {"source": "c.csv", "columns": {"customer_id": "c", name: "x"}}

    message = refusal(read, {"kind": "inactivity"}, transactions=TRANSACTIONS, customers=customers)

    assert f"tables.customers.columns.{name}: it belongs to contracts, and churn is by inactivity" in message


def test_a_covariate_may_hold_from_a_day_on_since_the_first_purchase_has_one(read: Read) -> None:
    customers = {**CUSTOMERS, "covariates": {"club": {"column": "x", "since": "y"}}}

    assert read({"kind": "inactivity"}, transactions=TRANSACTIONS, customers=customers).tables["customers"].covariates


def test_all_faults_come_together(read: Read) -> None:
    customers = {"source": "c.csv", "columns": {"tenure": "t"}, "covariates": {"a=b": "x"}}

    message = refusal(read, {"kind": "inactivitty", "inactive_days": 0}, customers=customers)
    other = refusal(read, {"kind": "inactivity", "inactiv_days": 5}, customers=customers)

    for expected in ("did you mean inactivity?", "churn.inactive_days: 0", "a tenure is a number of what?"):
        assert expected in message
    for expected in ("did you mean inactive_days?", "no table transactions", "columns.tenure: it belongs", "a=b"):
        assert expected in other


def test_what_a_playbook_needs_of_customers_is_read_off_their_purchases(read: Read) -> None:
    needs = {"customers": ["customer_id", "started_on|tenure", "plan"]}
    shop = read({"kind": "inactivity"}, transactions=TRANSACTIONS)
    known = read(
        {"kind": "inactivity"}, transactions=TRANSACTIONS, customers={**CUSTOMERS, "covariates": {"plan": "p"}}
    )

    assert shop.missing(needs) == ["customers.plan"]
    assert known.missing(needs) == []
    assert read({"kind": "contract"}, transactions=TRANSACTIONS).missing(needs) == ["table customers"]
