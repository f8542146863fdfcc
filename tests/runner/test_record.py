from dataclasses import replace
from pathlib import Path

import pytest

from retention_lab.runner.fingerprints import Fingerprint
from retention_lab.runner.record import Record, RunError, file_sha256, is_current, read_record, write_record

FINGERPRINT = Fingerprint(
    files={"a.csv": "1"}, tables={"customers": "1"}, playbook="2", code="3", versions={"numpy": "2"}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a finished run."""
    (tmp_path / "report.html").write_text("<p>report</p>")
    files = {"report.html": file_sha256(tmp_path / "report.html")}
    record = Record(run_id="abc", key={"client": "acme"}, status="ok", fingerprint=FINGERPRINT.digest, files=files)
    write_record(tmp_path, record)
    return tmp_path


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    error = RunError(kind="crash", name="ValueError", message="čas", cell="fit")
    record = Record(run_id="abc", key={"client": "acme"}, status="failed", fingerprint="f", error=error)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record


def test_a_finished_run_with_the_same_inputs_is_current(folder: Path) -> None:
    assert is_current(folder, FINGERPRINT)


@pytest.mark.parametrize(
    "other",
    [
        replace(FINGERPRINT, files={"a.csv": "9"}),
        replace(FINGERPRINT, playbook="9"),
        replace(FINGERPRINT, code="9"),
        replace(FINGERPRINT, versions={"numpy": "9"}),
    ],
)
def test_a_run_from_other_inputs_is_not_current(folder: Path, other: Fingerprint) -> None:
    assert not is_current(folder, other)


def test_a_report_that_was_edited_or_removed_is_not_current(folder: Path) -> None:
    (folder / "report.html").write_text("<p>edited</p>")
    assert not is_current(folder, FINGERPRINT)
    (folder / "report.html").unlink()
    assert not is_current(folder, FINGERPRINT)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', '{"schema": 2, "run_id": "x"}'])
def test_a_run_json_that_cannot_be_read_means_unfinished(folder: Path, content: str) -> None:
    (folder / "run.json").write_text(content)
    assert read_record(folder) is None
    assert not is_current(folder, FINGERPRINT)
