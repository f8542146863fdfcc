import math

import numpy as np
import pytest

from retention_lab.methods.log_odds import log_odds


def test_it_is_the_formula_by_hand() -> None:
    # Two words; a prior of 10 shared out 6 to 4. First word: 8 of 20 against 3 of 30.
    estimate, z = log_odds([8, 12], [3, 27], [60, 40], 10)
    expected = math.log((8 + 6) / (20 + 10 - 8 - 6)) - math.log((3 + 6) / (30 + 10 - 3 - 6))

    assert estimate[0] == pytest.approx(expected)
    assert z[0] == pytest.approx(expected / math.sqrt(1 / 14 + 1 / 9))


def test_groups_turned_round_turn_the_sign() -> None:
    one, other, prior = [8, 12, 0], [3, 27, 5], [11, 39, 5]

    assert log_odds(one, other, prior, 50)[1] == pytest.approx(-log_odds(other, one, prior, 50)[1])


def test_a_rare_word_is_held_back_and_a_frequent_one_is_not() -> None:
    rare, frequent, rest = [2, 200, 800], [0, 100, 900], [2, 300, 1700]
    _, z = log_odds(rare, frequent, rest, 1000)

    assert z[1] > 3 > z[0] > 0


def test_a_word_that_occurs_nowhere_is_nought_and_one_without_a_prior_is_refused() -> None:
    estimate, z = log_odds([0, 5], [0, 5], [0, 10], 10)

    assert (estimate[0], z[0]) == (0, 0)
    assert np.isfinite(np.concatenate([estimate, z])).all()
    with pytest.raises(ValueError, match="for every word that occurs"):
        log_odds([1, 5], [0, 5], [0, 10], 10)
