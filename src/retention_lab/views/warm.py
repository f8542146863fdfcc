"""What the first chart of a process pays for and later ones do not, paid ahead: no thread, no open figure."""

from datetime import date

from matplotlib.ticker import FuncFormatter

from retention_lab.text import LANGUAGES, Text
from retention_lab.views.display import Chart
from retention_lab.views.theme import themed_axes_with_rows


def warm_up() -> None:
    """Write numbers in all languages, and draw a small chart that nobody sees: fonts, layout, SVG."""
    for language in LANGUAGES:
        text = Text(language)
        text.join([text.number(1.5), text.percent(0.5), text.money(1), text.date(date(2026, 1, 1))])
    with themed_axes_with_rows(1) as (figure, axes, below):
        axes.fill_between([0, 1], [0, 0], [1, 1], step="post")
        axes.plot([0, 1], [0, 1], "o-")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: text.count(value)))
        axes.set_xlabel("x")
        axes.annotate("a", (0, 0), xytext=(6, 0), textcoords="offset points")
        below.text(0, 0, "b", transform=below.get_yaxis_transform())
    Chart(figure, "1", "1").to_svg()
