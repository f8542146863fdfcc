"""`reports/failures.md`: what went wrong with what was due, for whoever looks.

It is there only while there is something to look at, so that a glance at the folder is enough.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from retention_lab.runner.files import write_atomically
from retention_lab.runner.schedule.answers import Answer, DueReport, PassedOver
from retention_lab.runner.schedule.entries import local_text
from retention_lab.tables.workspace import Workspace

FAILURES = "failures.md"
_LONGEST = 600
_UNTIL = (
    "What failed stands here until it is made, or a later one takes its place; what must be put right, until it is."
    " The rest stands here until the next report of its schedule, for 7 days at most. When nothing is left, this file"
    " goes away."
)


def keep_failures(workspace: Workspace, report: DueReport) -> None:
    """Write the file, or take it away."""
    file = workspace.reports / FAILURES
    parts = [part for part in _parts(workspace, report) if part]
    if not parts:
        file.unlink(missing_ok=True)
        return
    head = f"# What went wrong\n\nWritten {local_text(report.now, 'UTC')} UTC. {_UNTIL}\n"
    content = "\n".join([head, *parts]).encode("utf-8", errors="replace")
    workspace.reports.mkdir(parents=True, exist_ok=True)
    write_atomically(file, content)


def _parts(workspace: Workspace, report: DueReport) -> Iterator[str]:
    yield _part("Failed", (_failure(workspace.root, answer) for answer in report.failed))
    yield _part("Files that must be put right", (f"- {one_line(str(fault))}" for fault in report.faults))
    yield _part("Exports that are older than their report", (_short(answer) for answer in report.short))
    yield _part("Late", (_late(answer) for answer in (*report.late, *report.late_before)))
    yield _part("Passed over", (_passed_over(passed) for passed in report.passed_over))


def _part(title: str, items: Iterable[str]) -> str:
    lines = list(items)
    return "\n".join([f"## {title}", "", *lines, ""]) if lines else ""


def _failure(root: Path, answer: Answer) -> str:
    error = answer.error
    lines = [f"- **{answer.period.entry.title}**, due {answer.period.when}, last day {answer.period.as_of}"]
    if error:
        cell = f"cell {one_line(error.cell)}, " if error.cell else ""
        name = "" if error.kind == "data" else f"{error.name}: "
        lines.append(f"  - {cell}{name}{one_line(error.message)}")
    if answer.folder:
        lines.append(f"  - what there is of it: {one_line(str(shown_path(answer.folder, root)))}")
    lines.append(f"  - next: {what_next(answer)}")
    return "\n".join(lines)


def what_next(answer: Answer) -> str:
    """When a failure is tried again."""
    if answer.again:
        return f"tried again from {local_text(answer.again, answer.period.entry.timezone)} on"
    if answer.status == "refused":
        return "put that right; each call tries it again"
    if answer.error and answer.error.kind == "data":
        return "put that right; it is tried again when a file of the client, the playbook or the code has changed"
    return "given up; it is tried again when a file of the client, the playbook or the code has changed, or by hand"


def _short(answer: Answer) -> str:
    entry, last_day = answer.period.entry, answer.period.as_of
    again = ["retention-lab", "run", entry.client, "--playbook", entry.spec.playbook, "--as-of", last_day]
    for name, value in entry.spec.parameters.items():
        again += ["-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    lines = [
        f"- **{entry.title}**, due {answer.period.when}, last day {last_day}: counts up to {answer.exports_end}, where"
        " the exports end",
        "  - next: put the new export into the client's folder, move observed_through on in client.yml, and run"
        f" {one_line(shlex.join(again))}",
    ]
    return "\n".join(lines)


def _late(answer: Answer) -> str:
    return f"- **{answer.period.entry.title}**, due {answer.period.when}: {span(answer.late_by)} late"


def _passed_over(passed: PassedOver) -> str:
    entry = passed.entry
    times = "1 due time" if passed.n == 1 else f"{passed.n} due times"
    first = f"{local_text(passed.first, entry.timezone)} {entry.timezone}"
    return f"- **{entry.title}**: {times}, the first {first}; only the latest is made up for (catch_up: latest)"


def span(time: timedelta) -> str:
    """A span of time for a person: 3 days 4 h, 1 h 25 min."""
    minutes = int(time.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} days" if days > 1 else "1 day"] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes % 60} min"] if minutes % 60 and not days else []
    return " ".join(parts) or "0 min"


def shown_path(path: Path, root: Path) -> Path:
    """A path as seen from the workspace."""
    return path.relative_to(root) if path.is_relative_to(root) else path


def one_line(text: str) -> str:
    """Text of a client or a library as code on one line: none of it is markup, moves the cursor or fills the page."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text).replace("`", "'")
    short = " ".join(plain.split())
    return f"`{short if len(short) <= _LONGEST else short[:_LONGEST] + '…'}`"
