"""The same run gives the same bytes, whichever way the page is made."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from retention_lab.report.exporter import RetentionExporter
from retention_lab.report.render import render_report


def test_the_same_notebook_gives_the_same_bytes(notebook: NotebookNode) -> None:
    assert render_report(notebook) == render_report(deepcopy(notebook))


def test_the_random_id_of_the_injected_cell_changes_nothing(notebook: NotebookNode) -> None:
    other = deepcopy(notebook)
    injected = next(cell for cell in other.cells if "injected-parameters" in cell.metadata.get("tags", []))
    injected.id = "0123abcd"

    assert render_report(other) == render_report(notebook)


def test_random_ids_of_prose_cells_change_nothing(notebook: NotebookNode) -> None:
    other = deepcopy(notebook)
    for number, cell in enumerate(other.cells):
        if cell.cell_type == "markdown":
            cell.id = f"random-{number}"

    assert render_report(other) == render_report(notebook)


def test_a_notebook_without_cell_ids_does_not_depend_on_the_injected_cell(build: Any) -> None:
    cells = [build.said("# Q"), build.ran("x", source="injected"), build.ran("y", build.drawn(), build.drawn())]
    with_injected, without = build.noted(*cells), build.noted(cells[0], cells[2])
    for cell in cells:
        del cell["id"]

    assert render_report(with_injected) == render_report(without)


def test_a_notebook_that_went_through_a_file_gives_the_same_bytes(notebook: NotebookNode, tmp_path: Path) -> None:
    (tmp_path / "out.ipynb").write_text(json.dumps(notebook, sort_keys=True), encoding="utf-8")

    exporter: Any = RetentionExporter
    from_file, resources = exporter().from_filename(str(tmp_path / "out.ipynb"))

    assert from_file == render_report(notebook)
    assert resources["output_extension"] == ".html"


def test_making_the_page_leaves_the_notebook_as_it_was(notebook: NotebookNode) -> None:
    before = deepcopy(notebook)

    render_report(notebook)

    assert notebook == before
