"""Charts of who leaves and when."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.groups import GroupComparison, GroupSurvival
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.churn import when_sentence
from retention_lab.findings.words import at_time, covariate_name, level_name, span
from retention_lab.methods.rates import share_leaving
from retention_lab.methods.survival import SurvivalCurve
from retention_lab.text import Text
from retention_lab.views.display import Chart, no_chart
from retention_lab.views.theme import (
    ACCENT,
    GRID,
    MUTED,
    PALETTE,
    WORDS,
    name_beside,
    themed_axes,
    themed_axes_with_rows,
)

Floats = NDArray[np.float64]
MAX_POINTS = 150
MAX_CURVES, MAX_EFFECTS, MAX_NAME = len(PALETTE), 14, 26


def plot_survival(result: ChurnSurvival, text: Text) -> Chart:
    """The share of customers still here by time since their start, with its band and the numbers at risk."""
    with themed_axes_with_rows(1) as (figure, axes, below):
        _draw_curve(axes, result.curve, ACCENT, result.shown_through)
        _survival_axes(axes, result.unit, result.shown_through, text)
        _at_risk(below, [("", result.curve, ACCENT)], text)
    caption = text.say(
        "Share of customers still here, with its {level} band; below, how many are at risk.",
        level=text.percent(result.curve.confidence_level, 0),
    )
    if result.n_late:
        caption += " " + text.say_many(
            "{n} customer joins later, from the day on which the export first shows them.",
            "{n} customers join later, from the day on which the export first shows them.",
            result.n_late,
        )
    return Chart(figure, caption, _milestones(result, text))


def plot_groups(comparison: GroupComparison, text: Text) -> Chart:
    """Survival of each group, labelled at its end, with the numbers at risk; of many groups the largest."""
    groups = _drawn(comparison)
    shown = max((group.shown_through for group in groups), default=0.0)
    with themed_axes_with_rows(len(groups)) as (figure, axes, below):
        named = [
            (short_name(level_name(group.level, text)), group.curve, colour)
            for group, colour in zip(groups, WORDS, strict=False)
        ]
        for group, colour in zip(groups, PALETTE, strict=False):
            _draw_curve(axes, group.curve, colour, group.shown_through)
        _survival_axes(axes, comparison.unit, shown, text)
        ends = [_value_at(group.curve, group.shown_through) for group in groups]
        _label_ends(axes, [(name, end, colour) for (name, _, colour), end in zip(named, ends, strict=True)], shown)
        _at_risk(below, named, text)
    values = {"column": covariate_name(comparison.column), "level": text.percent(comparison.confidence_level, 0)}
    caption = text.say(
        "Share of customers still here by {column}, with {level} bands; below, how many are at risk.", **values
    )
    if len(groups) < len(comparison.groups):
        caption += " " + text.say("{n} of {all} groups.", n=len(groups), all=len(comparison.groups))
    parts = [
        text.say("{level} {share}", level=level_name(group.level, text), share=text.percent(group.at_horizon.value))
        for group in groups
        if not group.at_horizon.reason
    ]
    alt = text.say(
        "Still here {when}: {parts}.", when=at_time(comparison.horizon, comparison.unit, text), parts=text.join(parts)
    )
    return Chart(figure, caption, alt if parts else text.say("Groups: {n}.", n=len(groups)))


def _drawn(comparison: GroupComparison) -> list[GroupSurvival]:
    """As many groups as can be told apart, from the top down: the largest, and the one that leaves earliest."""
    by_size = sorted(comparison.groups, key=lambda group: -group.n_obs)
    chosen = by_size[:MAX_CURVES]
    earliest = comparison.earliest
    if earliest is not None and earliest not in chosen:
        chosen[-1] = earliest
    return sorted(chosen, key=lambda group: -_value_at(group.curve, group.shown_through))


def short_name(name: str) -> str:
    """A name that fits beside a chart."""
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"


def plot_lead(result: ChurnSurvival, comparisons: Sequence[GroupComparison], text: Text) -> Chart:
    """The chart to see first: the groups that differ most, or all customers where there are no groups."""
    told = comparisons and comparisons[0].earliest is not None
    return plot_groups(comparisons[0], text) if told else plot_survival(result, text)


def plot_rates(study: ChurnStudy, result: ChurnSurvival, text: Text) -> Chart:
    """How many of a hundred customers leave, stretch by stretch of their time here."""
    rates = result.rates
    width = rates.end[0] - rates.start[0]
    seen = np.isfinite(rates.rate)
    middle = (rates.start + rates.end)[seen] / 2
    share, lower, upper = (
        100 * share_leaving(part, width)[seen] for part in (rates.rate, rates.ci_lower, rates.ci_upper)
    )
    average = float(100 * share_leaving(np.array([result.overall_rate]), width)[0])
    with themed_axes(height=3.0) as (figure, axes):
        axes.vlines(middle, lower, upper, color=ACCENT, alpha=0.35, linewidth=2.5)
        axes.plot(middle, share, "o", color=ACCENT, markersize=4)
        if np.isfinite(average):
            draw_level(axes, average, text.say("average {rate}", rate=text.number(average)))
        # One wild interval where hardly anybody is left must not flatten all others.
        highest = min(1.6 * float(np.max(share, initial=0.0)), 1.05 * float(np.max(upper, initial=0.0)))
        axes.set_ylim(0, max(highest, 1.2 * average if np.isfinite(average) else 0.0) or 1)
        time_axis(axes, result.unit, result.shown_through, text)
        axes.set_ylabel(text.say("Leave, of 100 customers"))
    caption = text.say(
        "Customers who leave in each stretch of {span}, of 100 at risk, with {level} intervals.",
        span=span(width, result.unit, text),
        level=text.percent(rates.confidence_level, 0),
    )
    return Chart(figure, caption, when_sentence(study, result, text))


def draw_level(axes: Axes, height: float, label: str) -> None:
    """A dashed line across the chart, named beside it."""
    axes.axhline(height, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    name_beside(axes, label, height, MUTED)


def plot_drivers(drivers: Drivers, text: Text) -> Chart:
    """What each covariate goes with, others held equal: points of survival at the horizon, with intervals."""
    shown = [effect for effect in drivers.effects if not effect.points.reason][:MAX_EFFECTS]
    if not shown:
        said = text.say("0 covariates could be estimated.")
        return no_chart(said, _why_no_drivers(drivers, text))
    with themed_axes(height=1.4 + 0.3 * len(shown)) as (figure, axes):
        places = np.arange(len(shown))[::-1]
        for place, effect in zip(places, shown, strict=True):
            low, mid, high = (
                100 * value for value in (effect.points.ci_lower, effect.points.value, effect.points.ci_upper)
            )
            clear = effect.pvalue_adjusted < 1 - drivers.confidence_level
            colour = ACCENT if clear and not low <= 0 <= high else MUTED
            axes.plot([low, high], [place, place], color=colour, linewidth=2.2, solid_capstyle="round")
            axes.plot(mid, place, "o", color=colour, markersize=6)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_yticks(places, [_effect_name(effect.name, effect.level, effect.reference, text) for effect in shown])
        axes.set_ylim(-0.7, len(shown) - 0.3)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda points, _: text.count(points)))
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True, color=GRID)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(text.say("Points {when}", when=at_time(drivers.horizon, drivers.unit, text)))
    caption = text.say(
        "What each group goes with, all else equal, with {level} intervals. Grey: not clear once all comparisons are "
        "counted.",
        level=text.percent(drivers.confidence_level, 0),
    )
    parts = [
        text.say(
            "{name} {points} points",
            name=_effect_name(e.name, e.level, e.reference, text),
            points=text.number(100 * e.points.value),
        )
        for e in shown[:6]
    ]
    return Chart(figure, caption, text.join(parts) + ".")


def _why_no_drivers(drivers: Drivers, text: Text) -> str:
    if drivers.has_covariates:
        return text.say("There is too little to say what leaving goes with.")
    return text.say("The client file declares no covariates, so nothing can be said of what leaving goes with.")


def _milestones(result: ChurnSurvival, text: Text) -> str:
    known = {time: found for time, found in result.milestones.items() if not found.reason}
    parts = [
        text.say("{share} after {span}", share=text.percent(found.value), span=span(time, result.unit, text))
        for time, found in known.items()
    ]
    return text.say("Still here: {parts}.", parts=text.join(parts)) if parts else text.say("Followed for 0 days.")


def _effect_name(name: str, level: str, reference: str, text: Text) -> str:
    values = {
        "name": covariate_name(name),
        "level": short_name(level_name(level, text)),
        "reference": short_name(level_name(reference, text)),
    }
    return text.say("{name}: {level} against {reference}", **values)


def unit_name(unit: str, text: Text) -> str:
    """The unit of durations, in the plural."""
    names = {
        "days": text.say("days"),
        "weeks": text.say("weeks"),
        "months": text.say("months"),
        "years": text.say("years"),
    }
    return names[unit]


def _steps(curve: SurvivalCurve, values: Floats, through: float) -> tuple[Floats, Floats]:
    """The step function up to `through`, on at most MAX_POINTS times."""
    keep = curve.time <= through
    times = curve.time[keep]
    if times.size > MAX_POINTS:
        times = np.linspace(0, through, MAX_POINTS)
    times = np.concatenate([[0.0], times])
    return times, np.concatenate([[1.0], _values_at(curve, values, times[1:])])


def _values_at(curve: SurvivalCurve, values: Floats, times: Floats) -> Floats:
    return np.concatenate([[1.0], values])[np.searchsorted(curve.time, times, side="right")]


def _value_at(curve: SurvivalCurve, time: float) -> float:
    return float(_values_at(curve, curve.survival, np.array([time]))[0])


def _draw_curve(axes: Axes, curve: SurvivalCurve, colour: str, through: float) -> None:
    times, middle = _steps(curve, curve.survival, through)
    _, lower = _steps(curve, curve.ci_lower, through)
    _, upper = _steps(curve, curve.ci_upper, through)
    axes.fill_between(times, lower, upper, step="post", color=colour, alpha=0.15, linewidth=0)
    axes.step(times, middle, where="post", color=colour)


def _survival_axes(axes: Axes, unit: str, shown: float, text: Text) -> None:
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))
    axes.set_ylabel(text.say("Still here"))
    time_axis(axes, unit, shown, text)


def time_axis(axes: Axes, unit: str, shown: float, text: Text) -> None:
    """Time since the start along the x axis, with ticks that people count in."""
    axes.set_xlim(0, max(shown, 1e-9))
    axes.set_xticks(_ticks(unit, shown))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: text.count(time)))
    axes.set_xlabel(text.say("{unit} since the start", unit=unit_name(unit, text).capitalize()))


def _ticks(unit: str, shown: float) -> Sequence[float]:
    """At most seven ticks, at a step that people count in: half years of days, quarters of months."""
    steps = {"days": (7, 30, 90, 180, 365), "weeks": (4, 13, 26, 52), "months": (1, 3, 6, 12), "years": (1, 2, 5)}[unit]
    step = next((step for step in steps if shown / step <= 7), steps[-1] * math.ceil(shown / steps[-1] / 7))
    return [float(tick) for tick in np.arange(0, shown + 1e-9, step)]


def _at_risk(axes: Axes, named: list[tuple[str, SurvivalCurve, str]], text: Text) -> None:
    """Rows of counts under the chart, in the colours of the curves."""
    left = axes.get_yaxis_transform()
    axes.text(0, 0, text.say("At risk"), transform=left, fontsize=8.5, color=MUTED, va="center")
    for row, (name, curve, colour) in enumerate(named, start=1):
        for tick in axes.get_xticks():
            number = text.count(_number_at_risk(curve, tick))
            # It stands under its tick, whose label has room; to measure it would only take time.
            axes.text(tick, row, number, fontsize=8.5, color=colour, va="center", ha="center", in_layout=False)
        axes.text(-0.06, row, name, transform=left, fontsize=8.5, color=colour, va="center", ha="right")


def _number_at_risk(curve: SurvivalCurve, time: float) -> float:
    place = int(np.searchsorted(curve.time, time, side="left"))
    return float(curve.at_risk[place]) if place < curve.at_risk.size else 0.0


def _label_ends(axes: Axes, ends: list[tuple[str, float, str]], shown: float) -> None:
    """Names at the ends of their curves, moved apart where they would touch."""
    above = 2.0
    for name, value, colour in sorted(ends, key=lambda end: -end[1]):
        above = min(value, above - 0.065)
        axes.annotate(
            name,
            (shown, above),
            xytext=(6, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=9,
            annotation_clip=False,
        )
