"""The smallest workbooks of two formats that nothing in the environment writes: .xls and .xlsb."""

import io
import struct
import zipfile
from collections.abc import Sequence

Rows = Sequence[Sequence[str | float]]
_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def xls(name: str, rows: Rows) -> bytes:
    """A workbook as Excel 97 wrote it: records in a stream, the stream in a file system of its own."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6)
    sheet_begin = struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6)
    cells = b"".join(
        _xls_cell(row, column, value) for row, values in enumerate(rows) for column, value in enumerate(values)
    )
    sheet = _record(0x0809, sheet_begin) + cells + _record(0x000A, b"")
    tie = struct.pack("<BBBB", 0, 0, len(name), 0) + name.encode("latin-1")
    before = _record(0x0809, begin) + _record(0x0042, struct.pack("<H", 1200))
    place = len(before) + 4 + 4 + len(tie) + 4
    stream = before + _record(0x0085, struct.pack("<I", place) + tie) + _record(0x000A, b"") + sheet
    return _compound(stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0"))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _xls_cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x0204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return _record(0x0203, place + struct.pack("<d", value))


def _compound(stream: bytes) -> bytes:
    """One stream called Workbook, in sectors of 512 bytes: the table of sectors, the directory, the stream."""
    n = len(stream) // _SECTOR
    chain = [*range(3, n + 2), _END]
    table = struct.pack("<128I", *([_FAT, _END, *chain] + [_FREE] * (126 - n)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", 0, *[_FREE] * 108)
    root = _entry("Root Entry", 5, child=1, start=_END, size=0)
    directory = root + _entry("Workbook", 2, child=_FREE, start=2, size=len(stream)) + 2 * _entry("", 0, _FREE, 0, 0)
    return header + table + directory + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = f"{name}\0".encode("utf-16-le") if name else b""
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + struct.pack("<III", _FREE, _FREE, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def xlsb(name: str, rows: Rows, *, far: tuple[int, int] | None = None) -> bytes:
    """A workbook of binary parts; `far` puts one more number into that row and column, counted from 0."""
    content = io.BytesIO()
    wide = struct.pack("<I", len(name)) + name.encode("utf-16-le")
    sheets = struct.pack("<II", 0, 1) + struct.pack("<I", 4) + "rId1".encode("utf-16-le") + wide
    book = _part(131, b"") + _part(143, b"") + _part(156, sheets) + _part(144, b"") + _part(132, b"")
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/_rels/workbook.bin.rels", _TIES)
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", _xlsb_sheet(rows, far))
    return content.getvalue()


_TIES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
    ' Target="worksheets/sheet1.bin"/></Relationships>'
)


def _xlsb_sheet(rows: Rows, far: tuple[int, int] | None) -> bytes:
    written = b""
    for row, values in enumerate(rows):
        written += _part(0, struct.pack("<I", row) + bytes(13)) + b"".join(map(_xlsb_cell, range(len(values)), values))
    if far:
        written += _part(0, struct.pack("<I", far[0]) + bytes(13)) + _xlsb_cell(far[1], 1.0)
    size = struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, max(map(len, rows)) - 1)
    return _part(129, b"") + _part(148, size) + _part(145, b"") + written + _part(146, b"") + _part(130, b"")


def _xlsb_cell(column: int, value: str | float) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return _part(6, place + struct.pack("<I", len(value)) + value.encode("utf-16-le"))
    return _part(5, place + struct.pack("<d", value))


def _part(kind: int, content: bytes) -> bytes:
    return _varying(kind) + _varying(len(content)) + content


def _varying(number: int) -> bytes:
    written = b""
    while number >= 0x80:
        written, number = written + bytes([number & 0x7F | 0x80]), number >> 7
    return written + bytes([number])
