"""Runs on a real cluster: a scheduler and its workers as processes of their own, on this machine."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from processes import is_running, until

from retention_lab.errors import ParameterError
from retention_lab.runner.batch import Progress
from retention_lab.runner.cluster import cluster
from retention_lab.runner.cluster import workers as cluster_workers
from retention_lab.runner.cluster.cluster import run_on_cluster
from retention_lab.runner.ledger.ledger import Ledger
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import PlannedRun, plan_runs
from retention_lab.runner.record import file_sha256, read_record
from retention_lab.tables.workspace import Workspace

pytestmark = pytest.mark.slow

# Tells who makes it, and takes its time.
SLOW = """\
import os, time
from pathlib import Path
(Path(os.environ["RETENTION_LAB_HOME"]) / f"{os.environ['WHO']}-{os.getpid()}").touch()
time.sleep(SECONDS)
"""

CLI = "from retention_lab.cli.app import app\nif __name__ == '__main__':\n    app()\n"


class Dask(NamedTuple):
    """A scheduler, and how to start workers for it: `start(name, environment, *options)`."""

    address: str
    scheduler: subprocess.Popen
    start: Callable[..., subprocess.Popen]


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    yield from start_dask(tmp_path)


@pytest.fixture(scope="module")
def pair(tmp_path_factory, new_workspace) -> Iterator[tuple[Dask, Workspace]]:
    """A scheduler with two workers and their workspace, which the second one knows under another path."""
    folder = tmp_path_factory.mktemp("pair")
    workspace = new_workspace(folder / "lab")
    (folder / "mounted").symlink_to(workspace.root)
    for dask in start_dask(folder):
        dask.start("a")
        dask.start("b", {"RETENTION_LAB_HOME": str(folder / "mounted")})
        wait_for_workers(dask, 2)
        yield dask, workspace


def test_a_worker_that_is_killed_costs_no_report_and_one_that_comes_later_is_looked_at_first(
    dask: Dask, workspace, write, tmp_path, caplog
) -> None:
    first = dask.start("a")
    wait_for_workers(dask, 1)
    runs = slow_runs(workspace, write, 8)
    dask.start("b")
    dask.start("blind", {"RETENTION_LAB_HOME": str(tmp_path / "elsewhere")})
    with when(
        lambda: bool(made_by(workspace, "b")) and any(map(is_running, made_by(workspace, "a"))),
        lambda: first.send_signal(signal.SIGKILL),
    ):
        results, progress = make(runs, dask)
    assert [result.status for result in results] == ["ok"] * 8
    assert [result.run for result in results] == runs
    assert_whole(results)
    # The one that was being made was begun again, and yet is told of once.
    assert len(made_by(workspace, "*")) == 9
    assert sum(one.result is None for one in progress) == sum(one.result is not None for one in progress) == 8
    assert not made_by(workspace, "blind")
    assert f"it does not see this workspace at {tmp_path / 'elsewhere'}" in caplog.text
    assert_nothing_goes_on(workspace)


def test_neither_a_worker_that_is_started_again_nor_one_that_is_told_to_end_costs_a_report(
    dask: Dask, workspace, write
) -> None:
    dask.start("nursed", {}, "--nanny")
    other = dask.start("other")
    wait_for_workers(dask, 2)
    (nursed,) = [pid for pid in worker_pids(dask) if pid != other.pid]
    runs = slow_runs(workspace, write, 5)
    with (
        when(lambda: bool(made_by(workspace, "nursed")), lambda: os.kill(nursed, signal.SIGKILL)),
        when(lambda: len(made_by(workspace, "other")) == 2, other.terminate),
    ):
        results, _ = make(runs, dask)
    assert [result.status for result in results] == ["ok"] * 5
    assert_whole(results)
    # Each run was begun once, but for the two that were being made.
    assert len(made_by(workspace, "*")) == 7
    assert_nothing_goes_on(workspace)


def test_when_the_scheduler_is_lost_each_run_that_is_left_is_a_failed_one(dask: Dask, workspace, write) -> None:
    dask.start("a")
    wait_for_workers(dask, 1)
    runs = slow_runs(workspace, write, 3)
    with when(lambda: len(made_by(workspace, "a")) == 2, dask.scheduler.kill):
        results, _ = make(runs, dask)
    assert [result.status for result in results] == ["ok", "failed", "failed"]
    assert {result.error.name for result in results if result.error} == {"SchedulerLost"}
    assert all(read_record(result.folder) for result in results)
    assert_nothing_goes_on(workspace)


def test_a_run_whose_worker_is_lost_too_often_fails_and_so_do_those_for_whom_none_is_left(
    dask: Dask, workspace, write, monkeypatch
) -> None:
    monkeypatch.setattr(cluster, "_TRIES", 1)
    monkeypatch.setattr(cluster, "_PATIENCE_SECONDS", 2)
    only = dask.start("a")
    wait_for_workers(dask, 1)
    runs = slow_runs(workspace, write, 3)
    with when(lambda: len(made_by(workspace, "a")) == 2, only.kill):
        results, _ = make(runs, dask)
    assert [result.status for result in results] == ["ok", "failed", "failed"]
    errors = [result.error for result in results if result.error]
    assert {(error.kind, error.name) for error in errors} == {("crash", "WorkerLost")}
    assert "the worker that made it was lost" in errors[0].message
    assert "no worker was left" in errors[1].message
    records = [read_record(result.folder) for result in results[1:]]
    assert [record and record.error for record in records] == errors


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_however_the_client_ends_the_workers_end_what_they_make_and_stay(pair, write, sent) -> None:
    dask, workspace = pair
    write(workspace, "long", SLOW.replace("SECONDS", "600"))
    before = made_by(workspace, "*")
    script = workspace.root / "script.py"
    script.write_text(CLI)
    command = [sys.executable, str(script), "run", "acme", "--playbook", "long", "--dask", dask.address]
    running = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workspace.root,
    )
    assert until(lambda: len(made_by(workspace, "*")) > len(before))
    began = time.monotonic()
    running.send_signal(sent)
    _, said = running.communicate(timeout=30)
    assert running.returncode == (-sent if sent == signal.SIGKILL else 130)
    assert "Traceback" not in said
    assert_nothing_goes_on(workspace)
    assert time.monotonic() - began < 10
    assert not list(workspace.reports.glob("*/*/failed"))
    assert len(worker_pids(dask)) == 2


def test_a_failure_stops_nobody_unless_it_is_asked_to(pair, write) -> None:
    dask, workspace = pair
    write(workspace, "a-fails", "1 / 0")
    for number in range(4):
        write(workspace, f"b-{number}", "__import__('time').sleep(0.5)")
    runs = list(plan_runs(workspace, "acme", playbooks=["a-fails", *(f"b-{n}" for n in range(4))]).runs)
    stopped, progress = make(runs, dask, fail_fast=True)
    assert stopped[0].status == "failed"
    assert len(stopped) < 5
    assert len(progress) == 2 * len(stopped)
    again = list(plan_runs(workspace, "acme", playbooks=[run.playbook.name for run in runs]).runs)
    results, _ = make(again, dask)
    assert results[0].error is not None
    assert (results[0].error.name, results[0].error.cell) == ("ZeroDivisionError", "step-1")
    # What was made before is not made again.
    assert {result.status for result in results[1:]} == {"ok", "current"}
    assert all(result.folder.is_relative_to(workspace.reports) for result in results)
    assert_whole(results[1:])


def test_what_another_runner_makes_is_left_to_it(pair) -> None:
    dask, workspace = pair
    runs = list(plan_runs(workspace, "acme", playbooks=["stay"]).runs)
    other = Ledger(workspace.reports)
    other.claim(runs[0].key)
    ((result,), _) = make(runs, dask)
    other.close()
    assert result.status == "elsewhere"
    ((result,), _) = make(runs, dask)
    assert (result.status, result.headline) == ("ok", "Half of them stay 90 days.")


def test_workers_with_other_code_are_refused_before_any_run(pair) -> None:
    dask, workspace = pair
    (run,) = plan_runs(workspace, "acme", playbooks=["stay"], force=True).runs
    other = replace(run.fingerprint, code="0" * 64, versions={**run.fingerprint.versions, "numpy": "1.0"})
    with pytest.raises(ParameterError) as raised:
        make([replace(run, fingerprint=other)], dask)
    assert len(raised.value.faults) == 4
    assert all(fault.where.startswith("worker tcp://127.0.0.1:") for fault in raised.value.faults)
    assert "code " in str(raised.value)
    assert ", here 000000000000)" in str(raised.value)
    assert f"numpy {run.fingerprint.versions['numpy']}, here 1.0" in str(raised.value)


def test_a_worker_that_does_not_see_the_workspace_is_refused(pair, workspace) -> None:
    # The second worker has been told that workspaces lie elsewhere.
    dask, _ = pair
    with pytest.raises(ParameterError, match=r"does not see this workspace at .*/mounted") as raised:
        make(list(plan_runs(workspace, "acme").runs), dask)
    assert len(raised.value.faults) == 1
    assert not list(workspace.reports.glob(".cluster-*"))


def test_an_address_where_nobody_answers_is_told_in_words(workspace, monkeypatch) -> None:
    monkeypatch.setattr(cluster_workers, "_CONNECT_SECONDS", 1)
    runs = list(plan_runs(workspace, "acme").runs)
    for address in ("tcp://127.0.0.1:9", "nonsense", "tcp://127.0.0.1"):
        with pytest.raises(ParameterError, match=f"--dask {address}: no scheduler answered"):
            run_on_cluster(runs, address, on_progress=print)


def test_a_cluster_without_workers_is_told_in_words(dask: Dask, workspace, monkeypatch) -> None:
    monkeypatch.setattr(cluster_workers, "_CONNECT_SECONDS", 1)
    with pytest.raises(ParameterError, match="the scheduler has no workers"):
        make(list(plan_runs(workspace, "acme").runs), dask)


def test_without_dask_it_is_said_how_to_get_it(workspace, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParameterError, match=r"pip install 'retention-lab\[dask\]'"):
        run_on_cluster(list(plan_runs(workspace, "acme").runs), "tcp://127.0.0.1:9", on_progress=print)


def make(runs: list[PlannedRun], dask: Dask, **options) -> tuple[list[RunResult], list[Progress]]:
    progress: list[Progress] = []
    ledger = Ledger(runs[0].workspace.reports)
    results = run_on_cluster(runs, dask.address, on_progress=progress.append, ledger=ledger, **options)
    assert not ledger.notes
    # Not even what a client that was killed has left.
    assert not list(runs[0].workspace.reports.glob(".cluster-*"))
    return results, progress


def slow_runs(workspace: Workspace, write, n: int, seconds: float = 0.6) -> list[PlannedRun]:
    for number in range(n):
        write(workspace, f"slow-{number}", SLOW.replace("SECONDS", str(seconds)))
    return list(plan_runs(workspace, "acme", playbooks=[f"slow-{number}" for number in range(n)]).runs)


def made_by(workspace: Workspace, who: str) -> list[int]:
    """The kernels that a worker has had begin a slow run."""
    return [int(path.name.partition("-")[2]) for path in workspace.root.glob(f"{who}-*")]


def assert_whole(results: list[RunResult]) -> None:
    for result in results:
        record = read_record(result.folder)
        assert record is not None
        assert record.status == "ok"
        assert {"report.html", "playbook.ipynb"} <= record.files.keys()
        assert all(file_sha256(result.folder / name) == sha256 for name, sha256 in record.files.items())


def assert_nothing_goes_on(workspace: Workspace) -> None:
    assert until(lambda: not any(map(is_running, made_by(workspace, "*"))))
    assert until(lambda: not list(workspace.reports.glob("*/*/.tmp-*")))


def start_dask(folder: Path) -> Iterator[Dask]:
    """Everything is ended in the end, whatever became of it."""
    told = folder / "scheduler.json"
    running: list[subprocess.Popen] = []

    def start(command: str, *options: str, **environment: str) -> subprocess.Popen:
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", command, *options, "--host", "127.0.0.1", "--no-dashboard"],
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                cwd=folder,
                start_new_session=True,
            )
        running.append(process)
        return process

    def start_worker(who: str, environment: dict[str, str] | None = None, *options: str) -> subprocess.Popen:
        fixed = ("--nthreads", "1", "--local-directory", str(folder / "dask"))
        return start("worker", address, *fixed, *(options or ["--no-nanny"]), **{"WHO": who, **(environment or {})})

    scheduler = start("scheduler", "--port", "0", "--scheduler-file", str(told))
    try:
        assert until(told.is_file)
        address = json.loads(told.read_text())["address"]
        yield Dask(address, scheduler, start_worker)
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_workers(dask: Dask, n: int) -> None:
    with cluster_workers.connected(dask.address) as client:
        assert until(lambda: len(client.nthreads()) == n)


def worker_pids(dask: Dask) -> list[int]:
    with cluster_workers.connected(dask.address) as client:
        return list(client.run(os.getpid).values())


class when:  # noqa: N801
    """Do something once it is time for it, while something else goes on."""

    def __init__(self, condition: Callable[[], bool], action: Callable[[], object]) -> None:
        self._thread = threading.Thread(target=lambda: until(condition) and action())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._thread.join()
