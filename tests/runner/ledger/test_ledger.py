import ctypes
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from retention_lab.runner.keys import RunKey
from retention_lab.runner.ledger import file as ledger_file
from retention_lab.runner.ledger.ledger import Ledger
from retention_lab.runner.publish import keep_failure
from retention_lab.runner.record import Record, RunError, write_record

KEY = RunKey(client="acme", playbook="stay", as_of="2026-09-30")
FINDING = {"id": "churn.survival", "headline": "Half of them stay.", "verdict": "watch"}
ERROR = RunError(kind="crash", name="ValueError", message="no rows\nat all", cell="fit")

# Makes fifty runs that seven other processes want to make too, and says what it was told.
RUNNER = """\
import os, sys
from pathlib import Path
from retention_lab.runner.keys import RunKey
from retention_lab.runner.ledger.ledger import Ledger
from retention_lab.runner.record import Record, write_record

me = int(sys.argv[1])
ledger = Ledger(Path("reports"))
keys = [RunKey(client="acme", playbook="stay", as_of=f"2026-01-01-{n:02}") for n in range(50)]
print("ready", flush=True)
sys.stdin.readline()
made = 0
for key in keys:
    if ledger.claim(key):
        continue
    busy = os.open(f"busy-{key.as_of}", os.O_CREAT | os.O_EXCL)
    folder = key.folder(Path("reports")).with_name(f"{key.as_of}-{me}")
    folder.mkdir(parents=True)
    write_record(folder, Record(run_id=f"{me}-{key.as_of}", key=key.to_dict(), status="ok", fingerprint="f"))
    ledger.note(folder)
    os.close(busy)
    os.unlink(f"busy-{key.as_of}")
    ledger.release(key)
    made += 1
print(made, ledger.notes)
"""

# Tries everything where nothing can be written.
HELPLESS = """\
import json
from pathlib import Path
from retention_lab.runner.keys import RunKey
from retention_lab.runner.ledger.ledger import Ledger

ledger = Ledger(Path("reports"))
key = RunKey(client="acme", playbook="stay", as_of="2026-09-30")
owner = ledger.claim(key)
for _ in range(2):
    ledger.note(key.folder(Path("reports")))
found = [entry.run_id for entry in ledger.history()]
ledger.release(key)
ledger.close()
print(json.dumps([owner, found, ledger.rebuild(), ledger.notes]))
"""


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Three reports and a failed attempt, as they were made before there was a ledger."""
    reports = tmp_path / "reports"
    add(reports, "a1", as_of="2026-07-31", ended_at="2026-08-03T04:00:00+00:00")
    add(reports, "a2", as_of="2026-08-31", ended_at="2026-09-07T04:00:00+00:00")
    add(reports, "b1", client="other", as_of="2026-08-31", ended_at="2026-09-07T05:00:00+00:00")
    failed = record("a3", as_of="2026-09-30", ended_at="2026-10-05T04:00:00+00:00")
    keep_failure(None, reports / "acme" / "stay", replace(failed, status="failed", error=ERROR, findings=[]))
    return reports


def record(run_id: str, *, client: str = "acme", as_of: str, ended_at: str) -> Record:
    key = RunKey(client=client, playbook="stay", as_of=as_of)
    return Record(
        run_id=run_id, key=key.to_dict(), status="ok", fingerprint="f", as_of=as_of, ended_at=ended_at,
        findings=[FINDING], durations={"total": 2.5}, due="2026-10-05T04:00:00+00:00", attempt=2,
    )  # fmt: skip


def add(reports: Path, run_id: str, *, client: str = "acme", as_of: str, ended_at: str) -> Path:
    folder = reports / client / "stay" / as_of
    folder.mkdir(parents=True, exist_ok=True)
    write_record(folder, record(run_id, client=client, as_of=as_of, ended_at=ended_at))
    return folder


def ids(ledger: Ledger, **wanted: str) -> list[str]:
    return [entry.run_id for entry in ledger.history(**wanted)]


def test_reports_made_before_there_was_a_ledger_are_in_it_the_newest_first(reports: Path) -> None:
    assert ids(Ledger(reports)) == ["a3", "b1", "a2", "a1"]


def test_an_entry_tells_what_was_asked_and_how_it_went(reports: Path) -> None:
    entry = Ledger(reports).find("a2")[0]
    assert (entry.client, entry.playbook, entry.as_of, entry.status) == ("acme", "stay", "2026-08-31", "ok")
    assert (entry.headline, entry.verdict, entry.seconds) == ("Half of them stay.", "watch", 2.5)
    assert (entry.due, entry.attempt) == ("2026-10-05T04:00:00+00:00", 2)
    assert entry.folder == reports / "acme" / "stay" / "2026-08-31"


def test_the_entry_of_a_failed_run_has_its_error_and_the_folder_of_what_there_is(reports: Path) -> None:
    entry = Ledger(reports).history(status="failed")[0]
    assert entry.error == ERROR
    assert entry.headline == ""
    assert entry.folder == reports / "acme" / "stay" / "failed" / "a3"


def test_history_is_of_one_client_one_playbook_or_one_outcome(reports: Path) -> None:
    ledger = Ledger(reports)
    assert ids(ledger, client="acme", status="ok") == ["a2", "a1"]
    assert ids(ledger, client="other", playbook="stay") == ["b1"]
    assert ids(ledger, playbook="leave") == []
    assert [entry.run_id for entry in ledger.history(limit=2)] == ["a3", "b1"]
    assert len(ledger.history(limit=None)) == 4


def test_a_run_is_found_by_its_id_or_the_beginning_of_one(reports: Path) -> None:
    add(reports, "a", client="third", as_of="2026-09-30", ended_at="2026-10-05T05:00:00+00:00")
    ledger = Ledger(reports)
    assert [entry.run_id for entry in ledger.find("b")] == ["b1"]
    # The id of one is the beginning of the others.
    assert [entry.run_id for entry in ledger.find("a")] == ["a"]
    assert ledger.find("") == ledger.find("a%") == ledger.find("c") == []


def test_a_run_with_other_parameters_is_told_from_the_one_with_the_defaults(reports: Path) -> None:
    key = replace(KEY, parameters={"horizon_days": 30})
    folder = key.folder(reports)
    folder.mkdir(parents=True)
    write_record(folder, Record(run_id="a4", key=key.to_dict(), status="ok", fingerprint="f", as_of=key.as_of))
    entry = Ledger(reports).find("a4")[0]
    assert entry.parameters == {"horizon_days": 30}
    assert f"{entry.as_of}{entry.mark}" == folder.name


def test_what_people_delete_copy_and_put_back_by_hand_is_seen_at_once(reports: Path) -> None:
    ledger = Ledger(reports)
    assert len(ledger.history()) == 4
    shutil.move(reports / "acme" / "stay" / "2026-08-31", reports.parent / "away")
    shutil.copytree(reports / "other", reports / "copied")
    assert ids(ledger) == ["a3", "b1", "b1", "a1"]
    shutil.move(reports.parent / "away", reports / "acme" / "stay" / "2026-08-31")
    add(reports, "a9", as_of="2026-07-31", ended_at="2026-11-02T04:00:00+00:00")
    assert ids(ledger, client="acme") == ["a9", "a3", "a2"]
    shutil.rmtree(reports)
    assert ledger.history() == []


def test_a_run_whose_runner_was_killed_before_it_could_note_it_is_there_all_the_same(reports: Path) -> None:
    ledger = Ledger(reports)
    ledger.note(reports / "acme" / "stay" / "2026-07-31")
    assert ids(ledger) == ["a3", "b1", "a2", "a1"]


def test_a_run_folder_without_a_record_is_taken_out(reports: Path) -> None:
    ledger = Ledger(reports)
    (reports / "acme" / "stay" / "2026-08-31" / "run.json").unlink()
    ledger.note(reports / "acme" / "stay" / "2026-08-31")
    assert ids(ledger) == ["a3", "b1", "a1"]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 99},
        {"key": []},
        {"findings": ["text"]},
        {"findings": 3},
        {"durations": {"total": "long"}},
        {"attempt": float("inf")},
        {"attempt": "two"},
        {"run_id": "\ud800"},
        {"error": "text"},
        {"unknown": 1},
        {"key": {"client": "acme", "parameters": 3}},
    ],
)
def test_a_record_that_makes_no_sense_is_as_if_it_were_not_there(reports: Path, change: dict[str, object]) -> None:
    path = reports / "acme" / "stay" / "2026-08-31" / "run.json"
    ledger = Ledger(reports)
    assert len(ledger.history()) == 4
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert ids(ledger) == ["a3", "b1", "a1"]
    assert ledger.rebuild() == 3
    assert ledger.notes == []


def test_a_record_with_strange_but_readable_values_is_shown(reports: Path) -> None:
    path = reports / "acme" / "stay" / "2026-08-31" / "run.json"
    odd = {"ended_at": "", "durations": {"total": float("nan")}, "due": None, "findings": [{}]}
    path.write_text(json.dumps({**json.loads(path.read_text()), **odd}))
    os.utime(path, (0, 1_790_000_000))
    entry = Ledger(reports).find("a2")[0]
    assert (entry.seconds, entry.headline) == (0.0, "")
    # It says no end: the time of the file stands in.
    assert entry.ended_at == "2026-09-21T14:13:20+00:00"


def test_rebuild_reads_all_records_again(reports: Path) -> None:
    ledger = Ledger(reports)
    before = ledger.history()
    with sqlite3.connect(reports / ".ledger.sqlite") as connection:
        connection.execute("UPDATE runs SET facts = replace(facts, 'Half', 'None')")
    connection.close()
    assert ledger.rebuild() == 4
    assert ledger.history() == before


def test_asking_makes_no_folder_and_a_folder_elsewhere_is_none_of_ours(tmp_path: Path, reports: Path) -> None:
    assert Ledger(tmp_path / "none").history() == []
    assert not (tmp_path / "none").exists()
    ledger = Ledger(reports)
    ledger.note(tmp_path)
    assert len(ledger.history()) == 4
    assert ledger.notes == []


def random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(20_000))


def no_bytes(path: Path) -> None:
    path.write_bytes(b"")


def half_of_it(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def wrong_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = random.Random(1).randbytes(len(content) - 4096)
    path.write_bytes(content)


def of_another_version(path: Path) -> None:
    change(path, "PRAGMA user_version = 7")


def without_a_column(path: Path) -> None:
    change(path, "ALTER TABLE runs DROP COLUMN facts")


def with_nonsense_in_a_row(path: Path) -> None:
    change(path, "UPDATE runs SET facts = '{'")


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        random_bytes,
        no_bytes,
        half_of_it,
        wrong_in_the_middle,
        of_another_version,
        without_a_column,
        with_nonsense_in_a_row,
    ],
)
def test_a_damaged_ledger_is_set_aside_told_and_built_anew_while_claims_are_held(
    reports: Path, damage: Callable[[Path], None]
) -> None:
    ledger = Ledger(reports)
    before = ledger.history()
    assert ledger.claim(KEY) is None
    damage(reports / ".ledger.sqlite")
    damaged = (reports / ".ledger.sqlite").read_bytes()

    other = Ledger(reports)
    assert other.claim(KEY) is not None
    assert other.history() == before
    assert (reports / ".ledger.damaged-1.sqlite").read_bytes() == damaged
    assert len(other.notes) == 1
    assert ".ledger.damaged-1.sqlite" in other.notes[0]
    ledger.note(before[0].folder)
    ledger.release(KEY)
    assert ledger.notes == []
    assert other.claim(KEY) is None


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_nonsense_in_the_files_beside_the_ledger_changes_no_answer(reports: Path, ending: str) -> None:
    before = Ledger(reports).history()
    (reports / f".ledger.sqlite{ending}").write_bytes(random.Random(1).randbytes(40_000))
    ledger = Ledger(reports)
    assert ledger.history() == before
    add(reports, "a9", as_of="2026-09-30", ended_at="2026-11-02T04:00:00+00:00")
    ledger.note(reports / "acme" / "stay" / "2026-09-30")
    assert ids(Ledger(reports))[0] == "a9"


def test_of_damaged_ledgers_the_last_three_are_kept(reports: Path) -> None:
    for n in range(5):
        ledger = Ledger(reports)
        assert len(ledger.history()) == 4
        (reports / ".ledger.sqlite").write_bytes(b"%d" % n * 1000)
    assert len(Ledger(reports).history()) == 4
    kept = {path.name: path.read_bytes()[:1] for path in reports.glob(".ledger.damaged-*")}
    assert kept == {f".ledger.damaged-{n + 1}.sqlite": b"%d" % n for n in (2, 3, 4)}


def test_eight_runners_at_once_never_make_the_same_run_and_all_they_made_is_in_the_ledger(tmp_path: Path) -> None:
    told = run_together(tmp_path, 8)
    assert {notes for _, notes in told} == {"[]"}
    made = sum(int(count) for count, _ in told)
    assert made >= 50
    assert len(Ledger(tmp_path / "reports").history(limit=None)) == made


def test_a_ledger_damaged_again_and_again_under_four_runners_stops_none_of_them(tmp_path: Path) -> None:
    def damage() -> None:
        for n in range(40):
            Ledger(tmp_path / "reports").history()
            path = tmp_path / "reports" / ".ledger.sqlite"
            if path.is_file():
                path.write_bytes(random.Random(n).randbytes(20_000))

    told = run_together(tmp_path, 4, damage)
    made = sum(int(count) for count, _ in told)
    assert len(Ledger(tmp_path / "reports").history(limit=None)) == made


def run_together(folder: Path, n: int, meanwhile: Callable[[], None] = lambda: None) -> list[list[str]]:
    """Start runners, let them go at the same moment, and return what each prints: how many it made, and its notes."""
    (folder / "reports").mkdir()
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(number)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(n)
    ]
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("go\n")
        runner.stdin.flush()
    meanwhile()
    ended = [runner.communicate() for runner in runners]
    assert [errors for _, errors in ended] == [""] * n
    return [printed.strip().split(" ", 1) for printed, _ in ended]


def without_the_rights_of_root() -> None:
    """Root may write where nobody may; without this one capability it may not."""
    override_permissions, drop_from_bounding_set = 1, 24
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions)


def with_a_full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("exists", [True, False], ids=["with a ledger", "without one"])
def test_in_a_folder_that_cannot_be_written_runs_go_on_history_answers_and_it_is_told_once(
    reports: Path, exists: bool
) -> None:
    if exists:
        Ledger(reports).history()
        add(reports, "a9", as_of="2026-09-30", ended_at="2026-11-02T04:00:00+00:00")
    reports.chmod(0o555)
    for path in reports.glob(".ledger*"):
        path.chmod(0o444)
    owner, found, n, notes = helpless(reports, without_the_rights_of_root)
    reports.chmod(0o755)
    assert owner is None
    assert found == ["a9"] * exists + ["a3", "b1", "a2", "a1"]
    assert n == 4 + exists
    assert len(notes) == 2
    assert all("Reports are made all the same" in note for note in notes)


@pytest.mark.parametrize("exists", [True, False], ids=["with a ledger", "without one"])
def test_on_a_full_disk_runs_go_on_history_answers_and_it_is_told_once(reports: Path, exists: bool) -> None:
    if exists:
        Ledger(reports).history()
        add(reports, "a9", as_of="2026-09-30", ended_at="2026-11-02T04:00:00+00:00")
    owner, found, n, notes = helpless(reports, with_a_full_disk)
    assert owner is None
    assert found == ["a9"] * exists + ["a3", "b1", "a2", "a1"]
    assert n == 4 + exists
    assert len(notes) == 1
    # With room on the disk again, all is as before.
    assert ids(Ledger(reports)) == found
    assert Ledger(reports).notes == []


def helpless(reports: Path, limit: Callable[[], None]) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-B", "-c", HELPLESS],
        cwd=reports.parent,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    told: list[object] = json.loads(done.stdout)
    return told


def test_a_ledger_that_somebody_keeps_locked_holds_nobody_up_for_ever(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(reports).history()
    monkeypatch.setattr(ledger_file, "_PATIENCE_SECONDS", 0)
    folder = add(reports, "a9", as_of="2026-09-30", ended_at="2026-11-02T04:00:00+00:00")
    connection = sqlite3.connect(reports / ".ledger.sqlite", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    ledger = Ledger(reports)
    ledger.note(folder)
    assert ids(ledger)[0] == "a9"
    assert len(ledger.notes) == 1
    connection.close()
