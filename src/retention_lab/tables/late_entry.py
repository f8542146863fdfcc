"""What if the export shows customers only from some day on? Their time under observation, entered late to be safe."""

from dataclasses import replace
from datetime import date

import ibis

from retention_lab.tables.client import Client
from retention_lab.tables.durations import elapsed
from retention_lab.tables.observation import Observation


def first_departure(client: Client) -> date | None:
    """The earliest recorded day on which a customer left; None for a client without dates, or whom nobody left."""
    if not client.file.tables["customers"].has_dates:
        return None
    customers = client.table("customers")
    found: date | None = customers.ended_on.min(where=customers.ended_on <= client.as_of).to_pyarrow().as_py()
    return found


def enter_on(client: Client, observation: Observation, day: date) -> Observation:
    """The customers as if nobody had been on record before `day`: who came earlier enters then, if still here."""
    customers = client.table("customers").select("customer_id", began="started_on")
    rows = observation.rows.join(customers, "customer_id")
    return _entered(observation, rows.mutate(entry=_later(rows, day, observation.unit)).drop("began"))


def enter_within(observation: Observation, span: float) -> Observation:
    """The customers as if each had been seen for the last `span` of their time only, in the unit of durations."""
    rows = observation.rows
    return _entered(observation, rows.mutate(entry=ibis.greatest(rows.entry, rows.duration - span, 0.0)))


def _later(rows: ibis.Table, day: date, unit: str) -> ibis.Value:
    from_then = elapsed(rows.began, ibis.greatest(ibis.literal(day), rows.began), unit)
    return ibis.greatest(rows.entry, from_then.cast("float64"))


def _entered(observation: Observation, rows: ibis.Table) -> Observation:
    kept = rows.filter((rows.entry == 0) | (rows.entry < rows.duration))
    return replace(observation, rows=kept)
