"""The rule with its intervals, who is still a customer, and the model against purchases that it did not see."""

import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.inactivity import CustomerActivity, estimate_activity
from retention_lab.analysis.study import study_churn
from retention_lab.methods.survival import conditional_survival, estimate_survival, life_table
from retention_lab.tables.client import Client
from retention_lab.tables.inactivity import wrong_share

MakeShop = Callable[..., Client]
END = date(2026, 1, 1)


def activity_of(client: Client, **asked: int) -> CustomerActivity:
    found = estimate_activity(client, study_churn(client, **asked))
    assert found is not None
    return found


@pytest.fixture
def activity(make_shop: MakeShop, planted_purchases: pd.DataFrame) -> CustomerActivity:
    return activity_of(make_shop(planted_purchases))


def test_the_share_that_is_wrong_is_the_planted_one_within_its_interval(activity: CustomerActivity) -> None:
    for one in activity.candidates:
        # A silence of more whole days than this lasted half a day more on average.
        ending = 0.1 / 0.1025 * math.exp(-0.1025 * (one.inactive_days + 0.5))
        planted = ending / (ending + 1 - 0.1 / 0.1025)
        assert abs(one.wrong.value - planted) < max(3.5 * one.wrong.std_error, 0.004)
        assert one.wrong.ci_lower <= one.wrong.value <= one.wrong.ci_upper


def test_the_rule_is_chosen_by_the_same_shares_that_are_shown(activity: CustomerActivity) -> None:
    shown = {one.inactive_days: one.wrong.value for one in activity.candidates}
    rule = activity.rule

    assert shown == pytest.approx({days: wrong_share(rule.gaps, days, rule.followed) for days in shown})
    assert activity.chosen.inactive_days == min(days for days, wrong in shown.items() if wrong <= 0.05)
    assert activity.chosen.is_chosen


def test_the_shares_are_those_of_the_single_silences(
    activity: CustomerActivity, planted_purchases: pd.DataFrame
) -> None:
    days = planted_purchases.assign(day=pd.to_datetime(planted_purchases.day)).drop_duplicates(["customer_id", "day"])
    following = days.groupby("customer_id").day.shift(-1)
    lengths = (following.fillna(pd.Timestamp(END)) - days.day).dt.days
    curve = estimate_survival(life_table(lengths, following.notna()))

    for one in activity.candidates:
        still = conditional_survival(curve, one.inactive_days, activity.rule.followed - one.inactive_days)
        assert one.wrong.value == pytest.approx(1 - still.value)
        assert one.n_silent == (lengths > one.inactive_days).sum()


def test_those_still_customers_are_about_as_many_as_there_are(
    activity: CustomerActivity, planted_purchases: pd.DataFrame
) -> None:
    # Buying every ten days, hardly anybody who is alive was silent for thirty days.
    last = pd.to_datetime(planted_purchases.groupby("customer_id").day.max())
    lately = int((last >= pd.Timestamp(END) - pd.Timedelta(days=30)).sum())

    assert activity.alive.value == pytest.approx(lately, rel=0.05)
    assert activity.alive.ci_lower < activity.alive.value < activity.alive.ci_upper
    assert activity.rule.n_active > lately


def test_the_hold_out_is_predicted_from_what_came_before_it(
    activity: CustomerActivity, planted_purchases: pd.DataFrame
) -> None:
    hold_out, total = activity.hold_out, activity.hold_out.total
    days = planted_purchases.drop_duplicates(["customer_id", "day"])
    before, after = days[days.day <= hold_out.cut], days[days.day > hold_out.cut]
    known = before.groupby("customer_id").size()
    later = after.groupby("customer_id").size().reindex(known.index, fill_value=0)

    assert total is not None
    assert (hold_out.days, hold_out.cut) == (364, END - timedelta(days=364))
    assert (total.n_customers, total.actual.value) == (len(known), pytest.approx(later.mean()))
    assert total.actual.std_error == pytest.approx(later.std() / math.sqrt(len(later)))
    # The model lets customers stop only with a purchase; here they stop at any time, which is nearly the same.
    assert total.predicted == pytest.approx(total.actual.value, rel=0.1)
    names = [(one.lower, one.upper) for one in hold_out.classes]
    assert names == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, math.inf)]
    assert sum(one.n_customers for one in hold_out.classes) == total.n_customers
    twice = later[known == 3]
    assert hold_out.classes[2].actual.value == pytest.approx(twice.mean())


def test_classes_that_are_too_small_to_be_shown_are_joined(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    classes = activity_of(make_shop(planted_purchases), min_group=200).hold_out.classes

    assert all(one.n_customers >= 200 for one in classes)
    assert classes[0].lower == 0
    assert classes[-1].upper == math.inf
    assert [one.lower for one in classes[1:]] == [one.upper + 1 for one in classes[:-1]]


def test_a_rule_that_the_client_gave_is_judged_among_the_others(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    found = activity_of(make_shop(planted_purchases, inactive_days=40))

    assert found.chosen.inactive_days == 40
    assert [one.inactive_days for one in found.candidates][:6] == [7, 14, 21, 30, 40, 45]
    assert 0.2 < found.chosen.wrong.value < 0.5


def test_a_rule_that_was_not_watched_for_twice_as_long_cannot_be_judged(make_shop: MakeShop) -> None:
    rows = [(f"C{n:02}", END - timedelta(days=n + before)) for n in range(50) for before in (100, 60, 10)]
    client = make_shop(pd.DataFrame(rows, columns=["customer_id", "day"]).assign(amount=1.0), inactive_days=90)

    assert activity_of(client).chosen.wrong.reason == "not_observed"


def test_where_nobody_ever_came_back_nought_has_an_interval_and_nobody_is_modelled(make_shop: MakeShop) -> None:
    rows = [(f"C{n:03}", END - timedelta(days=n)) for n in range(300)]
    client = make_shop(pd.DataFrame(rows, columns=["customer_id", "day"]).assign(amount=1.0), inactive_days=30)

    found = activity_of(client)

    assert (found.chosen.wrong.value, found.chosen.wrong.ci_lower) == (0, 0)
    assert 0 < found.chosen.wrong.ci_upper < 0.2
    assert found.alive.reason == "too_few"
    assert (found.hold_out.classes, found.hold_out.reason) == ((), "too_few")


def test_the_same_purchases_give_the_same_numbers_in_any_order(
    make_shop: MakeShop, planted_purchases: pd.DataFrame
) -> None:
    shuffled = planted_purchases.sample(frac=1, random_state=np.random.default_rng(3))

    one, other = (activity_of(make_shop(rows)) for rows in (planted_purchases, shuffled))

    assert one.alive == other.alive
    assert one.to_frame().equals(other.to_frame())
    assert one.hold_out.to_frame().equals(other.hold_out.to_frame())


def test_contracts_need_no_rule(make_client: Callable[..., Client]) -> None:
    client = make_client(pd.DataFrame({"tenure": [5, 9], "churned": [0, 1]}))

    assert estimate_activity(client, study_churn(client)) is None
