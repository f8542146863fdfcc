"""Outcomes from purchases: what customers bought in the days after they were assigned, and in those before.

A purchase has an amount above nought; returns count towards the amount, and are no purchase.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from retention_lab.tables.experiment_file import Experiment, Outcome
from retention_lab.tables.trial_columns import D, X, Y, double

_BEFORE, _BEFORE_D = "before:", "before_d:"


def windowed(spec: Experiment) -> dict[str, Outcome]:
    """The outcomes that are made from transactions."""
    return {name: outcome for name, outcome in spec.outcomes.items() if outcome.source and outcome.window_days}


def bought(people: ir.Table, transactions: ir.Table, spec: Experiment, as_of: date) -> ir.Table:
    """A row for each customer with a transaction near the day of assignment: `y:`, `d:` and `x:` of each outcome.

    The window begins with the day of assignment and has `window_days` days; the `covariate_days` end on the day before.
    """
    outcomes = windowed(spec)
    after = max(outcome.window_days or 0 for outcome in outcomes.values())
    before = max(outcome.covariate_days or 0 for outcome in outcomes.values())
    who = people.filter(people.customer_id.notnull()).select("customer_id", "assigned_on")
    paid = transactions.select(
        customer_id=transactions.customer_id.cast("string"),
        day=transactions.occurred_at.cast("date"),
        amount=transactions.amount.cast("float64"),
    )
    joined = who.join(paid.filter(paid.day <= ibis.literal(as_of)), "customer_id")
    rows = joined.select("customer_id", "amount", since=joined.day.delta(joined.assigned_on, unit="day"))
    rows = rows.filter(rows.since.between(-before, after - 1))
    sums: dict[str, ir.Value] = {}
    for name, outcome in outcomes.items():
        sums |= _measured(rows, outcome, rows.since.between(0, (outcome.window_days or 1) - 1), Y + name, D + name)
        if outcome.covariate_days:
            past = rows.since.between(-outcome.covariate_days, -1)
            sums |= _measured(rows, outcome, past, _BEFORE + name, _BEFORE_D + name)
    return _with_covariates(rows.group_by("customer_id").aggregate(**sums), outcomes)


def _measured(rows: ir.Table, outcome: Outcome, when: ir.BooleanValue, over: str, under: str) -> dict[str, ir.Value]:
    """The outcome's measure over the transactions of some days; for a ratio also how many purchases there were."""
    n = rows.count(where=(rows.amount > 0) & when).cast("float64")
    amount = rows.amount.sum(where=when).fill_null(0.0)
    if outcome.kind == "ratio":
        return {over: amount, under: n}
    if outcome.kind == "proportion":
        return {over: ibis.ifelse(n > 0, double(1), double(0))}
    return {over: amount if outcome.source == "transactions.amount" else n}


def _with_covariates(sums: ir.Table, outcomes: dict[str, Outcome]) -> ir.Table:
    """The covariate: the measure itself; for a ratio its numerator, less what the denominator would lead one to expect.

    The latter is what of a customer's past goes with a ratio of sums (its linearisation).
    """
    values = {}
    for name in (name for name, outcome in outcomes.items() if outcome.covariate_days):
        past = sums[_BEFORE + name]
        if outcomes[name].kind == "ratio":
            n = sums[_BEFORE_D + name]
            past = past - n * (past.sum().over() / n.sum().over().nullif(0.0)).fill_null(0.0)
        values[X + name] = past
    return sums.mutate(**values).drop(*(name for name in sums.columns if name.startswith((_BEFORE, _BEFORE_D))))
