"""Who makes which run just now, so that two runners on one workspace never make the same one.

A claim is a lock on a small file, which the system takes back when the process ends, however it ends. There is no age
to judge and no process number to look up: numbers are used again, clocks jump, and laptops change their names.
"""

import fcntl
import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from retention_lab.runner.keys import RunKey, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that makes a run: its number (0 where it has not told yet), its machine, since when (ISO, UTC)."""

    pid: int = 0
    host: str = ""
    since: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}" if self.pid else "another process"


class Claims:
    """The claims of one runner, as locked files in a folder. Each keeps a file open until it is released."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Path, int] = {}

    def take(self, key: RunKey) -> Owner | None:
        """Claim a run; None if it is ours now. Raises OSError where the folder cannot be written."""
        path = self._path(key)
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                ours = _is_at(descriptor, path)
            except BlockingIOError:
                owner = _told(descriptor)
                os.close(descriptor)
                return owner
            except OSError:
                os.close(descriptor)
                raise
            if ours:
                _tell(descriptor)
                self._held[path] = descriptor
                return None
            # Its holder removed the file between our opening and our locking it: there may be another one by now.
            os.close(descriptor)

    def release(self, key: RunKey) -> None:
        """Let others have a run; nothing happens where it was not ours."""
        self._release(self._path(key))

    def close(self) -> None:
        """Release all that is held."""
        for path in list(self._held):
            self._release(path)

    def _path(self, key: RunKey) -> Path:
        return self._folder / digest(key.to_dict())[:32]

    def _release(self, path: Path) -> None:
        descriptor = self._held.pop(path, None)
        if descriptor is None:
            return
        # In this order: once the lock is gone, the file of that name may be somebody else's.
        with suppress(OSError):
            if _is_at(descriptor, path):
                path.unlink()
        # Closing alone would leave it locked while a process that was forked meanwhile has it open.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _tell(descriptor: int) -> None:
    """Write down who has the lock. It is the lock that counts, so a full disk is no reason to stop."""
    owner = Owner(pid=os.getpid(), host=socket.gethostname(), since=datetime.now(UTC).isoformat(timespec="seconds"))
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(owner)).encode(), 0)


def _told(descriptor: int) -> Owner:
    try:
        return Owner(**json.loads(os.pread(descriptor, 1000, 0)))
    except (OSError, ValueError, TypeError):
        return Owner()
