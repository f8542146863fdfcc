"""Lists on a client whose chances of leaving are given: what is chosen, and what it is worth, by hand."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.actions import ActionPlan, DrawLosses, choose_actions
from retention_lab.analysis.save_rates import SaveRate, find_save_rate
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy, study_churn
from retention_lab.errors import ParameterError
from retention_lab.tables.assignments import CONTACT, HOLD_OUT, write_assignments
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
Choose = Callable[..., ActionPlan]


def drawing(here: pd.DataFrame, spread: float = 0.1) -> DrawLosses:
    """Losses as the chances say, and in 200 draws all of them higher or lower together."""

    def draw(weights: Any, seed: int) -> tuple[float, Any]:
        value = float((weights * here.risk.fillna(0.0)).sum())
        return value, value * np.exp(spread * np.random.default_rng(seed).normal(size=200))

    return draw


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    frame = pd.DataFrame({"started_on": ["2024-01-01"] * 40, "ended_on": ["2025-06-01"] * 20 + [""] * 20})
    found = make_client(frame)
    (found.folder / ".key").write_text("0" * 64)
    return found


@pytest.fixture
def study(client: Client) -> ChurnStudy:
    return study_churn(client)


@pytest.fixture
def choose(client: Client, study: ChurnStudy) -> Choose:
    """A plan for some customers; `money` changes the client file, `rate` the save rate."""

    def make(risk: Any, value: Any = 10.0, *, rate: float = 0.1, spread: float = 0.1, **asked: Any) -> ActionPlan:
        settings = {"monthly_value_is": "margin", "contact_cost": 2.0, **asked.pop("money", {})}
        money = client.file.money.model_copy(update=settings)
        client.file = client.file.model_copy(update={"money": money})
        here = pd.DataFrame({"risk": np.asarray(risk, dtype=float), "value": np.nan, "tenure": 100.0})
        here["value"] = value
        here.insert(0, "customer_id", [f"C{n:05d}" for n in range(len(here))])
        given = replace(find_save_rate(client, study), value=rate, assumed=rate)
        asked = {"hold_out_share": 0.0, "contact_share": 1.0, **asked}
        return choose_actions(client, study, here, drawing(here, spread), save_rate=given, **asked)

    return make


def test_a_contact_saves_risk_times_margin_times_rate_less_its_cost(choose: Choose) -> None:
    plan = choose([0.5, 0.2, 0.1], [10.0, 40.0, 10.0])

    # Twelve months: 0.2 x 480 x 0.1 - 2 = 7.60; 0.5 x 120 x 0.1 - 2 = 4.00; 0.1 x 120 x 0.1 - 2 < 0.
    assert plan.customers.customer_id.tolist() == ["C00001", "C00000"]
    assert plan.customers.saving.tolist() == pytest.approx([7.6, 4.0])
    assert plan.money is not None
    assert plan.money.saving.value == pytest.approx(11.6)
    assert plan.money.margin_at_risk.value == pytest.approx(156.0)
    assert (plan.money.cost, plan.money.break_even.value) == pytest.approx((4.0, 4 / 156))
    assert plan.losses.value == pytest.approx(0.7)
    assert (plan.n_worth, plan.n_contact, plan.n_here) == (2, 2, 3)
    assert plan.curve_by_value.tolist() == pytest.approx([7.6, 11.6, 10.8])


def test_of_revenue_only_the_margin_counts(choose: Choose) -> None:
    plan = choose([0.5], 10.0, money={"monthly_value_is": "revenue", "margin_rate": 0.4})

    assert plan.money is not None
    assert plan.money.saving.value == pytest.approx(0.5 * 10 * 0.4 * 12 * 0.1 - 2)


def test_a_shorter_horizon_saves_the_margin_of_its_months(client: Client, study: ChurnStudy) -> None:
    here = pd.DataFrame({"customer_id": ["a"], "tenure": [9.0], "risk": [0.5], "value": [100.0]})
    short = replace(study, horizon=73.0, horizon_days=73)
    rate = replace(find_save_rate(client, study), value=0.5)

    plan = choose_actions(client, short, here, drawing(here), save_rate=rate, contact_share=1.0, hold_out_share=0.0)

    # 73 of 365 days are 2.4 months; margin and contact cost are as the client file leaves them: all of it, and none.
    assert plan.money is not None
    assert plan.money.saving.value == pytest.approx(0.5 * 100 * 2.4 * 0.5)


def test_the_interval_is_that_of_the_draws(choose: Choose) -> None:
    plan = choose([0.5] * 4, spread=0.1, seed=5)

    drawn = 240 * np.exp(0.1 * np.random.default_rng(5).normal(size=200))
    lower, upper = np.quantile(drawn, [0.025, 0.975])
    assert plan.money is not None
    assert (plan.money.saving.ci_lower, plan.money.saving.ci_upper) == pytest.approx((0.1 * lower - 8, 0.1 * upper - 8))
    # The more there is to lose, the lower the rate from which it pays. A quantile lies between two draws, and between
    # their inverses it lies a little elsewhere.
    even = plan.money.break_even
    assert (even.ci_lower, even.ci_upper) == pytest.approx((8 / upper, 8 / lower), rel=1e-4)


def test_ranking_by_risk_would_have_saved_less(choose: Choose) -> None:
    rng = np.random.default_rng(1)
    plan = choose(rng.uniform(0.05, 0.6, 500), rng.uniform(5, 80, 500), contact_share=0.1)

    assert plan.money is not None
    both = plan.curve_by_value[49] - plan.curve_by_risk[49]
    assert plan.money.by_risk_less.value == pytest.approx(both)
    assert 0 < plan.money.by_risk_less.ci_lower < both < plan.money.by_risk_less.ci_upper
    assert plan.curve_by_value[-1] == pytest.approx(plan.curve_by_risk[-1])


def test_the_list_is_no_longer_than_the_share_and_ties_go_by_id(choose: Choose) -> None:
    plan = choose([0.5] * 30, contact_share=0.1)

    assert plan.customers.customer_id.tolist() == ["C00000", "C00001", "C00002"]
    assert plan.n_worth == 30


def test_some_are_held_out_and_what_they_would_have_saved_is_told(choose: Choose) -> None:
    plan = choose([0.5] * 400, hold_out_share=0.25)

    held = int((plan.customers.variant == HOLD_OUT).sum())
    assert plan.money is not None
    assert 60 < held < 140
    assert plan.n_contact == 400 - held == int((plan.customers.variant == CONTACT).sum())
    assert plan.money.saving.value == pytest.approx(4.0 * (400 - held))
    assert plan.money.hold_out_costs.value == pytest.approx(4.0 * held)
    assert plan.money.cost == 2.0 * (400 - held)
    assert plan.hold_out.share_leaving == pytest.approx(0.5)
    assert 0.1 < plan.hold_out.smallest_save_rate < 0.5


def test_a_second_list_on_the_same_day_of_next_week_holds_out_the_same(choose: Choose, client: Client) -> None:
    first, again = choose([0.5] * 200, hold_out_share=0.3), choose([0.5] * 200, hold_out_share=0.3)

    assert first.customers.variant.tolist() == again.customers.variant.tolist()
    assert first.experiment == "churn-survival-2026-01-01"


def test_whom_another_list_holds_out_is_not_contacted(choose: Choose, client: Client, study: ChurnStudy) -> None:
    held = pd.DataFrame({"customer_id": ["C00000"], "variant": HOLD_OUT, "stratum": "hold-out share 0.2", "seed": "x"})
    earlier = study.as_of.replace(year=2025, month=12)
    write_assignments(client.folder, "winback-2025-12-01", held, earlier)

    plan = choose([0.5] * 3)

    assert plan.customers.variant.tolist() == [HOLD_OUT, CONTACT, CONTACT]
    assert (plan.hold_out.n_hold_out, plan.hold_out.n_elsewhere) == (1, 1)
    # One who was not drawn by this list shows nothing about it.
    assert math.isnan(plan.hold_out.smallest_save_rate)


def test_a_list_of_the_same_day_does_not_change_itself(choose: Choose, client: Client, study: ChurnStudy) -> None:
    plan = choose([0.5] * 50, hold_out_share=0.5)
    turned = plan.customers.assign(variant=plan.customers.variant.map({CONTACT: HOLD_OUT, HOLD_OUT: CONTACT}))
    write_assignments(client.folder, plan.experiment, turned, study.as_of)

    again = choose_again(choose, client)

    assert again.customers.variant.tolist() == plan.customers.variant.tolist()


def choose_again(choose: Choose, client: Client) -> ActionPlan:
    client.__dict__.pop("assignments", None)
    return choose([0.5] * 50, hold_out_share=0.5)


def test_customers_who_cannot_be_judged_or_have_no_value_are_counted_and_left_out(choose: Choose) -> None:
    plan = choose([0.5, np.nan, 0.5, 0.5, 0.5], [10.0, 10.0, np.nan, -5.0, 0.0])

    assert plan.customers.customer_id.tolist() == ["C00000"]
    assert (plan.n_not_judged, plan.n_without_value) == (1, 2)


def test_without_monthly_values_the_likeliest_to_leave_come_first(choose: Choose) -> None:
    plan = choose([0.1, 0.5, 0.3], np.nan, contact_share=0.7)

    assert plan.money is None
    assert plan.customers.customer_id.tolist() == ["C00001", "C00002"]
    assert plan.losses.value == pytest.approx(0.8)
    assert list(plan.to_frame()) == ["customer_id", "tenure_days", "risk", "variant", "stratum", "seed"]


@pytest.mark.parametrize("asked", [{"rate": 0.0}, {"money": {"contact_cost": 1000.0}}, {"value": 0.0}])
def test_where_no_contact_pays_nobody_is_on_the_list(choose: Choose, asked: dict[str, Any]) -> None:
    plan = choose([0.5, 0.4], **asked)

    assert (len(plan.customers), plan.n_worth, plan.n_contact) == (0, 0, 0)
    assert plan.money is not None
    assert (plan.money.saving.value, plan.money.cost) == (0.0, 0.0)


def test_what_costs_nothing_pays_from_nought(choose: Choose) -> None:
    plan = choose([0.5, 0.4], money={"contact_cost": 0.0})

    assert plan.money is not None
    assert plan.n_contact == 2
    assert (plan.money.break_even.value, plan.money.lowest_break_even) == (0.0, 0.0)


def test_where_no_contact_pays_it_is_told_from_which_rate_one_would(choose: Choose) -> None:
    plan = choose([0.5, 0.4], money={"contact_cost": 30.0})

    assert plan.money is not None
    assert plan.money.lowest_break_even == pytest.approx(30 / (0.5 * 120))


@pytest.mark.parametrize("risk", [[], [np.nan, np.nan]])
def test_with_nobody_to_judge_there_is_no_list_and_no_error(choose: Choose, risk: list[float]) -> None:
    plan = choose(risk)

    assert (len(plan.customers), plan.n_not_judged) == (0, len(risk))
    assert len(plan.to_frame()) == 0


def test_one_customer_is_a_list(choose: Choose) -> None:
    plan = choose([0.5], contact_share=0.01)

    assert plan.n_contact == 1


def test_where_all_are_held_out_nothing_is_saved_and_that_is_certain(choose: Choose) -> None:
    plan = choose([0.5, 0.5], hold_out_share=0.999999)

    assert plan.money is not None
    assert (plan.n_contact, plan.money.saving.value, plan.money.saving.ci_upper) == (0, 0.0, 0.0)
    assert plan.money.hold_out_costs.value == pytest.approx(8.0)


def test_all_shares_that_cannot_be_are_told_together(choose: Choose) -> None:
    with pytest.raises(ParameterError) as caught:
        choose([0.5], contact_share=0.0, hold_out_share=1.0)

    assert [fault.where for fault in caught.value.faults] == ["contact_share", "hold_out_share"]


def test_numbers_that_people_see_end_where_they_mean_nothing_any_more(choose: Choose) -> None:
    frame = choose([1 / 3], [70 / 3]).to_frame()

    assert (frame.risk[0], frame.monthly_value[0], frame.expected_saving[0]) == (0.3333, 23.33, 7.33)


def test_the_rate_is_assumed_until_a_list_has_been_judged(client: Client, study: ChurnStudy) -> None:
    found: SaveRate = find_save_rate(client, study)

    assert (found.value, found.source, found.why_not) == (0.1, "default", "no_list")


def test_where_too_few_have_left_to_say_how_many_will_nobody_is_listed(client: Client, study: ChurnStudy) -> None:
    here = pd.DataFrame({"customer_id": ["C1", "C2"], "tenure": 100.0, "risk": 0.5, "value": 10.0})
    few = replace(study, n_left=FEW_EVENTS - 1)

    plan = choose_actions(client, few, here, drawing(here, 0.1), save_rate=find_save_rate(client, study))

    assert (plan.n_here, plan.n_not_judged, len(plan.to_frame())) == (2, 2, 0)
