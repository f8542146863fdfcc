"""One row for each customer of an experiment who is analysed, with every outcome as the values that it is made of."""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from retention_lab.tables.durations import UNIT_DAYS
from retention_lab.tables.experiment_file import Experiment, Outcome
from retention_lab.tables.trial_columns import REWARDED, D, E, M, T, X, Y, double
from retention_lab.tables.trial_ends import ends_of_silence, with_ends_of_contracts
from retention_lab.tables.trial_filters import VALUE
from retention_lab.tables.trial_windows import bought, windowed

# Whether the window is over; of survival whether anything can be known yet, and whether the customer had left before
# or is not known.
OVER, SEEN, GONE, UNKNOWN = "w:", "n:", "g:", "u:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What units are made from beside the assignments; with `inactive_days` customers leave by falling silent."""

    spec: Experiment
    as_of: date
    transactions: ir.Table | None = None
    inactive_days: int | None = None

    @property
    def known_through(self) -> date:
        """The last day on which it is known who had left."""
        return self.as_of - timedelta(days=self.inactive_days or 0)


def is_timed(outcome: Outcome) -> bool:
    """Whether an outcome is the time to the end of a contract, or to a silence: not one that the file has as a time."""
    return outcome.kind == "survival" and not outcome.duration


def horizon_in_unit(outcome: Outcome) -> float:
    """The horizon of a survival outcome in the unit of its durations."""
    return (outcome.horizon_days or 0) / UNIT_DAYS[outcome.unit]


def with_what_followed(people: ir.Table, context: Context) -> ir.Table:
    """The customers with what they bought in the windows, and with the day on which they left."""
    rows, spec = people, context.spec
    if windowed(spec) and context.transactions is not None:
        sums = bought(people, context.transactions, spec, context.as_of)
        rows = rows.left_join(sums, "customer_id", rname="of purchases {name}").drop("of purchases customer_id")
    if not any(map(is_timed, spec.outcomes.values())):
        return rows
    if context.inactive_days is None:
        return with_ends_of_contracts(rows, context.as_of)
    assert context.transactions is not None
    ends = ends_of_silence(people, context.transactions, context.as_of, context.inactive_days)
    return rows.left_join(ends, "customer_id", rname="of ends {name}").drop("of ends customer_id")


def unit_columns(rows: ir.Table, context: Context) -> dict[str, ir.Value]:
    """For each outcome `y:`, `d:`, `x:` and `m:`, or `t:`, `e:` and `m:`, and why somebody does not count."""
    found: dict[str, ir.Value] = {}
    for name, outcome in context.spec.outcomes.items():
        columns = _survival if outcome.kind == "survival" else _measure
        found |= columns(rows, name, outcome, context)
    value = {"v": rows[VALUE].cast("float64")} if VALUE in rows.columns else {}
    return {**found, "c": _cost(rows, context.spec), **value}


def _measure(rows: ir.Table, name: str, outcome: Outcome, context: Context) -> dict[str, ir.Value]:
    over = _is_over(rows, outcome.window_days, context.as_of)
    if outcome.source:
        value, known = rows[Y + name].fill_null(0.0), rows.customer_id.notnull()
    else:
        value, known = rows[Y + name], rows[Y + name].notnull()
    under = rows[D + name] if D + name in rows.columns else double(1)
    if outcome.kind == "ratio" and outcome.source:
        under = under.fill_null(0.0)
    return {
        Y + name: value.cast("float64"),
        D + name: under.cast("float64"),
        X + name: _covariate(rows, name, outcome),
        OVER + name: over,
        M + name: (over & known).fill_null(False),
    }


def _is_over(rows: ir.Table, window_days: int | None, last: date) -> ir.BooleanValue:
    """Whether so many days, the first being that of the assignment, have passed; without a day it cannot be told."""
    if not window_days or "assigned_on" not in rows.columns:
        return ibis.literal(True)
    final = ibis.literal(last - timedelta(days=window_days - 1))
    return (rows.assigned_on <= final).fill_null(True)


def _covariate(rows: ir.Table, name: str, outcome: Outcome) -> ir.FloatingValue:
    """What was known before; who has none gets the mean of all variants, which tells nothing of the treatment."""
    if X + name not in rows.columns:
        return double(0)
    column = rows[X + name].cast("float64")
    return column.fill_null(0.0 if outcome.covariate_days else column.mean().over()).fill_null(0.0)


def _survival(rows: ir.Table, name: str, outcome: Outcome, context: Context) -> dict[str, ir.Value]:
    if not is_timed(outcome):
        known = (rows[T + name] >= 0) & rows[E + name].notnull()
        over = _is_over(rows, (outcome.horizon_days or 0) + 1, context.as_of)
        return {
            T + name: rows[T + name].cast("float64"),
            E + name: (rows[E + name] == 1).fill_null(False),
            OVER + name: over,
            SEEN + name: ibis.literal(True),
            GONE + name: ibis.literal(False),
            UNKNOWN + name: ~known.fill_null(False),
            M + name: known.fill_null(False),
        }
    left, gone = rows.left_on.notnull(), rows.is_gone.fill_null(False)
    known = rows.is_known.fill_null(False)
    seen = (rows.assigned_on <= ibis.literal(context.known_through)).fill_null(True)
    until = ibis.greatest(ibis.coalesce(rows.left_on, ibis.literal(context.known_through)), rows.assigned_on)
    return {
        T + name: until.delta(rows.assigned_on, unit="day").cast("float64"),
        E + name: left & ~gone,
        OVER + name: _is_over(rows, (outcome.horizon_days or 0) + 1, context.known_through),
        SEEN + name: seen,
        GONE + name: gone,
        UNKNOWN + name: seen & ~known & ~gone,
        M + name: (known & ~gone & rows.assigned_on.notnull()).fill_null(False),
    }


def _cost(rows: ir.Table, spec: Experiment) -> ir.FloatingValue:
    """What a treated customer cost: the contact, and the reward where it was given."""
    given = (rows[REWARDED] == 1).fill_null(False).cast("int32") if REWARDED in rows.columns else double(1)
    spent = double(spec.costs.contact) + double(spec.costs.reward) * given
    return ibis.ifelse(rows.variant == spec.control, double(0), spent)
