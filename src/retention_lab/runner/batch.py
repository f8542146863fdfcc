"""Many runs at once: no process sees two clients' data, a failure stops nobody, and Ctrl-C leaves nothing running."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from retention_lab.runner.outcome import RunResult, current_result, failed_record
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.publish import keep_failure
from retention_lab.runner.record import RunError
from retention_lab.runner.worker import serve

# How long a worker may take to shut its kernel down when it is told to stop.
_GRACE_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is: begun (`done` is 0 and no cell), in a cell, or at its end (`result`)."""

    run: PlannedRun
    done: int = 0
    total: int = 0
    cell: str = ""
    result: RunResult | None = None


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    client: str
    run: PlannedRun | None = None
    cell: str = ""


def default_jobs() -> int:
    """As many as there are processors that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_batch(
    runs: Sequence[PlannedRun], *, jobs: int | None = None, on_progress: Callable[[Progress], None]
) -> list[RunResult]:
    """Make all runs, at most `jobs` at once, and return a result for each, in the order of `runs`."""
    results: dict[str, RunResult] = {}

    def note(result: RunResult) -> None:
        results[result.run.run_id] = result
        on_progress(Progress(run=result.run, result=result))

    for run in runs:
        if run.current:
            note(current_result(run))
    pending = [run for run in runs if not run.current]
    workers: list[_Worker] = []
    try:
        while pending or any(worker.run for worker in workers):
            _assign(workers, pending, jobs or default_jobs(), on_progress)
            _listen(workers, note, on_progress)
    finally:
        _stop(workers)
    return [results[run.run_id] for run in runs]


def _assign(
    workers: list[_Worker], pending: list[PlannedRun], jobs: int, on_progress: Callable[[Progress], None]
) -> None:
    """Give work to idle workers. A worker sees one client's data only; one that has no more work makes room."""
    for worker in [worker for worker in workers if not worker.run]:
        mine = next((run for run in pending if run.key.client == worker.client), None)
        if mine is None:
            _stop([worker])
            workers.remove(worker)
            continue
        pending.remove(mine)
        _send(worker, mine, on_progress)
    while pending and len(workers) < jobs:
        worker = _start(pending[0].key.client)
        workers.append(worker)
        _send(worker, pending.pop(0), on_progress)


def _send(worker: _Worker, run: PlannedRun, on_progress: Callable[[Progress], None]) -> None:
    worker.run, worker.cell = run, ""
    on_progress(Progress(run=run))
    # One that died while idle: `_listen` finds the end of the pipe and records the run as failed.
    with suppress(OSError):
        worker.connection.send(run)


def _listen(workers: list[_Worker], note: Callable[[RunResult], None], on_progress: Callable[[Progress], None]) -> None:
    """Wait until some worker says something, and pass it on."""
    ready = wait([worker.connection for worker in workers])
    for worker in [worker for worker in workers if worker.connection in ready and worker.run]:
        run = worker.run
        assert run is not None
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            workers.remove(worker)
            _stop([worker])
            note(_died(worker, run))
            continue
        if isinstance(message, RunResult):
            worker.run = None
            note(message)
        else:
            done, total, worker.cell = message
            on_progress(Progress(run=run, done=done, total=total, cell=worker.cell))


def _died(worker: _Worker, run: PlannedRun) -> RunResult:
    """A worker that was killed, most often for want of memory, cannot record its run: we do."""
    code = worker.process.exitcode or 0
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    hint = "where memory is short, run with --jobs 1" if code < 0 else "is the disk full, or the reports folder locked?"
    message = f"the process ended ({how}); {hint}"
    error = RunError(kind="crash", name="ProcessDied", message=message, cell=worker.cell)
    folder = keep_failure(None, run.folder.parent, failed_record(run, error, {}))
    return RunResult(run=run, status="failed", folder=folder, error=error)


def _start(client: str) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    with _deaf_to_interrupts():
        process.start()
    theirs.close()
    return _Worker(process=process, connection=ours, client=client)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process started in here ignores Ctrl-C: it is for us to end it, or its traceback lands on the terminal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(workers: list[_Worker]) -> None:
    """End workers: the idle ones see the end of their pipe, the busy ones are told to."""
    for worker in workers:
        worker.connection.close()
        if worker.run:
            worker.process.terminate()
    for worker in workers:
        worker.process.join(_GRACE_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
