"""The spreadsheet is read back as XML: what a person's program shows is what stands there."""

import json
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from retention_lab.tables import actions
from retention_lab.tables.actions import write_workbook
from retention_lab.tables.assignments import load_assignments
from retention_lab.tables.client import OUTPUT, Client
from retention_lab.text import Text

Write = Callable[..., Path]
NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
CUSTOMERS = "ID,Start,End\n1,2024-01-01,2026-05-01\n2,2026-09-01,\n"
IDS = ["=1+1", "007", "1e5", "@SUM(A1)", "http://example.org", "held"]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": IDS,
            "tenure_days": [10.0, 20, 30, 40, 50, 60],
            "risk": [0.5, 0.4, 0.3, 0.25, 0.2, 0.1],
            "monthly_value": [50.0] * 6,
            "expected_saving": [9.5, 8.0, 7.0, 6.0, 5.0, 4.0],
            "variant": ["contact"] * 5 + ["hold_out"],
            "stratum": "hold-out share 0.2",
            "seed": "abcd",
        }
    )


def sheet(path: Path, n: int) -> list[list[tuple[str, str]]]:
    """The cells of a sheet: what kind each is (s: text, n: number, f: formula), and its value."""
    with zipfile.ZipFile(path) as book:
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml")).findall("x:si", NS)
        texts = ["".join(item.itertext()) for item in shared]
        rows = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{n}.xml")).findall("x:sheetData/x:row", NS)
    return [[cell(found, texts) for found in row.findall("x:c", NS)] for row in rows]


def cell(found: Any, texts: list[str]) -> tuple[str, str]:
    if found.find("x:f", NS) is not None:
        return "f", found.findtext("x:f", "", NS)
    value = found.findtext("x:v", "", NS)
    return ("s", texts[int(value)]) if found.get("t") == "s" else ("n", value)


@pytest.fixture
def client(write_client: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv(OUTPUT, str(tmp_path / "out"))
    (tmp_path / "out").mkdir()
    folder = write_client(CUSTOMERS)
    (folder / ".key").write_text("0" * 64)
    return Client(folder)


def test_ids_are_text_and_nothing_in_the_sheet_is_run(client: Client) -> None:
    _, book, _ = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    rows = sheet(book, 1)
    cells = [found for n in (1, 2) for row in sheet(book, n) for found in row]
    assert [row[1] for row in rows[1:]] == [("s", name) for name in IDS[:5]]
    assert [value for _, value in rows[0]] == [
        "Rank",
        "Customer",
        "Days as a customer",
        "Chance of leaving",
        "Monthly value (EUR)",
        "Expected saving (EUR)",
        "Called on",
        "Reached",
        "Note",
        "Name in the report",
    ]
    assert [kind for kind, _ in rows[1]] == ["n", "s", "n", "n", "n", "n", "s"]
    assert "f" not in {kind for kind, _ in cells}
    with zipfile.ZipFile(book) as parts:
        # An address that is made a link could be clicked.
        assert not [name for name in parts.namelist() if "sheet" in name and "rels" in name]


def test_who_is_held_out_is_in_no_list_for_people_and_everyone_is_in_the_record(client: Client) -> None:
    listed, book, _ = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    back = pd.read_csv(listed, dtype=str)
    assert back.customer_id.tolist() == ["'=1+1", "007", "1e5", "'@SUM(A1)", "http://example.org"]
    assert back["rank"].tolist() == ["1", "2", "3", "4", "5"]
    assert not {"variant", "stratum", "seed"} & set(back)
    assert not [value for n in (1, 2) for row in sheet(book, n) for _, value in row if value == "held"]
    kept = load_assignments(listed.parent).set_index("customer_id")
    assert kept.variant.to_dict() == {**dict.fromkeys(IDS[:5], "contact"), "held": "hold_out"}
    assert set(kept.assigned_on) == {date(2026, 10, 31)}


def test_the_name_in_the_report_leads_to_the_customer_and_is_not_the_id(client: Client) -> None:
    listed, *_ = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    back = pd.read_csv(listed, dtype=str)
    assert back.pseudonym.tolist() == [client.pseudonym(name) for name in IDS[:5]]


def test_the_second_sheet_explains_every_column_and_warns_of_the_hold_out(client: Client) -> None:
    _, book, _ = client.write_actions("churn-2026-10-31", frame(), horizon_days=90)

    explained = [[value for _, value in row] for row in sheet(book, 2)]
    said = " ".join(value for row in explained for value in row)
    assert "5 customers to contact, as the data stood on 31 October 2026." in said
    assert explained[0][0] == "Call from the top; stop when time runs out."
    assert "Customers who are not in this file must not be called about leaving" in said
    assert "The chance of leaving within 90 days, if nothing is done." in said
    heads = {value for _, value in sheet(book, 1)[0]}
    assert heads <= {row[0] for row in explained if len(row) > 1 and row[1]}


def test_the_same_list_gives_the_same_bytes(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [path.read_bytes() for path in client.write_actions("churn-2026-10-31", frame(), horizon_days=365)]
    (tmp_path / "again").mkdir()
    monkeypatch.setenv(OUTPUT, str(tmp_path / "again"))
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")

    again = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    assert [path.read_bytes() for path in again] == first
    with zipfile.ZipFile(again[1]) as book:
        assert b"2026-10-31T00:00:00Z" in book.read("docProps/core.xml")


def test_a_list_of_nobody_has_its_heads_and_says_so(client: Client) -> None:
    listed, book, kept = client.write_actions("churn-2026-10-31", frame().head(0), horizon_days=365)

    assert len(sheet(book, 1)) == 1
    assert "0 customers to contact" in sheet(book, 2)[1][0][1]
    assert (len(pd.read_csv(listed)), load_assignments(kept.parents[1]).empty) == (0, True)


def test_a_list_longer_than_a_sheet_says_that_it_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_ROWS", 3)
    told = frame().drop(columns=["variant", "stratum", "seed"])

    write_workbook(tmp_path / "a.xlsx", told, horizon_days=365, as_of=date(2026, 10, 31), text=Text())

    assert len(sheet(tmp_path / "a.xlsx", 1)) == 4
    assert any("The whole list is in actions.csv." in row[0][1] for row in sheet(tmp_path / "a.xlsx", 2))


def test_a_report_on_the_past_writes_no_list(client: Client, tmp_path: Path) -> None:
    past, recent = Client(client.folder, as_of="2026-10-01"), Client(client.folder, as_of="2026-10-24")

    assert past.write_actions("churn-2026-10-01", frame(), horizon_days=365) == []
    assert not list((tmp_path / "out").glob("actions*")) + list((tmp_path / "out").glob("assignments"))
    assert len(recent.write_actions("churn-2026-10-24", frame(), horizon_days=365)) == 3


def test_a_notebook_run_by_hand_leaves_the_clients_folder_alone(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(OUTPUT)
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in client.folder.rglob("*"))

    client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    assert sorted(path.name for path in client.folder.rglob("*")) == before
    assert (tmp_path / "assignments" / "churn-2026-10-31.csv").is_file()


def test_what_a_kernel_tells_its_runner_holds_no_key(client: Client, tmp_path: Path) -> None:
    client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    told = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert json.loads((tmp_path / "out" / "inputs.json").read_text())["as_of"] == "2026-10-31"
    assert not [content for content in told if re.search(rb"0{32}", content)]


def layout(path: Path, n: int) -> ElementTree.Element:
    with zipfile.ZipFile(path) as book:
        return ElementTree.fromstring(book.read(f"xl/worksheets/sheet{n}.xml"))


def test_no_head_and_no_value_is_cut(client: Client) -> None:
    long = frame().assign(customer_id=["A-very-long-id-of-thirty-four-chars"] * 6, expected_saving=123_456_789_012.5)
    _, book, _ = client.write_actions("churn-2026-10-31", long, horizon_days=365)

    widths = [float(column.get("width", 0)) for column in layout(book, 1).findall("x:cols/x:col", NS)]
    heads = [value for _, value in sheet(book, 1)[0]]
    assert len(widths) == len(heads)
    # The button of the filter takes the room of some three characters.
    assert all(width >= len(head) + 3 for width, head in zip(widths, heads, strict=True))
    assert widths[heads.index("Customer")] >= 35
    assert widths[heads.index("Expected saving (EUR)")] >= len("123,456,789,012.50")


def test_the_list_is_printed_across_with_its_heads_on_every_page(client: Client) -> None:
    _, book, _ = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    setup = layout(book, 1).find("x:pageSetup", NS)
    assert setup is not None
    assert (setup.get("orientation"), setup.get("fitToHeight")) == ("landscape", "0")
    with zipfile.ZipFile(book) as parts:
        assert b"Contact!$1:$1" in parts.read("xl/workbook.xml")


def test_the_file_for_programs_has_the_columns_it_always_had(client: Client) -> None:
    listed, *_ = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    columns = "rank,customer_id,pseudonym,tenure_days,risk,monthly_value,expected_saving"
    assert pd.read_csv(listed).columns.tolist() == columns.split(",")


def test_long_lines_of_the_second_sheet_are_not_cut(client: Client) -> None:
    _, book, _ = client.write_actions("churn-2026-10-31", frame(), horizon_days=365)

    rows = layout(book, 2).findall("x:sheetData/x:row", NS)
    lines = [row[0][1] for row in sheet(book, 2)]
    tall = [float(row.get("ht", 15)) for row, line in zip(rows, lines, strict=True) if len(line) > 110]
    assert tall
    assert min(tall) >= 30
