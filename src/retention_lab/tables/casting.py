"""Text to numbers, days, moments, flags and codes, as Ibis expressions.

A value that cannot be read becomes null, and the check `unreadable_<column>` sees that there had been something.
Columns that come typed (Parquet) are cast as they are.
"""

import ibis
import ibis.expr.types as ir

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.contract import Kind

ISO_DAY = r"^(\d{4})-(\d{1,2})-(\d{1,2})([ T](\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?))?$"
DAY = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})([ T](\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?))?$"
FLAGS = {"true": True, "false": False, "1": True, "0": False}


def as_text(column: ir.Value, options: ReadOptions) -> ir.StringValue:
    """Trimmed text; blanks and the declared sentinels are null."""
    text = column.cast("string").strip()
    return text.nullif("") if not options.missing else ibis.ifelse(text.isin(["", *options.missing]), None, text)


def as_kind(kind: Kind, column: ir.Value, options: ReadOptions) -> ir.Value:
    """The column as a value of that kind; null where it cannot be read. Codes and flags still need their mapping."""
    if kind == "number":
        return _number(column, options)
    if kind == "day":
        return _moment(column, options).cast("date")
    if kind == "moment":
        return _moment(column, options)
    return as_text(column, options)


def _number(column: ir.Value, options: ReadOptions) -> ir.Value:
    if column.type().is_numeric():
        return column.cast("float64")
    text = as_text(column, options)
    decimal = options.decimal
    thousands = "," if decimal == "." else "."
    # Thousands are accepted only in full groups: "1,5" with a decimal point is a mistake, not fifteen.
    grouped = rf"^[+-]?\d{{1,3}}(\{thousands}\d{{3}})+(\{decimal}\d+)?$"
    plain = rf"^[+-]?(\d+(\{decimal}\d*)?|\{decimal}\d+)([eE][+-]?\d+)?$"
    bare = ibis.ifelse(text.re_search(grouped), text.replace(thousands, ""), text)
    readable = text.re_search(grouped) | text.re_search(plain)
    return ibis.ifelse(readable, bare.replace(decimal, "."), None).try_cast("float64")


def _moment(column: ir.Value, options: ReadOptions) -> ir.Value:
    if column.type().is_temporal():
        return column.cast("timestamp")
    text = as_text(column, options)
    day, month = (2, 1) if options.dates == "mdy" else (1, 2)
    written = ibis.cases(
        (text.re_search(ISO_DAY), _iso(text, ISO_DAY, 1, 2, 3)),
        (text.re_search(DAY) & (options.dates != "ymd"), _iso(text, DAY, 3, month, day)),
        else_=None,
    )
    return written.try_cast("timestamp")


def _iso(text: ir.StringValue, pattern: str, year: int, month: int, day: int) -> ir.StringValue:
    def padded(group: int) -> ir.StringValue:
        return text.re_extract(pattern, group).lpad(2, "0")

    clock = text.re_extract(pattern, 5)
    clock = ibis.ifelse(clock == "", "00:00:00", clock)
    return text.re_extract(pattern, year) + "-" + padded(month) + "-" + padded(day) + " " + clock


def as_flag(text: ir.StringValue, mapping: dict[str, str | bool]) -> ir.Value:
    """True or false by the client's own mapping, else by true/false/1/0; null where neither knows the code."""
    meanings = {**FLAGS, **{code: bool(meaning) for code, meaning in mapping.items()}}
    known = [(text == code, ibis.literal(meaning)) for code, meaning in meanings.items()]
    known += [(text.lower() == code, ibis.literal(meaning)) for code, meaning in FLAGS.items()]
    return ibis.cases(*known, else_=ibis.null("boolean"))


def as_code(text: ir.StringValue, mapping: dict[str, str | bool], codes: tuple[str, ...]) -> ir.Value:
    """A code of the contract, by the client's own mapping or as it stands; null where neither knows it."""
    meanings = {**{code: code for code in codes}, **{code: str(meaning) for code, meaning in mapping.items()}}
    known = [(text == code, ibis.literal(meaning)) for code, meaning in meanings.items() if meaning in codes]
    return ibis.cases(*known, else_=ibis.null("string"))
