import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from retention_lab.methods.discrimination import compare_aucs, estimate_auc

ROW = np.arange(200)
HAPPENED = ROW * 13 % 17 < 6
ONE = ROW * 29 % 31 // 3 + 3 * HAPPENED
OTHER = ROW * 7 % 23 // 2 + 2 * HAPPENED


def test_areas_errors_and_their_difference_are_those_of_r() -> None:
    # R, pROC 1.18.0, on the same rows: a <- roc(y, one, direction="<"); b <- roc(y, other, direction="<");
    # auc(a); sqrt(var(a)); roc.test(a, b, method="delong")$conf.int; sqrt(var(a) + var(b) - 2 * cov(a, b))
    one, other, gain = estimate_auc(ONE, HAPPENED), estimate_auc(OTHER, HAPPENED), compare_aucs(ONE, OTHER, HAPPENED)

    assert (one.value, one.std_error) == pytest.approx((0.748171197729010, 0.0350122276030999), abs=1e-12)
    assert (other.value, other.std_error) == pytest.approx((0.660770826509444, 0.0394873254005903), abs=1e-12)
    assert gain.std_error == pytest.approx(0.0507778322210339, abs=1e-12)
    assert (gain.ci_lower, gain.ci_upper) == pytest.approx((-0.0121223511466783, 0.1869230935858094), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_scikit_learns_with_ties_and_without(seed: int) -> None:
    rng = np.random.default_rng(seed)
    happened, scores = rng.random(300) < 0.2, rng.integers(0, 4 if seed else 10**9, 300)

    assert estimate_auc(scores, happened).value == pytest.approx(roc_auc_score(happened, scores), abs=1e-12)


def test_only_the_order_of_scores_counts_and_the_opposite_is_as_wrong_as_this_is_right() -> None:
    found, same, opposite = (estimate_auc(scores, HAPPENED) for scores in (ONE, np.exp(ONE), -ONE))

    assert same == found
    assert opposite.value == pytest.approx(1 - found.value)
    assert (opposite.ci_lower, opposite.ci_upper) == pytest.approx((1 - found.ci_upper, 1 - found.ci_lower))


def test_rows_that_belong_together_are_not_so_many() -> None:
    once, clusters = estimate_auc(ONE, HAPPENED), np.tile(ROW, 4)
    careless = estimate_auc(np.tile(ONE, 4), np.tile(HAPPENED, 4))
    careful = estimate_auc(np.tile(ONE, 4), np.tile(HAPPENED, 4), clusters)

    assert careless.std_error == pytest.approx(once.std_error / 2, rel=0.01)
    assert careful.std_error == pytest.approx(once.std_error, rel=0.01)


def test_intervals_hold_the_true_area() -> None:
    rng, covered = np.random.default_rng(6), 0
    # Two normals a distance of d apart overlap by the normal's share below d / sqrt(2).
    for _ in range(300):
        happened = rng.random(150) < 0.3
        found = estimate_auc(rng.normal(happened * 1.0, 1.0), happened)
        covered += found.ci_lower <= 0.7602499389 <= found.ci_upper

    assert 276 <= covered <= 294


def test_without_overlap_or_without_a_group_there_is_no_interval_and_a_reason() -> None:
    apart = estimate_auc([1, 2, 3, 4], [False, False, True, True])

    assert (apart.value, apart.reason) == (1, "too_few")
    assert estimate_auc([1, 2, 3], [False, False, True]).reason == "too_few"
    assert compare_aucs([1, 2], [2, 1], [True, True]).reason == "too_few"


def test_a_score_is_no_better_than_itself() -> None:
    found = compare_aucs(ONE, np.exp(ONE), HAPPENED)

    assert (found.value, found.ci_lower, found.ci_upper, found.reason) == (0, 0, 0, "")


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="4 finite numbers"):
        estimate_auc([1, np.nan, 2, 3], [True, False, True, False])
