"""From a folder of exports to reports, with nothing written by hand: what a consultant types, in that order."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXPORTS = ("customers.csv", "transactions.parquet", "loyalty.csv", "experiments.csv")


def typed(workspace: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "from retention_lab.cli.app import app; app()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=workspace, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_the_exports_of_the_demo_taken_on_anew_give_reports(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (tmp_path / "data").mkdir()
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for name in EXPORTS:
        shutil.copy(ROOT / "data" / "demo" / name, exports)

    new = typed(tmp_path, "new", "again", "--from", "exports", "--yes")
    check = typed(tmp_path, "check", "again", "--html")
    run = typed(tmp_path, "run", "again", "--playbook", "churn-survival")

    assert new.returncode == 0, new.stderr
    assert "4 of 4 tables can be used" in new.stdout
    assert check.returncode == 0, check.stderr
    assert "99.8% of 172" in check.stdout
    assert run.returncode == 0, run.stderr
    assert "Who leaves, when, and what can be done about it?" in run.stdout
    found = {path.parts[-3] for path in (tmp_path / "reports" / "again").glob("*/*/report.html")}
    assert found == {"churn-survival", "data-quality"}
    assert not list((tmp_path / "data" / "again").glob("*.tmp"))
