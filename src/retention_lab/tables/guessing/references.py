"""How many rows cannot be used: those of customers who are not known, and those that lack what every row needs."""

import math
from collections.abc import Iterable

import numpy as np

from retention_lab.tables.client_file import ClientFile
from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.guessing.guesses import Doubt, TableGuess
from retention_lab.tables.guessing.scoring import Fit

TOO_MANY = float(ClientFile.model_fields["max_rejected"].default)
"""Of the rows of a table, the share that may be of nobody who is known."""
_NEARLY_ALL, _STEP = 0.85, 0.05
_OF_STAYS = ("started_on", "tenure", "churned")


def rows_set_aside(fits: Iterable[Fit]) -> tuple[str, tuple[Doubt, ...]]:
    """How many rows may be set aside where blanks alone are too many for the table to be used, and why that is asked.

    Nothing where no table has so many, or one has hardly anything else: it is then better refused.
    """
    told = [(share, fit, name) for fit in fits for share, name in [_blank_share(fit)] if share > TOO_MANY]
    if not told or max(share for share, _, _ in told) > _NEARLY_ALL:
        return "", ()
    worst, _, _ = max(told, key=lambda one: one[0])
    # A little more than was seen, since other rows may have other faults.
    allowed = f"{math.ceil((worst + 0.02) / _STEP) * _STEP:.2f}"
    files = " and ".join(f"{share:.0%} of {fit.file.sample.told} have no {name!r}" for share, fit, name in told)
    why = f"of the rows, {files}; they are set aside, and with less than {allowed} here the table would be refused"
    return allowed, (Doubt(key="max_rejected", taken=allowed, others=(f"{TOO_MANY:g}",), why=why),)


def _blank_share(fit: Fit) -> tuple[float, str]:
    """The share of rows that lack something that every row needs, and the column that lacks it most."""
    needed = [column.name for column in CONTRACT[fit.table] if column.required]
    if any(fit.get(name) is None for name in needed):
        # It cannot be used at all.
        return 0.0, ""
    needed += [name for name in _OF_STAYS if fit.table == "customers" and fit.get(name)]
    columns = [fit.file.column(part) for name in needed for part in _parts(fit, name)]
    blank = np.logical_or.reduce([column.codes < 0 for column in columns])
    return float(blank.mean()) if len(blank) else 0.0, max(columns, key=lambda column: column.n_blank).name


def _parts(fit: Fit, name: str) -> tuple[str, ...]:
    found = fit.get(name)
    return () if found is None else (found.column,) if isinstance(found.column, str) else found.column


def unknown_share(customers: TableGuess, other: TableGuess, name: str) -> float:
    """The share of a table's rows whose customer (in its column `name`) the customers' file does not have.

    0 where that cannot be told, since not all customers were looked at.
    """
    if customers.sample.rows.num_rows < customers.sample.n_rows:
        return 0.0
    known = set(_texts(customers, "customer_id"))
    named = [text for text in _texts(other, name) if text]
    return sum(text not in known for text in named) / len(named) if known and named else 0.0


def _texts(table: TableGuess, name: str) -> list[str]:
    column = next((found.column for found in table.columns if found.name == name), None)
    if not isinstance(column, str) or column not in table.sample.rows.column_names:
        return []
    values = table.sample.rows[column].to_pylist()
    missing = {*table.missing, *table.sample.read.missing}
    texts = ("" if value is None else str(value).strip() for value in values)
    return ["" if text in missing else text for text in texts]
