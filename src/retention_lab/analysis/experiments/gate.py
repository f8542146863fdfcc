"""One condition that must hold before an effect is worth reading: what it counted, and how it came out."""

import math
from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "warned", "failed", "not_applicable"]
FAILS, WARNS = 0.001, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """What a gate counted in one variant: `n` of `of`, and what was expected where something was."""

    variant: str
    n: float
    of: float
    expected: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One condition, with its numbers. `about` is the outcome that it speaks of, where it speaks of one.

    `facts` are further numbers by name; which there are hangs on the gate.
    """

    name: str
    status: Status
    pvalue: float = math.nan
    about: str = ""
    rows: tuple[GateRow, ...] = ()
    facts: dict[str, float]


def judged(pvalue: float) -> Status:
    """How a test of what must be alike comes out: strong evidence fails it, some makes it doubtful."""
    return "failed" if pvalue < FAILS else "warned" if pvalue < WARNS else "passed"


def worst(*statuses: Status) -> Status:
    """The one to go by."""
    return max(statuses, key=("not_applicable", "passed", "warned", "failed").index)
