"""Runs of the playbooks through the command line, each made once for all tests."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run_playbooks(workspace: Path, client: str, **environment: str) -> Path:
    """`retention-lab run CLIENT --force` in a workspace; the folder of the churn report."""
    command = [str(Path(sys.executable).with_name("retention-lab")), "run", client, "--force"]
    surroundings = os.environ | {"RETENTION_LAB_HOME": str(workspace)} | environment
    done = subprocess.run(command, cwd=workspace, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    (folder,) = (workspace / "reports" / client / "churn-survival").glob("20*")
    return folder


@pytest.fixture(scope="session")
def demo_report(demo_workspace: Path) -> Path:
    """The folder of the demo's churn report."""
    return run_playbooks(demo_workspace, "demo", TZ="Pacific/Kiritimati")


@pytest.fixture(scope="session")
def demo_record(demo_report: Path) -> dict[str, Any]:
    """What run.json of that report says."""
    record: dict[str, Any] = json.loads((demo_report / "run.json").read_text(encoding="utf-8"))
    return record


@pytest.fixture(scope="session")
def second_demo_report(demo_workspace: Path, demo_report: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same report made again elsewhere, in another time zone."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("playbooks", "data"):
        shutil.copytree(demo_workspace / name, elsewhere / name)
    return run_playbooks(elsewhere, "demo", TZ="America/Los_Angeles", LANG="it_IT.UTF-8", PYTHONHASHSEED="7")
