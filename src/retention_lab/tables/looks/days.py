"""What a table's time shows: an end in the middle of a month, months without a row, days that are to come."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median
from typing import Any

from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.looks.seen import Looked
from retention_lab.tables.moments import WITH_OFFSET
from retention_lab.tables.remarks import Remark

# Of fewer rows a month, a month without any is nothing odd.
_FEWEST_A_MONTH = 5
_FEWEST_MONTHS = 3
_FAR_SHORT = 0.5
_SHOWN = 3
# Customers are won, and contacted, when somebody sets out to: that none are is no sign of an end.
_IN_WAVES = ("started_on", "sent_at")


def of_time(seen: Looked) -> Iterator[Remark]:
    """Remarks on the days of a table."""
    yield from _to_come(seen)
    yield from _mixed_offsets(seen)
    name = _main_date(seen)
    if not name or not seen.facts[name]["n"]:
        return
    months = _months(seen, name)
    if len(months) < _FEWEST_MONTHS or median(n for n, _ in months.values()) < _FEWEST_A_MONTH:
        return
    yield from _gaps(seen, name, months)
    if name not in _IN_WAVES:
        yield from _partial(seen, name, months)


def _main_date(seen: Looked) -> str:
    """The day that each row is about."""
    if seen.table == "customers":
        return "started_on" if "started_on" in seen.facts else ""
    moments = [c.name for c in CONTRACT[seen.table] if c.kind == "moment" and c.required and c.name in seen.facts]
    return moments[0] if moments else ""


def _months(seen: Looked, name: str) -> dict[date, tuple[int, date]]:
    """The first day of each month with rows, how many there are, and the last of their days."""
    day = seen.typed[name].cast("date")
    # What comes after the last day that counts does not count, here neither.
    is_past = day <= seen.observed_through if seen.observed_through else day.notnull()
    rows = seen.typed.filter(is_past).select(day=day)
    counted = rows.group_by(month=rows.day.truncate("M")).aggregate(n=rows.count(), last=rows.day.max())
    found = counted.order_by("month").to_pyarrow().to_pylist()
    return {month["month"]: (month["n"], month["last"]) for month in found}


def _gaps(seen: Looked, name: str, months: dict[date, tuple[int, date]]) -> Iterator[Remark]:
    # A few rows long before the others begin are no gap.
    busy = [month for month, (n, _) in months.items() if n >= _FEWEST_A_MONTH]
    month, without = busy[0], []
    while month < busy[-1]:
        month = (month + timedelta(days=31)).replace(day=1)
        without += [month] if month not in months else []
    if without:
        told = ", ".join(f"{month:%Y-%m}" for month in without[:_SHOWN])
        more = f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
        yield seen.remark(
            "gap_in_time",
            name,
            None,
            found=f"months without a single row between others: {told}{more}",
            remedy="ask whether the export lacks them",
        )


def _partial(seen: Looked, name: str, months: dict[date, tuple[int, date]]) -> Iterator[Remark]:
    month, (n, last) = list(months.items())[-1]
    whole = month.replace(day=monthrange(month.year, month.month)[1])
    # Where the last day is declared, a month that ends with it is as whole as it can be.
    through = seen.observed_through or whole
    usual = median(count for count, _ in list(months.values())[-7:-1])
    # As many days without a row as this are nothing odd at the end of a month.
    quiet = 3 * 30 / usual + 1
    short = f"it ends on {last} with {n} rows, where {usual:g} are usual"
    covered = min(through, whole).day / whole.day
    if through > whole:
        if (through - last).days > quiet:
            yield _cut(seen, name, last, through)
    elif (through - last).days > quiet or n < _FAR_SHORT * usual * covered:
        yield seen.remark(
            "partial_period",
            name,
            seen.typed[name].cast("date").between(month, through),
            found=f"the last month, {month:%Y-%m}, is not whole: {short}",
            remedy="set observed_through to the last day that is whole, and do not compare that month with others",
        )


def _cut(seen: Looked, name: str, last: date, through: date) -> Remark:
    return seen.remark(
        "gap_in_time",
        name,
        None,
        found=f"it ends on {last}, and the export is said to reach to {through}",
        remedy="ask whether the export lacks the rest, or correct observed_through",
    )


def _to_come(seen: Looked) -> Iterator[Remark]:
    for name, facts in seen.columns("date"):
        if facts.get("n_to_come"):
            yield seen.remark(
                "future_dates",
                name,
                seen.typed[name].cast("date") > seen.observed_through,
                found=f"days after {seen.observed_through}, the last one that the export covers",
                remedy=f"{_what_counts(seen, name)}: ask whether these are plans or mistakes, or mend observed_through",
            )


def _what_counts(seen: Looked, name: str) -> str:
    if name == "ended_on":
        return "such customers count as still here"
    return "such rows do not count" if name == _main_date(seen) else "what is to come does not count"


def _mixed_offsets(seen: Looked) -> Iterator[Remark]:
    for name, facts in seen.columns("date"):
        n: Any = facts.get("n_offsets")
        if n and n < facts["n"]:
            yield seen.remark(
                "mixed_offsets",
                name,
                ~seen.typed[f"raw:{name}"].re_search(WITH_OFFSET),
                found="times without an offset among times with one: they are taken for the client's own time",
                remedy="ask which time they are in",
            )
