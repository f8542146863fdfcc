"""Each check in each state: what was counted, and what to do where it does not hold."""

import math
from datetime import date

import pandas as pd
import pytest
from experiment_results import BOUGHT, SPEND, STAY, gate, rows, study

from retention_lab.findings.experiments.gates import gate_finding, gate_findings
from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text

NAN = math.nan
PLANNED = rows(("hold_out", 300, 1000, 300), ("offer", 700, 1000, 700))
OFF = rows(("hold_out", 380, 1000, 300), ("offer", 620, 1000, 700))


def said(text: Text, name: str, status: str = "passed", *args: object, **changes: object) -> str:
    asked = changes.pop("asked", study())
    return gate_finding(asked, gate(name, status, *args, **changes), text).headline  # type: ignore[arg-type]


def test_a_gate_has_its_own_id_and_a_verdict_for_each_state(text: Text) -> None:
    states = ("passed", "warned", "failed", "not_applicable")
    found = list(gate_findings(study(), [gate("sample_ratio", state, PLANNED, pvalue=0.5) for state in states], text))

    assert [one.verdict for one in found] == ["fine", "watch", "invalid", "not_enough_data"]
    assert {one.id for one in found} == {"experiment.gate.sample_ratio"}
    assert [bool(one.action) for one in found] == [False, True, True, False]


def test_the_sample_ratio_gives_shares_planned_shares_number_and_p(text: Text) -> None:
    assert said(text, "sample_ratio", "failed", OFF, pvalue=1e-6) == (
        "The variants are not as large as planned, and chance does not explain it. Of 1,000 customers: 38.0% "
        "“hold_out” (planned 30.0%) and 62.0% “offer” (planned 70.0%); p < 0.001."
    )
    assert "are not quite as large as planned" in said(text, "sample_ratio", "warned", OFF, pvalue=0.005)
    assert "are as large as planned" in said(text, "sample_ratio", "passed", PLANNED, pvalue=0.5)


def test_of_many_variants_the_one_farthest_off_is_named(text: Text) -> None:
    many = rows(*((f"arm {k}", 100 + (30 if k == 7 else 0), 1230, 102.5) for k in range(12)))

    assert "farthest off, of 12 variants, is 10.6% “arm 7” (planned 8.3%)" in said(
        text, "sample_ratio", "warned", many, pvalue=0.004
    )


def test_a_shift_of_a_huge_experiment_is_not_rounded_away(text: Text) -> None:
    huge = rows(("a", 1_003_000, 2_000_000, 1_000_000), ("b", 997_000, 2_000_000, 1_000_000))

    assert "50.15% “a” (planned 50.00%)" in said(text, "sample_ratio", "failed", huge, pvalue=0.0004)


def test_clusters_are_counted_as_clusters(text: Text) -> None:
    assert "Of 1,000 clusters" in said(
        text, "sample_ratio", "passed", PLANNED, pvalue=0.5, asked=study(randomised="cluster")
    )


def test_without_planned_shares_nobody_can_say_whether_customers_are_missing(text: Text) -> None:
    unknown = rows(("hold_out", 300, 1000, NAN), ("offer", 700, 1000, NAN))

    found = said(text, "sample_ratio", "not_applicable", unknown)
    assert "“hold_out” 300 and “offer” 700" in found
    assert "Write the planned share of each variant under experiments.spring.shares in the client file." in found
    assert "Nobody was assigned" in said(text, "sample_ratio", "not_applicable", rows(("hold_out", 0, 0, NAN)))


def test_customers_in_two_variants_with_another_variant_or_none_are_counted(text: Text) -> None:
    facts = {
        "n_double": 8.0, "double": 0.0013, "n_received": 120.0, "n_received_known": 1500.0, "received": 0.08,
        "n_outside": 1.0, "outside": 0.001,
    }  # fmt: skip

    assert said(text, "assignment", "failed", facts=facts) == (
        "8 customers (0.13%) are in more than one variant, and in none of the numbers. 120 of 1,500 customers (8.0%) "
        "got another variant than theirs, and count in the assigned one. 1 row (0.10%) names a variant that the client "
        "file does not, and is left out."
    )


def test_an_assignment_without_a_fault_says_whether_that_could_be_seen(text: Text) -> None:
    assert "What each customer really got is not recorded." in said(text, "assignment")
    assert "all 1,500 customers of whom it is recorded got their own" in said(
        text, "assignment", facts={"n_received_known": 1500.0}
    )


@pytest.mark.parametrize(
    ("facts", "status", "words"),
    [
        ({}, "passed", "customers are compared: 2,000, one row each"),
        ({"by_order": 1, "n_rows": 5300}, "warned", "share of the file's columns is that of a row"),
        ({"has_customers": 0}, "passed", "each of its 2,000 rows counts as one customer"),
    ],
)
def test_what_was_drawn_is_what_is_compared(text: Text, facts: dict[str, float], status: str, words: str) -> None:
    assert words in said(text, "unit", status, facts=facts)


def test_clusters_with_customers_in_several_variants_and_too_few_clusters(text: Text) -> None:
    few = rows(("hold_out", 4, 400, NAN), ("offer", 16, 1600, NAN))
    facts = {"n_clusters": 20.0}

    assert "“hold_out” has only 4." in said(text, "unit", "warned", few, facts=facts)
    mixed = gate_finding(study(), gate("unit", "failed", few, facts={**facts, "n_mixed": 3.0}), text)
    assert "3 of them have customers in several variants." in mixed.headline
    assert "clusters were not what was drawn" in mixed.action


def test_windows_that_are_not_over_say_how_many_are(text: Text) -> None:
    some = rows(("hold_out", 500, 1000, NAN), ("offer", 400, 1000, NAN))
    bought = study({"spend": SPEND})
    facts = {"over": 900.0}

    assert said(text, "maturity", "warned", some, asked=bought, about="spend", facts=facts) == (
        "The 60 days of 900 of 2,000 customers (45.0%) are over, and only those count for “spend”."
    )
    assert "count for as long as they were seen" in said(text, "maturity", "warned", some, facts=facts)
    whole = rows(("hold_out", 1000, 1000, NAN), ("offer", 1000, 1000, NAN))
    assert "The time of all 2,000 customers is over" in said(text, "maturity", "passed", whole)


def test_where_only_another_outcome_is_not_over_the_primary_one_is_not_said_to_be_short(text: Text) -> None:
    whole = rows(("hold_out", 1000, 1000, NAN), ("offer", 1000, 1000, NAN))
    found = said(text, "maturity", "warned", whole, facts={"n": 4000.0, "over": 3000.0})

    assert found == "For “stay” the time of all 2,000 customers is over; for other outcomes it is over for 75.0%."


def test_windows_that_cannot_be_judged_are_told_from_outcomes_without_any(text: Text) -> None:
    dateless = said(text, "maturity", "not_applicable", facts={"has_days": 0.0})
    timeless = said(text, "maturity", "not_applicable", asked=study({"bought": BOUGHT}))

    assert "does not say on which days customers were assigned" in dateless
    assert timeless == "No outcome of this experiment takes time to be known."


def test_an_early_look_gives_the_planned_number_and_day(text: Text) -> None:
    by_day = study(ends_on=date(2026, 12, 31))
    facts = {"n_planned": NAN}

    assert "It has 2,000 customers; 5,000 were planned." in said(text, "early_look", "warned")
    assert "The data ends on 31 October 2026; the experiment was to end on 31 December 2026." in said(
        text, "early_look", "warned", asked=by_day, facts=facts
    )
    # Armitage, McPherson and Rowe (1969): .083 and .193.
    action = gate_finding(study(), gate("early_look", "warned", facts=facts), text).action
    assert "in 8% of cases with two looks, and in 19% with ten" in action
    assert "when it was planned to be" in said(text, "early_look", "passed", facts={"n_planned": 2000.0})
    assert "whenever one likes" in said(text, "early_look", "not_applicable", facts={"anytime": 1.0})
    assert "does not say when" in said(text, "early_look", "not_applicable", facts={"anytime": 0.0})


def test_a_filter_says_whom_it_left_over_in_each_variant(text: Text) -> None:
    kept = rows(("hold_out", 300, 1000, NAN), ("offer", 600, 1000, NAN))
    asked = study(where=("active=yes",), kept_by_filter=pd.DataFrame({"variant": ["offer"]}))

    assert said(text, "filter", "failed", kept, asked=asked, pvalue=1e-9) == (
        "Only customers with active=yes count, and that keeps another share of each variant: 300 of 1,000 in "
        "“hold_out” (30.0%) and 600 of 1,000 in “offer” (60.0%); p < 0.001."
    )
    assert "another share" not in said(text, "filter", "warned", kept, asked=asked, pvalue=0.4)
    assert "p " not in said(text, "filter", "warned", kept, asked=asked)
    assert said(text, "filter", "not_applicable").startswith("No condition was set")


def test_lost_customers_are_counted_by_variant_and_by_why(text: Text) -> None:
    lost = rows(("hold_out", 10, 1000, NAN), ("offer", 90, 1000, NAN))
    facts = {"share": 0.05, "gone": 60.0, "unknown": 40.0}

    assert said(text, "lost", "failed", lost, pvalue=1e-9, facts=facts) == (
        "The variants lost customers differently. Without a known “stay” are 10 of 1,000 in “hold_out” (1.0%) and 90 "
        "of 1,000 in “offer” (9.0%); p < 0.001. 60 customers had left before they were assigned. Of 40 customers the "
        "client's tables do not say whether they were here when assigned."
    )
    assert said(text, "lost", "passed", lost, pvalue=0.3, facts=facts).startswith(
        "The variants lost customers alike: “stay” is not known of 100 of 2,000 (5.0%); p = 0.300. 60 customers had"
    )
    assert said(text, "lost") == "Nobody was lost: every outcome of every customer is known."


def test_what_no_customer_has_is_told_from_what_some_lack(text: Text) -> None:
    lost = rows(("hold_out", 10, 1000, NAN), ("offer", 12, 1000, NAN))
    every = rows(("hold_out", 1000, 1000, NAN), ("offer", 1000, 1000, NAN))

    some = said(text, "lost", "warned", lost, pvalue=0.7, facts={"share": 1.0})
    assert some == (
        "The variants lost customers alike. Without a known “stay” are 10 of 1,000 in “hold_out” (1.0%) and 12 of "
        "1,000 in “offer” (1.2%), which chance explains; p = 0.700. The outcome that most lack is not known of 100.0%."
    )
    assert said(text, "lost", "warned", every, facts={"share": 1.0}) == "Of no customer is “stay” known."
    assert said(text, "lost", "warned", every, pvalue=1.0, facts={"share": 1.0}) == "Of no customer is “stay” known."


def test_durations_of_the_file_that_cannot_be_used_are_not_blamed_on_the_customers_table(text: Text) -> None:
    own = Outcome(kind="survival", duration="tenure", event_observed="left", horizon_days=90)
    lost = rows(("hold_out", 400, 1000, NAN), ("offer", 400, 1000, NAN))
    facts = {"share": 0.4, "unknown": 800.0}

    by_file = said(text, "lost", "warned", lost, pvalue=1.0, facts=facts, asked=study({"stay": own}))
    both = said(text, "lost", "warned", lost, pvalue=1.0, facts=facts, asked=study({"stay": own, "here": STAY}))

    assert "The durations of 800 customers cannot be used" in by_file
    assert "Of 800 customers it is not known how long they stayed." in both
    assert "tables" not in by_file + both


def test_balance_gives_both_averages(text: Text) -> None:
    before = rows(("hold_out", 10.49, 1000, NAN), ("offer", 12.87, 1000, NAN))
    shares = rows(("hold_out", 0.104, 1000, NAN), ("offer", 0.1066, 1000, NAN))

    assert "10.49 in “hold_out” and 12.87 in “offer”; p = 0.002" in said(
        text, "balance", "warned", before, about="spend", pvalue=0.002
    )
    assert "were alike. Farthest apart is what is known before of “stay”, on average 0.104 in" in said(
        text, "balance", "passed", shares, pvalue=0.7
    )
    same = gate("balance", "not_applicable", before, about="spend", facts={"days": 0.0})
    known_before = study({"spend": SPEND.model_copy(update={"covariate_days": 60})})
    assert "is the same for all" in gate_finding(known_before, same, text).headline
    assert "Nothing is known of the customers" in gate_finding(study(), same, text).headline


def test_variants_assigned_in_other_weeks_cannot_be_told_from_the_season(text: Text) -> None:
    days = rows(("hold_out", 3.2, 1000, NAN), ("offer", 31.5, 1000, NAN))
    asked = {"about": "assigned_on", "facts": {"days": 1.0}}
    failed = gate_finding(study(), gate("balance", "failed", days, pvalue=1e-9, **asked), text)  # type: ignore[arg-type]
    warned = gate_finding(study(), gate("balance", "warned", days, pvalue=0.005, **asked), text)  # type: ignore[arg-type]

    assert failed.headline == (
        "The variants were not assigned in the same weeks, so season and variant cannot be told apart: on average 3.20 "
        "days in “hold_out” and 31.50 days in “offer” after the first assignment; p < 0.001."
    )
    assert "on the same days" in failed.action
    assert warned.action.startswith("It may be chance.")
    assert "Nothing tells the variants apart" in said(text, "balance", "passed", days, pvalue=0.6, **asked)


def test_size_names_the_fewest_customers_and_events(text: Text) -> None:
    facts = {"fewest": 40.0, "events": 4.0}
    shares = study({"bought": BOUGHT})

    assert said(text, "size", "warned", facts=facts).endswith("Where fewest left, 4 have left.")
    nobody = said(text, "size", "warned", facts={**facts, "events": 0.0})
    assert nobody.endswith("There is a variant in which nobody has left.")
    assert said(text, "size", "warned", about="bought", asked=shares, facts=facts).endswith(
        "Of the rarer answer, yes or no, the variant with fewest has 4."
    )
    assert said(text, "size") == "The smallest variant has 1,000 customers with a known “stay”."


def test_outliers_say_whether_they_turn_the_answer(text: Text) -> None:
    assert "A few customers make the answer" in said(text, "outliers", "warned", facts={"turned": 1.0})
    assert "The answer is the same without them." in said(text, "outliers", "warned", facts={"n_extreme": 3.0})
    assert said(text, "outliers").startswith("No customer is far above the others")
    assert "No outcome is an average" in said(text, "outliers", "not_applicable")


def test_every_warning_and_failure_of_every_gate_says_what_to_do(text: Text) -> None:
    some = rows(("hold_out", 20, 1000, 30), ("offer", 40, 1000, 70))
    names = (
        "sample_ratio",
        "assignment",
        "unit",
        "maturity",
        "early_look",
        "filter",
        "lost",
        "balance",
        "size",
        "outliers",
    )
    findings = [
        gate_finding(study({"stay": STAY}), gate(name, state, some, pvalue=0.0005), text)
        for name in (*names, "outliers")
        for state in ("warned", "failed")
    ]

    assert all(found.action and found.question and found.headline for found in findings)
    assert not [found for found in findings if "nan" in f"{found.headline}{found.action}{found.method}"]
