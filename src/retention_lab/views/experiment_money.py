"""What a treatment earns, in a chart of what a roll-out would be worth and in a table."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import amount, large_amount, why_no_effects
from retention_lab.findings.experiments.money import chance
from retention_lab.findings.words import covariate_name, rounded, span
from retention_lab.text import Text
from retention_lab.views.display import Align, Chart, Table, no_chart
from retention_lab.views.theme import ACCENT, INK, MUTED, PALETTE, WORDS, themed_axes

Floats = NDArray[np.float64]


def plot_roll_out(study: ExperimentStudy, money: Sequence[VariantMoney], text: Text) -> Chart:
    """How likely which worth of a roll-out is, losses in another colour; of several treatments the best."""
    known = [one for one in money if one.roll_out_values.size]
    if not known:
        said = text.say("0 treatments have a worth that can be drawn.")
        return no_chart(said, text.say("What a roll-out would be worth."), _why_no_money(study, money, text))
    one = max(known, key=lambda found: found.net.value)
    values, height = _density(one)
    with themed_axes(height=2.9) as (figure, axes):
        axes.fill_between(values, height, where=values >= 0, color=ACCENT, alpha=0.3, linewidth=0)
        axes.fill_between(values, height, where=values <= 0, color=PALETTE[1], alpha=0.45, linewidth=0)
        axes.plot(values, height, color=ACCENT, linewidth=1.8)
        axes.axvline(0, ymax=0.76, color=MUTED, linewidth=1)
        axes.set_ylim(0, 1.35)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        _name_sides(axes, one, text)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda worth, _: text.money(worth)))
        axes.set_xlabel(text.say("Worth of giving “{variant}” to {n} customers", **_who(one, text)))
    caption = text.say(
        "What giving “{variant}” to {n} customers would leave after its cost: the higher, the likelier. {level} of the "
        "chances lie between {lower} and {upper}.",
        **_who(one, text),
        level=text.percent(study.confidence_level, 0),
        lower=text.money(rounded(one.roll_out.ci_lower)),
        upper=text.money(rounded(one.roll_out.ci_upper)),
    )
    if one.days:
        caption += " " + text.say("Only {span} are counted.", span=span(one.days, "days", text))
    if len(known) > 1:
        caption += " " + text.say("Of {n} treatments, the one that leaves most.", n=len(known))
    alt = text.say(
        "A roll-out of “{variant}” to {n} customers is worth {worth}; the chance of a loss is {loss}.",
        **_who(one, text),
        worth=large_amount(one.roll_out, text),
        loss=chance(one.loss_chance, text),
    )
    return Chart(figure, caption, alt)


def _who(one: VariantMoney, text: Text) -> dict[str, str]:
    return {"variant": one.variant, "n": text.count(one.n_customers)}


def _why_no_money(study: ExperimentStudy, money: Sequence[VariantMoney], text: Text) -> str:
    # Money without an outcome behind it is what is left where no effect may be read.
    if study.trial is None or any(not one.basis for one in money):
        return why_no_effects(study, text)
    if not money:
        return text.say("No outcome is known to be worth money, or no effect may be read, so nothing can be earned.")
    return text.say("The worth of a roll-out cannot be estimated.")


def _density(one: VariantMoney) -> tuple[Floats, Floats]:
    """How fast the distribution rises at each worth, the highest being 1; nought itself is among the places."""
    shares, values = one.roll_out_shares, one.roll_out_values
    places, rise = (values[1:] + values[:-1]) / 2, np.diff(shares) / np.diff(values)
    if places[0] < 0 < places[-1]:
        rise = np.insert(rise, np.searchsorted(places, 0.0), np.interp(0.0, places, rise))
        places = np.insert(places, np.searchsorted(places, 0.0), 0.0)
    return places, rise / rise.max()


def _name_sides(axes: Axes, one: VariantMoney, text: Text) -> None:
    """The expected worth above the top of the curve, and the chance of a loss in the corner."""
    worth = text.say("expected: {worth}", worth=text.money(rounded(one.roll_out.value)))
    axes.plot([one.roll_out.value] * 2, [0, 1], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(one.roll_out.value, 1.05, worth, color=INK, fontsize=9, va="bottom", ha="center")
    loss = text.say("chance of a loss: {loss}", loss=chance(one.loss_chance, text))
    axes.text(axes.get_xlim()[0], 1.32, loss, color=WORDS[1], fontsize=9, va="top", ha="left")


def table_of_money(study: ExperimentStudy, money: Sequence[VariantMoney], text: Text) -> Table:
    """What each treatment brings, costs and leaves, for each customer treated and rolled out: a column for each."""
    known = [one for one in money if one.basis]
    if not known:
        nothing = (_why_no_money(study, money, text), "")
        return Table(
            caption=_caption(study, money, text),
            columns=(text.say("Margin"), ""),
            align=("left", "right"),
            rows=(nothing,),
        )
    right: list[Align] = ["right"] * len(known)
    heads = (
        text.say("Brings"),
        text.say("Costs"),
        text.say("Leaves"),
        text.say("For {n} customers", n=text.count(known[0].n_customers)),
        text.say("Chance of a loss"),
    )
    return Table(
        caption=_caption(study, money, text),
        columns=(text.say("Margin"), *(one.variant for one in known)),
        align=("left", *right),
        rows=tuple(zip(heads, *(_amounts(one, text) for one in known), strict=True)),
    )


def _amounts(one: VariantMoney, text: Text) -> tuple[str, ...]:
    if one.net.reason:
        unknown = text.say("not estimable")
        return unknown, amount(one.cost, text), unknown, unknown, unknown
    return (
        amount(one.gain, text),
        amount(one.cost, text),
        amount(one.net, text),
        large_amount(one.roll_out, text),
        chance(one.loss_chance, text) if one.roll_out_values.size else text.say("not estimable"),
    )


def _caption(study: ExperimentStudy, money: Sequence[VariantMoney], text: Text) -> str:
    if not any(one.basis for one in money):
        return text.say("What a treatment earns.")
    values = {
        "basis": text.join([text.say("“{outcome}”", outcome=covariate_name(name)) for name in money[0].basis]),
        "span": span(money[0].days, "days", text),
        "level": text.percent(study.confidence_level, 0),
    }
    if not money[0].days:
        return text.say("Margin for each customer treated, from {basis}, with {level} intervals.", **values)
    return text.say("Margin for each customer treated within {span}, from {basis}, with {level} intervals.", **values)
