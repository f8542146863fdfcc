"""What one reading of a table tells of each of its columns: the questions of all looks, asked together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from retention_lab.tables.amounts import SIGN
from retention_lab.tables.column_checks import MONEY
from retention_lab.tables.moments import TWO_NUMBERS_FIRST, WITH_OFFSET
from retention_lab.tables.remarks import Kind, Remark
from retention_lab.tables.sources.source import POSITION
from retention_lab.tables.sources.streamed import AnySource

COVARIATE, NUMBER = "covariate:", "number:"
SENTINELS = (-9999, -999, -99, -9, -1, 99, 999, 9999, 99999, 999999, 9999999, 666666, 888888, 99999999, 999999999)
# In one pattern: to put each word into a question of its own costs more than to ask it.
_WORDS = (
    r"(?i)^(\?+|-+|\.|n/a|na|n\.a\.|n\.d\.|nd|null|nan|unknown|unk|missing|not available|undefined|sconosciuto|ignoto"
    r"|non disponibile|desconocido|no disponible|inconnu|non renseigné|neznano|ni podatka|#n/a|#ref!|#value!)$"
)
"""What people and systems write where they know nothing."""
PILES = tuple(
    date(*day)
    for day in ((1950, 1, 1), (1960, 1, 1), (1970, 1, 1), (2000, 1, 1), (2099, 12, 31), (2099, 12, 30), (2100, 12, 31))
)
"""Days that stand for 'none' in one system or another, and could be true."""
_WITHOUT_TEXT = ("text", "question", "name")
_TO_COME = "due_at"
_MOST_DRAGGED = 50
_SHORTEST = len("1/1/26 1:00Z") - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A table with what was seen of it: `facts` of each column, by its canonical name, and `n_rows`."""

    typed: ir.Table
    table: str
    mapped: dict[str, str]
    source: AnySource
    observed_through: date | None
    n_rows: int
    facts: dict[str, dict[str, Any]]

    def columns(self, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The columns of these kinds that hold anything, with what was seen of them."""
        for name, facts in self.facts.items():
            if facts["kind"] in kinds and facts["n"]:
                yield name, facts

    def remark(self, kind: Kind, name: str, failing: ir.BooleanValue | None, *, found: str, remedy: str) -> Remark:
        """A remark on the rows for which `failing` is true: how many, the first of them, and what stands there."""
        plain = name.removeprefix(COVARIATE).removeprefix(NUMBER)
        column = self.mapped.get(name) or self.mapped.get(COVARIATE + plain, "")
        if failing is None:
            return Remark(kind=kind, column=column, name=plain, n_rows=self.n_rows, found=found, remedy=remedy)
        rows = self.typed.filter(failing)
        shown = rows[f"raw:{COVARIATE}{plain}" if name.startswith(NUMBER) else f"raw:{name}"]
        asked = rows.aggregate(n=rows.count(), at=rows[POSITION].min(), example=shown.argmin(rows[POSITION]))
        counted = asked.to_pyarrow().to_pylist()[0]
        return Remark(
            kind=kind,
            column=column,
            name=plain,
            n_rows=counted["n"],
            first_row=self.source.row_number(counted["at"]),
            first_file=self.source.file_name(counted["at"]),
            example=str(counted["example"]),
            found=found,
            remedy=remedy,
        )


def look_over(
    typed: ir.Table, table: str, mapped: dict[str, str], source: AnySource, observed_through: date | None
) -> Looked:
    """Everything that is to be counted of a table, in one reading of it."""
    used = [name for name in typed.columns if not name.startswith("file:")]
    # What is in no use may be a thousand columns, each of which would be dragged through every question.
    typed = typed.select(*used) if len(typed.columns) > len(used) + _MOST_DRAGGED else typed
    asked = {name: _questions(typed, name, observed_through) for name in _worth_a_look(typed.columns, mapped)}
    flat = [(name, fact, value) for name, facts in asked.items() for fact, value in facts.items()]
    answers = {f"answer {place}": value for place, (_, _, value) in enumerate(flat)}
    counted = typed.aggregate(n_rows=typed.count(), **answers).to_pyarrow().to_pylist()[0]
    facts: dict[str, dict[str, Any]] = {name: {"kind": _kind(typed[name], name)} for name in asked}
    for place, (name, fact, _) in enumerate(flat):
        facts[name][fact] = counted[f"answer {place}"]
    return Looked(
        typed=typed,
        table=table,
        mapped=mapped,
        source=source,
        observed_through=observed_through,
        n_rows=counted["n_rows"],
        facts=facts,
    )


def _worth_a_look(names: Sequence[str], mapped: dict[str, str]) -> Iterator[str]:
    """The columns that stand for one of the file; a covariate that is a canonical column too is seen there."""
    canonical = {column for name, column in mapped.items() if not name.startswith(COVARIATE)}
    for name in names:
        of_covariate = name.startswith((COVARIATE, NUMBER))
        twin = mapped.get(COVARIATE + name.partition(":")[2]) if of_covariate else None
        if (name in mapped or of_covariate) and twin not in canonical:
            yield name


def _kind(column: ir.Value, name: str) -> str:
    kind = column.type()
    if name.endswith("_id"):
        return "id"
    if kind.is_temporal():
        return "date"
    return "flag" if kind.is_boolean() else "number" if kind.is_numeric() else "text"


def _questions(typed: ir.Table, name: str, observed_through: date | None) -> dict[str, ir.Value]:
    column, kind = typed[name], _kind(typed[name], name)
    asked: dict[str, ir.Value] = {"n": column.count()}
    if kind in ("id", "text") and name not in _WITHOUT_TEXT:
        asked["n_words"] = column.count(where=is_word(column))
    if kind in ("text", "flag", "number") and not name.startswith(NUMBER) and name not in _WITHOUT_TEXT:
        asked |= {"low": column.min(), "high": column.max()}
    if kind == "number":
        asked |= _of_numbers(typed, name)
    if kind == "date":
        day = column.cast("date")
        asked["n_piled"] = column.count(where=day.isin(PILES))
        if observed_through and name != _TO_COME:
            asked["n_to_come"] = column.count(where=day > observed_through)
        if _is_text(typed, name):
            asked["n_at_end"] = column.count(where=typed[f"raw:{name}"].re_search(TWO_NUMBERS_FIRST))
            asked["along"] = typed[POSITION].corr(column.cast("timestamp").epoch_seconds(), how="pop")
            # Few are long enough to have one, and to see that costs less than to look for it.
            long = ibis.ifelse(typed[f"raw:{name}"].length() > _SHORTEST, typed[f"raw:{name}"], None)
            asked["n_offsets"] = column.count(where=long.re_search(WITH_OFFSET))
    return asked


def _of_numbers(typed: ir.Table, name: str) -> dict[str, ir.Value]:
    column = typed[name]
    asked = {"n_sentinels": column.count(where=column.isin(SENTINELS))}
    if name in (*MONEY, "points"):
        # The mean of logarithms stands where most values do, and one reading finds it; nobody sees it.
        asked["log_mean"] = ibis.ifelse(column != 0, column, None).abs().ln().mean()
    if name in MONEY and _is_text(typed, name):
        asked["n_signs"] = column.count(where=typed[f"raw:{name}"].re_search(SIGN))
    return asked


def _is_text(typed: ir.Table, name: str) -> bool:
    return f"raw:{name}" in typed.columns and bool(typed[f"raw:{name}"].type().is_string())


def is_word(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a text is one of the words for nothing."""
    return text.re_search(_WORDS)
