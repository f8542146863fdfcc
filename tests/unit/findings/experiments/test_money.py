"""What the treatment earned after what it cost."""

import math

import pytest
from experiment_results import SPEND, STAY, decision, effect, estimate, money, study

from retention_lab.analysis.experiments.decision import Answer
from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.findings.experiments.money import money_finding
from retention_lab.findings.finding import Finding
from retention_lab.tables.client_file import Money
from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text


def of(text: Text, one: VariantMoney, answer: Answer = "pays", **asked: object) -> Finding:
    found = money_finding(study(**asked), [one], decision(answer, effect(), one), text)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_gain_cost_and_net_are_given_with_intervals_and_what_a_roll_out_is_worth(text: Text) -> None:
    found = of(text, money(cost=2.0, gain=5.0))

    assert found.headline == (
        "A customer with “offer” brings €5.00 (€3.00 to €7.00) more margin within 100 days and costs €2.00: that "
        "leaves €3.00 (€1.00 to €5.00)."
    )
    assert found.action == (
        "For 1,980 customers that would be €5,940 (€1,980 to €9,900), with a chance of 20% of a loss."
    )
    assert (found.verdict, found.estimate, found.unit) == ("act", 3.0, "EUR a customer")
    assert "It breaks even at a cost a customer of €5.00 (€3.00 to €7.00)." in found.caveats


@pytest.mark.parametrize(
    ("answer", "gain", "verdict"),
    [("loses", -1.0, "watch"), ("money_open", 2.5, "watch"), ("no_clear_effect", 5.0, "no_evidence")],
)
def test_the_verdict_follows_the_decision(answer: Answer, gain: float, verdict: str, text: Text) -> None:
    found = of(text, money(gain=gain, reach=0.9), answer)

    assert found.verdict == verdict
    assert bool(found.action) == (verdict == "watch")


@pytest.mark.parametrize("answer", ["invalid", "too_early", "not_enough_data", "no_experiment"])
def test_where_no_effect_may_be_read_there_is_no_money_either(answer: Answer, text: Text) -> None:
    assert money_finding(study(), [money()], decision(answer, effect(), money()), text) is None


def test_without_a_worth_there_is_nothing_to_say(text: Text) -> None:
    assert money_finding(study(), [], decision("money_unknown", effect()), text) is None


def test_money_that_cannot_be_estimated_says_why(text: Text) -> None:
    found = of(text, money(reason="not_observed"), "money_unknown")

    assert found.verdict == "not_enough_data"
    assert found.headline == "What “offer” earns cannot be said: nobody was followed for that long."
    assert math.isnan(found.estimate)
    assert found.caveats == ()


@pytest.mark.parametrize(("loss", "words"), [(0.0004, "under 1%"), (0.9996, "over 99%"), (0.374, "37%")])
def test_no_chance_is_said_to_be_nought_or_one(loss: float, words: str, text: Text) -> None:
    assert f"with a chance of {words} of a loss" in of(text, money(loss_chance=loss)).action


def test_whose_word_the_margin_is_and_that_a_free_treatment_is_an_assumption(text: Text) -> None:
    free = of(text, money(cost=0.0, margin_known=False))

    assert any("gives no margin" in caveat for caveat in free.caveats)
    assert any("gives no cost" in caveat for caveat in free.caveats)
    assert "Margin is 40% of revenue, as the client file says." in of(text, money()).caveats
    already = of(text, money(), money=Money(monthly_value_is="margin"))
    assert any("is margin already" in caveat for caveat in already.caveats)


def test_several_outcomes_are_named_and_their_sum_is_called_the_worst_case(text: Text) -> None:
    found = of(text, money(basis=("stay", "spend_60"), days=0), outcomes={"stay": STAY, "spend_60": SPEND})

    assert "The effect on “stay” and “spend 60”" in found.definition
    assert any("the worst case" in caveat for caveat in found.caveats)
    assert "within" not in found.headline


def test_the_monthly_value_beside_another_outcome_may_count_twice(text: Text) -> None:
    outcomes = {"stay": STAY, "spend": SPEND, "extras": SPEND}
    both = of(text, money(basis=("stay", "spend")), outcomes=outcomes)
    bought = of(text, money(basis=("spend", "extras")), outcomes=outcomes)

    twice = next(caveat for caveat in both.caveats if "counts twice" in caveat)
    assert twice.startswith("Staying counts with the customers' monthly value, and what “spend” brings is added")
    assert not [caveat for caveat in bought.caveats if "counts twice" in caveat]


def test_of_a_customer_with_several_rows_the_money_is_their_sum(text: Text) -> None:
    paid = {"paid": Outcome(kind="mean", column="paid", money="revenue")}

    assert "their sum counts" in of(text, money(basis=("paid",)), outcomes=paid, by_order=True).definition
    assert "their sum" not in of(text, money(basis=("paid",)), outcomes=paid).definition


def test_a_worth_that_a_few_customers_make_is_no_worth_to_roll_out_for(text: Text) -> None:
    found = of(text, money(), "carried_by_few")

    assert (found.verdict, found.action) == ("watch", "")


def test_small_amounts_keep_their_cents_and_large_ones_do_not(text: Text) -> None:
    large = of(text, money(gain=5000.0, reach=900.0, cost=12.5, net=estimate(4987.5, 900.0)))

    assert "brings €5,000 (€4,100 to €5,900) more margin" in large.headline
    assert "costs €12.50" in large.headline


def test_what_brings_nothing_has_no_cost_at_which_it_breaks_even(text: Text) -> None:
    found = of(text, money(gain=-0.04, reach=0.8), "no_clear_effect")

    never = of(text, money(gain=-4.0, reach=0.8), "no_clear_effect")

    assert "It is open whether it brings any margin that could pay for a cost." in found.caveats
    assert "It brings no margin that could pay for any cost." in never.caveats
    assert "changes by −€0.04 (−€0.84 to €0.76), and one costs €2.00" in found.headline
    assert not [caveat for caveat in found.caveats if "breaks even" in caveat]
