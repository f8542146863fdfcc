"""Purchases, reduced in the engine: the days on which customers bought, the silences between, what they pay a month."""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from retention_lab.tables.client import Client
from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.engine import part_by, parts_of, stored_in_parts

_DAYS_OF_VALUE = 365


def find_purchases(client: Client, last: date) -> ir.Table:
    """The days on which customers bought, through `last`: customer_id, day and the next day (null: none yet).

    Purchases of one day are one; returns and amounts of nought are none.
    """
    rows = client.table("transactions")
    day = rows.occurred_at.date()
    bought = rows.filter((rows.amount > 0) & (day <= last)).select("customer_id", day=day)
    n_parts = parts_of(client.loaded("transactions").n_kept)
    parts = (_with_next(part_by(bought, "customer_id", part, n_parts)) for part in range(n_parts))
    return stored_in_parts(rows.get_backend(), "purchases", parts)


def _with_next(bought: ir.Table) -> ir.Table:
    days = bought.distinct()
    after = ibis.window(group_by=days.customer_id, order_by=days.day)
    return days.mutate(next_day=days.day.lead().over(after))


def gap_counts(purchases: ir.Table, last: date) -> pd.DataFrame:
    """The life table of silences: time (days), n_events (ended by a purchase), n_censored (open), ordered by time."""
    rows = with_gaps(purchases, last)
    counts = rows.group_by(time=rows.gap).aggregate(n_events=(~rows.open).sum(), n_censored=rows.open.sum())
    frame: pd.DataFrame = counts.order_by("time").to_pandas()
    return frame.astype(float)


def with_gaps(purchases: ir.Table, last: date) -> ir.Table:
    """Adds to each purchase day how long the silence after it was (`gap`, days) and whether it is still `open`."""
    until = purchases.next_day.fill_null(ibis.literal(last))
    return purchases.mutate(gap=until.delta(purchases.day, unit="day"), open=purchases.next_day.isnull())


def find_buyers(client: Client, purchases: ir.Table, first: date, last: date, inactive_days: int) -> ir.Table:
    """One row for each buyer: customer_id, first_day, left_on (null: still here), and the monthly value.

    `left_on` is the last purchase before the first silence longer than `inactive_days`. The monthly value is what was
    paid, less returns, within the 365 days through `last`, divided by the months of that time; it is counted from the
    customer's first purchase where that is later. `first` is the first purchase of all. Whether it is revenue or
    margin, money.monthly_value_is says.
    """
    rows = with_gaps(purchases, last)
    buyers = rows.group_by("customer_id").aggregate(
        first_day=rows.day.min(), left_on=rows.day.min(where=rows.gap > inactive_days)
    )
    from_day = max(first, last - timedelta(days=_DAYS_OF_VALUE - 1))
    since = ibis.greatest(buyers.first_day, ibis.literal(from_day))
    months = (ibis.literal(last).delta(since, unit="day") + 1) / UNIT_DAYS["months"]
    spent = client.table("transactions")
    day = spent.occurred_at.date()
    spent = spent.filter((day <= last) & (day >= from_day))
    spent = spent.group_by("customer_id").aggregate(spent=spent.amount.sum())
    joined = buyers.mutate(months=months).left_join(spent, "customer_id")
    return joined.select(
        "customer_id", "first_day", "left_on", monthly_value=joined.spent.fill_null(0.0) / joined.months
    )


def purchase_histories(purchases: ir.Table, through: date, until: date) -> pd.DataFrame:
    """Histories through one day and what followed by another, counted over customers, in the order of the columns.

    frequency (purchase days after the first), recency and observed (days from the first to the last, and to
    `through`), n_customers, later (their purchase days after `through`, by `until`) and later_squares (the sum of their
    squares). Customers who came after `through` are not in it.
    """
    known, after = purchases.day <= through, (purchases.day > through) & (purchases.day <= until)
    one = purchases.group_by("customer_id").aggregate(
        bought=known.cast("int64").sum(),
        first=purchases.day.min(where=known),
        last=purchases.day.max(where=known),
        later=after.cast("int64").sum(),
    )
    one = one.filter(one.bought > 0)
    histories = one.group_by(
        frequency=one.bought - 1,
        recency=one["last"].delta(one["first"], unit="day"),
        observed=ibis.literal(through).delta(one["first"], unit="day"),
    ).aggregate(n_customers=one.count(), later=one.later.sum(), later_squares=(one.later * one.later).sum())
    frame: pd.DataFrame = histories.order_by("frequency", "recency", "observed").to_pandas()
    return frame.astype(float)


def history_of_each(purchases: ir.Table, through: date) -> pd.DataFrame:
    """For each customer, in order: frequency, recency and observed as in `purchase_histories`."""
    known = purchases.filter(purchases.day <= through)
    one = known.group_by("customer_id").aggregate(n=known.count(), first=known.day.min(), last=known.day.max())
    histories = one.select(
        "customer_id",
        frequency=one.n - 1,
        recency=one["last"].delta(one["first"], unit="day"),
        observed=ibis.literal(through).delta(one["first"], unit="day"),
    )
    frame: pd.DataFrame = histories.order_by("customer_id").to_pandas()
    return frame.astype({"frequency": float, "recency": float, "observed": float})
