import subprocess
import sys
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from retention_lab.cli import schedule as verbs
from retention_lab.cli.watch import one_round
from retention_lab.errors import RetentionLabError
from retention_lab.runner.outcome import end_record
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.record import write_record
from retention_lab.runner.schedule.entries import (
    Period,
    Schedules,
    check_schedule,
    due_times,
    local_text,
    read_entries,
    utc_text,
)
from retention_lab.runner.schedule.standing import Standing, write_standings
from retention_lab.tables.schedule_file import WEEKDAYS, known_cron


def local(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type,misc]


def due_on(cron: str, zone: str, begin: datetime, n: int) -> list[str]:
    """The next `n` due times, as the clock in that zone shows them."""
    found = islice(due_times(known_cron(cron), ZoneInfo(zone), begin), n)
    return [moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") for moment in found]


SPRING, AUTUMN = (2026, 3, 29, 0, 59), (2026, 10, 25, 0, 59)


@pytest.mark.parametrize(
    ("cron", "spring", "autumn"),
    [
        (
            "0 2 * * *",
            ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"],
            ["2026-10-25T02:00+02:00", "2026-10-26T02:00+01:00"],
        ),
        (
            "30 2 * * *",
            ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"],
            ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"],
        ),
        (
            "0 3 * * *",
            ["2026-03-29T03:00+02:00", "2026-03-30T03:00+02:00"],
            ["2026-10-25T03:00+01:00", "2026-10-26T03:00+01:00"],
        ),
        (
            "*/30 * * * *",
            ["2026-03-29T01:00+01:00", "2026-03-29T01:30+01:00", "2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"],
            [
                "2026-10-25T01:00+02:00",
                "2026-10-25T01:30+02:00",
                "2026-10-25T02:00+02:00",
                "2026-10-25T02:30+02:00",
                "2026-10-25T03:00+01:00",
            ],
        ),
        (
            "0,30 2,3 * * *",
            ["2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00", "2026-03-30T02:00+02:00"],
            ["2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00", "2026-10-25T03:00+01:00"],
        ),
    ],
)
def test_in_rome_a_skipped_time_comes_after_the_jump_and_a_repeated_one_once(cron, spring, autumn) -> None:
    zone = "Europe/Rome"
    assert due_on(cron, zone, local(zone, *SPRING), len(spring)) == spring
    assert due_on(cron, zone, local(zone, *AUTUMN), len(autumn)) == autumn


@pytest.mark.parametrize(
    ("zone", "cron", "begin", "due"),
    [
        ("America/New_York", "30 2 * * *", (2026, 3, 8), ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
        ("America/New_York", "30 1 * * *", (2026, 11, 1), ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
        # The clock jumps by half an hour only.
        ("Australia/Lord_Howe", "15 2 * * *", (2026, 10, 4), ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"]),
        ("Australia/Lord_Howe", "45 1 * * *", (2026, 4, 5), ["2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"]),
        # Samoa crossed the date line and had no 30 December.
        (
            "Pacific/Apia",
            "0 6 * * *",
            (2011, 12, 29),
            ["2011-12-29T06:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T06:00+14:00"],
        ),
        # Midnight itself is skipped.
        ("Africa/Cairo", "0 0 * * *", (2026, 4, 23, 12), ["2026-04-24T01:00+03:00", "2026-04-25T00:00+03:00"]),
    ],
)
def test_other_clocks_that_jump(zone, cron, begin, due) -> None:
    assert due_on(cron, zone, local(zone, *begin), len(due)) == due


def test_from_within_the_hour_that_comes_twice_nothing_comes_again() -> None:
    zone = "Europe/Rome"
    second = local(zone, 2026, 10, 25, 2, 10).replace(fold=1)
    assert due_on("30 2 * * *", zone, second, 1) == ["2026-10-26T02:30+01:00"]


CRONS = st.builds(
    lambda minutes, hours, days, months, weekdays: f"{minutes} {hours} {days} {months} {weekdays}",
    st.sampled_from(["0", "30", "*/20", "15,45", "10-50/20"]),
    st.sampled_from(["*", "2", "1-3", "*/6", "0,23"]),
    st.just("*"),
    st.sampled_from(["*", "3,10", "2-11/3", "apr-nov"]),
    st.sampled_from(["*", "sun", "mon-fri", "sat,sun", "tue"]),
) | st.builds(
    lambda hours, days: f"30 {hours} {days} * *",
    st.sampled_from(["2", "*/12"]),
    st.sampled_from(["1", "25-31", "29", "*/7"]),
)


def by_hand(cron: str, zone: ZoneInfo, begin: datetime, days: int) -> Iterator[datetime]:
    """The due times by the meaning of the words: the moment at which a clock first shows, or has passed, each time."""
    minutes, hours, month_days, months, weekdays = cron.split()
    names = {name: str(number) for number, name in enumerate(WEEKDAYS)}
    numbers = ",".join("-".join(names.get(end, end) for end in part.split("-")) for part in weekdays.split(","))
    passed = begin.astimezone(zone).replace(tzinfo=None)
    for minute in range(1, days * 1440 + 1):
        moment = begin + timedelta(minutes=minute)
        wall = moment.astimezone(zone).replace(tzinfo=None)
        shown = [passed + timedelta(minutes=step) for step in range(1, int((wall - passed).total_seconds()) // 60 + 1)]
        passed = max(wall, passed)
        if any(
            time.minute in _numbers(minutes, 0, 59)
            and time.hour in _numbers(hours, 0, 23)
            and time.day in _numbers(month_days, 1, 31)
            and time.month in _numbers(months, 1, 12)
            and time.weekday() in _numbers(numbers, 0, 6)
            for time in shown
        ):
            yield moment


def _numbers(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return found


@settings(max_examples=40, deadline=None)
@given(
    cron=CRONS,
    zone=st.sampled_from(["Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo"]),
    month=st.integers(1, 12),
)
def test_every_due_time_is_one_that_a_clock_on_the_wall_would_give(cron, zone, month) -> None:
    days = 6
    # The last days of a month and the first of the next: most clocks are set then.
    begin = datetime(2026, month, monthrange(2026, month)[1] - 4, 0, 30, tzinfo=UTC)
    end = begin + timedelta(days=days)
    expression = known_cron(cron)
    found = list(takewhile(lambda due: due <= end, due_times(expression, ZoneInfo(zone), begin)))
    assert found == list(by_hand(expression, ZoneInfo(zone), begin, days))


@pytest.fixture
def scheduled(workspace):
    """Write a schedule for acme, an entry a line, and call the verbs in its workspace."""
    file = workspace.data / "acme" / "client.yml"
    text = file.read_text()

    def scheduled(*entries: str, **keys: str):
        lines = [f"{key}: {value}" for key, value in keys.items()] + ["schedule:"] + [f"  - {line}" for line in entries]
        file.write_text(text + "\n".join(lines) + "\n")
        return workspace

    return scheduled


def test_what_is_wrong_with_a_schedule_is_found_before_it_is_due(scheduled) -> None:
    workspace = scheduled(
        '{playbook: sty, cron: "0 6 * * mon"}',
        '{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_dys: 30, language: 5}}',
        '{playbook: stay, cron: "0 6 * * mon", parameters: {as_of: "2026-01-01"}}',
        '{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_days: 30}}',
    )
    told = "\n".join(map(str, check_schedule(workspace, "acme")))
    assert "schedule.0, playbook sty: there is no such playbook" in told
    assert "did you mean stay?" in told
    assert "did you mean horizon_days?" in told
    assert "schedule.1, parameter language: 5" in told
    assert "schedule.2, parameter as_of" in told
    assert "schedule.3" not in told


def test_a_sound_schedule_and_none_at_all_have_no_faults(scheduled, workspace) -> None:
    assert check_schedule(workspace, "acme") == []
    assert check_schedule(scheduled('{playbook: stay, cron: "0 6 * * mon"}'), "acme") == []


def test_a_time_zone_that_does_not_exist_is_refused(scheduled) -> None:
    workspace = scheduled('{playbook: stay, cron: "0 6 * * mon"}', timezone="Europe/Roma")
    assert "did you mean Europe/Rome?" in str(check_schedule(workspace, "acme")[0])


def test_a_client_file_that_was_written_again_is_read_again(scheduled) -> None:
    schedules = Schedules(scheduled('{playbook: stay, cron: "0 6 * * mon"}'))
    assert [entry.spec.cron for entry in schedules.read()[0]] == ["0 6 * * mon"]
    scheduled('{playbook: stay, cron: "0 6 * * tue"}')
    assert [entry.spec.cron for entry in schedules.read()[0]] == ["0 6 * * tue"]
    (schedules.workspace.data / "acme" / "client.yml").write_text("name: [")
    entries, faults = schedules.read()
    assert (entries, "not valid YAML" in str(faults["acme"][0])) == ([], True)


def call(*arguments: str):
    """A verb, without the root that turns errors into messages."""
    app = typer.Typer()
    app.command("run-due")(verbs.run_due)
    app.add_typer(verbs.schedule, name="schedule")
    return CliRunner().invoke(app, arguments)


def test_show_says_the_next_five_due_times_with_the_last_day_of_each(scheduled) -> None:
    scheduled('{playbook: stay, cron: "30 6 1 * *", parameters: {horizon_days: 30}}', timezone="Asia/Kolkata")
    lines = call("schedule", "show").output.splitlines()
    assert lines[:2] == ["acme · stay: 30 6 1 * * in Asia/Kolkata", "  with horizon_days=30"]
    assert lines[2] == "  exports end 2026-09-30: until there is a newer one, reports count up to that day"
    assert len(lines) == 8
    for line in lines[3:]:
        due, last_day = line.removeprefix("  next  ").split(", last day ")
        moment = datetime.strptime(due[4:], "%d %b %Y %H:%M")
        assert (moment.day, moment.hour, moment.minute) == (1, 6, 30)
        assert datetime.fromisoformat(last_day).date() == moment.date() - timedelta(days=1)


def test_show_tells_what_is_wrong_and_shows_the_rest(scheduled) -> None:
    scheduled('{playbook: stay, cron: "0 6 * * mon"}', '{playbook: sty, cron: "0 7 * * mon"}')
    done = call("schedule", "show")
    assert "acme · stay: 0 6 * * mon" in done.output
    assert isinstance(done.exception, RetentionLabError)
    assert "did you mean stay?" in str(done.exception)


def test_show_says_since_when_a_report_is_owed_and_how_far_the_last_one_counts(scheduled, monkeypatch) -> None:
    workspace = scheduled('{playbook: stay, cron: "0 6 * * *"}')
    now = datetime.now(UTC)
    entry = read_entries(workspace, "acme")[0]
    dues = list(takewhile(lambda due: due <= now, entry.due_times(now - timedelta(days=3))))
    seen = Standing(seen=utc_text(dues[0] - timedelta(hours=1)))
    write_standings(workspace.reports, {"acme": {entry.digest: seen}})
    assert f"  owed since {local_text(dues[-1], 'UTC')}, last day " in call("schedule", "show").output
    run = plan_runs(workspace, "acme", as_of=Period(entry=entry, due=dues[-1]).as_of).runs[0]
    run.folder.mkdir(parents=True)
    write_record(run.folder, replace(end_record(run), due=utc_text(dues[-1]), as_of=run.as_of))
    output = call("schedule", "show").output
    assert "owed" not in output
    assert f"last day {run.key.as_of}; counts up to 2026-09-30, where the exports end" in output


def test_without_any_schedule_both_verbs_say_how_to_write_one(workspace, monkeypatch) -> None:
    monkeypatch.setattr(verbs, "_on_terminal", lambda: True)
    assert "write one into data/CLIENT/client.yml" in call("schedule", "show").output
    done = call("run-due")
    assert (done.exit_code, "No client has a schedule" in done.output) == (0, True)


def test_a_log_gets_nothing_where_nothing_is_due_and_the_time_where_something_is_said(scheduled) -> None:
    scheduled('{playbook: stay, cron: "0 6 * * mon"}')
    assert call("run-due").output == ""
    scheduled('{playbook: sty, cron: "0 6 * * mon"}')
    first, second = call("run-due").output.splitlines()[:2]
    said_at = datetime.strptime(first[:24], "%a %d %b %Y %H:%M:%S")
    assert abs(datetime.now() - said_at) < timedelta(minutes=1)
    assert second.startswith("acme/client.yml, schedule.0, playbook sty: there is no such playbook")


def test_run_due_says_what_comes_next_where_nothing_is_due(scheduled, monkeypatch) -> None:
    monkeypatch.setattr(verbs, "_on_terminal", lambda: True)
    scheduled('{playbook: stay, cron: "0 6 * * mon"}', timezone="Europe/Rome")
    for arguments in (["run-due", "--dry-run"], ["run-due"]):
        done = call(*arguments)
        assert done.exit_code == 0
        assert done.output.startswith("Nothing is due. Next: acme · stay, Mon ")
        assert done.output.endswith(" 06:00 Europe/Rome\n")


def test_run_due_ends_with_2_where_a_client_file_is_wrong(scheduled) -> None:
    scheduled('{playbook: stay, cron: "0 6 * * 1"}')
    done = call("run-due")
    assert done.exit_code == 2
    assert "weekdays by name" in done.output
    assert "failures.md" in done.output


def test_a_round_of_watch_that_fails_is_told_and_ends_nothing(scheduled) -> None:
    workspace = scheduled('{playbook: stay, cron: "* * * * *"}')
    (workspace.root / "reports").write_text("a file is in the way")
    for _ in range(2):
        _, err = one_round(Schedules(workspace), lambda _: [], timedelta(hours=1))
        assert "This round failed, and the next one comes" in err[0]


def test_watch_ends_within_seconds_when_it_is_told_to(scheduled) -> None:
    scheduled('{playbook: stay, cron: "0 6 1 1 *"}')
    code = "import typer; from retention_lab.cli.watch import watch; typer.run(watch)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Nothing is due. Next: acme · stay, ")
        process.terminate()
        # Not by the signal itself: what runs is ended in good order.
        assert process.wait(5) > 0


def test_install_prints_a_line_and_changes_nothing(scheduled) -> None:
    workspace = scheduled('{playbook: stay, cron: "0 6 * * mon"}')
    line = call("schedule", "install").output
    assert line.startswith(f"*/15 * * * * RETENTION_LAB_HOME={workspace.root} ")
    assert not workspace.reports.exists()
    assert "Persistent=true" in call("schedule", "install", "--systemd").output
