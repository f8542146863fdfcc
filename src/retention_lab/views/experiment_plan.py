"""A planned experiment: which effects it finds, what it takes, and who is in it."""

from typing import Any

import numpy as np
import yaml
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
            _smallest(plan, text),
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
        (text.say("Time until all are in"), _days(plan, plan.enrolment_days, text)),
        (text.say("Time until the answer"), _days(plan, plan.answer_days, text)),
    ]
    known = not plan.baseline.value.reason
    caption = text.say("The plan.")
    return Table(
        caption=f"{caption} {what_is_expected(plan, text)}" if known else caption,
        columns=(text.say("What"), text.say("Number")),
        align=("left", "right"),
        rows=tuple(rows),
    )


def _smallest(plan: ExperimentPlan, text: Text) -> str:
    if plan.smallest is not None:
        return effect_name(plan, plan.smallest, text)
    if plan.baseline.value.reason:
        return text.say("not estimable")
    return text.say("even the largest possible would be missed")


def _days(plan: ExperimentPlan, n: int | None, text: Text) -> str:
    if n is not None:
        return in_days(n, text)
    return text.say("never: there are too few") if plan.arrivals_a_day is None else text.say("never")


def variant_name(variant: str, control: str, text: Text) -> str:
    """A variant in a table, the control marked as such, unless its name says so."""
    named = {"control", text.say("control").casefold()}
    if variant != control or variant.casefold() in named:
        return variant
    return text.say("{variant} (control)", variant=variant)


def table_of_arms(plan: ExperimentPlan, text: Text) -> Table:
    """Who was drawn: how many of each variant were planned, drawn, and needed; without a name nobody was."""
    if not plan.asked.experiment:
        return _planned_arms(plan, text)
    drawn, total = plan.drawn, max(len(plan.assignments), 1)
    rows = [
        (name, share, text.count(drawn[variant]), text.percent(drawn[variant] / total), needed)
        for variant, (name, share, needed) in zip(plan.shares, _arms(plan, text), strict=True)
    ]
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


def _planned_arms(plan: ExperimentPlan, text: Text) -> Table:
    return Table(
        caption=text.say("The variants as planned, and how many customers the effect asked for takes. Nobody is drawn.")
        if plan.needed is not None
        else text.say("The variants as planned. Nobody is drawn."),
        columns=(text.say("Variant"), text.say("Planned"), text.say("Needed")),
        align=("left", "right", "right"),
        rows=tuple(_arms(plan, text)),
    )


def _arms(plan: ExperimentPlan, text: Text) -> list[tuple[str, str, str]]:
    """Of each variant its name, its planned share, and how many customers the effect asked for takes in it."""
    needed = plan.needed if plan.needed is not None and not plan.needed.reason else None
    control = next(iter(plan.shares))
    rows = []
    for variant, share in plan.shares.items():
        takes = (needed.whole_control if variant == control else needed.whole_treated) if needed else np.nan
        rows.append((variant_name(variant, control, text), text.percent(share), text.count(takes)))
    return rows


def table_of_declaration(plan: ExperimentPlan, text: Text) -> Table:
    """The entry for client.yml that says what was planned, so that the evaluation judges by that.

    In braces, since spaces at the head of a line are lost when a table is copied; in the client file they then mean
    nothing.
    """
    name = plan.asked.experiment or _UNNAMED
    entry = [_line(key, value) for key, value in _declared(plan).items()]
    return Table(
        caption=_declaration_caption(plan, text),
        columns=(text.say("Line for client.yml"),),
        align=("left",),
        rows=tuple((line,) for line in ("experiments: {", f"{_yaml(name)}: {{", *entry, "}", "}")),
    )


# Stands for the name where nobody was drawn.
_UNNAMED = "planned-offer"


def _declared(plan: ExperimentPlan) -> dict[str, Any]:
    """The experiment as `experiments` in client.yml has it. Who is drawn is in the list, so no number is planned."""
    paid = {"contact": round(plan.cost - plan.asked.reward, 6), "reward": plan.asked.reward}
    costs = {name: float(cost) for name, cost in paid.items() if cost > 0}
    return {
        "control": next(iter(plan.shares)),
        "shares": {variant: round(share, 6) for variant, share in plan.shares.items()},
        **({"ends_on": plan.ends_on} if plan.ends_on else {}),
        "outcomes": {plan.asked.outcome: _declared_outcome(plan)},
        **({"costs": costs} if costs else {}),
    }


def _declared_outcome(plan: ExperimentPlan) -> dict[str, Any]:
    days = plan.asked.horizon_days
    if plan.asked.outcome == "stay":
        return {"kind": "survival", "role": "primary", "horizon_days": days}
    if plan.asked.outcome == "buy":
        return {"kind": "proportion", "role": "primary", "from": "transactions.count", "window_days": days}
    # Who has just come did nothing before that could be adjusted for.
    before = {} if plan.baseline.variance_explained is None else {"covariate_days": days}
    return {"kind": "mean", "role": "primary", "from": "transactions.amount", "window_days": days, **before}


def _line(key: str, value: Any) -> str:
    return f"{key}: {_yaml(value)},"


def _yaml(value: Any) -> str:
    """A value in one line of YAML, in quotes where it needs them."""
    written: str = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=100_000)
    return written.strip()[1:-1]


def _declaration_caption(plan: ExperimentPlan, text: Text) -> str:
    caption = text.say(
        "What was planned, as an entry for client.yml: copy all lines before the test begins. Where client.yml has "
        "experiments already, leave out the first and the last line, and put the rest among them, its first line as "
        "far in as theirs."
    )
    if not plan.asked.experiment:
        caption += " " + text.say(
            "{name} stands for the name of the test: draw its list first, under its name.", name=_UNNAMED
        )
    if plan.ends_on is None:
        caption += " " + text.say("No day is given for its end, as enough customers never come.")
    if plan.baseline.basis == "curve":
        caption += " " + text.say(
            "Who stays can only be evaluated once the customers' table has the days on which they came and left."
        )
    return caption
