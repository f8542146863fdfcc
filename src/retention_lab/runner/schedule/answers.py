"""What became of what was due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from retention_lab.errors import Fault
from retention_lab.runner.record import RunError
from retention_lab.runner.schedule.entries import Entry, Period

LATE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one due time. `refused` is one whose run cannot even be planned.

    `tried`: in this call. A failure is tried again at `again`; without it, when a file has changed. `exports_end`: the
    last day that its report counts, where the exports end before the day that it was asked for.
    """

    period: Period
    status: Literal["ok", "current", "failed", "elsewhere", "refused"]
    folder: Path | None = None
    error: RunError | None = None
    tried: bool = True
    again: datetime | None = None
    answered_at: datetime | None = None
    exports_end: str = ""

    @property
    def late_by(self) -> timedelta:
        """How long after its due time it was answered."""
        return self.answered_at - self.period.due if self.answered_at else timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Due times that were not made up for, because only the latest is (`catch_up: latest`)."""

    entry: Entry
    n: int
    first: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """What one call has done, and what stands open.

    `before`: what an earlier call answered, told for a while where something is odd: nobody may have looked.
    """

    now: datetime
    entries: tuple[Entry, ...]
    answers: tuple[Answer, ...]
    late_after: timedelta
    before: tuple[Answer, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def failed(self) -> tuple[Answer, ...]:
        """What has no report, and needs time or a person."""
        return tuple(answer for answer in self.answers if answer.status in ("failed", "refused"))

    @property
    def late(self) -> tuple[Answer, ...]:
        """What was answered in this call, but late."""
        return tuple(answer for answer in self.answers if answer.late_by > self.late_after)

    @property
    def late_before(self) -> tuple[Answer, ...]:
        """What an earlier call answered late."""
        return tuple(answer for answer in self.before if answer.late_by > self.late_after)

    @property
    def short(self) -> tuple[Answer, ...]:
        """What was answered by a report that ends before its day, because no newer export was there."""
        return tuple(answer for answer in (*self.answers, *self.before) if answer.exports_end)

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: something failed or came late; 2: a file must be put right first.

        A report without a newer export is told and no failure: it is what the client's file asks for.
        """
        if self.late or any(answer.status == "failed" for answer in self.answers):
            return 1
        return 2 if self.faults or self.failed else 0
