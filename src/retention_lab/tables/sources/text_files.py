"""Text files as sources, read by Python's own csv module.

It is the one reader that says which record is broken, keeps count of blank lines, and never guesses. Records become
columns a hundred thousand at a time, so that no more than those are ever held as objects.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import pyarrow as pa

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.bounds import refuse_too_large
from retention_lab.tables.sources.encoding import Lines, Raw, long_fields, raw_file, separator, text_lines
from retention_lab.tables.sources.source import Source, header_names, no_rows, places_of

_CHUNK = 100_000
_CHUNK_BYTES = 32 * 2**20
_GROUP = 250
_LOOKED_AT = 1000
_SEPARATOR_LINE = "sep="


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How a text file is written. `is_quoted`: quotes enclose values, and are not letters like any other."""

    delimiter: str
    is_quoted: bool = True
    encoding: str | None = None
    first_odd: int = 0

    def split(self, lines: Iterator[str]) -> "csv._reader":  # type: ignore[name-defined]
        """The csv module's reader of these lines; where spaces part the values, several count as one."""
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.is_quoted else csv.QUOTE_NONE
        apart = self.delimiter == " "
        given = (line.rstrip(" \r\n") + "\n" for line in lines) if apart else lines
        return csv.reader(given, delimiter=self.delimiter, quoting=quoting, strict=True, skipinitialspace=apart)


def read_csv(path: Path, name: str, options: ReadOptions) -> Source:
    """Read a text file. Raises DataError where it is not in its encoding, has a broken record, or has no rows."""
    return read_text(raw_file(path, name), options)


def read_text(raw: Raw, options: ReadOptions) -> Source:
    """Read the text of a file, or of one inside an archive."""
    refuse_too_large(raw.name, raw.size)
    form, seen = find_form(raw, options), Seen()
    with open_records(raw, form) as records:
        names = take_header(records, options.header_row)
        parts = [*_chunks(records, names, seen)]
    if not parts:
        raise no_rows(raw.name)
    own, places = (pa.concat_tables(tables) for tables in zip(*parts, strict=True))
    return Source(name=raw.name, own=own, places=places, notes=tuple(_notes(form, seen)))


def find_form(raw: Raw, options: ReadOptions) -> TextForm:
    """How a text file is written: as declared, else as its first filled line (or the one declared) says."""
    header = _header_line(raw, options)
    is_told = header.startswith(_SEPARATOR_LINE) and len(header) > len(_SEPARATOR_LINE)
    mark = options.delimiter or (header[len(_SEPARATOR_LINE)] if is_told else separator(header))
    form = TextForm(delimiter=mark, is_quoted=options.quotes != "none", encoding=options.encoding)
    if mark != "\t" or options.quotes:
        return form
    with text_lines(raw, options.encoding) as lines:
        first_odd = _first_odd_quote(lines.all)
    return replace(form, is_quoted=not first_odd, first_odd=first_odd)


def _header_line(raw: Raw, options: ReadOptions) -> str:
    """The line that tells the separator; a spreadsheet program may say it in the very first."""
    at_least = options.header_row or 1
    with text_lines(raw, options.encoding) as lines:
        for row, line in enumerate(lines.all, start=1):
            if line.strip() and (row >= at_least or line.startswith(_SEPARATOR_LINE)):
                return line.strip("\r\n")
    return ""


def _first_odd_quote(lines: Iterator[str]) -> int:
    """The first line with a quote that opens and is not closed as one that encloses a value would be; else 0.

    0 too where quotes may hide a tab or a line end: where lines differ in their number of tabs. Then quotes enclose.
    """
    tabs, first = 0, 0
    for row, line in enumerate(lines, start=1):
        bare = line.rstrip("\r\n")
        if not bare.strip():
            continue
        tabs = tabs or bare.count("\t")
        if bare.count("\t") != tabs:
            return 0
        if not first and '"' in bare and any(map(_is_odd, bare.split("\t"))):
            first = row
    return first


def _is_odd(value: str) -> bool:
    inner = value[1:-1].replace('""', "")
    return value.startswith('"') and (len(value) < 2 or not value.endswith('"') or '"' in inner)


class Records:
    """The records of a text file, in the order of the rows of a spreadsheet; a blank line is one without values.

    `row` is the row of the last one that was taken, `n_lines` how many lines have been taken.
    """

    def __init__(self, raw: Raw, form: TextForm, lines: Lines) -> None:
        self.raw, self.form, self.lines = raw, form, lines
        self.row = self.n_lines = 0
        self._reader = form.split(lines.all)
        self._back: list[list[str]] = []

    def take(self, n: int) -> list[list[str]]:
        """The next `n` records, fewer at the end. Raises DataError at the first that is broken or too long."""
        taken, self._back = self._back[:n], self._back[n:]
        self.lines.start_record(self.row + 1)
        try:
            # Those before a broken one are kept, and say which row it is.
            taken.extend(islice(self._reader, n - len(taken)))
        except csv.Error as error:
            raise DataError(self._broken(self.row + len(taken) + 1, error)) from error
        self.row, self.n_lines = self.row + len(taken), self._reader.line_num
        return taken

    def put_back(self, records: list[list[str]]) -> None:
        """These will be taken again."""
        self._back, self.row = records, self.row - len(records)

    def _broken(self, row: int, error: csv.Error) -> Fault:
        remedy = "the file is cut or a quote is never closed: ask for it again, or mend that row"
        remedy += "; where quotes enclose nothing, set read.quotes: none" if self.form.delimiter == "\t" else ""
        return Fault(where=self.raw.name, found=f"row {row} cannot be read: {error}", remedy=remedy)


@contextmanager
def open_records(raw: Raw, form: TextForm) -> Iterator[Records]:
    """The records of a text file, to be taken some at a time. Raises DataError as `text_lines` does."""
    with long_fields(), text_lines(raw, form.encoding) as lines:
        yield Records(raw, form, lines)


def take_header(records: Records, declared: int | None) -> list[str]:
    """The names of the columns, of which the records are taken. `declared`: their row, 0 where there is none.

    Without a header there are as many columns as most of the first records have values.
    """
    name = records.raw.name
    if declared == 0:
        first = records.take(_LOOKED_AT)
        widths = Counter(len(values) for values in first if is_filled(values))
        records.put_back(first)
        if not widths:
            raise no_rows(name)
        return header_names(name, 0, [""] * widths.most_common(1)[0][0])
    while taken := records.take(1):
        if (records.row == declared or not declared) and _is_header(taken[0]):
            return header_names(name, records.row, taken[0])
    raise DataError(no_header(name, declared)) if declared else no_rows(name)


def no_header(name: str, declared: int) -> Fault:
    """That the row which is said to hold the names of the columns holds nothing."""
    found = f"read.header_row says {declared}, and there is nothing in that row"
    return Fault(where=name, found=found, remedy="set it to the row with the column names, or leave it out")


def _is_header(values: list[str]) -> bool:
    """Whether a record has values, and is not the line in which a spreadsheet program tells the separator."""
    return is_filled(values) and not (values[0] == _SEPARATOR_LINE and not any(values[1:]))


def is_filled(values: list[str]) -> bool:
    """Whether a record has a value at all."""
    return any(map(str.strip, values))


@dataclass(slots=True)
class Seen:
    """What was come across below the header that a person should know."""

    n_blank: int = 0
    first_blank: int = 0
    n_long: int = 0
    first_long: int = 0

    def add_blank(self, rows: list[int]) -> None:
        self.n_blank += len(rows)
        self.first_blank = self.first_blank or next(iter(rows), 0)

    def add_long(self, rows: list[int]) -> None:
        self.n_long += len(rows)
        self.first_long = self.first_long or next(iter(rows), 0)


def _chunks(records: Records, names: list[str], seen: Seen) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Columns and places of the records that hold a value, some at a time; the others are counted."""
    filled: list[list[str]] = []
    rows: list[int] = []
    start = records.lines.fed
    for row, taken in _groups(records, seen):
        blank = [at for at, values in enumerate(taken) if not (values and values[0].strip()) and not is_filled(values)]
        seen.add_blank([row + at for at in blank])
        rows += [row + at for at in sorted(set(range(len(taken))).difference(blank))]
        filled += [values for values in taken if is_filled(values)] if blank else taken
        if len(filled) >= _CHUNK or records.lines.fed - start > _CHUNK_BYTES:
            yield _table(records, names, filled, rows)
            filled, rows, start = [], [], records.lines.fed
    if filled:
        yield _table(records, names, filled, rows)


def _groups(records: Records, seen: Seen) -> Iterator[tuple[int, list[list[str]]]]:
    """A few records at a time with the row of the first; those that run over several lines are counted."""
    before = records.n_lines
    while taken := records.take(_GROUP):
        row = records.row - len(taken) + 1
        if records.n_lines - before != len(taken):
            seen.add_long([row + at for at, values in enumerate(taken) if is_filled(values) and _is_long(values)])
        before = records.n_lines
        yield row, taken


def _is_long(values: list[str]) -> bool:
    text = "".join(values)
    return "\n" in text or "\r" in text


def _table(records: Records, names: list[str], filled: list[list[str]], rows: list[int]) -> tuple[pa.Table, pa.Table]:
    width, mark = len(names), records.form.delimiter
    odd = set(map(len, filled)) != {width}
    ragged = [None if len(values) == width else mark.join(values) for values in filled] if odd else [None] * len(rows)
    whole = [(values + [""] * width)[:width] for values in filled] if odd else filled
    every = list(chain.from_iterable(whole))
    own = pa.table({column: pa.array(every[at::width], pa.string()) for at, column in enumerate(names)})
    return own, places_of(records.raw.name, rows, ragged)


def _notes(form: TextForm, seen: Seen) -> Iterator[str]:
    """What a person should know of how the file was read."""
    if form.first_odd:
        yield f"Quotation marks are read as letters: one in row {form.first_odd} encloses nothing."
    if seen.n_blank:
        yield f"Rows without a single value are not counted: {seen.n_blank}, first row {seen.first_blank}."
    # A quote that is never closed swallows the rows up to the next one, and looks like a text of several lines.
    if seen.n_long:
        yield f"Values run over several lines in {seen.n_long} rows, first row {seen.first_long}: is a quote open?"
