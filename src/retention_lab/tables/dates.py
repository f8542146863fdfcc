"""How the dates of a file are written: as declared, else what its own dates leave possible."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from retention_lab.errors import Fault
from retention_lab.tables.casting import as_text
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.moments import DAY, ISO_DAY, TWO_NUMBERS_FIRST, FoundOptions
from retention_lab.tables.sources.source import POSITION, RAGGED
from retention_lab.tables.sources.streamed import AnySource

_SERIAL = r"^[2-6]\d{4}([.,]\d+)?$"
_SECONDS, _MILLISECONDS = r"^-?\d{9,10}([.,]\d+)?$", r"^-?\d{12,13}([.,]\d+)?$"
# So many of a hundred dates fit one order where the rest are swapped by mistake.
_NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class DateOrder:
    """How dates are read, and the fault that stands against it."""

    options: ReadOptions
    notes: tuple[str, ...] = ()
    fault: Fault | None = None


def find_date_order(raw: ir.Table, source: AnySource, columns: list[str], options: ReadOptions) -> DateOrder:
    """The order of day and month in the named columns of a file; rows with too many or too few fields do not count."""
    texts = [raw[source.engine_name(column)] for column in columns]
    texts = [as_text(text, options) for text in texts if not text.type().is_temporal()]
    if options.dates in ("seconds", "milliseconds") or not texts:
        return DateOrder(options=options)
    if options.dates:
        known = options.model_dump() | {"has_rare_dates": _has_rare(raw, texts)}
        return DateOrder(options=FoundOptions(**known))
    whole = raw.filter(raw[RAGGED].isnull())
    # All columns in one reading: a file may be too large to be read once for each.
    found = _evidence(whole.select(POSITION, text=ibis.array(texts).unnest() if len(texts) > 1 else texts[0]))
    fault = next(_faults(source, found), None)
    if fault:
        return DateOrder(options=options, fault=fault)
    order = "ymd" if not found["n"] else "dmy" if found["n_day_first"] else "mdy"
    notes = (f"Dates are read as {order}: no other order fits them all.",) if found["n"] else ()
    known = options.model_dump() | {"dates": order, "has_rare_dates": found["n_rare"] > 0}
    return DateOrder(options=FoundOptions(**known), notes=notes)


def _has_rare(raw: ir.Table, texts: list[ir.Value]) -> bool:
    """Whether some date is written in none of the usual ways."""
    rare = {f"rare {at}": (~text.re_search(f"{ISO_DAY}|{DAY}")).any() for at, text in enumerate(texts)}
    return any(raw.aggregate(**rare).to_pyarrow().to_pylist()[0].values())


def _evidence(seen: ir.Table) -> dict[str, Any]:
    """How many dates could be read in two orders, the first rows that leave only one, and what else is no ISO date."""
    # Nearly all dates are ISO dates, and say nothing: whatever else is asked is then asked of nothing.
    seen = seen.mutate(odd=ibis.ifelse(seen.text.re_search(ISO_DAY), None, seen.text))
    odd, parts = seen.odd, seen.odd.re_search(TWO_NUMBERS_FIRST)
    first, second, last = (odd.re_extract(TWO_NUMBERS_FIRST, at).try_cast("int64") for at in (1, 2, 3))
    is_short = parts & (last < 100)
    fits = {
        # 31/31/2025 is a mistake in either order, and speaks for none.
        "day_first": parts & (first > 12) & (first <= 31) & (second <= 12),
        "month_first": parts & (second > 12) & (second <= 31) & (first <= 12),
        "serial": odd.re_search(_SERIAL),
        "seconds": odd.re_search(_SECONDS),
        "milliseconds": odd.re_search(_MILLISECONDS),
    }
    counted = seen.aggregate(
        n_seen=seen.text.count(),
        n=seen.count(where=parts),
        n_rare=seen.count(where=~odd.re_search(DAY)),
        n_short=seen.count(where=is_short),
        n_year_first=seen.count(where=is_short & last.between(1, 31) & (second <= 12)),
        n_first=first.nunique(where=is_short),
        n_last=last.nunique(where=is_short),
        **{f"n_{name}": seen.count(where=fit) for name, fit in fits.items()},
        **{f"at_{name}": seen[POSITION].min(where=fit) for name, fit in fits.items()},
        **{f"as_{name}": odd.min(where=fit) for name, fit in fits.items()},
    )
    found: dict[str, Any] = counted.to_pyarrow().to_pylist()[0]
    return found


def _faults(source: AnySource, found: dict[str, Any]) -> Iterator[Fault]:
    where = f"{source.name}, dates"
    for name, meaning, allowed, remedy in _COUNTED:
        if found[f"n_{name}"] and 2 * found[f"n_{name}"] >= found["n_seen"]:
            what = f"numbers such as {found[f'as_{name}']}, first in {source.row_name(found[f'at_{name}'])}: {meaning}"
            yield Fault(where=where, found=what, allowed=allowed, remedy=remedy)
    if (
        found["n_short"]
        and found["n_year_first"] == found["n_short"] == found["n"]
        and found["n_last"] > found["n_first"]
    ):
        what = "years of two digits: they may stand first or last in the dates"
        yield Fault(where=where, found=what, allowed=_ALLOWED, remedy="ask the client, and set read.dates")
    if found["n"] and not found["n_day_first"] and not found["n_month_first"]:
        what = "day and month cannot be told apart: every date fits both orders"
        yield Fault(
            where=where, found=what, allowed=_ALLOWED, remedy="ask the client, and set read.dates to dmy or mdy"
        )
    if found["n_day_first"] and found["n_month_first"]:
        yield Fault(where=where, found=_in_two_orders(source, found), allowed=_ALLOWED, remedy=_remedy(found))


_ALLOWED = "read.dates: dmy, mdy or ymd"
_COUNTED = (
    (
        "serial",
        "days as a spreadsheet counts them",
        "dates, such as 2026-10-31",
        "format the column as dates in the spreadsheet and export it again, or give the spreadsheet itself as source",
    ),
    ("seconds", "seconds since 1970?", "read.dates: seconds", "set it, if that is what they are"),
    ("milliseconds", "milliseconds since 1970?", "read.dates: milliseconds", "set it, if that is what they are"),
)


def _in_two_orders(source: AnySource, found: dict[str, Any]) -> str:
    day, month = (source.row_name(found[f"at_{name}_first"]) for name in ("day", "month"))
    how_many = f"{found['n_day_first']} and {found['n_month_first']} dates fit no other"
    return f"dates in two orders: day first in {day}, month first in {month} ({how_many})"


def _remedy(found: dict[str, Any]) -> str:
    """Where nearly all dates are of one order, the others are most likely swapped by mistake."""
    day, month = found["n_day_first"], found["n_month_first"]
    order = "dmy" if day > month else "mdy"
    if max(day, month) >= _NEARLY_ALL * (day + month):
        return (
            f"nearly all are {order}: set read.dates: {order} (the other rows are then set aside), or ask for ISO dates"
        )
    return "set read.dates to the order that is meant (the other rows are then set aside), or ask for ISO dates"
