"""What calls `run-due` every fifteen minutes: a line of the crontab, or a timer of systemd."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from retention_lab.errors import DataError, Fault
from retention_lab.runner.files import write_atomically
from retention_lab.tables.workspace import Workspace

LOG = "run-due.log"
_MARK = "# retention-lab:"
_NO_CRONTAB = ("no crontab", "no such file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """A service and its timer for systemd, by file name."""

    name: str
    service: str
    timer: str

    @property
    def files(self) -> dict[str, str]:
        return {f"{self.name}.service": self.service, f"{self.name}.timer": self.timer}


def find_command() -> Path:
    """The command of this installation, by its whole path: cron and systemd know no other. Raises DataError."""
    beside = Path(sys.executable).with_name("retention-lab")
    found = str(beside) if beside.is_file() else shutil.which("retention-lab")
    if not found:
        raise DataError(Fault(where=str(beside), found="there is no such command", remedy="install retention-lab"))
    # Not resolved: a link may be what an update of the installation moves.
    return Path(os.path.abspath(found))


def crontab_line(workspace: Workspace, command: Path) -> str:
    """The line that calls `run-due` for a workspace and keeps what it says. Raises DataError for an odd path."""
    home, log = (_quoted(path) for path in (workspace.root, workspace.reports / LOG))
    call = f"RETENTION_LAB_HOME={home} {_quoted(command)} run-due >> {log} 2>&1 {_mark(workspace)}"
    return f"*/15 * * * * {_for_cron(call)}"


def with_line(crontab: str, workspace: Workspace, line: str) -> str:
    """A crontab with that line; an earlier one of the same workspace is replaced where it stands."""
    mark = _for_cron(_mark(workspace))
    kept: list[str] = []
    for known in crontab.splitlines():
        if not known.rstrip().endswith(mark):
            kept.append(known)
        elif line not in kept:
            kept.append(line)
    return "\n".join(kept if line in kept else [*kept, line]) + "\n"


def install_crontab(workspace: Workspace, line: str) -> bool:
    """Put the line into the user's crontab, and say whether that changed it. Raises DataError where there is none."""
    crontab = shutil.which("crontab")
    if crontab is None:
        remedy = "use `schedule install --systemd`, or keep `retention-lab watch` running"
        raise DataError(Fault(where="crontab", found="there is no such command on this machine", remedy=remedy))
    before = _read_crontab(crontab)
    after = with_line(before, workspace, line)
    # The shell opens the log before anything of ours runs.
    workspace.reports.mkdir(parents=True, exist_ok=True)
    if after == before:
        return False
    done = subprocess.run([crontab, "-"], input=os.fsencode(after), capture_output=True, check=False)
    if done.returncode:
        raise DataError(_refusal("crontab -", done.stderr))
    return True


def _read_crontab(crontab: str) -> str:
    """The crontab as it is. One that cannot be read must not be taken for an empty one, and written over."""
    done = subprocess.run([crontab, "-l"], capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    if done.returncode == 0:
        return os.fsdecode(done.stdout)
    if any(words in os.fsdecode(done.stderr).lower() for words in _NO_CRONTAB):
        return ""
    raise DataError(_refusal("crontab -l", done.stderr))


def _refusal(call: str, stderr: bytes) -> Fault:
    said = " ".join(os.fsdecode(stderr).split()) or "it failed and said nothing"
    return Fault(where=call, found=said, remedy="add the line by hand: `schedule install --cron` prints it")


def make_units(workspace: Workspace, command: Path) -> Units:
    """The units that call `run-due` for a workspace. Raises DataError for an odd path."""
    if set(str(command)) & set("\"'\\"):
        remedy = "use `schedule install --cron`, or install retention-lab elsewhere"
        raise DataError(Fault(where="ExecStart", found=f"systemd takes no quotes in {command}", remedy=remedy))
    name = f"retention-lab-{hashlib.sha256(os.fsencode(workspace.root)).hexdigest()[:8]}"
    described = f"Description=Retention Lab: the reports that are due in {_specifiers(_plain(workspace.root))}"
    service = ["[Unit]", described, "", "[Service]", "Type=oneshot"]
    service += [f"Environment={_for_systemd(f'RETENTION_LAB_HOME={_plain(workspace.root)}')}"]
    service += [f"ExecStart={_for_systemd(_plain(command))} run-due"]
    timer = ["[Unit]", described, "", "[Timer]", "OnCalendar=*:0/15", "Persistent=true"]
    timer += ["", "[Install]", "WantedBy=timers.target"]
    return Units(name=name, service="\n".join(service) + "\n", timer="\n".join(timer) + "\n")


def units_folder() -> Path:
    """Where systemd looks for the units of a user."""
    config = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(config) if config.startswith("/") else Path.home() / ".config") / "systemd" / "user"


def install_units(units: Units) -> bool:
    """Write the units, and say whether that changed anything."""
    folder = units_folder()
    contents = {folder / name: text.encode("utf-8") for name, text in units.files.items()}
    changed = {path: text for path, text in contents.items() if not path.is_file() or path.read_bytes() != text}
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    return bool(changed)


def _mark(workspace: Workspace) -> str:
    return f"{_MARK} {_plain(workspace.root)}"


def _for_cron(command: str) -> str:
    """In a crontab, a bare % ends the command."""
    return command.replace("%", r"\%")


def _for_systemd(word: str) -> str:
    escaped = _specifiers(word).replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(path: Path) -> str:
    return shlex.quote(_plain(path))


def _plain(path: Path) -> str:
    """A path on one line. Raises DataError for one that no crontab and no unit can hold."""
    text = str(path)
    if not text.isprintable():
        found = f"{text!r} has letters that do not print"
        raise DataError(Fault(where="path", found=found, remedy="rename the folder"))
    return text
