"""Survival curves of several groups: drawn, named at their ends."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from retention_lab.methods.survival import SurvivalCurve
from retention_lab.text import Text
from retention_lab.views.churn import MAX_POINTS, short_name
from retention_lab.views.theme import MUTED, PALETTE, WORDS

Floats = NDArray[np.float64]
MAX_CURVES = len(PALETTE)
# More bands than this only hide each other.
MAX_BANDS = 3
# The height of a line of words, as a share of the axes.
_LINE = 0.075


def draw_curves(axes: Axes, named: Sequence[tuple[str, SurvivalCurve]], through: float, text: Text) -> float:
    """Each curve up to `through`, the first one grey, with its band where there are few; returns where the axis begins.

    The axis begins where the curves leave room, or differences of a few points could not be seen.
    """
    ends, lowest = [], 1.0
    for (name, curve), colour, words in zip(named, (MUTED, *PALETTE), (MUTED, *WORDS), strict=False):
        times, middle = steps(curve, curve.survival, through)
        _, lower = steps(curve, curve.ci_lower, through)
        _, upper = steps(curve, curve.ci_upper, through)
        if len(named) <= MAX_BANDS:
            axes.fill_between(times, lower, upper, step="post", color=colour, alpha=0.13, linewidth=0)
        axes.step(times, middle, where="post", color=colour)
        ends.append((short_name(name), float(middle[-1]), words))
        lowest = min(lowest, float(np.nanmin(np.append(lower, middle[-1]))))
    bottom = max(0.0, np.floor(20 * lowest - 0.2) / 20)
    axes.set_ylim(bottom, 1 + 0.02 * (1 - bottom))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))
    axes.set_ylabel(text.say("Still here"))
    _name_ends(axes, ends, through, bottom)
    return float(bottom)


def steps(curve: SurvivalCurve, values: Floats, through: float) -> tuple[Floats, Floats]:
    """A step function of the curve's times up to `through`, on at most MAX_POINTS of them."""
    times = curve.time[curve.time <= through]
    if times.size > MAX_POINTS:
        times = np.linspace(0, through, MAX_POINTS)
    times = np.unique(np.concatenate([[0.0], times, [through]]))
    return times, np.concatenate([[1.0], values])[np.searchsorted(curve.time, times, side="right")]


def _name_ends(axes: Axes, ends: list[tuple[str, float, str]], through: float, bottom: float) -> None:
    """Names at the ends of their curves, moved apart where they would touch."""
    line = _LINE * (1 - bottom)
    places, above = [], 1 + line
    for name, value, colour in sorted(ends, key=lambda end: -end[1]):
        above = min(value, above - line)
        places.append((name, above, colour))
    lift = max(0.0, bottom + line / 2 - above)
    for name, place, colour in places:
        axes.annotate(
            name,
            (through, place + lift),
            xytext=(6, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            fontsize=9,
            annotation_clip=False,
        )
