import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from retention_lab.runner.files import make_short_folder


def test_what_dead_processes_left_is_removed_and_what_is_another_programs_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead, foreign = tmp_path / f"retention-lab-{gone.pid}-abc", tmp_path / "retention-lab-some-thing"
    dead.mkdir()
    foreign.mkdir()
    mine, again = make_short_folder(), make_short_folder()
    assert not dead.exists()
    assert foreign.exists()
    assert mine.exists()
    shutil.rmtree(again)
