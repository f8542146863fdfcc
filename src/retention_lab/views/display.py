"""What a playbook shows beside findings: a chart with its caption and alternative text, or a table with its caption."""

import io
import re
import textwrap
import warnings
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from retention_lab.errors import Fault, PlaybookError
from retention_lab.findings.finding import Bundle, bundle
from retention_lab.views.theme import themed_axes

Align = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure. `alt` states what the chart shows, with a number, for those who do not see it."""

    figure: Figure
    caption: str
    alt: str

    def __post_init__(self) -> None:
        if not self.caption.strip() or not re.search(r"\d", self.alt):
            fault = Fault(
                where=f"chart {self.caption!r}",
                found=f"the alternative text is {self.alt!r}",
                allowed="a caption, and a sentence that states the finding with a number",
            )
            raise PlaybookError(fault)

    def to_svg(self) -> str:
        """The figure as SVG, the same bytes for the same figure: no date, ids from a fixed salt, text kept as text."""
        buffer = io.StringIO()
        with mpl.rc_context(_DRAWING), warnings.catch_warnings():
            # A letter that the font lacks, such as an emoji in a name, is measured as a box. The text is kept as text,
            # so whoever reads it sees the letter in a font of their own.
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
            # The canvas's own method lays the figure out while it draws; `savefig` draws it once more only for that.
            canvas = FigureCanvasSVG(self.figure)
            canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
        # Laid out again, things would move by a last bit, and the ids with them.
        self.figure.set_layout_engine("none")
        # A tenth of a point is finer than any screen or printer; more digits only make the page heavy. What people
        # read stands between the tags, and keeps its digits.
        return re.sub(r"<[^>]*>", lambda tag: _LONG.sub(_shorter, tag[0]), buffer.getvalue())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        data = {"caption": self.caption, "alt": self.alt}
        return bundle("chart", data, plain=self.alt, **{"image/svg+xml": self.to_svg()})


# Some labels are made only while a figure is drawn: what the theme says of text holds for them too.
_DRAWING: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "retention-lab", "text.parse_math": False}
_LONG = re.compile(r"-?\d+\.\d{2,}")


def _shorter(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}"


def no_chart(said: str, caption: str, why: str = "") -> Chart:
    """Stands where there is nothing to draw: `why`, or what is said, which has a number as every alternative text."""
    lines = textwrap.wrap(why or said, _LINE)
    with themed_axes(height=0.6 + 0.3 * len(lines)) as (figure, axes):
        axes.axis("off")
        axes.text(0, 0.5, "\n".join(lines), va="center")
    return Chart(figure, caption, f"{why} {said}".strip())


# So many letters fill the width of a chart.
_LINE = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of finished text. The first column heads its rows; `align` has an entry for each column."""

    caption: str
    columns: tuple[str, ...]
    align: tuple[Align, ...]
    rows: tuple[tuple[str, ...], ...]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        columns = [{"name": name, "align": align} for name, align in zip(self.columns, self.align, strict=True)]
        data = {"caption": self.caption, "columns": columns, "rows": [list(row) for row in self.rows]}
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        html = f"<table><caption>{escape(self.caption)}</caption><tr>{head}</tr>{body}</table>"
        lines = [self.caption, " | ".join(self.columns), *(" | ".join(row) for row in self.rows)]
        return bundle("table", data, plain="\n".join(lines), **{"text/html": html})
