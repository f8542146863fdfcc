"""Files and folders that nobody ever sees half of, and that do not stay behind."""

import os
import shutil
import tempfile
from pathlib import Path

# What leaves room for the names of sockets.
_SHORT = "retention-lab-"
_LONG = 60


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there in one step."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        partial.write_bytes(content)
        move_over(partial, path)
    except OSError:
        # On a full disk, half a file only takes the room that the next one needs.
        partial.unlink(missing_ok=True)
        raise


def move_over(source: Path, target: Path) -> None:
    """Move a file over another one. After a power cut there is the old one or the new one, whole."""
    descriptor = os.open(source, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(source, target)


def make_short_folder() -> Path:
    """A folder for sockets, which only this process's owner may enter; what dead processes left is removed.

    A Unix socket's path may have 107 characters, and a report's folder alone can have more; so can a folder for
    temporary files.
    """
    beside = tempfile.gettempdir()
    if len(os.fsencode(beside)) > _LONG:
        beside = "/tmp"
    for folder in Path(beside).glob(f"{_SHORT}*-*"):
        remove_if_left(folder, folder.name.removeprefix(_SHORT).partition("-")[0])
    return Path(tempfile.mkdtemp(prefix=f"{_SHORT}{os.getpid()}-", dir=beside))


def remove_if_left(folder: Path, pid: str) -> None:
    """Remove a folder whose process is gone. One that is named after no process is somebody else's."""
    if pid.isdigit() and not _is_alive(int(pid)):
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
