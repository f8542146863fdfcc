"""Whether a customers' file knows the customers that other files speak of."""

from retention_lab.tables.client_file import ClientFile
from retention_lab.tables.guessing.guesses import TableGuess

TOO_MANY = float(ClientFile.model_fields["max_rejected"].default)
"""Of the rows of a table, the share that may be of nobody who is known."""


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
