"""One run from start to end: a kernel, the report, the run folder. It never raises for what a notebook does."""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from retention_lab.errors import RetentionLabError
from retention_lab.runner.cells import OUTPUT, Executed, OnCell, execute, private_environment
from retention_lab.runner.limits import Limits
from retention_lab.runner.notebook import add_provenance, collect_findings, failed_cell, read_inputs, strip_clock
from retention_lab.runner.outcome import RunResult, end_record, ok_result
from retention_lab.runner.plan import PlannedRun, inputs_changed
from retention_lab.runner.publish import (
    explain,
    failed_result,
    hand_over_assignments,
    hand_over_labels,
    make_private_folder,
    private_folder,
    publish,
)
from retention_lab.runner.record import Record, RunError

REPORT, NOTEBOOK = "report.html", "playbook.ipynb"
_OUTPUT_LENGTH = 200
# What a notebook raises where a person can put something right; its message is written for that person.
_FOR_A_PERSON = ("RetentionLabError", "DataError", "ParameterError", "PlaybookError")

_DISK_IS_FULL = f"[Errno {errno.ENOSPC}]"

Render = Callable[[NotebookNode], str]


@dataclass(slots=True)
class _Attempt:
    """What is known of a run while it goes on; all of it is recorded even where the run breaks off."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    as_of: str = ""
    durations: dict[str, float] = field(default_factory=dict)


def execute_run(run: PlannedRun, *, limits: Limits, on_cell: OnCell, render: Render | None = None) -> RunResult:
    """Execute, render and publish one run; a failure is kept apart and reported in the result."""
    started = time.monotonic()
    private = private_folder(run.folder.parent, run.run_id, os.getpid())
    attempt = _Attempt()
    error: RunError | None
    try:
        try:
            make_private_folder(run.folder.parent, run.run_id)
            with private_environment(run.workspace.root, private, run.key.mark, limits.memory_gib) as output:
                error = _fill(run, output, attempt, limits, on_cell, render or _render_report)
                attempt.durations["total"] = round(time.monotonic() - started, 3)
                if error is None:
                    return ok_result(run, publish(output, run.folder, _record(run, attempt)))
        except RetentionLabError as raised:
            error = RunError(kind="data", name=type(raised).__name__, message=str(raised))
        except OSError as raised:
            message = explain(raised, run.workspace.reports)
            error = RunError(kind="crash", name=type(raised).__name__, message=message)
        # One run that breaks, in whatever way, must not stop the others.
        except Exception as raised:  # noqa: BLE001
            error = RunError(kind="crash", name=type(raised).__name__, message=str(raised))
        attempt.durations["total"] = round(time.monotonic() - started, 3)
        return failed_result(run, error, private / OUTPUT, attempt.durations)
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _fill(
    run: PlannedRun, output: Path, attempt: _Attempt, limits: Limits, on_cell: OnCell, render: Render
) -> RunError | None:
    """Put everything that a run makes into its private folder."""
    started = time.monotonic()
    as_of = {"as_of": run.parameters["as_of"]} if run.parameters.get("as_of") else {}
    given = {"client": run.key.client, **as_of, **run.changed}
    executed = execute(run.playbook.path, given, limits=limits, on_cell=on_cell)
    notebook = executed.notebook
    # Its kernel is gone: what is left takes little, and the next run may begin meanwhile.
    on_cell(len(notebook.cells), len(notebook.cells), "")
    attempt.durations["notebook"] = round(time.monotonic() - started, 3)
    strip_clock(notebook)
    attempt.findings = collect_findings(notebook)
    attempt.inputs, resolved = read_inputs(run, output)
    attempt.as_of = resolved or run.as_of
    add_provenance(notebook, run, attempt.inputs, attempt.as_of)
    error = _explain(executed, run.workspace.reports) if executed.raised else None
    # What went wrong in the notebook is not to be hidden by a disk that is full of what it has written.
    with suppress(OSError) if error else nullcontext():
        nbformat.write(notebook, output / NOTEBOOK)  # type: ignore[no-untyped-call]
    if error:
        return error
    if inputs_changed(run):
        message = "a file of the client or the playbook changed while the run read it: run it again"
        return RunError(kind="data", name="DataError", message=message)
    started = time.monotonic()
    (output / REPORT).write_text(render(notebook), encoding="utf-8")
    attempt.durations["report"] = round(time.monotonic() - started, 3)
    hand_over_assignments(output, run.workspace.client_folder(run.key.client))
    hand_over_labels(output, run.workspace.client_folder(run.key.client))
    return None


def _explain(executed: Executed, reports: Path) -> RunError:
    failed = failed_cell(executed.notebook)
    if failed is not None:
        where, error = failed
        kind: Literal["data", "crash"] = "data" if error.ename in _FOR_A_PERSON else "crash"
        hint = f"; is there room on the disk of {reports}?" if _DISK_IS_FULL in error.evalue else ""
        hint += "; give it more with --memory-gib" if error.ename == "OutOfMemoryException" else ""
        return RunError(kind=kind, name=error.ename, message=error.evalue + hint, cell=where.id)
    if executed.verdict:
        message = f"stopped, since {executed.verdict}{_last_output(executed)}"
        return RunError(kind="crash", name="LimitExceeded", message=message, cell=executed.cell)
    if isinstance(executed.raised, DeadKernelError):
        message = (
            f"the kernel's process ended, by itself or for want of memory (then try --jobs 1){_last_output(executed)}"
        )
        return RunError(kind="crash", name="KernelDied", message=message, cell=executed.cell)
    if isinstance(executed.raised, OSError):
        message = explain(executed.raised, Path(tempfile.gettempdir()))
        return RunError(kind="crash", name=type(executed.raised).__name__, message=message, cell=executed.cell)
    message = " ".join(str(executed.raised).split()) or "no message"
    return RunError(kind="crash", name=type(executed.raised).__name__, message=message, cell=executed.cell)


def _last_output(executed: Executed) -> str:
    """The last line that the cell wrote before its kernel was gone: it has no error that would say how far it came."""
    outputs = (cell.get("outputs", []) for cell in executed.notebook.cells if cell.id == executed.cell)
    text = "".join(output.get("text", "") for cell in outputs for output in cell)
    lines = text.strip().splitlines()
    return f"; its last output was: {lines[-1][:_OUTPUT_LENGTH]}" if lines else ""


def _record(run: PlannedRun, attempt: _Attempt) -> Record:
    return replace(
        end_record(run),
        as_of=attempt.as_of,
        findings=attempt.findings,
        inputs=attempt.inputs,
        durations=attempt.durations,
    )


def _render_report(notebook: NotebookNode) -> str:
    # Imported here: a run that fails does not wait for the templates.
    from retention_lab.report.render import render_report

    return render_report(notebook)
