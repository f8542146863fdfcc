"""How a run went. Nothing heavy is imported: the command line reads these while the kernels are still starting."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.record import Record, RunError, read_record


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The end of one run: a new report, one that was up to date already, or a failure kept in `folder`.

    `elsewhere` is a run that another runner is making, and that is left to it.
    """

    run: PlannedRun
    status: Literal["ok", "current", "failed", "elsewhere"]
    folder: Path
    error: RunError | None = None
    findings: tuple[dict[str, Any], ...] = ()
    seconds: float = 0.0
    owner: str = ""

    @property
    def headline(self) -> str:
        """The sentence of the first finding, if there is one."""
        return str(self.findings[0].get("headline", "")) if self.findings else ""


def ok_result(run: PlannedRun, record: Record) -> RunResult:
    """What a finished run tells the person who asked for it."""
    seconds = record.durations.get("total", 0.0)
    return RunResult(run=run, status="ok", folder=run.folder, findings=tuple(record.findings), seconds=seconds)


def current_result(run: PlannedRun) -> RunResult:
    """The result of a run that need not be made."""
    record = read_record(run.folder)
    findings = tuple(record.findings) if record else ()
    return RunResult(run=run, status="current", folder=run.folder, findings=findings)


def elsewhere_result(run: PlannedRun, owner: str) -> RunResult:
    """The result of a run that `owner` is making already."""
    return RunResult(run=run, status="elsewhere", folder=run.folder, owner=owner)


def failed_record(run: PlannedRun, error: RunError, durations: dict[str, float]) -> Record:
    """The record of a run that ended in an error."""
    return replace(end_record(run), status="failed", error=error, durations=durations)


def end_record(run: PlannedRun) -> Record:
    """What is known of a run that has ended, whatever came of it."""
    return Record(
        run_id=run.run_id,
        key=run.key.to_dict(),
        status="ok",
        fingerprint=run.fingerprint.digest,
        ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
        due=run.due,
        attempt=run.attempt,
        playbook_sha256=run.playbook.sha256,
        input_files=run.fingerprint.files,
        code_sha256=run.fingerprint.code,
        versions=run.fingerprint.versions,
    )
