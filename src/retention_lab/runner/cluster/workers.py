"""The workers of a Dask cluster, looked at before they are given work: same code, same folder, or none of it."""

import logging
import os
import platform
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retention_lab.errors import Fault, ParameterError
from retention_lab.runner.cluster.task import describe
from retention_lab.runner.files import remove_if_left
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.publish import HOST, require_writable

_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 5
_MARK = ".cluster-"
# Dask's own reports of lost connections: what they mean for a run is told in its result.
_CHATTER = ("distributed", "distributed.client", "distributed.core", "distributed.batched")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a worker must be made of, and the folder that it must see: one that was made a moment ago."""

    root: Path
    mark: str
    code: str
    versions: dict[str, str]


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler at an address. Raises ParameterError where none answers."""
    where = f"--dask {address}"
    try:
        from distributed import Client
    except ImportError as error:
        found = "running on a cluster needs Dask, which is not installed here"
        raise ParameterError(Fault(where=where, found=found, remedy="pip install 'retention-lab[dask]'")) from error
    with _quiet():
        try:
            client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            fault = Fault(
                where=where,
                found=f"no scheduler answered within {_CONNECT_SECONDS} s ({error})",
                allowed="the address that `dask scheduler` prints when it starts, as tcp://10.0.0.1:8786",
                remedy="start a scheduler, or correct the address",
            )
            raise ParameterError(fault) from error
        try:
            yield client
        finally:
            # Where the scheduler is lost, there is nobody to take leave of.
            with suppress(OSError, AssertionError):
                client.close(_CLOSE_SECONDS)  # type: ignore[no-untyped-call]


@contextmanager
def demand(run: PlannedRun) -> Iterator[Demand]:
    """What workers must be like that are to make such a run, for as long as they may be asked.

    Raises DataError where nothing can be written among the reports.
    """
    reports = run.workspace.reports
    # A name that nobody has asked for before: shared folders remember for a while what was not there.
    mark = f"{_MARK}{uuid.uuid4().hex}-{HOST}-{os.getpid()}"
    for folder in reports.glob(f"{_MARK}*-{HOST}-*"):
        remove_if_left(folder, folder.name.rpartition("-")[2])
    require_writable(reports)
    (reports / mark).mkdir()
    try:
        fingerprint = run.fingerprint
        yield Demand(root=run.workspace.root, mark=mark, code=fingerprint.code, versions=fingerprint.versions)
    finally:
        shutil.rmtree(reports / mark, ignore_errors=True)


def first_workers(client: Any, address: str, demanded: Demand) -> dict[str, int]:
    """The threads of each worker there is. Raises ParameterError where there is none, or where one cannot be used."""
    end = time.monotonic() + _CONNECT_SECONDS
    while not (threads := dict(client.nthreads())) and time.monotonic() < end:
        time.sleep(0.2)
    where = f"--dask {address}"
    if not threads:
        found, remedy = "the scheduler has no workers", f"start some: dask worker {address}"
        raise ParameterError(Fault(where=where, found=found, remedy=remedy))
    faults = [fault for one in examine(client, list(threads), demanded).values() for fault in one]
    faults += _scheduler_faults(client, where, demanded)
    if faults:
        raise ParameterError(faults)
    return threads


def examine(client: Any, workers: Sequence[str], demanded: Demand) -> dict[str, list[Fault]]:
    """What is wrong with each worker; one that is gone by now is left out."""
    answers = client.run(describe, str(demanded.root), demanded.mark, workers=list(workers), on_error="return")
    found = {worker: _faults(f"worker {worker}", answer, demanded) for worker, answer in answers.items()}
    return {worker: faults for worker, faults in found.items() if faults is not None}


def _faults(where: str, answer: object, demanded: Demand) -> list[Fault] | None:
    if isinstance(answer, OSError):
        return None
    if not isinstance(answer, dict):
        return [_foreign(where, answer)]
    return _code_faults(f"{where} on {answer['host']}", answer, demanded) or _folder_faults(
        f"{where} on {answer['host']}", answer
    )


def _code_faults(where: str, answer: dict[str, Any], demanded: Demand) -> list[Fault]:
    """Other code would make another report, under the name of this one."""
    faults = []
    ours = platform.python_version()
    if answer["python"].split(".")[:2] != ours.split(".")[:2]:
        remedy = "start the worker with the same Python"
        faults.append(Fault(where=where, found=f"it runs Python {answer['python']}, here {ours}", remedy=remedy))
    others = [
        f"{package} {answer['versions'].get(package, 'not installed')}, here {version}"
        for package, version in demanded.versions.items()
        if answer["versions"].get(package, "not installed") != version
    ]
    if others:
        remedy = "install the same versions there, and start the worker again"
        faults.append(Fault(where=where, found=f"it has other packages: {'; '.join(others)}", remedy=remedy))
    if answer["code"] != demanded.code:
        found = f"its retention-lab is not the one here (code {answer['code'][:12]}, here {demanded.code[:12]})"
        remedy = "install the same retention-lab there, and start the worker again"
        faults.append(Fault(where=where, found=found, remedy=remedy))
    return faults


def _folder_faults(where: str, answer: dict[str, Any]) -> list[Fault]:
    if not answer["sees"]:
        found = f"it does not see this workspace at {answer['root']}"
        remedy = "mount the shared folder there; where it has another path, start the worker with RETENTION_LAB_HOME"
        return [Fault(where=where, found=found, remedy=f"{remedy} set to it")]
    if not answer["writes"]:
        found = f"it may not write to {answer['root']}/reports"
        return [Fault(where=where, found=found, remedy="let the user that the worker runs as write there")]
    return []


def _scheduler_faults(client: Any, where: str, demanded: Demand) -> list[Fault]:
    """The scheduler makes no run, but it unpacks the name of what is to be called."""
    try:
        client.run_on_scheduler(describe, str(demanded.root), demanded.mark)
    except (ImportError, AttributeError) as error:
        return [_foreign(f"the scheduler at {where.removeprefix('--dask ')}", error)]
    return []


def _foreign(where: str, answer: object) -> Fault:
    found = f"retention-lab is not installed there, or is another version ({answer})"
    return Fault(where=where, found=found, remedy="install there what is installed here, and start it again")


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask writes to the terminal, across the progress display; what matters is in the results."""
    loggers = [logging.getLogger(name) for name in _CHATTER]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
