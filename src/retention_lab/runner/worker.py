"""The other side of `batch`: a process that makes the runs of one client, one after the other."""

import os
import signal
import sys
import threading
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import NoReturn

from retention_lab.runner.plan import PlannedRun


def serve(connection: Connection) -> None:
    """Make each run that arrives, tell of each cell, and answer with a RunResult; end at None."""
    signal.signal(signal.SIGTERM, _stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _keep_quiet()
    # With the extras that JupyterLab asks for, jsonschema imports a grammar of web addresses for which nothing here
    # has any use. It takes 2.3 of the 3.2 seconds that papermill needs, and jsonschema does without it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from retention_lab.runner.execute import execute_run

    while (run := _next(connection)) is not None:
        result = execute_run(run, on_cell=lambda done, total, cell: connection.send((done, total, cell)))
        connection.send(result)


def _next(connection: Connection) -> PlannedRun | None:
    try:
        run: PlannedRun | None = connection.recv()
    except EOFError:
        return None
    return run


def _stop(signum: int, _frame: FrameType | None) -> NoReturn:
    # Unlike the default, this unwinds: the kernel is shut down and the private folder removed.
    raise SystemExit(128 + signum)


def _end_with_parent() -> None:
    """However the command line ends, no kernel may go on computing for a report that nobody will get."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _keep_quiet() -> None:
    """Kernels write warnings to the terminal, across the progress display; what matters is in the result."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
