"""A file that nobody has described: how it is read, and rows from all over it. Used where a client is drafted."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Doubt, Sample
from retention_lab.tables.sources import formats
from retention_lab.tables.sources.archives import open_archive, told
from retention_lab.tables.sources.encoding import Raw, raw_file
from retention_lab.tables.sources.json_lines import read_json
from retention_lab.tables.sources.letters import guess_encoding
from retention_lab.tables.sources.patterns import alike, data_files, pattern_of
from retention_lab.tables.sources.sampling import TextSample, count_days, sample_text
from retention_lab.tables.sources.source import RAGGED, Source, header_names, no_rows
from retention_lab.tables.sources.text_files import find_form, open_records, take_header
from retention_lab.tables.sources.text_layout import find_header, find_layout, without_what_is_found
from retention_lab.tables.sources.workbooks import as_text, header_of, open_sheet, source_of

MOST_ROWS = 20_000
_TEXTS = (".csv", ".tsv", ".tab", ".txt", ".dat")
_JSONS = (".jsonl", ".ndjson", ".json")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_ARCHIVES = (".zip", ".gz")
READABLE = (*_TEXTS, *_JSONS, *_WORKBOOKS, ".parquet", *_ARCHIVES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What was found of one file: rows from all over it, how many there are, and how it is read."""

    rows: pa.Table
    n_rows: int
    is_exact: bool
    read: ReadOptions
    days: formats.DayCounts
    doubts: tuple[Doubt, ...] = ()


def look_into(folder: Path, files: Sequence[Path], source: str) -> Sample:
    """Find out how the files of one table are written, and take rows from all over them.

    Raises DataError where one cannot be read, or they are not one table.
    """
    looks: list[_Look] = []
    faults: list[Fault] = []
    names = [path.relative_to(folder).as_posix() for path in files]
    for path, name in zip(files, names, strict=True):
        try:
            looks += [_look(raw, suffix) for suffix, raw in _inside(path, name)]
        except DataError as error:
            faults += error.faults
    faults = faults or _not_one_table(names, looks)
    if faults:
        raise DataError(faults)
    rows = _thinned(pa.concat_tables([look.rows for look in looks], promote_options="permissive"))
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
    if suffix not in _TEXTS:
        return list(_look(raw, suffix).rows.column_names)
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
        raise DataError(_closed(name, error)) from error


def _closed(name: str, error: OSError) -> Fault:
    return Fault(where=name, found=f"it cannot be opened: {error}", remedy="close it elsewhere, or mend its rights")


def _look(raw: Raw, suffix: str) -> _Look:
    look = _look_at_text
    if suffix in _JSONS:
        look = _look_at_json
    elif suffix in _WORKBOOKS:
        look = _look_at_workbook
    elif suffix == ".parquet":
        look = _look_at_parquet
    try:
        with told(raw.name):
            found = look(raw)
    except OSError as error:
        raise DataError(_closed(raw.name, error)) from error
    if not found.n_rows:
        raise no_rows(raw.name)
    return found


def _look_at_text(raw: Raw) -> _Look:
    encoding, doubts = guess_encoding(raw)
    read, more = find_layout(raw, encoding)
    try:
        sample = sample_text(raw, read, MOST_ROWS)
    except DataError:
        if read.quotes or read.delimiter not in ("\t", "|"):
            raise
        read = read.model_copy(update={"quotes": "none"})
        sample = sample_text(raw, read, MOST_ROWS)
        more = (*more, Doubt(key="read.quotes", taken="none", others=("double",), why=_NO_QUOTES))
    columns = list(zip(*sample.records, strict=True)) or [()] * len(sample.names)
    rows = pa.table({name: pa.array(values, pa.string()) for name, values in zip(sample.names, columns, strict=True)})
    return _Look(
        rows=_thinned(rows),
        n_rows=sample.n_rows,
        is_exact=sample.is_exact,
        read=without_what_is_found(raw, read),
        days=_days(raw, read, sample, rows),
        doubts=(*doubts, *more),
    )


_NO_QUOTES = "a quotation mark opens and is never closed, so that quotes seem to be letters like any other"


def _days(raw: Raw, read: ReadOptions, sample: TextSample, rows: pa.Table) -> formats.DayCounts:
    """The order of day and month, over all rows where the file is not too large."""
    columns = [name for name, values in _texts(rows).items() if formats.is_of_days(values)]
    if columns and sample.is_exact and sample.n_rows > len(sample.records):
        return count_days(raw, read, columns)
    return _days_of(rows)


def _days_of(rows: pa.Table) -> formats.DayCounts:
    total = formats.DayCounts()
    for values in _texts(rows).values():
        total = total.plus(formats.count_days(values)) if formats.is_of_days(values) else total
    return total


def _look_at_json(raw: Raw) -> _Look:
    encoding, doubts = guess_encoding(raw)
    return _of_source(read_json(raw, ReadOptions(encoding=encoding)), ReadOptions(encoding=encoding), doubts)


def _look_at_workbook(raw: Raw) -> _Look:
    with raw.open() as stream:
        sheet = open_sheet(stream.read(), raw.name, None)
    header_row, doubts = find_header([[as_text(value) or "" for value in row] for row in sheet.cells[:1000]])
    try:
        by_itself, _ = header_of(sheet.cells, raw.name, None)
    except DataError:
        by_itself = -1
    read = ReadOptions(
        sheet=sheet.name if sheet.others else None, header_row=None if header_row == by_itself else header_row
    )
    if sheet.others:
        why = f"the workbook has {len(sheet.others) + 1} sheets with something in them"
        doubts = (Doubt(key="read.sheet", taken=sheet.name, others=sheet.others, why=why), *doubts)
    return _of_source(source_of(sheet, raw.name, read.header_row), read, doubts)


def _of_source(source: Source, read: ReadOptions, doubts: tuple[Doubt, ...]) -> _Look:
    whole = source.own.filter(pc.is_null(source.places[RAGGED]))
    days = _days_of(whole)
    return _Look(rows=_thinned(whole), n_rows=source.n_rows, is_exact=True, read=read, days=days, doubts=doubts)


def _look_at_parquet(raw: Raw) -> _Look:
    try:
        with raw.open() as stream:
            file = pq.ParquetFile(stream if stream.seekable() else BytesIO(stream.read()))
            rows = _of_groups(file)
            n_rows = file.metadata.num_rows
    except pa.ArrowException as error:
        fault = Fault(where=raw.name, found=f"not readable as Parquet: {error}", remedy="ask for the file again")
        raise DataError(fault) from error
    rows = rows.rename_columns(header_names(raw.name, 1, rows.column_names))
    return _Look(rows=rows, n_rows=n_rows, is_exact=True, read=ReadOptions(), days=_days_of(rows))


def _of_groups(file: pq.ParquetFile) -> pa.Table:
    """The first rows of row groups all over a file."""
    n = file.metadata.num_row_groups
    chosen = sorted({n * place // _GROUPS for place in range(_GROUPS)}) if n else []
    each = MOST_ROWS // max(len(chosen), 1)
    batches = [next(file.iter_batches(batch_size=each, row_groups=[group]), None) for group in chosen]
    return pa.Table.from_batches([batch for batch in batches if batch is not None], file.schema_arrow)


_GROUPS = 20


def _texts(rows: pa.Table) -> dict[str, formats.Values]:
    """The columns of text, each with how often each value is there."""
    return {
        name: formats.counted(rows[name].to_pylist())
        for name in rows.column_names
        if types.is_string(rows[name].type) or types.is_large_string(rows[name].type)
    }


def _wholes(rows: pa.Table) -> dict[str, formats.Values]:
    """The columns of whole numbers, as text."""
    names = [name for name in rows.column_names if types.is_integer(rows[name].type)]
    return {name: formats.counted(rows[name].cast(pa.string()).to_pylist()) for name in names}


def _formats(rows: pa.Table, looks: Sequence[_Look]) -> tuple[ReadOptions, tuple[Doubt, ...]]:
    """How numbers, days and missing values are written in all files together."""
    texts, days = _texts(rows), formats.DayCounts()
    for look in looks:
        days = days.plus(look.days)
    decimal, of_decimal = formats.find_decimal(texts)
    order, of_order = formats.find_date_order(texts, days)
    epoch, of_epoch = formats.find_epoch({**texts, **_wholes(rows)})
    update = {"decimal": decimal, "dates": order or epoch, "missing": formats.find_missing(texts)}
    doubts = {doubt.key: doubt for look in looks for doubt in look.doubts}
    found = (*doubts.values(), *of_decimal, *of_order, *(() if order else of_epoch))
    return looks[0].read.model_copy(update=update), found


def _thinned(rows: pa.Table) -> pa.Table:
    if rows.num_rows <= MOST_ROWS:
        return rows
    return rows.take(pa.array(np.arange(MOST_ROWS, dtype=np.int64) * rows.num_rows // MOST_ROWS))


def _not_one_table(names: Sequence[str], looks: Sequence[_Look]) -> list[Fault]:
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
