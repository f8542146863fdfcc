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
from retention_lab.tables.client_file import ClientFile, Database, TableFile
from retention_lab.tables.workspace import ASSIGNMENTS, LABELS, Workspace, source_files

_PACKAGE = Path(__file__).parents[1]
# The packages whose version can change a number or a byte of a report.
_PACKAGES = (
    "retention-lab", "babel", "duckdb", "ibis-framework", "ipykernel", "jinja2", "markdown-it-py",
    "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "py3langid", "pyarrow", "scikit-learn",
    "scipy", "xlsxwriter",
)  # fmt: skip
# A file changed twice within one tick of the file system's clock looks unchanged; the hash of a file
# that was written just now is therefore not remembered.
_SETTLED_NS = 2_000_000_000
# The day in the name of a list: churn-survival-2026-10-31, or +a1b2c3 after it.
_DAY = re.compile(r"-(\d{4}-\d{2}-\d{2})(?:\+[0-9a-f]+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The inputs of a run: the client's files (by path inside its folder), the playbook, our code, the versions.

    A table of a database stands among the files under the variable that leads there and its name.
    """

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

    What is the same for every run of one process, our code and the versions, is worked out once; so is what a database
    holds, which is never written down: nothing but another look tells whether it has changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._changed = False
        self._databases: dict[tuple[str, ...], str] = {}

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

    def of_database(self, source: Database, columns: list[str]) -> str:
        """One hash for what some columns of a table hold. Raises DataError where they cannot be read."""
        asked = (str(source), *columns)
        if asked not in self._databases:
            from retention_lab.tables.sources.databases import fingerprint

            self._databases[asked] = digest(fingerprint(source, columns))
        return self._databases[asked]

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
        tables={table: _of_table(folder, file, table, cache) for table in file.tables},
        playbook=cache.sha256(playbook.path),
        code=cache.code,
        versions=cache.versions,
    )


def hash_inputs(
    workspace: Workspace, client: str, file: ClientFile, playbook: Playbook, as_of: str, cache: HashCache
) -> dict[str, str]:
    """The hashes of a client's files that a run reads, by their path inside its folder, and those of its databases."""
    folder = workspace.client_folder(client)
    extra = (folder / "client.yml", folder / ".key", folder / "commentary" / f"{playbook.name}.md")
    sources = {table: spec.source for table, spec in file.tables.items()}
    files = {path for source in sources.values() if isinstance(source, str) for path in source_files(folder, source)}
    files |= {path for path in extra if path.is_file()} | _earlier_waves(
        folder, as_of, str(file.observed_through or "")
    )
    files |= _filled_sheets(folder)
    hashes = {path.relative_to(folder).as_posix(): cache.sha256(path) for path in sorted(files)}
    databases = {table: source for table, source in sources.items() if isinstance(source, Database)}
    return hashes | {f"{table}: {source}": _of_table(folder, file, table, cache) for table, source in databases.items()}


def _of_table(folder: Path, file: ClientFile, table: str, cache: HashCache) -> str:
    """One hash for what a table is read from."""
    spec = next(spec for name, spec in file.tables.items() if name == table)
    if isinstance(spec.source, str):
        return _together(cache, source_files(folder, spec.source))
    return cache.of_database(spec.source, _columns(file, table, spec))


def _columns(file: ClientFile, table: str, spec: TableFile) -> list[str]:
    """The columns of a table that a run reads, in a fixed order."""
    if table == "assignments":
        from retention_lab.tables.experiment_columns import with_outcomes

        spec = with_outcomes(spec, file.experiments)
    covariates = (name for found in spec.covariates.values() for name in (found.column, found.since) if name)
    parts = (name for names in spec.multiply.values() for name in names)
    return sorted({*spec.columns.values(), *covariates, *parts})


def _earlier_waves(folder: Path, as_of: str, observed: str) -> set[Path]:
    """The lists that a run can know of: those of the days before its own.

    Its own list is none of them, or no report would ever be up to date. Where client.yml does not say how far the
    exports go, only the kernel will know the day; lists of earlier days then change nothing here.
    """
    last = min(filter(None, (as_of, observed))) if observed else ""
    found = {path: _DAY.search(path.stem) for path in (folder / ASSIGNMENTS).glob("*.csv")}
    return {path for path, day in found.items() if last and (day is None or day[1] < last)}


def _filled_sheets(folder: Path) -> set[Path]:
    """The sheets in which somebody has written a label. An empty one is what a run itself has left there."""
    paths = set((folder / LABELS).glob("*.csv"))
    if not paths:
        return paths
    from retention_lab.tables.verbatims.label_sheets import is_filled

    return {path for path in paths if is_filled(path)}


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
