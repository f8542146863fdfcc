"""How much a file may hold before it is refused: what is small on the disk can be larger than any memory."""

import psutil

from retention_lab.errors import DataError, Fault

MOST_BYTES = 2 * 2**30
"""Of what is compressed: a zip bomb grows a thousandfold, what exports hold twentyfold."""
LONGEST_VALUE = 4 * 2**20
_MOST_RATIO, _RATIO_FROM = 200, 100 * 2**20
_GIB = 2**30
_REMEDY = "unpack it, look what it is, and put the files that are needed there one by one"


def refuse_growth(name: str, size: int, packed: int) -> None:
    """Refuses what is too large once it is unpacked, or grows as no export does."""
    if size > MOST_BYTES:
        raise too_much(name, f"more than {MOST_BYTES // _GIB} GiB")
    refuse_ratio(name, size, packed)


def refuse_ratio(name: str, size: int, packed: int) -> None:
    """Refuses what grows as no export does, of what is read as a stream and may be large."""
    if size > _RATIO_FROM and size > _MOST_RATIO * packed:
        raise too_much(name, f"more than {_MOST_RATIO} times what it takes on the disk")


def too_much(name: str, what: str) -> DataError:
    """That a file holds more than it honestly can, or than can be held."""
    allowed = (
        f"{MOST_BYTES // _GIB} GiB, and from {_RATIO_FROM // 2**20} MB on {_MOST_RATIO} times its size on the disk"
    )
    return DataError(Fault(where=name, found=f"what it holds is {what}", allowed=allowed, remedy=_REMEDY))


def refuse_too_large(name: str, size: int) -> None:
    """Refuses what is written as text and does not fit into the memory that is free."""
    free = psutil.virtual_memory().available
    if size > free:
        found = f"it holds {size / _GIB:.1f} GiB of text, and {free / _GIB:.1f} GiB of memory are free"
        remedy = "ask for it as Parquet, or in several files, and run on a larger machine"
        raise DataError(Fault(where=name, found=found, remedy=remedy))
