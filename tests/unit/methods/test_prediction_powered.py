import numpy as np
import pytest

from retention_lab.methods.estimates import Estimate
from retention_lab.methods.prediction_powered import pool_strata, prediction_powered_share

ROW = np.arange(1000)
GUESS_LABELLED = (ROW[:150] * 37 % 101) / 100
TRUTH = (ROW[:150] * 53 % 97) / 96 < GUESS_LABELLED
GUESS = ROW * 29 % 89 / 88
APART = ROW + 1000


# From ppi-python 0.2.3, on the same rows: ppi_mean_pointestimate(TRUTH, GUESS_LABELLED, GUESS, lam=lam) and
# ppi_mean_ci(..., alpha=0.05, lam=lam). Its interval is normal and without a small-sample factor, ours is Student's
# with 149 degrees of freedom: 1.2 % of the width, and skewness moves it. Its tuning pools the variances of the guesses.
@pytest.mark.parametrize(
    ("tuning", "value", "lower", "upper", "slack"),
    [
        (1.0, 0.50405682, 0.4323137, 0.57579994, 1e-8),
        (0.5, 0.50202841, 0.43027683, 0.57377998, 1e-8),
        (None, 0.50303536, 0.4323878, 0.57368292, 1e-4),
    ],
)
def test_it_is_the_estimate_of_the_authors_own_package(
    tuning: float | None, value: float, lower: float, upper: float, slack: float
) -> None:
    found = prediction_powered_share(GUESS, GUESS_LABELLED, TRUTH, APART, ROW[:150], tuning=tuning)

    assert found.value == pytest.approx(value, abs=slack)
    assert found.ci_upper - found.ci_lower == pytest.approx(upper - lower, rel=0.02)


def sampled(seed: int, n_labels: int = 150) -> tuple[Estimate, Estimate, bool]:
    """A model that calls far too many unhappy, 30 % being so; labels of customers drawn at random among all."""
    rng = np.random.default_rng(seed)
    customer = np.repeat(np.arange(1500), rng.integers(1, 4, 1500))
    mood = rng.beta(0.9, 2.1, 1500)
    truth = rng.random(customer.size) < mood[customer]
    guess = np.where(rng.random(customer.size) < 0.85, truth, True).astype(float)
    some = rng.choice(customer.size, n_labels, replace=False)
    powered, alone = (
        prediction_powered_share(guess, guess[some], truth[some], customer, customer[some], tuning=tuning)
        for tuning in (None, 0.0)
    )
    error = np.sqrt(guess.mean() * (1 - guess.mean()) / guess.size)
    return powered, alone, bool(abs(guess.mean() - 0.3) < 1.96 * error)


def test_it_covers_whatever_the_model_and_is_narrower_than_labels_alone() -> None:
    samples = [sampled(seed) for seed in range(200)]

    assert sum(powered.ci_lower <= 0.3 <= powered.ci_upper for powered, *_ in samples) >= 186
    assert not any(naive for *_, naive in samples)
    width, alone = (np.mean([pair[one].ci_upper - pair[one].ci_lower for pair in samples]) for one in (0, 1))
    assert width < 0.75 * alone


def test_predictions_that_tell_nothing_are_not_used() -> None:
    noise = ROW * 71 % 97 / 96
    with_noise = prediction_powered_share(noise, noise[:150], TRUTH, APART, ROW[:150])
    alone = prediction_powered_share(noise, noise[:150], TRUTH, APART, ROW[:150], tuning=0.0)

    assert with_noise.std_error <= alone.std_error
    assert with_noise.value == pytest.approx(alone.value, abs=0.02)
    assert alone.value == pytest.approx(TRUTH.mean())


def test_strata_count_by_their_share_of_all_rows_and_not_by_their_labels() -> None:
    everywhere = np.repeat(["shop", "mail"], [200, 800])
    labelled = np.repeat(["shop", "mail"], [100, 50])
    truth = np.repeat([1.0, 0.0, 1.0, 0.0], [80, 20, 5, 45])
    found = prediction_powered_share(
        np.zeros(1000), np.zeros(150), truth, APART, ROW[:150], strata_all=everywhere, strata_labelled=labelled
    )

    assert found.value == pytest.approx(0.2 * 0.8 + 0.8 * 0.1)
    assert found.std_error**2 == pytest.approx(0.04 * 0.8 * 0.2 / 99 + 0.64 * 0.1 * 0.9 / 49)


def test_strata_with_hardly_a_label_are_put_together() -> None:
    everywhere = np.repeat(["en", "it", "sl", "fr"], [50, 40, 5, 5])
    labelled = np.repeat(["en", "it", "sl"], [20, 6, 3])
    found = pool_strata(everywhere, labelled)

    assert found.pooled == ("fr", "it", "sl")
    assert [np.unique(found.of_all[everywhere == name]).size for name in ("it", "sl", "fr")] == [1, 1, 1]
    assert len(np.unique(found.of_all)) == 2
    assert pool_strata(["en", "it"] * 9, ["en", "it"] * 9).pooled == ()


def test_repeating_each_comment_for_its_customer_makes_nothing_surer() -> None:
    once = prediction_powered_share(GUESS, GUESS_LABELLED, TRUTH, APART, ROW[:150])
    parts = (np.tile(part, 3) for part in (GUESS, GUESS_LABELLED, TRUTH, APART, ROW[:150]))
    thrice = prediction_powered_share(*parts)

    # What is left is the small-sample factor of 150 and of 450 rows.
    assert thrice.value == pytest.approx(once.value, abs=1e-4)
    assert thrice.std_error == pytest.approx(once.std_error, rel=0.01)


def test_labels_that_are_all_alike_leave_room_for_what_was_not_seen() -> None:
    found = prediction_powered_share(GUESS, GUESS_LABELLED[:40], np.zeros(40), APART, ROW[:40])

    assert (found.value, found.ci_lower) == (0, 0)
    assert found.ci_upper == pytest.approx(1.96**2 / (40 + 1.96**2), abs=1e-3)


def test_a_single_customer_is_too_few() -> None:
    assert prediction_powered_share(GUESS, [0.1, 0.9], [0, 1], APART, [7, 7]).reason == "too_few"
