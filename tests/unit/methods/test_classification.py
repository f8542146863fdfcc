import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from retention_lab.methods.classification import difference_in_macro_f1, judge_classes

Integers = NDArray[np.int64]


def drawn(rng: np.random.Generator, n_clusters: int, skill: float = 0.8) -> tuple[Integers, Integers, Integers]:
    """Truth (20 %, 30 %, 50 %), prediction and customer; a customer's comments are of like mood and like difficulty."""
    customer = np.repeat(np.arange(n_clusters), rng.integers(1, 5, n_clusters))
    usual = rng.choice(3, n_clusters, p=[0.2, 0.3, 0.5])
    truth = np.where(rng.random(customer.size) < 0.5, usual[customer], rng.choice(3, customer.size, p=[0.2, 0.3, 0.5]))
    clear = rng.beta(4 * skill, 4 * (1 - skill), n_clusters)
    guess = rng.choice(3, customer.size)
    return truth, np.where(rng.random(customer.size) < clear[customer], truth, guess), customer


def test_the_measures_are_scikit_learns() -> None:
    truth, told, customer = drawn(np.random.default_rng(1), 200)
    found = judge_classes(truth, told, 3, customer, of_interest=1)

    assert found.accuracy.value == pytest.approx(accuracy_score(truth, told))
    assert found.macro_f1.value == pytest.approx(f1_score(truth, told, average="macro"))
    assert found.recall.value == pytest.approx(recall_score(truth, told, labels=[1], average="macro"))
    assert found.precision.value == pytest.approx(precision_score(truth, told, labels=[1], average="macro"))
    assert found.shares == pytest.approx(tuple(np.bincount(truth) / truth.size))
    assert (found.recall.n_obs, found.precision.n_obs) == ((truth == 1).sum(), (told == 1).sum())


def test_a_class_that_nobody_has_and_nobody_is_given_does_not_pull_macro_f1_down() -> None:
    truth, told = np.array([0, 2, 2, 0, 2, 0]), np.array([0, 2, 0, 0, 2, 2])
    found = judge_classes(truth, told, 3, range(6))

    assert found.macro_f1.value == pytest.approx(f1_score(truth, told, average="macro"))
    assert judge_classes(truth, np.ones(6, dtype=int), 3, range(6)).macro_f1.value == 0


def test_intervals_cover_with_customers_who_write_several_times() -> None:
    truth, told, _ = drawn(np.random.default_rng(0), 200_000)
    exact = [
        accuracy_score(truth, told), f1_score(truth, told, average="macro"),
        (told[truth == 0] == 0).mean(), (truth[told == 0] == 0).mean(),
    ]  # fmt: skip
    covered = np.zeros(4)
    for seed in range(200):
        truth, told, customer = drawn(np.random.default_rng(100 + seed), 200)
        found = judge_classes(truth, told, 3, customer)
        each = (found.accuracy, found.macro_f1, found.recall, found.precision)
        covered += [one.ci_lower <= value <= one.ci_upper for one, value in zip(each, exact, strict=True)]

    # With 200 samples, a coverage of 95 % is known to a point and a half.
    assert (covered >= 184).all()
    assert (covered <= 197).all()


def test_each_row_a_second_time_for_its_customer_makes_nothing_surer() -> None:
    truth, told, customer = drawn(np.random.default_rng(2), 150)
    once = judge_classes(truth, told, 3, customer)
    twice = judge_classes(np.tile(truth, 2), np.tile(told, 2), 3, np.tile(customer, 2))

    assert twice.macro_f1.std_error == pytest.approx(once.macro_f1.std_error, rel=1e-9)
    assert judge_classes(np.tile(truth, 2), np.tile(told, 2), 3, range(2 * truth.size)).macro_f1.std_error < (
        0.9 * twice.macro_f1.std_error
    )


def test_the_same_rows_give_the_same_interval_in_whatever_order_and_another_seed_hardly_another() -> None:
    truth, told, customer = drawn(np.random.default_rng(3), 150)
    mixed = np.random.default_rng(4).permutation(truth.size)
    found = judge_classes(truth, told, 3, customer)

    assert judge_classes(truth[mixed], told[mixed], 3, customer[mixed]) == found
    other = judge_classes(truth, told, 3, customer, seed=2).accuracy
    assert other.std_error == pytest.approx(found.accuracy.std_error, rel=0.2)


def test_what_cannot_be_judged_has_a_reason() -> None:
    nobody = judge_classes([], [], 3, [])
    never = judge_classes([1, 2, 1, 2], [1, 2, 2, 1], 3, range(4))
    right = judge_classes([0, 1, 0, 1], [0, 1, 0, 1], 2, range(4))

    assert nobody.accuracy.reason == nobody.macro_f1.reason == "too_few"
    assert never.recall.reason == never.precision.reason == "too_few"
    assert (right.accuracy.value, right.accuracy.reason) == (1, "too_few")


def test_what_two_readers_share_does_not_blur_their_difference() -> None:
    truth, told, customer = drawn(np.random.default_rng(5), 300)
    worse = np.where(np.random.default_rng(6).random(truth.size) < 0.1, 0, told)
    gain = difference_in_macro_f1(truth, told, worse, 3, customer)
    one, other = judge_classes(truth, told, 3, customer).macro_f1, judge_classes(truth, worse, 3, customer).macro_f1

    assert gain.value == pytest.approx(one.value - other.value)
    assert gain.std_error < 0.7 * np.hypot(one.std_error, other.std_error)
    back = difference_in_macro_f1(truth, worse, told, 3, customer)
    assert (back.value, back.std_error) == pytest.approx((-gain.value, gain.std_error), rel=0.15)


def test_the_difference_covers() -> None:
    rng = np.random.default_rng(0)
    truth, told, _ = drawn(rng, 200_000)
    worse = np.where(rng.random(truth.size) < 0.2, 2, told)
    exact = f1_score(truth, told, average="macro") - f1_score(truth, worse, average="macro")
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(500 + seed)
        truth, told, customer = drawn(rng, 200)
        found = difference_in_macro_f1(truth, told, np.where(rng.random(truth.size) < 0.2, 2, told), 3, customer)
        covered += found.ci_lower <= exact <= found.ci_upper

    assert 184 <= covered <= 198


def test_nobody_is_better_than_himself() -> None:
    found = difference_in_macro_f1([0, 1, 1], [0, 1, 0], [0, 1, 0], 2, [1, 2, 3])

    assert (found.value, found.ci_lower, found.ci_upper) == (0, 0, 0)
    assert difference_in_macro_f1([], [], [], 2, []).reason == "too_few"


def test_classes_that_there_are_not_are_refused() -> None:
    with pytest.raises(ValueError, match="truth must be from 0 to 1, not 0 to 2"):
        judge_classes([0, 2], [0, 1], 2, [1, 2])
    with pytest.raises(ValueError, match="predictions must be 2, one for each row, not 3"):
        judge_classes([0, 1], [0, 1, 1], 2, [1, 2])
