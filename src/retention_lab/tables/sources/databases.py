"""Tables of a database as sources: fetched once, in a fixed order, and from then on read as a file is.

They are checked in our own engine, so that a table of a warehouse and a file can be held against each other, and a
report sees one state of the data. To put the rows in order costs the database one sort; what was fetched lies in a
file without a name, which is gone when nobody reads it any more, however the process ends.
"""

import hashlib
import json
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends import BaseBackend
from pyarrow import csv

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import Database, ReadOptions
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.guessing.guesses import Sample
from retention_lab.tables.sources.connections import find_table, opened, table_names
from retention_lab.tables.sources.source import few, header_names
from retention_lab.tables.sources.streamed import Part, StreamedSource

_BATCH_ROWS = 2**16
# A prime: what remains of a hash divided by it can be summed over all rows there are.
_PRIME = 2_147_483_647
_BETWEEN, _NOTHING = "\x1f", "\x1e"


def list_tables(reference: str) -> list[str]:
    """The tables of the database that `env:NAME` stands for, as client.yml would name them."""
    with opened(reference) as engine:
        return table_names(engine)


def read_database(source: Database, columns: Sequence[str] | None = None) -> StreamedSource:
    """A table of a database: those of its columns that are named, or all; in the order of their values.

    Raises DataError where it cannot be read. No message tells more of the address than the variable that holds it.
    """
    name = str(source)
    with opened(source.url, name) as engine:
        rows = _wanted(find_table(engine, source), source, columns)
        header_names(name, 1, list(rows.columns))
        fetched = _Fetched(list(rows.columns), _batches(engine, rows))
    if not fetched.n_rows:
        raise DataError(Fault(where=name, found="the table has no rows", remedy="ask why, or name another table"))
    part = Part(name=name, schema=fetched.schema, n_rows=fetched.n_rows, n_bytes=fetched.n_bytes, read=fetched.read)
    note = f"Rows are counted in the order of {few(list(rows.columns))}; the first is row 2."
    return StreamedSource(name=name, parts=(part,), notes=(note,))


def sample_table(source: Database, n: int = 20_000) -> Sample:
    """About `n` rows of a table, or all where there are not more, drawn by what stands in them: the same each time."""
    with opened(source.url, str(source)) as engine:
        rows = _wanted(find_table(engine, source), source, None)
        n_rows = int(rows.count().to_pyarrow().as_py())
        step = -(-n_rows // n) if n_rows else 1
        if step > 1 and _hashes(engine):
            drawn = rows.filter(_row_hash(rows) % step == 0)
            found = list(_batches(engine, drawn))
        else:
            found = [
                batch.take(pa.array(range(-begun % step, batch.num_rows, step)))
                for begun, batch in _begun(_batches(engine, rows))
            ]
    own = pa.Table.from_batches(found) if found else pa.table({name: pa.nulls(0, pa.string()) for name in rows.columns})
    return Sample(source=source, files=(), read=ReadOptions(), rows=own.slice(0, n), n_rows=n_rows, is_exact=True)


def fingerprint(source: Database, columns: Sequence[str] | None = None) -> dict[str, object]:
    """What tells one state of a table from another: how many rows it has, and the sum of what stands in them.

    One look at each row, in the database where that can hash, else here. No value can be read off it.
    """
    with opened(source.url, str(source)) as engine:
        rows = _wanted(find_table(engine, source), source, columns)
        names = list(rows.columns)
        if _hashes(engine):
            summed = rows.aggregate(rows=rows.count(), sum=(_row_hash(rows) % _PRIME).sum())
            found = summed.to_pyarrow().to_pylist()[0]
            return {"columns": names, "rows": int(found["rows"]), "sum": int(found["sum"] or 0)}
        digest, n_rows = hashlib.sha256(), 0
        for batch in _batches(engine, rows):
            n_rows += batch.num_rows
            digest.update(json.dumps(batch.to_pylist(), default=str).encode())
        return {"columns": names, "rows": n_rows, "sum": digest.hexdigest()}


class _Fetched:
    """Rows that were fetched, in a file without a name. Columns are numbered there: a dot in a name has a meaning."""

    def __init__(self, columns: list[str], batches: Iterator[pa.RecordBatch]) -> None:
        self._file: Any = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._places = {column: str(place) for place, column in enumerate(columns)}
        self.n_rows = self.n_bytes = 0
        writer: pq.ParquetWriter | None = None
        for batch in batches:
            numbered = batch.rename_columns(list(self._places.values()))
            writer = writer or pq.ParquetWriter(self._file, numbered.schema)
            writer.write_batch(numbered)
            self.n_rows += batch.num_rows
            self.n_bytes += batch.nbytes
            self.schema = batch.schema
        if writer:
            writer.close()

    def read(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        asked = [self._places[column] for column in columns]
        file = pq.ParquetFile(pa.PythonFile(self._file, mode="r"))
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=asked, use_threads=False):
            yield pa.record_batch([batch.column(place) for place in asked], names=list(columns))


def _wanted(table: ir.Table, source: Database, columns: Sequence[str] | None) -> ir.Table:
    """The columns that are named, in types that can be fetched. Raises DataError with those that are not there."""
    known = list(table.columns)
    names = list(dict.fromkeys(columns)) if columns else known
    absent = [name for name in names if name not in known]
    if absent:
        raise DataError(
            Fault(
                where=f"{source}, column {name!r}",
                found="the table has no such column",
                allowed=few(known),
                remedy=nearest(name, known) or "correct client.yml, or ask for the column",
            )
            for name in absent
        )
    engine = table.get_backend().name
    return table.select(**{name: _fetchable(table[name], engine) for name in names})


def _fetchable(column: ir.Value, engine: str) -> ir.Value:
    """A column in a type that all engines know; the rest as text, which our own rules read.

    PostgreSQL has dates and numbers that nobody else knows, such as infinity: they must be told row by row. SQLite
    holds anything in a column of any type, and is read by what stands there.
    """
    kind = column.type()
    plain = kind.is_integer() or kind.is_floating() or kind.is_boolean() or kind.is_string()
    known = kind.is_date() or kind.is_timestamp() or (kind.is_decimal() and kind.precision and kind.scale is not None)
    return column if plain or engine == "sqlite" or (known and engine != "postgres") else column.cast("string")


def _batches(engine: Any, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    """The rows in the order of their values. Rows that are alike in all columns may stand in any order."""
    ordered = rows.order_by(list(rows.columns))
    if engine.name == "sqlite":
        return _as_written(engine, ordered)
    if engine.name == "postgres":
        return _copied(engine, ordered)
    if engine.name == "duckdb":
        # Ibis asks DuckDB for batches in a way that DuckDB 2 has no more.
        return iter(engine.con.sql(engine.compile(ordered)).to_arrow_reader(_BATCH_ROWS))
    return iter(engine.to_pyarrow_batches(ordered, chunk_size=_BATCH_ROWS))


def _copied(engine: Any, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    """Rows of PostgreSQL as it writes them out: to make a thing of Python of each value costs twice as much.

    What is nothing stands without quotes, and all else with them.
    """
    schema: pa.Schema = rows.schema().to_pyarrow()
    convert = csv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    asked = f"COPY ({engine.compile(rows)}) TO STDOUT (FORMAT csv, FORCE_QUOTE *, ENCODING 'UTF8')"
    with engine.con.cursor() as cursor, cursor.copy(asked) as copy:
        while block := b"".join(islice(copy, _BATCH_ROWS)):
            # One piece: a value may go over several lines.
            read = csv.ReadOptions(column_names=schema.names, block_size=len(block) + 1, use_threads=False)
            table = csv.read_csv(pa.py_buffer(block), read_options=read, parse_options=parse, convert_options=convert)
            yield from table.combine_chunks().to_batches()


def _as_written(engine: Any, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    """What stands in SQLite, as text."""
    cursor = engine.con.execute(engine.compile(rows))
    schema = pa.schema([pa.field(name, pa.string()) for name in rows.columns])
    while found := cursor.fetchmany(_BATCH_ROWS):
        columns = [[_text(value) for value in column] for column in zip(*found, strict=True)]
        yield pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)


def _text(value: object) -> str | None:
    return None if value is None else value.hex() if isinstance(value, bytes) else str(value)


def _begun(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Each batch with how many rows came before it."""
    n = 0
    for batch in batches:
        yield n, batch
        n += batch.num_rows


def _hashes(engine: BaseBackend) -> bool:
    """Whether the database itself can make one number of a text."""
    return engine.name != "sqlite" and bool(engine.has_operation(ops.Hash))


def _row_hash(rows: ir.Table) -> ir.IntegerValue:
    """One number for all that stands in a row."""
    # Not `cast`, which leaves out what it takes for text already: an enumeration of PostgreSQL is none.
    texts = [ops.Cast(rows[name], dt.string).to_expr().fill_null(_NOTHING) for name in rows.columns]
    whole: ir.StringValue = reduce(lambda one, other: one + _BETWEEN + other, texts)
    return whole.hash()
