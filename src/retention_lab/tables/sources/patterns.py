"""Files that may be one table, by their names: those of many months differ in digits and names of months only."""

import glob
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from retention_lab.tables.workspace import OURS

_MONTHS = (
    "january february march april may june july august september october november december "
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre "
    "enero febrero abril mayo junio julio septiembre setiembre octubre noviembre diciembre "
    "janvier février fevrier mars avril mai juin juillet août aout septembre octobre décembre decembre "
    "januar februar marec maj junij julij avgust oktober "
    "jan feb mar apr jun jul aug sep sept oct nov dec gen mag giu lug ago set ott dic ene abr "
    "janv févr fevr avr juil déc okt avg"
)
_MONTH = "|".join(sorted(_MONTHS.split(), key=len, reverse=True))
_CHANGING = re.compile(rf"\d+|(?<![^\W\d_])(?:{_MONTH})(?![^\W\d_])", re.IGNORECASE)
_STARS = re.compile(r"\*(?:[-_. ]*\*)+")


def data_files(folder: Path) -> list[Path]:
    """The files in a client's folder, and in the folders directly in it, that may hold data; in alphabetical order."""
    return sorted(
        path for path in (*folder.glob("*"), *folder.glob("*/*")) if path.is_file() and _is_data(folder, path)
    )


def _is_data(folder: Path, path: Path) -> bool:
    parts = path.relative_to(folder).parts
    ours = parts[0] in OURS or parts == ("client.yml",)
    return not ours and not any(part.startswith((".", "~$")) for part in parts)


def alike(files: Sequence[Path]) -> list[list[Path]]:
    """Files of one folder and one kind whose names differ in digits and months only, together."""
    groups: dict[tuple[PurePath, str], list[Path]] = defaultdict(list)
    for path in files:
        groups[path.parent, _CHANGING.sub("*", path.name.lower())].append(path)
    return list(groups.values())


def pattern_of(folder: Path, files: Sequence[Path]) -> str | None:
    """The pattern that names just these files, None where every one would name others too."""
    for pattern in _patterns(folder, files[0]):
        if sorted(path for path in folder.glob(pattern) if path.is_file()) == sorted(files):
            return pattern
    return None


def _patterns(folder: Path, first: Path) -> Iterator[str]:
    """The shortest first. What is a pattern's own sign in a name is written so that it is none."""
    relative = first.relative_to(folder)
    inside = "".join(f"{glob.escape(part)}/" for part in relative.parts[:-1])
    # The part of a name that is no number stays; what is between two that change goes with them.
    fixed = [glob.escape(part) for part in _CHANGING.split(first.stem)]
    whole = "*".join(fixed) + glob.escape(first.suffix)
    yield inside + _STARS.sub("*", whole)
    yield inside + whole
