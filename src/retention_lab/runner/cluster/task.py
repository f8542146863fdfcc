"""What a Dask worker is asked for: what it is made of, and one run at a time. The other side is `cluster`."""

import os
import pickle
import platform
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from retention_lab.runner.batch import run_batch
from retention_lab.runner.fingerprints import HashCache
from retention_lab.runner.limits import Limits
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.starter import Starter
from retention_lab.tables.workspace import Workspace

# Two threads that ask for what is cached at once would both make it.
_ONE_AT_A_TIME = threading.Lock()


def describe(root: str, mark: str) -> dict[str, Any]:
    """What this process is made of, and whether it sees a folder called `mark` among the reports of a workspace.

    As plain data, which a runner of another version can read too.
    """
    here = _workspace_here(Workspace(Path(root)))
    made_of = _made_of()
    return {
        "host": platform.node(),
        "python": platform.python_version(),
        "code": made_of.code,
        "versions": made_of.versions,
        "root": str(here.root),
        "sees": (here.reports / mark).is_dir(),
        "writes": os.access(here.reports, os.W_OK),
    }


def make_run(job: bytes) -> RunResult:
    """Make the pickled (run, limits) in processes of its own, and answer with the folders as the client knows them.

    It ends early where the client calls it off or goes away, and where this worker is told to close.
    """
    from distributed import Reschedule

    run, limits = _unpack(job)
    here = _workspace_here(run.workspace)
    moved = replace(
        run,
        workspace=here,
        playbook=replace(run.playbook, path=here.root / run.playbook.path.relative_to(run.workspace.root)),
    )
    results = run_batch(
        [moved], jobs=1, limits=limits, on_progress=lambda _: None, starter=_starter(), wanted=_is_wanted()
    )
    if not results:
        raise Reschedule
    folder = run.workspace.root / results[0].folder.relative_to(here.root)
    return replace(results[0], run=run, folder=folder)


def _unpack(job: bytes) -> tuple[PlannedRun, Limits]:
    run, limits = pickle.loads(job)
    return run, limits


def _workspace_here(workspace: Workspace) -> Workspace:
    """The workspace, which a machine may know under another path."""
    home = os.environ.get("RETENTION_LAB_HOME")
    return Workspace(Path(home).expanduser()) if home else workspace


def _is_wanted() -> Callable[[], bool]:
    """Something to ask whether the task of this thread is still to be done, and by this process."""
    from distributed import Status, get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def ask() -> bool:
        task = worker.state.tasks.get(key)
        leaving = worker.status in (Status.closing, Status.closed, Status.failed)
        return task is not None and task.state != "cancelled" and not leaving

    return ask


@cache
def _made_of() -> HashCache:
    """Our code as it was when this process first looked; what is installed later is not what it runs."""
    return HashCache(Path(os.devnull))


def _starter() -> Starter:
    """One template for all runs of this process: they begin warm from the second on. It ends with the process."""
    with _ONE_AT_A_TIME:
        return _made_starter()


@cache
def _made_starter() -> Starter:
    return Starter("warm")
