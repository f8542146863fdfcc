"""The looks that are taken at a table once its rows with a fault are set aside."""

from collections.abc import Mapping
from datetime import date

import ibis.expr.types as ir

from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.streamed import AnySource


def look(
    typed: ir.Table, table: str, mapped: Mapping[str, str], source: AnySource, observed_through: date | None
) -> tuple[Remark, ...]:
    """What should be known of the rows that are kept; `mapped` names the file's column of each canonical one."""
    return ()
