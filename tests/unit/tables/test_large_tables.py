"""A large table is read as a stream and lies on disk; what is found in it is what is found in a small one."""

import os
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.errors import DataError, ParameterError
from retention_lab.tables import engine
from retention_lab.tables.client import Client
from retention_lab.tables.engine import MEMORY, open_engine
from retention_lab.tables.loading import LoadedTable
from retention_lab.tables.purchases import find_purchases, gap_counts
from retention_lab.tables.sources import reading

Write = Callable[..., Path]
Told = Callable[[Callable[[], object]], str]
SPENT = {"customer_id": "who", "occurred_at": "at", "amount": "price", "transaction_id": "number"}
ROW = st.tuples(
    st.sampled_from(["1", "2", " 2 ", "9", None]),
    st.sampled_from(["2025-01-01", "2025-03-05 10:00", "31/12/2024", "soon", None]),
    st.sampled_from(["5", "-2.5", "1,250", "five", "", None]),
    st.sampled_from(["a", "b", " b", "c", None]),
    st.sampled_from(["x", "y"]),
)
POLICY = st.sampled_from(["keep", "drop_exact", {"key": ["transaction_id"], "keep": "last"}])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """From one row on a table is large, and three rows are too many to be worked on at once."""
    monkeypatch.setattr(reading, "MOST_ROWS", 0)
    monkeypatch.setattr(engine, "AT_ONCE", 3)


def _purchases(write_client: Write, folder: str, files: dict[str, list[Any]], **spec: Any) -> Path:
    spec = {"source": "t*.parquet", "columns": SPENT, **spec}
    written = write_client("ID,Start,End\n1,2024-01-01,\n2,2024-01-01,\n", tables={"transactions": spec}, folder=folder)
    for name, rows in files.items():
        columns = zip(*rows, strict=True)
        table = {
            name: pa.array(column, pa.string()) for name, column in zip([*SPENT.values(), "till"], columns, strict=True)
        }
        pq.write_table(pa.table(table), written / name, row_group_size=2)
    return written


def _told(loaded: LoadedTable, folder: Path) -> dict[str, Any]:
    path = folder / "quarantine" / "transactions.parquet"
    used = [blank for blank in loaded.blanks if blank.used]
    return {
        "read": (loaded.n_read, loaded.n_kept, loaded.rejections, loaded.notes, used, loaded.remarks),
        "rows": loaded.rows.order_by("_position").to_pyarrow().to_pylist()
        if "_position" in loaded.rows.columns
        else loaded.rows.to_pyarrow().to_pylist(),
        "quarantine": pq.read_table(path).to_pylist() if path.exists() else [],
    }


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(ROW, min_size=1, max_size=8), second=st.lists(ROW, min_size=1, max_size=8), policy=POLICY)
def test_a_large_table_is_read_as_a_small_one_is(
    first: list[Any], second: list[Any], policy: Any, write_client: Write
) -> None:
    files, spec = {"t1.parquet": first, "t2.parquet": second}, {"duplicates": policy, "read": {"dates": "dmy"}}
    small, big = (_purchases(write_client, folder, files, **spec) for folder in ("small", "big"))

    expected = _told(Client(small).loaded("transactions"), small)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reading, "MOST_ROWS", 0)
        patched.setattr(engine, "AT_ONCE", 3)
        client = Client(big)
        found = _told(client.loaded("transactions"), big)

    assert found == expected


def test_a_reduction_in_parts_is_the_same_as_at_once(write_client: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(str(n % 7), f"2025-{1 + n % 12:02}-{1 + n % 28:02}", "5", str(n), "x") for n in range(200)]
    folder = _purchases(write_client, "acme", {"t1.parquet": rows}, columns=SPENT)
    (folder / "customers.csv").write_text("ID,Start,End\n" + "".join(f"{n},2024-01-01,\n" for n in range(7)))
    last = date(2025, 12, 31)
    whole = gap_counts(find_purchases(Client(folder), last), last)

    monkeypatch.setattr(engine, "AT_ONCE", 30)

    in_parts = gap_counts(find_purchases(Client(folder), last), last)
    assert whole.n_events.sum() > 50
    assert in_parts.equals(whole)


def test_rows_in_two_monthly_files_are_told(write_client: Write, large: None) -> None:
    march, april = ("1", "2025-03-31", "5", "b", "x"), ("1", "2025-04-01", "5", "c", "x")
    files = {"t03.parquet": [("1", "2025-03-01", "5", "a", "x"), march], "t04.parquet": [march, april]}

    loaded = Client(_purchases(write_client, "acme", files)).loaded("transactions")

    [remark] = [remark for remark in loaded.remarks if remark.kind == "overlapping_files"]
    assert (remark.n_rows, remark.first_row, remark.first_file, remark.column) == (1, 2, "t04.parquet", "number")
    assert "1 of t04.parquet stand in t03.parquet too" in remark.found
    assert "duplicates: drop_exact" in remark.remedy
    assert {found.reason: found.n_rows for found in loaded.rejections} == {"duplicate_row": 1}


def test_without_a_key_whole_rows_tell_that_files_overlap(write_client: Write) -> None:
    columns = {name: column for name, column in SPENT.items() if name != "transaction_id"}
    twice = ("1", "2025-03-31", "5", None, "x")
    files = {"t03.parquet": [twice, twice], "t04.parquet": [twice, ("1", "2025-04-01", "5", None, "x")]}

    kept = Client(_purchases(write_client, "acme", files, columns=columns)).loaded("transactions")
    dropped = Client(_purchases(write_client, "drop", files, columns=columns, duplicates="drop_exact"))

    assert [(r.kind, r.n_rows) for r in kept.remarks if r.kind == "overlapping_files"] == [("overlapping_files", 1)]
    assert kept.n_kept == 4
    assert dropped.loaded("transactions").n_kept == 2


def test_files_may_have_their_columns_in_another_order_but_not_in_another_case(
    write_client: Write, told: Told, large: None
) -> None:
    folder = _purchases(write_client, "acme", {"t1.parquet": [("1", "2025-03-01", "5", "a", "x")]})
    moved = {"till": ["x"], "number": ["b"], "price": ["7"], "at": ["2025-03-02"], "who": ["2"]}
    pq.write_table(pa.table(moved), folder / "t2.parquet")

    rows = Client(folder).loaded("transactions").rows.to_pyarrow().to_pylist()
    assert [(row["customer_id"], row["amount"]) for row in rows] == [("1", 5.0), ("2", 7.0)]

    pq.write_table(pa.table({("Price" if n == "price" else n): v for n, v in moved.items()}), folder / "t2.parquet")
    message = told(lambda: Client(folder).loaded("transactions"))
    assert "t2.parquet: its columns are till, number, Price, at, who" in message
    assert "'Price': did you mean price?" in message


def test_a_page_that_is_broken_in_the_middle_of_a_large_file_is_told_with_the_file(
    write_client: Write, told: Told, large: None
) -> None:
    rows = [(str(n), "2025-03-01", "5", str(n), "x") for n in range(20_000)]
    folder = _purchases(write_client, "acme", {"t1.parquet": rows[:10], "t2.parquet": rows})
    content = bytearray((folder / "t2.parquet").read_bytes())
    content[len(content) // 3 : len(content) // 3 + 3_000] = b"\xff" * 3_000
    (folder / "t2.parquet").write_bytes(content)

    assert "t2.parquet: not readable as Parquet" in told(lambda: Client(folder).loaded("transactions"))


def test_a_large_table_lies_in_a_private_folder_that_goes_with_its_client(
    write_client: Write, large: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    client = Client(_purchases(write_client, "acme", {"t1.parquet": [("1", "2025-03-01", "5", "a", "x")]}))
    client.loaded("transactions")

    [folder] = place.iterdir()
    assert folder.name.startswith(f"retention-lab-{os.getpid()}-")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "tables.duckdb").exists()
    del client
    assert not list(place.iterdir())


@pytest.mark.parametrize("asked", ["much", "-1", "0", "inf", "nan"])
def test_a_memory_that_is_none_is_refused(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY, asked)

    with pytest.raises(ParameterError, match="a number of GiB"):
        open_engine()


def test_too_little_memory_is_told_with_what_to_do(write_client: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(str(n), "2025-03-01", "5", str(n), "x") for n in range(50_000)]
    folder = _purchases(write_client, "acme", {"t1.parquet": rows})
    monkeypatch.setenv(MEMORY, "0.002")

    with pytest.raises(DataError, match="--memory-gib"):
        Client(folder).loaded("transactions")
