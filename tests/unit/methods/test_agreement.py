import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from retention_lab.methods.agreement import estimate_kappa

Labels = NDArray[np.int64]


def raters(table: list[list[int]]) -> tuple[Labels, Labels]:
    counts = np.array(table).ravel()
    return np.repeat(np.repeat([0, 1, 2], 3), counts), np.repeat(np.tile([0, 1, 2], 3), counts)


def test_it_is_the_published_example() -> None:
    # The table and its kappa of .68: Fleiss (1981), Statistical Methods for Rates and Proportions, table 13.1.
    # The rest: statsmodels 0.15.0, cohens_kappa(table): kappa, std_kappa, kappa_low, kappa_upp.
    found = estimate_kappa(*raters([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))

    assert (found.value, found.std_error) == pytest.approx((0.676470588235294, 0.08770295347521254), abs=1e-12)
    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.5045759580860855, 0.8483652183845026), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_value_is_scikit_learns_and_it_does_not_matter_who_is_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.choice(["good", "bad", "mixed"], 50, p=[0.6, 0.3, 0.1])
    other = np.where(rng.random(50) < 0.7, one, rng.choice(["good", "bad", "mixed"], 50))
    found, turned = estimate_kappa(one, other), estimate_kappa(other, one)

    assert found.value == pytest.approx(cohen_kappa_score(one, other))
    assert (turned.value, turned.std_error) == pytest.approx((found.value, found.std_error))


def test_the_standard_error_is_how_far_kappa_varies() -> None:
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        truth = rng.random(100) < 0.4
        found.append(estimate_kappa(truth ^ (rng.random(100) < 0.1), truth ^ (rng.random(100) < 0.2)))

    assert np.std([one.value for one in found]) == pytest.approx(np.mean([one.std_error for one in found]), rel=0.1)


def test_without_disagreement_there_is_a_value_and_no_interval() -> None:
    found = estimate_kappa([0, 1, 0, 1], [0, 1, 0, 1])

    assert (found.value, found.reason) == (1, "too_few")
    assert estimate_kappa([1, 1], [1, 1]).reason == "too_few"
    assert estimate_kappa([], []).reason == "too_few"


def test_raters_of_different_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="not 2 and 3"):
        estimate_kappa([1, 2], [1, 2, 1])
