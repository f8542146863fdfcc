"""Money: what a customer brings is counted for each customer, and what is not known is not claimed."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.experiments.effects import estimate_effects
from retention_lab.analysis.experiments.money import VariantMoney, estimate_money
from retention_lab.analysis.experiments.study import study_experiment
from retention_lab.tables.client import Client

COSTS = {"reward": 5.0, "contact": 0.2, "rewarded": "taken"}
SPEND = {"spend": {"kind": "mean", "column": "spend", "money": "revenue"}}
RATE = {"margin_rate": 0.4}


def people(n: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    offered = np.arange(n) % 2 == 1
    return pd.DataFrame(
        {
            "customer_id": [f"C{row:05d}" for row in range(n)],
            "variant": np.where(offered, "offer", "none"),
            "taken": (rng.random(n) < 0.4).astype(int),
            "spend": (rng.gamma(2.0, 20.0, n) + 8 * offered).round(2),
            "months": rng.uniform(1.0, 9.0, n).round(1),
            "left": rng.integers(0, 2, n),
        }
    )


def money_of(client: Client) -> tuple[VariantMoney, ...]:
    study = study_experiment(client)
    return estimate_money(client, study, estimate_effects(study))


def by_hand(rows: pd.DataFrame, spend: pd.Series) -> float:
    """0.4 of the difference in what a customer spent, less 0.20 each and 5 for each reward that was taken."""
    mean, taken = spend.groupby(level="variant").mean(), rows.taken[rows.variant == "offer"].mean()
    return 0.4 * float(mean["offer"] - mean["none"]) - 0.2 - 5 * float(taken)


def test_the_net_is_margin_less_the_cost_of_those_who_took_the_reward(make_experiment) -> None:
    rows = people()
    (found,) = money_of(make_experiment(rows, SPEND, costs=COSTS, money=RATE))
    assert found.net.value == pytest.approx(by_hand(rows, rows.set_index("variant").spend))


def test_of_several_orders_a_customer_brings_the_sum(make_experiment) -> None:
    """The effect is on the average order; the money is that of customers, who order more often with the offer."""
    rows = people()
    again = rows[(rows.index % 3 == 0) | (rows.variant == "offer")].assign(spend=lambda frame: frame.spend + 10)
    orders = pd.concat([rows, again])
    (found,) = money_of(make_experiment(orders, SPEND, costs=COSTS, money=RATE))
    sums = orders.groupby(["customer_id", "variant"]).spend.sum()
    assert found.net.value == pytest.approx(by_hand(rows, sums))


def test_staying_without_a_monthly_value_is_worth_nothing_that_could_be_told(make_experiment) -> None:
    stay: dict[str, Any] = {"kind": "survival", "duration": "months", "event_observed": "left", "unit": "months"}
    outcomes = {"stay": {**stay, "horizon_days": 120, "money": "revenue"}}
    assert money_of(make_experiment(people(), outcomes)) == ()


def test_the_chance_of_a_loss_is_no_surer_than_the_interval(make_experiment) -> None:
    """Whoever may look at any time has a wider interval, and the same net is then less sure."""
    (once,), (always,) = (
        money_of(make_experiment(people(), SPEND, costs=COSTS, money=RATE, design=design))
        for design in ("fixed", "anytime")
    )
    assert always.net.value == pytest.approx(once.net.value)
    assert min(always.loss_chance, 1 - always.loss_chance) > min(once.loss_chance, 1 - once.loss_chance)
