"""Values that are odd, all the same, in another currency, there twice, or refer to nobody."""

from collections.abc import Iterator
from math import exp

import ibis
import ibis.expr.types as ir

from retention_lab.tables.amounts import SIGN, currency_of
from retention_lab.tables.looks.seen import COVARIATE, Looked
from retention_lab.tables.remarks import Remark

_FAR_OUT = 1000.0
_FEWEST = 10
_NEARLY = 0.05
# One value for all rows is what is to be expected of these.
_MAY_BE_CONSTANT = ("experiment", "rating_scale", "language", "question", "campaign", "name", "stratum", "channel")
_UNIQUE = {"referrals": ("referred_id",), "assignments": ("customer_id", "experiment")}
"""Ids that are expected once, though no key of their table, and what they are counted within."""
_REFER = {"feedback": "customer_id", "tickets": "customer_id", "assignments": "customer_id", "referrals": "referred_id"}
"""Ids of customers who need not be known."""


def of_values(seen: Looked, known_customers: ir.Table | None, currency: str) -> Iterator[Remark]:
    """Remarks on the values of a table."""
    yield from _odd(seen)
    yield from _constant(seen)
    yield from _signs(seen, currency)
    yield from _nearly_a_key(seen)
    if known_customers is not None:
        yield from _unknown(seen, known_customers)


def _odd(seen: Looked) -> Iterator[Remark]:
    for name, facts in seen.columns("number"):
        if facts.get("log_mean") is None:
            continue
        most = _FAR_OUT * exp(facts["log_mean"])
        if facts["n"] >= _FEWEST and max(facts["high"], -facts["low"]) > most:
            yield seen.remark(
                "odd_values",
                name,
                seen.typed[name].abs() > most,
                found="values more than a thousand times as large as is usual",
                remedy="ask whether they are right: a few of them can make a whole mean",
            )
        if name in ("monthly_value", "acquisition_cost") and facts["low"] < 0:
            yield seen.remark(
                "odd_values",
                name,
                seen.typed[name] < 0,
                found="negative amounts",
                remedy="ask what they are: credits and returns belong to transactions",
            )


def _constant(seen: Looked) -> Iterator[Remark]:
    for name, facts in seen.columns("text", "flag", "number"):
        bare = name.removeprefix(COVARIATE)
        if bare in _MAY_BE_CONSTANT or facts["n"] < max(_FEWEST, seen.n_rows):
            continue
        if "low" in facts and facts["low"] == facts["high"] is not None:
            yield seen.remark(
                "constant_column",
                name,
                None,
                found=f"the same value in every row: {facts['low']}",
                remedy="nothing can be told by it; ask whether the export was filtered",
            )


def _signs(seen: Looked, currency: str) -> Iterator[Remark]:
    for name, facts in seen.columns("number"):
        if not facts.get("n_signs"):
            continue
        signed = seen.typed[f"raw:{name}"].re_search(SIGN)
        found = currency_of(seen.typed.filter(signed)[f"raw:{name}"]).max().to_pyarrow().as_py()
        some = f", and {facts['n'] - facts['n_signs']} amounts have none" if facts["n_signs"] < facts["n"] else ""
        if some or (currency and currency not in found):
            against = f", and client.yml says {currency}" if currency and currency not in found else ""
            yield seen.remark(
                "currency_signs",
                name,
                signed,
                found=f"amounts carry the sign of {found}{against}{some}",
                remedy="ask which currency they are in, and set currency to it",
            )


def _nearly_a_key(seen: Looked) -> Iterator[Remark]:
    names = [name for name in _UNIQUE.get(seen.table, ()) if name in seen.typed.columns]
    if not names or names[0] not in seen.facts:
        return
    rows = seen.typed.filter(seen.typed[names[0]].notnull())
    several = rows.group_by(*names).having(ibis._.count() > 1).aggregate(n=ibis._.count())
    again = several.aggregate(n=several.n.sum() - several.count()).to_pyarrow().to_pylist()[0]["n"] or 0
    if 0 < again <= _NEARLY * seen.facts[names[0]]["n"]:
        yield seen.remark(
            "nearly_a_key",
            names[0],
            None,
            found=f"nearly every value stands once; {again} rows repeat one",
            remedy="ask whether they are there twice by mistake",
        )


def _unknown(seen: Looked, known: ir.Table) -> Iterator[Remark]:
    name = _REFER.get(seen.table, "")
    if name not in seen.facts or not seen.facts[name]["n"]:
        return
    column = seen.typed[name]
    unknown = column.notnull() & column.notin(known.customer_id)
    if seen.typed.filter(unknown).limit(1).count().to_pyarrow().as_py():
        yield seen.remark(
            "unknown_reference",
            name,
            unknown,
            found="ids that the customers table does not have: nothing of these customers is known",
            remedy="ask whether the customers' export is complete, and whether both files write ids alike",
        )
