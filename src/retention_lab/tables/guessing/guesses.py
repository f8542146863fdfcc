"""What was guessed of a client's files, how sure that is, and what else it might be."""

from dataclasses import dataclass

import pyarrow as pa

from retention_lab.tables.client_file import Database, ReadOptions

SURE = 0.8
"""From this confidence on, a guess is not asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that could not be made out for sure: `key` of client.yml, what was taken, and what else it may be."""

    key: str
    taken: str
    others: tuple[str, ...] = ()
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file (or a table of a database), looked into: how it is read, and its first rows.

    `source` is what client.yml would call it, a pattern where several files are one table (`files` names them);
    `rows` has a column of text for each of the file's (typed where it came typed), spread over the whole file;
    `n_rows` counts all rows, `is_exact` says whether it was counted or estimated.
    """

    source: str | Database
    files: tuple[str, ...]
    read: ReadOptions
    rows: pa.Table
    n_rows: int
    is_exact: bool
    doubts: tuple[Doubt, ...] = ()

    @property
    def told(self) -> str:
        """What a person would call it: a workbook's sheet has no name of its own."""
        return f"{self.source}, sheet {self.read.sheet}" if self.read.sheet else str(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnGuess:
    """Which column of the file is a canonical one; `column` has two where their product is meant.

    `confidence` from 0 to 1; `reasons` say what speaks for it; `runners_up` are the next columns of the file with
    theirs. `is_vital`: a customer, a time, an event, a variant, an amount or an outcome, which may not be wrong.
    """

    name: str
    column: str | tuple[str, str]
    confidence: float
    reasons: tuple[str, ...]
    runners_up: tuple[tuple[str, float], ...] = ()
    is_vital: bool = False

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGuess:
    """Which canonical table a file is, and how it is to be mapped.

    `lacking` are required columns that nothing in the file can be: such a table cannot be used, and the client must be
    asked. `values` gives codes their meaning, `unit` belongs to a tenure, `covariates` may explain who leaves,
    `others` are the next canonical tables with their confidence. `outcomes`, of an assignments table, are the columns
    that came out of the experiment: outcome name to (column, kind: mean or proportion).
    """

    table: str
    sample: Sample
    confidence: float
    columns: tuple[ColumnGuess, ...]
    lacking: tuple[str, ...] = ()
    values: dict[str, dict[str, str | bool]]
    constants: dict[str, str]
    unit: str = ""
    covariates: dict[str, str]
    outcomes: dict[str, tuple[str, str]]
    variants: tuple[tuple[str, float], ...] = ()
    control: str = ""
    missing: tuple[str, ...] = ()
    duplicates: str = "keep"
    doubts: tuple[Doubt, ...] = ()
    others: tuple[tuple[str, float], ...] = ()

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A file that is no table of the contract, or not surely enough; or one that could not be read (`why` says it)."""

    source: str | Database
    why: str
    nearest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientGuess:
    """All that was guessed of a client. `max_rejected` is a share, where more rows than usual cannot be used."""

    tables: tuple[TableGuess, ...]
    unused: tuple[Unused, ...]
    churn: str
    observed_through: str
    language: str
    currency: str
    max_rejected: str = ""
    doubts: tuple[Doubt, ...] = ()
