"""The verb that keeps the schedule where nothing else does: watch."""

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from retention_lab.cli.schedule import Jobs, LateAfter, report_lines, runner
from retention_lab.cli.words import echo
from retention_lab.errors import RetentionLabError

if TYPE_CHECKING:
    from retention_lab.runner.schedule.entries import Schedules
    from retention_lab.runner.schedule.run_due import Run

# A laptop that slept, a clock that was set and a run that is to be tried again are noticed within this time.
_LONGEST_SLEEP = 30.0

_Said = tuple[list[str], list[str]]


def watch(jobs: Jobs = None, late_after: LateAfter = 60) -> None:
    """Keep running, and make each report when it is due: for machines without cron and systemd. Ctrl-C ends it.

    \b
    Example:
      retention-lab watch
    """
    from retention_lab.runner.batch import told_to_stop
    from retention_lab.runner.schedule.entries import Schedules
    from retention_lab.tables.workspace import find_workspace

    workspace = find_workspace()
    schedules, run = Schedules(workspace), runner(workspace, jobs)
    said: _Said = ([], [])
    with told_to_stop():
        while True:
            now = one_round(schedules, run, timedelta(minutes=late_after))
            # The same is not said every 30 seconds.
            echo((line for line in now[1] if line not in said[1]), err=True)
            echo(line for line in now[0] if line not in said[0])
            said = now
            time.sleep(_until_next(schedules, datetime.now(UTC)))


def one_round(schedules: "Schedules", run: "Run", late_after: timedelta) -> _Said:
    """Make what is due now, and tell of it. Whatever goes wrong, the next round comes."""
    from retention_lab.runner.schedule.run_due import run_due

    try:
        workspace = schedules.workspace
        return report_lines(
            workspace, run_due(workspace, datetime.now(UTC), run, schedules=schedules, late_after=late_after)
        )
    except RetentionLabError as error:
        return [], [f"This round failed, and the next one comes: {error}"]
    # A full disk, a folder that is away for a while, a mistake of ours: none of it may end the loop.
    except Exception as error:  # noqa: BLE001
        return [], [f"This round failed, and the next one comes: {type(error).__name__}: {error}"]


def _until_next(schedules: "Schedules", now: datetime) -> float:
    from retention_lab.runner.schedule.due import next_period

    try:
        period = next_period(schedules.read()[0], now)
    except OSError:
        period = None
    wait = (period.due - now).total_seconds() if period else _LONGEST_SLEEP
    return min(max(wait, 1.0), _LONGEST_SLEEP)
