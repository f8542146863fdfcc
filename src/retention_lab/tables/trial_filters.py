"""Which customers of an experiment are looked at, and what they are told apart by."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from retention_lab.errors import Fault
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.trial_columns import experiment_columns, text_columns

# What customers are told apart by, from the assignments and from the customers; their worth, and when they left.
TEXT, OF_CUSTOMERS = "f:", "of:"
VALUE, ENDED_ON, THEIR_ID = "value", "ended_on", "of id"
_MOST_SHOWN = 20
_HIDDEN = ("name", "end_reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Conditions as column and values, segments as name and column, and where these are from.

    `own`: columns of the assignments, by the name that they are to have; `customers`: the customers with all that is
    asked of them, where anything is.
    """

    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    segments: dict[str, str]
    own: dict[str, str]
    customers: ir.Table | None

    def attached(self, people: ir.Table) -> ir.Table:
        """The customers of the experiment, each with what the customers' table says: one join for all that is asked."""
        if self.customers is None:
            return people
        return people.left_join(self.customers, people.customer_id == self.customers[THEIR_ID])


def find_columns(
    assignments: ir.Table,
    customers: ir.Table | None,
    spec: Experiment,
    where: Sequence[str],
    segments: Sequence[str],
) -> tuple[Chosen, list[Fault]]:
    """What the conditions and segments mean, and every fault of theirs. A column of the assignments comes first."""
    own = text_columns(assignments)
    joins = customers is not None and "customer_id" in assignments.columns
    theirs = text_columns(customers) if joins else {}
    theirs = {name: column for name, column in theirs.items() if name not in _HIDDEN}
    known = {**{name: OF_CUSTOMERS + name for name in theirs}, **{name: TEXT + name for name in own}}
    outcomes = {*experiment_columns(spec), "received"}
    before = {name: column for name, column in known.items() if name not in outcomes}
    faults = [fault for name in segments if (fault := _unknown("segments", name, before))]
    conditions = []
    for condition in where:
        column, found, values = condition.partition("=")
        fault = _unknown("where", column, known) if found else _no_condition(condition, known)
        if fault:
            faults.append(fault)
        else:
            conditions.append((known[column], tuple(value.strip() for value in values.split(","))))
    asked = {*(column for column, _ in conditions), *(before[name] for name in segments if name in before)}
    needed = {name: theirs[name] for name in theirs if OF_CUSTOMERS + name in asked}
    chosen = Chosen(
        conditions=tuple(conditions),
        segments={name: before[name] for name in segments if name in before},
        own={TEXT + name: column for name, column in own.items() if TEXT + name in asked},
        customers=_asked(customers, needed, spec) if joins else None,
    )
    return chosen, faults


def _asked(customers: ir.Table, needed: dict[str, str], spec: Experiment) -> ir.Table | None:
    """The customers with what was asked for, and where staying is an outcome when they left and what they are worth."""
    asked = {OF_CUSTOMERS + name: customers[column].cast("string") for name, column in needed.items()}
    if any(outcome.kind == "survival" for outcome in spec.outcomes.values()):
        asked |= {VALUE: customers.monthly_value} if "monthly_value" in customers.columns else {}
        asked |= {ENDED_ON: customers.ended_on.cast("date")} if "ended_on" in customers.columns else {}
    return customers.select(**{THEIR_ID: customers.customer_id.cast("string")}, **asked) if asked else None


def filtered(rows: ir.Table, chosen: Chosen) -> ir.Table:
    """The customers for whom every condition holds."""
    for column, values in chosen.conditions:
        rows = rows.filter(rows[column].isin(values))
    return rows


def _unknown(where: str, name: str, known: dict[str, str]) -> Fault | None:
    if name in known:
        return None
    names = sorted(known)
    allowed = ", ".join(names[:_MOST_SHOWN]) or "nothing: no column tells the customers apart"
    return Fault(where=where, found=f"there is no column {name!r}", allowed=allowed, remedy=nearest(name, names))


def _no_condition(condition: str, known: dict[str, str]) -> Fault:
    names = ", ".join(sorted(known)[:_MOST_SHOWN])
    return Fault(where="where", found=repr(condition), allowed=f"column=value[,value], with one of {names}")


def no_such_values(chosen: Chosen, rows: ir.Table, where: Sequence[str]) -> list[Fault]:
    """A value that nobody has is a spelling mistake, and would leave nobody."""
    faults = []
    for (column, values), condition in zip(chosen.conditions, where, strict=True):
        seen = rows.filter(rows[column].isin(values)).select(column).distinct().to_pyarrow()[column].to_pylist()
        if missing := [value for value in values if value not in seen]:
            levels = rows.filter(rows[column].notnull()).select(column).distinct().order_by(column).limit(_MOST_SHOWN)
            shown = ", ".join(levels.to_pyarrow()[column].to_pylist())
            found = f"{condition.partition('=')[0]} has no value {', '.join(map(repr, missing))}"
            faults.append(
                Fault(where="where", found=found, allowed=shown, remedy=nearest(missing[0], shown.split(", ")))
            )
    return faults
