import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from retention_lab.errors import DataError
from retention_lab.runner.schedule.timers import (
    crontab_line,
    find_command,
    install_crontab,
    install_units,
    make_units,
    units_folder,
    with_line,
)
from retention_lab.tables.workspace import Workspace

ODD = 'a 50% "quoted" folder\'s $HOME; `x`'


@pytest.fixture
def odd(tmp_path: Path) -> tuple[Workspace, Path]:
    """A workspace and a command whose paths hold what shells, crontabs and units take for something else."""
    root = tmp_path / ODD
    (root / "reports").mkdir(parents=True)
    command = root / "retention-lab"
    command.write_text('#!/bin/sh\necho "$RETENTION_LAB_HOME" "$@"\n')
    command.chmod(0o755)
    return Workspace(root), command


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the command crontab, which keeps its lines in this file."""
    folder, kept = tmp_path / "bin", tmp_path / "crontab.txt"
    folder.mkdir()
    script = folder / "crontab"
    script.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = "-l" ]; then\n  if [ -f "{kept}" ]; then cat "{kept}"; else\n'
        '    echo "no crontab for $LOGNAME" >&2; exit 1; fi\n'
        f'else cat > "{kept}"; fi\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return kept


def test_the_command_is_that_of_this_installation_by_its_whole_path() -> None:
    assert find_command().is_absolute()
    assert os.access(find_command(), os.X_OK)


def test_the_line_of_the_crontab_calls_run_due_for_this_workspace_whatever_its_path_holds(odd) -> None:
    workspace, command = odd
    line = crontab_line(workspace, command)
    call = line.removeprefix("*/15 * * * * ")
    # cron ends a command at a bare %, and hands on \% as %.
    assert not re.search(r"(?<!\\)%", call)
    subprocess.run(["/bin/sh", "-c", call.replace(r"\%", "%")], check=True)
    assert (workspace.reports / "run-due.log").read_text() == f"{workspace.root} run-due\n"


def test_other_lines_of_the_crontab_are_kept_and_the_own_one_is_replaced_where_it_stands(odd) -> None:
    workspace, command = odd
    other = crontab_line(Workspace(workspace.root / "other"), command)
    old = crontab_line(workspace, Path("/old/retention-lab"))
    new = crontab_line(workspace, command)
    before = f"# mine\n0 1 * * * backup\n{old}\n{other}\n"
    after = with_line(before, workspace, new)
    assert after == f"# mine\n0 1 * * * backup\n{new}\n{other}\n"
    assert with_line(after, workspace, new) == after
    assert with_line("", workspace, new) == f"{new}\n"


def test_installing_the_line_twice_leaves_it_there_once(odd, crontab) -> None:
    workspace, command = odd
    line = crontab_line(workspace, command)
    crontab.write_text("0 1 * * * backup")
    assert install_crontab(workspace, line) is True
    assert install_crontab(workspace, line) is False
    assert crontab.read_text() == f"0 1 * * * backup\n{line}\n"


def test_a_user_without_a_crontab_gets_one_and_the_folder_of_its_log(tmp_path, crontab) -> None:
    workspace = Workspace(tmp_path / "lab")
    line = crontab_line(workspace, Path("/bin/retention-lab"))
    install_crontab(workspace, line)
    assert crontab.read_text() == f"{line}\n"
    assert workspace.reports.is_dir()


def test_a_crontab_that_cannot_be_read_is_not_written_over(odd, crontab) -> None:
    workspace, command = odd
    script = crontab.parent / "bin" / "crontab"
    script.write_text('#!/bin/sh\nif [ "$1" = "-l" ]; then echo "not allowed" >&2; exit 1; fi\ntouch ' + str(crontab))
    with pytest.raises(DataError, match="not allowed"):
        install_crontab(workspace, crontab_line(workspace, command))
    assert not crontab.exists()


def test_without_cron_the_other_ways_are_named(odd, monkeypatch, tmp_path) -> None:
    workspace, command = odd
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="--systemd"):
        install_crontab(workspace, crontab_line(workspace, command))


@pytest.mark.parametrize("folder", ["lab", ODD])
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_units_for_sound(tmp_path, folder) -> None:
    units = make_units(Workspace(tmp_path / folder), find_command())
    for name, text in units.files.items():
        (tmp_path / name).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in units.files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in checked.stderr.splitlines() if units.name in line] == []


def test_the_service_calls_run_due_and_the_timer_catches_up_after_a_pause(odd) -> None:
    workspace, _ = odd
    units = make_units(workspace, Path("/opt/50%/retention-lab"))
    assert 'ExecStart="/opt/50%%/retention-lab" run-due' in units.service
    escaped = str(workspace.root).replace("%", "%%").replace('"', r"\"")
    assert f'Environment="RETENTION_LAB_HOME={escaped}"' in units.service
    assert {"OnCalendar=*:0/15", "Persistent=true", "WantedBy=timers.target"} <= set(units.timer.splitlines())


def test_two_workspaces_have_units_of_their_own(tmp_path) -> None:
    command = Path("/bin/retention-lab")
    names = {make_units(Workspace(tmp_path / name), command).name for name in "ab"}
    assert len(names) == 2


def test_a_command_that_systemd_would_refuse_is_refused_first(odd) -> None:
    workspace, command = odd
    with pytest.raises(DataError, match="no quotes"):
        make_units(workspace, command)


def test_the_units_are_written_where_systemd_looks_and_only_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    units = make_units(Workspace(tmp_path), Path("/bin/retention-lab"))
    assert install_units(units) is True
    assert install_units(units) is False
    assert {file.name: file.read_text() for file in units_folder().iterdir()} == units.files


def test_a_path_with_a_line_break_is_refused(tmp_path) -> None:
    workspace = Workspace(tmp_path / "two\nlines")
    with pytest.raises(DataError, match="do not print"):
        crontab_line(workspace, Path("/bin/retention-lab"))
    with pytest.raises(DataError, match="do not print"):
        make_units(workspace, Path("/bin/retention-lab"))
