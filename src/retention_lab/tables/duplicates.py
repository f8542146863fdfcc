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
from retention_lab.tables.sources import POSITION, RAGGED

COPY, OLD = "_copy", "_old"
EXACT_COPY, SUPERSEDED = "exact_copy", "superseded_row"
DECLARED = (EXACT_COPY, SUPERSEDED)
_AS_SAID = "nothing: client.yml says so under duplicates"


def with_duplicates(rows: ir.Table, own: list[str], spec: TableFile) -> ir.Table:
    """Adds `_copy` (0 for the first of identical rows, then 1, 2, …) and `_old` (another row of the key is kept)."""
    same = ibis.window(group_by=[rows[name] for name in (*own, RAGGED)], order_by=rows[POSITION])
    copy = ibis.row_number().over(same)
    policy = spec.duplicates
    if not isinstance(policy, KeyedDuplicates):
        return rows.mutate(**{COPY: copy, OLD: ibis.literal(False)})
    order = rows[POSITION].desc() if policy.keep == "last" else rows[POSITION]
    keys = [rows[key] for key in policy.key]
    # A blank is no key: two purchases without a number are two purchases.
    whole = ibis.and_(*(key.notnull() for key in keys))
    old = (ibis.row_number().over(ibis.window(group_by=keys, order_by=order)) > 0) & whole
    return rows.mutate(**{COPY: copy, OLD: old})


def declared_check(spec: TableFile) -> Check | None:
    """What client.yml says is to be dropped; such rows are counted, but no fault of the file."""
    if spec.duplicates == "drop_exact":
        return Check(reason=EXACT_COPY, column="", failing=lambda rows: rows[COPY] > 0, remedy=_AS_SAID)
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

    def conflicting(rows: ir.Table) -> ir.BooleanValue:
        counted = ~rows[OLD] if keyed else rows[COPY] == 0
        return rows[key].notnull() & (counted.cast("int64").sum().over(ibis.window(group_by=rows[key])) > 1)

    copies = Check(
        reason="duplicate_row",
        column=key,
        failing=lambda rows: rows[key].notnull() & (rows[COPY] > 0),
        remedy="nothing, the first of the identical rows is kept; to expect them, set duplicates: drop_exact",
    )
    conflict = Check(
        reason=f"conflicting_{key}",
        column=key,
        failing=conflicting,
        remedy=f"several different rows: ask which is right, or set duplicates: {{key: [{key}], keep: last}}",
    )
    return [conflict] if keyed else [copies, conflict]
