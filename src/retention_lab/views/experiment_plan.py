"""A planned experiment: which effects it finds, what it takes, and who is in it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retention_lab.analysis.experiments.plan import ExperimentPlan
from retention_lab.findings.experiments.amounts import digits_for
from retention_lab.findings.experiments.plan_words import chance_found, effect_name, in_days, what_is_expected
from retention_lab.text import Text
from retention_lab.views.churn import draw_level
from retention_lab.views.display import Chart, Table, no_chart
from retention_lab.views.theme import ACCENT, INK, PALETTE, WORDS, themed_axes


def plot_power(plan: ExperimentPlan, text: Text) -> Chart:
    """How likely the experiment finds an effect of each size, with the sizes that matter marked."""
    curve = plan.curve
    if not len(curve):
        said = text.say("0 effects can be drawn.")
        why = text.say("There is too little to say what the experiment would find.")
        return no_chart(said, text.say("What the experiment would find."), why)
    factor = 1.0 if plan.asked.outcome == "spend" else 100.0
    effects = factor * curve.effect.to_numpy(dtype=float)
    with themed_axes() as (figure, axes):
        axes.plot(effects, curve.power.to_numpy(dtype=float), color=ACCENT)
        draw_level(axes, plan.asked.power, text.say("wanted {power}", power=text.percent(plan.asked.power, 0)))
        axes.set_xlim(0, float(effects[-1]))
        axes.set_ylim(0, 1.02)
        _mark_effects(axes, plan, factor, text)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))
        axes.set_ylabel(text.say("Chance of finding it"))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        digits = digits_for(float(effects[-1]))
        if plan.asked.outcome == "spend":
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: text.money(value, 2 if digits else 0)))
            axes.set_xlabel(text.say("True effect, for each customer"))
        else:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: text.number(value, digits)))
            axes.set_xlabel(text.say("True effect, in points"))
    caption = text.say(
        "How likely an effect of each size is found by {n} customers, {share} of them held out. An effect left of "
        "where the curve crosses the dashed line is likely to be missed.",
        n=text.count(plan.n_available),
        share=text.percent(plan.asked.hold_out_share, 0),
    )
    return Chart(figure, caption, _alt(plan, text))


def _mark_effects(axes: Axes, plan: ExperimentPlan, factor: float, text: Text) -> None:
    """The effect asked for, else the smallest found, and the one from which on it pays."""
    marks = []
    if plan.asked.effect:
        marks.append((plan.asked.effect, plan.power, text.say("asked for"), ACCENT, INK))
    elif plan.smallest is not None:
        marks.append((plan.smallest, plan.asked.power, text.say("smallest found"), ACCENT, INK))
    if plan.break_even is not None and not plan.break_even.reason:
        marks.append(
            (plan.break_even.value, plan.power_at_break_even, text.say("pays from here"), PALETTE[1], WORDS[1])
        )
    most = axes.get_xlim()[1]
    for level, (effect, power, name, colour, words) in enumerate(marks):
        place = factor * effect
        if power is None or not 0 <= place <= most:
            continue
        axes.plot([place, place], [0, power], color=colour, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(place, power, "o", color=colour, markersize=6)
        is_left = place < 0.6 * most
        axes.annotate(
            name,
            (place, 0.06 + 0.1 * level),
            xytext=(6 if is_left else -6, 0),
            textcoords="offset points",
            ha="left" if is_left else "right",
            va="center",
            color=words,
            fontsize=9,
            bbox={"facecolor": "#fdfdfb", "edgecolor": "none", "pad": 1.5},
        )


def _alt(plan: ExperimentPlan, text: Text) -> str:
    if plan.asked.effect and plan.power is not None:
        return text.say(
            "An effect of {effect} is found with a chance of {power}.",
            effect=effect_name(plan, plan.asked.effect, text),
            power=chance_found(plan.power, text),
        )
    if plan.smallest is None:
        return text.say("No effect is found with a chance of {power}.", power=text.percent(plan.asked.power, 0))
    return text.say(
        "The smallest effect found with a chance of {power} is {effect}.",
        effect=effect_name(plan, plan.smallest, text),
        power=text.percent(plan.asked.power, 0),
    )


def table_of_plan(plan: ExperimentPlan, text: Text) -> Table:
    """What the experiment takes and shows, line by line."""
    asked, needed = plan.asked, plan.needed
    unknown = text.say("not estimable")
    rows = [
        (text.say("Customers there are"), text.count(plan.n_available)),
        (text.say("Held out"), text.percent(asked.hold_out_share, 0)),
        (text.say("Followed for"), in_days(asked.horizon_days, text)),
        (
            text.say("Smallest effect found with a chance of {power}", power=text.percent(asked.power, 0)),
            unknown if plan.smallest is None else effect_name(plan, plan.smallest, text),
        ),
    ]
    if plan.smallest_with_covariate is not None:
        rows.append(
            (
                text.say("The same, adjusted for what was known before"),
                effect_name(plan, plan.smallest_with_covariate, text),
            )
        )
    if asked.effect:
        rows += [
            (text.say("Effect asked for"), effect_name(plan, asked.effect, text)),
            (text.say("Chance of finding it"), unknown if plan.power is None else chance_found(plan.power, text)),
            (
                text.say("Customers needed for it"),
                unknown if needed is None or needed.reason else text.count(needed.whole_total),
            ),
        ]
    rows += [
        (text.say("Time until all are in"), _days(plan.enrolment_days, text)),
        (text.say("Time until the answer"), _days(plan.answer_days, text)),
    ]
    known = not plan.baseline.value.reason
    caption = text.say("The plan.")
    return Table(
        caption=f"{caption} {what_is_expected(plan, text)}" if known else caption,
        columns=(text.say("What"), text.say("Number")),
        align=("left", "right"),
        rows=tuple(rows),
    )


def _days(n: int | None, text: Text) -> str:
    return text.say("never") if n is None else in_days(n, text)


def table_of_arms(plan: ExperimentPlan, text: Text) -> Table:
    """Who was drawn: how many of each variant were planned, drawn, and needed."""
    drawn, total = plan.drawn, max(len(plan.assignments), 1)
    needed = plan.needed if plan.needed is not None and not plan.needed.reason else None
    control = next(iter(plan.shares))
    rows = []
    for variant, share in plan.shares.items():
        takes = (needed.whole_control if variant == control else needed.whole_treated) if needed else np.nan
        rows.append(
            (
                text.say("{variant} (control)", variant=variant) if variant == control else variant,
                text.percent(share),
                text.count(drawn[variant]),
                text.percent(drawn[variant] / total),
                text.count(takes),
            )
        )
    return Table(
        caption=text.say("The variants as drawn, and how many customers the effect asked for takes."),
        columns=(
            text.say("Variant"),
            text.say("Planned"),
            text.say("Drawn"),
            text.say("Share"),
            text.say("Needed"),
        ),
        align=("left", "right", "right", "right", "right"),
        rows=tuple(rows),
    )
