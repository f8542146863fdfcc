"""Text to numbers, days, moments, flags and codes, as Ibis expressions.

A value that cannot be read becomes null, and the check `unreadable_<column>` sees that there had been something.
Columns that come typed (Parquet) keep their values; what is declared missing is missing there too.
"""

import ibis
import ibis.expr.types as ir

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.contract import Kind

_CLOCK = r"([ T](\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?))?$"
ISO_DAY = r"^(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})" + _CLOCK
DAY = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})" + _CLOCK
FLAGS = {"true": True, "false": False, "1": True, "0": False}
# Spaces that do not break a line look like spaces, and stand in French and Slovenian numbers.
_HARD_SPACES = ("\u00a0", "\u202f")
_UNTIDY = "[\u00a0\u202f]|^[ \t\n\r\v\f]|[ \t\n\r\v\f]$"
# Dates as nearly all files write them: each part stands at its place, and costs a tenth of one that is searched for.
_WIDE_ISO_DAY = r"^\d{4}[/.\-]\d{2}[/.\-]\d{2}" + _CLOCK
_WIDE_DAY = r"^\d{2}[/.\-]\d{2}[/.\-]\d{4}" + _CLOCK


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


def as_kind(kind: Kind, column: ir.Value, text: ir.StringValue, options: ReadOptions) -> ir.Value:
    """A column, of which `text` is the text, as values of that kind; null where it cannot be read.

    Codes and flags still need their mapping.
    """
    if kind == "number":
        return as_number(column, text, options)
    if kind in ("day", "moment"):
        own = as_own(column, options) if column.type().is_temporal() else _moment(text, options)
        return own if kind == "day" and own.type().is_date() else own.cast("date" if kind == "day" else "timestamp")
    return text


def as_number(column: ir.Value, text: ir.StringValue, options: ReadOptions) -> ir.FloatingValue:
    """A column, of which `text` is the text, as numbers; null where it cannot be read, or is not finite."""
    kind = column.type()
    if kind.is_integer():
        return as_own(column, options).cast("float64")
    if not kind.is_numeric() and not kind.is_string():
        # Neither a day nor a yes is a number, however it is written.
        return ibis.null("float64")
    number = as_own(column, options).cast("float64") if kind.is_numeric() else _parsed(text, options.decimal)
    return ibis.ifelse(number.isinf(), None, number)


def _parsed(text: ir.StringValue, decimal: str) -> ir.FloatingValue:
    # Thousands are accepted only in full groups: "1,5" with a decimal point is a mistake, not fifteen.
    point = rf"\{decimal}"
    separators = r"[,' ]" if decimal == "." else r"[.' ]"
    grouped = rf"^[+-]?\d{{1,3}}({separators}\d{{3}})+({point}\d+)?$"
    plain = rf"^[+-]?(\d+({point}\d*)?|{point}\d+)([eE][+-]?\d+)?$"
    bare = text.re_replace(separators, "")
    known = ((text.re_search(plain), text), (text.re_search(grouped), bare))
    return ibis.cases(*known, else_=None).replace(decimal, ".").try_cast("float64")


def _numbers(sentinels: list[str]) -> list[float]:
    numbers = []
    for sentinel in sentinels:
        try:
            numbers.append(float(sentinel))
        except ValueError:
            continue
    return numbers


def _moment(text: ir.StringValue, options: ReadOptions) -> ir.Value:
    iso = (_WIDE_ISO_DAY, ISO_DAY, (0, 5, 8), r"\1-\2-\3\4")
    day_first = (_WIDE_DAY, DAY, (6, 3, 0), r"\3-\2-\1\4")
    month_first = (_WIDE_DAY, DAY, (6, 0, 3), r"\3-\1-\2\4")
    # ISO dates are read in every file, whatever the order of the others.
    orders = {"ymd": (iso,), "mdy": (month_first, iso)}.get(options.dates or "", (day_first, iso))
    cut = [(text.re_search(wide), _cut(text, *places)) for wide, _, places, _ in orders]
    searched = [(text.re_search(narrow), text.re_replace(narrow, written)) for _, narrow, _, written in orders]
    return ibis.cases(*cut, *searched, else_=None).try_cast("timestamp")


def _cut(text: ir.StringValue, year: int, month: int, day: int) -> ir.StringValue:
    """The ISO form of a date in which each part has all its digits and so stands at a known place."""
    return text.substr(year, 4) + "-" + text.substr(month, 2) + "-" + text.substr(day, 2) + text.substr(10)


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
