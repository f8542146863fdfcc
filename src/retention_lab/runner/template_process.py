"""The template process: it imports everything once, and forks a worker or a kernel whenever it is asked to.

Imports are most of the time that a short report takes; a fork takes over what is imported, in some milliseconds.
The template itself must stay fit to be forked: it has one thread, no ZMQ context, no event loop, no engine handle.
"""

import builtins
import contextlib
import gc
import importlib
import importlib.util
import os
import pickle
import pkgutil
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from retention_lab.runner.limits import adopt_orphans, kill_tree
from retention_lab.runner.template import ADDRESS, ANSWER_SECONDS, SETTINGS, Request

_LARGEST_REQUEST = 200_000
# The exporter is for nbconvert, and brings all of it along.
_NOT_NEEDED = ("retention_lab.cli", "retention_lab.demo", "retention_lab.report.exporter")

# What a kernel imports when it starts.
_OF_KERNELS = (
    "ipykernel.debugger", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell", "faulthandler", "pdb",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
)  # fmt: skip


def main() -> None:
    """The template process: import everything, then fork on request; in a forked process, do what was asked for."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    import_everything()
    # What is here already is shared with all that are forked; a collection would touch, and so copy, every page.
    gc.collect()
    gc.freeze()
    task = _answer(listener)
    if task:
        task()
    else:
        # Whoever it belongs to has ended, perhaps without a chance to tidy up.
        shutil.rmtree(Path(os.environ[ADDRESS]).parent, ignore_errors=True)


def import_everything() -> None:
    """Import what workers and kernels need, ours and others', and fill what is filled at the first use."""
    from retention_lab.runner.worker import shorten_imports

    shorten_imports()
    _import_pandas()
    import retention_lab

    for module in pkgutil.walk_packages(retention_lab.__path__, "retention_lab."):
        if not module.name.startswith(_NOT_NEEDED):
            importlib.import_module(module.name)
    for name in _OF_KERNELS:
        importlib.import_module(name)
    for layer in ("tables", "analysis.feedback", "views", "report"):
        importlib.import_module(f"retention_lab.{layer}.warm").warm_up()


def _import_pandas() -> None:
    """As a kernel does: where it finds none, pandas takes this for a terminal, and cuts wide tables in another way."""
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    try:
        importlib.import_module("pandas")
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]


def _answer(listener: socket.socket) -> Callable[[], None] | None:
    """Serve until standard input is closed. In a forked process this returns, with what that process is to do."""
    running: dict[int, tuple[int, socket.socket]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(0, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == 0:
                    return None
                if key.fd in running:
                    selector.unregister(key.fd)
                    _report(key.fd, *running.pop(key.fd))
                    continue
                task = _fork(listener, running)
                if task:
                    return task
                for descriptor in running.keys() - selector.get_map().keys():
                    selector.register(descriptor, selectors.EVENT_READ)


def _fork(listener: socket.socket, running: dict[int, tuple[int, socket.socket]]) -> Callable[[], None] | None:
    """Fork for whoever is next in the queue. In the forked process, return what it is to do."""
    connection, _address = listener.accept()
    descriptors: list[int] = []
    try:
        connection.settimeout(ANSWER_SECONDS)
        message, descriptors, _flags, _address = socket.recv_fds(connection, _LARGEST_REQUEST, 1)
        request: Request = pickle.loads(message)
        pid = os.fork()
    except (OSError, EOFError, pickle.UnpicklingError):
        # Whoever asked finds the connection closed, and helps himself.
        _close(connection, descriptors)
        return None
    if pid == 0:
        listener.close()
        for watched, (_pid, other) in running.items():
            # A copy of another's connection would keep it open beyond its end.
            os.close(watched)
            other.close()
        return lambda: _become(request, connection, descriptors)
    try:
        running[os.pidfd_open(pid)] = (pid, connection)
        _close(None, descriptors)
        connection.send(str(pid).encode())
    except BrokenPipeError:
        # Whoever asked has gone meanwhile; a worker or a kernel ends by itself then.
        pass
    except OSError:
        # No descriptor is left to watch it with.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        _close(connection, descriptors)
    return None


def _close(connection: socket.socket | None, descriptors: list[int]) -> None:
    if connection:
        connection.close()
    while descriptors:
        os.close(descriptors.pop())


def _report(watched: int, pid: int, connection: socket.socket) -> None:
    """A forked process has ended: end what it has left running, and tell whoever asked for it how."""
    with contextlib.suppress(ProcessLookupError):
        # Its number, and so that of its group, is nobody else's until it has been waited for.
        os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())
    connection.close()
    os.close(watched)


def _become(request: Request, connection: socket.socket, descriptors: list[int]) -> None:
    """Be what was asked for, in a process of its own: group, environment, folder, random numbers."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    if request.environment is not None:
        os.environ.clear()
        os.environ.update(request.environment)
        time.tzset()
    if request.cwd:
        os.chdir(request.cwd)
    # Where temporary files go was found out in the template, if a library asked.
    tempfile.tempdir = None
    _draw_other_numbers()
    if request.kind == "worker":
        from multiprocessing.connection import Connection

        from retention_lab.runner.worker import serve

        connection.close()
        serve(Connection(descriptors[0]))
        # Nothing is left to do, and taking down an interpreter this large takes a while.
        os._exit(0)
    else:
        adopt_orphans()
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        _be_kernel(list(request.argv))


def _draw_other_numbers() -> None:
    """Forks of one process would all draw the same random numbers."""
    import random

    import numpy as np

    random.seed()
    np.random.seed()  # noqa: NPY002


def _end_with(connection: socket.socket) -> None:
    """End this process, and all that it has started, when nobody is left who asked for it."""
    connection.setblocking(True)
    with contextlib.suppress(OSError):
        connection.recv(1)
    kill_tree(os.getpid())


def _be_kernel(argv: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin or "" if launcher else "", *argv]
    _set_backend()
    app: Any = IPKernelApp.instance()
    app.initialize(argv)
    app.start()


def _set_backend() -> None:
    """The backend: matplotlib read it from the template's environment; a person's front end may want another."""
    backend = os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None and backend != SETTINGS["MPLBACKEND"]:
        matplotlib.use(backend)
