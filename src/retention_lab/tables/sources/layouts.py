"""A file that nobody has described: how it is read, and rows from all over it. Used where a client is drafted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Doubt, Sample
from retention_lab.tables.sources import formats
from retention_lab.tables.sources.archives import open_archive, told
from retention_lab.tables.sources.encoding import Raw, raw_file
from retention_lab.tables.sources.glances import (
    JSONS,
    TEXTS,
    WORKBOOKS,
    Look,
    closed,
    look_at,
    texts_of,
    thinned,
    wholes_of,
)
from retention_lab.tables.sources.letters import guess_encoding
from retention_lab.tables.sources.patterns import alike, data_files, pattern_of
from retention_lab.tables.sources.text_files import find_form, open_records, take_header
from retention_lab.tables.sources.text_layout import find_layout

_ARCHIVES = (".zip", ".gz")
READABLE = (*TEXTS, *JSONS, *WORKBOOKS, ".parquet", *_ARCHIVES)


def look_into_all(folder: Path, files: Sequence[Path], source: str) -> list[Sample]:
    """As `look_into`; of a workbook with several sheets each of them, since each may be a table.

    A sheet that cannot be read is told as a doubt about the first.
    """
    first = look_into(folder, files, source)
    others = next((doubt.others for doubt in first.doubts if doubt.key == _SHEET), ())
    found, doubts = [], [doubt for doubt in first.doubts if doubt.key != _SHEET]
    for sheet in others:
        try:
            found.append(look_into(folder, files, source, sheet=sheet))
        except DataError as error:
            why = f"the sheet {sheet!r} cannot be read: {error.faults[0].found}"
            doubts.append(Doubt(key=_SHEET, taken=str(first.read.sheet), others=(sheet,), why=why))
    return [replace(first, doubts=tuple(doubts)), *found]


_SHEET = "read.sheet"


def look_into(folder: Path, files: Sequence[Path], source: str, *, sheet: str | None = None) -> Sample:
    """Find out how the files of one table are written, and take rows from all over them.

    `sheet`: of a workbook, not the first with something in it but this one. Raises DataError where one cannot be read,
    or they are not one table.
    """
    looks: list[Look] = []
    faults: list[Fault] = []
    names = [path.relative_to(folder).as_posix() for path in files]
    for path, name in zip(files, names, strict=True):
        try:
            looks += [look_at(raw, suffix, sheet) for suffix, raw in _inside(path, name)]
        except DataError as error:
            faults += error.faults
    faults = faults or _not_one_table(names, looks)
    if faults:
        raise DataError(faults)
    rows = thinned(pa.concat_tables([look.rows for look in looks], promote_options="permissive"))
    read, doubts = _formats(rows, looks)
    return Sample(
        source=source,
        files=tuple(names),
        read=read,
        rows=rows,
        n_rows=sum(look.n_rows for look in looks),
        is_exact=all(look.is_exact for look in looks),
        doubts=(*_of_several(source, names), *doubts),
    )


def group_files(folder: Path) -> list[tuple[str, list[Path]]]:
    """The files of a client's folder, by table: what client.yml would call it, and its files.

    Files are one table where their names differ in digits and months only, and their columns not at all; then a pattern
    names them. What cannot be read stands there too, and `look_into` says why.
    """
    found: list[tuple[str, list[Path]]] = []
    for files in alike(data_files(folder)):
        pattern = pattern_of(folder, files) if len(files) > 1 and _have_one_header(folder, files) else None
        found += [(pattern, files)] if pattern else [(path.relative_to(folder).as_posix(), [path]) for path in files]
    return sorted(found)


def _have_one_header(folder: Path, files: Sequence[Path]) -> bool:
    first: list[str] | None = None
    for path in files:
        try:
            columns = [
                sorted(_columns(raw, suffix)) for suffix, raw in _inside(path, path.relative_to(folder).as_posix())
            ]
        except DataError:
            return False
        first = first or columns[0]
        if any(column != first for column in columns):
            return False
    return True


def _columns(raw: Raw, suffix: str) -> list[str]:
    """The columns of a file, of which no more is read than has to be."""
    if suffix not in TEXTS:
        return list(look_at(raw, suffix).rows.column_names)
    with told(raw.name):
        read, _ = find_layout(raw, guess_encoding(raw)[0])
        with open_records(raw, find_form(raw, read)) as records:
            return take_header(records, read.header_row)


def _inside(path: Path, name: str) -> list[tuple[str, Raw]]:
    """The file, or the files inside an archive, each with what its name ends in."""
    suffix = path.suffix.lower()
    if suffix not in READABLE:
        found = f"a {path.suffix or 'nameless'} file"
        raise DataError(Fault(where=name, found=found, allowed=", ".join(READABLE)))
    try:
        return open_archive(path, name)[0] if suffix in _ARCHIVES else [(suffix, raw_file(path, name))]
    except OSError as error:
        raise DataError(closed(name, error)) from error


def _formats(rows: pa.Table, looks: Sequence[Look]) -> tuple[ReadOptions, tuple[Doubt, ...]]:
    """How numbers, days and missing values are written in all files together."""
    texts, days = texts_of(rows), formats.DayCounts()
    for look in looks:
        days = days.plus(look.days)
    decimal, of_decimal = formats.find_decimal(texts)
    order, of_order = formats.find_date_order(texts, days)
    epoch, of_epoch = formats.find_epoch({**texts, **wholes_of(rows)})
    update = {"decimal": decimal, "dates": order or epoch, "missing": formats.find_missing(texts)}
    doubts = {doubt.key: doubt for look in looks for doubt in look.doubts}
    found = (*doubts.values(), *of_decimal, *of_order, *(() if order else of_epoch))
    return looks[0].read.model_copy(update=update), found


def _not_one_table(names: Sequence[str], looks: Sequence[Look]) -> list[Fault]:
    """Files that are read together must have the same columns, and be written alike."""
    first = looks[0]
    found = []
    for look in looks[1:]:
        if set(look.rows.column_names) != set(first.rows.column_names):
            found.append(f"one has the columns {', '.join(look.rows.column_names)}")
        elif look.read != first.read:
            found.append(f"they are written in two ways: {_options(look.read)} and {_options(first.read)}")
    allowed = f"the columns {', '.join(first.rows.column_names)}"
    where = ", ".join(names)
    return [Fault(where=where, found=what, allowed=allowed, remedy="name them one by one") for what in found[:5]]


def _options(read: ReadOptions) -> str:
    told = read.model_dump(exclude_none=True, exclude_defaults=True)
    return ", ".join(f"{key} {value!r}" for key, value in told.items()) or "as usual"


def _of_several(source: str, names: Sequence[str]) -> tuple[Doubt, ...]:
    if len(names) < 2:
        return ()
    why = f"{len(names)} files have the same columns and names that differ in numbers only: {names[0]} to {names[-1]}"
    return (Doubt(key="source", taken=source, others=tuple(names[:5]), why=why),)
