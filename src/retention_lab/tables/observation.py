"""From customers, or their purchases, to time under observation: duration, event, late entry, and the covariates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from retention_lab.errors import Fault, ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.client_rules import END_REASON as END_REASON
from retention_lab.tables.client_rules import MONTHLY_VALUE as MONTHLY_VALUE
from retention_lab.tables.covariates import covariate_columns, covariate_counts, covariate_kinds, since_columns
from retention_lab.tables.durations import elapsed
from retention_lab.tables.engine import stored
from retention_lab.tables.inactivity import InactivityRule, time_buyers
from retention_lab.tables.loading import NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Customers under observation through `as_of`.

    `rows` has one row for each customer: customer_id, duration, event_observed, entry, the covariates, and for a
    covariate that holds from a day on also `<name>_since`, in the same unit as the duration (null: never); where the
    client has them, also the monthly value and, of those who left, the reason.
    `left_out` says how many customers are not in it, by reason. Where churn is by inactivity, `rule` says after how
    many silent days a customer counts as gone, and `as_of` is the day through which that is known: so many days before
    the purchases end.
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
    rule: InactivityRule | None = None

    @property
    def inactive_days(self) -> int | None:
        """After how many silent days a customer counts as gone; None where contracts end on a day."""
        return self.rule.inactive_days if self.rule else None

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each customer, in the order of their ids."""
        # By way of Arrow: where a value is missing, `to_pandas` goes through a Python list.
        frame: pd.DataFrame = self.rows.order_by("customer_id").to_pyarrow().to_pandas()
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed:
    """Customers with their durations, and what is known of them beside."""

    rows: ir.Table
    as_of: date
    entry_known: bool
    first_start: date | None
    rule: InactivityRule | None = None


def observe_customers(client: Client, as_of: date | None = None, inactive_days: int | None = None) -> Observation:
    """The customers of a client as durations that end at `as_of`, the client's own if none is given.

    A customer who started after it is left out; one who ended after it is still here.
    With dates a month is over on its anniversary, and the one that runs counts by the share of its days that have
    passed (see `tables.durations`).

    Where churn is by inactivity, nothing after `as_of` is looked at, and `inactive_days` takes the place of the rule of
    the client file (see `tables.inactivity`); raises DataError where no rule can be found, or nobody judged by it.
    """
    last = min(as_of or client.as_of, client.as_of)
    spec = client.file.tables.get("customers")
    timed = _timed(client, last, inactive_days)
    covariates = spec.covariates if spec else {}
    names = [name for name, covariate in covariates.items() if not covariate.since]
    kept = timed.rows.started & ~timed.rows.known_late
    counts = {
        "started_after": (~timed.rows.started).fill_null(False).sum(),
        "observed_after": (timed.rows.started & timed.rows.known_late).fill_null(False).sum(),
        "at_zero": _at_zero(timed.rows, timed.rule).sum(where=kept),
    }
    # One question: to put it into words costs more than to answer it.
    facts = timed.rows.aggregate(**counts, **covariate_counts(timed.rows, names, kept)).to_pyarrow().to_pylist()[0]
    rows = timed.rows.filter(kept).drop("started", "known_late")
    numeric, categorical, unusable = covariate_kinds(facts, names)
    rows = rows.mutate(**{name: rows[f"{NUMBER}{name}"] for name in numeric})
    rows = rows.drop(*(f"{NUMBER}{name}" for name in names)) if names else rows
    return Observation(
        rows=rows,
        unit=spec.unit if spec else "days",
        as_of=timed.as_of,
        entry_known=timed.entry_known,
        numeric=numeric,
        categorical=categorical,
        since=tuple(name for name, covariate in covariates.items() if covariate.since),
        unusable=unusable,
        left_out={reason: n for reason in ("started_after", "observed_after") if (n := facts[reason])},
        n_at_zero=facts["at_zero"] or 0,
        first_start=timed.first_start,
        rule=timed.rule,
    )


def _timed(client: Client, last: date, inactive_days: int | None) -> _Timed:
    if client.file.churn.kind == "inactivity":
        rows, rule, first_start = time_buyers(client, last, inactive_days)
        return _Timed(rows=rows, as_of=rule.known_through, entry_known=True, first_start=first_start, rule=rule)
    if inactive_days is not None:
        found = f"{inactive_days}, and the contracts of this client end on a day"
        raise ParameterError(Fault(where="inactive_days", found=found, remedy="leave it out"))
    spec = client.file.tables["customers"]
    customers = client.table("customers")
    observed = _from_dates if spec.has_dates else _from_tenure
    return _Timed(
        rows=stored(observed(client, customers, last), "observed"),
        as_of=last,
        entry_known=spec.has_entry or spec.entry == "none",
        first_start=customers.started_on.min().to_pyarrow().as_py() if spec.has_dates else None,
    )


def _from_dates(client: Client, customers: ir.Table, last: date) -> ir.Table:
    spec = client.file.tables["customers"]
    as_of = ibis.literal(last)
    left = (customers.ended_on <= as_of).fill_null(False)
    began = customers.started_on
    observed = customers.observed_from.fill_null(began) if "observed_from" in spec.mapped else began
    entry = elapsed(began, ibis.greatest(observed, began), spec.unit)
    duration = elapsed(began, ibis.ifelse(left, customers.ended_on, as_of), spec.unit)
    return customers.select(
        customer_id=customers.customer_id,
        duration=duration.cast("float64"),
        event_observed=left,
        entry=entry.cast("float64"),
        started=customers.started_on <= as_of,
        known_late=((entry > 0) & (entry >= duration)).fill_null(False),
        **covariate_columns(spec, customers),
        **since_columns(spec, customers, began),
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
        **covariate_columns(client.file.tables["customers"], customers),
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


def _at_zero(rows: ir.Table, rule: InactivityRule | None) -> ir.BooleanValue:
    """Who has no time here yet; a customer who bought once and never again has all the time there will be."""
    return rows.duration == 0 if rule is None else (rows.duration == 0) & ~rows.event_observed


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
    if not where:
        return observation
    n_at_zero = int(rows.filter(_at_zero(rows, observation.rule)).count().to_pyarrow().as_py())
    return replace(observation, rows=rows, n_at_zero=n_at_zero)


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
