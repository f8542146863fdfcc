"""What a person sees while runs go on: live lines on a terminal, plain ones in a log. All of it goes to stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retention_lab.runner.batch import Progress
from retention_lab.runner.outcome import RunResult

if TYPE_CHECKING:
    from rich.table import Table

Show = Callable[[Progress], None]


@contextmanager
def progress_display() -> Iterator[Show]:
    """Something to hand to `run_batch`, for as long as it takes."""
    if not sys.stderr.isatty():
        yield _print_plainly
        return
    # Imported here: in a log, where no line can be redrawn, rich has nothing to do.
    from rich.console import Console
    from rich.live import Live

    lines = _LiveLines()
    with Live(console=Console(stderr=True), get_renderable=lines.table, refresh_per_second=4, transient=True) as live:

        def show(progress: Progress) -> None:
            lines.note(progress)
            if progress.result:
                live.console.print(_ended(progress.result), highlight=False, markup=False, soft_wrap=True)

        yield show


def _print_plainly(progress: Progress) -> None:
    """A line when a run begins and one when it ends; its cells would flood a log."""
    if progress.result:
        print(_ended(progress.result), file=sys.stderr, flush=True)
    elif not progress.cell:
        print(f"{progress.run.title}: started", file=sys.stderr, flush=True)


def _ended(result: RunResult) -> str:
    if result.status == "current":
        return f"{result.run.title}: up to date"
    how = "done in" if result.status == "ok" else "failed after"
    return f"{result.run.title}: {how} {result.seconds:.1f} s"


class _LiveLines:
    """The runs that are going on, each with its cell and its seconds."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Progress, float]] = {}

    def note(self, progress: Progress) -> None:
        if progress.result:
            self._running.pop(progress.run.run_id, None)
            return
        _, began = self._running.get(progress.run.run_id, (progress, time.monotonic()))
        self._running[progress.run.run_id] = (progress, began)

    def table(self) -> "Table":
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        # The display's own thread draws, while `note` adds and removes.
        for progress, began in list(self._running.values()):
            where = f"cell {progress.done + 1} of {progress.total}: {progress.cell}" if progress.cell else "starting"
            table.add_row(Text(progress.run.title), Text(f"{time.monotonic() - began:.0f} s"), Text(where))
        return table
