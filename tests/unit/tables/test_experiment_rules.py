"""What client.yml may say of experiments, and what a person is told of what it may not."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retention_lab.tables.client_file import load_client_file

Told = Callable[[Callable[[], object]], str]
Write = Callable[..., Path]

CUSTOMERS = "ID,Start,End\n1,2026-01-01,\n"
COLUMN = {"kind": "mean", "column": "paid"}
STAY = {"kind": "survival", "role": "primary", "horizon_days": 90}
MAPPED = {"customer_id": "id", "variant": "arm", "assigned_on": "day"}
BOUGHT = {"source": "tx.csv", "columns": {"customer_id": "id", "occurred_at": "on", "amount": "paid"}}
WINDOW = {"from": "transactions.amount", "window_days": 30}


@pytest.fixture
def write(write_client: Write) -> Callable[..., Path]:
    """Write a client with experiments; `assigned` are the columns of the assignments, None for a client without any."""

    def make(
        experiments: dict[str, Any], assigned: dict[str, str] | None = MAPPED, *, transactions: bool = True, **spec: Any
    ) -> Path:
        tables = {"transactions": BOUGHT} if transactions else {}
        if assigned is not None:
            tables = {**tables, "assignments": {"source": "tests.csv", "columns": assigned}}
        return write_client(CUSTOMERS, top={"experiments": experiments}, tables=tables, **spec)

    return make


def arms(**parts: Any) -> dict[str, Any]:
    return {"control": "a", "outcomes": {"paid": COLUMN}, **parts}


def test_the_example_of_the_design_can_be_read(write: Callable[..., Path]) -> None:
    spring = {
        "control": "hold_out",
        "shares": {"hold_out": 0.2, "offer": 0.8},
        "design": "fixed",
        "ends_on": date(2026, 9, 30),
        "outcomes": {
            "stay": STAY,
            "spend": {"kind": "mean", **WINDOW, "covariate": "spend_before", "better": "higher", "money": "revenue"},
            "returned": {"kind": "proportion", "column": "returned", "role": "guardrail", "margin": 0.01},
        },
        "costs": {"reward": 5.0, "contact": 0.2},
    }

    found = load_client_file(write({"spring": spring})).experiments["spring"]

    assert (found.control, found.shares["offer"], found.ends_on) == ("hold_out", 0.8, date(2026, 9, 30))
    assert found.outcomes["spend"].source == "transactions.amount"


def test_an_outcome_that_stands_alone_is_the_primary_one(write: Callable[..., Path]) -> None:
    assert load_client_file(write({"e": arms()})).experiments["e"].outcomes["paid"].role == "primary"


SHARED = [
    (
        arms(shares={"b": 0.5, "A": 0.5}),
        "control: 'a' is not among the shares\n  Allowed: b, A\n  Next: did you mean A?",
    ),
    (arms(shares={"a": 0.5, "b": 0.4}), "shares: they add up to 0.9\n  Allowed: 1"),
    (arms(shares={"a": 0.5, "b": 0.25, "B ": 0.25}), "a variant is there twice but for its case"),
    (arms(shares={"a": 0.5}), "shares: 1 variant\n  Allowed: two or more"),
    (arms(outcomes={"x": COLUMN, "y": COLUMN}), "outcomes: no outcome is primary\n  Allowed: exactly one"),
    (arms(outcomes={"x": STAY, "y": STAY}), "outcomes: x, y are primary\n  Allowed: exactly one"),
    (arms(outcomes={"x": STAY, "X": COLUMN}), "outcomes.X: it is blank, or there twice but for its case"),
    (arms(contrl="a"), "contrl: this key is not known\n  Allowed: control, shares"),
    (arms(ends_on="31/10/2026"), "ends_on: '31/10/2026'\n  Allowed: a day such as 2026-10-31"),
]

OUTCOMES = [
    ({"kind": "mean"}, "neither column nor from is there\n  Allowed: exactly one of the two"),
    ({**COLUMN, **WINDOW}, "column and from are both there"),
    ({"kind": "mean", "from": "transactions.amount"}, "window_days is missing"),
    ({"kind": "mean", "source": "transactions.amount", "window_days": 3}, "source: this key is not known"),
    ({"kind": "mean", "from": "transactions.amout", "window_days": 3}, "Next: did you mean transactions.amount?"),
    ({**COLUMN, "form": 3}, "form: this key is not known\n  Allowed: kind, role, column"),
    ({"kind": "ratio", "numerator": "x"}, "numerator is there alone"),
    ({"kind": "ratio"}, "neither columns nor from is there"),
    ({"kind": "ratio", "numerator": "x", "denominator": "y", **WINDOW}, "columns and from are both there"),
    ({"kind": "ratio", "from": "transactions.count", "window_days": 3}, "from: transactions.count, and the ratio"),
    ({"kind": "survival"}, "horizon_days is missing"),
    ({**STAY, "duration": "t"}, "one of duration and event_observed is there alone"),
    ({**STAY, "unit": "weeks"}, "unit: it goes with duration"),
    ({**STAY, "column": "x"}, "column: it goes with kind proportion and mean, and this is a survival"),
    ({**STAY, "covariate": "x"}, "covariate: it goes with kind proportion and mean and ratio, and this is a survival"),
    ({**COLUMN, "horizon_days": 3}, "horizon_days: it goes with kind survival, and this is a mean"),
    ({"kind": "proportion", "column": "x", "winsorise_at": 0.9}, "winsorise_at: it goes with kind mean and ratio"),
    ({"kind": "proportion", "column": "x", "money": "revenue"}, "money: it goes with kind survival and mean"),
    (
        {"kind": "mean", "from": "transactions.count", "window_days": 3, "money": "revenue"},
        "money: a number of purchases",
    ),
    ({**COLUMN, "money": "margin", "better": "lower"}, "money: less of it is better"),
    ({**COLUMN, "covariate_days": 3}, "covariate_days: it goes with from"),
    ({"kind": "mean", **WINDOW, "covariate": "x", "covariate_days": 3}, "covariate_days: covariate is there too"),
    ({**COLUMN, "role": "guardrail"}, "margin is missing"),
    ({**COLUMN, "margin": -1}, "margin: -1\n  Allowed: greater than 0"),
]


@pytest.mark.parametrize(("experiment", "message"), SHARED)
def test_what_does_not_go_together_in_an_experiment_is_told(
    experiment: dict[str, Any], message: str, write: Callable[..., Path], told: Told
) -> None:
    found = told(lambda: load_client_file(write({"e": experiment})))

    assert message in found
    assert "experiments.e" in found


@pytest.mark.parametrize(("outcome", "message"), OUTCOMES)
def test_what_does_not_go_together_in_an_outcome_is_told(
    outcome: dict[str, Any], message: str, write: Callable[..., Path], told: Told
) -> None:
    found = told(lambda: load_client_file(write({"e": arms(outcomes={"paid": outcome})})))

    assert message in found
    assert "experiments.e.outcomes.paid" in found


@pytest.mark.parametrize(
    ("columns", "outcome", "message"),
    [
        ({"variant": "arm"}, {"kind": "mean", **WINDOW}, "it needs customer_id and assigned_on of the assignments"),
        ({"variant": "arm"}, {**COLUMN, "window_days": 3}, "it needs assigned_on of the assignments"),
        ({"variant": "arm", "customer_id": "id"}, STAY, "it needs assigned_on of the assignments"),
    ],
)
def test_what_an_outcome_is_read_from_must_be_mapped(
    columns: dict[str, str], outcome: dict[str, Any], message: str, write: Callable[..., Path], told: Told
) -> None:
    assert message in told(lambda: load_client_file(write({"e": arms(outcomes={"o": outcome})}, columns)))


def test_staying_cannot_be_read_off_tenures_nor_purchases_off_nothing(write: Callable[..., Path], told: Told) -> None:
    tenures = {"columns": {"customer_id": "ID", "tenure": "T", "churned": "C"}, "unit": "days"}
    outcomes = {"stay": STAY, "spend": {"kind": "mean", **WINDOW}}

    message = told(lambda: load_client_file(write({"e": arms(outcomes=outcomes)}, transactions=False, **tenures)))

    assert "outcomes.stay: when customers left is not known: the customers' table has no ended_on" in message
    assert "outcomes.spend.from: there is no table transactions" in message


def test_durations_of_the_file_need_nothing_else(write: Callable[..., Path]) -> None:
    stay = {"kind": "survival", "duration": "t", "event_observed": "e", "unit": "weeks", "horizon_days": 30}

    assert load_client_file(write({"e": arms(outcomes={"stay": stay})}, {"variant": "arm"})).experiments


def test_an_experiment_needs_its_assignments(write: Callable[..., Path], told: Told) -> None:
    assert "there is no table assignments, and no list" in told(lambda: load_client_file(write({"e": arms()}, None)))


def test_a_list_of_the_clients_folder_is_an_experiment_without_columns(write: Callable[..., Path], told: Told) -> None:
    folder = write({"churn-list": arms(outcomes={"stay": STAY})}, None)
    (folder / "assignments").mkdir()
    (folder / "assignments" / "churn-list-2026-03-01.csv").write_text("")

    assert load_client_file(folder).experiments
    assert "outcomes.paid.column: 'paid', and a list has no columns" in told(
        lambda: load_client_file(write({"churn-list": arms()}, None))
    )


def test_several_experiments_must_be_told_apart(write: Callable[..., Path], told: Told) -> None:
    two = {"e": arms(), "f": arms()}

    assert "2 experiments, and the assignments do not say which row is of which" in told(
        lambda: load_client_file(write(two))
    )
    assert len(load_client_file(write(two, {**MAPPED, "experiment": "test"})).experiments) == 2


def test_faults_of_experiments_and_tables_are_told_together(write: Callable[..., Path], told: Told) -> None:
    bad = arms(shares={"a": 0.5, "b": 0.4}, outcomes={"paid": {"kind": "mean"}})

    message = told(lambda: load_client_file(write({"e f": bad}, {"vriant": "arm"})))

    for expected in (
        "columns.vriant: not a known column",
        "columns: variant is missing",
        "'e f' is not the name of an experiment",
        "they add up to 0.9",
        "neither column nor from is there",
    ):
        assert expected in message


def test_codes_of_an_outcome_may_say_yes_and_no(write_client: Write, told: Told) -> None:
    table = {"source": "t.csv", "columns": MAPPED, "values": {"got": {"ja": True, "nein": False}}}
    got = {"got": {"kind": "proportion", "column": "got"}}

    def client(**values: Any) -> Path:
        tables = {"assignments": {**table, **values}}
        return write_client(CUSTOMERS, top={"experiments": {"e": arms(outcomes=got)}}, tables=tables)

    assert load_client_file(client())
    assert "values.gott: not a known column" in told(lambda: load_client_file(client(values={"gott": {"ja": True}})))


def test_the_main_experiment_is_one_that_there_is(write_client: Write, told: Told) -> None:
    tables = {"assignments": {"source": "tests.csv", "columns": {**MAPPED, "experiment": "which"}}}
    both = {"spring": arms(), "autumn": arms()}
    path = write_client(CUSTOMERS, top={"experiments": both, "main_experiment": "autumn"}, tables=tables)
    assert load_client_file(path).main_experiment == "autumn"
    path = write_client(CUSTOMERS, top={"experiments": both, "main_experiment": "autum"}, tables=tables)
    assert "did you mean autumn?" in told(lambda: load_client_file(path))


def test_shares_are_planned_in_proportion_to_each_other(write: Callable[..., Path], told: Told) -> None:
    thirds = arms(shares={"a": 0.33, "b": 0.33, "c": 0.33})
    assert load_client_file(write({"spring": thirds})).experiments["spring"].shares["c"] == 0.33
    assert "add up to 0.8" in told(lambda: load_client_file(write({"spring": arms(shares={"a": 0.4, "b": 0.4})})))
