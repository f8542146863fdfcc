"""Many runs at once, each in a process of its own: a failure stops nobody, and Ctrl-C leaves nothing running."""

import math
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from retention_lab.runner.limits import Limits, kill_tree
from retention_lab.runner.outcome import RunResult, current_result, elsewhere_result
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.publish import failed_result, private_folder, require_writable
from retention_lab.runner.record import RunError, is_current
from retention_lab.runner.starter import Engine, Process, Starter

if TYPE_CHECKING:
    from retention_lab.runner.ledger.ledger import Ledger

# How long a worker may take to end when it is told to, and beyond its deadline to put down what it has.
_GRACE_SECONDS = 5
_PUT_DOWN_SECONDS = 30
# How often a batch that may be called off looks whether it has been.
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is: begun (no `total` yet), in a cell, past the last one (`done` is `total`), or ended (`result`)."""

    run: PlannedRun
    done: int = 0
    total: int = 0
    cell: str = ""
    result: RunResult | None = None


@dataclass(slots=True)
class _Worker:
    process: Process
    connection: Connection
    run: PlannedRun
    ends: float
    cell: str = ""
    # Its kernel has ended, and it only writes the report down.
    writing: bool = False
    overdue: bool = False


def default_jobs(limits: Limits) -> int:
    """As many as there are processors that we may use, and as find room in the memory that is free now."""
    import psutil

    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, int(psutil.virtual_memory().available / 2**30 / limits.memory_gib)))


def run_batch(
    runs: Sequence[PlannedRun],
    *,
    on_progress: Callable[[Progress], None],
    jobs: int | None = None,
    engine: Engine = "warm",
    limits: Limits | None = None,
    fail_fast: bool = False,
    ledger: "Ledger | None" = None,
    starter: Starter | None = None,
    wanted: Callable[[], bool] | None = None,
) -> list[RunResult]:
    """Make all runs, at most `jobs` at once, and return a result for each that came to an end, in the order of `runs`.

    With `fail_fast`, no run begins after one has failed. With a `ledger`, a run that another runner is making is left
    to it, and what comes of ours is entered. A `starter` that is handed in is used and stays open. Once `wanted` says
    no, all is ended as by Ctrl-C. Raises DataError where nothing can be written among the reports.
    """
    limits = limits or Limits()
    batch = _Batch(limits=limits, jobs=jobs or default_jobs(limits), on_progress=on_progress, ledger=ledger)
    for run in runs:
        if run.current:
            batch.note(current_result(run))
    batch.pending = [run for run in runs if not run.current]
    for reports in {run.workspace.reports for run in batch.pending}:
        require_writable(reports)
    with nullcontext(starter) if starter else Starter(engine) as start, told_to_stop():
        try:
            while (batch.pending or batch.workers) and (wanted is None or wanted()):
                batch.begin(start)
                batch.listen(_LOOK_SECONDS if wanted else math.inf)
                if fail_fast and batch.failed:
                    batch.pending.clear()
        finally:
            batch.stop()
    return batch.in_order(runs)


@dataclass(slots=True, kw_only=True)
class Results:
    """What came of the runs that have ended, told and entered as it comes."""

    on_progress: Callable[[Progress], None]
    ledger: "Ledger | None"
    results: dict[str, RunResult] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return any(result.status == "failed" for result in self.results.values())

    def note(self, result: RunResult) -> None:
        self.results[result.run.run_id] = result
        if self.ledger and result.status in ("ok", "failed"):
            self.ledger.note(result.folder)
        self.on_progress(Progress(run=result.run, result=result))

    def take(self, run: PlannedRun) -> bool:
        """Claim a run and tell that it begins; False where another runner is making it, or has made it meanwhile."""
        owner = self.ledger.claim(run.key) if self.ledger else None
        if owner:
            self.note(elsewhere_result(run, str(owner)))
        elif self.ledger and not run.forced and is_current(run.folder, run.fingerprint):
            # Another runner has made it since it was planned.
            self.ledger.release(run.key)
            self.note(current_result(run))
        else:
            self.on_progress(Progress(run=run))
            return True
        return False

    def give_back(self, run: PlannedRun) -> None:
        """Let others claim a run that has ended."""
        if self.ledger:
            self.ledger.release(run.key)

    def in_order(self, runs: Sequence[PlannedRun]) -> list[RunResult]:
        """The results there are, in the order of the runs."""
        return [self.results[run.run_id] for run in runs if run.run_id in self.results]


@dataclass(slots=True, kw_only=True)
class _Batch(Results):
    """Runs that wait, runs that go on, and what came of the others."""

    limits: Limits
    jobs: int
    pending: list[PlannedRun] = field(default_factory=list)
    workers: list[_Worker] = field(default_factory=list)
    # Processes that have told their result, and may need a moment to end.
    leaving: list[Process] = field(default_factory=list)

    def begin(self, starter: Starter) -> None:
        """Begin as many runs as there is room for."""
        self.leaving = [process for process in self.leaving if process.poll() is None]
        while self.pending and sum(not worker.writing for worker in self.workers) < self.jobs:
            run = self.pending.pop(0)
            if self.take(run):
                self._start(run, starter)

    def _start(self, run: PlannedRun, starter: Starter) -> None:
        ours, theirs = Pipe()
        with theirs:
            process = starter.start(theirs)
        worker = _Worker(process, ours, run, time.monotonic() + self.limits.run_seconds + _PUT_DOWN_SECONDS)
        self.workers.append(worker)
        # One that has died already is found by `listen`, which sees the end of its pipe.
        with suppress(OSError):
            ours.send((run, self.limits))

    def listen(self, seconds: float) -> None:
        """Wait, for so long at most, until some worker says something or is overdue, and pass it on."""
        if not self.workers:
            return
        soonest = min(worker.ends for worker in self.workers)
        patience = min(seconds, max(0, soonest - time.monotonic()))
        ready = wait([worker.connection for worker in self.workers], patience)
        for worker in list(self.workers):
            if worker.connection in ready:
                self._hear(worker)
            elif time.monotonic() > worker.ends:
                # Its own watch should have ended it long ago.
                worker.overdue = True
                kill_tree(worker.process.pid)

    def _hear(self, worker: _Worker) -> None:
        try:
            message: Any = worker.connection.recv()
        except (EOFError, OSError):
            message = _died(worker)
        if not isinstance(message, RunResult):
            done, total, worker.cell = message
            worker.writing = done == total
            self.on_progress(Progress(run=worker.run, done=done, total=total, cell=worker.cell))
            return
        self.workers.remove(worker)
        self.leaving.append(worker.process)
        worker.connection.close()
        self.give_back(worker.run)
        # Its run is a copy of ours, and hundreds of copies would add up.
        self.note(replace(message, run=worker.run))

    def stop(self) -> None:
        """End all workers: each sees the end of its pipe, shuts its kernel down and takes its folder away."""
        for worker in self.workers:
            worker.connection.close()
            worker.process.terminate()
        end = time.monotonic() + _GRACE_SECONDS
        for process in [*self.leaving, *(worker.process for worker in self.workers)]:
            try:
                process.wait(max(0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                kill_tree(process.pid)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE_SECONDS)
        for worker in self.workers:
            shutil.rmtree(private_folder(worker.run.folder.parent, worker.run.run_id, worker.process.pid), True)
            self.give_back(worker.run)
        self.workers.clear()


def _died(worker: _Worker) -> RunResult:
    """A worker that was killed, most often for want of memory, cannot record its run: we do."""
    with suppress(subprocess.TimeoutExpired):
        worker.process.wait(_GRACE_SECONDS)
    run, code = worker.run, worker.process.poll() or 0
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    hint = "where memory is short, run with --jobs 1" if code < 0 else "is the disk full, or the reports folder locked?"
    message = f"the process ended ({how}); {hint}"
    if worker.overdue:
        message = "stopped: it had not ended long after its time was over"
    error = RunError(kind="crash", name="ProcessDied", message=message, cell=worker.cell)
    shutil.rmtree(private_folder(run.folder.parent, run.run_id, worker.process.pid), ignore_errors=True)
    return failed_result(run, error)


@contextmanager
def told_to_stop() -> Iterator[None]:
    """Being told to end by the system is like Ctrl-C: what goes on is ended in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
