"""Small executed notebooks, as the runner leaves them, and a reader for the pages made from them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from nbformat import NotebookNode, v4

# nbformat has types for its notebooks but not for what makes them.
make: Any = v4
MIME = "application/vnd.retention-lab+json"
VOID = ("br", "hr", "img", "input", "link", "meta", "wbr")

DRAWING = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="432pt" height="288pt" viewBox="0 0 432 288"
     xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><date xmlns="http://purl.org/dc/elements/1.1/">today</date></metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style>
  <clipPath id="p1"><rect x="0" y="0" width="9" height="9"/></clipPath></defs>
 <!-- drawn by hand -->
 <g id="figure_1"><path id="m1" d="M 0 0 L 9 9" clip-path="url(#p1)" style="fill: none; stroke: #0072b2"/>
  <use xlink:href="#m1" x="5" y="5"/><text style="font-size: 10px; font-family: 'DejaVu Sans'">a &lt; b</text></g>
</svg>"""


@dataclass
class Tag:
    """One element of a page."""

    name: str
    attrs: dict[str, str | None] = field(default_factory=dict)
    children: list["Tag | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(c.text + " " if isinstance(c, Tag) else c for c in self.children).split())

    def every(self, *names: str) -> list["Tag"]:
        """All elements below this one, in order; those of these names if any are given."""
        found: list[Tag] = []
        for child in self.children:
            if isinstance(child, Tag):
                found += [child] if not names or child.name in names else []
                found += child.every(*names)
        return found

    def one(self, name: str, **attrs: str) -> "Tag":
        """The only element with this name and these attributes (`class_` for class)."""
        wanted = {key.rstrip("_"): value for key, value in attrs.items()}
        found = [tag for tag in self.every(name) if wanted.items() <= tag.attrs.items()]
        assert len(found) == 1, f"{len(found)} of <{name}> with {wanted}"
        return found[0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Tag("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Tag(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Tag(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_html(html: str) -> Tag:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, "an element is not closed"
    return reader.open[0]


def finding(**changes: Any) -> dict[str, Any]:
    """The data of a finding, with what a test changes."""
    return {
        "id": "churn.survival",
        "question": "How many leave?",
        "headline": "In a year 26.5% of customers leave (25.4% to 27.6%).",
        "action": "Call new customers in week 2.",
        "verdict": "act",
        "estimate": 0.265,
        "ci_lower": 0.254,
        "ci_upper": 0.276,
        "unit": "share",
        "n_obs": 7043,
        "method": "Kaplan–Meier",
        "definition": "Left means that the contract ended.",
        "caveats": ["Few were seen for two years."],
    } | changes


def shown(kind: str, data: dict[str, Any], svg: str = "") -> NotebookNode:
    """The output of a cell that displays one of our objects."""
    bundle = {MIME: {"kind": kind, "schema": 1, "data": data}, "text/plain": "plain text twin"}
    made: NotebookNode = make.new_output("display_data", data=bundle | ({"image/svg+xml": svg} if svg else {}))
    return made


def drawn(caption: str = "The curve.", alt: str = "Half leave in 9 months.", svg: str = DRAWING) -> NotebookNode:
    return shown("chart", {"caption": caption, "alt": alt}, svg)


def tabled(caption: str = "The rows.", rows: list[list[str]] | None = None) -> NotebookNode:
    columns = [{"name": "Group", "align": "left"}, {"name": "Customers", "align": "right"}]
    return shown("table", {"caption": caption, "columns": columns, "rows": rows or [["monthly", "2,220"]]})


def said(markdown: str, tags: tuple[str, ...] = ()) -> NotebookNode:
    made: NotebookNode = make.new_markdown_cell(markdown, metadata={"tags": list(tags)})
    return made


def ran(cell: str, *outputs: NotebookNode, tags: tuple[str, ...] = (), source: str = "show()") -> NotebookNode:
    made: NotebookNode = make.new_code_cell(source, id=cell, outputs=list(outputs), metadata={"tags": list(tags)})
    return made


def recorded(**changes: Any) -> dict[str, Any]:
    """What the runner writes into the notebook's metadata."""
    return {
        "run_id": "churn-survival-4f21aa",
        "key": "k",
        "client": "acme",
        "client_name": "Acme Telecom",
        "language": "en",
        "currency": "EUR",
        "as_of": "2026-10-31",
        "playbook": "churn-survival",
        "title": "Who leaves?",
        "parameters": {"client": "acme", "horizon_days": 365},
        "playbook_sha256": "9f86d081884c7d659a2feaa0c55ad015",
        "version": "0.1.0",
        "versions": {"python": "3.11.9", "lifelines": "0.30.3"},
        "commentary": "",
        "inputs": [
            {
                "table": "customers",
                "source": "customers.csv",
                "rows": 7061,
                "kept": 7043,
                "rejected": {"negative_tenure": 1, "duplicate_id": 17},
                "sha256": "e3b0c44298fc1c149afbf4c8996fb924",
            }
        ],
    } | changes


def noted(*cells: NotebookNode, run: dict[str, Any] | None = None) -> NotebookNode:
    """A notebook of these cells; `run` is what the runner recorded, if it did."""
    metadata: dict[str, Any] = {"retention_lab": {"needs": {}} | ({"run": run} if run else {})}
    made: NotebookNode = make.new_notebook(cells=list(cells), metadata=metadata)
    return made


@pytest.fixture
def notebook() -> NotebookNode:
    """One whole playbook after a run."""
    parameters = 'client: str = "demo"  # folder of the client\nhorizon_days: int = 90  # how far ahead we look'
    answers = [finding(), finding(id="churn.group.plan", question="Who leaves?", verdict="watch")]
    return noted(
        said("# Who leaves us, and when?"),
        said("## The question\n\nEvery month some leave."),
        said("## Parameters\n\nThe values that were used."),
        ran("parameters", tags=("parameters",), source=parameters),
        ran("4f21aa07", tags=("injected-parameters",), source="horizon_days = 365"),
        said("## The data\n\nOne row per customer."),
        ran("rows", tabled(), make.new_output("stream", text="noise on the console")),
        said("## What we see\n\nThe curve falls early.\n\n### By plan\n\nAnd by plan."),
        ran("survival", drawn("The lead curve."), tags=("lead-chart",)),
        ran("by-plan", drawn("The curve by plan.")),
        ran("driver", shown("finding", finding(id="churn.driver.plan", verdict="no_evidence"))),
        said("## How sure we are\n\nChecked twice."),
        ran("broken", make.new_output("error", ename="KeyError", evalue="boom", traceback=["boom"])),
        ran("other", make.new_output("display_data", data={"text/html": "<b>a frame</b>", "text/plain": "a frame"})),
        said("## What to do\n\nIn short."),
        ran("headline", shown("findings", {"findings": answers}), tags=("headline",)),
        said("## Method and limits\n\nCurves by Kaplan and Meier."),
        ran("all-rows", tabled("Every group."), tags=("appendix",)),
        run=recorded(commentary="The price rose in *August*."),
    )


@pytest.fixture
def build() -> Any:
    """The pieces above by name, for tests that need a notebook of their own."""
    pieces = (finding, shown, drawn, tabled, said, ran, recorded, noted, read_html)
    return SimpleNamespace(**{piece.__name__: piece for piece in pieces})
