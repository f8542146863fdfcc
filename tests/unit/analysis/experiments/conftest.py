"""Experiments as a consultant would have them: a file of assignments, sometimes customers and purchases beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from retention_lab.tables.client import Client

MakeExperiment = Callable[..., Client]
CANONICAL = ("customer_id", "variant", "assigned_on", "cluster", "received", "experiment")


@pytest.fixture
def make_experiment(tmp_path: Path) -> MakeExperiment:
    """Write `rows` as the assignments of the experiment `offer`; keywords are of client.yml's entry for it.

    `also` are columns of the file that are covariates.
    """

    def make(
        rows: pd.DataFrame,
        outcomes: dict[str, Any],
        *,
        control: str = "none",
        shares: dict[str, float] | None = None,
        customers: pd.DataFrame | None = None,
        transactions: pd.DataFrame | None = None,
        money: dict[str, Any] | None = None,
        observed_through: str = "2026-06-30",
        also: Sequence[str] = (),
        **experiment: Any,
    ) -> Client:
        folder = tmp_path / "tried"
        folder.mkdir(exist_ok=True)
        tables: dict[str, Any] = {}
        for name, frame in (("assignments", rows), ("customers", customers), ("transactions", transactions)):
            if frame is not None:
                frame.to_csv(folder / f"{name}.csv", index=False)
                own = [column for column in frame if name != "assignments" or column in CANONICAL]
                taken = {"segment", "plan"} & set(frame) if name == "customers" else set(also)
                tables[name] = {
                    "source": f"{name}.csv",
                    "columns": {column: column for column in own if column not in taken},
                    "covariates": {column: column for column in taken},
                }
        declared = {"control": control, "outcomes": outcomes, **experiment}
        declared |= {"shares": shares} if shares else {}
        whole = {"name": "Tried", "observed_through": observed_through, "tables": tables}
        whole |= {"experiments": {"offer": declared}} | ({"money": money} if money else {})
        (folder / "client.yml").write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
        return Client(folder)

    return make
