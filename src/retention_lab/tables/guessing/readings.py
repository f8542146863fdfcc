"""What a text may be read as while nobody has said yet what it is: a number, a day, a moment."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import folded

Numbers = NDArray[np.float64]
_PROBE = 300
_EPOCH = date(1970, 1, 1).toordinal()
_ZONE = r"(?:Z|UTC|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?"
_CLOCK = r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?\s*" + _ZONE + ")?$"
_ISO = re.compile(r"^(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})" + _CLOCK)
_DAY = re.compile(r"^(\d{1,2})[/.\-] ?(\d{1,2})[/.\-] ?(\d{4}|\d{2})" + _CLOCK)
_NAMED = re.compile(r"^(\d{1,2})\.?[ \-/]?([^\W\d]{3,12})\.?,?[ \-/]?(\d{4}|\d{2})" + _CLOCK)
_NAME_FIRST = re.compile(r"^(?:[A-Za-z]{3,9},? )?([^\W\d]{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _CLOCK)
_COMPACT = re.compile(r"^(19[5-9]\d|20[0-4]\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
# From 1990 to 2040.
_SECONDS, _MILLISECONDS = (631_152_000, 2_208_988_800), (631_152_000_000, 2_208_988_800_000)
_NUMBER = re.compile(r"\s*[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][+-]?\d{1,3})?\s*$")
_DOTTED = re.compile(r"(?<=\d)\.(?=(?:\d{3}\.)*\d{3}(?:,|\D*$))")
_MONEY = re.compile(r"[€$£¥\s\u00a0\u202f']|^[A-Z]{3}(?=[\d -])|(?<=\d)[A-Z]{3}$")


def as_numbers(texts: Sequence[str], decimal: str) -> Numbers:
    """The texts as numbers, NaN where one is none; currency signs and full groups of thousands are read over."""
    series = pd.Series(texts, dtype=object)
    # Only full groups of thousands: 31.10.2022 is a day.
    plain = series.str.replace(_DOTTED, "", regex=True).str.replace(",", ".", regex=False) if decimal == "," else series
    found = _finite(plain)
    if len(found) and np.isnan(found).any() and _probe(series, r"\d"):
        bare = series.str.replace(_MONEY, "", regex=True).str.replace(r"^\((.*)\)$|^(.*)-$", r"-\1\2", regex=True)
        thousands = _DOTTED if decimal == "," else r",(?=\d{3}(\D|$))"
        bare = bare.str.replace(thousands, "", regex=True)
        found = _finite(bare.str.replace(",", ".", regex=False) if decimal == "," else bare)
    return found


def _finite(texts: pd.Series) -> Numbers:
    # Ids such as 12e4567890123456 are never handed to pandas: an exponent of so many digits ends the process.
    written = texts.where(texts.str.match(_NUMBER).fillna(False).astype(bool))
    found = pd.to_numeric(written, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def _probe(texts: pd.Series, pattern: str) -> bool:
    return bool(texts.iloc[:_PROBE].str.contains(pattern, regex=True).mean() >= 0.5)


def as_days(texts: Sequence[str], order: str) -> Numbers:
    """The texts as days since 1970 with their fraction, NaN where one is none; `order`: dmy, mdy, or "" for either."""
    if not order:
        order = _likely_order(texts)
    read = partial(_day, month_first=order == "mdy")
    return _read(texts, read)


def _read(texts: Sequence[str], read: Callable[[str], float]) -> Numbers:
    """All texts read, where of the first ones at least half can be."""
    probe = [read(text) for text in texts[:_PROBE]]
    if not probe or np.isnan(probe).mean() > 0.5:
        return np.full(len(texts), np.nan)
    return np.array(probe + [read(text) for text in texts[_PROBE:]])


def as_compact_days(texts: Sequence[str]) -> Numbers:
    """20170131 as a day; NaN for anything else."""
    return _read(texts, _compact)


def epoch_of(numbers: Numbers) -> str:
    """`seconds` or `milliseconds` where all numbers could be counted since 1970; else nothing."""
    known = numbers[~np.isnan(numbers)]
    for unit, (low, high) in (("seconds", _SECONDS), ("milliseconds", _MILLISECONDS)):
        if len(known) and known.min() >= low and known.max() <= high:
            return unit
    return ""


def _likely_order(texts: Sequence[str]) -> str:
    for text in texts:
        match = _DAY.match(text)
        if match and int(match[2]) > 12:
            return "mdy"
        if match and int(match[1]) > 12:
            return "dmy"
    return "dmy"


def _day(text: str, *, month_first: bool) -> float:
    text = text.strip()
    if match := _ISO.match(text):
        return _at(match, 1, 2, 3)
    if match := _DAY.match(text):
        return _at(match, 3, 1, 2) if month_first else _at(match, 3, 2, 1)
    if match := _NAMED.match(text):
        return _at(match, 3, 2, 1)
    if match := _NAME_FIRST.match(text):
        return _at(match, 3, 1, 2)
    return float("nan")


def _compact(text: str) -> float:
    match = _COMPACT.match(text)
    return _ordinal(int(match[1]), int(match[2]), int(match[3])) if match else float("nan")


def _at(match: re.Match[str], year: int, month: int, day: int) -> float:
    """The moment of a match whose groups are those of the date and, from the fourth on, of the clock."""
    named = match[month]
    number = int(named) if named.isdigit() else _month(named)
    whole = int(match[year])
    whole += 0 if whole > 99 else 1900 if whole >= 69 else 2000
    hour = int(match[4] or 0) % 12 + 12 * (match[7] in "Pp") if match[7] else int(match[4] or 0)
    return _ordinal(whole, number, int(match[day])) + (hour * 60 + int(match[5] or 0) + int(match[6] or 0) / 60) / 1440


def _ordinal(year: int, month: int, day: int) -> float:
    try:
        return float(date(year, month, day).toordinal() - _EPOCH)
    except ValueError:
        return float("nan")


@cache
def _month(word: str) -> int:
    """The number of a month by its name or its first three letters or more; 0 where there is none."""
    bare = folded(word)
    return next((n for name, n in vocabulary().months.items() if name.startswith(bare)), 0)
