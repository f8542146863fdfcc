"""Files as they came, read into text, with the row numbers that a spreadsheet shows.

A text file is read by Python's own csv module: it is the one reader that says which record is broken, keeps count of
blank lines, and never guesses. Every value stays text here; `casting` turns it into numbers, days and codes.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from charset_normalizer import from_bytes

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions

ROW, RAGGED = "_row", "_ragged"
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_SAMPLE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one table's files hold: `data` has the file's own columns beside `_row` and `_ragged`."""

    name: str
    data: pa.Table
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        return [name for name in self.data.column_names if name not in (ROW, RAGGED)]


def source_files(folder: Path, source: str) -> list[Path]:
    """The files that `source` names (a path or a glob inside the client's folder), in order.

    Raises DataError where there is none, or where one lies outside the folder.
    """
    relative = Path(source)
    inside = not relative.is_absolute() and ".." not in relative.parts
    files = sorted(path for path in folder.glob(source) if path.is_file()) if inside else []
    if not inside or any(not path.resolve().is_relative_to(folder.resolve()) for path in files):
        found = f"{source!r} leads out of the client's folder"
        raise DataError(Fault(where="client.yml, source", found=found, allowed=f"a file or a pattern inside {folder}"))
    if not files:
        there = sorted(path.name for path in folder.iterdir() if path.is_file())
        found = f"no file is called {source!r}"
        raise DataError(Fault(where=str(folder), found=found, allowed=f"what lies there: {', '.join(there)}"))
    return files


def read_source(folder: Path, source: str, options: ReadOptions) -> Source:
    """Read all files that `source` names as one table of text."""
    parts = [_read_file(path, options) for path in source_files(folder, source)]
    names = parts[0].columns
    for part in parts[1:]:
        if part.columns != names:
            found = f"its columns are {', '.join(part.columns)}"
            raise DataError(Fault(where=part.name, found=found, allowed=f"those of {parts[0].name}: {', '.join(names)}"))
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Source(name=source, data=pa.concat_tables(part.data for part in parts), notes=notes)


def _read_file(path: Path, options: ReadOptions) -> Source:
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    if path.suffix.lower() in _TEXT_SUFFIXES:
        return _read_text(path, options)
    found = f"a {path.suffix or 'nameless'} file"
    raise DataError(Fault(where=path.name, found=found, allowed=f"{', '.join(_TEXT_SUFFIXES)}, .parquet"))


def _read_parquet(path: Path) -> Source:
    try:
        data = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        fault = Fault(where=path.name, found=f"not readable as Parquet: {error}", remedy="ask for the file again")
        raise DataError(fault) from error
    if data.num_rows == 0:
        raise _empty(path)
    rows = pa.array(range(2, data.num_rows + 2), pa.int64())
    return Source(name=path.name, data=data.append_column(ROW, rows).append_column(RAGGED, pa.nulls(len(rows), pa.string())))


def _read_text(path: Path, options: ReadOptions) -> Source:
    text, notes = _decode(path, options.encoding)
    if not text.strip():
        raise _empty(path)
    delimiter = options.delimiter or _delimiter(text)
    records = _records(path, text, delimiter)
    _, first = next(records, (1, []))
    header = _header(path, first)
    rows, ragged, values = [], [], []
    for row, record in records:
        odd = len(record) != len(header)
        rows.append(row)
        ragged.append(delimiter.join(record) if odd else None)
        values.append((record + [""] * len(header))[: len(header)] if odd else record)
    if not rows:
        raise _empty(path)
    columns = {name: pa.array(column, pa.string()) for name, column in zip(header, zip(*values, strict=True), strict=True)}
    data = pa.table({**columns, ROW: pa.array(rows, pa.int64()), RAGGED: pa.array(ragged, pa.string())})
    return Source(name=path.name, data=data, notes=notes)


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the number of the row in which a spreadsheet shows them; blank lines count, but are no records."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    try:
        for row, record in enumerate(reader, start=1):
            if record:
                yield row, record
    except csv.Error as error:
        found = f"row {row + 1} cannot be read: {error}"
        remedy = "the file is cut or a quote is never closed: ask for it again, or mend that row"
        raise DataError(Fault(where=path.name, found=found, remedy=remedy)) from error


def _decode(path: Path, declared: str | None) -> tuple[str, tuple[str, ...]]:
    """The file's text, and what had to be guessed."""
    raw = path.read_bytes()
    if declared:
        return _decode_as(path, raw, declared), ()
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return _decode_as(path, raw, encoding), ()
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        guess = from_bytes(raw[:_SAMPLE]).best()
        encoding = guess.encoding if guess else "cp1252"
        return _decode_as(path, raw, encoding), (f"The encoding was not declared and is read as {encoding}, a guess.",)


def _decode_as(path: Path, raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        fault = Fault(where=path.name, found=f"the encoding {encoding!r} is not known", allowed="utf-8, cp1252, utf-16 …")
        raise DataError(fault) from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"row {line} is not {encoding}: byte 0x{raw[error.start]:02x}"
        raise DataError(Fault(where=path.name, found=found, remedy="set read.encoding, for example cp1252")) from error
    if "\ufeff" not in text and encoding.lower().replace("-", "") not in ("utf8", "utf8sig", "utf16") and not raw.isascii():
        _refuse_disguised_utf8(path, raw, encoding)
    return text


def _refuse_disguised_utf8(path: Path, raw: bytes, encoding: str) -> None:
    """A file in UTF-8 reads as cp1252 without complaint, and every accent becomes two wrong letters."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return
    line = raw.count(b"\n", 0, next(i for i, byte in enumerate(raw) if byte > 127)) + 1
    found = f"read.encoding says {encoding}, but the file is UTF-8 (first accent in row {line})"
    raise DataError(Fault(where=path.name, found=found, remedy="set read.encoding: utf-8"))


def _delimiter(text: str) -> str:
    """The commonest separator of the header line; the comma where none stands in it."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t|", key=lambda mark: (first.count(mark), mark == ","))


def _header(path: Path, first: list[str]) -> list[str]:
    """Column names without padding; names that are blank or twice there are refused where they would be ambiguous."""
    names = [name.strip() or f"column {position}" for position, name in enumerate(first, start=1)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        found = f"row 1 has these column names more than once: {', '.join(twice)}"
        raise DataError(Fault(where=path.name, found=found, remedy="give each column its own name"))
    return names


def _empty(path: Path) -> DataError:
    return DataError(Fault(where=path.name, found="the file has no rows", remedy="ask for the file again"))
