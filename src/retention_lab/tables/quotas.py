"""Shares of strata in whole customers: no stratum and no total is off by one, and nobody is favoured."""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

Cells = list[list[Fraction]]
Place = tuple[int, int]


def round_quotas(sizes: Sequence[int], shares: Sequence[float], chances: Iterator[float]) -> list[list[int]]:
    """How many of each stratum go to each variant: a row for each of `sizes`, a column for each of `shares`.

    Each cell is the exact quota rounded up or down, and so is the total of each variant. On average over the `chances`
    (uniform between 0 and 1) a cell is the exact quota, so that everybody has the same chance of each variant, also in
    a stratum of one. Unbiased controlled rounding (Cox 1987, JASA 82:520-524).
    """
    whole = sum(exact := [Fraction(str(share)) for share in shares])
    quotas = [[size * share / whole for share in exact] for size in sizes]
    # One more row fills the totals up to whole numbers; then every row and column that has a fraction has two.
    spare = [math.ceil(total) - total for total in (sum(column, Fraction(0)) for column in zip(*quotas, strict=True))]
    cells = [[quota % 1 for quota in row] for row in [*quotas, spare]]
    for row in range(len(cells)):
        while any(0 < cell < 1 for cell in cells[row]):
            _settle(cells, _circle(cells, row), next(chances))
    return [
        [int(quota // 1 + cell) for quota, cell in zip(*rows, strict=True)] for rows in zip(quotas, cells, strict=False)
    ]


def _circle(cells: Cells, row: int) -> list[Place]:
    """Fractions in a circle: by turns the next in the same row, and in the same column. No row before has any left."""
    path: list[tuple[str, int]] = [("row", row)]
    while True:
        kind, at = path[-1]
        before = path[-2][1] if len(path) > 1 else -1
        following = _in_row(cells, at, before) if kind == "row" else _in_column(cells, row, at, before)
        path.append(("column" if kind == "row" else "row", following))
        if path[-1] in path[:-1]:
            break
    found = path[path.index(path[-1]) :]
    pairs = pairwise(found)
    return [(one[1], other[1]) if one[0] == "row" else (other[1], one[1]) for one, other in pairs]


def _in_row(cells: Cells, row: int, other_than: int) -> int:
    return next(column for column, cell in enumerate(cells[row]) if 0 < cell < 1 and column != other_than)


def _in_column(cells: Cells, first: int, column: int, other_than: int) -> int:
    return next(row for row in range(first, len(cells)) if 0 < cells[row][column] < 1 and row != other_than)


def _settle(cells: Cells, circle: list[Place], chance: float) -> None:
    """Add to every other fraction and take from the rest, either way, until one of them is whole."""
    more, less = circle[::2], circle[1::2]
    up, down = _room(cells, more, less), _room(cells, less, more)
    # The longer way is taken the less often, so that nothing changes on average.
    step = up if chance * (up + down) < down else -down
    for places, change in ((more, step), (less, -step)):
        for row, column in places:
            cells[row][column] += change


def _room(cells: Cells, more: list[Place], less: list[Place]) -> Fraction:
    rise = min(1 - cells[row][column] for row, column in more)
    return min(rise, *(cells[row][column] for row, column in less))
