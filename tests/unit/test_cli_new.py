"""The whole way from a folder of exports to a client, as somebody at a terminal goes it."""

import csv
import os
import socket
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from retention_lab.cli.app import app
from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import Database, ReadOptions, load_client_file
from retention_lab.tables.guessing.guesses import ClientGuess, ColumnGuess, Doubt, Sample, TableGuess, Unused

SECRET = "postgres://reader:hunter2@db.example/crm"
CUSTOMERS = "Customer ID,Start Date,End Date,Region\n" + "".join(
    f"C{n},2025-0{1 + n % 9}-01,{'' if n % 3 else '2025-12-01'},{'NS'[n % 2]}\n" for n in range(60)
)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the network was asked")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace without clients, and a folder of exports beside it."""
    for name in ("data", "playbooks", "exports"):
        (tmp_path / name).mkdir()
    (tmp_path / "exports" / "customers.csv").write_text(CUSTOMERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETENTION_LAB_HOME", raising=False)
    return tmp_path


def call(*arguments: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, ["new", *arguments], input=said)


def column(name: str, of: str, confidence: float = 0.97, **how: Any) -> ColumnGuess:
    return ColumnGuess(name=name, column=of, confidence=confidence, reasons=(f"called {of!r}",), **how)


SURE = (column("customer_id", "ID"), column("started_on", "Start"), column("ended_on", "End"))


@pytest.fixture
def guesses(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every file be taken for customers with these columns, whatever is in it."""

    def guesses(*columns: ColumnGuess, doubts: tuple[Doubt, ...] = (), **how: Any) -> None:
        layouts, clients = ModuleType("layouts"), ModuleType("clients")
        rows = pa.table(
            {"ID": ["C1", "C2"], "Start": ["2025-01-01"] * 2, "End": ["", "\x1b[31mred"], "Region": ["N", "S"]}
        )

        def look_into(folder: Path, files: list[Path], source: str) -> Sample:
            if source.endswith(".pdf"):
                raise DataError(Fault(where=source, found="a .pdf file", remedy="ask for it as CSV"))
            return Sample(
                source=source, files=(source,), read=ReadOptions(delimiter=","), rows=rows, n_rows=40, is_exact=True
            )  # fmt: skip

        def guess_client(samples: list[Sample], **_: object) -> ClientGuess:
            every = {"confidence": 0.97, "values": {}, "constants": {}, "covariates": {}, "outcomes": {}, **how}
            tables = [TableGuess(table="customers", sample=sample, columns=columns, **every) for sample in samples[:1]]
            return ClientGuess(
                tables=tuple(tables), unused=tuple(Unused(source=s.source, why="no table") for s in samples[1:]),
                churn="contract", observed_through="2025-12-31", language="en", currency="EUR", doubts=doubts,
            )  # fmt: skip

        named = {
            "group_files": lambda folder: [(p.name, [p]) for p in sorted(folder.iterdir())],
            "look_into_all": lambda *given: [look_into(*given)],
        }
        layouts.__dict__.update(named)
        clients.__dict__["guess_client"] = guess_client
        monkeypatch.setitem(sys.modules, "retention_lab.tables.sources.layouts", layouts)
        monkeypatch.setitem(sys.modules, "retention_lab.tables.guessing.clients", clients)

    guesses(*SURE)
    return guesses


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retention_lab.cli.new.is_terminal", lambda: True)


@pytest.mark.usefixtures("guesses")
def test_a_client_is_taken_on_with_its_files_its_key_and_what_was_guessed(root: Path) -> None:
    (root / "exports" / "memo.pdf").write_text("hello")
    (root / "exports" / "other.csv").write_text("x\n1\n")

    told = call("acme", "--from", "exports")

    folder = root / "data" / "acme"
    assert told.exit_code == 0, told.output
    assert sorted(path.name for path in folder.iterdir()) == [
        ".key",
        "client.yml",
        "customers.csv",
        "memo.pdf",
        "other.csv",
    ]
    assert set(load_client_file(folder).tables) == {"customers"}
    assert "data/acme/client.yml: 1 of 1 tables can be used" in told.output
    assert "customer_id        ID                           sure 97%" in told.output
    assert "memo.pdf is not used: a .pdf file (ask for it as CSV)" in told.output
    assert "other.csv is not used: no table" in told.output
    assert "Next: retention-lab check acme" in told.output
    assert [path.name for path in (root / "data").iterdir()] == ["acme"]


@pytest.mark.usefixtures("guesses")
def test_several_paths_may_follow_and_files_that_lie_there_need_none(root: Path) -> None:
    (root / "more.csv").write_text("x\n1\n")
    assert call("first", "--from", "exports/customers.csv", "more.csv").exit_code == 0
    assert (root / "data" / "first" / "more.csv").exists()

    (root / "data" / "second").mkdir()
    (root / "data" / "second" / "customers.csv").write_text(CUSTOMERS)
    assert call("second").exit_code == 0
    assert set(load_client_file(root / "data" / "second").tables) == {"customers"}


@pytest.mark.usefixtures("guesses")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("../x", "--from", "exports"), "'../x' cannot be a client's name"),
        (("acme", "--from", "nowhere"), "nowhere: there is no such file or folder"),
        (("acme",), "no file at all"),
        (("acme", "--from", "exports", "--language", "de"), "en, it, es, fr, sl"),
        (("acme", "--from", "env:NO_SUCH_DATABASE"), "NO_SUCH_DATABASE"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(root: Path, arguments: tuple[str, ...], expected: str) -> None:
    told = call(*arguments)

    assert told.exit_code == 2
    assert expected in told.output
    assert [*(root / "data").iterdir()] == []


@pytest.mark.usefixtures("guesses")
def test_a_client_that_is_there_is_not_touched(root: Path) -> None:
    assert call("acme", "--from", "exports").exit_code == 0
    before = {path: path.read_bytes() for path in (root / "data" / "acme").iterdir()}

    told = call("acme", "--from", "exports")

    assert told.exit_code == 2
    assert "acme is there already" in told.output
    assert before == {path: path.read_bytes() for path in (root / "data" / "acme").iterdir()}


@pytest.mark.usefixtures("guesses")
@pytest.mark.parametrize("arguments", [("--from", SECRET), ("--from", "exports", SECRET), ("--from", f"env:{SECRET}")])
def test_a_password_on_the_command_line_is_refused_and_not_repeated(root: Path, arguments: tuple[str, ...]) -> None:
    told = call("acme", *arguments)

    assert told.exit_code == 2
    assert "--from env:NAME" in told.output
    assert "hunter2" not in told.output


def test_a_table_of_a_database_is_named_by_its_variable(
    root: Path, guesses: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    databases = ModuleType("databases")
    rows = pa.table({"ID": ["C1"], "Start": ["2025-01-01"], "End": [""]})

    def sample_table(source: Database) -> Sample:
        return Sample(source=source, files=(), read=ReadOptions(), rows=rows, n_rows=1, is_exact=True)

    databases.__dict__.update({"list_tables": lambda reference: ["crm.people"], "sample_table": sample_table})
    monkeypatch.setitem(sys.modules, "retention_lab.tables.sources.databases", databases)
    monkeypatch.setenv("CRM", SECRET)

    told = call("acme", "--from", "env:CRM", "--yes")

    text = (root / "data" / "acme" / "client.yml").read_text()
    assert told.exit_code == 0, told.output
    assert 'source: {url: "env:CRM", table: crm.people}' in text
    assert "hunter2" not in text + told.output


def test_dry_run_prints_the_draft_and_leaves_nothing(root: Path, guesses: Callable[..., None]) -> None:
    told = call("acme", "--from", "exports", "--dry-run")

    assert "customer_id: ID" in told.stdout
    assert [*(root / "data").iterdir()] == []


def test_where_no_table_can_be_used_the_draft_says_what_to_ask_for(root: Path, guesses: Callable[..., None]) -> None:
    guesses(SURE[0], lacking=("started_on", "ended_on"))

    told = call("acme", "--from", "exports", "--yes")

    assert told.exit_code == 2
    assert "ask the client for started_on: First day as a customer" in told.output
    assert "# customers:" in (root / "data" / "acme" / "client.yml").read_text()


def test_without_a_date_the_newest_file_says_how_far_the_exports_go(root: Path, guesses: Callable[..., None]) -> None:
    os.utime(root / "exports" / "customers.csv", (1_700_000_000, 1_700_000_000))
    guesses(*SURE, doubts=(Doubt(key="observed_through", taken="", why="no table has a date"),))
    clients = sys.modules["retention_lab.tables.guessing.clients"]
    dated = clients.guess_client
    clients.__dict__["guess_client"] = lambda samples, **how: replace(dated(samples), observed_through="")

    assert call("acme", "--from", "exports").exit_code == 0
    text = (root / "data" / "acme" / "client.yml").read_text()
    assert "# UNSURE: no table has a date; the newest file was written on this day" in text
    assert "\nobserved_through: 2023-11-14\n" in text


def test_a_day_from_some_rows_is_not_taken_for_the_last_day_of_all(root: Path, guesses: Callable[..., None]) -> None:
    # The file has 40 rows, of which 2 were looked at: those after the latest of two dates would not exist.
    assert call("acme", "--from", "exports").exit_code == 0

    assert load_client_file(root / "data" / "acme").observed_through is None
    assert "# observed_through is left out" in (root / "data" / "acme" / "client.yml").read_text()


UNSURE = (
    SURE[0], SURE[1], column("ended_on", "Region", 0.5, runners_up=(("End", 0.4), ("Start", 0.1)), is_vital=True),
)  # fmt: skip


@pytest.mark.usefixtures("at_terminal")
@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("2\n", "ended_on: End  "),
        ("\n", "ended_on: Region  "),
        ("Start\n", "ended_on: Start  "),
        ("?\n9\nEmd\n2\n", "ended_on: End  "),
    ],
)
def test_what_is_not_sure_is_asked_and_the_answer_is_written(
    root: Path, guesses: Callable[..., None], said: str, line: str
) -> None:
    guesses(*UNSURE)

    told = call("acme", "--from", "exports", said=said)

    text = (root / "data" / "acme" / "client.yml").read_text()
    assert told.exit_code == 0, told.output
    assert "Which column of customers.csv is ended_on (Last day as a customer; blank while still here)?" in told.output
    assert "  2  End   40%" in told.output
    assert line in text
    assert "# you said so" in text


@pytest.mark.usefixtures("at_terminal")
def test_examples_are_shown_without_what_a_terminal_would_obey(root: Path, guesses: Callable[..., None]) -> None:
    guesses(*UNSURE)

    told = call("acme", "--from", "exports", said="?\nEmd\n2\n")

    assert "End: red" in told.output
    assert "\x1b" not in told.output
    assert "did you mean End?" in told.output


@pytest.mark.usefixtures("at_terminal")
def test_none_of_them_is_an_answer_too(root: Path, guesses: Callable[..., None]) -> None:
    guesses(*SURE, column("region", "Region", 0.5))

    assert call("acme", "--from", "exports", said="-\n").exit_code == 0
    assert "region" not in (root / "data" / "acme" / "client.yml").read_text()


@pytest.mark.usefixtures("at_terminal")
def test_yes_asks_nothing_and_marks_what_is_not_sure(root: Path, guesses: Callable[..., None]) -> None:
    guesses(*UNSURE)

    told = call("acme", "--from", "exports", "--yes", said="")

    assert told.exit_code == 0
    assert "UNSURE: 50%, called 'Region'; or 'End' (40%)" in (root / "data" / "acme" / "client.yml").read_text()
    assert "UNSURE: 50%; or 'End' (40%), 'Start' (10%)" in told.output


@pytest.mark.usefixtures("at_terminal")
def test_who_stops_half_way_leaves_nothing(root: Path, guesses: Callable[..., None]) -> None:
    guesses(*UNSURE)

    told = call("acme", "--from", "exports", said="")

    assert told.exit_code == 130
    assert "Stopped: nothing was written." in told.output
    assert [*(root / "data").iterdir()] == []


LANGUAGES = {
    "en": (
        ("customers", "Customer ID", "Start Date", "End Date", "Region"),
        ("orders", "Order ID", "Customer ID", "Order Date", "Amount"),
    ),
    "it": (
        ("clienti", "Codice Cliente", "Data Attivazione", "Data Cessazione", "Regione"),
        ("acquisti", "Numero Ordine", "Codice Cliente", "Data Ordine", "Importo"),
    ),
    "es": (
        ("clientes", "Id Cliente", "Fecha Alta", "Fecha Baja", "Región"),
        ("pedidos", "Número Pedido", "Id Cliente", "Fecha Pedido", "Importe"),
    ),
    "fr": (
        ("clients", "Numéro Client", "Date Début", "Date Résiliation", "Région"),
        ("achats", "Numéro Commande", "Numéro Client", "Date Achat", "Montant"),
    ),
    "sl": (
        ("stranke", "Šifra Stranke", "Datum Začetka", "Datum Odhoda", "Regija"),
        ("nakupi", "Številka Naročila", "Šifra Stranke", "Datum Nakupa", "Znesek"),
    ),
}


def write_exports(folder: Path, language: str) -> None:
    """Customers and their purchases as a spreadsheet of that country would have them; days go up to the 31st."""
    (people, *of_people), (purchases, *of_purchases) = LANGUAGES[language]
    first = date(2023, 1, 1)
    rows, bought = [of_people], [of_purchases]
    for n in range(120):
        start = first + timedelta(days=7 * n % 700)
        end = (start + timedelta(days=150 + n)).strftime("%d/%m/%Y") if n % 3 == 0 else ""
        rows.append([f"K{n:05}", start.strftime("%d/%m/%Y"), end, "NSEW"[n % 4]])
        for k in range(4):
            day = (start + timedelta(days=30 * k + 1)).strftime("%d/%m/%Y")
            bought.append([f"{100000 + 4 * n + k}", f"K{n:05}", day, f"{(n * 7 + k * 13) % 90 + 5},{k}9"])
    for name, table in ((people, rows), (purchases, bought)):
        encoding = "cp1250" if language == "sl" else "cp1252"
        (folder / f"{name}.csv").write_bytes("\r\n".join(map(";".join, table)).encode(encoding))


@pytest.mark.parametrize("language", LANGUAGES)
def test_exports_in_each_language_are_a_client_that_passes_its_check(root: Path, language: str) -> None:
    (root / "exports" / "customers.csv").unlink()
    write_exports(root / "exports", language)

    taken = call("acme", "--from", "exports", "--yes")
    checked = CliRunner().invoke(app, ["check", "acme"])

    (people, *of_people), (_, *of_purchases) = LANGUAGES[language]
    assert taken.exit_code == 0, taken.output
    file = load_client_file(root / "data" / "acme")
    customers, transactions = (file.tables[name].columns for name in ("customers", "transactions"))
    assert file.tables["customers"].source == f"{people}.csv"
    assert [customers[name] for name in ("customer_id", "started_on", "ended_on")] == of_people[:3]
    names = ("transaction_id", "customer_id", "occurred_at", "amount")
    assert [transactions[name] for name in names] == of_purchases
    assert checked.exit_code == 0, checked.output
    assert "120 of 120 rows kept" in checked.output
    assert "480 of 480 rows kept" in checked.output


def test_names_that_mean_something_elsewhere_are_names_and_no_more(root: Path) -> None:
    """What a header holds ends up in YAML, in a terminal and in an engine."""
    names = ['"; drop table x --', "a: b #c", "line\nbreak", "=cmd|x", "Yes", "{x}", "\x1b[31mred"]
    with (root / "exports" / "customers.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Customer ID", "Start Date", "End Date", *names])
        for n in range(60):
            levels = [(n + k) % (2 + k % 2) for k in range(len(names))]
            table.writerow([f"K{n}", f"2025-0{1 + n % 9}-01", "" if n % 5 else "2025-12-01", *levels])

    taken = call("acme", "--from", "exports", "--yes")

    checked = CliRunner().invoke(app, ["check", "acme"])
    spec = load_client_file(root / "data" / "acme").tables["customers"]
    assert {*names} <= {covariate.column for covariate in spec.covariates.values()}
    assert checked.exit_code == 0, checked.output
    assert "60 of 60 rows kept" in checked.output
    assert "\x1b" not in taken.output


def test_a_line_without_end_and_an_archive_without_bounds_are_told_and_the_rest_is_used(root: Path) -> None:
    with (root / "exports" / "endless.csv").open("wb") as file:
        file.truncate(60 * 2**20)
    bomb = root / "exports" / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(150):
            member.write(bytes(2**20))

    taken = call("acme", "--from", "exports", "--yes")

    assert taken.exit_code == 0, taken.output
    assert "endless.csv is not used: " in taken.output
    assert "bomb.zip is not used: " in taken.output
    assert set(load_client_file(root / "data" / "acme").tables) == {"customers"}


def test_the_help_has_an_example() -> None:
    assert "retention-lab new acme --from exports/" in call("--help").output
