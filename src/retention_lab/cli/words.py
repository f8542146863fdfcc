"""How the command line writes: paths, lists and lines as a person would read them."""

from collections.abc import Iterable
from pathlib import Path

import typer


def either(columns: Iterable[str]) -> str:
    """Columns in a sentence; `a|b` means that either will do."""
    return ", ".join(columns).replace("|", " or ")


def near(path: Path) -> str:
    """A path as one would type it: from the working directory, where it lies below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def echo(lines: Iterable[str], *, err: bool = False) -> None:
    """Write lines out, to stderr where they tell of something wrong."""
    for line in lines:
        typer.echo(line, err=err)
