"""Runs with real kernels. Each costs seconds, so one batch is made and many tests look at it."""

import json
import signal
import subprocess
import sys
from datetime import date
from typing import NamedTuple

import pytest
from processes import is_running, until

from retention_lab.runner.batch import Progress, run_batch
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.record import read_record
from retention_lab.tables.workspace import Workspace

FINDING = "print('still here')"

DATA_ERROR = """\
class DataError(Exception):
    "As ours: its message is for a person."
raise DataError("customers.csv: no column Start")
"""

WRITES = """\
import json, os, time
from pathlib import Path
output = Path(os.environ["RETENTION_LAB_OUTPUT"])
facts = {"table": "customers", "source": "customers.csv", "rows": 3, "kept": 2, "rejected": {"no_start": 1}}
(output / "inputs.json").write_text(json.dumps([facts]))
(output / "actions.csv").write_text("customer\\n")
print(time.strftime("%Z"), os.listdir(), horizon_days)
"""

# The worker of this run is the process that works in the scratch folder above the kernel's own.
KILLS_ITS_WORKER = """\
import os, signal
from pathlib import Path
mine = Path("/proc/self/cwd").readlink()
others = [p for p in Path("/proc").glob("[0-9]*") if int(p.name) != os.getpid()]
def works_here(process):
    try:
        return (process / "cwd").readlink() == mine
    except OSError:
        return False
os.kill(next(int(p.name) for p in others if works_here(p)), signal.SIGKILL)
__import__("time").sleep(60)
"""

CHANGES_ITS_INPUT = """\
import os
from pathlib import Path
with (Path(os.environ["RETENTION_LAB_HOME"]) / "data" / client / "customers.csv").open("a") as file:
    file.write("4,2026-03-01,\\n")
"""

CLI = "from retention_lab.cli.app import app\nif __name__ == '__main__':\n    app()\n"


class Batch(NamedTuple):
    workspace: Workspace
    results: dict[str, RunResult]
    progress: list[Progress]


@pytest.fixture(scope="module")
def batch(tmp_path_factory, new_workspace, write) -> Batch:
    """Playbooks that go well and playbooks that go wrong in every way, run two at once."""
    workspace = new_workspace(tmp_path_factory.mktemp("batch") / "lab")
    write(workspace, "crash", "x = 1", "1 / 0")
    write(workspace, "wrong-data", DATA_ERROR)
    write(workspace, "kernel-dies", "import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    write(workspace, "template-dies", "import os, signal", "os.kill(os.getppid(), signal.SIGKILL)", FINDING)
    write(workspace, "worker-dies", KILLS_ITS_WORKER)
    write(workspace, "writes", WRITES)
    write(workspace, "z-changes", CHANGES_ITS_INPUT)
    good = workspace.reports / "acme" / "crash" / "2026-09-30" / "report.html"
    good.parent.mkdir(parents=True)
    good.write_text("the last good report")
    commentary = workspace.data / "acme" / "commentary" / "writes.md"
    commentary.parent.mkdir()
    commentary.write_text("We *agree*.")
    progress: list[Progress] = []
    plan = plan_runs(workspace, "acme", texts={"horizon_days": "30"})
    first = [run for run in plan.runs if run.playbook.name != "z-changes"]
    last = [run for run in plan.runs if run.playbook.name == "z-changes"]
    # The playbook that changes the client's file would make the others fail too.
    results = [result for runs in (first, last) for result in run_batch(runs, jobs=2, on_progress=progress.append)]
    return Batch(workspace, {result.run.playbook.name: result for result in results}, progress)


def test_one_failure_stops_nobody(batch: Batch) -> None:
    statuses = {name: result.status for name, result in batch.results.items()}
    assert statuses == {
        "crash": "failed",
        "kernel-dies": "failed",
        "stay": "ok",
        # Whoever was forked lives on, and the next ones are forked from another template.
        "template-dies": "ok",
        "worker-dies": "failed",
        "writes": "ok",
        "wrong-data": "failed",
        "z-changes": "failed",
    }


def test_a_finished_run_has_its_report_its_notebook_and_its_record(batch: Batch) -> None:
    folder = batch.results["stay"].folder
    record = read_record(folder)
    assert record is not None
    assert record.status == "ok"
    assert record.key["parameters"] == {"horizon_days": 30}
    assert set(record.files) == {"report.html", "playbook.ipynb"}
    assert "Half of them stay 30 days." in (folder / "report.html").read_text()


def test_findings_are_collected_from_what_the_notebook_shows(batch: Batch) -> None:
    assert batch.results["stay"].headline == "Half of them stay 30 days."


def test_what_a_playbook_writes_is_published_and_what_it_read_is_recorded(batch: Batch) -> None:
    folder = batch.results["writes"].folder
    record = read_record(folder)
    assert record is not None
    assert set(record.files) == {"actions.csv", "playbook.ipynb", "report.html"}
    assert record.inputs[0]["rejected"] == {"no_start": 1}
    assert record.inputs[0]["sha256"] == record.input_files["customers.csv"]


def test_the_notebook_says_where_the_report_comes_from(batch: Batch) -> None:
    notebook = json.loads((batch.results["writes"].folder / "playbook.ipynb").read_text())
    run = notebook["metadata"]["retention_lab"]["run"]
    assert (run["client_name"], run["as_of"], run["commentary"]) == ("Acme Telecom", "2026-09-30", "We *agree*.")
    assert run["parameters"]["horizon_days"] == 30


def test_a_kernel_knows_nothing_of_the_place_and_zone_it_is_started_in(batch: Batch) -> None:
    notebook = json.loads((batch.results["writes"].folder / "playbook.ipynb").read_text())
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    printed = "".join(text for output in outputs for text in output["text"])
    # The working directory is empty but for IPython's own profile.
    assert printed == "UTC ['ipython'] 30\n"


def test_an_error_in_a_cell_is_a_failed_run_with_its_cell_and_its_notebook(batch: Batch) -> None:
    error, folder = batch.results["crash"].error, batch.results["crash"].folder
    assert error is not None
    assert (error.kind, error.cell) == ("crash", "step-2")
    assert (error.name, error.message) == ("ZeroDivisionError", "division by zero")
    assert "ZeroDivisionError" in (folder / "playbook.ipynb").read_text()
    record = read_record(folder)
    assert record is not None
    assert record.error == error


def test_a_failure_never_touches_the_last_good_report(batch: Batch) -> None:
    good = batch.workspace.reports / "acme" / "crash" / "2026-09-30"
    assert [path.name for path in good.iterdir()] == ["report.html"]
    assert (good / "report.html").read_text() == "the last good report"


def test_wrong_data_is_told_apart_from_a_crash(batch: Batch) -> None:
    error = batch.results["wrong-data"].error
    assert error is not None
    assert (error.kind, error.message) == ("data", "customers.csv: no column Start")


@pytest.mark.parametrize(("name", "cell"), [("kernel-dies", "step-2"), ("worker-dies", "step-1")])
def test_a_process_that_is_killed_is_a_failed_run_with_its_cell(batch: Batch, name: str, cell: str) -> None:
    result = batch.results[name]
    assert result.error is not None
    assert (result.error.kind, result.error.cell) == ("crash", cell)
    assert read_record(result.folder) is not None


def test_a_file_that_changes_while_it_is_read_makes_no_report(batch: Batch) -> None:
    error = batch.results["z-changes"].error
    assert error is not None
    assert error.kind == "data"
    assert "changed while the run read it" in error.message


def test_each_run_tells_of_its_begin_its_cells_and_its_end(batch: Batch) -> None:
    stay = [progress for progress in batch.progress if progress.run.playbook.name == "stay"]
    assert not stay[0].cell
    assert "step-1" in [progress.cell for progress in stay]
    assert stay[-1].result is batch.results["stay"]


def test_no_private_folder_is_left(batch: Batch) -> None:
    assert not list(batch.workspace.reports.glob("*/*/.tmp-*"))


def test_the_same_inputs_give_the_same_bytes_in_another_time_zone_and_what_is_up_to_date_is_not_made_again(
    workspace, monkeypatch
) -> None:
    made = []
    runs = plan_runs(workspace, "acme", force=True).runs
    for zone, seed in (("Pacific/Kiritimati", "1"), ("America/Los_Angeles", "2")):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        (result,) = run_batch(runs, on_progress=ignore)
        made.append({name: (result.folder / name).read_bytes() for name in ("report.html", "playbook.ipynb")})
    assert made[0] == made[1]
    assert date.today().isoformat().encode() not in made[0]["report.html"] + made[0]["playbook.ipynb"]

    (again,) = plan_runs(workspace, "acme").runs
    assert again.current
    (result,) = run_batch([again], on_progress=ignore)
    assert (result.status, result.headline) == ("current", "Half of them stay 90 days.")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_however_the_command_line_ends_no_kernel_goes_on(workspace, write, sent: signal.Signals, code: int) -> None:
    told = workspace.root / "kernel.pid"
    write(workspace, "slow", f"import os, time\nopen({str(told)!r}, 'w').write(f'{{os.getpid()}}.')", "time.sleep(600)")
    script = workspace.root / "script.py"
    script.write_text(CLI)
    running = subprocess.Popen(
        [sys.executable, str(script), "run", "acme", "--playbook", "slow"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A test runner in the background may itself be deaf to Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert until(lambda: told.is_file() and told.read_text().endswith("."))
    running.send_signal(sent)
    assert running.wait(30) == code
    assert until(lambda: not is_running(int(told.read_text().rstrip("."))))
    assert until(lambda: not list(workspace.reports.glob("*/*/.tmp-*")))


def ignore(_progress: Progress) -> None:
    """For a batch that nobody watches."""
