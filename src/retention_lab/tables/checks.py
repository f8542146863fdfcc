"""What can be wrong with a row of a canonical table: a reason, an expression that finds it, and what to do about it.

A check sees the canonical columns, and under `raw:<column>` the text that stood in the file.
The first reason that holds is the row's reason. Rows that are there twice are a matter of `duplicates`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from retention_lab.tables.contract import ONLY_KNOWN_CUSTOMERS, Column
from retention_lab.tables.sources.source import RAGGED

EARLIEST, LATEST = date(1950, 1, 1), date(2100, 12, 31)
_DESTROYED = r"^-?\d([.,]\d+[eE]\+?|[eE]\+)\d+$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`failing` is true for the rows that have this fault; `column` is the one to look at in the file."""

    reason: str
    column: str
    failing: Callable[[ir.Table], ir.BooleanValue]
    remedy: str


def checks_for(table: str, present: list[Column], known_customers: ir.Table | None) -> list[Check]:
    """The checks of a table, for the columns that it has, in the order in which they are applied."""
    checks = [_RAGGED, *_column_checks(present), *_table_checks(table, {column.name for column in present})]
    if known_customers is not None and table in ONLY_KNOWN_CUSTOMERS:
        checks.append(_unknown_customer(ONLY_KNOWN_CUSTOMERS[table], known_customers))
    return checks


_RAGGED = Check(
    reason="wrong_number_of_fields",
    column=RAGGED,
    failing=lambda rows: rows[RAGGED].notnull(),
    remedy="a delimiter or a quote inside a value: ask for an export that puts text in quotes",
)


def _column_checks(present: list[Column]) -> Iterator[Check]:
    for column in present:
        yield from _checks_of(column)


def _checks_of(column: Column) -> Iterator[Check]:
    name = column.name
    if column.required or name in ("started_on", "tenure", "churned"):
        yield Check(
            reason=f"missing_{name}",
            column=name,
            failing=lambda rows: rows[f"raw:{name}"].isnull(),
            remedy="ask the client to fill it in",
        )
    if column.kind == "id":
        yield Check(
            reason=f"destroyed_{name}",
            column=name,
            failing=lambda rows: rows[name].re_search(_DESTROYED),
            remedy="a spreadsheet rounded the id: ask for the export again, with ids as text",
        )
    if column.kind in ("number", "day", "moment"):
        yield Check(
            reason=f"unreadable_{name}",
            column=name,
            failing=lambda rows: rows[f"raw:{name}"].notnull() & rows[name].isnull(),
            remedy=_UNREADABLE[column.kind],
        )
    if column.kind in ("day", "moment"):
        yield Check(
            reason=f"implausible_{name}",
            column=name,
            failing=lambda rows: ~rows[name].cast("date").between(EARLIEST, LATEST),
            remedy="if the date stands for 'none', list it under read.missing as it is written",
        )


_UNREADABLE = {
    "number": "mend it, list it under read.missing if it stands for 'none', or set read.decimal",
    "day": "mend it, list it under read.missing if it stands for 'none', or set read.dates",
    "moment": "mend it, list it under read.missing if it stands for 'none', or set read.dates",
}


def _table_checks(table: str, names: set[str]) -> Iterator[Check]:
    for needed, check in _TABLE_CHECKS[table]:
        if needed <= names:
            yield check


_ASK = "ask the client which of the two is right"
_TABLE_CHECKS: dict[str, tuple[tuple[set[str], Check], ...]] = {
    "customers": (
        (
            {"started_on", "ended_on"},
            Check(
                reason="ended_before_started",
                column="ended_on",
                failing=lambda rows: rows.ended_on < rows.started_on,
                remedy=_ASK,
            ),
        ),
        (
            {"observed_from", "ended_on", "started_on"},
            Check(
                reason="ended_before_observed",
                column="observed_from",
                failing=lambda rows: (rows.observed_from > rows.started_on) & (rows.ended_on <= rows.observed_from),
                remedy="the export cannot know a customer who had left before it began: " + _ASK,
            ),
        ),
        (
            {"tenure"},
            Check(
                reason="negative_tenure",
                column="tenure",
                failing=lambda rows: rows.tenure < 0,
                remedy="a duration cannot be negative: ask the client how it was computed",
            ),
        ),
        (
            {"entry_tenure"},
            Check(
                reason="negative_entry_tenure",
                column="entry_tenure",
                failing=lambda rows: rows.entry_tenure < 0,
                remedy="a duration cannot be negative: ask the client how it was computed",
            ),
        ),
        (
            {"tenure", "entry_tenure"},
            Check(
                reason="ended_before_observed",
                column="entry_tenure",
                failing=lambda rows: (rows.entry_tenure > 0) & (rows.tenure <= rows.entry_tenure),
                remedy="the export cannot know a customer who had left before it began: " + _ASK,
            ),
        ),
    ),
    "transactions": (),
    "feedback": (),
    "assignments": (),
    "tickets": (),
    "contacts": (),
    "referrals": (),
    "loyalty": (
        (
            {"kind", "points"},
            Check(
                reason="negative_earn",
                column="points",
                failing=lambda rows: (rows.kind == "earn") & (rows.points < 0),
                remedy="points that are taken back are an adjustment: map that code to adjust",
            ),
        ),
    ),
}


def _unknown_customer(column: str, known: ir.Table) -> Check:
    return Check(
        reason="unknown_customer",
        column=column,
        failing=lambda rows: rows[column].notin(known.customer_id),
        remedy="the customers table lacks this id or it was set aside there: ask for a complete export",
    )
