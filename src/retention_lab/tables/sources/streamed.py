"""What is too large for memory: Parquet files and tables of databases, read as a stream whenever something is asked.

A stream gives the same rows in the same order each time, so that a row is known by its position.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.source import (
    POSITION,
    RAGGED,
    ROW,
    Source,
    has_spaces,
    places_of,
    plain,
    row_text,
)

# Row 1 would be the header, had the rows been in a spreadsheet.
_FIRST_ROW = 2
_PADDING = " \t\n\r\v\f"
_HARD_SPACES = "[\u00a0\u202f]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file, or a table of a database, that is read as a stream.

    `read` takes the columns that are wanted (some of `schema`, never none) and gives them in batches, `n_rows` rows in
    all: each time that it is called, the same rows in the same order. It raises DataError where it cannot go on.
    `n_bytes` is about what all columns take in memory. `places` are as in `Source`, where rows are not simply counted.
    """

    name: str
    schema: pa.Schema
    n_rows: int
    read: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
    n_bytes: int = 0
    places: pa.Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedSource:
    """What one table's files hold, read as a stream; all `parts` have the columns of the first, in whatever order.

    `broken` takes what broke a stream: on its way through the engine an error loses its kind.
    """

    name: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    broken: list[DataError] = field(default_factory=list, compare=False, repr=False)

    @property
    def columns(self) -> list[str]:
        return list(self.parts[0].schema.names)

    @property
    def n_rows(self) -> int:
        return sum(part.n_rows for part in self.parts)

    @property
    def n_bytes(self) -> int:
        return sum(part.n_bytes for part in self.parts)

    @property
    def has_ragged(self) -> bool:
        """Whether some row has a field too many or too few."""
        return any(part.places is not None and part.places[RAGGED].null_count < part.n_rows for part in self.parts)

    @property
    def files(self) -> list[str]:
        """What it is read from, in the order of the rows."""
        return [part.name for part in self.parts]

    @property
    def begins(self) -> list[int]:
        """The position of the first row of each part."""
        return list(accumulate((part.n_rows for part in self.parts), initial=0))[:-1]

    def engine_name(self, column: str) -> str:
        """What a column is called in the engine, where `Churn` and `churn` would be the same name."""
        return f"file:{self.columns.index(column)}"

    def is_tidy(self, column: str) -> bool:
        """Whether nothing is left to trim: what comes as text is trimmed on its way, batch by batch."""
        kind = self.type_of(column)
        return bool(types.is_string(kind) or types.is_large_string(kind))

    def type_of(self, column: str) -> pa.DataType:
        """The type of a column, which in some parts may have nothing but blanks."""
        kinds = [part.schema.field(column).type for part in self.parts]
        return next((kind for kind in kinds if not types.is_null(kind)), kinds[0])

    def stream(self, columns: Sequence[str], timezone: str, *, is_trimmed: bool = True) -> "Stream":
        """POSITION, RAGGED and some of the columns, as an engine knows them and as often as it reads them."""
        return Stream(source=self, columns=tuple(columns), timezone=timezone, is_trimmed=is_trimmed)

    def batches(self, columns: Sequence[str]) -> Iterator[tuple[Part, int, pa.RecordBatch]]:
        """All rows as they came: in batches, each with its part and its place in that part."""
        wanted = list(columns) or self.columns[:1]
        for part in self.parts:
            at = 0
            for batch in part.read(wanted):
                yield part, at, batch.select(wanted)
                at += batch.num_rows
            if at != part.n_rows:
                found = f"{at} rows came, and there were {part.n_rows} when it was opened"
                remedy = "let nothing write to it meanwhile, then try again"
                raise DataError(Fault(where=part.name, found=found, remedy=remedy))

    def rows_at(self, positions: pa.Array | pa.ChunkedArray) -> Iterator[pa.Table]:
        """The rows at some positions, in ascending order: `_file`, `_row`, `_ragged`, and the columns as they came."""
        wanted = np.asarray(positions, np.int64)
        schema = pa.schema([pa.field(column, self.type_of(column)) for column in self.columns])
        begins, done = dict(zip(self.files, self.begins, strict=True)), 0
        for part, at, batch in self.batches(self.columns) if wanted.size else ():
            begin = begins[part.name] + at
            end = int(np.searchsorted(wanted, begin + batch.num_rows))
            if end > done:
                taken = pa.array(wanted[done:end] - begin)
                own = pa.Table.from_batches([batch.take(taken)]).cast(schema)
                places = _places(part, pc.add(taken, at))
                yield pa.table({**dict(_columns(places)), **dict(_columns(own))})
            done = end
            if done == wanted.size:
                return

    def row_number(self, position: int) -> int:
        """The row that a spreadsheet shows."""
        part, at = self._place(position)
        return int(part.places[ROW][at].as_py()) if part.places is not None else _FIRST_ROW + at

    def row_name(self, position: int) -> str:
        """A row as a person finds it: its number, and its file where there are several."""
        return row_text(self.row_number(position), self.file_name(position))

    def file_name(self, position: int) -> str:
        """The file of a row where there are several, else nothing."""
        return self._place(position)[0].name if len(self.parts) > 1 else ""

    def in_memory(self) -> Source:
        """The same, read as a whole."""
        schema = pa.schema([pa.field(column, self.type_of(column)) for column in self.columns])
        read = [pa.Table.from_batches([batch]).cast(schema) for _, _, batch in self.batches(self.columns)]
        places = pa.concat_tables(_places(part, pa.array(np.arange(part.n_rows))) for part in self.parts)
        own = pa.concat_tables([schema.empty_table(), *read])
        return Source(name=self.name, own=own, places=places, notes=self.notes, remarks=self.remarks)

    def _place(self, position: int) -> tuple[Part, int]:
        index = int(np.searchsorted(self.begins, position, side="right")) - 1
        return self.parts[index], position - self.begins[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Columns of a source, handed to an engine as often as it asks, through Arrow's C stream interface."""

    source: StreamedSource
    columns: tuple[str, ...]
    timezone: str
    is_trimmed: bool

    @property
    def schema(self) -> pa.Schema:
        kinds = {column: pa.chunked_array([], self.source.type_of(column)) for column in self.columns}
        own = [pa.field(self.source.engine_name(c), plain(kind, self.timezone).type) for c, kind in kinds.items()]
        return pa.schema([pa.field(POSITION, pa.int64()), pa.field(RAGGED, pa.string()), *own])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """What the engine calls for each of its questions."""
        return pa.RecordBatchReader.from_batches(self.schema, self._guarded()).__arrow_c_stream__(requested_schema)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, in order, in `schema`."""
        schema, begins = self.schema, dict(zip(self.source.files, self.source.begins, strict=True))
        for part, at, batch in self.source.batches(self.columns):
            n, begin = batch.num_rows, begins[part.name] + at
            ragged = pa.nulls(n, pa.string()) if part.places is None else _joined(part.places[RAGGED].slice(at, n))
            own = [self._own(batch, name, schema.field(2 + i).type) for i, name in enumerate(self.columns)]
            yield pa.record_batch([pa.array(np.arange(begin, begin + n)), ragged, *own], schema=schema)

    def _own(self, batch: pa.RecordBatch, column: str, kind: pa.DataType) -> pa.Array:
        values = _joined(plain(pa.chunked_array([batch.column(column)]), self.timezone).cast(kind))
        return _trimmed(values) if self.is_trimmed and types.is_string(kind) else values

    def _guarded(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self.batches()
        except DataError as error:
            self.source.broken.append(error)
            raise


AnySource = Source | StreamedSource


def as_part(source: Source) -> Part:
    """A source in memory as a part beside others that are not."""

    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from source.own.select(list(columns)).to_batches()

    size = int(source.own.nbytes)
    return Part(
        name=source.name, schema=source.own.schema, n_rows=source.n_rows, read=read, n_bytes=size, places=source.places
    )


def _places(part: Part, at: pa.Array) -> pa.Table:
    if part.places is not None:
        return part.places.take(at)
    return places_of(part.name, np.asarray(at) + _FIRST_ROW, pa.nulls(len(at), pa.string()))


def _columns(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    return zip(table.column_names, table.columns, strict=True)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _trimmed(texts: pa.Array) -> pa.Array:
    """Texts without spaces around them, hard ones counting as spaces; most batches have nothing to trim."""
    if not has_spaces(texts):
        return texts
    return pc.utf8_trim(pc.replace_substring_regex(texts, _HARD_SPACES, " "), _PADDING)
