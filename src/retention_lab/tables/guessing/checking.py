"""Second thoughts about a fit: traps that no single column shows."""

from collections.abc import Sequence
from dataclasses import replace

from retention_lab.tables.contract import KEYS
from retention_lab.tables.guessing.amounts import settle_amount
from retention_lab.tables.guessing.codes import churn_values
from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.profiles import FileProfile, Profile
from retention_lab.tables.guessing.scoring import Fit
from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import folded, places_of

_UNSURE, _OPEN = 0.7, 0.6
_MOST_EVENTS = 30
_MAY_BE_TOO = " may name customers too"
_OTHER_THINGS = (
    "coordinate",
    "ticket",
    "purchase",
    "product",
    "type",
    "segment",
    "place",
    "referrer",
    "referred",
    "feedback",
)


def second_thoughts(fit: Fit) -> Fit:
    """The fit, less sure where something speaks against it that no single column shows."""
    fit = _more_than_purchases(settle_amount(fit)) if fit.table == "transactions" else fit
    fit = _received_is_a_variant(_two_persons(fit))
    fit = _repeating_key(fit)
    if fit.table == "customers":
        fit = _event(_times_of_customers(fit))
    return fit


def _more_than_purchases(fit: Fit) -> Fit:
    """What was looked at or taken back stands among what was bought: its price was not paid."""
    taken = {found.column for found in fit.columns}
    for column in fit.file.columns:
        if column.name in taken or column.n_distinct > _MOST_EVENTS or column.words_each > 3:
            continue
        looked, undone = (_rows_called(kind, column) for kind in ("looked", "undone"))
        if looked:
            why = f"{column.name!r} also says {looked}: these rows are no purchases; ask for the purchases alone"
            fit = fit.capped("amount", _OPEN, why)
        elif undone and column.words.has("status"):
            why = f"{column.name!r} also says {undone}: are their amounts to count?"
            fit = fit.capped("amount", _UNSURE, why)
    return fit


def _rows_called(kind: str, column: Profile) -> str:
    """The values of a column that are called so, in words."""
    known = vocabulary().values[kind]
    found = [text for text, _ in column.levels if folded(text) in known]
    return " and ".join(map(repr, found[:3])) if column.n_distinct > 1 else ""


def _received_is_a_variant(fit: Fit) -> Fit:
    """Who took an offer is no variant: what was received is called as what was assigned."""
    received, variant = fit.profile("received"), fit.profile("variant")
    if received is None or variant is None:
        return fit
    names = [{folded(text) for text in column.texts} for column in (received, variant)]
    return fit if names[0] <= names[1] else fit.without("received")


def _two_persons(fit: Fit) -> Fit:
    """Two columns that name a customer: one may be the order's, and only the other the person's."""
    taken = fit.profile("customer_id")
    if taken is None:
        return fit
    others = [column for column in fit.file.columns if column is not taken and _names_person(column)]
    if not others:
        return fit
    names = " and ".join(repr(column.name) for column in others)
    return fit.capped("customer_id", _UNSURE, f"{names}{_MAY_BE_TOO}")


def doubt_together(fits: Sequence[Fit]) -> list[Fit]:
    """Where it is in doubt which of two columns of a file is the customer, it is in doubt in the other files too."""
    unsure = [(fit, taken) for fit in fits if (taken := fit.profile("customer_id")) and _is_doubted(fit)]
    return [_doubted_with(fit, [pair for pair in unsure if pair[0].file is not fit.file]) for fit in fits]


def _is_doubted(fit: Fit) -> bool:
    found = fit.get("customer_id")
    return bool(found and any(reason.endswith(_MAY_BE_TOO) for reason in found.reasons))


def _doubted_with(fit: Fit, unsure: Sequence[tuple[Fit, Profile]]) -> Fit:
    taken = fit.profile("customer_id")
    for other, doubted in unsure:
        if taken and (taken.name == doubted.name or set(taken.texts) <= set(doubted.texts)):
            return fit.capped("customer_id", _UNSURE, f"{other.file.sample.told} has another column for customers")
    return fit


def _names_person(column: Profile) -> bool:
    is_id = column.words_each <= 1.2 and column.n_distinct > 20 and not column.is_time
    named = column.words.has("customer", "person") and column.words.has("id")
    other = column.words.has(*_OTHER_THINGS, "feedback")
    whole = not column.is_number or column.is_whole
    return is_id and named and whole and (not other or column.words.has("unique"))


def _repeating_key(fit: Fit) -> Fit:
    """A number that several rows share cannot tell one from another: it is left out, and said."""
    key = KEYS.get(fit.table)
    if key is None or key == "customer_id":
        return fit
    taken = fit.profile(key)
    if taken is None:
        named = next((c for c in fit.file.columns if _is_called(fit.table, key, c) and _repeats(c, fit.file)), None)
        if named is None:
            return fit
        why = f"{named.name!r} is left out as {key}: several rows have the same one"
        return replace(fit, doubts=(*fit.doubts, Doubt(key=f"columns.{key}", taken="", others=(named.name,), why=why)))
    if _repeats(taken, fit.file):
        return fit.capped(key, _UNSURE, "a few rows share one")
    if not fit.file.is_whole:
        return fit.capped(key, _UNSURE, "not all rows were looked at: it may repeat")
    return fit


def _repeats(column: Profile, file: FileProfile) -> bool:
    return column.n_known - column.n_distinct > file.n_copies


def _is_called(table: str, name: str, column: Profile) -> bool:
    spec = vocabulary().tables[table].columns[name]
    is_called = any(weight >= 5 and places_of(column.words, phrase) for phrase, weight in spec.phrases)
    return is_called and not any(places_of(column.words, phrase) for phrase in spec.against)


def _times_of_customers(fit: Fit) -> Fit:
    """An end that lies after all other dates is when a contract will end, not when a customer has left."""
    ended, others = fit.profile("ended_on"), _other_days(fit)
    if ended is None or not len(ended.known_days):
        return fit
    if ended.blank_share == 0:
        why = "it is never blank: either all customers have left, or it is when a contract will end"
        return fit.capped("ended_on", _UNSURE, why)
    late = (ended.known_days > max(others, default=float("inf")) + 31).mean()
    if late > 0.2:
        return fit.capped("ended_on", 0.5, "much of it lies after all other dates: is it when a contract will end?")
    return fit


def _other_days(fit: Fit) -> list[float]:
    names = {found.column for found in fit.columns if found.name == "ended_on"}
    days = [column.known_days for column in fit.file.columns if column.is_time and column.name not in names]
    return [float(found.max()) for found in days if len(found)]


def _event(fit: Fit) -> Fit:
    """Which code means gone: where that is not plain, the column is not sure either."""
    churned = fit.profile("churned")
    if churned is None:
        return fit
    codes, doubts = churn_values(churned)
    if doubts:
        fit = fit.capped("churned", _UNSURE, doubts[0].why)
    if len({*codes.values()}) == 1:
        return fit.capped("churned", 0.4, "all its values mean the same")
    return fit
