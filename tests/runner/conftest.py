"""A small workspace whose playbooks need only the standard library: what is tested is the runner, not the analysis."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from retention_lab.tables.workspace import Workspace

CLIENT = """\
name: Acme Telecom
observed_through: 2026-09-30
tables:
  customers:
    source: customers.csv
    columns: {customer_id: ID, started_on: Start, ended_on: End}
"""

# The first four lines of every playbook's parameters cell.
PARAMETERS = """\
client: str = "acme"  # Folder of the client in data/
as_of: str = ""  # Last day that counts
language: str = ""  # Language of the report
horizon_days: int = 90  # How far to look, in days
"""

FINDING = """\
from IPython.display import display
import os
finding = {
    "id": "churn.survival", "question": "Who stays?", "headline": f"Half of them stay {horizon_days} days.",
    "action": "Write to them.", "verdict": "watch", "estimate": 0.5, "ci_lower": 0.4, "ci_upper": 0.6,
    "unit": "share", "n_obs": 3, "method": "by hand", "definition": "contract", "caveats": [],
}
bundle = {"kind": "findings", "schema": 1, "data": {"findings": [finding]}}
display({"application/vnd.retention-lab+json": bundle, "text/plain": finding["headline"]}, raw=True)
"""

Write = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def _absolute_python_path() -> None:
    """Tests start processes in other folders; a relative `PYTHONPATH=src` would lead nowhere there."""
    if "PYTHONPATH" in os.environ:
        paths = os.environ["PYTHONPATH"].split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join(str(Path(path).absolute()) for path in paths)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with the client `acme` and the playbook `stay`; the working directory is in it."""
    workspace = make_workspace(tmp_path / "lab")
    monkeypatch.chdir(workspace.root)
    monkeypatch.delenv("RETENTION_LAB_HOME", raising=False)
    return workspace


@pytest.fixture(scope="session")
def new_workspace() -> Callable[[Path], Workspace]:
    """Make such a workspace in a folder, for tests that share one."""
    return make_workspace


@pytest.fixture(scope="session")
def write() -> Write:
    """Write another playbook into a workspace."""
    return write_playbook


def make_workspace(root: Path, client: str = "acme") -> Workspace:
    folder = root / "data" / client
    folder.mkdir(parents=True)
    (root / "playbooks").mkdir(exist_ok=True)
    (folder / "client.yml").write_text(CLIENT)
    (folder / "customers.csv").write_text("ID,Start,End\n1,2026-01-01,\n2,2026-02-01,2026-03-01\n3,2026-02-01,\n")
    write_playbook(Workspace(root), "stay", FINDING)
    return Workspace(root)


def write_playbook(
    workspace: Workspace,
    name: str,
    *cells: str,
    parameters: str = PARAMETERS,
    title: str = "Who stays?",
    needs: dict[str, list[str]] | None = None,
) -> Path:
    """A playbook with a title, a parameters cell, and code cells called `step-1`, `step-2` and so on."""
    code = [("parameters", ["parameters"], parameters), *((f"step-{n}", [], text) for n, text in enumerate(cells, 1))]
    notebook = {
        "cells": [
            {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {title}\n"},
            *(
                {
                    "cell_type": "code",
                    "id": cell_id,
                    "metadata": {"tags": tags},
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                }
                for cell_id, tags, source in code
            ),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "retention_lab": {"needs": needs or {"customers": ["customer_id"]}, "uses": {}},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = workspace.playbooks / f"{name}.ipynb"
    path.write_text(json.dumps(notebook))
    return path
