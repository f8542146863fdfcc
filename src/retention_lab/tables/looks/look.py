"""The looks that are taken at a table once its rows with a fault are set aside."""

from collections.abc import Mapping
from datetime import date

import ibis.expr.types as ir

from retention_lab.tables.looks.days import of_time
from retention_lab.tables.looks.missing_values import likely_missing
from retention_lab.tables.looks.seen import look_over
from retention_lab.tables.looks.swapped import swapped_dates
from retention_lab.tables.looks.values import of_values
from retention_lab.tables.remarks import Remark
from retention_lab.tables.sources.streamed import AnySource


def look(
    typed: ir.Table,
    table: str,
    mapped: Mapping[str, str],
    source: AnySource,
    observed_through: date | None,
    *,
    known_customers: ir.Table | None = None,
    currency: str = "",
) -> tuple[Remark, ...]:
    """What should be known of the rows that are kept; `mapped` names the file's column of each canonical one.

    `known_customers` and `currency`, where they are given, are what ids and signs are held against.
    """
    seen = look_over(typed, table, dict(mapped), source, observed_through)
    return (*likely_missing(seen), *swapped_dates(seen), *of_time(seen), *of_values(seen, known_customers, currency))
