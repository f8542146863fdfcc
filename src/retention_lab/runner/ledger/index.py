"""The index of runs: one row for each run.json, which follows the files as people add, change and remove them."""

import json
import math
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from retention_lab.runner.keys import RunKey
from retention_lab.runner.ledger.file import Damaged, transaction
from retention_lab.runner.publish import FAILED
from retention_lab.runner.record import RECORD, Record, RunError, read_record

# Size and time of a run.json: while they are the same, it has not changed.
Stamp = tuple[int, int]
Row = tuple[str, int, int, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One run of the ledger: what was asked, when it ended (ISO, UTC), how it went and what it says first."""

    run_id: str
    client: str
    playbook: str
    as_of: str
    parameters: dict[str, object] = field(default_factory=dict)
    status: str
    ended_at: str
    seconds: float
    due: str
    attempt: int
    headline: str
    verdict: str
    error: RunError | None
    folder: Path

    @property
    def mark(self) -> str:
        """What tells this run from the one with the defaults on the same day."""
        return RunKey(client=self.client, playbook=self.playbook, as_of=self.as_of, parameters=self.parameters).mark


def select(
    connection: sqlite3.Connection, reports: Path, wanted: dict[str, str], limit: int | None, run: str = ""
) -> list[Entry]:
    """The runs with these values, the newest first. Raises Damaged where a row cannot be understood."""
    asked = {column: value for column, value in wanted.items() if value}
    conditions = [f"{column} = ?" for column in asked] + ["substr(run_id, 1, length(?)) = ?"] * bool(run)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    found = connection.execute(
        f"SELECT folder, client, playbook, run_id, status, ended_at, facts FROM runs {where}"
        " ORDER BY ended_at DESC, folder LIMIT ?",
        [*asked.values(), *[run, run] * bool(run), -1 if limit is None else limit],
    )
    return [_entry(reports, *row) for row in found]


def follow(connection: sqlite3.Connection, reports: Path, client: str = "", playbook: str = "") -> None:
    """Take in what is new or has changed since, and take out what is gone; of one client or playbook, if named."""
    where = "WHERE client = coalesce(nullif(?, ''), client) AND playbook = coalesce(nullif(?, ''), playbook)"
    # The index first, then the files: a run that is noted meanwhile is not among those that look as if gone.
    known = {
        folder: (modified, size)
        for folder, modified, size in connection.execute(
            f"SELECT folder, modified_ns, size FROM runs {where}", [client, playbook]
        )
    }
    there = dict(_stamps(reports, client, playbook))
    changed = [row for folder, stamp in there.items() if known.get(folder) != stamp and (row := _row(reports, folder))]
    readable = {row[0] for row in changed}
    gone = [folder for folder in known if known[folder] != there.get(folder) and folder not in readable]
    if changed or gone:
        index_records(connection, changed, gone)


def index_folder(connection: sqlite3.Connection, reports: Path, folder: Path) -> None:
    """Take one run folder into the index, or out of it where it has no run.json that can be read."""
    try:
        relative = folder.resolve().relative_to(reports.resolve()).as_posix()
    except ValueError:
        return
    row = _row(reports, relative)
    index_records(connection, [row] if row else [], [] if row else [relative])


def all_records(reports: Path) -> list[Row]:
    """All run.json files that can be read, as rows of the index."""
    return [row for folder, _ in _stamps(reports, "", "") if (row := _row(reports, folder))]


def index_records(
    connection: sqlite3.Connection, records: list[Row], gone: list[str] | None = None, *, anew: bool = False
) -> None:
    """Write rows and remove those of the folders that are gone, or all others if `anew`, in one step."""
    with transaction(connection):
        if anew:
            connection.execute("DELETE FROM runs")
        connection.executemany("DELETE FROM runs WHERE folder = ?", [(folder,) for folder in gone or []])
        connection.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", records)


def _stamps(reports: Path, client: str, playbook: str) -> Iterator[tuple[str, Stamp]]:
    """The run folders below reports/ in their order, each with the stamp of its run.json."""
    for one in _folders(reports, client):
        for question in _folders(reports / one, playbook):
            beside = reports / one / question
            names = [name for name in _folders(beside) if name != FAILED]
            for name in [*names, *(f"{FAILED}/{attempt}" for attempt in _folders(beside / FAILED))]:
                stamp = _stamp(f"{beside}/{name}/{RECORD}")
                if stamp:
                    yield f"{one}/{question}/{name}", stamp


def _folders(parent: Path, only: str = "") -> list[str]:
    try:
        with os.scandir(parent) as found:
            names = [entry.name for entry in found if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []
    return sorted(name for name in names if not only or name == only)


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _row(reports: Path, folder: str) -> Row | None:
    """What the index holds of a run folder; None where it has no run.json that makes sense."""
    # The stamp before the content: a file that changes in between is then read again.
    stamp = _stamp(f"{reports}/{folder}/{RECORD}")
    record = read_record(reports / folder)
    parts = folder.split("/")
    if stamp is None or record is None or len(parts) < 3:
        return None
    try:
        # A record of the time before there was an end in it.
        ended = str(record.ended_at) or datetime.fromtimestamp(stamp[0] // 10**9, UTC).isoformat()
        row = (folder, *stamp, parts[0], parts[1], str(record.run_id), str(record.status), ended, _facts(record))
        # A run that cannot be shown is told apart here, not by whoever asks for it.
        _entry(reports, folder, *row[3:])
        "".join((folder, *row[3:])).encode()
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, Damaged):
        return None
    return row


def _facts(record: Record) -> str:
    first = record.findings[0] if record.findings else {}
    seconds = float(record.durations.get("total", 0.0))
    facts = {
        "as_of": str(record.as_of or record.key.get("as_of", "")),
        "parameters": dict(record.key.get("parameters", {})),
        "seconds": seconds if math.isfinite(seconds) else 0.0,
        "due": str(record.due),
        "attempt": int(record.attempt),
        "headline": str(first.get("headline", "")),
        "verdict": str(first.get("verdict", "")),
        "error": {name: str(value) for name, value in asdict(record.error).items()} if record.error else None,
    }
    return json.dumps(facts, ensure_ascii=False)


def _entry(
    reports: Path, folder: str, client: str, playbook: str, run_id: str, status: str, ended_at: str, facts: str
) -> Entry:
    try:
        told = json.loads(facts)
        error = told.pop("error")
        return Entry(
            run_id=run_id,
            client=client,
            playbook=playbook,
            status=status,
            ended_at=ended_at,
            folder=reports / folder,
            error=RunError(**error) if error else None,
            **told,
        )
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Damaged(f"the entry of {folder} cannot be read") from error
