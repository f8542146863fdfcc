"""The rows of an experiment: who was assigned to what, before anybody is left out, and what became of each since."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from retention_lab.errors import Fault, ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.inactivity import find_rule
from retention_lab.tables.purchases import find_purchases
from retention_lab.tables.trial_counts import assigned_counts, cluster_counts, known_counts
from retention_lab.tables.trial_filters import filtered, find_columns, no_such_values
from retention_lab.tables.trial_lists import list_rows
from retention_lab.tables.trial_notes import trial_notes
from retention_lab.tables.trial_rows import SEVERAL, find_people, stored
from retention_lab.tables.trial_units import Context, is_timed, unit_columns, with_what_followed
from retention_lab.tables.workspace import list_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One experiment of a client, as expressions of the engine that its tables lie in.

    `variants`: the control first, then in the order of `shares`, else by name. `shares` is empty where none are known.
    `randomised`: "customer" or "cluster". `by_order`: the assignments had several rows for a customer, and are summed.
    `has_customers`: the rows say which customer they are; without it each row is a customer.
    `units` has a row for each customer analysed, with the columns

    - `variant`; `cluster` and `assigned_on` where the client has them (`has_cluster`, `has_days`);
    - for each outcome `o`, `y:o` and `d:o` (value, or numerator and denominator; d is 1 for a plain mean), `x:o` (the
      covariate; nought where there is none), and `m:o`: whether the customer counts, because the window is over and
      the value is known; for survival `t:o` (duration since assignment, in `unit`), `e:o` (whether the customer left)
      and `m:o` (here when assigned, and whether that is known); for all `w:o`: whether the window, or the horizon, is
      over;
    - `c`: what the customer cost (`costs`): nought for the control; `v`: the monthly value, where that is known;
    - for each segment `s`, `s:s` as text.

    `counts` has one row for each variant, in their order, and the columns variant, assigned (units of randomisation,
    before anybody is left out), rows, analysed (customers), other_variant (customers who are in another variant too,
    and in none of the numbers), received_other (who got another variant than assigned), received_known, and
    outside (in the control: rows with a variant that is not declared; else nought).
    `per_outcome` has one row for each outcome and variant: outcome, variant, n (units), mature (window over, or all
    where there is no window), known (mature with a value), gone (left before they were assigned), unknown (not in
    the customers' table), followed (survival: left, or here for the whole horizon), nonzero (known and
    other than nought, of a mean or a ratio).
    `kept_by_filter` has one row for each variant where customers were chosen by `where`: variant, before, kept.
    """

    name: str
    spec: Experiment
    is_list: bool
    variants: tuple[str, ...]
    shares: dict[str, float]
    units: ir.Table
    randomised: str
    by_order: bool
    has_customers: bool
    has_days: bool
    has_received: bool
    segments: tuple[str, ...]
    counts: pd.DataFrame
    per_outcome: pd.DataFrame
    n_clusters: int
    n_mixed_clusters: int
    first_assigned: date | None
    last_assigned: date | None
    as_of: date
    kept_by_filter: pd.DataFrame
    notes: tuple[str, ...]
    # What the engine was asked before need not be asked again; it is part of no comparison.
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def has_cluster(self) -> bool:
        """Whether the rows say which cluster (a store, a household) a customer belongs to."""
        return self.randomised == "cluster"


def make_trial(
    assignments: ir.Table,
    spec: Experiment,
    *,
    name: str,
    as_of: date,
    transactions: ir.Table | None = None,
    customers: ir.Table | None = None,
    inactive_days: int | None = None,
    where: Sequence[str] = (),
    segments: Sequence[str] = (),
    is_list: bool = False,
    notes: Sequence[str] = (),
) -> Trial:
    """The trial that the rows of `assignments` are, in whatever engine they lie; nothing row by row leaves it.

    The tables have canonical columns, and the outcomes' own as spec names them; `customers` has one row for each. With
    `inactive_days` customers leave by falling silent for longer, as the transactions show. `where` keeps the customers
    for whom every `column=value[,value]` holds. Raises DataError where the rows are not an experiment's, and
    ParameterError with every condition or segment that cannot be.
    """
    context = Context(spec=spec, as_of=as_of, transactions=transactions, inactive_days=inactive_days)
    chosen, faults = find_columns(assignments, customers, spec, where, segments)
    if faults:
        raise ParameterError(faults)
    people = find_people(assignments, spec, name, as_of, chosen.own)
    has = set(people.rows.columns)
    randomised = "cluster" if "cluster" in has else "customer"
    rows = chosen.attached(people.rows.filter(~people.rows[SEVERAL]))
    if faults := no_such_values(chosen, rows, where):
        raise ParameterError(faults)
    kept = filtered(rows, chosen)
    units = stored(_units(kept, context, chosen.segments), "units")
    counts = assigned_counts(people, units, randomised)
    before = counts.single if where else None
    n_clusters, n_mixed = cluster_counts(people.rows) if randomised == "cluster" else (0, 0)
    variants = people.spellings.variants
    return Trial(
        name=name,
        spec=spec,
        is_list=is_list,
        variants=variants,
        shares={variant: share / sum(spec.shares.values()) for variant, share in spec.shares.items()},
        units=units,
        randomised=randomised,
        by_order=people.by_order,
        has_customers="customer_id" in has,
        has_days="assigned_on" in has and people.spellings.first_assigned is not None,
        has_received="received_known" in has,
        segments=tuple(segments),
        counts=counts.frame,
        per_outcome=known_counts(units, spec, variants),
        n_clusters=n_clusters,
        n_mixed_clusters=n_mixed,
        first_assigned=people.spellings.first_assigned,
        last_assigned=people.spellings.last_assigned,
        as_of=as_of,
        kept_by_filter=_kept(variants, before, counts.frame),
        notes=(*notes, *trial_notes(people, spec, where)),
    )


def _units(rows: ir.Table, context: Context, segments: dict[str, str]) -> ir.Table:
    """Of all that is known of customers, what the numbers are made of."""
    told = [name for name in ("variant", "cluster", "assigned_on") if name in rows.columns]
    followed = with_what_followed(rows, context)
    texts = {f"s:{name}": followed[column].fill_null("") for name, column in segments.items()}
    return followed.select(*told, **unit_columns(followed, context), **texts)


def _kept(variants: tuple[str, ...], before: dict[str, int] | None, counts: pd.DataFrame) -> pd.DataFrame:
    rows = [] if before is None else [(v, before[v], n) for v, n in zip(variants, counts.analysed, strict=True)]
    return pd.DataFrame(rows, columns=["variant", "before", "kept"])


def find_trials(client: Client) -> tuple[str, ...]:
    """The names of a client's experiments: those that client.yml declares, then the lists in its folder."""
    declared = tuple(client.file.experiments)
    return (*declared, *(name for name in sorted(list_names(client.folder)) if name not in declared))


def open_trial(
    client: Client, experiment: str = "", *, where: Sequence[str] = (), segments: Sequence[str] = ()
) -> Trial:
    """An experiment of a client by its name; an empty name means the main one, or the only one that is declared.

    `where` keeps the customers for whom every `column=value[,value]` holds, and `segments` are columns that tell them
    apart: covariates, segment, plan, region or channel of the customers, and for `where` also what the assignments
    have. Raises ParameterError where the name, a condition or a segment is not known, DataError for what the client's
    tables lack.
    """
    name = _chosen(client, experiment)
    spec = client.file.experiments.get(name)
    is_list = name in list_names(client.folder)
    notes: tuple[str, ...] = ()
    if is_list:
        frame, spec, notes = list_rows(client, name, spec)
        assignments = client.put_down(frame)
    else:
        assignments = client.table("assignments")
    assert spec is not None
    timed = any(map(is_timed, spec.outcomes.values()))
    silent = timed and client.file.churn.kind == "inactivity"
    bought = silent or any(outcome.source for outcome in spec.outcomes.values())
    return make_trial(
        assignments,
        spec,
        name=name,
        as_of=client.as_of,
        transactions=client.table("transactions") if bought else None,
        customers=client.table("customers") if "customers" in client.file.tables else None,
        inactive_days=_rule_days(client) if silent else None,
        where=where,
        segments=segments,
        is_list=is_list,
        notes=notes,
    )


def _chosen(client: Client, experiment: str) -> str:
    known = find_trials(client)
    if experiment in known:
        return experiment
    allowed = ", ".join(known) or "none: client.yml declares no experiment, and no list lies in the client's folder"
    if experiment:
        found, remedy = f"there is no experiment {experiment!r}", nearest(experiment, list(known))
        raise ParameterError(Fault(where="experiment", found=found, allowed=allowed, remedy=remedy))
    alone = [*filter(None, [client.file.main_experiment])] or list(client.file.experiments)
    if len(alone) != 1:
        found = f"it is empty, and there are {len(known)} experiments" if known else "there is no experiment"
        remedy = "name one of them, or the one that is meant under main_experiment in client.yml"
        raise ParameterError(Fault(where="experiment", found=found, allowed=allowed, remedy=remedy))
    return alone[0]


def _rule_days(client: Client) -> int:
    return find_rule(client, find_purchases(client, client.as_of), client.as_of).inactive_days
