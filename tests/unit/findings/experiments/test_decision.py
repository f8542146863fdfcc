"""Roll it out or not: every answer, with what it rests on and what would change it."""

import math
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from experiment_results import (
    BOUGHT,
    SPEND,
    STAY,
    arms,
    contrast,
    decision,
    effect,
    gate,
    money,
    no_study,
    rows,
    study,
    trimmed,
)

from retention_lab.analysis.experiments.decision import Answer
from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.decision import decision_finding
from retention_lab.findings.finding import Finding
from retention_lab.methods.estimates import Reason
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.experiment_file import Costs, Outcome
from retention_lab.text import Text

RATIO = Outcome(kind="ratio", role="primary", numerator="visits", denominator="weeks")
COUNTS = pd.DataFrame({"variant": ["hold_out", "offer"], "rows": 1000, "analysed": 990})
KNOWN = pd.DataFrame({"variant": ["hold_out", "offer"], "known": 0})

UNCLEAR = effect(contrast(0.4, 1.2))
WORSE = effect(contrast(-2.0, 1.0))


def of(answer: Answer, text: Text, *args: object, **changes: object) -> Finding:
    return decision_finding(study(), decision(answer, *args, **changes), text)  # type: ignore[arg-type]


def test_what_pays_is_rolled_out_and_the_cost_that_would_end_that_is_named(text: Text) -> None:
    found = of("pays", text, effect(), money())

    assert found.verdict == "act"
    assert found.headline == (
        "It is shown to work, and it pays. With “offer”, customers stay longer than with “hold_out” within 100 days: "
        "by 2.0 days (1.0 to 3.0), or 4.0% (2.0% to 6.0%). After its cost, each customer treated brings €3.00 (€1.00 "
        "to €5.00) of margin."
    )
    assert found.action == (
        "Roll out “offer”: for 1,980 customers that is worth about €5,940 (€1,980 to €9,900). It would stop paying at "
        "a cost a customer of €5.00 (€3.00 to €7.00); it costs €2.00 now."
    )
    assert (found.estimate, found.ci_lower, found.ci_upper, found.unit) == (2.0, 1.0, 3.0, "days")


def test_what_costs_too_much_says_at_which_cost_it_would_pay(text: Text) -> None:
    found = of("loses", text, effect(), money(gain=5.0, reach=2.0, cost=9.0))

    assert found.verdict == "watch"
    assert found.headline.startswith("It is shown to work, but costs more than it brings.")
    assert found.headline.endswith("After its cost, each customer treated loses €4.00 (€2.00 to €6.00) of margin.")
    assert found.action == (
        "Do not roll out “offer” as it is: it costs €9.00 a customer. It would pay at a cost below €5.00 (€3.00 to "
        "€7.00)."
    )


def test_what_brings_no_margin_is_not_made_good_by_a_lower_cost(text: Text) -> None:
    found = of("loses", text, effect(), money(gain=-1.0, reach=0.5))

    assert "no lower cost would help" in found.action


def test_a_margin_that_may_lie_on_either_side_of_nought_is_not_said_to_be_none(text: Text) -> None:
    found = of("money_open", text, effect(), money(gain=-0.56, reach=2.92, cost=0.0))

    assert found.headline.endswith(
        "After its cost, each customer treated loses €0.56 of margin; the interval goes from a loss of €3.48 to a gain "
        "of €2.36."
    )
    assert "no margin even before its cost" not in found.action
    assert "it is open whether it brings any margin before its cost (−€0.56 (−€3.48 to €2.36))" in found.action


def test_open_money_names_the_cost_at_which_the_interval_would_lie_above_nought(text: Text) -> None:
    sure = of("money_open", text, effect(), money(gain=5.0, reach=2.0, cost=4.0))
    unsure = of("money_open", text, effect(), money(gain=2.0, reach=3.0, cost=1.0))

    assert sure.verdict == unsure.verdict == "watch"
    assert (
        "It costs €4.00 a customer, and breaks even at €5.00 (€3.00 to €7.00); below €3.00 the whole 95% interval of "
        "what it leaves would be above nought." in sure.action
    )
    assert "above nought" not in unsure.action
    assert "for sure" not in sure.action + unsure.action
    assert "breaks even at €2.00 (−€1.00 to €5.00)" in unsure.action


def test_without_a_worth_the_client_file_is_told_what_it_lacks(text: Text) -> None:
    bare = of("money_unknown", text, effect())
    unknown = of("money_unknown", text, effect(), money(reason="not_observed"))

    assert "write in the client file what an outcome is worth" in bare.action
    assert "Its money cannot be said: nobody was followed for that long." in unknown.headline
    assert "brings" not in bare.headline + unknown.headline
    # The costs are in the client file already.
    assert "(costs)" not in bare.action
    assert "what the offer costs (costs)" in decision_finding(free(), decision("money_unknown", effect()), text).action
    assert "before what it earns can be estimated" in unknown.action


def test_no_clear_effect_says_what_remains_possible_and_what_a_larger_test_would_show(text: Text) -> None:
    found = of("no_clear_effect", text, UNCLEAR)

    assert found.verdict == "no_evidence"
    assert "the difference from “hold_out” is 0.4 days (−0.8 to 1.6), or 0.8% (−1.6% to 3.2%)." in found.headline
    # 2.8 standard errors of 1.2 / 1.96 are found with a chance of 80%.
    assert found.action == (
        "Do not roll out “offer” on this evidence. An experiment of this size finds an effect of 1.7 days with a "
        "chance of 80%; one with four times as many customers who count finds half of that."
    )


def test_an_experiment_that_may_be_looked_at_any_time_may_also_go_on(text: Text) -> None:
    found = of("no_clear_effect", text, effect(contrast(0.4, 1.2), is_anytime=True))

    assert "It may go on" in found.action
    assert "The intervals hold whenever and however often one looks." in found.caveats


def test_harm_is_stopped(text: Text) -> None:
    found = of("worse", text, WORSE)

    assert found.verdict == "act"
    assert found.headline == (
        "It did harm. With “offer”, customers leave sooner than with “hold_out” within 100 days: by 2.0 days (1.0 to "
        "3.0), or 4.0% (2.0% to 6.0%)."
    )
    assert found.action.startswith("Stop “offer”.")


def test_a_margin_that_holds_is_said_in_the_unit_of_the_outcome(text: Text) -> None:
    share = BOUGHT.model_copy(update={"role": "primary"})
    found = of("no_worse", text, effect(contrast(0.001, 0.01, 0.3), share, outcome="bought"))

    assert found.verdict == "fine"
    assert found.headline.endswith("It is shown not to be worse by 2 points or more.")
    assert found.estimate == pytest.approx(0.1)
    assert found.unit == "points"


def test_a_broken_guardrail_is_named(text: Text) -> None:
    guard = effect(contrast(-0.05, 0.01, 0.3), BOUGHT, outcome="bought", role="guardrail")
    one = of("harms_guardrail", text, effect(), guardrails=(guard,))
    two = of("harms_guardrail", text, effect(), guardrails=(guard, effect(outcome="calls", spec=BOUGHT)))

    assert one.verdict == "watch"
    assert "It is not shown that “bought” holds its margin." in one.headline
    assert "It is not shown that “bought” and “calls” hold their margins." in two.headline
    assert one.action.startswith("Do not roll out “offer” before the harm is ruled out")


def test_a_guardrail_that_nobody_knows_is_not_said_to_do_harm(text: Text) -> None:
    broken = effect(contrast(-0.05, 0.01, 0.3), BOUGHT, outcome="bought")
    unknown = effect(none(), BOUGHT, outcome="calls")
    one = of("harms_guardrail", text, effect(), guardrails=(unknown,))
    both = of("harms_guardrail", text, effect(), guardrails=(broken, unknown))

    assert one.headline.startswith("It is shown to work, but whether it does harm elsewhere cannot be judged.")
    assert "What it changes in “calls” cannot be said: there is too little to estimate it from" in one.headline
    assert "before it is known what it does to “calls”" in one.action
    assert "may do harm elsewhere" in both.headline
    assert "It is not shown that “bought” holds its margin. What it changes in “calls”" in both.headline


def test_an_invalid_experiment_names_the_failed_checks_and_no_effect_at_all(text: Text) -> None:
    gates = (gate("sample_ratio", "failed"), gate("lost", "failed"))
    found = of("invalid", text, effect(), money(), gates=gates)

    assert found.verdict == "invalid"
    assert found.headline == (
        "This experiment cannot say whether it worked: it fails 2 checks that must hold first (Sample ratio and Lost "
        "customers)."
    )
    assert found.action == (
        "Do not read any effect of it, however good it looks. Find the step between drawing and this file where "
        "customers were lost or added, repair it, and run the experiment again. Find out why one variant lost more "
        "customers than another, and get their outcomes."
    )
    assert math.isnan(found.estimate)
    assert not re.search(r"days|€|%", found.headline)


def test_too_early_says_how_far_the_experiment_is_and_gives_no_effect(text: Text) -> None:
    gates = (gate("early_look", "warned"),)
    found = decision_finding(
        study(ends_on=date(2026, 12, 31), n_planned=5000), decision("too_early", effect(), gates=gates), text
    )

    assert found.verdict == "watch"
    assert found.headline.startswith(
        "It is too early to say whether it works. It has 2,000 customers, of 5,000 planned;"
    )
    assert "31 December 2026" in found.headline
    assert math.isnan(found.estimate)
    assert "stay longer" not in found.headline


def test_too_little_data_says_what_there_is_too_little_of(text: Text) -> None:
    few = gate("size", "warned", rows(("hold_out", 12, 12, math.nan)), facts={"fewest": 12.0})

    assert "The smallest variant has 12 customers" in of("not_enough_data", text, effect(), gates=(few,)).headline
    assert "fewer than 30 customers" in of("not_enough_data", text, effect()).headline
    assert "No effect on “stay” can be estimated" in of("not_enough_data", text).headline
    assert "Assign more customers" in of("not_enough_data", text).action


def free() -> ExperimentStudy:
    """An experiment of whose costs the client file says nothing."""
    asked = study()
    assert asked.trial is not None
    spec = asked.trial.spec.model_copy(update={"costs": Costs()})
    return replace(asked, trial=replace(asked.trial, spec=spec))


def none(reason: Reason = "too_few", **changes: Any) -> Contrast:
    """An effect that cannot be estimated, of variants that do not differ within."""
    return contrast(0.0, 0.0, reason=reason, **changes)


@pytest.mark.parametrize(
    ("asked", "one", "why", "helps"),
    [
        (
            study({"spend": SPEND}),
            effect(none(), SPEND, outcome="spend"),
            "Within each variant all customers have the same “spend”.",
            "Look whether “spend” is read from what was meant.",
        ),
        (
            study(randomised="cluster", counts=COUNTS.assign(assigned=1)),
            effect(none()),
            "Clusters were drawn, and a variant has only one.",
            "Draw more clusters",
        ),
        (
            study({"stay": STAY.model_copy(update={"horizon_days": 400})}),
            effect(none("not_observed"), staying=arms()),
            "Customers were followed for 130 days, and “stay” asks who stays for 400 days.",
            "Run this again when customers have been followed for 400 days.",
        ),
        (
            study(),
            effect(none(), staying=replace(arms(), n_left=(0, 0))),
            "Nobody has left, in any variant.",
            "when some have left",
        ),
        (
            study({"spend": SPEND}, per_outcome=KNOWN.assign(outcome="spend", mature=0)),
            effect(none(), SPEND, outcome="spend"),
            "The 60 days of “spend” are not over for any customer of a variant.",
            "when the 60 days of enough customers are over",
        ),
        (
            study({"rate": RATIO}),
            effect(none("near_nought"), RATIO, outcome="rate"),
            "What “rate” is divided by cannot be told from nought.",
            "does not divide by “weeks”",
        ),
        (
            study(variants=("hold_out",), shares={}),
            None,
            "there is no treatment",
            "Find the rows of those who were treated",
        ),
    ],
)
def test_more_customers_are_advised_only_where_they_would_help(
    asked: ExperimentStudy, one: Effect | None, why: str, helps: str, text: Text
) -> None:
    found = decision_finding(asked, decision("not_enough_data"), text, [one] if one else [])

    assert why in found.headline
    assert helps in found.action
    assert "Assign more customers" not in found.action


def test_where_the_reason_says_no_more_more_customers_are_advised(text: Text) -> None:
    nobody = effect(none(std_error=math.nan))
    found = decision_finding(study(), decision("not_enough_data"), text, [nobody])

    assert "can be estimated for any treatment: there is too little to estimate it from" in found.headline
    assert "Assign more customers" in found.action


def test_without_an_experiment_a_real_one_is_offered(text: Text) -> None:
    found = decision_finding(no_study(), decision("no_experiment"), text)

    assert found.verdict == "not_enough_data"
    assert "There is no experiment" in found.headline
    assert "experiment-plan" in found.action


def test_lists_that_can_be_evaluated_are_named_where_no_experiment_is_declared(text: Text) -> None:
    of_lists = [
        decision_finding(replace(no_study(), lists=lists), decision("no_experiment"), text).action
        for lists in (("churn-survival",), ("spring list", "feedback"))
    ]

    assert of_lists[0].startswith("The list “churn-survival” can be evaluated: -p experiment=churn-survival. Plan a")
    assert (
        "“spring list” and “feedback” can be evaluated, each by its name, as in -p 'experiment=spring list'."
        in (of_lists[1])
    )


@pytest.mark.parametrize(
    ("name", "does"),
    [("filter", "Take the condition away."), ("unit", "Take the cluster out of the client file"), ("balance", "draw")],
)
def test_what_is_to_be_done_about_an_invalid_experiment_is_what_its_check_asks_for(
    name: str, does: str, text: Text
) -> None:
    found = of("invalid", text, effect(), gates=(gate(name, "failed"),))

    assert does in found.action
    assert "lost" not in found.action


def test_of_several_treatments_the_answer_says_on_which_it_is(text: Text) -> None:
    asked = study(variants=("hold_out", "offer", "call"))
    found = decision_finding(asked, decision("pays", effect(), money()), text)

    assert any("Of 2 treatments, this is “offer”" in caveat for caveat in found.caveats)
    assert any("The best of several looks better than it is" in caveat for caveat in found.caveats)
    worst = decision_finding(asked, decision("worse", WORSE), text)
    assert any("The worst of several looks worse than it is" in caveat for caveat in worst.caveats)
    assert not [caveat for caveat in of("pays", text, effect(), money()).caveats if "several" in caveat]


def test_an_answer_that_a_few_customers_make_says_how_many_and_what_it_is_without_them(text: Text) -> None:
    gates = (gate("outliers", "warned", about="spend", facts={"turned": 1.0, "n_extreme": 3.0}),)
    left_out = effect(contrast(), SPEND, outcome="spend", trimmed=trimmed(3, without_extreme=contrast(0.4, 0.7)))
    found = of("carried_by_few", text, left_out, gates=gates)

    assert found.verdict == "watch"
    assert found.headline.startswith(
        "It looks better, but 3 customers make the answer: without those above €2,000.00 the difference is €0.40 "
        "(−€0.30 to €1.10), or 0.8% (−0.6% to 2.2%). Average “spend” is higher"
    )
    assert "winsorise_at: 0.999" in found.action
    assert "Do not roll out “offer”" in found.action

    cut = replace(left_out, trimmed=trimmed(winsorised=contrast(0.4, 0.7)))
    assert "with values above €200.00 counted as €200.00 the difference is €0.40" in (
        of("carried_by_few", text, cut, gates=gates).headline
    )
    assert "a few customers make the answer." in of("carried_by_few", text, effect(), gates=gates).headline


def test_without_planned_shares_the_answer_says_what_nobody_could_notice(text: Text) -> None:
    found = decision_finding(study(shares={}), decision("pays", effect(), money()), text)
    unnoticed = next(caveat for caveat in found.caveats if "lost or added on the way would not be noticed" in caveat)

    assert "under experiments.spring.shares in the client file" in unnoticed
    assert not [caveat for caveat in of("pays", text, effect(), money()).caveats if "shares" in caveat]


def test_a_larger_experiment_by_cluster_is_counted_in_clusters(text: Text) -> None:
    asked = study(randomised="cluster")
    found = decision_finding(asked, decision("no_clear_effect", effect(contrast(0.4, 1.2, n_obs=60))), text)

    assert "one with four times as many clusters finds half of that" in found.action


def test_without_a_percentage_the_sentence_goes_on_without_it(text: Text) -> None:
    one = contrast(2.0, 1.0, 0.0)
    found = of("money_unknown", text, effect(one, SPEND, outcome="spend"))

    assert "Average “spend” is higher with “offer” than with “hold_out”: by €2.00 (€1.00 to €3.00)." in found.headline


def test_an_effect_that_only_the_other_comparisons_make_unclear_is_told_so(text: Text) -> None:
    found = of("no_clear_effect", text, effect(contrast(2.0, 1.9), pvalue_adjusted=0.12))

    assert "which is not clear once all comparisons are counted" in found.headline
    assert "Nothing shows" not in found.headline
