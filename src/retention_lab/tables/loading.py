"""One table: read, cast, checked, split into what is kept and what is set aside."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from retention_lab.errors import DataError, Fault
from retention_lab.tables.casting import as_code, as_flag, as_kind, as_number, as_text, recoded
from retention_lab.tables.checks import Check, checks_for
from retention_lab.tables.client_file import KeyedDuplicates, ReadOptions, TableFile
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.contract import Column, column_of
from retention_lab.tables.dates import find_date_order
from retention_lab.tables.duplicates import DECLARED, declared_check, duplicate_checks, with_duplicates
from retention_lab.tables.quarantine import (
    Rejection,
    count_rejections,
    quarantine_path,
    rejection_fault,
    write_quarantine,
)
from retention_lab.tables.sources import POSITION, RAGGED, REASON, ROW, Source, read_source

# A covariate may be called like a canonical column; in a loaded table it stands under one of these.
COVARIATE, NUMBER, SINCE = "covariate:", "number:", "since:"
_OWN = "own:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A column of the file, used or not, with blank or declared missing values, which stay as they are."""

    column: str
    n_rows: int
    first_row: int
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTable:
    """A checked table: `rows` holds what is kept, in canonical columns, as an Ibis expression."""

    table: str
    source: str
    rows: ir.Table
    n_read: int
    n_kept: int
    rejections: tuple[Rejection, ...]
    blanks: tuple[Blank, ...]
    notes: tuple[str, ...]

    @property
    def n_rejected(self) -> int:
        return self.n_read - self.n_kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """What loading one table needs to know."""

    engine: Backend
    folder: Path
    table: str
    spec: TableFile
    timezone: str
    max_rejected: float
    known_customers: ir.Table | None


def load_table(job: Loading) -> LoadedTable:
    """Read, check and split one table; rows with a fault go to `quarantine/<table>.parquet` in the client's folder.

    Raises DataError with all faults of the file together: it cannot be read, a mapped column is missing, a code has no
    meaning, the order of day and month cannot be told, or more than `max_rejected` of its rows have a fault.
    """
    path = quarantine_path(job.folder, job.table)
    # What an earlier load set aside is not what this one finds.
    path.unlink(missing_ok=True)
    source = read_source(job.folder, job.spec.source, job.spec.read)
    raw = ibis.memtable(source.for_engine(job.timezone))
    typed, notes = _typed(job, raw, source)
    checks = _checks(job)
    aside = _set_aside(job, raw, typed, checks)
    rejections = count_rejections(aside, typed, checks, source, _mapped(job.spec))
    write_quarantine(path, aside, source)
    _refuse_too_many(job, source, rejections)
    _take_out(job, aside)
    return LoadedTable(
        table=job.table,
        source=job.spec.source,
        rows=typed.select(*_canonical_names(typed)),
        n_read=source.n_rows,
        n_kept=source.n_rows - aside.num_rows,
        rejections=rejections,
        blanks=tuple(_blanks(job, typed, source)),
        notes=(*source.notes, *notes, *_declared_notes(job)),
    )


def _canonical_names(typed: ir.Table) -> list[str]:
    return [name for name in typed.columns if not name.startswith(("raw:", "file:", "_"))]


def _mapped(spec: TableFile) -> dict[str, str]:
    """Canonical name (or covariate, or its day) to the file's column."""
    covariates = {f"{COVARIATE}{name}": covariate.column for name, covariate in spec.covariates.items()}
    since = {f"{SINCE}{name}": column for name, c in spec.covariates.items() if (column := c.since)}
    return {**spec.columns, **covariates, **since}


def _columns(table: str, spec: TableFile) -> list[Column]:
    """The canonical columns that there are, and the days of covariates, which are checked like any other day."""
    present = [found for name in (*spec.columns, *spec.constants) if (found := column_of(table, name))]
    return present + [Column(f"{SINCE}{name}", "day", "") for name, c in spec.covariates.items() if c.since]


def _typed(job: Loading, raw: ir.Table, source: Source) -> tuple[ir.Table, tuple[str, ...]]:
    """The file in canonical columns, and what had to be found out; all faults of the file as such are raised here."""
    faults = _missing_columns(job, source)
    spec = _without_missing(job.spec, source)
    days = [c.name for c in _columns(job.table, spec) if c.kind in ("day", "moment") and c.name in _mapped(spec)]
    order = find_date_order(raw, source, [_mapped(spec)[name] for name in days], spec.read)
    job = replace(job, spec=spec.model_copy(update={"read": order.options}))
    # Put down once: whatever is asked of it from here on is a short question.
    typed = job.engine.create_table(f"typed_{job.table}", _canonical(job, raw, source))
    faults += [order.fault] if order.fault else []
    faults += _unmapped_codes(job, typed, source)
    if faults:
        raise DataError(faults)
    return typed, order.notes


def _missing_columns(job: Loading, source: Source) -> list[Fault]:
    wanted = {column: name for name, column in _mapped(job.spec).items() if column not in source.columns}
    return [
        Fault(
            where=f"{source.name}, column {column!r}",
            found=f"the file has no such column; client.yml takes it for {name.replace(':', ' ')} of {job.table}",
            allowed=", ".join(source.columns),
            remedy=nearest(column, source.columns) or "correct client.yml, or ask for the column",
        )
        for column, name in wanted.items()
    ]


def _without_missing(spec: TableFile, source: Source) -> TableFile:
    """The table without what the file lacks, so that its other faults can be told in the same breath."""
    columns = {name: column for name, column in spec.columns.items() if column in source.columns}
    covariates = {n: c for n, c in spec.covariates.items() if {c.column, c.since or c.column} <= set(source.columns)}
    return spec.model_copy(update={"columns": columns, "covariates": covariates})


def _canonical(job: Loading, raw: ir.Table, source: Source) -> ir.Table:
    """Canonical columns beside the text that stood in the file: `raw:…` for each, `file:…` for columns without use."""
    rows = _tidied(job, raw, source)
    values: dict[str, ir.Value] = {}
    for name, column in _mapped(job.spec).items():
        text = rows[source.engine_name(column)]
        own = rows[_OWN + text.get_name()] if _OWN + text.get_name() in rows.columns else text
        values |= {f"raw:{name}": text, **_values(job, name, own, text, job.spec.read)}
    for name, value in job.spec.constants.items():
        # A constant is written the way of client.yml, whatever the way of the file.
        text = ibis.literal(_written(value))
        values |= {f"raw:{name}": text, **_values(job, name, text, text, ReadOptions(dates="ymd"))}
    used = {source.engine_name(column) for column in _mapped(job.spec).values()}
    unused = [name for name in rows.columns if name.startswith("file:") and name not in used]
    return rows.select(POSITION, RAGGED, *unused, **values)


def _tidied(job: Loading, raw: ir.Table, source: Source) -> ir.Table:
    """The file's columns as text, and beside them (`own:…`) those that came with another type."""
    names = [source.engine_name(column) for column in source.columns]
    texts = {name: as_text(raw[name], job.spec.read) for name in names}
    own = {_OWN + name: raw[name] for name in names if not raw[name].type().is_string()}
    return raw.select(POSITION, RAGGED, **texts, **own)


def _written(constant: str | float | bool | date) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant).strip()


def _values(job: Loading, name: str, own: ir.Value, text: ir.StringValue, options: ReadOptions) -> dict[str, ir.Value]:
    """A canonical column; a covariate comes as text and beside it, where it can be read so, as numbers."""
    codes = job.spec.values.get(name.removeprefix(COVARIATE), {})
    if name.startswith(COVARIATE):
        # A typed column keeps its own numbers: as text they could be read with the wrong decimal mark.
        number = as_number(recoded(text, codes) if codes else own, recoded(text, codes), options)
        return {name: recoded(text, codes), NUMBER + name.removeprefix(COVARIATE): number}
    column = next(column for column in _columns(job.table, job.spec) if column.name == name)
    if column.kind == "flag":
        return {name: as_flag(text, codes)}
    if column.kind == "code":
        return {name: as_code(text, codes, column.codes)}
    return {name: as_kind(column.kind, own, recoded(text, codes), options)}


def _unmapped_codes(job: Loading, typed: ir.Table, source: Source) -> list[Fault]:
    """Codes without a meaning: guessing one could turn every customer into a leaver, so the table is refused."""
    coded = [column for column in _columns(job.table, job.spec) if column.kind in ("flag", "code")]
    return [fault for column in coded for fault in _unmapped_in(job, typed, column, source)]


def _unmapped_in(job: Loading, typed: ir.Table, column: Column, source: Source) -> list[Fault]:
    # In a row with a field too many, what stands under a column belongs to another.
    whole = typed.filter(typed[RAGGED].isnull())
    unknown = whole.filter(whole[f"raw:{column.name}"].notnull() & whole[column.name].isnull())
    counted = unknown.group_by(code=unknown[f"raw:{column.name}"])
    unknown = counted.aggregate(n=unknown.count(), at=unknown[POSITION].min())
    found = unknown.order_by("at").to_pyarrow().to_pylist()
    if not found:
        return []
    told = [f"{item['code']!r} ({item['n']} rows, first in {source.row_name(item['at'])})" for item in found[:10]]
    told += [f"and {len(found) - 10} more"] if len(found) > 10 else []
    # Which code means what is for the client to say: a hint that filled it in would be pasted, and believed.
    either = "true or false" if column.kind == "flag" else f"one of {', '.join(column.codes)}"
    asked = ", ".join(f'"{item["code"]}": …' for item in found[:10])
    return [
        Fault(
            where=f"{job.spec.source}, column {_mapped(job.spec).get(column.name, column.name)!r}",
            found=f"codes without a meaning for {column.name}: {', '.join(told)}",
            allowed="true, false, 1, 0" if column.kind == "flag" else ", ".join(column.codes),
            remedy=f"say in client.yml which is which ({either} for each): values: {{{column.name}: {{{asked}}}}}",
        )
    ]


def _checks(job: Loading) -> list[Check]:
    """All checks of the table, in the order in which they are applied."""
    rows = checks_for(job.table, _columns(job.table, job.spec), job.known_customers)
    declared = declared_check(job.spec)
    policy = job.spec.duplicates
    several = duplicate_checks(job.table, job.spec.columns, keyed=isinstance(policy, KeyedDuplicates))
    if declared is None:
        return [*rows, *several]
    # A copy is a copy whatever else is wrong with it; which of several rows is kept is asked of rows without a fault.
    return [declared, *rows, *several] if policy == "drop_exact" else [*rows, declared, *several]


def _set_aside(job: Loading, raw: ir.Table, typed: ir.Table, checks: list[Check]) -> pa.Table:
    """Position of the rows that have a fault, with the first reason that holds, in the order of the file."""
    checked = [name for name in typed.columns if not name.startswith((COVARIATE, f"raw:{COVARIATE}", NUMBER, "file:"))]
    rows = with_duplicates(typed.select(*checked), raw, job.table, job.spec)
    reason = ibis.cases(*((check.failing(rows), check.reason) for check in checks), else_=None)
    found = rows.select(POSITION, **{REASON: reason.cast("string")})
    return found.filter(found[REASON].notnull()).order_by(POSITION).to_pyarrow()


def _take_out(job: Loading, aside: pa.Table) -> None:
    """Takes the rows that are set aside out of the typed table."""
    job.engine.con.register("aside", aside)
    job.engine.raw_sql(f'DELETE FROM "typed_{job.table}" WHERE "{POSITION}" IN (SELECT "{POSITION}" FROM aside)')
    job.engine.con.unregister("aside")


def _refuse_too_many(job: Loading, source: Source, rejections: tuple[Rejection, ...]) -> None:
    """What client.yml had dropped is no fault, and does not count."""
    faulty = [found for found in rejections if found.reason not in DECLARED]
    n = sum(found.n_rows for found in faulty)
    if n <= job.max_rejected * source.n_rows:
        return
    head = Fault(
        where=job.spec.source,
        found=f"{n} of {source.n_rows} rows ({n / source.n_rows:.1%}) have a fault",
        allowed=f"max_rejected: {job.max_rejected:.1%}",
        remedy=f"mend what follows; the rows lie in {quarantine_path(job.folder, job.table)}",
    )
    raise DataError([head, *(rejection_fault(job.spec.source, found) for found in faulty)])


def _blanks(job: Loading, kept: ir.Table, source: Source) -> list[Blank]:
    """Where the rows that are kept have nothing."""
    used = {column: f"raw:{name}" for name, column in _mapped(job.spec).items()}
    texts = {column: kept[used.get(column, source.engine_name(column))] for column in source.columns}
    counts = {f"n:{place}": text.isnull().sum() for place, text in enumerate(texts.values())}
    first = {f"at:{place}": kept[POSITION].min(where=text.isnull()) for place, text in enumerate(texts.values())}
    found = kept.aggregate(**counts, **first).to_pyarrow().to_pylist()[0]
    return [
        Blank(
            column=column,
            n_rows=found[f"n:{place}"],
            first_row=source.places[ROW][found[f"at:{place}"]].as_py(),
            used=column in used,
        )
        for place, column in enumerate(texts)
        if found[f"n:{place}"]
    ]


def _declared_notes(job: Loading) -> list[str]:
    """What client.yml itself had done to the data."""
    recoding = [f"Values of {name} are recoded as client.yml says." for name in job.spec.values]
    constant = [f"{name} is {value} for every row, as client.yml says." for name, value in job.spec.constants.items()]
    missing = [f"Read as missing: {', '.join(map(repr, job.spec.read.missing))}."] if job.spec.read.missing else []
    return [*recoding, *constant, *missing]
