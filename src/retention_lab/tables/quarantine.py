"""Rows that are set aside: counted by reason, told in one message, and kept as they came."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from retention_lab.errors import Fault
from retention_lab.tables.checks import Check
from retention_lab.tables.sources import FILE, POSITION, RAGGED, REASON, ROW, Source
from retention_lab.tables.workspace import QUARANTINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Rows set aside for one reason.

    `first_row` is the number that a spreadsheet shows, in `first_file` where the table has several files;
    `example` is what stood there, in the file's `column`.
    """

    reason: str
    column: str
    n_rows: int
    first_row: int
    first_file: str
    example: str
    remedy: str


def quarantine_path(folder: Path, table: str) -> Path:
    """Where a table's rows are set aside."""
    return folder / QUARANTINE / f"{table}.parquet"


def count_rejections(
    checked: ir.Table, checks: Sequence[Check], source: Source, mapped: dict[str, str]
) -> tuple[Rejection, ...]:
    """The reasons for which rows of a checked table are set aside, in the order of the file."""
    bad = checked.filter(checked[REASON].notnull())
    counts = bad.group_by(REASON).aggregate(n=bad.count(), first=bad[POSITION].min()).order_by("first")
    by_reason = {check.reason: check for check in checks}
    found = counts.to_pyarrow().to_pylist()
    return tuple(_rejection(checked, by_reason[row[REASON]], row["n"], row["first"], source, mapped) for row in found)


def _rejection(
    checked: ir.Table, check: Check, n_rows: int, first: int, source: Source, mapped: dict[str, str]
) -> Rejection:
    return Rejection(
        reason=check.reason,
        column=mapped.get(check.column, ""),
        n_rows=n_rows,
        first_row=source.places[ROW][first].as_py(),
        first_file=source.file_name(first),
        example=_example(checked, check.column, first),
        remedy=check.remedy,
    )


def _example(checked: ir.Table, column: str, position: int) -> str:
    """What stood in a row, as it is written in the file."""
    if not column:
        return "a copy of an earlier row"
    shown = RAGGED if column == RAGGED else f"raw:{column}"
    value = checked.filter(checked[POSITION] == position)[shown].to_pyarrow().to_pylist()[0]
    return "blank" if value is None else repr(value)


def rejection_fault(source: str, rejection: Rejection) -> Fault:
    """A rejection as one message: file, column, first row, what stood there, what to do."""
    column = f", column {rejection.column!r}" if rejection.column else ""
    row = f"row {rejection.first_row}" + (f" of {rejection.first_file}" if rejection.first_file else "")
    rows = "1 row" if rejection.n_rows == 1 else f"{rejection.n_rows} rows"
    found = f"{rejection.reason}: {rows}, first in {row} ({rejection.example})"
    return Fault(where=f"{source}{column}", found=found, remedy=rejection.remedy)


def write_quarantine(path: Path, checked: ir.Table, source: Source) -> None:
    """The rows that were set aside, as they came, with place and reason; written whole or not at all."""
    bad = checked.filter(checked[REASON].notnull()).order_by(POSITION).select(POSITION, REASON).to_pyarrow()
    if not bad.num_rows:
        return
    places, own = source.places.take(bad[POSITION]), source.own.take(bad[POSITION])
    named = {FILE: places[FILE], ROW: places[ROW], REASON: bad[REASON], RAGGED: places[RAGGED]}
    rows = pa.table({**named, **{column: own[column] for column in own.column_names}})
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    pq.write_table(rows, unfinished)
    unfinished.replace(path)
