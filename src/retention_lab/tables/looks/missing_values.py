"""Values that are written where nothing is known, and would be taken for numbers, days and groups."""

from collections.abc import Iterator
from typing import Any

from retention_lab.tables.looks.seen import PILES, SENTINELS, Looked, is_word
from retention_lab.tables.remarks import Remark

# So many rows are no chance.
_FEWEST, _SHARE = 3, 0.001
_PILED_SHARE = 0.01
# A sentinel lies so many times as far out as everything else.
_FAR = 2.0
_MARKS = ("rating", "satisfaction")


def likely_missing(seen: Looked) -> Iterator[Remark]:
    """Numbers far from all others, words for nothing, and days on which too much happened."""
    for name, facts in seen.columns("number"):
        if facts["n_sentinels"] >= _enough(facts["n"]):
            yield from _numbers(seen, name, facts)
        if name in _MARKS and facts["low"] == 0 and facts["high"] and facts["high"] > 1:
            yield from _noughts(seen, name)
    for name, facts in seen.columns("text", "id"):
        if facts.get("n_words"):
            yield seen.remark(
                "likely_missing",
                name,
                is_word(seen.typed[name]),
                found="a word for nothing counts as a value of its own",
                remedy="ask what it stands for; where it means 'not known', list it under read.missing",
            )
    for name, facts in seen.columns("date"):
        if facts["n_piled"] >= max(_FEWEST, _PILED_SHARE * facts["n"]):
            yield from _days(seen, name)


def _enough(n: int) -> float:
    return max(_FEWEST, _SHARE * n)


def _numbers(seen: Looked, name: str, facts: dict[str, Any]) -> Iterator[Remark]:
    column, is_odd = seen.typed[name], seen.typed[name].isin(SENTINELS)
    rest = seen.typed.aggregate(low=column.min(where=~is_odd), high=column.max(where=~is_odd)).to_pyarrow().to_pylist()
    low, high = rest[0]["low"], rest[0]["high"]
    rows = seen.typed.filter(is_odd)
    counted = rows.group_by(value=rows[name]).aggregate(n=rows.count()).order_by("value").to_pyarrow().to_pylist()
    for value in (found["value"] for found in counted if found["n"] >= _enough(facts["n"]) and low is not None):
        if value < 0 <= low or value > _FAR * max(high, 1.0):
            yield seen.remark(
                "likely_missing",
                name,
                column == value,
                found=f"{value:g} stands far from all other values, which lie between {low:g} and {high:g}",
                remedy=f"ask what it stands for; where it means 'none', set read.missing: [\"{value:g}\"]",
            )


def _noughts(seen: Looked, name: str) -> Iterator[Remark]:
    column = seen.typed[name]
    rest = seen.typed.aggregate(low=column.min(where=column > 0)).to_pyarrow().to_pylist()[0]["low"]
    is_odd = column == 0
    if "rating_scale" in seen.typed.columns:
        # On a scale from 0 to 10, 0 is a mark like any other.
        is_odd &= ~seen.typed.rating_scale.re_search(r"(^|[^0-9.])0([^0-9.]|$)").fill_null(False)
    if rest is not None and rest >= 1 and seen.typed.filter(is_odd).count().to_pyarrow().as_py():
        yield seen.remark(
            "likely_missing",
            name,
            is_odd,
            found="a mark of 0, where the lowest mark else is 1: was none given?",
            remedy="ask the client; where it means 'none', list it under read.missing",
        )


def _days(seen: Looked, name: str) -> Iterator[Remark]:
    day = seen.typed[name].cast("date")
    rows = seen.typed.filter(day.isin(PILES)).select(day=day)
    counted = rows.group_by("day").aggregate(n=rows.count()).order_by("day").to_pyarrow().to_pylist()
    for found in counted:
        if found["n"] >= max(_FEWEST, _PILED_SHARE * seen.facts[name]["n"]):
            yield seen.remark(
                "likely_missing",
                name,
                day == found["day"],
                found=f"{found['day']} stands in many rows: does it mean 'none'?",
                remedy="ask the client; where it means 'none', list it under read.missing as it is written",
            )
