"""Columns are given out so that all of them together fit best."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lab.tables.guessing.matching import best_matching


def test_a_column_that_two_want_goes_where_it_is_missed_more() -> None:
    scores = np.array([[5.0, 4.9], [4.8, -9.0]])

    assert best_matching(scores) == [1, 0]


def test_nothing_is_given_where_nothing_fits() -> None:
    assert best_matching(np.array([[-1.0, -2.0], [3.0, -9.0]])) == [-1, 0]


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 10_000))
def test_it_is_the_best_of_all_ways(n_rows: int, n_columns: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0, 3, (n_rows, n_columns))

    chosen = best_matching(scores)

    given_out = [column for column in chosen if column >= 0]
    assert len(given_out) == len(set(given_out))
    places = [*range(n_columns), *[-1] * n_rows]
    ways = set(permutations(places, n_rows)) if n_columns + n_rows <= 7 else set()
    best = max((sum(scores[row, c] for row, c in enumerate(way) if c >= 0) for way in ways), default=None)
    if best is not None:
        assert sum(scores[row, c] for row, c in enumerate(chosen) if c >= 0) == pytest.approx(best)
