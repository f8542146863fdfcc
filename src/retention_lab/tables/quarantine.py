"""Rows that are set aside: counted by reason, told in one message, and kept as they came."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from retention_lab.errors import Fault
from retention_lab.tables.checks import Check
from retention_lab.tables.sources.source import FILE, POSITION, RAGGED, REASON, ROW, Source
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
    aside: pa.Table, typed: ir.Table, checks: Sequence[Check], source: Source, mapped: dict[str, str]
) -> tuple[Rejection, ...]:
    """The reasons for which rows are set aside, in the order of the file.

    `aside` has position and reason of these rows, in that order; `typed` the text of all rows.
    """
    counts = Counter(aside[REASON].to_pylist())
    first: dict[str, int] = {}
    for position, reason in zip(aside[POSITION].to_pylist(), aside[REASON].to_pylist(), strict=True):
        first.setdefault(reason, position)
    found = {reason: next(check for check in checks if check.reason == reason) for reason in first}
    examples = _examples(typed, {first[reason]: check.column for reason, check in found.items()})
    return tuple(
        Rejection(
            reason=reason,
            column=mapped.get(check.column, ""),
            n_rows=counts[reason],
            first_row=source.places[ROW][first[reason]].as_py(),
            first_file=source.file_name(first[reason]),
            example=examples[first[reason]],
            remedy=check.remedy,
        )
        for reason, check in found.items()
    )


def _examples(typed: ir.Table, wanted: dict[int, str]) -> dict[int, str]:
    """What stood in rows (by position, with the column to look at), as it is written in the file."""
    shown = {at: RAGGED if column == RAGGED else f"raw:{column}" for at, column in wanted.items() if column}
    rows = typed.filter(typed[POSITION].isin(list(shown))).select(POSITION, *dict.fromkeys(shown.values()))
    values = {row[POSITION]: row for row in rows.to_pyarrow().to_pylist()} if shown else {}
    written = {at: values[at][name] for at, name in shown.items()}
    said = {at: "blank" if value is None else repr(value) for at, value in written.items()}
    return {at: said.get(at, "a copy of an earlier row") for at in wanted}


def rejection_fault(source: str, rejection: Rejection) -> Fault:
    """A rejection as one message: file, column, first row, what stood there, what to do."""
    column = f", column {rejection.column!r}" if rejection.column else ""
    row = f"row {rejection.first_row}" + (f" of {rejection.first_file}" if rejection.first_file else "")
    rows = "1 row" if rejection.n_rows == 1 else f"{rejection.n_rows} rows"
    found = f"{rejection.reason}: {rows}, first in {row} ({rejection.example})"
    return Fault(where=f"{source}{column}", found=found, remedy=rejection.remedy)


def write_quarantine(path: Path, aside: pa.Table, source: Source) -> None:
    """The rows that were set aside, as they came, with place and reason; written whole or not at all."""
    if not aside.num_rows:
        return
    places, own = source.places.take(aside[POSITION]), source.own.take(aside[POSITION])
    named = {FILE: places[FILE], ROW: places[ROW], REASON: aside[REASON], RAGGED: places[RAGGED]}
    rows = pa.table({**named, **{column: own[column] for column in own.column_names}})
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    pq.write_table(rows, unfinished)
    unfinished.replace(path)
