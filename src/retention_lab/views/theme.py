"""One look for all charts: quiet, for print and for colour-blind readers."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2933", "#52606d", "#d9dee3"
ACCENT = "#0b5563"
# Okabe and Ito (2008), Color Universal Design, without the yellow, which is too light for a line on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
WIDTH, HEIGHT = 7.2, 3.9

_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.bottom": True,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 2.0,
}


@contextmanager
def themed_axes(height: float = HEIGHT, width: float = WIDTH) -> Iterator[tuple[Figure, Axes]]:
    """A figure of our size in our theme, outside pyplot, so that no state is left behind and nothing is shown twice.

    `height` and `width` in inches.
    """
    with sns.axes_style("white", _SETTINGS), sns.plotting_context("paper"), mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots()
