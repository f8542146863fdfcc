"""Where playbooks, clients, their files and reports lie. Nothing here reads a file."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_rules import nearest

QUARANTINE, ASSIGNMENTS, LABELS = "quarantine", "assignments", "labels"
OURS = (QUARANTINE, ASSIGNMENTS, LABELS)
"""Folders in a client's folder that are no exports."""
_WAVE = re.compile(r"(?P<name>.+)-\d{4}-\d{2}-\d{2}(\+[0-9a-f]{6})?")
_CLIENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with `playbooks/` and `data/`; `reports/` is made beside them."""

    root: Path

    @property
    def playbooks(self) -> Path:
        return self.root / "playbooks"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def client_names(self) -> list[str]:
        """The clients that have a client.yml, in alphabetical order."""
        names = (file.parent.name for file in self.data.glob("*/client.yml"))
        return sorted(name for name in names if is_client_name(name))

    def client_folder(self, name: str) -> Path:
        """The folder of a client that exists, directly in `data/`."""
        folder = self.data / name
        if not is_client_name(name):
            raise DataError(
                Fault(
                    where="client",
                    found=f"{name!r} is not the name of a client",
                    allowed="letters, digits, - and _, as the folder in data/ is called",
                )
            )
        if not (folder / "client.yml").is_file():
            known = ", ".join(self.client_names()) or "none yet"
            raise DataError(
                Fault(
                    where="client",
                    found=f"there is no {folder / 'client.yml'}",
                    allowed=f"the clients of this workspace: {known}",
                    remedy="check the spelling, or write a client.yml in that folder",
                )
            )
        return folder


def is_client_name(name: str) -> bool:
    """Whether a client can be called so: the name becomes a folder, and stands in addresses and on command lines."""
    return bool(_CLIENT_NAME.fullmatch(name))


def list_of(experiment: str) -> str:
    """The list that an experiment is a wave of; one that carries no day is a list by itself."""
    wave = _WAVE.fullmatch(experiment)
    return wave["name"] if wave else experiment


def list_names(folder: Path) -> set[str]:
    """The lists of which waves lie in a client's folder."""
    return {list_of(path.stem) for path in (folder / ASSIGNMENTS).glob("*.csv")}


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace: `$RETENTION_LAB_HOME`, else the nearest folder at or above `start` (the working directory).

    Raises DataError where neither leads to a folder with `playbooks/` and `data/`.
    """
    home = os.environ.get("RETENTION_LAB_HOME")
    here = (start or Path.cwd()).resolve()
    candidates = [Path(home).expanduser().resolve()] if home else [here, *here.parents]
    for folder in candidates:
        if (folder / "playbooks").is_dir() and (folder / "data").is_dir():
            return Workspace(folder)
    where = f"RETENTION_LAB_HOME={home}" if home else f"{here} and the folders above it"
    raise DataError(
        Fault(
            where="workspace",
            found=f"no folder with playbooks/ and data/ in {where}",
            remedy="go into the workspace, or set RETENTION_LAB_HOME to it",
        )
    )


def source_files(folder: Path, source: str) -> list[Path]:
    """The files that `source` names (a path or a glob inside the client's folder), in alphabetical order.

    Hidden files, the quarantine, the assignments and the labels are never among them. Raises DataError where there is
    none, or where one lies outside the folder.
    """
    relative = Path(source)
    inside = not relative.is_absolute() and ".." not in relative.parts
    files = sorted(set(_matching(folder, source))) if inside else []
    if not inside or any(not path.resolve().is_relative_to(folder.resolve()) for path in files):
        found = f"{source!r} leads out of the client's folder"
        raise DataError(Fault(where="client.yml, source", found=found, allowed=f"a file or a pattern inside {folder}"))
    if not files:
        there = sorted(path.name for path in folder.iterdir() if path.is_file() and _can_be_read(path.name))
        near = nearest(source, there)
        raise DataError(
            Fault(
                where=str(folder),
                found=f"no file is called {source!r}",
                allowed=f"what lies there: {', '.join(there) or 'no file at all'}",
                remedy=f"{near} Put it there, or mend source" if near else "put it there, or mend source",
            )
        )
    return files


def _can_be_read(name: str) -> bool:
    return name != "client.yml" and not name.startswith(".")


def _matching(folder: Path, source: str) -> Iterator[Path]:
    """A file of just that name comes first: `export[1].csv` is a name before it is a pattern."""
    try:
        paths = [folder / source] if (folder / source).is_file() else list(folder.glob(source))
    except (ValueError, IndexError, OSError):
        # Not a pattern at all: an empty text, a dot, a NUL inside, a name longer than any can be.
        return
    for path in paths:
        parts = path.relative_to(folder).parts
        ours = parts[0] in OURS or parts == ("client.yml",)
        if path.is_file() and not ours and not any(part.startswith(".") for part in parts):
            yield path
