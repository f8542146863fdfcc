import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retention_lab.runner.keys import RunKey
from retention_lab.runner.ledger.claims import Claims, Owner

KEY = RunKey(client="acme", playbook="stay", as_of="2026-09-30")

# Claims a run, says so, and keeps it until its standard input ends.
HOLDER = """\
import sys
from pathlib import Path
from retention_lab.runner.ledger.claims import Claims
from retention_lab.runner.keys import RunKey

claims = Claims(Path("claims"))
print(claims.take(RunKey(client="acme", playbook="stay", as_of="2026-09-30")), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "claims"


def hold(folder: Path) -> subprocess.Popen[str]:
    """Another process that has claimed the run."""
    arguments = [sys.executable, "-c", HOLDER]
    holder = subprocess.Popen(arguments, cwd=folder.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "None\n"
    return holder


def end(holder: subprocess.Popen[str]) -> None:
    for stream in (holder.stdin, holder.stdout):
        if stream:
            stream.close()
    holder.wait()


def test_a_run_that_somebody_makes_is_told_with_its_process_and_machine(folder: Path) -> None:
    holder = hold(folder)
    owner = Claims(folder).take(KEY)
    assert owner is not None
    assert owner.pid == holder.pid
    assert owner.host in str(owner)
    end(holder)
    assert Claims(folder).take(KEY) is None


def test_a_claim_ends_with_its_process_even_one_that_was_killed_and_that_nobody_has_waited_for(folder: Path) -> None:
    holder = hold(folder)
    holder.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    assert Claims(folder).take(KEY) is None
    end(holder)


def test_two_runners_in_one_process_do_not_share_a_claim(folder: Path) -> None:
    first, second = Claims(folder), Claims(folder)
    assert first.take(KEY) is None
    assert second.take(KEY) is not None
    assert first.take(KEY) is not None
    second.release(KEY)
    assert second.take(KEY) is not None
    first.release(KEY)
    assert second.take(KEY) is None


@pytest.mark.parametrize(
    "other",
    [
        RunKey(client="other", playbook="stay", as_of="2026-09-30"),
        RunKey(client="acme", playbook="leave", as_of="2026-09-30"),
        RunKey(client="acme", playbook="stay", as_of="2026-08-31"),
        RunKey(client="acme", playbook="stay", as_of="2026-09-30", parameters={"horizon_days": 30}),
    ],
)
def test_another_run_can_be_claimed_meanwhile(folder: Path, other: RunKey) -> None:
    assert Claims(folder).take(KEY) is None
    assert Claims(folder).take(other) is None


def test_closing_gives_back_all_claims_and_leaves_no_file(folder: Path) -> None:
    claims = Claims(folder)
    keys = [RunKey(client="acme", playbook="stay", as_of=f"2026-09-{day}") for day in range(10, 30)]
    assert [claims.take(key) for key in keys] == [None] * len(keys)
    claims.close()
    assert not list(folder.iterdir())
    assert [Claims(folder).take(key) for key in keys] == [None] * len(keys)


def test_a_claim_given_back_is_free_although_a_process_forked_meanwhile_still_runs(folder: Path) -> None:
    claims = Claims(folder)
    assert claims.take(KEY) is None
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(theirs)
        os.read(ours, 1)
        os._exit(0)
    try:
        claims.release(KEY)
        assert Claims(folder).take(KEY) is None
    finally:
        os.close(ours)
        os.close(theirs)
        os.waitpid(child, 0)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"colour": 1}', bytes(range(0, 256, 4))])
def test_it_is_the_lock_that_counts_and_not_what_the_file_says(folder: Path, content: bytes) -> None:
    claims = Claims(folder)
    assert claims.take(KEY) is None
    next(folder.iterdir()).write_bytes(content)
    owner = Claims(folder).take(KEY)
    assert owner == Owner()
    assert str(owner) == "another process"
    claims.release(KEY)
    assert Claims(folder).take(KEY) is None


def test_a_folder_of_claims_removed_by_hand_harms_nobody(folder: Path) -> None:
    claims = Claims(folder)
    assert claims.take(KEY) is None
    next(folder.iterdir()).unlink()
    folder.rmdir()
    successor = Claims(folder)
    assert successor.take(KEY) is None
    claims.release(KEY)
    assert Claims(folder).take(KEY) is not None
