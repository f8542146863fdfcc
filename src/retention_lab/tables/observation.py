"""From the customers table to time under observation: duration, event, late entry, and the covariates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir

from retention_lab.errors import Fault, ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.client_rules import END_REASON as END_REASON
from retention_lab.tables.client_rules import MONTHLY_VALUE as MONTHLY_VALUE
from retention_lab.tables.loading import COVARIATE, NUMBER, SINCE

MAX_LEVELS = 40
_NUMERIC_FROM = 6
# 007 is a code, whose zeros would be lost in a number.
_LEADING_ZERO = r"^[+-]?0\d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Customers under observation through `as_of`.

    `rows` has one row for each customer: customer_id, duration, event_observed, entry, the covariates, and for a
    covariate that holds from a day on also `<name>_since`, in the same unit as the duration (null: never); where the
    client has them, also the monthly value and, of those who left, the reason.
    `left_out` says how many customers of the table are not in it, by reason.
    """

    rows: ir.Table
    unit: str
    as_of: date
    entry_known: bool
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    since: tuple[str, ...]
    unusable: dict[str, str]
    left_out: dict[str, int]
    n_at_zero: int
    first_start: date | None


def observe_customers(client: Client, as_of: date | None = None) -> Observation:
    """The customers of a client as durations that end at `as_of`, the client's own if none is given.

    A customer who started after it is left out; one who ended after it is still here.
    With dates a month is completed on its anniversary. A departure, a late entry and the beginning of a covariate
    count at the end of the unit in which they fall, and observation ends with the last unit completed: were departures
    rounded down like it, survival after 12 months would already hold those of the 13th.
    """
    spec = client.file.tables["customers"]
    customers = client.table("customers")
    last = min(as_of or client.as_of, client.as_of)
    rows = _from_dates(client, customers, last) if spec.has_dates else _from_tenure(client, customers, last)
    counts = {
        "started_after": ~rows.started,
        "observed_after": rows.started & rows.known_late,
    }
    flags = {name: flag.fill_null(False).sum() for name, flag in counts.items()}
    facts = rows.aggregate(**flags).to_pyarrow().to_pylist()[0]
    rows = rows.filter(rows.started & ~rows.known_late).drop("started", "known_late")
    names = [name for name, covariate in spec.covariates.items() if not covariate.since]
    numeric, categorical, unusable = _kinds(rows, names)
    since = tuple(name for name, covariate in spec.covariates.items() if covariate.since)
    rows = rows.mutate(**{name: rows[f"{NUMBER}{name}"] for name in numeric})
    rows = rows.drop(*(f"{NUMBER}{name}" for name in names)) if names else rows
    first = customers.started_on.min().to_pyarrow().as_py() if spec.has_dates else None
    return Observation(
        rows=rows,
        unit=spec.unit,
        as_of=last,
        entry_known=spec.has_entry or spec.entry == "none",
        numeric=numeric,
        categorical=categorical,
        since=since,
        unusable=unusable,
        left_out={reason: n for reason, n in facts.items() if n},
        n_at_zero=_n_at_zero(rows),
        first_start=first,
    )


def _from_dates(client: Client, customers: ir.Table, last: date) -> ir.Table:
    spec = client.file.tables["customers"]
    as_of = ibis.literal(last)
    left = (customers.ended_on <= as_of).fill_null(False)
    began = customers.started_on
    observed = customers.observed_from.fill_null(began) if "observed_from" in spec.mapped else began
    entry = _begun(began, ibis.greatest(observed, began), spec.unit)
    left_at, seen_until = _begun(began, customers.ended_on, spec.unit), _completed(began, as_of, spec.unit)
    duration = ibis.ifelse(left, left_at, seen_until)
    since = {
        f"{name}_since": _begun(began, customers[f"{SINCE}{name}"], spec.unit)
        for name, covariate in spec.covariates.items()
        if covariate.since
    }
    return customers.select(
        customer_id=customers.customer_id,
        duration=duration.cast("float64"),
        event_observed=left,
        entry=entry.cast("float64"),
        started=customers.started_on <= as_of,
        known_late=((entry > 0) & (entry >= duration)).fill_null(False),
        **_covariates(client, customers),
        **since,
        **_value(client, customers),
        **_reason(client, customers, left),
    )


def _from_tenure(client: Client, customers: ir.Table, last: date) -> ir.Table:
    spec = client.file.tables["customers"]
    if last < client.observed_through:
        fault = Fault(
            where="as_of",
            found=f"{last} lies before {client.observed_through}, and the customers have tenures but no dates",
            allowed="the last day that the exports cover, since a tenure cannot be turned back",
            remedy="leave as_of empty, or ask the client for start and end dates",
        )
        raise ParameterError(fault)
    entry = customers.entry_tenure if "entry_tenure" in spec.mapped else ibis.literal(0.0)
    return customers.select(
        customer_id=customers.customer_id,
        duration=customers.tenure,
        event_observed=customers.churned,
        entry=entry.cast("float64").fill_null(0.0),
        started=ibis.literal(True),
        known_late=ibis.literal(False),
        **_covariates(client, customers),
        **_value(client, customers),
        **_reason(client, customers, customers.churned),
    )


def _value(client: Client, customers: ir.Table) -> dict[str, ir.Value]:
    """The monthly value, under a name that no covariate can have."""
    has = "monthly_value" in client.file.tables["customers"].mapped
    return {MONTHLY_VALUE: customers.monthly_value} if has else {}


def _reason(client: Client, customers: ir.Table, left: ir.BooleanValue) -> dict[str, ir.Value]:
    """Why those who left did, where the client says: nothing is known of it while a customer is still here."""
    has = "end_reason" in client.file.tables["customers"].mapped
    return {END_REASON: ibis.ifelse(left, customers.end_reason, ibis.null("string"))} if has else {}


def _covariates(client: Client, customers: ir.Table) -> dict[str, ir.Value]:
    """The covariates that hold from the start, as text and as numbers."""
    covariates = client.file.tables["customers"].covariates
    names = [name for name, covariate in covariates.items() if not covariate.since]
    texts = {name: customers[f"{COVARIATE}{name}"] for name in names}
    return {**texts, **{f"{NUMBER}{name}": customers[f"{NUMBER}{name}"] for name in names}}


def _begun(start: ir.DateValue, end: ir.DateValue, unit: str) -> ir.IntegerValue:
    """Units from `start` to `end`, with the one that `end` lies in: who left in the 13th month left at 13."""
    return _completed(start, end - ibis.interval(days=1), unit) + 1


def _completed(start: ir.DateValue, end: ir.DateValue, unit: str) -> ir.IntegerValue:
    """Whole units from `start` to `end`: who is still here in the 13th month is known to have stayed for 12."""
    if unit in ("days", "weeks"):
        days = end.delta(start, unit="day")
        return days if unit == "days" else (days / 7).floor().cast("int64")
    months = (end.year() - start.year()) * 12 + end.month() - start.month()
    # 31 January to 28 February is a full month: the anniversary of a day that a month lacks is its last day.
    last = (end.truncate("M") + ibis.interval(months=1) - ibis.interval(days=1)).day()
    months = months - (end.day() < ibis.least(start.day(), last)).cast("int64")
    return months if unit == "months" else (months / 12).floor().cast("int64")


def _kinds(rows: ir.Table, names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """Which covariates are numbers, which are categories, and which can be neither."""
    counts: dict[str, ir.Value] = {"n": rows.count()}
    for name in names:
        numbers = rows[f"{NUMBER}{name}"].notnull() & ~rows[name].re_search(_LEADING_ZERO)
        counts |= {f"known:{name}": rows[name].count(), f"levels:{name}": rows[name].nunique()}
        counts |= {f"numbers:{name}": numbers.sum()}
    found = rows.aggregate(**counts).to_pyarrow().to_pylist()[0]
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


def _n_at_zero(rows: ir.Table) -> int:
    return int(rows.filter(rows.duration == 0).count().to_pyarrow().as_py())


def keep_where(observation: Observation, where: Sequence[str]) -> Observation:
    """Keep the customers for whom every `column=value[,value]` holds; columns are categorical covariates.

    Raises ParameterError with every condition that cannot be applied.
    """
    faults = [fault for condition in where if (fault := _where_fault(observation, condition))]
    if faults:
        raise ParameterError(faults)
    rows = observation.rows
    for condition in where:
        column, values = condition.split("=", 1)
        rows = rows.filter(rows[column].isin(_wanted(values, _levels(observation, column))))
    return replace(observation, rows=rows, n_at_zero=_n_at_zero(rows)) if where else observation


def _where_fault(observation: Observation, condition: str) -> Fault | None:
    column, found, values = condition.partition("=")
    if not found or column not in observation.categorical:
        known = ", ".join(observation.categorical)
        allowed = f"column=value[,value], with one of {known}" if known else "nothing: no covariate has groups"
        return Fault(where="where", found=repr(condition), allowed=allowed)
    levels = _levels(observation, column)
    unknown = [value for value in _wanted(values, levels) if value not in levels]
    if unknown:
        missing = ", ".join(map(repr, unknown))
        return Fault(where="where", found=f"{column} has no value {missing}", allowed=", ".join(levels))
    return None


def _levels(observation: Observation, column: str) -> list[str]:
    levels = observation.rows.select(column).distinct().order_by(column).to_pyarrow()[column].to_pylist()
    return [level for level in levels if level is not None]


def _wanted(values: str, levels: list[str]) -> list[str]:
    """The values of a condition; one that is itself called `a, b` is not cut in two."""
    return [values.strip()] if values.strip() in levels else [value.strip() for value in values.split(",")]
