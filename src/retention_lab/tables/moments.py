"""Text to moments, as Ibis expressions: the ways in which systems and spreadsheets write days and times.

What cannot be read, or does not exist (the 31st of February), becomes null. Most files write dates wide, each part at
its place; these cost a tenth of what the others do, and no other form is tried on them.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from retention_lab.tables.client_file import ReadOptions

_CLOCK = r"([ T](\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?))?$"
ISO_DAY = r"^(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})" + _CLOCK
DAY = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})" + _CLOCK
TWO_NUMBERS_FIRST = r"^(\d{1,2})[/.\-] ?(\d{1,2})[/.\-] ?(\d{4}|\d{2})(?:[T ,]|$)"
"""A date that a person must know how to read: the order of its parts is not in it."""
_WIDE_ISO_DAY = r"^\d{4}[/.\-]\d{2}[/.\-]\d{2}" + _CLOCK
_WIDE_DAY = r"^\d{2}[/.\-]\d{2}[/.\-]\d{4}" + _CLOCK

# No clock on earth is more than fourteen hours ahead.
_AHEAD = r"[+-](?:0\d|1[0-4])(?::?[0-5]\d)?"
_OFFSET = rf" ?(?:Z|UTC|GMT|{_AHEAD})"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
_HALF = r" ?[AaPp]\.? ?[Mm]\.?"
_REST = rf"(?:(?:T|,? ){_TIME}(?:{_HALF}|{_OFFSET})?)?$"
_WIDE_WITH_OFFSET = rf"^\d{{4}}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,6}})?(?:Z|{_AHEAD})$"
WITH_OFFSET = rf":\d{{2}}(?:[.,]\d{{1,9}})?({_OFFSET})$"
_HALVED = rf"[T ](\d{{1,2}}):[\d:.,]+{_HALF}$"
_LONG_ISO_DAY = r"^(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})" + _REST
_LONG_DAY = r"^(\d{1,2})[/.\-] ?(\d{1,2})[/.\-] ?(\d{4})" + _REST
_SHORT_DAY = r"^(\d{1,2})[/.\-] ?(\d{1,2})[/.\-] ?(\d{2})" + _REST
_ANY_CLOCK = (
    rf"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{{1,9}})?)?(?:{_OFFSET})?"
    rf"|(?:0?[1-9]|1[0-2]):[0-5]\d(?::[0-5]\d)?{_HALF}"
)
_SHORT_OR_LONG_DAY = rf"^(\d{{1,2}})[/.\-] ?(\d{{1,2}})[/.\-] ?(?:\d{{4}}|\d{{2}})(?:(?:T|,? )(?:{_ANY_CLOCK}))?$"
_COMPACT = r"^((?:19|20)\d{2})(\d{2})(\d{2})$"
_COMPACT_CLOCK = r"^((?:19|20)\d{2})(\d{2})(\d{2})[T ]?(\d{2}):?(\d{2}):?(\d{2})$"
_WRITTEN_OUT = r"\1-\2-\3 \4:\5:\6"
_WORD = r"[^\d /.,:\-]{3,12}"
_ORDINAL, _OF = r"(?:st|nd|rd|th|er|º|\.)?", r"[ \-/.]{0,2}(?:del? )?"
_DAY_THEN_NAME = rf"^(\d{{1,2}}){_ORDINAL}{_OF}{_WORD}\.?,?{_OF}(\d{{4}}|\d{{2}}){_REST}"
_NAME_THEN_DAY = rf"^{_WORD}\.?[ \-](\d{{1,2}}){_ORDINAL},?[ \-](\d{{4}}){_REST}"
_NAMED = f"{_DAY_THEN_NAME}|{_NAME_THEN_DAY}"
# Of a two-digit year there is one century in which it is plausible and not to come for decades: 1950 to 2049.
_FIRST_OF_1900 = "50"

_MONTHS = (
    "january janvier januar januarja gennaio enero",
    "february février fevrier februar februarja febbraio febrero",
    "march mars marec marca marzo",
    "april avril aprila aprile abril",
    "may mai maj maja maggio mayo",
    "june juin junij junija giugno junio",
    "july juillet julij julija luglio julio",
    "august août aout avgust avgusta agosto",
    "september septembre septembra settembre septiembre setiembre",
    "october octobre oktober oktobra ottobre octubre",
    "november novembre novembra noviembre",
    "december décembre decembre decembra dicembre diciembre",
)
"""The months in English, French, Slovenian, Italian and Spanish."""


def _month_words() -> str:
    """Each name and its usual abbreviations, with the number, as ` july=07`; `jui` is two months and no word."""
    numbers: dict[str, set[int]] = {}
    for number, names in enumerate(_MONTHS, start=1):
        for word in {name[:length] for name in names.split() for length in (3, 4, len(name))}:
            numbers.setdefault(word, set()).add(number)
    return "".join(f" {word}={min(found):02d}" for word, found in sorted(numbers.items()) if len(found) == 1)


_MONTH_WORDS = _month_words()

_of_zone = ibis.udf.scalar.builtin(
    lambda zone, moment: None, name="timezone", signature=((dt.string, dt.Timestamp(timezone="UTC")), dt.timestamp)
)
_as_instant = ibis.udf.scalar.builtin(
    lambda zone, moment: None, name="timezone", signature=((dt.string, dt.timestamp), dt.Timestamp(timezone="UTC"))
)


class FoundOptions(ReadOptions):
    """How a file is read, with what its own dates have shown."""

    has_rare_dates: bool


def as_moment(text: ir.StringValue, options: ReadOptions, timezone: str) -> ir.Value:
    """The moment that a text says; one with an offset becomes the time of `timezone`, which is the client's."""
    iso = (_WIDE_ISO_DAY, ISO_DAY, (0, 5, 8), r"\1-\2-\3\4")
    day_first = (_WIDE_DAY, DAY, (6, 3, 0), r"\3-\2-\1\4")
    month_first = (_WIDE_DAY, DAY, (6, 0, 3), r"\3-\1-\2\4")
    # ISO dates are read in every file, whatever the order of the others.
    orders = {"dmy": (day_first, iso), "": (day_first, iso), "mdy": (month_first, iso)}.get(options.dates or "", (iso,))
    cut = [(text.re_search(wide), _cut(text, *places)) for wide, _, places, _ in orders]
    searched = [(text.re_search(narrow), text.re_replace(narrow, written)) for _, narrow, _, written in orders]
    usual = ibis.cases(*cut, *searched, else_=None).try_cast("timestamp")
    # To put the other forms into the engine's words takes longer than to read a small file.
    if isinstance(options, FoundOptions) and not options.has_rare_dates:
        return usual
    others = (
        (text.re_search(_WIDE_WITH_OFFSET), _at_home(text, timezone)),
        (text.re_search(_COMPACT), text.re_replace(_COMPACT, r"\1-\2-\3").try_cast("timestamp")),
        (text.re_search(_COMPACT_CLOCK), text.re_replace(_COMPACT_CLOCK, _WRITTEN_OUT).try_cast("timestamp")),
    )
    known = ibis.or_(*(found for found, _ in (*cut, *searched)))
    return ibis.cases((known, usual), *others, else_=_rare(text, options, timezone))


def as_counted(number: ir.FloatingValue, unit: str, timezone: str) -> ir.Value:
    """The moment so many seconds or milliseconds after 1970 began in Greenwich, as the time of `timezone`."""
    thousandths = number * 1000 if unit == "seconds" else number
    # What the engine cannot count to is no date, and must not stop the others from being read.
    known = ibis.ifelse(thousandths.abs() < 1e13, thousandths, None).cast("int64")
    return _of_zone(timezone, _as_instant("UTC", known.as_timestamp("ms")))


def fits_either_order(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a date with the year at its end exists, with day or month first.

    Asked of what could not be read, and so only roughly: every February has 29 days.
    """
    numbers = [text.re_extract(_SHORT_OR_LONG_DAY, at).try_cast("int64") for at in (1, 2)]
    month, day = ibis.least(*numbers), ibis.greatest(*numbers)
    days = ibis.cases((month == 2, 29), (month.isin((4, 6, 9, 11)), 30), else_=31)
    return text.re_search(_SHORT_OR_LONG_DAY) & month.between(1, 12) & day.between(1, days)


def _cut(text: ir.StringValue, year: int, month: int, day: int) -> ir.StringValue:
    """The ISO form of a date in which each part has all its digits and so stands at a known place."""
    return text.substr(year, 4) + "-" + text.substr(month, 2) + "-" + text.substr(day, 2) + text.substr(10)


def _at_home(iso: ir.StringValue, timezone: str) -> ir.Value:
    """A moment in ISO form with an offset, as the clock of `timezone` showed it."""
    return _of_zone(timezone, iso.try_cast(dt.Timestamp(timezone="UTC")))


def _rare(text: ir.StringValue, options: ReadOptions, timezone: str) -> ir.Value:
    """The forms that few files have: month names, two-digit years, a.m. and p.m., other ways to write an offset."""
    # To see that a part is not there costs a tenth of looking for it, piece by piece.
    has_clock, has_offset = text.re_search(rf"[T ]{_TIME}"), text.re_search(WITH_OFFSET)
    clock = ibis.ifelse(has_clock, text.re_extract(rf"[T ]({_TIME})", 1).replace(",", "."), "00:00")
    # What comes without an offset is read as if in Greenwich, and stays there.
    offset = ibis.ifelse(has_offset, text.re_extract(WITH_OFFSET, 1).strip().re_replace("UTC|GMT", "Z"), "Z")
    instant = (_iso_day(text, options) + " " + clock + offset).try_cast(dt.Timestamp(timezone="UTC"))
    home = _of_zone(ibis.ifelse(has_offset, timezone, "UTC"), instant)
    return home + ibis.interval(hours=1) * _hours_to_add(text)


def _iso_day(text: ir.StringValue, options: ReadOptions) -> ir.StringValue:
    """The day in ISO form; null where the text is of no known form."""
    at_end = {"dmy": (3, 2, 1), "mdy": (3, 1, 2)}.get(options.dates or "dmy")
    year, month, day = at_end or (1, 2, 3)
    marked = rf"\{year}-\{month}-\{day}"
    short = ibis.ifelse(text.re_extract(_SHORT_DAY, year) < _FIRST_OF_1900, "20", "19")
    forms = [(_LONG_ISO_DAY, text.re_replace(_LONG_ISO_DAY, r"\1-\2-\3"))]
    forms += [(_LONG_DAY, text.re_replace(_LONG_DAY, marked))] if at_end else []
    forms += [(_SHORT_DAY, short + text.re_replace(_SHORT_DAY, marked)), (_NAMED, _named(text))]
    return ibis.cases(*((text.re_search(form), iso) for form, iso in forms), else_=ibis.null("string"))


def _named(text: ir.StringValue) -> ir.StringValue:
    """A day with the name of its month; with no month at all where none is called so.

    To look a name up in one text costs less than to compare it with a hundred.
    """
    words, word = ibis.literal(_MONTH_WORDS), ibis.literal(" ") + text.re_extract(_WORD, 0).lower() + "="
    at = words.find(word)
    month = ibis.ifelse(at >= 0, words.substr(at + word.length(), 2), "")
    iso = text.re_replace(_NAME_THEN_DAY, r"\2-00-\1").re_replace(_DAY_THEN_NAME, r"\2-00-\1")
    century = ibis.ifelse(iso.substr(2, 1) != "-", "", ibis.ifelse(iso < _FIRST_OF_1900, "20", "19"))
    return century + iso.replace("-00-", ibis.literal("-") + month + "-")


def _hours_to_add(text: ir.StringValue) -> ir.IntegerValue:
    """To a clock that goes twice round a day: 12 a.m. is midnight. Null for a time that does not exist, as 13 p.m."""
    hour = text.re_extract(_HALVED, 1).try_cast("int64")
    is_late = text.re_search(r"[Pp]\.? ?[Mm]\.?$")
    return ibis.cases(
        (~text.re_search(_HALVED), 0),
        (hour.between(1, 12), hour % 12 - hour + ibis.ifelse(is_late, 12, 0)),
        else_=ibis.null("int64"),
    )
