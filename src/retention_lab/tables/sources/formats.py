"""How numbers, days and missing values are written in a table, found out from its values.

Used where a client is drafted, and a person looks at the draft.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from retention_lab.tables.guessing.guesses import Doubt

Values = Mapping[str, int]
"""The values of a column as text, each with how often it is there, in the order of the file."""

_MONEY = r"(?:[€$£¥]|[A-Z]{3})?\s*"
_COMMA = re.compile(
    rf"\(?[+-]?{_MONEY}(?:\d{{1,3}}(?:[.'\s]\d{{3}})+,\d+|\d+,(?:\d{{1,2}}|\d{{4,}})|0,\d+)\s*{_MONEY}[%)-]?$"
)
_POINT = re.compile(
    rf"\(?[+-]?{_MONEY}(?:\d{{1,3}}(?:[,'\s]\d{{3}})+\.\d+|\d*\.(?:\d{{1,2}}|\d{{4,}})|0\.\d+)\s*{_MONEY}[%)-]?$"
)
_EITHER = re.compile(rf"\(?[+-]?{_MONEY}[1-9]\d{{0,2}}([.,])\d{{3}}\s*{_MONEY}[%)-]?$")
_NUMBER = re.compile(rf"\(?[+-]?{_MONEY}\d[\d.,'\s]*(?:[eE][+-]?\d+)?\s*{_MONEY}[%)-]?$")
_DAY = re.compile(r"(\d{1,2})([/.\-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?:\D.*)?$")
_ANY_DAY = re.compile(
    r"\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}(?:\D.*)?$|\d{1,2}[-\s.]*[^\W\d_]{3,9}\.?[-\s.]*\d{2,4}(?:\D.*)?$"
)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9./_-]*\d[A-Z0-9./_-]*$", re.IGNORECASE)
_AFTERNOON = re.compile(r"\b[ap]\.?m\b", re.IGNORECASE)
_TIME_NAME = re.compile(
    r"time|date|unix|epoch|stamp|_at$|_ts$|^ts$|created|when|data|dt$|fecha|hora|heure|datum|cas|čas", re.IGNORECASE
)
_PLAIN_NAME = re.compile(r"unix|epoch|stamp", re.IGNORECASE)
_NEVER_A_VALUE = {
    "?",
    "null",
    r"\n",
    "nan",
    "#n/a",
    "#null!",
    "#ref!",
    "#value!",
    "#div/0!",
    "#name?",
    "#num!",
    "<na>",
    "nat",
}
_MISSING = _NEVER_A_VALUE | {
    *("n/a", "na", "n.a.", "n.d.", "nd", "n/d", "s/d", "k.a.", "-", "--", "---", "–", "—", ".", "..", "...", "x", "*"),
    *("none", "nil", "unknown", "unkn", "undefined", "missing", "not available", "not applicable", "not set", "empty"),
    *(
        "sconosciuto",
        "sconosciuta",
        "mancante",
        "desconocido",
        "desconocida",
        "inconnu",
        "inconnue",
        "neznano",
        "ni podatka",
    ),
    *("no disponible", "non disponible", "non disponibile", "(blank)", "(null)", "(none)", "blank", "tbd"),
}
_SHARE = 0.8
_EPOCHS: tuple[tuple[Literal["seconds", "milliseconds"], float, float], ...] = (
    ("seconds", 3e8, 2.5e9),
    ("milliseconds", 3e11, 2.5e12),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """Days of which day and month may stand in either order: how many fit only one of the two."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    first_day_first: str = ""
    first_month_first: str = ""

    def plus(self, other: "DayCounts") -> "DayCounts":
        return DayCounts(
            day_first=self.day_first + other.day_first,
            month_first=self.month_first + other.month_first,
            either=self.either + other.either,
            first_day_first=self.first_day_first or other.first_day_first,
            first_month_first=self.first_month_first or other.first_month_first,
        )


def is_of_days(values: Values) -> bool:
    """Whether a column has days that do not begin with the year."""
    return _share(values, _DAY) >= _SHARE


def count_days(values: Values) -> DayCounts:
    """In which orders the days of a column can be read."""
    first = {"day": "", "month": ""}
    counts = Counter[str]()
    for text, n in values.items():
        if not (found := _DAY.match(text.strip())):
            continue
        one, two = int(found[1]), int(found[3])
        kind = "day" if one > 12 >= two else "month" if two > 12 >= one else "either"
        # 31/31/2025 is a mistake in either order, and speaks for none.
        counts[kind] += n if max(one, two) <= 31 and min(one, two) <= 12 else 0
        if kind != "either":
            first[kind] = first[kind] or text
    return DayCounts(
        day_first=counts["day"],
        month_first=counts["month"],
        either=counts["either"],
        first_day_first=first["day"],
        first_month_first=first["month"],
    )


def find_date_order(
    columns: Mapping[str, Values], counts: DayCounts
) -> tuple[Literal["dmy", "mdy"] | None, tuple[Doubt, ...]]:
    """The order of day and month in a file, and how sure that is; None where no day needs one."""
    days, months = counts.day_first, counts.month_first
    if not (days or months or counts.either):
        return None, ()
    if days and months:
        taken: Literal["dmy", "mdy"] = "dmy" if days >= months else "mdy"
        example = counts.first_month_first if taken == "dmy" else counts.first_day_first
        why = f"{max(days, months):,} days fit only this order and {min(days, months):,} only the other, as {example!r}"
        return taken, (_order_doubt(taken, f"{why}: were they swapped?"),)
    if days or months:
        return ("dmy" if days else "mdy"), ()
    taken = _likelier(columns)
    return taken, (_order_doubt(taken, f"all {counts.either:,} days fit both orders; ask the client"),)


def _order_doubt(taken: str, why: str) -> Doubt:
    return Doubt(key="read.dates", taken=taken, others=("mdy" if taken == "dmy" else "dmy",), why=why)


def _likelier(columns: Mapping[str, Values]) -> Literal["dmy", "mdy"]:
    """The order that leads less often back in time from row to row; else by how such days are mostly written."""
    back = {"dmy": 0, "mdy": 0}
    marks = Counter[str]()
    for values in columns.values():
        found = [day for text in values if (day := _DAY.match(text.strip()))]
        marks.update("am" if _AFTERNOON.search(day[0]) else day[2] for day in found)
        days = {"dmy": [(_year(d[4]), d[3], d[1]) for d in found], "mdy": [(_year(d[4]), d[1], d[3]) for d in found]}
        for order, parts in days.items():
            numbers = [tuple(map(int, part)) for part in parts]
            back[order] += sum(b < a for a, b in pairwise(numbers))
    if back["dmy"] != back["mdy"]:
        return "dmy" if back["dmy"] < back["mdy"] else "mdy"
    return "mdy" if marks["am"] else "dmy"


def _year(text: str) -> str:
    return text if len(text) == 4 else f"20{text}"


def find_epoch(columns: Mapping[str, Values]) -> tuple[Literal["seconds", "milliseconds"] | None, tuple[Doubt, ...]]:
    """Whether times are counted since 1970: whole numbers of that size in a column that is called like a time."""
    for name, values in columns.items():
        if not _TIME_NAME.search(name):
            continue
        numbers = _whole(values)
        for unit, least, most in _EPOCHS:
            if numbers and all(least <= number <= most for number in numbers):
                why = f"the values of {name} are as large as times since 1970 in {unit}"
                doubt = Doubt(key="read.dates", taken=unit, why=why)
                return unit, () if _PLAIN_NAME.search(name) else (doubt,)
    return None, ()


def _whole(values: Values) -> list[int]:
    """The values as whole numbers; none where nearly all are not."""
    texts = [text.strip() for text in values if text.strip()]
    numbers = [int(text.removesuffix(".0")) for text in texts if re.fullmatch(r"\d{9,13}(\.0)?", text)]
    return numbers if len(numbers) >= 0.95 * len(texts) else []


def find_decimal(columns: Mapping[str, Values]) -> tuple[Literal[".", ","], tuple[Doubt, ...]]:
    """The decimal mark, by the columns that hold numbers, and how sure that is."""
    commas, points, either = Counter[str](), Counter[str](), Counter[str]()
    example = {"comma": "", "point": "", "either": ""}
    for values in columns.values():
        if _share(values, _NUMBER) < _SHARE:
            continue
        for text, n in values.items():
            bare = text.strip()
            kinds = (("comma", _COMMA, commas), ("point", _POINT, points), ("either", _EITHER, either))
            for kind, pattern, counted in kinds:
                if pattern.match(bare):
                    counted["n"] += n
                    example[kind] = example[kind] or bare
    taken: Literal[".", ","] = "," if commas["n"] > points["n"] else "."
    other = "." if taken == "," else ","
    if commas["n"] and points["n"]:
        why = f"numbers are written in both ways: {example['comma']} and {example['point']}"
        return taken, (Doubt(key="read.decimal", taken=taken, others=(other,), why=why),)
    if either["n"] and not commas["n"] and not points["n"]:
        why = f"{example['either']} may have thousands or decimals, and no number tells which"
        return taken, (Doubt(key="read.decimal", taken=taken, others=(other,), why=why),)
    return taken, ()


def find_missing(columns: Mapping[str, Values]) -> list[str]:
    """The texts that stand for nothing, as they are written.

    Signs that never are a value; and words such as unknown or N/A, where the other values of a column are numbers, days
    or codes, so that they can be no category.
    """
    found: dict[str, None] = {}
    for values in columns.values():
        said = {text.strip() for text in values if text.strip().lower() in _MISSING}
        rest = {text: n for text, n in values.items() if text.strip() and text.strip() not in said}
        if not said or not rest:
            continue
        is_typed = max(_share(rest, _NUMBER), _share(rest, _ANY_DAY), _share(rest, _CODE)) >= 0.95
        found |= {text: None for text in sorted(said) if is_typed or text.lower() in _NEVER_A_VALUE}
    return list(found)


def _share(values: Values, pattern: re.Pattern[str]) -> float:
    """Which share of the values that are there is written so; missing ones do not count."""
    given = [(text.strip(), n) for text, n in values.items() if text.strip() and text.strip().lower() not in _MISSING]
    total = sum(n for _, n in given)
    return sum(n for text, n in given if pattern.match(text)) / total if total else 0.0


def counted(values: Iterable[str | None]) -> Values:
    """The values of a column, each with how often it is there."""
    return Counter(value for value in values if value is not None)
