"""All files that a table's `source` names, read as one."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.parquet_files import read_parquet
from retention_lab.tables.sources.source import Source
from retention_lab.tables.sources.text_files import read_csv
from retention_lab.tables.workspace import source_files

_READERS: dict[str, Callable[[Path, str, ReadOptions], Source]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".parquet": read_parquet,
}
SUFFIXES = tuple(_READERS)
"""The files that can be read, by what their names end in."""


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
    read = _READERS.get(path.suffix.lower())
    if read is None:
        found = f"a {path.suffix or 'nameless'} file"
        raise DataError(Fault(where=name, found=found, allowed=", ".join(SUFFIXES)))
    try:
        return read(path, name, options)
    except OSError as error:
        remedy = "close it elsewhere, or mend its rights"
        fault = Fault(where=name, found=f"it cannot be opened: {error}", remedy=remedy)
        raise DataError(fault) from error


