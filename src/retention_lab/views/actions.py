"""The first customers of an action list, and how long such a list should be."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from retention_lab.analysis.actions import ActionPlan
from retention_lab.findings.words import rounded, span
from retention_lab.tables.assignments import CONTACT
from retention_lab.tables.client import Client
from retention_lab.text import Text
from retention_lab.views.display import Align, Chart, Table, no_chart
from retention_lab.views.theme import ACCENT, INK, MUTED, PALETTE, WORDS, themed_axes

Floats = NDArray[np.float64]
MAX_POINTS = 150
# Below this, an axis needs decimals.
_FEW = 10


def table_of_actions(plan: ActionPlan, client: Client, text: Text, n: int = 10) -> Table:
    """The first `n` customers to contact, under names that only the client can trace back."""
    first = plan.customers[plan.customers.variant == CONTACT].head(n)
    shown = first[["customer_id", "tenure", "risk", "value", "saving"]].to_dict("records")
    rows = [
        (
            client.pseudonym(row["customer_id"]),
            span(row["tenure"], plan.unit, text),
            text.percent(row["risk"]),
            *((text.money(row["value"], 2), text.money(row["saving"], 2)) if plan.money else ()),
        )
        for row in shown
    ]
    columns = (text.say("Customer"), text.say("Here for"), text.say("Chance of leaving"))
    money = (text.say("Monthly value"), text.say("Expected saving")) if plan.money else ()
    right: list[Align] = ["right"] * (len(columns + money) - 1)
    nobody = (text.say("Nobody is on the list"), *[""] * len(right))
    caption = text.say(
        "The first customers to contact, under made-up names; actions.xlsx has the same names beside the real ids. "
        "The chance is that of leaving within {span}.",
        span=span(plan.horizon, plan.unit, text),
    )
    return Table(
        caption=caption,
        columns=columns + money,
        align=("left", *right),
        rows=tuple(rows) or (nobody,),
    )


def plot_list_size(plan: ActionPlan, text: Text) -> Chart:
    """What lists of any length would save (without monthly values: how many leavers they would reach)."""
    by_value, by_risk = plan.curve_by_value, plan.curve_by_risk
    if not plan.n_worth:
        return _nothing_to_draw(by_value.size, text)
    shown = _shown(plan)
    with themed_axes(height=3.4) as (figure, axes):
        if plan.money:
            _draw(axes, by_risk[:shown], PALETTE[1], 1.6)
        _draw(axes, by_value[:shown], ACCENT, 2.2)
        axes.axhline(0, color=MUTED, linewidth=0.8)
        _size_axis(axes, shown, plan, text)
        if plan.money:
            _name_curves(axes, plan, shown, text)
        _mark_lengths(axes, plan, text)
    return Chart(figure, _caption(plan, text), _alt(plan, text))


def _shown(plan: ActionPlan) -> int:
    """Up to where it matters: well past this list, and past the last customer worth a contact."""
    return min(plan.curve_by_value.size, max(2 * plan.n_worth, 2 * len(plan.customers), 10))


def _draw(axes: Axes, curve: Floats, colour: str, width: float) -> None:
    """From nobody on, with at most MAX_POINTS points and the top of the curve."""
    places = np.unique(np.linspace(0, curve.size, min(curve.size + 1, MAX_POINTS)).round().astype(int))
    places = np.union1d(places, [int(np.argmax(curve)) + 1])
    axes.plot(places, np.append(0.0, curve)[places], color=colour, linewidth=width)


def _size_axis(axes: Axes, shown: int, plan: ActionPlan, text: Text) -> None:
    axes.set_xlim(0, shown)
    # Head-room, in which the name of the upper curve stands.
    axes.set_ylim(top=max(1.16 * float(plan.curve_by_value[:shown].max()), axes.get_ylim()[1]))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: text.count(n)))
    axes.set_xlabel(text.say("Customers contacted"))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: _amount(plan, amount, text)))
    axes.set_ylabel(text.say("Expected saving") if plan.money else text.say("Expected leavers reached"))


def _amount(plan: ActionPlan, amount: float, text: Text) -> str:
    digits = 0 if plan.curve_by_value.max() >= _FEW else 1
    return text.money(amount, digits) if plan.money else text.number(amount, digits)


def _mark_lengths(axes: Axes, plan: ActionPlan, text: Text) -> None:
    """How long this list is, and how long one could be before a contact costs more than it saves."""
    chosen, curve = len(plan.customers), plan.curve_by_value
    if chosen:
        alone = text.say("this list: {n}", n=text.count(chosen))
        held = text.say("this list and its hold-out: {n}", n=text.count(chosen))
        _mark(axes, chosen, float(curve[chosen - 1]), held if plan.hold_out.n_hold_out else alone, 0.08)
        axes.plot(chosen, curve[chosen - 1], "o", color=ACCENT, markersize=6)
    if plan.money and plan.n_worth > chosen:
        label = text.say("up to {n}, a contact pays", n=text.count(plan.n_worth))
        _mark(axes, plan.n_worth, float(curve[plan.n_worth - 1]), label, 0.24)


def _mark(axes: Axes, n: int, height: float, label: str, level: float) -> None:
    axes.plot([n, n], [0, height], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    is_left = n < 0.6 * axes.get_xlim()[1]
    axes.annotate(
        label,
        (n, level * axes.get_ylim()[1]),
        xytext=(6 if is_left else -6, 0),
        textcoords="offset points",
        ha="left" if is_left else "right",
        va="center",
        color=INK,
        fontsize=9,
        # Or the line of another length would run through the words.
        bbox={"facecolor": "#fdfdfb", "edgecolor": "none", "pad": 1.5},
        zorder=4,
    )


def _name_curves(axes: Axes, plan: ActionPlan, shown: int, text: Text) -> None:
    """The names stand above and below the two curves, where these rise no more or not yet fully."""
    place = max(1, min(int(np.argmax(plan.curve_by_value)), int(0.6 * shown)))
    side = "right" if place > shown / 4 else "left"
    named = [
        (plan.curve_by_value, text.say("ranked by saving"), ACCENT, (-4, 6), side, "bottom"),
        (plan.curve_by_risk, text.say("ranked by risk"), WORDS[1], (8, -11), "left", "top"),
    ]
    for curve, name, colour, offset, to, above in named:
        axes.annotate(
            name,
            (place, float(curve[place - 1])),
            xytext=offset,
            textcoords="offset points",
            ha=to,
            va=above,
            color=colour,
            fontsize=9,
        )


def _caption(plan: ActionPlan, text: Text) -> str:
    if plan.money is None:
        return text.say(
            "How many of those who are expected to leave within {span} a list of each length reaches.",
            span=span(plan.horizon, plan.unit, text),
        )
    caption = text.say(
        "Expected saving of lists of any length, were all on them contacted and {rate} of those who would leave kept.",
        rate=text.percent(plan.save_rate.value, 0),
    )
    less = plan.money.by_risk_less
    if plan.n_contact and less.value >= 1:
        caption += " " + text.say(
            "Ranked by risk alone, a list as long as this one would save {less} less ({lower} to {upper}).",
            less=text.money(rounded(less.value)),
            lower=text.money(rounded(less.ci_lower)),
            upper=text.money(rounded(less.ci_upper)),
        )
    return caption


def _alt(plan: ActionPlan, text: Text) -> str:
    if plan.money is None:
        return text.say(
            "The first {n} customers hold {reached} of {all} expected leavers.",
            n=text.count(len(plan.customers)),
            reached=text.count(plan.curve_by_risk[max(len(plan.customers) - 1, 0)]),
            all=text.count(plan.curve_by_risk[-1]),
        )
    return text.say_many(
        "A contact saves more than it costs with {n} customer of the {all} judged. Contacted, it would save {most}.",
        "A contact saves more than it costs with {n} customers of the {all} judged. All contacted would save {most}.",
        plan.n_worth,
        all=text.count(plan.curve_by_value.size),
        most=text.money(rounded(max(0.0, float(plan.curve_by_value.max())))),
    )


def _nothing_to_draw(n_judged: int, text: Text) -> Chart:
    said = text.say("0 of {n} customers are worth a contact.", n=text.count(n_judged))
    said = said if n_judged else text.say("0 customers could be judged.")
    return no_chart(said, text.say("There is no list to draw."))
