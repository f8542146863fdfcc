"""The verbs of the schedule: run-due, schedule show, schedule install."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from retention_lab.cli.run import make
from retention_lab.cli.words import echo, near
from retention_lab.errors import DataError, Fault, ParameterError, RetentionLabError

if TYPE_CHECKING:
    from retention_lab.runner.outcome import RunResult
    from retention_lab.runner.plan import PlannedRun
    from retention_lab.runner.schedule.answers import Answer, DueReport
    from retention_lab.runner.schedule.due import Books
    from retention_lab.runner.schedule.entries import Entry
    from retention_lab.runner.schedule.run_due import Run
    from retention_lab.tables.workspace import Workspace

_SHOWN = 5

schedule = typer.Typer(
    help="What is made when, and what makes it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", min=1, metavar="N", help="How many reports at once. As many as the machine allows, if left out."
    ),
]
LateAfter = Annotated[
    int,
    typer.Option("--late-after", min=1, metavar="MINUTES", help="How long after its due time a report counts as late."),
]


def run_due(
    jobs: Jobs = None,
    late_after: LateAfter = 60,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be run.")] = False,
) -> None:
    """Make all reports that are due by the clients' schedules. Cron or systemd calls this every few minutes.

    What was answered is not made again. Where something failed or came late, reports/failures.md says so.
    Exit codes: 0 all is well; 1 a report failed or came late; 2 a client's file is wrong.

    \b
    Examples:
      retention-lab run-due
      retention-lab run-due --dry-run
    """
    from retention_lab.runner.schedule.run_due import run_due as answer
    from retention_lab.tables.workspace import find_workspace

    workspace, now = find_workspace(), datetime.now(UTC)
    if dry_run:
        echo(_planned_lines(workspace, now))
        return
    # A log that cron appends to needs the time; it is said once, before the first thing that is said.
    stamp = iter([] if _on_terminal() else [f"{now.astimezone():%a %d %b %Y %H:%M:%S %Z}"])

    def run(runs: Sequence["PlannedRun"]) -> list["RunResult"]:
        echo(stamp)
        return runner(workspace, jobs)(runs)

    try:
        report = answer(workspace, now, run, late_after=timedelta(minutes=late_after))
    except (RetentionLabError, OSError):
        echo(stamp)
        raise
    out, err = report_lines(workspace, report)
    if report.answers or err or _on_terminal():
        echo(stamp)
        echo(err, err=True)
        echo(out)
    raise typer.Exit(report.exit_code)


@schedule.command()
def show(
    client: Annotated[
        str, typer.Argument(metavar="[CLIENT]", help="The client: the name of a folder in data/. All, if left out.")
    ] = "",
) -> None:
    """Say what is made when: each entry, its next five due times, and the last that was answered.

    \b
    Examples:
      retention-lab schedule show
      retention-lab schedule show demo
    """
    from retention_lab.runner.schedule.entries import check_schedule
    from retention_lab.tables.workspace import find_workspace

    workspace, now = find_workspace(), datetime.now(UTC)
    names = [client] if client else workspace.client_names()
    faults = []
    shown = 0
    for name in names:
        workspace.client_folder(name)
        faults += check_schedule(workspace, name)
        lines = list(_client_lines(workspace, name, now))
        shown += len(lines)
        echo(lines)
    if not shown and not faults:
        echo([_NO_SCHEDULE])
    if faults:
        raise DataError(faults)


@schedule.command()
def install(
    systemd: Annotated[bool, typer.Option("--systemd", help="A timer of systemd, for this user.")] = False,
    cron: Annotated[bool, typer.Option("--cron", help="A line of the crontab. This is the default.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Install it, instead of printing it.")] = False,
) -> None:
    """Print what makes this machine call run-due every 15 minutes, or install it.

    \b
    Examples:
      retention-lab schedule install
      retention-lab schedule install --systemd --write
    """
    from retention_lab.runner.schedule import timers
    from retention_lab.tables.workspace import find_workspace

    if systemd and cron:
        raise ParameterError(Fault(where="--systemd --cron", found="both are given", remedy="give one of them"))
    workspace, command = find_workspace(), timers.find_command()
    if systemd:
        units = timers.make_units(workspace, command)
        folder = timers.units_folder()
        if write:
            changed = timers.install_units(units)
            echo([f"{near(folder / name)}: {'written' if changed else 'as it was'}" for name in units.files])
        else:
            echo(line for name, text in units.files.items() for line in (f"# {folder / name}", text))
        echo(_systemd_next(units.name, written=write))
        return
    line = timers.crontab_line(workspace, command)
    if not write:
        echo([line])
        return
    changed = timers.install_crontab(workspace, line)
    echo([line, "It is in your crontab now." if changed else "It was in your crontab already."])


_NO_SCHEDULE = "No client has a schedule. Next: write one into data/CLIENT/client.yml; data/demo/client.yml shows how."


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def runner(workspace: "Workspace", jobs: int | None) -> "Run":
    """What makes the runs that are due, as the verb `run` does it."""

    def run(runs: Sequence["PlannedRun"]) -> list["RunResult"]:
        return make(runs, workspace, jobs=jobs)

    return run


def report_lines(workspace: "Workspace", report: "DueReport") -> tuple[list[str], list[str]]:
    """What is said of a call, and what is said of all that is wrong."""
    from retention_lab.runner.schedule.failures import FAILURES

    out = [_answer_line(answer) for answer in report.answers if answer.status not in ("failed", "refused")]
    out += _passed_lines(report)
    out += [_counts(report) if report.answers else _next_line(report.entries, report.now)]
    err = [_failure_text(answer) for answer in report.failed] + [str(fault) for fault in report.faults]
    err += [f"What went wrong: {near(workspace.reports / FAILURES)}"] if report.exit_code else []
    if not report.exit_code and any(answer.exports_end for answer in report.answers):
        out.append(f"What to do for a newer export: {near(workspace.reports / FAILURES)}")
    return out, err


def _answer_line(answer: "Answer") -> str:
    from retention_lab.runner.schedule.failures import span

    line = f"{answer.period.entry.title}, due {answer.period.when}: "
    if answer.status == "elsewhere":
        return line + "another runner is making it"
    late = f", {span(answer.late_by)} after it was due" if answer.late_by >= timedelta(minutes=1) else ""
    return line + ("done" if answer.status == "ok" else "up to date") + late + _short(answer.exports_end)


def _short(exports_end: str) -> str:
    return f"; counts up to {exports_end}, where the exports end" if exports_end else ""


def _failure_text(answer: "Answer") -> str:
    """What went wrong, on several lines that belong together."""
    from retention_lab.runner.schedule.failures import what_next

    error, failed = answer.error, "failed" if answer.tried else "failed before"
    how = "cannot run" if answer.status == "refused" else failed
    cell = f", cell {error.cell}" if error and error.cell else ""
    lines = [f"{answer.period.entry.title}, due {answer.period.when}: {how}{cell}"]
    if error:
        lines.append(error.message if error.kind == "data" else f"  {error.name}: {error.message}")
    if answer.folder:
        notebook = answer.folder / "playbook.ipynb"
        lines.append(f"  What there is of it: {near(notebook if notebook.is_file() else answer.folder)}")
    return "\n".join([*lines, f"  Then: {what_next(answer)}"])


def _passed_lines(report: "DueReport") -> Iterator[str]:
    """What this call has passed over; what earlier ones have is in failures.md."""
    made = {answer.period.entry.digest for answer in report.answers if answer.tried}
    for passed in report.passed_over:
        if passed.entry.digest in made:
            yield f"{passed.entry.title}: {passed.n} earlier passed over, as only the latest is made up for"


def _counts(report: "DueReport") -> str:
    words = {"ok": "done", "current": "up to date", "elsewhere": "made by another runner"}
    words |= {"failed": "failed", "refused": "cannot run"}
    counts = [(sum(answer.status == status for answer in report.answers), word) for status, word in words.items()]
    late = [(len(report.late), "late")]
    return ", ".join(f"{n} {word}" for n, word in [*counts, *late] if n)


def _next_line(entries: Iterable["Entry"], now: datetime) -> str:
    from retention_lab.runner.schedule.due import next_period

    period = next_period(entries, now)
    return f"Nothing is due. Next: {period.entry.title}, {period.when}" if period else _NO_SCHEDULE


def _planned_lines(workspace: "Workspace", now: datetime) -> Iterator[str]:
    from retention_lab.runner.schedule.due import find_due
    from retention_lab.runner.schedule.entries import Schedules

    due = find_due(Schedules(workspace), now)
    for task in due.tasks:
        last = task.periods[-1]
        how = "is up to date" if task.run.current else "would be made"
        attempt = f", attempt {task.run.attempt}" if task.run.attempt > 1 else ""
        exports_end = task.run.as_of if task.run.as_of < last.as_of else ""
        yield f"{last.entry.title}, due {last.when}, last day {last.as_of}: {how}{attempt}{_short(exports_end)}"
    yield from map(_failure_text, due.waiting)
    yield from map(str, due.faults)
    if not (due.tasks or due.waiting):
        yield _next_line(due.entries, now)


def _client_lines(workspace: "Workspace", client: str, now: datetime) -> Iterator[str]:
    from retention_lab.runner.schedule.due import Books
    from retention_lab.runner.schedule.entries import read_entries

    try:
        entries = read_entries(workspace, client)
    except RetentionLabError:
        # What is wrong with its file is told with all other faults.
        return
    books = Books(workspace)
    for entry in entries:
        yield from _entry_lines(books, entry, now)


def _entry_lines(books: "Books", entry: "Entry", now: datetime) -> Iterator[str]:
    from retention_lab.runner.schedule.due import owed_since, where_exports_end
    from retention_lab.runner.schedule.entries import Period, local_text
    from retention_lab.runner.schedule.standing import last_answered

    yield f"{entry.title}: {entry.spec.cron} in {entry.timezone}"
    if entry.spec.parameters:
        yield "  with " + ", ".join(f"{name}={value}" for name, value in entry.spec.parameters.items())
    try:
        record = last_answered(entry, books.playbook(entry.spec.playbook), books.workspace.reports)
    except RetentionLabError:
        record = None
    if record:
        last = Period(entry=entry, due=datetime.fromisoformat(record.due))
        short = _short(where_exports_end(record, last))
        yield f"  last  {local_text(last.due, entry.timezone)}, last day {last.as_of}{short}"
    owed = owed_since(books, entry, now)
    if owed:
        yield f"  owed since {local_text(owed.due, entry.timezone)}, last day {owed.as_of}"
    coming = [Period(entry=entry, due=due) for due in islice(entry.due_times(now), _SHOWN)]
    if coming and "" < entry.exports_end < coming[0].as_of:
        yield f"  exports end {entry.exports_end}: until there is a newer one, reports count up to that day"
    for period in coming:
        yield f"  next  {local_text(period.due, entry.timezone)}, last day {period.as_of}"


def _systemd_next(name: str, *, written: bool) -> list[str]:
    first = [] if written else ["Put these two files there, or let --write do it. Then:"]
    calls = ["systemctl --user daemon-reload", f"systemctl --user enable --now {name}.timer"]
    calls.append("loginctl enable-linger    # so that it goes on while you are logged out")
    return [*(first or ["Next:"]), *(f"  {call}" for call in calls)]
