"""Charts of an experiment: what they draw, what they say to those who do not see them, and where there is nothing."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from experiment_results import (
    BOUGHT,
    SPEND,
    STAY,
    arms,
    contrast,
    effect,
    estimate,
    looks,
    membership,
    money,
    needed,
    no_study,
    plan,
    study,
)

from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text
from retention_lab.views.display import Chart
from retention_lab.views.experiments import (
    plot_effects,
    plot_looks,
    plot_membership,
    plot_power,
    plot_roll_out,
    plot_staying,
)
from retention_lab.views.theme import MUTED, PALETTE

TEXT = Text("en", "EUR")
MOST_BYTES, MOST_POINTS = 80_000, 200


def words(chart: Chart) -> list[str]:
    """All that is written in a chart beside its axes."""
    return [item.get_text() for axes in chart.figure.axes for item in axes.texts]


def lines(chart: Chart, at: int = 0) -> list[tuple[Any, Any, Any]]:
    return [
        (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), line.get_color())
        for line in chart.figure.axes[at].lines
    ]


def is_light(chart: Chart) -> bool:
    points = max((line[0].size for at in range(len(chart.figure.axes)) for line in lines(chart, at)), default=0)
    return len(chart.to_svg()) < MOST_BYTES and points <= MOST_POINTS


def test_effects_of_different_units_are_drawn_in_per_cent_and_judged_in_words() -> None:
    shares = Outcome(kind="proportion", column="returned", better="lower")
    effects = [
        effect(),
        effect(contrast(0.4, 1.2), SPEND, outcome="spend"),
        effect(contrast(0.02, 0.01, 0.2), shares, outcome="returned"),
    ]
    chart = plot_effects(study({"stay": STAY, "spend": SPEND, "returned": shares}), effects, TEXT)

    assert words(chart) == ["better", "not clear", "worse"]
    bars = [(x.tolist(), colour) for x, _, colour in lines(chart) if x.size == 2 and x[0] != x[1]]
    assert bars[0] == (pytest.approx([2.0, 6.0]), PALETTE[0])
    assert bars[1] == (pytest.approx([-1.6, 3.2]), MUTED)
    assert bars[2] == (pytest.approx([5.0, 15.0]), PALETTE[1])
    labels = [tick.get_text() for tick in chart.figure.axes[0].get_yticklabels()]
    assert labels == ["stay", "spend", "returned\n(lower is better)"]
    assert chart.alt.startswith("With “offer”, customers stay longer")


def test_one_wild_interval_does_not_flatten_the_others() -> None:
    wild = effect(contrast(2.0, 1.0, relative=estimate(3.0, 50.0)), SPEND, outcome="spend")
    chart = plot_effects(study(), [effect(), replace(effect(), variant="call"), wild], TEXT)

    assert chart.figure.axes[0].get_xlim()[1] < 60
    assert "Intervals that reach the edge go on beyond it." in chart.caption


def test_without_any_percentage_only_the_primary_outcome_is_drawn_in_its_own_unit() -> None:
    bare = contrast(0.02, 0.01, 0.0)
    asked = study({"bought": BOUGHT, "spend": SPEND})
    chart = plot_effects(asked, [effect(bare, BOUGHT, outcome="bought"), effect(bare, SPEND, outcome="spend")], TEXT)

    assert [tick.get_text() for tick in chart.figure.axes[0].get_yticklabels()] == ["bought"]
    assert "no outcome allows for a percentage" in chart.caption


def test_effects_without_a_percentage_are_said_to_stand_in_the_table() -> None:
    chart = plot_effects(study(), [effect(), effect(contrast(2.0, 1.0, 0.0), SPEND, outcome="spend")], TEXT)

    assert "1 effect has no percentage that could be drawn" in chart.caption


def test_twelve_variants_fit() -> None:
    variants = ("hold_out", *(f"arm {k}" for k in range(11)))
    effects = [effect(variant=name, staying=arms(0.05 + 0.01 * k, variant=name)) for k, name in enumerate(variants[1:])]
    asked = study(variants=variants)

    forest, curves = plot_effects(asked, effects, TEXT), plot_staying(asked, effects, TEXT)

    assert len(words(forest)) == 11
    assert "6 of 11 treatments." in curves.caption
    assert is_light(forest)
    assert is_light(curves)


def test_curves_of_staying_begin_with_the_control_and_name_their_ends() -> None:
    chart = plot_staying(study(), [effect(staying=arms())], TEXT)
    drawn = [(x, y) for x, y, _ in lines(chart) if x.size > 5]

    assert [name for name in words(chart) if name in ("hold_out", "offer")] == ["offer", "hold_out"]
    at_horizon = [y[np.searchsorted(x, 100.0, side="right") - 1] for x, y in drawn]
    assert at_horizon == pytest.approx([0.8, 0.9], abs=0.005)
    assert "after 100 days" in words(chart)
    assert chart.alt == "Still here after 100 days: 90.0% with “offer”, 80.0% with “hold_out”."
    assert "The axis begins at 70%." in chart.caption
    assert is_light(chart)


def test_looks_show_both_intervals_and_end_with_the_last() -> None:
    chart = plot_looks(study({"spend": SPEND}, design="anytime"), [looks()], TEXT)
    dashed = [y for _, y, colour in lines(chart) if colour == PALETTE[1]]

    assert len(dashed) == 2
    assert dashed[1][-1] == pytest.approx(2 + 10 / np.sqrt(30))
    assert words(chart) == ["at any time", "one look"]
    assert chart.alt == "After 30 looks the effect of “offer” is €2.00 (−€1.65 to €5.65)."
    # The first looks, ten times as wide, do not set the scale.
    assert chart.figure.axes[0].get_ylim()[1] < 12
    assert is_light(chart)


def test_each_treatment_has_its_own_looks() -> None:
    chart = plot_looks(study({"spend": SPEND}), [looks(), looks(variant="call")], TEXT)

    assert [axes.get_title(loc="left") for axes in chart.figure.axes] == ["offer", "call"]


def test_the_worth_of_a_roll_out_is_split_at_nought() -> None:
    chart = plot_roll_out(study(), [money(), money(gain=2.5, variant="call")], TEXT)

    assert words(chart) == ["expected: €5,940", "chance of a loss: 20%"]
    assert chart.alt == (
        "A roll-out of “offer” to 1,980 customers is worth €5,940 (€1,980 to €9,900); the chance of a loss is 20%."
    )
    assert "Of 2 treatments, the one that leaves most." in chart.caption
    assert is_light(chart)


def test_the_curve_of_a_roll_out_is_highest_at_what_is_expected() -> None:
    x, y, _ = max(lines(plot_roll_out(study(), [money(reach=4.0)], TEXT)), key=lambda line: line[0].size)

    assert x[np.argmax(y)] == pytest.approx(5940, abs=150)
    assert 0.0 in x


def test_members_are_drawn_naively_and_fairly() -> None:
    chart = plot_membership([membership()], TEXT)
    labels = [tick.get_text() for tick in chart.figure.axes[0].get_yticklabels()]

    assert labels == ["club, fair start", "club, naive (wrong)"]
    assert "27.9 points (26.4 to 29.4)" in chart.alt


def test_power_marks_what_was_asked_for_else_the_smallest_found() -> None:
    free = plot_power(plan(), TEXT)
    even = estimate(0.03, 0.005)
    asked = plot_power(
        plan(asked={"effect": 0.02}, needed=needed(), power=0.4, break_even=even, power_at_break_even=0.6), TEXT
    )

    assert words(free) == ["wanted 80%", "smallest found"]
    assert words(asked) == ["wanted 80%", "asked for", "pays from here"]
    assert asked.alt == "An effect of 2.0 points is found with a chance of 40%."
    assert is_light(asked)


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (plot_effects(study(), [effect(contrast(reason="too_few"))], TEXT), "No effect on the primary outcome"),
        (plot_effects(study(), [], TEXT), "A check that must hold first has failed"),
        (plot_staying(study(), [], TEXT), "A check that must hold first has failed"),
        (plot_staying(no_study(), [], TEXT), "There is no experiment"),
        (plot_staying(study(), [effect()], TEXT), "No outcome of this experiment asks who stays."),
        (plot_looks(study(), [], TEXT), "planned for one look at its end"),
        (plot_looks(no_study(), [], TEXT), "too little to draw looks"),
        (plot_looks(study(design="anytime"), [looks(1)], TEXT), "too little to draw looks"),
        (plot_roll_out(study(), [], TEXT), "No outcome is known to be worth money"),
        (plot_roll_out(study(), [money(basis=(), roll_out_values=np.empty(0))], TEXT), "A check that must hold first"),
        (plot_roll_out(study(), [money(reason="too_few", roll_out_values=np.empty(0))], TEXT), "cannot be estimated"),
        (plot_membership([], TEXT), "there are no members"),
        (plot_power(plan(curve=plan().curve.head(0)), TEXT), "too little to say"),
    ],
)
def test_where_there_is_nothing_to_draw_a_sentence_says_why(chart: Chart, said: str) -> None:
    assert said in chart.alt
    assert chart.alt


def test_the_same_results_give_the_same_bytes() -> None:
    charts = [plot_staying(study(ends_on=date(2026, 5, 1)), [effect(staying=arms())], TEXT) for _ in range(2)]

    assert charts[0].to_svg() == charts[1].to_svg()
