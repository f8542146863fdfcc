"""When the reports of a client are due: cron expressions on the clock that hangs on the client's wall.

A time that this clock skips in spring is due at the first moment after it; one that it shows twice in autumn is due
once, the first time. The library that reads the expressions never sees a time zone: it would run 02:30 twice in autumn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from retention_lab.errors import Fault, ParameterError, RetentionLabError
from retention_lab.runner.catalogue import Playbook, find_playbooks
from retention_lab.runner.keys import RunKey, digest
from retention_lab.runner.parameters import changed_parameters, check_parameters
from retention_lab.tables.client_file import load_client_file
from retention_lab.tables.schedule_file import MONTHS, WEEKDAYS, ScheduleEntry
from retention_lab.tables.workspace import Workspace

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a client's schedule: the `number`-th of a file written at `written_at`.

    `exports_end`: the last day that the exports cover, where that file says it.
    """

    client: str
    timezone: str
    spec: ScheduleEntry
    written_at: datetime
    number: int = 0
    exports_end: str = ""

    @property
    def title(self) -> str:
        return f"{self.client} · {self.spec.playbook}"

    @property
    def digest(self) -> str:
        """What tells it from other entries: another time or another question is a new entry."""
        spec = self.spec
        return digest([self.client, self.timezone, spec.playbook, spec.cron, spec.parameters])[:16]

    def due_times(self, after: datetime) -> Iterator[datetime]:
        """All due times after a moment, in UTC."""
        return due_times(self.spec.cron, ZoneInfo(self.timezone), after)

    def key(self, playbook: Playbook, as_of: str) -> RunKey:
        """The key of its report for a day. Raises ParameterError where the playbook does not know a parameter."""
        if "as_of" in self.spec.parameters:
            found = "the schedule gives it: the day before a report is due"
            raise ParameterError(Fault(where="parameter as_of", found=found, remedy="remove it"))
        values = check_parameters(playbook, {**self.spec.parameters, "as_of": as_of})
        changed = changed_parameters(playbook, values)
        return RunKey(client=self.client, playbook=playbook.name, as_of=as_of, parameters=changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One time at which an entry is due."""

    entry: Entry
    due: datetime

    @property
    def text(self) -> str:
        """The due time as run.json holds it: of two such texts, the later time is the greater."""
        return utc_text(self.due)

    @property
    def as_of(self) -> str:
        """The last day that counts: the day before, on the client's calendar."""
        return (self.due.astimezone(ZoneInfo(self.entry.timezone)).date() - timedelta(days=1)).isoformat()

    @property
    def when(self) -> str:
        """The due time as the client would tell it: Mon 23 Nov 2026 06:00 Europe/Rome."""
        return f"{local_text(self.due, self.entry.timezone)} {self.entry.timezone}"


class Schedules:
    """The schedules of all clients of a workspace; a client.yml is read again only after it was written again."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._known: dict[str, tuple[tuple[int, ...], tuple[Entry, ...], tuple[Fault, ...]]] = {}

    def read(self) -> tuple[list[Entry], dict[str, tuple[Fault, ...]]]:
        """All entries, by client in alphabetical order, and for each client what is wrong with its file."""
        found = {client: self._read_client(client) for client in self.workspace.client_names()}
        entries = [entry for mine, _ in found.values() for entry in mine]
        return entries, {client: faults for client, (_, faults) in found.items()}

    def _read_client(self, client: str) -> tuple[tuple[Entry, ...], tuple[Fault, ...]]:
        try:
            stat = (self.workspace.data / client / "client.yml").stat()
            stamp = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            known = self._known.get(client)
            if known is None or known[0] != stamp:
                self._known[client] = known = (stamp, tuple(read_entries(self.workspace, client)), ())
        except RetentionLabError as error:
            self._known[client] = known = (stamp, (), error.faults)
        except OSError as error:
            # The folder went while we looked at it.
            return (), (Fault(where=str(error.filename or client), found=str(error.strerror or error)),)
        return known[1:]


def read_entries(workspace: Workspace, client: str) -> list[Entry]:
    """The schedule of one client. Raises DataError where its client.yml is wrong."""
    folder = workspace.client_folder(client)
    written_at = datetime.fromtimestamp((folder / "client.yml").stat().st_mtime, UTC)
    file = load_client_file(folder)
    exports_end = str(file.observed_through or "")
    return [
        Entry(
            client=client,
            timezone=file.timezone,
            spec=spec,
            written_at=written_at,
            number=number,
            exports_end=exports_end,
        )
        for number, spec in enumerate(file.schedule)
    ]


def check_schedule(workspace: Workspace, client: str) -> list[Fault]:
    """Everything that is wrong with a client's schedule: its client.yml, unknown playbooks, wrong parameters."""
    try:
        entries = read_entries(workspace, client)
    except RetentionLabError as error:
        return list(error.faults)

    def find(name: str) -> Playbook:
        return find_playbooks(workspace, [name])[0]

    return [fault for entry in entries for fault in check_entry(entry, find)]


def check_entry(entry: Entry, find: Callable[[str], Playbook]) -> list[Fault]:
    """What is wrong with an entry whenever it is due, with its place in client.yml. `find` raises for a playbook."""
    try:
        entry.key(find(entry.spec.playbook), "2026-01-01")
    except RetentionLabError as error:
        where = f"{entry.client}/client.yml, schedule.{entry.number}"
        return [replace(fault, where=f"{where}, {fault.where}") for fault in error.faults]
    return []


def due_times(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments after `after` at which a cron expression is due in a time zone, in UTC, each once and in order."""
    trigger = _trigger(cron)
    wall = after.astimezone(zone).replace(tzinfo=UTC)
    last = after
    while (found := trigger.get_next_fire_time(None, wall)) is not None:
        moment = _moment(found.replace(tzinfo=None), zone)
        if moment > last:
            yield moment
            last = moment
        wall = found + _SECOND


@cache
def _trigger(cron: str) -> Any:
    """What reads the clock on the wall, as if there were no time zones."""
    # Imported here: it takes a tenth of a second, which a typing mistake need not wait for.
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(cron, timezone=UTC)


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which a clock in the zone shows that time, or has jumped over it."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # Skipped: read by the offset after the jump it lies before it, and by the offset before the jump after it.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump(before, moment, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second between two moments at which the clock is that of the later one."""
    target = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == target:
            after = middle
        else:
            before = middle
    return after


def utc_text(moment: datetime) -> str:
    """A moment as records hold it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def local_text(moment: datetime, timezone: str) -> str:
    """A moment for a person: Mon 23 Nov 2026 06:00."""
    local = moment.astimezone(ZoneInfo(timezone))
    day = f"{WEEKDAYS[local.weekday()].title()} {local.day} {MONTHS[local.month - 1].title()} {local.year}"
    return f"{day} {local:%H:%M}"
