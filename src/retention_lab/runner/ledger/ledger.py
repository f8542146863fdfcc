"""Which runs there are, and how they went: an index in SQLite over the run.json files, and the claims of runners.

The files are the truth. The index follows them whenever it is read, and is built from them where it is missing or
damaged; where it cannot be written, reports are made all the same.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from retention_lab.runner.keys import RunKey
from retention_lab.runner.ledger.claims import Claims, Owner
from retention_lab.runner.ledger.file import LEDGER, LedgerFile, empty_in_memory
from retention_lab.runner.ledger.index import Entry, all_records, follow, index_folder, index_records, select

# What others import from here, and not from the modules below.
__all__ = ["Entry", "Ledger", "Owner"]

_CLAIMS = ".claims"
_T = TypeVar("_T")


class Ledger:
    """The ledger of one reports folder. `notes` holds what a person should be told, each sentence once.

    Nothing is kept open but the files of claims, so that a process may be forked, and the file be set aside by another.
    """

    def __init__(self, reports: Path) -> None:
        self.notes: list[str] = []
        self._reports = reports
        self._file = LedgerFile(reports / LEDGER)
        self._claims = Claims(reports / _CLAIMS)

    def claim(self, key: RunKey) -> Owner | None:
        """Claim a run before it is made; None if it is ours now, else who is making it.

        Each claim keeps a file open, so claim a run when it begins. Where nothing can be written, it counts as ours.
        """
        try:
            return self._claims.take(key)
        except OSError as error:
            why = f"{self._reports / _CLAIMS}: {error.strerror}"
            self._tell(f"{why}. Reports are made all the same, but another runner may be making them too.")
            return None

    def release(self, key: RunKey) -> None:
        """Give a claim back; nothing happens where there is none."""
        self._claims.release(key)

    def close(self) -> None:
        """Give all claims back."""
        self._claims.close()

    def note(self, folder: Path) -> None:
        """Take a run folder into the index, or out of it where it has no run.json that can be read."""
        self._attempt(lambda connection: index_folder(connection, self._reports, folder))

    def history(self, *, client: str = "", playbook: str = "", status: str = "", limit: int | None = 20) -> list[Entry]:
        """The runs that ended last, the newest first."""
        wanted = {"client": client, "playbook": playbook, "status": status}
        return self._read(lambda connection: select(connection, self._reports, wanted, limit), client, playbook)

    def find(self, run: str) -> list[Entry]:
        """The runs whose id is, or begins with, `run`; the newest first."""
        found = self._read(lambda connection: select(connection, self._reports, {}, None, run), "", "") if run else []
        return [entry for entry in found if entry.run_id == run] or found

    def rebuild(self) -> int:
        """Build the index again from all run.json files, and return how many there are."""
        records = all_records(self._reports)
        self._attempt(lambda connection: index_records(connection, records, anew=True))
        return len(records)

    def _read(self, query: Callable[[sqlite3.Connection], list[Entry]], client: str, playbook: str) -> list[Entry]:
        """Ask the index, once it has followed the files; where it cannot be written, ask the files."""
        if not self._reports.is_dir():
            return []

        def ask(connection: sqlite3.Connection) -> list[Entry]:
            follow(connection, self._reports, client, playbook)
            return query(connection)

        found = self._attempt(ask, check=True)
        if found is not None:
            return found
        with closing(empty_in_memory()) as connection:
            return ask(connection)

    def _attempt(self, action: Callable[[sqlite3.Connection], _T], *, check: bool = False) -> _T | None:
        """Do something with the ledger; None where it cannot be used."""
        try:
            return self._file.use(action, check=check, tell=self._tell)
        except (sqlite3.Error, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            self._tell(f"{self._reports / LEDGER}: {why}. Reports are made all the same: it is only an index of them.")
            return None

    def _tell(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)
