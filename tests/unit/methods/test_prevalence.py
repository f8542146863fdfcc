import numpy as np
import pytest
from numpy.typing import NDArray

from retention_lab.methods.estimates import Estimate
from retention_lab.methods.prevalence import (
    AdjustedShares,
    KnownClasses,
    adjusted_shares,
    em_share,
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


def test_em_finds_the_share_that_its_own_steps_lead_to() -> None:
    scores, *_ = drawn(np.random.default_rng(4), 0.2, 500)
    share = 0.6
    for _ in range(5000):
        ahead, behind = scores * share / 0.6, (1 - scores) * (1 - share) / 0.4
        share = float(np.mean(ahead / (ahead + behind)))

    assert em_share(scores, 0.6) == pytest.approx(share, abs=1e-6)


def test_em_undoes_a_shift_and_stays_within_nought_and_one() -> None:
    rng = np.random.default_rng(8)
    truth = rng.random(20_000) < 0.2
    odds = np.where(truth, 1.0, -1.0) + rng.normal(0, 1, truth.size)
    calibrated = 0.6 * np.exp(2 * odds) / (0.6 * np.exp(2 * odds) + 0.4)

    assert em_share(calibrated, 0.6) == pytest.approx(0.2, abs=0.01)
    assert (em_share([0.1, 0.2], 0.5), em_share([0.9, 1.0], 0.5)) == (0, 1)


def test_a_cell_that_there_is_not_and_a_share_that_is_none_are_refused() -> None:
    with pytest.raises(ValueError, match="cells must be numbers from 0 to 1, not 0 to 2"):
        adjusted_shares([0.1, 0.9], [0, 1], [1, 2], [0.4, 0.4], [0, 2], [1, 2], 2)
    with pytest.raises(ValueError, match="training_share"):
        em_share([0.4], 1.0)
