import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from retention_lab.runner.files import make_short_folder


def test_what_dead_processes_left_is_removed_and_what_is_another_programs_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    # pytest's own folders have names too long for sockets, which go elsewhere then.
    with tempfile.TemporaryDirectory(prefix="short") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        dead, foreign = Path(folder, f"retention-lab-{gone.pid}-abc"), Path(folder, "retention-lab-some-thing")
        dead.mkdir()
        foreign.mkdir()
        mine = make_short_folder()
        make_short_folder()
        assert not dead.exists()
        assert foreign.exists()
        assert mine.exists()
