"""Cohorts, reduced in the engine: of the customers who began together, how many were there again, and when.

A period is counted from a customer's own first day, so that all have had the same time to return. It counts for a
customer only when it lies before the end of the data as a whole.
"""

from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

Unit = Literal["weeks", "months"]
Definition = Literal["n_day", "bracket", "unbounded"]
_TRUNCATED: dict[str, Literal["W", "M"]] = {"weeks": "W", "months": "M"}


def cohort_grid(
    starts: ir.Table, activity: ir.Table, *, unit: Unit, last: date, definition: Definition = "bracket"
) -> pd.DataFrame:
    """Who returned, by cohort and period: cohort, period, cohort_size, retained and retention_rate, in that order.

    `starts` has one row for each customer, `activity` any number; both have customer_id and day. A cohort is named by
    the Monday or the first of the month in which its customers began, and period 0 begins with a customer's own first
    day. Retained is who was active in the period (`bracket`), just on its first day (`n_day`), or in it or later
    (`unbounded`). `cohort_size` counts those for whom the period was over by `last` (of `n_day`: had begun), and is
    what the rate divides by. Activity after `last` does not exist.
    """
    members = _members(starts, unit, last, definition)
    sizes = _cumulated(_counted(members, "n_observed"), "n_observed")
    found = _returned(members, activity, unit, last, definition)
    retained = _cumulated(found, "n_reached") if definition == "unbounded" else found.set_index(["cohort", "period"]).n
    grid = sizes.rename("cohort_size").to_frame()
    grid["retained"] = retained.reindex(grid.index).fillna(0)
    grid = grid.astype("int64").reset_index()
    return grid.assign(retention_rate=grid.retained / grid.cohort_size)


def _members(starts: ir.Table, unit: Unit, last: date, definition: Definition) -> ir.Table:
    """Each customer's cohort, first day, and of how many periods we know all that counts."""
    began = starts.select("customer_id", began=starts.day.cast("date"))
    began = began.filter(began.began <= ibis.literal(last))
    known = _whole(began.began, ibis.literal(last), unit) + 1
    if definition != "n_day":
        # A period ends on the day before the next one begins.
        known = _whole(began.began, ibis.literal(last + timedelta(days=1)), unit)
    cohort = began.began.truncate(_TRUNCATED[unit]).cast("date")
    return began.select("customer_id", "began", cohort=cohort, n_observed=known.cast("int64"))


def _returned(members: ir.Table, activity: ir.Table, unit: Unit, last: date, definition: Definition) -> pd.DataFrame:
    """How many customers were active in each period; of `unbounded`, how many were there in so many periods or more."""
    days = activity.select("customer_id", day=activity.day.cast("date"))
    days = days.filter(days.day <= ibis.literal(last))
    if definition == "unbounded":
        days = days.group_by("customer_id").aggregate(day=days.day.max())
    rows = members.join(days, "customer_id")
    rows = rows.filter(rows.day >= rows.began)
    if definition == "n_day":
        rows = rows.filter(_is_first_day(rows.began, rows.day, unit))
    rows = rows.select("customer_id", "cohort", "n_observed", period=_whole(rows.began, rows.day, unit).cast("int64"))
    if definition == "unbounded":
        return _counted(rows.mutate(n_reached=ibis.least(rows.period + 1, rows.n_observed)), "n_reached")
    once = rows.filter(rows.period < rows.n_observed).select("customer_id", "cohort", "period").distinct()
    return _counted(once, "period")


def _whole(begin: ir.DateValue, end: ir.DateValue, unit: Unit) -> ir.IntegerValue:
    """Whole weeks or months from one day to a later one; a month is over on its anniversary."""
    if unit == "weeks":
        return (end.delta(begin, unit="day") / 7).floor()
    months = (end.year() - begin.year()) * 12 + end.month() - begin.month()
    return months - (end.day() < _anniversary(begin, end)).cast("int32")


def _is_first_day(begin: ir.DateValue, day: ir.DateValue, unit: Unit) -> ir.BooleanValue:
    if unit == "weeks":
        return day.delta(begin, unit="day") % 7 == 0
    return day.day() == _anniversary(begin, day)


def _anniversary(begin: ir.DateValue, day: ir.DateValue) -> ir.IntegerValue:
    """The day of that month on which a period begins: of one that the month lacks, its last."""
    last = (day.truncate("M").cast("date") + ibis.interval(months=1) - ibis.interval(days=1)).cast("date").day()
    return ibis.least(begin.day(), last)


def _counted(rows: ir.Table, by: str) -> pd.DataFrame:
    counted = rows.group_by("cohort", by).aggregate(n=rows.count()).order_by("cohort", by)
    frame: pd.DataFrame = counted.to_pyarrow().to_pandas()
    return frame.astype({by: "int64", "n": "int64"})


def _cumulated(counts: pd.DataFrame, by: str) -> "pd.Series[int]":
    """From how many have just so many periods to how many have each period, by cohort and period."""
    counts = counts[counts[by] > 0]
    each = counts.loc[counts.index.repeat(counts[by])]
    each = each.assign(period=each.groupby(level=0).cumcount())
    summed: pd.Series[int] = each.groupby(["cohort", "period"]).n.sum()
    return summed
