"""Sheets to fill in on their way from a run to the client's folder, and what they do to a report's being up to date."""

import os
from pathlib import Path

import pytest

from retention_lab.errors import DataError
from retention_lab.runner.fingerprints import _filled_sheets
from retention_lab.runner.publish import hand_over_labels

HEAD = "feedback_id,purpose,label\n"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A sheet that a run has made."""
    sheet = tmp_path / "output" / "labels" / "audit.csv"
    sheet.parent.mkdir(parents=True)
    sheet.write_text(HEAD + "F1,random,\n")
    (tmp_path / "client").mkdir()
    return sheet


def test_a_new_sheet_goes_to_the_clients_folder(made: Path, tmp_path: Path) -> None:
    hand_over_labels(tmp_path / "output", tmp_path / "client")

    assert (tmp_path / "client" / "labels" / "audit.csv").read_text() == HEAD + "F1,random,\n"
    assert not made.exists()


def test_a_sheet_that_somebody_has_filled_in_is_never_written_over(made: Path, tmp_path: Path) -> None:
    filled = tmp_path / "client" / "labels" / "audit.csv"
    filled.parent.mkdir()
    filled.write_text(HEAD + "F1,random,negative\n")

    hand_over_labels(tmp_path / "output", tmp_path / "client")

    assert "negative" in filled.read_text()


def test_nothing_is_handed_over_to_a_place_outside_the_client(made: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.symlink(elsewhere, tmp_path / "client" / "labels")

    with pytest.raises(DataError, match="leads out of the client's folder"):
        hand_over_labels(tmp_path / "output", tmp_path / "client")
    assert not list(elsewhere.iterdir())


def test_a_run_without_sheets_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()

    hand_over_labels(tmp_path, tmp_path / "client")

    assert not (tmp_path / "client" / "labels").exists()


def test_a_sheet_is_an_input_once_it_is_filled_in(tmp_path: Path) -> None:
    sheet = tmp_path / "labels" / "audit.csv"
    sheet.parent.mkdir()
    sheet.write_text(HEAD + "F1,random,\n")
    blank = _filled_sheets(tmp_path)
    sheet.write_text(HEAD + "F1,random,neg\n")

    assert blank == set()
    assert _filled_sheets(tmp_path) == {sheet}
