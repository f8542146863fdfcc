"""Guesses held against what is right: which are right, which are wrong but marked, and which are wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retention_lab.tables.guessing.guesses import ClientGuess, ColumnGuess, TableGuess


@dataclass(frozen=True)
class Verdict:
    """One guessed column, or a whole table where `name` is ""."""

    source: str
    table: str
    name: str
    column: str
    confidence: float
    is_right: bool
    is_sure: bool
    is_vital: bool

    @property
    def misleads(self) -> bool:
        """Whether a number would be wrong and nobody would be asked."""
        return self.is_vital and self.is_sure and not self.is_right


def judged(guess: ClientGuess, tables: Mapping[str, Any], right: Mapping[str, Mapping[str, Any]]) -> list[Verdict]:
    """Every guessed table and column of a client; a wrong table's columns are as wrong as the table is sure."""
    found: list[Verdict] = []
    for table in guess.tables:
        source = str(table.sample.source)
        is_right = table.table in _several(tables[source])
        found.append(_verdict(table, source, is_right))
        columns = right.get(source, {})
        found += [_column(table, source, column, columns, is_right) for column in table.columns]
    return found


def missed(guess: ClientGuess, right: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Canonical columns that a file has and for which nothing was guessed."""
    known = {str(table.sample.source): {column.name for column in table.columns} for table in guess.tables}
    return [
        f"{source}: {name}"
        for source, columns in right.items()
        for name, column in columns.items()
        if None not in _several(column) and source in known and name not in known[source]
    ]


def _verdict(table: TableGuess, source: str, is_right: bool) -> Verdict:
    return Verdict(source, table.table, "", "", table.confidence, is_right, table.is_sure, True)


def _column(table: TableGuess, source: str, guess: ColumnGuess, right: Mapping[str, Any], in_right: bool) -> Verdict:
    column = guess.column if isinstance(guess.column, str) else " * ".join(guess.column)
    is_right = in_right and column in _several(right.get(guess.name))
    sure = guess.is_sure and (in_right or table.is_sure)
    return Verdict(source, table.table, guess.name, column, guess.confidence, is_right, sure, guess.is_vital)


def _several(right: Any) -> tuple[Any, ...]:
    return right if isinstance(right, tuple) else (right,)


def as_markdown(clients: Mapping[str, tuple[ClientGuess, list[Verdict]]]) -> str:
    """A table of guesses for people: each file, what it was taken for, and how the columns came out."""
    head = ("folder", "file", "taken for", "columns right", "wrong, marked unsure", "wrong and sure")
    rows = [row for folder, (guess, verdicts) in clients.items() for row in _rows(folder, guess, verdicts)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _rows(folder: str, guess: ClientGuess, verdicts: list[Verdict]) -> Iterator[tuple[str, ...]]:
    for table in guess.tables:
        own = [v for v in verdicts if v.source == str(table.sample.source) and v.name]
        lacks = f", lacks {', '.join(table.lacking)}" if table.lacking else ""
        taken = f"{table.table} ({table.confidence:.0%}){lacks}"
        wrong = [[v for v in own if not v.is_right and v.is_sure == sure] for sure in (False, True)]
        told = [", ".join(f"{v.name} ← {v.column}" for v in found) or "–" for found in wrong]
        yield folder, str(table.sample.source), taken, f"{sum(v.is_right for v in own)} of {len(own)}", *told
    for unused in guess.unused:
        yield folder, str(unused.source), f"not used: {unused.why}", "–", "–", "–"
