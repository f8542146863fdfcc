"""The one error tree.

    RetentionLabError     anything that a person can put right; the command line exits with 2
    ├── DataError         a client's file, table or client.yml is not as it must be
    ├── ParameterError    what was asked for is not something a playbook knows
    └── PlaybookError     a playbook is missing, or breaks a rule of its form

An error holds every fault that was found, not only the first.
A fault says what is wrong (with the value), what is allowed, and what to do next.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: where, what was found, what is allowed, what to do next."""

    where: str
    found: str
    allowed: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.found}"]
        if self.allowed:
            parts.append(f"  Allowed: {self.allowed}")
        if self.remedy:
            parts.append(f"  Next: {self.remedy}")
        return "\n".join(parts)


class RetentionLabError(Exception):
    """Root of all errors that a person can put right.

    `faults` holds everything that was found wrong; `str(error)` is a block of text for a person.
    """

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type["RetentionLabError"], tuple[tuple[Fault, ...]]]:
        """By its faults, or an error from a worker process would come home as a text cut into letters."""
        return type(self), (self.faults,)


class DataError(RetentionLabError):
    """A client's file, table or client.yml is not as it must be."""


class ParameterError(RetentionLabError):
    """What was asked for is not something that a playbook knows."""


class PlaybookError(RetentionLabError):
    """A playbook is missing, or breaks a rule of its form."""
