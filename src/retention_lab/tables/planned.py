"""Who is to be in an experiment, and in which of its variants: drawn balanced within strata, and kept."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pandas as pd

from retention_lab.tables.assignments import HOLD_OUT, is_elsewhere, list_of, name_wave, standing_on, write_assignments
from retention_lab.tables.client import OUTPUT, Client
from retention_lab.tables.client_key import keyed_hash
from retention_lab.tables.quotas import round_quotas

ONE_STRATUM = "all"
_OF = 2.0**64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eligible:
    """Who can be drawn: a row for each customer, in the order of the ids; and how many were left out.

    `n_held_out` are held out by another list just now, `n_drawn_before` are in an earlier wave of this experiment.
    """

    customers: pd.DataFrame
    n_held_out: int
    n_drawn_before: int


def find_eligible(client: Client, customers: pd.DataFrame, experiment: str, horizon_days: int) -> Eligible:
    """Leave out whom another list holds out within the `horizon_days`, and who was drawn for this experiment before.

    Who is held out by a list would spoil it if something were sent to them, and nobody is drawn twice.
    """
    standing = standing_on(client.assignments, client.as_of, horizon_days)
    # Whom a list held out for another's sake is no part of what it compares.
    standing = standing[(standing.variant == HOLD_OUT) & ~is_elsewhere(standing.stratum)]
    held_out = standing.customer_id[standing.experiment.map(list_of) != experiment]
    earlier = client.assignments[client.assignments.assigned_on < client.as_of]
    before = earlier.customer_id[earlier.experiment.map(list_of) == experiment]
    ids = customers.customer_id
    drawn = ids.isin(before)
    held = ids.isin(held_out) & ~drawn
    kept = customers[~drawn & ~held].sort_values("customer_id").reset_index(drop=True)
    return Eligible(customers=kept, n_held_out=int(held.sum()), n_drawn_before=int(drawn.sum()))


def draw_variants(
    customers: pd.DataFrame, shares: Mapping[str, float], name: str, key: bytes, *, seed: int = 1
) -> pd.DataFrame:
    """A variant for each customer: customer_id, variant, stratum and the mark of the draw, in the order of the ids.

    `customers` has customer_id and the columns that make strata. In each stratum, and in all, each variant has its
    share to within less than one customer, and everybody has the same chance of it (see `quotas`). The draw hangs on
    the key, the name, the seed and who is there, and not on the order of anything.
    """
    drawn = keyed_hash(key, "experiment", name, str(seed))
    found = pd.DataFrame({"customer_id": customers.customer_id, "stratum": _strata(customers)})
    found["place"] = [keyed_hash(drawn, "customer", customer) for customer in found.customer_id]
    found = found.sort_values(["stratum", "place"], ignore_index=True)
    sizes, variants = found.groupby("stratum").size(), sorted(shares)
    quotas = round_quotas(sizes.tolist(), [shares[variant] for variant in variants], _chances(drawn))
    found["variant"] = [variant for row in quotas for variant, n in zip(variants, row, strict=True) for _ in range(n)]
    found["seed"] = drawn.hex()[:8]
    columns = ["customer_id", "variant", "stratum", "seed"]
    return found[columns].sort_values("customer_id", ignore_index=True)


def write_plan(client: Client, experiment: str, frame: pd.DataFrame) -> list[Path]:
    """Write what was drawn as a wave of the experiment, named after the client's day; nothing for nobody.

    It comes to lie in the client's folder when a run has made its report. Nothing is written where the report looks
    back: nobody can be put into an experiment of the past.
    """
    if client.looks_back or frame.empty:
        return []
    output = Path(os.environ.get(OUTPUT, "."))
    return [write_assignments(output, name_wave(experiment, client.as_of), frame, client.as_of)]


def _strata(customers: pd.DataFrame) -> Sequence[str]:
    names = sorted(str(name) for name in customers if name != "customer_id")
    if not names:
        return [ONE_STRATUM] * len(customers)
    texts = customers[names].fillna("").astype(str)
    return [", ".join(f"{name}={level}" for name, level in zip(names, row, strict=True)) for row in texts.to_numpy()]


def _chances(drawn: bytes) -> Iterator[float]:
    return (int.from_bytes(keyed_hash(drawn, "rounding", str(step))[:8]) / _OF for step in count())
