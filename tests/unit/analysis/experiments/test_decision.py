"""The decision: what the effect, the guardrails, the gates and the money say together."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.experiments.decision import Decision, decide
from retention_lab.analysis.experiments.effects import estimate_effects
from retention_lab.analysis.experiments.gates import check_gates
from retention_lab.analysis.experiments.money import estimate_money
from retention_lab.analysis.experiments.study import study_experiment
from retention_lab.tables.client import Client

HALVES = {"none": 0.5, "offer": 0.5}
N = 4000
MONEY = {"kind": "mean", "column": "spend", "role": "primary", "money": "margin"}


def spenders(effect: float, *, returned: float = 0.1, n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    treated = np.arange(n) % 2 == 1
    return pd.DataFrame(
        {
            "customer_id": [f"C{row:05d}" for row in range(n)],
            "variant": np.where(treated, "offer", "none"),
            "spend": rng.normal(50.0, 10.0, n) + effect * treated,
            "returned": (rng.random(n) < np.where(treated, returned, 0.1)).astype(int),
        }
    )


def decision_on(client: Client) -> Decision:
    study = study_experiment(client)
    effects = estimate_effects(study)
    return decide(study, check_gates(study, effects), effects, estimate_money(client, study, effects))


@pytest.mark.parametrize(
    ("effect", "reward", "answer"),
    [
        (3.0, 0.5, "pays"),
        (3.0, 3.1, "money_open"),
        (3.0, 9.0, "loses"),
        (-3.0, 0.5, "worse"),
        (0.0, 0.5, "no_clear_effect"),
    ],
)
def test_what_it_brings_is_held_against_what_it_costs(
    make_experiment, effect: float, reward: float, answer: str
) -> None:
    client = make_experiment(spenders(effect), {"spend": MONEY}, shares=HALVES, costs={"reward": reward})
    assert decision_on(client).answer == answer


def test_lower_may_be_better(make_experiment) -> None:
    outcome = {"kind": "mean", "column": "spend", "better": "lower"}
    assert decision_on(make_experiment(spenders(-3.0), {"spend": outcome}, shares=HALVES)).answer == "money_unknown"
    assert decision_on(make_experiment(spenders(3.0), {"spend": outcome}, shares=HALVES)).answer == "worse"


@pytest.mark.parametrize(("returned", "answer"), [(0.1, "pays"), (0.2, "harms_guardrail")])
def test_a_guardrail_must_be_shown_to_hold(make_experiment, returned: float, answer: str) -> None:
    guardrail = {"kind": "proportion", "column": "returned", "role": "guardrail", "margin": 0.04, "better": "lower"}
    client = make_experiment(spenders(3.0, returned=returned), {"spend": MONEY, "returned": guardrail}, shares=HALVES)
    decision = decision_on(client)
    assert decision.answer == answer
    assert len(decision.guardrails) == (answer == "harms_guardrail")


def test_no_worse_than_its_margin_is_an_answer(make_experiment) -> None:
    outcome: dict[str, Any] = {"kind": "mean", "column": "spend", "margin": 2.0}
    assert decision_on(make_experiment(spenders(0.0), {"spend": outcome}, shares=HALVES)).answer == "no_worse"


def test_a_failed_gate_goes_before_any_effect(make_experiment) -> None:
    rows = spenders(3.0)
    rows = rows.drop(rows.index[rows.variant == "offer"][:300])
    decision = decision_on(make_experiment(rows, {"spend": MONEY}, shares=HALVES))
    assert decision.answer == "invalid"
    assert [gate.name for gate in decision.gates] == ["sample_ratio"]


def test_a_look_before_its_time_decides_nothing(make_experiment) -> None:
    client = make_experiment(spenders(3.0), {"spend": MONEY}, shares=HALVES, n_planned=2 * N)
    assert decision_on(client).answer == "too_early"


def test_a_handful_decides_nothing(make_experiment) -> None:
    client = make_experiment(spenders(30.0, n=20), {"spend": MONEY}, shares=HALVES)
    assert decision_on(client).answer == "not_enough_data"


def test_of_several_treatments_the_one_that_earns_most_is_told(make_experiment) -> None:
    rows = spenders(0.0, n=6000)
    rows["variant"] = np.array(["none", "small", "large"])[np.arange(6000) % 3]
    rows["spend"] += rows.variant.map({"none": 0.0, "small": 2.0, "large": 5.0})
    decision = decision_on(make_experiment(rows, {"spend": MONEY}, costs={"reward": 1.0}))
    assert decision.effect is not None
    assert (decision.answer, decision.effect.variant) == ("pays", "large")


@pytest.mark.parametrize("missing", ["none", "offer"])
def test_one_empty_variant_is_no_experiment_to_decide_on(make_experiment, missing: str) -> None:
    rows = spenders(0.0)
    client = make_experiment(rows[rows.variant != missing], {"spend": MONEY}, shares=HALVES)
    assert decision_on(client).answer == "invalid"


def test_an_effect_that_a_few_customers_make_is_not_rolled_out(make_experiment) -> None:
    rows = spenders(0.0)
    rows.loc[rows.index[rows.variant == "offer"][:12], "spend"] = 6000.0
    assert decision_on(make_experiment(rows, {"spend": MONEY}, shares=HALVES)).answer == "carried_by_few"
    declared = {**MONEY, "winsorise_at": 0.99}
    assert decision_on(make_experiment(rows, {"spend": declared}, shares=HALVES)).answer == "no_clear_effect"
