"""Where playbooks, clients and reports lie."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from retention_lab.errors import DataError, Fault

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
        return sorted(file.parent.name for file in self.data.glob("*/client.yml"))

    def client_folder(self, name: str) -> Path:
        """The folder of a client that exists; never one outside `data/`."""
        folder = self.data / name
        if not _CLIENT_NAME.fullmatch(name):
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
