"""What a person sees while runs go on: live lines on a terminal, plain ones in a log. All of it goes to stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retention_lab.runner.batch import Progress
from retention_lab.runner.outcome import RunResult

if TYPE_CHECKING:
    from rich.console import Group

Show = Callable[[Progress], None]
# A rate of fewer reports says little: the first ones wait for the imports.
_ENOUGH_FOR_A_RATE = 3


@contextmanager
def progress_display(total: int) -> Iterator[Show]:
    """Something to hand to `run_batch`, for as long as it takes to make `total` runs."""
    if not sys.stderr.isatty():
        yield _print_plainly
        return
    # Imported here: in a log, where no line can be redrawn, rich has nothing to do.
    from rich.console import Console
    from rich.live import Live

    lines = _LiveLines(total)
    with Live(console=Console(stderr=True), get_renderable=lines.lines, refresh_per_second=4, transient=True) as live:

        def show(progress: Progress) -> None:
            lines.note(progress)
            if progress.result:
                live.console.print(_ended(progress.result), highlight=False, markup=False, soft_wrap=True)

        yield show


def _print_plainly(progress: Progress) -> None:
    """A line when a run begins and one when it ends; its cells would flood a log."""
    if progress.result and progress.result.status == "current":
        return
    if progress.result:
        print(_ended(progress.result), file=sys.stderr, flush=True)
    elif not progress.total:
        print(f"{progress.run.title}: started", file=sys.stderr, flush=True)


def _ended(result: RunResult) -> str:
    if result.status == "current":
        return f"{result.run.title}: up to date"
    if result.status == "elsewhere":
        return f"{result.run.title}: left to {result.owner}, which is making it"
    how = "done in" if result.status == "ok" else "failed after"
    return f"{result.run.title}: {how} {result.seconds:.1f} s"


class _LiveLines:
    """How far the batch is, and the runs that are going on, each with its cell and its seconds."""

    def __init__(self, total: int) -> None:
        self._total, self._began = total, time.monotonic()
        self._results: list[RunResult] = []
        self._running: dict[str, tuple[Progress, float]] = {}

    def note(self, progress: Progress) -> None:
        if progress.result:
            self._running.pop(progress.run.run_id, None)
            self._results.append(progress.result)
            return
        _, began = self._running.get(progress.run.run_id, (progress, time.monotonic()))
        self._running[progress.run.run_id] = (progress, began)

    def lines(self) -> "Group":
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        for _ in ("run", "cell", "seconds"):
            table.add_column(no_wrap=True, overflow="ellipsis")
        for progress, began in self._running.values():
            table.add_row(Text(progress.run.title), Text(_where(progress)), f"{now - began:.0f} s")
        if self._total == 1:
            return Group(table)
        line = batch_line(self._results, self._total, now - self._began)
        return Group(table, Text(line, no_wrap=True, overflow="ellipsis"))


def _where(progress: Progress) -> str:
    if not progress.total:
        return "starting"
    if progress.done == progress.total:
        return "writing the report"
    return f"cell {progress.done + 1} of {progress.total}: {progress.cell}"


def batch_line(results: list[RunResult], total: int, seconds: float) -> str:
    """How many of all are done, how fast it goes and how long it will go on."""
    failed = sum(result.status == "failed" for result in results)
    parts = [f"{len(results)} of {total} done"] + ([f"{failed} failed"] if failed else [])
    # What was up to date took no time, and says nothing of those to come.
    made = sum(result.status in ("ok", "failed") for result in results)
    if made >= _ENOUGH_FOR_A_RATE and len(results) < total:
        left = (total - len(results)) * seconds / made
        parts += [f"{60 * made / seconds:.0f} a minute", f"about {_duration(left)} left"]
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
