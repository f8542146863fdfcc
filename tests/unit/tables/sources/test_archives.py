import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources import archives, bounds
from retention_lab.tables.sources.archives import read_archive
from retention_lab.tables.sources.source import Source

Told = Callable[[Callable[[], object]], str]
Pack = Callable[..., Source]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Zip files, given by their names, and read the archive."""

    def pack(files: dict[str, str | bytes], name: str = "export.zip", **options: object) -> Source:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside, content in files.items():
                archive.writestr(inside, content)
        return read_archive(tmp_path / name, name, ReadOptions.model_validate(options))

    return pack


def test_the_one_file_inside_is_the_table(pack: Pack) -> None:
    source = pack({"data/": "", "data/orders.csv": "ID;N\n1;Città\n".encode("cp1252")}, encoding="cp1252")

    assert source.name == "export.zip"
    assert source.own.to_pylist() == [{"ID": "1", "N": "Città"}]
    assert source.places["_file"].to_pylist() == ["export.zip/orders.csv"]
    assert source.places["_row"].to_pylist() == [2]


def test_files_with_the_same_columns_are_laid_end_to_end(pack: Pack) -> None:
    source = pack({"b.csv": "N,ID\nB,2\n\n", "a.csv": "ID,N\n1,A\n\n3,C\n"})

    assert source.own.to_pylist() == [{"ID": "1", "N": "A"}, {"ID": "3", "N": "C"}, {"ID": "2", "N": "B"}]
    assert source.notes == tuple(
        f"export.zip/{name}.csv: Rows without a single value are not counted: 1, first row 3." for name in "ab"
    )


def test_files_of_other_tables_are_refused_with_what_is_in_them(pack: Pack, told: Told) -> None:
    message = told(lambda: pack({"a.csv": "ID,N\n1,A\n", "b.csv": "ID,M\n1,A\n"}))

    assert "it holds 2 files that are not one table: a.csv (ID, N …); b.csv (ID, M …)" in message
    assert "unpack it" in message


def test_what_is_no_data_is_left_out_and_named(pack: Pack) -> None:
    files = {"a.csv": "ID\n1\n", "readme.txt": "hello", "terms.pdf": "x", "__MACOSX/._a.csv": "x", ".DS_Store": "x"}

    assert pack(files).notes == ("Not read of what is inside: readme.txt, terms.pdf.",)


def test_every_kind_of_file_is_read_inside(pack: Pack) -> None:
    parquet, workbook = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"ID": [1]}), parquet)
    with xlsxwriter.Workbook(workbook) as book:
        book.add_worksheet().write_column(0, 0, ["ID", 1])

    assert pack({"a.parquet": parquet.getvalue()}).own["ID"].to_pylist() == [1]
    assert pack({"a.xlsx": workbook.getvalue()}).own["ID"].to_pylist() == [1]
    assert pack({"a.jsonl": '{"ID": 1}'}).own["ID"].to_pylist() == ["1"]


def test_a_name_that_leads_out_is_only_a_name(pack: Pack, tmp_path: Path) -> None:
    source = pack({"../../../a.csv": "ID\n1\n", "/etc/b.csv": "ID\n2\n"})

    assert source.places["_file"].to_pylist() == ["export.zip/a.csv", "export.zip/b.csv"]
    assert [path.name for path in tmp_path.rglob("*")] == ["export.zip"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "nothing inside can be read: nothing"),
        ({"a.pdf": "x"}, "nothing inside can be read: a.pdf"),
        ({"a.csv": "ID\n1\n", "b.zip": "PK"}, "an archive inside an archive: b.zip"),
        ({"a.csv": "ID\n"}, "export.zip/a.csv: the file has no rows"),
        ({"a.csv": 'ID,N\n1,"'}, "export.zip/a.csv: row 2 cannot be read"),
    ],
)
def test_an_archive_with_nothing_to_read_is_refused(
    files: dict[str, str], expected: str, pack: Pack, told: Told
) -> None:
    assert expected in told(lambda: pack(files))


def test_a_zip_bomb_is_refused_by_what_it_says(pack: Pack, told: Told) -> None:
    content = b"ID,N\n" + b"1,2\n" * 27_000_000

    message = told(lambda: pack({"a.csv": content}))

    assert "what it holds is more than 200 times what it takes on the disk" in message


def test_a_zip_bomb_that_lies_is_refused_by_what_comes_out(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_BYTES", 2**20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"ID,N\n" + b"1,2\n" * 1_000_000)
    content = (tmp_path / "a.zip").read_bytes()
    told_size, real = struct.pack("<L", 1000), struct.pack("<L", 5 + 4_000_000)
    (tmp_path / "a.zip").write_bytes(content.replace(real, told_size))

    message = told(lambda: read_archive(tmp_path / "a.zip", "a.zip", ReadOptions()))

    # Either the count of what comes out ends it, or the check sum of the little that was said to be there.
    assert "cannot be unpacked" in message or "what it holds is" in message


def test_a_zip_bomb_that_says_it_took_more_than_the_whole_archive_is_refused(
    pack: Pack, tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack({"a.csv": "ID\n" + "1\n" * 1_000_000})
    content = bytearray((tmp_path / "export.zip").read_bytes())
    entry = content.find(b"PK\x01\x02")
    content[entry + 20 : entry + 24] = struct.pack("<I", 2**31)
    (tmp_path / "export.zip").write_bytes(content)
    monkeypatch.setattr(bounds, "_RATIO_FROM", 2**20)

    assert "more than 200 times" in told(lambda: read_archive(tmp_path / "export.zip", "export.zip", ReadOptions()))


def test_a_gzip_bomb_is_refused_while_it_is_read(tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_BYTES", 2**20)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"ID,N\n" + b"1,2\n" * 1_000_000))

    assert "what it holds is more than" in told(lambda: read_archive(path, "a.csv.gz", ReadOptions()))


def test_a_file_with_gzip_is_read_by_the_name_inside(tmp_path: Path) -> None:
    for name, content in (("a.csv.gz", b"ID\n1\n"), ("b.jsonl.gz", b'{"ID": 1}'), ("c.gz", b"ID\n1\n")):
        (tmp_path / name).write_bytes(gzip.compress(content))
        source = read_archive(tmp_path / name, name, ReadOptions())
        assert source.own.to_pylist() == [{"ID": "1"}]
        assert source.places["_file"].to_pylist() == [name]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv.gz", gzip.compress(b"ID\n1\n" * 1000)[:-9], "it cannot be unpacked"),
        ("a.csv.gz", b"ID\n1\n", "it cannot be unpacked: Not a gzipped file"),
        ("a.zip", b"PK\x03\x04 and then nothing", "it cannot be unpacked"),
        ("a.zip", b"", "it cannot be unpacked"),
        ("a.tar.gz", gzip.compress(b"x"), "an archive inside an archive"),
    ],
    # Named, since gzip writes the time into its bytes.
    ids=["cut", "no gzip", "cut zip", "empty", "nested"],
)
def test_a_damaged_archive_is_refused(name: str, content: bytes, expected: str, tmp_path: Path, told: Told) -> None:
    (tmp_path / name).write_bytes(content)

    assert f"{name}: {expected}" in told(lambda: read_archive(tmp_path / name, name, ReadOptions()))


def test_a_byte_that_was_changed_on_the_way_is_found(tmp_path: Path, told: Told) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "ID,N\n1,abc\n")
    content = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(content.replace(b"1,abc", b"1,abd"))

    assert "Bad CRC-32" in told(lambda: read_archive(tmp_path / "a.zip", "a.zip", ReadOptions()))


def test_an_encrypted_file_inside_is_refused(tmp_path: Path, told: Told) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "ID\n1\n")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    # The flag of encryption, in the file's own header and in the directory.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)

    assert "a.csv inside is encrypted" in told(lambda: read_archive(tmp_path / "a.zip", "a.zip", ReadOptions()))


def test_too_many_files_are_refused(pack: Pack, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 3)

    assert "what it holds is 4 files" in told(lambda: pack({f"{n}.csv": "ID\n1\n" for n in range(4)}))
