from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.actions import ActionPlan, HoldOut, ListMoney
from retention_lab.analysis.save_rates import SaveRate
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.actions import actions_finding
from retention_lab.findings.finding import Finding
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.tables.client_file import Money
from retention_lab.text import Text

Say = Callable[..., Finding]


def estimate(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(
        value=value,
        ci_lower=lower,
        ci_upper=upper,
        std_error=1.0,
        n_obs=100,
        confidence_level=0.95,
        method="a model",
    )


UNKNOWN = not_estimable("too_few", n_obs=0, confidence_level=0.95, method="a model")
RATE = SaveRate(
    value=0.12,
    source="client file",
    assumed=0.12,
    estimate=UNKNOWN,
    experiment="",
    assigned_on=None,
    n_contact=0,
    n_contact_left=0,
    n_hold_out=0,
    n_hold_out_left=0,
    n_lost=0,
    why_not="no_list",
    money=Money(monthly_value_is="revenue", margin_rate=0.45, contact_cost=4.0, save_rate=0.12),
    has_dates=True,
)
MONEY = ListMoney(
    saving=estimate(38_049.0, 31_020.0, 44_960.0),
    margin_at_risk=estimate(358_000.0, 300_000.0, 410_000.0),
    break_even=estimate(0.0139, 0.0121, 0.0165),
    by_risk_less=estimate(900.0, 500.0, 1300.0),
    hold_out_costs=estimate(9000.0, 8000.0, 10_000.0),
    cost=4960.0,
    contact_cost=4.0,
    lowest_break_even=0.0041,
)
PLAN = ActionPlan(
    experiment="churn-survival-2026-10-31",
    as_of=date(2026, 10, 31),
    unit="days",
    horizon=365.0,
    horizon_days=365,
    confidence_level=0.95,
    save_rate=RATE,
    looks_back=False,
    customers=pd.DataFrame({"customer_id": ["secret-id"] * 1550}),
    losses=estimate(402.4, 380.2, 425.9),
    money=MONEY,
    hold_out=HoldOut(n_hold_out=310, n_elsewhere=0, share_leaving=0.3, smallest_save_rate=0.1),
    curve_by_value=np.array([1.0]),
    curve_by_risk=np.array([1.0]),
    n_here=10_000,
    n_not_judged=0,
    n_without_value=0,
    n_worth=4000,
    n_contact=1240,
)
NOBODY = {"customers": PLAN.customers.head(0), "n_contact": 0, "n_worth": 0}


@pytest.fixture
def say(study: ChurnStudy, text: Text) -> Say:
    return lambda **changes: actions_finding(replace(PLAN, **changes), study, text)


def test_a_list_that_pays(say: Say) -> None:
    found = say()

    assert found.headline == (
        "Contacting the 1,240 customers on the list is expected to save about €38,000 of margin over 365 days "
        "(€31,000 to €45,000), after €4,960 for the contacts, if 12% of those who would leave can be kept."
    )
    assert found.action == (
        "Send actions.xlsx to whoever makes the contacts. Do not contact the 310 customers held out; they are not in "
        "the file. Come back on 31 October 2027 to see what it achieved."
    )
    assert (found.id, found.verdict) == ("churn.actions", "act")
    assert (found.estimate, found.ci_lower, found.ci_upper, found.unit) == (38_049.0, 31_020.0, 44_960.0, "EUR")


def test_what_is_only_assumed_is_said_beside_the_rate_from_which_it_pays(say: Say) -> None:
    caveats = say().caveats

    assert caveats[:3] == (
        "That 12% can be kept is an assumption of the client file, not a result.",
        "The contacts pay for themselves from a share kept of 1.4% (1.2% to 1.7%).",
        "The interval covers how well the chances of leaving are known, and not the share that is kept.",
    )
    assert caveats[6].endswith("If the list is not sent, remove that file, or its customers count as contacted.")


def test_one_customer_is_spoken_of_as_one(say: Say) -> None:
    one = replace(PLAN.hold_out, n_hold_out=1)
    found = say(n_contact=1, hold_out=one, money=replace(MONEY, cost=4.0))

    assert found.headline.startswith("Contacting the 1 customer on the list")
    assert "for the contact, if" in found.headline
    assert "Do not contact the 1 customer held out, who is not in the file." in found.action


def test_what_costs_nothing_is_not_said_to_cost(say: Say) -> None:
    found = say(money=replace(MONEY, cost=0.0, contact_cost=0.0, break_even=estimate(0.0, 0.0, 0.0)))

    assert "after" not in found.headline
    assert "less" not in found.definition
    assert not [caveat for caveat in found.caveats if "pay for themselves" in caveat]


def test_a_saving_that_may_be_a_loss_is_watched(say: Say) -> None:
    assert say(money=replace(MONEY, saving=estimate(200.0, -100.0, 500.0))).verdict == "watch"
    assert say(money=replace(MONEY, saving=estimate(200.0, 0.0, 500.0))).verdict == "watch"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "a contact costs more than it saves with every customer. From 0.4% on, one would pay."),
        ({"money": replace(MONEY, lowest_break_even=18.7)}, "were everybody kept who would leave"),
        ({"save_rate": replace(RATE, value=0.0)}, "as it is taken that a contact keeps nobody."),
        ({"money": replace(MONEY, lowest_break_even=float("nan"))}, "is expected to take any money along."),
        ({"money": None}, "no customer here is expected to leave."),
    ],
)
def test_nobody_worth_a_contact_is_fine_and_is_explained(say: Say, changes: dict[str, Any], said: str) -> None:
    found = say(**NOBODY, **changes)

    assert found.headline.startswith("Nobody is worth a contact")
    assert said in found.headline
    assert (found.verdict, found.action, found.to_dict()["estimate"]) == ("fine", "", None)


@pytest.mark.parametrize(
    ("changes", "verdict", "said"),
    [
        (
            NOBODY | {"n_not_judged": 10_000, "losses": UNKNOWN},
            "not_enough_data",
            "nobody's chance of leaving could be",
        ),
        (NOBODY | {"n_here": 0}, "not_enough_data", "No customer is still here"),
        ({"money": replace(MONEY, saving=UNKNOWN)}, "not_enough_data", "cannot be said: the chances of leaving"),
        (
            {"n_contact": 0, "customers": PLAN.customers.head(2)},
            "watch",
            "The 2 customers worth a contact are all held",
        ),
        ({"n_contact": 0, "customers": PLAN.customers.head(1)}, "watch", "The 1 customer worth a contact is held out"),
    ],
)
def test_where_there_is_no_number_the_headline_says_why(
    say: Say, changes: dict[str, Any], verdict: str, said: str
) -> None:
    found = say(**changes)

    assert said in found.headline
    assert (found.verdict, found.action, found.to_dict()["estimate"]) == (verdict, "", None)


def test_without_monthly_values_there_is_no_money_in_it(say: Say) -> None:
    found = say(money=None)

    assert found.headline == (
        "The 1,240 customers on the list are the likeliest to leave: 402 (380 to 426) of them are expected to leave "
        "within 365 days. Without monthly values nobody can say what a contact is worth."
    )
    assert (found.verdict, found.unit) == ("watch", "customers")
    assert "€" not in " ".join([found.headline, found.definition, *found.caveats])


@pytest.mark.parametrize(
    ("smallest", "n", "said"),
    [
        (0.25, 310, "can show a share kept of 25% or more, four times in five. Whether 12% are kept it cannot show."),
        (0.1, 310, "With 310 customers held out, this list can show a share kept of 10% or more, four times in five."),
        (float("nan"), 3, "With 3 customers held out, this list alone will not show what the contacts achieved."),
        (float("nan"), 0, "Nobody is held out, so nothing will show what the contacts achieved."),
    ],
)
def test_what_the_hold_out_can_show_is_said_plainly(say: Say, smallest: float, n: int, said: str) -> None:
    hold_out = replace(PLAN.hold_out, n_hold_out=n, smallest_save_rate=smallest)

    (told,) = (caveat for caveat in say(hold_out=hold_out).caveats if "show" in caveat)

    assert told.endswith(said)


def test_a_report_on_the_past_sends_nobody_anything(say: Say) -> None:
    found = say(looks_back=True)

    assert found.action.startswith("This report looks back to 31 October 2026, so no list was written.")
    assert not [caveat for caveat in found.caveats if "assignments/" in caveat]


def test_who_is_missing_from_the_list_is_counted(say: Say) -> None:
    caveats = say(n_not_judged=40, n_without_value=1, hold_out=replace(PLAN.hold_out, n_elsewhere=2)).caveats

    assert caveats[-2:] == (
        "40 customers cannot be judged, and are not on the list.",
        "1 customer has a blank or negative monthly value, and is not on the list.",
    )
    assert "2 customers are left alone because another list holds them out." in caveats


def test_no_id_of_a_customer_is_in_a_finding(say: Say) -> None:
    assert "secret" not in str(say().to_dict())


def test_the_chances_count_from_the_day_through_which_departures_are_known(study: ChurnStudy, text: Text) -> None:
    earlier = replace(study, as_of=date(2025, 10, 31))

    assert "within 365 days of 31 October 2025" in actions_finding(PLAN, earlier, text).definition


@pytest.mark.parametrize(
    ("hold_out", "has_dates", "said"),
    [
        (
            {"smallest_save_rate": 0.25},
            True,
            "An effect will show only if 25% or more are kept.",
        ),
        ({"smallest_save_rate": 0.12}, True, "Come back on 31 October 2027 to see what it achieved."),
        (
            {"smallest_save_rate": float("nan")},
            True,
            "will not show from this list alone: hold out more, or add up several lists.",
        ),
        ({"n_hold_out": 4, "n_elsewhere": 4}, True, "will not show, as nobody is held out to compare with."),
        ({}, False, "tenures and no dates: ask for the days on which they started and ended."),
    ],
)
def test_nobody_is_asked_to_come_back_for_what_will_not_show(
    say: Say, hold_out: dict[str, Any], has_dates: bool, said: str
) -> None:
    found = say(hold_out=replace(PLAN.hold_out, **hold_out), save_rate=replace(RATE, has_dates=has_dates))

    assert found.action.endswith(said)
    assert ("Come back" in found.action) == said.startswith("Come back")


def test_where_silence_says_who_left_a_list_can_be_read_only_after_that_silence(study: ChurnStudy, text: Text) -> None:
    silent: Any = SimpleNamespace(inactive_days=30)
    quiet = replace(study, observation=replace(study.observation, rule=silent))

    assert actions_finding(PLAN, quiet, text).action.endswith("Come back on 30 November 2027 to see what it achieved.")


def test_how_many_more_contacts_would_pay_is_said_where_the_list_is_cut(say: Say) -> None:
    told = (
        "Up to 4,000 contacts pay, as far as the chances are right; this list is shorter because contact_share allows "
        "10% of those here."
    )

    assert told in say(n_here=15_500).caveats
    assert told not in say(n_here=15_500, n_worth=1550).caveats
    assert told not in say(n_here=15_500, money=None).caveats


def test_the_list_is_said_to_rest_on_the_customers_judged(say: Say) -> None:
    assert say(n_here=10_000, n_not_judged=300).n_obs == 9700


def test_a_rate_that_was_found_is_told_with_what_it_was_found_from(say: Say) -> None:
    rate = replace(
        RATE,
        value=0.25,
        source="experiment",
        estimate=estimate(0.25, 0.1, 0.375),
        assigned_on=date(2025, 10, 31),
        n_contact=1000,
        n_contact_left=150,
        n_hold_out=500,
        n_hold_out_left=100,
        n_lost=2,
        why_not="",
    )

    caveats = say(save_rate=rate).caveats

    assert caveats[0] == (
        "That 25.0% (10.0% to 37.5%) can be kept is what the list of 31 October 2025 showed: 150 of 1,000 contacted "
        "left, and 100 of 500 held out. The client file assumes 12%."
    )
    assert (
        "2 customers of the earlier list are not in the exports as customers of that day, and count for nothing."
        in (caveats)
    )
    # 358,000 x 0.1 - 4,960 and 358,000 x 0.375 - 4,960.
    assert "At the ends of the interval of the share kept, the list would save €30,800 to €129,000." in caveats


def test_a_list_that_kept_nobody_is_not_dressed_up(say: Say) -> None:
    rate = replace(
        RATE, value=0.0, source="experiment", estimate=estimate(-0.4, -0.8, -0.1), assigned_on=date(2025, 10, 31)
    )

    found = say(**NOBODY, save_rate=rate)

    assert found.caveats[0].startswith(
        "The list of 31 October 2025 kept nobody, as far as it shows (−80.0% to −10.0%):"
    )


def test_on_a_share_that_nobody_has_named_nothing_is_to_be_done(say: Say) -> None:
    silent = Money(contact_cost=4.0)

    assert say(save_rate=replace(RATE, source="default", money=silent)).verdict == "watch"
    assert (
        say(save_rate=replace(RATE, source="experiment", estimate=estimate(0.1, 0.0, 0.2), money=silent)).verdict
        == "act"
    )


@pytest.mark.parametrize("what", ["revenue", "margin"])
def test_a_saving_of_margin_is_not_taken_for_revenue(say: Say, what: Any) -> None:
    money = Money(monthly_value_is=what, contact_cost=4.0)

    assert ("€38,000 of margin over" in say(save_rate=replace(RATE, money=money)).headline) == (what == "revenue")
