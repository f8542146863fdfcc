"""Text files as sources, read by Python's own csv module.

It is the one reader that says which record is broken, keeps count of blank lines, and never guesses.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.encoding import read_text, separator
from retention_lab.tables.sources.source import Source, header_names, no_rows, places_of


def read_csv(path: Path, name: str, options: ReadOptions) -> Source:
    text = read_text(path, options.encoding)
    delimiter = options.delimiter or separator(text)
    records = _records(name, text, delimiter)
    header_row, first = next((found for found in enumerate(records, start=1) if _is_filled(found[1])), (1, []))
    if not first:
        raise no_rows(name)
    header = header_names(name, header_row, first)
    below = records[header_row:]
    rows = [row for row, record in enumerate(below, start=header_row + 1) if _is_filled(record)]
    if not rows:
        raise no_rows(name)
    filled = [below[row - header_row - 1] for row in rows]
    ragged = [None if len(record) == len(header) else delimiter.join(record) for record in filled]
    places, notes = places_of(name, rows, ragged), tuple(_notes(header_row, below, rows))
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


