import itertools
import random
from collections import Counter

import pytest

from retention_lab.tables.quotas import round_quotas


@pytest.mark.parametrize("seed", range(60))
def test_no_stratum_and_no_total_is_off_by_a_customer(seed: int) -> None:
    rng = random.Random(seed)
    shares = [rng.uniform(0.02, 1) for _ in range(rng.randint(2, 12))]
    sizes = [rng.randint(0, 9) for _ in range(rng.randint(1, 20))]

    found = round_quotas(sizes, shares, iter(rng.random, 2))

    for size, row in zip(
        [*sizes, sum(sizes)], [*found, [sum(column) for column in zip(*found, strict=True)]], strict=True
    ):
        assert sum(row) == size
        assert all(abs(n - size * share / sum(shares)) < 1 for n, share in zip(row, shares, strict=True))


def test_everybody_has_the_same_chance_also_alone_in_a_stratum() -> None:
    rng, runs, shares = random.Random(1), 4000, (0.2, 0.5, 0.3)
    drawn: Counter[tuple[int, int]] = Counter()
    for _ in range(runs):
        for stratum, row in enumerate(round_quotas((1, 1, 2, 5), shares, iter(rng.random, 2))):
            drawn.update({(stratum, variant): n for variant, n in enumerate(row)})

    for stratum, variant in itertools.product(range(4), range(3)):
        size = (1, 1, 2, 5)[stratum]
        # Four standard errors of the mean of a whole number that is one of two neighbours.
        assert drawn[stratum, variant] / runs == pytest.approx(size * shares[variant], abs=4 * 0.5 / runs**0.5)


def test_quotas_that_are_whole_need_no_chance() -> None:
    assert round_quotas((10, 20), (0.2, 0.8), iter(())) == [[2, 8], [4, 16]]
    assert round_quotas((), (0.5, 0.5), iter(())) == []
