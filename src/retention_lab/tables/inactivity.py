"""Who has gone where nobody says goodbye: purchases reduced to silences, and the rule for how long is too long.

A customer has left with the last purchase before the first silence longer than the rule; the silence from the last
purchase to the end counts too. Everyone else is known to be here up to the end less the rule, and no longer: what
happened since is not known yet. Censoring at the end would count these days as stayed for sure, and ending everyone
with the last purchase would make leavers of those who are here.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.errors import DataError, Fault, ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.client_file import MOST_DAYS, TableFile
from retention_lab.tables.client_rules import MONTHLY_VALUE
from retention_lab.tables.covariates import covariate_columns, since_columns
from retention_lab.tables.durations import elapsed
from retention_lab.tables.engine import stored
from retention_lab.tables.purchases import find_buyers, find_purchases, gap_counts, with_gaps

Floats = NDArray[np.float64]
Source = Literal["auto", "client file", "asked"]

GRID = (7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730, 1095)
"""The rules that are tried: numbers that people can remember, and that do not move by a day with every new export."""
MOST_WRONG = 0.05
FEWEST_AT_RISK = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InactivityRule:
    """After how many silent days a customer counts as gone, and what that was read from.

    `gaps` are the silences between purchase days: counts of those that ended (n_events) and that are open at the end
    (n_censored) by length (time, in days). They were followed for `followed` days: the longest silence that at least
    30 reach. `candidates` can be judged: after their days, silences were followed for as many days again. `wrong` is
    the share of silences longer than the rule that ended all the same within what was followed; nan where it cannot be
    judged. A customer is known to be here up to `known_through`.
    """

    inactive_days: int
    source: Source
    purchases_from: date
    purchases_through: date
    gaps: pd.DataFrame
    followed: int
    candidates: tuple[int, ...]
    wrong: float
    starts_known: bool
    n_buyers: int
    n_never_bought: int
    n_bought_once: int
    n_maybe_older: int
    n_active: int
    n_came_back: int
    n_before_start: int = 0

    @property
    def known_through(self) -> date:
        return self.purchases_through - timedelta(days=self.inactive_days)


def find_rule(client: Client, purchases: ir.Table, last: date, inactive_days: int | None = None) -> InactivityRule:
    """The rule that was asked for, else that of the client file, else the one that the client's own gaps suggest.

    That is the smallest of the grid after which at most 5 % of silences ended all the same; where none is, the longest
    that can be judged. Where what was known on an earlier day is too little to choose by, it is that of all purchases.
    Raises DataError where all purchases are too few, or too short a time, for a rule.
    """
    gaps = gap_counts(purchases, last)
    first = purchases.day.min().to_pyarrow().as_py()
    followed = _followed(gaps)
    days, source = _days(client, gaps, last, inactive_days)
    if last == client.as_of and (fault := _too_short(client, days, first, last)):
        raise DataError(fault)
    first = first or last
    return InactivityRule(
        inactive_days=days,
        source=source,
        purchases_from=first,
        purchases_through=last,
        gaps=gaps,
        followed=followed,
        candidates=tuple(sorted({*_candidates(followed), days})),
        wrong=wrong_share(gaps, days, followed) if 2 * days <= followed else float("nan"),
        starts_known="customers" in client.file.tables and "started_on" in client.file.tables["customers"].mapped,
        **_counts(client, purchases, days, first, last),
    )


def _days(client: Client, gaps: pd.DataFrame, last: date, asked: int | None) -> tuple[int, Source]:
    if asked is not None:
        return asked, "asked"
    declared = client.file.churn.inactive_days
    if declared != "auto":
        return int(declared), "client file"
    known = choose_days(gaps)
    if known is None and last < client.as_of:
        gaps = gap_counts(find_purchases(client, client.as_of), client.as_of)
        known = choose_days(gaps)
    if known is None:
        raise DataError(_too_few(client, gaps))
    return known, "auto"


def choose_days(gaps: pd.DataFrame) -> int | None:
    """The smallest rule of the grid that is wrong at most 5 % of the time, else the longest that can be judged.

    None where fewer than 30 silences have ended, or 30 were not followed for twice the smallest rule.
    """
    followed = _followed(gaps)
    candidates = _candidates(followed)
    if gaps.n_events.sum() < FEWEST_AT_RISK or not candidates:
        return None
    good = (days for days in candidates if wrong_share(gaps, days, followed) <= MOST_WRONG)
    return next(good, candidates[-1])


def time_buyers(
    client: Client, last: date, inactive_days: int | None = None
) -> tuple[ir.Table, InactivityRule, date | None]:
    """Buyers with their durations by the rule, as an observation has them; the rule; and the day of the first start.

    The clock starts with `started_on` where the customers have it, and the customer enters with the first purchase
    seen: a day before it, since it may be the last. Else the clock starts with that purchase.
    """
    if inactive_days is not None and not 1 <= inactive_days <= MOST_DAYS:
        allowed = f"a whole number of days from 1 to {MOST_DAYS}"
        raise ParameterError(Fault(where="inactive_days", found=str(inactive_days), allowed=allowed))
    purchases = find_purchases(client, last)
    rule = find_rule(client, purchases, last, inactive_days)
    buyers = find_buyers(client, purchases, rule.purchases_from, last, rule.inactive_days)
    spec = client.file.tables.get("customers")
    rows = buyers.join(client.table("customers"), "customer_id", rname="own:{name}") if spec else buyers
    began = ibis.least(rows.first_day, rows.started_on) if rule.starts_known else rows.first_day
    timed = stored(_timed(rows, began, rule, spec), "observed")
    facts = timed.aggregate(first=timed.began.min(), early=timed.early.cast("int64").sum()).to_pyarrow().to_pylist()[0]
    return timed.drop("began", "early"), replace(rule, n_before_start=int(facts["early"] or 0)), facts["first"]


def _timed(rows: ir.Table, began: ir.DateValue, rule: InactivityRule, spec: TableFile | None) -> ir.Table:
    unit = spec.unit if spec else "days"
    own_value = spec is not None and "monthly_value" in spec.mapped
    left, known = rows.left_on.notnull(), ibis.literal(rule.known_through)
    duration = ibis.ifelse(left, elapsed(began, rows.left_on, unit), elapsed(began, known, unit))
    # Seen on the day itself, who bought once would have come and gone at one moment.
    entry = ibis.greatest(elapsed(began, rows.first_day - ibis.interval(days=1), unit), 0)
    return rows.select(
        customer_id=rows.customer_id,
        duration=duration.cast("float64"),
        event_observed=left,
        entry=entry.cast("float64"),
        started=rows.first_day <= known,
        known_late=(entry > 0) & (entry >= duration),
        began=began,
        early=rows.first_day < rows.started_on if rule.starts_known else ibis.literal(False),
        **(covariate_columns(spec, rows) | since_columns(spec, rows, began) if spec else {}),
        **{MONTHLY_VALUE: rows["own:monthly_value"] if own_value else rows.monthly_value},
    )


def wrong_share(gaps: pd.DataFrame, after: int, through: int) -> float:
    """Of silences longer than `after` days, the share that a purchase ended by day `through` (product limit)."""
    at_risk = _at_risk(gaps)
    time = gaps.time.to_numpy()
    between = (time > after) & (time <= through)
    return float(1 - np.prod(1 - gaps.n_events.to_numpy()[between] / at_risk[between]))


def _at_risk(gaps: pd.DataFrame) -> Floats:
    leaving = (gaps.n_events + gaps.n_censored).to_numpy()
    return np.asarray(np.cumsum(leaving[::-1])[::-1], dtype=np.float64)


def _followed(gaps: pd.DataFrame) -> int:
    """Where fewer silences are left, the curve says more about a handful of customers than about a rule."""
    enough = gaps.time.to_numpy()[_at_risk(gaps) >= FEWEST_AT_RISK]
    return int(enough[-1]) if enough.size else 0


def _candidates(followed: int) -> tuple[int, ...]:
    """Rules after which silences were followed for as many days again: who comes back late is seen to come back."""
    return tuple(days for days in GRID if 2 * days <= followed)


def _too_few(client: Client, gaps: pd.DataFrame) -> Fault:
    n_ended, followed = int(gaps.n_events.sum()), _followed(gaps)
    found = f"auto, and only {n_ended} purchases were followed by another one, on a later day"
    if n_ended >= FEWEST_AT_RISK:
        found = f"auto, and {FEWEST_AT_RISK} or more silences were followed for {followed} days only"
    allowed = f"auto from {FEWEST_AT_RISK} purchases with another one after them, and {2 * GRID[0]} days, on"
    remedy = "set it to the days after which the client takes a customer for gone, such as 90"
    return _fault(client, "churn.inactive_days", found, allowed, remedy)


def _too_short(client: Client, days: int, first: date | None, last: date) -> Fault | None:
    if first is None:
        found = f"there is no purchase through {last}: no row has an amount above nought"
        return _fault(client, "tables.transactions", found, "purchases", "map amount, or take a later as_of")
    if days <= (last - first).days:
        return None
    span = (last - first).days
    found = f"{days} days, but the purchases reach from {first} to {last}, so that nobody was watched for so long"
    allowed = f"at most {span} days, and about {span // 2} to learn much"
    remedy = "take a smaller number, or ask the client for older transactions"
    return _fault(client, "churn.inactive_days", found, allowed, remedy)


def _fault(client: Client, key: str, found: str, allowed: str, remedy: str) -> Fault:
    return Fault(where=f"{client.folder / 'client.yml'}, {key}", found=found, allowed=allowed, remedy=remedy)


def _counts(client: Client, purchases: ir.Table, days: int, first: date, last: date) -> dict[str, int]:
    """Who there is: buyers, those who bought once, who may be older than the export, who is here, who came back."""
    rows = with_gaps(purchases, last)
    one = rows.group_by("customer_id").aggregate(
        n=rows.count(),
        first=rows.day.min(),
        active=(rows.open & (rows.gap <= days)).any(),
        gone=(rows.gap > days).any(),
        back=(~rows.open & (rows.gap > days)).any(),
    )
    found = one.aggregate(
        n_buyers=one.count(),
        n_bought_once=(one.n == 1).sum(),
        n_maybe_older=(one["first"] <= first + timedelta(days=days - 1)).sum(),
        n_active=one.active.sum(),
        n_came_back=one.back.sum(),
    )
    counts = found.to_pyarrow().to_pylist()[0]
    counts["n_never_bought"] = 0
    if "customers" in client.file.tables:
        customers = client.table("customers")
        counts["n_never_bought"] = customers.anti_join(one, "customer_id").count().to_pyarrow().as_py()
    return {name: int(n or 0) for name, n in counts.items()}
