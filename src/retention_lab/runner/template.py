"""To have processes forked by a template, which has imported everything once; `template_process` is its other side.

Whoever wants a process connects to the template's socket, sends a `Request`, and is sent the process id. The
connection stays open: the exit status arrives on it, and a kernel ends when the other side of it is closed, so that
no kernel goes on for somebody who is gone. The template ends when its standard input is closed.
"""

import contextlib
import os
import pickle
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retention_lab.runner.files import make_short_folder

# Where a worker finds the template that it was forked from.
ADDRESS = "RETENTION_LAB_TEMPLATE"
# The folder that it starts in is taken off the path. With the option -P, which does that too, no kernel could import
# from the folder of its notebook.
_OFF_THE_PATH = "import sys; sys.path[:1] = filter(None, sys.path[:1])"
_COMMAND = f"{_OFF_THE_PATH}; from retention_lab.runner.template_process import main; main()"
ANSWER_SECONDS = 120
# How long a template may take to tell how a process has ended that the system says is gone.
_TELL_SECONDS = 1
# The environment of everything that runs cells. Nothing of the person who runs it may show in a report: no time zone,
# no thread count, no width of a terminal, no chart that pyplot still holds. And a library that starts threads when it
# is imported, as BLAS and pyarrow do unless they are told, does not survive a fork.
SETTINGS = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "agg",
    "COLUMNS": "80",
    "LINES": "24",
    "TZ": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A process to be forked: a worker, which is given a connection, or a kernel with its command line."""

    kind: Literal["worker", "kernel"]
    argv: tuple[str, ...] = ()
    cwd: str = ""
    environment: Mapping[str, str] | None = None


def can_fork() -> bool:
    """Whether this system has what a template needs. macOS can fork, but its libraries do not survive it."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


class Forked:
    """A forked process, as far as `subprocess.Popen` has a word for it. It leads its own process group."""

    stdin = stdout = stderr = None

    returncode: int | None = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection, self.pid = connection, pid
        try:
            self._watched: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            # It has ended already, and how is on the connection.
            self._watched = None

    def poll(self) -> int | None:
        """The exit status, or None while it runs. Without a template to tell the status, it is that of a kill."""
        if self.returncode is None:
            gone = not self._goes_on()
            try:
                self._connection.settimeout(_TELL_SECONDS if gone else 0)
                told = self._connection.recv(32)
            except OSError:
                # Nothing yet; or nobody is left who could tell, or the template hangs.
                told = b""
            if not told and not gone:
                return None
            self.returncode = int(told) if told else -signal.SIGKILL
            self._connection.close()
            if self._watched is not None:
                os.close(self._watched)
        return self.returncode

    def _goes_on(self) -> bool:
        """Whether it runs, asked of the system: a template that has been killed tells nothing any more."""
        if self._watched is None:
            return False
        watch = select.poll()
        watch.register(self._watched, select.POLLIN)
        return not watch.poll(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, when it has come. Raises subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("forked process", timeout or 0)
            time.sleep(0.01)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and to what it has started."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Template:
    """A template process of our own; it ends with `close`, and with us."""

    def __init__(self) -> None:
        self._folder = make_short_folder()
        self.address = str(self._folder / "t")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            # Whoever asks before it has imported everything waits in this queue.
            listener.listen(128)
            self._process = self._start(listener.fileno())

    def _start(self, listener: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(listener)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener],
            env={**os.environ, **SETTINGS, ADDRESS: self.address, "JPY_PARENT_PID": ""},
            # Not a folder that goes away while those that were forked go on.
            cwd="/",
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End the template; what it has forked goes on."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def fork(address: str, request: Request, descriptors: Sequence[int] = (), patience: float = ANSWER_SECONDS) -> Forked:
    """Have the template at an address fork a process. Raises OSError where there is none, or it ends meanwhile."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.settimeout(patience)
        connection.connect(address)
        socket.send_fds(connection, [pickle.dumps(request)], list(descriptors))
        answer = connection.recv(32)
        if not answer:
            raise ConnectionResetError("the template process has ended")
        return Forked(connection, int(answer))
    except BaseException:
        connection.close()
        raise
