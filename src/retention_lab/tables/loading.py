"""One table: read, cast, checked, split into what is kept and what is set aside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from retention_lab.errors import DataError, Fault
from retention_lab.tables.casting import as_code, as_flag, as_kind, as_number, as_own, recoded
from retention_lab.tables.checks import Check, checks_for
from retention_lab.tables.client_file import KeyedDuplicates, ReadOptions, TableFile
from retention_lab.tables.contract import Column, column_of
from retention_lab.tables.dates import find_date_order
from retention_lab.tables.duplicates import DECLARED, declared_check, duplicate_checks, with_duplicates
from retention_lab.tables.file_faults import missing_columns, unmapped_codes
from retention_lab.tables.quarantine import (
    Rejection,
    count_rejections,
    quarantine_path,
    rejection_fault,
    write_quarantine,
)
from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.reading import read_source
from retention_lab.tables.sources.source import POSITION, RAGGED, REASON, ROW, Source

# A covariate may be called like a canonical column; in a loaded table it stands under one of these.
COVARIATE, NUMBER, SINCE = "covariate:", "number:", "since:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A column of the file, used or not, with blank or declared missing values, which stay as they are."""

    column: str
    n_rows: int
    first_row: int
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTable:
    """A checked table: `rows` holds what is kept, in canonical columns, as an Ibis expression.

    `remarks` are what a person should know although no row was set aside for it.
    """

    table: str
    source: str
    rows: ir.Table
    n_read: int
    n_kept: int
    rejections: tuple[Rejection, ...]
    blanks: tuple[Blank, ...]
    notes: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()

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
    # What an earlier load set aside is not what this one finds.
    quarantine_path(job.folder, job.table).unlink(missing_ok=True)
    source = read_source(job.folder, job.spec.source, job.spec.read)
    with _two_threads(job.engine):
        return _load(job, source)


@contextmanager
def _two_threads(engine: Backend) -> Iterator[None]:
    """Nothing is summed when a table is loaded, and its rows keep their order: two threads find what one finds."""
    engine.raw_sql("SET threads=2")
    try:
        yield
    finally:
        engine.raw_sql("SET threads=1")


def _load(job: Loading, source: Source) -> LoadedTable:
    raw = ibis.memtable(source.for_engine(job.timezone))
    typed, notes = _typed(job, raw, source)
    checks = _checks(job)
    aside = _set_aside(job, raw, typed, checks)
    rejections = count_rejections(aside, _as_written(typed), checks, source, _mapped(job.spec))
    write_quarantine(quarantine_path(job.folder, job.table), aside, source)
    _refuse_too_many(job, source, rejections)
    _take_out(job, aside)
    return LoadedTable(
        table=job.table,
        source=job.spec.source,
        rows=_as_handed_out(typed),
        n_read=source.n_rows,
        n_kept=source.n_rows - aside.num_rows,
        rejections=rejections,
        blanks=tuple(_blanks(job, typed, source)),
        notes=(*source.notes, *notes, *_declared_notes(job)),
    )


def _as_handed_out(typed: ir.Table) -> ir.Table:
    """The canonical columns; a covariate is text, whatever it came as."""
    names = [name for name in typed.columns if not name.startswith(("raw:", "file:", "_"))]
    return typed.select(*(_written_out(typed, name) if name.startswith(COVARIATE) else name for name in names))


def _as_written(typed: ir.Table) -> ir.Table:
    """The typed table with what stood in the file as text."""
    return typed.mutate(*(_written_out(typed, name) for name in typed.columns if name.startswith("raw:")))


def _written_out(typed: ir.Table, name: str) -> ir.Value:
    """A column as text: numbers and days are written out when somebody asks, which is seldom, and dear."""
    column = typed[name]
    return column if column.type().is_string() else column.cast("string").name(name)


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
    faults = missing_columns(job.table, _mapped(job.spec), source)
    spec = _without_missing(job.spec, source)
    days = [c.name for c in _columns(job.table, spec) if c.kind in ("day", "moment") and c.name in _mapped(spec)]
    order = find_date_order(raw, source, [_mapped(spec)[name] for name in days], spec.read)
    job = replace(job, spec=spec.model_copy(update={"read": order.options}))
    # Put down once: whatever is asked of it from here on is a short question.
    typed = _put_down(job, _canonical(job, raw, source), source)
    faults += [order.fault] if order.fault else []
    faults += unmapped_codes(_as_written(typed), _columns(job.table, job.spec), _mapped(job.spec), source)
    if faults:
        raise DataError(faults)
    return typed, order.notes


def _without_missing(spec: TableFile, source: Source) -> TableFile:
    """The table without what the file lacks, so that its other faults can be told in the same breath."""
    columns = {name: column for name, column in spec.columns.items() if column in source.columns}
    covariates = {n: c for n, c in spec.covariates.items() if {c.column, c.since or c.column} <= set(source.columns)}
    return spec.model_copy(update={"columns": columns, "covariates": covariates})


def _put_down(job: Loading, canonical: ir.Table, source: Source) -> ir.Table:
    """The typed table, of which the engine keeps each column once: many a value is what stood in the file."""
    names = list(canonical.columns)
    made = dict(zip(names, canonical.op().values.values(), strict=True))
    raw = {f"raw:{name}": name for name in names if f"raw:{name}" in made}
    twins = {written: name for written, name in raw.items() if made[written] == made[name]}
    kept = [name for name in names if name not in twins and (name != RAGGED or source.has_ragged)]
    stored = job.engine.create_table(f"typed_{job.table}", canonical.select(*kept))
    columns = {name: stored[name] for name in kept}
    given = {name: columns.get(twins.get(name, name), ibis.null("string")) for name in names}
    return stored.select(**given)


def _canonical(job: Loading, raw: ir.Table, source: Source) -> ir.Table:
    """Canonical columns beside what stood in the file: `raw:…` for each, `file:…` for columns without use.

    Text is trimmed; what came with another type keeps it.
    """
    rows = _tidied(job, raw, source)
    values: dict[str, ir.Value] = {}
    for name, column in _mapped(job.spec).items():
        own = rows[source.engine_name(column)]
        values |= {f"raw:{name}": own, **_values(job, name, own, job.spec.read)}
    for name, value in job.spec.constants.items():
        # A constant is written the way of client.yml, whatever the way of the file.
        text = ibis.literal(_written(value))
        values |= {f"raw:{name}": text, **_values(job, name, text, ReadOptions(dates="ymd"))}
    used = {source.engine_name(column) for column in _mapped(job.spec).values()}
    unused = [name for name in rows.columns if name.startswith("file:") and name not in used]
    return rows.select(POSITION, RAGGED, *unused, **values)


def _tidied(job: Loading, raw: ir.Table, source: Source) -> ir.Table:
    """The file's columns, with nothing where there is nothing."""
    names = {source.engine_name(column): column for column in source.columns}
    own = {name: as_own(raw[name], job.spec.read, is_tidy=source.is_tidy(column)) for name, column in names.items()}
    return raw.select(POSITION, RAGGED, **own)


def _written(constant: str | float | bool | date) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant).strip()


def _values(job: Loading, name: str, own: ir.Value, options: ReadOptions) -> dict[str, ir.Value]:
    """A canonical column; a covariate comes as text and beside it, where it can be read so, as numbers."""
    codes = job.spec.values.get(name.removeprefix(COVARIATE), {})
    text = own if own.type().is_string() else own.cast("string")
    if name.startswith(COVARIATE):
        # A typed column keeps its own numbers: as text they could be read with the wrong decimal mark.
        read = recoded(text, codes) if codes else own
        return {name: read, NUMBER + name.removeprefix(COVARIATE): as_number(read, read, options)}
    column = next(column for column in _columns(job.table, job.spec) if column.name == name)
    if column.kind == "flag":
        return {name: as_flag(text, codes)}
    if column.kind == "code":
        return {name: as_code(text, codes, column.codes)}
    return {name: as_kind(column.kind, own, recoded(text, codes), options)}


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
    given = {column: kept[used.get(column, source.engine_name(column))] for column in source.columns}
    counts = {f"n:{place}": column.count() for place, column in enumerate(given.values())}
    found = kept.aggregate(all=kept.count(), **counts).to_pyarrow().to_pylist()[0]
    n_rows = {column: found["all"] - found[f"n:{place}"] for place, column in enumerate(given)}
    first = {column: kept[POSITION].min(where=given[column].isnull()) for column, n in n_rows.items() if n}
    at = kept.aggregate(**first).to_pyarrow().to_pylist()[0] if first else {}
    return [
        Blank(
            column=column,
            n_rows=n_rows[column],
            first_row=source.places[ROW][at[column]].as_py(),
            used=column in used,
        )
        for column in first
    ]


def _declared_notes(job: Loading) -> list[str]:
    """What client.yml itself had done to the data."""
    recoding = [f"Values of {name} are recoded as client.yml says." for name in job.spec.values]
    constant = [f"{name} is {value} for every row, as client.yml says." for name, value in job.spec.constants.items()]
    missing = [f"Read as missing: {', '.join(map(repr, job.spec.read.missing))}."] if job.spec.read.missing else []
    return [*recoding, *constant, *missing]
