"""The scale that a mark was given on: as a client writes it, or as the marks themselves show it."""

import re
from collections.abc import Sequence

from retention_lab.errors import Fault
from retention_lab.tables.verbatims.hygiene import clean
from retention_lab.tables.verbatims.masking import mask

ALLOWED = "the worst and the best mark, such as 1-5, 0 to 10, -1-1, or 6-1 where 6 is the worst"
_MOST_TOLD, _LONGEST_TOLD = 5, 40
REMEDY = "declare it in client.yml, as in constants: {rating_scale: 1-5}"
# Where nobody says which scale it was: only these, and only where both ends were given.
_KNOWN = ("1-5", "0-10", "0-1", "-1-1")
_NUMBER = r"([-−]?\d{1,4}(?:[.,]\d{1,3})?)"
_SCALE = re.compile(
    rf"\s*(?:from|da|de|desde|od)?\s*{_NUMBER}\s*(?:-|–|—|−|to|a|à|al|hasta|do|bis|/|\.{{2,3}}|…|:)\s*{_NUMBER}\s*",
    re.IGNORECASE,
)


def read_scale(written: str) -> tuple[float, float] | None:
    """The worst and the best mark of a scale such as `1-5`, `da 0 a 10` or `6-1`; None where it cannot be read."""
    found = _SCALE.fullmatch(written)
    if found is None:
        return None
    worst, best = (float(part.replace(",", ".").replace("−", "-")) for part in found.groups())
    return (worst, best) if worst != best else None


def find_scale(marks: Sequence[float]) -> str:
    """The scale that marks without one are on, as it would be written; blank where they do not show it."""
    if not marks or any(mark != int(mark) for mark in marks):
        return ""
    ends = (min(marks), max(marks))
    fitting = [scale for scale in _KNOWN if read_scale(scale) == ends]
    return fitting[0] if len(fitting) == 1 else ""


def scale_faults(where: str, counts: dict[str, int]) -> list[Fault]:
    """Scales that cannot be read, with the number of rows of each.

    Where the wrong column is mapped, they may be comments: masked, cut, and no more than a few of them.
    """
    where = f"{where}, rating_scale"
    wrong = [(written, n) for written, n in counts.items() if read_scale(written) is None]
    wrong.sort(key=lambda each: -each[1])
    faults = [
        Fault(where=where, found=f"{_told(written)!r} ({n} rows)", allowed=ALLOWED, remedy=REMEDY)
        for written, n in wrong[:_MOST_TOLD]
    ]
    if rest := wrong[_MOST_TOLD:]:
        found = f"{len(rest)} other values ({sum(n for _, n in rest)} rows)"
        remedy = "see whether columns.rating_scale names the right column of the export"
        faults.append(Fault(where=where, found=found, allowed=ALLOWED, remedy=remedy))
    return faults


def _told(written: str) -> str:
    safe = mask(clean(written).text).text
    return safe if len(safe) <= _LONGEST_TOLD else f"{safe[:_LONGEST_TOLD]}…"
