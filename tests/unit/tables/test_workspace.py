from collections.abc import Callable
from pathlib import Path

import pytest

from retention_lab.tables.workspace import Workspace, find_workspace, is_client_name, source_files

Told = Callable[[Callable[[], object]], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "acme"
    folder.mkdir(parents=True)
    for name in ("customers.csv", "b.csv", "a.csv", "export[1].csv", "notes.txt", "._customers.csv"):
        (folder / name).write_text("x\n1\n")
    return folder


def test_the_workspace_is_found_from_below_and_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    for name in ("lab/playbooks", "lab/data/acme", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.delenv("RETENTION_LAB_HOME", raising=False)

    assert find_workspace(tmp_path / "lab" / "data" / "acme").root == tmp_path / "lab"
    assert "set RETENTION_LAB_HOME" in told(lambda: find_workspace(tmp_path / "elsewhere"))
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path / "lab"))
    assert find_workspace(tmp_path / "elsewhere").root == tmp_path / "lab"
    monkeypatch.setenv("RETENTION_LAB_HOME", str(tmp_path / "elsewhere"))
    # Where it is said, nothing else is looked for: a report on another workspace would be worse than none.
    assert str(tmp_path / "elsewhere") in told(lambda: find_workspace(tmp_path / "lab"))


@pytest.mark.parametrize("name", ["../x", "..", "", ".", "a/b", "/etc", "-x", "a b", "acme\n", "x" * 65, "à"])
def test_a_client_is_never_a_way_out_of_the_folder(name: str, tmp_path: Path, told: Told) -> None:
    assert not is_client_name(name)
    assert "is not the name of a client" in told(lambda: Workspace(tmp_path).client_folder(name))


def test_an_unknown_client_is_told_with_those_that_are_known(tmp_path: Path, told: Told) -> None:
    for name in ("acme", "beta", "not a name"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "client.yml").write_text("")

    assert "the clients of this workspace: acme, beta\n" in told(lambda: Workspace(tmp_path).client_folder("acmee"))


def test_a_source_is_a_file_or_a_pattern_in_order_of_the_alphabet(folder: Path) -> None:
    assert [path.name for path in source_files(folder, "[ab].csv")] == ["a.csv", "b.csv"]
    assert [path.name for path in source_files(folder, "export[1].csv")] == ["export[1].csv"]
    assert [path.name for path in source_files(folder, "./b.csv")] == ["b.csv"]


def test_hidden_files_and_what_we_keep_there_ourselves_are_no_exports(folder: Path) -> None:
    for name in ("quarantine", "assignments"):
        (folder / name).mkdir()
        (folder / name / "x.csv").write_text("x\n1\n")

    found = [path.relative_to(folder).as_posix() for path in source_files(folder, "**/*.csv")]

    assert found == ["a.csv", "b.csv", "customers.csv", "export[1].csv"]


@pytest.mark.parametrize("source", ["../x.csv", "/etc/passwd", "a/../../x.csv", "out.csv", "out/*.csv"])
def test_a_source_outside_the_folder_is_refused(source: str, folder: Path, told: Told) -> None:
    (folder.parent / "x.csv").write_text("secret\n1\n")
    (folder / "out.csv").symlink_to(folder.parent / "x.csv")
    (folder / "out").symlink_to(folder.parent)

    assert "leads out of the client's folder" in told(lambda: source_files(folder, source))


@pytest.mark.parametrize("source", ["customer.csv", "", "\0", "*.xlsx", "."])
def test_a_source_that_is_not_there_is_told_with_what_is(source: str, folder: Path, told: Told) -> None:
    message = told(lambda: source_files(folder, source))

    assert "no file is called" in message
    assert "b.csv, customers.csv, export[1].csv, notes.txt" in message


def test_a_misspelt_source_is_told_with_the_nearest_file(folder: Path, told: Told) -> None:
    assert "did you mean customers.csv?" in told(lambda: source_files(folder, "custmers.csv"))
