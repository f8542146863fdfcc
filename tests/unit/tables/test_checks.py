from collections.abc import Callable
from pathlib import Path

import pytest

from retention_lab.tables.client import Client
from retention_lab.tables.loading import LoadedTable

Load = Callable[..., LoadedTable]
Reasons = Callable[[LoadedTable], dict[str, int]]
Write = Callable[..., Path]

TENURES = {"customer_id": "ID", "tenure": "T", "churned": "C"}
DATED = {"customer_id": "ID", "started_on": "Start", "ended_on": "End", "observed_from": "From"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,2025-01-01,2026-01-01,", None),
        ("2,2025-01-01,2025-01-01,", None),
        ("2,2025-01-01,,2025-01-01", None),
        (",2025-01-01,,", "missing_customer_id"),
        ("5.70306E+17,2025-01-01,,", "destroyed_customer_id"),
        ('"5,70306E+17",2025-01-01,,', "destroyed_customer_id"),
        ("1E5,2025-01-01,,", None),
        # One long number with noughts at its end may be one.
        ("570306123456789000,2025-01-01,,", None),
        ("2,,,", "missing_started_on"),
        ("2,soon,,", "unreadable_started_on"),
        ("2,2025-02-31,,", "unreadable_started_on"),
        ("2,1900-01-01,,", "implausible_started_on"),
        ("2,2025-01-01,9999-12-31,", "implausible_ended_on"),
        # A planned end is a customer still here.
        ("2,2025-01-01,2099-12-31,", None),
        ("2,2025-01-01,2024-12-31,", "ended_before_started"),
        ("2,2025-01-01,2025-06-01,2025-06-01", "ended_before_observed"),
        ("2,2025-01-01,2025-06-02,2025-06-01", None),
        ("2,2025-01-01,2025-01-01,2024-06-01", None),
        ("2,2025-01-01", "wrong_number_of_fields"),
        ("2,2025-01-01,,,Rome", "wrong_number_of_fields"),
    ],
)
def test_a_customer_with_dates(row: str, reason: str | None, load: Load, reasons: Reasons) -> None:
    table = load(f"ID,Start,End,From\n1,2024-01-01,,\n{row}\n", columns=DATED, read={"dates": "ymd"})

    assert reasons(table) == ({reason: 1} if reason else {})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,0,1,", None),
        ("2,7.5,0,0", None),
        ("2,,1,", "missing_tenure"),
        ("2,5,,", "missing_churned"),
        ("2,five,1,", "unreadable_tenure"),
        ("2,-1,1,", "negative_tenure"),
        ("2,5,1,-2", "negative_entry_tenure"),
        ("2,5,1,5", "ended_before_observed"),
        ("2,5,1,7", "ended_before_observed"),
        ("2,5,1,4.9", None),
        ("2,0,1,0", None),
        ("2,36525,1,", None),
        ("2,36526,1,", "impossible_tenure"),
    ],
)
def test_a_customer_with_a_tenure(row: str, reason: str | None, load: Load, reasons: Reasons) -> None:
    table = load(f"ID,T,C,E\n1,1,0,\n{row}\n", columns={**TENURES, "entry_tenure": "E"})

    assert reasons(table) == ({reason: 1} if reason else {})


def test_movements_of_points(write_client: Write, reasons: Reasons) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "kind": "k", "points": "p"}
    loyalty = {"source": "loyalty.csv", "columns": columns, "values": {"kind": {"E": "earn", "R": "redeem"}}}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n2,1900-01-01,\n", tables={"loyalty": loyalty})
    rows = [
        "1,2025-01-01,E,10",
        "1,2025-01-01,E,10",
        "1,2025-01-01,E,-10",
        "1,2025-01-01,R,-10",
        "1,,E,1",
        "1,2025-01-01,E,x",
    ]
    rows += ["9,2025-01-01,E,10", "2,2025-01-01,E,10", "1,2025-01-01,,5"]
    (folder / "loyalty.csv").write_text("c,d,k,p\n" + "\n".join(rows))

    found = Client(folder).loaded("loyalty")

    # Two like movements have no number that could tell them apart: both count.
    expected = {
        "negative_earn": 1,
        "missing_occurred_at": 1,
        "unreadable_points": 1,
        "unknown_customer": 2,
        "missing_kind": 1,
    }
    assert reasons(found) == expected
    assert found.n_kept == 3


def test_a_purchase_without_a_number_is_no_duplicate_of_another(write_client: Write, reasons: Reasons) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "amount": "a", "transaction_id": "t"}
    folder = write_client(
        "ID,Start,End\n1,2024-01-01,\n", tables={"transactions": {"source": "t.csv", "columns": columns}}
    )
    rows = [
        "1,2025-01-01,5,",
        "1,2025-01-01,5,",
        "1,2025-01-02,7,",
        "1,2025-01-01,5,A",
        "1,2025-01-01,5,A",
        "1,2025-01-01,6,B",
    ]
    (folder / "t.csv").write_text("c,d,a,t\n" + "\n".join([*rows, "1,2025-01-01,7,B", "1,2025-01-01,-6,C"]))

    assert reasons(Client(folder).loaded("transactions")) == {"duplicate_row": 1, "conflicting_transaction_id": 2}


ROWS = [
    "A,2024-01-01,,North",
    "B,2024-01-01,,North",
    "A,2024-01-01,,North",
    "B,2024-01-01,,South",
    "B,2024-06-01,,South",
]


@pytest.mark.parametrize(
    ("policy", "expected", "kept"),
    [
        ("keep", {"duplicate_row": 1, "conflicting_customer_id": 3}, ["A 2024-01-01"]),
        ("drop_exact", {"exact_copy": 1, "conflicting_customer_id": 3}, ["A 2024-01-01"]),
        ({"key": ["customer_id"], "keep": "last"}, {"superseded_row": 3}, ["A 2024-01-01", "B 2024-06-01"]),
        ({"key": ["customer_id"], "keep": "first"}, {"superseded_row": 3}, ["A 2024-01-01", "B 2024-01-01"]),
        # Of the key of client.yml one row is left each, and of customer B still two.
        (
            {"key": ["customer_id", "started_on"], "keep": "last"},
            {"superseded_row": 2, "conflicting_customer_id": 2},
            ["A 2024-01-01"],
        ),
    ],
)
def test_what_each_policy_does_about_duplicates(
    policy: object, expected: dict[str, int], kept: list[str], load: Load, reasons: Reasons
) -> None:
    columns = {"customer_id": "ID", "started_on": "Start", "ended_on": "End"}
    table = load("ID,Start,End,Region\n" + "\n".join(ROWS), columns=columns, duplicates=policy)

    rows = table.rows.order_by("customer_id").to_pandas()
    assert reasons(table) == expected
    assert [f"{row.customer_id} {row.started_on:%Y-%m-%d}" for row in rows.itertuples()] == kept


def test_what_client_yml_drops_is_no_fault_of_the_file(load: Load) -> None:
    # A history with many rows for each customer would otherwise always be refused.
    top = {"max_rejected": 0.0}
    for policy in ("drop_exact", {"key": ["customer_id"], "keep": "last"}):
        rows = ["A,2024-01-01,"] * 20 + ["B,2024-01-01,"]
        assert load("ID,Start,End\n" + "\n".join(rows), top=top, duplicates=policy).n_kept == 2


def test_a_row_is_no_copy_of_one_that_had_a_field_too_many(load: Load, reasons: Reasons) -> None:
    table = load("ID,Start,End\n1,2024-01-01,,oops\n1,2024-01-01,\n", duplicates="drop_exact", read={"dates": "ymd"})

    # Cut to three fields the two would be the same, and both would be set aside.
    assert reasons(table) == {"wrong_number_of_fields": 1, "conflicting_customer_id": 1}


def test_no_older_row_takes_the_place_of_a_newer_one_that_is_broken(load: Load, reasons: Reasons) -> None:
    policy = {"key": ["customer_id"], "keep": "last"}
    table = load("ID,Start,End\n1,2024-01-01,\n1,soon,\n", duplicates=policy)

    assert reasons(table) == {"superseded_row": 1, "unreadable_started_on": 1}


def test_the_last_row_of_several_files_is_that_of_the_last_file(write_client: Write) -> None:
    folder = write_client(source="*.csv", duplicates={"key": ["customer_id"], "keep": "last"})
    (folder / "2026-02.csv").write_text("ID,Start,End\n1,2024-01-01,2026-02-01\n")
    (folder / "2026-01.csv").write_text("ID,Start,End\n2,2024-01-01,\n3,2024-01-01,\n1,2024-01-01,\n")

    ended = Client(folder).loaded("customers").rows.ended_on.max().to_pyarrow().as_py()

    assert str(ended) == "2026-02-01"


def test_a_hundred_years_are_counted_in_the_unit_of_the_table(load: Load, reasons: Reasons) -> None:
    rows = "ID,T,C\n1,1200,0\n2,1201,0\n"

    assert reasons(load(rows, columns=TENURES, unit="months")) == {"impossible_tenure": 1}
    assert reasons(load(rows, columns=TENURES, unit="years")) == {"impossible_tenure": 2}


@pytest.mark.parametrize(("last", "reason"), [("000", "rounded_customer_id"), ("001", None)])
def test_long_ids_that_all_end_in_noughts_were_rounded_and_others_were_not(
    last: str, reason: str | None, load: Load, reasons: Reasons
) -> None:
    ids = [f"570306{n:09}000" for n in range(6)] + [f"570306{7:09}{last}", "12"]
    table = load("ID,Start,End\n" + "\n".join(f"{one},2025-01-01," for one in ids))

    assert reasons(table) == ({reason: 7} if reason else {})


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["€ 5", "5 EUR", "€5", "$5"], {"other_currency_amount": 1}),
        (["$5", "US$ 5", "USD 5", "5"], {}),
        (["5", "6", "7", "7 Kč"], {}),
        (["(5.00)", "5-", "-5", "5"], {}),
        (["5 %", "5", "5", "5"], {"per_cent_amount": 1}),
        # Beside 12,5 nobody knows whether 1,234 is more than a thousand or a bit more than one.
        (['"12,5"', '"1,234"', "7", "1.5"], {"decimal_comma_amount": 2}),
        (['"1,234"', '"1,234,567.5"', "7", "1.5"], {}),
        (["5", "five", "7", "1.5"], {"unreadable_amount": 1}),
    ],
)
def test_amounts_are_read_in_one_currency_and_with_one_decimal_mark(
    amounts: list[str], expected: dict[str, int], write_client: Write, reasons: Reasons
) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "amount": "a"}
    folder = write_client(
        "ID,Start,End\n1,2024-01-01,\n", tables={"transactions": {"source": "t.csv", "columns": columns}}
    )
    (folder / "t.csv").write_text("c,d,a\n" + "\n".join(f"1,2025-01-01,{amount}" for amount in amounts))

    found = Client(folder).loaded("transactions")

    assert reasons(found) == expected
    assert all(found.allowed and found.remedy for found in found.rejections)


@pytest.mark.parametrize(
    ("opened", "resolved", "reason"),
    [
        ("2026-01-05 10:00", "2026-01-05 09:59", "resolved_before_opened"),
        ("2026-01-05 10:00", "2026-01-04", "resolved_before_opened"),
        ("2026-01-05 10:00", "2026-01-05 10:00", None),
        # A day without a clock is the whole day.
        ("2026-01-05 10:00", "2026-01-05", None),
        ("2026-01-05", "2026-01-05 00:00", None),
        ("2026-01-05 10:00", "", None),
    ],
)
def test_what_follows_does_not_come_first(
    opened: str, resolved: str, reason: str | None, write_client: Write, reasons: Reasons
) -> None:
    columns = {"opened_at": "o", "resolved_at": "r"}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"tickets": {"source": "t.csv", "columns": columns}})
    (folder / "t.csv").write_text(f"o,r\n{opened},{resolved}\n")

    assert reasons(Client(folder).loaded("tickets")) == ({reason: 1} if reason else {})
