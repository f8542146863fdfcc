"""Plans on clients whose past is known: what is expected of the control is counted again by other means."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.experiments.plan import ExperimentPlan, plan_experiment
from retention_lab.errors import ParameterError
from retention_lab.methods.planned_outcomes import PlannedSurvival
from retention_lab.tables.assignments import write_assignments
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
LAST = pd.Timestamp("2026-01-01")
N = 1500


def with_key(client: Client, **money: Any) -> Client:
    (client.folder / ".key").write_text("0" * 64)
    client.file = client.file.model_copy(update={"money": client.file.money.model_copy(update=money)})
    return client


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Customers who come over three years and leave at a constant rate, 400 days after they came on average."""
    rng = np.random.default_rng(1)
    came = LAST - pd.to_timedelta(rng.integers(0, 1095, N), unit="D")
    left = came + pd.to_timedelta(np.ceil(rng.exponential(400, N)), unit="D")
    return pd.DataFrame(
        {
            "started_on": came.strftime("%Y-%m-%d"),
            "ended_on": pd.Series(left.strftime("%Y-%m-%d")).where(left <= LAST, ""),
            "monthly_value": rng.choice([10.0, 30.0], N),
            "region": rng.choice(["north", "south"], N),
            "plan": rng.choice(["basic", "plus", "pro"], N),
        }
    )


@pytest.fixture
def client(make_client: MakeClient, customers: pd.DataFrame) -> Client:
    return with_key(make_client(customers))


@pytest.fixture
def shop_client(client: Client, customers: pd.DataFrame) -> Client:
    """The same with purchases: customers who buy at all spend from 5 to 50, alike in every quarter."""
    rng = np.random.default_rng(2)
    levels = rng.choice([0.0, 5.0, 20.0, 50.0], N)
    rows = [
        (f"C{i:06d}", day.date(), round(level * rng.uniform(0.5, 1.5), 2))
        for i, (came, level) in enumerate(zip(customers.started_on, levels, strict=True))
        for day in (pd.date_range(came, LAST, freq="37D") if level else ())
    ]
    pd.DataFrame(rows, columns=["customer", "day", "amount"]).to_csv(client.folder / "t.csv", index=False)
    text = (client.folder / "client.yml").read_text()
    table = "  transactions: {source: t.csv, columns: {customer_id: customer, occurred_at: day, amount: amount}}\n"
    (client.folder / "client.yml").write_text(text + table)
    return with_key(Client(client.folder))


def here_on(customers: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    return (pd.to_datetime(customers.started_on) <= day) & ~(pd.to_datetime(customers.ended_on) <= day)


def test_those_who_were_here_a_horizon_ago_stand_for_those_here_now(client: Client, customers: pd.DataFrame) -> None:
    plan = plan_experiment(client, horizon_days=120)

    day = LAST - timedelta(days=120)
    before = customers[here_on(customers, day)]
    stayed = here_on(before, LAST).mean()
    assert (plan.baseline.first_day, plan.baseline.n_past, plan.baseline.basis) == (day.date(), len(before), "landmark")
    assert plan.baseline.value.value == pytest.approx(stayed, abs=1e-12)
    # Leaving at a constant rate, whatever the tenure.
    assert plan.baseline.value.value == pytest.approx(math.exp(-120 / 400), abs=0.03)
    planned = plan.baseline.planned
    assert isinstance(planned, PlannedSurvival)
    days = (pd.to_datetime(before.ended_on) - day).dt.days.fillna(999).clip(upper=120)
    assert planned.spread(0.0, 0.5).control == pytest.approx(days.var(ddof=0), rel=1e-9)
    assert plan.n_available == plan.n_counted == here_on(customers, LAST).sum()
    assert (plan.enrolment_days, plan.answer_days, plan.arrivals_a_day) == (0, 120, None)


def test_those_here_are_in_at_once_and_never_where_they_are_fewer_than_needed(client: Client) -> None:
    seen = plan_experiment(client, horizon_days=120)
    assert seen.smallest is not None
    enough, few = (plan_experiment(client, horizon_days=120, effect=part * seen.smallest) for part in (1.1, 0.5))

    assert (enough.enrolment_days, enough.answer_days) == (0, 120)
    assert few.needed is not None
    assert few.needed.whole_total > few.n_available
    assert (few.enrolment_days, few.answer_days) == (None, None)
    # It may be run all the same, and is over then.
    assert few.ends_on == enough.ends_on == (LAST + timedelta(days=120)).date()


def test_power_needed_and_smallest_effect_belong_together(client: Client) -> None:
    seen = plan_experiment(client, horizon_days=120)
    assert seen.smallest is not None
    assert (seen.needed, seen.power, seen.effect_days) == (None, None, None)

    asked = plan_experiment(client, horizon_days=120, effect=seen.smallest)

    assert asked.power == pytest.approx(0.8, abs=1e-6)
    assert asked.needed is not None
    assert asked.needed.whole_total == pytest.approx(asked.n_available, abs=2)
    assert asked.effect_days == pytest.approx(asked.smallest_days)
    curve = asked.to_frame()
    assert curve.power.is_monotonic_increasing
    assert np.interp(seen.smallest, curve.effect, curve.power) == pytest.approx(0.8, abs=0.01)


def test_customers_are_drawn_balanced_and_the_same_again(client: Client, customers: pd.DataFrame) -> None:
    asked: dict[str, Any] = {"strata": ["region", "plan"], "variants": ["email", "letter"], "experiment": "spring"}
    plan = plan_experiment(client, **asked)

    assert plan.shares == {"hold_out": 0.2, "email": 0.4, "letter": 0.4}
    assert sum(plan.drawn.values()) == plan.n_available
    counts = pd.crosstab(plan.assignments.stratum, plan.assignments.variant)
    assert len(counts) == 6
    for variant, share in plan.shares.items():
        assert (abs(counts[variant] - share * counts.sum(axis=1)) < 1).all()
    pd.testing.assert_frame_equal(plan.assignments, plan_experiment(Client(client.folder), **asked).assignments)


def test_several_treatments_share_the_level_and_the_customers(client: Client) -> None:
    one, two = (plan_experiment(client, variants=names, effect=0.05).needed for names in (["a"], ["a", "b"]))

    assert one is not None
    assert two is not None
    assert two.whole_total == two.whole_control + 2 * two.whole_treated > one.whole_total


def test_new_customers_take_until_enough_have_come(client: Client, customers: pd.DataFrame) -> None:
    plan = plan_experiment(client, who="new", horizon_days=60, effect=0.05, experiment="spring")

    came = pd.to_datetime(customers.started_on)
    a_day = (came > LAST - timedelta(days=90)).sum() / 90
    last = LAST - timedelta(days=60)
    before = customers[(came > last - timedelta(days=365)) & (came <= last)]
    stay = (pd.to_datetime(before.ended_on) - pd.to_datetime(before.started_on)).dt.days
    assert plan.baseline.value.value == pytest.approx(1 - (stay <= 60).mean(), abs=1e-12)
    assert (plan.baseline.n_past, plan.arrivals_a_day) == (len(before), pytest.approx(a_day))
    assert plan.needed is not None
    assert plan.enrolment_days == math.ceil(plan.needed.whole_total / a_day)
    assert plan.answer_days == plan.enrolment_days + 60
    week = customers[(came > LAST - timedelta(days=7)) & here_on(customers, LAST)]
    assert len(plan.assignments) == len(week)


def test_spending_is_that_of_customers_of_before_with_what_they_spent_before_it(
    shop_client: Client, customers: pd.DataFrame
) -> None:
    plan = plan_experiment(shop_client, outcome="spend", horizon_days=90, effect=5.0)

    day = LAST - timedelta(days=90)
    bought = pd.read_csv(shop_client.folder / "t.csv", parse_dates=["day"])
    ids = pd.Index([f"C{i:06d}" for i in np.flatnonzero(here_on(customers, day))])
    after = bought[bought.day > day].groupby("customer").amount.sum().reindex(ids, fill_value=0.0)
    earlier = bought[(bought.day <= day) & (bought.day > day - timedelta(days=90))]
    before = earlier.groupby("customer").amount.sum().reindex(ids, fill_value=0.0)
    assert plan.baseline.value.value == pytest.approx(after.mean())
    assert plan.baseline.sd == pytest.approx(after.std())
    assert plan.baseline.variance_explained == pytest.approx(np.corrcoef(after, before)[0, 1] ** 2)
    assert plan.needed is not None
    assert plan.needed_with_covariate is not None
    saved = plan.needed_with_covariate.n_control / plan.needed.n_control
    assert saved == pytest.approx(1 - np.corrcoef(after, before)[0, 1] ** 2, rel=0.02)


def test_buying_is_the_share_of_customers_of_before_who_bought(shop_client: Client, customers: pd.DataFrame) -> None:
    plan = plan_experiment(shop_client, outcome="buy", horizon_days=90)

    day = LAST - timedelta(days=90)
    bought = pd.read_csv(shop_client.folder / "t.csv", parse_dates=["day"])
    ids = {f"C{i:06d}" for i in np.flatnonzero(here_on(customers, day))}
    assert plan.baseline.value.value == pytest.approx(len(ids & set(bought.customer[bought.day > day])) / len(ids))
    assert plan.smallest_days is None
    assert "gained_days" not in plan.to_frame()


def test_new_customers_have_no_before(shop_client: Client) -> None:
    plan = plan_experiment(shop_client, outcome="spend", who="new", horizon_days=60, effect=5.0)

    assert plan.needed is not None
    assert (plan.baseline.variance_explained, plan.needed_with_covariate) == (None, None)


def test_what_pays_for_the_treatment(client: Client, shop_client: Client) -> None:
    with_key(client, monthly_value_is="revenue", margin_rate=0.5, contact_cost=0.2)
    plan = plan_experiment(client, horizon_days=120, reward=0.3)
    assert plan.break_even is not None
    planned = plan.baseline.planned
    assert isinstance(planned, PlannedSurvival)
    here = client.table("customers").execute()
    value = here.monthly_value[here.ended_on.isna()].mean()
    # The days that this effect gains are worth what a treated customer costs.
    assert planned.gain(plan.break_even.value) * 0.5 * value / (365.25 / 12) == pytest.approx(0.5)
    assert plan.break_even.ci_lower < plan.break_even.value < plan.break_even.ci_upper

    with_key(shop_client, margin_rate=0.25)
    spending = plan_experiment(shop_client, outcome="spend", reward=2.0)
    assert spending.break_even is not None
    assert spending.break_even.value == pytest.approx(8.0)
    assert plan_experiment(shop_client, outcome="spend").break_even is None
    costly = plan_experiment(shop_client, outcome="stay", reward=1e6).break_even
    assert costly is not None
    assert costly.reason == "not_reached"


def test_who_is_held_out_elsewhere_or_drawn_before_is_not_drawn(client: Client) -> None:
    assert plan_experiment(client).assignments.empty
    ids = plan_experiment(client, experiment="spring").assignments.customer_id
    for name, some in (("winback", ids[:30]), ("spring", ids[20:50])):
        frame = pd.DataFrame({"customer_id": some, "variant": "hold_out", "stratum": "s", "seed": "x"})
        write_assignments(client.folder, f"{name}-2025-12-20", frame, date(2025, 12, 20))

    plan = plan_experiment(Client(client.folder), experiment="spring")

    assert (plan.n_held_out, plan.n_drawn_before, plan.n_available) == (20, 30, len(ids) - 50)
    assert not set(plan.assignments.customer_id) & set(ids[:50])


def test_customers_with_tenures_only_are_read_off_the_curve(make_client: MakeClient) -> None:
    rng = np.random.default_rng(3)
    stay, seen = np.ceil(rng.exponential(20, N)), rng.integers(1, 60, N)
    frame = pd.DataFrame({"tenure": np.minimum(stay, seen), "churned": np.where(stay <= seen, "True", "False")})
    client = with_key(make_client(frame, unit="months"))

    plan = plan_experiment(client, horizon_days=365, effect=0.05)

    # Leaving at a constant rate: whatever the tenure, exp(-12 / 20) stay for another twelve months.
    assert plan.baseline.basis == "curve"
    assert plan.baseline.value.value == pytest.approx(math.exp(-12 / 20), abs=0.03)
    planned = plan.baseline.planned
    assert isinstance(planned, PlannedSurvival)
    assert planned.at_horizon == pytest.approx(plan.baseline.value.value, abs=1e-9)
    assert planned.horizon == 365
    with pytest.raises(ParameterError, match="nothing says when customers came"):
        plan_experiment(client, who="new")


def test_whom_the_export_shows_only_later_is_not_among_those_of_before(
    make_client: MakeClient, customers: pd.DataFrame
) -> None:
    # Of those seen from a later day on, whoever left before it is not in the export: they would look faithful.
    late = customers.assign(observed_from=np.where(np.arange(N) < 1000, "2025-12-15", customers.started_on))
    late = late[(late.ended_on == "") | (late.ended_on > late.observed_from)]

    plan = plan_experiment(with_key(make_client(late)), horizon_days=120)

    known = customers[1000:]
    assert plan.baseline.n_past == here_on(known, LAST - timedelta(days=120)).sum()


def test_without_days_what_those_here_spent_stands_for_what_they_will_spend(make_client: MakeClient) -> None:
    frame = pd.DataFrame({"tenure": [10] * 80, "churned": ["False"] * 60 + ["True"] * 20})
    client = make_client(frame, unit="months")
    rows = pd.DataFrame({"customer": [f"C{i:06d}" for i in range(80)], "day": "2025-12-20", "amount": range(80)})
    rows.to_csv(client.folder / "t.csv", index=False)
    table = "  transactions: {source: t.csv, columns: {customer_id: customer, occurred_at: day, amount: amount}}\n"
    (client.folder / "client.yml").write_text((client.folder / "client.yml").read_text() + table)

    plan = plan_experiment(with_key(Client(client.folder)), outcome="spend", horizon_days=30)

    assert (plan.baseline.basis, plan.baseline.n_past) == ("survivors", 60)
    assert plan.baseline.value.value == pytest.approx(29.5)
    assert plan.baseline.variance_explained is None


def test_where_nobody_says_goodbye_some_of_those_drawn_have_gone_already(
    make_shop: MakeClient, planted_purchases: pd.DataFrame
) -> None:
    client = with_key(make_shop(planted_purchases, inactive_days=60))

    plan = plan_experiment(client, horizon_days=90, effect=0.05)
    both = plan_experiment(client, horizon_days=90, who="new")

    # Planted: gone at 1 / 400 a day. Of those silent for at most 60 days some have gone for good.
    assert plan.baseline.value.value == pytest.approx(math.exp(-90 / 400), abs=0.04)
    assert 0.8 < plan.baseline.counted < 1
    # Who stayed for 90 days is known when those who stayed have bought again, or been silent for 60 days more.
    assert both.enrolment_days == 90
    assert both.answer_days == 90 + 90 + 60
    assert plan.ends_on == plan.as_of + timedelta(days=90 + 60)
    assert plan.n_counted == pytest.approx(plan.n_available * plan.baseline.counted)
    assert both.baseline.planned is not None
    assert both.arrivals_a_day == pytest.approx(1500 / 730, rel=0.25)
    with pytest.raises(ParameterError, match="known by purchases only"):
        plan_experiment(client, who="new", strata=["region"])


@pytest.mark.parametrize("asked", [{"horizon_days": 1500}, {"outcome": "stay", "who": "new", "horizon_days": 3650}])
def test_without_a_past_nothing_is_said_and_customers_are_still_drawn(client: Client, asked: dict[str, Any]) -> None:
    plan = plan_experiment(client, effect=0.05, experiment="spring", **asked)

    assert (plan.reason, plan.baseline.value.reason) == ("too_few", "too_few")
    assert (plan.needed, plan.power, plan.smallest, plan.curve.empty) == (None, None, None, True)
    assert len(plan.assignments) > 0 or plan.asked.who == "new"


def test_nobody_leaves_or_nobody_is_here(make_client: MakeClient) -> None:
    frame = pd.DataFrame({"started_on": ["2024-01-01"] * 60, "ended_on": [""] * 60})
    assert plan_experiment(with_key(make_client(frame)), effect=0.05).reason == "too_few"
    gone = pd.DataFrame({"started_on": ["2024-01-01"] * 60, "ended_on": ["2025-12-01"] * 30 + ["2025-12-15"] * 30})
    plan = plan_experiment(with_key(make_client(gone)), horizon_days=20)
    assert (plan.reason, plan.n_available, plan.assignments.empty) == ("too_few", 0, True)


def test_a_hold_out_that_can_show_nothing_says_so(make_client: MakeClient, customers: pd.DataFrame) -> None:
    plan = plan_experiment(with_key(make_client(customers.head(150))), hold_out_share=0.05, horizon_days=30)

    assert (plan.smallest, plan.reason) == (None, "not_reached")
    assert plan.curve.power.max() < 0.8


def test_every_fault_of_what_was_asked_is_told_at_once(client: Client) -> None:
    wrong: dict[str, Any] = {
        "outcome": "buy", "horizon_days": 0, "effect": -0.1, "power": 1.0, "hold_out_share": 0.0,
        "variants": ["hold_out", " "], "who": "all", "experiment": "a b", "confidence_level": 95.0, "reward": math.nan,
    }  # fmt: skip
    with pytest.raises(ParameterError) as caught:
        plan_experiment(client, **wrong)

    assert [fault.where for fault in caught.value.faults] == [
        "horizon_days", "effect", "power", "hold_out_share", "confidence_level", "reward", "who", "variants",
        "outcome", "experiment",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"strata": ["colour"]}, "strata: 'colour'\n  Allowed: region, plan"),
        ({"effect": 0.9}, "effect: 0.9, and only 2.*leave within 90 days"),
    ],
)
def test_what_the_data_cannot_answer_is_refused(client: Client, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        plan_experiment(client, **asked)


def test_the_numbers_can_be_taken_along(client: Client) -> None:
    plan: ExperimentPlan = plan_experiment(client, effect=0.05, strata=["region"])

    found = plan.to_dict()

    assert (found["effect"], found["smallest"], found["drawn"]) == (0.05, plan.smallest, plan.drawn)
    assert found["baseline"]["n_obs"] == plan.baseline.n_past
    # Whom it is about stays out.
    assert "assignments" not in found
