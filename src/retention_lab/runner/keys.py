"""What makes two runs the same run, and the folder that follows from it."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

# A client that declares no observed_through has its last day in its tables, which only the kernel reads.
LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """Client, playbook, the last day that counts, and the parameters that differ from the defaults."""

    client: str
    playbook: str
    as_of: str
    parameters: dict[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        return {"client": self.client, "playbook": self.playbook, "as_of": self.as_of, "parameters": self.parameters}

    def folder(self, reports: Path) -> Path:
        """Where the report of this run lies."""
        return reports / self.client / self.playbook / f"{self.as_of}{self.mark}"

    @property
    def mark(self) -> str:
        """What tells this run from the one with the defaults on the same day."""
        return f"+{digest(self.parameters)[:6]}" if self.parameters else ""

    def part(self, parts: int) -> int:
        """Which of so many parts of the work this run is in, from 0: the same on every machine, whatever else runs."""
        return int(digest(self.to_dict())[:8], 16) % parts

    def run_id(self, fingerprint: str) -> str:
        """The same for the same question about the same inputs, whatever the clock says."""
        return digest([self.to_dict(), fingerprint])[:12]


def digest(value: object) -> str:
    """The sha256 of a value's one way to be written as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
