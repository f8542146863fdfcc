"""One table: read, cast, checked, split into what is kept and what is set aside.

A small table lies in memory, a large one in a file of the engine: it is read as a stream, once for each question that
cannot be asked of the typed table. Of a large table, columns without use are not looked at.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from retention_lab.errors import DataError, Fault
from retention_lab.tables.canonical import (
    COVARIATE,
    NUMBER,
    SINCE,
    TIMES,
    Mapping,
    as_handed_out,
    as_written,
    canonical,
)
from retention_lab.tables.checks import Check, checks_for, possible
from retention_lab.tables.client_file import KeyedDuplicates, TableFile
from retention_lab.tables.dates import find_date_order
from retention_lab.tables.duplicates import DECLARED, Repeated, declared_check, duplicate_checks, find_duplicates
from retention_lab.tables.engine import make_room, put_down, two_threads, within_memory
from retention_lab.tables.file_faults import missing_columns, unmapped_codes
from retention_lab.tables.looks.look import look
from retention_lab.tables.opened import Opened
from retention_lab.tables.quarantine import (
    MOST_KEPT,
    Rejection,
    clear_quarantine,
    count_rejections,
    quarantine_path,
    rejection_fault,
    write_quarantine,
)
from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.reading import read_source
from retention_lab.tables.sources.source import POSITION, RAGGED, REASON
from retention_lab.tables.sources.streamed import AnySource, StreamedSource
from retention_lab.tables.workspace import QUARANTINE

__all__ = ["COVARIATE", "NUMBER", "SINCE", "Blank", "LoadedTable", "Loading", "load_table"]


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
    observed_through: date | None = None
    currency: str = ""

    @property
    def mapping(self) -> Mapping:
        return Mapping(table=self.table, spec=self.spec, timezone=self.timezone)


def load_table(job: Loading) -> LoadedTable:
    """Read, check and split one table; rows with a fault go to `quarantine/<table>.parquet` in the client's folder.

    Raises DataError with all faults of the file together: it cannot be read, a mapped column is missing, a code has no
    meaning, the order of day and month cannot be told, or more than `max_rejected` of its rows have a fault.
    """
    clear_quarantine(job.folder, job.table)
    source = read_source(job.folder, job.spec.source, job.spec.read, job.mapping.wanted)
    if isinstance(source, StreamedSource):
        make_room(job.engine)
    with two_threads(job.engine), within_memory(source.name), _whole(source):
        return _load(job, source)


@contextmanager
def _whole(source: AnySource) -> Iterator[None]:
    """What breaks a stream comes back from the engine without its kind."""
    try:
        yield
    except duckdb.Error as error:
        if isinstance(source, StreamedSource) and source.broken:
            raise source.broken[0] from error
        raise


def _load(job: Loading, source: AnySource) -> LoadedTable:
    with closing(Opened(job.engine, source, job.timezone)) as file:
        return _checked(job, source, file)


def _checked(job: Loading, source: AnySource, file: Opened) -> LoadedTable:
    typed, notes = _typed(job, source, file)
    checks = _checks(job)
    same = find_duplicates(job.engine, f"typed_{job.table}", file.as_it_came(), job.table, job.spec, source)
    aside = _set_aside(job, same, typed, checks)
    rejections = count_rejections(aside, as_written(typed), checks, source, job.mapping.told)
    n_aside = sum(found.n_rows for found in rejections)
    if rejections:
        write_quarantine(quarantine_path(job.folder, job.table), aside, source)
        _refuse_too_many(job, source, rejections)
        _take_out(job)
    return LoadedTable(
        table=job.table,
        source=str(job.spec.source),
        rows=as_handed_out(typed),
        n_read=source.n_rows,
        n_kept=source.n_rows - n_aside,
        rejections=rejections,
        blanks=tuple(_blanks(job, typed, source)),
        notes=(*source.notes, *notes, *_declared_notes(job), *_quarantine_notes(n_aside)),
        remarks=(
            *source.remarks,
            *same.overlaps,
            *look(
                typed,
                job.table,
                job.mapping.told,
                source,
                job.observed_through,
                known_customers=job.known_customers,
                currency=job.currency,
            ),
        ),
    )


def _typed(job: Loading, source: AnySource, file: Opened) -> tuple[ir.Table, tuple[str, ...]]:
    """The file in canonical columns, and what had to be found out; all faults of the file as such are raised here."""
    mapping = job.mapping
    faults = missing_columns(job.table, [*mapping.own.items(), *mapping.factors], source)
    mapping = Mapping(table=job.table, spec=mapping.within(source.columns), timezone=job.timezone)
    order = find_date_order(file.table(mapping.days), source, mapping.days, mapping.spec.read)
    spec = mapping.spec.model_copy(update={"read": order.options})
    mapping = Mapping(table=job.table, spec=spec, timezone=job.timezone)
    # Put down once: whatever is asked of it from here on is a short question.
    typed = _put_down(job, canonical(mapping, file.table(mapping.wanted), source), source)
    faults += [order.fault] if order.fault else []
    faults += unmapped_codes(as_written(typed), mapping.columns, mapping.own, source)
    if faults:
        raise DataError(faults)
    return typed, order.notes


def _put_down(job: Loading, canonical: ir.Table, source: AnySource) -> ir.Table:
    """The typed table, of which the engine keeps each column once: many a value is what stood in the file."""
    names = list(canonical.columns)
    made = dict(zip(names, canonical.op().values.values(), strict=True))
    raw = {f"raw:{name}": name for name in names if f"raw:{name}" in made}
    twins = {written: name for written, name in raw.items() if made[written] == made[name]}
    kept = [name for name in names if name not in twins and (name != RAGGED or source.has_ragged)]
    wanted = canonical.select(*kept) if len(kept) < len(names) else canonical
    stored = put_down(job.engine, f"typed_{job.table}", wanted)
    columns = {name: stored[name] for name in kept}
    given = {name: columns.get(twins.get(name, name), ibis.null("string")) for name in names}
    # A view: every later question begins anew at it, and none has to be taken apart down to the file.
    return job.engine.create_view(f"rows_{job.table}", stored.select(**given))


def _checks(job: Loading) -> list[Check]:
    """All checks of the table, in the order in which they are applied."""
    rows = checks_for(job.table, job.mapping.columns, job.known_customers, job.spec.unit)
    declared = declared_check(job.spec)
    policy = job.spec.duplicates
    several = duplicate_checks(job.table, job.spec.columns, keyed=isinstance(policy, KeyedDuplicates))
    if declared is None:
        return [*rows, *several]
    # A copy is a copy whatever else is wrong with it; which of several rows is kept is asked of rows without a fault.
    return [declared, *rows, *several] if policy == "drop_exact" else [*rows, declared, *several]


def _set_aside(job: Loading, same: Repeated, typed: ir.Table, checks: list[Check]) -> ir.Table:
    """Position of the rows that have a fault, with the first reason that holds."""
    rows = same.marked(typed)
    failing = [(check.failing(rows), check.reason) for check in possible(checks, rows)]
    reason = ibis.cases(*failing, else_=None) if failing else ibis.null("string")
    found = rows.select(POSITION, **{REASON: reason.cast("string")})
    return put_down(job.engine, f"aside_{job.table}", found, f"{REASON} IS NOT NULL")


def _take_out(job: Loading) -> None:
    """Takes the rows that are set aside out of the typed table."""
    among = f'SELECT "{POSITION}" FROM "aside_{job.table}"'
    job.engine.raw_sql(f'DELETE FROM "typed_{job.table}" WHERE "{POSITION}" IN ({among})')
    job.engine.raw_sql(f'DROP TABLE "aside_{job.table}"')


def _refuse_too_many(job: Loading, source: AnySource, rejections: tuple[Rejection, ...]) -> None:
    """What client.yml had dropped is no fault, and does not count."""
    faulty = [found for found in rejections if found.reason not in DECLARED]
    n = sum(found.n_rows for found in faulty)
    if n <= job.max_rejected * source.n_rows:
        return
    where = str(job.spec.source)
    head = Fault(
        where=where,
        found=f"{n} of {source.n_rows} rows ({n / source.n_rows:.1%}) have a fault",
        allowed=f"max_rejected: {job.max_rejected:.1%}",
        # A report is sent to the client, who need not know where the consultant keeps it.
        remedy=f"mend what follows; the rows lie in {QUARANTINE}/{job.table}.parquet of the client's folder",
    )
    raise DataError([head, *(rejection_fault(where, found) for found in faulty)])


def _blanks(job: Loading, kept: ir.Table, source: AnySource) -> list[Blank]:
    """Where the rows that are kept have nothing."""
    used = {column: f"raw:{name}" for name, column in job.mapping.own.items()}
    names = {column: used.get(column, source.engine_name(column)) for column in source.columns}
    given = {column: kept[name] for column, name in names.items() if name in kept.columns}
    counts = {f"n:{place}": column.count() for place, column in enumerate(given.values())}
    found = kept.aggregate(all=kept.count(), **counts).to_pyarrow().to_pylist()[0]
    n_rows = {column: found["all"] - found[f"n:{place}"] for place, column in enumerate(given)}
    first = {column: kept[POSITION].min(where=given[column].isnull()) for column, n in n_rows.items() if n}
    at = kept.aggregate(**first).to_pyarrow().to_pylist()[0] if first else {}
    return [
        Blank(
            column=column,
            n_rows=n_rows[column],
            first_row=source.row_number(at[column]),
            used=column in job.mapping.wanted,
        )
        for column in first
    ]


def _declared_notes(job: Loading) -> list[str]:
    """What client.yml itself had done to the data."""
    recoding = [f"Values of {name} are recoded as client.yml says." for name in job.spec.values]
    products = [f"{name} is {TIMES.join(parts)}, as client.yml says." for name, parts in job.spec.multiply.items()]
    constant = [f"{name} is {value} for every row, as client.yml says." for name, value in job.spec.constants.items()]
    if job.table == "customers" and "customer_id" not in job.spec.mapped:
        constant.append("The file has no ids: each row is a customer, known by its place among the rows.")
    missing = [f"Read as missing: {', '.join(map(repr, job.spec.read.missing))}."] if job.spec.read.missing else []
    return [*recoding, *products, *constant, *missing]


def _quarantine_notes(n_aside: int) -> list[str]:
    note = f"Of {n_aside} rows that are set aside, the quarantine holds the first {MOST_KEPT}."
    return [note] if n_aside > MOST_KEPT else []
