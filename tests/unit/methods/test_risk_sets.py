"""Rows that are the same are counted as one, however many columns they have."""

import numpy as np
import pytest

from retention_lab.methods.risk_sets import distinct_rows


# So many columns that the numbers of all possible rows do not fit into an integer.
@pytest.mark.parametrize("n_columns", [0, 1, 4, 60])
def test_the_distinct_rows_come_as_they_first_appear(n_columns: int) -> None:
    row, column = np.arange(400)[:, None] * 37 % 11, np.arange(n_columns)
    table = ((row + 3) * (column + 1) % 5).astype(float) - 0.3

    rows, code = distinct_rows(table)

    assert len(rows) == (len(np.unique(table, axis=0)) if n_columns else 1)
    assert (rows[code] == table).all()
    assert (np.diff([np.flatnonzero(code == one)[0] for one in range(len(rows))]) > 0).all()


def test_where_most_rows_differ_the_table_is_left_as_it_is() -> None:
    table = np.column_stack([np.arange(50.0) % 20, np.arange(50.0) % 3])

    rows, code = distinct_rows(table)

    assert rows is table
    assert (code == np.arange(50)).all()
