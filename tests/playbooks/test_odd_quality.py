"""Whatever is wrong with a client's files, the quality report says it in every cell, and names nobody."""

import re
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from cells import MIME, findings_in, sentences_in, shown, texts_in

DAYS = pd.date_range("2024-01-05", periods=60, freq="9D").strftime("%Y-%m-%d")
IDS = [f"Kunde-{row:05d}" for row in range(60)]
CUSTOMERS = pd.DataFrame({"customer_id": IDS, "started_on": DAYS, "ended_on": ["2025-12-01", *[""] * 59]})
BOUGHT = pd.DataFrame({"customer_id": IDS, "occurred_at": DAYS, "amount": [9.5] * 60})
COMMENTS = pd.DataFrame({"received_at": DAYS, "text": ["Maria Rossi will nicht mehr"] * 60, "customer_id": IDS})
TICKETS = pd.DataFrame({"ticket_id": range(60), "opened_at": DAYS, "resolved_at": DAYS, "customer_id": IDS})
CONTACTS = pd.DataFrame({"campaign": "spring", "customer_id": IDS, "channel": "letter", "sent_at": DAYS})
POINTS = pd.DataFrame({"customer_id": IDS, "occurred_at": DAYS, "kind": "earn", "points": 5})
INVITED = pd.DataFrame({"referrer_id": IDS, "invited_at": DAYS, "referred_id": IDS[::-1]})
DEALT = pd.DataFrame({"variant": ["a", "b"] * 30})
ALL = {
    "customers": CUSTOMERS, "transactions": BOUGHT, "feedback": COMMENTS, "tickets": TICKETS, "contacts": CONTACTS,
    "loyalty": POINTS, "referrals": INVITED, "assignments": DEALT,
}  # fmt: skip


def spoilt(frame: pd.DataFrame, column: str, value: str, n: int = 3) -> pd.DataFrame:
    return frame.assign(**{column: [value] * n + frame[column].astype(str).tolist()[n:]})


CASES: dict[str, tuple[dict[str, pd.DataFrame], dict[str, Any]]] = {
    "all eight tables, nothing wrong": (ALL, {}),
    "one row": ({"customers": CUSTOMERS.tail(1)}, {}),
    "no dates, and nobody knows the last day": ({"assignments": DEALT}, {"observed_through": None}),
    "no dates": ({"assignments": DEALT}, {}),
    "every row has a fault": ({"customers": spoilt(CUSTOMERS, "started_on", "soon", 60)}, {"max_rejected": 1.0}),
    "a table is refused": ({**ALL, "transactions": spoilt(BOUGHT, "amount", "Maria Rossi", 40)}, {}),
    "all tables are refused": ({"customers": spoilt(CUSTOMERS, "started_on", "soon", 40)}, {}),
    "refused for their ids": ({"customers": CUSTOMERS.assign(customer_id="Kunde-00007")}, {}),
    "many faults": (
        {
            "customers": spoilt(CUSTOMERS, "started_on", "31/02/2024"),
            "transactions": spoilt(BOUGHT, "customer_id", "Kunde-99999"),
            "feedback": spoilt(COMMENTS, "received_at", "Maria Rossi"),
            "tickets": spoilt(TICKETS, "resolved_at", "1999-01-01"),
            "loyalty": spoilt(POINTS, "points", "-5"),
        },
        {"max_rejected": 0.5},
    ),
    "a year without rows": ({"transactions": BOUGHT.drop(range(10, 50))}, {"churn": {"kind": "inactivity"}}),
    "two centuries": (
        {"transactions": spoilt(BOUGHT, "occurred_at", "1951-01-01", 1)}, {"churn": {"kind": "inactivity"}}
    ),
}  # fmt: skip


def write(folder: Path, tables: dict[str, pd.DataFrame], changes: dict[str, Any]) -> None:
    file: dict[str, Any] = {"name": "Odd", "observed_through": "2026-01-01", "tables": {}, **changes}
    for name, frame in tables.items():
        file["tables"][name] = {"source": f"{name}.csv", "columns": {one: one for one in frame}}
        frame.to_csv(folder / f"{name}.csv", index=False)
    written = {key: value for key, value in file.items() if value is not None}
    (folder / "client.yml").write_text(yaml.safe_dump(written), encoding="utf-8")


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the report shows of a client, and the list that it writes."""
    folder = tmp_path / "data" / "odd"
    for place in (folder, tmp_path / "playbooks", tmp_path / "out"):
        place.mkdir(parents=True)
    # What each playbook needs stands in the notebooks.
    for notebook in (Path(__file__).parents[2] / "playbooks").glob("*.ipynb"):
        (tmp_path / "playbooks" / notebook.name).write_bytes(notebook.read_bytes())
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("RETENTION_LAB_OUTPUT", str(tmp_path / "out"))

    def run(case: str) -> tuple[list[dict[str, Any]], str]:
        write(folder, *CASES[case])
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            bundles = shown("data-quality", client="odd")
        return bundles, (tmp_path / "out" / "to-mend.csv").read_text("utf-8-sig")

    return run


@pytest.mark.parametrize("case", CASES)
def test_every_cell_shows_something_that_can_be_read_and_names_nobody(case: str, look: Any) -> None:
    bundles, listed = look(case)

    for bundle in bundles:
        assert bundle[MIME]["data"]
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\bNaT\b", bundle["text/plain"]), bundle["text/plain"]
    told = "\n".join([*texts_in(bundles), listed])
    assert "Kunde-0" not in told
    assert "Rossi" not in told
    for sentence in sentences_in(bundles):
        assert re.search(r"[.:!?)]$", sentence.strip()), sentence


def test_a_clean_client_has_nothing_to_mend_and_every_table_is_in_order(look: Any) -> None:
    bundles, listed = look("all eight tables, nothing wrong")

    found = {finding["id"]: finding for finding in findings_in(bundles)}
    assert {name for name in found if name.startswith("quality.table.")} == {f"quality.table.{name}" for name in ALL}
    assert found["quality.rows"]["headline"] == "All 480 rows can be used."
    assert found["quality.mend"]["headline"] == "Nothing has to be mended."
    assert [line.split(",")[3] for line in listed.splitlines()[1:] if '"bends"' in line or '"loses"' in line] == []


def test_a_refused_table_is_the_first_thing_to_mend_and_its_playbooks_cannot_run(look: Any) -> None:
    bundles, listed = look("all tables are refused")

    found = {finding["id"]: finding for finding in findings_in(bundles)}
    assert found["quality.rows"]["headline"] == "No table could be read."
    assert found["quality.rows"]["verdict"] == "act"
    assert "soon" in found["quality.mend"]["headline"] + listed
    assert found["quality.playbooks"]["headline"] == "0 of 4 playbooks can run."
    assert "churn-survival needs table customers" in found["quality.playbooks"]["action"]


def test_lost_rows_are_listed_with_the_row_that_a_spreadsheet_shows_and_the_playbooks_they_touch(look: Any) -> None:
    bundles, listed = look("many faults")

    lost = [line for line in listed.splitlines() if '"unknown_customer"' in line]
    assert lost[0].startswith('"transactions","transactions.csv","customer_id","loses","unknown_customer","3","2",')
    assert "'AAAAA-99999'" in lost[0]
    assert "churn-survival" in lost[0]
    found = {finding["id"]: finding for finding in findings_in(bundles)}
    assert found["quality.table.customers"]["verdict"] == "watch"


def test_a_missing_last_day_is_told_with_what_to_write(look: Any) -> None:
    bundles, _ = look("no dates, and nobody knows the last day")

    found = {finding["id"]: finding for finding in findings_in(bundles)}
    assert found["quality.period"]["verdict"] == "act"
    assert "observed_through" in found["quality.period"]["action"]
