"""Files as clients send them: a small client of two tables in order, and one defect in one of them.

Each case says what becomes of it: the table is refused (and `check` ends with 2), the row is set aside and counted, or
it is only told. Each message names the file, the column, the first row, what was found, what is allowed, what to do.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner, Result

from retention_lab.cli.app import app

N, AT = 40, 5
# Below the header, which is row 1.
ROW = AT + 2
END = date(2026, 6, 30)
Rows = list[dict[str, str]]


def _day(place: int, *, since: date = date(2026, 1, 21)) -> str:
    return str(since + timedelta(days=4 * place))


def _who(place: int) -> str:
    return f"C-{place:03}"


MAKE: dict[str, Callable[[int], dict[str, str]]] = {
    "customers": lambda i: {
        "customer_id": _who(i),
        "started_on": _day(i, since=date(2024, 1, 13)),
        "ended_on": "" if i % 3 else _day(i, since=date(2025, 1, 13)),
        "monthly_value": f"{20 + i}.50",
        "region": ("North", "South")[i % 2],
    },
    "transactions": lambda i: {
        "customer_id": _who(i % 20 + 20),
        "occurred_at": f"{_day(i)} 10:15:00",
        "amount": f"{5 + i}.25",
        "transaction_id": f"T{i}",
    },
    "feedback": lambda i: {
        "received_at": _day(i),
        "text": f"It was fine, number {i}.",
        "customer_id": _who(i),
        "rating": str(i % 5 + 1),
        "rating_scale": "1-5",
    },
    "tickets": lambda i: {
        "ticket_id": f"K{i}",
        "opened_at": f"{_day(i)} 10:15",
        "customer_id": _who(i),
        "first_response_at": f"{_day(i)} 11:15",
        "resolved_at": _day(i + 1),
        "due_at": _day(i + 2),
        "reopened": str(i % 2),
    },
    "contacts": lambda i: {
        "campaign": "spring",
        "customer_id": _who(i),
        "channel": "e-mail",
        "sent_at": f"{_day(i)} 10:15",
        "delivered": str(i % 2),
        "opened_at": f"{_day(i)} 12:00",
        "actions": str(i % 3),
    },
    "loyalty": lambda i: {
        "customer_id": _who(i),
        "occurred_at": _day(i),
        "kind": ("redeem", "earn")[i % 2],
        "points": str((-1) ** (i + 1) * (10 + i)),
    },
    "referrals": lambda i: {
        "referrer_id": _who(i),
        "invited_at": _day(i),
        "referred_id": _who((i + 1) % N),
        "converted_at": _day(i + 1),
    },
    "assignments": lambda i: {
        "customer_id": _who(i),
        "variant": ("control", "offer")[i % 2],
        "assigned_on": _day(i),
    },
}


@dataclass
class Draft:
    """A client before it is written: the rows of its tables, what client.yml says, and what is done to a file."""

    table: str
    rows: dict[str, Rows]
    specs: dict[str, dict[str, Any]]
    top: dict[str, Any] = field(default_factory=dict)
    spoil_text: Callable[[str], str | bytes] = lambda text: text
    spoil_folder: Callable[[Path], None] = lambda folder: None
    yml: str = ""

    @property
    def own(self) -> Rows:
        return self.rows[self.table]

    @property
    def spec(self) -> dict[str, Any]:
        return self.specs[self.table]


def _draft(table: str) -> Draft:
    tables = ["customers", table if table != "customers" else "transactions"]
    rows = {name: [MAKE[name](place) for place in range(N)] for name in tables}
    specs: dict[str, dict[str, Any]] = {
        name: {"source": f"{name}.csv", "columns": {column: column.upper() for column in rows[name][0]}}
        for name in tables
    }
    specs["customers"]["covariates"] = {"area": specs["customers"]["columns"].pop("region")}
    return Draft(table=table, rows=rows, specs=specs)


def _write(draft: Draft, folder: Path) -> None:
    folder.mkdir(parents=True)
    for table, rows in draft.rows.items():
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column.upper() for column in rows[0]])
        writer.writerows(row.values() for row in rows)
        content = draft.spoil_text(text.getvalue()) if table == draft.table else text.getvalue()
        (folder / f"{table}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    whole = {"name": "Acme", "observed_through": END, "tables": draft.specs, **draft.top}
    (folder / "client.yml").write_text(draft.yml or yaml.safe_dump(whole, sort_keys=False))
    draft.spoil_folder(folder)


Spoil = Callable[[Draft], None]


def cell(column: str, value: str, *rows: int) -> Spoil:
    """Another value in one row, or in those that are named."""

    def spoil(draft: Draft) -> None:
        for row in rows or (AT,):
            draft.own[row][column] = value

    return spoil


def column(name: str, change: Callable[[int, str], str]) -> Spoil:
    """Another value in every row."""

    def spoil(draft: Draft) -> None:
        for place, row in enumerate(draft.own):
            row[name] = change(place, row[name])

    return spoil


def text(change: Callable[[str], str | bytes]) -> Spoil:
    """Another text of the whole file."""

    def spoil(draft: Draft) -> None:
        draft.spoil_text = change

    return spoil


def spec(**changes: Any) -> Spoil:
    """Other keys of the table in client.yml."""
    return lambda draft: draft.spec.update(changes)


def folder(change: Callable[[Path], None], **changes: Any) -> Spoil:
    """Something done to the folder of the client, with other keys of the table."""

    def spoil(draft: Draft) -> None:
        draft.spec.update(changes)
        draft.spoil_folder = change

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(draft: Draft) -> None:
        for each in spoils:
            each(draft)

    return spoil


def tenures(draft: Draft) -> None:
    """Customers with a tenure and a flag, for their dates."""
    draft.rows["customers"] = [
        {"customer_id": _who(i), "tenure": str(i), "churned": str(int(i % 3 == 0))} for i in range(N)
    ]
    columns = {name: name.upper() for name in draft.rows["customers"][0]}
    draft.specs["customers"] = {"source": "customers.csv", "columns": columns, "unit": "months"}


def yml(content: str) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft.yml = content

    return spoil


def line(number: int, change: Callable[[str], str]) -> Spoil:
    """Another line of the file; the header is line 1."""

    def spoiled(whole: str) -> str:
        lines = whole.split("\n")
        lines[number - 1] = change(lines[number - 1])
        return "\n".join(lines)

    return text(spoiled)


def as_parquet(make: Callable[[Rows], pa.Table | bytes]) -> Spoil:
    def spoil(draft: Draft) -> None:
        rows, name = draft.own, f"{draft.table}.parquet"

        def write(path: Path) -> None:
            made = make(rows)
            (path / name).write_bytes(made) if isinstance(made, bytes) else pq.write_table(made, path / name)

        draft.spec["source"] = name
        draft.spoil_folder = write

    return spoil


def nested(rows: Rows) -> pa.Table:
    columns = {name.upper(): [row[name] for row in rows] for name in rows[0]}
    return pa.table({**columns, "AMOUNT": [{"net": 1.0, "tax": 0.2} for _ in rows]})


def outside(path: Path) -> None:
    (path.parent / "outside.csv").write_text("CUSTOMER_ID\n1\n")
    (path / "customers.csv").unlink()
    (path / "customers.csv").symlink_to(path.parent / "outside.csv")


def us(iso: str) -> str:
    return f"{iso[5:7]}/{iso[8:10]}/{iso[:4]}"


def eu(iso: str) -> str:
    return f"{iso[8:10]}/{iso[5:7]}/{iso[:4]}"


def dates(write: Callable[[str], str]) -> Spoil:
    """The customers' dates in another form."""
    both_dates = [column(name, lambda _, value: write(value) if value else "") for name in ("started_on", "ended_on")]
    return both(*both_dates)


@dataclass(frozen=True)
class Case:
    """`found` is what the message must tell beside its form: of rows set aside, the reason and what stood there."""

    name: str
    table: str
    spoil: Spoil
    becomes: Literal["refused", "aside", "told", "read"]
    tells: tuple[str, ...]


def aside(name: str, table: str, spoil: Spoil, reason: str, file_column: str, example: str, n: int = 1) -> Case:
    place = f"column {file_column!r}, " if file_column else ""
    return Case(
        name, table, spoil, "aside", (f"{n} set aside: {reason} ({place}first in row {ROW}: {example}", "Allowed: ")
    )


def refused(name: str, table: str, spoil: Spoil, *tells: str) -> Case:
    return Case(name, table, spoil, "refused", tells)


def told(name: str, table: str, spoil: Spoil, *tells: str) -> Case:
    return Case(name, table, spoil, "told", tells)


def read(name: str, table: str, spoil: Spoil, *tells: str) -> Case:
    return Case(name, table, spoil, "read", tells)


BOMB = "\n".join(
    ["name: Acme", "a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdef", "bcdefg", strict=True)]
)
MISTAKES = """\
name: Acme
observd_through: 2026-06-30
max_rejected: lots
tables:
  customer: {source: customers.csv, columns: {}}
  transactions: {source: transactions.csv, colums: {customer_id: CUSTOMER_ID}}
"""
DROP = 'a"; drop table "typed_customers"; --'

CASES = [
    # What a file is, as a whole.
    refused("a file that is not there", "transactions", spec(source="sales.csv"), "'sales.csv'", "transactions.csv"),
    refused("an empty file", "transactions", text(lambda _: ""), "transactions.csv", "no rows", "Next: ask for the"),
    refused("a header alone", "customers", text(lambda t: t.split("\n")[0] + "\n"), "customers.csv", "no rows"),
    refused("NUL characters", "customers", text(lambda t: t.encode("utf-16-le")), "customers.csv", "NUL", "utf-16-le"),
    refused(
        "another encoding than it says", "customers",
        both(cell("region", "Nord-Est é"), text(lambda t: t.encode("cp1252")), spec(read={"encoding": "utf-8"})),
        "customers.csv", f"row {ROW} is not utf-8", "0xe9", "read.encoding",
    ),
    refused("a quote that is never closed", "transactions", line(ROW, lambda r: f'"{r}'), "transactions.csv", "quote"),
    refused("a file cut in a quote", "transactions", text(lambda t: t + '"C-001'), "transactions.csv", "row 42", "cut"),
    refused("another delimiter", "customers", spec(read={"delimiter": ";"}), "no such column", "'CUSTOMER_ID'"),
    refused("a column that is not there", "customers", line(1, lambda h: h.replace("STARTED_ON", "STARTED_AT")),
            "customers.csv, column 'STARTED_ON'", "no such column", "Next: did you mean STARTED_AT?"),
    refused("a column that is there twice", "customers", line(1, lambda h: h.replace("REGION", "ENDED_ON")),
            "customers.csv", "row 1", "more than once: ENDED_ON", "give each column its own name"),
    aside("a field too many", "transactions", line(ROW, lambda r: f"{r},oops"), "wrong_number_of_fields", "", "'C-025"),
    aside("a field too few", "transactions", line(ROW, lambda r: r.rsplit(",", 1)[0]), "wrong_number_of_fields", "",
          "'C-025"),
    refused("text that is called Parquet", "transactions", as_parquet(lambda _: b"PAR1 no"), "transactions.parquet"),
    refused("a nested column", "transactions", as_parquet(nested), "column 'AMOUNT'", "unreadable_amount", "Next:"),
    refused("a kind of file that nobody reads", "transactions",
            folder(lambda p: (p / "t.sas7bdat").write_text("x"), source="t.sas7bdat"), "t.sas7bdat", "Allowed: "),
    refused("a zip file that is none", "transactions",
            folder(lambda p: (p / "t.zip").write_text("x"), source="t.zip"), "t.zip"),
    refused("monthly files with other columns", "transactions",
            folder(lambda p: (p / "transactions_2.csv").write_text("A,B\n1,2\n"), source="transactions*.csv"),
            "transactions_2.csv", "its columns are A, B", "those of transactions.csv"),
    refused("a path outside", "customers", spec(source="../outside.csv"), "'../outside.csv' leads out", "Allowed: "),
    refused("a link that leads outside", "customers", folder(outside), "leads out", "Allowed: "),
    read("hundreds of columns", "customers",
         text(lambda t: "\n".join(f"{row},{','.join('x' + str(i) for i in range(300))}"
                                  for row in t.strip().split("\n")))),
    read("a column that would be a command", "customers",
         both(line(1, lambda h: h.replace("REGION", '"' + DROP.replace('"', '""') + '"')),
              lambda d: d.spec["covariates"].update(area=DROP))),
    aside("a value of half a million letters", "transactions", cell("amount", "9" * 500_000), "unreadable_amount",
          "AMOUNT", "'9999"),
    # What client.yml says.
    refused("several mistakes in client.yml", "customers", yml(MISTAKES), "observd_through", "observed_through?",
            "max_rejected", "'lots'", "tables.customer", "colums", "did you mean columns?"),
    refused("aliases that stand for a million values", "customers", yml(BOMB), "aliases", "Next: write them out"),
    refused("no YAML", "customers", yml("name: [Acme"), "client.yml", "not valid YAML"),
    refused("a password in client.yml", "customers",
            spec(source={"url": "postgres://me:secret@host/db", "table": "t"}), "source", "env:"),
    # Ids.
    aside("a blank id", "customers", cell("customer_id", ""), "missing_customer_id", "CUSTOMER_ID", "blank"),
    aside("an id that a spreadsheet destroyed", "customers", cell("customer_id", "5.70306E+17"),
          "destroyed_customer_id", "CUSTOMER_ID", "'5.70306E+17'"),
    refused("ids that a spreadsheet rounded", "customers",
            column("customer_id", lambda i, _: f"570306{i:09}000"), "customers.csv, column 'CUSTOMER_ID'",
            f"rounded_customer_id: {N} rows, first in row 2", "Allowed: ids with all their digits", "as text"),
    Case("a row that is there twice", "customers", lambda d: d.own.append(dict(d.own[AT])), "aside",
         ("1 set aside: duplicate_row", "row 42", "drop_exact")),
    Case("two customers with one id", "customers", lambda d: d.own.append({**d.own[AT], "ended_on": "2026-03-01"}),
         "aside", ("2 set aside: conflicting_customer_id", f"row {ROW}: 'C-005'", "ask which is right")),
    aside("a purchase of an unknown customer", "transactions", cell("customer_id", "X-1"), "unknown_customer",
          "CUSTOMER_ID", "'X-1'"),
    # Dates.
    aside("a date that is none", "customers", cell("started_on", "soon"), "unreadable_started_on", "STARTED_ON",
          "'soon'"),
    aside("the thirtieth of February", "customers", cell("ended_on", "2025-02-30"), "unreadable_ended_on", "ENDED_ON",
          "'2025-02-30'"),
    aside("1900-01-01", "customers", cell("started_on", "1900-01-01"), "implausible_started_on", "STARTED_ON", "'1900"),
    aside("9999-12-31", "customers", cell("ended_on", "9999-12-31"), "implausible_ended_on", "ENDED_ON", "'9999"),
    refused("day and month that cannot be told apart", "customers",
            both(column("started_on", lambda i, _: f"{i % 12 + 1:02}/03/2024"), column("ended_on", lambda *_: "")),
            "customers.csv, dates", "every date fits both orders", "Allowed: read.dates", "dmy or mdy"),
    refused("dates in two orders", "customers", both(dates(eu), cell("started_on", "03/27/2024")),
            f"month first in row {ROW}", "day first in row 2", "nearly all are dmy: set read.dates: dmy"),
    aside("a date that is swapped", "customers",
          both(dates(eu), cell("started_on", "03/27/2024"), spec(read={"dates": "dmy"})),
          "swapped_started_on", "STARTED_ON", "'03/27/2024'"),
    refused("years of two digits at either end", "customers", dates(lambda iso: iso[2:]),
            "years of two digits", "Allowed: read.dates: dmy, mdy or ymd", "Next: ask the client"),
    refused("days as a spreadsheet counts them", "customers",
            both(column("started_on", lambda i, _: str(45231 + i)), column("ended_on", lambda *_: "")),
            "numbers such as 45231, first in row 2", "as a spreadsheet counts them", "Allowed: dates", "Next: format"),
    refused("seconds since 1970", "customers",
            both(column("started_on", lambda i, _: str(1_700_000_000 + i)), column("ended_on", lambda *_: "")),
            "numbers such as 1700000000, first in row 2", "seconds since 1970?", "Allowed: read.dates: seconds"),
    aside("the second 0", "customers",
          both(column("started_on", lambda i, _: str(1_700_000_000 + i)), column("ended_on", lambda *_: ""),
               cell("started_on", "0"), spec(read={"dates": "seconds"})),
          "implausible_started_on", "STARTED_ON", "'0'"),
    aside("an end before the start", "customers", cell("ended_on", "2020-01-01"), "ended_before_started", "ENDED_ON",
          "'2020-01-01'"),
    told("a start that is to come", "customers", cell("started_on", "2026-12-24"), "column 'STARTED_ON'",
         "days after 2026-06-30", f"first in row {ROW}"),
    told("times with and without an offset", "transactions",
         column("occurred_at", lambda i, t: t if i % 2 else f"{t}+02:00"), "column 'OCCURRED_AT'",
         "times without an offset", "first in row 3"),
    # Numbers.
    aside("a negative tenure", "customers", both(tenures, cell("tenure", "-1")), "negative_tenure", "TENURE", "'-1'"),
    aside("a tenure of a thousand years", "customers", both(tenures, cell("tenure", "12000")), "impossible_tenure",
          "TENURE", "'12000'"),
    refused("codes without a meaning", "customers", both(tenures, column("churned", lambda i, _: "AB"[i % 2])),
            "customers.csv, column 'CHURNED'", "'A' (20 rows, first in row 2)", "values: {churned: {"),
    aside("an amount that is none", "transactions", cell("amount", "free"), "unreadable_amount", "AMOUNT", "'free'"),
    aside("a blank amount", "transactions", cell("amount", ""), "missing_amount", "AMOUNT", "blank"),
    aside("a formula", "transactions", cell("amount", "=2+3"), "unreadable_amount", "AMOUNT", "'=2+3'"),
    aside("a mark that nobody sees", "transactions", cell("amount", "\u200f12.50"), "unreadable_amount", "AMOUNT",
          "'\\u200f12.50'"),
    aside("a per cent sign", "transactions", cell("amount", "12.5 %"), "per_cent_amount", "AMOUNT", "'12.5 %'"),
    aside("one decimal comma", "transactions", cell("amount", "12,50"), "decimal_comma_amount", "AMOUNT", "'12,50'"),
    refused("decimal commas that nobody declared", "transactions", column("amount", lambda _, v: v.replace(".", ",")),
            "transactions.csv, column 'AMOUNT'", "decimal_comma_amount: 40 rows, first in row 2 ('5,25')",
            'Next: set read.decimal: ","'),
    aside("one decimal point", "transactions",
          both(column("amount", lambda _, v: v.replace(".", ",")), cell("amount", "12.50"),
               spec(read={"decimal": ","})),
          "decimal_point_amount", "AMOUNT", "'12.50'"),
    aside("another currency", "transactions", both(column("amount", lambda _, v: f"€ {v}"), cell("amount", "$ 12.50")),
          "other_currency_amount", "AMOUNT", "'$ 12.50'"),
    told("a currency that is not the client's", "transactions", column("amount", lambda _, v: f"${v}"),
         "column 'AMOUNT'", "the sign of USD", "client.yml says EUR", "first in row 2"),
    told("999999 for nothing", "transactions", cell("amount", "999999", AT, AT + 1, AT + 2), "column 'AMOUNT'",
         "999999 stands far from all other values", f"first in row {ROW}", "read.missing"),
    told("a word for nothing", "customers", cell("region", "unknown"), "column 'REGION'", "a word for nothing",
         f"first in row {ROW}", "read.missing"),
    # What cannot be true of the other tables.
    aside("a comment without a time", "feedback", cell("received_at", " "), "missing_received_at", "RECEIVED_AT",
          "blank"),
    aside("a mark off the scale", "feedback", cell("rating", "9"), "rating_off_scale", "RATING", "'9'"),
    told("comments of unknown customers", "feedback", cell("customer_id", "X-1"), "column 'CUSTOMER_ID'",
         "ids that the customers table does not have", f"first in row {ROW}"),
    aside("a ticket resolved before it was opened", "tickets", cell("resolved_at", "2025-01-01"),
          "resolved_before_opened", "RESOLVED_AT", "'2025-01-01'"),
    aside("an answer before the question", "tickets", cell("first_response_at", "2026-01-01 09:00"),
          "first_response_before_opened", "FIRST_RESPONSE_AT", "'2026-01-01 09:00'"),
    aside("a ticket due before it was opened", "tickets", cell("due_at", "2025-12-31"), "due_before_opened", "DUE_AT",
          "'2025-12-31'"),
    refused("a flag that is none", "tickets", cell("reopened", "perhaps"), "tickets.csv, column 'REOPENED'",
            f"'perhaps' (1 rows, first in row {ROW})", "Allowed: true, false", "values: {reopened:"),
    aside("an e-mail opened before it was sent", "contacts", cell("opened_at", "2026-01-01 09:00"),
          "opened_before_sent", "OPENED_AT", "'2026-01-01 09:00'"),
    aside("fewer clicks than none", "contacts", cell("actions", "-2"), "negative_actions", "ACTIONS", "'-2'"),
    aside("a contact of no campaign", "contacts", cell("campaign", ""), "missing_campaign", "CAMPAIGN", "blank"),
    aside("points earned that are fewer than none", "loyalty", cell("points", "-5"), "negative_earn", "POINTS", "'-5'"),
    refused("a movement of a kind that is not known", "loyalty", cell("kind", "gift"), "loyalty.csv, column 'KIND'",
            f"'gift' (1 rows, first in row {ROW})", "Allowed: earn, redeem, expire, adjust", "values: {kind:"),
    aside("who invited himself", "referrals", cell("referred_id", _who(AT)), "self_referral", "REFERRED_ID", "'C-005'"),
    aside("a customer before the invitation", "referrals", cell("converted_at", "2025-01-01"),
          "converted_before_invited", "CONVERTED_AT", "'2025-01-01'"),
    aside("an invitation by nobody", "referrals", cell("referrer_id", "X-1"), "unknown_customer", "REFERRER_ID",
          "'X-1'"),
    aside("a customer of no variant", "assignments", cell("variant", ""), "missing_variant", "VARIANT", "blank"),
    told("a customer who was assigned twice", "assignments", cell("customer_id", _who(AT + 1)),
         "column 'CUSTOMER_ID'", "nearly every value stands once", "Next: ask"),
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace without a client."""
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path))
    return tmp_path


def check(root: Path, draft: Draft) -> tuple[Result, str]:
    _write(draft, root / "data" / "acme")
    result = CliRunner().invoke(app, ["check", "acme"])
    return result, re.sub(r"\s+", " ", result.output)


def good_table(table: str) -> str:
    return "transactions" if table == "customers" else "customers"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_defect_is_told_and_spoils_nothing_else(case: Case, root: Path) -> None:
    draft = _draft(case.table)
    case.spoil(draft)

    result, output = check(root, draft)

    assert "Traceback" not in output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    for expected in case.tells:
        assert expected in output
    assert result.exit_code == (2 if case.becomes == "refused" else 0)
    kept = re.search(rf"{case.table} \({case.table}\.\w+\): (\d+) of (\d+) rows kept", output)
    if case.becomes == "refused":
        assert kept is None
        assert "Next: " in output or "Allowed: " in output
    else:
        assert kept is not None
        n_aside = int(case.tells[0].split()[0]) if case.becomes == "aside" else 0
        assert int(kept[2]) - int(kept[1]) == n_aside
        assert int(kept[1]) > 0
    if not draft.yml and "client.yml, tables" not in output and "source" not in " ".join(case.tells):
        assert f"{good_table(case.table)} ({good_table(case.table)}.csv): {N} of {N} rows kept" in output


@pytest.mark.parametrize("name", ["../acme", "/etc", "..", "a/b", ".hidden"])
def test_a_client_is_called_by_the_name_of_its_folder_and_nothing_else(name: str, root: Path) -> None:
    _write(_draft("customers"), root / "data" / "acme")

    result = CliRunner().invoke(app, ["check", name])

    assert result.exit_code == 2
    assert "is not the name of a client" in result.output


def test_the_client_of_these_tests_is_in_order(root: Path) -> None:
    draft = _draft("customers")
    for table in MAKE:
        other = _draft(table)
        draft.rows |= other.rows
        draft.specs |= other.specs

    result, output = check(root, draft)

    assert result.exit_code == 0
    assert output.count(f"{N} of {N} rows kept") == len(MAKE)
    assert "set aside" not in output
    assert "to know" not in output
