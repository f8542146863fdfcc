"""Tables of an experiment: words and not only colours, intervals beside numbers, and a row where there is nothing."""

import math
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
import yaml
from experiment_results import (
    BOUGHT,
    SPEND,
    STAY,
    baseline,
    contrast,
    effect,
    estimate,
    gate,
    interaction,
    money,
    needed,
    no_study,
    plan,
    rows,
    study,
    trimmed,
)

from retention_lab.analysis.experiments.quantiles import QuantileEffect
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.experiment_rules import experiment_faults
from retention_lab.text import Text
from retention_lab.views.display import Table
from retention_lab.views.experiment_plan import table_of_declaration
from retention_lab.views.experiment_tables import (
    table_of_arms,
    table_of_effects,
    table_of_gates,
    table_of_money,
    table_of_plan,
    table_of_quantiles,
    table_of_segments,
    table_of_trimmed,
    table_of_variants,
)

TEXT = Text("en", "EUR")


def test_variants_show_what_was_planned_and_what_came() -> None:
    asked = study(notes=("Assigned after the last day that counts, and left out: 3 rows.",))
    table = table_of_variants(asked, TEXT)

    assert table.rows[0] == ("hold_out (control)", "50.0%", "1,000", "50.0%", "990")
    assert table.caption == (
        "The variants, assigned from 2 March 2026 to 15 March 2026. Assigned after the last day that counts, and left "
        "out: 3 rows."
    )


def test_variants_without_planned_shares_days_or_customers() -> None:
    counts = pd.DataFrame({"variant": ["hold_out", "offer"], "assigned": 0, "rows": 0, "analysed": 0})
    table = table_of_variants(study(shares={}, counts=counts, first_assigned=None), TEXT)

    assert table.rows[1] == ("offer", "not known", "0", "–", "0")
    assert "not known when" in table.caption


def test_gates_are_told_in_words() -> None:
    off = rows(("hold_out", 380, 1000, 300), ("offer", 620, 1000, 700))
    gates = [gate("sample_ratio", "failed", off, pvalue=1e-6), gate("size"), gate("filter", "not_applicable")]
    table = table_of_gates(study(), gates, TEXT)

    assert [row[:2] for row in table.rows] == [
        ("Sample ratio", "Failed"),
        ("Size", "Passed"),
        ("Filter", "Does not apply"),
    ]
    assert "38.0% “hold_out” (planned 30.0%)" in table.rows[0][2]
    assert table.caption.endswith("1 check fails, so no effect must be read.")


def test_effects_stand_with_both_variants_intervals_and_p_values() -> None:
    asked = study({"stay": STAY, "spend": SPEND, "bought": BOUGHT})
    effects = [
        effect(pvalue_adjusted=0.02),
        effect(contrast(-0.4, 1.2), SPEND, outcome="spend"),
        effect(contrast(0.001, 0.01, 0.3), BOUGHT, outcome="bought"),
    ]
    table = table_of_effects(asked, effects, TEXT)

    assert table.rows[0] == (
        "stay (primary)", "50.0 days", "52.0 days", "2.0 days (1.0 to 3.0)", "4.0% (2.0% to 6.0%)", "p = 0.010",
        "p = 0.020",
    )  # fmt: skip
    assert table.rows[1][3:5] == ("−€0.40 (−€1.60 to €0.80)", "−0.8% (−3.2% to 1.6%)")
    assert table.rows[2][6] == "guardrail"


def test_an_effect_that_cannot_be_estimated_says_why_in_its_row() -> None:
    effects = [effect(contrast(reason="too_few")), effect(contrast(2.0, 1.0, 0.0), SPEND, outcome="spend")]
    table = table_of_effects(study({"stay": STAY, "spend": SPEND}), effects, TEXT)

    assert table.rows[0][3].startswith("not estimable: there is too little")
    assert table.rows[1][4] == "the control is too near nought"
    assert "nan" not in str(table.rows)


def test_an_empty_variant_shows_a_dash_and_breaks_nothing() -> None:
    nobody = estimate(math.nan, math.nan, reason="too_few", n_obs=0)
    empty = replace(contrast(reason="too_few"), treatment=nobody, value=math.nan, std_error=math.nan)
    specs = {"stay": STAY, "spend": SPEND, "bought": BOUGHT}
    table = table_of_effects(study(specs), [effect(empty, spec, outcome=name) for name, spec in specs.items()], TEXT)

    assert [row[2] for row in table.rows] == ["–", "–", "–"]
    assert "nan" not in str(table.rows)


def test_groups_are_listed_only_where_the_effect_differs() -> None:
    asked = [interaction(0.4, 3), interaction(0.001, 3, column="plan_type"), interaction(math.nan, 1, column="channel")]
    table = table_of_segments(study(), asked, TEXT)

    assert [row[0] for row in table.rows] == [
        "region",
        "plan type",
        "plan type: Region 1",
        "plan type: Region 2",
        "plan type: Region 3",
        "channel",
    ]
    assert table.rows[0][1] == "nothing shows that it differs"
    assert table.rows[2][1].endswith("(0.20 to 1.80)")
    assert table.rows[5][1] == "too few groups to compare"


def test_quantiles_are_named() -> None:
    quantiles = tuple(QuantileEffect(quantile=at, contrast=contrast(2.0, 10.0)) for at in (0.5, 0.99))
    asked = study({"spend": SPEND})
    table = table_of_quantiles(asked, [effect(spec=SPEND, outcome="spend", quantiles=quantiles)], TEXT)

    assert [row[0] for row in table.rows] == ["spend: median", "spend: 99% lie below"]
    assert table.rows[0][1:] == ("€50", "€52", "€2 (−€8 to €12)")


def test_trimmed_and_untrimmed_effects_stand_side_by_side() -> None:
    one = effect(contrast(), SPEND, outcome="spend", trimmed=trimmed(3))
    table = table_of_trimmed(study({"spend": SPEND}), [one, replace(one, trimmed=trimmed()), effect()], TEXT)

    assert table.rows[0][1:] == (
        "€2.00 (€1.00 to €3.00)",
        "€1.50 (€0.70 to €2.30); at €200",
        "€1.20 (€0.50 to €1.90); 3 customers above €2,000",
    )
    assert table.rows[1][3] == "none above €2,000"
    assert len(table.rows) == 2


def test_money_is_given_for_each_treatment() -> None:
    table = table_of_money(study(), [money(), money(reason="too_few", variant="call")], TEXT)

    assert table.columns == ("Margin", "offer", "call")
    assert [row[:2] for row in table.rows] == [
        ("Brings", "€5.00 (€3.00 to €7.00)"),
        ("Costs", "€2.00"),
        ("Leaves", "€3.00 (€1.00 to €5.00)"),
        ("For 1,980 customers", "€5,940 (€1,980 to €9,900)"),
        ("Chance of a loss", "20%"),
    ]
    assert table.rows[2][2] == "not estimable"


def test_a_plan_is_told_line_by_line() -> None:
    asked = plan(asked={"effect": 0.02}, needed=needed(), power=0.43, effect_days=0.9, answer_days=None)
    lines = dict(table_of_plan(asked, TEXT).rows)

    assert lines["Effect asked for"] == "2.0 points (0.90 days more)"
    assert lines["Customers needed for it"] == "5,000"
    assert lines["Chance of finding it"] == "43%"
    assert lines["Time until the answer"] == "never: there are too few"
    nothing = dict(table_of_plan(plan(smallest=None), TEXT).rows)
    assert nothing["Smallest effect found with a chance of 80%"] == "even the largest possible would be missed"
    assert "Customers needed for it" not in dict(table_of_plan(plan(), TEXT).rows)


def test_an_end_is_declared_also_for_a_test_that_is_too_small_since_it_may_be_run_all_the_same() -> None:
    small = plan(enrolment_days=None, answer_days=None, silent_days=60)
    raw = yaml.safe_load("\n".join(lines_of(table_of_declaration(small, TEXT))))

    assert raw["experiments"]["spring"]["ends_on"] == date(2027, 3, 30)


def test_a_plan_without_a_name_shows_nobody_as_drawn() -> None:
    table = table_of_arms(plan(asked={"experiment": "", "effect": 0.02}, needed=needed()), TEXT)

    assert table.columns == ("Variant", "Planned", "Needed")
    assert table.rows[0] == ("hold_out (control)", "20.0%", "1,000")
    assert "Nobody is drawn." in table.caption


def test_a_variant_called_control_is_not_called_so_twice() -> None:
    table = table_of_variants(study(variants=("Control", "offer")), TEXT)

    assert table.rows[0][0] == "Control"


def test_the_arms_of_a_plan_add_up() -> None:
    table = table_of_arms(plan(asked={"effect": 0.02}, needed=needed()), TEXT)

    assert table.rows == (
        ("hold_out (control)", "20.0%", "400", "20.0%", "1,000"),
        ("offer", "80.0%", "1,600", "80.0%", "4,000"),
    )


ODD = ("10%, now: {yes}", "null", "\N{WRAPPED PRESENT} #1")


def lines_of(table: Table) -> list[str]:
    """As they arrive where they are copied to: without the spaces at their head."""
    return [line.strip() for (line,) in table.rows]


@pytest.mark.parametrize(
    ("outcome", "changes", "expected"),
    [
        ("stay", {}, {"kind": "survival", "horizon_days": 90}),
        ("buy", {}, {"kind": "proportion", "source": "transactions.count", "window_days": 90}),
        ("spend", {}, {"kind": "mean", "source": "transactions.amount", "window_days": 90}),
        (
            "spend",
            {"baseline": baseline(variance_explained=0.3)},
            {"kind": "mean", "source": "transactions.amount", "window_days": 90, "covariate_days": 90},
        ),
    ],
)
def test_what_was_planned_can_be_copied_into_the_client_file(
    outcome: str, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    asked = plan(outcome, asked={"variants": ODD, "reward": 3.0}, cost=3.2, **changes)
    raw = yaml.safe_load("\n".join(lines_of(table_of_declaration(asked, TEXT))))
    found = Experiment.model_validate(raw["experiments"]["spring"])

    assert found.control == "hold_out"
    assert found.shares == pytest.approx({"hold_out": 0.2, **dict.fromkeys(ODD, 0.8 / 3)}, abs=1e-6)
    assert found.ends_on == date(2027, 1, 29)
    assert (found.costs.contact, found.costs.reward, found.n_planned) == (0.2, 3.0, None)
    assert found.outcomes[outcome].model_dump(exclude_unset=True) == {"role": "primary", **expected}
    tables = {"tables": {"transactions": {}, "customers": {"columns": {"ended_on": "End"}}}}
    assert experiment_faults("client.yml", {**tables, **raw}, ["spring"]) == []


def test_what_was_planned_can_be_put_among_other_experiments() -> None:
    first, *others = lines_of(table_of_declaration(plan(), TEXT))[1:-1]
    file = "\n".join(["experiments:", "  autumn: {control: a}", f"  {first}", *others, "name: acme"])

    assert list(yaml.safe_load(file)["experiments"]) == ["autumn", "spring"]


def test_a_plan_without_a_name_an_end_or_a_cost_says_what_is_missing() -> None:
    unnamed = {"experiment": "", "who": "new"}
    never = {"arrivals_a_day": 0.0, "enrolment_days": None, "answer_days": None}
    table = table_of_declaration(plan(asked=unnamed, **never, cost=0.0, baseline=baseline(basis="curve")), TEXT)
    raw = yaml.safe_load("\n".join(lines_of(table)))

    assert set(raw["experiments"]["planned-offer"]) == {"control", "shares", "outcomes"}
    assert "draw its list first" in table.caption
    assert "enough customers never come" in table.caption
    assert "the days on which they came and left" in table.caption


def test_after_a_failed_check_no_table_shows_a_number_of_an_effect() -> None:
    gates = [gate("lost", "failed")]
    tables = [
        table_of_effects(study(), [], TEXT),
        table_of_quantiles(study(), [], TEXT),
        table_of_trimmed(study(), [], TEXT),
        table_of_segments(study(), [interaction(0.001)], TEXT, gates),
        table_of_money(study(), [money(basis=())], TEXT),
    ]

    assert {table.rows[0][0] for table in tables} == {"A check that must hold first has failed, so no effect is shown."}
    assert {len(table.rows) for table in tables} == {1}


@pytest.mark.parametrize(
    "table",
    [
        table_of_variants(no_study(), TEXT),
        table_of_gates(no_study(), [], TEXT),
        table_of_effects(no_study(), [], TEXT),
        table_of_segments(no_study(), [], TEXT),
        table_of_quantiles(no_study(), [], TEXT),
        table_of_trimmed(no_study(), [], TEXT),
        table_of_money(no_study(), [], TEXT),
    ],
)
def test_where_there_is_nothing_one_row_says_why(table: Table) -> None:
    assert len(table.rows) == 1
    assert table.rows[0][0]
    assert {len(table.rows[0]), len(table.align)} == {len(table.columns)}
