"""A client's key: what pseudonyms and hold-outs are drawn with.

Nothing heavy is imported: the key is an input of every run, and must be there before the first one is planned.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from retention_lab.errors import DataError, Fault

KEY = ".key"
_SHORTEST = 32


def read_key(folder: Path) -> bytes:
    """The key in a client's folder; where there is none yet, one is drawn that only its owner can read.

    Raises DataError where the file holds no key.
    """
    path = folder / KEY
    if not path.exists():
        _make_key(path)
    key = path.read_bytes().strip()
    if len(key) < _SHORTEST:
        raise DataError(
            Fault(
                where=str(path),
                found=f"it holds {len(key)} characters, which is no key",
                allowed=f"{_SHORTEST} characters or more, as they were drawn",
                remedy="put the old file back; if it is lost, remove this one: a new key draws new hold-outs",
            )
        )
    return key


def keyed_hash(key: bytes, *parts: str) -> bytes:
    """A hash that nobody can work out without the key. One step for each part: `ab, c` is not `a, bc`."""
    for part in parts:
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key


def pseudonym(key: bytes, customer_id: str) -> str:
    """What a customer is called in a report. With its dash, no spreadsheet takes it for a number."""
    return f"c-{keyed_hash(key, 'pseudonym', customer_id).hex()[:8]}"


def _make_key(path: Path) -> None:
    unfinished = path.with_name(f"{KEY}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex() + "\n")
        # Unlike a move, a link never takes the place of a key that another process has made meanwhile.
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()
