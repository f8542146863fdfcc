"""From a run's private folder to the place where people look, in steps that each leave a whole report."""

import errno
import os
import platform
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from retention_lab.errors import DataError, Fault
from retention_lab.runner.files import move_over, remove_if_left, write_atomically
from retention_lab.runner.outcome import RunResult, failed_record
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.record import RECORD, Record, RunError, file_sha256, read_record, write_record
from retention_lab.tables.workspace import ASSIGNMENTS, LABELS

FAILED = "failed"
_PRIVATE = ".tmp-"
# What the smallest report takes. Some file systems have room for an empty file where they are full.
_ROOM = 65_536
# This machine, as a part of file names: others may share the disk.
HOST = re.sub(r"\W", "_", platform.node())


def make_private_folder(beside: Path, run_id: str) -> Path:
    """An empty folder on the same disk as the reports, where a run may write what it likes."""
    clean_leftovers(beside)
    folder = private_folder(beside, run_id, os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def private_folder(beside: Path, run_id: str, pid: int) -> Path:
    """The private folder of a run in a process of this machine; others may share the reports' disk."""
    return beside / f"{_PRIVATE}{run_id}-{HOST}-{pid}"


def clean_leftovers(beside: Path) -> None:
    """Remove the private folders of runs whose process is gone."""
    for folder in beside.glob(f"{_PRIVATE}*-{HOST}-*"):
        remove_if_left(folder, folder.name.rpartition("-")[2])


def publish(source: Path, target: Path, record: Record) -> Record:
    """Move each file over, then write run.json; what the last run left and this one did not make goes last."""
    target.mkdir(parents=True, exist_ok=True)
    earlier = read_record(target)
    names = _names(source)
    files = {name: file_sha256(source / name) for name in names}
    # A report made again by hand still answers the due time that it answered before.
    record = replace(record, files=files, due=max(record.due, earlier.due if earlier else ""))
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        move_over(source / name, target / name)
    write_record(target, record)
    for name in set(earlier.files if earlier else ()) - set(names):
        # A damaged run.json must not make us delete a file elsewhere.
        if (target / name).resolve().is_relative_to(target.resolve()):
            (target / name).unlink(missing_ok=True)
    # An earlier attempt at this very run, which failed for want of memory perhaps, is history now.
    shutil.rmtree(target.parent / FAILED / record.run_id, ignore_errors=True)
    return record


def hand_over_assignments(source: Path, client: Path) -> None:
    """Move the waves that a run has drawn to the client's folder: the last step before the lists can be seen and sent.

    A run that fails hands nothing over, so no file claims that somebody was contacted who never was. A run that is
    killed between this step and `run.json` is made again, and draws the same. Raises DataError where the folder
    leads out of the client's.
    """
    for made, target in _handed_over(source / ASSIGNMENTS, client):
        write_atomically(target, made.read_bytes())
    shutil.rmtree(source / ASSIGNMENTS, ignore_errors=True)


def hand_over_labels(source: Path, client: Path) -> None:
    """Move the sheets that people are to fill in to the client's folder; one that lies there is left as it is.

    What somebody has filled in must not be lost. Raises DataError where the folder leads out of the client's.
    """
    for made, target in _handed_over(source / LABELS, client):
        if not os.path.lexists(target):
            write_atomically(target, made.read_bytes())
    shutil.rmtree(source / LABELS, ignore_errors=True)


def _handed_over(made: Path, client: Path) -> list[tuple[Path, Path]]:
    """The files in a folder of a run, and where they go in the folder of that name of the client."""
    target = client / made.name
    if not made.is_dir():
        return []
    target.mkdir(exist_ok=True)
    if not target.resolve().is_relative_to(client.resolve()):
        found = "it leads out of the client's folder"
        raise DataError(Fault(where=str(target), found=found, remedy="put a folder in its place"))
    return [(made / name, target / Path(name).name) for name in _names(made)]


def keep_failure(source: Path | None, beside: Path, record: Record) -> Path:
    """Keep a failed attempt where it disturbs no report, and return its folder."""
    target = beside / FAILED / record.run_id
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    names = _names(source) if source else []
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace((source or target) / name, target / name)
    write_record(target, replace(record, files={name: file_sha256(target / name) for name in names}))
    return target


def failed_result(
    run: PlannedRun, error: RunError, output: Path | None = None, durations: Mapping[str, float] | None = None
) -> RunResult:
    """Keep a failed attempt, with what there is in `output`, and tell of it."""
    taken = dict(durations or {})
    record, beside = failed_record(run, error, taken), run.folder.parent
    try:
        try:
            folder = keep_failure(output, beside, record)
        except OSError:
            if output:
                # What it has written may be what the disk is full of.
                shutil.rmtree(output, ignore_errors=True)
            folder = keep_failure(None, beside, record)
    except OSError as problem:
        why = "" if str(problem.strerror) in error.message else f": {explain(problem, beside)}"
        folder, error = beside, replace(error, message=f"{error.message}\n  Nor can it be recorded{why}")
    return RunResult(run=run, status="failed", folder=folder, error=error, seconds=taken.get("total", 0.0))


def require_writable(folder: Path) -> None:
    """Make a folder, and see whether files can be written there. Raises DataError: better now than after each run."""
    probe = folder / f"{_PRIVATE}{HOST}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(bytes(_ROOM))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as problem:
        found = f"nothing can be written there: {problem.strerror}"
        raise DataError(Fault(where=str(folder), found=found, remedy=_remedy(problem))) from problem


def explain(problem: OSError, folder: Path) -> str:
    """Why a file cannot be written, for a person: where (in `folder`, if it does not say), what is wrong, what next."""
    return f"{problem.filename or folder}: {problem.strerror or problem}; {_remedy(problem)}"


def _remedy(problem: OSError) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room on that disk, then run again"
    if problem.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "let whoever runs this write there, then run again"
    if problem.errno == errno.ENOENT:
        return "was it moved or deleted meanwhile? Then run again"
    return "see what the matter is with it, then run again"


def _names(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in files if path.name != RECORD)
