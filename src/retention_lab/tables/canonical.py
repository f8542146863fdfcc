"""From the columns of a file to those of the contract, with what stood in the file beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import mul

import ibis
import ibis.expr.types as ir

from retention_lab.tables.casting import as_code, as_flag, as_kind, as_number, as_own, recoded, with_meanings
from retention_lab.tables.client_file import ReadOptions, TableFile
from retention_lab.tables.contract import Column, column_of
from retention_lab.tables.sources.source import POSITION, RAGGED
from retention_lab.tables.sources.streamed import AnySource

# A covariate may be called like a canonical column; in a loaded table it stands under one of these.
COVARIATE, NUMBER, SINCE = "covariate:", "number:", "since:"
TIMES = " × "


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Which columns of a file are which, and how they are read."""

    table: str
    spec: TableFile
    timezone: str

    @property
    def own(self) -> dict[str, str]:
        """Canonical name (or covariate, or its day) to the file's column; products of several are not in it."""
        covariates = {f"{COVARIATE}{name}": covariate.column for name, covariate in self.spec.covariates.items()}
        since = {f"{SINCE}{name}": column for name, c in self.spec.covariates.items() if (column := c.since)}
        return {**self.spec.columns, **covariates, **since}

    @property
    def factors(self) -> list[tuple[str, str]]:
        """Canonical name and column of the file, of those that are multiplied."""
        return [(name, column) for name, columns in self.spec.multiply.items() for column in columns]

    @property
    def told(self) -> dict[str, str]:
        """Canonical name to what a message calls it in the file."""
        return {**self.own, **{name: TIMES.join(columns) for name, columns in self.spec.multiply.items()}}

    @property
    def wanted(self) -> list[str]:
        """The columns of the file that have a use."""
        return list(dict.fromkeys([*self.own.values(), *(column for _, column in self.factors)]))

    @property
    def columns(self) -> list[Column]:
        """The canonical columns that there are, and the days of covariates, which are checked like any other day."""
        names = (*self.spec.columns, *self.spec.multiply, *self.spec.constants)
        present = [found for name in names if (found := column_of(self.table, name))]
        return present + [Column(f"{SINCE}{name}", "day", "") for name, c in self.spec.covariates.items() if c.since]

    @property
    def is_by_place(self) -> bool:
        """Whether customers have no ids, so that each row is one, known by its place."""
        return self.table == "customers" and "customer_id" not in self.spec.mapped

    @property
    def days(self) -> list[str]:
        """The columns of the file that hold days and moments."""
        return [self.own[c.name] for c in self.columns if c.kind in ("day", "moment") and c.name in self.own]

    def within(self, columns: Sequence[str]) -> TableFile:
        """The table without what a file with these columns lacks, so that its other faults can still be found."""
        have, spec = set(columns), self.spec
        return spec.model_copy(
            update={
                "columns": {name: column for name, column in spec.columns.items() if column in have},
                "multiply": {name: parts for name, parts in spec.multiply.items() if have.issuperset(parts)},
                "covariates": {n: c for n, c in spec.covariates.items() if {c.column, c.since or c.column} <= have},
            }
        )


def canonical(mapping: Mapping, raw: ir.Table, source: AnySource) -> ir.Table:
    """Canonical columns beside what stood in the file: `raw:…` for each, `file:…` for columns without use.

    Text is trimmed; what came with another type keeps it.
    """
    spec = mapping.spec
    rows = _tidied(spec, raw, source)
    values: dict[str, ir.Value] = {}
    for name, column in mapping.own.items():
        own = rows[source.engine_name(column)]
        values |= {f"raw:{name}": own, **_values(mapping, name, own, spec.read)}
    for name, columns in spec.multiply.items():
        values |= _product(name, [rows[source.engine_name(column)] for column in columns], spec.read)
    for name, value in spec.constants.items():
        # A constant is written the way of client.yml, whatever the way of the file.
        text = ibis.literal(_written(value))
        values |= {f"raw:{name}": text, **_values(mapping, name, text, ReadOptions(dates="ymd"))}
    if mapping.is_by_place:
        place = ibis.literal("no. ") + (rows[POSITION] + 1).cast("string")
        values |= {"raw:customer_id": place, "customer_id": place}
    used = {source.engine_name(column) for column in mapping.own.values()}
    unused = [name for name in rows.columns if name.startswith("file:") and name not in used]
    return rows.select(POSITION, RAGGED, *unused, **values)


def _tidied(spec: TableFile, raw: ir.Table, source: AnySource) -> ir.Table:
    """The file's columns, with nothing where there is nothing."""
    names = {source.engine_name(column): column for column in source.columns}
    here = {name: column for name, column in names.items() if name in raw.columns}
    own = {name: as_own(raw[name], spec.read, is_tidy=source.is_tidy(column)) for name, column in here.items()}
    return raw.select(POSITION, RAGGED, **own)


def _written(constant: str | float | bool | date) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant).strip()


def _values(mapping: Mapping, name: str, own: ir.Value, options: ReadOptions) -> dict[str, ir.Value]:
    """A canonical column; a covariate comes as text and beside it, where it can be read so, as numbers."""
    codes = mapping.spec.values.get(name.removeprefix(COVARIATE), {})
    text = _text(own)
    if name.startswith(COVARIATE):
        # A typed column keeps its own numbers: as text they could be read with the wrong decimal mark.
        read = recoded(text, codes) if codes else own
        return {name: read, NUMBER + name.removeprefix(COVARIATE): as_number(read, read, options)}
    column = next(column for column in mapping.columns if column.name == name)
    if column.kind == "flag":
        return {name: as_flag(text, codes)}
    if column.kind == "code":
        return {name: as_code(text, codes, column.codes)}
    if column.kind == "number" and codes:
        return {name: with_meanings(text, codes, as_number(own, text, options))}
    return {name: as_kind(column.kind, own, recoded(text, codes), options, mapping.timezone)}


def _product(name: str, factors: list[ir.Value], options: ReadOptions) -> dict[str, ir.Value]:
    """A number that the file has only in parts; where one of them is blank, so is the number."""
    whole = ibis.and_(*(factor.notnull() for factor in factors))
    texts = [_text(factor) for factor in factors]
    written = reduce(lambda one, other: one + TIMES + other, texts)
    number = reduce(mul, (as_number(own, text, options) for own, text in zip(factors, texts, strict=True)))
    finite = ibis.ifelse(number.isinf(), None, number)
    return {f"raw:{name}": ibis.ifelse(whole, written, None), name: ibis.ifelse(whole, finite, None)}


def _text(own: ir.Value) -> ir.StringValue:
    return own if own.type().is_string() else own.cast("string")


def as_handed_out(typed: ir.Table) -> ir.Table:
    """The canonical columns; a covariate is text, whatever it came as."""
    names = [name for name in typed.columns if not name.startswith(("raw:", "file:", "_"))]
    return typed.select(*(_written_out(typed, name) if name.startswith(COVARIATE) else name for name in names))


def as_written(typed: ir.Table) -> ir.Table:
    """The typed table with what stood in the file as text."""
    others = [n for n in typed.columns if n.startswith("raw:") and not typed[n].type().is_string()]
    return typed.mutate(*(_written_out(typed, name) for name in others)) if others else typed


def _written_out(typed: ir.Table, name: str) -> ir.Value:
    """A column as text: numbers and days are written out when somebody asks, which is seldom, and dear."""
    column = typed[name]
    return column if column.type().is_string() else column.cast("string").name(name)
