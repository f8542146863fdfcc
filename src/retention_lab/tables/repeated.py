"""Rows that are equal in some columns, found in parts: a hundred million keys never stand in memory at once."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from retention_lab.tables.engine import hash_of, part_by, parts_of, stored, stored_in_parts
from retention_lab.tables.sources.source import POSITION

FIRST, LAST = "_first", "_last"
_HASH = "_hash"


def find_repeated(engine: Backend, rows: ir.Table, columns: Sequence[str], n_rows: int) -> ir.Table | None:
    """The rows that are equal in `columns` to another one, None where no row is.

    POSITION, and the positions of the `_first` and the `_last` of those that are equal. Nothing equals nothing.
    Hashes are compared first, and values only where hashes agree.
    """
    n_parts = parts_of(n_rows)
    own = {name: rows[name] for name in columns}
    hashed = rows.select(POSITION, **{_HASH: hash_of(ibis.struct(own) if len(own) > 1 else rows[columns[0]])})
    if n_parts > 1:
        hashed = stored(hashed, "hashes")
    twice = pa.concat_tables(_twice(part_by(hashed, _HASH, part, n_parts)) for part in range(n_parts))
    if not twice.num_rows:
        return None
    likely = stored(hashed.filter(hashed[_HASH].isin(ibis.memtable(twice)[_HASH])), "likely")
    n_likely = int(likely.count().to_pyarrow().as_py())
    n_parts = parts_of(n_likely)
    parts = (
        _equal(rows.inner_join(part_by(likely, _HASH, part, n_parts), POSITION), columns) for part in range(n_parts)
    )
    found = stored_in_parts(engine, "repeated", parts)
    return found if found.count().to_pyarrow().as_py() else None


def _equal(rows: ir.Table, columns: Sequence[str]) -> ir.Table:
    alike = ibis.window(group_by=[rows[_HASH], *(rows[name] for name in columns)])
    first, last = rows[POSITION].min().over(alike), rows[POSITION].max().over(alike)
    marked = rows.select(POSITION, **{FIRST: first, LAST: last})
    return marked.filter(marked[FIRST] < marked[LAST])


def _twice(hashed: ir.Table) -> pa.Table:
    counted = hashed.group_by(_HASH).aggregate(n=hashed.count())
    return counted.filter(counted.n > 1).select(_HASH).to_pyarrow()
