"""What the first client of a process pays for and later ones do not, paid ahead: no engine, no thread, no file."""

import importlib

import ibis
import pyarrow as pa

from retention_lab.tables.casting import as_kind, as_text
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.contract import Kind
from retention_lab.tables.durations import elapsed

# Imported by the engine, ibis and pandas when they first hand data over.
_LATE = ("ibis.backends.duckdb.converter", "pandas.io.formats.csvs", "pyarrow.dataset", "pyarrow.pandas_compat")
_KINDS: tuple[Kind, ...] = ("id", "number", "day", "moment")


def warm_up() -> None:
    """Put questions of every kind into the engine's words; no engine hears them."""
    for name in _LATE:
        importlib.import_module(name)
    raw = ibis.memtable(pa.table({"position": pa.array([0], pa.int64()), "text": ["x"]}))
    read = ReadOptions(dates="dmy")
    text = as_text(raw.text, read)
    rows = raw.select("position", text=text, **{kind: as_kind(kind, raw.text, text, read) for kind in _KINDS})
    rows = rows.mutate(months=elapsed(rows.day, rows.moment.date(), "months"), days=elapsed(rows.day, rows.day, "days"))
    first = ibis.row_number().over(ibis.window(group_by=rows.text, order_by=rows.position))
    marked = rows.mutate(copy=first > 0, left=ibis.cases((rows.number > 0, "some"), else_=None).fill_null("none"))
    kept = marked.filter(~marked["copy"] & marked.text.notin(marked.filter(marked.number == 1).text))
    counted = kept.group_by("left", time=kept.days).aggregate(
        n=kept.count(), low=kept.position.min(where=kept.days > 0)
    )
    both = ibis.union(counted, counted).join(counted, "left").order_by("left", "time").drop("low")
    ibis.to_sql(both, dialect="duckdb")
