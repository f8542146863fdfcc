"""The form of a playbook: every notebook in playbooks/ is held to it on the day it appears."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
import pytest

from retention_lab.runner.catalogue import read_playbook

PLAYBOOKS = sorted((Path(__file__).parents[2] / "playbooks").glob("*.ipynb"))
SECTIONS = [
    "The question",
    "Parameters",
    "The data",
    "What we see",
    "How sure we are",
    "What to do",
    "Method and limits",
]
TAGS = {"parameters", "headline", "lead-chart", "appendix"}
PUBLIC = ("retention_lab.tables.", "retention_lab.analysis", "retention_lab.findings", "retention_lab.views")
LOGIC = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.With, ast.Raise, ast.Assert),
    *(ast.For, ast.AsyncFor, ast.While, ast.Try, ast.If, ast.IfExp, ast.Match),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
FRAME_WORK = {"apply", "merge", "groupby", "query", "join", "pivot_table", "map", "sql", "raw_sql"}

pytestmark = pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str = "") -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if not kind or cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_lines(cell: dict[str, Any]) -> list[str]:
    return [line for line in source(cell).splitlines() if line.strip()]


def tags(cell: dict[str, Any]) -> list[str]:
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def outside_parameters(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in cells(path, "code") if "parameters" not in tags(cell)]


def test_the_name_is_a_hyphenated_phrase_without_dates_or_versions(path: Path) -> None:
    assert re.fullmatch(r"_?[a-z]+(-[a-z]+)*", path.stem)
    assert not re.search(r"copy|final|draft|old|new", path.stem)


def test_one_question_as_title_and_the_sections_in_order(path: Path) -> None:
    headings = [line for cell in cells(path, "markdown") for line in source(cell).splitlines() if line.startswith("#")]

    assert next(line for line in headings if line.startswith("# ")).endswith("?")
    assert sum(line.startswith("# ") for line in headings) == 1
    assert [line[3:] for line in headings if line.startswith("## ")] == SECTIONS


def test_the_parameters_cell_is_a_contract_that_papermill_reads_too(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    playbook = read_playbook(path)
    names = [parameter.name for parameter in playbook.parameters]

    assert names[:3] == ["client", "as_of", "language"]
    assert all(len(parameter.help.split()) >= 3 for parameter in playbook.parameters)
    # papermill reads a line by its signs: a second = or a # in a default makes it lose the parameter.
    for cell in cells(path, "code"):
        if "parameters" in tags(cell):
            assert all(line.count("=") == 1 and line.count("#") == 1 for line in code_lines(cell))


def test_cells_are_short(path: Path) -> None:
    lengths = [len(code_lines(cell)) for cell in outside_parameters(path)]

    assert max(lengths) <= 8
    assert median(lengths) <= 4
    assert len(cells(path, "code")) <= 32


def test_cells_hold_no_logic(path: Path) -> None:
    for cell in outside_parameters(path):
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, LOGIC), f"{cell['id']}: {ast.unparse(node)}"
            if isinstance(node, ast.Attribute):
                assert node.attr not in FRAME_WORK, f"{cell['id']}: {node.attr} belongs in a function with a test"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"[/\\]|\bselect\b", node.value, re.IGNORECASE), f"{cell['id']}: {node.value!r}"


def test_cells_import_only_public_names_of_four_packages(path: Path) -> None:
    for cell in outside_parameters(path):
        for node in ast.walk(ast.parse(source(cell))):
            assert not isinstance(node, ast.Import), f"{cell['id']}: from … import … instead"
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").startswith(PUBLIC), f"{cell['id']}: {node.module}"
                assert not any(alias.name.startswith("_") or alias.name == "*" for alias in node.names)
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_"), f"{cell['id']}: {node.attr} is private"


def test_the_client_is_opened_first(path: Path) -> None:
    calls = [
        node.func.id
        for cell in outside_parameters(path)
        for node in ast.walk(ast.parse(source(cell)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]

    assert calls[0] == "open_client"


def test_a_sentence_stands_before_every_cell(path: Path) -> None:
    both = cells(path)
    for before, cell in pairwise(both):
        follows_imports = before["id"] == "imports" and "parameters" in tags(cell)
        assert cell["cell_type"] == "markdown" or before["cell_type"] == "markdown" or follows_imports, cell["id"]


def test_prose_leads_and_stays_readable(path: Path) -> None:
    words = sum(len(source(cell).split()) for cell in cells(path, "markdown"))
    lines = sum(len(code_lines(cell)) for cell in outside_parameters(path))

    assert words / lines >= 12
    assert words <= 1500


def test_prose_has_one_sentence_on_each_line_and_types_no_result(path: Path) -> None:
    section = ""
    for cell in cells(path, "markdown"):
        for line in source(cell).splitlines():
            section = line[3:] if line.startswith("## ") else section
            if section != "Method and limits":
                assert not re.search(r"[.?!] [A-Z]", line), f"{cell['id']}: one sentence a line: {line}"
                assert not re.search(r"\d\s*(%|€|\$|points|customers|days|months)", line), f"{cell['id']}: {line}"


def test_one_headline_at_most_one_lead_chart_and_no_other_tags(path: Path) -> None:
    found = [tag for cell in cells(path) for tag in tags(cell)]

    assert set(found) <= TAGS
    assert found.count("headline") == 1
    assert found.count("lead-chart") <= 1
    assert found.count("parameters") == 1


def test_ids_are_readable_and_unique(path: Path) -> None:
    ids = [cell["id"] for cell in cells(path)]

    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_it_is_stored_without_outputs_counts_or_traces_of_a_run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)

    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info", "retention_lab"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_it_says_what_it_needs_and_what_it_writes(path: Path) -> None:
    declared = json.loads(path.read_text(encoding="utf-8"))["metadata"]["retention_lab"]

    assert set(declared) == {"needs", "uses", "findings", "files"}
    # Only the playbook that asks what is wrong with the tables can do with any.
    assert bool(declared["needs"]) == (path.stem != "data-quality")
    assert declared["findings"]
