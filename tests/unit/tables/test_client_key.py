import multiprocessing
import re
import stat
from pathlib import Path

import pytest

from retention_lab.errors import DataError
from retention_lab.tables.client_key import keyed_hash, pseudonym, read_key


def test_a_key_is_drawn_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    key = read_key(tmp_path)

    assert re.fullmatch(rb"[0-9a-f]{64}", key)
    assert read_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / ".key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".key"]


def test_two_clients_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert read_key(tmp_path / "a") != read_key(tmp_path / "b")


def test_processes_that_draw_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(read_key, [tmp_path] * 16, chunksize=1)

    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [".key"]


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_file_without_a_key_is_told_and_not_written_over(tmp_path: Path, content: str) -> None:
    (tmp_path / ".key").write_text(content)

    with pytest.raises(DataError, match="which is no key"):
        read_key(tmp_path)
    assert (tmp_path / ".key").read_text() == content


def test_a_pseudonym_hangs_on_the_key_and_is_no_number() -> None:
    names = {pseudonym(key, customer) for key in (b"a" * 32, b"b" * 32) for customer in ("1", "2", "12")}

    assert len(names) == 6
    # 1e5 and 007 would be changed by a spreadsheet, and -1 would be run by one.
    assert all(re.fullmatch("c-[0-9a-f]{8}", name) for name in names)


def test_parts_of_a_hash_do_not_run_into_each_other() -> None:
    assert keyed_hash(b"k", "ab", "c") != keyed_hash(b"k", "a", "bc")
