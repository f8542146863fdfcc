"""A guessed table as client.yml would have it, with what is to be said of each of its lines."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from retention_lab.tables.client_file import Database, TableFile
from retention_lab.tables.client_rules import is_free_name, table_faults
from retention_lab.tables.contract import CONTRACT, column_of
from retention_lab.tables.guessing.guesses import ColumnGuess, Doubt, TableGuess
from retention_lab.tables.guessing.question import TOLD

UNSURE = "UNSURE"
_ALMOST_SURE = 0.95
_MOST_COVARIATES = 300
_LONGEST_NAME = 60
_MOST_RUNNERS_UP = 3
_OPENED = ("read", "columns", "multiply", "values", "constants", "covariates")
"""Keys that hold many things: a doubt about them is about something that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTable:
    """One table of a draft as plain values.

    `remarks` go by the way to a key, `notes` are about what is not there, `why_not` says why it cannot be used.
    """

    table: str
    spec: dict[str, object]
    remarks: dict[str, str]
    notes: tuple[str, ...]
    why_not: tuple[str, ...]


def draft_table(guess: TableGuess, *, by_inactivity: bool, outcomes: Collection[str] = ()) -> DraftTable:
    """A guessed table as plain values. Whatever client.yml would refuse is a reason why it cannot be used yet.

    `outcomes` are the columns that experiments are read from: their codes may have a meaning too.
    """
    spec = _spec(guess, outcomes)
    faults = table_faults(guess.table, guess.table, spec, by_inactivity=by_inactivity, outcomes=outcomes)
    lacking = [f"{name}: {_meaning(guess.table, name)}" for name in guess.lacking]
    why_not = [f"ask the client for {'; '.join(lacking)}"] if lacking else [fault.found for fault in faults]
    if not why_not:
        try:
            TableFile.model_validate(spec)
        except ValidationError as error:
            why_not = [str(detail["msg"]) for detail in error.errors()]
    remarks, notes = _remarks(guess, spec)
    return DraftTable(table=guess.table, spec=spec, remarks=remarks, notes=notes, why_not=tuple(why_not))


def said_of(confidence: float, reasons: Iterable[str], others: Iterable[tuple[str, float]] = (), *, sure: bool) -> str:
    """How sure a guess is, what speaks for it, and what else it might be."""
    word = UNSURE if not sure else "sure" if confidence >= _ALMOST_SURE else "likely"
    told = f"{f'{word}:' if not sure else word} {confidence:.0%}"
    told += f", {', '.join(reasons)}" if (reasons := tuple(reasons)) else ""
    nexts = [f"{name!r} ({share:.0%})" for name, share in tuple(others)[:_MOST_RUNNERS_UP]]
    return f"{told}; or {', '.join(nexts)}" if nexts else told


def said_of_doubt(doubt: Doubt) -> str:
    """What could not be made out, and what else it may be."""
    others = f"; or {', '.join(doubt.others)}" if doubt.others else ""
    return f"{UNSURE}: {doubt.why}{others}"


def key_of(doubt: Doubt, table: str) -> str:
    """The key of client.yml that a doubt is about, within its table."""
    return doubt.key.removeprefix(f"tables.{table}.").removeprefix(f"{table}.")


def column_text(column: str | tuple[str, str]) -> str:
    """A guessed column as a person reads it: one of the file, or two that are multiplied."""
    return column if isinstance(column, str) else " * ".join(column)


def _spec(guess: TableGuess, outcomes: Collection[str]) -> dict[str, object]:
    source = guess.sample.source
    known = [found for found in guess.columns if column_of(guess.table, found.name)]
    covariates = _covariates(guess)
    columns = {found.name: found.column for found in known if isinstance(found.column, str)}
    coded = {*columns, *covariates, *outcomes}
    parts: dict[str, object] = {
        "source": {"url": source.url, "table": source.table} if isinstance(source, Database) else source,
        "read": _read(guess),
        "columns": columns,
        "multiply": {found.name: list(found.column) for found in known if not isinstance(found.column, str)},
        "values": {name: codes for name, codes in guess.values.items() if codes and name in coded},
        "constants": {name: _constant(guess.table, name, value) for name, value in guess.constants.items()},
        "unit": guess.unit if "tenure" in columns else "",
        "covariates": covariates,
        "duplicates": guess.duplicates if guess.duplicates != "keep" else "",
    }
    return {key: part for key, part in parts.items() if part or key == "columns"}


def _read(guess: TableGuess) -> dict[str, object]:
    found: dict[str, object] = guess.sample.read.model_dump(exclude_defaults=True)
    missing = list(dict.fromkeys([*guess.sample.read.missing, *guess.missing]))
    return {**found, "missing": missing} if missing else found


def _constant(table: str, name: str, value: str) -> object:
    """A constant in the type that its column has, where it can be read so."""
    column = column_of(table, name)
    if column and column.kind == "flag":
        return {"true": True, "false": False}.get(value.strip().lower(), value)
    try:
        return float(value) if column and column.kind == "number" else value
    except ValueError:
        return value


def _covariates(guess: TableGuess) -> dict[str, str]:
    """The covariates under names that they can have: none is taken, and no two differ by their case alone."""
    if guess.table != "customers":
        return {}
    named: dict[str, str] = {}
    for name, column in list(guess.covariates.items())[:_MOST_COVARIATES]:
        tidy = base = " ".join(name.replace("=", " ").split())[:_LONGEST_NAME].rstrip() or "covariate"
        number = 2
        while not is_free_name(tidy, named):
            tidy, number = f"{base} {number}", number + 1
        named[tidy] = column
    return named


def _remarks(guess: TableGuess, spec: dict[str, object]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What is to be said of each line, and of what no line is there for."""
    rows = f"{'' if guess.sample.is_exact else 'about '}{guess.sample.n_rows:,} rows"
    files = f" in {len(guess.sample.files)} files" if len(guess.sample.files) > 1 else ""
    remarks = {
        "": said_of(guess.confidence, (), guess.others, sure=guess.is_sure),
        "source": f"{rows}{files}",
        "covariates": "what may explain who leaves; take out what was not known from the start",
    }
    for found in guess.columns:
        place = "columns" if isinstance(found.column, str) else "multiply"
        remarks[f"{place}.{found.name}"] = said_of_column(guess, found)
    cut = len(guess.covariates) - _MOST_COVARIATES
    notes = [f"{cut} more columns are left out of covariates"] if cut > 0 else []
    for doubt in dict.fromkeys((*guess.sample.doubts, *guess.doubts)):
        key = key_of(doubt, guess.table)
        if _has(spec, key) and key not in _OPENED:
            line = "read" if key.startswith("read.") else key
            before = remarks.get(line, "")
            remarks[line] = f"{said_of_doubt(doubt)} | {before}" if before else said_of_doubt(doubt)
        else:
            notes.append(f"{key}: {said_of_doubt(doubt)}")
    return remarks, tuple(notes)


def said_of_column(guess: TableGuess, found: ColumnGuess, *, briefly: bool = False) -> str:
    """How sure a column is: no more so than that its file is this table at all."""
    if found.reasons == (TOLD,):
        return TOLD
    sure = found.is_sure and guess.is_sure
    reasons = () if briefly else found.reasons
    others = () if briefly and sure else found.runners_up
    return said_of(min(found.confidence, guess.confidence), reasons, others, sure=sure)


def _has(spec: dict[str, object], key: str) -> bool:
    top, _, below = key.partition(".")
    part = spec.get(top)
    return top in spec if not below else isinstance(part, dict) and below in part


def _meaning(table: str, name: str) -> str:
    """What the client is asked for: a column in plain words, or one of two."""
    told = [column.meaning for part in name.split("|") if (column := column_of(table, part.strip()))]
    return " or ".join(told) if told else f"see the {len(CONTRACT[table])} columns of {table}"
