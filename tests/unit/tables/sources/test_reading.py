from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources import reading
from retention_lab.tables.sources.reading import read_source
from retention_lab.tables.sources.source import Source
from retention_lab.tables.sources.text_files import read_csv

Told = Callable[[Callable[[], object]], str]
Read = Callable[..., Source]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file and read it; keywords are read options."""

    def read(content: str | bytes, **options: object) -> Source:
        (tmp_path / "c.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_source(tmp_path, "c.csv", ReadOptions.model_validate(options))

    return read


def rows_of(source: Source) -> list[int]:
    found: list[int] = source.places["_row"].to_pylist()
    return found


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   \n", b"\xef\xbb\xbf", b"ID;Name\n", b"ID;Name\n\n ; \n"])
def test_a_file_without_rows_is_refused(content: bytes, read: Read, told: Told) -> None:
    assert "c.csv: the file has no rows" in told(lambda: read(content))


def test_a_file_cut_in_the_middle_of_a_quote_is_refused_with_the_row(read: Read, told: Told) -> None:
    message = told(lambda: read('ID,Name\n1,A\n\n2,"B\nand so'))

    assert "row 4 cannot be read" in message
    assert "a quote is never closed" in message


def test_text_after_a_closing_quote_is_refused_and_not_glued_on(read: Read, told: Told) -> None:
    assert "row 3 cannot be read" in told(lambda: read('ID,Name\n1,A\n2,"B" or C\n'))


def test_row_numbers_are_those_of_a_spreadsheet(read: Read) -> None:
    source = read('\nID,Name\n1,"two\nlines"\n\n , \n2,B\n3,"C\r\nD"\n4,E\n')

    assert rows_of(source) == [3, 6, 7, 8]
    assert source.own["ID"].to_pylist() == ["1", "2", "3", "4"]
    assert source.own["Name"].to_pylist()[0] == "two\nlines"
    assert source.notes == (
        "Rows without a single value are not counted: 2, first row 4.",
        "Values run over several lines in 2 rows, first row 3: is a quote open?",
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_line_ends(end: str, read: Read) -> None:
    source = read(end.join(["ID;Name", "1;A", "2;B"]))

    assert (source.columns, rows_of(source)) == (["ID", "Name"], [2, 3])


def test_a_row_with_too_few_or_too_many_fields_is_marked_and_kept_as_it_stood(read: Read) -> None:
    source = read("ID;Name;City\n1;A;Rome\n2;B\n3;C;Milan;Italy\n")

    assert source.places["_ragged"].to_pylist() == [None, "2;B", "3;C;Milan;Italy"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("ID,Name", ["ID", "Name"]),
        ("ID;Name", ["ID", "Name"]),
        ("ID\tName", ["ID", "Name"]),
        ("ID|Name", ["ID", "Name"]),
        ('"ID,No,of;customer";Name', ["ID,No,of;customer", "Name"]),
        ("ID", ["ID"]),
        (" ID ; ", ["ID", "column 2"]),
    ],
)
def test_the_separator_is_found_in_the_header_outside_quotes(header: str, columns: list[str], read: Read) -> None:
    assert read(f"{header}\n1\n").columns == columns


@pytest.mark.parametrize("header", ["ID,ID", "ID, ID ", ",column 1", "ID,_row", "_reason,_file"])
def test_names_that_are_there_twice_or_are_our_own_are_refused(header: str, read: Read, told: Told) -> None:
    message = told(lambda: read(f"\n{header}\n1,2\n"))

    assert "c.csv: row 2 has" in message
    assert "give each column its own name" in message


def test_a_file_that_is_not_what_is_declared_is_refused_with_the_row(read: Read, told: Told) -> None:
    content = 'ID;Name\n1;"two\nlines"\n2;Città\n'

    assert "row 3 is not utf-8: byte 0xe0" in told(lambda: read(content.encode("cp1252"), encoding="utf-8"))


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso8859-15", "mac_roman"])
def test_utf8_that_is_declared_as_something_else_is_refused(encoding: str, read: Read, told: Told) -> None:
    # It would read without complaint, and every accent would become two wrong letters.
    message = told(lambda: read('ID;Name\n1;"two\nlines"\n2;Città\n', encoding=encoding))

    assert f"read.encoding says {encoding}, but the file is UTF-8 (first accent in row 3)" in message


def test_an_undeclared_encoding_is_not_guessed_but_shown(read: Read, told: Told) -> None:
    # Guessing was tried: of an Italian file charset-normalizer makes cp1257, and of Città Cittą.
    message = told(lambda: read("ID;City\n1;Rome\n2;Città\n".encode("cp1252")))

    assert "row 3 is not utf-8" in message
    assert "'2;Città' in cp1252" in message
    assert "'2;Cittŕ' in cp1250" in message
    assert "set read.encoding to the one that reads right" in message


@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF8", "utf_8", "utf-8-sig", "utf-16", "utf-16-le", "utf_16_be", "cp1252", "CP1250"]
)
def test_a_declared_encoding_is_read_by_any_of_its_names(encoding: str, read: Read) -> None:
    assert read("ID;City\n1;Müll\n".encode(encoding), encoding=encoding).own["City"].to_pylist() == ["Müll"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_says_what_a_file_is(encoding: str, read: Read) -> None:
    assert read("ID;City\n1;Città\n".encode(encoding)).columns == ["ID", "City"]


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        (b"ID\n1\n", "utf-88", "'utf-88' is not known"),
        (b"ID\n1\n", "rot13", "'rot13' is not known"),
        ("ID\n1\n".encode("utf-16-le"), None, "NUL characters"),
        (b"ID\n\x81\n", "cp1252", "row 2 is not cp1252"),
        ("ID\n1\n".encode("utf-16-le")[:-1], "utf-16-le", "is not utf-16-le"),
    ],
)
def test_what_is_no_text_in_that_encoding_is_refused(
    content: bytes, encoding: str | None, expected: str, read: Read, told: Told
) -> None:
    assert expected in told(lambda: read(content, encoding=encoding))


def test_several_files_are_one_table_and_keep_their_own_row_numbers(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("ID\n3\n\n4\n")
    (tmp_path / "a.csv").write_text("ID\n1\n2\n")

    source = read_source(tmp_path, "*.csv", ReadOptions())

    assert source.own["ID"].to_pylist() == ["1", "2", "3", "4"]
    assert [source.row_name(position) for position in (0, 3)] == ["row 2 of a.csv", "row 4 of b.csv"]
    assert source.notes == ("b.csv: Rows without a single value are not counted: 1, first row 3.",)


def test_several_files_that_do_not_fit_are_refused_with_the_faults_of_all(tmp_path: Path, told: Told) -> None:
    for name, content in (("a.csv", "ID,N\n1,2\n"), ("b.csv", ""), ("c.csv", "ID,M\n1,2\n"), ("d.csv", 'ID,N\n1,"')):
        (tmp_path / name).write_text(content)

    message = told(lambda: read_source(tmp_path, "*.csv", ReadOptions()))

    for expected in ("b.csv: the file has no rows", "c.csv: its columns are ID, M", "those of a.csv", "d.csv: row 2"):
        assert expected in message


def test_files_of_two_types_are_refused_but_an_empty_column_fits_any(tmp_path: Path, told: Told) -> None:
    # As numbers, the ids of the one file would be 1.0 and match nothing.
    pq.write_table(pa.table({"id": [1], "x": pa.nulls(1)}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": [2], "x": ["y"]}), tmp_path / "b.parquet")
    assert read_source(tmp_path, "*.parquet", ReadOptions()).own["x"].to_pylist() == [None, "y"]

    pq.write_table(pa.table({"id": [2.0], "x": ["y"]}), tmp_path / "c.parquet")
    assert "column 'id' is double" in told(lambda: read_source(tmp_path, "*.parquet", ReadOptions()))


def test_what_is_no_parquet_is_refused(tmp_path: Path, told: Told) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing PAR1")
    (tmp_path / "b.parquet").write_bytes(b"")
    (tmp_path / "c.pdf").write_bytes(b"%PDF")
    pq.write_table(pa.table({"id": pa.array([], pa.int64())}), tmp_path / "d.parquet")

    assert "not readable as Parquet" in told(lambda: read_source(tmp_path, "a.parquet", ReadOptions()))
    assert "not readable as Parquet" in told(lambda: read_source(tmp_path, "b.parquet", ReadOptions()))
    assert "a .pdf file" in told(lambda: read_source(tmp_path, "c.pdf", ReadOptions()))
    assert "the file has no rows" in told(lambda: read_source(tmp_path, "d.parquet", ReadOptions()))


def test_every_type_of_parquet_reaches_the_engine(tmp_path: Path) -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    columns = {
        "null": pa.nulls(2),
        "dictionary": pa.array(["a", None]).dictionary_encode(),
        "zoned": pa.array([late, None], pa.timestamp("ns", "UTC")),
        "date": pa.array([date(2026, 1, 1), None]),
        "half": pa.array([1.5, None], pa.float16()),
        "list": pa.array([[1, 2], None]),
        "bytes": pa.array([b"\xff", None]),
        "time": pa.array([1, None]).cast(pa.time64("us")),
        "length": pa.array([1, None]).cast(pa.duration("s")),
        "decimal": pa.array([1, None]).cast(pa.decimal128(21, 2)),
        "unsigned": pa.array([2**63 + 1, None], pa.uint64()),
    }
    pq.write_table(pa.table(columns), tmp_path / "c.parquet")

    source = read_source(tmp_path, "c.parquet", ReadOptions())
    table = ibis.duckdb.connect().create_table("c", ibis.memtable(source.for_engine("Europe/Rome"))).to_pyarrow()

    values = {name: table[source.engine_name(name)].to_pylist()[0] for name in columns}
    assert values["dictionary"] == "a"
    # Half past eleven in London is already November in Rome, and the client lives in Rome.
    assert values["zoned"] == datetime(2026, 11, 1, 0, 30)
    assert values["unsigned"] == 2**63 + 1


def test_a_space_anywhere_in_a_column_is_seen(tmp_path: Path) -> None:
    values = {"plain": "Größe", "inner": "a b", "tab": "a\t", "hard": "a\u00a0", "narrow": "\u202fa", "line": "a\nb"}
    pq.write_table(pa.table({name: ["x", None, text] for name, text in values.items()}), tmp_path / "c.parquet")

    source = read_source(tmp_path, "c.parquet", ReadOptions())

    assert [name for name in values if source.is_tidy(name)] == ["plain"]


def test_months_in_workbooks_may_be_whole_or_in_fractions_or_in_part_text(tmp_path: Path) -> None:
    for month, amounts in enumerate(([5, 6], [5.5, None], ["n/a", 8]), start=1):
        with xlsxwriter.Workbook(tmp_path / f"m{month}.xlsx") as book:
            book.add_worksheet().write_column(0, 0, ["Amount", *amounts])
            book.worksheets()[0].write_column(0, 1, ["ID", 100, 101])

    source = read_source(tmp_path, "m[12].xlsx", ReadOptions())
    assert isinstance(source, Source)
    assert source.own["Amount"].to_pylist() == [5, 6, 5.5, None]

    source = read_source(tmp_path, "m*.xlsx", ReadOptions())
    assert isinstance(source, Source)
    assert source.own["Amount"].to_pylist() == ["5", "6", "5.5", None, "n/a", "8"]
    assert source.own["ID"].to_pylist() == [100, 101] * 3


def test_a_file_that_is_written_to_while_it_is_read_is_refused(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(path: Path, name: str, options: ReadOptions) -> Source:
        found = read_csv(path, name, options)
        path.write_text("ID\n1\n2\n3\n")
        return found

    monkeypatch.setitem(reading._READERS, ".csv", slow)
    (tmp_path / "c.csv").write_text("ID\n1\n")

    assert "c.csv: it changed while it was read" in told(lambda: read_source(tmp_path, "c.csv", ReadOptions()))


def test_all_files_are_not_client_yml_too(tmp_path: Path) -> None:
    (tmp_path / "client.yml").write_text("name: A")
    (tmp_path / "c.csv").write_text("ID\n1\n")

    assert read_source(tmp_path, "*", ReadOptions()).n_rows == 1
