"""Dirty files of every format: each row of the file is kept, or set aside and counted."""

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from retention_lab.tables.client import Client

Write = Callable[..., Path]
Rows = list[list[str]]
HEAD = ["Who", "When", "Paid", "No", "What"]
COLUMNS = {"customer_id": "Who", "occurred_at": "When", "amount": "Paid", "transaction_id": "No", "product": "What"}
DIRT = [
    "", " ", "?", "N/A", "unknown", "999", "NaN", "inf", "1e400", "1,5", "1.234,5", "€ 5", "$5", "12%", "(3)", "−4",
    "2025-02-30", "9999-12-31", "1900-01-01", "31/12/2025", "12/31/2025", "2025-01-01T10:00:00Z", "3. 1. 2025", "25:00",
    "5.70306E+17", "O'Brien", "a;b", "a,b", 'say "hi"', "line\nbreak", "\u00a0x\u00a0", "\u200e1", "ñandú", "x" * 300,
]  # fmt: skip


def _rows(seed: int) -> Rows:
    drawn = random.Random(seed)
    rows = [
        [f"C{place % 20}", f"2025-03-{place % 28 + 1:02}", f"{place}.50", f"T{place}", "bread"] for place in range(80)
    ]
    for row in rows:
        for column in range(len(row)):
            if drawn.random() < 0.1:
                row[column] = drawn.choice(DIRT)
    return rows + [list(drawn.choice(rows)) for _ in range(5)]


def _text(rows: Rows, delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([HEAD, *rows])
    return text.getvalue()


def _csv(folder: Path, rows: Rows) -> None:
    rows[3].append("one too many")
    del rows[5][-1]
    (folder / "t.csv").write_text(_text(rows), "utf-8")


def _tsv(folder: Path, rows: Rows) -> None:
    (folder / "t.tsv").write_text(_text(rows, "\t"), "utf-8")


def _zip(folder: Path, rows: Rows) -> None:
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        archive.writestr("a.csv", _text(rows[:30]))
        archive.writestr("b.csv", _text(rows[30:]))


def _gzip(folder: Path, rows: Rows) -> None:
    (folder / "t.csv.gz").write_bytes(gzip.compress(_text(rows).encode()))


def _months(folder: Path, rows: Rows) -> None:
    (folder / "t1.csv").write_text(_text(rows[:50]), "utf-8")
    (folder / "t2.csv").write_text(_text(rows[40:]), "utf-8")
    rows += rows[40:50]


def _json_lines(folder: Path, rows: Rows) -> None:
    lines = [json.dumps(dict(zip(HEAD, row, strict=True))) for row in rows]
    (folder / "t.jsonl").write_text("\n".join([*lines[:7], lines[7][:-3], *lines[8:]]))


def _workbook(folder: Path, rows: Rows) -> None:
    with xlsxwriter.Workbook(folder / "t.xlsx", {"strings_to_numbers": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([HEAD, *rows]):
            sheet.write_row(place, 0, row)


def _parquet(folder: Path, rows: Rows) -> None:
    for name, part in (("t1", rows[:20]), ("t2", rows[20:])):
        columns = {column: [row[at] or None for row in part] for at, column in enumerate(HEAD)}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=7)


@pytest.mark.parametrize("duplicates", ["keep", "drop_exact", {"key": ["transaction_id"], "keep": "last"}])
@pytest.mark.parametrize("write", [_csv, _tsv, _zip, _gzip, _months, _json_lines, _workbook, _parquet])
def test_every_row_is_kept_or_counted(
    write: Callable[[Path, Rows], None], duplicates: Any, write_client: Write, request: pytest.FixtureRequest
) -> None:
    rows = _rows(len(request.node.name))
    spec = {"source": "t*.*", "columns": COLUMNS, "read": {"dates": "dmy", "missing": ["?"]}, "duplicates": duplicates}
    known = "".join(f"C{place},2024-01-01,\n" for place in range(15))
    folder = write_client(f"ID,Start,End\n{known}", tables={"transactions": spec})
    write(folder, rows)

    found = Client(folder).loaded("transactions")

    aside = sum(rejection.n_rows for rejection in found.rejections)
    # A row without a single value is no row, and is said to be none.
    assert found.n_read == sum(any(map(str.strip, row)) for row in rows)
    assert found.n_read == found.n_kept + aside
    assert found.n_kept == found.rows.count().to_pyarrow().as_py() > 0
    assert pq.read_metadata(folder / "quarantine" / "transactions.parquet").num_rows == aside
