"""What a run may take, and who sees to it: a thread beside papermill, since a hung kernel will not stop itself."""

import ctypes
import itertools
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import psutil

_LOOK_SECONDS = 0.25
# To find what a kernel has started takes a walk through all processes, so not every look does it.
_LOOKS_FOR_OTHERS = 4
_GIB = 2**30
# prctl(2)
_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds for a run and for one cell of it, and the resident memory of its kernel with all that it starts, in GiB.

    Resident memory is watched from outside: a limit on the address space would kill innocents, since opening DuckDB
    alone reserves more than a gigabyte of addresses.
    """

    run_seconds: float = 600
    cell_seconds: float = 300
    memory_gib: float = 2


class Watch:
    """Looks after the kernel of one run, from `follow` on, and ends it where it takes too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = time.monotonic() + limits.run_seconds
        self._cell_end = self._end
        self._done = threading.Event()
        self._kernel: psutil.Process | None = None
        # What the kernel took too much of; empty while it has not.
        self.verdict = ""

    def begin_cell(self) -> None:
        """A cell begins, and has its own time from now on."""
        self._cell_end = time.monotonic() + self._limits.cell_seconds

    def follow(self, pid: int) -> None:
        """Watch a kernel until `stop`."""
        with suppress(psutil.Error):
            self._kernel = psutil.Process(pid)
        threading.Thread(target=self._watch, args=(pid,), daemon=True).start()

    def stop(self) -> None:
        """End what is left of the kernel: a cell may have started what goes on without it."""
        self._done.set()
        kernel, self._kernel = self._kernel, None
        if kernel and kernel.is_running():
            kill_tree(kernel.pid)
        elif kernel:
            # Its number may be another's by now; that of its group is free only once the last of it has ended.
            kill_group(kernel.pid)

    def _watch(self, pid: int) -> None:
        found: list[psutil.Process] = []
        for look in itertools.count():
            if self._done.wait(_LOOK_SECONDS):
                return
            found = _tree(pid) if look % _LOOKS_FOR_OTHERS == 0 else found
            self.verdict = self._too_much(found)
            if self.verdict:
                kill_tree(pid)
                return

    def _too_much(self, processes: list[psutil.Process]) -> str:
        limits = self._limits
        if time.monotonic() > self._end:
            return f"the run took longer than {limits.run_seconds:g} s"
        if time.monotonic() > self._cell_end:
            return f"the cell took longer than {limits.cell_seconds:g} s"
        resident = _resident_bytes(processes) / _GIB
        if resident > limits.memory_gib:
            return f"the kernel took {resident:.2f} GiB of memory, and {limits.memory_gib:g} GiB is the limit"
        return ""


def _resident_bytes(processes: list[psutil.Process]) -> int:
    total = 0
    for process in processes:
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def adopt_orphans() -> None:
    """From now on, what a descendant leaves behind is our child, and is found with us: a cell may detach processes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_tree(pid: int) -> None:
    """End a process and all that it has started: its descendants, and those left of the group that it leads.

    The process itself comes last, so that it can do this to itself.
    """
    for process in reversed(_tree(pid)):
        if process.pid != pid:
            with suppress(psutil.Error):
                process.kill()
    kill_group(pid)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    """End what is left of the group that a process leads, or has led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _tree(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []
