"""Whatever a client sends, every cell of the churn playbook shows something: no traceback, no number that is none.

The cells run here in one process, without a kernel, so that many clients can be tried.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from cells import MIME, shown

ROW = np.arange(400)
LEFT = ROW * 13 % 5 < 2
START = pd.Timestamp("2022-01-01") + pd.to_timedelta(ROW * 37 % 1200, unit="D")
END = START + pd.to_timedelta(1 + ROW * 53 % 500, unit="D")
DATED = pd.DataFrame(
    {
        "customer_id": [f"C{row:04d}" for row in ROW],
        "started_on": START.strftime("%Y-%m-%d"),
        "ended_on": pd.Series(END.strftime("%Y-%m-%d")).where(LEFT & (END <= "2026-01-01"), ""),
        "plan": np.array(list("ABC"))[ROW * 7 % 3],
        "monthly_value": 10.0 + ROW % 40,
    }
)
TENURE = DATED[["customer_id", "plan", "monthly_value"]].assign(tenure=1 + ROW * 37 % 80, churned=LEFT.astype(int))
BOUGHT = pd.DataFrame(
    {
        "customer_id": [f"C{row % 80:04d}" for row in range(1600)],
        "occurred_at": (
            pd.Timestamp("2023-01-01") + pd.to_timedelta([(row * 61 + row % 80 * 7) % 1000 for row in range(1600)], "D")
        ).strftime("%Y-%m-%d"),
        "amount": [5.0 + row % 30 for row in range(1600)],
    }
)
SILENCE = {"churn": {"kind": "inactivity", "inactive_days": 60}}
CASES: dict[str, tuple[dict[str, pd.DataFrame], dict[str, Any]]] = {
    "dates": ({"customers": DATED}, {}),
    "dates, nobody left": ({"customers": DATED.assign(ended_on="")}, {}),
    "dates, all left on one day": ({"customers": DATED.assign(ended_on="2025-05-05")}, {}),
    "dates, all began yesterday": ({"customers": DATED.assign(started_on="2025-12-31", ended_on="")}, {}),
    "dates, one customer": ({"customers": DATED.head(1)}, {}),
    "reasons": ({"customers": DATED.assign(end_reason=np.where(LEFT, np.array(list("xy "))[ROW % 3], ""))}, {}),
    "one reason": ({"customers": DATED.assign(end_reason=np.where(LEFT, "price", ""))}, {}),
    "a contact costs more than anybody is worth": ({"customers": DATED}, {"money": {"contact_cost": 10_000.0}}),
    "nobody can be kept": ({"customers": DATED}, {"money": {"save_rate": 0.0}}),
    "a contact costs nothing": ({"customers": DATED}, {"money": {"contact_cost": 0.0, "save_rate": 1.0}}),
    "values are blank": ({"customers": DATED.assign(monthly_value="")}, {}),
    "forty segments": ({"customers": DATED.assign(plan=[f"s{row % 40}" for row in ROW])}, {}),
    "a constant and a repeated covariate": (
        {"customers": DATED.assign(same="x", copy=DATED.plan + "!", fee=DATED.monthly_value)}, {}
    ),
    "tenures": ({"customers": TENURE}, {}),
    "tenures, all censored": ({"customers": TENURE.assign(churned=0)}, {}),
    "tenures, all at nought": ({"customers": TENURE.assign(tenure=0)}, {}),
    "tenures, a group of one": ({"customers": TENURE.assign(plan=["A", *["B"] * 399])}, {}),
    "purchases": ({"transactions": BOUGHT}, SILENCE),
    "purchases and covariates": (
        {"transactions": BOUGHT, "customers": DATED[["customer_id", "plan", "monthly_value"]].head(100)}, SILENCE
    ),
    "one purchase each": ({"transactions": BOUGHT.drop_duplicates("customer_id")}, SILENCE),
}  # fmt: skip


def write(folder: Path, tables: dict[str, pd.DataFrame], changes: dict[str, Any]) -> None:
    file: dict[str, Any] = {"name": "Odd", "observed_through": "2026-01-01", "tables": {}, **changes}
    for name, frame in tables.items():
        known = {
            "customer_id", "started_on", "ended_on", "tenure", "churned", "end_reason", "monthly_value", "occurred_at",
            "amount",
        }  # fmt: skip
        spec: dict[str, Any] = {"source": f"{name}.csv", "columns": {one: one for one in frame if one in known}}
        if name == "customers":
            spec |= {"covariates": {one: one for one in frame if one not in known}, "entry": "unknown"}
            spec |= {"unit": "months"} if "tenure" in frame else {}
        file["tables"][name] = spec
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "client.yml").write_text(yaml.safe_dump(file), encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_every_cell_shows_something_that_can_be_read(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "odd"
    folder.mkdir(parents=True)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "out").mkdir()
    write(folder, *CASES[case])
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("RETENTION_LAB_OUTPUT", str(tmp_path / "out"))

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        bundles = shown("churn-survival", client=folder.name)

    assert len(bundles) > 20
    for bundle in bundles:
        assert bundle[MIME]["data"]
        plain = bundle["text/plain"]
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b(?! of)", plain), plain
        # A chart's numbers are text in its drawing.
        assert not re.search(r">[^<]*\bnan\b", bundle.get("image/svg+xml", "")), case
    assert {"actions.csv", "actions.xlsx", "survival.csv"} <= {file.name for file in (tmp_path / "out").iterdir()}
