"""Charts of an experiment: what changed, with intervals, and who stays; and all others that a playbook shows."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.analysis.experiments.survival import SurvivalArms
from retention_lab.findings.experiments.amounts import digits_for, effect_sentence, factor_of, why_no_effects
from retention_lab.findings.words import at_time, covariate_name
from retention_lab.methods.effects import Contrast
from retention_lab.text import Text
from retention_lab.views.churn import short_name, time_axis, unit_name
from retention_lab.views.curves import MAX_BANDS, MAX_CURVES, draw_curves
from retention_lab.views.display import Chart, no_chart
from retention_lab.views.experiment_looks import plot_looks
from retention_lab.views.experiment_membership import plot_membership
from retention_lab.views.experiment_money import plot_roll_out
from retention_lab.views.experiment_plan import plot_power
from retention_lab.views.theme import GRID, MUTED, PALETTE, WORDS, name_beside, themed_axes

__all__ = ["plot_effects", "plot_looks", "plot_membership", "plot_power", "plot_roll_out", "plot_staying"]

MAX_ROWS = 24
# Staying beyond the horizon is shown for so much of it.
_BEYOND = 1.15
# An interval that reaches so many times as far as the usual one leaves the chart.
_WILD = 8.0
_NO_EFFECT = (0, (4, 3))


def plot_effects(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> Chart:
    """Each outcome and treatment in a row: the effect as a share of the control, in which all can be compared."""
    shown = [effect for effect in effects if not effect.contrast.reason and not effect.contrast.relative.reason]
    if not shown:
        return _absolute_effects(study, effects, text)
    rows = [(effect, _hundred(effect.contrast)) for effect in shown[:MAX_ROWS]]
    left_out = len(effects) - len(rows)
    caption = text.say(
        "Effects in per cent of the control, with {level} intervals. {words}",
        level=text.percent(study.confidence_level, 0),
        words=_colour_words(text),
    )
    if left_out:
        caption += " " + text.say_many(
            "{n} effect has no percentage that could be drawn, and stands in the table.",
            "{n} effects have no percentage that could be drawn, and stand in the table.",
            left_out,
        )
    return _forest(study, rows, text.say("Difference from the control, in per cent"), caption, text)


def _absolute_effects(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> Chart:
    """The primary outcome alone in its own unit: outcomes in different units have no common axis."""
    shown = [effect for effect in effects if effect.outcome == study.primary and not effect.contrast.reason]
    if not shown:
        why = text.say("No effect on the primary outcome can be estimated.") if effects else why_no_effects(study, text)
        return no_chart(text.say("0 effects to draw."), text.say("The effects."), why)
    spec = shown[0].spec
    factor = factor_of(spec)
    rows = [
        (effect, (factor * one.value, factor * one.ci_lower, factor * one.ci_upper))
        for effect in shown[:MAX_ROWS]
        if (one := effect.contrast)
    ]
    caption = text.say(
        "Effects on “{outcome}”, with {level} intervals; no outcome allows for a percentage. {words}",
        outcome=covariate_name(study.primary),
        level=text.percent(study.confidence_level, 0),
        words=_colour_words(text),
    )
    return _forest(study, rows, text.say("Difference from the control"), caption, text)


def _colour_words(text: Text) -> str:
    return text.say("Blue: better; orange: worse; grey: not clear once all comparisons are counted.")


def _hundred(one: Contrast) -> tuple[float, float, float]:
    return 100 * one.relative.value, 100 * one.relative.ci_lower, 100 * one.relative.ci_upper


def _forest(
    study: ExperimentStudy,
    rows: Sequence[tuple[Effect, tuple[float, float, float]]],
    label: str,
    caption: str,
    text: Text,
) -> Chart:
    with themed_axes(height=1.2 + 0.34 * len(rows)) as (figure, axes):
        places = np.arange(len(rows))[::-1]
        for place, (effect, (value, lower, upper)) in zip(places, rows, strict=True):
            colour, words, verdict = _judged(effect, text)
            axes.plot([lower, upper], [place, place], color=colour, linewidth=2.4)
            axes.plot(value, place, "o", color=colour, markersize=6)
            name_beside(axes, verdict, place, words)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_yticks(places, [_row_name(study, effect, text) for effect, _ in rows])
        axes.set_ylim(-0.7, len(rows) - 0.3)
        wild = _set_reach(axes, [ends for _, (_, *ends) in rows])
        _number_axis(axes, text)
        axes.set_xlabel(label)
    if wild:
        caption += " " + text.say("Intervals that reach the edge go on beyond it.")
    # The first in the list is the primary outcome.
    return Chart(figure, caption, effect_sentence(rows[0][0], text))


def _judged(effect: Effect, text: Text) -> tuple[str, str, str]:
    """The colour of an effect, that of its words, and the word."""
    if effect.is_better:
        return PALETTE[0], WORDS[0], text.say("better")
    if effect.is_worse:
        return PALETTE[1], WORDS[1], text.say("worse")
    return MUTED, MUTED, text.say("not clear")


def _row_name(study: ExperimentStudy, effect: Effect, text: Text) -> str:
    name = covariate_name(effect.outcome)
    if len(study.treatments) > 1:
        name = text.say("{outcome}, {variant}", outcome=name, variant=effect.variant)
    name = short_name(name)
    return text.say("{name}\n(lower is better)", name=name) if effect.spec.better == "lower" else name


def _set_reach(axes: Axes, ends: Sequence[Sequence[float]]) -> bool:
    """The axis holds nought and all intervals but wild ones, of which it says whether there are any."""
    reach = np.abs(np.array(ends, dtype=float))
    most = _WILD * float(np.median(reach.max(axis=1)))
    low, high = min(0.0, min(lower for lower, _ in ends)), max(0.0, max(upper for _, upper in ends))
    low, high = max(low, -most), min(high, most)
    pad = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - pad, high + pad)
    return bool(reach.max() > most)


def _number_axis(axes: Axes, text: Text) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value, axes.get_xlim(), text)))
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True, color=GRID)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _plain(value: float, limits: tuple[float, float], text: Text) -> str:
    return text.number(value, max(digits_for((limits[1] - limits[0]) / 2) - 1, 0))


def plot_staying(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> Chart:
    """Who is still here by time since the assignment, in the control and with each treatment."""
    outcome = next((effect.outcome for effect in effects if effect.staying), "")
    arms = [one for effect in effects if effect.outcome == outcome and (one := effect.staying) and _is_seen(one)]
    if not arms:
        why = text.say("No outcome of this experiment asks who stays.") if effects else why_no_effects(study, text)
        return no_chart(text.say("0 curves of staying to draw."), text.say("Who is still a customer."), why)
    shown = arms[: MAX_CURVES - 1]
    named = [(effect.variant, effect.staying.treatment) for effect in effects if effect.staying in shown]
    named = [(_control(study), shown[0].control), *named]
    through = min(_BEYOND * shown[0].horizon, max(curve.follow_up for _, curve in named))
    with themed_axes(height=3.4) as (figure, axes):
        bottom = draw_curves(axes, named, through, text)
        time_axis(axes, shown[0].unit, through, text)
        axes.set_xlabel(text.say("{unit} since the assignment", unit=unit_name(shown[0].unit, text).capitalize()))
        if shown[0].horizon < through:
            _mark_time(axes, shown[0].horizon, at_time(shown[0].horizon, shown[0].unit, text))
    caption = text.say("Share of customers still here by time since the assignment.")
    if len(named) <= MAX_BANDS:
        caption += " " + text.say("Bands: {level}.", level=text.percent(study.confidence_level, 0))
    if bottom > 0:
        caption += " " + text.say("The axis begins at {bottom}.", bottom=text.percent(bottom, 0))
    if len(shown) < len(arms):
        caption += " " + text.say("{n} of {all} treatments.", n=len(shown), all=len(arms))
    return Chart(figure, caption, _staying_alt(shown[0], named, text))


def _is_seen(arms: SurvivalArms) -> bool:
    return all(curve.time.size and curve.follow_up > 0 for curve in (arms.treatment, arms.control))


def _control(study: ExperimentStudy) -> str:
    return study.trial.variants[0] if study.trial else ""


def _mark_time(axes: Axes, time: float, label: str) -> None:
    axes.axvline(time, color=MUTED, linewidth=1, linestyle=_NO_EFFECT)
    axes.annotate(
        label,
        (time, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 4),
        textcoords="offset points",
        color=MUTED,
        ha="center",
        fontsize=9,
        annotation_clip=False,
    )


def _staying_alt(arms: SurvivalArms, named: Sequence[tuple[str, object]], text: Text) -> str:
    one, other = arms.share_treatment, arms.share_control
    if one.reason or other.reason:
        return text.say("Curves: {n}.", n=len(named))
    return text.say(
        "Still here {when}: {treatment} with “{variant}”, {control} with “{name}”.",
        when=at_time(arms.horizon, arms.unit, text),
        treatment=text.percent(one.value),
        control=text.percent(other.value),
        variant=named[1][0],
        name=named[0][0],
    )
