"""Rows that are there more than once, and what client.yml says is to be done about them.

All rows of the file count here, those with another fault too: of two rows with one id, of which one is broken, we
cannot know that the other is right, and an older row does not take the place of a newer one that is broken.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from retention_lab.tables.check import Check, Hint
from retention_lab.tables.client_file import KeyedDuplicates, TableFile
from retention_lab.tables.contract import KEYS
from retention_lab.tables.remarks import Remark
from retention_lab.tables.repeated import FIRST, LAST, count, find_repeated, put_down, quoted
from retention_lab.tables.sources.source import POSITION, RAGGED
from retention_lab.tables.sources.streamed import AnySource

COPY, OLD, SEVERAL = "_copy", "_old", "_several"
EXACT_COPY, SUPERSEDED = "exact_copy", "superseded_row"
DECLARED = (EXACT_COPY, SUPERSEDED)
_MOST_TOLD = 3
_AS_SAID = "nothing: client.yml says so under duplicates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Rows that are there more than once, each as a table of their positions; None where there are none.

    `copies`: identical to an earlier row of the file; `old`: client.yml keeps another; `several`: there are several
    rows with the key of the table. `overlaps` tells of rows that stand in several files.
    """

    copies: ir.Table | None = None
    old: ir.Table | None = None
    several: ir.Table | None = None
    overlaps: tuple[Remark, ...] = ()

    def marked(self, rows: ir.Table) -> ir.Table:
        """The rows with what the checks ask for, where there are any: `_copy`, `_old` and `_several`."""
        found = {COPY: self.copies, OLD: self.old, SEVERAL: self.several}
        marks = {name: rows[POSITION].isin(same[POSITION]) for name, same in found.items() if same is not None}
        return rows.mutate(**marks) if marks else rows


def find_duplicates(engine: Backend, rows: str, raw: str, table: str, spec: TableFile, source: AnySource) -> Repeated:
    """The rows that are there more than once: `rows` is a table in canonical columns, `raw` as it stands in the files.

    To look for copies costs more than all other checks; where no key is there twice, no row can be.
    """
    key, policy = KEYS.get(table, ""), spec.duplicates
    is_keyed = key in spec.columns
    same = _with_same(engine, rows, [key], source) if is_keyed else None
    kept = _with_same(engine, rows, policy.key, source) if isinstance(policy, KeyedDuplicates) else None
    alike = None
    if policy == "drop_exact":
        alike = _identical(engine, _without_key(engine, rows, raw, key, same) if is_keyed else raw, source)
    elif same and not kept and policy == "keep":
        likely = put_down(engine, [f"FROM {raw} WHERE {POSITION} IN (SELECT {POSITION} FROM {same})"])
        alike = _identical(engine, likely, source)
    elif not is_keyed and policy == "keep" and len(source.files) > 1:
        alike = _identical(engine, raw, source)
    copies = put_down(engine, [f"FROM {alike} WHERE {POSITION} <> {FIRST}"]) if alike else None
    old = put_down(engine, [f"FROM {kept} WHERE {POSITION} <> {_kept_side(policy)}"]) if kept else None
    several = _several(engine, same, old or copies) if same else None
    return Repeated(
        copies=_table(engine, copies),
        old=_table(engine, old),
        several=_table(engine, several),
        overlaps=_overlaps(_table(engine, same or kept or alike), source, spec, key if is_keyed else ""),
    )


def _table(engine: Backend, name: str | None) -> ir.Table | None:
    return engine.table(name.strip('"')) if name and count(engine, name) else None


def _with_same(engine: Backend, rows: str, keys: Sequence[str], source: AnySource) -> str | None:
    # A blank is no key: two purchases without a number are two purchases.
    whole = " AND ".join(f"{quoted(key)} IS NOT NULL" for key in keys)
    return find_repeated(engine, rows, keys, source.n_rows, whole)


def _identical(engine: Backend, raw: str, source: AnySource) -> str | None:
    own = [source.engine_name(column) for column in source.columns]
    return find_repeated(engine, raw, [*own, RAGGED], source.n_rows)


def _without_key(engine: Backend, rows: str, raw: str, key: str, same: str | None) -> str:
    """The rows that can have a copy: those without a key, and those whose key is there twice."""
    likely = f"SELECT {POSITION} FROM {rows} WHERE {quoted(key)} IS NULL"
    likely += f" UNION ALL SELECT {POSITION} FROM {same}" if same else ""
    return put_down(engine, [f"FROM {raw} WHERE {POSITION} IN ({likely})"])


def _kept_side(policy: object) -> str:
    return LAST if isinstance(policy, KeyedDuplicates) and policy.keep == "last" else FIRST


def _several(engine: Backend, same: str, dropped: str | None) -> str:
    """Rows with the key of other rows; copies do not count, nor do rows of which client.yml keeps another."""
    counts = f"{POSITION} NOT IN (SELECT {POSITION} FROM {dropped})" if dropped else "true"
    several = f"SELECT {FIRST} FROM {same} WHERE {counts} GROUP BY {FIRST} HAVING count(*) > 1"
    return put_down(engine, [f"FROM {same} WHERE {FIRST} IN ({several})"])


def _overlaps(same: ir.Table | None, source: AnySource, spec: TableFile, key: str) -> tuple[Remark, ...]:
    """Files of one table that have rows in common, as monthly exports do where each begins before the last one ends."""
    if same is None or len(source.files) < 2:
        return ()
    both = same.mutate(here=_file(same[POSITION], source), there=_file(same[FIRST], source))
    both = both.filter(both.here != both.there)
    counted = both.group_by("here", "there").aggregate(n=both.count(), at=both[POSITION].min())
    found = counted.order_by(ibis.desc("n"), "at").to_pyarrow().to_pylist()
    if not found:
        return ()
    n_rows, at = sum(pair["n"] for pair in found), min(pair["at"] for pair in found)
    files = source.files
    told = [f"{pair['n']} of {files[pair['here']]} stand in {files[pair['there']]} too" for pair in found[:_MOST_TOLD]]
    told += [f"and {len(found) - _MOST_TOLD} more pairs of files"] if len(found) > _MOST_TOLD else []
    asked = "ask whether the files overlap; to keep one of each, set duplicates: drop_exact"
    remark = Remark(
        kind="overlapping_files",
        column=spec.columns.get(key, ""),
        name=key,
        n_rows=n_rows,
        first_row=source.row_number(at),
        first_file=source.file_name(at),
        found=f"{'rows with a key' if key else 'rows'} that an earlier file has: {', '.join(told)}",
        remedy=asked if spec.duplicates == "keep" else _AS_SAID,
    )
    return (remark,)


def _file(position: ir.Value, source: AnySource) -> ir.Value:
    """The place of a row's file among those of the table."""
    begun = [(position >= begin).cast("int64") for begin in source.begins[1:]]
    return sum(begun[1:], begun[0])


def declared_check(spec: TableFile) -> Check | None:
    """What client.yml says is to be dropped; such rows are counted, but no fault of the file."""
    if spec.duplicates == "drop_exact":
        return Check(reason=EXACT_COPY, column="", failing=lambda rows: rows[COPY], remedy=_AS_SAID, hint=_marked(COPY))
    if isinstance(spec.duplicates, KeyedDuplicates):
        key = spec.duplicates.key[0]
        return Check(reason=SUPERSEDED, column=key, failing=lambda rows: rows[OLD], remedy=_AS_SAID, hint=_marked(OLD))
    return None


def duplicate_checks(table: str, columns: Container[str], *, keyed: bool = False) -> list[Check]:
    """Where a table has a key, a second row for it is a fault; which of two different rows is right, we cannot know.

    `keyed`: client.yml says which row of a key of its own is kept, and only those that are left can be in conflict.
    """
    key = KEYS.get(table)
    if key is None or key not in columns:
        return []

    copies = Check(
        reason="duplicate_row",
        column=key,
        failing=lambda rows: rows[key].notnull() & rows[COPY],
        remedy="the first of the identical rows is kept; where they are to be expected, set duplicates: drop_exact",
        hint=_marked(COPY),
    )
    conflict = Check(
        reason=f"conflicting_{key}",
        column=key,
        failing=lambda rows: rows[SEVERAL],
        remedy=f"several different rows: ask which is right, or set duplicates: {{key: [{key}], keep: last}}",
        hint=_marked(SEVERAL),
    )
    return [conflict] if keyed else [copies, conflict]


def _marked(name: str) -> Hint:
    """Whether any rows were found at all."""
    return Hint(name=name, ask=lambda rows: ibis.literal(name in rows.columns))
