import numpy as np
import pytest

from retention_lab.analysis.feedback.marks import NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN, class_of_marks

N, M, P, X = NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN


def classes(marks: list[float], worst: float, best: float) -> list[int]:
    size = len(marks)
    return class_of_marks(np.array(marks, dtype=float), np.full(size, worst), np.full(size, best)).tolist()


@pytest.mark.parametrize(
    ("worst", "best", "marks", "expected"),
    [
        (1, 5, [1, 2, 3, 4, 5], [N, N, M, P, P]),
        (5, 1, [1, 2, 3, 4, 5], [P, P, M, N, N]),
        (0, 10, [0, 6, 7, 8, 9, 10], [N, N, M, M, P, P]),
        (10, 0, [10, 4, 3, 2, 1, 0], [N, N, M, M, P, P]),
        (6, 1, [6, 5, 4, 3, 2, 1], [N, N, M, M, P, P]),
        (1, 6, [6, 5, 4, 3, 2, 1], [P, P, M, M, N, N]),
        (0, 1, [0, 1], [N, P]),
        (-1, 1, [-1, 0, 1], [N, M, P]),
        (1, 7, [1, 2, 3, 4, 5, 6, 7], [N, N, N, M, P, P, P]),
        (1, 10, [1, 4, 5, 6, 7, 10], [N, N, M, M, P, P]),
    ],
)
def test_marks_mean_the_same_on_every_scale(worst: float, best: float, marks: list[float], expected: list[int]) -> None:
    assert classes(marks, worst, best) == expected


def test_an_nps_mark_of_six_is_unhappy_though_it_lies_above_the_middle() -> None:
    assert classes([6], 0, 10) == [N]
    assert classes([6.5], 0.5, 10.5) == [M]


def test_marks_outside_their_scale_and_blank_ones_are_nobodys_mood() -> None:
    assert classes([0, 5.01, -3, np.nan, np.inf], 1, 5) == [X] * 5
    assert classes([3, np.nan], np.nan, np.nan) == [X, X]
    assert classes([3], 3, 3) == [X]


def test_a_mark_on_an_edge_is_not_moved_by_rounding() -> None:
    # 0.1 + 2 * 0.1 is more than 0.3, so the two fifths of a scale of tenths lie on its sides by turns.
    steps = [0.1 + 0.1 * step for step in range(11)]

    assert classes(steps, steps[0], steps[-1]) == [N] * 4 + [M] * 3 + [P] * 4
