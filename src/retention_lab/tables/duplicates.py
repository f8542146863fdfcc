"""Rows that are there more than once, and what client.yml says is to be done about them.

All rows of the file count here, those with another fault too: of two rows with one id, of which one is broken, we
cannot know that the other is right, and an older row does not take the place of a newer one that is broken.
"""

from collections.abc import Container

import ibis
import ibis.expr.types as ir

from retention_lab.tables.checks import Check
from retention_lab.tables.client_file import KeyedDuplicates, TableFile
from retention_lab.tables.contract import KEYS
from retention_lab.tables.sources.source import POSITION, RAGGED

COPY, OLD, SEVERAL = "_copy", "_old", "_several"
EXACT_COPY, SUPERSEDED = "exact_copy", "superseded_row"
DECLARED = (EXACT_COPY, SUPERSEDED)
_AS_SAID = "nothing: client.yml says so under duplicates"


def with_duplicates(rows: ir.Table, raw: ir.Table, table: str, spec: TableFile) -> ir.Table:
    """Adds what the checks ask for.

    `_copy`: identical to an earlier row of the file; `_old`: client.yml keeps another; `_several`: there are several
    rows with the key of the table.
    """
    key = KEYS.get(table)
    # To look for copies costs more than all other checks; where no key is there twice, no row can be.
    is_unique = key not in spec.columns or _is_unique(rows[key])
    if isinstance(spec.duplicates, KeyedDuplicates):
        rows = rows.mutate(**{OLD: _is_old(rows, spec.duplicates)})
    elif spec.duplicates == "drop_exact" or not is_unique:
        rows = rows.mutate(**{COPY: rows[POSITION].notin(_first_of_each(raw))})
    elif key in spec.columns:
        rows = rows.mutate(**{COPY: ibis.literal(False)})
    return rows.mutate(**{SEVERAL: ibis.literal(False) if is_unique else _has_several(rows, key)})


def _has_several(rows: ir.Table, key: str | None) -> ir.BooleanValue:
    """Whether other rows have the key too; copies do not count, nor do rows of which client.yml keeps another."""
    counted = ~rows[OLD if OLD in rows.columns else COPY]
    return rows[key].notnull() & (counted.cast("int64").sum().over(ibis.window(group_by=rows[key])) > 1)


def _is_unique(key: ir.Column) -> bool:
    found = key.as_table().aggregate(n=key.count(), keys=key.nunique()).to_pyarrow().to_pylist()[0]
    return bool(found["n"] == found["keys"])


def _first_of_each(raw: ir.Table) -> ir.Column:
    """The positions of the rows that are not identical to an earlier one."""
    own = [name for name in raw.columns if name.startswith("file:")]
    return raw.group_by(*own, RAGGED).aggregate(first=raw[POSITION].min())["first"]


def _is_old(rows: ir.Table, policy: KeyedDuplicates) -> ir.BooleanValue:
    order = rows[POSITION].desc() if policy.keep == "last" else rows[POSITION]
    keys = [rows[key] for key in policy.key]
    # A blank is no key: two purchases without a number are two purchases.
    whole = ibis.and_(*(key.notnull() for key in keys))
    return (ibis.row_number().over(ibis.window(group_by=keys, order_by=order)) > 0) & whole


def declared_check(spec: TableFile) -> Check | None:
    """What client.yml says is to be dropped; such rows are counted, but no fault of the file."""
    if spec.duplicates == "drop_exact":
        return Check(reason=EXACT_COPY, column="", failing=lambda rows: rows[COPY], remedy=_AS_SAID)
    if isinstance(spec.duplicates, KeyedDuplicates):
        key = spec.duplicates.key[0]
        return Check(reason=SUPERSEDED, column=key, failing=lambda rows: rows[OLD], remedy=_AS_SAID)
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
        remedy="nothing, the first of the identical rows is kept; to expect them, set duplicates: drop_exact",
    )
    conflict = Check(
        reason=f"conflicting_{key}",
        column=key,
        failing=lambda rows: rows[SEVERAL],
        remedy=f"several different rows: ask which is right, or set duplicates: {{key: [{key}], keep: last}}",
    )
    return [conflict] if keyed else [copies, conflict]
