"""The verbs that look back, `history` and `show`, on reports that were made before."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from retention_lab.cli.history import history, plain, show
from retention_lab.errors import RetentionLabError
from retention_lab.runner.keys import RunKey
from retention_lab.runner.publish import keep_failure
from retention_lab.runner.record import Record, RunError, write_record
from retention_lab.tables.workspace import Workspace

HEADLINE = "Half of them stay 90 days."
FINDING = {"id": "churn.survival", "headline": HEADLINE, "verdict": "watch"}
MESSAGE = "customers.csv: no Start\n  Next: map it in client.yml"


@pytest.fixture(autouse=True)
def _in_rome(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The person at the terminal is in Rome, and the output goes to a file."""
    monkeypatch.setenv("TZ", "Europe/Rome")
    monkeypatch.delenv("COLUMNS", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def lab(workspace: Workspace) -> Workspace:
    """Two reports of acme's playbook `stay`, and a failed attempt."""
    add(workspace, "aa11bb22cc33", as_of="2026-08-31", ended_at="2026-09-07T04:00:00+00:00")
    add(workspace, "ab44bb22cc33", as_of="2026-09-30", ended_at="2026-11-02T05:03:59+00:00", horizon_days=30)
    fail(workspace, RunError(kind="data", name="DataError", message=MESSAGE, cell="open"))
    return workspace


def add(workspace: Workspace, run_id: str, *, as_of: str, ended_at: str, **parameters: object) -> Path:
    key = RunKey(client="acme", playbook="stay", as_of=as_of, parameters=parameters)
    folder = key.folder(workspace.reports)
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>" * 500)
    rejected = {"missing_started_on": 2, "exact_copy": 1200}
    table = {"table": "customers", "source": "customers.csv", "rows": 20_026, "kept": 18_824, "rejected": rejected}
    record = Record(
        run_id=run_id, key=key.to_dict(), status="ok", fingerprint="f", as_of=as_of, ended_at=ended_at,
        due="2026-11-02T05:00:00+00:00" if parameters else "", attempt=2 if parameters else 1,
        findings=[FINDING], inputs=[table], files={"report.html": "1", "survival.csv": "2"},
        versions={"retention-lab": "0.1.0", "numpy": "2.0"}, durations={"total": 12.34},
    )  # fmt: skip
    write_record(folder, record)
    return folder


def fail(workspace: Workspace, error: RunError) -> Path:
    key = RunKey(client="acme", playbook="stay", as_of="2026-09-30")
    record = Record(
        run_id="dd55", key=key.to_dict(), status="failed", fingerprint="f", error=error,
        ended_at="2026-10-25T00:30:00+00:00",
    )  # fmt: skip
    return keep_failure(None, workspace.reports / "acme" / "stay", record)


def edit(folder: Path, **changes: object) -> None:
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def call(*arguments: str) -> Result:
    verbs = typer.Typer()
    for verb in (history, show):
        verbs.command()(verb)
    return CliRunner().invoke(verbs, arguments)


def test_history_is_an_aligned_table_in_local_time_the_newest_first(lab: Workspace) -> None:
    told = call("history")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "When              Client  Playbook  As of              How     Seconds  Run       What it says",
        f"2026-11-02 06:03  acme    stay      2026-09-30+a9b9a2  done       12.3  ab44bb22  {HEADLINE}",
        "2026-10-25 02:30  acme    stay      2026-09-30         failed      0.0  dd55      customers.csv: no Start",
        f"2026-09-07 06:00  acme    stay      2026-08-31         done       12.3  aa11bb22  {HEADLINE}",
    ]
    assert told.stderr == ""


def test_the_last_column_ends_where_the_terminal_does(lab: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "106")
    lines = call("history").stdout.splitlines()
    assert max(len(line) for line in lines) == 106
    assert lines[1].endswith("Half of them stay 90 da…")


@pytest.mark.parametrize(
    ("arguments", "runs"),
    [
        (("acme",), ["ab44bb22", "dd55", "aa11bb22"]),
        (("acme", "--failed"), ["dd55"]),
        (("--playbook", "stay", "--limit", "2"), ["ab44bb22", "dd55"]),
    ],
)
def test_history_is_narrowed_down(lab: Workspace, arguments: tuple[str, ...], runs: list[str]) -> None:
    lines = call("history", *arguments).stdout.splitlines()[1:]
    assert [next(run for run in ("ab44bb22", "dd55", "aa11bb22") if run in line) for line in lines] == runs


def test_it_is_said_that_there_are_more_runs_than_are_shown(lab: Workspace) -> None:
    assert "--limit 10" in call("history", "--limit", "2").stderr
    assert call("history", "--limit", "3").stderr == ""


def test_history_as_json_has_all_that_the_table_leaves_out(lab: Workspace) -> None:
    newest, failed, _ = json.loads(call("history", "--json").stdout)
    assert newest["run_id"] == "ab44bb22cc33"
    assert newest["parameters"] == {"horizon_days": 30}
    assert newest["folder"] == str(lab.reports / "acme" / "stay" / "2026-09-30+a9b9a2")
    assert failed["error"]["message"] == MESSAGE


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "no report has been made yet. Next: retention-lab run CLIENT\n"),
        (("acme",), "acme: no report has been made yet. Next: retention-lab run acme\n"),
        (("acme", "--playbook", "stay", "--failed"), "acme · stay: no run has failed. Next: "),
    ],
)
def test_where_there_is_nothing_a_sentence_says_what_to_do(
    workspace: Workspace, arguments: tuple[str, ...], told: str
) -> None:
    result = call("history", *arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith(told)
    assert json.loads(call("history", *arguments, "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("history", "acmee"), ("there is no 'acmee'", "did you mean acme?")),
        (("history", "--playbook", "sta"), ("there is no 'sta'", "did you mean stay?")),
        (("show", "acme/stya"), ("there is no 'stya'", "did you mean stay?")),
        (("show", "zz"), ("run zz: no run has this id", "retention-lab history")),
        (("show", "a"), ("2 runs begin so", "ab44bb22cc33  acme · stay  2026-09-30+a9b9a2", "aa11bb22cc33")),
    ],
)
def test_a_wrong_name_is_answered_with_what_there_is(
    lab: Workspace, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    error = call(*arguments).exception
    assert isinstance(error, RetentionLabError)
    for part in parts:
        assert part in str(error)


def test_a_client_who_has_left_keeps_a_history(lab: Workspace) -> None:
    (lab.data / "acme").rename(lab.data / "away")
    assert len(call("history", "acme").stdout.splitlines()) == 4


def test_a_client_without_any_run_of_a_playbook_is_told_so(workspace: Workspace) -> None:
    error = call("show", "acme/stay").exception
    assert isinstance(error, RetentionLabError)
    assert "acme · stay: no report has been made yet" in str(error)


def test_rebuild_says_how_many_records_it_has_read(lab: Workspace) -> None:
    told = call("history", "--rebuild")
    assert told.stderr == "The ledger is built again, from 3 run.json.\n"
    assert len(told.stdout.splitlines()) == 4


@pytest.mark.parametrize("verb", [("history",), ("show", "acme/stay")])
def test_a_damaged_ledger_is_told_beside_the_answer(lab: Workspace, verb: tuple[str, ...]) -> None:
    before = call(*verb).stdout
    (lab.reports / ".ledger.sqlite").write_bytes(b"nonsense" * 1000)
    told = call(*verb)
    assert told.stdout == before
    assert "was damaged" in told.stderr
    assert call(*verb).stderr == ""


def test_show_tells_all_of_a_run(lab: Workspace) -> None:
    told = call("show", "ab")
    assert told.exit_code == 0
    assert told.stdout == (
        "acme · stay: done\n"
        "  Run         ab44bb22cc33\n"
        "  Ended       2026-11-02 06:03, after 12.3 s, attempt 2\n"
        "  As of       2026-09-30\n"
        "  Due         2026-11-02 06:00\n"
        "  Parameters  horizon_days=30\n"
        "  Folder      reports/acme/stay/2026-09-30+a9b9a2\n"
        "\nFindings\n"
        f"  watch  {HEADLINE}\n"
        "\nInputs\n"
        "  customers (customers.csv): 20,026 rows, 1,202 set aside\n"
        "    1,200 exact_copy\n"
        "    2 missing_started_on\n"
        "\nFiles\n"
        "  report.html  1.5 kB\n"
        "  survival.csv  is gone\n"
        "\nVersions\n"
        "  retention-lab 0.1.0, numpy 2.0\n"
    )


def test_show_of_a_client_and_a_playbook_is_its_newest_run(lab: Workspace) -> None:
    assert call("show", "acme/stay").stdout == call("show", "ab44bb22cc33").stdout


def test_show_of_a_failed_run_has_the_whole_error_with_its_cell(lab: Workspace) -> None:
    told = call("show", "dd55").stdout
    assert told.startswith("acme · stay: failed\n")
    assert "\nError, in cell open\n  customers.csv: no Start\n    Next: map it in client.yml\n" in told


def test_an_error_that_nobody_can_put_right_is_told_with_its_name(lab: Workspace) -> None:
    fail(lab, RunError(kind="crash", name="ValueError", message=""))
    assert "\nError\n  ValueError: no message\n" in call("show", "dd55").stdout


def test_show_as_json_is_the_record_and_its_folder(lab: Workspace) -> None:
    told = json.loads(call("show", "dd55", "--json").stdout)
    folder = lab.reports / "acme" / "stay" / "failed" / "dd55"
    record = json.loads((folder / "run.json").read_text())
    assert told.pop("folder") == str(folder)
    assert {"schema": 1, **told} == record


COMMANDS = "\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link \x9b2J \x1b\x07\r\u202eTürme\u00a01\u202f2"


def test_nothing_from_a_report_can_command_the_terminal(lab: Workspace) -> None:
    evil = {"verdict": "act\x1b[2J", "headline": COMMANDS}
    folder = add(lab, "ee66", as_of="2026-10-31\x1b[2J", ended_at="2026-12-01T00:00:00+00:00", group_by=COMMANDS)
    edit(folder, findings=[evil], ended_at=f"soon{COMMANDS}", inputs=[{"table": COMMANDS, "rows": 1}])
    edit(folder, files={COMMANDS: "1"}, versions={COMMANDS: COMMANDS})
    fail(lab, RunError(kind="crash", name=COMMANDS, message=COMMANDS, cell=COMMANDS))
    outputs = [call("history"), call("show", "ee66"), call("show", "dd55"), call("history", "--json")]
    outputs.append(call("show", "ee66", "--json"))
    for told in outputs:
        assert told.exit_code == 0
        text = told.stdout.replace("\n", "")
        assert text.isprintable()
        assert "link" in text


def test_the_text_between_commands_to_the_terminal_is_kept() -> None:
    assert plain(COMMANDS) == "red link   Türme 1 2"


@pytest.mark.parametrize(
    "changes",
    [{"findings": [FINDING, "text"]}, {"inputs": [3]}, {"inputs": [{"table": "x", "rows": "many"}]}, {"files": 3}],
)
def test_a_record_that_somebody_has_edited_gives_a_message_and_no_traceback(
    lab: Workspace, changes: dict[str, object]
) -> None:
    folder = lab.reports / "acme" / "stay" / "2026-08-31"
    edit(folder, **changes)
    error = call("show", "aa").exception
    assert isinstance(error, RetentionLabError)
    assert f"{folder / 'run.json'}: it is not as a run writes it" in str(error)


@pytest.mark.parametrize("verb", ["history", "show"])
def test_each_help_has_an_example(verb: str) -> None:
    told = call(verb, "--help")
    assert told.exit_code == 0
    assert f"retention-lab {verb}" in told.output
