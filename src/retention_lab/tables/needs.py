"""What each playbook needs of a client's tables, as its notebook says: read with `json` only."""

import json
from dataclasses import dataclass
from typing import Any

from retention_lab.tables.client_file import ClientFile
from retention_lab.tables.workspace import Workspace

Columns = dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookNeeds:
    """A playbook, the columns without which it cannot run, and those that it uses where they are there."""

    name: str
    needs: Columns
    uses: Columns

    def wants(self, table: str, column: str) -> bool:
        """Whether it looks at a column of a table, or, where no column is named, at the table at all."""
        asked = [
            columns
            for part in (self.needs, self.uses)
            for tables, columns in part.items()
            if table in tables.split("|")
        ]
        return bool(asked) and (not column or any(column in names.split("|") for columns in asked for names in columns))

    def missing(self, file: ClientFile, refused: set[str]) -> list[str]:
        """What a client lacks for it; a table that was refused is as good as none."""
        kept = {name: spec for name, spec in file.tables.items() if name not in refused}
        return file.model_copy(update={"tables": kept}).missing(self.needs)


def read_needs(workspace: Workspace) -> list[PlaybookNeeds]:
    """The needs of all playbooks that ask something of a table, by name; a notebook that cannot be read has none."""
    found = [_read(path.stem, path.read_bytes()) for path in sorted(workspace.playbooks.glob("[!_]*.ipynb"))]
    return [playbook for playbook in found if playbook and playbook.needs]


def _read(name: str, notebook: bytes) -> PlaybookNeeds | None:
    try:
        metadata: dict[str, Any] = json.loads(notebook)["metadata"]
        ours = metadata["retention_lab"]
        return PlaybookNeeds(name=name, needs=dict(ours["needs"]), uses=dict(ours.get("uses", {})))
    except (ValueError, KeyError, TypeError):
        return None
