"""Runs of the playbooks through the command line, each made once for all tests."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run_playbooks(workspace: Path, client: str, *options: str, **environment: str) -> Path:
    """`retention-lab run CLIENT --force` in a workspace; the folder of the client's reports."""
    command = [str(Path(sys.executable).with_name("retention-lab")), "run", client, "--force", *options]
    surroundings = os.environ | {"RETENTION_LAB_HOME": str(workspace)} | environment
    done = subprocess.run(command, cwd=workspace, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return workspace / "reports" / client


def record_in(folder: Path) -> dict[str, Any]:
    """What run.json of a report says."""
    record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return record


@pytest.fixture(scope="session")
def demo_reports(demo_workspace: Path) -> dict[str, Path]:
    """The folders of the demo's reports, by playbook."""
    return reports_in(run_playbooks(demo_workspace, "demo", TZ="Pacific/Kiritimati"))


def reports_in(folder: Path) -> dict[str, Path]:
    """The one report of each playbook."""
    return {path.name: next(iter(path.glob("20*"))) for path in sorted(folder.iterdir()) if path.is_dir()}


@pytest.fixture(scope="session")
def demo_report(demo_reports: dict[str, Path]) -> Path:
    """The folder of the demo's churn report."""
    return demo_reports["churn-survival"]


@pytest.fixture(scope="session")
def demo_record(demo_report: Path) -> dict[str, Any]:
    """What run.json of that report says."""
    return record_in(demo_report)


@pytest.fixture(scope="session")
def second_demo_reports(
    demo_workspace: Path, demo_reports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The same reports made again elsewhere, in another time zone."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("playbooks", "data"):
        shutil.copytree(demo_workspace / name, elsewhere / name)
    assert demo_reports
    return reports_in(
        run_playbooks(elsewhere, "demo", TZ="America/Los_Angeles", LANG="it_IT.UTF-8", PYTHONHASHSEED="7")
    )


@pytest.fixture(scope="session")
def experiment_reports(tmp_path_factory: pytest.TempPathFactory, demo_workspace: Path) -> dict[str, Path]:
    """The folders of the reports on each of the demo's experiments, by the name of the experiment."""
    found = {}
    for name in ("stay_bonus", "newsletter", "welcome_points"):
        workspace = tmp_path_factory.mktemp(name)
        for part in ("playbooks", "data"):
            (workspace / part).symlink_to(demo_workspace / part)
        asked = ("--playbook", "loyalty-experiment", "-p", f"experiment={name}")
        found[name] = reports_in(run_playbooks(workspace, "demo", *asked))["loyalty-experiment"]
    return found


@pytest.fixture(scope="session")
def closed_loop(tmp_path_factory: pytest.TempPathFactory, demo_workspace: Path) -> tuple[Path, Path]:
    """An experiment that was planned half a year before the demo's last day: its report, and the one that evaluates it.

    The plan is made by a run of its own, as of a day that was the last one then.
    """
    workspace = tmp_path_factory.mktemp("loop")
    (workspace / "playbooks").symlink_to(demo_workspace / "playbooks")
    folder = workspace / "data" / "demo"
    shutil.copytree(demo_workspace / "data" / "demo", folder, ignore=shutil.ignore_patterns("assignments"))
    client = (folder / "client.yml").read_text(encoding="utf-8")
    assert "observed_through: 2026-10-31" in client
    then = client.replace("observed_through: 2026-10-31", "observed_through: 2026-04-30")
    (folder / "client.yml").write_text(then, encoding="utf-8")
    asked = ("-p", "experiment=spring", "-p", "group_by=contract")
    planned = reports_in(run_playbooks(workspace, "demo", "--playbook", "experiment-plan", *asked))
    (folder / "client.yml").write_text(client, encoding="utf-8")
    run_playbooks(workspace, "demo", "--playbook", "loyalty-experiment", "-p", "experiment=spring")
    made = reports_in(workspace / "reports" / "demo")
    return planned["experiment-plan"], made["loyalty-experiment"]
