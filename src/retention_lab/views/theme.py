"""One look for all charts: quiet, for print and for colour-blind readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2933", "#52606d", "#d9dee3"
ACCENT = "#0b5563"
# Okabe and Ito (2008), Color Universal Design, without the yellow, which is too light for a line on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
# The same hues, dark enough for words: at least 4.5 to 1 on the page (WCAG 2.2, 1.4.3).
WORDS = ("#0072b2", "#b34700", "#007a59", "#a34a80", "#1f78ad", "#8f6200", "#000000")
WIDTH, HEIGHT, ROW_HEIGHT = 5.8, 3.2, 0.21

_SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.5,
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 10.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    # Names and amounts have dollar signs; none of them begins a formula.
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.bottom": True,
    "ytick.left": False,
    "xtick.labelsize": 8.8,
    "ytick.labelsize": 8.8,
    "xtick.major.size": 4.8,
    "ytick.major.size": 4.8,
    "xtick.major.width": 1.0,
    "ytick.major.width": 1.0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 2.0,
    "lines.markersize": 4.8,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.8,
}


@contextmanager
def themed_axes(height: float = HEIGHT) -> Iterator[tuple[Figure, Axes]]:
    """A figure of our width in our theme, outside pyplot: no state is left behind and nothing is shown twice.

    `height` in inches.
    """
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, figure.subplots()


@contextmanager
def themed_axes_with_rows(n_rows: int) -> Iterator[tuple[Figure, Axes, Axes]]:
    """Axes for curves, and below them, with the same x axis, empty axes in which `n_rows` rows of text fit."""
    rows = ROW_HEIGHT * (n_rows + 1)
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT + rows), layout="constrained")
        curves, below = figure.subplots(2, 1, sharex=True, height_ratios=[HEIGHT, rows])
        below.set_ylim(n_rows + 0.5, -0.5)
        below.axis("off")
        curves.tick_params(labelbottom=True)
        yield figure, curves, below


def name_beside(axes: Axes, name: str, height: float, colour: str) -> None:
    """A name to the right of the chart, at a height of its y axis: in place of a legend over the data."""
    axes.annotate(
        name,
        (1, height),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        color=colour,
        va="center",
        fontsize=9,
        annotation_clip=False,
    )


def month_axis(axes: Axes, first: date, last: date) -> None:
    """At most seven first days of months, in figures: they read the same in every language. x is in day numbers."""
    n = 12 * (last.year - first.year) + last.month - first.month + 1
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60, 120) if n <= 7 * step), 240)
    months = [12 * first.year + first.month - 1 + place for place in range(n + 1)]
    shown = [month for month in months if month % step == 0]
    axes.set_xticks([date(month // 12, month % 12 + 1, 1).toordinal() for month in shown])
    axes.set_xticklabels([f"{month // 12}" if step >= 12 else f"{month // 12}-{month % 12 + 1:02d}" for month in shown])
