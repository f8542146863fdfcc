from pathlib import Path

from retention_lab.runner.keys import RunKey


def key(**parameters: object) -> RunKey:
    return RunKey(client="acme", playbook="stay", as_of="2026-09-30", parameters=parameters)


def test_a_run_with_the_defaults_lies_in_the_folder_of_its_day() -> None:
    assert key().folder(Path("reports")) == Path("reports/acme/stay/2026-09-30")


def test_other_parameters_lie_in_another_folder_and_never_overwrite_each_other() -> None:
    names = {key(horizon_days=days).folder(Path("r")).name for days in (30, 60)}
    assert len(names) == 2
    assert all(name.startswith("2026-09-30+") and len(name) == len("2026-09-30+") + 6 for name in names)


def test_the_order_in_which_parameters_are_given_does_not_matter() -> None:
    assert key(a=1, b=2).folder(Path("r")) == key(b=2, a=1).folder(Path("r"))


def test_the_run_id_follows_from_the_key_and_the_inputs() -> None:
    assert key().run_id("inputs") == key().run_id("inputs")
    assert len({key().run_id("inputs"), key().run_id("others"), key(a=1).run_id("inputs")}) == 3
