"""One table: read, cast, checked, split into what is kept and what is set aside."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from retention_lab.errors import DataError, Fault
from retention_lab.tables.casting import DAY, ISO_DAY, as_code, as_flag, as_kind, as_text
from retention_lab.tables.checks import Check, checks_for, with_copies
from retention_lab.tables.client_file import KeyedDuplicates, ReadOptions, TableFile, nearest
from retention_lab.tables.contract import Column, column_of
from retention_lab.tables.sources import RAGGED, ROW, Source, read_source

REASON = "_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Rows set aside for one reason. `first_row` is the number that a spreadsheet shows, `example` what stood there."""

    reason: str
    column: str
    n_rows: int
    first_row: int
    example: str
    remedy: str


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
    max_rejected: float
    known_customers: ir.Table | None


def load_table(job: Loading) -> LoadedTable:
    """Read, check and split one table; rows with a fault go to `quarantine/<table>.parquet` in the client's folder.

    Raises DataError with all faults of the file together: it cannot be read, a mapped column is missing, a code has no
    meaning, the order of day and month cannot be told, or more than `max_rejected` of its rows have a fault.
    """
    source = read_source(job.folder, job.spec.source, job.spec.read)
    faults = _missing_columns(job, source)
    if faults:
        raise DataError(faults)
    raw = job.engine.create_table(f"raw_{job.table}", ibis.memtable(source.data))
    order, notes = _date_order(job, raw)
    typed = _typed(replace(job, spec=job.spec.model_copy(update={"read": order})), raw, source)
    faults = _unmapped_codes(job, typed)
    if faults:
        raise DataError(faults)
    checked = _checked(job, typed)
    rejections = _rejections(job, checked)
    _write_quarantine(job, checked, source)
    n_rejected = sum(found.n_rows for found in rejections)
    if n_rejected > job.max_rejected * source.data.num_rows:
        raise DataError(_too_many(job, source, n_rejected, rejections))
    kept = checked.filter(checked[REASON].isnull())
    canonical = [name for name in kept.columns if not name.startswith(("raw:", "_")) and name != "copy"]
    return LoadedTable(
        table=job.table,
        source=job.spec.source,
        rows=kept.select(*canonical),
        n_read=source.data.num_rows,
        n_kept=source.data.num_rows - n_rejected,
        rejections=tuple(rejections),
        blanks=tuple(_blanks(job, checked, source)),
        notes=(*source.notes, *notes, *_declared_notes(job)),
    )


def _mapped(spec: TableFile) -> dict[str, str]:
    """Canonical name (or covariate, or its day) to the file's column."""
    covariates = {f"covariate:{name}": spec.covariates[name].column for name in spec.covariates}
    since = {f"since:{name}": column for name, c in spec.covariates.items() if (column := c.since)}
    return {**spec.columns, **covariates, **since}


def _columns(table: str, spec: TableFile) -> list[Column]:
    """The canonical columns that are mapped, and the days of covariates, which are checked like any other day."""
    present = [found for name in spec.columns if (found := column_of(table, name))]
    return present + [Column(f"since:{name}", "day", "") for name, c in spec.covariates.items() if c.since]


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


def _date_order(job: Loading, raw: ir.Table) -> tuple[ReadOptions, list[str]]:
    """The order of day and month: as declared, else what the file's own dates leave possible."""
    options = job.spec.read
    days = [c.name for c in _columns(job.table, job.spec) if c.kind in ("day", "moment")]
    texts = [(name, raw[_mapped(job.spec)[name]]) for name in days]
    texts = [(name, as_text(column, options)) for name, column in texts if not column.type().is_temporal()]
    if options.dates or not texts:
        return options, []
    seen = ibis.union(*(raw.select(ROW, text=text) for _, text in texts)) if len(texts) > 1 else raw.select(ROW, text=texts[0][1])
    seen = seen.filter(seen.text.re_search(DAY) & ~seen.text.re_search(ISO_DAY))
    first, second = (seen.text.re_extract(DAY, group).cast("int64") for group in (1, 2))
    found = seen.aggregate(
        n=seen.count(),
        dmy=(first > 12).sum(),
        mdy=(second > 12).sum(),
        dmy_row=seen[ROW].min(where=first > 12),
        mdy_row=seen[ROW].min(where=second > 12),
    ).to_pyarrow().to_pylist()[0]
    if not found["n"]:
        return options.model_copy(update={"dates": "ymd"}), []
    if bool(found["dmy"]) == bool(found["mdy"]):
        raise DataError(_undecided(job, found))
    order = "dmy" if found["dmy"] else "mdy"
    return options.model_copy(update={"dates": order}), [f"Dates are read as {order}: no other order fits them all."]


def _undecided(job: Loading, found: dict[str, int]) -> Fault:
    if found["dmy"]:
        what = f"dates in two orders: day first in row {found['dmy_row']}, month first in row {found['mdy_row']}"
        remedy = "set read.dates to the order that is meant (the other rows are then set aside), or ask for ISO dates"
    else:
        what = "day and month cannot be told apart: every date fits both orders"
        remedy = "ask the client, and set read.dates to dmy or mdy"
    return Fault(where=f"{job.spec.source}, dates", found=what, allowed="read.dates: dmy, mdy or ymd", remedy=remedy)


def _typed(job: Loading, raw: ir.Table, source: Source) -> ir.Table:
    """Canonical columns beside the text that stood in the file (`raw:…`) and the file's own columns (`file:…`)."""
    options, spec = job.spec.read, job.spec
    kinds = {column.name: column for column in _columns(job.table, spec)}
    values: dict[str, ir.Value] = {ROW: raw[ROW], RAGGED: raw[RAGGED]}
    for name, column in _mapped(spec).items():
        text = as_text(raw[column], options)
        values[f"raw:{name}"] = text
        values[name] = _value(kinds.get(name), spec.values.get(name.removeprefix("covariate:"), {}), raw[column], text, options)
    values |= {name: ibis.literal(value) for name, value in spec.constants.items()}
    typed = raw.select(**values, **{f"_file:{name}": raw[name] for name in source.columns})
    return with_copies(typed, [f"_file:{name}" for name in source.columns])


def _value(
    column: Column | None, codes: dict[str, str | bool], raw: ir.Value, text: ir.StringValue, options: ReadOptions
) -> ir.Value:
    if column is None or column.kind == "text":
        return ibis.cases(*((text == code, ibis.literal(str(to))) for code, to in codes.items()), else_=text) if codes else text
    if column.kind == "flag":
        return as_flag(text, codes)
    if column.kind == "code":
        return as_code(text, codes, column.codes)
    return as_kind(column.kind, raw, options)


def _unmapped_codes(job: Loading, typed: ir.Table) -> list[Fault]:
    """Codes without a meaning: guessing one could turn every customer into a leaver, so the table is refused."""
    coded = [column for column in _columns(job.table, job.spec) if column.kind in ("flag", "code")]
    return [fault for column in coded for fault in _unmapped_in(job, typed, column)]


def _unmapped_in(job: Loading, typed: ir.Table, column: Column) -> list[Fault]:
    unknown = typed.filter(typed[f"raw:{column.name}"].notnull() & typed[column.name].isnull())
    unknown = unknown.group_by(code=unknown[f"raw:{column.name}"]).aggregate(n=unknown.count(), row=unknown[ROW].min())
    found = unknown.order_by("row").limit(10).to_pyarrow().to_pylist()
    if not found:
        return []
    codes = ", ".join(f"{item['code']!r} ({item['n']} rows, first in row {item['row']})" for item in found)
    allowed = "true, false, 1, 0" if column.kind == "flag" else ", ".join(column.codes)
    example = "true" if column.kind == "flag" else column.codes[0]
    return [
        Fault(
            where=f"{job.spec.source}, column {job.spec.columns[column.name]!r}",
            found=f"codes without a meaning for {column.name}: {codes}",
            allowed=allowed,
            remedy=f'say what they mean in client.yml: values: {{{column.name}: {{"{found[0]["code"]}": {example}}}}}',
        )
    ]


def _checked(job: Loading, typed: ir.Table) -> ir.Table:
    """The rows with the first reason that holds, kept in the engine so that nothing is computed twice."""
    checks = _all_checks(job)
    reason = ibis.cases(*((check.failing(typed).fill_null(False), check.reason) for check in checks), else_=None)
    return job.engine.create_table(f"checked_{job.table}", typed.mutate(**{REASON: reason.cast("string")}))


def _all_checks(job: Loading) -> list[Check]:
    checks = checks_for(job.table, _columns(job.table, job.spec), job.known_customers)
    policy = job.spec.duplicates
    if policy == "keep":
        return checks
    if isinstance(policy, KeyedDuplicates):
        return [*_without_duplicates(checks), _superseded(policy)]
    copies = Check(reason="exact_copy", column=RAGGED, failing=lambda rows: rows["copy"] > 0, remedy=_AS_SAID)
    return [copies, *(check for check in checks if check.reason != "duplicate_row")]


def _without_duplicates(checks: list[Check]) -> list[Check]:
    return [check for check in checks if not check.reason.startswith(("duplicate", "conflicting"))]


_AS_SAID = "nothing: client.yml says so under duplicates"


def _superseded(policy: KeyedDuplicates) -> Check:
    def failing(rows: ir.Table) -> ir.BooleanValue:
        order = rows[ROW].desc() if policy.keep == "last" else rows[ROW]
        return ibis.row_number().over(ibis.window(group_by=[rows[key] for key in policy.key], order_by=order)) > 0

    return Check(reason="superseded_row", column=policy.key[0], failing=failing, remedy=_AS_SAID)


def _rejections(job: Loading, checked: ir.Table) -> list[Rejection]:
    bad = checked.filter(checked[REASON].notnull())
    counts = bad.group_by(REASON).aggregate(n_rows=bad.count(), first_row=bad[ROW].min()).order_by("first_row", REASON)
    by_reason = {check.reason: check for check in _all_checks(job)}
    return [_rejection(job, checked, by_reason[row[REASON]], row) for row in counts.to_pyarrow().to_pylist()]


def _rejection(job: Loading, checked: ir.Table, check: Check, counted: dict[str, int]) -> Rejection:
    shown = check.column if check.column == RAGGED else f"raw:{check.column}"
    value = checked.filter(checked[ROW] == counted["first_row"])[shown].to_pyarrow().to_pylist()[0]
    return Rejection(
        reason=check.reason,
        column=_mapped(job.spec).get(check.column, ""),
        n_rows=counted["n_rows"],
        first_row=counted["first_row"],
        example="blank" if value is None else repr(value),
        remedy=check.remedy,
    )


def _blanks(job: Loading, checked: ir.Table, source: Source) -> list[Blank]:
    """Where the rows that are kept have nothing."""
    kept = checked.filter(checked[REASON].isnull())
    nothing = {name: as_text(kept[f"_file:{name}"], job.spec.read).isnull() for name in source.columns}
    counts = {f"n:{name}": empty.sum() for name, empty in nothing.items()}
    rows = {f"row:{name}": kept[ROW].min(where=empty) for name, empty in nothing.items()}
    found = kept.aggregate(**counts, **rows).to_pyarrow().to_pylist()[0]
    used = set(_mapped(job.spec).values())
    return [
        Blank(column=name, n_rows=found[f"n:{name}"], first_row=found[f"row:{name}"], used=name in used)
        for name in source.columns
        if found[f"n:{name}"]
    ]


def _write_quarantine(job: Loading, checked: ir.Table, source: Source) -> None:
    """The rows that were set aside, as they came, with row number and reason; written whole or not at all."""
    path = job.folder / "quarantine" / f"{job.table}.parquet"
    bad = checked.filter(checked[REASON].notnull()).order_by(ROW)
    own = {name: bad[f"_file:{name}"] for name in source.columns}
    rows: pa.Table = bad.select(ROW, REASON, RAGGED, **own).to_pyarrow()
    if not rows.num_rows:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    pq.write_table(rows, unfinished)
    unfinished.replace(path)


def _too_many(job: Loading, source: Source, n_rejected: int, rejections: list[Rejection]) -> list[Fault]:
    n = source.data.num_rows
    head = Fault(
        where=job.spec.source,
        found=f"{n_rejected} of {n} rows ({n_rejected / n:.1%}) have a fault",
        allowed=f"max_rejected: {job.max_rejected:.1%}",
        remedy=f"mend what follows; the rows lie in {job.folder / 'quarantine'}",
    )
    return [head, *(rejection_fault(job.spec.source, rejection) for rejection in rejections)]


def rejection_fault(source: str, rejection: Rejection) -> Fault:
    """A rejection as one message: file, column, first row, what stood there, what to do."""
    column = f", column {rejection.column!r}" if rejection.column else ""
    found = f"{rejection.reason}: {rejection.n_rows} rows, first in row {rejection.first_row} ({rejection.example})"
    return Fault(where=f"{source}{column}", found=found, remedy=rejection.remedy)


def _declared_notes(job: Loading) -> list[str]:
    """What client.yml itself had done to the data."""
    recoded = [f"Values of {name} are recoded as client.yml says." for name in job.spec.values]
    constant = [f"{name} is {value!r} for every row, as client.yml says." for name, value in job.spec.constants.items()]
    missing = [f"Read as missing: {', '.join(map(repr, job.spec.read.missing))}."] if job.spec.read.missing else []
    return [*recoded, *constant, *missing]



