"""Experiments as far as an assignments' file tells them: all that was only ever planned is for a person to say."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import pyarrow as pa

from retention_lab.tables.guessing.draft_tables import UNSURE
from retention_lab.tables.guessing.guesses import TableGuess
from retention_lab.tables.workspace import is_client_name

_MOST_EXPERIMENTS, _LONGEST_NAME = 12, 64
_HORIZON, _WINDOW = 90, 60
_CONTROL = f"{UNSURE}: nothing names the control; the first variant by name is taken"
_PRIMARY = f"{UNSURE}: which outcome decides is for whoever planned it to say; the first one is taken"

_Outcome = tuple[str, tuple[dict[str, object], str]]
"""Its name, the outcome as plain values, and what is not sure of it."""


def experiment_names(guess: TableGuess) -> dict[str, str]:
    """What the file calls its experiments (most rows first), and what they can be called; one where it says nothing."""
    column = next((found.column for found in guess.columns if found.name == "experiment"), "")
    spelled = [guess.constants["experiment"]] if "experiment" in guess.constants else _values(guess.sample.rows, column)
    names: dict[str, str] = {}
    for text in spelled[:_MOST_EXPERIMENTS]:
        base = tidy = text if is_client_name(text) else _tidy(text)
        number = 2
        while tidy in names.values():
            tidy, number = f"{base[: _LONGEST_NAME - 3]}_{number}", number + 1
        names[text] = tidy
    source = guess.sample.source if isinstance(guess.sample.source, str) else guess.sample.source.table
    return names or {"": _tidy(PurePosixPath(source).stem)}


def draft_experiments(
    guess: TableGuess, specs: Mapping[str, Mapping[str, object]]
) -> tuple[dict[str, object], dict[str, str]]:
    """The experiments of an assignments' table as plain values, and what is to be said of their lines.

    `specs` are the tables of the draft. None is drafted where no outcome is known.
    """
    outcomes, said = _outcomes(guess, specs)
    if not outcomes:
        return {}, {}
    control = guess.control or min((name for name, _ in guess.variants), default="control")
    experiments: dict[str, object] = {}
    remarks: dict[str, str] = {}
    for name in experiment_names(guess).values():
        experiments[name] = {"control": control, "outcomes": outcomes}
        remarks |= {
            f"{name}.control": "" if guess.control else _CONTROL,
            f"{name}.outcomes": f"{_shares(guess)} {_PRIMARY if len(outcomes) > 1 else ''}",
            **{f"{name}.outcomes.{outcome}": f"{UNSURE}: {what}" for outcome, what in said.items()},
        }
    return experiments, remarks


def _shares(guess: TableGuess) -> str:
    """Shares are those that were planned: written as observed, they would hide every fault of the assignment."""
    seen = ", ".join(f"{name} {share:.1%}" for name, share in guess.variants)
    return (
        f"Add shares as they were planned, so that the numbers assigned can be judged{f' (seen: {seen})' * bool(seen)}."
    )


def _outcomes(
    guess: TableGuess, specs: Mapping[str, Mapping[str, object]]
) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    found = dict(_of_file(guess) or _of_tables(guess, specs))
    outcomes = {name: outcome for name, (outcome, _) in found.items()}
    if len(outcomes) > 1:
        first = next(iter(outcomes))
        outcomes[first] = {"kind": outcomes[first].pop("kind"), "role": "primary", **outcomes[first]}
    return outcomes, {name: said for name, (_, said) in found.items()}


def _of_file(guess: TableGuess) -> list[_Outcome]:
    said = "a higher value is taken to be better; is it known only after the assignment?"
    taken: set[str] = set()
    found: list[_Outcome] = []
    for name, (column, kind) in guess.outcomes.items():
        tidy = " ".join(name.split())[:_LONGEST_NAME].rstrip() or "outcome"
        if tidy.casefold() not in taken:
            taken.add(tidy.casefold())
            found.append((tidy, ({"kind": kind, "column": column}, said)))
    return found


def _of_tables(guess: TableGuess, specs: Mapping[str, Mapping[str, object]]) -> Iterator[_Outcome]:
    """Where the file has no outcome, the customers and their purchases may have one."""
    if not {"customer_id", "assigned_on"} <= {found.name for found in guess.columns}:
        return
    customers = specs.get("customers", {}).get("columns")
    if isinstance(customers, dict) and "ended_on" in customers:
        yield "stay", ({"kind": "survival", "horizon_days": _HORIZON}, "for how many days should they stay?")
    if "transactions" in specs:
        spend = {"kind": "mean", "from": "transactions.amount", "window_days": _WINDOW, "covariate_days": _WINDOW}
        yield "spend", (spend, "purchases of how many days?")


def _values(rows: pa.Table, column: str | tuple[str, str]) -> list[str]:
    if not isinstance(column, str) or column not in rows.column_names:
        return []
    texts = (str(value).strip() for value in rows[column].to_pylist() if value is not None)
    return [text for text, _ in Counter(text for text in texts if text).most_common()]


def _tidy(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:_LONGEST_NAME] or "experiment"
