"""What is due, under a clock that the tests hold. Runs are made by a stand-in that starts nothing."""

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from retention_lab.cli.schedule import report_lines
from retention_lab.errors import DataError
from retention_lab.runner.fingerprints import HashCache
from retention_lab.runner.outcome import RunResult, current_result, end_record, failed_record
from retention_lab.runner.plan import PlannedRun, plan_runs
from retention_lab.runner.publish import keep_failure, publish
from retention_lab.runner.record import RunError, read_record, write_record
from retention_lab.runner.schedule.answers import DueReport
from retention_lab.runner.schedule.due import find_due
from retention_lab.runner.schedule.entries import Schedules
from retention_lab.runner.schedule.run_due import run_due
from retention_lab.runner.schedule.standing import read_standings
from retention_lab.tables.workspace import Workspace

ROME = ZoneInfo("Europe/Rome")
CRASH = RunError(kind="crash", name="MemoryError", message="no memory", cell="step-1")
WRONG = RunError(kind="data", name="DataError", message="customers.csv: no dates", cell="step-1")
TICK = timedelta(minutes=15)


def rome(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ROME).astimezone(UTC)  # type: ignore[arg-type,misc]


@dataclass
class Lab:
    """A workspace, a clock, and a stand-in for the batch; `fate` says which runs fail, and how."""

    workspace: Workspace
    now: datetime
    fate: Callable[[PlannedRun], RunError | None] = lambda _: None
    elsewhere: bool = False
    made: list[PlannedRun] = field(default_factory=list)
    schedules: Schedules | None = None

    def run(self, runs: Sequence[PlannedRun]) -> list[RunResult]:
        return [self._run(run) for run in runs]

    def _run(self, run: PlannedRun) -> RunResult:
        if run.current:
            return current_result(run)
        if self.elsewhere:
            return RunResult(run=run, status="elsewhere", folder=run.folder)
        self.made.append(run)
        ended_at = (self.now + timedelta(minutes=1)).isoformat(timespec="seconds")
        error = self.fate(run)
        if error:
            record = replace(failed_record(run, error, {}), ended_at=ended_at)
            return RunResult(
                run=run, status="failed", folder=keep_failure(None, run.folder.parent, record), error=error
            )
        empty = self.workspace.root / "empty"
        empty.mkdir(exist_ok=True)
        publish(empty, run.folder, replace(end_record(run), ended_at=ended_at, as_of=run.as_of))
        return RunResult(run=run, status="ok", folder=run.folder)

    def call(self, now: datetime | None = None) -> DueReport:
        """One call of run-due, at the time that the clock shows or is set to."""
        self.now = now or self.now
        return run_due(self.workspace, self.now, self.run, schedules=self.schedules)

    def schedule(self, text: str, client: str = "acme", zone: str = "Europe/Rome", exports_end: str = "") -> None:
        """Write another schedule into a client.yml, as lines of flow YAML, and the day on which its exports end."""
        file = self.workspace.data / client / "client.yml"
        kept = [
            line
            for line in file.read_text().splitlines()
            if not line.startswith(("schedule", "timezone", "observed_through", "  - {"))
        ]
        kept += [f"observed_through: {exports_end}"] if exports_end else []
        lines = [f"  - {line.strip()}" for line in text.strip().splitlines()]
        file.write_text(
            "\n".join([*kept, f"timezone: {zone}", "schedule:" if lines else "schedule: []", *lines]) + "\n"
        )
        # Long ago: the clock of the tests is not that of the disk.
        os.utime(file, (1.5e9, 1.5e9))

    @property
    def as_of(self) -> list[str]:
        return [run.key.as_of for run in self.made]

    @property
    def failures(self) -> str:
        file = self.workspace.reports / "failures.md"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def lab(workspace: Workspace) -> Lab:
    """One client whose report is due every Monday at six; run-due was called for the first time on Friday."""
    lab = Lab(workspace, rome(2026, 11, 20, 12))
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}')
    assert lab.call().answers == ()
    return lab


MONDAY = rome(2026, 11, 23, 6)
WEEK = timedelta(days=7)


def told(report: DueReport) -> list[tuple[str, str]]:
    """Each answer of a call: the due time in Rome, and what became of it."""
    return [(f"{answer.period.due.astimezone(ROME):%a %H:%M}", answer.status) for answer in report.answers]


def test_nothing_is_due_before_its_time_and_it_is_made_once_at_its_time(lab) -> None:
    assert lab.call(MONDAY - timedelta(seconds=1)).answers == ()
    assert told(lab.call(MONDAY)) == [("Mon 06:00", "ok")]
    assert lab.call(MONDAY).answers == ()
    assert lab.call(MONDAY + timedelta(days=3)).answers == ()
    assert len(lab.made) == 1


def test_the_last_day_of_a_report_is_the_day_before_in_the_clients_time_zone(lab) -> None:
    lab.call(MONDAY)
    lab.schedule('{playbook: stay, cron: "0 6 * * tue"}', zone="Pacific/Auckland")
    lab.call(MONDAY + TICK)
    # Tuesday six o'clock in Auckland is Monday evening in Rome.
    lab.call(rome(2026, 11, 23, 18))
    assert lab.as_of == ["2026-11-22", "2026-11-23"]


def test_the_record_says_which_due_time_it_answers(lab) -> None:
    lab.call(MONDAY)
    record = read_record(lab.made[0].folder)
    assert (record.due, record.attempt) == ("2026-11-23T05:00:00+00:00", 1)


def test_an_entry_counts_from_the_day_on_which_it_is_first_seen(workspace) -> None:
    lab = Lab(workspace, rome(2026, 11, 20, 12))
    lab.schedule('{playbook: stay, cron: "0 6 * * *", catch_up: all}')
    lab.call()
    lab.call(rome(2026, 11, 21, 6))
    assert lab.as_of == ["2026-11-20"]


def test_an_entry_that_was_written_just_before_its_time_is_not_missed(workspace) -> None:
    lab = Lab(workspace, MONDAY + timedelta(seconds=5))
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}')
    written = (MONDAY - timedelta(minutes=5)).timestamp()
    os.utime(workspace.data / "acme" / "client.yml", (written, written))
    assert told(lab.call()) == [("Mon 06:00", "ok")]


def test_another_cron_is_a_new_entry_and_owes_nothing_from_before(lab) -> None:
    lab.call(MONDAY)
    lab.schedule('{playbook: stay, cron: "0 6 * * fri", catch_up: all}')
    lab.call(MONDAY + TICK)
    assert len(lab.made) == 1


def test_another_time_zone_is_a_new_entry_too(lab) -> None:
    lab.call(MONDAY)
    # Six o'clock in UTC is an hour later: of this Monday's, the report is there.
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}', zone="UTC")
    assert lab.call(MONDAY + timedelta(hours=3)).answers == ()


def test_an_entry_that_was_taken_out_and_put_in_again_owes_nothing_for_the_time_between(lab) -> None:
    every = '{playbook: stay, cron: "0 6 * * *", catch_up: all}'
    lab.schedule(every)
    lab.call()
    lab.schedule("")
    lab.call(MONDAY)
    lab.schedule(every)
    assert lab.call(MONDAY + TICK).answers == ()


@pytest.mark.parametrize(
    ("catch_up", "made", "passed_over"),
    [("latest", ["2026-12-13"], 2), ("all", ["2026-11-29", "2026-12-06", "2026-12-13"], 0)],
)
def test_after_a_pause_the_latest_is_made_or_all_oldest_first(lab, catch_up, made, passed_over) -> None:
    lab.schedule(f'{{playbook: stay, cron: "0 6 * * mon", catch_up: {catch_up}}}')
    lab.call(MONDAY)
    report = lab.call(MONDAY + 3 * WEEK + timedelta(days=2))
    assert lab.as_of == ["2026-11-22", *made]
    assert sum(passed.n for passed in report.passed_over) == passed_over
    assert lab.call(MONDAY + 3 * WEEK + timedelta(days=2) + TICK).answers == ()


def test_several_due_times_of_a_day_share_a_report_which_is_made_once_and_moved_on(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6,12 * * *"}')
    lab.call(MONDAY - TICK)
    assert told(lab.call(MONDAY)) == [("Mon 06:00", "ok")]
    assert told(lab.call(MONDAY + timedelta(hours=6))) == [("Mon 12:00", "current")]
    assert lab.call(MONDAY + timedelta(hours=6)).answers == ()
    assert len(lab.made) == 1
    assert read_record(lab.made[0].folder).due == "2026-11-23T11:00:00+00:00"


@pytest.mark.parametrize("catch_up", ["latest", "all"])
def test_several_missed_due_times_of_a_day_are_answered_by_one_run(lab, catch_up) -> None:
    lab.schedule(f'{{playbook: stay, cron: "0 6,12 * * *", catch_up: {catch_up}}}')
    lab.call(rome(2026, 11, 20, 13))
    report = lab.call(rome(2026, 11, 21, 20))
    assert told(report) == [("Sat 06:00", "ok"), ("Sat 12:00", "ok")]
    assert (len(lab.made), report.passed_over) == (1, ())


def test_entries_that_ask_the_same_at_the_same_time_are_one_run(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}\n{playbook: stay, cron: "0 6 * * *"}')
    lab.call(MONDAY - timedelta(hours=1))
    assert told(lab.call(MONDAY)) == [("Mon 06:00", "ok"), ("Mon 06:00", "ok")]
    assert len(lab.made) == 1


def test_other_parameters_are_another_report(lab) -> None:
    lab.schedule(
        '{playbook: stay, cron: "0 6 * * mon"}\n{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_days: 30}}'
    )
    lab.call(MONDAY - timedelta(hours=1))
    lab.call(MONDAY)
    assert [run.changed for run in lab.made] == [{}, {"horizon_days": 30}]


def test_a_report_made_by_hand_answers_a_due_time_without_being_made_again(lab) -> None:
    lab.call(MONDAY)
    record = lab.made[0].folder / "run.json"
    record.write_text(record.read_text().replace("2026-11-23T05:00:00+00:00", ""))
    (lab.workspace.reports / ".schedule.json").unlink()
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}')
    lab.call(MONDAY - TICK)
    assert told(lab.call(MONDAY)) == [("Mon 06:00", "current")]
    assert len(lab.made) == 1


def test_a_run_that_another_runner_makes_is_left_to_it_and_looked_at_again(lab) -> None:
    lab.elsewhere = True
    report = lab.call(MONDAY)
    assert (told(report), report.exit_code, lab.failures) == ([("Mon 06:00", "elsewhere")], 0, "")
    lab.elsewhere = False
    assert told(lab.call(MONDAY + TICK)) == [("Mon 06:00", "ok")]


def test_a_crash_is_tried_again_after_5_15_and_60_minutes_and_then_given_up(lab) -> None:
    lab.fate = lambda _: CRASH
    attempts = []
    # The stand-in takes a minute for each.
    for minute in (0, 1, 5, 6, 7, 21, 22, 37, 82, 83, 98, 143, 144, 600):
        before = len(lab.made)
        lab.call(MONDAY + timedelta(minutes=minute))
        attempts += [minute] if len(lab.made) > before else []
    assert attempts == [0, 0 + 1 + 5, 6 + 1 + 15, 22 + 1 + 60]
    assert [run.attempt for run in lab.made] == [1, 2, 3, 4]
    assert "given up" in lab.failures


def test_retries_can_be_none(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon", retries: 0}')
    lab.call(MONDAY - TICK)
    lab.fate = lambda _: CRASH
    for minutes in (0, 6, 15, 90, 600):
        lab.call(MONDAY + timedelta(minutes=minutes))
    assert len(lab.made) == 1


def test_each_due_time_has_attempts_of_its_own(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6,12 * * *", retries: 0}')
    lab.call(MONDAY - TICK)
    lab.fate = lambda _: CRASH
    for hours in (0, 1, 6, 7):
        lab.call(MONDAY + timedelta(hours=hours))
    assert [(run.due[11:13], run.attempt) for run in lab.made] == [("05", 1), ("11", 1)]


def test_a_retry_that_succeeds_is_the_answer(lab) -> None:
    lab.fate = lambda run: CRASH if run.attempt == 1 else None
    assert lab.call(MONDAY).exit_code == 1
    assert "tried again from Mon 23 Nov 2026 06:06 on" in lab.failures
    assert told(lab.call(MONDAY + TICK)) == [("Mon 06:00", "ok")]
    assert lab.failures == ""


def test_what_a_person_must_put_right_is_tried_again_once_a_file_has_changed(lab) -> None:
    lab.fate = lambda _: WRONG
    lab.call(MONDAY)
    for hours in (1, 2, 29):
        report = lab.call(MONDAY + timedelta(hours=hours))
        assert (len(lab.made), report.exit_code) == (1, 1)
    assert "tried again when a file" in lab.failures
    customers = lab.workspace.data / "acme" / "customers.csv"
    customers.write_text(customers.read_text() + "4,2026-03-01,\n")
    lab.fate = lambda _: None
    assert told(lab.call(MONDAY + timedelta(hours=30))) == [("Mon 06:00", "ok")]


def test_a_failure_that_ended_in_the_future_by_a_wrong_clock_does_not_wait_for_that_day(lab) -> None:
    lab.fate = lambda _: CRASH
    lab.call(MONDAY)
    file = next(lab.workspace.reports.glob("acme/stay/failed/*/run.json"))
    file.write_text(re.sub(r'"ended_at": "[^"]*"', '"ended_at": "2031-01-01T00:00:00+00:00"', file.read_text()))
    lab.fate = lambda _: None
    assert told(lab.call(MONDAY + TICK)) == [("Mon 06:00", "ok")]


def test_a_new_due_time_comes_to_its_right_whatever_became_of_the_last(lab) -> None:
    lab.fate = lambda run: WRONG if run.key.as_of == "2026-11-22" else None
    lab.call(MONDAY)
    assert told(lab.call(MONDAY + WEEK)) == [("Mon 06:00", "ok")]
    assert lab.made[-1].key.as_of == "2026-11-29"


def test_under_all_what_failed_stays_owed_while_later_ones_are_made(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon", catch_up: all}')
    lab.call(MONDAY - TICK)
    lab.fate = lambda run: WRONG if run.key.as_of == "2026-11-22" else None
    lab.call(MONDAY)
    assert told(lab.call(MONDAY + WEEK)) == [("Mon 06:00", "failed"), ("Mon 06:00", "ok")]
    lab.fate = lambda _: None
    (lab.workspace.data / "acme" / "customers.csv").write_text("ID,Start,End\n1,2026-01-01,\n")
    assert told(lab.call(MONDAY + WEEK + TICK)) == [("Mon 06:00", "ok")]
    assert lab.as_of == ["2026-11-22", "2026-11-29", "2026-11-22"]


def test_one_client_whose_file_is_wrong_stops_nobody_and_is_told_at_each_call(lab) -> None:
    other = lab.workspace.data / "zeta"
    other.mkdir()
    (other / "client.yml").write_text("name: Zeta\nschedul: []\n")
    for _ in range(2):
        report = lab.call(MONDAY - TICK)
        assert (report.exit_code, len(report.faults)) == (2, 2)
        assert "did you mean schedule?" in lab.failures
    assert told(lab.call(MONDAY)) == [("Mon 06:00", "ok")]


def test_a_client_file_that_is_wrong_for_a_day_does_not_forget_what_it_owes(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * *", catch_up: all}')
    lab.call()
    file = lab.workspace.data / "acme" / "client.yml"
    sound = file.read_text()
    file.write_text(sound.replace("name:", "nmae:"))
    assert lab.call(MONDAY).faults
    file.write_text(sound)
    lab.call(MONDAY + TICK)
    assert lab.as_of == ["2026-11-20", "2026-11-21", "2026-11-22"]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ('{playbook: sty, cron: "0 6 * * mon"}', "did you mean stay"),
        ('{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_dys: 30}}', "horizon_days"),
        ('{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_days: soon}}', "soon"),
        ('{playbook: stay, cron: "0 6 * * mon", parameters: {as_of: "2026-01-01"}}', "the schedule gives it"),
    ],
)
def test_an_entry_that_cannot_be_run_is_told_at_once_and_when_it_is_due(lab, entry, why) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * *"}\n' + entry)
    before = lab.call(MONDAY - TICK)
    assert (before.exit_code, [fault.where.split(", ")[:2] for fault in before.faults]) == (
        2, [["acme/client.yml", "schedule.1"]],
    )  # fmt: skip
    assert why in lab.failures
    report = lab.call(MONDAY)
    assert sorted(status for _, status in told(report)) == ["ok", "refused"]
    # With the run that it keeps from being made, and not a second time.
    assert (report.exit_code, report.faults) == (2, ())
    assert why in lab.failures


def test_what_is_said_of_a_failure_names_the_error_only_where_nobody_can_put_it_right(lab) -> None:
    lab.schedule('{playbook: sty, cron: "0 6 * * mon"}')
    lab.call(MONDAY - TICK)
    _, refused = report_lines(lab.workspace, lab.call(MONDAY))
    assert refused[0].splitlines()[:2] == [
        "acme · sty, due Mon 23 Nov 2026 06:00 Europe/Rome: cannot run",
        "playbook sty: there is no such playbook",
    ]
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}')
    lab.call(MONDAY + TICK)
    for error, line in ((WRONG, "customers.csv: no dates"), (CRASH, "  MemoryError: no memory")):
        lab.fate = lambda _, error=error: error
        week = MONDAY + (WEEK if error is WRONG else 2 * WEEK)
        _, first = report_lines(lab.workspace, lab.call(week))
        _, again = report_lines(lab.workspace, lab.call(week + timedelta(minutes=1)))
        assert (first[0].splitlines()[0][-22:], again[0].splitlines()[0][-29:]) == (
            "e: failed, cell step-1", "e: failed before, cell step-1",
        )  # fmt: skip
        assert first[0].splitlines()[1] == line


@pytest.mark.parametrize(("exports_end", "short"), [("2026-11-15", True), ("2026-11-22", False)])
def test_a_report_without_a_newer_export_is_told_for_a_week_and_is_no_failure(lab, exports_end, short) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_days: 30}}', exports_end=exports_end)
    lab.call(MONDAY - TICK)
    assert lab.failures == ""
    out, _ = report_lines(lab.workspace, report := lab.call(MONDAY))
    assert ("counts up to 2026-11-15, where the exports end" in out[0], report.exit_code) == (short, 0)
    for hours in (0, 24, 167):
        assert lab.call(MONDAY + timedelta(hours=hours)).exit_code == 0
        assert ("Exports that are older than their report" in lab.failures) == short
        assert ("run acme --playbook stay --as-of 2026-11-22 -p horizon_days=30" in lab.failures) == short


def test_a_report_made_again_with_the_newer_export_is_no_longer_told(lab) -> None:
    entry = '{playbook: stay, cron: "0 6 * * mon"}'
    lab.schedule(entry, exports_end="2026-11-15")
    lab.call(MONDAY - TICK)
    lab.call(MONDAY)
    lab.schedule(entry, exports_end="2026-11-22")
    # Written at another time, or a file of the same size passes for the old one.
    os.utime(lab.workspace.data / "acme" / "client.yml", (1.6e9, 1.6e9))
    lab.call(MONDAY + TICK)
    # The export alone is not enough: the report is still the old one.
    assert "counts up to 2026-11-15" in lab.failures
    lab.run(plan_runs(lab.workspace, "acme", playbooks=["stay"], as_of="2026-11-22").runs)
    lab.call(MONDAY + 2 * TICK)
    assert lab.failures == ""


def test_a_quiet_day_of_a_client_that_declares_no_end_of_its_exports_is_nothing_to_tell(lab) -> None:
    lab.call(MONDAY)
    record = read_record(lab.made[0].folder)
    write_record(lab.made[0].folder, replace(record, as_of="2026-11-19"))
    lab.call(MONDAY + TICK)
    assert lab.failures == ""


def test_what_is_passed_over_is_told_once_the_latest_is_made(lab) -> None:
    lab.fate = lambda _: CRASH
    late = MONDAY + 2 * WEEK
    assert lab.call(late).passed_over == ()
    assert "Passed over" not in lab.failures
    lab.fate = lambda _: None
    assert [passed.n for passed in lab.call(late + TICK).passed_over] == [2]


def test_the_file_of_failures_says_when_it_was_written_and_not_a_day_of_data(lab) -> None:
    lab.fate = lambda _: CRASH
    lab.call(MONDAY)
    assert "Written Mon 23 Nov 2026 05:00 UTC." in lab.failures


def test_a_long_call_takes_nothing_back_that_another_wrote_meanwhile(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}\n{playbook: stay, cron: "0 7 * * mon"}')
    lab.call(MONDAY - TICK)

    def long_run(runs: Sequence[PlannedRun]) -> list[RunResult]:
        finished = lab.run(runs)
        entries = '{playbook: stay, cron: "0 6 * * mon"}\n{playbook: stay, cron: "0 7 * * mon"}'
        lab.schedule(entries + '\n{playbook: stay, cron: "0 8 * * mon"}')
        lab.call(MONDAY + timedelta(hours=1))
        return finished

    run_due(lab.workspace, MONDAY, long_run)
    standings = read_standings(lab.workspace.reports)
    assert standings is not None
    assert sorted(standing.settled[11:13] for standing in standings["acme"].values()) == ["", "05", "06"]
    # The entry that was new to the other call alone is still known, however late the next call is.
    assert told(lab.call(MONDAY + timedelta(hours=9))) == [("Mon 08:00", "current")]


def test_an_entry_that_was_taken_out_during_a_long_call_stays_out(lab) -> None:
    def long_run(runs: Sequence[PlannedRun]) -> list[RunResult]:
        finished = lab.run(runs)
        lab.schedule("")
        lab.call(MONDAY + TICK)
        return finished

    run_due(lab.workspace, MONDAY, long_run)
    assert read_standings(lab.workspace.reports) == {}


def test_a_missing_export_is_told_and_made_up_for_when_it_is_there(lab) -> None:
    customers = lab.workspace.data / "acme" / "customers.csv"
    text = customers.read_text()
    customers.unlink()
    assert lab.call(MONDAY).exit_code == 2
    assert "customers.csv" in lab.failures
    customers.write_text(text)
    assert told(lab.call(MONDAY + TICK)) == [("Mon 06:00", "ok")]


def test_what_comes_more_than_an_hour_late_is_told_once_by_the_exit_code_and_for_a_week_by_the_file(lab) -> None:
    report = lab.call(MONDAY + timedelta(hours=3))
    assert (report.exit_code, "3 h 1 min late" in lab.failures) == (1, True)
    assert (lab.call(MONDAY + timedelta(hours=4)).exit_code, "3 h 1 min late" in lab.failures) == (0, True)
    lab.call(MONDAY + WEEK)
    assert lab.failures == ""


def test_a_report_that_was_there_already_is_late_when_its_due_time_is_answered_late(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6,12 * * mon"}')
    lab.call(MONDAY - TICK)
    lab.call(MONDAY)
    report = lab.call(MONDAY + timedelta(hours=9))
    assert (told(report), report.exit_code) == ([("Mon 12:00", "current")], 1)
    lab.call(MONDAY + timedelta(hours=10))
    assert "12:00 Europe/Rome: 3 h late" in lab.failures


def test_what_was_late_is_told_for_a_week(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 23 11 *"}')
    lab.call()
    lab.call(MONDAY + timedelta(hours=3))
    lab.call(MONDAY + timedelta(days=7))
    assert "Late" in lab.failures
    lab.call(MONDAY + timedelta(days=8))
    assert lab.failures == ""


def test_an_hour_is_not_late(lab) -> None:
    assert lab.call(MONDAY + timedelta(minutes=58)).exit_code == 0
    assert lab.failures == ""


def test_a_message_is_shown_as_text_whatever_is_in_it(lab) -> None:
    lab.fate = lambda _: replace(CRASH, message="a\n# Heading `code`\x1b[31m <b>" + "x" * 5000)
    lab.call(MONDAY)
    line = next(line for line in lab.failures.splitlines() if "MemoryError" in line)
    assert "`a # Heading 'code' [31m <b>xxx" in line
    assert len(line) < 700
    assert "\x1b" not in lab.failures


def test_a_clock_that_jumps_back_runs_nothing_twice(lab) -> None:
    lab.call(MONDAY)
    lab.call(MONDAY + WEEK)
    for now in (MONDAY, MONDAY - TICK, MONDAY + TICK, MONDAY + WEEK + TICK):
        lab.call(now)
    assert lab.as_of == ["2026-11-22", "2026-11-29"]


@pytest.mark.parametrize("catch_up", ["latest", "all"])
def test_after_a_clock_that_was_far_ahead_for_a_while_the_next_due_times_come_again(lab, catch_up) -> None:
    lab.schedule(f'{{playbook: stay, cron: "0 6 * * mon", catch_up: {catch_up}}}')
    lab.call()
    lab.call(MONDAY + 10 * WEEK)
    assert len(lab.made) == (1 if catch_up == "latest" else 11)
    lab.call(MONDAY - TICK)
    lab.call(MONDAY)
    lab.call(MONDAY + WEEK)
    counts = Counter(lab.as_of)
    assert set(counts.values()) == {1}
    assert {"2026-11-22", "2026-11-29"} <= set(counts)


def test_a_clock_that_begins_in_1970_runs_nothing_and_says_so(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon", catch_up: all}')
    lab.call()
    report = lab.call(datetime(1970, 1, 1, tzinfo=UTC))
    assert (lab.made, report.exit_code) == ([], 2)
    assert "the clock says 1970-01-01" in lab.failures
    assert told(lab.call(MONDAY)) == [("Mon 06:00", "ok")]


@pytest.mark.parametrize("damage", ["", "{", '{"schema": 1, "clients": {"acme": {"x": {"seen": "soon"}}}}', None])
def test_what_is_owed_is_found_again_where_the_standings_are_lost(lab, damage) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon", catch_up: all}')
    lab.call()
    lab.call(MONDAY)
    file = lab.workspace.reports / ".schedule.json"
    file.unlink() if damage is None else file.write_text(damage)
    lab.call(MONDAY + 2 * WEEK)
    assert lab.as_of == ["2026-11-22", "2026-11-29", "2026-12-06"]


def test_what_failed_between_two_answers_is_found_again_too(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon", catch_up: all}')
    lab.call()
    lab.fate = lambda run: CRASH if run.key.as_of == "2026-11-29" else None
    for week in range(3):
        lab.call(MONDAY + week * WEEK)
    (lab.workspace.reports / ".schedule.json").unlink()
    lab.fate = lambda _: None
    lab.call(MONDAY + 2 * WEEK + timedelta(hours=1))
    # Tried again with the next one, and once more.
    assert lab.as_of == ["2026-11-22", "2026-11-29", "2026-11-29", "2026-12-06", "2026-11-29"]


def test_what_was_answered_is_not_told_as_passed_over_where_the_standings_are_lost(lab) -> None:
    for week in range(3):
        lab.call(MONDAY + week * WEEK)
    (lab.workspace.reports / ".schedule.json").unlink()
    report = lab.call(MONDAY + 5 * WEEK)
    assert [(passed.n, passed.first) for passed in report.passed_over] == [(2, MONDAY + 3 * WEEK)]


def test_what_only_ever_failed_is_found_again_too(lab) -> None:
    lab.fate = lambda _: CRASH
    lab.call(MONDAY)
    (lab.workspace.reports / ".schedule.json").unlink()
    lab.fate = lambda _: None
    assert told(lab.call(MONDAY + TICK)) == [("Mon 06:00", "ok")]


def test_after_an_interrupt_only_the_rest_is_made(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * *", catch_up: all}')
    lab.call(MONDAY - timedelta(days=3))
    finish = lab.run

    def stop_after_one(runs: Sequence[PlannedRun]) -> list[RunResult]:
        finish(runs[:1])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_due(lab.workspace, MONDAY, stop_after_one)
    lab.call(MONDAY + TICK)
    assert lab.as_of == ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]


def test_an_entry_that_was_seen_stays_seen_when_its_first_call_breaks_off(lab) -> None:
    lab.schedule('{playbook: stay, cron: "0 6 * * mon"}\n{playbook: stay, cron: "0 7 * * mon"}')

    def stop(_: Sequence[PlannedRun]) -> list[RunResult]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_due(lab.workspace, MONDAY, stop)
    assert told(lab.call(MONDAY + timedelta(hours=1, minutes=15)))[-1] == ("Mon 07:00", "ok")
    assert lab.call(MONDAY + timedelta(hours=2)).answers == ()


def test_a_run_that_the_batch_did_not_begin_is_made_by_the_next_call(lab) -> None:
    report = run_due(lab.workspace, MONDAY, lambda _: [])
    assert (report.answers, report.exit_code) == ((), 0)
    assert told(lab.call(MONDAY + TICK)) == [("Mon 06:00", "ok")]


def test_a_dry_look_writes_nothing(lab) -> None:
    before = sorted(lab.workspace.reports.rglob("*"))
    due = find_due(Schedules(lab.workspace), MONDAY)
    assert [task.run.due for task in due.tasks] == ["2026-11-23T05:00:00+00:00"]
    assert [path for path in sorted(lab.workspace.reports.rglob("*")) if path.name != ".fingerprints.json"] == before


def test_reports_that_cannot_be_written_are_told_before_anything_is_run(lab) -> None:
    (lab.workspace.reports / ".schedule.json").unlink()
    for file in lab.workspace.reports.iterdir():
        file.unlink()
    lab.workspace.reports.rmdir()
    lab.workspace.reports.write_text("a file is in the way")
    with pytest.raises(DataError, match="reports: nothing can be written there"):
        lab.call(MONDAY)
    assert lab.made == []


@pytest.mark.parametrize("catch_up", ["latest", "all"])
@pytest.mark.parametrize(
    ("begin", "made"),
    [
        (rome(2026, 3, 28, 0), ["2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]),
        (rome(2026, 10, 24, 0), ["2026-10-24T02:30+02:00", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
    ],
)
def test_a_time_that_the_clock_skips_or_shows_twice_is_one_run(workspace, catch_up, begin, made) -> None:
    lab = Lab(workspace, begin)
    lab.schedule(f'{{playbook: stay, cron: "30 2 * * *", catch_up: {catch_up}}}')
    calls = []
    lab.schedules = Schedules(workspace)
    for tick in range(3 * 96):
        now = begin + tick * TICK
        calls += [now.astimezone(ROME).isoformat(timespec="minutes")] * len(lab.call(now).answers)
    assert calls == made
    assert len(lab.made) == 3


ZONES = ("Europe/Rome", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC")
# What each fires at, said again in plain Python: minutes, hours, and days from 0 for Monday on.
CRONS: dict[str, tuple[set[int], set[int], set[int]]] = {
    "0 6 * * mon": ({0}, {6}, {0}),
    "0 6 * * mon-fri": ({0}, {6}, set(range(5))),
    "30 2 * * *": ({30}, {2}, set(range(7))),
    "0 */8 * * *": ({0}, {0, 8, 16}, set(range(7))),
    "15,45 22 * * tue,sat": ({15, 45}, {22}, {1, 5}),
    "0 0 * * sun": ({0}, {0}, {6}),
    "45 23 * * *": ({45}, {23}, set(range(7))),
    "0 12 * * wed": ({0}, {12}, {2}),
}
BEGIN = datetime(2026, 10, 19, tzinfo=UTC)
WEEK_TICKS = 7 * 96
OUTAGES = ((100, 130), (410, 600))  # in ticks: seven hours on Tuesday, and two days over the end of summer time


def fires(cron: str, zone: str) -> list[int]:
    """The ticks of the week at which a cron is due in a zone, the first time only where the clock shows it twice."""
    minutes, hours, days = CRONS[cron]
    shown: dict[datetime, int] = {}
    for tick in range(WEEK_TICKS):
        shown.setdefault((BEGIN + tick * TICK).astimezone(ZoneInfo(zone)).replace(tzinfo=None), tick)
    return [
        tick for wall, tick in shown.items() if wall.minute in minutes and wall.hour in hours and wall.weekday() in days
    ]


def expected(cron: str, zone: str, catch_up: str) -> list[int]:
    """The ticks whose due times must be answered; under `latest`, a pause leaves those of the last day in it."""
    due = fires(cron, zone)
    if catch_up == "all":
        return due

    def day(tick: int) -> date:
        return (BEGIN + tick * TICK).astimezone(ZoneInfo(zone)).date()

    passed_over = []
    for begin, end in OUTAGES:
        missed = [tick for tick in due if begin <= tick <= end]
        passed_over += [tick for tick in missed if day(tick) != day(missed[-1])]
    return [tick for tick in due if tick not in passed_over]


@pytest.mark.slow
def test_a_week_of_forty_clients_with_two_outages_answers_each_due_time_once(workspace, monkeypatch) -> None:
    # All week the same code: with another one, reports are rightly made again.
    monkeypatch.setattr(HashCache, "code", "the same")
    monkeypatch.setattr(HashCache, "versions", {})
    lab = Lab(workspace, BEGIN)
    plans = {}
    text = (workspace.data / "acme" / "client.yml").read_text()
    for number in range(40):
        name, cron = f"c{number:02}", list(CRONS)[number % len(CRONS)]
        zone, catch_up = ZONES[number % len(ZONES)], ("latest", "all")[number // 20]
        plans[name] = (cron, zone, catch_up)
        folder = workspace.data / name
        folder.mkdir()
        (folder / "client.yml").write_text(text)
        (folder / "customers.csv").write_text("ID,Start,End\n1,2026-01-01,\n")
        lab.schedule(f'{{playbook: stay, cron: "{cron}", catch_up: {catch_up}}}', client=name, zone=zone)
    lab.schedules = Schedules(workspace)
    answered: dict[str, list[int]] = {name: [] for name in plans}
    for tick in range(WEEK_TICKS):
        if any(begin <= tick < end for begin, end in OUTAGES):
            continue
        for answer in lab.call(BEGIN + tick * TICK).answers:
            answered[answer.period.entry.client].append(round((answer.period.due - BEGIN) / TICK))
    assert answered == {name: expected(*plan) for name, plan in plans.items()}
    # And no report was made twice.
    assert set(Counter(run.folder for run in lab.made).values()) == {1}
