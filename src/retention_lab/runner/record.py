"""run.json: what was run, from what, and how it went. It is written last; a folder without it is unfinished."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from retention_lab.runner.files import write_atomically
from retention_lab.runner.fingerprints import Fingerprint

RECORD = "run.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """Why a run failed. `kind` is `data` where a person can put the data or the request right, else `crash`."""

    kind: Literal["data", "crash"]
    name: str
    message: str
    cell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run, as run.json holds it."""

    run_id: str
    key: dict[str, Any]
    status: Literal["ok", "failed"]
    fingerprint: str
    as_of: str = ""
    # When it ended, in UTC; for which due time of the schedule it was made ("" for one made by hand), at which attempt.
    ended_at: str = ""
    due: str = ""
    attempt: int = 1
    error: RunError | None = None
    playbook_sha256: str = ""
    findings: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    input_files: dict[str, str] = field(default_factory=dict)
    code_sha256: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    durations: dict[str, float] = field(default_factory=dict)


def write_record(folder: Path, record: Record) -> None:
    """Write run.json in one step."""
    text = json.dumps({"schema": _SCHEMA, **asdict(record)}, indent=1, ensure_ascii=False, sort_keys=False)
    write_atomically(folder / RECORD, text.encode() + b"\n")


def read_record(folder: Path) -> Record | None:
    """The record of a run, or None where there is none that can be read: then the run is as if it never was."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if found.pop("schema") != _SCHEMA:
            return None
        error = found.pop("error", None)
        return Record(**found, error=RunError(**error) if error else None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def is_current(folder: Path, fingerprint: Fingerprint) -> bool:
    """Whether the report in a folder is what a run now would make, byte for byte."""
    record = read_record(folder)
    if record is None or record.status != "ok" or record.fingerprint != fingerprint.digest:
        return False
    return all(file_sha256(folder / name) == sha256 for name, sha256 in record.files.items())


def file_sha256(path: Path) -> str:
    """The sha256 of a file; empty where there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
