"""Which parts of an outcome in client.yml go together: what each kind is read from, and what it can be asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from retention_lab.errors import Fault

_EVERY = ("kind", "role", "better", "margin")
_MEASURED = ("from", "window_days", "covariate", "covariate_days")
_KEYS = {
    "survival": ("horizon_days", "duration", "event_observed", "unit", "money"),
    "proportion": ("column", *_MEASURED),
    "mean": ("column", *_MEASURED, "winsorise_at", "money"),
    "ratio": ("numerator", "denominator", *_MEASURED, "winsorise_at"),
}
_KNOWN = {key for keys in _KEYS.values() for key in keys}
_OF_FILE = ("column", "numerator", "denominator", "duration", "event_observed", "covariate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What an outcome could be read from: the canonical columns that the client's tables have."""

    assignments: set[str]
    customers: set[str]
    has_transactions: bool
    by_inactivity: bool
    is_list: bool

    def missing(self, *columns: str) -> list[str]:
        """The columns of the assignments that are not mapped; a list has those that it was written with."""
        return [] if self.is_list else [name for name in columns if name not in self.assignments]


def outcome_faults(where: str, outcome: dict[Any, Any], data: Data) -> list[Fault]:
    """Every fault between the parts of one outcome, as written."""
    told = [*_of_kind(outcome), *_sources(outcome), *_times(outcome), *_asked(outcome), *_available(outcome, data)]
    return [
        Fault(where=f"{where}.{key}" if key else where, found=found, allowed=allowed, remedy=remedy)
        for key, found, allowed, remedy in told
    ]


_Told = tuple[str, str, str, str]


def _of_kind(outcome: dict[Any, Any]) -> Iterator[_Told]:
    kind = outcome.get("kind")
    if "source" in outcome:
        yield "source", "this key is not known", "from, with transactions.amount or transactions.count", "say from"
    if kind not in _KEYS:
        return
    for key in outcome:
        if key in _KNOWN and key not in _KEYS[kind]:
            owners = " and ".join(of for of, keys in _KEYS.items() if key in keys)
            yield key, f"it goes with kind {owners}, and this is a {kind}", ", ".join(_KEYS[kind]), "remove it"


def _sources(outcome: dict[Any, Any]) -> Iterator[_Told]:
    """Each kind is read from one thing: columns of the file, or transactions."""
    kind, source = outcome.get("kind"), outcome.get("from")
    if kind in ("proportion", "mean") and ("column" in outcome) == ("from" in outcome):
        found = "column and from are both there" if "from" in outcome else "neither column nor from is there"
        yield "", found, "exactly one of the two", "say which column of the file it is, or from: transactions.amount"
    if kind == "ratio":
        pair = [key for key in ("numerator", "denominator") if key in outcome]
        if len(pair) == 1:
            yield "", f"{pair[0]} is there alone", "numerator and denominator", "add the other"
        elif bool(pair) == ("from" in outcome):
            found = "columns and from are both there" if pair else "neither columns nor from is there"
            yield "", found, "numerator and denominator, or from: transactions.amount", "keep one of the two"
        if source == "transactions.count":
            found = "transactions.count, and the ratio is the amount over the number of purchases"
            yield "from", found, "transactions.amount", "say transactions.amount"
    if kind == "survival" and ("duration" in outcome) != ("event_observed" in outcome):
        found = "one of duration and event_observed is there alone"
        yield "", found, "both, or neither", "add the other, or count from assigned_on to the customer's end"
    if kind == "survival" and "unit" in outcome and "duration" not in outcome:
        yield "unit", "it goes with duration: from assigned_on on days are counted", "nothing", "remove it"


def _times(outcome: dict[Any, Any]) -> Iterator[_Told]:
    kind = outcome.get("kind")
    if kind == "survival" and "horizon_days" not in outcome:
        yield "", "horizon_days is missing: staying for how long?", "", "add, for example, horizon_days: 90"
    if "from" in outcome and kind != "survival" and "window_days" not in outcome:
        yield "", "window_days is missing: purchases of how many days?", "", "add, for example, window_days: 60"
    if "covariate_days" in outcome and "from" not in outcome and kind != "survival":
        found = "it goes with from: the same purchases, of the days before"
        yield "covariate_days", found, "covariate, with a column", "remove it, or say covariate"
    if "covariate" in outcome and "covariate_days" in outcome:
        yield "covariate_days", "covariate is there too", "one of the two", "remove one"


def _asked(outcome: dict[Any, Any]) -> Iterator[_Told]:
    if outcome.get("role") == "guardrail" and "margin" not in outcome:
        yield "", "margin is missing: a guardrail holds where the outcome is worse by less", "", "add a margin"
    if "money" in outcome and outcome.get("from") == "transactions.count":
        yield "money", "a number of purchases is no money", "an outcome from transactions.amount", "remove it"
    if "money" in outcome and outcome.get("better") == "lower":
        found = "less of it is better, and what is earned is better higher"
        yield "money", found, "better: higher", "remove it, or say what the treatment costs under costs"


def _available(outcome: dict[Any, Any], data: Data) -> Iterator[_Told]:
    """What the outcome is read from must be there."""
    kind, named = outcome.get("kind"), [key for key in _OF_FILE if key in outcome]
    if data.is_list and named:
        found = f"{outcome[named[0]]!r}, and a list has no columns of its own"
        yield named[0], found, "survival, or from the transactions", "remove it"
    if "from" in outcome and not data.has_transactions:
        yield "from", "there is no table transactions", "", "add it, or read the outcome from a column"
    needs = ["customer_id", "assigned_on"] if "from" in outcome else ["assigned_on"] if "window_days" in outcome else []
    timed = kind == "survival" and not {"duration", "event_observed"} & set(outcome)
    needs = ["customer_id", "assigned_on"] if timed else needs
    if missing := data.missing(*needs):
        found = f"it needs {' and '.join(missing)} of the assignments"
        yield "", found, "", f"map {' and '.join(missing)} in tables.assignments.columns"
    if timed and not data.by_inactivity and "ended_on" not in data.customers:
        found = "when customers left is not known: the customers' table has no ended_on"
        remedy = "map ended_on, set churn.kind to inactivity, or read duration and event_observed from columns"
        yield "", found, "customers with dates", remedy
