"""From two days to the units of time between them, as a calendar counts them."""

import ibis
import ibis.expr.types as ir


def begun(start: ir.DateValue, end: ir.DateValue, unit: str) -> ir.IntegerValue:
    """Units from `start` to `end`, with the one that `end` lies in: who left in the 13th month left at 13."""
    return completed(start, end - ibis.interval(days=1), unit) + 1


def completed(start: ir.DateValue, end: ir.DateValue, unit: str) -> ir.IntegerValue:
    """Whole units from `start` to `end`: who is still here in the 13th month is known to have stayed for 12."""
    if unit in ("days", "weeks"):
        days = end.delta(start, unit="day")
        return days if unit == "days" else (days / 7).floor().cast("int64")
    months = (end.year() - start.year()) * 12 + end.month() - start.month()
    # 31 January to 28 February is a full month: the anniversary of a day that a month lacks is its last day.
    last = (end.truncate("M") + ibis.interval(months=1) - ibis.interval(days=1)).day()
    months = months - (end.day() < ibis.least(start.day(), last)).cast("int64")
    return months if unit == "months" else (months / 12).floor().cast("int64")
