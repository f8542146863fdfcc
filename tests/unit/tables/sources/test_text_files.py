import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources import encoding, text_files
from retention_lab.tables.sources.source import Source
from retention_lab.tables.sources.text_files import read_csv

Told = Callable[[Callable[[], object]], str]
Read = Callable[..., Source]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file and read it; keywords are read options."""

    def read(content: str | bytes, *, name: str = "c.txt", **options: object) -> Source:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_csv(path, name, ReadOptions.model_validate(options))

    return read


def values_of(source: Source) -> list[list[str]]:
    return [list(row.values()) for row in source.own.to_pylist()]


def rows_of(source: Source) -> list[int]:
    found: list[int] = source.places["_row"].to_pylist()
    return found


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=8)


@given(
    records=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    delimiter=st.sampled_from(",;\t|^~"),
    end=st.sampled_from(["\n", "\r\n"]),
    code=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_csv_module_writes_comes_back(
    records: list[list[str]], delimiter: str, end: str, code: str, quoting: int, tmp_path: Path
) -> None:
    if end == "\n":
        # The writer itself leaves a \r without quotes here, and it ends a line.
        records = [[text.replace("\r", "") for text in record] for record in records]
    records = [[f"{number}", *record] for number, record in enumerate(records)]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [["id", "a", "b", "c"], *records]
    )
    path = tmp_path / "c.csv"
    path.write_bytes(written.getvalue().encode(code))

    options = {"delimiter": delimiter, "quotes": "double"}
    assert values_of(read_csv(path, "c.csv", ReadOptions.model_validate(options))) == records


def test_chunks_are_laid_end_to_end_without_a_seam(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "ID,N\n" + "".join(f'{i},"{i}\n"\n' if i % 7 == 0 else f"{i},x\n\n" for i in range(2000))
    whole = read(content)
    monkeypatch.setattr(text_files, "_CHUNK", 300)
    monkeypatch.setattr(text_files, "_GROUP", 11)

    cut = read(content)

    assert cut.own.equals(whole.own)
    assert cut.places.equals(whole.places)
    assert cut.notes == whole.notes


def test_a_declared_header_row_leaves_out_what_stands_above_it(read: Read) -> None:
    source = read("Report of October\n\nmade,by,us\nID;N\n1;2\n", header_row=4)

    assert (source.columns, values_of(source), rows_of(source)) == (["ID", "N"], [["1", "2"]], [5])


@pytest.mark.parametrize("row", [2, 9])
def test_a_declared_header_row_with_nothing_in_it_is_refused(row: int, read: Read, told: Told) -> None:
    message = told(lambda: read("ID,N\n\n1,2\n", header_row=row))

    assert f"c.txt: read.header_row says {row}, and there is nothing in that row" in message
    assert "leave it out" in message


def test_without_a_header_columns_are_counted_and_the_first_row_is_data(read: Read) -> None:
    source = read("1,2\n3,4,5\n6,7,8\n", header_row=0)

    assert source.columns == ["column 1", "column 2", "column 3"]
    assert source.places["_ragged"].to_pylist() == ["1,2", None, None]
    assert rows_of(source) == [1, 2, 3]


def test_a_file_without_a_header_and_without_rows_is_refused(read: Read, told: Told) -> None:
    assert "the file has no rows" in told(lambda: read("\n \n", header_row=0))


def test_runs_of_spaces_part_values_once_where_spaces_part_them(read: Read) -> None:
    source = read(" 00001 19970101  1   11.77  \n 00002 19970112  1   12.00\n", header_row=0, delimiter=" ")

    assert values_of(source) == [["00001", "19970101", "1", "11.77"], ["00002", "19970112", "1", "12.00"]]


def test_the_line_in_which_a_spreadsheet_tells_the_separator_is_no_header(read: Read) -> None:
    source = read("sep=|\nID|N;M\n1|2\n")

    assert (source.columns, rows_of(source)) == (["ID", "N;M"], [3])


def test_lone_quotes_between_tabs_are_letters_and_that_is_told(read: Read) -> None:
    source = read('text\tlabel\n"Nice" phone.\t1\n5" screen\t0\n"Great\t1\nand "so"\t0\n')

    assert source.own["text"].to_pylist() == ['"Nice" phone.', '5" screen', '"Great', 'and "so"']
    assert source.notes == ("Quotation marks are read as letters: one in row 2 encloses nothing.",)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('a\tb\n"x ""y"" z"\t1\n', 'x "y" z'),
        ('a\tb\n"two\nlines"\t1\n', "two\nlines"),
        ('a\tb\n"a\ttab"\t1\n', "a\ttab"),
    ],
)
def test_quotes_between_tabs_enclose_where_they_are_closed(content: str, expected: str, read: Read) -> None:
    assert read(content).own["a"].to_pylist() == [expected]


def test_quotes_between_tabs_that_may_hide_a_tab_are_not_passed_over(read: Read, told: Told) -> None:
    # The third row has a field too few, so that nobody can know whether the quote opens.
    content = 'a\tb\n"Great\t1\nshort\n'

    assert "set read.quotes: none" in told(lambda: read(content))
    assert read(content, quotes="none").places["_ragged"].to_pylist() == [None, "short"]


def test_declared_quotes_are_not_looked_for(read: Read, told: Told) -> None:
    assert "cannot be read" in told(lambda: read('a\tb\n"Great\t1\n', quotes="double"))
    assert read('a,b\n"Great,1\n', quotes="none").own["a"].to_pylist() == ['"Great']


def test_values_longer_than_the_csv_module_likes_are_read(read: Read) -> None:
    before = csv.field_size_limit()

    assert len(read("a,b\n" + "x" * 1_000_000 + ",1\n").own["a"][0].as_py()) == 1_000_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1," + b"x" * 5_000_000 + b"\n", "row 2 cannot be read: field larger than field limit"),
        (b"a,b\n1,2\n" + b"x" * 17_000_000, "line 3 is longer than 16 MB"),
        (b"a,b\n1,2\n" + b"1,\0\n", "NUL characters"),
    ],
)
def test_what_no_record_can_be_is_refused(content: bytes, expected: str, read: Read, told: Told) -> None:
    assert expected in told(lambda: read(content))


_READ = """
import resource, sys
from pathlib import Path
from retention_lab.errors import DataError
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.text_files import read_csv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_csv(Path(sys.argv[1]), "c.csv", ReadOptions())
except DataError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("start", [b"ID,N\n1,", b'ID,N\n1,"'])
def test_a_line_of_two_gigabytes_is_refused_in_little_memory(start: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    with path.open("wb") as file:
        # A hole in the file: nothing is written to the disk.
        file.write(start + b"x" * 2**25)
        file.truncate(2 * 2**30)

    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, timeout=60, check=True
    )

    message, megabytes = done.stdout.rsplit("\n", 2)[:2]
    assert "line 2 is longer than 16 MB" in message
    assert int(megabytes) < 100


def test_a_record_that_never_ends_is_refused_however_short_its_lines(
    read: Read, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "LONGEST_GROUP", 2**20)

    assert "a record in or below row 2 is longer than" in told(lambda: read("ID,N\n1" + ',"a\nb"' * 400_000))


def test_text_that_does_not_fit_into_memory_is_refused_before_it_is_read(
    read: Read, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 3}))

    message = told(lambda: read("ID,N\n1,2\n"))

    assert "GiB of memory are free" in message
    assert "Parquet" in message


def test_an_error_far_into_a_file_is_told_with_its_row(read: Read, told: Told) -> None:
    lines = b"".join(b'%d,"a\nb"\n' % i for i in range(50_000))

    assert "row 50002 is not utf-8: byte 0xe0" in told(lambda: read(b"ID,N\n" + lines + b"1,Citt\xe0\n"))
    assert "row 50002 cannot be read" in told(lambda: read(b"ID,N\n" + lines + b'1,"Citta" x\n'))
