"""Gates: each kind of broken experiment is stopped or doubted, and a sound one passes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.experiments.decision import decide
from retention_lab.analysis.experiments.effects import estimate_effects
from retention_lab.analysis.experiments.gates import Gate, check_gates, readable
from retention_lab.analysis.experiments.study import ExperimentStudy, study_experiment
from retention_lab.tables.client import Client

HALVES = {"none": 0.5, "offer": 0.5}
YES = {"bought": {"kind": "proportion", "column": "bought"}}


def people(n: int = 2000, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"C{row:05d}" for row in range(n)],
            "variant": np.array(["none", "offer"])[np.arange(n) % 2],
            "assigned_on": "2026-03-02",
            "bought": (rng.random(n) < 0.3).astype(int),
            "spend": rng.gamma(2.0, 20.0, n).round(2),
            "before": rng.gamma(2.0, 20.0, n).round(2),
            "active": (rng.random(n) < 0.5).astype(int),
        }
    )


def gates_of(client: Client, **asked: Any) -> tuple[dict[str, Gate], ExperimentStudy]:
    study = study_experiment(client, **asked)
    effects = estimate_effects(study)
    found = check_gates(study, effects)
    assert bool(readable(effects, found)) != any(gate.status == "failed" for gate in found)
    return {gate.name: gate for gate in found}, study


def gates_of_what_can_be(client: Client) -> tuple[dict[str, Gate], ExperimentStudy]:
    """As `gates_of`, where there may be no effect to read at all."""
    study = study_experiment(client)
    return {gate.name: gate for gate in check_gates(study, estimate_effects(study))}, study


def test_a_sound_experiment_passes(make_experiment) -> None:
    outcomes = {"spend": {"kind": "mean", "column": "spend", "covariate": "before"}, **YES}
    outcomes["spend"]["role"] = "primary"
    gates, _ = gates_of(make_experiment(people(), outcomes, shares=HALVES))
    assert {gate.status for gate in gates.values()} == {"passed", "not_applicable"}
    assert gates["balance"].status == "passed"


@pytest.mark.parametrize(("dropped", "status"), [(0, "passed"), (120, "warned"), (170, "failed")])
def test_a_variant_that_lost_customers_fails_the_sample_ratio(make_experiment, dropped: int, status: str) -> None:
    rows = people()
    rows = rows.drop(rows.index[rows.variant == "offer"][:dropped])
    gates, _ = gates_of(make_experiment(rows, YES, shares=HALVES))
    assert gates["sample_ratio"].status == status


def test_the_sample_ratio_counts_whom_a_filter_leaves_out(make_experiment) -> None:
    """The filter keeps far fewer of the treated: what fails is the filter, not the assignment."""
    rows = people()
    rows.loc[rows.variant == "offer", "active"] = (np.arange((rows.variant == "offer").sum()) % 4 == 0).astype(int)
    gates, study = gates_of(make_experiment(rows, YES, shares=HALVES, also=["active"]), where=["active=1"])
    assert gates["sample_ratio"].status == "passed"
    assert gates["filter"].status == "failed"
    assert study.trial is not None
    assert gates["filter"].rows[1].n == 250


def test_a_filter_is_never_passed_in_silence(make_experiment) -> None:
    gates, _ = gates_of(make_experiment(people(), YES, shares=HALVES, also=["active"]), where=["active=1"])
    assert gates["filter"].status == "warned"


@pytest.mark.parametrize(("twice", "status"), [(4, "passed"), (40, "warned"), (300, "failed")])
def test_customers_in_two_variants_are_in_no_number(make_experiment, twice: int, status: str) -> None:
    rows = people()
    also = rows[rows.variant == "none"].head(twice).assign(variant="offer")
    gates, study = gates_of(make_experiment(pd.concat([rows, also]), YES))
    assert gates["assignment"].status == status
    assert study.trial is not None
    assert study.trial.counts.analysed.sum() == 2000 - twice


def test_another_variant_received_is_counted_and_everybody_stays_as_assigned(make_experiment) -> None:
    rows = people().assign(received=lambda frame: frame.variant)
    rows.loc[rows.index[1:61:2], "received"] = "none"
    gates, study = gates_of(make_experiment(rows, YES, shares=HALVES))
    assert gates["assignment"].status == "warned"
    assert gates["assignment"].facts["n_received"] == 30
    assert study.trial is not None
    assert study.trial.counts.analysed.tolist() == [1000, 1000]


def test_rows_of_orders_are_analysed_by_customer(make_experiment) -> None:
    rows = people()
    orders = pd.concat([rows, rows.iloc[::3].assign(spend=1.0, bought=1)])
    gates, study = gates_of(make_experiment(orders, {"spend": {"kind": "mean", "column": "spend"}}, shares=HALVES))
    assert gates["unit"].status == "warned"
    assert gates["sample_ratio"].status == "passed"
    assert study.trial is not None
    assert study.trial.by_order


def test_only_customers_whose_window_is_over_are_in_the_denominator(make_experiment) -> None:
    rows = people()
    rows.loc[rows.index[:600], "assigned_on"] = "2026-06-20"
    late = {"bought": {"kind": "proportion", "column": "bought", "window_days": 30}}
    client = make_experiment(rows, late, shares=HALVES)
    gates, study = gates_of(client)
    assert gates["maturity"].status == "warned"
    (effect,) = estimate_effects(study)
    assert effect.contrast.n_obs == 1400


def test_an_outcome_lost_in_one_variant_fails(make_experiment) -> None:
    rows = people().astype({"spend": object})
    rows.loc[rows.index[1:400:2], "spend"] = ""
    gates, _ = gates_of(make_experiment(rows, {"spend": {"kind": "mean", "column": "spend"}}, shares=HALVES))
    assert gates["lost"].status == "failed"
    assert gates["sample_ratio"].status == "passed"


def test_variants_that_differ_beforehand_fail(make_experiment) -> None:
    rows = people()
    rows.loc[rows.variant == "offer", "before"] += 15
    outcomes = {"spend": {"kind": "mean", "column": "spend", "covariate": "before"}}
    gates, _ = gates_of(make_experiment(rows, outcomes, shares=HALVES))
    assert gates["balance"].status == "failed"


def test_a_fixed_design_that_is_looked_at_early_says_so(make_experiment) -> None:
    gates, _ = gates_of(make_experiment(people(), YES, shares=HALVES, n_planned=5000))
    assert gates["early_look"].status == "warned"
    gates, _ = gates_of(make_experiment(people(), YES, shares=HALVES, n_planned=2000))
    assert gates["early_look"].status == "passed"
    gates, _ = gates_of(make_experiment(people(), YES, shares=HALVES, design="anytime", n_planned=5000))
    assert gates["early_look"].status == "not_applicable"


def test_few_of_what_is_counted_are_few(make_experiment) -> None:
    rows = people().assign(bought=lambda frame: (frame.index < 9).astype(int))
    gates, _ = gates_of(make_experiment(rows, YES, shares=HALVES))
    assert gates["size"].status == "warned"


def test_a_mean_that_a_handful_of_buyers_make_is_too_few(make_experiment) -> None:
    """Six who bought against none of 2,000 look sure to a t-test, which a coin thrown six times does not bear out."""
    rows = people().assign(spend=0.0)
    rows.loc[rows.index[1:13:2], "spend"] = [100.0, 120.0, 90.0, 110.0, 105.0, 95.0]
    outcomes = {"spend": {"kind": "mean", "column": "spend"}}
    gates, study = gates_of(make_experiment(rows, outcomes, shares=HALVES))
    assert gates["size"].status == "warned"
    assert gates["size"].facts["nonzero"] == 6
    assert decide(study, [*gates.values()], estimate_effects(study), ()).answer == "not_enough_data"
    rows.loc[rows.index[:20], "spend"] = 50.0
    assert gates_of(make_experiment(rows, outcomes, shares=HALVES))[0]["size"].status == "passed"


def test_several_test_accounts_do_not_hide_one_another(make_experiment) -> None:
    """More of them than lie beyond the cut: measured by each other, none would be large."""
    rows = people()
    rows.loc[rows.index[1:21:2], "spend"] = 9_000.0
    gates, _ = gates_of(make_experiment(rows, {"spend": {"kind": "mean", "column": "spend"}}, shares=HALVES))
    assert gates["outliers"].status == "warned"
    assert gates["outliers"].facts == {"n_extreme": 10, "turned": 1}


@pytest.mark.parametrize("condition", ["bought=1", "received=offer"])
def test_a_condition_on_what_came_after_the_assignment_fails_however_alike_the_shares(
    make_experiment, condition: str
) -> None:
    rows = people().assign(bought=lambda frame: (frame.index % 4 < 2).astype(int), received="offer")
    rows.loc[:1, "received"] = "none"
    gates, _ = gates_of(make_experiment(rows, YES, shares=HALVES), where=[condition])
    assert gates["filter"].status == "failed"


def test_a_condition_on_a_covariate_of_an_outcome_does_not_fail_by_itself(make_experiment) -> None:
    outcomes = {"bought": {**YES["bought"], "covariate": "active"}}
    gates, _ = gates_of(make_experiment(people(), outcomes, shares=HALVES), where=["active=1"])
    assert gates["filter"].status == "warned"


def test_the_outcome_that_is_lost_is_the_one_that_is_told(make_experiment) -> None:
    outcomes = {"spend": {"kind": "mean", "column": "spend", "role": "primary"}, **YES}
    gates, _ = gates_of(make_experiment(people().assign(bought=""), outcomes, shares=HALVES))
    assert (gates["lost"].about, gates["lost"].facts["share"]) == ("bought", 1.0)


def test_one_variant_alone_is_not_compared_with_itself(make_experiment) -> None:
    rows = people()[lambda frame: frame.variant == "none"]
    outcomes = {"spend": {"kind": "mean", "column": "spend", "covariate": "before"}}
    gates, study = gates_of_what_can_be(make_experiment(rows, outcomes))
    assert study.treatments == ()
    assert gates["balance"].status == "not_applicable"


def test_one_customer_who_makes_the_answer_is_named(make_experiment) -> None:
    rows = people()
    rows.loc[1, "spend"] = 60_000.0
    gates, _ = gates_of(make_experiment(rows, {"spend": {"kind": "mean", "column": "spend"}}, shares=HALVES))
    assert gates["outliers"].status == "warned"
    assert gates["outliers"].facts["n_extreme"] == 1


def test_clusters_with_both_variants_were_not_drawn_as_clusters(make_experiment) -> None:
    rows = people().assign(cluster=lambda frame: frame.index // 50)
    gates, _ = gates_of(make_experiment(rows, YES))
    assert gates["unit"].status == "failed"
    rows["variant"] = np.where(rows.cluster % 2, "offer", "none")
    gates, _ = gates_of(make_experiment(rows, YES, shares=HALVES))
    assert gates["unit"].status == "passed"
    assert gates["sample_ratio"].rows[0].n == 20


def test_variants_that_were_assigned_in_other_weeks_fail(make_experiment) -> None:
    """A control of March and a treatment of June: variant and season cannot be told apart."""
    rows = people()
    day = pd.Timestamp("2026-03-02") + pd.Series(pd.to_timedelta(rows.index % 28 // 2, unit="D"))
    rows["assigned_on"] = day.dt.strftime("%Y-%m-%d")
    gates, _ = gates_of(make_experiment(rows, YES, shares=HALVES))
    assert gates["balance"].status == "passed"
    later = day + pd.to_timedelta(10 * (rows.variant == "offer"), unit="D")
    rows["assigned_on"] = later.dt.strftime("%Y-%m-%d")
    gates, _ = gates_of(make_experiment(rows, YES, shares=HALVES))
    assert gates["balance"].status == "failed"
    assert gates["balance"].facts["days"] == 1
    assert gates["balance"].rows[1].n - gates["balance"].rows[0].n == pytest.approx(10, abs=1)


def test_clusters_are_held_against_each_other_beforehand_as_clusters(make_experiment) -> None:
    """Stores differ, and with ten in each variant by a lot: customer by customer that would look like a fault."""
    failed = 0
    for seed in range(20):
        rows = people(seed=seed).assign(cluster=lambda frame: frame.index // 100)
        rng = np.random.default_rng(seed)
        rows["variant"] = np.where(rng.permutation(20)[rows.cluster] < 10, "offer", "none")
        rows["before"] += rng.normal(0, 20, 20)[rows.cluster]
        outcomes = {"spend": {"kind": "mean", "column": "spend", "covariate": "before"}}
        gates, _ = gates_of(make_experiment(rows, outcomes, shares=HALVES))
        failed += gates["balance"].status == "failed"
    assert failed <= 1
