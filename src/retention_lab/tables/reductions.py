"""What is large is reduced in the engine: life tables leave it as a few thousand counts, whatever the customers."""

import ibis
import ibis.expr.types as ir
import pandas as pd

ALL = "all"


def life_tables(rows: ir.Table, by: str | None = None) -> pd.DataFrame:
    """Counts of entries, events and censorings by duration, and by group where `by` names a column.

    `rows` has duration, event_observed and entry, all in one unit. The frame has the columns group (text), time,
    n_entered, n_events and n_censored (counts), ordered by group and time. A missing group is the group "".
    """
    group = ibis.literal(ALL) if by is None else rows[by].cast("string").fill_null("")
    rows = rows.mutate(group=group)
    zero = ibis.literal(0, "int64")
    leaving = rows.group_by("group", time=rows.duration).aggregate(
        n_events=rows.event_observed.cast("int64").sum(),
        n_censored=(~rows.event_observed).cast("int64").sum(),
    )
    entering = rows.group_by("group", time=rows.entry).aggregate(n_entered=rows.count())
    both = ibis.union(
        leaving.select("group", "time", "n_events", "n_censored", n_entered=zero),
        entering.select("group", "time", n_events=zero, n_censored=zero, n_entered=entering.n_entered),
    )
    summed = both.group_by("group", "time").aggregate(
        n_entered=both.n_entered.sum(), n_events=both.n_events.sum(), n_censored=both.n_censored.sum()
    )
    frame: pd.DataFrame = summed.order_by("group", "time").to_pandas()
    return frame.astype({"time": float, "n_entered": float, "n_events": float, "n_censored": float})


def value_by_tenure(rows: ir.Table, value: str) -> pd.DataFrame:
    """For the customers still here: time (their tenure) and value (the sum of `value`), ordered by time."""
    here = rows.filter(~rows.event_observed)
    summed = here.group_by(time=here.duration).aggregate(value=here[value].fill_null(0.0).sum())
    frame: pd.DataFrame = summed.order_by("time").to_pandas()
    return frame.astype(float)
