"""The same runs on a Dask cluster, over a folder that all its machines share. No report goes through the scheduler.

Each run is sent to a worker that has been looked at first, and no more runs than it has threads: what has begun is
being made, few claims are open at once, and when a worker is lost, it is known which runs are to be sent again.
"""

import logging
import pickle
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from retention_lab.errors import RetentionLabError
from retention_lab.runner.batch import Progress, Results, told_to_stop
from retention_lab.runner.cluster.task import make_run
from retention_lab.runner.cluster.workers import Demand, connected, demand, examine, first_workers
from retention_lab.runner.limits import Limits
from retention_lab.runner.outcome import RunResult, current_result
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.publish import failed_result
from retention_lab.runner.record import RunError

if TYPE_CHECKING:
    from retention_lab.runner.ledger.ledger import Ledger

# How often to see which workers there are; and how long to wait for one when all are gone: they may be restarted.
_LOOK_SECONDS = 1
_PATIENCE_SECONDS = 60
_ANSWER_SECONDS = 10
# A run whose workers die time and again may be what kills them.
_TRIES = 3
_LOST_SCHEDULER = "the scheduler was lost; once it is there again, run this again with --resume"
_NO_WORKER = "no worker was left; once there are some, run this again with --resume"
_LOST_WORKER = f"the worker that made it was lost, {_TRIES} times; was its memory short?"
_log = logging.getLogger(__name__)


def run_on_cluster(
    runs: Sequence[PlannedRun],
    address: str,
    *,
    on_progress: Callable[[Progress], None],
    limits: Limits | None = None,
    fail_fast: bool = False,
    ledger: "Ledger | None" = None,
) -> list[RunResult]:
    """Make all runs on the cluster whose scheduler has this address; what is promised is what `run_batch` promises.

    A run whose worker is lost is sent to another one. Raises ParameterError before any run begins where no scheduler
    answers, or a worker has other code or does not see the workspace; DataError where nothing can be written into it.
    """
    results = Results(on_progress=on_progress, ledger=ledger)
    to_make = [run for run in runs if not run.current]
    if to_make:
        with told_to_stop(), demand(to_make[0]) as demanded, connected(address) as client:
            threads = first_workers(client, address, demanded)
            _note_current(runs, results)
            _Cluster(results, client, demanded, limits or Limits(), to_make, threads).make(fail_fast)
    else:
        _note_current(runs, results)
    return results.in_order(runs)


def _note_current(runs: Sequence[PlannedRun], results: Results) -> None:
    for run in runs:
        if run.current:
            results.note(current_result(run))


@dataclass(frozen=True, slots=True)
class _Sent:
    run: PlannedRun
    worker: str
    future: Any


@dataclass(slots=True)
class _Cluster:
    """Runs that wait, runs that are with a worker, and the workers that may be given some, with their threads."""

    results: Results
    client: Any
    demanded: Demand
    limits: Limits
    pending: list[PlannedRun]
    threads: dict[str, int]
    sent: dict[str, _Sent] = field(default_factory=dict)
    # How often a run has been sent, by its id.
    tries: Counter[str] = field(default_factory=Counter)
    unfit: set[str] = field(default_factory=set)
    ended: "queue.SimpleQueue[str]" = field(default_factory=queue.SimpleQueue)
    looked_at: float = 0
    seen_at: float = field(default_factory=time.monotonic)

    def make(self, fail_fast: bool) -> None:
        """Make all that is pending."""
        try:
            while self.pending or self.sent:
                self._look()
                self._send()
                self._hear()
                if fail_fast and self.results.failed:
                    # Those that had begun, and whose worker was lost, go on.
                    self.pending = [run for run in self.pending if run.run_id in self.tries]
        finally:
            self._stop()

    def _look(self) -> None:
        """See which workers there are: new ones are looked at, and the runs of those that are gone wait again."""
        now = time.monotonic()
        if now < self.looked_at + _LOOK_SECONDS:
            return
        try:
            if self.client.status != "running":
                raise ConnectionError("the client has lost its scheduler")
            there = dict(self.client.nthreads())
            self._examine([worker for worker in there if worker not in {*self.threads, *self.unfit}])
        except (OSError, RuntimeError):
            self._give_up("SchedulerLost", _LOST_SCHEDULER)
            return
        self.threads = {worker: n for worker, n in there.items() if worker in self.threads}
        for key, sent in list(self.sent.items()):
            if sent.worker not in self.threads:
                self._send_again(key)
        self.looked_at = time.monotonic()
        if self.threads:
            self.seen_at = self.looked_at
        elif now > self.seen_at + _PATIENCE_SECONDS:
            self._give_up("WorkerLost", _NO_WORKER)

    def _examine(self, new: list[str]) -> None:
        faults = examine(self.client, new, self.demanded) if new else {}
        for worker, wrong in faults.items():
            if wrong:
                self.unfit.add(worker)
                _log.warning("%s", "\n".join(map(str, wrong)))
            else:
                # With how many threads, `_look` knows.
                self.threads[worker] = 0

    def _send(self) -> None:
        """Send as many runs as there are threads that are free."""
        while self.pending and (worker := self._free_worker()):
            run = self.pending.pop(0)
            # One that is sent again has been taken before.
            if run.run_id in self.tries or self.results.take(run):
                self._submit(run, worker)

    def _free_worker(self) -> str:
        """The worker with the most threads that have nothing to do; empty where there is none."""
        busy = Counter(sent.worker for sent in self.sent.values())
        free = {worker: n - busy[worker] for worker, n in self.threads.items() if n > busy[worker]}
        return max(sorted(free), key=lambda worker: free[worker], default="")

    def _submit(self, run: PlannedRun, worker: str) -> None:
        self.tries[run.run_id] += 1
        key = f"retention-lab-{self.demanded.mark[9:17]}-{run.run_id}-{self.tries[run.run_id]}"
        # Packed by us, so that the scheduler hands on bytes that it need not understand.
        future = self.client.submit(make_run, pickle.dumps((run, self.limits)), key=key, workers=[worker], pure=False)
        self.sent[key] = _Sent(run, worker, future)
        future.add_done_callback(lambda ended: self.ended.put(ended.key))

    def _hear(self) -> None:
        """Wait until some run ends, or it is time to look again."""
        with suppress(queue.Empty):
            key = self.ended.get(timeout=_LOOK_SECONDS)
            if key in self.sent:
                self._note_end(key)

    def _note_end(self, key: str) -> None:
        future, run = self.sent[key].future, self.sent[key].run
        if future.status == "cancelled":
            # Not by us: the client calls off what it has sent when it loses the scheduler.
            self._give_up("SchedulerLost", _LOST_SCHEDULER)
        elif future.status == "error":
            self._end(key, _raised(run, future.exception()))
        else:
            try:
                self._end(key, future.result(_ANSWER_SECONDS))
            except OSError:
                # The worker was lost before it could hand over its answer.
                self._send_again(key)

    def _end(self, key: str, result: RunResult) -> None:
        del self.sent[key]
        self.results.give_back(result.run)
        self.results.note(result)

    def _send_again(self, key: str) -> None:
        sent = self.sent[key]
        sent.future.cancel()
        if self.tries[sent.run.run_id] >= _TRIES:
            self._end(key, _failed(sent.run, "WorkerLost", _LOST_WORKER))
        else:
            del self.sent[key]
            self.pending.insert(0, sent.run)

    def _give_up(self, name: str, message: str) -> None:
        """Nobody is left to make what has not ended."""
        for key, sent in list(self.sent.items()):
            self._end(key, _failed(sent.run, name, message))
        for run in self.pending:
            self.results.give_back(run)
            self.results.note(_failed(run, name, message))
        self.pending.clear()

    def _stop(self) -> None:
        """Call off what is with the workers: each sees it within a second, and ends its run in order."""
        for sent in self.sent.values():
            sent.future.cancel()
            self.results.give_back(sent.run)
        for run in self.pending:
            self.results.give_back(run)


def _raised(run: PlannedRun, error: BaseException) -> RunResult:
    """The result of a run that Dask has an error instead of."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return _failed(run, "WorkerLost", _LOST_WORKER)
    if isinstance(error, RetentionLabError):
        return failed_result(run, RunError(kind="data", name=type(error).__name__, message=str(error)))
    return _failed(run, type(error).__name__, str(error))


def _failed(run: PlannedRun, name: str, message: str) -> RunResult:
    """A run that cannot have recorded its own end: we do."""
    return failed_result(run, RunError(kind="crash", name=name, message=message))
