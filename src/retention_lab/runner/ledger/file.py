"""The file of the ledger: made where it is missing, set aside where it is damaged, never a reason to stop."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

LEDGER = ".ledger.sqlite"
_LOCK = ".ledger.lock"
_DAMAGED = re.compile(r"\.ledger\.damaged-(\d+)\.sqlite")
_KEPT = 3
_PATIENCE_SECONDS = 30
_VERSION = 1
_SCHEMA = f"""
CREATE TABLE runs (
    folder TEXT PRIMARY KEY, modified_ns INTEGER NOT NULL, size INTEGER NOT NULL,
    client TEXT NOT NULL, playbook TEXT NOT NULL, run_id TEXT NOT NULL, status TEXT NOT NULL, ended_at TEXT NOT NULL,
    facts TEXT NOT NULL
);
CREATE INDEX runs_by_end ON runs (ended_at);
PRAGMA user_version = {_VERSION};
"""
_T = TypeVar("_T")


class Damaged(sqlite3.DatabaseError):
    """The file can be opened, but is not the ledger that it should be."""


class LedgerFile:
    """The ledger of a reports folder, opened for one action at a time.

    Runners share it: creating it and setting it aside are done under a lock, the rest is SQLite's business.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def use(
        self, action: Callable[[sqlite3.Connection], _T], *, check: bool = False, tell: Callable[[str], None]
    ) -> _T:
        """Do something with the ledger; where it is damaged, do it with a new one, and tell.

        With `check`, it is looked through for damage first. Raises sqlite3.Error or OSError where it cannot be used.
        """
        before = _identity(self._path)
        try:
            return self._use(action, check=check)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error) and self._path.exists():
                raise
            kept = self._set_aside(before)
            if kept:
                tell(f"{self._path} was damaged ({error}): it is kept as {kept}, and a new one is built from run.json.")
            return self._use(action, check=check)

    def _use(self, action: Callable[[sqlite3.Connection], _T], *, check: bool) -> _T:
        if not self._path.exists():
            self._create()
        with closing(_connect(self._path)) as connection:
            _check(connection, thoroughly=check)
            return action(connection)

    def _create(self) -> None:
        """Make an empty ledger beside its place and move it there: nobody ever opens half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f"{LEDGER}.tmp")
        with self._locked():
            if self._path.exists():
                return
            for path in (*_companions(self._path), partial, *_companions(partial)):
                # Frames of an earlier file would be taken for this one's.
                path.unlink(missing_ok=True)
            with closing(sqlite3.connect(partial)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
            os.replace(partial, self._path)

    def _set_aside(self, seen: tuple[int, int] | None) -> str:
        """Move a damaged file out of the way, and return its new name; "" where another runner was faster."""
        with self._locked():
            if seen is None or _identity(self._path) != seen:
                return ""
            earlier = sorted(
                int(match[1]) for path in self._path.parent.iterdir() if (match := _DAMAGED.fullmatch(path.name))
            )
            target = self._damaged((earlier or [0])[-1] + 1)
            log, shared = _companions(self._path)
            # The log first: were it left over, it would be taken for that of the next ledger.
            if log.exists():
                os.replace(log, _companions(target)[0])
            shared.unlink(missing_ok=True)
            os.replace(self._path, target)
            for number in earlier[: 1 - _KEPT]:
                for path in (self._damaged(number), *_companions(self._damaged(number))):
                    path.unlink(missing_ok=True)
            return target.name

    def _damaged(self, number: int) -> Path:
        return self._path.with_name(f".ledger.damaged-{number}.sqlite")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._path.with_name(_LOCK), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def empty_in_memory() -> sqlite3.Connection:
    """A ledger that is nowhere but in memory, for a folder that cannot be written."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(_SCHEMA)
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing; to begin it may wait for another runner, but nothing after that has to."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # A full disk has ended it already.
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    # Without a mode, a file that another runner has just moved away would be made anew, and empty.
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None)
    # A damaged text is still a text; what it says is checked where it is read.
    connection.text_factory = lambda content: content.decode(errors="replace")
    return connection


def _check(connection: sqlite3.Connection, *, thoroughly: bool) -> None:
    """Raise Damaged where this is not the ledger that we know."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION:
        raise Damaged(f"its version is {version}, not {_VERSION}")
    if thoroughly:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise Damaged(" ".join(str(found).split()))


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # SQLITE_ERROR is a table or a column that is not there.
    return isinstance(error, Damaged) or code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _companions(path: Path) -> tuple[Path, Path]:
    """The log of changes, and the memory shared by those who have it open."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
