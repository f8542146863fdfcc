"""What a cell shows, read from its outputs: findings, charts, tables. No HTML here.

Only outputs with our MIME type count. Streams, errors and any other output are not for the stakeholder.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from retention_lab.errors import Fault, PlaybookError
from retention_lab.findings.finding import MIME, SCHEMA, Verdict

VERDICTS = get_args(Verdict)
KINDS = ("finding", "findings", "chart", "table")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Markdown of the playbook, as it was written."""

    markdown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer: the sentence, what to do, and what it rests on."""

    id: str
    question: str
    headline: str
    action: str
    verdict: str
    estimate: float | None
    n_obs: int | None
    method: str
    definition: str
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing, what it shows in a sentence (alt), and its caption."""

    anchor: str
    caption: str
    alt: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a table's column, and to which side its cells stand."""

    name: str
    align: Literal["left", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells are finished text; the first of each row names the row."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Prose | Finding | Chart | Table


def as_text(value: object) -> str:
    """A notebook may hold text as a list of lines."""
    if value is None:
        return ""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def read_blocks(outputs: list[Json], cell: str) -> list[Block]:
    """Everything that the outputs of one cell show. `cell` names it in anchors and error messages."""
    blocks: list[Block] = []
    for output in outputs:
        bundle = output.get("data") or {}
        if output.get("output_type") in ("display_data", "execute_result") and MIME in bundle:
            blocks += _read_bundle(bundle, cell, len(blocks) + 1)
    return blocks


def _read_bundle(bundle: Json, cell: str, number: int) -> Iterator[Block]:
    message = bundle[MIME]
    try:
        kind, schema, data = message["kind"], message["schema"], message["data"]
        if kind not in KINDS or schema != SCHEMA:
            raise ValueError(f"kind {kind!r} with schema {schema!r}")
        if kind == "finding":
            yield _finding(data)
        elif kind == "findings":
            yield from map(_finding, data["findings"])
        elif kind == "chart":
            # A dot cannot occur in a cell's id, so no two charts of a page can share an anchor.
            yield _chart(data, as_text(bundle.get("image/svg+xml")), f"{cell}.{number}")
        else:
            yield _table(data)
    except (KeyError, TypeError, ValueError, AttributeError) as reason:
        raise PlaybookError(_unreadable(cell, reason)) from reason


def _unreadable(cell: str, reason: Exception) -> Fault:
    missing = f"has no {reason}" if isinstance(reason, KeyError) else f"is not readable: {reason}"
    return Fault(
        where=f"cell {cell}",
        found=f"the {MIME} output {missing}",
        allowed=f"schema {SCHEMA}, with kind {', '.join(KINDS)}",
        remedy="run the playbook again with the installed version of retention-lab",
    )


def _finding(data: Json) -> Finding:
    if data["verdict"] not in VERDICTS:
        raise ValueError(f"verdict {data['verdict']!r} is none of {', '.join(VERDICTS)}")
    return Finding(
        id=as_text(data["id"]),
        question=as_text(data.get("question")),
        headline=as_text(data["headline"]),
        action=as_text(data.get("action")),
        verdict=data["verdict"],
        estimate=None if data.get("estimate") is None else float(data["estimate"]),
        n_obs=None if data.get("n_obs") is None else int(data["n_obs"]),
        method=as_text(data.get("method")),
        definition=as_text(data.get("definition")),
        caveats=tuple(map(as_text, data.get("caveats") or ())),
    )


def _chart(data: Json, svg: str, anchor: str) -> Chart:
    return Chart(anchor=anchor, caption=as_text(data.get("caption")), alt=as_text(data["alt"]), svg=svg)


def _table(data: Json) -> Table:
    return Table(
        caption=as_text(data.get("caption")),
        columns=tuple(_column(column) for column in data["columns"]),
        rows=tuple(tuple(map(as_text, row)) for row in data["rows"]),
    )


def _column(column: Json) -> Column:
    return Column(name=as_text(column["name"]), align="right" if column.get("align") == "right" else "left")
