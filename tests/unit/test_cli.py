import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from retention_lab.cli.app import app
from retention_lab.runner import batch, plan
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.record import RunError

VERBS = (
    "run", "history", "show", "run-due", "schedule show", "schedule install", "watch",
    "playbooks", "describe", "new", "check", "demo",
)  # fmt: skip

CLIENT = """\
name: Acme Telecom
observed_through: 2026-09-30
tables:
  customers: {source: customers.csv, columns: {customer_id: ID, started_on: Start, ended_on: End}}
"""

PARAMETERS = """\
client: str = "acme"  # Folder of the client in data/
as_of: str = ""  # Last day that counts
horizon_days: int = 90  # How far to look, in days
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with one client and two playbooks, one of which the client's data cannot answer."""
    client = tmp_path / "data" / "acme"
    client.mkdir(parents=True)
    (client / "client.yml").write_text(CLIENT)
    (client / "customers.csv").write_text("ID,Start,End\n1,2026-01-01,\n")
    (tmp_path / "playbooks").mkdir()
    write_playbook(tmp_path, "churn-survival", "Who stays?", {"customers": ["customer_id", "started_on|tenure"]})
    write_playbook(tmp_path, "points", "Do points work?", {"loyalty": ["points"]})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETENTION_LAB_HOME", raising=False)
    return tmp_path


def write_playbook(root: Path, name: str, title: str, needs: dict[str, list[str]]) -> None:
    ours = {"needs": needs, "uses": {}, "findings": ["churn.survival"], "files": ["actions.csv"]}
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": [f"# {title}\n", "\n", "Why it matters."]},
        {"cell_type": "code", "id": "parameters", "metadata": {"tags": ["parameters"]}, "source": PARAMETERS},
    ]
    notebook = {"cells": cells, "metadata": {"retention_lab": ours}, "nbformat": 4, "nbformat_minor": 5}
    (root / "playbooks" / f"{name}.ipynb").write_text(json.dumps(notebook))


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def answer_with(monkeypatch: pytest.MonkeyPatch, error: RunError | None, headline: str = "") -> None:
    """Let every run end at once, well or with an error."""

    def end(runs, **_how):
        findings = ({"headline": headline},) if headline else ()
        status = "failed" if error else "ok"
        return [RunResult(run=run, status=status, folder=run.folder, error=error, findings=findings) for run in runs]

    monkeypatch.setattr(batch, "run_batch", end)


@pytest.mark.parametrize("verb", VERBS)
def test_each_help_has_an_example(verb: str) -> None:
    told = call(*verb.split(), "--help")
    assert told.exit_code == 0
    assert f"retention-lab {verb}" in told.output


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, retention_lab.cli.app; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"rich", "yaml", "pydantic", "papermill", "pandas", "multiprocessing.connection"} & set(loaded)


def test_playbooks_are_listed_with_their_questions(root: Path) -> None:
    assert call("playbooks").output == "churn-survival  Who stays?\npoints          Do points work?\n"


def test_describe_tells_parameters_tables_findings_and_files(root: Path) -> None:
    assert call("describe", "churn-survival").output == (
        "Who stays?\n\n"
        "Parameters\n"
        "  client: str = 'acme'\n      Folder of the client in data/\n"
        "  as_of: str = ''\n      Last day that counts\n"
        "  horizon_days: int = 90\n      How far to look, in days\n\n"
        "Needs\n  customers: customer_id, started_on or tenure\n\n"
        "Findings\n  churn.survival\n\n"
        "Writes\n  report.html\n  playbook.ipynb\n  run.json\n  actions.csv\n"
    )


def test_a_dry_run_only_tells_what_would_be_run(root: Path) -> None:
    told = call("run", "acme", "--dry-run")
    assert told.exit_code == 0
    assert told.output == "acme: 1 to make: churn-survival\n  points cannot run: client.yml has no table loyalty\n"
    assert not list((root / "reports").glob("acme/*"))


def test_a_run_ends_with_the_headline_where_to_look_and_a_summary(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, None, "Half of them stay.")
    told = call("run", "acme")
    assert told.exit_code == 0
    assert "Who stays?\n  Half of them stay.\n  reports/acme/churn-survival/2026-09-30/report.html\n" in told.stdout
    assert "1 done, 1 cannot run; " in told.stdout


def test_all_clients_are_run_and_one_with_a_broken_file_is_told_and_stops_nobody(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bravo", "charlie"):
        shutil.copytree(root / "data" / "acme", root / "data" / name)
    (root / "data" / "bravo" / "client.yml").write_text("name: Bravo\ntabels: {}\n")
    answer_with(monkeypatch, None, "Half of them stay.")
    told = call("run", "--all")
    assert told.exit_code == 2
    assert "bravo: nothing can be run until this is mended" in told.stderr
    assert "did you mean tables?" in told.stderr
    assert "acme: Who stays?" in told.stdout
    assert "charlie: Who stays?" in told.stdout
    assert "2 done, 2 cannot run, 1 client to mend" in told.stdout


def test_the_shards_of_a_batch_are_all_of_it_and_share_nothing(root: Path) -> None:
    names = [f"client-{number}" for number in range(12)]
    for name in names:
        shutil.copytree(root / "data" / "acme", root / "data" / name)
    parts = [call("run", *names[:10], "--dry-run", "--shard", f"{part}/3").output for part in (1, 2, 3)]
    for name in names[:10]:
        assert [f"{name}: 1 to make" in part for part in parts].count(True) == 1
    assert call("run", "--all", "--dry-run").output.startswith("13 clients: 13 to make, 0 up to date\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunError(kind="crash", name="ValueError", message="no rows", cell="fit"), 1),
        (RunError(kind="data", name="DataError", message="customers.csv: no column Start", cell="open"), 2),
    ],
)
def test_a_failed_run_is_told_on_stderr_with_its_cell_and_its_message(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: RunError, code: int
) -> None:
    answer_with(monkeypatch, error)
    told = call("run", "acme")
    assert told.exit_code == code
    for part in ("acme", "churn-survival", error.cell, error.message):
        assert part in told.stderr
    assert "Traceback" not in told.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "acme", "-p", "horizon_dys=30"), "did you mean horizon_days?"),
        (("run", "acme", "-p", "horizon_days=soon"), "How far to look, in days"),
        (("run", "acme", "-p", "horizon_days"), "there is no ="),
        (("run", "acme", "-p", "horizon_days=1", "-p", "horizon_days=2"), "given twice"),
        (("run", "acme", "-p", "client=other"), "retention-lab run CLIENT"),
        (("run", "acme", "-p", "as_of=2026-01-31", "--as-of", "2026-02-28"), "given twice"),
        (("run", "acme", "--as-of", "31.1.2026"), "2026-10-31"),
        (("run", "acme", "--playbook", "churn-survivl"), "did you mean churn-survival?"),
        (("run", "acme", "--playbook", "points"), "lacks table loyalty"),
        (("run", "amce"), "the clients of this workspace: acme"),
        (("run", "../acme"), "not the name of a client"),
        (("describe", "other"), "there is no such playbook"),
        (("check", "amce"), "the clients of this workspace: acme"),
        (("demo", "../acme"), "cannot be a client's name"),
        (("run",), "retention-lab run --all"),
        (("run", "acme", "--all"), "both --all and acme"),
        (("run", "acme", "--shard", "3/2"), "I/N with I from 1 to N"),
        (("run", "acme", "--engine", "cold"), "'warm', 'plain'"),
        (("run", "acme", "--jobs", "0"), "--jobs"),
    ],
)
def test_a_wrong_request_is_answered_on_stderr_with_exit_code_2(
    root: Path, arguments: tuple[str, ...], told: str
) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_file_that_may_not_be_read_is_named_and_gives_no_traceback(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "data/acme/customers.csv")

    monkeypatch.setattr(plan, "take_fingerprint", refuse)
    told = call("run", "acme")
    assert told.exit_code == 2
    assert told.stderr == "data/acme/customers.csv: Permission denied\n"


def test_a_client_that_no_playbook_can_answer_for_is_told_so(root: Path) -> None:
    (root / "playbooks" / "churn-survival.ipynb").unlink()
    told = call("run", "acme")
    assert told.exit_code == 2
    assert "points cannot run: client.yml has no table loyalty" in told.output
