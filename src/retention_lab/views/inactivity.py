"""When a customer counts as gone, and how well a model of repeat buying did: charts and tables.

For a client whose contracts end on a day there is no rule, and nothing is shown.
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retention_lab.analysis.inactivity import Candidate, CustomerActivity, HoldOutClass
from retention_lab.findings.alive import hold_out_sentence
from retention_lab.findings.words import span
from retention_lab.tables.inactivity import MOST_WRONG
from retention_lab.text import Text
from retention_lab.views.churn import draw_level
from retention_lab.views.display import Chart, no_chart
from retention_lab.views.theme import ACCENT, PALETTE, WORDS, themed_axes


def plot_rule(activity: CustomerActivity | None, text: Text) -> Chart | None:
    """How often each rule would have been wrong, with the one in force marked."""
    if activity is None:
        return None
    shown = [one for one in activity.candidates if not one.wrong.reason]
    if not shown:
        return no_chart(text.say("0 rules to draw."), _too_little(text))
    with themed_axes() as (figure, axes):
        days = [one.inactive_days for one in shown]
        share = np.array([one.wrong.value for one in shown])
        lower, upper = (np.array([getattr(one.wrong, name) for one in shown]) for name in ("ci_lower", "ci_upper"))
        axes.fill_between(days, lower, upper, color=ACCENT, alpha=0.15, linewidth=0)
        axes.plot(days, share, "-o", color=ACCENT, markersize=3.5)
        draw_level(axes, MOST_WRONG, text.say("at most {limit}", limit=text.percent(MOST_WRONG, 0)))
        if not activity.chosen.wrong.reason:
            _mark(axes, activity.chosen, text)
        axes.set_ylim(0, max(1.08 * float(upper.max()), 2 * MOST_WRONG))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text.percent(value, 0)))
        axes.set_xlim(0, 1.04 * max(days))
        axes.set_xticks(_apart(days))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: text.count(value)))
        axes.set_xlabel(text.say("Days without a purchase"))
        axes.set_ylabel(text.say("Buy again all the same"))
    caption = text.say(
        "Of the customers silent for longer than each number of days, the share that bought again within {followed} of "
        "their last purchase, with its {level} band.",
        followed=span(activity.rule.followed, "days", text),
        level=text.percent(activity.confidence_level, 0),
    )
    return Chart(figure, caption, _rule_alt(shown, text))


def _mark(axes: Axes, chosen: Candidate, text: Text) -> None:
    """The rule in force, named above its point."""
    axes.plot(chosen.inactive_days, chosen.wrong.value, "o", color=PALETTE[1], markersize=8, zorder=5)
    axes.annotate(
        text.say(
            "{days}: {share}", days=span(chosen.inactive_days, "days", text), share=text.percent(chosen.wrong.value)
        ),
        (chosen.inactive_days, chosen.wrong.value),
        xytext=(0, 11),
        textcoords="offset points",
        ha="center",
        color=WORDS[1],
        fontweight="bold",
        fontsize=9.5,
        annotation_clip=False,
    )


def _apart(days: list[int]) -> list[int]:
    """The largest, and of the others those whose numbers do not touch on the axis."""
    kept: list[int] = []
    for day in sorted(days, reverse=True):
        if not kept or kept[-1] - day >= 0.07 * max(days):
            kept.append(day)
    return kept[::-1]


def _rule_alt(shown: list[Candidate], text: Text) -> str:
    parts = [
        text.say(
            "{share} after {days}", share=text.percent(one.wrong.value), days=span(one.inactive_days, "days", text)
        )
        for one in shown
    ]
    return text.say("Bought again all the same: {parts}.", parts=text.join(parts))


def plot_hold_out(activity: CustomerActivity | None, text: Text) -> Chart | None:
    """Purchases that the model expected against those that were made, by how often customers had bought before."""
    if activity is None:
        return None
    classes = activity.hold_out.classes
    if not classes:
        return no_chart(text.say("0 groups of buyers to draw."), _too_little(text))
    with themed_axes() as (figure, axes):
        places = np.arange(len(classes))
        actual = np.array([one.actual.value for one in classes])
        told = np.array([not one.actual.reason for one in classes])
        lower, upper = (np.array([getattr(one.actual, name) for one in classes]) for name in ("ci_lower", "ci_upper"))
        predicted = np.array([one.predicted for one in classes])
        axes.vlines(places[told] - 0.1, lower[told], upper[told], color=ACCENT, alpha=0.35, linewidth=2.5)
        axes.plot(places - 0.1, actual, "o", color=ACCENT, markersize=6, label=text.say("bought"))
        axes.plot(
            places + 0.1, predicted, "D", color=PALETTE[1], markersize=5.5, mfc="white", mew=1.6,
            label=text.say("expected by the model"),
        )  # fmt: skip
        axes.set_xticks(places, [_class_name(one, text) for one in classes])
        axes.set_xlim(-0.6, len(classes) - 0.4)
        highest = max(float(predicted.max()), float(np.max(upper[told], initial=actual.max())))
        axes.set_ylim(0, 1.08 * highest or 1)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=highest >= 5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text.number(value, 0 if highest >= 5 else 2)))
        axes.set_xlabel(text.say("Repeat purchases before"))
        axes.set_ylabel(text.say("Purchases a customer"))
        axes.legend(loc="upper left", fontsize=9, handletextpad=0.3, borderaxespad=0.2)
    caption = text.say(
        "Purchases a customer in the {days} after {day}: as the model expected without having seen them, and as they "
        "were made, with {level} intervals.",
        days=span(activity.hold_out.days, "days", text),
        day=text.date(activity.hold_out.cut),
        level=text.percent(activity.confidence_level, 0),
    )
    return Chart(figure, caption, hold_out_sentence(activity.hold_out, text))


def _class_name(one: HoldOutClass, text: Text) -> str:
    if math.isinf(one.upper):
        return text.say("{n} or more", n=text.count(one.lower))
    if one.upper == one.lower:
        return text.count(one.lower)
    return text.say("{first} to {last}", first=text.count(one.lower), last=text.count(one.upper))


def _too_little(text: Text) -> str:
    return text.say("There are too few purchases to say.")
