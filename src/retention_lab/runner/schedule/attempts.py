"""A due time whose run has failed: whether it is tried again, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from retention_lab.runner.record import Record

# After the first, the second, and each later attempt.
_PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The attempt that comes next, and from when on. None comes before a file has changed where `attempt` is 0."""

    attempt: int = 0
    since: datetime | None = None

    def has_come(self, now: datetime) -> bool:
        """Whether it may be made now."""
        return self.attempt > 0 and (self.since is None or self.since <= now)


def next_turn(failure: Record | None, due: str, retries: int, now: datetime) -> Turn:
    """What comes after the last attempt at a run, of which `failure` is the record.

    The same inputs fail in the same way: what a person must put right is not tried again, whatever is due.
    """
    if failure is None or failure.error is None:
        return Turn(attempt=1)
    if failure.error.kind == "data":
        return Turn()
    if failure.due != due:
        return Turn(attempt=1)
    if failure.attempt > retries:
        return Turn()
    return Turn(attempt=failure.attempt + 1, since=_since(failure, now))


def _since(failure: Record, now: datetime) -> datetime | None:
    try:
        ended_at = datetime.fromisoformat(failure.ended_at)
        pause = _PAUSES[min(max(failure.attempt, 1), len(_PAUSES)) - 1]
        # One that ended in the future did so by a clock that was wrong: nobody waits for that day.
        return ended_at + pause if ended_at <= now else None
    except (ValueError, TypeError):
        return None
