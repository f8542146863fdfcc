"""The cells of a playbook, run in this process and without a kernel, so that many clients can be tried."""

import ast
import re
from pathlib import Path
from typing import Any

import nbformat

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
MIME = "application/vnd.retention-lab+json"


def shown(playbook: str, **parameters: Any) -> list[dict[str, Any]]:
    """What each cell shows, run as a notebook would be."""
    notebook = nbformat.read(PLAYBOOKS / f"{playbook}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    space: dict[str, Any] = {}
    bundles = []
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, cell.id, "exec"), space)
        if "parameters" in cell.metadata.get("tags", []):
            assert parameters.keys() <= space.keys()
            space.update(parameters)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), cell.id, "eval"), space)
            if value is not None:
                bundles.append(value._repr_mimebundle_())
    return bundles


def findings_in(bundles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All findings, in the order in which the cells show them."""
    return [one for bundle in bundles if bundle[MIME]["kind"] == "findings" for one in bundle[MIME]["data"]["findings"]]


def headline_in(bundles: list[dict[str, Any]], first: str) -> list[dict[str, Any]]:
    """The findings of the first screen: those of the cell whose first finding is called so."""
    told = [bundle[MIME]["data"]["findings"] for bundle in bundles if bundle[MIME]["kind"] == "findings"]
    (screen,) = (list(findings) for findings in told if findings and findings[0]["id"] == first)
    return screen


def texts_in(bundles: list[dict[str, Any]]) -> list[str]:
    """Every text that a reader could come to see: in sentences, in tables, and in drawings."""
    found = [text for bundle in bundles for text in _texts(bundle[MIME]["data"])]
    drawings = [bundle.get("image/svg+xml", "") for bundle in bundles]
    return [*found, *(text for drawing in drawings for text in re.findall(r"<text[^>]*>(.*?)</text>", drawing, re.S))]


def _texts(part: object) -> list[str]:
    if isinstance(part, dict):
        return [text for value in part.values() for text in _texts(value)]
    if isinstance(part, list):
        return [text for value in part for text in _texts(value)]
    return [part] if isinstance(part, str) else []


def sentences_in(bundles: list[dict[str, Any]]) -> list[str]:
    """What must be a finished sentence: headlines, actions, caveats, captions, and what stands for a chart."""
    found = []
    for finding in findings_in(bundles):
        found += [finding["headline"], finding["action"], finding["definition"], *finding["caveats"]]
    for data in (bundle[MIME]["data"] for bundle in bundles if bundle[MIME]["kind"] in ("chart", "table")):
        found += [data["caption"], data.get("alt", "")]
    return [text for text in found if text]
