import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retention_lab.errors import DataError
from retention_lab.runner.catalogue import find_playbooks
from retention_lab.runner.fingerprints import Fingerprint, HashCache, open_cache, take_fingerprint
from retention_lab.tables.client_file import load_client_file
from retention_lab.tables.workspace import Workspace


def take(workspace: Workspace) -> Fingerprint:
    file = load_client_file(workspace.client_folder("acme"))
    cache = open_cache(workspace)
    fingerprint = take_fingerprint(workspace, "acme", file, find_playbooks(workspace)[0], "", cache)
    cache.save()
    return fingerprint


def settle(file: Path) -> None:
    """As if the file had been written a minute ago: a hash is only remembered for a file that has come to rest."""
    before = time.time() - 60
    os.utime(file, (before, before))


@pytest.mark.parametrize("name", ["client.yml", "customers.csv", ".key", "commentary/stay.md"])
def test_a_change_in_any_input_is_another_fingerprint(workspace, name: str) -> None:
    before = take(workspace)
    file = workspace.data / "acme" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text() if file.exists() else "") + "\n")
    assert take(workspace).digest != before.digest


def test_a_change_in_the_playbook_is_another_fingerprint(workspace, write) -> None:
    before = take(workspace)
    write(workspace, "stay", "1 + 1")
    assert take(workspace).digest != before.digest


def test_what_is_not_an_input_changes_nothing(workspace) -> None:
    before = take(workspace)
    (workspace.data / "acme" / "notes.txt").write_text("call them on Monday")
    (workspace.data / "acme" / "customers.csv").touch()
    assert take(workspace).digest == before.digest


def test_a_source_that_is_not_there_is_told_before_anything_runs(workspace) -> None:
    (workspace.data / "acme" / "customers.csv").unlink()
    with pytest.raises(DataError, match=r"customers\.csv"):
        take(workspace)


def test_a_file_that_came_to_rest_is_hashed_once(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("a")
    settle(file)
    cache = HashCache(tmp_path / "cache.json")
    hashed = cache.sha256(file)
    cache.save()
    assert json.loads((tmp_path / "cache.json").read_text())[str(file)][2] == hashed
    stamp = file.stat()
    file.write_text("b")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    # Same size and time: the proof that the second answer comes from the cache.
    assert HashCache(tmp_path / "cache.json").sha256(file) == hashed


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("a")
    cache = HashCache(tmp_path / "cache.json")
    cache.sha256(file)
    cache.save()
    assert not (tmp_path / "cache.json").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": [1, 2]}'])
def test_a_damaged_cache_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "cache.json").write_text(content)
    file = tmp_path / "export.csv"
    file.write_text("a")
    assert len(HashCache(tmp_path / "cache.json").sha256(file)) == 64


@pytest.fixture
def database(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """The customers of `acme` in a database that SHOP leads to."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("create table people (ID, Start, End, notes)")
    connection.execute("insert into people values (1, '2026-01-01', null, 'a'), (2, '2026-02-01', '2026-03-01', 'b')")
    connection.commit()
    monkeypatch.setenv("SHOP", f"sqlite://{tmp_path / 'shop.db'}")
    client = workspace.data / "acme" / "client.yml"
    client.write_text(client.read_text().replace("customers.csv", "{url: env:SHOP, table: people}"))
    yield connection
    connection.close()


def test_a_change_in_a_database_is_another_fingerprint(workspace, database) -> None:
    before = take(workspace)
    assert take(workspace) == before
    database.execute("update people set End = '2026-04-01' where ID = 1")
    database.commit()
    after = take(workspace)
    assert after.digest != before.digest
    assert after.tables["customers"] != before.tables["customers"]


def test_a_column_that_no_run_reads_is_no_part_of_a_fingerprint(workspace, database) -> None:
    before = take(workspace)
    database.execute("update people set notes = 'c'")
    database.commit()
    assert take(workspace).digest == before.digest


def test_a_fingerprint_names_the_variable_and_nothing_of_the_address(workspace, database) -> None:
    found = take(workspace)
    assert "customers: env:SHOP people" in found.files
    assert "sqlite" not in f"{found.files} {found.tables}"


def test_a_database_is_asked_once_for_all_playbooks_of_a_client(workspace, database, monkeypatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "retention_lab.tables.sources.databases.fingerprint", lambda source, columns: asked.append(source) or {}
    )
    file, cache = load_client_file(workspace.client_folder("acme")), open_cache(workspace)
    for _ in range(2):
        take_fingerprint(workspace, "acme", file, find_playbooks(workspace)[0], "", cache)
    assert len(asked) == 1


def test_a_database_that_cannot_be_reached_is_told_before_anything_runs(workspace, database, monkeypatch) -> None:
    monkeypatch.delenv("SHOP")
    with pytest.raises(DataError, match="the variable SHOP is not set"):
        take(workspace)
