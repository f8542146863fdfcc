"""Compressed files as sources. What is inside is only ever read as a stream, and never lands on the disk.

An archive says how large it is, and may lie: what comes out is counted while it is read, and it ends at a bound.
"""

import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.bounds import refuse_growth, too_much
from retention_lab.tables.sources.encoding import Raw
from retention_lab.tables.sources.json_lines import read_json
from retention_lab.tables.sources.source import Source, header_names, no_rows, places_of
from retention_lab.tables.sources.text_files import read_text
from retention_lab.tables.sources.workbooks import of_one_kind, read_workbook_of

_MOST_IN_MEMORY = 512 * 2**20
_MOST_MEMBERS = 10_000
_NO_DATA = re.compile(r"readme|licen[cs]e|copying|leggimi|lisezmoi|leame", re.IGNORECASE)
_STREAMED = (".csv", ".tsv", ".tab", ".txt", ".dat", ".jsonl", ".ndjson")
_BROKEN = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
_REMEDY = "unpack it, look what it is, and put the files that are needed there one by one"


def _read_whole(raw: Raw) -> bytes:
    if raw.size > _MOST_IN_MEMORY:
        raise too_much(raw.name, f"{raw.size / 2**20:.0f} MB that would have to be held whole")
    with raw.open() as stream:
        return stream.read()


def _read_parquet(raw: Raw, _: ReadOptions) -> Source:
    try:
        file = pq.ParquetFile(pa.BufferReader(_read_whole(raw)))
        sizes = (file.metadata.row_group(at).total_byte_size for at in range(file.metadata.num_row_groups))
        refuse_growth(raw.name, sum(sizes), raw.size)
        own = file.read()
    except (pa.ArrowException, OSError) as error:
        fault = Fault(where=raw.name, found=f"not readable as Parquet: {error}", remedy="ask for the file again")
        raise DataError(fault) from error
    own = own.rename_columns(header_names(raw.name, 1, own.column_names))
    if not own.num_rows:
        raise no_rows(raw.name)
    return Source(name=raw.name, own=own, places=places_of(raw.name, range(2, own.num_rows + 2), [None] * own.num_rows))


def _read_workbook(raw: Raw, options: ReadOptions) -> Source:
    return read_workbook_of(_read_whole(raw), raw.name, options)


_READERS: dict[str, Callable[[Raw, ReadOptions], Source]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat"), read_text),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), read_json),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), _read_workbook),
    ".parquet": _read_parquet,
}


def read_archive(path: Path, name: str, options: ReadOptions) -> Source:
    """Read what a .zip or .gz holds: one file, or several with the same columns, laid end to end.

    Raises DataError where it is damaged, encrypted or far too large, or holds files that are not one table.
    """
    parts: list[Source] = []
    faults: list[Fault] = []
    inside, others = open_archive(path, name)
    for suffix, raw in inside:
        try:
            with told(name):
                parts.append(_READERS[suffix](raw, options))
        except DataError as error:
            faults += error.faults
    faults = faults or _several_tables(name, parts)
    if faults:
        raise DataError(faults)
    notes = [f"Not read of what is inside: {', '.join(others)}."] if others else []
    for part in parts:
        notes += [f"{part.name}: {note}" if len(parts) > 1 else note for note in part.notes]
    parts = of_one_kind(parts)
    own = pa.concat_tables([part.own.select(parts[0].columns) for part in parts], promote_options="default")
    places = pa.concat_tables(part.places for part in parts)
    return Source(name=name, own=own, places=places, notes=tuple(notes))


def open_archive(path: Path, name: str) -> tuple[list[tuple[str, Raw]], list[str]]:
    """The files inside that are data, each with what its name ends in, and the names of the others.

    Raises DataError where it is damaged, encrypted or too large, or there is nothing to read.
    """
    with told(name):
        return _of_gzip(path, name) if path.suffix.lower() == ".gz" else _of_zip(path, name)


@contextmanager
def told(name: str) -> Iterator[None]:
    """What is wrong with an archive comes out while it is read, and is said in our words."""
    try:
        yield
    except _BROKEN as error:
        found = f"it cannot be unpacked: {error or 'it is cut'}"
        raise DataError(Fault(where=name, found=found, remedy="ask for the file again")) from error


def _of_gzip(path: Path, name: str) -> tuple[list[tuple[str, Raw]], list[str]]:
    suffix, packed = PurePosixPath(name).with_suffix("").suffix.lower(), path.stat().st_size
    if suffix in (".tar", ".zip"):
        raise DataError(_packed_twice(name))

    def opened() -> BinaryIO:
        return _bounded(gzip.open(path, "rb"), name, packed)

    # How large it really is, is known when all has been read; the bound counts along.
    kind = suffix if suffix in _READERS else ".csv"
    size = packed if kind in _STREAMED else _counted(opened())
    return [(kind, Raw(name=name, size=size, open=opened))], []


def _counted(stream: BinaryIO) -> int:
    with stream:
        return sum(len(block) for block in iter(partial(stream.read, 2**20), b""))


def _of_zip(path: Path, name: str) -> tuple[list[tuple[str, Raw]], list[str]]:
    with zipfile.ZipFile(path) as archive:
        members, others = _members(archive, name)
    # By what the archive says of itself; what really comes out is counted too.
    refuse_growth(name, sum(m.file_size for m in members), min(sum(m.compress_size for m in members), _size(path)))
    return [(_suffix(member), _raw(path, member, name)) for member in members], others


def _members(archive: zipfile.ZipFile, name: str) -> tuple[list[zipfile.ZipInfo], list[str]]:
    """The files inside that are data, in alphabetical order, and the names of the others."""
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise too_much(name, f"{len(entries):,} files")
    files = [entry for entry in entries if not entry.is_dir() and not _is_hidden(entry.filename)]
    packed = [entry.filename for entry in files if entry.filename.lower().endswith((".zip", ".gz", ".7z", ".rar"))]
    if packed:
        raise DataError(_packed_twice(name, packed[0]))
    data = [entry for entry in files if _suffix(entry) in _READERS and not _NO_DATA.match(_stem(entry))]
    if not data:
        found = f"nothing inside can be read: {_listed([entry.filename for entry in files])}"
        raise DataError(Fault(where=name, found=found, allowed=", ".join(_READERS)))
    if locked := [entry.filename for entry in data if entry.flag_bits & 1]:
        found = f"{locked[0]} inside is encrypted"
        raise DataError(Fault(where=name, found=found, remedy="unpack it with its password, and put the files there"))
    others = sorted(entry.filename for entry in files if entry not in data)
    return sorted(data, key=lambda entry: entry.filename), others


def _is_hidden(inside: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(inside).parts if part != "..")


def _suffix(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.lower()


def _stem(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).stem


def _packed_twice(name: str, inside: str = "") -> Fault:
    found = f"an archive inside an archive{f': {inside}' if inside else ''}"
    return Fault(where=name, found=found, allowed="a .zip or .gz with the files themselves", remedy=_REMEDY)


def _raw(path: Path, entry: zipfile.ZipInfo, name: str) -> Raw:
    inside = f"{name}/{PurePosixPath(entry.filename).name}"

    def opened() -> BinaryIO:
        with zipfile.ZipFile(path) as archive:
            # What is open inside keeps the archive open until it is closed itself.
            return _bounded(archive.open(entry), inside, min(entry.compress_size, _size(path)))

    return Raw(name=inside, size=entry.file_size, open=opened)


def _size(path: Path) -> int:
    """No file inside takes more than the whole archive, whatever it says."""
    return path.stat().st_size


def _several_tables(name: str, parts: list[Source]) -> list[Fault]:
    """Files inside with other columns are other tables; which one is meant, nobody can tell."""
    alike = {tuple(sorted(part.columns)) for part in parts}
    if len(alike) == 1:
        return []
    there = "; ".join(f"{part.name.removeprefix(f'{name}/')} ({', '.join(part.columns[:5])} …)" for part in parts[:10])
    found = f"it holds {len(parts)} files that are not one table: {there}"
    return [Fault(where=name, found=found, allowed="one file, or files with the same columns", remedy=_REMEDY)]


class _Bounded(io.RawIOBase):
    """A stream that ends with a fault where more comes out than the archive can honestly hold."""

    def __init__(self, stream: Any, name: str, packed: int) -> None:
        self._stream, self._name, self._packed, self._n = stream, name, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        self._n += len(block)
        refuse_growth(self._name, self._n, self._packed)
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _bounded(stream: Any, name: str, packed: int) -> BinaryIO:
    return io.BufferedReader(_Bounded(stream, name, packed), 2**20)


def _listed(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:10]) or "nothing"
    return f"{shown} …" if len(names) > 10 else shown
