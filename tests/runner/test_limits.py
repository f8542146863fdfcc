"""What takes too much is ended with all that it has started, and told with its cell; the others go on."""

import json
from typing import NamedTuple

import pytest
from processes import is_running

from retention_lab.runner.batch import run_batch
from retention_lab.runner.limits import Limits
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.record import read_record
from retention_lab.tables.workspace import Workspace

LIMITS = Limits(run_seconds=8, cell_seconds=4, memory_gib=0.75)

SLEEPS = """\
import time
print("so far")
print("so good")
time.sleep(600)
"""
SPINS = """\
while True:
    pass
"""
DEAF = """\
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
time.sleep(600)
"""
# Its child, one that its shell has left behind, and one in a session of its own.
STARTS_OTHERS = """\
import os, subprocess, time
from pathlib import Path
child = subprocess.Popen(["sleep", "1000"])
apart = subprocess.Popen(["sleep", "1000"], start_new_session=True)
left = !sleep 1000 >/dev/null 2>&1 & echo $!
told = Path(os.environ["RETENTION_LAB_HOME"]) / f"{name}.pids"
told.write_text(f"{os.getpid()} {child.pid} {apart.pid} {left[0]}")
"""
HUNGRY = """\
import multiprocessing, time
print("eating")
def eat():
    kept = []
    while True:
        kept.append(b"x" * 2**24)
        time.sleep(0.005)
eater = multiprocessing.get_context("fork").Process(target=eat)
eater.start()
eater.join()
"""
DUCKDB = """\
import duckdb, psutil
connection = duckdb.connect(config={"memory_limit": "200MB", "threads": 4})
print(connection.sql("select sum(range) from range(1000000)").fetchall())
print(psutil.Process().memory_info().vms / 2**30)
"""


class Batch(NamedTuple):
    workspace: Workspace
    results: dict[str, RunResult]


@pytest.fixture(scope="module", params=["warm", "plain"])
def batch(request, tmp_path_factory, new_workspace, write) -> Batch:
    workspace = new_workspace(tmp_path_factory.mktemp("limits") / "lab")
    write(workspace, "sleeps", "x = 1", SLEEPS)
    write(workspace, "spins", SPINS)
    write(workspace, "deaf", DEAF)
    write(workspace, "starts", f"name = 'starts'\n{STARTS_OTHERS}print('started')\ntime.sleep(600)")
    write(workspace, "leaves", f"name = 'leaves'\n{STARTS_OTHERS}")
    write(workspace, "long", *["import time\ntime.sleep(1.5)"] * 8)
    write(workspace, "hungry", HUNGRY)
    write(workspace, "duckdb", DUCKDB)
    write(workspace, "dies", f"name = 'dies'\n{STARTS_OTHERS}apart.kill()\nos.kill(os.getpid(), 9)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RETENTION_LAB_HOME", raising=False)
        runs = plan_runs(workspace, "acme").runs
        results = run_batch(runs, jobs=4, engine=request.param, limits=LIMITS, on_progress=lambda _: None)
    return Batch(workspace, {result.run.playbook.name: result for result in results})


def message(result: RunResult) -> str:
    assert result.error is not None
    assert result.error.kind == "crash"
    return result.error.message


@pytest.mark.parametrize(("name", "cell"), [("sleeps", "step-2"), ("spins", "step-1"), ("deaf", "step-1")])
def test_a_cell_that_takes_too_long_is_stopped_whatever_it_does(batch: Batch, name: str, cell: str) -> None:
    result = batch.results[name]
    assert message(result).startswith("stopped, since the cell took longer than 4 s")
    assert result.error is not None
    assert (result.error.name, result.error.cell) == ("LimitExceeded", cell)
    assert result.seconds < 8


def test_the_last_that_a_stopped_cell_has_said_is_told(batch: Batch) -> None:
    assert message(batch.results["sleeps"]).endswith("its last output was: so good")
    notebook = (batch.results["sleeps"].folder / "playbook.ipynb").read_text()
    assert "so far" in notebook


def test_a_run_that_takes_too_long_is_stopped_where_it_is(batch: Batch) -> None:
    result = batch.results["long"]
    assert message(result) == "stopped, since the run took longer than 8 s"
    assert result.error is not None
    # Eight cells of 1.5 s would take twelve.
    assert result.error.cell in ("step-3", "step-4", "step-5", "step-6")


def test_a_run_whose_child_eats_the_memory_is_stopped_at_once_and_told_how_much_it_was(batch: Batch) -> None:
    # At once: the 4 seconds of its cell are not over.
    told = message(batch.results["hungry"])
    assert told.startswith("stopped, since the kernel took ")
    assert told.endswith(" GiB of memory, and 0.75 GiB is the limit; its last output was: eating")
    taken = float(told.split("took ")[1].split(" GiB")[0])
    assert 0.75 <= taken < 2


def test_addresses_that_are_only_reserved_count_for_nothing(batch: Batch) -> None:
    """DuckDB reserves more of them than the limit."""
    assert batch.results["duckdb"].status == "ok"
    notebook = json.loads((batch.results["duckdb"].folder / "playbook.ipynb").read_text())
    (printed,) = (output["text"] for output in notebook["cells"][-1]["outputs"])
    assert float(printed[-1]) > LIMITS.memory_gib


@pytest.mark.parametrize("name", ["starts", "leaves", "dies"])
def test_nothing_that_a_cell_has_started_outlives_its_run(batch: Batch, name: str) -> None:
    started = (batch.workspace.root / f"{name}.pids").read_text().split()
    assert len(started) == 4
    assert [is_running(int(pid)) for pid in started] == [False] * 4


def test_the_others_go_on_and_each_is_recorded(batch: Batch) -> None:
    statuses = {name: result.status for name, result in batch.results.items()}
    assert {name for name, status in statuses.items() if status == "ok"} == {"stay", "duckdb", "leaves"}
    assert len(statuses) == 10
    for result in batch.results.values():
        record = read_record(result.folder)
        assert record is not None
        assert (record.status, record.error) == (result.status, result.error)
    assert "Half of them stay 90 days." in (batch.results["stay"].folder / "report.html").read_text()
    assert not list(batch.workspace.reports.glob("*/*/.tmp-*"))
