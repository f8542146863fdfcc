"""One file, looked at: rows from all over it, how many there are, and how it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.sources import formats
from retention_lab.tables.sources.archives import told
from retention_lab.tables.sources.encoding import Raw
from retention_lab.tables.sources.json_lines import read_json
from retention_lab.tables.sources.letters import guess_encoding
from retention_lab.tables.sources.sampling import TextSample, count_days, sample_text
from retention_lab.tables.sources.source import RAGGED, Source, header_names, no_rows
from retention_lab.tables.sources.text_layout import find_header, find_layout, without_what_is_found
from retention_lab.tables.sources.workbooks import as_text, header_of, open_sheet, source_of

MOST_ROWS = 20_000
TEXTS = (".csv", ".tsv", ".tab", ".txt", ".dat")
JSONS = (".jsonl", ".ndjson", ".json")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found of one file: rows from all over it, how many there are, and how it is read."""

    rows: pa.Table
    n_rows: int
    is_exact: bool
    read: ReadOptions
    days: formats.DayCounts
    doubts: tuple[Doubt, ...] = ()


def look_at(raw: Raw, suffix: str, sheet: str | None = None) -> Look:
    """Find out how a file is written; of a workbook, how `sheet` is, or the first with something in it."""
    look: Callable[[Raw], Look] = _look_at_text
    if suffix in JSONS:
        look = _look_at_json
    elif suffix in WORKBOOKS:
        look = partial(_look_at_workbook, declared=sheet)
    elif suffix == ".parquet":
        look = _look_at_parquet
    try:
        with told(raw.name):
            found = look(raw)
    except OSError as error:
        raise DataError(closed(raw.name, error)) from error
    if not found.n_rows:
        raise no_rows(raw.name)
    return found


def closed(name: str, error: OSError) -> Fault:
    """A file that the system does not open."""
    return Fault(where=name, found=f"it cannot be opened: {error}", remedy="close it elsewhere, or mend its rights")


def _look_at_text(raw: Raw) -> Look:
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
    return Look(
        rows=thinned(rows),
        n_rows=sample.n_rows,
        is_exact=sample.is_exact,
        read=without_what_is_found(raw, read),
        days=_days(raw, read, sample, rows),
        doubts=(*doubts, *more),
    )


_NO_QUOTES = "a quotation mark opens and is never closed, so that quotes seem to be letters like any other"


def _days(raw: Raw, read: ReadOptions, sample: TextSample, rows: pa.Table) -> formats.DayCounts:
    """The order of day and month, over all rows where the file is not too large."""
    columns = [name for name, values in texts_of(rows).items() if formats.is_of_days(values)]
    if columns and sample.is_exact and sample.n_rows > len(sample.records):
        return count_days(raw, read, columns)
    return _days_of(rows)


def _days_of(rows: pa.Table) -> formats.DayCounts:
    total = formats.DayCounts()
    for values in texts_of(rows).values():
        total = total.plus(formats.count_days(values)) if formats.is_of_days(values) else total
    return total


def _look_at_json(raw: Raw) -> Look:
    encoding, doubts = guess_encoding(raw)
    return _of_source(read_json(raw, ReadOptions(encoding=encoding)), ReadOptions(encoding=encoding), doubts)


def _look_at_workbook(raw: Raw, declared: str | None) -> Look:
    with raw.open() as stream:
        sheet = open_sheet(stream.read(), raw.name, declared)
    header_row, doubts = find_header([[as_text(value) or "" for value in row] for row in sheet.cells[:1000]])
    try:
        by_itself, _ = header_of(sheet.cells, raw.name, None)
    except DataError:
        by_itself = -1
    read = ReadOptions(
        sheet=sheet.name if sheet.others or declared else None,
        header_row=None if header_row == by_itself else header_row,
    )
    if sheet.others:
        why = f"the workbook has {len(sheet.others) + 1} sheets with something in them"
        doubts = (Doubt(key="read.sheet", taken=sheet.name, others=sheet.others, why=why), *doubts)
    return _of_source(source_of(sheet, raw.name, read.header_row), read, doubts)


def _of_source(source: Source, read: ReadOptions, doubts: tuple[Doubt, ...]) -> Look:
    whole = source.own.filter(pc.is_null(source.places[RAGGED]))
    days = _days_of(whole)
    return Look(rows=thinned(whole), n_rows=source.n_rows, is_exact=True, read=read, days=days, doubts=doubts)


def _look_at_parquet(raw: Raw) -> Look:
    try:
        with raw.open() as stream:
            file = pq.ParquetFile(stream if stream.seekable() else BytesIO(stream.read()))
            rows = _of_groups(file)
            n_rows = file.metadata.num_rows
    except pa.ArrowException as error:
        fault = Fault(where=raw.name, found=f"not readable as Parquet: {error}", remedy="ask for the file again")
        raise DataError(fault) from error
    rows = rows.rename_columns(header_names(raw.name, 1, rows.column_names))
    return Look(rows=rows, n_rows=n_rows, is_exact=True, read=ReadOptions(), days=_days_of(rows))


def _of_groups(file: pq.ParquetFile) -> pa.Table:
    """The first rows of row groups all over a file."""
    n = file.metadata.num_row_groups
    chosen = sorted({n * place // _GROUPS for place in range(_GROUPS)}) if n else []
    each = MOST_ROWS // max(len(chosen), 1)
    batches = [next(file.iter_batches(batch_size=each, row_groups=[group]), None) for group in chosen]
    return pa.Table.from_batches([batch for batch in batches if batch is not None], file.schema_arrow)


_GROUPS = 20


def texts_of(rows: pa.Table) -> dict[str, formats.Values]:
    """The columns of text, each with how often each value is there."""
    return {
        name: formats.counted(rows[name].to_pylist())
        for name in rows.column_names
        if types.is_string(rows[name].type) or types.is_large_string(rows[name].type)
    }


def wholes_of(rows: pa.Table) -> dict[str, formats.Values]:
    """The columns of whole numbers, as text."""
    names = [name for name in rows.column_names if types.is_integer(rows[name].type)]
    return {name: formats.counted(rows[name].cast(pa.string()).to_pylist()) for name in names}


def thinned(rows: pa.Table) -> pa.Table:
    """Rows from all over a table, where it has more than are looked at."""
    if rows.num_rows <= MOST_ROWS:
        return rows
    return rows.take(pa.array(np.arange(MOST_ROWS, dtype=np.int64) * rows.num_rows // MOST_ROWS))
