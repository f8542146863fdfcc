"""What two columns of a file say of each other: which day comes first, which number is the product of two others."""

from functools import lru_cache

import numpy as np

from retention_lab.tables.guessing.evidence import Evidence
from retention_lab.tables.guessing.profiles import FileProfile, Profile

_AFTER = {
    ("customers", "ended_on"): (("start",), ("created",)),
    ("tickets", "resolved_at"): (("opened",), ("created",)),
    ("tickets", "first_response_at"): (("opened",), ("created",)),
    ("contacts", "opened_at"): (("sent",),),
    ("contacts", "responded_at"): (("sent",),),
    ("referrals", "converted_at"): (("invited",),),
}
"""Times that come after another, which is told by what it is called."""
_FEWEST = 10


def relation_evidence(table: str, name: str, profile: Profile, file: FileProfile) -> list[Evidence]:
    """What the other columns of the file say for this one being that canonical column."""
    if (table, name) in _AFTER and profile.is_time:
        return _order(profile, file, _AFTER[table, name])
    if (table, name) == ("transactions", "amount") and profile.is_number:
        return _products(profile, file)
    return []


def _order(profile: Profile, file: FileProfile, first: tuple[tuple[str, ...], ...]) -> list[Evidence]:
    times = [column for column in file.columns if column is not profile and column.is_time]
    earlier = [column for ideas in first for column in times if column.words.has(*ideas)]
    if not earlier:
        return []
    gap = np.floor(profile.days) - np.floor(earlier[0].days)
    gap = gap[~np.isnan(gap)]
    if len(gap) < _FEWEST:
        return []
    late = float((gap >= 0).mean())
    if late > 0.98:
        return [Evidence(weight=1.0, reason=f"never before {earlier[0].name!r}")]
    return [Evidence(weight=-3.0 if late < 0.8 else 0.0)]


def _products(profile: Profile, file: FileProfile) -> list[Evidence]:
    """A column that is the product of two others is what was paid in all."""
    pair = product_of(file).get(profile.position)
    return [Evidence(weight=3.0, reason=f"is {pair[0]!r} times {pair[1]!r}")] if pair else []


@lru_cache(maxsize=64)
def product_of(file: FileProfile) -> dict[int, tuple[str, str]]:
    """The columns of a file that are a quantity times another column, with the names of the two."""
    numbers = [c for c in file.columns if c.is_number and c.n_distinct > 5 and not c.is_row_number]
    found: dict[int, tuple[str, str]] = {}
    for count in (c for c in file.columns if c.is_number and c.n_distinct > 1 and c.words.has("quantity")):
        for price in (c for c in numbers if c is not count):
            product = count.numbers * price.numbers
            for column in (c for c in numbers if c is not count and c is not price):
                near = np.abs(product - column.numbers) <= 0.011 + 1e-3 * np.abs(product)
                known = ~np.isnan(product - column.numbers)
                if known.sum() >= _FEWEST and near[known].mean() > 0.95 and (count.numbers != 1).any():
                    found[column.position] = (count.name, price.name)
    return found


def price_is_of_one(price: Profile, quantity: Profile, product: Profile | None) -> bool | None:
    """Whether a price is that of one piece: for the same product it is the same however many are bought.

    None where the file does not tell: no product is bought once by one and in numbers by another.
    """
    if product is None:
        return None
    usable = ~np.isnan(price.numbers) & (price.numbers > 0) & (quantity.numbers >= 1) & (product.codes >= 0)
    one, several = usable & (quantity.numbers == 1), usable & (quantity.numbers > 1)
    singles = _median_by(product.codes[one], price.numbers[one])
    known = np.isin(product.codes, list(singles)) & several
    if known.sum() < _FEWEST:
        return None
    base = np.array([singles[code] for code in product.codes[known]])
    ratio = price.numbers[known] / base
    # In the middle between one price and so many of them, whatever is given for buying many.
    return bool(np.median(np.log(ratio) / np.log(quantity.numbers[known])) < 0.5)


def _median_by(codes: np.ndarray, values: np.ndarray) -> dict[int, float]:
    order = np.argsort(codes, kind="stable")
    groups = np.split(values[order], np.flatnonzero(np.diff(codes[order])) + 1)
    return {int(code): float(np.median(group)) for code, group in zip(np.unique(codes), groups, strict=True)}
