"""What is wrong with a table, one fault at a time: what the client is asked to mend, and which question it touches."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from retention_lab.errors import Fault
from retention_lab.tables.client import Client
from retention_lab.tables.contract import Column, column_of
from retention_lab.tables.duplicates import DECLARED
from retention_lab.tables.loading import LoadedTable
from retention_lab.tables.needs import PlaybookNeeds
from retention_lab.tables.quarantine import Rejection
from retention_lab.tables.remarks import Remark

Level = Literal["stops", "loses", "bends", "told"]
LEVELS: tuple[Level, ...] = ("stops", "loses", "bends", "told")
# Harmless by themselves: a person should know, and nothing has to be mended.
_TOLD = ("constant_column", "nearly_a_key", "order_of_dates", "unknown_reference", "several_rows_a_key", "blank")
_COLUMN = re.compile(r"column '([^']*)'")
_QUOTED = re.compile(r"'[^']*'")
_WORDS = re.compile(r"[^\W\d_]{5}|[^\W\d_]{2}\W+[^\W\d_]{2}|@")
_SHAPE_LENGTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something to mend, or to know.

    `level`: it stops a table from being read, loses rows, may bend a number, or is only told. `kind` is the reason of
    the check or the kind of the remark; `share` is of the rows of the table, NaN where rows cannot be counted.
    `example` is what stood there; of ids, names and texts only its shape. `playbooks` are those that look there.
    """

    table: str
    source: str
    level: Level
    kind: str
    column: str
    n_rows: int
    share: float
    first_row: int
    first_file: str
    example: str
    found: str
    remedy: str
    playbooks: tuple[str, ...]


def issues_of(client: Client, loaded: LoadedTable, playbooks: list[PlaybookNeeds]) -> Iterator[Issue]:
    """What is wrong with a table that could be read: rows set aside, remarks, blanks where values are expected."""
    for found in loaded.rejections:
        if found.reason not in DECLARED:
            yield _of_rejection(client, loaded, found, playbooks)
    for remark in loaded.remarks:
        yield _of_remark(client, loaded, remark, playbooks)
    for blank in loaded.blanks:
        if blank.used and blank.n_rows < loaded.n_kept and not _may_be_blank(client, loaded.table, blank.column):
            remark = Remark(
                kind="blank",
                column=blank.column,
                n_rows=blank.n_rows,
                first_row=blank.first_row,
                found="blank values",
                remedy="nothing, if it is right that they are blank; else ask the client to fill them in",
            )
            yield _of_remark(client, loaded, remark, playbooks)


def _may_be_blank(client: Client, table: str, column: str) -> bool:
    """Whether blank says something: not yet ended, never opened. Of a declared covariate it says nothing."""
    found = _canonical(client, table, column)
    return found is not None and "blank" in found.meaning


def _canonical(client: Client, table: str, column: str) -> Column | None:
    """The canonical column that a column of the file is mapped to."""
    spec = client.file.tables[table]  # type: ignore[index]
    name = next((name for name, own in spec.columns.items() if own == column), "")
    return column_of(table, name)


def _of_rejection(client: Client, loaded: LoadedTable, found: Rejection, playbooks: list[PlaybookNeeds]) -> Issue:
    column = _canonical(client, loaded.table, found.column)
    return Issue(
        table=loaded.table,
        source=loaded.source,
        level="loses",
        kind=found.reason,
        column=found.column,
        n_rows=found.n_rows,
        share=found.n_rows / loaded.n_read,
        first_row=found.first_row,
        first_file=found.first_file,
        example=_shown(found.example, column),
        found="",
        remedy=found.remedy,
        # A row that is lost is lost to whoever looks at the table.
        playbooks=_looking(playbooks, loaded.table, ""),
    )


def _of_remark(client: Client, loaded: LoadedTable, remark: Remark, playbooks: list[PlaybookNeeds]) -> Issue:
    column = _canonical(client, loaded.table, remark.column)
    return Issue(
        table=loaded.table,
        source=loaded.source,
        level="told" if remark.kind in _TOLD else "bends",
        kind=remark.kind,
        column=remark.column,
        n_rows=remark.n_rows,
        share=remark.n_rows / loaded.n_read,
        first_row=remark.first_row,
        first_file=remark.first_file,
        example=_shown(remark.example, column),
        found=remark.found,
        remedy=remark.remedy,
        playbooks=_looking(playbooks, loaded.table, column.name if column else remark.name),
    )


def refusal(client: Client, table: str, fault: Fault, playbooks: list[PlaybookNeeds]) -> Issue:
    """A fault for which a table was refused; what stood in a column of ids or texts is told by its shape."""
    named = _COLUMN.search(fault.where)
    column = named[1] if named else ""
    found = fault.found + (f" (allowed: {fault.allowed})" if fault.allowed else "")
    canonical = _canonical(client, table, column)
    found = _QUOTED.sub(lambda quoted: f"'{_shown(quoted[0][1:-1], canonical)}'", found) if canonical else found
    return Issue(
        table=table,
        source=str(client.file.tables[table].source),  # type: ignore[index]
        level="stops",
        kind="refused",
        column=column,
        n_rows=0,
        share=float("nan"),
        first_row=0,
        first_file="",
        example="",
        found=found,
        remedy=fault.remedy,
        playbooks=_looking(playbooks, table, ""),
    )


def _looking(playbooks: list[PlaybookNeeds], table: str, column: str) -> tuple[str, ...]:
    return tuple(playbook.name for playbook in playbooks if playbook.wants(table, column))


def _shown(example: str, column: Column | None) -> str:
    """What stood there. Ids, names and texts are people's: their shape tells what is wrong with them just as well.

    So are the words that have strayed into a column of numbers or days; `n/a` or `soon` is none of them.
    """
    is_coded = column is not None and column.kind in ("flag", "code")
    is_measured = column is not None and column.kind in ("number", "day", "moment") and not _WORDS.search(example)
    return example if is_coded or is_measured else _shape(example)


def _shape(example: str) -> str:
    """`X-1234` as `A-9999`, so that a report names nobody."""
    bare = re.sub(r"\d", "9", re.sub(r"[^\W\d_]", "A", example)) if example not in _NO_VALUE else example
    return bare if len(bare) <= _SHAPE_LENGTH else f"{bare[:_SHAPE_LENGTH]}…"


_NO_VALUE = ("blank", "a copy of an earlier row", "")
