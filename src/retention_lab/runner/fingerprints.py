"""What a report was made from, as sha256 of the bytes; a report is up to date while none of them has changed."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from retention_lab.runner.catalogue import Playbook
from retention_lab.runner.files import write_atomically
from retention_lab.runner.keys import digest
from retention_lab.tables.client_file import ClientFile
from retention_lab.tables.workspace import ASSIGNMENTS, Workspace, source_files

_PACKAGE = Path(__file__).parents[1]
# The packages whose version can change a number or a byte of a report.
_PACKAGES = (
    "retention-lab", "babel", "duckdb", "ibis-framework", "ipykernel", "jinja2", "markdown-it-py",
    "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow", "scipy", "xlsxwriter",
)  # fmt: skip
# A file changed twice within one tick of the file system's clock looks unchanged; the hash of a file
# that was written just now is therefore not remembered.
_SETTLED_NS = 2_000_000_000
# The day in the name of a list: churn-survival-2026-10-31, or +a1b2c3 after it.
_DAY = re.compile(r"-(\d{4}-\d{2}-\d{2})(?:\+[0-9a-f]+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The inputs of a run: the client's files (by path inside its folder), the playbook, our code, the versions."""

    files: dict[str, str]
    tables: dict[str, str]
    playbook: str
    code: str
    versions: dict[str, str]

    @property
    def digest(self) -> str:
        return digest([self.files, self.playbook, self.code, self.versions])


class HashCache:
    """The sha256 of files, remembered by path, size and time in `reports/.fingerprints.json`.

    What is the same for every run of one process, our code and the versions, is worked out once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._changed = False

    def sha256(self, file: Path) -> str:
        """The sha256 of a file's bytes."""
        stat = file.stat()
        stamp = [stat.st_size, stat.st_mtime_ns]
        entry = self._known.get(str(file))
        if entry and entry[:2] == stamp:
            return str(entry[2])
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if time.time_ns() - stat.st_mtime_ns > _SETTLED_NS:
            self._known[str(file)] = [*stamp, found]
            self._changed = True
        return found

    @cached_property
    def code(self) -> str:
        """One hash over the package's own files: code, templates, catalogues."""
        files = (path for path in _PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return digest({path.relative_to(_PACKAGE).as_posix(): self.sha256(path) for path in files})

    @cached_property
    def versions(self) -> dict[str, str]:
        """The versions of the packages that a report depends on."""
        return {package: _version(package) for package in _PACKAGES}

    def save(self) -> None:
        """Write the cache down, if it has learnt something; where that cannot be, it is worked out again next time."""
        if self._changed:
            kept = {path: entry for path, entry in self._known.items() if os.path.exists(path)}
            with suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self._path, json.dumps(kept, indent=0).encode())
            self._changed = False


def open_cache(workspace: Workspace) -> HashCache:
    """The hashes that a workspace remembers."""
    return HashCache(workspace.reports / ".fingerprints.json")


def take_fingerprint(
    workspace: Workspace, client: str, file: ClientFile, playbook: Playbook, as_of: str, cache: HashCache
) -> Fingerprint:
    """The fingerprint of a run for the day that was asked for. Raises DataError where a source is not there."""
    folder = workspace.client_folder(client)
    return Fingerprint(
        files=hash_inputs(workspace, client, file, playbook, as_of, cache),
        tables={table: _together(cache, paths) for table, paths in _sources(folder, file).items()},
        playbook=cache.sha256(playbook.path),
        code=cache.code,
        versions=cache.versions,
    )


def hash_inputs(
    workspace: Workspace, client: str, file: ClientFile, playbook: Playbook, as_of: str, cache: HashCache
) -> dict[str, str]:
    """The hashes of a client's files that a run reads, by their path inside its folder."""
    folder = workspace.client_folder(client)
    extra = (folder / "client.yml", folder / ".key", folder / "commentary" / f"{playbook.name}.md")
    files = {path for paths in _sources(folder, file).values() for path in paths}
    files |= {path for path in extra if path.is_file()} | _earlier_waves(
        folder, as_of, str(file.observed_through or "")
    )
    return {path.relative_to(folder).as_posix(): cache.sha256(path) for path in sorted(files)}


def _sources(folder: Path, file: ClientFile) -> dict[str, list[Path]]:
    return {table: source_files(folder, spec.source) for table, spec in file.tables.items()}


def _earlier_waves(folder: Path, as_of: str, observed: str) -> set[Path]:
    """The lists that a run can know of: those of the days before its own.

    Its own list is none of them, or no report would ever be up to date. Where client.yml does not say how far the
    exports go, only the kernel will know the day; lists of earlier days then change nothing here.
    """
    last = min(filter(None, (as_of, observed))) if observed else ""
    found = {path: _DAY.search(path.stem) for path in (folder / ASSIGNMENTS).glob("*.csv")}
    return {path for path, day in found.items() if last and (day is None or day[1] < last)}


def _together(cache: HashCache, files: Iterable[Path]) -> str:
    """One hash for the files of a table: the file's own where there is one."""
    hashes = [cache.sha256(path) for path in files]
    return hashes[0] if len(hashes) == 1 else digest(hashes)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _read(path: Path) -> dict[str, list[int | str]]:
    """The cache as it was left; a damaged one is an empty one."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return {str(file): [int(size), int(mtime), str(sha)] for file, (size, mtime, sha) in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
