"""The verbs that look back: history, show."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retention_lab.cli.words import echo, near, plain
from retention_lab.errors import DataError, Fault, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from retention_lab.runner.ledger.ledger import Entry, Ledger
    from retention_lab.runner.record import Record, RunError
    from retention_lab.tables.workspace import Workspace

_HEADER = ("When", "Client", "Playbook", "As of", "How", "Seconds", "Run", "What it says")
_OUTCOMES = {"ok": "done", "failed": "failed"}
# As much of a run's id as tells it from others in practice; show tells where it does not.
_ID_SHOWN = 8
_LEAST_WIDTH = 20

_AS_JSON = typer.Option("--json", help="Write JSON, for programs.")


def history(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="The client: the name of a folder in data/. All, if left out.")
    ] = "",
    playbook: Annotated[str, typer.Option("--playbook", metavar="NAME", help="Only the runs of this playbook.")] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Only the runs that failed.")] = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many runs, from the newest on.")] = 20,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read all run.json files again first.")] = False,
    as_json: Annotated[bool, _AS_JSON] = False,
) -> None:
    """List the runs that ended last: when, for which client, how it went and what the report says.

    \b
    Examples:
      retention-lab history
      retention-lab history demo --playbook churn-survival --failed
    """
    workspace, ledger = _open()
    _check_known(workspace, client, playbook)
    if rebuild:
        echo([f"The ledger is built again, from {ledger.rebuild():,} run.json."], err=True)
    # One more than is shown, to know whether there is more.
    found = ledger.history(client=client, playbook=playbook, status="failed" if failed else "", limit=limit + 1)
    echo(ledger.notes, err=True)
    if as_json:
        echo([_as_json([_entry_facts(entry) for entry in found[:limit]])])
    else:
        echo(_table_lines(found[:limit]) if found else [_nothing(client, playbook, failed)])
    if len(found) > limit:
        echo([f"There are more: --limit {limit * 5} shows up to {limit * 5:,}."], err=True)


def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="The id of a run or its beginning, as history shows it; or CLIENT/PLAYBOOK: its newest."
        ),
    ],
    as_json: Annotated[bool, _AS_JSON] = False,
) -> None:
    """Show one run: what was asked, what it found, from which tables, and where it lies.

    \b
    Examples:
      retention-lab show 1dbb1c76
      retention-lab show demo/churn-survival
    """
    from retention_lab.runner.record import RECORD, read_record

    workspace, ledger = _open()
    entry = _entry_of(workspace, ledger, run)
    echo(ledger.notes, err=True)
    record = read_record(entry.folder)
    try:
        if record is None:
            raise ValueError
        facts = {"folder": str(entry.folder), **asdict(record)}
        lines = [_as_json(facts)] if as_json else _record_lines(entry, record)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        found, remedy = "it is not as a run writes it", f"make the report again: retention-lab run {entry.client}"
        raise DataError(Fault(where=str(entry.folder / RECORD), found=found, remedy=remedy)) from error
    echo(lines)


def _open() -> tuple["Workspace", "Ledger"]:
    from retention_lab.runner.ledger.ledger import Ledger
    from retention_lab.tables.workspace import find_workspace

    workspace = find_workspace()
    return workspace, Ledger(workspace.reports)


def _check_known(workspace: "Workspace", client: str, playbook: str) -> None:
    """Refuse a name that is neither that of a client or playbook now, nor that of a folder of reports."""
    from retention_lab.runner.catalogue import playbook_names

    clients = {*workspace.client_names(), *_folders(workspace.reports)}
    playbooks = {*playbook_names(workspace), *(name for one in clients for name in _folders(workspace.reports / one))}
    asked = (("client", client, clients), ("playbook", playbook, playbooks))
    faults = [_unknown(what, name, known) for what, name, known in asked if name and name not in known]
    if faults:
        raise ParameterError(faults)


def _folders(parent: "Path") -> list[str]:
    found = parent.iterdir() if parent.is_dir() else ()
    return [path.name for path in found if path.is_dir() and not path.name.startswith(".")]


def _unknown(what: str, name: str, known: set[str]) -> Fault:
    import difflib

    close = difflib.get_close_matches(name, sorted(known), n=1)
    allowed = plain(", ".join(sorted(known))) or f"none: there is no {what} yet"
    remedy = f"did you mean {plain(close[0])}?" if close else "check the spelling"
    return Fault(where=what, found=f"there is no {plain(name)!r}", allowed=allowed, remedy=remedy)


def _entry_of(workspace: "Workspace", ledger: "Ledger", run: str) -> "Entry":
    """The run that is meant. Raises ParameterError where it is none, or more than one."""
    client, slash, playbook = run.partition("/")
    if slash:
        _check_known(workspace, client, playbook)
    found = ledger.history(client=client, playbook=playbook, limit=1) if slash else ledger.find(run)
    if not found:
        told = _nothing(client, playbook) if slash else "no run has this id, and none has one that begins so"
        remedy = "retention-lab history lists the runs"
        raise ParameterError(Fault(where=f"run {plain(run)}", found=told, remedy=remedy))
    if len({entry.run_id for entry in found}) > 1:
        several = [f"{entry.run_id}  {_title(entry)}  {_day(entry)}" for entry in found]
        allowed = "\n".join(
            ["a longer beginning, that of one of these only:", *(f"    {plain(one)}" for one in several)]
        )
        raise ParameterError(Fault(where=f"run {plain(run)}", found=f"{len(found)} runs begin so", allowed=allowed))
    return found[0]


def _nothing(client: str, playbook: str, failed: bool = False) -> str:
    """Why there is nothing to list, and what to do about it."""
    whose = " · ".join(plain(name) for name in (client, playbook) if name)
    prefix = f"{whose}: " if whose else ""
    if failed:
        return f"{prefix}no run has failed. Next: retention-lab history shows those that are done"
    return f"{prefix}no report has been made yet. Next: retention-lab run {plain(client) or 'CLIENT'}"


def _table_lines(entries: list["Entry"]) -> list[str]:
    """The runs as a table; its last column ends where the terminal does, if there is one."""
    import shutil

    rows = [_HEADER, *((*_cells(entry), plain(_gist(entry))) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER) - 1)]
    terminal = shutil.get_terminal_size(fallback=(0, 0)).columns
    room = max(_LEAST_WIDTH, terminal - sum(widths) - 2 * len(widths)) if terminal else 0
    return ["  ".join([*_padded(row, widths), _cut(row[-1], room)]).rstrip() for row in rows]


def _cells(entry: "Entry") -> tuple[str, ...]:
    how = _OUTCOMES.get(entry.status, entry.status)
    when = _local(entry.ended_at)
    cells = (when, entry.client, entry.playbook, _day(entry), how, f"{entry.seconds:.1f}", entry.run_id[:_ID_SHOWN])
    return tuple(plain(cell) for cell in cells)


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    right = _HEADER.index("Seconds")
    cells = enumerate(zip(row[:-1], widths, strict=True))
    return [cell.rjust(width) if column == right else cell.ljust(width) for column, (cell, width) in cells]


def _cut(text: str, room: int) -> str:
    return text if not room or len(text) <= room else f"{text[: room - 1].rstrip()}…"


def _gist(entry: "Entry") -> str:
    """The headline of a report, or the first line of what went wrong."""
    return _error_lines(entry.error)[0] if entry.error else " ".join(entry.headline.split())


def _error_lines(error: "RunError") -> list[str]:
    """What went wrong; an error that is not for a person to put right begins with its name."""
    lines = [plain(line) for line in str(error.message).splitlines() if line.strip()] or ["no message"]
    return lines if error.kind == "data" else [f"{plain(error.name)}: {lines[0]}", *lines[1:]]


def _title(entry: "Entry") -> str:
    return f"{entry.client} · {entry.playbook}"


def _day(entry: "Entry") -> str:
    return f"{entry.as_of}{entry.mark}"


def _moment(text: str) -> "datetime | None":
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone()
    except (ValueError, OverflowError):
        return None


def _local(text: str) -> str:
    """A moment in UTC by the clock of whoever asks, to the minute."""
    found = _moment(text)
    return f"{found:%Y-%m-%d %H:%M}" if found else text


def _record_lines(entry: "Entry", record: "Record") -> list[str]:
    attempt = f", attempt {entry.attempt}" if entry.attempt > 1 else ""
    facts = {
        "Run": entry.run_id,
        "Ended": f"{_local(entry.ended_at)}, after {entry.seconds:.1f} s{attempt}",
        "As of": entry.as_of,
        "Due": _local(entry.due),
        "Parameters": ", ".join(f"{name}={_as_text(value)}" for name, value in entry.parameters.items()),
        "Folder": near(entry.folder),
    }
    title = plain(f"{_title(entry)}: {_OUTCOMES.get(entry.status, entry.status)}")
    lines = [title, *(f"  {name:<10}  {plain(value)}" for name, value in facts.items() if value)]
    cell = f", in cell {entry.error.cell}" if entry.error and entry.error.cell else ""
    lines += _section(f"Error{cell}", _error_lines(entry.error) if entry.error else [])
    verdicts = [(str(finding["verdict"]), finding["headline"]) for finding in record.findings]
    width = max((len(verdict) for verdict, _ in verdicts), default=0)
    lines += _section("Findings", [f"{verdict:<{width}}  {headline}" for verdict, headline in verdicts])
    lines += _section("Inputs", [line for table in record.inputs for line in _input_lines(table)])
    lines += _section("Files", [f"{name}  {_size(entry.folder / name)}" for name in record.files])
    versions = ", ".join(f"{package} {version}" for package, version in record.versions.items())
    return lines + _section("Versions", [versions] if versions else [])


def _section(title: str, lines: "Iterable[str]") -> list[str]:
    indented = [f"  {plain(line)}" for line in lines]
    return ["", plain(title), *indented] if indented else []


def _input_lines(table: dict[str, Any]) -> list[str]:
    rejected = {str(reason): int(n) for reason, n in table.get("rejected", {}).items()}
    aside = f", {sum(rejected.values()):,} set aside" if rejected else ""
    return [
        f"{table['table']} ({table.get('source', '')}): {int(table['rows']):,} rows{aside}",
        *(f"  {n:,} {reason}" for reason, n in sorted(rejected.items(), key=lambda pair: (-pair[1], pair[0]))),
    ]


def _size(path: "Path") -> str:
    try:
        size = path.stat().st_size
    except OSError:
        return "is gone"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB" if size >= 1e3 else f"{size} B"


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _entry_facts(entry: "Entry") -> dict[str, object]:
    return {**asdict(entry), "folder": str(entry.folder)}


def _as_json(value: object) -> str:
    """As ASCII, in which no sign can command a terminal."""
    return json.dumps(value, indent=1)
