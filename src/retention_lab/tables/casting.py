"""Text to numbers, days, moments, flags and codes, as Ibis expressions.

A value that cannot be read becomes null, and the check `unreadable_<column>` sees that there had been something.
Columns that come typed (Parquet) keep their values; what is declared missing is missing there too.
"""

import ibis
import ibis.expr.types as ir

from retention_lab.tables.amounts import as_amount
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.contract import Kind
from retention_lab.tables.moments import as_counted, as_moment

FLAGS = {"true": True, "false": False, "1": True, "0": False}
# Spaces that do not break a line look like spaces, and stand in French and Slovenian numbers.
_HARD_SPACES = ("\u00a0", "\u202f")
_UNTIDY = "[\u00a0\u202f]|^[ \t\n\r\v\f]|[ \t\n\r\v\f]$"


def as_own(column: ir.Value, options: ReadOptions, *, is_tidy: bool = False) -> ir.Value:
    """The column in its own type; blanks, NaN and the declared sentinels are null, and text is trimmed.

    `is_tidy`: no value of the column has a space anywhere, so that there is nothing to trim.
    """
    kind, sentinels = column.type(), [sentinel.strip() for sentinel in options.missing]
    if kind.is_string():
        text = column if is_tidy else _tidy(column)
        return ibis.ifelse(text.isin(["", *sentinels]), None, text)
    nothing = [column.isnan()] if kind.is_floating() else []
    # To write numbers and days out costs more than all else: it is done only where there is something to compare with.
    nothing += [column.cast("string").isin(sentinels)] if sentinels else []
    # A sentinel -999 is written -999.0 in a column of fractions.
    numbers = _numbers(sentinels) if kind.is_numeric() else []
    nothing += [column.cast("float64").isin(numbers)] if numbers else []
    return ibis.ifelse(ibis.or_(*nothing), None, column) if nothing else column


def as_text(column: ir.Value, options: ReadOptions) -> ir.StringValue:
    """Trimmed text, and what came typed written out; blanks, NaN and the declared sentinels are null."""
    own = as_own(column, options)
    return own if own.type().is_string() else own.cast("string")


def _tidy(text: ir.StringValue) -> ir.StringValue:
    bare = text
    for space in _HARD_SPACES:
        bare = bare.replace(space, " ")
    # Most values have nothing to trim, and trimming costs more than the look.
    return ibis.ifelse(text.re_search(_UNTIDY), bare.strip(), text)


def as_kind(
    kind: Kind, column: ir.Value, text: ir.StringValue, options: ReadOptions, timezone: str = "UTC"
) -> ir.Value:
    """A column, of which `text` is the text, as values of that kind; null where it cannot be read.

    Moments are in `timezone`, the client's. Codes and flags still need their mapping.
    """
    if kind == "number":
        return as_number(column, text, options)
    if kind in ("day", "moment"):
        own = as_own(column, options) if column.type().is_temporal() else _moment(column, text, options, timezone)
        return own if kind == "day" and own.type().is_date() else own.cast("date" if kind == "day" else "timestamp")
    return text


def _moment(column: ir.Value, text: ir.StringValue, options: ReadOptions, timezone: str) -> ir.Value:
    """The moments of a column that came as text or numbers."""
    if column.type().is_floating():
        # 20170131 stands as 20170131.0 in a column that has blanks.
        text = ibis.ifelse(column == column.floor(), column.try_cast("int64").cast("string"), text)
    if options.dates not in ("seconds", "milliseconds"):
        return as_moment(text, options, timezone)
    counted = as_counted(as_number(column, text, options), options.dates, timezone)
    return ibis.coalesce(counted, as_moment(text, options, timezone))


def as_number(column: ir.Value, text: ir.StringValue, options: ReadOptions) -> ir.FloatingValue:
    """A column, of which `text` is the text, as numbers; null where it cannot be read, or is not finite."""
    kind = column.type()
    if kind.is_integer():
        return as_own(column, options).cast("float64")
    if not kind.is_numeric() and not kind.is_string():
        # Neither a day nor a yes is a number, however it is written.
        return ibis.null("float64")
    number = as_own(column, options).cast("float64") if kind.is_numeric() else as_amount(text, options.decimal)
    return ibis.ifelse(number.isinf(), None, number)


def _numbers(sentinels: list[str]) -> list[float]:
    numbers = []
    for sentinel in sentinels:
        try:
            numbers.append(float(sentinel))
        except ValueError:
            continue
    return numbers


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


def recoded(text: ir.StringValue, mapping: dict[str, str | bool]) -> ir.StringValue:
    """Text with the client's own codes written out; other values stay as they are."""
    known = [(text == code, ibis.literal(str(meaning).strip())) for code, meaning in mapping.items()]
    return ibis.cases(*known, else_=text) if known else text


def with_meanings(text: ir.StringValue, mapping: dict[str, str | bool], number: ir.FloatingValue) -> ir.FloatingValue:
    """Numbers, of which some are written as words that client.yml gives a number for."""
    known = [(text == code, ibis.literal(float(meaning))) for code, meaning in mapping.items()]
    return ibis.cases(*known, else_=number)
