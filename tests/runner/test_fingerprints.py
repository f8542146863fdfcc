import json
import os
import time
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
