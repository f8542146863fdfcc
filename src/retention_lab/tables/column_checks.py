"""What can be wrong with one value of a canonical column, whatever its table is.

Some faults show in the whole column only: that all long ids end in noughts, or which currency most amounts are in.
"""

from collections.abc import Iterator
from datetime import date

import ibis
import ibis.expr.types as ir

from retention_lab.tables.amounts import (
    DECIMAL_COMMA,
    DECIMAL_POINT,
    PER_CENT,
    SIGN,
    THOUSANDS_BY_COMMA,
    THOUSANDS_BY_POINT,
    currency_of,
)
from retention_lab.tables.check import Check, Hint
from retention_lab.tables.contract import Column
from retention_lab.tables.moments import fits_either_order

EARLIEST, LATEST = date(1950, 1, 1), date(2100, 12, 31)
# Counted from 1970 on, what is not known is a 0, and seconds taken for milliseconds end in January.
_EPOCH = date(1969, 12, 31), date(1970, 12, 31)
_COUNTED = r"^-?(\d{1,7}|\d{9,})(\.\d+)?$"
_DESTROYED = r"^-?\d([.,]\d+[eE]\+?|[eE]\+)\d+$"
# A spreadsheet keeps fifteen digits of a number, and writes noughts for the others.
_DIGITS_KEPT = 15
_ROUNDED = rf"^[1-9]\d{{{_DIGITS_KEPT - 1}}}0+$"
# That so many long numbers all end in noughts by chance happens once in a hundred thousand files.
_FEWEST_ROUNDED = 5
MONEY = ("amount", "monthly_value", "acquisition_cost", "value")
"""Columns that hold amounts of money."""
_ALWAYS_THERE = ("started_on", "tenure", "churned")
# A mark without a word is an answer too.
_MAY_BE_BLANK = ("text",)


def checks_of_column(column: Column) -> Iterator[Check]:
    """The checks of a column, in the order in which they are applied."""
    if (column.required or column.name in _ALWAYS_THERE) and column.name not in _MAY_BE_BLANK:
        yield _missing(column.name)
    if column.kind == "id":
        yield from _of_ids(column.name)
    if column.kind == "number":
        yield from _of_numbers(column.name)
    if column.kind in ("day", "moment"):
        yield from _of_dates(column.name)


def _missing(name: str) -> Check:
    return Check(
        reason=f"missing_{name}",
        column=name,
        failing=lambda rows: rows[f"raw:{name}"].isnull(),
        allowed="no blanks: a row without it says nothing",
        remedy="ask the client to fill it in",
        hint=Hint(name=f"missing {name}", ask=lambda rows: rows[f"raw:{name}"].count() < rows.count()),
    )


def _of_ids(name: str) -> Iterator[Check]:
    again = "a spreadsheet rounded the id: ask for the export again, with ids as text"
    yield Check(
        reason=f"destroyed_{name}",
        column=name,
        failing=lambda rows: rows[name].re_search(_DESTROYED),
        allowed="ids with all their digits",
        remedy=again,
    )
    yield Check(
        reason=f"rounded_{name}",
        column=name,
        failing=lambda rows: _rounded(rows, name),
        allowed="ids with all their digits: of these, all beyond the fifteenth are 0",
        remedy=again,
        hint=Hint(name=f"long {name}", ask=lambda rows: rows[name].length().max() > _DIGITS_KEPT),
    )


def _of_numbers(name: str) -> Iterator[Check]:
    yield Check(
        reason=f"per_cent_{name}",
        column=name,
        failing=lambda rows: _unread(rows, name, PER_CENT),
        allowed="a number without a unit",
        remedy="ask whether 12 % stands for 12 or for 0.12, and for an export without the sign",
        hint=_has_unread(name),
    )
    yield Check(
        reason=f"decimal_comma_{name}",
        column=name,
        failing=lambda rows: _decimal(rows, name, DECIMAL_COMMA, THOUSANDS_BY_COMMA),
        allowed="numbers with a decimal point, as in 1234.50",
        remedy='set read.decimal: "," if the whole file is written so, or ask for one way to write numbers',
        hint=_has_unread(name),
    )
    yield Check(
        reason=f"decimal_point_{name}",
        column=name,
        failing=lambda rows: _decimal(rows, name, DECIMAL_POINT, THOUSANDS_BY_POINT),
        allowed="numbers with a decimal comma, as client.yml says, as in 1234,50",
        remedy='set read.decimal: "." if the whole file is written so, or ask for one way to write numbers',
        hint=_has_unread(name),
    )
    yield Check(
        reason=f"unreadable_{name}",
        column=name,
        failing=lambda rows: rows[f"raw:{name}"].notnull() & rows[name].isnull(),
        allowed="a number such as 1234.50",
        remedy="mend it, list it under read.missing if it stands for 'none', or set read.decimal",
        hint=_has_unread(name),
    )
    if name in MONEY:
        yield _other_currency(name)


def _other_currency(name: str) -> Check:
    return Check(
        reason=f"other_currency_{name}",
        column=name,
        failing=lambda rows: _in_other_currency(rows, name),
        allowed="one currency in a column: the one that most of its rows have",
        remedy="ask for amounts in the client's own currency",
        hint=Hint(name=f"signs {name}", ask=lambda rows: _has_signs(rows, name)),
    )


def _of_dates(name: str) -> Iterator[Check]:
    allowed = "a day such as 2026-10-31, or in the order that read.dates says"
    yield Check(
        reason=f"swapped_{name}",
        column=name,
        failing=lambda rows: _swapped(rows, name),
        allowed="dates in the order that read.dates says",
        remedy="day and month are swapped here: ask the client to mend it, and whether other dates are swapped too",
        hint=_has_unread(name),
    )
    yield Check(
        reason=f"unreadable_{name}",
        column=name,
        failing=lambda rows: rows[f"raw:{name}"].notnull() & rows[name].isnull(),
        allowed=allowed,
        remedy="mend it, list it under read.missing if it stands for 'none', or set read.dates",
        hint=_has_unread(name),
    )
    yield Check(
        reason=f"implausible_{name}",
        column=name,
        failing=lambda rows: _implausible(rows, name),
        allowed=f"{EARLIEST} to {LATEST}",
        remedy="if the date stands for 'none', list it under read.missing as it is written",
        hint=Hint(name=f"implausible {name}", ask=lambda rows: _may_be_implausible(rows, name)),
    )


def _is_text(rows: ir.Table, name: str) -> bool:
    return bool(rows[f"raw:{name}"].type().is_string())


def _has_unread(name: str) -> Hint:
    """Whether fewer values could be read than there are."""
    return Hint(name=f"unread {name}", ask=lambda rows: rows[name].count() < rows[f"raw:{name}"].count())


def _has_signs(rows: ir.Table, name: str) -> ir.BooleanValue:
    return rows[f"raw:{name}"].re_search(SIGN).any() if _is_text(rows, name) else ibis.literal(False)


def _may_be_implausible(rows: ir.Table, name: str) -> ir.BooleanValue:
    day = rows[name].cast("date")
    return (day.min() < EARLIEST) | (day.max() > LATEST) | (day.min() <= _EPOCH[1])


def _unread(rows: ir.Table, name: str, pattern: str) -> ir.BooleanValue:
    """Whether a number could not be read, and its text is of that form."""
    if not _is_text(rows, name):
        return ibis.literal(False)
    return rows[name].isnull() & rows[f"raw:{name}"].re_search(pattern)


def _decimal(rows: ir.Table, name: str, pattern: str, either: str) -> ir.BooleanValue:
    """Whether a number has the other mark before its fraction.

    1,234 may be one and a bit: in a column in which others have a comma before their fraction, it may.
    """
    unread = _unread(rows, name, pattern)
    if not _is_text(rows, name) or not _some(rows, unread):
        return ibis.literal(False)
    return unread | rows[f"raw:{name}"].re_search(either)


def _in_other_currency(rows: ir.Table, name: str) -> ir.BooleanValue:
    """Whether an amount is in another currency than most of the column."""
    if not _is_text(rows, name):
        return ibis.literal(False)
    currency = currency_of(rows[f"raw:{name}"])
    counted = rows.select(currency=currency).group_by("currency").aggregate(n=ibis._.count())
    signs = counted.filter(counted.currency != "").order_by(ibis.desc("n"), "currency").to_pyarrow().to_pylist()
    if len(signs) < 2:
        return ibis.literal(False)
    return currency.notin(["", signs[0]["currency"]]).fill_null(False)


def _rounded(rows: ir.Table, name: str) -> ir.BooleanValue:
    """Whether an id has noughts for all digits that a spreadsheet does not keep, as have all long ids of the column."""
    ids = rows[name]
    long = rows.filter(ids.length() > _DIGITS_KEPT).select(id=ids)
    found = long.aggregate(n=long.count(), rounded=long.count(where=long.id.re_search(_ROUNDED)))
    counts = found.to_pyarrow().to_pylist()[0]
    if counts["n"] < _FEWEST_ROUNDED or counts["rounded"] < counts["n"]:
        return ibis.literal(False)
    return (ids.length() > _DIGITS_KEPT) & ids.re_search(_ROUNDED)


def _swapped(rows: ir.Table, name: str) -> ir.BooleanValue:
    """Whether a date that cannot be read would exist with day and month the other way round."""
    if not _is_text(rows, name):
        return ibis.literal(False)
    return rows[name].isnull() & fits_either_order(rows[f"raw:{name}"])


def _implausible(rows: ir.Table, name: str) -> ir.BooleanValue:
    day, raw = rows[name].cast("date"), rows[f"raw:{name}"]
    outside = ~day.between(EARLIEST, LATEST)
    if raw.type().is_temporal():
        return outside
    return outside | (day.between(*_EPOCH) & raw.cast("string").re_search(_COUNTED))


def _some(rows: ir.Table, condition: ir.BooleanValue) -> bool:
    return bool(rows.aggregate(some=condition.any()).to_pyarrow()["some"][0].as_py())
