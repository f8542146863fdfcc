"""What was paid: a column of its own, or a quantity times the price of one."""

from dataclasses import replace

from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.profiles import FileProfile, Profile
from retention_lab.tables.guessing.relations import price_is_of_one, product_of
from retention_lab.tables.guessing.scoring import Fit

_TOLD, _LIKELY, _OPEN = 0.93, 0.75, 0.6


def settle_amount(fit: Fit) -> Fit:
    """A fit of transactions whose amount is what was paid in all.

    Where the file has a quantity, a price is that of one piece if its name or its values say so: for the same product
    it is the same however many are bought. Where neither tells, the guess is not sure.
    """
    fit = _as_product(fit)
    amount, quantity = fit.profile("amount"), _quantity(fit.file)
    if amount is None or quantity is None or quantity is amount or amount.position in product_of(fit.file):
        return fit
    says_unit = amount.words.has("unit") or {"price", "per"} <= set(amount.words.tokens)
    says_all = not says_unit and amount.words.has("total", "amount")
    is_price = amount.words.has("price") and not amount.words.has("total", "amount")
    if not (says_unit or is_price or says_all):
        return fit
    seen = price_is_of_one(amount, quantity, _product(fit.file))
    is_unit = says_unit or (is_price and seen is not False)
    if is_unit:
        sure = _OPEN if seen is False else _TOLD if says_unit or seen else _LIKELY
        return _multiplied(fit, quantity, amount, sure, seen)
    if seen and says_all:
        why = f"for the same product {amount.name!r} is the same however many are bought: is it of one piece?"
        other = (f"{quantity.name} * {amount.name}",)
        doubt = Doubt(key="columns.amount", taken=amount.name, others=other, why=why)
        return replace(fit.capped("amount", _OPEN, why), doubts=(*fit.doubts, doubt))
    return fit


def _as_product(fit: Fit) -> Fit:
    """Where a column is the quantity times what was taken for the amount, that column is what was paid."""
    amount = fit.profile("amount")
    for position, pair in product_of(fit.file).items():
        whole = fit.file.columns[position]
        old = fit.get("amount")
        if amount and old and amount.name in pair and whole.name != amount.name:
            reasons = (f"{whole.name!r} is {pair[0]!r} times {pair[1]!r}",)
            return fit.replaced(replace(old, column=whole.name, confidence=_TOLD, reasons=reasons))
    return fit


def _multiplied(fit: Fit, quantity: Profile, price: Profile, sure: float, seen: bool | None) -> Fit:
    old = fit.get("amount")
    if old is None:
        return fit
    reasons = [f"called {price.name!r}, and {quantity.name!r} says how many"]
    reasons += [f"for the same product {price.name!r} is the same however many are bought"] if seen else []
    guess = replace(
        old,
        column=(quantity.name, price.name),
        confidence=min(sure, max(old.confidence, sure)),
        reasons=tuple(reasons),
        runners_up=((price.name, round(1 - sure, 3)), *old.runners_up),
    )
    return fit.replaced(guess)


def _quantity(file: FileProfile) -> Profile | None:
    return next((c for c in file.columns if _counts_pieces(c)), None)


def _counts_pieces(column: Profile) -> bool:
    if not column.words.has("quantity") or column.words.has("price", "id", "product", "amount"):
        return False
    return column.is_number and column.n_distinct > 1 and not column.is_unique


def _product(file: FileProfile) -> Profile | None:
    """The column that tells one product from another most finely, without being a row's own."""
    named = [c for c in file.columns if c.words.has("product", "sku") and not c.is_number and c.distinct_share < 0.8]
    coded = [c for c in file.columns if c.words.has("product", "sku") and c.is_whole and c.distinct_share < 0.8]
    return max(named + coded, key=lambda column: column.n_distinct, default=None)
