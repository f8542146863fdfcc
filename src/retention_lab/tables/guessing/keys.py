"""Keys that files share: a column whose values are those of another file's is known by what it points to."""

from collections.abc import Mapping, Sequence

from retention_lab.tables.guessing.evidence import Evidence
from retention_lab.tables.guessing.profiles import FileProfile, Profile
from retention_lab.tables.guessing.scoring import Fit

_FEWEST_KEYS, _ENOUGH = 20, 0.9
_SURE = 0.7
_PERSON = ("customer", "person", "household", "account", "policy", "phone", "card", "email")
_THING = ("purchase", "product", "store", "campaign", "ticket", "session", "feedback", "sku")

Keys = dict[str, tuple[Evidence, ...]]


def shared_keys(files: Sequence[FileProfile]) -> list[Keys]:
    """For each file the columns that tie it to others by their values, and that may therefore name a customer.

    A key is unique in one file and comes again in another; what is called an order or a product is none of a customer.
    """
    found: list[Keys] = [{} for _ in files]
    for at, file in enumerate(files):
        for key in filter(_may_be_key, file.columns):
            users = [(i, c) for i, other in enumerate(files) if i != at for c in other.columns if _points_to(c, key)]
            for i, user in users:
                found[i][user.name] = (_told(2.0, key.name, file),)
            if users:
                found[at][key.name] = (_told(2.0, users[0][1].name, files[users[0][0]]),)
    return found


def known_customers(fits: Sequence[Fit]) -> list[Keys]:
    """For each file the columns that name the same customers as a column of another file that surely does."""
    sure = [fit for fit in fits if fit.confidence("customer_id") >= _SURE and fit.profile("customer_id")]
    return [_known_in(fit, [other for other in sure if other.file is not fit.file]) for fit in fits]


def _known_in(fit: Fit, others: Sequence[Fit]) -> Keys:
    found: Keys = {}
    for other in others:
        key = other.profile("customer_id")
        for column in fit.file.columns if key else ():
            if _is_id(column) and key and not column.words.has(*_THING):
                same_name = column.name == key.name
                if same_name or _share_in(column, key) >= _ENOUGH:
                    found.setdefault(column.name, (_told(3.0, key.name, other.file),))
    return found


def _told(weight: float, column: str, file: FileProfile) -> Evidence:
    return Evidence(weight=weight, reason=f"its values are those of {column!r} in {file.sample.told}")


def _is_id(column: Profile) -> bool:
    is_id = column.words_each <= 1.2 and (not column.is_number or column.is_whole) and not column.is_time
    return is_id and column.n_distinct >= _FEWEST_KEYS and not column.is_row_number


def _may_be_key(column: Profile) -> bool:
    named = column.words.has(*_PERSON) or not column.words.has("quantity", "amount", "price", "count", *_THING)
    return column.is_unique and _is_id(column) and named and not column.words.has(*_THING)


def _points_to(column: Profile, key: Profile) -> bool:
    return _is_id(column) and not column.words.has(*_THING) and _share_in(column, key) >= _ENOUGH


def _share_in(column: Profile, key: Profile) -> float:
    """The share of a column's different values that the key has too."""
    values = set(column.texts)
    return len(values & set(key.texts)) / len(values) if values else 0.0


def merged(first: Mapping[str, tuple[Evidence, ...]], then: Mapping[str, tuple[Evidence, ...]]) -> Keys:
    """What both say; of a column that both name, the stronger word."""
    return {**first, **then}
