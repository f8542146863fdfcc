"""Whom to call, and what those who are left alone can show."""

import math
from typing import Any

import pytest
from feedback_results import is_well_said, plan, reading, study

from retention_lab.findings.feedback.calls import calls_finding
from retention_lab.findings.finding import Finding
from retention_lab.text import Text


def of(text: Text, n_contact: int = 8, n_hold_out: int = 2, **changes: Any) -> Finding:
    found = calls_finding(plan(n_contact, n_hold_out, **changes), study(), text)
    assert is_well_said(found)
    return found


def said(found: Finding, words: str) -> bool:
    return any(words in caveat for caveat in found.caveats)


def test_a_list_says_how_many_why_and_when_it_will_show(text: Text) -> None:
    found = of(text, n_complaints=7, n_unhappy=3)

    assert found.headline == (
        "8 customers are to be called. 7 customers are likely to have a complaint open. 3 valuable customers have been "
        "unhappy for long."
    )
    assert (found.id, found.verdict, found.n_obs) == ("feedback.calls", "act", 2000)
    assert found.action == "Call them from the top, and come back on 29 April 2027 to see what it achieved."
    assert (found.estimate, found.ci_lower, found.ci_upper) == (8.0, 8.0, 8.0)


def test_one_is_one_and_none_is_left_unsaid(text: Text) -> None:
    complaint = of(text, 1, 0, n_complaints=1)
    unhappy = of(text, 1, 0, n_complaints=0, n_unhappy=1)

    assert complaint.headline == "1 customer is to be called. 1 customer is likely to have a complaint open."
    assert unhappy.headline == "1 customer is to be called. 1 valuable customer has been unhappy for long."


def test_nobody_to_call_is_good_news(text: Text) -> None:
    found = of(text, 0, 0)

    assert found.headline.startswith("Nobody is on the list")
    assert (found.verdict, found.action, found.caveats, found.estimate) == ("fine", "", (), 0.0)


@pytest.mark.parametrize(
    ("n_here", "verbatims"), [(0, {"n_without_customer": 1100}), (2000, {"n_without_customer": 1100}), (0, {})]
)
def test_comments_that_name_nobody_reassure_nobody(n_here: int, verbatims: dict[str, Any], text: Text) -> None:
    found = calls_finding(plan(0, 0, n_here=n_here, has_value=False), study(verbatims=verbatims), text)

    assert is_well_said(found)
    assert found.headline == "Whom to call cannot be said: no comment names a customer who is here."
    assert found.action == "Ask for the customer of each comment, as feedback's column customer_id."
    assert (found.verdict, found.caveats) == ("not_enough_data", ())
    assert math.isnan(found.estimate)


def test_an_empty_list_has_no_order_to_excuse(text: Text) -> None:
    assert of(text, 0, 0, has_value=False).caveats == ()


def test_where_all_are_held_out_there_is_nobody_to_call(text: Text) -> None:
    found = of(text, 0, 2)

    assert found.headline.startswith("0 customers are to be called.")
    assert (found.verdict, found.action) == ("fine", "")


def test_without_a_hold_out_nothing_will_show(text: Text) -> None:
    found = of(text, 8, 0)

    assert found.action == "Call them from the top. Nobody is held out, so what the calls achieve will not show."
    assert not said(found, "left alone on purpose")


def test_those_that_another_list_holds_out_are_no_hold_out_of_this_one(text: Text) -> None:
    found = of(text, 8, 2, n_elsewhere=2)

    assert "Nobody is held out" in found.action
    assert not said(found, "left alone on purpose")


@pytest.mark.parametrize(("n", "words"), [(1, "1 customer is left alone"), (2, "2 customers are left alone")])
def test_who_is_left_alone_is_counted_and_still_answered(n: int, words: str, text: Text) -> None:
    assert said(of(text, 8, n), words)
    assert said(of(text, 8, n), "in the usual way")


def test_a_report_that_looks_back_writes_no_list(text: Text) -> None:
    assert of(text, looks_back=True).action == "The report looks back, so no list is written."


def test_the_smallest_effect_that_can_show_is_told_in_shares_of_leavers(text: Text) -> None:
    assert said(of(text), "Were 16% of them to leave within 180 days, the list would show it, four times in five, if "
                          "45% or more of these were kept.")  # fmt: skip
    assert said(of(text, horizon_days=1), "to leave within 1 day, the list")


@pytest.mark.parametrize("smallest", [1.2, math.nan, math.inf])
def test_a_list_that_cannot_show_its_effect_says_so(smallest: float, text: Text) -> None:
    found = of(text, smallest_save_rate=smallest)

    assert said(found, "this list alone would not show what the calls achieved: hold out more, or add up several")


@pytest.mark.parametrize("share", [math.nan, 0.0])
def test_where_nobody_knows_how_many_leave_the_effect_is_not_known(share: float, text: Text) -> None:
    assert said(of(text, share_leaving=share, smallest_save_rate=math.nan), "is not known how many would leave")


def test_a_list_that_was_cut_says_how_many_more_there_were(text: Text) -> None:
    assert said(of(text, n_complaints=40), "30 more had a reason to be called; contact_share keeps the list at 10.")
    assert not said(of(text), "had a reason to be called")


def test_without_values_or_a_measured_reading_the_order_is_only_an_order(text: Text) -> None:
    found = calls_finding(plan(has_value=False), study(reading(classes=())), text)

    assert is_well_said(found)
    assert said(found, "There are no monthly values")
    assert said(found, "the chances are only an order")
    assert not said(of(text), "only an order")
