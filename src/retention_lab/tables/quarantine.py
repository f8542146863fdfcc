"""Rows that are set aside: counted by reason, told in one message, and kept as they came."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from retention_lab.errors import DataError, Fault
from retention_lab.tables.checks import Check
from retention_lab.tables.sources.source import FILE, POSITION, RAGGED, REASON, ROW
from retention_lab.tables.sources.streamed import AnySource
from retention_lab.tables.workspace import QUARANTINE

MOST_KEPT = 5_000_000
"""So many rows are kept in a quarantine, the first ones of the file; nobody looks through more."""


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
    allowed: str = ""
    remedy: str


def quarantine_path(folder: Path, table: str) -> Path:
    """Where a table's rows are set aside."""
    return folder / QUARANTINE / f"{table}.parquet"


def clear_quarantine(folder: Path, table: str) -> None:
    """What an earlier load set aside is not what this one finds.

    Raises DataError where the folder is none, or a link: what lies elsewhere is not ours to write over.
    """
    path = quarantine_path(folder, table)
    try:
        if path.parent.is_symlink():
            raise DataError(_no_folder(path.parent, "it is a link"))
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(_no_folder(path, error.strerror or str(error))) from error


def _no_folder(path: Path, what: str) -> Fault:
    return Fault(where=str(path), found=f"nothing can be set aside there: {what}", remedy="move it out of the way")


def count_rejections(
    aside: ir.Table, typed: ir.Table, checks: Sequence[Check], source: AnySource, mapped: dict[str, str]
) -> tuple[Rejection, ...]:
    """The reasons for which rows are set aside, in the order of the file.

    `aside` has position and reason of these rows; `typed` the text of all rows.
    """
    counted = aside.group_by(REASON).aggregate(n=aside.count(), first=aside[POSITION].min())
    counts = {row[REASON]: row for row in counted.order_by("first").to_pyarrow().to_pylist()}
    found = {reason: next(check for check in checks if check.reason == reason) for reason in counts}
    first = {reason: row["first"] for reason, row in counts.items()}
    examples = _examples(typed, {first[reason]: check.column for reason, check in found.items()})
    return tuple(
        Rejection(
            reason=reason,
            column=mapped.get(check.column, ""),
            n_rows=counts[reason]["n"],
            first_row=source.row_number(first[reason]),
            first_file=source.file_name(first[reason]),
            example=examples[first[reason]],
            allowed=check.allowed,
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
    said = {at: "blank" if value is None else _quoted(value) for at, value in written.items()}
    return {at: said.get(at, "a copy of an earlier row") for at in wanted}


_LONGEST = 40


def _quoted(value: str) -> str:
    """What stood there; of what is as long as something that a customer wrote, only its shape."""
    if len(value) <= _LONGEST:
        return repr(value)
    shape = "".join("a" if sign.isalpha() else "9" if sign.isdigit() else sign for sign in value[:_LONGEST])
    return f"{shape!r}… ({len(value)} letters)"


def rejection_fault(source: str, rejection: Rejection) -> Fault:
    """A rejection as one message: file, column, first row, what stood there, what to do."""
    column = f", column {rejection.column!r}" if rejection.column else ""
    row = f"row {rejection.first_row}" + (f" of {rejection.first_file}" if rejection.first_file else "")
    rows = "1 row" if rejection.n_rows == 1 else f"{rejection.n_rows} rows"
    found = f"{rejection.reason}: {rows}, first in {row} ({rejection.example})"
    return Fault(where=f"{source}{column}", found=found, allowed=rejection.allowed, remedy=rejection.remedy)


def write_quarantine(path: Path, aside: ir.Table, source: AnySource) -> None:
    """The rows that were set aside, as they came, with place and reason; written whole or not at all."""
    kept = aside.order_by(POSITION).limit(MOST_KEPT).to_pyarrow()
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        _write(unfinished, kept, source)
        unfinished.replace(path)
    except OSError as error:
        raise DataError(_no_folder(path, error.strerror or str(error))) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _write(path: Path, aside: pa.Table, source: AnySource) -> None:
    """The rows as they come from the source, a part of them after the other."""
    writer, done = None, 0
    for rows in source.rows_at(aside[POSITION]):
        reason = aside[REASON].slice(done, rows.num_rows)
        named = {FILE: rows[FILE], ROW: rows[ROW], REASON: reason, RAGGED: rows[RAGGED]}
        part = pa.table({**named, **{column: rows[column] for column in source.columns}})
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part)
        done += rows.num_rows
    if writer:
        writer.close()
