"""The playbooks of a workspace, read with `json` and `ast` only: listing them must not wait for imports."""

import difflib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retention_lab.errors import Fault, PlaybookError
from retention_lab.runner.contract import Parameter, read_contract
from retention_lab.tables.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One question, as a notebook: what it is called, what it can be asked, and what data it needs."""

    name: str
    path: Path
    title: str
    parameters: tuple[Parameter, ...]
    needs: dict[str, list[str]]
    uses: dict[str, list[str]]
    findings: tuple[str, ...]
    files: tuple[str, ...]
    sha256: str


def playbook_names(workspace: Workspace) -> list[str]:
    """The names of all playbooks; a notebook whose name begins with _ is a template, and none of them."""
    found = (path for path in workspace.playbooks.glob("*.ipynb") if not path.name.startswith("_"))
    return sorted(path.stem for path in found if _is_playbook(path))


def _is_playbook(path: Path) -> bool:
    """Whether a notebook says that it is one; JupyterLab's drafts do not, and what papermill wrote is a result.

    A file that cannot be read counts: whoever asks for it is then told what is wrong with it.
    """
    try:
        metadata = json.loads(path.read_bytes())["metadata"]
        return "retention_lab" in metadata and "papermill" not in metadata
    except (ValueError, KeyError, TypeError):
        return path.stat().st_size > 0


def find_playbooks(workspace: Workspace, names: list[str] | None = None) -> list[Playbook]:
    """The playbooks of that name, or all of them.

    Raises PlaybookError with every name that is not there and every fault of form.
    """
    known = playbook_names(workspace)
    wanted = list(dict.fromkeys(names)) if names else known
    faults = [_absent(name, known) for name in wanted if name not in known]
    playbooks = []
    for name in wanted:
        try:
            playbooks += [read_playbook(workspace.playbooks / f"{name}.ipynb")] if name in known else []
        except PlaybookError as error:
            faults += error.faults
    if faults:
        raise PlaybookError(faults)
    return playbooks


def read_playbook(path: Path) -> Playbook:
    """Read one playbook. Raises PlaybookError with every fault of its form."""
    content = path.read_bytes()
    try:
        notebook = json.loads(content)
        cells = [(cell, "".join(cell["source"])) for cell in notebook["cells"]]
    except (ValueError, KeyError, TypeError) as error:
        fault = Fault(where=str(path), found=f"not a notebook: {error!r}", remedy="mend it, or take it away")
        raise PlaybookError(fault) from error
    parameters, faults = _parameters(path, cells)
    ours = notebook.get("metadata", {}).get("retention_lab", {})
    if faults:
        raise PlaybookError(faults)
    return Playbook(
        name=path.stem,
        path=path,
        title=_title(cells) or path.stem,
        parameters=tuple(parameters),
        needs=ours.get("needs", {}),
        uses=ours.get("uses", {}),
        findings=tuple(ours.get("findings", ())),
        files=tuple(ours.get("files", ())),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _parameters(path: Path, cells: list[tuple[Any, str]]) -> tuple[list[Parameter], list[Fault]]:
    tagged = [(cell, source) for cell, source in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        found = f"{len(tagged)} cells are tagged parameters"
        return [], [Fault(where=str(path), found=found, allowed="exactly one")]
    cell, source = tagged[0]
    where = f"{path}, cell {cell.get('id', 'parameters')}"
    parameters, faults = read_contract(source, where)
    if not faults and not any(known.name == "client" and known.type == "str" for known in parameters):
        faults = [
            Fault(where=where, found="there is no `client: str`", remedy="add it: a run hands the client over by it")
        ]
    return parameters, faults


def _title(cells: list[tuple[Any, str]]) -> str:
    """The one H1: the question in plain words."""
    prose = (source for cell, source in cells if cell.get("cell_type") == "markdown")
    lines = (line for source in prose for line in source.splitlines())
    return next((line[2:].strip() for line in lines if line.startswith("# ")), "")


def _absent(name: str, known: list[str]) -> Fault:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else "retention-lab playbooks lists them"
    allowed = ", ".join(known) or "none: playbooks/ is empty"
    return Fault(where=f"playbook {name}", found="there is no such playbook", allowed=allowed, remedy=remedy)
