"""An experiment before it begins: how large it must be, what it can show, what must come of it, and who is in it."""

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from experiment_results import baseline, estimate, needed, plan

from retention_lab.findings.experiments.plan import assignment_finding, plan_finding, plan_headline
from retention_lab.findings.experiments.plan_money import break_even_finding
from retention_lab.methods.estimates import not_estimable
from retention_lab.text import Text

UNKNOWN = not_estimable("too_few", n_obs=3, confidence_level=0.95, method="")
ASKED = {"effect": 0.02}


def test_without_an_effect_asked_for_the_smallest_that_can_be_seen_is_said(text: Text) -> None:
    found = plan_finding(plan(), text)

    assert found.verdict == "fine"
    assert found.headline == (
        "With 2,000 customers, 20% of them held out, the smallest effect found with a chance of 80% is 4.1 points (2.1 "
        "days more)."
    )
    assert (
        found.action
        == "Do not change the plan or look before 29 January 2027: then everybody has been followed for 90 days."
    )
    assert found.estimate == pytest.approx(4.1)
    assert (
        "Without the offer 90.0% (89.0% to 91.0%) are expected to be still here after 90 days, going by 2,000 "
        "customers from 2 August 2026 on." in found.caveats
    )


def test_an_effect_asked_for_says_how_many_it_takes_and_what_those_there_can_do(text: Text) -> None:
    short = plan_finding(plan(asked=ASKED, needed=needed(), power=0.43, effect_days=0.9), text)
    enough = plan_finding(plan(asked=ASKED, needed=needed(1000), power=0.998, effect_days=0.9), text)

    assert short.verdict == "watch"
    assert short.headline == (
        "To find an effect of 2.0 points (0.90 days more) with a chance of 80%, it takes 5,000 customers: 1,000 held "
        "out and 4,000 treated. There are 2,000 customers: they find it with a chance of 43%."
    )
    assert "it will likely show nothing even if the offer works" in short.action
    assert enough.verdict == "fine"
    assert "with a chance of over 99%" in enough.headline


def test_several_treatments_are_each_compared_at_their_part_of_the_level(text: Text) -> None:
    asked = {**ASKED, "variants": ("offer", "call")}
    found = plan_finding(plan(asked=asked, needed=needed(), power=0.9), text)

    assert "4,000 for each treatment" in found.headline
    assert any("Bonferroni" in caveat for caveat in found.caveats)


def test_what_no_number_of_customers_shows_is_said(text: Text) -> None:
    never = plan_finding(plan(asked=ASKED, needed=needed(0, "not_reached"), power=0.1), text)
    nothing = plan_finding(plan(smallest=None, smallest_days=None), text)

    assert never.headline == "No number of customers is enough to find an effect of 2.0 points."
    assert nothing.verdict == "watch"
    assert "not even the largest effect there can be is found" in nothing.headline
    assert math.isnan(nothing.estimate)


def test_a_client_without_a_history_cannot_plan(text: Text) -> None:
    found = plan_finding(plan(baseline=baseline(value=UNKNOWN), smallest=None), text)

    assert found.verdict == "not_enough_data"
    assert "nothing is known of customers without the offer" in found.headline
    assert found.caveats == ()


@pytest.mark.parametrize(
    ("outcome", "value", "words"),
    [
        ("buy", estimate(0.4, 0.02), "Without the offer 40.0% (38.0% to 42.0%) are expected to buy within 90 days"),
        ("spend", estimate(15.1, 0.5), "expected to spend €15.10 (€14.60 to €15.60) within 90 days"),
    ],
)
def test_what_is_expected_is_told_in_the_unit_of_the_outcome(
    outcome: str, value: object, words: str, text: Text
) -> None:
    found = plan_finding(plan(outcome, baseline=baseline(value=value)), text)

    assert any(words in caveat for caveat in found.caveats)


def test_spending_is_told_in_money(text: Text) -> None:
    found = plan_finding(plan("spend", smallest=1.937, smallest_days=None, smallest_with_covariate=1.5), text)

    assert "is €1.94." in found.headline
    assert found.unit == "EUR"
    assert any("effects from €1.50 on are found" in caveat for caveat in found.caveats)


def test_where_the_numbers_come_from_is_said_where_it_is_not_a_fair_follow_up(text: Text) -> None:
    odd = [
        plan(baseline=baseline(basis="curve")),
        plan(baseline=baseline(basis="survivors")),
        plan(baseline=baseline(counted=0.83)),
        plan(arrivals_a_day=16.3, asked={"who": "new"}),
    ]
    words = [
        "read off the curve by tenure",
        "those who left are not among them",
        "83% of those",
        "About 16.3 customers",
    ]

    for one, said in zip(odd, words, strict=True):
        assert any(said in caveat for caveat in plan_finding(one, text).caveats)
    assert "2,000 new customers in 90 days" in plan_finding(odd[-1], text).headline


def test_break_even_is_given_with_its_interval_and_the_chance_of_finding_it(text: Text) -> None:
    found = break_even_finding(plan(break_even=estimate(0.05, 0.01), power_at_break_even=0.9), text)

    assert found is not None
    assert found.verdict == "fine"
    assert found.headline == (
        "At €2.00 a treated customer it pays from an effect of 5.0 points on (4.0 points to 6.0 points). The "
        "experiment finds an effect of just that size with a chance of 90%."
    )
    assert (found.estimate, found.action) == (pytest.approx(5.0), "")


def test_an_offer_that_just_pays_and_would_be_missed_is_watched(text: Text) -> None:
    found = break_even_finding(plan(break_even=estimate(0.01), power_at_break_even=0.2), text)

    assert found is not None
    assert found.verdict == "watch"
    assert "an effect of 1.0 points on. " in found.headline
    assert "would likely be missed" in found.action


def test_what_can_never_pay_says_so_before_it_is_tested(text: Text) -> None:
    never = break_even_finding(plan(break_even=replace(UNKNOWN, reason="not_reached")), text)
    half = estimate(0.05, 0.01, ci_upper=math.nan, reason="not_reached")
    open_end = break_even_finding(plan(break_even=half, power_at_break_even=0.9), text)

    assert never is not None
    assert open_end is not None
    assert "even the largest effect there can be would not pay within 90 days" in never.headline
    assert "Make the offer cheaper" in never.action
    assert "from an effect of 5.0 points on; 4.0 points at least, and at most nobody can say." in open_end.headline


def test_without_a_cost_there_is_nothing_to_break_even_on(text: Text) -> None:
    assert break_even_finding(plan(), text) is None
    assert [one.id for one in plan_headline(plan(), text)] == ["experiment.plan", "experiment.plan.assignment"]


def test_who_is_drawn_and_who_is_not(text: Text) -> None:
    found = assignment_finding(plan(asked={"strata": ("plan_type",)}, n_held_out=12, n_drawn_before=1), text)

    assert found.headline == "2,000 customers are drawn: 400 “hold_out” and 1,600 “offer”."
    assert "evaluate “spring”" in found.action
    assert "within each group of plan type" in found.definition
    assert found.caveats == (
        "12 customers are held out by another list, and not drawn.",
        "1 customer was drawn for this experiment before, and is not drawn again.",
    )


def test_a_test_that_would_likely_show_nothing_is_not_handed_over_without_a_warning(text: Text) -> None:
    found = assignment_finding(plan(asked=ASKED, needed=needed(), power=0.03), text)

    assert found.verdict == "watch"
    assert found.action.startswith(
        "Change the plan before you hand it over: as it is, the test will likely show nothing"
    )
    unknown = assignment_finding(plan(baseline=baseline(value=UNKNOWN), smallest=None), text)
    assert "as it is, nobody can say what the test would show." in unknown.action
    unnamed = assignment_finding(plan(asked={**ASKED, "experiment": ""}, needed=needed(), power=0.03), text)
    assert unnamed.action.startswith("Change the plan before anybody is drawn: as it is, the test will likely show")


def test_a_plan_without_a_name_speaks_of_nobody_who_is_drawn(text: Text) -> None:
    nobody = pd.DataFrame({"variant": []})
    one = plan(asked={"experiment": ""}, assignments=nobody, n_held_out=12, looks_back=True)
    first, found = plan_finding(one, text), assignment_finding(one, text)

    assert first.action.startswith("Begun on 31 October 2026 it answers on 29 January 2027:")
    assert (found.verdict, found.method, found.definition) == ("fine", "", "")
    assert found.caveats == ("12 customers are held out by another list, and are not counted among those there are.",)


def test_where_nobody_says_goodbye_the_answer_waits_for_the_silence(text: Text) -> None:
    found = plan_finding(plan(silent_days=60, answer_days=150), text)

    assert "before 30 March 2027" in found.action
    assert "The last 60 days of it show who has fallen silent for good." in found.action


def test_nobody_is_said_to_have_gone_unseen_where_there_is_nobody(text: Text) -> None:
    found = plan_finding(plan(baseline=baseline(counted=0.19), n_available=0, smallest=None), text)

    assert not [caveat for caveat in found.caveats if "unseen" in caveat]


def test_nobody_drawn_and_a_look_back_are_said(text: Text) -> None:
    nobody = assignment_finding(plan(assignments=pd.DataFrame({"variant": []})), text)
    past = assignment_finding(plan(looks_back=True, as_of=date(2025, 1, 1)), text)

    assert nobody.verdict == "not_enough_data"
    assert nobody.action == ""
    assert any("no assignment is handed over" in caveat for caveat in past.caveats)
