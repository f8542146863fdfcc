"""From two days to the time between them, as a calendar counts it: in a unit, with its fraction."""

import ibis
import ibis.expr.types as ir

UNIT_DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
"""The mean length of each unit in days: for horizons and amounts, never for the time of a customer."""
_MONTHS = {"months": 1, "years": 12}


def elapsed(start: ir.DateValue, end: ir.DateValue, unit: str) -> ir.NumericValue:
    """Units from `start` to `end`: whole ones, and of the one that runs the share of its days that have passed.

    A month is over on its anniversary. Nothing is rounded: were departures counted at the end of their unit and those
    still here at the last one completed, the last units would hold leavers only, and the curve would fall to nought.
    """
    if unit in ("days", "weeks"):
        days = end.delta(start, unit="day")
        return days if unit == "days" else days / 7
    each = _MONTHS[unit]
    months = (end.year() - start.year()) * 12 + end.month() - start.month()
    # 31 January to 28 February is a full month: the anniversary of a day that a month lacks is its last day.
    last = (end.truncate("M") + ibis.interval(months=1) - ibis.interval(days=1)).day()
    months = months - (end.day() < ibis.least(start.day(), last)).cast("int32")
    whole = (months / each).floor().cast("int64")
    since, until = ((start + (n * each).cast("int64").as_interval("M")).cast("date") for n in (whole, whole + 1))
    return whole + end.delta(since, unit="day") / until.delta(since, unit="day")
