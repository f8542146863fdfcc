"""A notebook as a page: plain data, in the order in which it is read. No HTML here.

The outputs of the cell tagged `headline` and the chart of the cell tagged `lead-chart` move to the top;
cells tagged `appendix` move to the end. Everything else stays where the playbook shows it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from retention_lab.report.blocks import Block, Chart, Finding, Json, Prose, as_text, read_blocks
from retention_lab.report.prose import split_headings
from retention_lab.report.run import Parameter, Run, read_date, read_parameters, read_run
from retention_lab.text import LANGUAGES

HEADLINE, LEAD_CHART, APPENDIX, PARAMETERS = "headline", "lead-chart", "appendix", "parameters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading (none for what stands before the first one) and what follows it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A report, ready to be written in any form."""

    language: str
    currency: str
    client: str
    question: str
    as_of: date | None
    headline: tuple[Finding, ...]
    lead: tuple[Chart, ...]
    commentary: str
    sections: tuple[Section, ...]
    appendix: tuple[Block, ...]
    run: Run | None


@dataclass(slots=True)
class _Draft:
    """A section while its cells are being read."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    has_parameters: bool = False


@dataclass(slots=True)
class _Layout:
    """Where each block goes, while the cells are being read."""

    question: str = ""
    headline: list[Finding] = field(default_factory=list)
    lead: list[Chart] = field(default_factory=list)
    sections: list[_Draft] = field(default_factory=lambda: [_Draft("")])
    appendix: list[Block] = field(default_factory=list)


def read_page(notebook: Json) -> Page:
    """The page that an executed notebook makes."""
    metadata = notebook.get("metadata") or {}
    record = (metadata.get("retention_lab") or {}).get("run") or {}
    parameters = read_parameters(_parameters_source(notebook), _given(metadata, record))
    values = {parameter.name: as_text(parameter.value) for parameter in parameters}
    language = as_text(record.get("language")) or values.get("language", "")
    layout = _arrange(notebook)
    return Page(
        language=language if language in LANGUAGES else "en",
        currency=as_text(record.get("currency")) or "EUR",
        client=as_text(record.get("client_name")) or as_text(record.get("client")) or values.get("client", ""),
        question=layout.question or as_text(record.get("title")),
        as_of=read_date(record.get("as_of") or values.get("as_of")),
        headline=tuple(layout.headline),
        lead=tuple(layout.lead),
        commentary=as_text(record.get("commentary")).strip(),
        sections=tuple(_sections(layout.sections, parameters)),
        appendix=tuple(layout.appendix),
        run=read_run(record),
    )


def _given(metadata: Json, record: Json) -> dict[str, object]:
    """The values of the run; papermill's own record of them where ours is missing."""
    source = record or metadata.get("papermill") or {}
    return dict(source.get("parameters") or {})


def _tags(cell: Json) -> list[str]:
    return (cell.get("metadata") or {}).get("tags") or []


def _parameters_source(notebook: Json) -> str:
    sources = (as_text(cell["source"]) for cell in notebook["cells"] if PARAMETERS in _tags(cell))
    return next(sources, "")


def _arrange(notebook: Json) -> _Layout:
    layout = _Layout()
    for cell, blocks in _shown(notebook):
        tags = _tags(cell)
        layout.sections[-1].has_parameters |= PARAMETERS in tags
        for block in blocks:
            _place(block, tags, layout)
    return layout


def _place(block: Block, tags: list[str], layout: _Layout) -> None:
    if isinstance(block, Finding) and HEADLINE in tags:
        layout.headline.append(block)
    elif isinstance(block, Chart) and LEAD_CHART in tags:
        layout.lead.append(block)
    elif APPENDIX in tags:
        layout.appendix.append(block)
    elif isinstance(block, Prose):
        _place_prose(block, layout)
    else:
        layout.sections[-1].blocks.append(block)


def _place_prose(prose: Prose, layout: _Layout) -> None:
    """Open a section at each heading; the first top heading is the page's question."""
    for level, title, body in split_headings(prose.markdown):
        if level == 1 and not layout.question:
            layout.question = title
        elif level:
            layout.sections.append(_Draft(title))
        if body.strip():
            layout.sections[-1].blocks.append(Prose(markdown=body))


def _announced(cells: list[Json], place: int) -> bool:
    """Whether prose has something to announce: the cell after it may have nothing to show for this client.

    Prose with a heading stands for itself.
    """
    cell = cells[place]
    if cell["cell_type"] != "markdown" or place + 1 == len(cells) or cells[place + 1]["cell_type"] != "code":
        return True
    following = cells[place + 1]
    shown = read_blocks(following.get("outputs") or [], as_text(following.get("id")))
    return bool(shown) or any(level for level, _, _ in split_headings(as_text(cell["source"])))


def _shown(notebook: Json) -> Iterator[tuple[Json, list[Block]]]:
    """Each cell with what it shows.

    A cell is named by its id, or by its place among the cells that show something where it has none: the cell that
    papermill injects has a random id, shows nothing, and must not change a byte.
    """
    showing = 0
    for place, cell in enumerate(notebook["cells"]):
        if not _announced(notebook["cells"], place):
            continue
        if cell["cell_type"] == "markdown":
            yield cell, [Prose(markdown=as_text(cell["source"]))]
        elif cell["cell_type"] == "code":
            name = re.sub(r"[^\w-]", "-", as_text(cell.get("id")), flags=re.ASCII) or f"cell-{showing + 1}"
            blocks = read_blocks(cell.get("outputs") or [], name)
            showing += bool(blocks)
            yield cell, blocks


def _sections(drafts: list[_Draft], parameters: tuple[Parameter, ...]) -> Iterator[Section]:
    """Sections that have something to show, numbered so that any language makes a valid anchor."""
    number = 0
    for draft in drafts:
        shown = parameters if draft.has_parameters else ()
        if draft.blocks or shown:
            number += 1
            yield Section(anchor=f"section-{number}", title=draft.title, blocks=tuple(draft.blocks), parameters=shown)
