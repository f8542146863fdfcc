"""What must hold between the parts of a table in client.yml, beyond the type of each.

It is judged on the file as written, so that these faults can be told together with those of the types.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from retention_lab.errors import Fault
from retention_lab.tables.contract import CONTRACT, KEYS, ONLY_KNOWN_CUSTOMERS, Column

MONTHLY_VALUE = "monthly value"
END_REASON = "end reason"
_OBSERVED = ("customer_id", "duration", "event_observed", "entry", "started", "known_late", MONTHLY_VALUE, END_REASON)
_SAY_WHICH = "say which column of the file it is"
AS_VARIABLE = "put the address into a variable of the environment, and name it: {url: env:NAME, table: …}"
_FLAT = (".csv", ".tsv", ".tab", ".txt", ".dat", ".json", ".jsonl", ".ndjson", ".parquet", ".gz")
_RECODED = ("text", "code", "flag")
# Numbers that files write as words too; in other numbers, a word for a nought would be made up.
_MARKS = ("rating", "satisfaction")
_OF_CONTRACTS = ("ended_on", "end_reason", "tenure", "churned", "observed_from", "entry_tenure")


def nearest(word: str, known: list[str]) -> str:
    """A question after the nearest known word; nothing where none is near."""
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean {folded[near[0]]}?" if near else ""


def is_by_inactivity(raw: dict[Any, Any]) -> bool:
    """Whether a client file says that its customers leave by falling silent."""
    churn = raw.get("churn")
    return isinstance(churn, dict) and churn.get("kind") == "inactivity"


def churn_faults(where: str, raw: dict[Any, Any]) -> list[Fault]:
    """Every fault between the kind of churn and what it is read from."""
    churn, tables = raw.get("churn"), raw.get("tables")
    if is_by_inactivity(raw):
        if isinstance(tables, dict) and "transactions" not in tables:
            found = "churn is by inactivity, and there is no table transactions to read it from"
            return [Fault(where=f"{where}, tables", found=found, remedy="add it, or set churn.kind to contract")]
    elif isinstance(churn, dict) and "inactive_days" in churn:
        found = f"{churn['inactive_days']!r}, and churn is by contract, which ends on a day"
        remedy = "remove it, or set churn.kind to inactivity"
        return [Fault(where=f"{where}, churn.inactive_days", found=found, allowed="nothing", remedy=remedy)]
    return []


def join_faults(where: str, raw: dict[Any, Any]) -> list[Fault]:
    """Tables that name customers, where the customers' own table has no ids to join them by."""
    tables = raw.get("tables")
    if not isinstance(tables, dict):
        return []
    customers = tables.get("customers")
    if not isinstance(customers, dict) or not isinstance(customers.get("columns"), dict):
        return []
    if "customer_id" in {*customers["columns"], *(customers.get("constants") or {})}:
        return []
    joined = ", ".join(name for name in tables if name in ONLY_KNOWN_CUSTOMERS)
    found = f"customer_id is missing, and {joined} can be joined by nothing else"
    remedy = f"{_SAY_WHICH}; or ask the client for it"
    return [Fault(where=f"{where}, tables.customers.columns", found=found, remedy=remedy)] if joined else []


def table_faults(
    where: str,
    table: str,
    spec: dict[str, Any],
    *,
    by_inactivity: bool = False,
    outcomes: Collection[str] = (),
) -> list[Fault]:
    """Every fault between the parts of one table; parts that are not mappings are left to the types.

    `by_inactivity`: customers leave by falling silent, so their table needs no dates and may have no ends. `outcomes`:
    columns of the file that experiments name, which may have codes too.
    """
    parts = _Parts(where, table, spec, by_inactivity, outcomes)
    rules = (_source, _unknown_names, _absent_columns, _products, _values, _constants, _covariates, _duplicates)
    return [fault for rule in rules for fault in rule(parts)]


class _Parts:
    """One table of client.yml as written."""

    def __init__(
        self, where: str, table: str, spec: dict[str, Any], by_inactivity: bool, outcomes: Collection[str]
    ) -> None:
        self.outcomes = set(outcomes)
        self.where, self.table, self.by_inactivity = where, table, by_inactivity
        self.known = {column.name: column for column in CONTRACT[table]}
        parts = (spec.get(name) for name in ("columns", "multiply", "values", "constants", "covariates", "read"))
        self.columns, self.multiply, self.values, self.constants, self.covariates, self.read = (
            part if isinstance(part, dict) else {} for part in parts
        )
        self.source = spec.get("source")
        duplicates = spec.get("duplicates")
        self.key = duplicates.get("key") if isinstance(duplicates, dict) else None
        self.mapped = {*self.columns, *self.multiply, *self.constants}
        self.has_unit = "unit" in spec

    def fault(self, place: str, found: str, allowed: str = "", remedy: str = "") -> Fault:
        return Fault(where=f"{self.where}.{place}", found=found, allowed=allowed, remedy=remedy)


def _unknown_names(parts: _Parts) -> Iterator[Fault]:
    for place, allowed in (
        ("columns", [*parts.known]),
        ("multiply", [name for name, column in parts.known.items() if column.kind == "number"] or ["nothing"]),
        ("constants", [*parts.known]),
        ("values", list(dict.fromkeys([*parts.known, *map(str, parts.covariates), *sorted(parts.outcomes)]))),
    ):
        for name in getattr(parts, place):
            if name not in allowed:
                remedy = nearest(str(name), allowed) or "remove it"
                found = "it is no number" if place == "multiply" and name in parts.known else "not a known column"
                yield parts.fault(f"{place}.{name}", found, ", ".join(allowed), remedy)


def _source(parts: _Parts) -> Iterator[Fault]:
    """An address never stands in a file: it may hold a password. And only a workbook has sheets."""
    if isinstance(parts.source, str) and "://" in parts.source:
        yield parts.fault("source", "an address", "a file or a pattern, or {url: env:NAME, table: …}", AS_VARIABLE)
    of_file = isinstance(parts.source, str) and not parts.source.lower().endswith(_FLAT)
    if parts.read.get("sheet") is not None and not of_file:
        yield parts.fault("read.sheet", "only a workbook has sheets", "nothing for this source", "remove it")
    for key in ("delimiter", "encoding", "header_row"):
        if isinstance(parts.source, dict) and parts.read.get(key) is not None:
            yield parts.fault(f"read.{key}", "it goes with files, and this is a table of a database", "", "remove it")


def _absent_columns(parts: _Parts) -> Iterator[Fault]:
    for column in CONTRACT[parts.table]:
        if column.required and not column.by_place and column.name not in parts.mapped:
            yield parts.fault("columns", f"{column.name} is missing", remedy=_SAY_WHICH)
    if parts.table != "customers":
        return
    if parts.by_inactivity:
        yield from _ends(parts)
        return
    if "tenure" in parts.mapped and not parts.has_unit:
        yield parts.fault("unit", "this key is missing: a tenure is a number of what?", "days, weeks, months or years")
    by_dates, by_tenure = {"started_on", "ended_on"} <= parts.mapped, {"tenure", "churned"} <= parts.mapped
    if not by_dates and not by_tenure:
        found = "neither started_on with ended_on, nor tenure with churned, is there: one pair is needed"
        yield parts.fault("columns", found, remedy=_SAY_WHICH)
    elif "entry_tenure" in parts.mapped and by_dates:
        yield parts.fault("columns.entry_tenure", "it goes with a tenure, and this table has dates", "observed_from")
    elif "observed_from" in parts.mapped and not by_dates:
        yield parts.fault("columns.observed_from", "it goes with dates, and this table has tenures", "entry_tenure")


def _ends(parts: _Parts) -> Iterator[Fault]:
    """A column that would say otherwise when a customer left must not be passed over in silence."""
    for name in _OF_CONTRACTS:
        if name in parts.mapped:
            place = "columns" if name in parts.columns else "constants"
            found = (
                "it belongs to contracts, and churn is by inactivity: when a customer left is read off the purchases"
            )
            yield parts.fault(f"{place}.{name}", found, remedy="remove it, or set churn.kind to contract")


def _products(parts: _Parts) -> Iterator[Fault]:
    """A number that is read in two ways would be one of them by chance."""
    for name in parts.multiply:
        for place in ("columns", "constants"):
            if name in getattr(parts, place):
                yield parts.fault(f"multiply.{name}", f"it is in {place} too", remedy="keep one of the two")


def _values(parts: _Parts) -> Iterator[Fault]:
    for name, codes in parts.values.items():
        if name in parts.outcomes:
            yield from _meanings(parts, name, None, codes if isinstance(codes, dict) else {})
            continue
        column = None if name in parts.covariates and name not in parts.columns else parts.known.get(name)
        if column is None and name not in parts.covariates:
            continue
        if name not in {*parts.columns, *parts.covariates}:
            yield parts.fault(f"values.{name}", f"no column is mapped to {name}", remedy="map it, or remove its values")
        elif column and column.name in _MARKS:
            yield from _numbers(parts, name, codes if isinstance(codes, dict) else {})
        elif column and column.kind not in _RECODED:
            remedy = "list what stands for 'none' under read.missing"
            found = f"of kind {column.kind}: it has no codes"
            yield parts.fault(f"values.{name}", found, "texts, codes, flags and marks", remedy)
        else:
            yield from _meanings(parts, name, column, codes if isinstance(codes, dict) else {})


def _numbers(parts: _Parts, name: str, codes: dict[Any, Any]) -> Iterator[Fault]:
    """Words of a file that stand for numbers, as in `rating: {poor: "1", good: "5"}`."""
    for code, meaning in codes.items():
        if isinstance(meaning, bool) or not is_number(str(meaning)):
            yield parts.fault(f"values.{name}.{code}", repr(meaning), 'a number in quotes, such as "1" or "4.5"')


def is_number(text: str) -> bool:
    """Whether a meaning in client.yml is a number, written with a point."""
    return bool(re.fullmatch(r"\s*-?[0-9]{1,15}(\.[0-9]{1,15})?\s*", text))


def _meanings(parts: _Parts, name: str, column: Column | None, codes: dict[Any, Any]) -> Iterator[Fault]:
    flags = [meaning for meaning in codes.values() if isinstance(meaning, bool)]
    if column and column.kind == "flag" and len(codes) > 1 and len(flags) == len(codes) and len(set(flags)) == 1:
        found = f"every code means {str(flags[0]).lower()}"
        yield parts.fault(f"values.{name}", found, "true for some codes and false for others")
    for code, meaning in codes.items():
        where = f"values.{name}.{code}"
        if column and column.kind == "flag":
            if not isinstance(meaning, bool):
                yield parts.fault(where, repr(meaning), "true or false, without quotes")
        elif column and column.kind == "code":
            if meaning not in column.codes:
                remedy = nearest(str(meaning), [*column.codes])
                yield parts.fault(where, repr(meaning), ", ".join(column.codes), remedy)
        elif name in parts.outcomes and isinstance(meaning, bool):
            continue
        elif not isinstance(meaning, str) or not meaning.strip():
            yield parts.fault(where, repr(meaning), "a text that is not blank", "put it in quotes")


def _constants(parts: _Parts) -> Iterator[Fault]:
    for name, value in parts.constants.items():
        column = parts.known.get(name)
        if column is None:
            continue
        if name in parts.columns:
            yield parts.fault(f"constants.{name}", "it is a column too", remedy="keep one of the two")
        allowed = _constant_allowed(column, value)
        if allowed:
            yield parts.fault(f"constants.{name}", repr(value), allowed)


def _constant_allowed(column: Column, value: object) -> str:
    """What a constant of that column must be, where this one is not; else nothing."""
    if column.kind == "flag":
        return "" if isinstance(value, bool) else "true or false, without quotes"
    if column.kind == "number":
        return "" if isinstance(value, (int, float)) and not isinstance(value, bool) else "a number"
    if column.kind in ("day", "moment"):
        return "" if isinstance(value, date) or _is_day(str(value)) else "a day such as 2026-10-31"
    if column.kind == "code":
        return "" if value in column.codes else ", ".join(column.codes)
    return "" if isinstance(value, str) and value.strip() else "a text that is not blank, in quotes"


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False


def _covariates(parts: _Parts) -> Iterator[Fault]:
    names = [str(name) for name in parts.covariates]
    by_dates = parts.by_inactivity or {"started_on", "ended_on"} <= parts.mapped
    taken = {*_OBSERVED, *(f"{name.casefold()}_since" for name in names)}
    for position, name in enumerate(names):
        where = f"covariates.{name}"
        if name.casefold() in taken or not name.strip() or "=" in name:
            yield parts.fault(where, "this name is taken, or cannot be", remedy="give the covariate another name")
        if name.casefold() in (earlier.casefold() for earlier in names[:position]):
            yield parts.fault(where, "this name is there twice but for its case", remedy="give it another name")
        covariate = parts.covariates.get(name)
        if isinstance(covariate, dict) and covariate.get("since") and not by_dates:
            remedy = "leave since out (the covariate is then what was known at the end), or map started_on and ended_on"
            yield parts.fault(f"{where}.since", "a day cannot be told from a tenure", remedy=remedy)


def is_free_name(name: str, others: Iterable[str]) -> bool:
    """Whether a covariate can be called so beside the others."""
    own, folded = name.casefold(), [other.casefold() for other in others]
    taken = {*_OBSERVED, *folded, f"{own}_since", *(f"{other}_since" for other in folded)}
    return bool(name.strip()) and "=" not in name and own not in taken and f"{own}_since" not in folded


def _duplicates(parts: _Parts) -> Iterator[Fault]:
    if not isinstance(parts.key, list):
        return
    have = [name for name in parts.known if name in parts.columns]
    for name in parts.key:
        if name not in have:
            remedy = nearest(str(name), have)
            yield parts.fault("duplicates.key", f"{name!r} is not mapped", ", ".join(have), remedy)
    own = KEYS.get(parts.table)
    if own in have and set(map(str, parts.key)) <= set(have) and own not in parts.key:
        found = f"the key {', '.join(map(str, parts.key))} would still leave several rows for one {own}"
        yield parts.fault("duplicates.key", found, f"a key with {own} in it")
