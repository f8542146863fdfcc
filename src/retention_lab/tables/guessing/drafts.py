"""A client file drafted from what was guessed: every line with how sure it is, so that a person can put it right.

`load_client_file` takes the draft as it is: what cannot be used yet stands in it as a comment, with what to ask for.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from retention_lab.tables.contract import CONTRACT, ONLY_KNOWN_CUSTOMERS
from retention_lab.tables.experiment_rules import experiment_faults, outcome_columns
from retention_lab.tables.guessing.draft_experiments import draft_experiments, experiment_names
from retention_lab.tables.guessing.draft_tables import UNSURE, DraftTable, draft_table, said_of_doubt
from retention_lab.tables.guessing.guesses import ClientGuess, TableGuess, Unused
from retention_lab.tables.guessing.references import TOO_MANY, unknown_share
from retention_lab.tables.guessing.yaml_text import as_comment, block, commented

_BLOCKS = ("columns", "covariates", "multiply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A client file as text, and what came of each table: those that can be used, and those that cannot yet."""

    text: str
    usable: tuple[str, ...]
    why_not: dict[str, tuple[str, ...]]


def write_draft(guess: ClientGuess, name: str) -> str:
    """The text of a client.yml for what was guessed."""
    return make_draft(guess, name).text


def make_draft(guess: ClientGuess, name: str) -> Draft:
    """A client.yml for what was guessed, and which of its tables can be used."""
    whole = _Whole(guess)
    lines = [*_head(guess, name), "", *_top(guess, name), "", *_churn(whole), *_money(whole), "", *_tables(whole)]
    lines += _experiments(whole) + _unused(guess.unused)
    return Draft(
        text="\n".join(lines) + "\n",
        usable=tuple(draft.table for draft in whole.tables if not draft.why_not),
        why_not={draft.table: draft.why_not for draft in whole.tables if draft.why_not},
    )


class _Whole:
    """All tables of a draft, in the order of the contract, and its experiments."""

    def __init__(self, guess: ClientGuess) -> None:
        self.guess = guess
        self.guesses = sorted(map(_with_names, guess.tables), key=lambda found: [*CONTRACT].index(found.table))
        self.unknown: dict[str, float] = {}
        self.churn = guess.churn if guess.churn in ("contract", "inactivity") else "contract"
        if self.churn == "inactivity" and not any(d.table == "transactions" and not d.why_not for d in self._drafted()):
            # Without purchases nobody's silence can be seen.
            self.churn = "contract"
        self.unknown = self._unknown()
        self.tables = self._drafted()
        self.experiments, self.said = self._experiments()
        raw: dict[Any, Any] = {
            "churn": {"kind": self.churn},
            "tables": self.specs,
            "experiments": self.experiments,
        }
        self.faults = experiment_faults("draft", raw, ())
        if self.experiments and not self.faults:
            self.tables = self._drafted(outcome_columns(raw))

    @property
    def specs(self) -> dict[str, dict[str, object]]:
        """The tables that can be used."""
        return {draft.table: draft.spec for draft in self.tables if not draft.why_not}

    def _drafted(self, outcomes: Collection[str] = ()) -> list[DraftTable]:
        by_inactivity = self.churn == "inactivity"
        drafts = [
            draft_table(found, by_inactivity=by_inactivity, outcomes=outcomes if found.table == "assignments" else ())
            for found in self.guesses
        ]
        return [self._with_unknown(draft) for draft in drafts]

    def _unknown(self) -> dict[str, float]:
        """For each table, the share of rows of customers who are not in their file, where that is too many."""
        tables = {found.table: found for found in self.guesses}
        told = {
            name: unknown_share(tables["customers"], tables[name], column)
            for name, column in ONLY_KNOWN_CUSTOMERS.items()
            if name in tables and "customers" in tables
        }
        return {name: share for name, share in told.items() if share > TOO_MANY}

    def _with_unknown(self, draft: DraftTable) -> DraftTable:
        """Where purchases say who is a customer, a file of only some customers is left out, and not their purchases."""
        if draft.table == "customers" and self.churn == "inactivity" and "transactions" in self.unknown:
            share = self.unknown["transactions"]
            why = f"{share:.0%} of the purchases are of customers who are not in it, and would be set aside"
            return replace(draft, why_not=(*draft.why_not, f"{why}: ask the client for all customers"))
        if draft.table not in self.unknown or (draft.table == "transactions" and self.churn == "inactivity"):
            return draft
        note = f"{UNSURE}: {self.unknown[draft.table]:.0%} of its rows are of customers who are not in their file"
        return replace(draft, notes=(*draft.notes, f"{note}: too many to be set aside"))

    def _experiments(self) -> tuple[dict[str, object], dict[str, str]]:
        found = next((guess for guess in self.guesses if guess.table == "assignments"), None)
        return draft_experiments(found, self.specs) if found and "assignments" in self.specs else ({}, {})


def _with_names(guess: TableGuess) -> TableGuess:
    """An experiment whose name is no name gets one, as a code with a meaning."""
    if guess.table != "assignments" or not any(found.name == "experiment" for found in guess.columns):
        return guess
    renamed: dict[str, str | bool] = {text: name for text, name in experiment_names(guess).items() if text != name}
    if not renamed or "" in renamed:
        return guess
    return replace(guess, values={**guess.values, "experiment": {**renamed, **guess.values.get("experiment", {})}})


def _head(guess: ClientGuess, name: str) -> list[str]:
    n_files = sum(len(found.sample.files) for found in guess.tables) + len(guess.unused)
    first = f"{name}: drafted from {n_files} {'file' if n_files == 1 else 'files'}. Nobody has read it yet."
    then = f"Lines marked {UNSURE} may be wrong, and are for a person to settle; then: retention-lab check {name}"
    return [*as_comment(first), *as_comment(then)]


def _top(guess: ClientGuess, name: str) -> list[str]:
    values: dict[str, object] = {
        "name": name, "language": guess.language, "currency": guess.currency, "timezone": "UTC",
        **({"max_rejected": float(guess.max_rejected)} if guess.max_rejected else {}),
        **({"observed_through": date.fromisoformat(guess.observed_through)} if guess.observed_through else {}),
    }  # fmt: skip
    remarks = {
        "name": "as the client calls itself",
        "language": "the language of the reports: en it es fr sl",
        "timezone": "no file tells it: write the client's own, such as Europe/Rome",
        "observed_through": "the last day that the exports cover",
        **_doubts(guess, values),
    }
    told = "observed_through is left out: the latest date of all tables counts. Write it where the exports go further."
    lines = block(values, remarks, lambda way: False)
    return lines if guess.observed_through else [*lines, *as_comment(told)]


def _doubts(guess: ClientGuess, values: dict[str, object]) -> dict[str, str]:
    return {doubt.key: said_of_doubt(doubt) for doubt in guess.doubts if doubt.key in values}


def _churn(whole: _Whole) -> list[str]:
    doubts = [said_of_doubt(doubt) for doubt in whole.guess.doubts if doubt.key.startswith("churn")]
    said = (
        "a customer leaves when the contract ends"
        if whole.churn == "contract"
        else "a customer who falls silent has left; after how many days is read off the purchases"
    )
    others = [d for d in whole.guess.doubts if not d.key.startswith("churn") and d.key not in _TOP]
    told = [line for doubt in others for line in as_comment(f"{UNSURE}: {doubt.key}: {doubt.why}")]
    return block({"churn": {"kind": whole.churn}}, {"churn": "; ".join(doubts) or said}, lambda way: False) + told


def _money(whole: _Whole) -> list[str]:
    """Where a column says what a customer is worth, whether that is revenue or margin is for a person to say."""
    columns = whole.specs.get("customers", {}).get("columns", {})
    if not isinstance(columns, dict) or "monthly_value" not in columns:
        return []
    said = f"{UNSURE}: {columns['monthly_value']!r} may be margin too; say margin_rate where it is revenue"
    way = "money.monthly_value_is"
    return ["", *block({"money": {"monthly_value_is": "revenue"}}, {way: said}, "money".__eq__)]


_TOP = ("name", "language", "currency", "timezone", "max_rejected", "observed_through")


def _tables(whole: _Whole) -> list[str]:
    lines = ["tables:"]
    for draft in whole.tables:
        own = block(
            {"tables": {draft.table: draft.spec}},
            {f"tables.{draft.table}.{way}".rstrip("."): said for way, said in draft.remarks.items()},
            _is_block_of_table,
        )[1:]
        own += [line for note in draft.notes for line in as_comment(note, 4)]
        lines += own if not draft.why_not else _not_yet(draft, own)
        lines += [""]
    return lines


def _is_block_of_table(way: str) -> bool:
    parts = way.split(".")
    return len(parts) <= 2 or (len(parts) == 3 and parts[2] in _BLOCKS)


def _not_yet(draft: DraftTable, lines: list[str]) -> list[str]:
    said = f"{draft.table} cannot be used yet: {'; '.join(draft.why_not)}"
    return [*as_comment(said, 2), *commented(lines, 2)]


def _experiments(whole: _Whole) -> list[str]:
    """The experiments; those that client.yml would refuse stand there as comments."""
    if not whole.experiments:
        told = "An experiment needs an outcome, and no file has one: say it under experiments."
        return [*as_comment(told), ""] if "assignments" in whole.specs else []
    first = next(iter(whole.experiments))
    top: dict[str, object] = {"main_experiment": first} if len(whole.experiments) > 1 else {}
    said = {f"experiments.{way}": text for way, text in whole.said.items()}
    said["main_experiment"] = f"{UNSURE}: the one that a report is about when none is asked for"
    lines = block({**top, "experiments": whole.experiments}, said, _is_block_of_experiment)
    why_not = [line for fault in whole.faults for line in as_comment(f"cannot be used yet: {fault.found}")]
    return [*why_not, *(commented(lines, 0) if whole.faults else lines), ""]


def _is_block_of_experiment(way: str) -> bool:
    parts = way.split(".")
    return len(parts) <= 2 or (len(parts) == 3 and parts[2] == "outcomes")


def _unused(unused: tuple[Unused, ...]) -> list[str]:
    if not unused:
        return []
    lines = as_comment("Not used:")
    for found in unused:
        near = f" (nearest: {found.nearest})" if found.nearest else ""
        lines += as_comment(f"  {found.source}: {found.why}{near}")
    return lines
