"""Tables of real databases: a PostgreSQL server, a DuckDB file and a SQLite file."""

import sqlite3
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import pytest
from engines import PASSWORD, Server

from retention_lab.errors import DataError
from retention_lab.tables.client import Client
from retention_lab.tables.client_file import Database
from retention_lab.tables.sources import databases
from retention_lab.tables.sources.connections import opened
from retention_lab.tables.sources.databases import fingerprint, list_tables, read_database, sample_table

Write = Callable[..., Path]
Told = Callable[[Callable[[], object]], str]
Reasons = Callable[[object], dict[str, int]]
REFERENCE = "env:SHOP"


@dataclass(frozen=True, slots=True)
class Shop:
    """A database that SHOP leads to; `run` puts statements to it."""

    kind: str
    run: Callable[..., None]


@pytest.fixture
def _no_network() -> None:
    """In place of the fixture of the folder above: here a server on this machine is asked."""


@pytest.fixture
def postgres(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server with a database of its own for each test."""
    server.run("drop database if exists shop with (force)", "create database shop")
    monkeypatch.setenv("SHOP", server.url(database="shop"))
    return Server(server.port, "shop")


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    if request.param == "postgres":
        return Shop("postgres", request.getfixturevalue("postgres").run)
    path = tmp_path / "shop.db"
    connect = {"duckdb": duckdb.connect, "sqlite": sqlite3.connect}[request.param]

    def run(*statements: str) -> None:
        connection = connect(str(path))
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    monkeypatch.setenv("SHOP", f"{request.param}://{path}")
    return Shop(request.param, run)


def table(name: str = "customers") -> Database:
    return Database(url=REFERENCE, table=name)


def rows(source: Database, *columns: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = read_database(source, columns).in_memory().own.to_pylist()
    return found


CUSTOMERS = "create table customers (id varchar(20), started varchar(10), ended varchar(10), plan varchar(9))"
PEOPLE = """insert into customers values
    ('C3', '2026-01-01', null, 'gold'), ('C1', '2026-02-01', '2026-03-01', 'silver'), ('C2', '2026-01-05', null, ''),
    ('C1', '2026-02-01', '2026-01-01', 'silver'), ('5.70306E+17', '2026-01-05', null, 'gold'),
    ('C4', 'soon', null, 'gold')"""
MAPPED = {"customer_id": "id", "started_on": "started", "ended_on": "ended"}


def test_a_table_is_read_in_the_same_order_whatever_the_order_in_which_it_was_written(shop: Shop) -> None:
    shop.run("create table t (a integer, b varchar(5))", "insert into t values (2, 'x'), (1, 'y'), (1, null), (1, 'b')")
    first = rows(table("t"), "b")
    shop.run("delete from t where b = 'y'", "insert into t values (1, 'y')")

    assert rows(table("t"), "b") == first
    assert sorted(str(row["b"]) for row in first) == ["None", "b", "x", "y"]


def test_a_client_in_a_database_is_checked_like_one_in_files(shop: Shop, write_client: Write, reasons: Reasons) -> None:
    shop.run(CUSTOMERS, PEOPLE)
    folder = write_client(source={"url": REFERENCE, "table": "customers"}, columns=MAPPED, covariates={"plan": "plan"})

    found = Client(folder).loaded("customers")

    assert (found.n_read, found.n_kept) == (6, 2)
    assert reasons(found) == {
        "destroyed_customer_id": 1,
        "ended_before_started": 1,
        "conflicting_customer_id": 1,
        "unreadable_started_on": 1,
    }
    kept = found.rows.select("customer_id", "started_on", "covariate:plan").order_by("customer_id").to_pyarrow()
    assert kept["customer_id"].to_pylist() == ["C2", "C3"]
    assert kept["covariate:plan"].to_pylist() == [None, "gold"]
    assert (folder / "quarantine" / "customers.parquet").is_file()


def test_no_word_of_the_address_comes_to_lie_in_the_clients_folder(
    postgres: Server, write_client: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    postgres.run(CUSTOMERS, PEOPLE)
    folder = write_client(source={"url": REFERENCE, "table": "customers"}, columns=MAPPED)
    monkeypatch.setenv("RETENTION_LAB_OUTPUT", str(tmp_path))

    Client(folder).loaded("customers")

    written = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"inputs.json", "customers.parquet"} <= written.keys()
    for secret in (PASSWORD, "postgres://", str(postgres.port)):
        assert not [name for name, content in written.items() if secret.encode() in content]


def test_a_table_of_a_database_can_be_held_against_a_file(shop: Shop, write_client: Write, reasons: Reasons) -> None:
    shop.run(CUSTOMERS, "insert into customers values ('C1', '2026-01-01', null, 'gold')")
    mapped = {"customer_id": "who", "occurred_at": "day", "amount": "amount"}
    folder = write_client(
        source={"url": REFERENCE, "table": "customers"},
        columns=MAPPED,
        tables={"transactions": {"source": "bought.csv", "columns": mapped}},
    )
    (folder / "bought.csv").write_text("who,day,amount\nC1,2026-02-01,5\nC9,2026-02-01,5\n")

    assert reasons(Client(folder).loaded("transactions")) == {"unknown_customer": 1}


def test_only_the_columns_that_are_named_are_read_and_one_that_is_not_there_is_told(shop: Shop, told: Told) -> None:
    shop.run(CUSTOMERS, PEOPLE)

    assert read_database(table(), ["plan", "id"]).columns == ["plan", "id"]
    message = told(lambda: read_database(table(), ["id", "strated"]))
    assert "column 'strated'" in message
    assert "did you mean started?" in message


def test_an_empty_table_is_refused(shop: Shop, told: Told) -> None:
    shop.run(CUSTOMERS)
    assert "the table has no rows" in told(lambda: read_database(table()))


def test_names_with_quotes_in_them_are_names_and_nothing_else(shop: Shop) -> None:
    shop.run(
        'create table "odd ""; drop table t" ("a.b" integer, "x""; drop table t" varchar(5))',
        """insert into "odd ""; drop table t" values (1, 'q')""",
        "create table t (a integer)",
        "insert into t values (7)",
    )
    assert rows(table('"odd ""; drop table t"')) == rows(table('odd "; drop table t'))
    assert list(rows(table('odd "; drop table t'))[0]) == ["a.b", 'x"; drop table t']
    assert len(rows(table("t"))) == 1


def test_the_nearest_table_is_named_where_there_is_none_of_that_name(shop: Shop, told: Told) -> None:
    shop.run(CUSTOMERS)
    message = told(lambda: read_database(table("custmers")))
    assert "env:SHOP custmers: there is no table 'custmers'" in message
    assert "did you mean customers?" in message


def test_a_table_of_another_schema_is_found_and_listed(postgres: Server, told: Told) -> None:
    postgres.run("create schema crm", "create table crm.customers (id integer)", "insert into crm.customers values (3)")
    postgres.run("create table orders (id integer)", 'create table crm."a.b" (id integer)')

    assert rows(table("crm.customers")) == [{"id": 3}]
    assert list_tables(REFERENCE) == ["orders", 'crm."a.b"', "crm.customers"]
    assert "did you mean crm.customers?" in told(lambda: read_database(table("customers")))
    assert "did you mean crm.customers?" in told(lambda: read_database(table("crn.customers")))


def test_what_only_postgres_knows_is_told_row_by_row(postgres: Server, write_client: Write, reasons: Reasons) -> None:
    postgres.run(
        "create type plan as enum ('gold')",
        "create table c (id uuid default gen_random_uuid(), started date, ended timestamptz, value numeric, plan plan)",
        """insert into c (started, ended, value, plan) values
           ('2026-01-31', 'infinity', 12.50, 'gold'), ('infinity', null, 1, null), ('2026-01-31', null, 'NaN', 'gold'),
           ('2026-02-01', '2026-03-31 23:30:00+00', 12345678901234567890.5, 'gold')""",
    )
    mapped = {**MAPPED, "monthly_value": "value"}
    folder = write_client(
        source={"url": REFERENCE, "table": "c"},
        columns=mapped,
        covariates={"plan": "plan"},
        read={"missing": ["infinity"]},
        top={"timezone": "Europe/Rome"},
    )

    found = Client(folder).loaded("customers")

    assert reasons(found) == {"missing_started_on": 1, "unreadable_monthly_value": 1}
    kept = found.rows.order_by("started_on").to_pyarrow().to_pylist()
    assert [str(row["ended_on"]) for row in kept] == ["None", "2026-04-01"]
    assert [row["monthly_value"] for row in kept] == [12.5, 12345678901234567890.5]
    assert fingerprint(table("c"))["rows"] == 4


def test_every_value_of_postgres_comes_as_it_stands_there(postgres: Server) -> None:
    texts = ["", " ", 'say "no"', "two\nlines", "a,b", "\\N", "\\.", "NULL", "č€", "t"]
    values = ", ".join(f"({place}, E'{text.replace(chr(92), chr(92) * 2)}')" for place, text in enumerate(texts))
    postgres.run(
        "create table t (n smallint, b boolean, v float8, w text)",
        f"insert into t (n, w) values {values}",
        "insert into t values (-1, true, 'Infinity', null), (-2, false, 'NaN', null), (-3, null, 0.1, null)",
        "create table nothing (w text)",
        "insert into nothing values (null), (''), (null)",
    )

    found = {row["n"]: row for row in rows(table("t"))}

    assert [found[place]["w"] for place in range(len(texts))] == texts
    assert [(found[n]["b"], str(found[n]["v"])) for n in (-1, -2, -3)] == [(True, "inf"), (False, "nan"), (None, "0.1")]
    assert {found[n]["w"] for n in (-1, -2, -3)} == {None}
    assert [row["w"] for row in rows(table("nothing"))] == ["", None, None]


def test_what_stands_in_sqlite_is_read_whatever_type_its_column_has(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute("create table t (id integer, amount real, day datetime, b blob)")
    connection.execute("insert into t values ('C-1', 0.1, 'today', x'ff'), (2, 12.5, null, null), (3, '1,5', 4, 'x')")
    connection.commit()
    connection.close()
    monkeypatch.setenv("SHOP", f"sqlite://{path}")

    assert sorted(rows(table("t")), key=lambda row: str(row["id"])) == [
        {"id": "2", "amount": "12.5", "day": None, "b": None},
        {"id": "3", "amount": "1,5", "day": "4", "b": "x"},
        {"id": "C-1", "amount": "0.1", "day": "today", "b": "ff"},
    ]


def test_a_table_in_several_batches_comes_whole_as_often_as_it_is_asked_for(shop: Shop, monkeypatch) -> None:
    monkeypatch.setattr(databases, "_BATCH_ROWS", 3)
    shop.run("create table t (a integer, b integer)", *(f"insert into t values ({n % 4}, {n})" for n in range(10)))

    (part,) = read_database(table("t")).parts

    for columns in (["a", "b"], ["b"]):
        both = [[row for batch in part.read(columns) for row in batch.to_pylist()] for _ in range(2)]
        assert both[0] == both[1]
        assert sorted(int(row["b"]) for row in both[0]) == list(range(10))
    assert part.n_rows == 10


def test_nothing_of_what_was_read_is_left_in_a_file(shop: Shop, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    shop.run(CUSTOMERS, PEOPLE)

    source = read_database(table())

    assert source.n_rows == 6
    assert not list((tmp_path / "temporary").iterdir())


def test_a_full_disk_is_told(shop: Shop, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run(CUSTOMERS, PEOPLE)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: Path("/dev/full").open("w+b", buffering=0))  # noqa: SIM115
    assert "there is no room left" in told(lambda: read_database(table()))


def test_nothing_can_be_written(shop: Shop, told: Told) -> None:
    shop.run(CUSTOMERS, PEOPLE)

    def write() -> None:
        with opened(REFERENCE) as engine:
            engine.raw_sql("delete from customers")

    told(write)
    assert read_database(table()).n_rows == 6


def test_a_sample_is_spread_over_the_table_and_the_same_each_time(shop: Shop) -> None:
    values = ", ".join(f"({n}, 'C{n}')" for n in range(4000))
    shop.run("create table t (n integer, id varchar(9))", f"insert into t values {values}")

    sample = sample_table(table("t"), 400)

    seen = sorted(int(n) for n in sample.rows["n"].to_pylist())
    assert (sample.n_rows, sample.is_exact) == (4000, True)
    assert 300 < len(seen) <= 400
    assert all(sum(n // 1000 == part for n in seen) > 60 for part in range(4))
    assert sample.rows == sample_table(table("t"), 400).rows
    assert sample_table(table("t")).rows.num_rows == 4000


@pytest.mark.parametrize(
    "change",
    [
        "update customers set plan = 'blue' where id = 'C3'",
        "update customers set plan = case id when 'C1' then 'gold' else 'silver' end where id in ('C1', 'C3')",
        "update customers set ended = '' where id = 'C3'",
        "delete from customers where id = 'C3'",
        "insert into customers values ('C3', '2026-01-01', null, 'gold')",
    ],
    ids=["value", "swapped", "blank for nothing", "deleted", "again"],
)
def test_every_change_is_another_fingerprint(shop: Shop, change: str) -> None:
    shop.run(CUSTOMERS, PEOPLE)
    before = fingerprint(table())
    shop.run(change)
    assert fingerprint(table()) != before


def test_what_is_not_read_and_the_order_of_rows_are_no_part_of_a_fingerprint(shop: Shop) -> None:
    shop.run(CUSTOMERS, PEOPLE)
    columns = ["id", "started", "ended"]
    before = fingerprint(table(), columns)
    shop.run("update customers set plan = 'blue'", "create table n as select * from customers", "delete from customers")
    shop.run("insert into customers select * from n order by started desc, id desc, ended")
    assert fingerprint(table(), columns) == before
    assert "C3" not in str(before)


def test_a_variable_that_is_not_set_is_named(told: Told, monkeypatch) -> None:
    monkeypatch.delenv("SHOP", raising=False)
    for asked in (lambda: read_database(table()), lambda: list_tables(REFERENCE), lambda: fingerprint(table())):
        assert "the variable SHOP is not set" in told(asked)


def test_an_address_in_place_of_a_variable_is_not_repeated(told: Told) -> None:
    message = told(lambda: list_tables("postgres://tester:hidden@127.0.0.1/shop"))
    assert "env:NAME" in message
    assert not any(word in message for word in ("tester", "hidden", "127"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgres://tester:hidden@127.0.0.1:{port}/postgres", "does not accept the user or the password"),
        ("postgres://hidden:x@127.0.0.1:{port}/postgres", "does not accept the user or the password"),
        ("postgres://tester:{password}@127.0.0.1:{port}/hidden", "no database of that name"),
        ("postgres://tester:hidden@127.0.0.1:1/postgres", "cannot be reached"),
        ("postgres://tester:hidden@127.0.0.1:port/postgres", "cannot answer"),
        ("hidden", "not the address of a database"),
        ("hidden://tester:hidden@127.0.0.1/shop", "not the address of a database"),
        ("sqlite://hidden.db", "does not begin at the root"),
        ("duckdb:///hidden/shop.db", "is not there"),
        ("sqlite://{folder}/hidden.db", "cannot answer"),
        ("duckdb://{folder}/hidden.db", "cannot answer"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_a_word_of_it(
    server: Server, address: str, expected: str, tmp_path: Path, told: Told, monkeypatch
) -> None:
    (tmp_path / "hidden.db").write_bytes(b"no database at all, and long enough to be taken for one" * 100)
    whole = address.format(port=server.port, password=PASSWORD, folder=tmp_path)
    monkeypatch.setenv("SHOP", whole)

    message = told(lambda: read_database(table()))

    assert expected in message
    assert "SHOP" in message
    assert not [word for word in ("hidden", "tester", "127.0", PASSWORD, str(tmp_path)) if word in message]


def test_what_a_driver_said_is_in_no_traceback(server: Server, monkeypatch) -> None:
    monkeypatch.setenv("SHOP", server.url(password="hidden-word"))
    with pytest.raises(DataError) as caught:
        read_database(table())
    shown = "".join(traceback.format_exception(caught.value))
    assert not [word for word in ("hidden-word", "tester", "authentication") if word in shown]


def test_a_table_that_may_not_be_read_is_told(postgres: Server, told: Told, monkeypatch) -> None:
    postgres.run(CUSTOMERS, "drop role if exists poor", "create role poor login password 'x'")
    monkeypatch.setenv("SHOP", postgres.url(user="poor", password="x", database="shop"))
    assert "its user may not read there" in told(lambda: read_database(Database(url=REFERENCE, table="customers")))
    postgres.run("drop role poor")


@pytest.mark.parametrize(
    ("scheme", "install"),
    [("postgres", "retention-lab[postgres]"), ("pyspark", "retention-lab[spark]"), ("trino", "ibis-framework[trino]")],
)
def test_a_driver_that_is_not_installed_is_named(told: Told, monkeypatch, scheme: str, install: str) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ImportError("Failed to import the backend due to missing dependencies.")

    monkeypatch.setattr(ibis, "connect", absent)
    monkeypatch.setenv("SHOP", f"{scheme}://tester:hidden@127.0.0.1/shop")
    message = told(lambda: read_database(table()))
    assert f"the driver for {scheme} is not installed" in message
    assert f"pip install '{install}'" in message
    assert "hidden" not in message
