"""What is large is reduced in the engine: life tables leave it as a few thousand counts, whatever the customers."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

ALL = "all"


def life_tables(rows: ir.Table, by: str | None = None) -> pd.DataFrame:
    """Counts of entries, events and censorings by duration, and by group where `by` names a column.

    `rows` has duration, event_observed and entry, all in one unit. The frame has the columns group (text), time,
    n_entered, n_events and n_censored (counts), ordered by group and time. A missing group is the group "".
    """
    return _life_tables(rows, [_group(rows, by)])[0]


def life_tables_of_each(rows: ir.Table, columns: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The `life_tables` by each of several columns, in one question to the engine."""
    frames = _life_tables(rows, [_group(rows, column) for column in columns]) if columns else []
    return dict(zip(columns, frames, strict=True))


def _group(rows: ir.Table, by: str | None) -> ir.Value:
    return ibis.literal(ALL) if by is None else rows[by].cast("string").fill_null("")


def _life_tables(rows: ir.Table, groups: list[ir.Value]) -> list[pd.DataFrame]:
    """The life tables by each of some groupings: to ask for one costs as much in words as to ask for all."""
    columns = ("duration", "entry", "event_observed")
    every = ibis.union(*(rows.select(*columns, place=place, group=group) for place, group in enumerate(groups)))
    # By way of a short number: PostgreSQL makes no long one of a flag.
    left, zero = every.event_observed.cast("int32").cast("int64"), ibis.literal(0, "int64")
    leaving = every.group_by("place", "group", time=every.duration).aggregate(
        n_events=left.sum(), n_censored=(1 - left).sum(), n_entered=zero
    )
    entering = every.group_by("place", "group", time=every.entry).aggregate(
        n_events=zero, n_censored=zero, n_entered=every.count()
    )
    both = ibis.union(leaving, entering)
    summed = both.group_by("place", "group", "time").aggregate(
        n_entered=both.n_entered.sum(), n_events=both.n_events.sum(), n_censored=both.n_censored.sum()
    )
    frame: pd.DataFrame = summed.order_by("place", "group", "time").to_pyarrow().to_pandas()
    frame = frame.astype({"time": float, "n_entered": float, "n_events": float, "n_censored": float})
    of_each = [frame[frame.place == place].drop(columns="place") for place in range(len(groups))]
    return [counts.reset_index(drop=True) for counts in of_each]


def value_by_tenure(rows: ir.Table, value: str) -> pd.DataFrame:
    """For the customers still here: time (their tenure) and value (the sum of `value`), ordered by time."""
    here = rows.filter(~rows.event_observed)
    summed = here.group_by(time=here.duration).aggregate(value=here[value].fill_null(0.0).sum())
    frame: pd.DataFrame = summed.order_by("time").to_pandas()
    return frame.astype(float)
