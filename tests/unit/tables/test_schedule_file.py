from collections.abc import Callable
from pathlib import Path

import pytest

from retention_lab.tables.client_file import load_client_file
from retention_lab.tables.schedule_file import known_cron

Told = Callable[[Callable[[], object]], str]
TABLES = "tables: {customers: {source: c.csv, columns: {customer_id: I, started_on: S, ended_on: E}}}"


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], object]:
    """Load a client.yml with these entries of a schedule, each in flow style."""

    def load(*entries: str) -> object:
        lines = [f"  - {entry}" for entry in entries]
        text = "\n".join(["name: Acme", TABLES, "schedule:", *lines, ""])
        (tmp_path / "client.yml").write_text(text, "utf-8")
        return load_client_file(tmp_path).schedule

    return load


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0 6 * * mon", "0 6 * * mon"),
        ("  0 6 *  * MON,Wed ", "0 6 * * mon,wed"),
        ("*/15 8-18 * * tue-fri", "*/15 8-18 * * tue-fri"),
        ("0 6 1,15 jan-jun *", "0 6 1,15 1-6 *"),
        ("0 6 29 feb *", "0 6 29 2 *"),
        ("5 0-23/6 * */3 *", "5 0-23/6 * */3 *"),
    ],
)
def test_a_cron_is_kept_in_one_way_to_write_it(written: str, read: str) -> None:
    assert known_cron(written) == read


@pytest.mark.parametrize("cron", ["0 6 * * 1", "0 6 * * 1-5", "0 6 * * mon,3", "0 6 * * */2", "0 6 * * 0", "0 6 * * 7"])
def test_a_weekday_by_number_is_refused_because_crons_differ_in_what_it_means(cron: str) -> None:
    with pytest.raises(ValueError, match="weekdays by name"):
        known_cron(cron)


@pytest.mark.parametrize("cron", ["0 6 * * mon-5", "0 6 * * mon/2", "0 6 * * monday", "0 6 * * mon-", "0 6 * * ,mon"])
def test_half_of_a_weekday_is_not_read_as_a_whole_one(cron: str) -> None:
    with pytest.raises(ValueError, match="weekdays by name"):
        known_cron(cron)


@pytest.mark.parametrize("cron", ["0 6 31 2 *", "0 6 30 feb *", "0 6 31 4,6,9,nov *"])
def test_a_cron_that_never_comes_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match="a day that one of its months has"):
        known_cron(cron)


@pytest.mark.parametrize(
    ("cron", "allowed"),
    [
        ("", "five fields"),
        ("@weekly", "five fields"),
        ("0 0 6 * * mon", "five fields"),
        ("60 6 * * *", "minutes from 0 to 59"),
        ("-5 6 * * *", "minutes from 0 to 59"),
        ("0 24 * * *", "hours from 0 to 23"),
        ("0 6 0 * *", "days from 1 to 31"),
        ("0 6 last * *", "days from 1 to 31"),
        ("0 6 L * *", "days from 1 to 31"),
        ("0 6 * 13 *", "months from 1 to 12, or jan to dec"),
        ("0 6 * june *", "months from 1 to 12, or jan to dec"),
        ("30-10 6 * * *", "minutes from 0 to 59"),
        ("*/0 6 * * *", "minutes from 0 to 59"),
        ("*/60 6 * * *", "minutes from 0 to 59"),
        ("1-5/9 6 * * *", "minutes from 0 to 59"),
        ("5/15 6 * * *", "minutes from 0 to 59"),
        ("0, 6 * * *", "minutes from 0 to 59"),
        ("0 6 * * sat-mon", "sat,sun,mon"),
        ("0 6 1 * mon", "crons differ"),
    ],
)
def test_what_is_no_cron_is_refused_with_what_is_one(cron: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        known_cron(cron)


def test_all_faults_of_a_schedule_are_told_at_once(load, told: Told) -> None:
    message = told(
        lambda: load(
            '{playbok: stay, cron: "0 6 * * 1"}',
            '{playbook: stay, cron: "0 6 31 2 *", catch_up: none, retries: 11}',
            '{playbook: stay, cron: "0 6 * * mon", parameters: {from: 2026-01-01}}',
            "{playbook: stay, cron: 6}",
        )
    )
    for part in (
        "schedule.0.playbok: this key is not known",
        "did you mean playbook?",
        "schedule.0.playbook: this key is missing",
        "schedule.0.cron: '0 6 * * 1'\n  Allowed: weekdays by name",
        "schedule.1.cron: '0 6 31 2 *'",
        "schedule.1.catch_up: 'none'\n  Allowed: 'latest' or 'all'",
        "schedule.1.retries: 11",
        "schedule.2.parameters.from: 2026-01-01\n  Allowed: days in quotes",
        "schedule.3.cron: 6\n  Allowed: a valid string\n  Next: put it in quotes",
    ):
        assert part in message


def test_an_entry_that_is_there_twice_is_refused_however_its_cron_is_written(load, told: Told) -> None:
    message = told(lambda: load('{playbook: stay, cron: "0 6 * 1 *"}', '{playbook: stay, cron: "0 6 * JAN *"}'))
    assert "stay at 0 6 * 1 * is there twice" in message


def test_one_question_may_be_asked_at_several_times_and_several_at_one(load) -> None:
    schedule = load(
        '{playbook: stay, cron: "0 6 * * mon"}',
        '{playbook: stay, cron: "0 6 1 * *"}',
        '{playbook: stay, cron: "0 6 * * mon", parameters: {horizon_days: 30, groups: [a, b]}}',
    )
    assert [entry.parameters for entry in schedule] == [{}, {}, {"horizon_days": 30, "groups": ["a", "b"]}]
    assert (schedule[0].catch_up, schedule[0].retries) == ("latest", 3)
