"""Make what is due in one batch, and say what came of it. What was answered before is not made again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import PlannedRun
from retention_lab.runner.publish import require_writable
from retention_lab.runner.record import read_record, write_record
from retention_lab.runner.schedule.answers import LATE_AFTER, Answer, DueReport, PassedOver
from retention_lab.runner.schedule.attempts import next_turn
from retention_lab.runner.schedule.due import Books, Look, Task, find_due, look_at, where_exports_end, with_looks
from retention_lab.runner.schedule.entries import Period, Schedules
from retention_lab.runner.schedule.failures import keep_failures
from retention_lab.runner.schedule.standing import Standing, write_changes
from retention_lab.tables.workspace import Workspace

Run = Callable[[Sequence[PlannedRun]], list[RunResult]]
# How long failures.md tells of what was late, passed over or without a newer export.
_TOLD = timedelta(days=7)


def run_due(
    workspace: Workspace,
    now: datetime,
    run: Run,
    *,
    schedules: Schedules | None = None,
    late_after: timedelta = LATE_AFTER,
) -> DueReport:
    """Make all that is due through `run`, write `reports/failures.md` where something is wrong, and tell of it.

    `schedules` may be kept from call to call. Raises DataError where nothing can be written into the reports.
    """
    require_writable(workspace.reports)
    due = find_due(schedules or Schedules(workspace), now)
    # Before anything is run: an entry that was seen stays seen, whatever happens now.
    write_changes(workspace.reports, due.known, due.standings)
    results = {result.run.run_id: result for result in run([task.run for task in due.tasks])} if due.tasks else {}
    answers = [*due.waiting]
    for task in due.tasks:
        if task.run.run_id in results:
            answers += _answers(task, results[task.run.run_id], now)
    looks, books = due.looks, due.books
    if results:
        books = Books(workspace)
        looks = tuple(look_at(books, look.entry, look.standing, now) if look.todo else look for look in looks)
        write_changes(workspace.reports, due.standings, with_looks(due.standings, looks))
    report = DueReport(
        now=now,
        entries=due.entries,
        answers=tuple(sorted(answers, key=lambda answer: (answer.period.due, answer.period.entry.title))),
        late_after=late_after,
        before=tuple(_before(books, looks, answers, now)),
        passed_over=tuple(passed for look in looks for passed in _passed_over(look, now)),
        faults=due.faults,
    )
    keep_failures(workspace, report)
    return report


def _answers(task: Task, result: RunResult, now: datetime) -> list[Answer]:
    """What a run means for each due time that it was made for."""
    if result.status == "elsewhere":
        return [Answer(period=period, status="elsewhere", folder=result.folder) for period in task.periods]
    record = read_record(result.folder)
    ended_at = datetime.fromisoformat(record.ended_at) if record and record.ended_at else now
    if result.status == "failed":
        spec = task.periods[-1].entry.spec
        turn = next_turn(record, task.run.due, spec.retries, max(now, ended_at))
        # Without a record, which a full disk prevents, the next call tries again.
        again = turn.since or (now if turn.attempt else None)
        return [
            Answer(period=period, status="failed", folder=result.folder, error=result.error, again=again)
            for period in task.periods
        ]
    if result.status == "current":
        ended_at = now
        _move_due(result.folder, task.run.due)
    return [
        Answer(
            period=period,
            status=result.status,
            folder=result.folder,
            answered_at=ended_at,
            exports_end=where_exports_end(record, period),
        )
        for period in task.periods
    ]


def _move_due(folder: Path, due: str) -> None:
    """A report that is up to date answers a later due time as it is."""
    record = read_record(folder)
    if record is not None and record.due < due:
        write_record(folder, replace(record, due=due))


def _before(books: Books, looks: Iterable[Look], answers: Iterable[Answer], now: datetime) -> Iterator[Answer]:
    """The last answer of each entry, where it is fresh and not of this call."""
    told = {(answer.period.entry.digest, answer.period.due) for answer in answers}
    for look in looks:
        standing = look.standing
        if not _is_fresh(standing, now):
            continue
        period = Period(entry=look.entry, due=datetime.fromisoformat(standing.settled))
        if (look.entry.digest, period.due) not in told:
            yield Answer(
                period=period,
                status="ok",
                tried=False,
                answered_at=datetime.fromisoformat(standing.answered),
                exports_end=where_exports_end(books.answer(period), period),
            )


def _passed_over(look: Look, now: datetime) -> list[PassedOver]:
    """What was passed over for the last answer. Before there is one, nothing is: the latest itself is still owed."""
    standing = look.standing
    if not standing.skipped or not _is_fresh(standing, now):
        return []
    return [PassedOver(entry=look.entry, n=standing.skipped, first=datetime.fromisoformat(standing.skipped_from))]


def _is_fresh(standing: Standing, now: datetime) -> bool:
    """Whether its last answer is one that people should still be told of."""
    return bool(standing.answered) and now - datetime.fromisoformat(standing.answered) < _TOLD
