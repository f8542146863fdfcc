"""The other side of `batch`: a process that makes one run."""

import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from types import FrameType
from typing import NoReturn

from retention_lab.runner.limits import Limits, adopt_orphans, kill_tree
from retention_lab.runner.plan import PlannedRun


def main() -> None:
    """A worker that was started, not forked: its connection's descriptor is on its command line."""
    adopt_orphans()
    try:
        serve(Connection(int(sys.argv[1])))
    finally:
        # What a cell has detached is ours by now, and goes with us, whoever else tells us to end.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kill_tree(os.getpid())


def serve(connection: Connection) -> None:
    """Make the run that arrives, tell of each cell, and answer with a RunResult."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _keep_quiet()
    shorten_imports()
    from retention_lab.runner.execute import execute_run

    try:
        job: tuple[PlannedRun, Limits] = connection.recv()
    except EOFError:
        # Whoever asked has gone.
        return
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    run, limits = job
    connection.send(execute_run(run, limits=limits, on_cell=lambda *at: connection.send(at)))


def shorten_imports() -> None:
    """Do without what takes long to import and has no use here.

    With the extras that JupyterLab asks for, jsonschema imports a grammar of web addresses. It takes 2.3 of the 3.2
    seconds that papermill needs, and jsonschema does without it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _stop(signum: int, _frame: FrameType | None) -> NoReturn:
    # Unlike the default, this unwinds: the kernel is shut down and the private folder removed.
    raise SystemExit(128 + signum)


def _end_with(connection: Connection) -> None:
    """However the runner ends, no kernel may go on computing for a report that nobody will get."""
    try:
        connection.poll(None)
    except OSError:
        return
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _keep_quiet() -> None:
    """Kernels write warnings to the terminal, across the progress display; what matters is in the result."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
