"""The lists in a client's folder as experiments: who was drawn when a list was made, and into what."""

import re
from collections.abc import Iterator

import pandas as pd

from retention_lab.errors import DataError, Fault
from retention_lab.tables.assignments import CONTACT, HOLD_OUT, is_elsewhere, list_of
from retention_lab.tables.client import Client
from retention_lab.tables.experiment_file import Costs, Experiment, Outcome

HORIZON_DAYS = 90
STAY = "stay"
_SHARE = re.compile(r"hold-out share (?P<share>0?\.\d+)")


def list_rows(client: Client, name: str, spec: Experiment | None) -> tuple[pd.DataFrame, Experiment, tuple[str, ...]]:
    """A list as assignments, what is asked of it, and what was left out of it.

    Each customer counts with the first wave: whoever is on the list again, contacted all along, is there because the
    contacts may have kept them. Whom another list held out was not drawn here. Where the share held out has changed,
    only the customers of the share that most of them were drawn with are compared.
    """
    every = client.assignments[client.assignments.experiment.map(list_of) == name]
    first = every.sort_values(["assigned_on", "experiment"], kind="stable").drop_duplicates("customer_id")
    rows = first[~is_elsewhere(first.stratum)]
    shares = rows.stratum.str.fullmatch(_SHARE)
    kept = rows[~shares | (rows.stratum == _largest(rows.stratum[shares]))]
    notes = tuple(_notes(every, first, rows, kept))
    asked = spec or _asked(client, name, kept)
    if spec is None or not spec.shares:
        asked = asked.model_copy(update={"shares": _shares(kept, asked.control)})
    columns = ["variant", "customer_id", "assigned_on", "stratum"]
    return pd.DataFrame(kept[columns]), asked, notes


def _largest(strata: pd.Series) -> str:
    """The stratum with most customers, of equal ones the first by name."""
    counts = strata.value_counts().sort_index()
    return str(counts.idxmax()) if len(counts) else ""


def _shares(rows: pd.DataFrame, control: str) -> dict[str, float]:
    """What the stratum says of the share held out; nothing where it does not, or there are other variants."""
    found = _SHARE.fullmatch(_largest(rows.stratum)) if len(rows) else None
    variants = {CONTACT, HOLD_OUT}
    if found is None or control != HOLD_OUT or not set(rows.variant) <= variants:
        return {}
    share = float(found["share"])
    return {HOLD_OUT: share, CONTACT: 1 - share} if 0 < share < 1 else {}


def _asked(client: Client, name: str, rows: pd.DataFrame) -> Experiment:
    """What is asked of a list of which client.yml says nothing: whether others stay longer than those held out."""
    if len(rows) and HOLD_OUT not in set(rows.variant) and not set(rows.variant) <= {CONTACT}:
        found = (
            f"its variants are {', '.join(sorted(set(rows.variant)))}, and client.yml does not say which is the control"
        )
        remedy = f"add experiments.{name} to client.yml, with its control and its outcomes"
        raise DataError(Fault(where=f"assignments/{name}", found=found, remedy=remedy))
    if not can_be_timed(client):
        found = "it is not known when a customer left: the customers have tenures and no dates"
        remedy = f"map started_on and ended_on, or add experiments.{name} to client.yml with other outcomes"
        raise DataError(Fault(where=f"assignments/{name}", found=found, remedy=remedy))
    stay = Outcome(kind="survival", role="primary", horizon_days=HORIZON_DAYS)
    costs = Costs(contact=client.file.money.contact_cost)
    return Experiment(control=HOLD_OUT, outcomes={STAY: stay}, costs=costs)


def can_be_timed(client: Client) -> bool:
    """Whether the client's tables say on which day a customer left."""
    customers = client.file.tables.get("customers")
    return client.file.churn.kind == "inactivity" or (customers is not None and "ended_on" in customers.mapped)


def _notes(every: pd.DataFrame, first: pd.DataFrame, rows: pd.DataFrame, kept: pd.DataFrame) -> Iterator[str]:
    if again := len(every) - len(first):
        yield f"Each customer counts with the first list that had them; later lists named {again} of them again."
    if elsewhere := len(first) - len(rows):
        yield f"Held out by another list, and not drawn by this one: {elsewhere} customers, left out."
    if other := len(rows) - len(kept):
        yield f"Drawn with another hold-out share than most, and left out: {other} customers."
