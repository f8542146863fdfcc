"""What a workbook's own parts say before it is opened: how large its sheets are, and where an error stands.

A workbook with two cells at opposite corners of a sheet takes seventeen thousand million cells of memory once it is
opened, and ends the process. And the library that opens it reads an error (#N/A) as a blank.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import PurePosixPath
from typing import IO

from retention_lab.errors import DataError, Fault
from retention_lab.tables.sources.bounds import refuse_growth

MOST_CELLS = 100_000_000
_BLOCK = 4 * 2**20
_ROW = re.compile(rb"<(?:[\w.-]+:)?row\b")
_NUMBER = re.compile(rb"""^[^>]*?\sr\s*=\s*["'](\d+)["']""")
# In any tag: a cell's own row counts for the library, and the one of the row around it need not be there.
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)(\d+)["']""")
# A value belongs to the last cell that was opened before it.
_ERROR = re.compile(rb"""<(?:[\w.-]+:)?c\b([^>]*)>(?:<(?:[\w.-]+:)?f\b[^>]*>[^<]*</[^>]*>)?<(?:[\w.-]+:)?v>([^<]*)<""")
_PLACE = re.compile(rb"""\sr="([A-Z]+)(\d+)\"""")
_LONGEST_TAG = 64
_OPEN_DOCUMENT, _MOST_COLUMNS = "content.xml", 16_384
_REPEATED = re.compile(rb"""<[^<>]*number-columns-repeated\s*=\s*["']\s*\+?(\d{1,18})[^<>]*>""")
_SHEET = re.compile(r"<(?:[\w.-]+:)?sheet\b([^>]*)>")
_TIE = re.compile(r"<(?:[\w.-]+:)?Relationship\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ROW_RECORD, _CELL_RECORDS = 0, range(1, 12)


@dataclass(slots=True)
class Extent:
    """How far a sheet reaches (counted from 1), and its errors by row and column."""

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def look_at_parts(stream: IO[bytes], name: str, packed: int) -> dict[str, Extent]:
    """The extent of each sheet, by its name, of a workbook that is a zip archive (.xlsx, .xlsb; others have none).

    Raises DataError where the archive would grow beyond all bounds, or a sheet reaches too far.
    """
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        refuse_growth(name, sum(entry.file_size for entry in entries), packed)
        extents = {entry.filename: _extent(archive, entry) for entry in entries if _is_sheet(entry.filename)}
        for extent in extents.values():
            if extent.rows * extent.columns > MOST_CELLS:
                raise DataError(_too_far(name, extent))
        if _OPEN_DOCUMENT in archive.namelist():
            _refuse_repeated(archive, name)
        names = _names(archive)
    return {sheet: extents[part] for sheet, part in names.items() if part in extents}


def _too_far(name: str, extent: Extent) -> Fault:
    found = f"a sheet that reaches to row {extent.rows} and column {extent.columns}"
    remedy = "delete the rows and columns behind the last value, or save the sheet as CSV"
    return Fault(where=name, found=found, allowed=f"{MOST_CELLS:,} cells", remedy=remedy)


def _refuse_repeated(archive: zipfile.ZipFile, name: str) -> None:
    """In an .ods one cell can stand for thousands of millions; the blank ones behind each row cost nothing."""
    n_cells, rest = 0, b""
    with archive.open(_OPEN_DOCUMENT) as stream:
        while block := stream.read(_BLOCK):
            rest += block
            end = rest.rfind(b">") + 1
            for tag in _REPEATED.finditer(rest[:end]):
                is_blank = tag[0].endswith(b"/>") and b"value" not in tag[0]
                n_cells += 0 if is_blank and int(tag[1]) <= _MOST_COLUMNS else int(tag[1])
            rest = rest[end:]
            if n_cells > MOST_CELLS or len(rest) > 16 * _BLOCK:
                raise DataError(_too_far(name, Extent(rows=1, columns=n_cells)))


def _is_sheet(part: str) -> bool:
    """Any part that may be a sheet, whatever it is called: all but those which are known not to be."""
    path = PurePosixPath(part.lower())
    return path.suffix in (".xml", ".bin") and path.name not in _NO_SHEETS


_NO_SHEETS = {"sharedstrings.xml", "styles.xml", "workbook.xml", "content.xml", "sharedstrings.bin", "styles.bin"}


def _extent(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Extent:
    with archive.open(entry) as stream:
        if entry.filename.lower().endswith(".bin"):
            return _of_binary(stream.read())
        return _of_xml(_rows(stream))


def _rows(stream: IO[bytes]) -> Iterator[bytes]:
    """What stands before the first row of a sheet, then its rows, each from behind the name of its tag to the next."""
    rest = b""
    while block := stream.read(_BLOCK):
        pieces = _split(rest + block)
        yield from pieces[:-1]
        # A tag may be cut by the end of the block.
        rest = pieces[-1]
        if len(rest) > 16 * _BLOCK:
            yield rest
            rest = rest[-_LONGEST_TAG:]
    yield rest


def _split(data: bytes) -> list[bytes]:
    """Few programs write a prefix before the names of tags, and to look for one takes ten times as long."""
    return _ROW.split(data) if b":row" in data else data.split(b"<row")


def _of_xml(rows: Iterator[bytes]) -> Extent:
    extent = Extent()
    known: dict[bytes, int] = {}
    for place, row in enumerate(rows):
        number = _NUMBER.match(row) if place else None
        references = set(_REFERENCE.findall(row))
        for letters in {letters for letters, _ in references}.difference(known):
            known[letters] = _column(letters)
        extent.rows = max(extent.rows + bool(place), int(number[1]) if number else 0, *(int(n) for _, n in references))
        # Cells need not say where they are: they are then counted.
        n_cells = _cells_of(row).count(b"<c") + row.count(b":c ") if place else 0
        extent.columns = max(extent.columns, n_cells, *(known[letters] for letters, _ in references))
        if b't="e"' in row:
            for attributes, text in _ERROR.findall(row):
                if b't="e"' in attributes and (at := _PLACE.search(attributes)):
                    extent.errors[int(at[2]), _column(at[1])] = unescape(text.decode("utf-8", "replace"))
    return extent


def _cells_of(row: bytes) -> bytes:
    """A row without what follows the last one of the sheet."""
    return row.partition(b"sheetData>")[0]


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + letter - ord("A") + 1
    return column


def _of_binary(data: bytes) -> Extent:
    """The sheet of an .xlsb: records of a kind, a length and as many bytes."""
    extent, at = Extent(), 0
    while at < len(data):
        kind, at = _varying(data, at, 2)
        length, at = _varying(data, at, 4)
        first = int.from_bytes(data[at : at + 4], "little") + 1
        if kind == _ROW_RECORD:
            extent.rows = max(extent.rows, first)
        elif kind in _CELL_RECORDS:
            extent.columns = max(extent.columns, first)
        at += length
    return extent


def _varying(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for shift, byte in enumerate(data[at : at + most]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    return value, at + most


def _names(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet, by the sheet's name; nothing of an .xlsb, whose errors cannot be found."""
    there = set(archive.namelist())
    parts = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    if not there.issuperset(parts):
        return {}
    book, ties = (_text(archive, part) for part in parts)
    targets = {
        found["Id"]: found["Target"] for tag in _TIE.findall(ties) if {"Id", "Target"} <= (found := _of(tag)).keys()
    }
    sheets = [_of(tag) for tag in _SHEET.findall(book)]
    tied = {sheet.get("name", ""): targets.get(sheet.get("r:id", ""), "") for sheet in sheets}
    return {name: part.lstrip("/") if part.startswith("/") else f"xl/{part}" for name, part in tied.items()}


def _text(archive: zipfile.ZipFile, part: str) -> str:
    with archive.open(part) as stream:
        return stream.read(_BLOCK).decode("utf-8", "replace")


def _of(tag: str) -> dict[str, str]:
    return {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}
