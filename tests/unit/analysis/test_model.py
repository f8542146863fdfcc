"""What form the model takes, and what it says where ratios change over time."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.model import ChurnModel, fit_model, split_ratios
from retention_lab.tables.observation import Observation

Observe = Callable[..., Observation]


def fitted(observation: Observation) -> ChurnModel:
    rows = observation.rows.order_by("customer_id").to_pandas()
    names = [*observation.categorical, *observation.numeric, *observation.since]
    return fit_model(observation, rows, names, min_group=10, confidence_level=0.95)


def seen(stay: np.ndarray, rng: np.random.Generator, **covariates: object) -> pd.DataFrame:
    """Customers who leave after `stay` days, watched for 50 to 700 days."""
    watched = rng.uniform(50, 700, stay.size)
    duration = np.ceil(np.minimum(stay, watched))
    return pd.DataFrame({"duration": duration, "event_observed": stay <= watched, **covariates})


def renewing(n: int, seed: int) -> pd.DataFrame:
    """Monthly customers leave at a constant rate; yearly ones stay for their year, and half of them leave after it."""
    rng = np.random.default_rng(seed)
    yearly = rng.random(n) < 0.5
    at_renewal = np.where(rng.random(n) < 0.5, 365 + rng.uniform(0, 15, n), 365 + rng.exponential(2000, n))
    stay = np.where(yearly, np.minimum(at_renewal, rng.exponential(5000, n)), rng.exponential(600, n))
    return seen(stay, rng, contract=np.where(yearly, "Yearly", "Monthly"), region=rng.choice(["N", "S"], n))


def test_a_group_that_leaves_at_its_renewal_gets_a_curve_of_its_own(observe: Observe) -> None:
    model = fitted(observe(renewing(3000, 1)))

    assert model.stratified == ("contract",)
    assert model.pvalues["region"] > 0.01
    here = model.rows[model.rows.duration.between(300, 350) & ~model.rows.event_observed]
    risk = pd.Series(model.risk(here, 60), index=here.index)
    # Half of the yearly customers are about to leave; of the monthly ones 1 - exp(-60/600).
    yearly = here.contract == "Yearly"
    assert risk[yearly & (here.duration > 325)].mean() == pytest.approx(0.5, abs=0.06)
    assert risk[~yearly].mean() == pytest.approx(1 - np.exp(-0.1), abs=0.02)


def test_a_ratio_that_turns_is_told_early_and_late(observe: Observe) -> None:
    rng, n = np.random.default_rng(2), 8000
    group = rng.random(n) < 0.5
    # The others leave at 1/400; the group twice as fast for 120 days, and half as fast afterwards.
    early, late = rng.exponential(np.where(group, 200, 400)), rng.exponential(np.where(group, 800, 400))
    stay = np.where(early < 120, early, 120 + late)
    observation = observe(seen(stay, rng, kind=np.where(group, "B", "A")))

    (ratio,) = split_ratios(fitted(observation))

    early_ratio, late_ratio = (one.value if ratio.level == "B" else 1 / one.value for one in (ratio.early, ratio.late))
    assert early_ratio == pytest.approx(2, rel=0.15)
    # Half of the departures are over before the turn, so that some of the early time is in the late ratio.
    assert late_ratio < 1
    assert not ratio.change.ci_lower <= 1 <= ratio.change.ci_upper


def test_constant_ratios_are_left_alone(observe: Observe) -> None:
    strict = 0
    for seed in range(30):
        rng, n = np.random.default_rng(seed), 600
        plan = rng.choice(["A", "B", "C"], n)
        stay = rng.exponential(400 / pd.Series(plan).map({"A": 1.0, "B": 1.5, "C": 2.5}).to_numpy())
        model = fitted(observe(seen(stay, rng, plan=plan, age=rng.uniform(20, 80, n)), numeric=("age",)))
        strict += bool(model.stratified or model.curved)
    # At one in a hundred for each of two questions, three of thirty would be much.
    assert strict <= 3


def test_a_number_that_acts_in_a_curve_enters_as_one(observe: Observe) -> None:
    rng, n = np.random.default_rng(4), 4000
    age = rng.uniform(20, 80, n)
    # The young and the old leave sooner than those of fifty.
    stay = rng.exponential(800 / np.exp(1.5 * ((age - 50) / 30) ** 2))

    model = fitted(observe(seen(stay, rng, age=age), numeric=("age",)))

    assert model.curved == ("age",)
    here = model.rows[~model.rows.event_observed].assign(duration=100.0)
    risk = pd.Series(model.risk(here, 100), index=here.index)
    for low, high in ((20, 25), (48, 52), (75, 80)):
        inside = here.age.between(low, high)
        truth = 1 - np.exp(-100 / 800 * np.exp(1.5 * ((here.age[inside] - 50) / 30) ** 2))
        assert risk[inside].mean() == pytest.approx(truth.mean(), rel=0.15)


def test_a_stratum_is_never_so_small_that_its_curve_means_nothing(observe: Observe) -> None:
    rows = renewing(3000, 5)
    few = rows[rows.contract == "Yearly"].index[30:]

    model = fitted(observe(rows.drop(index=few).reset_index(drop=True)))

    assert model.pvalues["contract"] < 0.01
    assert "contract" not in model.stratified
