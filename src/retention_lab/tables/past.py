"""What became of customers who once stood where those of a planned experiment stand now."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from retention_lab.tables.client import Client
from retention_lab.tables.engine import stored
from retention_lab.tables.observation import MONTHLY_VALUE, Observation
from retention_lab.tables.purchases import find_buyers, find_purchases
from retention_lab.tables.reductions import ALL, life_tables

Who = Literal["here", "new"]
# Arrivals are counted over so many days; new customers of before are those of so many days.
ARRIVALS_DAYS, NEWCOMERS_DAYS, WEEK = 90, 365, 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """Customers of before, from their first day in the comparison on, each watched for the whole horizon.

    `first_day` and `last_day` are those days: one and the same for customers who were here, the days on which they came
    for new ones. `staying` is the life table in days (None where it cannot be had). `n_active` of them looked like
    customers on that day; fewer than that, `n`, were: where nobody says goodbye, some have gone for good unseen.
    """

    rows: ir.Table
    first_day: date
    last_day: date
    n: int
    n_active: int
    staying: pd.DataFrame | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What `n` customers of before bought within the horizon; amounts less returns.

    `correlation` is that of the spending with the spending of as many days before; None where the purchases do not go
    back so far, or nothing differs.
    """

    n: int
    n_bought: int
    mean: float
    sd: float
    mean_of_buyers: float
    correlation: float | None
    correlation_bought: float | None


def follow_past(client: Client, observation: Observation, who: Who, horizon_days: int) -> Past:
    """Those who were here, or had just come, so long ago that the whole horizon is known.

    Customers with tenures only cannot be followed: those who are here now stand for them, and of their staying nothing
    is said here.
    """
    last = observation.as_of
    day = last - timedelta(days=horizon_days)
    spec = client.file.tables.get("customers")
    if observation.rule is None and not (spec and spec.has_dates):
        here = observation.rows.filter(~observation.rows.event_observed)
        rows = here.select("customer_id", origin=ibis.literal(day))
        n = int(rows.count().to_pyarrow().as_py())
        return Past(rows=stored(rows, "past"), first_day=day, last_day=day, n=n, n_active=n, staying=None)
    spans = _spans(client, observation)
    rows = stored(_placed(spans, who, day, horizon_days), "past")
    first = day if who == "here" else day - timedelta(days=NEWCOMERS_DAYS - 1)
    counts = life_tables(rows)
    n = int(counts.n_entered.sum())
    gone = _gone_unseen(spans, observation, day) if who == "here" else 0
    return Past(rows=rows, first_day=first, last_day=day, n=n, n_active=n + gone, staying=counts[counts.group == ALL])


def spending_of(client: Client, past: Past, horizon_days: int) -> Spending:
    """What the customers of before bought from the day after their first day on, and before it."""
    bought = client.table("transactions").select("customer_id", "amount", day=lambda rows: rows.occurred_at.date())
    first = bought.day.min().to_pyarrow().as_py()
    known_before = first is not None and first <= past.first_day - timedelta(days=horizon_days - 1)
    rows = past.rows.select("customer_id", "origin")
    joined = rows.inner_join(bought, "customer_id")
    at = joined.day.delta(joined.origin, unit="day")
    after, before = (at > 0) & (at <= horizon_days), (at <= 0) & (at > -horizon_days)
    sums = joined.group_by("customer_id").aggregate(
        after=joined.amount.sum(where=after),
        before=joined.amount.sum(where=before),
        bought=(after & (joined.amount > 0)).any(),
        bought_before=(before & (joined.amount > 0)).any(),
    )
    each = rows.left_join(sums, "customer_id").select(
        after=lambda row: row.after.fill_null(0.0),
        before=lambda row: row.before.fill_null(0.0),
        bought=lambda row: row.bought.fill_null(False).cast("float64"),
        bought_before=lambda row: row.bought_before.fill_null(False).cast("float64"),
    )
    facts = each.aggregate(
        n=each.count(),
        n_bought=each.bought.sum(),
        mean=each.after.mean(),
        sd=each.after.std(how="sample"),
        mean_of_buyers=each.after.mean(where=each.bought > 0),
        **{name: _correlation(each, *pair) for name, pair in _PAIRS.items()},
    )
    found = facts.to_pyarrow().to_pylist()[0]
    return Spending(
        n=int(found["n"]),
        n_bought=int(found["n_bought"] or 0),
        mean=float(found["mean"] or 0.0),
        sd=float(found["sd"] or 0.0),
        mean_of_buyers=float(found["mean_of_buyers"] or 0.0),
        correlation=found["spent"] if known_before else None,
        correlation_bought=found["bought_too"] if known_before else None,
    )


_PAIRS = {"spent": ("after", "before"), "bought_too": ("bought", "bought_before")}


def _correlation(each: ir.Table, one: str, other: str) -> ir.Value:
    """The correlation; null where one of them does not differ, which engines answer differently."""
    spread = each[one].var(how="sample") * each[other].var(how="sample")
    return ibis.ifelse(spread > 0, each[one].cov(each[other], how="sample") / spread.sqrt(), ibis.null("float64"))


def arrivals_of(client: Client, observation: Observation) -> tuple[ir.Table, float]:
    """Customers who came in the last week and are still here (customer_id), and how many come a day."""
    spans, last = _spans(client, observation), client.as_of
    recent = spans.filter(spans.came > ibis.literal(last - timedelta(days=ARRIVALS_DAYS)))
    recent = recent.filter(recent.came <= ibis.literal(last))
    a_day = int(recent.count().to_pyarrow().as_py()) / ARRIVALS_DAYS
    here = (recent.gone.isnull() | (recent.gone > ibis.literal(last))) & (
        recent.came > ibis.literal(last - timedelta(days=WEEK))
    )
    return recent.filter(here).select("customer_id"), a_day


def _spans(client: Client, observation: Observation) -> ir.Table:
    """From when to when each customer was one: customer_id, came, seen (first observed), gone (null: not yet)."""
    if observation.rule is not None:
        rule, last = observation.rule, client.as_of
        purchases = find_purchases(client, last)
        buyers = find_buyers(client, purchases, rule.purchases_from, last, rule.inactive_days)
        return buyers.select("customer_id", came="first_day", seen="first_day", gone="left_on")
    customers = client.table("customers")
    mapped = client.file.tables["customers"].mapped
    seen = (
        customers.observed_from.fill_null(customers.started_on) if "observed_from" in mapped else customers.started_on
    )
    return customers.select("customer_id", came=customers.started_on, seen=seen, gone=customers.ended_on)


def _placed(spans: ir.Table, who: Who, day: date, horizon_days: int) -> ir.Table:
    """With the day from which each is watched, and for how long; a customer not observed on that day is left out."""
    last = ibis.literal(day)
    if who == "here":
        origin: ir.Value = last
        kept = (spans.came <= last) & (spans.gone.isnull() | (spans.gone > last)) & (spans.seen <= last)
    else:
        origin = spans.came
        since = ibis.literal(day - timedelta(days=NEWCOMERS_DAYS))
        kept = (spans.came > since) & (spans.came <= last) & (spans.seen <= spans.came)
    rows = spans.filter(kept.fill_null(False)).select("customer_id", "gone", origin=origin)
    stayed = rows.gone.delta(rows.origin, unit="day")
    left = (stayed <= horizon_days).fill_null(False)
    return rows.select(
        "customer_id",
        "origin",
        duration=ibis.ifelse(left, stayed, horizon_days).cast("float64"),
        event_observed=left,
        entry=ibis.literal(0.0),
    )


def _gone_unseen(spans: ir.Table, observation: Observation, day: date) -> int:
    """Who had bought recently enough to look like a customer on that day, and never came back."""
    if observation.rule is None:
        return 0
    since = day - timedelta(days=observation.rule.inactive_days)
    gone = spans.filter((spans.gone <= ibis.literal(day)) & (spans.gone >= ibis.literal(since)))
    return int(gone.count().to_pyarrow().as_py())


def mean_value_here(observation: Observation) -> tuple[float, float, int]:
    """The monthly value of those here: mean, standard deviation and number; of those whose value is known."""
    here = observation.rows.filter(~observation.rows.event_observed & (observation.rows[MONTHLY_VALUE] >= 0))
    value = here[MONTHLY_VALUE]
    found = here.aggregate(mean=value.mean(), sd=value.std(how="sample"), n=value.count()).to_pyarrow().to_pylist()[0]
    return float(found["mean"] or 0.0), float(found["sd"] or 0.0), int(found["n"])
