from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from retention_lab.errors import ParameterError
from retention_lab.tables.assignments import (
    CONTACT,
    HOLD_OUT,
    MARK,
    assign_hold_out,
    assign_variants,
    is_elsewhere,
    list_of,
    load_assignments,
    name_wave,
    standing_on,
    write_assignments,
)

Told = Callable[[Callable[[], object]], str]

KEY = b"0" * 32
MANY = [f"C{n}" for n in range(20_000)]
HEADER = "experiment,customer_id,variant,assigned_on,stratum,seed\n"
NONE = pd.DataFrame(columns=HEADER.strip().split(","), dtype=object)


@pytest.fixture
def standing() -> Callable[..., pd.DataFrame]:
    """Assignments of one day of October."""

    def make(
        experiment: str, variants: dict[str, str], stratum: str = "hold-out share 0.2", day: int = 1
    ) -> pd.DataFrame:
        name, on = f"{experiment}-2026-10-{day:02}", date(2026, 10, day)
        rows = [(name, customer, variant, on, stratum, "s") for customer, variant in variants.items()]
        return pd.DataFrame(rows, columns=list(NONE))

    return make


def test_the_hold_out_has_the_share_that_was_asked_for() -> None:
    held = assign_hold_out(MANY, "churn", KEY, 0.2).count(HOLD_OUT)

    # Four standard errors of a binomial count.
    assert abs(held - 4000) < 4 * (20_000 * 0.2 * 0.8) ** 0.5
    assert set(assign_hold_out(MANY, "churn", KEY, 0.0)) == {CONTACT}


def test_a_customer_is_held_out_whoever_else_is_selected() -> None:
    all_of_them = dict(zip(MANY, assign_hold_out(MANY, "churn", KEY, 0.2), strict=True))
    some = MANY[::-7]

    assert assign_hold_out(some, "churn", KEY, 0.2) == [all_of_them[customer] for customer in some]


def test_a_larger_share_holds_out_the_same_customers_and_more() -> None:
    small, large = (assign_hold_out(MANY, "churn", KEY, share) for share in (0.1, 0.3))

    assert all(after == HOLD_OUT for before, after in zip(small, large, strict=True) if before == HOLD_OUT)


@pytest.mark.parametrize(("name", "key"), [("other", KEY), ("churn", b"1" * 32)])
def test_another_list_and_another_key_draw_independently(name: str, key: bytes) -> None:
    first, second = assign_hold_out(MANY, "churn", KEY, 0.5), assign_hold_out(MANY, name, key, 0.5)

    both = sum(one == other == HOLD_OUT for one, other in zip(first, second, strict=True))
    assert abs(both - 5000) < 4 * (20_000 * 0.25 * 0.75) ** 0.5


def test_next_week_keeps_the_variants_even_where_the_share_has_changed(standing: Callable[..., pd.DataFrame]) -> None:
    before = assign_variants(MANY[:50], "churn", KEY, 0.5, NONE)
    last_week = standing("churn", dict(zip(before.customer_id, before.variant, strict=True)), "hold-out share 0.5")

    after = assign_variants(MANY[:100], "churn", KEY, 0.1, last_week).set_index("customer_id")

    assert after.variant[MANY[:50]].tolist() == before.variant.tolist()
    # The two shares must not be thrown together when the list is judged.
    assert set(after.stratum[MANY[:50]]) == {"hold-out share 0.5"}
    assert set(after.stratum[MANY[50:100]]) == {"hold-out share 0.1"}


def test_of_two_earlier_waves_the_later_counts(standing: Callable[..., pd.DataFrame]) -> None:
    waves = pd.concat([standing("churn", {"a": HOLD_OUT}, day=9), standing("churn", {"a": CONTACT}, day=2)])

    assert assign_variants(["a"], "churn", KEY, 0.0, waves).variant.tolist() == [HOLD_OUT]


def test_whom_another_list_holds_out_is_held_out_here_and_does_not_count_as_drawn(
    standing: Callable[..., pd.DataFrame],
) -> None:
    elsewhere = standing("winback", {"a": HOLD_OUT, "b": CONTACT})

    found = assign_variants(["a", "b", "c"], "churn", KEY, 0.0, elsewhere)

    assert found.variant.tolist() == [HOLD_OUT, CONTACT, CONTACT]
    assert found.stratum.tolist() == ["held out by winback", "hold-out share 0", "hold-out share 0"]
    assert is_elsewhere(found.stratum).tolist() == [True, False, False]


def test_the_other_list_counts_for_more_than_what_this_list_drew_before(standing: Callable[..., pd.DataFrame]) -> None:
    both = pd.concat([standing("churn", {"a": CONTACT}, day=9), standing("winback", {"a": HOLD_OUT}, day=2)])

    assert assign_variants(["a"], "churn", KEY, 0.0, both).variant.tolist() == [HOLD_OUT]


def test_two_lists_do_not_hold_a_customer_out_for_each_other_for_ever(standing: Callable[..., pd.DataFrame]) -> None:
    # The period of `churn` is over; `winback` held the customer out only for its sake.
    left = standing("winback", {"a": HOLD_OUT}, "held out by churn")

    for name in ("churn", "winback", "third"):
        assert assign_variants(["a"], name, KEY, 0.0, left).variant.tolist() == [CONTACT]


def test_what_stands_are_the_days_before_within_the_horizon(standing: Callable[..., pd.DataFrame]) -> None:
    waves = pd.concat([standing("churn", {str(day): CONTACT}, day=day) for day in (10, 11, 20, 21)])

    # Of the day itself nothing: a list that is drawn again must come out as it did.
    assert standing_on(waves, date(2026, 10, 20), 10).customer_id.tolist() == ["11"]


def test_a_wave_carries_its_day_and_what_sets_its_report_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MARK, raising=False)
    assert name_wave("churn-survival", date(2026, 10, 31)) == "churn-survival-2026-10-31"
    monkeypatch.setenv(MARK, "+0a1b2c")
    assert name_wave("churn-survival", date(2026, 10, 31)) == "churn-survival-2026-10-31+0a1b2c"
    waves = ("churn-survival-2026-10-31", "churn-survival-2026-10-31+0a1b2c", "spring")
    assert [list_of(wave) for wave in waves] == ["churn-survival", "churn-survival", "spring"]


@pytest.mark.parametrize("name", ["", "../other", "a/b", "=1+1", "a b"])
def test_a_list_whose_name_cannot_be_a_file_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="becomes a file"):
        name_wave(name, date(2026, 10, 31))


def test_ids_come_back_as_they_were(tmp_path: Path) -> None:
    ids = ["007", "1e5", "=1+1", "a,b", 'say "x"', "two\nlines", "a\rb", "a\r\nb", "é", " padded ", "NA", "-0"]
    frame = pd.DataFrame({"customer_id": ids, "variant": CONTACT, "stratum": "s", "seed": "0001"})

    path = write_assignments(tmp_path, "churn-2026-10-31", frame, date(2026, 10, 31))
    found = load_assignments(tmp_path)

    assert found.customer_id.tolist() == sorted(ids)
    assert (set(found.experiment), set(found.seed)) == ({"churn-2026-10-31"}, {"0001"})
    assert set(found.assigned_on) == {date(2026, 10, 31)}
    written = path.read_bytes()
    write_assignments(tmp_path, "churn-2026-10-31", frame.iloc[::-1], date(2026, 10, 31))
    assert path.read_bytes() == written


def test_a_wave_of_nobody_is_no_fault(tmp_path: Path) -> None:
    write_assignments(tmp_path, "churn-2026-10-31", NONE, date(2026, 10, 31))
    assert load_assignments(tmp_path).empty
    assert load_assignments(tmp_path / "nowhere").empty


def test_all_faults_of_all_files_are_told_with_their_rows(tmp_path: Path, told: Told) -> None:
    folder = tmp_path / "assignments"
    folder.mkdir()
    (folder / "a.csv").write_text(
        HEADER + "a,1,contact,2026-10-31,s,x\na,2, ,31/10/2026,s,x\na,3,,2026-10-31,s,x\na,1,contact,2026-10-31,s,x\n"
    )
    (folder / "b.csv").write_text("customer_id,variant\n1,contact\n")
    (folder / "c.csv").write_text(HEADER + "b,1,contact,2026-10-31,s,x\nc,2\n")
    (folder / "d.csv").write_bytes(b"\xff\xfe")
    (folder / "e.csv").write_text(HEADER + 'e,"1')
    (folder / "f.csv").write_text("")

    message = told(lambda: load_assignments(tmp_path))

    for expected in (
        "a.csv: row 3: variant ' ' (2 rows of this kind)\n  Allowed: a variant that is not blank",
        "assignments/a.csv: row 3: assigned_on '31/10/2026'",
        "assignments/a.csv: row 5: customer '1' again",
        "assignments/b.csv: its columns are customer_id, variant\n  Allowed: experiment, customer_id",
        "assignments/c.csv: row 2: experiment 'b'\n  Allowed: experiment c, as the file is called",
        "assignments/c.csv: row 3: 2 values",
        "assignments/d.csv: it cannot be read",
        "assignments/e.csv: it cannot be read",
        "assignments/f.csv: its columns are missing",
    ):
        assert expected in message


def test_a_file_that_lies_elsewhere_is_refused(tmp_path: Path, told: Told) -> None:
    (tmp_path / "elsewhere.csv").write_text(HEADER)
    folder = tmp_path / "acme" / "assignments"
    folder.mkdir(parents=True)
    (folder / "a.csv").symlink_to(tmp_path / "elsewhere.csv")

    assert "leads out of the client's folder" in told(lambda: load_assignments(tmp_path / "acme"))
