"""Small made-up clients, written as the files that a consultant would have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
            "monthly_value",
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
