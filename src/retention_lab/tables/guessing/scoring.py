"""Which column of a file is which canonical one, were the file that table: evidence added up, and shared out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from retention_lab.tables.contract import CONTRACT, Column
from retention_lab.tables.guessing.evidence import Evidence, name_evidence
from retention_lab.tables.guessing.guesses import ColumnGuess, Doubt
from retention_lab.tables.guessing.matching import Scores, best_matching
from retention_lab.tables.guessing.profiles import FileProfile, Profile
from retention_lab.tables.guessing.relations import relation_evidence
from retention_lab.tables.guessing.value_evidence import value_evidence

_OF_STAYS = {"started_on", "ended_on", "tenure", "churned", "observed_from", "entry_tenure"}
VITAL = {
    "customers": {"customer_id", "monthly_value", *_OF_STAYS},
    "transactions": {"customer_id", "occurred_at", "amount", "transaction_id"},
    "loyalty": {"customer_id", "occurred_at", "kind", "points"},
    "assignments": {"customer_id", "variant", "assigned_on", "received"},
    "feedback": {"customer_id", "received_at", "text", "rating"},
    "tickets": {"customer_id", "opened_at", "first_response_at", "resolved_at", "due_at"},
    "contacts": {"customer_id", "campaign", "sent_at", "opened_at", "responded_at", "converted_at", "value"},
    "referrals": {"referrer_id", "referred_id", "invited_at", "converted_at"},
}
"""Customers, times, events, variants, amounts and outcomes: a wrong one makes wrong numbers, and nobody sees it."""
_PRIOR, _PRIOR_OPTIONAL = -2.2, -3.2
_NAMELESS_PRIOR, _NO_NAME = -0.5, -3.5
_LEAST, _LEAST_REQUIRED = 0.45, 0.15
_LEAST_OF_SEVERAL, _NONE_OF_THEM = 0.3, 0.2
_NAMELESS_CAP = 0.7
_MOST_RUNNERS_UP, _LEAST_RUNNER_UP = 3, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A file taken for a canonical table: the columns that it then has, and the names for which nothing was found."""

    table: str
    file: FileProfile
    columns: tuple[ColumnGuess, ...]
    doubts: tuple[Doubt, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)

    def get(self, name: str) -> ColumnGuess | None:
        """The guess for a canonical column, or None."""
        return next((found for found in self.columns if found.name == name), None)

    def profile(self, name: str) -> Profile | None:
        """The column of the file that is taken for a canonical one, or None where there is none or several."""
        found = self.get(name)
        return self.file.column(found.column) if found and isinstance(found.column, str) else None

    def confidence(self, name: str) -> float:
        """How sure the guess for a canonical column is; 0 where there is none."""
        found = self.get(name)
        return found.confidence if found else 0.0

    def replaced(self, guess: ColumnGuess) -> "Fit":
        """The fit with another guess for that column."""
        return replace(self, columns=tuple(guess if old.name == guess.name else old for old in self.columns))

    def capped(self, name: str, confidence: float, why: str) -> "Fit":
        """The fit with a guess that is no surer than that, and why."""
        found = self.get(name)
        if found is None or found.confidence <= confidence:
            return self
        return self.replaced(replace(found, confidence=confidence, reasons=(*found.reasons, why)))

    def without(self, name: str) -> "Fit":
        """The fit without the guess for that column."""
        return replace(self, columns=tuple(old for old in self.columns if old.name != name))


def fit_table(table: str, file: FileProfile, keys: Mapping[str, tuple[Evidence, ...]]) -> Fit:
    """The columns that a file has as a canonical table.

    `keys` are what other files say: a column of the file to the evidence that it names a customer.
    """
    wanted = CONTRACT[table]
    found = [[_evidence(table, column, profile, file, keys) for profile in file.columns] for column in wanted]
    scores = np.array([[sum(one.weight for one in cell) for cell in row] for row in found])
    chosen = best_matching(scores + _margin(wanted)[:, None])
    sure = _confidences(scores)
    guesses = []
    for row, (column, at) in enumerate(zip(wanted, chosen, strict=True)):
        cap = 1.0 if file.has_names else _NAMELESS_CAP
        least = _LEAST_REQUIRED if column.required else _LEAST
        least = _LEAST_OF_SEVERAL if _is_one_of(scores, row, column, table) else least
        if at >= 0 and min(sure[row, at], cap) >= least:
            reasons = tuple(dict.fromkeys(one.reason for one in found[row][at] if one.reason and one.weight > 0))
            guesses.append(_guess(table, column, file, at, sure[row], reasons, cap))
    told = {column.name: float(scores[row].max(initial=-9.0)) for row, column in enumerate(wanted)}
    return Fit(table=table, file=file, columns=tuple(guesses), scores=told)


def _is_one_of(scores: Scores, row: int, column: Column, table: str) -> bool:
    """Whether one of several columns surely is this one, and no number hangs on which: city or province."""
    may_be_wrong = not column.required and column.name not in VITAL[table]
    return bool(may_be_wrong and 1 / (1 + np.exp(np.clip(scores[row], -30, 30)).sum()) < _NONE_OF_THEM)


def _margin(wanted: tuple[Column, ...]) -> Scores:
    """Required columns may be given something that is less likely than not: it is asked about."""
    return np.array([1.8 if column.required else 0.0 for column in wanted])


def _evidence(
    table: str, column: Column, profile: Profile, file: FileProfile, keys: Mapping[str, tuple[Evidence, ...]]
) -> list[Evidence]:
    named = name_evidence(table, column.name, profile)
    told = column.name == "customer_id" or (column.name == "referrer_id" and any(one.weight > 0 for one in named))
    known = list(keys.get(profile.name, ())) if told else []
    prior = _PRIOR if column.required else _PRIOR_OPTIONAL
    if not file.has_names:
        prior = _NAMELESS_PRIOR if column.required else -9.0
    elif not any(one.weight > 0 for one in named):
        prior += (_NO_NAME if column.required else -9.0) if not known else 0.0
    related = relation_evidence(table, column.name, profile, file)
    return [Evidence(weight=prior), *named, *known, *value_evidence(table, column, profile, file), *related]


def _confidences(scores: Scores) -> Scores:
    """How likely each column is each canonical one: no surer than both sides allow, against none at all."""
    odds = np.exp(np.clip(scores, -30, 30))
    by_row = odds / (1 + odds.sum(axis=1, keepdims=True))
    by_column = odds / (1 + odds.sum(axis=0, keepdims=True))
    confidences: Scores = np.minimum(by_row, by_column)
    return confidences


def _guess(
    table: str, column: Column, file: FileProfile, at: int, sure: Scores, reasons: tuple[str, ...], cap: float
) -> ColumnGuess:
    others = [i for i in np.argsort(-sure, kind="stable") if i != at and sure[i] >= _LEAST_RUNNER_UP]
    return ColumnGuess(
        name=column.name,
        column=file.columns[at].name,
        confidence=round(float(min(sure[at], cap)), 3),
        reasons=reasons,
        runners_up=tuple((file.columns[i].name, round(float(sure[i]), 3)) for i in others[:_MOST_RUNNERS_UP]),
        is_vital=column.name in VITAL.get(table, set()),
    )
