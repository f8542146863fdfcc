"""Workbooks (.xlsx, .xls, .xlsb, .ods) as sources: one sheet, whose values keep the type that they have there."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import types
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from retention_lab.errors import DataError, Fault, RetentionLabError
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.sources.bounds import too_much
from retention_lab.tables.sources.source import Source, header_names, no_rows, places_of
from retention_lab.tables.sources.text_files import no_header
from retention_lab.tables.sources.workbook_parts import Extent, look_at_parts

_LARGEST = 512 * 2**20
_ZIP, _OLD = b"PK", b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_WHOLE = 2**63
_BROKEN = (CalamineError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def read_workbook(path: Path, name: str, options: ReadOptions) -> Source:
    """Read one sheet of a workbook.

    Raises DataError where it is damaged, protected or too large, or the sheet is not there or has no rows.
    """
    if path.stat().st_size > _LARGEST:
        raise too_much(name, f"{path.stat().st_size / 2**20:.0f} MB of a workbook")
    return read_workbook_of(path.read_bytes(), name, options)


def read_workbook_of(content: bytes, name: str, options: ReadOptions) -> Source:
    """Read one sheet of a workbook from its bytes."""
    return source_of(open_sheet(content, name, options.sheet), name, options.header_row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet's cells from its first row on, and the other sheets that hold something.

    `shows_errors`: an error (#N/A) stands there as text. The library makes a blank of it, and only in an .xlsx can it
    be found.
    """

    name: str
    cells: list[list[Any]]
    others: tuple[str, ...] = ()
    shows_errors: bool = True


def open_sheet(content: bytes, name: str, declared: str | None) -> Sheet:
    """The sheet that is declared, else the first that is shown and has a cell. Raises DataError as `read_workbook`."""
    _refuse_what_is_none(content, name)
    with _told(name):
        extents = look_at_parts(io.BytesIO(content), name, len(content)) if content.startswith(_ZIP) else {}
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheet, others = _sheet(book, name, declared)
            cells = _cells(sheet, extents.get(sheet.name, Extent()))
            return Sheet(name=sheet.name, cells=cells, others=others, shows_errors=sheet.name in extents)


def source_of(sheet: Sheet, name: str, declared: int | None) -> Source:
    """A sheet as a source. `declared`: the row of the header, 0 where there is none."""
    cells = sheet.cells
    header_row, first = header_of(cells, name, declared)
    names, used = _named(name, header_row, first, cells)
    filled = [row for row in range(header_row, len(cells)) if any(map(_is_value, cells[row]))]
    if not filled:
        raise no_rows(name)
    columns = ([cells[row][at] for row in filled] for at in used)
    own = pa.table({column: _column(values) for column, values in zip(names, columns, strict=True)})
    places = places_of(name, [row + 1 for row in filled], [None] * len(filled))
    return Source(name=name, own=own, places=places, notes=tuple(_notes(sheet, header_row, filled)))


def _notes(sheet: Sheet, header_row: int, filled: list[int]) -> Iterator[str]:
    if not sheet.shows_errors:
        yield "In a workbook of this kind, an error such as #N/A reads as a blank."
    if sheet.others:
        others = ", ".join(map(repr, sheet.others))
        yield f"Read is the sheet {sheet.name!r}, and not {others}: read.sheet can name another."
    blank = sorted(set(range(header_row, filled[-1])).difference(filled))
    if blank:
        yield f"Rows without a single value are not counted: {len(blank)}, first row {blank[0] + 1}."


def _shown(book: CalamineWorkbook) -> list[str]:
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return shown or [sheet.name for sheet in sheets]


def _refuse_what_is_none(content: bytes, name: str) -> None:
    """Many a program calls a web page or a text `.xls`, and a workbook with a password is no zip archive."""
    if content.startswith(_OLD) and _LOCKED in content:
        raise DataError(_locked(name))
    if not content.startswith((_ZIP, _OLD)):
        what = "a web page" if b"<" in content[:100] else "a text" if content[:1000].isascii() else "something else"
        remedy = "open it, and save it as .xlsx or .csv"
        raise DataError(Fault(where=name, found=f"it is no workbook but {what}", remedy=remedy))


def _locked(name: str) -> Fault:
    remedy = "open it with its password, and save it without one"
    return Fault(where=name, found="the workbook is protected by a password", remedy=remedy)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the library says of a damaged workbook, in our words; at worst, it panics."""
    try:
        yield
    except RetentionLabError:
        raise
    except PasswordError as error:
        raise DataError(_locked(name)) from error
    except _BROKEN as error:
        raise DataError(_damaged(name, error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DataError(_damaged(name, error)) from error


def _damaged(name: str, error: BaseException) -> Fault:
    remedy = "open it in a spreadsheet program and save it again, or ask for it again"
    return Fault(where=name, found=f"not readable as a workbook: {error}", remedy=remedy)


def _sheet(book: CalamineWorkbook, name: str, declared: str | None) -> tuple[CalamineSheet, tuple[str, ...]]:
    if declared is not None:
        if declared not in book.sheet_names:
            found, allowed = f"there is no sheet {declared!r}", ", ".join(map(repr, book.sheet_names))
            remedy = nearest(declared, book.sheet_names) or "set read.sheet to one of them"
            raise DataError(Fault(where=name, found=found, allowed=allowed, remedy=remedy))
        return book.get_sheet_by_name(declared), ()
    filled = [sheet for sheet in map(book.get_sheet_by_name, _shown(book)) if sheet.start is not None]
    if not filled:
        raise no_rows(name)
    return filled[0], tuple(sheet.name for sheet in filled[1:])


def _cells(sheet: CalamineSheet, extent: Extent) -> list[list[Any]]:
    """All rows from the first one of the sheet on; an error, of which the library makes a blank, stands as its text."""
    if sheet.start is None:
        return []
    cells = [list(row) for row in sheet.iter_rows()]
    first = sheet.start[1]
    for (row, column), text in extent.errors.items():
        if row <= len(cells) and 0 <= column - 1 - first < len(cells[row - 1]):
            cells[row - 1][column - 1 - first] = text
    return cells


def _is_value(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def header_of(cells: list[list[Any]], name: str, declared: int | None) -> tuple[int, list[Any]]:
    """The row of the header, 0 where there is none, and its cells.

    Where none is declared it is the first with two texts, or, of a sheet with one column, the first with one.
    """
    if declared == 0:
        return 0, []
    if declared:
        values = cells[declared - 1] if declared <= len(cells) else []
        if not any(map(_is_value, values)):
            raise DataError(no_header(name, declared))
        return declared, values
    texts = [sum(isinstance(value, str) and _is_value(value) for value in row) for row in cells]
    enough = next((n for n in (2, 1) if n <= max(texts, default=0)), 0)
    if not enough:
        raise no_rows(name)
    row = next(at for at, n in enumerate(texts) if n >= enough)
    return row + 1, cells[row]


def _named(name: str, header_row: int, first: list[Any], cells: list[list[Any]]) -> tuple[list[str], list[int]]:
    """The names of the columns and their places; a column without name and value is only a place with a colour."""
    below = cells[header_row:]
    width = max(map(len, cells), default=0)
    texts = [as_text(value) or "" for value in first] + [""] * (width - len(first))
    used = [at for at in range(width) if texts[at].strip() or any(_is_value(row[at]) for row in below)]
    names = [texts[at].strip() or f"column {at + 1}" for at in used]
    return header_names(name, header_row, names), used


def _column(values: list[Any]) -> pa.Array:
    """Values of one type as that type, whole numbers as such; values of several types as text."""
    given = [value if _is_value(value) else None for value in values]
    kinds = {type(value) for value in given if value is not None}
    if kinds == {bool}:
        return pa.array(given, pa.bool_())
    if kinds and kinds <= {int, float}:
        whole = all(value is None or (float(value).is_integer() and abs(value) < _WHOLE) for value in given)
        numbers = [None if value is None else int(value) if whole else float(value) for value in given]
        return pa.array(numbers, pa.int64() if whole else pa.float64())
    if kinds and kinds <= {date, datetime}:
        return pa.array([_as_moment(value) for value in given], pa.timestamp("us"))
    return pa.array(map(as_text, given), pa.string())


def of_one_kind(parts: Sequence[Source]) -> list[Source]:
    """Sources in memory whose columns have one type each: what is whole in one month has cents in the next.

    Numbers become fractions where some are; else what has several types is text in all of them, as it is in one sheet.
    """
    for column in parts[0].columns:
        kinds = {kind for part in parts if not types.is_null(kind := part.own.schema.field(column).type)}
        if len(kinds) > 1:
            numbers = all(types.is_integer(kind) or types.is_floating(kind) for kind in kinds)
            parts = [_as_other(part, column, pa.float64() if numbers else pa.string()) for part in parts]
    return list(parts)


def _as_other(part: Source, column: str, kind: pa.DataType) -> Source:
    values = part.own[column]
    if kind == pa.string() and values.type != kind:
        values = pa.chunked_array([pa.array(map(as_text, values.to_pylist()), kind)])
    at = part.own.schema.get_field_index(column)
    return replace(part, own=part.own.set_column(at, column, values.cast(kind)))


def _as_moment(value: date | None) -> datetime | None:
    return value if value is None or isinstance(value, datetime) else datetime.combine(value, time())


def as_text(value: Any) -> str | None:
    """A cell as text: dates as ISO, whole numbers without a point, lengths of time as hours."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)
