"""Charts and tables that say how far the model can be trusted."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from retention_lab.analysis.backtest import Backtest
from retention_lab.analysis.contrasts import Contrast
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.model import ChangingRatio
from retention_lab.findings.backtest import accuracy_sentences
from retention_lab.findings.words import covariate_name, level_name, span
from retention_lab.methods.hazard_ratios import HazardRatio
from retention_lab.text import Text
from retention_lab.views.churn import time_axis
from retention_lab.views.display import Chart, Table, no_chart
from retention_lab.views.theme import ACCENT, MUTED, themed_axes


def plot_calibration(test: Backtest, text: Text) -> Chart:
    """What was predicted against what happened, by tenths of the predicted chance."""
    groups = [group for group in test.calibration.groups if not group.observed.reason] if test.calibration else []
    if not groups:
        said = text.say("0 groups of customers to hold the predictions against.")
        return no_chart(said, text.say("The predictions could not be tried on what happened."))
    predicted = np.array([group.predicted for group in groups])
    observed, lower, upper = (
        np.array([getattr(group.observed, name) for group in groups]) for name in ("value", "ci_lower", "ci_upper")
    )
    end = 1.08 * float(max(predicted.max(), np.nan_to_num(upper).max()))
    with themed_axes(height=3.4) as (figure, axes):
        axes.plot([0, end], [0, end], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            text.say("as predicted"), (end, end), xytext=(-4, -12), textcoords="offset points", ha="right", va="top",
            color=MUTED, fontsize=9,
        )  # fmt: skip
        axes.vlines(predicted, lower, upper, color=ACCENT, alpha=0.35, linewidth=2.5)
        axes.plot(predicted, observed, "o", color=ACCENT, markersize=5)
        axes.set_xlim(0, end)
        axes.set_ylim(0, end)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))
        axes.set_xlabel(text.say("Chance of leaving, as predicted"))
        axes.set_ylabel(text.say("Left"))
    caption = " ".join([_groups_caption(len(groups), test, text), *accuracy_sentences(test, text)])
    alt = text.say(
        "Of those with the lowest chance {low} were expected to leave and {low_left} did; of those with the highest "
        "{high} and {high_left}.",
        low=text.percent(predicted[0]),
        low_left=text.percent(observed[0]),
        high=text.percent(predicted[-1]),
        high_left=text.percent(observed[-1]),
    )
    return Chart(figure, caption, alt)


def _groups_caption(n: int, test: Backtest, text: Text) -> str:
    return text.say_many(
        "Customers in {n} group by their predicted chance of leaving within {span}, and the share of it that left, "
        "with a {level} interval.",
        "Customers in {n} groups by their predicted chance of leaving within {span}, and the share of each that left, "
        "with {level} intervals.",
        n,
        span=span(test.horizon, test.unit, text),
        level=text.percent(test.confidence_level, 0),
    )


def plot_hazard_ratio(drivers: Drivers, text: Text) -> Chart:
    """How the least steady ratio moves over customers' time here."""
    contrast = _least_steady(drivers)
    curve = drivers.model.hazards.residual_curve(contrast.column) if contrast else None
    if contrast is None or curve is None or curve.reason:
        said = text.say("0 ratios whose course over time can be drawn.")
        return no_chart(said, text.say("There is too little to draw the course of a ratio."))
    step = contrast.step[contrast.column]
    ratio, lower, upper = (values**step for values in (curve.hazard_ratio, curve.ci_lower, curve.ci_upper))
    with themed_axes(height=3.0) as (figure, axes):
        axes.fill_between(curve.time, np.minimum(lower, upper), np.maximum(lower, upper), color=ACCENT, alpha=0.15)
        axes.plot(curve.time, ratio, color=ACCENT)
        axes.axhline(1, color=MUTED, linewidth=1)
        _ratio_axis(axes, text)
        time_axis(axes, drivers.unit, float(curve.time.max()), text)
    values = {
        "name": covariate_name(contrast.name),
        "compared": _compared(contrast.level, contrast.reference, text),
        "p": text.pvalue(drivers.model.pvalues[contrast.name]),
    }
    caption = text.say(
        "Hazard ratio of {name}, {compared}, over customers' time here, smoothed, with a pointwise {level} band. Of "
        "all covariates this one is the least steady ({p}). Above 1 they leave faster.",
        level=text.percent(curve.confidence_level, 0),
        **values,
    )
    alt = text.say(
        "The ratio of {name}, {compared}, goes from {first} to {last} ({p}).",
        first=text.number(float(ratio[0]), 2),
        last=text.number(float(ratio[-1]), 2),
        **values,
    )
    return Chart(figure, caption, alt)


def _least_steady(drivers: Drivers) -> Contrast | None:
    """The comparison whose ratio changes most surely, or of the covariate that comes nearest to changing."""
    model = drivers.model
    turning = {one.name: {one.level, one.reference} for one in drivers.changing}
    order = sorted(model.pvalues, key=lambda name: model.pvalues[name])
    told = [
        contrast
        for name in order
        for contrast in model.design.contrasts
        if contrast.name == name
        and contrast.column in model.hazards.names
        and {contrast.level, contrast.reference} == turning.get(name, {contrast.level, contrast.reference})
    ]
    return told[0] if told else None


_WIDE, _NARROW = (0.1, 0.2, 0.5, 1, 2, 5, 10), (0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 2)


def _ratio_axis(axes: Axes, text: Text) -> None:
    """A scale on which twice and half are equally far from one, with ticks that people know."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(max(min(low, 0.85), 0.1), min(max(high, 1.2), 10))
    low, high = axes.get_ylim()
    axes.set_yticks([ratio for ratio in (_WIDE if high > 4 * low else _NARROW) if low <= ratio <= high])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: text.number(ratio, 2)))
    axes.set_ylabel(text.say("Hazard ratio"))


def table_of_changing(drivers: Drivers, text: Text) -> Table:
    """Each covariate's test of a constant ratio; where any changes, its ratio early and late and what follows."""
    caption = text.say(
        "Is the ratio of leaving rates the same at all times? Score test of each covariate, Holm's correction."
    )
    tested = sorted(drivers.model.pvalues.items(), key=lambda item: (item[1], item[0]))
    if not drivers.changing:
        return Table(
            caption=caption,
            columns=(text.say("Covariate"), text.say("p, Holm")),
            align=("left", "right"),
            rows=tuple((covariate_name(name), text.pvalue(pvalue)) for name, pvalue in tested)
            or ((text.say("There is nothing to test"), ""),),
        )
    changing = {one.name: one for one in drivers.changing}
    cut = span(drivers.changing[0].cut, drivers.unit, text)
    return Table(
        caption=f"{caption} {text.say('Early and late: before and after {span}.', span=cut)}",
        columns=(
            text.say("Covariate"),
            text.say("p, Holm"),
            text.say("Changes most"),
            text.say("Ratio early"),
            text.say("Ratio late"),
            text.say("Consequence"),
        ),
        align=("left", "right", "left", "right", "right", "left"),
        rows=tuple(
            (covariate_name(name), text.pvalue(pvalue), *_turn(changing.get(name), text)) for name, pvalue in tested
        ),
    )


def _turn(one: ChangingRatio | None, text: Text) -> tuple[str, str, str, str]:
    if one is None:
        return "", "", "", text.say("none needed")
    compared = _compared(one.level, one.reference, text)
    return compared, _ratio(one.early, text), _ratio(one.late, text), _consequence(one.stratified, text)


def _consequence(stratified: bool, text: Text) -> str:
    return text.say("a curve for each group") if stratified else text.say("average ratio, said so")


def _compared(level: str, reference: str, text: Text) -> str:
    return text.say("{level} against {reference}", level=level_name(level, text), reference=level_name(reference, text))


def _ratio(ratio: HazardRatio, text: Text) -> str:
    return text.say(
        "{ratio} ({interval})",
        ratio=text.number(ratio.value, 2),
        interval=text.interval(ratio.ci_lower, ratio.ci_upper, 2),
    )
