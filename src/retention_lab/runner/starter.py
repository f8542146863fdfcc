"""Who starts the processes that make runs: forked from a template while there is one, anew otherwise."""

import logging
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import Literal, Protocol

from retention_lab.runner.template import ANSWER_SECONDS, Request, Template, can_fork, fork

Engine = Literal["warm", "plain"]
# How long a template that has answered before may take to fork.
_PATIENCE_SECONDS = 10
_log = logging.getLogger(__name__)
_COMMAND = "from retention_lab.runner.worker import main; main()"


class Process(Protocol):
    """What a process that was forked and one that was started have in common."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...


class Starter:
    """Starts workers, and keeps the template that they are forked from until it is closed. Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._warm = engine == "warm" and can_fork()
        self._template: Template | None = None
        self._lock = threading.Lock()
        # Before its first answer, a template imports everything.
        self._patience: float = ANSWER_SECONDS

    def __enter__(self) -> "Starter":
        return self

    def __exit__(self, *_error: object) -> None:
        if self._template:
            self._template.close()

    def start(self, theirs: Connection) -> Process:
        """A worker at the other end of a connection."""
        for _attempt in range(2 if self._warm else 0):
            template = None
            try:
                template = self._living_template()
                forked = fork(template.address, Request(kind="worker"), [theirs.fileno()], self._patience)
                self._patience = _PATIENCE_SECONDS
                return forked
            except OSError:
                # It was killed, or hangs; the runs that it had forked go on, and another one takes its place.
                self._give_up(template)
        if self._warm:
            _log.warning("every run now starts from nothing, which is slower, since none can be forked")
        self._warm = False
        return _spawn(theirs)

    def _living_template(self) -> Template:
        with self._lock:
            if self._template and not self._template.alive:
                self._template.close()
                self._template = None
            self._template = self._template or Template()
            return self._template

    def _give_up(self, template: Template | None) -> None:
        """Its process may need a moment to end after its socket is gone: it must not be asked again."""
        with self._lock:
            if template and template is self._template:
                template.close()
                self._template, self._patience = None, ANSWER_SECONDS


def _spawn(theirs: Connection) -> Process:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _COMMAND, str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
