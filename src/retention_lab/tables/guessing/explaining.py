"""Which columns may explain who leaves, and which must not: names, ids, and what only those who left can have."""

from collections.abc import Iterator

import numpy as np

from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.profiles import Profile
from retention_lab.tables.guessing.scoring import Fit

_MOST_LEVELS, _LONGEST, _MOST_BLANK = 40, 60, 0.6
_PRIVATE = ("name", "surname", "email", "phone", "birth")
_NUMBER_OF = ("number", "num", "no", "numero", "nombre", "stevilo")
_TELLING, _TIED = 0.98, 0.8


def covariates_of(fit: Fit, gone: np.ndarray | None) -> tuple[dict[str, str], tuple[Doubt, ...]]:
    """Columns of a customers' file that may explain who leaves, by name, and why others are left out.

    `gone` says for each row whether the customer has left, 1 or 0 and NaN where it is not known; None where there is no
    such column.
    """
    taken = {found.column for found in fit.columns if found.name not in _EXPLAINS_TOO}
    chosen: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    tenure = fit.profile("tenure")
    for column in fit.file.columns:
        if column.name in taken:
            continue
        why = _why_not(column, gone, tenure)
        if why:
            left_out.setdefault(why, []).append(column.name)
        else:
            chosen[column.name] = column.name
    return chosen, tuple(_doubts(left_out))


_EXPLAINS_TOO = {"segment", "plan", "channel", "region", "language", "monthly_value"}


def _doubts(left_out: dict[str, list[str]]) -> Iterator[Doubt]:
    for why, names in left_out.items():
        yield Doubt(key="covariates", taken="", why=f"{', '.join(names)}: left out, {why}")


def _why_not(column: Profile, gone: np.ndarray | None, tenure: Profile | None) -> str:
    checks = (_useless(column), _private(column), _leaks(column, gone), _grows(column, tenure))
    return next((why for why in checks if why), "")


def _useless(column: Profile) -> str:
    if column.n_distinct <= 1:
        return "it has one value only"
    if column.is_row_number:
        return "it counts the rows"
    if column.is_time or column.epoch:
        return "it is a date"
    if column.blank_share > _MOST_BLANK:
        return "most of it is blank"
    if column.words_each > 6 or column.letters_each > _LONGEST:
        return "it is free text"
    if column.is_unique and (column.is_whole or not column.is_number) and column.n_rows > 20:
        return "every customer has another value"
    if not column.is_number and column.n_distinct > _MOST_LEVELS:
        return "it has too many values"
    named_id = column.words.has("id") and not column.words.has("count", "quantity", "type") and not _counts(column)
    return "it is a number of something, not a quantity" if named_id and column.n_distinct > _MOST_LEVELS else ""


def _counts(column: Profile) -> bool:
    """Whether it is called a number of something: `Number of messages`, and not `Account number`."""
    first, *others = column.words.tokens or ("",)
    return first in _NUMBER_OF and bool(others) and others != ["id"] and column.distinct_share < 0.5


def _private(column: Profile) -> str:
    is_private = column.words.has(*_PRIVATE) and column.n_distinct > _MOST_LEVELS
    return "it is personal" if is_private or column.email_share > 0.5 else ""


def _leaks(column: Profile, gone: np.ndarray | None) -> str:
    """What tells who has left tells nothing about why."""
    if column.words.has("churn", "prediction", "end") and not column.words.has("subscription"):
        return "it speaks of leaving itself"
    if gone is None:
        return ""
    known = ~np.isnan(gone)
    share = _told_apart(column, gone, known)
    return "it tells almost for certain who has left: was it written down afterwards?" if share > _TELLING else ""


def _told_apart(column: Profile, gone: np.ndarray, known: np.ndarray) -> float:
    """How well a column alone tells who has left, as the share of pairs that it puts in order; 0.5 is not at all."""
    if column.is_number and column.n_distinct > 5:
        usable = known & ~np.isnan(column.numbers)
        return _in_order(column.numbers[usable], gone[usable])
    codes = column.codes + 1
    n = np.bincount(codes[known], minlength=column.n_distinct + 1)
    left = np.bincount(codes[known], weights=gone[known], minlength=column.n_distinct + 1)
    rate = np.divide(left, n, out=np.zeros(len(n)), where=n > 0)
    return _in_order(rate[codes[known]], gone[known]) if column.n_distinct <= _MOST_LEVELS else 0.5


def _in_order(values: np.ndarray, gone: np.ndarray) -> float:
    left, stayed = values[gone == 1], values[gone == 0]
    if len(left) < 10 or len(stayed) < 10:
        return 0.5
    ordered = np.sort(stayed)
    below = np.searchsorted(ordered, left, "left") + np.searchsorted(ordered, left, "right")
    share = float(below.mean()) / (2 * len(stayed))
    return max(share, 1 - share)


def _grows(column: Profile, tenure: Profile | None) -> str:
    """A sum over the whole time as a customer is large because the customer stayed, not the other way round."""
    named = column.words.has("total") and column.words.has("price", "amount", "worth")
    if tenure is None or not column.is_number or column.n_distinct <= 5:
        return "it grows with the time as a customer" if named else ""
    usable = ~np.isnan(column.numbers) & ~np.isnan(tenure.numbers)
    if usable.sum() < 20:
        return ""
    tied = abs(_rank_correlation(column.numbers[usable], tenure.numbers[usable]))
    return "it grows with the time as a customer" if tied > (0.6 if named else _TIED) else ""


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    ranks = [np.searchsorted(np.sort(values), values, "left") for values in (one, other)]
    if any(found.std() == 0 for found in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
