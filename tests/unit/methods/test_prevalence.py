import numpy as np
import pytest
from numpy.typing import NDArray

from retention_lab.methods.estimates import Estimate
from retention_lab.methods.prevalence import (
    AdjustedShares,
    KnownClasses,
    adjusted_shares,
    relabelling,
    share_difference,
    weighted_share,
)

Floats = NDArray[np.float64]
HALVES = np.array([0.5, 0.5])


def drawn(
    rng: np.random.Generator, share: float, n_customers: int
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp]]:
    """Customers with one to four comments, of like mood and like manner: score, truth and customer of each comment."""
    sizes = rng.integers(1, 5, n_customers)
    customer = np.repeat(np.arange(n_customers), sizes)
    mood, manner = rng.beta(2 * share, 2 * (1 - share), n_customers), rng.normal(0, 0.5, n_customers)
    truth = rng.random(customer.size) < mood[customer]
    odds = np.where(truth, 1.0, -1.0) + manner[customer] + rng.normal(0, 1, customer.size)
    return 1 / (1 + np.exp(-1.5 * odds)), truth, customer


def shifted(seed: int) -> tuple[AdjustedShares, tuple[float, float], bool]:
    """Taught where 60 % are unhappy; then 20 % and 35 % are. Also whether counting predictions would have covered."""
    rng = np.random.default_rng(seed)
    scores, truth, customer = drawn(rng, 0.6, 250)
    parts = [drawn(rng, share, 400) for share in (0.2, 0.35)]
    cells = np.repeat([0, 1], [part[0].size for part in parts])
    found = adjusted_shares(
        scores, truth, customer, np.concatenate([part[0] for part in parts]), cells,
        np.concatenate([1000 + 1000 * place + part[2] for place, part in enumerate(parts)]), 2,
    )  # fmt: skip
    counted = (parts[0][0] > 0.5).mean()
    reach = 1.96 * np.sqrt(counted * (1 - counted) / parts[0][0].size)
    return found, (0.2, 0.35), bool(abs(counted - 0.2) <= reach)


def holds(found: Estimate, truth: float) -> bool:
    return found.ci_lower <= truth <= found.ci_upper


def test_after_a_shift_the_adjusted_share_and_its_change_cover_and_the_counted_one_never_does() -> None:
    samples = [shifted(seed) for seed in range(200)]

    level = [holds(weighted_share(found, [1, 0]), one) for found, (one, _), _ in samples]
    whole = [holds(weighted_share(found, HALVES), (one + two) / 2) for found, (one, two), _ in samples]
    change = [holds(share_difference(found, [0, 1], [1, 0]), two - one) for found, (one, two), _ in samples]

    assert min(sum(level), sum(whole), sum(change)) >= 186
    assert sum(counted for *_, counted in samples) <= 10


def test_the_standard_error_is_how_far_shares_vary_from_sample_to_sample() -> None:
    found = [shifted(seed)[0] for seed in range(200)]
    values = np.array([one.values for one in found])
    told = np.mean([one.covariance for one in found], axis=0)

    assert np.cov(values.T) == pytest.approx(told, rel=0.25)


def test_with_predicted_classes_it_is_the_formula_of_rogan_and_gladen() -> None:
    # (apparent share + specificity - 1) / (sensitivity + specificity - 1), with 80 % and 90 %
    labelled = np.repeat([1.0, 0.0, 1.0, 0.0], [80, 20, 10, 90])
    truth = np.repeat([True, False], 100)
    found = adjusted_shares(labelled, truth, range(200), [1.0] * 31 + [0.0] * 69, [0] * 100, range(200, 300), 1)

    assert found.values[0] == pytest.approx((0.31 + 0.9 - 1) / (0.8 + 0.9 - 1))
    spread = 0.31 * 0.69 / 99 + 0.3**2 * 0.8 * 0.2 / 100 + 0.7**2 * 0.1 * 0.9 / 100
    assert found.covariance[0, 0] == pytest.approx(spread / 0.7**2, rel=0.01)


def test_rows_whose_class_is_known_count_as_they_are() -> None:
    rng = np.random.default_rng(3)
    scores, truth, customer = drawn(rng, 0.5, 200)
    known = KnownClasses(truth=truth[:100], cells=np.zeros(100, dtype=int), clusters=customer[:100])
    only = adjusted_shares(scores, truth, customer, [], [], [], 1, known=known)
    asked = scores[100:], np.zeros(scores.size - 100, dtype=int), customer[100:]
    both = adjusted_shares(scores, truth, customer, *asked, 1, known=known)
    rest = adjusted_shares(scores, truth, customer, *asked, 1)

    assert only.values[0] == pytest.approx(truth[:100].mean())
    assert both.values[0] == pytest.approx((truth[:100].sum() + (scores.size - 100) * rest.values[0]) / scores.size)
    assert both.covariance[0, 0] < rest.covariance[0, 0]


def test_known_and_adjusted_rows_together_cover_with_customers_in_both() -> None:
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        scores, truth, customer = drawn(rng, 0.3, 500)
        rated = rng.random(scores.size) < 0.5
        cells = np.zeros(scores.size, dtype=int)
        known = KnownClasses(truth=truth[rated], cells=cells[rated], clusters=customer[rated])
        asked = scores[~rated], cells[~rated], customer[~rated]
        found = adjusted_shares(scores[rated], truth[rated], customer[rated], *asked, 1, known=known)
        covered += holds(weighted_share(found, [1.0]), 0.3)

    assert 184 <= covered <= 198


def test_every_comment_counted_twice_for_its_customer_is_no_more_certain() -> None:
    scores, truth, customer = drawn(np.random.default_rng(5), 0.4, 100)
    cells = np.zeros(scores.size, dtype=int)
    once = adjusted_shares(scores, truth, customer, scores, cells, customer, 1)
    twice = adjusted_shares(*(np.tile(part, 2) for part in (scores, truth, customer, scores, cells, customer)), 1)

    assert twice.values == pytest.approx(once.values)
    assert twice.covariance == pytest.approx(once.covariance, rel=1e-9)


def test_a_score_that_tells_nothing_corrects_nothing_but_what_is_known_stays() -> None:
    rng = np.random.default_rng(9)
    truth, noise = rng.random(100) < 0.5, rng.random(100)
    known = KnownClasses(truth=truth, cells=np.ones(100, dtype=int), clusters=np.arange(100))
    found = adjusted_shares(noise, truth, range(100), noise, np.zeros(100, dtype=int), range(100), 2, known=known)

    assert found.reason == "near_nought"
    assert weighted_share(found, [1, 0]).reason == "near_nought"
    assert weighted_share(found, [0, 1]).value == pytest.approx(truth.mean())
    assert weighted_share(found, [0, 1]).reason == ""


def test_without_labels_of_a_class_or_rows_in_a_cell_there_is_a_reason() -> None:
    one_class = adjusted_shares([0.2, 0.7], [True, True], [1, 2], [0.5], [0], [3], 1)
    empty = adjusted_shares([0.9, 0.8, 0.1, 0.2], [1, 1, 0, 0], range(4), [0.5, 0.6], [0, 0], [7, 8], 2)

    assert weighted_share(one_class, [1.0]).reason == "too_few"
    assert weighted_share(empty, [0.5, 0.5]).reason == "too_few"
    assert weighted_share(empty, [1.0, 0.0]).reason == ""


def test_a_cell_of_one_customer_is_not_certain() -> None:
    scores, truth, customer = drawn(np.random.default_rng(2), 0.4, 200)
    cells = (customer == 0).astype(int)
    found = adjusted_shares(scores, truth, customer, scores, cells, customer, 2)

    assert found.covariance[1, 1] > 100 * found.covariance[0, 0]


def test_a_clipped_share_keeps_an_interval_within_nought_and_one() -> None:
    truth = np.repeat([True, False], 50)
    labelled = np.where(truth, 0.8, 0.3) + np.tile([-0.1, 0.1], 50)
    found = weighted_share(
        adjusted_shares(labelled, truth, range(100), [0.2, 0.25, 0.3], [0] * 3, [101, 102, 103], 1), [1.0]
    )

    assert found.value == 0
    assert (found.ci_lower, found.ci_upper < 0.3) == (0, True)


def three_classes(rng: np.random.Generator, shares: list[float], n: int) -> tuple[Floats, NDArray[np.intp]]:
    """Scores for the first and the last of three classes, and the class, of rows with these shares."""
    place = rng.choice(3, n, p=shares)
    middle = np.array([[0.75, 0.1], [0.15, 0.15], [0.1, 0.8]])[place]
    return np.clip(middle + rng.normal(0, 0.15, (n, 2)), 0, 1), place


def test_three_classes_allow_for_a_rest_that_is_made_up_otherwise() -> None:
    rng = np.random.default_rng(5)
    labelled, truth = three_classes(rng, [0.3, 0.2, 0.5], 4000)
    asked, _ = three_classes(rng, [0.3, 0.6, 0.1], 4000)
    places, others = np.arange(4000), np.arange(4000, 8000)

    three = adjusted_shares(labelled, truth, places, asked, np.zeros(4000, int), others, 1)
    two = adjusted_shares(labelled[:, 0], truth == 0, places, asked[:, 0], np.zeros(4000, int), others, 1)

    assert three.values[0] == pytest.approx(0.3, abs=0.02)
    assert two.values[0] > 0.32
    assert np.sqrt(three.covariance[0, 0]) < 0.02


def test_labels_at_the_wrong_end_are_allowed_for() -> None:
    # A tenth of the labels of the outer classes say the opposite; the others of the asked rows would too.
    flips = np.array([[0.9, 0, 0.1], [0, 1, 0], [0.1, 0, 0.9]])
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        scores, truth = three_classes(rng, [0.2, 0.2, 0.6], 1500)
        labels = np.array([rng.choice(3, p=flips[each]) for each in truth])
        asked, _ = three_classes(rng, [0.6, 0.2, 0.2], 500)
        again = relabelling(np.bincount(labels, minlength=3) / labels.size, flips)
        found = adjusted_shares(
            scores, labels, np.arange(1500), asked, np.zeros(500, int), np.arange(1500, 2000), 1, again=again
        )
        estimate = weighted_share(found, [1.0])
        # What would be labelled so: nine tenths of those who are, and a tenth of the opposite.
        covered += estimate.ci_lower <= 0.6 * 0.9 + 0.2 * 0.1 <= estimate.ci_upper

    assert covered >= 90


def test_sure_labels_would_be_given_again() -> None:
    assert relabelling([0.3, 0.2, 0.5], np.eye(3)) == pytest.approx(np.eye(3))


def test_a_cell_that_there_is_not_and_a_share_that_is_none_are_refused() -> None:
    with pytest.raises(ValueError, match="cells must be numbers from 0 to 1, not 0 to 2"):
        adjusted_shares([0.1, 0.9], [0, 1], [1, 2], [0.4, 0.4], [0, 2], [1, 2], 2)
