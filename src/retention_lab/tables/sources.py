"""Files as they came, with the row numbers that a spreadsheet shows.

A text file is read by Python's own csv module: it is the one reader that says which record is broken, keeps count of
blank lines, and never guesses. Every value stays text here; `casting` turns it into numbers, days and codes.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.encoding import read_text, separator
from retention_lab.tables.workspace import source_files

POSITION, FILE, ROW, RAGGED, REASON = "_position", "_file", "_row", "_ragged", "_reason"
_OURS = (POSITION, FILE, ROW, RAGGED, REASON)
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


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
        own = {f"file:{i}": _plain(column, timezone) for i, column in enumerate(self.own.columns)}
        position = pa.array(np.arange(self.n_rows), pa.int64())
        return pa.table({POSITION: position, **{name: self.places[name] for name in (FILE, ROW, RAGGED)}, **own})

    def is_tidy(self, column: str) -> bool:
        """Whether no text of a column has a space, a line break or the like anywhere, so that none is to be trimmed.

        One look at the bytes of all texts together costs a thirtieth of a look at each.
        """
        texts = self.own[column]
        known = types.is_string(texts.type) or types.is_large_string(texts.type)
        return known and not any(_has_spaces(chunk) for chunk in texts.chunks)

    @property
    def has_ragged(self) -> bool:
        """Whether some row has a field too many or too few."""
        return bool(self.places[RAGGED].null_count < self.n_rows)

    def row_name(self, position: int) -> str:
        """A row as a person finds it: its number, and its file where there are several."""
        row, file = self.places[ROW][position].as_py(), self.file_name(position)
        return f"row {row} of {file}" if file else f"row {row}"

    def file_name(self, position: int) -> str:
        """The file of a row where there are several, else nothing."""
        return str(self.places[FILE][position].as_py()) if pc.count_distinct(self.places[FILE]).as_py() > 1 else ""


def read_source(folder: Path, source: str, options: ReadOptions) -> Source:
    """Read all files that `source` names as one table. Raises DataError with the faults of all files."""
    parts: list[Source] = []
    faults: list[Fault] = []
    for path in source_files(folder, source):
        try:
            parts.append(_read_file(path, path.relative_to(folder).as_posix(), options))
        except DataError as error:
            faults += error.faults
    faults += [fault for part in parts[1:] if (fault := _other_columns(parts[0], part))]
    if faults:
        raise DataError(faults)
    return Source(
        name=source,
        own=pa.concat_tables([part.own for part in parts], promote_options="default"),
        places=pa.concat_tables(part.places for part in parts),
        notes=tuple(f"{part.name}: {note}" if len(parts) > 1 else note for part in parts for note in part.notes),
    )


def _other_columns(first: Source, part: Source) -> Fault | None:
    """Files of one table must agree: whose columns differ, or are of another type, cannot be laid end to end."""
    if part.columns != first.columns:
        allowed = f"those of {first.name}: {', '.join(first.columns)}"
        return Fault(where=part.name, found=f"its columns are {', '.join(part.columns)}", allowed=allowed)
    for one, other in zip(first.own.schema, part.own.schema, strict=True):
        if one.type != other.type and not types.is_null(one.type) and not types.is_null(other.type):
            found, allowed = f"column {one.name!r} is {other.type}", f"{one.type}, as in {first.name}"
            return Fault(where=part.name, found=found, allowed=allowed, remedy="ask for files of one kind")
    return None


def _read_file(path: Path, name: str, options: ReadOptions) -> Source:
    try:
        if path.suffix.lower() == ".parquet":
            return _read_parquet(path, name)
        if path.suffix.lower() in _TEXT_SUFFIXES:
            return _read_csv(path, name, options)
    except OSError as error:
        remedy = "close it elsewhere, or mend its rights"
        fault = Fault(where=name, found=f"it cannot be opened: {error}", remedy=remedy)
        raise DataError(fault) from error
    found = f"a {path.suffix or 'nameless'} file"
    raise DataError(Fault(where=name, found=found, allowed=f"{', '.join(_TEXT_SUFFIXES)}, .parquet"))


def _read_parquet(path: Path, name: str) -> Source:
    try:
        # The one file, not a folder of them: `key=value` in a path is not a column.
        own = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        fault = Fault(where=name, found=f"not readable as Parquet: {error}", remedy="ask for the file again")
        raise DataError(fault) from error
    own = own.rename_columns(_header(name, 1, own.column_names))
    if not own.num_rows:
        raise _empty(name)
    places = _places(name, np.arange(2, own.num_rows + 2), pa.nulls(own.num_rows, pa.string()))
    return Source(name=name, own=own, places=places)


def _read_csv(path: Path, name: str, options: ReadOptions) -> Source:
    text = read_text(path, options.encoding)
    delimiter = options.delimiter or separator(text)
    records = _records(name, text, delimiter)
    header_row, first = next((found for found in enumerate(records, start=1) if _is_filled(found[1])), (1, []))
    if not first:
        raise _empty(name)
    header = _header(name, header_row, first)
    below = records[header_row:]
    rows = [row for row, record in enumerate(below, start=header_row + 1) if _is_filled(record)]
    if not rows:
        raise _empty(name)
    filled = [below[row - header_row - 1] for row in rows]
    ragged = [None if len(record) == len(header) else delimiter.join(record) for record in filled]
    places, notes = _places(name, rows, ragged), tuple(_notes(header_row, below, rows))
    return Source(name=name, own=_columns(header, filled), places=places, notes=notes)


def _columns(header: list[str], records: list[list[str]]) -> pa.Table:
    width = len(header)
    whole = (record if len(record) == width else (record + [""] * width)[:width] for record in records)
    values = list(chain.from_iterable(whole))
    return pa.table({column: pa.array(values[at::width], pa.string()) for at, column in enumerate(header)})


def _notes(header_row: int, below: list[list[str]], rows: list[int]) -> Iterator[str]:
    """What a person should know of the records below the header, of which `rows` hold values."""
    blank = sorted(set(range(header_row + 1, header_row + 1 + len(below))).difference(rows))
    if blank:
        yield f"Rows without a single value are not counted: {len(blank)}, first row {blank[0]}."
    # A quote that is never closed swallows the rows up to the next one, and looks like a text of several lines.
    long = [
        row for row, record in enumerate(below, start=header_row + 1) if "\n" in "".join(record) and _is_filled(record)
    ]
    if long:
        yield f"Values run over several lines in {len(long)} rows, first row {long[0]}: is a quote open?"


def _is_filled(record: list[str]) -> bool:
    return any(map(str.strip, record))


def _records(name: str, text: str, delimiter: str) -> list[list[str]]:
    """The records of a text file, in the order of the rows of a spreadsheet; a blank line is one without values."""
    records: list[list[str]] = []
    try:
        # Those before a broken one are kept, and say which row it is.
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        found = f"row {len(records) + 1} cannot be read: {error}"
        remedy = "the file is cut or a quote is never closed: ask for it again, or mend that row"
        raise DataError(Fault(where=name, found=found, remedy=remedy)) from error
    return records


def _header(name: str, row: int, first: list[str]) -> list[str]:
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


def _places(name: str, rows: Sequence[int] | NDArray[np.int64], ragged: Any) -> pa.Table:
    file = pa.repeat(pa.scalar(name, pa.string()), len(rows))
    return pa.table({FILE: file, ROW: pa.array(rows, pa.int64()), RAGGED: pa.array(ragged, pa.string())})


def _plain(column: pa.ChunkedArray, timezone: str) -> pa.ChunkedArray:
    """The column in a type that every engine knows."""
    kind = column.type
    if types.is_timestamp(kind) and kind.tz:
        local = pc.local_timestamp(column.cast(pa.timestamp("us", timezone), safe=False))
        return local.cast(pa.timestamp("us"))
    if types.is_timestamp(kind):
        return column.cast(pa.timestamp("us"), safe=False)
    if types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), timezone)
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


def _has_spaces(texts: pa.Array) -> bool:
    """Whether there may be a space: below the letters, or a byte with which the hard ones begin."""
    data = texts.buffers()[2]
    if data is None or not data.size:
        return False
    seen = np.frombuffer(data, np.uint8)
    return bool(seen.min() <= ord(" ") or (seen == 0xC2).any() or (seen == 0xE2).any())


def _empty(name: str) -> DataError:
    return DataError(Fault(where=name, found="the file has no rows", remedy="ask for the file again"))
