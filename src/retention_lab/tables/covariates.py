"""The covariates of customers: as text, as numbers, or from a day on; and which of them can be used."""

import ibis.expr.types as ir

from retention_lab.tables.client_file import TableFile
from retention_lab.tables.durations import elapsed
from retention_lab.tables.loading import COVARIATE, NUMBER, SINCE

MAX_LEVELS = 40
_NUMERIC_FROM = 6
# 007 is a code, whose zeros would be lost in a number.
_LEADING_ZERO = r"^[+-]?0\d"


def covariate_columns(spec: TableFile, customers: ir.Table) -> dict[str, ir.Value]:
    """The covariates that hold from the start, as text and as numbers."""
    names = [name for name, covariate in spec.covariates.items() if not covariate.since]
    texts = {name: customers[f"{COVARIATE}{name}"] for name in names}
    return {**texts, **{f"{NUMBER}{name}": customers[f"{NUMBER}{name}"] for name in names}}


def since_columns(spec: TableFile, customers: ir.Table, began: ir.DateValue) -> dict[str, ir.Value]:
    """From when on the covariates that begin later hold, counted from the start."""
    days = {name: customers[f"{SINCE}{name}"] for name, covariate in spec.covariates.items() if covariate.since}
    return {f"{name}_since": elapsed(began, day, spec.unit) for name, day in days.items()}


def covariate_counts(rows: ir.Table, names: list[str], kept: ir.BooleanValue) -> dict[str, ir.Value]:
    """What `covariate_kinds` asks of the rows that are kept."""
    counts: dict[str, ir.Value] = {}
    for name in names:
        text = rows[name]
        numbers = rows[f"{NUMBER}{name}"].notnull() & ~text.re_search(_LEADING_ZERO)
        counts |= {f"known:{name}": text.count(where=kept), f"levels:{name}": text.nunique(where=kept)}
        counts |= {f"numbers:{name}": numbers.sum(where=kept)}
    return counts


def covariate_kinds(found: dict[str, int], names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Which covariates are numbers, which are categories, and which can be neither, by their counts."""
    numeric, categorical, unusable = [], [], {}
    for name in names:
        levels, known = found[f"levels:{name}"], found[f"known:{name}"]
        if levels >= _NUMERIC_FROM and found[f"numbers:{name}"] == known:
            numeric.append(name)
        elif 2 <= levels <= MAX_LEVELS:
            categorical.append(name)
        else:
            unusable[name] = "one_level" if levels < 2 else "too_many_levels"
    return tuple(numeric), tuple(categorical), unusable
