"""Parquet files as sources: typed columns, and the row numbers that they would have in a spreadsheet."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.bounds import LONGEST_VALUE, refuse_ratio
from retention_lab.tables.sources.source import header_names, no_rows
from retention_lab.tables.sources.streamed import Part, StreamedSource

_BATCH_ROWS, _BATCH_BYTES = 2**17, 2**25
_READ_AHEAD = 2**20


def read_parquet(path: Path, name: str, _options: ReadOptions) -> StreamedSource:
    """A Parquet file, of which nothing but the outline is read yet."""
    try:
        with _opened(path) as file:
            schema, outline = file.schema_arrow, file.metadata
            sizes = [outline.row_group(i).total_byte_size for i in range(outline.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error
    names = header_names(name, 1, schema.names)
    if not outline.num_rows:
        raise no_rows(name)
    written = dict(zip(names, schema.names, strict=True))
    n_rows, n_bytes = int(outline.num_rows), sum(sizes)
    refuse_ratio(name, n_bytes, path.stat().st_size)
    at_once = max(1, min(_BATCH_ROWS, _BATCH_BYTES * n_rows // max(1, n_bytes)))
    read = partial(_read, path, name, written, at_once)
    schema = pa.schema([kind.with_name(column) for column, kind in zip(names, schema, strict=True)])
    return StreamedSource(name=name, parts=(Part(name=name, schema=schema, n_rows=n_rows, n_bytes=n_bytes, read=read),))


def _opened(path: Path) -> pq.ParquetFile:
    # The one file, not a folder of them: `key=value` in a path is not a column.
    return pq.ParquetFile(path, buffer_size=_READ_AHEAD, pre_buffer=False)


def _read(
    path: Path, name: str, written: dict[str, str], at_once: int, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Some columns under the names without padding; `written` has those that stand in the file."""
    asked = [written[column] for column in columns]
    try:
        with _opened(path) as file:
            for batch in file.iter_batches(batch_size=at_once, columns=asked, use_threads=False):
                if batch.nbytes > LONGEST_VALUE:
                    _refuse_long(name, batch)
                # Asked for `a`, Arrow hands over a column `a.b` too.
                yield pa.record_batch([batch.column(one) for one in asked], names=list(columns))
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error


def _refuse_long(name: str, batch: pa.RecordBatch) -> None:
    """A value that no text file could have either would be copied from one memory into the next."""
    for column, values in zip(batch.schema.names, batch.columns, strict=True):
        if types.is_string(values.type) or types.is_large_string(values.type):
            longest = pc.max(pc.binary_length(values)).as_py() or 0
            if longest > LONGEST_VALUE:
                found, allowed = f"a value of {longest / 2**20:.0f} MB", f"values up to {LONGEST_VALUE // 2**20} MB"
                remedy = "ask for the file without that column, or with its texts cut"
                raise DataError(Fault(where=f"{name}, column {column!r}", found=found, allowed=allowed, remedy=remedy))


def _unreadable(name: str, error: Exception) -> DataError:
    told = " ".join(str(error).split())[:200]
    return DataError(Fault(where=name, found=f"not readable as Parquet: {told}", remedy="ask for the file again"))
