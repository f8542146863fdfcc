"""Where each entry of a schedule stands, in `reports/.schedule.json`.

The truth is in the run.json files. This file only holds from when on an entry counts, and how far all is known to be
answered, so that run.json files of years need not be read again. Where it is lost, the run.json files say enough.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from retention_lab.runner.catalogue import Playbook
from retention_lab.runner.files import write_atomically
from retention_lab.runner.publish import FAILED
from retention_lab.runner.record import Record, read_record
from retention_lab.runner.schedule.entries import Entry, utc_text

STANDINGS = ".schedule.json"
_SCHEMA = 1
# An entry counts from when it was written down, where run-due had no chance yet to see it: it comes every 15 minutes.
_BETWEEN_CALLS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One entry: first seen; the due time up to which all is answered or passed over, and when that was answered.

    `skipped` due times, the first of them `skipped_from`, were passed over for the last one that was answered.
    """

    seen: str
    settled: str = ""
    answered: str = ""
    skipped: int = 0
    skipped_from: str = ""

    def after(self, now: datetime) -> datetime:
        """The moment after which due times must be looked at."""
        if self.settled and self.settled <= utc_text(now):
            return datetime.fromisoformat(self.settled)
        # Settled in the future: the clock was wrong then. What lies before was answered, and is found so.
        return datetime.fromisoformat(self.seen) - timedelta(seconds=1)


Standings = dict[str, dict[str, Standing]]
"""By client, then by the digest of the entry."""


def read_standings(reports: Path) -> Standings | None:
    """The standings as they were left; None where they are lost."""
    try:
        found = json.loads((reports / STANDINGS).read_text(encoding="utf-8"))
        if found["schema"] != _SCHEMA:
            return None
        return {
            str(client): {str(name): _sound(Standing(**fields)) for name, fields in entries.items()}
            for client, entries in found["clients"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _sound(standing: Standing) -> Standing:
    """Raise ValueError or TypeError where a standing is not one that we wrote."""
    for text in (standing.seen, *filter(None, (standing.settled, standing.answered, standing.skipped_from))):
        if utc_text(datetime.fromisoformat(text)) != text:
            raise ValueError(text)
    return standing


def write_standings(reports: Path, standings: Standings) -> None:
    """Write all standings in one step."""
    reports.mkdir(parents=True, exist_ok=True)
    clients = {
        client: {digest: asdict(mine) for digest, mine in entries.items()} for client, entries in standings.items()
    }
    text = json.dumps({"schema": _SCHEMA, "clients": clients}, indent=1, sort_keys=True)
    write_atomically(reports / STANDINGS, text.encode() + b"\n")


def write_changes(reports: Path, before: Standings, after: Standings) -> None:
    """Write what is another `after` a call than `before` it. What another call has written meanwhile stays."""
    found = read_standings(reports)
    kept = _flat(before if found is None else found)
    old, new = _flat(before), _flat(after)
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name) and old.get(name) == kept.get(name)}
    standings: Standings = {}
    for client, digest in sorted({*kept, *new}):
        mine = (new if (client, digest) in changed else kept).get((client, digest))
        if mine:
            standings.setdefault(client, {})[digest] = mine
    if (found or {}) != standings:
        write_standings(reports, standings)


def _flat(standings: Standings) -> dict[tuple[str, str], Standing]:
    return {(client, digest): mine for client, entries in standings.items() for digest, mine in entries.items()}


def first_standing(entry: Entry, now: datetime) -> Standing:
    """The standing of an entry that was never seen before."""
    written = entry.written_at
    return Standing(seen=utc_text(written if now - _BETWEEN_CALLS <= written <= now else now))


def found_again(entry: Entry, playbook: Playbook, reports: Path, now: datetime) -> Standing | None:
    """The standing of an entry, from the run.json files: it has counted since the first due time that they name."""
    dues = [record.due for record in _records(entry, playbook, reports) if record.due]
    return Standing(seen=min(min(dues), utc_text(now))) if dues else None


def last_answered(entry: Entry, playbook: Playbook, reports: Path) -> Record | None:
    """The record of the latest due time of an entry that has its report."""
    answered = [record for record in _records(entry, playbook, reports) if record.due and record.status == "ok"]
    return max(answered, key=lambda record: record.due, default=None)


def _records(entry: Entry, playbook: Playbook, reports: Path) -> Iterator[Record]:
    """All run.json files of the question that an entry asks, of whatever day."""
    asked = entry.key(playbook, "")
    beside = reports / asked.client / asked.playbook
    name = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}}{re.escape(asked.mark)}|{FAILED}/[0-9a-f]+)/run\.json")
    for file in sorted([*beside.glob("*/run.json"), *beside.glob(f"{FAILED}/*/run.json")]):
        if name.fullmatch(file.relative_to(beside).as_posix()):
            record = read_record(file.parent)
            if record is not None and record.key.get("parameters") == asked.parameters:
                yield record
