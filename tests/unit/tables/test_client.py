import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from retention_lab.demo import truth
from retention_lab.errors import DataError, ParameterError
from retention_lab.tables import client as client_module
from retention_lab.tables.client import OUTPUT, Client, open_client
from retention_lab.tables.loading import LoadedTable
from retention_lab.tables.observation import observe_customers

Told = Callable[[Callable[[], object]], str]
Reasons = Callable[[LoadedTable], dict[str, int]]
Write = Callable[..., Path]

CUSTOMERS = "ID,Start,End\n1,2024-01-01,2026-05-01\n2,2026-09-01,2027-01-01\n"
TRANSACTIONS = {
    "source": "t.csv",
    "columns": {"customer_id": "c", "occurred_at": "d", "amount": "a"},
}
LOYALTY = {
    "source": "l.csv",
    "columns": {"customer_id": "c", "occurred_at": "d", "kind": "k", "points": "p"},
}


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Set the client's clock to a day."""
    return lambda day: monkeypatch.setattr(client_module, "_today", lambda timezone: day)


@pytest.fixture
def workspace(tmp_path: Path, write_client: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "data").mkdir()
    write_client(CUSTOMERS).rename(tmp_path / "data" / "acme")
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path))
    return tmp_path


def test_a_client_is_opened_by_the_name_of_its_folder(workspace: Path) -> None:
    client = open_client("acme", "2026-10-30", "it")

    assert (client.name, client.as_of, client.text.language) == ("Acme", date(2026, 10, 30), "it")


def test_all_faults_of_a_request_are_told_together(workspace: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        open_client("../acme", "31/10/2026", "de")

    for expected in (
        "'../acme' is not the name",
        "as_of: '31/10/2026'",
        "language: 'de'\n  Allowed: en, it, es, fr, sl",
    ):
        assert expected in str(caught.value)
    with pytest.raises(DataError, match="the clients of this workspace: acme"):
        open_client("acne")


@pytest.mark.parametrize("as_of", ["20261031", "2026-W44-6", "2026-02-30", "yesterday", " 2026-10-31"])
def test_the_last_day_is_written_in_one_way(as_of: str, workspace: Path, told: Told) -> None:
    # Python reads the first two as days; beside 2026-10-31 they would sort wrongly, and make two reports of one.
    assert "a day such as 2026-10-31" in told(lambda: open_client("acme", as_of))


def test_the_last_day_is_never_after_the_exports_end(write_client: Write) -> None:
    folder = write_client(CUSTOMERS)

    found = [Client(folder, as_of=as_of).as_of for as_of in ("", "2026-12-31", "2026-10-31", "2025-01-01")]

    assert found == [date(2026, 10, 31), date(2026, 10, 31), date(2026, 10, 31), date(2025, 1, 1)]


def test_undeclared_the_exports_end_with_the_latest_day_that_is_not_in_the_future(
    write_client: Write, at_noon: Callable[[date], None]
) -> None:
    folder = write_client(CUSTOMERS, top={"observed_through": None}, tables={"transactions": TRANSACTIONS})
    (folder / "t.csv").write_text("c,d,a\n1,2026-09-20 23:30,5\n1,2026-12-24,5\n2,1900-01-01,5\n")

    found = {}
    for today in (date(2026, 11, 1), date(2026, 9, 20), date(2026, 9, 19)):
        at_noon(today)
        found[today.isoformat()] = Client(folder).observed_through.isoformat()

    assert found == {"2026-11-01": "2026-09-20", "2026-09-20": "2026-09-20", "2026-09-19": "2026-09-01"}


def test_where_the_end_is_declared_the_clock_changes_nothing(
    write_client: Write, at_noon: Callable[[date], None]
) -> None:
    folder = write_client(CUSTOMERS, tables={"transactions": TRANSACTIONS})
    (folder / "t.csv").write_text("c,d,a\n1,2026-09-20,5\n1,2030-12-24,5\n")
    found = []
    for today in (date(2020, 1, 1), date(2040, 1, 1)):
        at_noon(today)
        client = Client(folder)
        rows = observe_customers(client).rows.order_by("customer_id").to_pandas()
        found.append((client.as_of, rows.to_csv(), client.table("transactions").count().to_pyarrow().as_py()))

    assert found[0] == found[1]


def test_without_any_date_the_end_must_be_declared(write_client: Write, told: Told) -> None:
    columns = {"customer_id": "ID", "tenure": "T", "churned": "C"}
    folder = write_client("ID,T,C\n1,5,0\n", columns=columns, top={"observed_through": None})

    assert "write, for example, observed_through: 2026-10-31" in told(lambda: Client(folder).as_of)


def test_events_after_the_last_day_do_not_exist(write_client: Write) -> None:
    folder = write_client(CUSTOMERS, tables={"transactions": TRANSACTIONS})
    (folder / "t.csv").write_text("c,d,a\n1,2026-09-20 23:59:59,5\n1,2026-09-21,5\n")
    client = Client(folder, as_of="2026-09-20")

    assert client.table("transactions").count().to_pyarrow().as_py() == 1
    assert client.loaded("transactions").n_kept == 2


def test_a_table_that_is_not_declared_is_told(write_client: Write, told: Told) -> None:
    assert "it has no table loyalty\n  Next: add tables.loyalty" in told(
        lambda: Client(write_client(CUSTOMERS)).table("loyalty")
    )


def test_a_refused_table_hinders_no_other_and_is_refused_again_in_the_same_words(
    write_client: Write, told: Told
) -> None:
    tables = {"transactions": TRANSACTIONS, "loyalty": LOYALTY}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n9,soon,\n", tables=tables, top={"max_rejected": 0.4})
    (folder / "t.csv").write_text("c,d,a\n1,2026-09-20,5\n8,2026-09-20,5\n1,2026-09-20,5\n")
    (folder / "l.csv").write_text("c,d,k,p\n1,2026-09-20,gift,5\n")

    client = Client(folder)
    client.check()

    assert [(table.table, table.n_kept) for table in client.inputs] == [("transactions", 3)]
    assert "Not compared with the customers, which were refused." in client.inputs[0].notes
    assert list(client.refusals) == ["customers", "loyalty"]
    assert "'gift'" in str(client.refusals["loyalty"])
    client = Client(folder)
    assert told(lambda: client.table("customers")) == told(lambda: client.table("transactions"))


def test_where_only_the_movements_are_refused_the_purchases_are_held_against_the_customers(
    write_client: Write, reasons: Reasons
) -> None:
    folder = write_client(CUSTOMERS, tables={"transactions": TRANSACTIONS, "loyalty": LOYALTY})
    (folder / "t.csv").write_text("c,d,a\n1,2026-09-20,5\n8,2026-09-20,5\n")

    client = Client(folder)
    client.check()

    assert [(table.table, reasons(table)) for table in client.inputs] == [
        ("customers", {}),
        ("transactions", {"unknown_customer": 1}),
    ]
    assert "no file is called 'l.csv'" in str(client.refusals["loyalty"])


def test_the_end_of_the_exports_is_not_taken_from_the_tables_that_happen_to_be_readable(
    write_client: Write, told: Told
) -> None:
    tables = {"transactions": TRANSACTIONS, "loyalty": LOYALTY}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables=tables, top={"observed_through": None})

    message = told(lambda: Client(folder).as_of)

    assert "t.csv" in message
    assert "l.csv" in message


def test_a_runner_is_told_what_was_read_and_through_which_day(
    write_client: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_noon: Callable[[date], None]
) -> None:
    at_noon(date(2026, 11, 1))
    monkeypatch.setenv(OUTPUT, str(tmp_path))
    folder = write_client(CUSTOMERS, tables={"transactions": TRANSACTIONS}, top={"observed_through": None})
    (folder / "t.csv").write_text("c,d,a\n1,2026-09-20,5\n8,2026-09-20,5\n")
    client = Client(folder)

    client.loaded("customers")
    before = json.loads((tmp_path / "inputs.json").read_text())
    observe_customers(client)
    after = json.loads((tmp_path / "inputs.json").read_text())

    assert (before["as_of"], [table["table"] for table in before["tables"]]) == ("", ["customers"])
    assert after["as_of"] == "2026-09-20"
    facts = {"table": "transactions", "source": "t.csv", "rows": 2, "kept": 1, "rejected": {"unknown_customer": 1}}
    assert after["tables"][1] == facts


def test_a_researcher_finds_no_such_file(write_client: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OUTPUT, raising=False)
    monkeypatch.chdir(tmp_path)
    assert Client(write_client(CUSTOMERS)).as_of == date(2026, 10, 31)
    Client(write_client(CUSTOMERS)).loaded("customers")

    assert not (tmp_path / "inputs.json").exists()


def test_texts_that_a_spreadsheet_would_run_are_defused_and_numbers_are_left_alone(
    write_client: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OUTPUT, str(tmp_path))
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "a=b", "a\r=b", 'say "=x"', ""]
    frame = pd.DataFrame({"=name": texts, "number": range(-3, 9), "share": [-0.5] * 12})
    frame["level"] = pd.Categorical(["=x"] * 12)

    path = Client(write_client(CUSTOMERS)).write("out.csv", frame)

    raw = path.read_bytes()
    back = pd.read_csv(path, keep_default_na=False, lineterminator="\n")
    assert raw.startswith(b"\xef\xbb\xbf")
    assert list(back.columns) == ["'=name", "number", "share", "level"]
    assert back["'=name"].tolist() == [f"'{text}" for text in texts[:8]] + texts[8:]
    assert (back["number"].tolist(), set(back["share"]), set(back["level"])) == (list(range(-3, 9)), {-0.5}, {"'=x"})
    # A bare carriage return would begin a new row, with a cell of its own.
    assert b'"a\r=b"' in raw


def test_the_engine_never_fetches_an_extension(write_client: Write) -> None:
    # DuckDB would ask past Python's sockets.
    engine = Client(write_client(CUSTOMERS))._engine

    settings = engine.raw_sql("SELECT current_setting('autoinstall_known_extensions'), current_setting('threads')")
    assert settings.fetchone() == (False, 1)


def test_the_demo_keeps_whom_it_should_and_finds_all_that_was_planted(tmp_path: Path, reasons: Reasons) -> None:
    demo = Path(__file__).parents[3] / "data" / "demo"
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("quarantine"))

    client = Client(folder)
    client.check()

    customers, transactions, loyalty = (client.loaded(name) for name in ("customers", "transactions", "loyalty"))
    planted = truth.CUSTOMER_DEFECTS
    assert client.refusals == {}
    assert reasons(customers) == {
        "missing_customer_id": planted["blank_id"],
        "destroyed_customer_id": planted["spreadsheet_id"],
        "exact_copy": planted["exact_duplicate"],
        "conflicting_customer_id": 2 * planted["conflicting_id"],
        "missing_started_on": planted["blank_start"],
        "unreadable_started_on": planted["unreadable_date"],
        "implausible_started_on": planted["implausible_start"],
        "implausible_ended_on": planted["implausible_end"],
        "ended_before_started": planted["ended_before_started"],
        "ended_before_observed": planted["entry_after_end"],
        "unreadable_monthly_value": planted["unreadable_fee"],
    }
    assert reasons(transactions) == {
        "missing_customer_id": truth.TRANSACTION_DEFECTS["null_customer"],
        "unknown_customer": truth.TRANSACTION_DEFECTS["unknown_customer"],
        "missing_occurred_at": truth.TRANSACTION_DEFECTS["null_booked"],
        "missing_amount": truth.TRANSACTION_DEFECTS["null_gross"],
        "exact_copy": truth.TRANSACTION_DEFECTS["exact_duplicate"],
        "conflicting_transaction_id": 2 * truth.TRANSACTION_DEFECTS["conflicting_id"],
        "implausible_occurred_at": truth.TRANSACTION_DEFECTS["implausible_date"],
    }
    assert reasons(loyalty) == {
        "missing_customer_id": truth.LOYALTY_DEFECTS["blank_customer"],
        "unknown_customer": truth.LOYALTY_DEFECTS["unknown_customer"],
        "unreadable_occurred_at": truth.LOYALTY_DEFECTS["unreadable_date"],
        "unreadable_points": truth.LOYALTY_DEFECTS["unreadable_points"],
        "missing_points": truth.LOYALTY_DEFECTS["blank_points"],
        "exact_copy": truth.LOYALTY_DEFECTS["exact_duplicate"],
        "negative_earn": truth.LOYALTY_DEFECTS["negative_earn"],
        "implausible_occurred_at": truth.LOYALTY_DEFECTS["implausible_date"],
    }
    client = Client(folder)
    observed = observe_customers(client)
    assert (observed.rows.count().to_pyarrow().as_py(), observed.left_out) == (
        19_908,
        {"started_after": planted["activated_later"]},
    )
    later = transactions.n_kept - client.table("transactions").count().to_pyarrow().as_py()
    assert later == truth.TRANSACTION_DEFECTS["booked_later"]
