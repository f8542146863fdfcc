"""Which canonical table a file is: what its required columns, its name and the shape of its rows say together."""

import math
from collections.abc import Callable, Mapping

from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.guessing.evidence import Evidence
from retention_lab.tables.guessing.profiles import FileProfile
from retention_lab.tables.guessing.scoring import Fit, fit_table
from retention_lab.tables.guessing.vocabulary import vocabulary

_SURE, _LIKELY = 0.8, 0.5
_NOTHING = 0.0
_FEW_ROWS, _SENTENCE = 50, 6
_EXPLAINS = -4.0
_PERSONS = ("customer", "person", "household", "account", "policy", "subscription", "tenure", "churn", "plan")
# What each found column says for its table, and what it says against it that one is not there.
_MARKS: dict[str, dict[str, tuple[float, float]]] = {
    "customers": {
        "customer_id": (1.5, -2.0),
        "churned": (4.0, 0.0),
        "ended_on": (2.5, 0.0),
        "tenure": (1.5, 0.0),
        "started_on": (1.0, 0.0),
        "end_reason": (1.5, 0.0),
        "monthly_value": (1.0, 0.0),
        "name": (0.5, 0.0),
    },
    "transactions": {
        "customer_id": (1.0, -1.0),
        "occurred_at": (1.5, -2.0),
        "amount": (3.0, -2.5),
        "transaction_id": (1.0, 0.0),
        "product": (0.7, 0.0),
    },
    "feedback": {
        "text": (4.0, -6.0),
        "received_at": (0.5, -0.5),
        "rating": (1.5, 0.0),
        "feedback_id": (1.0, 0.0),
    },
    "assignments": {
        "variant": (4.0, -6.0),
        "customer_id": (0.5, -0.5),
        "assigned_on": (0.7, 0.0),
        "experiment": (1.0, 0.0),
    },
    "tickets": {
        "opened_at": (1.0, -2.0),
        "resolved_at": (1.7, 0.0),
        "priority": (1.7, 0.0),
        "first_response_at": (1.7, 0.0),
        "due_at": (1.0, 0.0),
        "ticket_id": (1.2, 0.0),
        "type": (0.7, 0.0),
        "satisfaction": (0.7, 0.0),
        "reopened": (1.5, 0.0),
    },
    "contacts": {
        "campaign": (2.5, -3.5),
        "customer_id": (0.7, -2.0),
        "sent_at": (1.5, -2.0),
        "opened_at": (1.5, 0.0),
        "responded_at": (1.0, 0.0),
        "delivered": (1.5, 0.0),
        "actions": (0.7, 0.0),
    },
    "loyalty": {"points": (3.5, -5.0), "kind": (2.0, -1.5), "occurred_at": (0.5, -1.5), "customer_id": (0.5, -1.0)},
    "referrals": {"referrer_id": (4.5, -6.0), "invited_at": (1.0, -1.0), "referred_id": (1.5, 0.0)},
}
_BASE = {"customers": -2.5, "transactions": -2.5, "feedback": -3.0, "assignments": -3.0, "tickets": -3.5}


def recognise(file: FileProfile, keys: Mapping[str, tuple[Evidence, ...]]) -> list[tuple[float, Fit]]:
    """Each canonical table with how likely the file is that one, the likeliest first; what is missing to 1 is none."""
    fits = [fit_table(table, file, keys) for table in CONTRACT]
    scores = [_score(fit) for fit in fits]
    total = math.exp(_NOTHING) + sum(map(math.exp, scores))
    shares = [math.exp(score) / total for score in scores]
    return sorted(zip(shares, fits, strict=True), key=lambda pair: -pair[0])


def _score(fit: Fit) -> float:
    marks = sum(_mark(fit, name, found, absent) for name, (found, absent) in _MARKS[fit.table].items())
    return _BASE.get(fit.table, -3.0) + marks + _named(fit) + _shape(fit)


def _mark(fit: Fit, name: str, found: float, absent: float) -> float:
    """In full where a column is sure, in part where it is not; what counts against the table where it is not there."""
    sure = fit.confidence(name)
    if not fit.file.has_names and sure:
        return found * 0.7
    return found * min(1.0, sure / _SURE) if sure > 0.3 else absent


def _named(fit: Fit) -> float:
    if fit.file.name.has("explained"):
        # What explains other files, such as a data dictionary, is none of them.
        return _EXPLAINS
    spec, name = vocabulary().tables[fit.table], fit.file.name
    return 2.2 if name.has(*spec.files) else 1.0 if name.has(*spec.weak_files) else 0.0


def _shape(fit: Fit) -> float:
    """What the rows themselves say: one for each customer, or many; long texts; groups of an experiment."""
    return _SHAPES[fit.table](fit) if fit.table in _SHAPES else 0.0


def _of_customers(fit: Fit) -> float:
    if not any(words.has(*_PERSONS) for words in (fit.file.name, *(column.words for column in fit.file.columns))):
        return -2.5
    other = _count(fit, "ticket", "campaign")
    personal = _count(fit, "gender", "age", "birth", "attribute", "place", "region")
    rows = (1.0 if _one_each(fit) else 0.0) - (3.0 if _talks(fit) else 0.0)
    return min(personal, 4) * 0.6 - min(other, 2) * 1.2 + rows


def _of_transactions(fit: Fit) -> float:
    if max(fit.confidence("customer_id"), fit.confidence("occurred_at")) < _LIKELY:
        # A list of products has names and prices too.
        return -3.0
    bought = _count(fit, "quantity", "purchase", "product", "store")
    once = _one_each(fit) and fit.file.n_seen > _FEW_ROWS
    return min(bought, 3) * 0.5 - (1.5 if once else 0.0) - (2.0 if _talks(fit) else 0.0)


def _of_assignments(fit: Fit) -> float:
    outcomes, times = _count(fit, "outcome"), _times(fit)
    return min(outcomes, 2) * 0.7 + (0.5 if times == 0 else -0.5 * (times - 1)) - (2.0 if _talks(fit) else 0.0)


def _of_tickets(fit: Fit) -> float:
    spoken = _count(fit, "ticket", "resolved", "priority", "status")
    named = spoken or _named(fit)
    return min(spoken, 3) * 0.6 + (1.0 if _times(fit) >= 2 else 0.0) - (0.0 if named else 2.5)


_SHAPES: dict[str, Callable[[Fit], float]] = {
    "customers": _of_customers,
    "transactions": _of_transactions,
    "assignments": _of_assignments,
    "tickets": _of_tickets,
}


def _count(fit: Fit, *ideas: str) -> int:
    return sum(column.words.has(*ideas) for column in fit.file.columns)


def _times(fit: Fit) -> int:
    return sum(column.is_time or bool(column.epoch) for column in fit.file.columns)


def _one_each(fit: Fit) -> bool:
    customer = fit.profile("customer_id")
    return customer is not None and customer.distinct_share > 0.97


def _talks(fit: Fit) -> bool:
    """Whether some column holds sentences."""
    return any(column.words_each >= _SENTENCE for column in fit.file.columns)
