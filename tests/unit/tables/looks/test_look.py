"""What is told of rows that are kept: each look finds what was put there, and is silent where there is nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from retention_lab.tables.client import Client
from retention_lab.tables.remarks import Remark

Write = Callable[..., Path]
Look = Callable[..., list[Remark]]
N = 200
END = date(2026, 6, 30)


def _purchases() -> list[dict[str, str]]:
    """Purchases over six whole months."""
    first = date(2026, 1, 1)
    return [
        {
            "c": f"C{i % 30}",
            "d": f"{first + timedelta(days=i * 181 // N)} 10:00",
            "a": f"{10 + i % 7}.50",
            "p": ("bread", "milk")[i % 2],
        }
        for i in range(N)
    ]


@pytest.fixture
def look(write_client: Write) -> Look:
    """The remarks on purchases to which something was done."""

    def look(*changes: tuple[int, str, str], rows: list[dict[str, str]] | None = None, **top: Any) -> list[Remark]:
        rows = rows or _purchases()
        for row, column, value in changes:
            rows[row][column] = value
        columns = {"customer_id": "c", "occurred_at": "d", "amount": "a", "product": "p"}
        folder = write_client(
            "ID,Start,End\n" + "".join(f"C{i},2024-01-{i % 28 + 1:02},\n" for i in range(30)),
            tables={"transactions": {"source": "t.csv", "columns": columns}},
            top={"observed_through": END, **top},
        )
        (folder / "t.csv").write_text("c,d,a,p\n" + "\n".join(",".join(row.values()) for row in rows) + "\n")
        return list(Client(folder).loaded("transactions").remarks)

    return look


def _of(remarks: list[Remark]) -> list[tuple[str, str, int, int, str]]:
    return [(r.kind, r.column, r.n_rows, r.first_row, r.example) for r in remarks]


def test_of_a_file_in_order_there_is_nothing_to_tell(look: Look) -> None:
    assert look() == []


@pytest.mark.parametrize(
    ("value", "is_odd"), [("999999", True), ("-1", True), ("9999", True), ("99", True), ("12.50", False)]
)
def test_a_number_for_nothing_lies_far_from_all_others_in_several_rows(value: str, is_odd: bool, look: Look) -> None:
    remarks = look(*((row, "a", value) for row in (7, 9, 30)))

    assert _of(remarks)[:1] == ([("likely_missing", "a", 3, 9, value)] if is_odd else [])
    # One row is no habit; where the others lie around it, it is a value like them.
    assert [r for r in look((7, "a", value)) if r.kind == "likely_missing"] == []


def test_999_among_values_like_it_is_a_value(look: Look) -> None:
    rows = [row | {"a": str(5 * i + 4)} for i, row in enumerate(_purchases())]

    assert look(*((row, "a", "999") for row in (7, 9, 30)), rows=rows) == []


@pytest.mark.parametrize("word", ["unknown", "N/A", "?", "Sconosciuto", "inconnu", "#REF!"])
def test_a_word_for_nothing_is_no_product(word: str, look: Look) -> None:
    assert _of(look((7, "p", word))) == [("likely_missing", "p", 1, 9, word)]


def test_no_and_none_may_be_answers(look: Look) -> None:
    assert look((7, "p", "none"), (8, "p", "no")) == []


def test_days_on_which_too_much_happened(look: Look) -> None:
    remarks = look(*((row, "d", "1970-01-01") for row in (3, 4, 5)))

    assert _of(remarks)[:1] == [("likely_missing", "d", 3, 5, "1970-01-01")]
    assert "1970-01-01" in remarks[0].found


def test_a_last_month_that_is_not_whole(look: Look) -> None:
    rows = [row for row in _purchases() if row["d"] < "2026-06-09"]

    (remark,) = look(rows=rows)

    assert remark.kind == "partial_period"
    assert "2026-06, is not whole: it ends on 2026-06-08" in remark.found
    assert (remark.n_rows, remark.first_row) == (9, 169)


def test_a_month_that_ends_with_the_last_day_that_is_declared_is_whole(look: Look) -> None:
    rows = [row for row in _purchases() if row["d"] < "2026-06-09"]

    assert look(rows=rows, observed_through=date(2026, 6, 8)) == []


def test_a_table_that_ends_long_before_the_last_day(look: Look) -> None:
    (remark,) = look(observed_through=date(2026, 10, 31))

    assert remark.kind == "gap_in_time"
    assert remark.found == "it ends on 2026-06-30, and the export is said to reach to 2026-10-31"


def test_what_comes_after_the_last_day_that_counts_makes_no_month(look: Look) -> None:
    assert _of(look((9, "d", "2026-07-02"))) == [("future_dates", "d", 1, 11, "2026-07-02")]


def test_a_month_without_a_row_between_others(look: Look) -> None:
    rows = [row for row in _purchases() if not "2026-03" <= row["d"] < "2026-04"]

    (remark,) = look(rows=rows)

    assert (remark.kind, remark.column) == ("gap_in_time", "d")
    assert "2026-03" in remark.found
    assert "2026-02" not in remark.found


def test_an_amount_a_thousand_times_as_large_as_others(look: Look) -> None:
    assert _of(look((7, "a", "20000"))) == [("odd_values", "a", 1, 9, "20000")]


def test_the_same_value_in_every_row(look: Look) -> None:
    remarks = look(rows=[row | {"p": "bread"} for row in _purchases()])

    assert [(r.kind, r.column) for r in remarks] == [("constant_column", "p")]
    assert "bread" in remarks[0].found


@pytest.mark.parametrize(("currency", "told"), [("EUR", False), ("USD", True)])
def test_the_sign_of_amounts_is_held_against_the_currency_of_the_client(currency: str, told: bool, look: Look) -> None:
    rows = [row | {"a": f"€{row['a']}"} for row in _purchases()]

    assert [r.kind for r in look(rows=rows, currency=currency)] == (["currency_signs"] if told else [])


def test_signs_beside_some_amounts_only(look: Look) -> None:
    (remark,) = look((7, "a", "€ 12"))

    assert _of([remark]) == [("currency_signs", "a", 1, 9, "€ 12")]
    assert "199 amounts have none" in remark.found


def test_times_with_and_without_an_offset(look: Look) -> None:
    rows = _purchases()
    for row in rows[:150]:
        row["d"] += ":00+02:00"

    assert [(r.kind, r.n_rows, r.first_row) for r in look(rows=rows)] == [("mixed_offsets", 50, 152)]


def test_ids_of_nobody_in_tables_of_which_anybody_may_be_the_author(write_client: Write) -> None:
    columns = {"received_at": "d", "text": "t", "customer_id": "c"}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"feedback": {"source": "f.csv", "columns": columns}})
    (folder / "f.csv").write_text("d,t,c\n2026-01-01,Good,1\n2026-01-02,Bad,7\n2026-01-02,Fine,\n")
    client = Client(folder)

    # Nobody waits for the customers; where they are known, ids are held against them.
    assert client.loaded("feedback").remarks == ()
    client = Client(folder)
    client.loaded("customers")
    assert _of(list(client.loaded("feedback").remarks)) == [("unknown_reference", "c", 1, 3, "7")]


def test_nearly_everybody_is_assigned_once(write_client: Write) -> None:
    columns = {"customer_id": "c", "variant": "v", "experiment": "e"}
    tables = {"assignments": {"source": "a.csv", "columns": columns}}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables=tables)

    def remarks(rows: list[str]) -> list[str]:
        (folder / "a.csv").write_text("c,v,e\n" + "\n".join(rows) + "\n")
        return [remark.kind for remark in Client(folder).loaded("assignments").remarks]

    once = [f"{i},{'ab'[i % 2]},x" for i in range(40)]
    # Of another experiment, it is another assignment.
    assert remarks([*once, "7,b,y"]) == []
    assert remarks([*once, "7,a,x"]) == ["nearly_a_key"]


def test_customers_whose_mark_is_nought(write_client: Write) -> None:
    columns = {"received_at": "d", "text": "t", "rating": "r"}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"feedback": {"source": "f.csv", "columns": columns}})

    def remarks(marks: list[int]) -> list[tuple[str, str, int, int, str]]:
        (folder / "f.csv").write_text("d,t,r\n" + "\n".join(f"2026-01-01,Good {i},{m}" for i, m in enumerate(marks)))
        return _of(list(Client(folder).loaded("feedback").remarks))

    assert remarks([5, 1, 0, 4, 0]) == [("likely_missing", "r", 2, 4, "0")]
    # From nought to one there is a nought.
    assert remarks([1, 0, 1]) == []


def test_a_nought_on_a_scale_that_begins_with_it_is_a_mark(write_client: Write) -> None:
    columns = {"received_at": "d", "text": "t", "rating": "r", "rating_scale": "s"}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"feedback": {"source": "f.csv", "columns": columns}})
    marks = [("5", "1-5"), ("1", "1-5"), ("0", "0-10"), ("9", "0-10")]

    def remarks(rows: list[tuple[str, str]]) -> list[tuple[str, str, int, int, str]]:
        written = "\n".join(f"2026-01-01,Good {i},{mark},{scale}" for i, (mark, scale) in enumerate(rows))
        (folder / "f.csv").write_text(f"d,t,r,s\n{written}\n")
        return _of(list(Client(folder).loaded("feedback").remarks))

    assert remarks(marks) == []
    assert remarks([*marks, ("0", "")]) == [("likely_missing", "r", 1, 6, "0")]


def test_a_swapped_day_jumps_out_of_a_file_that_goes_with_time(look: Look) -> None:
    def written(iso: str) -> str:
        return f"{iso[8:10]}/{iso[5:7]}/{iso[:4]}"

    rows = [row | {"d": written(row["d"])} for row in _purchases()]
    # The fourth of May among days of April.
    at = next(place for place, row in enumerate(rows) if row["d"] == "05/04/2026")
    spoilt = look((at, "d", "04/05/2026"), rows=[dict(row) for row in rows])

    assert look(rows=[dict(row) for row in rows]) == []
    assert _of(spoilt) == [("swapped_dates", "d", 1, at + 2, "04/05/2026")]
    # Of a file in another order than that of time, nobody can tell.
    mixed = [rows[place * 7 % len(rows)] for place in range(len(rows))]
    assert look((at, "d", "04/05/2026"), rows=[dict(row) for row in mixed]) == []
