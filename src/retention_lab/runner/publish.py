"""From a run's private folder to the place where people look, in steps that each leave a whole report."""

import os
import platform
import re
import shutil
from dataclasses import replace
from pathlib import Path

from retention_lab.errors import DataError, Fault
from retention_lab.runner.files import move_over, remove_if_left, write_atomically
from retention_lab.runner.record import RECORD, Record, file_sha256, read_record, write_record
from retention_lab.tables.workspace import ASSIGNMENTS

FAILED = "failed"
_PRIVATE = ".tmp-"
_HOST = re.sub(r"\W", "_", platform.node())


def make_private_folder(beside: Path, run_id: str) -> Path:
    """An empty folder on the same disk as the reports, where a run may write what it likes."""
    clean_leftovers(beside)
    folder = private_folder(beside, run_id, os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def private_folder(beside: Path, run_id: str, pid: int) -> Path:
    """The private folder of a run in a process of this machine; others may share the reports' disk."""
    return beside / f"{_PRIVATE}{run_id}-{_HOST}-{pid}"


def clean_leftovers(beside: Path) -> None:
    """Remove the private folders of runs whose process is gone."""
    for folder in beside.glob(f"{_PRIVATE}*-{_HOST}-*"):
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
    made, target = source / ASSIGNMENTS, client / ASSIGNMENTS
    if not made.is_dir():
        return
    target.mkdir(exist_ok=True)
    if not target.resolve().is_relative_to(client.resolve()):
        found = "it leads out of the client's folder"
        raise DataError(Fault(where=str(target), found=found, remedy="put a folder in its place"))
    for name in _names(made):
        write_atomically(target / Path(name).name, (made / name).read_bytes())
    shutil.rmtree(made)


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


def _names(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in files if path.name != RECORD)
