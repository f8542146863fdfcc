"""The order of day and month in a file: as declared, else what its own dates leave possible."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from retention_lab.errors import Fault
from retention_lab.tables.casting import DAY, ISO_DAY, as_text
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.source import POSITION, RAGGED, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DateOrder:
    """How dates are read, and the fault that stands against it."""

    options: ReadOptions
    notes: tuple[str, ...] = ()
    fault: Fault | None = None


def find_date_order(raw: ir.Table, source: Source, columns: list[str], options: ReadOptions) -> DateOrder:
    """The order of day and month in the named columns of a file; rows with too many or too few fields do not count."""
    texts = [raw[source.engine_name(column)] for column in columns]
    texts = [as_text(text, options) for text in texts if not text.type().is_temporal()]
    if options.dates or not texts:
        return DateOrder(options=options)
    whole = raw.filter(raw[RAGGED].isnull())
    seen = [whole.select(POSITION, text=text) for text in texts]
    found = _evidence(ibis.union(*seen) if len(seen) > 1 else seen[0])
    if not found["n"]:
        return DateOrder(options=options.model_copy(update={"dates": "ymd"}))
    if (found["day_first"] is None) == (found["month_first"] is None):
        return DateOrder(options=options, fault=_undecided(source, found))
    order = "dmy" if found["day_first"] is not None else "mdy"
    note = f"Dates are read as {order}: no other order fits them all."
    return DateOrder(options=options.model_copy(update={"dates": order}), notes=(note,))


def _evidence(seen: ir.Table) -> dict[str, int | None]:
    """How many dates could be read in two orders, and the first that leaves only one."""
    seen = seen.filter(seen.text.re_search(DAY) & ~seen.text.re_search(ISO_DAY))
    first, second = (seen.text.re_extract(DAY, group).cast("int64") for group in (1, 2))
    counted = seen.aggregate(
        n=seen.count(),
        # 31/31/2025 is a mistake in either order, and speaks for none.
        day_first=seen[POSITION].min(where=(first > 12) & (second <= 12)),
        month_first=seen[POSITION].min(where=(second > 12) & (first <= 12)),
    )
    found: dict[str, int | None] = counted.to_pyarrow().to_pylist()[0]
    return found


def _undecided(source: Source, found: dict[str, int | None]) -> Fault:
    day, month = found["day_first"], found["month_first"]
    if day is not None and month is not None:
        what = f"dates in two orders: day first in {source.row_name(day)}, month first in {source.row_name(month)}"
        remedy = "set read.dates to the order that is meant (the other rows are then set aside), or ask for ISO dates"
    else:
        what = "day and month cannot be told apart: every date fits both orders"
        remedy = "ask the client, and set read.dates to dmy or mdy"
    return Fault(where=f"{source.name}, dates", found=what, allowed="read.dates: dmy, mdy or ymd", remedy=remedy)
