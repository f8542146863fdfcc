"""What a client sends comes to lie in its folder whole, or not at all; and nothing comes from anywhere else."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from retention_lab.errors import DataError
from retention_lab.tables.guessing.intake import bring_in, find_files, new_folder, settle, staged

Told = Callable[[Callable[[], object]], str]


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder as a client sends it, with what lies in every folder besides."""
    folder = tmp_path / "exports"
    folder.mkdir()
    for name in ("customers.csv", "orders.csv", ".DS_Store", "client.yml"):
        (folder / name).write_text(f"{name}\n")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the client is to lie."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "acme"


def brought(paths: list[Path], home: Path) -> list[str]:
    """What lies in the client's folder once it has been taken on."""
    with staged(home) as stage:
        names = bring_in(find_files(paths, home), stage, home, lambda *_: None)
        settle(stage, home, names)
    return sorted(path.name for path in home.iterdir())


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "/etc", "-x", "", "a b", "x" * 65])
def test_a_client_is_never_a_way_out_of_the_folder(name: str, tmp_path: Path, told: Told) -> None:
    assert "cannot be a client's name" in told(lambda: new_folder(tmp_path, name))


def test_a_client_that_is_there_is_never_written_over(home: Path, tmp_path: Path, told: Told) -> None:
    home.mkdir()
    (home / "client.yml").symlink_to(tmp_path / "nowhere")
    (home.parent / "link").symlink_to(tmp_path)

    assert "acme is there already" in told(lambda: new_folder(home.parent, "acme"))
    assert "is no folder" in told(lambda: new_folder(home.parent, "link"))


def test_files_and_folders_are_copied_without_what_is_hidden(exports: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("more\n")

    assert brought([exports, tmp_path / "more.csv", exports / "orders.csv"], home) == [
        "customers.csv",
        "more.csv",
        "orders.csv",
    ]
    assert (home / "orders.csv").read_text() == "orders.csv\n"
    assert sorted(path.name for path in exports.iterdir()) == [".DS_Store", "client.yml", "customers.csv", "orders.csv"]


def test_where_a_folder_holds_only_folders_these_are_looked_into(tmp_path: Path, home: Path) -> None:
    for name in ("sales/a.csv", "people/b.csv", "people/deep/c.csv"):
        (tmp_path / "sent" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sent" / name).write_text("x\n")

    assert brought([tmp_path / "sent"], home) == ["a.csv", "b.csv"]


def test_what_lies_there_already_stays_and_is_not_copied(exports: Path, home: Path) -> None:
    home.mkdir()
    (home / "here.csv").write_text("here\n")
    before = (home / "here.csv").stat().st_ino

    assert brought([home, exports], home) == ["customers.csv", "here.csv", "orders.csv"]
    assert (home / "here.csv").stat().st_ino == before


def test_a_path_may_be_a_link_but_a_folder_that_was_sent_holds_none_that_leads_out(
    exports: Path, home: Path, tmp_path: Path, told: Told
) -> None:
    (tmp_path / "secret.csv").write_text("secret\n")
    (tmp_path / "named.csv").symlink_to(tmp_path / "secret.csv")
    (exports / "again.csv").symlink_to(exports / "orders.csv")
    assert brought([tmp_path / "named.csv", exports], home.with_name("first")) == [
        "again.csv",
        "customers.csv",
        "named.csv",
    ]
    (exports / "out.csv").symlink_to(tmp_path / "secret.csv")

    assert "it leads out of" in told(lambda: find_files([exports], home))


def test_all_that_is_no_file_is_told_at_once(exports: Path, home: Path, tmp_path: Path, told: Told) -> None:
    os.mkfifo(exports / "pipe.csv")
    (tmp_path / "broken.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "orders.csv").write_text("another\n")

    message = told(
        lambda: find_files([exports, tmp_path / "nothing.csv", tmp_path / "broken.csv", tmp_path / "orders.csv"], home)
    )

    assert "pipe.csv: it is no ordinary file" in message
    assert "nothing.csv: there is no such file or folder" in message
    assert "broken.csv: it leads nowhere" in message
    assert f"{tmp_path / 'orders.csv'}: {exports / 'orders.csv'} has the same name" in message


def test_an_empty_folder_is_told(tmp_path: Path, home: Path, told: Told) -> None:
    assert "no file at all" in told(lambda: find_files([tmp_path / "data"], home))


def test_whatever_stops_it_nothing_is_left(exports: Path, home: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    def stopped() -> None:
        with staged(home) as stage:
            bring_in(find_files([exports], home), stage, home, stop)

    with pytest.raises(KeyboardInterrupt):
        stopped()

    assert [*home.parent.iterdir()] == []


def test_what_comes_there_meanwhile_is_never_written_over(exports: Path, home: Path) -> None:
    home.mkdir()

    def meanwhile() -> None:
        with staged(home) as stage:
            names = bring_in(find_files([exports], home), stage, home, lambda *_: None)
            (home / "orders.csv").write_text("somebody else's\n")
            settle(stage, home, names)

    with pytest.raises(DataError, match="in the meantime"):
        meanwhile()

    assert [path.name for path in home.iterdir()] == ["orders.csv"]
    assert (home / "orders.csv").read_text() == "somebody else's\n"


def test_a_disk_that_is_too_small_is_told_before_anything_is_copied(
    exports: Path, home: Path, monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 5}))

    assert "make room" in told(lambda: brought([exports], home))


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_an_archive_of_several_files_is_unpacked_and_one_of_one_file_is_not(
    tmp_path: Path, exports: Path, home: Path
) -> None:
    members = {
        "out/a.csv": "a", "out/b.csv": "b", "2024/x.csv": "4", "2025/x.csv": "5", "__MACOSX/._a": "", "out/.hid": "",
        "orders.csv": "inner",
    }  # fmt: skip
    many = zipped(tmp_path / "all.zip", members)
    one = zipped(tmp_path / "one.zip", {"only.csv": "x"})

    assert brought([many, one, exports], home) == [
        "2024-x.csv", "2025-x.csv", "a.csv", "all-orders.csv", "b.csv", "customers.csv", "one.zip", "orders.csv",
    ]  # fmt: skip
    assert (home / "all-orders.csv").read_text() == "inner"
    assert (home / "orders.csv").read_text() == "orders.csv\n"


def test_no_archive_writes_anywhere_else(tmp_path: Path, home: Path) -> None:
    members = {"../../up.csv": "1", "/etc/abs.csv": "2", "client.yml": "3", "a\nb*.csv": "4", "..": "5", "...csv": "6"}

    found = brought([zipped(tmp_path / "evil.zip", members)], home)

    assert not (tmp_path / "up.csv").exists()
    assert "client.yml" not in found
    assert {"up.csv", "abs.csv", "evil-client.yml", "a_b_.csv"} <= set(found)


def test_an_archive_that_grows_as_no_export_does_is_left_packed(tmp_path: Path, home: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.csv", "b.csv"):
            with archive.open(name, "w") as member:
                for _ in range(80):
                    member.write(bytes(2**20))

    assert brought([tmp_path / "bomb.zip"], home) == ["bomb.zip"]


def test_what_only_looks_like_an_archive_is_left_as_it_is(tmp_path: Path, home: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nothing")

    assert brought([tmp_path / "broken.zip"], home) == ["broken.zip"]
