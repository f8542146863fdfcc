from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retention_lab.errors import DataError
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources import bounds
from retention_lab.tables.sources.parquet_files import read_parquet
from retention_lab.tables.sources.reading import read_source
from retention_lab.tables.sources.streamed import StreamedSource

Told = Callable[[Callable[[], object]], str]


def _read(path: Path) -> StreamedSource:
    return read_parquet(path, path.name, ReadOptions())


def test_names_of_the_wild_are_only_names(tmp_path: Path) -> None:
    names = ['"; drop table', "a.b", "a", "line\nbreak", "quo'te", "é", " padded "]
    pq.write_table(pa.table({name: [f"value of {name}"] for name in names}), tmp_path / "c.parquet")

    source = _read(tmp_path / "c.parquet")

    expected = {name.strip(): f"value of {name}" for name in names}
    assert source.in_memory().own.to_pylist() == [expected]
    # Of `a` and `a.b`, the one that is asked for.
    asked = [batch.to_pylist() for name in expected for _, _, batch in source.batches([name])]
    assert asked == [[{name: value}] for name, value in expected.items()]


def test_ten_thousand_columns_are_no_matter(tmp_path: Path) -> None:
    pq.write_table(pa.table({f"c{place}": [place] for place in range(10_000)}), tmp_path / "c.parquet")

    batches = list(_read(tmp_path / "c.parquet").batches(["c9999", "c1"]))

    assert [batch.to_pydict() for _, _, batch in batches] == [{"c9999": [9999], "c1": [1]}]


def test_nested_columns_do_not_hinder_the_others(tmp_path: Path) -> None:
    row = {"id": "1", "a": {"b": [1, 2], "id": "9"}, "list": [{"x": 1}]}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "c.parquet")

    assert _read(tmp_path / "c.parquet").in_memory().own.to_pylist() == [row]


def test_texts_that_are_huge_come_a_few_at_once(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"t": ["x" * 3 * 2**20] * 30}), tmp_path / "c.parquet", compression="zstd", use_dictionary=False
    )

    sizes = [batch.nbytes for _, _, batch in _read(tmp_path / "c.parquet").batches(["t"])]

    assert max(sizes) < 2**26


def test_a_file_that_is_broken_in_the_middle_is_named(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "c.parquet"
    pq.write_table(pa.table({"id": [str(n * 7919) for n in range(50_000)]}), path, row_group_size=10_000)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 5_000] = b"\xff" * 5_000
    path.write_bytes(content)

    message = told(lambda: read_source(tmp_path, "c.parquet", ReadOptions()))

    assert message.startswith("c.parquet: not readable as Parquet")
    assert "Next: ask for the file again" in message


def test_a_link_that_leads_out_is_refused(tmp_path: Path, told: Told) -> None:
    (tmp_path / "client").mkdir()
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "other.parquet")
    (tmp_path / "client" / "c.parquet").symlink_to(tmp_path / "other.parquet")

    assert "leads out" in told(lambda: read_source(tmp_path / "client", "c.parquet", ReadOptions()))


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), tmp_path / "c.parquet")

    with pytest.raises(DataError, match="has no rows"):
        _read(tmp_path / "c.parquet")


def test_a_file_that_grows_as_no_export_does_is_refused(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "_RATIO_FROM", 2**20)
    texts = [f"{place}" + "a" * 2**20 for place in range(20)]
    pq.write_table(pa.table({"ID": texts}), tmp_path / "c.parquet", compression="zstd")

    assert "more than 200 times what it takes on the disk" in told(lambda: _read(tmp_path / "c.parquet"))


def test_a_value_that_no_text_could_have_is_refused(tmp_path: Path, told: Told) -> None:
    pq.write_table(pa.table({"ID": ["1", "a" * (bounds.LONGEST_VALUE + 1)]}), tmp_path / "c.parquet")

    message = told(lambda: _read(tmp_path / "c.parquet").in_memory())

    assert "c.parquet, column 'ID': a value of 4 MB" in message
    assert "values up to 4 MB" in message
