"""The sheets in `labels/`, as people filled them in with whatever spreadsheet they have. Nothing heavy is imported."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retention_lab.errors import DataError, Fault
from retention_lab.tables.verbatims.folding import folded

NEEDED = ("feedback_id", "purpose", "label")
ANSWERS = ("label", "complaint", "leaving")
_MOST_BYTES = 50 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its path inside the client's folder, its columns, and its rows with their numbers."""

    where: str
    stem: str
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_sheet(folder: Path, path: Path) -> Sheet:
    """A sheet with commas, semicolons or tabs, in UTF-8 or cp1252. Raises DataError where it cannot be read."""
    where = path.relative_to(folder).as_posix()
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(Fault(where=where, found="it leads out of the client's folder", remedy="remove it"))
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is larger than any sheet that a person fills in")
        records = _records(_decoded(path.read_bytes()))
    except (OSError, ValueError, csv.Error) as error:
        remedy = "save it as CSV with the columns that it had"
        raise DataError(Fault(where=where, found=f"it cannot be read: {error}", remedy=remedy)) from error
    header = [folded(name.strip()).replace(" ", "_") for name in records[0][1]] if records else []
    if absent := [name for name in NEEDED if name not in header]:
        found = f"there is no column {', '.join(absent)}"
        remedy = "put the first row back as it was written; a spreadsheet may have saved something else than CSV"
        raise DataError(Fault(where=where, found=found, allowed=", ".join(NEEDED), remedy=remedy))
    rows = tuple((row, _named(header, record)) for row, record in records[1:] if any(cell.strip() for cell in record))
    return Sheet(where=where, stem=path.stem, rows=rows)


def is_filled(path: Path) -> bool:
    """Whether somebody has written an answer into a sheet; one that cannot be read counts, so that it is told."""
    try:
        sheet = read_sheet(path.parent, path)
    except DataError:
        return True
    return any(record.get(name, "") for _, record in sheet.rows for name in ANSWERS)


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _records(text: str) -> list[tuple[int, list[str]]]:
    """The records with the number of the row that a spreadsheet shows."""
    first, *_ = text.split("\n", 1)
    delimiter = max(";,\t", key=first.count)
    return list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1))


def _named(header: Sequence[str], record: Sequence[str]) -> dict[str, str]:
    """A row by its columns. What a cell that could be run was given in front is taken away again."""
    cells = [cell.strip() for cell in record]
    return {
        name: cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell
        for name, cell in zip(header, cells, strict=False)
    }
