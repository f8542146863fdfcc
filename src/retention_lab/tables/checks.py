"""What can be wrong with a row of a canonical table: a reason, an expression that finds it, and what to do about it.

A check sees the canonical columns, and under `raw:<column>` what stood in the file: as text, or with its own type.
The first reason that holds is the row's reason. Rows that are there twice are a matter of `duplicates`.
"""

import ibis.expr.types as ir

from retention_lab.tables.check import Check, Hint
from retention_lab.tables.column_checks import checks_of_column
from retention_lab.tables.contract import ONLY_KNOWN_CUSTOMERS, Column
from retention_lab.tables.sources.source import RAGGED
from retention_lab.tables.table_checks import checks_of_table

__all__ = ["Check", "checks_for", "possible"]


def checks_for(table: str, present: list[Column], known_customers: ir.Table | None, unit: str = "days") -> list[Check]:
    """The checks of a table, for the columns that it has, in the order in which they are applied.

    `unit` is that of a tenure.
    """
    columns = [check for column in present for check in checks_of_column(column)]
    checks = [_RAGGED_ROW, *columns, *checks_of_table(table, {c.name for c in present}, unit)]
    if known_customers is not None and table in ONLY_KNOWN_CUSTOMERS:
        checks.append(_unknown_customer(ONLY_KNOWN_CUSTOMERS[table], known_customers))
    return checks


def possible(checks: list[Check], rows: ir.Table) -> list[Check]:
    """The checks that some row may fail, in the same order."""
    hints = {check.hint.name: check.hint for check in checks if check.hint}
    if not hints:
        return checks
    asked = {f"hint {place}": hint.ask(rows) for place, hint in enumerate(hints.values())}
    answers = rows.aggregate(**asked).to_pyarrow().to_pylist()[0].values()
    true = {name for name, answer in zip(hints, answers, strict=True) if answer}
    return [check for check in checks if not check.hint or check.hint.name in true]


_RAGGED_ROW = Check(
    reason="wrong_number_of_fields",
    column=RAGGED,
    failing=lambda rows: rows[RAGGED].notnull(),
    allowed="as many fields as the header has; of JSON, one whole object a line",
    remedy="a delimiter or a quote inside a value, or a line that is cut: ask for an export that puts text in quotes",
    hint=Hint(name=RAGGED, ask=lambda rows: rows[RAGGED].count() > 0),
)


def _unknown_customer(column: str, known: ir.Table) -> Check:
    return Check(
        reason="unknown_customer",
        column=column,
        failing=lambda rows: rows[column].notin(known.customer_id),
        allowed="a customer_id of the customers table",
        remedy="the customers table lacks this id or it was set aside there: ask for a complete export",
    )
