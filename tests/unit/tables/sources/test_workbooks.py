import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter
from old_workbooks import xls, xlsb

from retention_lab.errors import DataError
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.source import Source
from retention_lab.tables.sources.workbooks import read_workbook

Told = Callable[[Callable[[], object]], str]
Sheets = dict[str, list[list[Any]]]
Write = Callable[..., Path]
_FORMATS = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm", timedelta: "[h]:mm:ss"}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a workbook of sheets, each a list of rows; None is no cell at all."""

    def write(sheets: Sheets, *, hidden: tuple[str, ...] = (), name: str = "c.xlsx") -> Path:
        with xlsxwriter.Workbook(tmp_path / name) as book:
            formats = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                if title in hidden:
                    sheet.hide()
                for row, values in enumerate(rows):
                    for column, value in enumerate(values):
                        _write(sheet, row, column, value, formats)
        return tmp_path / name

    return write


def _write(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    if isinstance(value, str) and value.startswith("#"):
        sheet.write_formula(row, column, "=1/0", None, value)
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    elif isinstance(value, timedelta):
        sheet.write_number(row, column, value / timedelta(days=1), formats[timedelta])
    elif value is not None:
        sheet.write(row, column, value, formats.get(type(value)))


def read(path: Path, **options: object) -> Source:
    return read_workbook(path, path.name, ReadOptions.model_validate(options))


def rows_of(source: Source) -> list[int]:
    found: list[int] = source.places["_row"].to_pylist()
    return found


def test_values_keep_their_type(write: Write) -> None:
    header = ["id", "day", "moment", "whole", "part", "flag", "text", "none"]
    first = ["007", date(2020, 2, 29), datetime(2020, 2, 29, 4, 5, 6), 123, 1.25, True, " x ", None]
    second = ["8", None, date(1999, 12, 31), -2, 3, False, None, None]

    own = read(write({"S": [header, first, second]})).own

    assert own.to_pydict() == {
        "id": ["007", "8"],
        "day": [datetime(2020, 2, 29), None],
        "moment": [datetime(2020, 2, 29, 4, 5, 6), datetime(1999, 12, 31)],
        "whole": [123, -2],
        "part": [1.25, 3.0],
        "flag": [True, False],
        "text": [" x ", None],
        "none": [None, None],
    }
    assert own.schema.field("day").type == pa.timestamp("us")
    assert own.schema.field("whole").type == pa.int64()


def test_a_column_of_several_types_is_text_as_a_person_would_write_it(write: Write) -> None:
    mixed = ["a", 123, 1.5, True, date(2020, 1, 2), datetime(2020, 1, 2, 3, 4), time(3, 4), timedelta(hours=36)]

    own = read(write({"S": [["x", "y"], *([value, 1] for value in mixed)]})).own

    expected = ["a", "123", "1.5", "true", "2020-01-02", "2020-01-02 03:04:00", "03:04:00", "36:00:00"]
    assert own["x"].to_pylist() == expected


def test_an_id_that_a_spreadsheet_rounded_is_a_whole_number(write: Write) -> None:
    assert read(write({"S": [["id", "n"], [5.70306e17, 1]]})).own["id"].to_pylist() == [570306000000000000]


def test_an_error_is_no_blank(write: Write) -> None:
    # The library that opens workbooks makes a blank of it, and a blank is nobody's fault.
    own = read(write({"S": [[None], [None, "a", "b"], [None, 1, "#N/A"], [None, "#REF!", 2]]})).own

    assert own.to_pydict() == {"a": ["1", "#REF!"], "b": ["#N/A", "2"]}


def test_rows_are_those_of_the_sheet(write: Write) -> None:
    rows = [["Report of October"], [], ["id", "n"], ["1", 1], [], ["2", 2], [" ", None]]

    source = read(write({"S": rows}))

    assert (source.columns, rows_of(source)) == (["id", "n"], [4, 6])
    assert source.notes == ("Rows without a single value are not counted: 1, first row 5.",)


def test_a_header_is_where_it_is_declared(write: Write) -> None:
    path = write({"S": [["a", "b"], ["c", "d"], ["1", "2"]]})

    assert read(path, header_row=2).own.to_pylist() == [{"c": "1", "d": "2"}]
    assert read(path, header_row=0).own["column 1"].to_pylist() == ["a", "c", "1"]


@pytest.mark.parametrize("row", [2, 9])
def test_a_declared_header_row_with_nothing_in_it_is_refused(row: int, write: Write, told: Told) -> None:
    path = write({"S": [["a", "b"], [], ["1", "2"]]})

    assert f"read.header_row says {row}, and there is nothing in that row" in told(lambda: read(path, header_row=row))


def test_names_are_text_and_columns_without_name_and_value_are_left_out(write: Write) -> None:
    own = read(write({"S": [["id", " n ", None, 2024, None], ["1", "2", None, 3, 4]]})).own

    assert own.column_names == ["id", "n", "2024", "column 5"]


def test_a_sheet_of_one_column_has_a_header_too(write: Write) -> None:
    assert read(write({"S": [["id"], [1], [2]]})).own.to_pydict() == {"id": [1, 2]}


def test_the_first_sheet_that_is_shown_and_filled_is_read_and_the_others_are_told(write: Write) -> None:
    sheets: Sheets = {"Cover": [], "Old": [["z"], [1]], "Data": [["a"], [1]], "More": [["b"], [2]]}

    source = read(write(sheets, hidden=("Old",)))

    assert source.columns == ["a"]
    assert source.notes == ("Read is the sheet 'Data', and not 'More': read.sheet can name another.",)


def test_a_sheet_can_be_declared_even_a_hidden_one(write: Write) -> None:
    path = write({"Data": [["a"], [1]], "Old": [["z"], [1]]}, hidden=("Old",))

    assert read(path, sheet="Old").columns == ["z"]
    assert read(path, sheet="Old").notes == ()


def test_a_sheet_that_is_not_there_is_refused_with_the_nearest(write: Write, told: Told) -> None:
    message = told(lambda: read(write({"Customers": [["a"], [1]], "Orders": [["b"], [1]]}), sheet="customer"))

    assert "c.xlsx: there is no sheet 'customer'" in message
    assert "'Customers', 'Orders'" in message
    assert "did you mean Customers?" in message


@pytest.mark.parametrize("sheets", [{"S": []}, {"S": [["a", "b"]]}, {"S": [[1, 2]]}])
def test_a_workbook_without_rows_is_refused(sheets: Sheets, write: Write, told: Told) -> None:
    assert "the file has no rows" in told(lambda: read(write(sheets)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html><table>", "it is no workbook but a web page"),
        (b"ID\tN\n1\t2\n", "it is no workbook but a text"),
        (b"", "it is no workbook"),
        (b"PK\x03\x04 and then nothing", "not readable as a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and then nothing", "not readable as a workbook"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes, expected: str, tmp_path: Path, told: Told) -> None:
    (tmp_path / "c.xls").write_bytes(content)

    assert expected in told(lambda: read(tmp_path / "c.xls"))


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_a_workbook_that_is_cut_or_changed_never_ends_in_a_traceback(cut: int, write: Write) -> None:
    content = write({"S": [["a", "b"], *([f"x{row}", row] for row in range(200))]}).read_bytes()
    place = len(content) * cut // 100
    path = write({"S": []}, name="d.xlsx")
    path.write_bytes(
        content[:place] + bytes(byte ^ 0x55 for byte in content[place : place + 40]) + content[place + 40 :]
    )

    with suppress(DataError):
        assert read(path).own.num_rows


def test_two_cells_at_opposite_corners_are_refused_and_do_not_take_all_memory(write: Write, told: Told) -> None:
    path = write({"S": [["a", "b"], ["1", "2"]]})
    far = _changed(path, "xl/worksheets/sheet1.xml", b"</row></sheetData>", b"</row>" + _FAR + b"</sheetData>")

    message = told(lambda: read(far))

    assert "a sheet that reaches to row 1048576 and column 16384" in message
    assert "delete the rows and columns behind the last value" in message


@pytest.mark.parametrize(
    "far",
    [
        # The row says nothing, and the library believes the cell.
        b'<row><c r="XFD1048576"><v>1</v></c></row>',
        b'<c r="XFD1048576"><v>1</v></c>',
        b"<row\n r = '1048576'><c t='n'\n r = 'XFD1048576'><v>1</v></c></row>",
    ],
)
def test_a_far_cell_is_seen_however_it_is_written(far: bytes, write: Write, told: Told) -> None:
    path = write({"S": [["a", "b"], ["1", "2"]]})
    changed = _changed(path, "xl/worksheets/sheet1.xml", b"</row></sheetData>", b"</row>" + far + b"</sheetData>")

    assert "row 1048576 and column 16384" in told(lambda: read(changed))


_FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def _changed(path: Path, part: str, before: bytes, after: bytes) -> Path:
    changed = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, content.replace(before, after) if entry.filename == part else content)
    return changed


def test_a_workbook_that_is_a_zip_bomb_is_refused(tmp_path: Path, told: Told) -> None:
    with zipfile.ZipFile(tmp_path / "c.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 110_000_000)

    assert "more than 200 times what it takes on the disk" in told(lambda: read(tmp_path / "c.xlsx"))


def test_names_of_tags_may_have_a_prefix(write: Write, told: Told) -> None:
    path = write({"S": [["a", "b"], [1, "#N/A"]]})
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    start = sheet.index(b"<worksheet")
    prefixed = sheet[start:].replace(b"</", b"</x:").replace(b"<", b"<x:").replace(b"<x:/x:", b"</x:")
    prefixed = prefixed.replace(b' xmlns="', b' xmlns:x="', 1)
    changed = _changed(path, "xl/worksheets/sheet1.xml", sheet[start:], prefixed)

    assert read(changed).own.to_pydict() == {"a": [1], "b": ["#N/A"]}
    prefixed_far = _FAR.replace(b"<", b"<x:").replace(b"<x:/", b"</x:")
    far = _changed(changed, "xl/worksheets/sheet1.xml", b"</x:sheetData>", prefixed_far + b"</x:sheetData>")
    assert "row 1048576 and column 16384" in told(lambda: read(far))


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/"'
    ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def _ods(path: Path, rows: str) -> Path:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", _ODS.format(rows=rows))
    path.write_bytes(content.getvalue())
    return path


def test_an_open_document_is_read(tmp_path: Path) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>when</text:p></table:table-cell></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="float" office:value="5"><text:p>5</text:p>'
        '</table:table-cell><table:table-cell office:value-type="date" office:date-value="2020-01-02">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )

    source = read(_ods(tmp_path / "c.ods", rows))

    assert source.own.to_pylist() == [{"id": 5, "when": datetime(2020, 1, 2)}]
    assert rows_of(source) == [4]


def test_an_open_document_that_repeats_a_cell_without_end_is_refused(tmp_path: Path, told: Told) -> None:
    row = (
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell office:value-type="float"'
        ' office:value="6" table:number-columns-repeated="16384"/></table:table-row>'
    )

    assert "not readable as a workbook" in told(lambda: read(_ods(tmp_path / "c.ods", row)))


@pytest.mark.parametrize(("name", "pack"), [("c.xls", xls), ("c.xlsb", xlsb)])
def test_older_kinds_are_read_and_what_cannot_be_seen_in_them_is_told(
    name: str, pack: Callable[..., bytes], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(pack("S", [["id", "n"], ["č1", 1.5], ["2", 3]]))

    source = read(tmp_path / name)

    assert source.own.to_pydict() == {"id": ["č1", "2"], "n": [1.5, 3.0]}
    assert rows_of(source) == [2, 3]
    assert source.notes == ("In a workbook of this kind, an error such as #N/A reads as a blank.",)


def test_a_binary_workbook_with_a_far_cell_is_refused(tmp_path: Path, told: Told) -> None:
    (tmp_path / "c.xlsb").write_bytes(xlsb("S", [["id"], ["1"]], far=(1048575, 16383)))

    assert "row 1048576 and column 16384" in told(lambda: read(tmp_path / "c.xlsb"))


@pytest.mark.parametrize(
    "cell",
    [
        '<table:table-cell table:number-columns-repeated="2000000000" office:value="6" office:value-type="float"/>',
        '<table:table-cell table:number-columns-repeated="2000000000"/><table:table-cell office:value="6"/>',
        '<table:table-cell office:value-type="float" office:value="6" table:number-columns-repeated="16384"/>' * 7000,
    ],
)
def test_an_open_document_in_which_one_cell_stands_for_all_memory_is_refused(
    cell: str, tmp_path: Path, told: Told
) -> None:
    path = _ods(tmp_path / "c.ods", f"<table:table-row>{cell}</table:table-row>")

    assert "a sheet that reaches to row 1 and column" in told(lambda: read(path))
