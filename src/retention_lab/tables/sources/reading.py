"""All files that a table's `source` names, read as one."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import Database, ReadOptions
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.sources.archives import read_archive
from retention_lab.tables.sources.json_lines import read_json_lines
from retention_lab.tables.sources.parquet_files import read_parquet
from retention_lab.tables.sources.source import Source, few
from retention_lab.tables.sources.streamed import AnySource, StreamedSource, as_part
from retention_lab.tables.sources.text_files import read_csv
from retention_lab.tables.sources.workbooks import of_one_kind, read_workbook
from retention_lab.tables.workspace import source_files

_READERS: dict[str, Callable[[Path, str, ReadOptions], AnySource]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat"), read_csv),
    ".parquet": read_parquet,
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), read_workbook),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), read_json_lines),
    **dict.fromkeys((".zip", ".gz"), read_archive),
}
SUFFIXES = tuple(_READERS)
"""The files that can be read, by what their names end in."""
MOST_ROWS, MOST_BYTES = 2_000_000, 2**29
"""A table with more than either is not held in memory."""


def read_source(folder: Path, source: str | Database, options: ReadOptions, columns: Sequence[str] = ()) -> AnySource:
    """Read all files that `source` names as one table; what is large is only opened, and read as a stream.

    `columns` are those that somebody will ask for: of a table of a database, no others are read.
    Raises DataError with the faults of all files.
    """
    if isinstance(source, Database):
        # Imported here: what reaches other engines is for those who have one.
        from retention_lab.tables.sources.databases import read_database

        return held(read_database(source, columns or None))
    parts: list[AnySource] = []
    faults: list[Fault] = []
    for path in source_files(folder, source):
        try:
            parts.append(_read_file(path, path.relative_to(folder).as_posix(), options))
        except DataError as error:
            faults += error.faults
    faults += [fault for part in parts[1:] for fault in _other_columns(parts[0], part)]
    if not faults and all(map(_is_of_cells, parts)):
        parts = [*of_one_kind([part for part in parts if isinstance(part, Source)])]
    faults = faults or [fault for part in parts[1:] for fault in _other_types(parts[0], part)]
    if faults:
        raise DataError(faults)
    notes = tuple(f"{part.name}: {note}" if len(parts) > 1 else note for part in parts for note in part.notes)
    return held(joined(source, parts, notes))


def joined(name: str, parts: Sequence[AnySource], notes: tuple[str, ...]) -> StreamedSource:
    """Sources with the same columns, laid end to end."""
    remarks = tuple(remark for part in parts for remark in part.remarks)
    every = [part.parts if isinstance(part, StreamedSource) else (as_part(part),) for part in parts]
    return StreamedSource(name=name, parts=tuple(p for some in every for p in some), notes=notes, remarks=remarks)


def held(source: StreamedSource) -> AnySource:
    """A source in memory where it is small, else as it is."""
    return source if source.n_rows > MOST_ROWS or source.n_bytes > MOST_BYTES else source.in_memory()


def _other_columns(first: AnySource, part: AnySource) -> Iterator[Fault]:
    """Files of one table must agree: whose columns differ cannot be laid end to end."""
    absent = [column for column in first.columns if column not in part.columns]
    added = [column for column in part.columns if column not in first.columns]
    if absent or added:
        meant = [f"{column!r}: {near}" for column in added if (near := nearest(column, absent))]
        yield Fault(
            where=part.name,
            found=f"its columns are {few(part.columns)}",
            allowed=f"those of {first.name}, in any order: {few(first.columns)}",
            remedy="; ".join(meant[:3]) or "ask for files with the same columns",
        )


def _is_of_cells(part: AnySource) -> bool:
    """Whether the types of columns are those of the cells that happened to be filled: so it is in a workbook."""
    return isinstance(part, Source)


def _other_types(first: AnySource, part: AnySource) -> Iterator[Fault]:
    """Nor can columns of another type, where the type is the file's own and not that of its cells."""
    kinds, others = _types(first), _types(part)
    for column in first.columns:
        one, other = kinds[column], others[column]
        if one != other and not types.is_null(one) and not types.is_null(other):
            found, allowed = f"column {column!r} is {other}", f"{one}, as in {first.name}"
            yield Fault(where=part.name, found=found, allowed=allowed, remedy="ask for files of one kind")
            return


def _types(source: AnySource) -> dict[str, pa.DataType]:
    if isinstance(source, StreamedSource):
        return {column: source.type_of(column) for column in source.columns}
    return {column: source.own.schema.field(column).type for column in source.columns}


def _read_file(path: Path, name: str, options: ReadOptions) -> AnySource:
    read = _READERS.get(path.suffix.lower())
    if read is None:
        found = f"a {path.suffix or 'nameless'} file"
        raise DataError(Fault(where=name, found=found, allowed=", ".join(SUFFIXES)))
    if not name.isprintable():
        found, remedy = f"the name {name!a} cannot be shown", "give the file another name"
        raise DataError(Fault(where=str(path.parent), found=found, remedy=remedy))
    try:
        before = path.stat()
        whole = read(path, name, options)
        after = path.stat()
    except OSError as error:
        remedy = "close it elsewhere, or mend its rights"
        fault = Fault(where=name, found=f"it cannot be opened: {error}", remedy=remedy)
        raise DataError(fault) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        remedy = "let nothing write to it meanwhile, then try again"
        raise DataError(Fault(where=name, found="it changed while it was read", remedy=remedy))
    return whole
