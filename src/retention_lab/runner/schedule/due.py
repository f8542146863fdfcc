"""What is due. Nothing here looks at a clock or runs: the moment is handed in, and the rest is read.

All that is written is what any look at a client leaves: the hashes of its files, and its key where it had none.
A due time is answered when the run.json of its report says that it is. So this may be asked as often as one likes, by
two runners at once, and after any pause.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

from retention_lab.errors import Fault, RetentionLabError
from retention_lab.runner.catalogue import Playbook, find_playbooks
from retention_lab.runner.fingerprints import open_cache
from retention_lab.runner.plan import PlannedRun, plan_runs
from retention_lab.runner.publish import FAILED
from retention_lab.runner.record import Record, RunError, read_record
from retention_lab.runner.schedule.answers import Answer
from retention_lab.runner.schedule.attempts import next_turn
from retention_lab.runner.schedule.entries import Entry, Period, Schedules, check_entry, utc_text
from retention_lab.runner.schedule.standing import Standing, Standings, first_standing, found_again, read_standings
from retention_lab.tables.workspace import Workspace

# A clock that is so far before the time at which an entry was first seen is wrong now, or was wrong then.
_CLOCK_IN_DOUBT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run to be made, and the due times that it answers: those of one day share a report."""

    run: PlannedRun
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One entry at one moment: what must be answered, and where the entry stands."""

    entry: Entry
    standing: Standing
    todo: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """All that is due at one moment. `waiting` are failures whose time has not come, or that wait for a person.

    `known` are the standings as they were found, `standings` as they are after this look.
    """

    entries: tuple[Entry, ...]
    looks: tuple[Look, ...]
    tasks: tuple[Task, ...]
    waiting: tuple[Answer, ...]
    faults: tuple[Fault, ...]
    known: Standings
    standings: Standings
    books: "Books"


class Books:
    """The playbooks, records and hashes of a workspace, each read once."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.hashes = open_cache(workspace)
        self._playbooks: dict[str, Playbook | RetentionLabError] = {}
        self._records: dict[Path, Record | None] = {}

    def playbook(self, name: str) -> Playbook:
        """The playbook of that name. Raises PlaybookError."""
        if name not in self._playbooks:
            try:
                self._playbooks[name] = find_playbooks(self.workspace, [name])[0]
            except RetentionLabError as error:
                self._playbooks[name] = error
        found = self._playbooks[name]
        if isinstance(found, RetentionLabError):
            raise found
        return found

    def folder(self, period: Period) -> Path:
        """Where the report of a due time lies. Raises RetentionLabError where it can have none."""
        playbook = self.playbook(period.entry.spec.playbook)
        return period.entry.key(playbook, period.as_of).folder(self.workspace.reports)

    def answer(self, period: Period) -> Record | None:
        """The record that answers a due time, if there is one."""
        try:
            folder = self.folder(period)
        except RetentionLabError:
            return None
        if folder not in self._records:
            self._records[folder] = read_record(folder)
        record = self._records[folder]
        return record if record and record.status == "ok" and record.due >= period.text else None


def find_due(schedules: Schedules, now: datetime) -> Due:
    """What is due at a moment, and what is wrong with any entry, due or not. Nothing is run."""
    books = Books(schedules.workspace)
    entries, by_client = schedules.read()
    faults = [fault for found in by_client.values() for fault in found]
    known = read_standings(schedules.workspace.reports)
    looks = []
    for entry in entries:
        mine = (known or {}).get(entry.client, {}).get(entry.digest)
        standing = mine or _new_standing(books, entry, now, lost=known is None)
        fault = _doubtful_clock(entry, standing, now)
        faults += [fault] if fault else []
        look = Look(entry=entry, standing=standing) if fault else look_at(books, entry, standing, now)
        # What keeps one that is due from its run is told with that run.
        faults += [] if look.todo else check_entry(entry, books.playbook)
        looks.append(look)
    tasks, waiting = _plan(books, [period for look in looks for period in look.todo], now)
    books.hashes.save()
    return Due(
        entries=tuple(entries),
        looks=tuple(looks),
        tasks=tuple(tasks),
        waiting=tuple(waiting),
        faults=tuple(faults),
        known=known or {},
        books=books,
        standings=with_looks(_kept(known or {}, by_client), looks),
    )


def look_at(books: Books, entry: Entry, standing: Standing, now: datetime) -> Look:
    """What must be answered of one entry."""
    dues = takewhile(lambda due: due <= now, entry.due_times(standing.after(now)))
    periods = [Period(entry=entry, due=due) for due in dues]
    if not periods:
        return Look(entry=entry, standing=standing)
    return (_look_at_all if entry.spec.catch_up == "all" else _look_at_latest)(books, entry, standing, periods, now)


def owed_since(books: Books, entry: Entry, now: datetime) -> Period | None:
    """The first due time of an entry whose report is not there yet, failed or never made."""
    standing = (read_standings(books.workspace.reports) or {}).get(entry.client, {}).get(entry.digest)
    if standing is None or _doubtful_clock(entry, standing, now):
        return None
    return next(iter(look_at(books, entry, standing, now).todo), None)


def with_looks(standings: Standings, looks: Iterable[Look]) -> Standings:
    """The standings after some looks."""
    seen: Standings = {}
    for look in looks:
        seen.setdefault(look.entry.client, {})[look.entry.digest] = look.standing
    return {**standings, **seen}


def where_exports_end(record: Record | None, period: Period) -> str:
    """The last day that a report counts, where the exports ended before the day that it was asked for; else nothing.

    Without a declared end the last day is that of the latest row, and a day without any is nothing to tell.
    """
    if record is None or not period.entry.exports_end:
        return ""
    return record.as_of if record.as_of < period.as_of else ""


def next_period(entries: Iterable[Entry], now: datetime) -> Period | None:
    """The first due time that is still to come."""
    coming = ((entry, next(entry.due_times(now), None)) for entry in entries)
    periods = [Period(entry=entry, due=due) for entry, due in coming if due]
    return min(periods, key=lambda period: period.due, default=None)


def _kept(known: Standings, faults: Mapping[str, Sequence[Fault]]) -> Standings:
    """The standings of clients whose file is wrong, or away for now: their entries may come back.

    An entry that was taken out of a sound file is forgotten, and a new one if it is put in again.
    """
    return {client: mine for client, mine in known.items() if client not in faults or faults[client]}


def _new_standing(books: Books, entry: Entry, now: datetime, *, lost: bool) -> Standing:
    found = None
    if lost:
        # A playbook that is not there has no reports to tell of.
        with suppress(RetentionLabError):
            found = found_again(entry, books.playbook(entry.spec.playbook), books.workspace.reports, now)
    return found or first_standing(entry, now)


def _doubtful_clock(entry: Entry, standing: Standing, now: datetime) -> Fault | None:
    if datetime.fromisoformat(standing.seen) - now <= _CLOCK_IN_DOUBT:
        return None
    found = f"the clock says {utc_text(now)}, and this entry of the schedule was first seen at {standing.seen}"
    remedy = "set the clock; where it is right now and was wrong then, delete reports/.schedule.json"
    return Fault(where=entry.title, found=found, remedy=remedy)


def _look_at_all(books: Books, entry: Entry, standing: Standing, periods: list[Period], now: datetime) -> Look:
    """Everything that has no answer yet; it stands where the first of these begins."""
    todo = [period for period in periods if books.answer(period) is None]
    settled = [period for period in periods if not todo or period.due < todo[0].due]
    return Look(entry=entry, standing=_settle(books, standing, settled, [], now), todo=tuple(todo))


def _look_at_latest(books: Books, entry: Entry, standing: Standing, periods: list[Period], now: datetime) -> Look:
    """The latest due time only, with those before it that the same report answers."""
    latest, before = periods[-1], periods[:-1]
    missed = list(takewhile(lambda period: books.answer(period) is None, reversed(before)))[::-1]
    together = [period for period in missed if period.as_of == latest.as_of]
    passed_over = [period for period in missed if period.as_of != latest.as_of]
    if books.answer(latest):
        return Look(entry=entry, standing=_settle(books, standing, [latest], passed_over, now))
    return Look(entry=entry, standing=standing, todo=(*together, latest))


def _settle(
    books: Books, standing: Standing, settled: list[Period], passed_over: list[Period], now: datetime
) -> Standing:
    record = books.answer(settled[-1]) if settled else None
    if record is None:
        return standing
    period = settled[-1]
    # A report that was up to date ended before it was due; it is an answer since we know that.
    answered = record.ended_at if record.ended_at >= period.text else utc_text(now)
    first = passed_over[0].text if passed_over else ""
    return replace(standing, settled=period.text, answered=answered, skipped=len(passed_over), skipped_from=first)


def _plan(books: Books, periods: list[Period], now: datetime) -> tuple[list[Task], list[Answer]]:
    """The runs that answer these due times, the oldest first, and what cannot be run now."""
    tasks: list[Task] = []
    waiting: list[Answer] = []
    together: dict[Path, list[Period]] = {}
    for period in sorted(periods, key=lambda period: (period.due, period.entry.title)):
        try:
            together.setdefault(books.folder(period), []).append(period)
        except RetentionLabError as error:
            waiting.append(_refused(period, error))
    for mine in together.values():
        try:
            found = _task_or_wait(books, tuple(mine), now)
        except (RetentionLabError, OSError) as error:
            waiting += [_refused(period, error) for period in mine]
            continue
        if isinstance(found, Task):
            tasks.append(found)
        else:
            waiting += found
    return tasks, waiting


def _task_or_wait(books: Books, periods: tuple[Period, ...], now: datetime) -> Task | list[Answer]:
    """The later due time answers the earlier ones, so it is the one that counts."""
    last, spec = periods[-1], periods[-1].entry.spec
    plan = plan_runs(
        books.workspace,
        last.entry.client,
        playbooks=[spec.playbook],
        values=spec.parameters,
        as_of=last.as_of,
        cache=books.hashes,
    )
    run = plan.runs[0]
    folder = run.folder.parent / FAILED / run.run_id
    failure = None if run.current else read_record(folder)
    turn = next_turn(failure, last.text, spec.retries, now)
    if turn.has_come(now):
        return Task(run=replace(run, due=last.text, attempt=turn.attempt), periods=periods)
    error = failure.error if failure else None
    return [
        Answer(period=period, status="failed", folder=folder, error=error, tried=False, again=turn.since)
        for period in periods
    ]


def _refused(period: Period, error: RetentionLabError | OSError) -> Answer:
    message = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
    told = RunError(kind="data", name=type(error).__name__, message=message)
    return Answer(period=period, status="refused", error=told, tried=False)
