import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.errors import DataError
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Doubt, Sample
from retention_lab.tables.sources import glances, sampling
from retention_lab.tables.sources.layouts import group_files, look_into, look_into_all
from retention_lab.tables.sources.reading import read_source

Told = Callable[[Callable[[], object]], str]
Look = Callable[..., Sample]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Write a file and look into it."""

    def look(content: str | bytes, name: str = "c.csv", encoding: str = "utf-8") -> Sample:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return look_into(tmp_path, [path], name)

    return look


def doubt(sample: Sample, key: str) -> Doubt | None:
    return next((found for found in sample.doubts if found.key == key), None)


def told_of(sample: Sample) -> dict[str, object]:
    """What was found, but for what the reader finds by itself."""
    return sample.read.model_dump(exclude_defaults=True)


HEADER = "customer_id,name,amount\n"
ROWS = "".join(f"C{number},Anna,{number}.50\n" for number in range(1, 40))


def test_a_plain_file_needs_no_word(look: Look) -> None:
    sample = look(HEADER + ROWS)

    assert (told_of(sample), sample.doubts) == ({}, ())
    assert (sample.n_rows, sample.is_exact, sample.files) == (39, True, ("c.csv",))
    assert sample.rows.slice(0, 1).to_pylist() == [{"customer_id": "C1", "name": "Anna", "amount": "1.50"}]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "^", "~"])
def test_every_delimiter_is_found(mark: str, look: Look) -> None:
    content = (HEADER + ROWS).replace(",", mark)

    assert look(content).rows.column_names == ["customer_id", "name", "amount"]


@pytest.mark.parametrize(
    "content",
    [
        "id;amount\n" + "".join(f"{n};{n},5\n" for n in range(30)),
        "id;text;x\n" + "".join(f'{n};"one, two, three; four";1\n' for n in range(30)),
        "id;when;x\n" + "".join(f"{n};2024-01-01 10:00:00;a b c\n" for n in range(30)),
        "sep=;\nid;amount,in,euro\n" + "".join(f"{n};1\n" for n in range(30)),
    ],
)
def test_marks_inside_of_values_do_not_part_them(content: str, look: Look) -> None:
    sample = look(content)

    assert sample.rows.column_names[0] == "id"
    assert sample.rows["id"][3].as_py() == "3"


def test_one_column_is_one_column(look: Look) -> None:
    sample = look("when\n" + "".join(f"2024-01-{day:02d} 10:00:00\n" for day in range(1, 29)))

    assert sample.rows.column_names == ["when"]


def test_values_apart_by_runs_of_spaces_without_a_header(look: Look) -> None:
    content = "".join(f" {n:05d} 19970{n % 9 + 1}1{n % 9} {n % 30:2d} {n % 50:6d}.77\n" for n in range(200))

    sample = look(content, "CDNOW.txt")

    assert told_of(sample) == {"delimiter": " ", "header_row": 0}
    assert sample.rows.column_names == ["column 1", "column 2", "column 3", "column 4"]
    assert sample.rows["column 4"][7].as_py() == "7.77"
    assert doubt(sample, "read.header_row") is not None


@pytest.mark.parametrize(
    ("content", "language", "encoding"),
    [
        ("id,city\n1,Città\n2,Forlì è più là\n", "Italian", "cp1252"),
        ("id,city\n1,Málaga\n2,Coruña y Cádiz\n", "Spanish", "cp1252"),
        ("id,city\n1,Besançon\n2,Fête à Orléans, où\n".replace(", où", " où"), "French", "cp1252"),
        ("id,city\n1,Črnomelj\n2,Žužemberk\n3,Ljutomer pri Škofji\n", "Slovenian", "cp1250"),
        ("id,city\n1,Lučine\n2,Kočevje\n", "Slovenian with č alone", "cp1250"),
        ("id,city\n1,perché è così\n2,caffè\n", "Italian from DOS", "cp850"),
        ("id,city\n1,perché è così\n2,caffè\n", "Italian from a Mac", "mac_roman"),
    ],
)
def test_an_encoding_is_told_by_its_letters_and_always_a_doubt(
    content: str, language: str, encoding: str, look: Look
) -> None:
    sample = look(content, encoding=encoding)

    assert sample.read.encoding == encoding
    found = doubt(sample, "read.encoding")
    assert found is not None
    assert found.others
    assert sample.rows["city"][0].as_py() == content.split("\n")[1].split(",")[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_encoding_that_the_file_tells_is_not_declared(encoding: str, look: Look) -> None:
    sample = look("id,city\n1,Città\n2,Nîmes\n", encoding=encoding)

    assert sample.read.encoding is None
    assert doubt(sample, "read.encoding") is None


def test_utf16_without_its_mark_is_seen_by_its_noughts(look: Look) -> None:
    sample = look("id,city\n1,Citta\n", encoding="utf-16-be")

    assert sample.read.encoding == "utf-16-be"
    assert sample.rows["city"].to_pylist() == ["Citta"]


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("Report generated on 2024-01-01\n", 2),
        ("Report,,\n\nClient: Acme,,\n", 4),
        ("\n\nExport of customers\nfrom,the crm\n", 5),
    ],
)
def test_what_stands_above_the_header_is_passed_over(above: str, row: int, look: Look, tmp_path: Path) -> None:
    sample = look(above + HEADER + ROWS)

    assert sample.read.header_row == row
    assert sample.rows.column_names == ["customer_id", "name", "amount"]
    assert read_source(tmp_path, "c.csv", sample.read).n_rows == 39


def test_blank_rows_above_the_header_need_no_word(look: Look) -> None:
    assert told_of(look("\n\n" + HEADER + ROWS)) == {}


@pytest.mark.parametrize(
    "content",
    [
        "1,A,2.5\n2,B,3.5\n3,C,4\n",
        "C1,2024-01-01,web\nC2,2024-02-01,shop\nC3,2024-02-03,web\n",
        "male,yes,north\nfemale,no,south\nmale,no,south\nfemale,yes,north\n",
    ],
)
def test_a_file_without_a_header_is_seen_and_doubted(content: str, look: Look) -> None:
    sample = look(content)

    assert sample.read.header_row == 0
    found = doubt(sample, "read.header_row")
    assert found is not None
    assert found.others == ("1",)
    assert sample.n_rows == content.count("\n")


@pytest.mark.parametrize(
    "content",
    [
        "No,Name,Yes\n1,Anna,0\n2,Bruno,1\n",
        "customer,2022,2023,2024\nA,1,2,3\nB,4,5,6\n",
        "question,answer_1\nhow,well\nwhy,because\n",
        ",id,x\n0,a,1\n1,b,2\n",
        "plan,note\ngold,a\nplan,note\ngold,b\n",
    ],
)
def test_odd_names_are_names(content: str, look: Look) -> None:
    assert look(content).read.header_row is None


def test_lone_quotes_are_seen_also_where_rows_are_short(look: Look, tmp_path: Path) -> None:
    content = "text\tlabel\n" + "fine\t1\n" * 30 + '"Great\t1\nshort\n' + "fine\t1\n" * 30

    sample = look(content, "c.tsv")

    assert sample.read.quotes == "none"
    assert doubt(sample, "read.quotes") is not None
    assert sample.n_rows == read_source(tmp_path, "c.tsv", sample.read).n_rows == 62


@pytest.mark.parametrize(
    ("numbers", "decimal", "doubted"),
    [
        (["1,5", "2,25", "1.234,50"], ",", False),
        (["1.5", "2.25", "1,234.50"], ".", False),
        (["€ 1,50", "12,00 €"], ",", False),
        (["1,234", "12,345"], ".", True),
        (["1.234", "12.345"], ".", True),
        (["0.123", "0.456"], ".", False),
        (["1,5", "2,5", "3.5"], ",", True),
        (["1", "2"], ".", False),
        (["?", "1,5", "N/A"], ",", False),
    ],
)
def test_the_decimal_mark_is_found(numbers: list[str], decimal: str, doubted: bool, look: Look) -> None:
    sample = look("id;amount\n" + "".join(f"C{n};{number}\n" for n, number in enumerate(numbers * 20)))

    assert sample.read.decimal == decimal
    assert (doubt(sample, "read.decimal") is not None) == doubted


@pytest.mark.parametrize(
    ("days", "order", "doubted"),
    [
        (["03/04/2024", "25/04/2024"], "dmy", False),
        (["03/04/2024", "04/25/2024"], "mdy", False),
        (["7/29/13", "7/30/13"], "mdy", False),
        (["3.4.2024", "25.4.2024 10:00"], "dmy", False),
        (["3. 4. 2024", "25. 4. 2024"], "dmy", False),
        (["2024-01-01", "2024-12-31"], None, False),
        (["31-Jul-18", "1-Aug-18"], None, False),
        (["03/04/2024", "05/06/2024"], "dmy", True),
        (["03/04/2024 1:05 PM", "05/04/2024 2:05 AM", "05/04/2024 2:06 AM"], "mdy", True),
        # In order of the one reading, back and forth in the other.
        (["01/10/2024", "01/11/2024", "02/01/2024", "02/02/2024", "03/01/2024"], "mdy", True),
        (["13/01/2024"] * 30 + ["01/14/2024"], "dmy", True),
        (["31/31/2024", "03/25/2024"], "mdy", False),
    ],
)
def test_the_order_of_day_and_month_is_found(days: list[str], order: str | None, doubted: bool, look: Look) -> None:
    sample = look("id,when\n" + "".join(f"C{n},{day}\n" for n, day in enumerate(days)))

    assert sample.read.dates == order
    assert (doubt(sample, "read.dates") is not None) == doubted


def test_one_day_among_many_thousand_rows_tells_the_order(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glances, "MOST_ROWS", 100)
    rows = [f"C{n},0{n % 9 + 1}/0{n % 7 + 1}/2024" for n in range(5000)]
    rows[4321] = "C4321,01/25/2024"

    sample = look("id,when\n" + "\n".join(rows))

    assert (sample.read.dates, doubt(sample, "read.dates")) == ("mdy", None)
    assert (sample.n_rows, sample.rows.num_rows) == (5000, 100)
    # From all over the file, in its order.
    numbers = [int(text[1:]) for text in sample.rows["id"].to_pylist()]
    assert numbers == sorted(numbers)
    assert numbers[0] < 100
    assert numbers[-1] > 4800


@pytest.mark.parametrize(
    ("name", "value", "unit", "doubted"),
    [
        ("unixReviewTime", 1_400_000_000, "seconds", False),
        ("created_at", 1_700_000_000_000, "milliseconds", True),
        ("customer_id", 1_400_000_000, None, False),
        ("date", 20_170_131, None, False),
    ],
)
def test_times_since_1970_are_found_by_name_and_size(
    name: str, value: int, unit: str | None, doubted: bool, look: Look
) -> None:
    sample = look(f"id,{name}\n" + "".join(f"C{n},{value + n}\n" for n in range(50)))

    assert sample.read.dates == unit
    assert (doubt(sample, "read.dates") is not None) == doubted


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        (["1", "2", "?"], ["?"]),
        (["1.5", "N/A", "n/a"], ["N/A", "n/a"]),
        (["2024-01-01", "NULL", "-"], ["-", "NULL"]),
        (["A-17", "A-18", "unknown"], ["unknown"]),
        (["red", "unknown", "None"], []),
        (["red", "blue", "?", "\\N"], ["?", "\\N"]),
        (["?", "?"], []),
        (["1", "2", "-1"], []),
    ],
)
def test_what_stands_for_nothing_is_found_where_it_can_be_no_category(
    values: list[str], missing: list[str], look: Look
) -> None:
    assert look("id,x\n" + "".join(f"{n},{value}\n" for n, value in enumerate(values * 20))).read.missing == missing


def test_rows_with_other_widths_do_not_speak_for_the_file(look: Look) -> None:
    sample = look("id,x\n" + "1,2\n" * 50 + "total\n1,2,3\n")

    assert (sample.n_rows, sample.rows.num_rows) == (52, 50)


def test_a_workbook_comes_typed_with_its_sheet_and_header(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, other = book.add_worksheet("Customers"), book.add_worksheet("Prices")
        sheet.write_row(0, 0, ["Report", "of", None])
        sheet.write_row(2, 0, ["id", "joined", "plan"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for row in range(3, 23):
            sheet.write_row(row, 0, [row])
            sheet.write_datetime(row, 1, datetime(2024, 1, row), day)
            sheet.write(row, 2, "gold")
        other.write_row(0, 0, ["plan", "price"])
        other.write_row(1, 0, ["gold", 5])

    sample = look_into(tmp_path, [path], "c.xlsx")

    assert told_of(sample) == {"sheet": "Customers", "header_row": 3}
    assert sample.rows.schema.field("joined").type == pa.timestamp("us")
    assert sample.n_rows == 20
    found = doubt(sample, "read.sheet")
    assert found is not None
    assert found.others == ("Prices",)


def test_every_sheet_of_a_workbook_is_looked_into(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "c.xlsx") as book:
        for name, rows in {
            "Orders": [["id", "sum"], ["A1", 3.5]],
            "Tickets": [["no", "topic"], ["T1", "bill"]],
        }.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)

    samples = look_into_all(tmp_path, [tmp_path / "c.xlsx"], "c.xlsx")

    assert [sample.told for sample in samples] == ["c.xlsx, sheet Orders", "c.xlsx, sheet Tickets"]
    assert [sample.rows.column_names for sample in samples] == [["id", "sum"], ["no", "topic"]]
    assert not any(sample.doubts for sample in samples)


def test_a_known_word_tells_the_encoding_where_the_letters_are_of_many_languages(look: Look) -> None:
    names = "".join(f"{i};Müller García;1\n" for i in range(30))

    sample = look(f"Šifra naročnika;Ime;Mesečni znesek\n{names}", encoding="cp1250")

    assert sample.rows.column_names == ["Šifra naročnika", "Ime", "Mesečni znesek"]


def test_latin_letters_among_others_are_not_cyrillic(look: Look) -> None:
    sample = look("id,name\n1,Škerl Žiga\n2,Peña\n3,Ångström\n4,Müller\n5,Çelik\n6,Zoë\n", encoding="cp1252")

    assert sample.read.encoding in ("cp1252", "cp1250")
    found = doubt(sample, "read.encoding")
    assert found
    assert "cp1251" not in found.others


def test_parquet_comes_typed_from_all_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glances, "MOST_ROWS", 200)
    path = tmp_path / "c.parquet"
    table = pa.table({"id": list(range(10_000)), "day": ["03/25/2024"] * 10_000})
    pq.write_table(table, path, row_group_size=100)

    sample = look_into(tmp_path, [path], "c.parquet")

    assert (sample.n_rows, sample.is_exact, sample.rows.num_rows) == (10_000, True, 200)
    assert sample.rows["id"][-1].as_py() >= 9500
    assert sample.read.dates == "mdy"


def test_json_and_archives_are_looked_into(look: Look, tmp_path: Path) -> None:
    lines = "".join(f'{{"reviewerID": "A{n}", "unixReviewTime": {1_400_000_000 + n}}}\n' for n in range(30))
    assert look(lines, "c.jsonl").read.dates == "seconds"
    assert look(gzip.compress(lines.encode()), "c.json.gz").n_rows == 30

    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("inside.csv", (HEADER + ROWS).replace(",", ";").replace("Anna", "Città").encode("cp1252"))
    sample = look_into(tmp_path, [tmp_path / "c.zip"], "c.zip")
    assert (sample.read.encoding, sample.n_rows) == ("cp1252", 39)
    assert read_source(tmp_path, "c.zip", sample.read).n_rows == 39


def test_a_large_file_is_looked_at_in_pieces(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE_FILE", 10_000)
    monkeypatch.setattr(sampling, "_PIECE", 2_000)

    sample = look("id,x\n" + "".join(f"{n:05d},é{n % 7}\n" for n in range(20_000)))

    assert not sample.is_exact
    assert sample.n_rows == pytest.approx(20_000, rel=0.02)
    numbers = [int(text) for text in sample.rows["id"].to_pylist()]
    assert numbers == sorted(numbers)
    assert numbers[-1] > 18_000


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("c.pdf", b"%PDF", "c.pdf: a .pdf file"),
        ("c", b"x", "c: a nameless file"),
        ("c.csv", b"", "c.csv: the file has no rows"),
        ("c.csv", b'a,b\n1,"2\n', "c.csv: row 2 cannot be read"),
        ("c.csv", b"\0\0\0\0\1\2", "c.csv"),
        ("c.xlsx", b"PK", "c.xlsx: not readable as a workbook"),
        ("c.zip", b"PK", "c.zip: it cannot be unpacked"),
        ("c.parquet", b"PAR1", "c.parquet: not readable as Parquet"),
        ("c.json", b"hello", "c.json: row 1 is no JSON object"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(
    name: str, content: bytes, expected: str, look: Look, told: Told
) -> None:
    assert expected in told(lambda: look(content, name))


def test_files_of_many_months_are_one_table(tmp_path: Path) -> None:
    names = ("sales_2024-01.csv", "sales_2024-02.csv", "2024/Gennaio.csv", "2024/Marzo.csv", "x[1].csv", "x[2].csv")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id,amount\n1,2\n")
    for number, column in enumerate("ab"):
        (tmp_path / f"other_{number}.csv").write_text(f"id,{column}\n1,2\n")

    found = {source: [path.name for path in files] for source, files in group_files(tmp_path)}

    assert found == {
        "2024/*.csv": ["Gennaio.csv", "Marzo.csv"],
        "other_0.csv": ["other_0.csv"],
        "other_1.csv": ["other_1.csv"],
        "sales_*.csv": ["sales_2024-01.csv", "sales_2024-02.csv"],
        "x[[]*].csv": ["x[1].csv", "x[2].csv"],
    }
    sample = look_into(tmp_path, [tmp_path / name for name in names[:2]], "sales_*.csv")
    assert (sample.files, sample.n_rows) == (names[:2], 2)
    assert doubt(sample, "source") is not None


def test_a_pattern_that_would_name_other_files_too_is_none(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv", "orders.csv"):
        (tmp_path / name).write_text("id,amount\n1,2\n")

    assert [source for source, _ in group_files(tmp_path)] == ["1.csv", "2.csv", "orders.csv"]


def test_what_is_ours_or_hidden_is_no_data(tmp_path: Path) -> None:
    for name in ("quarantine/a.csv", "assignments/b.csv", ".key", ".hidden/c.csv", "client.yml", "~$c.xlsx", "d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("id\n1\n")

    assert [source for source, _ in group_files(tmp_path)] == ["d.csv"]


def test_files_that_are_written_in_two_ways_are_not_one_table(tmp_path: Path, told: Told) -> None:
    (tmp_path / "a.csv").write_bytes("id,city\n1,Città\n".encode())
    (tmp_path / "b.csv").write_bytes("id,city\n1,Città\n".encode("cp1252"))

    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    assert "written in two ways" in told(lambda: look_into(tmp_path, files, "*.csv"))


def test_what_is_found_reads_the_file_as_it_was_meant(look: Look, tmp_path: Path) -> None:
    content = "Izvoz;;\nštevilka;datum;znesek\n" + "".join(f"{n};{n % 28 + 1}. 1. 2024;{n},50\n" for n in range(1, 50))

    sample = look(content, encoding="cp1250")
    source = read_source(tmp_path, "c.csv", sample.read)

    assert source.columns == ["številka", "datum", "znesek"]
    assert source.n_rows == sample.n_rows == 49
    assert sample.read == ReadOptions.model_validate(sample.read.model_dump())
    assert sample.read.decimal == ","


_WORDS = st.lists(st.sampled_from(["a", "Città", "1,5", "x;y", 'say "so"', "two\nlines", "a|b", "\t", "-"]), max_size=4)


@given(
    texts=st.lists(_WORDS.map(" ".join), min_size=20, max_size=60),
    mark=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]),
    above=st.sampled_from(["", "\n", "Report of October\n\n"]),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_found_reads_back_what_the_csv_module_wrote(
    texts: list[str], mark: str, encoding: str, above: str, tmp_path: Path
) -> None:
    records = [
        [f"C{n:03d}", f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/2024", f"{n}.25", text] for n, text in enumerate(texts)
    ]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=mark).writerows([["id", "joined", "amount", "note"], *records])
    path = tmp_path / "c.csv"
    path.write_bytes((above + written.getvalue()).encode(encoding))

    sample = look_into(tmp_path, [path], "c.csv")

    source = read_source(tmp_path, "c.csv", sample.read)
    assert source.columns == ["id", "joined", "amount", "note"]
    if sample.read.encoding in (None, encoding):
        rows = next(iter(source.rows_at(pa.array(range(source.n_rows)))))
        assert [[row[name] for name in source.columns] for row in rows.to_pylist()] == records
    assert (sample.read.dates, sample.read.decimal) == ("dmy", ".")


_LINES = st.lists(
    st.sampled_from(['"', ",", ";", "\t", "\n", "\r\n", "a", "1", "à", " ", "?", "1/2/2024", "{", "}", "\0"])
)


@given(
    content=st.one_of(st.binary(max_size=60), _LINES.map(lambda parts: "".join(parts).encode())),
    start=st.sampled_from(
        [b"", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xff\xfe", b"\xd0\xcf\x11\xe0", b"id,x\n", b"[{"]
    ),
    name=st.sampled_from(["c.csv", "c.tsv", "c.json", "c.xlsx", "c.ods", "c.zip", "c.csv.gz", "c.parquet"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_looked_into_or_refused(
    content: bytes, start: bytes, name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(start + content)

    try:
        sample = look_into(tmp_path, [path], name)
    except DataError:
        return
    assert read_source(tmp_path, name, sample.read).columns == sample.rows.column_names


@pytest.mark.reference
@pytest.mark.parametrize(
    ("file", "found", "n_rows"),
    [
        ("telco/Telco-Customer-Churn.csv", {}, 7043),
        ("cookie_cats/cookie_cats.csv", {}, 90189),
        ("completejourney/transactions_sample.csv", {}, 75000),
        ("cfpb/cfpb_2013_sample.csv", {"dates": "mdy"}, 3186),
        ("alexa/amazon_alexa.tsv", {}, 3150),
        ("uci_sentences/amazon_cells_labelled.txt", {"header_row": 0}, 1000),
        ("uci_sentences/imdb_labelled.txt", {"header_row": 0, "delimiter": "\t"}, 1000),
        ("uci_sentences/yelp_labelled.txt", {"header_row": 0}, 1000),
    ],
)
def test_public_files_are_found_as_their_documents_say(
    file: str, found: dict[str, object], n_rows: int, reference_data: Path
) -> None:
    path = reference_data / file
    sample = look_into(path.parent, [path], path.name)

    assert told_of(sample) == found
    assert (sample.n_rows, sample.is_exact) == (n_rows, True)
    assert read_source(path.parent, path.name, sample.read).n_rows == n_rows
