"""What the treatments changed: each kind of outcome in its unit, and all that must be said beside it."""

import math
from dataclasses import replace

import pytest
from experiment_results import BOUGHT, SPEND, STAY, arms, contrast, effect, gate, study, trimmed

from retention_lab.findings.experiments.effects import effect_finding, effect_findings
from retention_lab.findings.finding import Finding
from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text

RATIO = Outcome(kind="ratio", numerator="visits", denominator="weeks")


def of(text: Text, *args: object, outcome: str = "spend", **changes: object) -> Finding:
    found = effect(*args, outcome=outcome, **changes)  # type: ignore[arg-type]
    return effect_finding(study({outcome: found.spec}), found, text)


def test_staying_is_told_in_days_with_the_shares_still_here_beside(text: Text) -> None:
    found = effect_finding(study(), effect(arms().contrast, staying=arms(), pvalue_adjusted=0.0), text)

    assert found.id == "experiment.effect.stay"
    assert found.verdict == "fine"
    assert found.unit == "days"
    assert "customers stay longer than with “hold_out” within 100 days: by 5.0 days (" in found.headline
    assert "Still here after 100 days: 90.0% against 80.0%, a difference of 10.0 points (" in found.headline
    assert "A log-rank test of the whole curves, without a horizon: p < 0.001." in found.caveats


def test_a_log_rank_test_is_not_quoted_where_one_may_look_at_any_time(text: Text) -> None:
    found = effect_finding(study(), effect(arms().contrast, staying=arms(), is_anytime=True), text)

    assert not [caveat for caveat in found.caveats if "log-rank" in caveat]
    assert any("whenever and however often" in caveat for caveat in found.caveats)


def test_a_proportion_is_told_in_points(text: Text) -> None:
    share = Outcome(kind="proportion", column="returned")
    found = of(text, contrast(-0.0082, 0.0051, 0.1902), share, outcome="retention_7")

    assert found.headline == (
        "The share with “retention 7” is lower with “offer” than with “hold_out”: by 0.82 points (0.31 to 1.33), or "
        "4.3% (1.6% to 7.0%). It is 18.20% against 19.02%."
    )
    assert (found.verdict, found.unit) == ("watch", "points")
    assert found.estimate == pytest.approx(-0.82)


def test_what_is_bought_is_told_in_money_and_a_ratio_as_a_number(text: Text) -> None:
    assert "by €2.00 (€1.00 to €3.00), or 4.0%" in of(text, contrast(), SPEND).headline
    assert "“visits a week” is higher with “offer” than with “hold_out”: by 2.0 (1.0 to 3.0)" in (
        of(text, contrast(), RATIO, outcome="visits_a_week").headline
    )


@pytest.mark.parametrize(("reach", "shown"), [(0.00042, "0.00200"), (0.042, "2.000"), (4.2, "200.0"), (420, "20,000")])
def test_numbers_have_as_many_decimals_as_their_interval_bears(reach: float, shown: str, text: Text) -> None:
    value = float(shown.replace(",", ""))

    assert f"by {shown} (" in of(text, contrast(value, reach, value), RATIO, outcome="rate").headline


def test_where_less_is_better_less_is_fine(text: Text) -> None:
    calls = Outcome(kind="mean", column="calls", better="lower")
    found = of(text, contrast(-2.0, 1.0), calls, outcome="calls")

    assert "Average “calls” is lower" in found.headline
    assert found.verdict == "fine"
    assert of(text, contrast(2.0, 1.0), calls, outcome="calls").verdict == "watch"


def test_what_is_not_clear_keeps_its_sign_and_says_that_nothing_shows(text: Text) -> None:
    found = of(text, contrast(-0.4, 1.2), SPEND)

    assert found.verdict == "no_evidence"
    assert "the difference from “hold_out” is −€0.40 (−€1.60 to €0.80), or −0.8% (−3.2% to 1.6%)." in found.headline


@pytest.mark.parametrize("reason", ["too_few", "not_observed", "near_nought"])
def test_what_cannot_be_estimated_says_why_and_shows_no_number(reason: str, text: Text) -> None:
    found = of(text, contrast(reason=reason), SPEND)  # type: ignore[arg-type]

    assert found.verdict == "not_enough_data"
    assert "cannot be said" in found.headline
    assert math.isnan(found.estimate)
    assert "nan" not in found.headline + found.method + "".join(found.caveats)


def test_no_percentage_is_given_where_the_control_may_be_nought(text: Text) -> None:
    found = of(text, contrast(2.0, 1.0, 0.0), SPEND)

    assert "%" not in found.headline
    assert any("No percentage is given" in caveat for caveat in found.caveats)


@pytest.mark.parametrize(
    ("gained", "words"),
    [(0.31, "took away 31% of the variance"), (0.001, "gained nothing"), (-0.02, "gained nothing")],
)
def test_a_covariate_says_what_it_gained_or_that_it_gained_nothing(gained: float, words: str, text: Text) -> None:
    spec = SPEND.model_copy(update={"covariate_days": 60})
    found = of(text, contrast(variance_reduction=gained), spec)

    assert any(words in caveat for caveat in found.caveats)


def test_trimmed_values_stand_beside_the_untrimmed_and_are_told_where_they_count(text: Text) -> None:
    beside = of(text, contrast(), SPEND, trimmed=trimmed())
    counted = of(text, contrast(), SPEND.model_copy(update={"winsorise_at": 0.99}), trimmed=trimmed())

    assert (
        "With values above €200.00 counted as €200.00, it is €51.50 against €50.00: a difference of €1.50 (€0.70 to "
        "€2.30), or 3.0% (1.4% to 4.6%)." in beside.caveats
    )
    assert (
        "Values above €200.00 count as €200.00, as the client file asks. As they are, it is €52.00 against €50.00: a "
        "difference of €2.00 (€1.00 to €3.00), or 4.0% (2.0% to 6.0%)." in counted.caveats
    )


def test_of_several_comparisons_all_p_values_are_given(text: Text) -> None:
    asked = study({"stay": STAY, "spend": SPEND, "visits": RATIO}, variants=("hold_out", "offer", "call"))
    one = effect(contrast(), SPEND, outcome="spend", pvalue_adjusted=0.04, qvalue=0.02)
    found = effect_finding(asked, one, text)

    assert found.id == "experiment.effect.spend.offer"
    assert (
        "One of 4 comparisons: p = 0.010 on its own, p = 0.040 with all of them counted (Holm); its false discovery "
        "rate is 2.0% (Benjamini and Hochberg)." in found.caveats
    )


def test_a_guardrail_is_judged_by_its_margin_and_stands_in_no_family(text: Text) -> None:
    asked = study({"stay": STAY, "bought": BOUGHT, "spend": SPEND})
    guard = effect(contrast(-0.004, 0.01, 0.3), BOUGHT, outcome="bought", pvalue_margin=0.001)
    held, broken = guard, replace(guard, contrast=contrast(-0.015, 0.016, 0.3), pvalue_margin=0.2)

    fine, watch = (effect_finding(asked, one, text) for one in (held, broken))

    assert (fine.verdict, watch.verdict) == ("fine", "watch")
    assert "It is shown not to be worse by 2 points or more." in fine.headline
    assert "It is not ruled out that it is worse by 2 points or more." in watch.headline
    assert "That it is worse by the margin or more: p = 0.001, one-sided." in fine.caveats
    assert not [caveat for caveat in fine.caveats if "comparisons" in caveat]


def test_one_point_is_no_points(text: Text) -> None:
    strict = BOUGHT.model_copy(update={"margin": 0.01})
    guard = effect(contrast(-0.004, 0.003, 0.3), strict, outcome="bought", pvalue_margin=0.001)

    assert "worse by 1 point or more" in effect_finding(study({"stay": STAY, "bought": strict}), guard, text).headline


def test_a_guardrail_that_is_clearly_worse_is_watched_even_within_its_margin(text: Text) -> None:
    guard = effect(contrast(-0.01, 0.005, 0.3), BOUGHT, outcome="bought", pvalue_margin=0.001)

    assert effect_finding(study({"stay": STAY, "bought": BOUGHT}), guard, text).verdict == "watch"


def test_each_outcome_says_what_it_counts(text: Text) -> None:
    window = {"from": "transactions.amount", "window_days": 60}
    specs = {
        "within 60 days of the assignment": [
            SPEND,
            Outcome.model_validate({"kind": "ratio", **window}),
            Outcome.model_validate({"kind": "proportion", **window}),
            Outcome.model_validate({"kind": "mean", **window, "from": "transactions.count"}),
        ],
        "“bought”": [BOUGHT],
        "Sum of “visits” over the sum of “weeks”.": [RATIO],
        "within 100 days": [STAY],
    }

    for words, kinds in specs.items():
        definitions = {of(text, contrast(), spec).definition for spec in kinds}
        assert len(definitions) == len(kinds)
        assert all(words in definition for definition in definitions)


def test_where_customers_have_several_rows_the_average_is_said_to_be_that_of_a_row(text: Text) -> None:
    paid, returned = Outcome(kind="mean", column="paid"), Outcome(kind="proportion", column="returned")
    asked = study({"paid": paid, "returned": returned, "spend": SPEND}, by_order=True)
    by_cluster = study({"paid": paid}, by_order=True, randomised="cluster")

    assert effect_finding(asked, effect(spec=paid, outcome="paid"), text).definition == (
        "“paid” of a row of the file, on average; a customer has several. How sure it is, is reckoned from customers: "
        "those were drawn."
    )
    assert "Share of the file's rows with “returned”" in (
        effect_finding(asked, effect(spec=returned, outcome="returned"), text).definition
    )
    assert "a customer's transactions" in effect_finding(asked, effect(spec=SPEND, outcome="spend"), text).definition
    assert "from clusters" in effect_finding(by_cluster, effect(spec=paid, outcome="paid"), text).definition


def test_after_a_failed_check_no_effect_shows_a_number(text: Text) -> None:
    found = list(effect_findings(study(), [effect()], text, [gate("lost", "failed")]))

    assert [(one.id, one.verdict) for one in found] == [("experiment.effect.stay", "invalid")]
    assert found[0].headline == (
        "What “offer” changes in “stay” must not be read: a check that must hold first has failed."
    )
    assert math.isnan(found[0].estimate)
    assert found[0].caveats == ()


def test_there_is_a_finding_for_each_outcome_and_treatment(text: Text) -> None:
    asked = study(variants=("hold_out", "offer", "call"))
    found = effect_findings(asked, [effect(), effect(variant="call")], text)

    assert [one.id for one in found] == ["experiment.effect.stay.offer", "experiment.effect.stay.call"]


def test_a_false_discovery_rate_that_says_nothing_is_left_out(text: Text) -> None:
    one = effect(contrast(0.1, 1.0), SPEND, outcome="spend", pvalue_adjusted=1.0, qvalue=1.0)
    asked = study({"stay": STAY, "spend": SPEND, "visits": RATIO})
    caveats = effect_finding(asked, one, text).caveats

    assert any(caveat.endswith("with all of them counted (Holm).") for caveat in caveats)
    assert not [caveat for caveat in caveats if "false discovery" in caveat]


def test_parts_of_a_cent_are_told_only_of_an_amount_of_a_few_cents(text: Text) -> None:
    sure = of(text, contrast(19.987, 0.046, 20.0), SPEND).headline
    tiny = of(text, contrast(0.0031, 0.0012, 20.0), SPEND).headline

    assert "by €19.99 (€19.94 to €20.03)" in sure
    assert "by €0.0031 (€0.0019 to €0.0043)" in tiny
    assert "It is €20.00 against €20.00." in tiny
