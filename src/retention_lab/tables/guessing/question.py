"""One question to a person about a guess."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from retention_lab.tables.guessing.guesses import ClientGuess, TableGuess

NONE = "-"
TOLD = "you said so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing that is not sure. `choices` are what was taken and what else it may be, the guess first.

    `examples` are what stands in the file for each of them. `apply` makes the guess that an answer leads to (NONE:
    none of them), and raises ValueError with what is allowed. `must_choose`: nothing was taken that could be confirmed.
    """

    key: str
    asked: str
    choices: tuple[str, ...]
    remarks: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    may_be_none: bool
    must_choose: bool = False
    apply: Callable[[str], ClientGuess]


def with_table(guess: ClientGuess, old: TableGuess, new: TableGuess) -> ClientGuess:
    """The guess with one table as it is known now."""
    return replace(guess, tables=tuple(new if table is old else table for table in guess.tables))
