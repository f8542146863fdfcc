"""Faults of a file as such, for which its table is refused: a column that is not there, a code without a meaning."""

from collections.abc import Mapping, Sequence

import ibis.expr.types as ir

from retention_lab.errors import Fault
from retention_lab.tables.client_rules import nearest
from retention_lab.tables.contract import Column
from retention_lab.tables.sources.source import POSITION, RAGGED, few
from retention_lab.tables.sources.streamed import AnySource

_MOST_SHOWN = 10


def missing_columns(table: str, mapped: Sequence[tuple[str, str]], source: AnySource) -> list[Fault]:
    """The columns that client.yml maps (canonical name and the file's column) and the file does not have."""
    wanted = {column: name for name, column in mapped if column not in source.columns}
    return [
        Fault(
            where=f"{source.name}, column {column!r}",
            found=f"the file has no such column; client.yml takes it for {name.replace(':', ' ')} of {table}",
            allowed=few(source.columns),
            remedy=nearest(column, source.columns) or "correct client.yml, or ask for the column",
        )
        for column, name in wanted.items()
    ]


def unmapped_codes(
    written: ir.Table, columns: Sequence[Column], mapped: Mapping[str, str], source: AnySource
) -> list[Fault]:
    """Codes without a meaning: guessing one could turn every customer into a leaver, so the table is refused.

    `written` has the canonical columns, and beside them what stood in the file as text.
    """
    coded = [column for column in columns if column.kind in ("flag", "code")]
    return [fault for column in coded for fault in _unmapped_in(written, column, mapped, source)]


def _unmapped_in(written: ir.Table, column: Column, mapped: Mapping[str, str], source: AnySource) -> list[Fault]:
    # In a row with a field too many, what stands under a column belongs to another.
    whole = written.filter(written[RAGGED].isnull())
    unknown = whole.filter(whole[f"raw:{column.name}"].notnull() & whole[column.name].isnull())
    counted = unknown.group_by(code=unknown[f"raw:{column.name}"])
    unknown = counted.aggregate(n=unknown.count(), at=unknown[POSITION].min())
    found = unknown.order_by("at").to_pyarrow().to_pylist()
    if not found:
        return []
    shown = found[:_MOST_SHOWN]
    told = [f"{item['code']!r} ({item['n']} rows, first in {source.row_name(item['at'])})" for item in shown]
    told += [f"and {len(found) - _MOST_SHOWN} more"] if len(found) > _MOST_SHOWN else []
    # Which code means what is for the client to say: a hint that filled it in would be pasted, and believed.
    either = "true or false" if column.kind == "flag" else f"one of {', '.join(column.codes)}"
    asked = ", ".join(f'"{item["code"]}": …' for item in shown)
    return [
        Fault(
            where=f"{source.name}, column {mapped.get(column.name, column.name)!r}",
            found=f"codes without a meaning for {column.name}: {', '.join(told)}",
            allowed="true, false, 1, 0" if column.kind == "flag" else ", ".join(column.codes),
            remedy=f"say in client.yml which is which ({either} for each): values: {{{column.name}: {{{asked}}}}}",
        )
    ]
