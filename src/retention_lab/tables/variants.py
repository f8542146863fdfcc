"""The variants of an experiment as the rows spell them, brought to the names that client.yml declares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.experiment_file import Experiment

# Beyond this, what was taken for a variant is something else, such as the number of a customer.
_MOST_VARIANTS = 100
_MOST_SPELLINGS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spellings:
    """How the rows of one experiment name it and its variants.

    `variants`: the control first, then as declared, else by name. `named` leads from each spelling to its variant, or
    to None where that is not declared; `experiments` are the spellings of this experiment, empty where the rows name
    none. `outside` counts the rows of variants that are not declared, and `respelled` those written another way.
    """

    variants: tuple[str, ...]
    named: dict[str, str | None]
    experiments: tuple[str, ...]
    outside: int
    outside_names: tuple[str, ...]
    respelled: int
    n_late: int
    n_rows: int
    n_without_id: int
    n_without_day: int
    n_without_cluster: int
    first_assigned: date | None
    last_assigned: date | None


def read_spellings(rows: ir.Table, spec: Experiment, name: str, as_of: date) -> Spellings:
    """One question to the engine: what the rows of an experiment are called, and how many there are of each kind.

    Raises DataError where there is no row of it, or its variants cannot be told.
    """
    seen = _of_experiment(_counted(rows, as_of), name)
    seen = seen[seen.variant.notna()]
    is_blank = seen.variant.str.strip() == ""
    blanks, seen = dict.fromkeys(seen.variant[is_blank]), seen[~is_blank]
    experiments = tuple(sorted(set(seen.experiment.dropna()))) if "experiment" in rows.columns else ()
    variants, named = _named(seen, spec, name)
    kept = seen.n - seen.n_late
    outside = [named[spelled] is None for spelled in seen.variant]
    other = [named[spelled] not in (None, spelled) for spelled in seen.variant]
    days = seen[["first", "last"]].dropna()
    return Spellings(
        variants=variants,
        named={**named, **blanks},
        experiments=experiments,
        outside=int(kept[outside].sum()),
        outside_names=tuple(sorted({spelled.strip() for spelled in seen.variant[outside]})),
        respelled=int(kept[other].sum()),
        n_late=int(seen.n_late.sum()),
        n_rows=int(kept.sum()),
        n_without_id=int(seen.n_without_id.sum()),
        n_without_day=int(seen.n_without_day.sum()),
        n_without_cluster=int(seen.n_without_cluster.sum()),
        first_assigned=min(days["first"], default=None),
        last_assigned=max(days["last"], default=None),
    )


def _counted(rows: ir.Table, as_of: date) -> pd.DataFrame:
    has = set(rows.columns)
    day = rows.assigned_on.cast("date") if "assigned_on" in has else ibis.null("date")
    late, nought = (day > ibis.literal(as_of)).fill_null(False), ibis.literal(0)
    experiment = rows.experiment.cast("string") if "experiment" in has else ibis.literal("")
    counted = rows.group_by(experiment=experiment, variant=rows.variant.cast("string")).aggregate(
        n=rows.count(),
        n_late=rows.count(where=late),
        n_without_id=rows.count(where=~late & rows.customer_id.isnull()) if "customer_id" in has else nought,
        n_without_day=rows.count(where=day.isnull()) if "assigned_on" in has else nought,
        n_without_cluster=rows.count(where=~late & rows.cluster.isnull()) if "cluster" in has else nought,
        first=day.min(where=~late) if "assigned_on" in has else ibis.null("date"),
        last=day.max(where=~late) if "assigned_on" in has else ibis.null("date"),
    )
    frame: pd.DataFrame = counted.order_by("experiment", "variant").limit(_MOST_SPELLINGS).to_pyarrow().to_pandas()
    counts = ["n", "n_late", "n_without_id", "n_without_day", "n_without_cluster"]
    return frame.astype(dict.fromkeys(counts, int)) if len(frame) else frame


def _of_experiment(seen: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of this experiment, whatever the case; where the rows name none, they are all of it."""
    named = seen.experiment.fillna("").str.strip()
    ours = seen[named.isin([""]) if set(named) <= {""} else named.str.casefold() == name.casefold()]
    if len(ours):
        return pd.DataFrame(ours)
    known = sorted(set(named) - {""})
    shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    remedy = nearest(name, known) or "call the experiment in client.yml as the rows do"
    found = f"no row of the assignments is of the experiment {name!r}"
    raise DataError(Fault(where=f"experiment {name}", found=found, allowed=shown, remedy=remedy))


def _named(seen: pd.DataFrame, spec: Experiment, name: str) -> tuple[tuple[str, ...], dict[str, str | None]]:
    """The variants in their order, and for each spelling the variant that it means."""
    spellings = sorted(set(seen.variant))
    declared = list(dict.fromkeys([spec.control, *spec.shares]))
    canonical = {variant.strip().casefold(): variant for variant in declared}
    found = {spelled.strip().casefold(): spelled.strip() for spelled in reversed(spellings)}
    if not spec.shares:
        others = sorted(found[folded] for folded in found if folded not in canonical)
        canonical |= {variant.casefold(): variant for variant in others}
    named = {spelled: canonical.get(spelled.strip().casefold()) for spelled in spellings}
    _refuse(spec, name, list(canonical.values()), found)
    return tuple(canonical.values()), named


def _refuse(spec: Experiment, name: str, variants: Sequence[str], found: dict[str, str]) -> None:
    where = f"experiment {name}"
    if len(variants) > _MOST_VARIANTS:
        number = f"more than {_MOST_VARIANTS} variants, such as {', '.join(sorted(found.values())[:3])}"
        remedy = "map variant to the column that says which customer was assigned to what"
        raise DataError(Fault(where=where, found=number, remedy=remedy))
    control = spec.control.strip().casefold()
    known = sorted(found.values())
    if found and control not in found and (not spec.shares or not {v.strip().casefold() for v in variants} & {*found}):
        remedy = nearest(spec.control, known) or "name the control as the rows do"
        absent = f"no row is of the control {spec.control!r}"
        raise DataError(Fault(where=f"{where}, control", found=absent, allowed=", ".join(known), remedy=remedy))


def as_variant(column: ir.Value, named: dict[str, str | None]) -> ir.StringValue:
    """The variant that a column means; null where it is not declared, or there is none."""
    text = column.cast("string")
    same = [spelled for spelled, variant in named.items() if spelled == variant]
    other = {spelled: variant for spelled, variant in named.items() if variant not in (None, spelled)}
    if not other and len(same) == len(named):
        return text
    cases = [(text == spelled, ibis.literal(variant)) for spelled, variant in other.items()]
    known = [(text.isin(same), text)] if same else []
    return ibis.cases(*known, *cases, else_=ibis.null("string"))
