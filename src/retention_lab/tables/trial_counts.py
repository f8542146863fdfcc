"""How many there are of each kind in an experiment: what its gates are judged by."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.trial_columns import E, M, T, Y
from retention_lab.tables.trial_rows import OTHER, RECEIVED, ROWS, SEVERAL, People
from retention_lab.tables.trial_units import GONE, OVER, SEEN, UNKNOWN, horizon_in_unit

_COUNTED = ("assigned", "rows", "analysed", "other_variant", "received_other", "received_known", "outside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """`frame` as a trial has it; `single`: customers of one variant only, by variant, before any filter."""

    frame: pd.DataFrame
    single: dict[str, int]


def assigned_counts(people: People, units: ir.Table, randomised: str) -> Counts:
    """The customers of each variant before anybody is left out, and how many of them are analysed."""
    rows = people.rows
    has_received = RECEIVED in rows.columns
    one = rows.group_by("variant").aggregate(
        assigned=rows.cluster.nunique() if randomised == "cluster" else rows.count(),
        rows=rows[ROWS].sum(),
        single=(~rows[SEVERAL]).sum(),
        other_variant=rows[SEVERAL].sum(),
        received_other=(rows[OTHER] & ~rows[SEVERAL]).sum() if has_received else ibis.literal(0),
        received_known=(rows[RECEIVED] & ~rows[SEVERAL]).sum() if has_received else ibis.literal(0),
    )
    found = _frame(one).set_index("variant").reindex(people.spellings.variants)
    analysed = _frame(units.group_by("variant").aggregate(analysed=units.count())).set_index("variant")
    found["analysed"] = analysed.analysed.reindex(found.index)
    found["outside"] = 0
    found.loc[people.spellings.variants[0], "outside"] = people.spellings.outside
    found = found.fillna(0).astype(int).rename_axis("variant")
    return Counts(frame=found[list(_COUNTED)].reset_index(), single=dict(found.single))


def cluster_counts(rows: ir.Table) -> tuple[int, int]:
    """How many clusters there are, and how many of them have customers in several variants."""
    one = rows.group_by("cluster").aggregate(mixed=rows.variant.min() != rows.variant.max())
    found = one.aggregate(n=one.count(), mixed=one.mixed.sum()).to_pyarrow().to_pylist()[0]
    return int(found["n"]), int(found["mixed"] or 0)


def known_counts(units: ir.Table, spec: Experiment, variants: tuple[str, ...]) -> pd.DataFrame:
    """For each outcome and variant how many customers count, and why the others do not."""
    wanted: dict[str, ir.Value] = {"n": units.count()}
    for place, (name, outcome) in enumerate(spec.outcomes.items()):
        over, counts = units[OVER + name], units[M + name]
        # Who stays is known of everybody up to now: nobody has to wait for the horizon.
        over = units[SEEN + name] if outcome.kind == "survival" else over
        wanted |= {f"mature:{place}": over.sum(), f"known:{place}": counts.sum()}
        if outcome.kind in ("mean", "ratio"):
            wanted |= {f"nonzero:{place}": (counts & (units[Y + name] != 0)).sum()}
        if outcome.kind == "survival":
            followed = counts & (units[E + name] | (units[T + name] >= horizon_in_unit(outcome)))
            wanted |= {f"gone:{place}": units[GONE + name].sum(), f"unknown:{place}": units[UNKNOWN + name].sum()}
            wanted |= {f"followed:{place}": followed.sum()}
    found = _frame(units.group_by("variant").aggregate(**wanted)).set_index("variant").reindex(variants).fillna(0)
    kinds = ("mature", "known", "gone", "unknown", "followed", "nonzero")
    rows = [
        (name, variant, found.n[variant], *(_at(found, f"{kind}:{place}", variant) for kind in kinds))
        for place, name in enumerate(spec.outcomes)
        for variant in variants
    ]
    frame = pd.DataFrame(rows, columns=["outcome", "variant", "n", *kinds])
    return frame.astype(dict.fromkeys(("n", *kinds), int))


def _at(found: pd.DataFrame, column: str, variant: str) -> int:
    return int(found[column][variant]) if column in found else 0


def _frame(rows: ir.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.order_by("variant").to_pyarrow().to_pandas()
    return frame
