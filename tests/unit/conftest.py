"""Small made-up clients, written as the files that a consultant would have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    """Write customers as CSV with a client.yml, and open the client.

    Columns of the frame that are not canonical are covariates; `since` names the day column of a covariate.
    """

    def make(
        customers: pd.DataFrame,
        *,
        since: dict[str, str] | None = None,
        unit: str = "days",
        as_of: str = "",
        observed_through: str = "2026-01-01",
        **table: Any,
    ) -> Client:
        canonical = {
            "customer_id", "started_on", "ended_on", "tenure", "churned", "observed_from", "entry_tenure",
            "monthly_value", "end_reason",
        }  # fmt: skip
        rows = customers.assign(customer_id=[f"C{row:06d}" for row in range(len(customers))])
        days = set((since or {}).values())
        covariates: dict[str, Any] = {name: name for name in rows if name not in canonical | days}
        covariates |= {name: {"column": day, "since": day} for name, day in (since or {}).items()}
        spec = {
            "source": "customers.csv",
            "columns": {name: name for name in rows if name in canonical},
            "unit": unit,
            "covariates": covariates,
            **table,
        }
        folder = tmp_path / "made_up"
        folder.mkdir(exist_ok=True)
        rows.to_csv(folder / "customers.csv", index=False)
        whole = {"name": "Made Up", "observed_through": observed_through, "tables": {"customers": spec}}
        (folder / "client.yml").write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
        return Client(folder, as_of=as_of)

    return make


@pytest.fixture
def make_shop(tmp_path: Path) -> MakeClient:
    """Write purchases (customer_id, day, amount) with a client.yml by which customers leave by falling silent.

    `customers` is a table of theirs, of which columns that are not canonical are covariates; keywords are its keys.
    """

    def make(
        purchases: pd.DataFrame,
        customers: pd.DataFrame | None = None,
        *,
        inactive_days: int | str = "auto",
        observed_through: str = "2026-01-01",
        as_of: str = "",
        since: dict[str, str] | None = None,
        **table: Any,
    ) -> Client:
        folder = tmp_path / "shop"
        folder.mkdir(exist_ok=True)
        purchases.to_csv(folder / "transactions.csv", index=False)
        columns = {"customer_id": "customer_id", "occurred_at": "day", "amount": "amount"}
        tables: dict[str, Any] = {"transactions": {"source": "transactions.csv", "columns": columns}}
        if customers is not None:
            customers.to_csv(folder / "customers.csv", index=False)
            canonical = {"customer_id", "started_on", "monthly_value"}
            days = set((since or {}).values())
            covariates: dict[str, Any] = {name: name for name in customers if name not in canonical | days}
            covariates |= {name: {"column": day, "since": day} for name, day in (since or {}).items()}
            own = {name: name for name in customers if name in canonical}
            tables["customers"] = {"source": "customers.csv", "columns": own, "covariates": covariates, **table}
        churn = {"kind": "inactivity", "inactive_days": inactive_days}
        whole = {"name": "Shop", "observed_through": observed_through, "churn": churn, "tables": tables}
        (folder / "client.yml").write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
        return Client(folder, as_of=as_of)

    return make


@pytest.fixture(scope="session")
def planted_purchases() -> pd.DataFrame:
    """Customers who come over two years, buy every ten days on average, and stop at a constant rate, after 400 days.

    Purchases are a Poisson process from the first one on, and lifetimes are exponential, so that all is known: of the
    silences after a purchase, 0.1 / (0.1 + 1 / 400) end, after 1 / (0.1 + 1 / 400) days on average.
    """
    rng = np.random.default_rng(12)
    end, rows = 730, []
    for customer in range(1500):
        day = rng.uniform(0, end)
        gone = day + rng.exponential(400)
        while day < min(gone, end):
            rows.append((f"C{customer:04}", int(day)))
            day += rng.exponential(10)
    frame = pd.DataFrame(rows, columns=["customer_id", "at"])
    days = pd.Timestamp(2024, 1, 3) + pd.to_timedelta(frame["at"], unit="D")
    return pd.DataFrame({"customer_id": frame.customer_id, "day": days.dt.date, "amount": 20.0})
