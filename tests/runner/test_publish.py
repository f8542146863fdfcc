import os
import subprocess
import sys
from pathlib import Path

import pytest

from retention_lab.runner.publish import clean_leftovers, keep_failure, make_private_folder, private_folder, publish
from retention_lab.runner.record import Record, file_sha256, read_record

RECORD = Record(run_id="abc", key={"client": "acme"}, status="ok", fingerprint="f")
OLD, NEW = "<p>old</p>" * 1000, "<p>new</p>" * 1000

# Publishes a report, and dies like a killed process when the given number of files have been moved.
DYING = """\
import os, sys
from pathlib import Path
from retention_lab.runner.publish import publish
from retention_lab.runner.record import Record

moves, replace = int(sys.argv[1]), os.replace

def dying(source, target):
    global moves
    if moves == 0:
        os._exit(9)
    moves -= 1
    replace(source, target)

os.replace = dying
publish(Path("private"), Path("target"), Record(run_id="abc", key={}, status="ok", fingerprint="f"))
"""


def fill(folder: Path, report: str, **others: str) -> Path:
    folder.mkdir()
    for name, content in {"report.html": report, "playbook.ipynb": "{}", **others}.items():
        (folder / name).write_text(content)
    return folder


def test_what_is_published_is_recorded_with_its_hash(tmp_path: Path) -> None:
    publish(fill(tmp_path / "private", NEW), tmp_path / "target", RECORD)
    record = read_record(tmp_path / "target")
    assert record is not None
    assert record.files == {name: file_sha256(tmp_path / "target" / name) for name in ("playbook.ipynb", "report.html")}


def test_a_run_that_succeeds_in_the_end_leaves_no_failed_attempt(tmp_path: Path) -> None:
    failed = keep_failure(fill(tmp_path / "first", OLD), tmp_path / "stay", RECORD)
    publish(fill(tmp_path / "second", NEW), tmp_path / "stay" / "2026-09-30", RECORD)
    assert not failed.exists()


def test_what_the_last_run_left_and_this_one_does_not_make_is_gone(tmp_path: Path) -> None:
    publish(fill(tmp_path / "first", OLD, **{"actions.csv": "old"}), tmp_path / "target", RECORD)
    (tmp_path / "target" / "mine.txt").write_text("put here by a person")
    publish(fill(tmp_path / "second", NEW), tmp_path / "target", RECORD)
    there = {path.name for path in (tmp_path / "target").iterdir()}
    assert there == {"report.html", "playbook.ipynb", "run.json", "mine.txt"}


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_a_process_killed_while_publishing_leaves_a_whole_report_and_the_next_run_mends_it(
    tmp_path: Path, moves: int
) -> None:
    publish(fill(tmp_path / "first", OLD), tmp_path / "target", RECORD)
    fill(tmp_path / "private", NEW)
    died = subprocess.run([sys.executable, "-c", DYING, str(moves)], cwd=tmp_path, check=False)
    assert died.returncode == 9
    assert (tmp_path / "target" / "report.html").read_text() == (NEW if moves == 2 else OLD)
    publish(fill(tmp_path / "again", NEW), tmp_path / "target", RECORD)
    assert (tmp_path / "target" / "report.html").read_text() == NEW


def test_the_private_folder_of_a_dead_process_is_removed_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead, alive = (private_folder(tmp_path, "abc", pid) for pid in (gone.pid, os.getppid()))
    (far := tmp_path / f".tmp-abc-another_machine-{gone.pid}").mkdir()
    dead.mkdir()
    alive.mkdir()
    clean_leftovers(tmp_path)
    assert not dead.exists()
    assert far.exists()
    assert alive.exists()


def test_a_private_folder_is_empty_even_if_one_of_that_name_was_left(tmp_path: Path) -> None:
    (make_private_folder(tmp_path, "abc") / "left.txt").write_text("left")
    assert not list(make_private_folder(tmp_path, "abc").iterdir())


def test_a_failed_attempt_is_kept_beside_the_last_good_report(tmp_path: Path) -> None:
    beside = tmp_path / "stay"
    publish(fill(tmp_path / "first", OLD), beside / "2026-09-30", RECORD)
    failed = Record(run_id="x", key={}, status="failed", fingerprint="f")
    folder = keep_failure(fill(tmp_path / "second", NEW), beside, failed)
    assert folder == beside / "failed" / "x"
    assert (folder / "playbook.ipynb").is_file()
    assert (beside / "2026-09-30" / "report.html").read_text() == OLD
