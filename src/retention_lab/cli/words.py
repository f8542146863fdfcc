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
        for part in line.split("\n"):
            typer.echo(plain(part), err=err)


def wrapped(line: str, indent: int) -> str:
    """A line broken where the terminal ends, and what follows moved in; as it is where nobody sits at one."""
    import shutil
    import sys
    import textwrap

    if not sys.stdout.isatty() or not line.strip():
        return line
    width = max(shutil.get_terminal_size().columns, 40)
    return textwrap.fill(
        line, width, subsequent_indent=" " * indent, replace_whitespace=False, drop_whitespace=True,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def plain(text: object) -> str:
    """A text from a report or a client's file as one harmless line: a terminal obeys what it is shown."""
    import re

    # Commands (CSI), titles and links (OSC) and all other escape sequences.
    text = re.sub(
        r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]*[0-~]?",
        "",
        str(text),
    )
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text).rstrip()
