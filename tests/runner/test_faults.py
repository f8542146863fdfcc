"""Whatever breaks, a person is told what and where, nothing half made is left, and the other reports are whole."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from processes import is_running, until

from retention_lab.runner.batch import Progress, run_batch
from retention_lab.runner.limits import Limits
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import plan_batch, plan_runs
from retention_lab.runner.record import file_sha256, read_record
from retention_lab.tables.workspace import Workspace

CLI = str(Path(sys.executable).with_name("retention-lab"))

# Writes its client's name down, so that one can count how often it was made, and waits for as long as there is `hold`.
COUNTED = """\
import os, time
from pathlib import Path
home = Path(os.environ["RETENTION_LAB_HOME"])
with (home / "made").open("a") as file:
    file.write(f"{client}\\n")
while (home / "hold").exists():
    time.sleep(0.05)
"""

# Jumps by a year, forth and back, in every process that is started with it.
JUMPING_CLOCK = """\
import time
_true, _year = time.time, 365 * 86400
def _jumping():
    return _true() + _year * (int(time.monotonic() / 0.3) % 3 - 1)
time.time = _jumping
"""


class Told(NamedTuple):
    """What a command has said and how it ended."""

    code: int
    out: str
    err: str


def command(workspace: Workspace, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    surroundings = {name: value for name, value in os.environ.items() if name != "RETENTION_LAB_HOME"} | environment
    return subprocess.Popen(
        [CLI, *arguments],
        cwd=workspace.root,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A test runner in the background may itself be deaf to Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ended(process: "subprocess.Popen[str]") -> Told:
    out, err = process.communicate(timeout=120)
    return Told(process.returncode, out, err)


def run(workspace: Workspace, *arguments: str, **environment: str) -> Told:
    told = ended(command(workspace, "run", *arguments, **environment))
    assert "Traceback" not in told.err
    return told


def is_whole(folder: Path) -> bool:
    """Whether a report has its record, and each file is the one that the record tells of."""
    record = read_record(folder)
    if record is None or record.status != "ok" or "report.html" not in record.files:
        return False
    return all(file_sha256(folder / name) == sha256 for name, sha256 in record.files.items())


def reports_of(workspace: Workspace) -> list[str]:
    """The reports there are, each of which must be whole, as `client/playbook`."""
    folders = [path.parent for path in workspace.reports.glob("*/*/2*/report.html")]
    assert [folder for folder in folders if not is_whole(folder)] == []
    return sorted(str(folder.parent.relative_to(workspace.reports)) for folder in folders)


def nothing_is_left(workspace: Workspace) -> bool:
    """No process works in the workspace or for it, and no private folder is there."""
    return not processes_of(workspace) and not list(workspace.reports.glob("*/*/.tmp-*"))


def processes_of(workspace: Workspace) -> list[int]:
    return [
        process.pid for process in psutil.process_iter() if process.pid != os.getpid() and is_of(process, workspace)
    ]


def is_of(process: psutil.Process, workspace: Workspace) -> bool:
    root = str(workspace.root)
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.cwd().startswith(root) or process.environ().get("LAB") == root
    except psutil.Error:
        return False


def ignore(_progress: Progress) -> None:
    """For a batch that nobody watches."""


def by_name(results: Sequence[RunResult]) -> dict[str, RunResult]:
    return {f"{result.run.key.client}/{result.run.playbook.name}": result for result in results}


def message(result: RunResult) -> str:
    assert result.error is not None
    return result.error.message


# Processes that are killed.


def test_a_template_that_is_killed_while_it_imports_or_between_runs_is_replaced(workspace, write, monkeypatch) -> None:
    for name in ("b", "c"):
        write(workspace, name, "import os\nfrom pathlib import Path\nPath(f'/proc/{os.getppid()}/cmdline').read_text()")
    killed: list[int] = []

    def kill(_progress: object = None) -> None:
        for child in psutil.Process().children():
            # One that was killed already may still be in the list.
            with suppress(psutil.Error):
                if "template_process" in " ".join(child.cmdline()) and child.pid not in killed:
                    killed.append(child.pid)
                    child.kill()

    def watch(progress: Progress) -> None:
        if progress.result:
            kill()

    thread = threading.Thread(target=lambda: until(lambda: kill() or killed))
    thread.start()
    results = run_batch(plan_runs(workspace, "acme").runs, jobs=1, on_progress=watch)
    thread.join()
    assert [result.status for result in results] == ["ok"] * 3
    assert len(killed) >= 3
    for name in ("b", "c"):
        # Forked, and not started in the slow way.
        assert "template_process" in (workspace.reports / "acme" / name / "2026-09-30" / "playbook.ipynb").read_text()


@pytest.mark.parametrize(("sent", "code"), [("SIGINT", 130), ("SIGTERM", 130), ("SIGKILL", -signal.SIGKILL)])
def test_a_runner_that_is_stopped_leaves_nothing_running_and_the_next_one_goes_on(
    tmp_path: Path, new_workspace, write, sent: str, code: int
) -> None:
    workspace = new_workspace(tmp_path / "lab")
    write(workspace, "tarries", COUNTED)
    (workspace.root / "hold").touch()
    for client in ("bravo", "charlie"):
        shutil.copytree(workspace.data / "acme", workspace.data / client)

    # One report is made, the cells of another one run, and four have not begun.
    running = command(workspace, "run", "--all", "--jobs", "1", LAB=str(workspace.root))
    assert until(lambda: (workspace.root / "made").exists())
    assert len(processes_of(workspace)) > 2
    began = time.monotonic()
    running.send_signal(getattr(signal, sent))
    told = ended(running)
    assert told.code == code
    assert time.monotonic() - began < 10
    assert "Traceback" not in told.err
    if code == 130:
        assert "Reports that were finished before are kept" in told.err
    assert until(lambda: nothing_is_left(workspace)), processes_of(workspace)
    assert reports_of(workspace) == ["acme/stay"]

    (workspace.root / "hold").unlink()
    told = run(workspace, "--all", "--resume")
    assert told.code == 0, told.err
    assert "left to" not in told.err
    assert "5 done, 1 up to date" in told.out
    assert reports_of(workspace) == sorted(
        f"{client}/{name}" for client in ("acme", "bravo", "charlie") for name in ("stay", "tarries")
    )
    assert sorted((workspace.root / "made").read_text().split()) == ["acme", "acme", "bravo", "charlie"]
    assert list((workspace.reports / ".claims").iterdir()) == []


def test_two_runners_at_once_make_each_report_once(tmp_path: Path, new_workspace, write) -> None:
    workspace = new_workspace(tmp_path / "lab")
    write(workspace, "stay", COUNTED)
    (workspace.root / "hold").touch()
    for client in ("bravo", "charlie"):
        shutil.copytree(workspace.data / "acme", workspace.data / client)
    runners = [command(workspace, "run", "--all", "--jobs", "1") for _ in range(2)]
    # Each has begun with another one.
    made = workspace.root / "made"
    assert until(lambda: made.exists() and len(made.read_text().split()) == 2)
    (workspace.root / "hold").unlink()
    told = [ended(runner) for runner in runners]
    assert [one.code for one in told] == [0, 0], told
    assert sorted(made.read_text().split()) == ["acme", "bravo", "charlie"]
    assert reports_of(workspace) == ["acme/stay", "bravo/stay", "charlie/stay"]
    said = "".join(one.err for one in told)
    assert re.search(rf"left to process ({runners[0].pid}|{runners[1].pid}) on .+, which is making it", said)
    assert len(re.findall("done in", said)) == 3


# Disks and folders that fail.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[Path, str], None]]:
    """Put a small file system in a folder's place."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str) -> None:
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("only root can mount a small file system")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_on_a_full_disk_it_is_told_which_and_what_to_do_and_what_found_room_is_whole(
    workspace, write, small_disk: Callable[[Path, str], None]
) -> None:
    write(workspace, "a-stay", "print('short')")
    write(workspace, "b-writes", "from pathlib import Path\nimport os\n"
          "(Path(os.environ['RETENTION_LAB_OUTPUT']) / 'big.csv').write_bytes(b'x' * 2**20)")  # fmt: skip
    # Somebody else's file: it does not go away with the run.
    write(workspace, "c-fills", "from pathlib import Path\nimport os\n"
          "try:\n    (Path(os.environ['RETENTION_LAB_HOME']) / 'reports' / 'big').write_bytes(b'x' * 2**20)\n"
          "except OSError:\n    pass")  # fmt: skip
    small_disk(workspace.reports, "600k")

    told = run(workspace, "acme", "--jobs", "1")
    assert told.code == 1
    assert reports_of(workspace) == ["acme/a-stay"]
    assert "1 done, 3 failed" in told.out
    # The cell that filled the disk is named, and what it wrote has made room for the record.
    assert "b-writes, cell step-1: the run failed" in told.err
    assert f"is there room on the disk of {workspace.reports}?" in told.err
    (failed,) = (workspace.reports / "acme" / "b-writes" / "failed").iterdir()
    record = read_record(failed)
    assert record is not None
    assert record.error is not None
    assert "[Errno 28]" in record.error.message
    # Then nothing can be recorded any more.
    for name in ("c-fills", "stay"):
        said = told.err.split(f"acme · {name}: the run failed")[1].split("acme · ")[0]
        assert "No space left on device; make room on that disk" in said
        assert "Nor can it be recorded" in said
        assert str(workspace.reports) in said

    told = run(workspace, "acme", "--jobs", "1")
    assert told.code == 2
    assert f"{workspace.reports}: nothing can be written there: No space left on device" in told.err
    assert "Next: make room on that disk" in told.err
    # No kernel was started for nothing.
    assert "started" not in told.err

    (workspace.reports / "big").unlink()
    assert run(workspace, "acme", "--playbook", "stay").code == 0
    assert reports_of(workspace) == ["acme/a-stay", "acme/stay"]


def test_where_the_folder_for_temporary_files_is_full_or_its_name_is_long_there_are_others(
    workspace, tmp_path: Path, small_disk: Callable[[Path, str], None]
) -> None:
    long = tmp_path / ("long" * 40)
    long.mkdir()
    assert run(workspace, "acme", TMPDIR=str(long)).code == 0
    small_disk(tmp_path / "full", "16k")
    with suppress(OSError), (tmp_path / "full" / "big").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert run(workspace, "acme", "--force", TMPDIR=str(tmp_path / "full")).code == 0
    assert reports_of(workspace) == ["acme/stay"]


def without_the_rights_of_root() -> None:
    """Root may write where nobody may; without this one capability it may not."""
    override_permissions, drop_from_bounding_set = 1, 24
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions)


def test_where_nothing_may_be_written_it_is_told_before_anything_is_started(workspace) -> None:
    assert run(workspace, "acme").code == 0
    for folder in [workspace.reports, *workspace.reports.rglob("*")]:
        folder.chmod(0o555 if folder.is_dir() else 0o444)

    def run_without_rights(*arguments: str) -> Told:
        process = subprocess.run(
            [CLI, "run", "acme", *arguments],
            cwd=workspace.root,
            preexec_fn=without_the_rights_of_root,
            capture_output=True,
            text=True,
            check=False,
        )
        return Told(process.returncode, process.stdout, process.stderr)

    current, forced = run_without_rights(), run_without_rights("--force")
    for folder in [workspace.reports, *workspace.reports.rglob("*")]:
        folder.chmod(0o755)
    # Nothing need be written.
    assert current.code == 0
    assert "up to date" in current.out
    assert forced.code == 2
    assert f"{workspace.reports}: nothing can be written there: Permission denied" in forced.err
    assert "Next: let whoever runs this write there" in forced.err
    assert "started" not in forced.err
    assert "Traceback" not in current.err + forced.err
    assert reports_of(workspace) == ["acme/stay"]


# What changes under a run's feet.


@pytest.fixture(scope="module")
def shaken(tmp_path_factory, new_workspace, write) -> tuple[Workspace, dict[str, RunResult]]:
    """A batch during which a client and playbooks are deleted and changed."""
    workspace = new_workspace(tmp_path_factory.mktemp("shaken") / "lab")
    for client in ("gone", "unlisted", "whole"):
        shutil.copytree(workspace.data / "acme", workspace.data / client)
    home = "import os, shutil\nfrom pathlib import Path\nhome = Path(os.environ['RETENTION_LAB_HOME'])\n"
    write(workspace, "a-leaves", f"{home}if client == 'gone':\n    shutil.rmtree(home / 'data' / client)")
    write(workspace, "c-removed", f"{home}if client == 'acme':\n    (home / 'playbooks' / 'c-removed.ipynb').unlink()")
    write(workspace, "d-changed", f"{home}with (home / 'playbooks' / 'd-changed.ipynb').open('a') as file:\n"
          "    file.write('\\n')")  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RETENTION_LAB_HOME", raising=False)
        plan = plan_batch(workspace, workspace.client_names())
        (workspace.data / "unlisted" / "client.yml").unlink()
        results = by_name(run_batch(plan.runs, jobs=1, on_progress=ignore))
    return workspace, results


def test_a_client_that_is_deleted_while_its_reports_are_made_has_failed_runs_that_say_so(shaken) -> None:
    _workspace, results = shaken
    for name in ("gone/a-leaves", "gone/stay"):
        assert "data/gone/client.yml" in message(results[name]), name
        assert "check the spelling" in message(results[name])
    assert {result.status for name, result in results.items() if name.startswith("gone/")} == {"failed"}


def test_a_client_whose_file_is_deleted_before_its_runs_begin_has_failed_runs_that_say_so(shaken) -> None:
    _workspace, results = shaken
    assert "there is no" in message(results["unlisted/stay"])
    assert "data/unlisted/client.yml" in message(results["unlisted/stay"])


def test_a_playbook_that_is_changed_or_removed_meanwhile_makes_no_report(shaken) -> None:
    _workspace, results = shaken
    for name in ("acme/c-removed", "acme/d-changed", "whole/d-changed"):
        assert results[name].status == "failed"
    assert message(results["acme/d-changed"]).startswith("a file of the client or the playbook changed")
    assert "playbooks/c-removed.ipynb: No such file or directory" in message(results["whole/c-removed"])


def test_all_others_are_there_and_whole(shaken) -> None:
    workspace, results = shaken
    made = sorted(name for name, result in results.items() if result.status == "ok")
    assert made == reports_of(workspace)
    assert {"acme/stay", "whole/stay", "acme/a-leaves", "whole/a-leaves"} <= set(made)
    for result in results.values():
        assert read_record(result.folder) is not None


def test_reports_that_are_deleted_while_they_are_made_are_made_again(workspace, write) -> None:
    write(workspace, "a-removes", "import os, shutil\nshutil.rmtree(os.environ['RETENTION_LAB_HOME'] + '/reports')")
    told = run(workspace, "acme", "--jobs", "1")
    assert told.code == 1
    assert "acme · a-removes" in told.err
    assert "run again" in told.err
    assert reports_of(workspace) == ["acme/stay"]
    history = ended(command(workspace, "history"))
    assert history.code == 0
    assert "stay" in history.out


def test_a_ledger_that_is_damaged_in_the_middle_is_set_aside_and_told(workspace, write) -> None:
    write(workspace, "a-first", "1")
    write(
        workspace,
        "b-damages",
        "import os\nfrom pathlib import Path\nledger = Path(os.environ['RETENTION_LAB_HOME']) / 'reports'\n"
        "for path in ledger.glob('.ledger.sqlite*'):\n    path.write_bytes(b'no ledger ' * 1000)",
    )
    told = run(workspace, "acme", "--jobs", "1")
    assert told.code == 0, told.err
    assert reports_of(workspace) == ["acme/a-first", "acme/b-damages", "acme/stay"]
    history = ended(command(workspace, "history"))
    assert history.code == 0
    assert "ledger" in told.err + history.err
    for name in ("a-first", "b-damages", "stay"):
        assert name in history.out


def test_a_clock_that_jumps_harms_no_report_and_no_deadline(workspace, write, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING_CLOCK)
    write(workspace, "clock", "import time\ntold = [time.time()]\nfor _ in range(9):\n    time.sleep(0.1)\n"
          "    told.append(time.time())\nassert max(told) - min(told) > 86400")  # fmt: skip
    write(workspace, "sleeps", "import time\ntime.sleep(600)")
    future = time.time() + 365 * 86400
    for path in (*workspace.data.rglob("*"), *workspace.playbooks.iterdir()):
        os.utime(path, (future, future))
    paths = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    told = run(workspace, "acme", "--cell-seconds", "4", "--run-seconds", "60", PYTHONPATH=paths)
    assert told.code == 1
    assert "stopped, since the cell took longer than 4 s" in told.err
    assert reports_of(workspace) == ["acme/clock", "acme/stay"]
    told = run(workspace, "acme", "--playbook", "stay", "--playbook", "clock", PYTHONPATH=paths)
    assert told.code == 0
    assert "up to date: stay, clock" in told.out or "up to date: clock, stay" in told.out


DETACHES = """\
import subprocess, os
told = os.path.join(os.environ["RETENTION_LAB_HOME"], "detached.pid")
subprocess.run(["sh", "-c", f"(setsid sleep 1000 >/dev/null 2>&1 & echo $! > {told}); exit 0"], check=True)
"""


@pytest.mark.parametrize("engine", ["warm", "plain"])
def test_what_a_cell_has_detached_ends_with_its_run(workspace, write, engine: str) -> None:
    write(workspace, "detaches", DETACHES)
    runs = plan_runs(workspace, "acme", playbooks=["detaches"]).runs
    (result,) = run_batch(runs, engine=engine, on_progress=ignore)
    assert result.status == "ok"
    pid = int((workspace.root / "detached.pid").read_text())
    assert until(lambda: not is_running(pid))


def test_a_line_without_an_end_and_a_template_that_hangs_hold_nobody_up(workspace, write) -> None:
    write(workspace, "hangs", "import os, signal", "os.kill(os.getppid(), signal.SIGSTOP)")
    write(workspace, "long", "import sys", "print('z' * 2_000_000, end=''); sys.stderr.write('e' * 2_000_000)")
    results = run_batch(plan_runs(workspace, "acme").runs, jobs=1, limits=Limits(run_seconds=60), on_progress=ignore)
    assert [result.status for result in results] == ["ok"] * 3
