"""When customers left, counted from the day on which they were assigned."""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from retention_lab.tables.trial_filters import ENDED_ON, THEIR_ID


def with_ends_of_contracts(people: ir.Table, as_of: date) -> ir.Table:
    """Adds when a contract ended, where it has by `as_of`, and whether that was before the customer was assigned.

    `people` come with what the customers' table says; whom it does not know is not known.
    """
    left_on = ibis.ifelse(people[ENDED_ON] <= ibis.literal(as_of), people[ENDED_ON], None)
    return people.mutate(
        left_on=left_on, is_gone=(left_on < people.assigned_on).fill_null(False), is_known=people[THEIR_ID].notnull()
    )


def ends_of_silence(people: ir.Table, transactions: ir.Table, as_of: date, inactive_days: int) -> ir.Table:
    """For each customer who had bought by the day of assignment the last purchase before a silence that is too long.

    A customer was gone when assigned where the silence had by then lasted longer than the rule. Who was silent for less
    was still a customer, as far as anybody could know on that day: where that silence then went on beyond the rule, the
    customer left with the last purchase, which is nought days after the assignment. Whether somebody left is known up
    to `as_of` less the rule; for those assigned later nothing is known.
    """
    last = ibis.literal(as_of)
    days = transactions.select(
        customer_id=transactions.customer_id.cast("string"),
        day=transactions.occurred_at.cast("date"),
        amount=transactions.amount,
    )
    days = days.filter((days.amount > 0) & (days.day <= last)).select("customer_id", "day").distinct()
    after = ibis.window(group_by=days.customer_id, order_by=days.day)
    gaps = days.mutate(until=days.day.lead().over(after).fill_null(last))
    who = people.filter(people.customer_id.notnull()).select("customer_id", "assigned_on")
    rows = who.join(gaps, "customer_id")
    too_long = rows.until.delta(rows.day, unit="day") > inactive_days
    began = rows.day <= rows.assigned_on
    one = rows.group_by("customer_id", "assigned_on").aggregate(
        bought_on=rows.day.max(where=began),
        # The silence that runs on the day of assignment, or a later one.
        left_on=rows.day.min(where=too_long & (rows.until > rows.assigned_on)),
    )
    silent = one.assigned_on.delta(one.bought_on, unit="day")
    known = one.bought_on.notnull() & (one.assigned_on <= ibis.literal(as_of - timedelta(days=inactive_days)))
    gone = (silent > inactive_days).fill_null(False)
    return one.select("customer_id", "left_on", is_gone=gone, is_known=known | gone)
