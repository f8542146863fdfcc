"""The interval over time: what somebody who looked at an experiment each time would have seen."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from retention_lab.analysis.experiments.looks import Look, Looks
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import change_in, digits_for, factor_of, is_money, tell
from retention_lab.findings.words import covariate_name
from retention_lab.tables.experiment_file import Outcome
from retention_lab.text import Text
from retention_lab.views.display import Chart, no_chart
from retention_lab.views.theme import ACCENT, MUTED, PALETTE, WORDS, name_beside, themed_axes

Floats = NDArray[np.float64]
# The first looks are so wide that nothing else would be seen.
_FROM = 0.25
MAX_PANELS = 3


def plot_looks(study: ExperimentStudy, looks: Sequence[Looks], text: Text) -> Chart:
    """The interval that holds at any time, as a band over the days, with that of a single look beside it."""
    drawn = [one for one in looks if len(one.looks) > 1][:MAX_PANELS]
    if not drawn:
        said, caption = text.say("0 looks over time can be drawn."), text.say("The effect as customers came in.")
        return no_chart(said, caption, _why_no_looks(study, text))
    spec = study.outcomes[drawn[0].outcome]
    with themed_axes(height=0.8 + 2.3 * len(drawn)) as (figure, axes):
        axes.remove()
        panels = figure.subplots(len(drawn), 1, sharex=True, squeeze=False)[:, 0]
        for panel, one in zip(panels, drawn, strict=True):
            _draw_looks(panel, one, spec, text)
            if len(drawn) > 1:
                panel.set_title(one.variant, loc="left", fontsize=9.5, color=MUTED)
        panels[-1].xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda day, _: text.count(day)))
        panels[-1].set_xlabel(text.say("Days since {day}", day=text.date(drawn[0].looks[0].day)))
    caption = text.say(
        "The effect on “{outcome}” as customers came in: the band holds at all looks together, the dashed lines only "
        "for a single look planned beforehand. The band says there is an effect once it leaves nought.",
        outcome=covariate_name(drawn[0].outcome),
    )
    return Chart(figure, caption, _alt(drawn[0], spec, text))


def _why_no_looks(study: ExperimentStudy, text: Text) -> str:
    if study.trial is not None and study.trial.spec.design == "fixed":
        return text.say("The experiment was planned for one look at its end, so there are no looks to draw.")
    return text.say("There is too little to draw looks over time.")


def _draw_looks(axes: Axes, one: Looks, spec: Outcome, text: Text) -> None:
    start = one.looks[0].day
    days = np.array([(look.day - start).days for look in one.looks], dtype=float)
    anytime, fixed = _ends(one.looks, "anytime", spec), _ends(one.looks, "fixed", spec)
    middle = factor_of(spec) * np.array([look.fixed.value for look in one.looks])
    axes.fill_between(days, *anytime, color=ACCENT, alpha=0.18, linewidth=0)
    for ends in fixed:
        axes.plot(days, ends, color=PALETTE[1], linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(days, middle, color=ACCENT, linewidth=1.8)
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.set_xlim(days[0], days[-1])
    seen = int(_FROM * len(days))
    low, high = min(0.0, anytime[0][seen:].min()), max(0.0, anytime[1][seen:].max())
    axes.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    digits = max(digits_for((high - low) / 2, is_money(spec)) - (0 if is_money(spec) else 1), 0)
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: change_in(spec, value / factor_of(spec), digits, text))
    )
    # Named where they end, one at the top and one at the bottom: the two never touch.
    name_beside(axes, text.say("at any time"), float(anytime[1][-1]), ACCENT)
    name_beside(axes, text.say("one look"), float(fixed[0][-1]), WORDS[1])


def _ends(looks: Sequence[Look], which: Literal["anytime", "fixed"], spec: Outcome) -> tuple[Floats, Floats]:
    found = [look.anytime if which == "anytime" else look.fixed for look in looks]
    lower, upper = (
        factor_of(spec) * np.array([getattr(one, end) for one in found]) for end in ("ci_lower", "ci_upper")
    )
    return lower, upper


def _alt(one: Looks, spec: Outcome, text: Text) -> str:
    last = tell(one.looks[-1].anytime, spec, text, signed=True)
    return text.say(
        "After {n} looks the effect of “{variant}” is {change} ({interval}).",
        n=text.count(len(one.looks)),
        variant=one.variant,
        change=last.change,
        interval=last.interval,
    )
