"""The best way to give each canonical column a column of its own."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def best_matching(scores: Scores) -> list[int]:
    """For each row the column that is given to it, -1 where none is worth it: the largest sum of positive scores.

    The Hungarian method with potentials, as in any textbook; each row also has a column of its own that is worth
    nothing.
    """
    n_rows, n_columns = scores.shape
    costs = np.hstack([-np.maximum(scores, 0.0), np.zeros((n_rows, n_rows))])
    rows_of = _assign(costs)
    matched = [-1] * n_rows
    for column, row in enumerate(rows_of[:n_columns]):
        if row >= 0 and scores[row, column] > 0:
            matched[row] = column
    return matched


def _assign(costs: Scores) -> list[int]:
    """For each column the row that it is given to, -1 for none; there are at least as many columns as rows."""
    n_rows, n_columns = costs.shape
    of_row, of_column = np.zeros(n_rows + 1), np.zeros(n_columns + 1)
    taken = np.full(n_columns + 1, -1)
    for row in range(n_rows):
        taken[n_columns] = row
        at, least = n_columns, np.full(n_columns, np.inf)
        came_from, done = np.full(n_columns, -1), np.zeros(n_columns + 1, bool)
        while taken[at] >= 0:
            done[at] = True
            reduced = costs[taken[at]] - of_row[taken[at]] - of_column[:-1]
            better = ~done[:-1] & (reduced < least)
            least[better], came_from[better] = reduced[better], at
            step = int(np.argmin(np.where(done[:-1], np.inf, least)))
            delta = least[step]
            of_row[taken[done]] += delta
            of_column[done] -= delta
            least[~done[:-1]] -= delta
            at = step
        while at != n_columns:
            before = came_from[at]
            taken[at] = taken[before]
            at = before
    return [int(row) for row in taken[:-1]]
