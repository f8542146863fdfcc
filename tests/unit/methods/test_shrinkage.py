import numpy as np
import pytest
from scipy.stats import beta, betabinom

from retention_lab.methods.shrinkage import shrink_shares


def drawn(seed: int, n_units: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    share, size = rng.beta(2.0, 6.0, n_units), rng.integers(1, 15, n_units)
    return rng.binomial(size, share), size, share


def test_no_other_prior_makes_scipys_beta_binomial_likelier() -> None:
    yes, size, _ = drawn(1)
    found = shrink_shares(yes, size)
    best = betabinom.logpmf(yes, size, found.prior_a, found.prior_b).sum()

    for a in (0.97, 1.0, 1.03):
        for b in (0.97, 1.0, 1.03):
            assert betabinom.logpmf(yes, size, a * found.prior_a, b * found.prior_b).sum() <= best + 1e-6


def test_the_prior_that_made_the_shares_is_found_again() -> None:
    found = [shrink_shares(*drawn(seed)[:2]) for seed in range(20)]

    assert np.median([one.prior_a for one in found]) == pytest.approx(2.0, rel=0.15)
    assert np.median([one.prior_b for one in found]) == pytest.approx(6.0, rel=0.15)


def test_the_interval_is_the_posterior_of_a_beta_prior_and_covers() -> None:
    yes, size, share = drawn(3, 4000)
    found = shrink_shares(yes, size)

    assert found.lower[0] == pytest.approx(beta.ppf(0.025, found.prior_a + yes[0], found.prior_b + size[0] - yes[0]))
    assert np.mean((found.lower <= share) & (share <= found.upper)) == pytest.approx(0.95, abs=0.012)


def test_one_bad_day_does_not_make_a_hater_but_ten_do() -> None:
    yes, size, _ = drawn(4)
    found = shrink_shares(np.append(yes, [1, 10]), np.append(size, [1, 10]))

    assert found.mean[-2] < 0.4
    assert found.mean[-1] > 0.6
    assert found.lower[-1] > found.prior_a / (found.prior_a + found.prior_b) > found.lower[-2]


def test_shrunken_shares_lie_nearer_the_truth_than_counted_ones() -> None:
    yes, size, share = drawn(5)

    assert np.mean((shrink_shares(yes, size).mean - share) ** 2) < 0.6 * np.mean((yes / size - share) ** 2)


def test_customers_who_differ_by_chance_alone_are_all_alike() -> None:
    rng = np.random.default_rng(6)
    found = shrink_shares(rng.binomial(10, 0.3, 300), np.full(300, 10))

    assert np.ptp(found.mean) < 0.1


@pytest.mark.parametrize(
    ("yes", "size"),
    [([], []), ([0], [0]), ([1], [1]), ([3], [4]), ([0, 0, 0], [5, 6, 7]), ([5, 6], [5, 6]), ([1, 0, 1], [1, 1, 1])],
)
def test_where_nothing_tells_how_far_customers_differ_the_usual_prior_is_taken(yes: list[int], size: list[int]) -> None:
    found = shrink_shares(yes, size)

    assert not found.is_fitted
    assert found.prior_a + found.prior_b == pytest.approx(10)
    assert ((found.lower > 0) & (found.lower < found.mean) & (found.mean < found.upper) & (found.upper < 1)).all()


def test_more_yes_than_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="between nought and n"):
        shrink_shares([3], [2])
