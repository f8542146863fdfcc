"""What an executed notebook holds for us, and how it is put down so that the same run gives the same bytes."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from retention_lab.errors import DataError, Fault
from retention_lab.findings.finding import MIME
from retention_lab.runner.plan import PlannedRun

INJECTED = "injected-parameters"
_ERROR_MARKER = "papermill-error-cell-tag"


def give_ids(notebook: NotebookNode) -> None:
    """Number the cells that have no id: nbformat would draw one at random."""
    for position, cell in enumerate(notebook.cells, start=1):
        cell.setdefault("id", f"cell-{position}")
    notebook.nbformat_minor = max(5, notebook.nbformat_minor)


def join_streams(notebook: NotebookNode) -> None:
    """One output for each stream of a cell: where the kernel cuts it, and which comes first, depends on timing.

    nbclient can join them too, but with an expression that takes minutes for a line of some hundred thousand signs.
    """
    for cell in notebook.cells:
        outputs, texts = [], dict[str, list[str]]()
        for output in cell.get("outputs", []):
            name = output.get("name", "") if output.output_type == "stream" else ""
            if name not in texts:
                outputs.append(output)
            if name:
                texts.setdefault(name, []).append(output.text)
        for output in outputs:
            if output.output_type == "stream":
                output.text = "".join(texts[output.name])
        for at, (one, other) in enumerate(pairwise(outputs)):
            if (one.get("name"), other.get("name")) == ("stderr", "stdout"):
                outputs[at : at + 2] = [other, one]
        if "outputs" in cell:
            cell.outputs = outputs


def strip_clock(notebook: NotebookNode) -> None:
    """Take out what papermill and the kernel add that differs from run to run: times, paths, random ids, versions."""
    notebook.cells = [cell for cell in notebook.cells if _ERROR_MARKER not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if INJECTED in cell.metadata.get("tags", []):
            cell.id = INJECTED
    notebook.metadata.pop("papermill", None)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}


def collect_findings(notebook: NotebookNode) -> list[dict[str, Any]]:
    """All findings that the notebook displays, each id once: those of its headline first, the others in order."""
    found: dict[str, dict[str, Any]] = {}
    for bundle in _bundles(notebook):
        data = bundle.get("data", {})
        several = data.get("findings", []) if bundle.get("kind") == "findings" else []
        for finding in [data] if bundle.get("kind") == "finding" else several:
            found.setdefault(finding["id"], finding)
    # Plain dicts: to unpickle a NotebookNode, the command line would have to import nbformat, for seconds.
    plain: list[dict[str, Any]] = json.loads(json.dumps(list(found.values())))
    return plain


def failed_cell(notebook: NotebookNode) -> tuple[NotebookNode, NotebookNode] | None:
    """The cell that raised and its error, or None."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return cell, output
    return None


def read_inputs(run: PlannedRun, output: Path) -> tuple[list[dict[str, Any]], str]:
    """What `open_client` wrote down about the tables that it read, and the day that it resolved; both may be absent."""
    path = output / "inputs.json"
    if not path.is_file():
        return [], ""
    told = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    tables, as_of = (told.get("tables", []), told.get("as_of", "")) if isinstance(told, dict) else (told, "")
    return [{**table, "sha256": run.fingerprint.tables.get(table["table"], "")} for table in tables], as_of


def add_provenance(notebook: NotebookNode, run: PlannedRun, inputs: list[dict[str, Any]], as_of: str) -> None:
    """Put into the notebook what the report says about where it comes from. No clock: the bytes must not change."""
    ours = notebook.metadata.setdefault("retention_lab", {})
    ours["run"] = {
        "run_id": run.run_id,
        "key": run.key.to_dict(),
        "client": run.key.client,
        "client_name": run.file.name,
        "language": run.language,
        "currency": run.file.currency,
        "as_of": as_of,
        "playbook": run.playbook.name,
        "title": run.playbook.title,
        "parameters": {"client": run.key.client, **run.parameters},
        "playbook_sha256": run.playbook.sha256,
        "version": run.fingerprint.versions["retention-lab"],
        "versions": run.fingerprint.versions,
        "commentary": _commentary(run),
        "inputs": inputs,
    }


def _commentary(run: PlannedRun) -> str:
    path = run.workspace.client_folder(run.key.client) / "commentary" / f"{run.playbook.name}.md"
    try:
        return path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    except UnicodeDecodeError as error:
        fault = Fault(where=str(path), found="it is not UTF-8", remedy="save it as UTF-8")
        raise DataError(fault) from error


def _bundles(notebook: NotebookNode) -> list[dict[str, Any]]:
    headline_first = sorted(notebook.cells, key=lambda cell: "headline" not in cell.metadata.get("tags", []))
    outputs = (output for cell in headline_first for output in cell.get("outputs", []))
    return [output.data[MIME] for output in outputs if MIME in output.get("data", {})]
