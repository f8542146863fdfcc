"""What one table's files hold, as they came, with the row numbers that a spreadsheet shows.

Every value of a text file stays text here; `casting` turns it into numbers, days and codes. A `Source` lies in memory;
a `StreamedSource` never does as a whole, and is read again for each question.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.remarks import Remark

POSITION, FILE, ROW, RAGGED, REASON = "_position", "_file", "_row", "_ragged", "_reason"
_MOST_TOLD = 100
_OURS = (POSITION, FILE, ROW, RAGGED, REASON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one table's files hold.

    `own` are the files' columns as they came; `places` says for each row the file, the row that a spreadsheet shows
    (`_row`), and where the number of fields is wrong the record as it stood (`_ragged`).
    """

    name: str
    own: pa.Table
    places: pa.Table
    notes: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def columns(self) -> list[str]:
        return list(self.own.column_names)

    @property
    def n_rows(self) -> int:
        return int(self.own.num_rows)

    def engine_name(self, column: str) -> str:
        """What a column is called in the engine, where `Churn` and `churn` would be the same name."""
        return f"file:{self.columns.index(column)}"

    def for_engine(self, timezone: str) -> pa.Table:
        """All that an engine needs, in types that it knows; moments with a time zone become the client's own time."""
        own = {f"file:{i}": plain(column, timezone) for i, column in enumerate(self.own.columns)}
        position = pa.array(np.arange(self.n_rows), pa.int64())
        return pa.table({POSITION: position, **{name: self.places[name] for name in (FILE, ROW, RAGGED)}, **own})

    def is_tidy(self, column: str) -> bool:
        """Whether no text of a column has a space, a line break or the like anywhere, so that none is to be trimmed.

        One look at the bytes of all texts together costs a thirtieth of a look at each.
        """
        texts = self.own[column]
        known = types.is_string(texts.type) or types.is_large_string(texts.type)
        return known and not any(has_spaces(chunk) for chunk in texts.chunks)

    @property
    def has_ragged(self) -> bool:
        """Whether some row has a field too many or too few."""
        return bool(self.places[RAGGED].null_count < self.n_rows)

    def rows_at(self, positions: pa.Array | pa.ChunkedArray) -> Iterator[pa.Table]:
        """The rows at some positions, in that order: `_file`, `_row`, `_ragged`, and the columns as they came."""
        places, own = self.places.take(positions), self.own.take(positions)
        yield pa.table({**_columns_of(places), **_columns_of(own)})

    def row_number(self, position: int) -> int:
        """The row that a spreadsheet shows."""
        return int(self.places[ROW][position].as_py())

    def row_name(self, position: int) -> str:
        """A row as a person finds it: its number, and its file where there are several."""
        return row_text(self.row_number(position), self.file_name(position))

    def file_name(self, position: int) -> str:
        """The file of a row where there are several, else nothing."""
        return str(self.places[FILE][position].as_py()) if pc.count_distinct(self.places[FILE]).as_py() > 1 else ""

    @property
    def files(self) -> list[str]:
        """The files that it was read from, in the order of their rows."""
        return [str(name) for name in pc.unique(self.places[FILE]).to_pylist()]

    @property
    def begins(self) -> list[int]:
        """The position of the first row of each file."""
        return [int(self.places[FILE].index(name).as_py()) for name in self.files]


def _columns_of(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {name: table[name] for name in table.column_names}


def row_text(row: int, file: str) -> str:
    """A row as a message names it."""
    return f"row {row} of {file}" if file else f"row {row}"


def header_names(name: str, row: int, first: list[str]) -> list[str]:
    """Column names without padding; names that are twice there, or are our own, are refused as ambiguous."""
    names = [column.strip() or f"column {position}" for position, column in enumerate(first, start=1)]
    twice = [column for column, times in Counter(names).items() if times > 1]
    found = [f"has these column names more than once: {', '.join(twice)}"] if twice else []
    ours = [column for column in names if column in _OURS]
    found += [f"has the column names {', '.join(ours)}, which the quarantine uses"] if ours else []
    if found:
        remedy = "give each column its own name"
        raise DataError([Fault(where=name, found=f"row {row} {what}", remedy=remedy) for what in found])
    return names


def places_of(name: str, rows: Sequence[int] | NDArray[np.int64], ragged: Any) -> pa.Table:
    """The `places` of a source: the file, its rows, and for each the record where it has too many or too few fields."""
    file = pa.repeat(pa.scalar(name, pa.string()), len(rows))
    return pa.table({FILE: file, ROW: pa.array(rows, pa.int64()), RAGGED: pa.array(ragged, pa.string())})


def plain(column: pa.ChunkedArray, timezone: str) -> pa.ChunkedArray:
    """A column in a type that every engine knows; moments with a time zone become those of `timezone`."""
    kind = column.type
    if types.is_timestamp(kind) and kind.tz:
        local = pc.local_timestamp(column.cast(pa.timestamp("us", timezone), safe=False))
        return local.cast(pa.timestamp("us"))
    if types.is_timestamp(kind):
        return column.cast(pa.timestamp("us"), safe=False)
    if types.is_dictionary(kind):
        return plain(column.cast(kind.value_type), timezone)
    if types.is_float16(kind):
        return column.cast(pa.float32())
    known = (types.is_integer, types.is_floating, types.is_boolean, types.is_date, types.is_decimal)
    if any(is_known(kind) for is_known in known):
        return column
    if types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_time(kind):
        return column.cast(pa.string())
    # Lists, structures, bytes: nobody maps them, but a row that is there twice is told by them too.
    texts = [None if value is None else str(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def has_spaces(texts: pa.Array) -> bool:
    """Whether texts may have a space somewhere: a byte below the letters, or a byte with which the hard ones begin."""
    data = texts.buffers()[2]
    if data is None or not data.size:
        return False
    seen = np.frombuffer(data, np.uint8)
    return bool(seen.min() <= ord(" ") or (seen == 0xC2).any() or (seen == 0xE2).any())


def few(columns: Sequence[str]) -> str:
    """The names of columns, of which a wide file has too many to be told."""
    more = f" and {len(columns) - _MOST_TOLD} more" if len(columns) > _MOST_TOLD else ""
    return ", ".join(columns[:_MOST_TOLD]) + more


def no_rows(name: str) -> DataError:
    """What is raised for a file in which nothing stands below the header."""
    return DataError(Fault(where=name, found="the file has no rows", remedy="ask for the file again"))
