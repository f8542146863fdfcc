"""One thing that can be wrong with a row."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a whole column shows: where it is not true, no row of it can have the fault.

    All hints of a table are asked in one question; most files are in order, and no more is asked of them.
    """

    name: str
    ask: Callable[[ir.Table], ir.BooleanValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`failing` is true for the rows that have this fault; `column` is the one to look at in the file.

    `allowed` says what may stand there, where that is not plain from the reason.
    """

    reason: str
    column: str
    failing: Callable[[ir.Table], ir.BooleanValue]
    allowed: str = ""
    remedy: str
    hint: Hint | None = None
