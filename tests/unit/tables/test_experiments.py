"""A client's experiments as they are opened: who is in them, who is not, and what became of each."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from retention_lab.tables.assignments import COLUMNS
from retention_lab.tables.client import Client
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.experiments import Trial, find_trials, make_trial, open_trial

Told = Callable[[Callable[[], object]], str]
Write = Callable[..., Path]

MAPPED = {"customer_id": "id", "variant": "arm", "assigned_on": "day"}
COUNTED = ["assigned", "rows", "analysed", "other_variant", "outside"]


def arms(
    control: str = "a", shares: dict[str, float] | None = None, costs: dict[str, Any] | None = None, **outcomes: Any
) -> dict[str, Any]:
    given = {"shares": shares} if shares else {}
    return {"control": control, **given, "outcomes": outcomes, **({"costs": costs} if costs else {})}


BOUGHT = {"kind": "proportion", "column": "bought"}
STAY = {"kind": "survival", "role": "primary", "horizon_days": 30}


@pytest.fixture
def client(write_client: Write) -> Callable[..., Client]:
    """A client with assignments, given as the text of a file, and one experiment `e`."""

    def make(
        rows: str,
        experiment: dict[str, Any],
        *,
        columns: dict[str, str] | None = None,
        customers: str = "ID,Start,End\n1,2026-01-01,\n",
        purchases: str = "",
        top: dict[str, Any] | None = None,
        spec: dict[str, Any] | None = None,
        **table: Any,
    ) -> Client:
        assignments = {"source": "tests.csv", "columns": columns or MAPPED, **table}
        bought = {"source": "tx.csv", "columns": {"customer_id": "id", "occurred_at": "on", "amount": "paid"}}
        tables = {"assignments": assignments, **({"transactions": bought} if purchases else {})}
        folder = write_client(
            customers, top={"experiments": {"e": experiment}, **(top or {})}, tables=tables, **(spec or {})
        )
        (folder / "tests.csv").write_text(rows)
        (folder / "tx.csv").write_text(purchases)
        return Client(folder)

    return make


def by_variant(trial: Trial, columns: Sequence[str] = COUNTED) -> dict[str, list[int]]:
    return {row["variant"]: [row[name] for name in columns] for row in trial.counts.to_dict("records")}


def units(trial: Trial) -> pd.DataFrame:
    return trial.units.to_pyarrow().to_pandas()


def test_the_control_comes_first_and_stray_spaces_and_capitals_are_the_same_variant(
    client: Callable[..., Client],
) -> None:
    rows = "id,arm,day,bought\n1,Offer,2026-03-01,1\n2, offer ,2026-03-01,0\n3,CONTROL,2026-03-02,true\n4,New,,False\n"

    trial = open_trial(client(rows, arms("control", bought=BOUGHT)))

    assert trial.variants == ("control", "New", "Offer")
    assert by_variant(trial, ["assigned"]) == {"control": [1], "New": [1], "Offer": [2]}
    assert any("2 rows" in note for note in trial.notes)
    assert (trial.first_assigned, trial.last_assigned) == (date(2026, 3, 1), date(2026, 3, 2))
    assert sorted(units(trial)["y:bought"]) == [0, 0, 1, 1]


def test_a_variant_that_is_not_declared_is_counted_and_left_out(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n2,b,2026-03-01,0\n3,pilot,2026-03-02,1\n"

    trial = open_trial(client(rows, arms(shares={"a": 0.5, "b": 0.5}, bought=BOUGHT)))

    assert by_variant(trial) == {"a": [1, 1, 1, 0, 1], "b": [1, 1, 1, 0, 0]}
    assert any("'pilot'" in note for note in trial.notes)


def test_a_variant_without_anybody_is_there_with_noughts(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n"

    trial = open_trial(client(rows, arms(shares={"a": 0.5, "b": 0.5}, bought=BOUGHT)))

    assert by_variant(trial)["b"] == [0, 0, 0, 0, 0]
    assert trial.per_outcome.set_index("variant").n.to_dict() == {"a": 1, "b": 0}


def test_a_customer_in_two_variants_counts_as_assigned_to_each_and_in_no_number(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n1,b,2026-03-01,1\n2,a,2026-03-01,1\n3,b,2026-03-01,0\n"

    trial = open_trial(client(rows, arms(bought=BOUGHT)))

    assert by_variant(trial) == {"a": [2, 2, 1, 1, 0], "b": [2, 2, 1, 1, 0]}


def test_rows_that_say_the_same_again_are_one_customer(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n1,a,2026-03-05,1\n2,b,2026-03-01,0\n"

    trial = open_trial(client(rows, arms(bought=BOUGHT)))

    assert not trial.by_order
    assert by_variant(trial)["a"] == [1, 2, 1, 0, 0]
    assert units(trial)[units(trial).variant == "a"][["y:bought", "d:bought"]].to_numpy().tolist() == [[1.0, 1.0]]
    assert units(trial).assigned_on.min() == date(2026, 3, 1)


def test_orders_of_a_customer_are_summed_and_divided_by_their_number(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,paid,before\n1,a,2026-03-01,10,4\n1,a,2026-03-02,30,6\n1,a,2026-03-03,,8\n2,b,2026-03-01,5,1\n"
    spec = arms(paid={"kind": "mean", "column": "paid", "covariate": "before"})

    trial = open_trial(client(rows, spec))

    one = units(trial).set_index("variant").loc["a"]
    assert trial.by_order
    assert (one["y:paid"], one["d:paid"], one["x:paid"]) == (40, 2, 6)


def test_without_a_customer_number_each_row_is_a_customer(client: Callable[..., Client]) -> None:
    rows = "arm,bought\na,1\na,1\nb,0\nb,1\n"

    trial = open_trial(client(rows, arms(bought=BOUGHT), columns={"variant": "arm"}))

    assert by_variant(trial)["a"] == [2, 2, 2, 0, 0]
    assert (trial.has_customers, trial.has_days, trial.first_assigned) == (False, False, None)


def test_rows_without_a_number_among_others_are_customers_of_their_own(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n,a,2026-03-01,1\n,a,2026-03-01,1\n1,a,2026-03-01,0\n1,a,2026-03-01,0\n2,b,2026-03-01,0\n"

    trial = open_trial(client(rows, arms(bought=BOUGHT)))

    assert by_variant(trial, ["assigned", "analysed"])["a"] == [3, 3]


def test_only_customers_whose_window_is_over_count(client: Callable[..., Client]) -> None:
    # Ten days that begin on 22 October end on the 31st, the last day that counts.
    rows = "id,arm,day,bought\n1,a,2026-10-22,1\n2,a,2026-10-23,1\n3,b,2026-10-01,0\n4,b,2026-11-05,0\n"

    trial = open_trial(client(rows, arms(bought={**BOUGHT, "window_days": 10})))

    found = trial.per_outcome.set_index("variant")
    assert found[["n", "mature", "known"]].to_numpy().tolist() == [[2, 1, 1], [1, 1, 1]]
    assert any("Assigned after" in note and "1 rows" in note for note in trial.notes)


def test_purchases_of_the_window_and_of_the_days_before(client: Callable[..., Client]) -> None:
    rows = "id,arm,day\n1,a,2026-03-10\n2,a,2026-03-10\n3,b,2026-03-10\n"
    purchases = (
        "id,on,paid\n1,2026-03-10,10\n1,2026-03-19,5\n1,2026-03-12,-2\n1,2026-03-20,100\n"
        "1,2026-03-09,7\n1,2026-03-05,3\n1,2026-03-04,50\n3,2026-03-09,1\n"
    )
    window = {"window_days": 10, "covariate_days": 5}
    spec = arms(
        spend={"kind": "mean", "role": "primary", "from": "transactions.amount", **window},
        n={"kind": "mean", "from": "transactions.count", **window},
        some={"kind": "proportion", "from": "transactions.count", **window},
        basket={"kind": "ratio", "from": "transactions.amount", **window},
    )

    trial = open_trial(
        client(rows, spec, purchases=purchases, customers="ID,Start,End\n1,2026-01-01,\n3,2026-01-01,\n")
    )

    found = units(trial).sort_values(["variant", "y:spend"], ascending=[True, False])
    assert found["y:spend"].tolist() == [13, 0, 0]
    assert found["x:spend"].tolist() == [10, 0, 1]
    assert found["y:n"].tolist() == [2, 0, 0]
    assert found["x:n"].tolist() == [2, 0, 1]
    assert found["y:some"].tolist() == [1, 0, 0]
    assert found[["y:basket", "d:basket"]].to_numpy().tolist() == [[13, 2], [0, 0], [0, 0]]
    # 11 for 3 purchases before: what a customer paid beyond that.
    assert found["x:basket"].tolist() == pytest.approx([10 - 2 * 11 / 3, 0, 1 - 11 / 3])
    assert found["m:spend"].all()


def test_staying_is_counted_from_the_assignment(client: Callable[..., Client]) -> None:
    rows = "id,arm,day\n1,a,2026-03-10\n2,a,2026-03-10\n3,b,2026-03-10\n4,b,2026-03-10\n9,b,2026-03-10\n"
    customers = (
        "ID,Start,End\n1,2026-01-01,2026-03-25\n2,2026-01-01,\n3,2026-01-01,2026-03-01\n4,2026-01-01,2026-12-01\n"
    )

    trial = open_trial(client(rows, arms(stay=STAY), customers=customers))

    found = units(trial)
    kept = found[found["m:stay"]].sort_values(["variant", "t:stay"])
    assert kept[["variant", "t:stay", "e:stay"]].to_numpy().tolist() == [
        ["a", 15, True],
        ["a", 235, False],
        ["b", 235, False],
    ]
    counts = trial.per_outcome.set_index("variant")[["n", "known", "gone", "unknown", "followed"]]
    assert counts.to_numpy().tolist() == [[2, 2, 0, 0, 2], [3, 1, 1, 1, 1]]


def test_where_customers_fall_silent_those_silent_too_long_were_gone_and_the_others_may_leave_at_once(
    client: Callable[..., Client],
) -> None:
    # Gone after 20 silent days; purchases are known through 30 April.
    rows = "id,arm,day\n1,a,2026-03-10\n2,a,2026-03-10\n3,b,2026-03-10\n4,b,2026-03-10\n5,b,2026-04-25\n"
    purchases = (
        "id,on,paid\n1,2026-02-01,1\n1,2026-04-29,1\n2,2026-03-01,1\n3,2026-03-05,1\n3,2026-03-15,1\n"
        "3,2026-04-01,1\n4,2026-03-09,1\n4,2026-03-28,1\n4,2026-04-15,1\n5,2026-04-20,1\n"
    )
    silent = {"churn": {"kind": "inactivity", "inactive_days": 20}, "observed_through": "2026-04-30"}
    spec = {"columns": {"customer_id": "ID"}}

    trial = open_trial(
        client(rows, arms(stay=STAY), purchases=purchases, top=silent, spec=spec, customers="ID\n" + "\n".join("12345"))
    )

    found = units(trial).sort_values(["variant", "t:stay"])
    told = found[["variant", "m:stay", "e:stay", "t:stay"]]
    # 1 had been silent for 37 days. 2 was so for 9 only, and never came back: left with the last purchase.
    assert told[told.variant == "a"].set_index("m:stay")["e:stay"].to_dict() == {False: False, True: True}
    assert told[told["m:stay"] & (told.variant == "a")]["t:stay"].tolist() == [0]
    # 3 left with the purchase of 1 April; 4 is here on 10 April, through which all is known; 5 was assigned after it.
    assert told[told["m:stay"] & (told.variant == "b")][["e:stay", "t:stay"]].to_numpy().tolist() == [
        [True, 22],
        [False, 31],
    ]
    counts = trial.per_outcome.set_index("variant")[["mature", "known", "gone", "unknown"]]
    assert counts.to_numpy().tolist() == [[2, 1, 1, 0], [2, 2, 0, 0]]


def test_durations_of_the_file_are_taken_as_they_are(client: Callable[..., Client]) -> None:
    rows = "arm,weeks,left\na,5,1\na,8,0\nb,,1\nb,-1,1\nb,3,0\n"
    stay = {"kind": "survival", "duration": "weeks", "event_observed": "left", "unit": "weeks", "horizon_days": 42}

    trial = open_trial(client(rows, arms(stay=stay), columns={"variant": "arm"}))

    found = units(trial)
    assert found[found["m:stay"]]["t:stay"].tolist() == [5, 8, 3]
    counts = trial.per_outcome.set_index("variant")[["known", "unknown", "followed"]]
    assert counts.to_numpy().tolist() == [[2, 0, 2], [1, 2, 0]]


def test_what_somebody_really_got_is_held_against_what_they_were_to_get(client: Callable[..., Client]) -> None:
    rows = "id,arm,got,day,bought\n1,a,A,2026-03-01,1\n2,a,b,2026-03-01,1\n3,b,,2026-03-01,0\n4,b,b,2026-03-01,0\n"

    trial = open_trial(client(rows, arms(bought=BOUGHT), columns={**MAPPED, "received": "got"}))

    assert trial.has_received
    assert by_variant(trial, ["received_other", "received_known"]) == {"a": [1, 2], "b": [0, 1]}


def test_what_was_received_in_other_words_than_the_variants_is_asked_for(
    client: Callable[..., Client], told: Told
) -> None:
    rows = "id,arm,day,bought,got\n1,a,2026-01-05,1,old_page\n2,b,2026-01-05,0,new_page\n"
    made = client(rows, arms(bought=BOUGHT), columns={**MAPPED, "received": "got"})
    said = told(lambda: open_trial(made))
    assert "no value of it is a variant: 'new_page', 'old_page'" in said
    assert "say under values of tables.assignments" in said


def test_clusters_are_counted_where_they_were_drawn(client: Callable[..., Client]) -> None:
    rows = "id,arm,shop,bought\n1,a,S1,1\n2,a,S1,0\n3,b,S2,1\n4,b,S3,1\n5,a,S3,1\n6,b,,1\n"
    columns = {"customer_id": "id", "variant": "arm", "cluster": "shop"}

    trial = open_trial(client(rows, arms(bought=BOUGHT), columns=columns))

    assert (trial.randomised, trial.n_clusters, trial.n_mixed_clusters) == ("cluster", 3, 1)
    assert by_variant(trial, ["assigned", "analysed"]) == {"a": [2, 3], "b": [2, 2]}
    assert any("Without a cluster" in note for note in trial.notes)


def test_costs_count_for_the_treated_and_the_reward_for_those_who_got_it(client: Callable[..., Client]) -> None:
    rows = (
        "id,arm,day,bought,took\n1,a,2026-03-01,1,yes\n2,b,2026-03-01,1,yes\n3,b,2026-03-01,0,no\n4,b,2026-03-01,0,\n"
    )
    spec = arms(costs={"reward": 5, "contact": 0.5, "rewarded": "took"}, bought=BOUGHT)

    trial = open_trial(client(rows, spec, values={"took": {"yes": True, "no": False}}))

    assert sorted(zip(units(trial).variant, units(trial).c, strict=True)) == [
        ("a", 0),
        ("b", 0.5),
        ("b", 0.5),
        ("b", 5.5),
    ]


def test_a_filter_is_applied_after_the_assigned_are_counted(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n2,a,2026-03-01,0\n3,b,2026-03-01,0\n4,b,2026-03-01,1\n"
    customers = "ID,Start,End,Plan\n1,2026-01-01,,gold\n2,2026-01-01,,silver\n3,2026-01-01,,gold\n4,2026-01-01,,gold\n"
    made = client(rows, arms(bought=BOUGHT), customers=customers, spec={"covariates": {"plan": "Plan"}})

    trial = open_trial(made, where=["plan=gold"], segments=["plan"])

    assert by_variant(trial, ["assigned", "analysed"]) == {"a": [2, 1], "b": [2, 2]}
    assert trial.kept_by_filter.to_numpy().tolist() == [["a", 2, 1], ["b", 2, 2]]
    assert units(trial)["s:plan"].tolist() == ["gold"] * 3
    assert open_trial(made).kept_by_filter.empty
    assert open_trial(made, where=["bought=1"]).kept_by_filter.kept.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"where": ["plann=gold"]}, "there is no column 'plann'\n  Allowed: bought, plan\n  Next: did you mean plan?"),
        ({"where": ["plan"]}, "where: 'plan'\n  Allowed: column=value"),
        ({"where": ["plan=golden"]}, "plan has no value 'golden'\n  Allowed: gold, silver\n  Next: did you mean gold?"),
        ({"segments": ["plam"]}, "segments: there is no column 'plam'"),
        # What came of the treatment tells nobody apart.
        ({"segments": ["bought"]}, "segments: there is no column 'bought'\n  Allowed: plan"),
    ],
)
def test_what_cannot_be_asked_is_said_with_what_can(
    asked: dict[str, Any], message: str, client: Callable[..., Client], told: Told
) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n2,b,2026-03-01,0\n"
    customers = "ID,Start,End,Plan\n1,2026-01-01,,gold\n2,2026-01-01,,silver\n"
    made = client(rows, arms(bought=BOUGHT), customers=customers, spec={"covariates": {"plan": "Plan"}})

    assert message in told(lambda: open_trial(made, **asked))


def test_an_empty_name_means_the_only_experiment(client: Callable[..., Client], told: Told) -> None:
    rows = "id,arm,day,bought,test\n1,a,2026-03-01,1,e\n2,b,2026-03-01,0,E\n3,a,2026-03-01,1,f\n4,b,2026-03-01,0,f\n"
    columns = {**MAPPED, "experiment": "test"}
    one = client(rows, arms(bought=BOUGHT), columns=columns)
    both = client(rows, {}, columns=columns, top={"experiments": {"e": arms(bought=BOUGHT), "f": arms(bought=BOUGHT)}})

    assert (open_trial(one).name, find_trials(one), find_trials(both)) == ("e", ("e",), ("e", "f"))
    assert by_variant(open_trial(one), ["rows"]) == {"a": [1], "b": [1]}
    assert "it is empty, and there are 2 experiments\n  Allowed: e, f" in told(lambda: open_trial(both))
    assert "there is no experiment 'ff'\n  Allowed: e, f\n  Next: did you mean f?" in told(
        lambda: open_trial(both, "ff")
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("id,arm,day,bought,test\n1,a,2026-03-01,1,other\n", "no row of the assignments is of the experiment 'e'"),
        ("id,arm,day,bought,test\n1,aa,2026-03-01,1,e\n", "no row is of the control 'a'\n  Allowed: aa"),
        (
            "id,arm,day,bought,test\n" + "\n".join(f"{n},v{n},2026-03-01,1,e" for n in range(150)),
            "more than 100 variants",
        ),
    ],
)
def test_rows_that_are_not_the_experiment_are_refused(
    rows: str, message: str, client: Callable[..., Client], told: Told
) -> None:
    made = client(rows, arms(bought=BOUGHT), columns={**MAPPED, "experiment": "test"})

    assert message in told(lambda: open_trial(made))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["0.5", "1", "0"], "neither yes nor no, as e, outcome bought wants them: '0.5' (1 rows)"),
        (["ja", "nein", "ja"], "'ja' (2 rows), 'nein' (1 rows)"),
    ],
)
def test_a_proportion_of_anything_but_yes_and_no_is_refused(
    values: list[str], message: str, client: Callable[..., Client], told: Told
) -> None:
    rows = "id,arm,day,bought\n" + "\n".join(f"{n},a,2026-03-01,{value}" for n, value in enumerate(values))

    assert message in told(lambda: open_trial(client(rows, arms(bought=BOUGHT))))


def test_a_value_that_cannot_be_read_is_not_known_and_most_of_them_are_a_fault(
    client: Callable[..., Client], told: Told
) -> None:
    head, spec = "id,arm,day,paid\n", arms(paid={"kind": "mean", "column": "paid"})
    some = head + "1,a,2026-03-01,1\n2,a,2026-03-01,?\n3,b,2026-03-01,\n4,b,2026-03-01,7\n"
    most = head + "1,a,2026-03-01,x\n2,a,2026-03-01,?\n3,b,2026-03-01,\n4,b,2026-03-01,7\n"

    trial = open_trial(client(some, spec))

    assert trial.per_outcome[["n", "mature", "known"]].to_numpy().tolist() == [[2, 2, 1], [2, 2, 1]]
    assert "2 of 3 values are no numbers, as e, outcome paid wants them" in told(lambda: open_trial(client(most, spec)))


def test_a_customer_who_is_not_in_the_customers_table_was_assigned_all_the_same(client: Callable[..., Client]) -> None:
    rows = "id,arm,day,bought\n1,a,2026-03-01,1\n77,a,2026-03-01,1\n78,b,2026-03-01,0\n"

    assert by_variant(open_trial(client(rows, arms(bought=BOUGHT))), ["assigned"]) == {"a": [2], "b": [1]}


def wave(name: str, day: str, rows: Sequence[tuple[str, str, str]]) -> str:
    lines = [f"{name}-{day},{customer},{variant},{day},{stratum},0001" for customer, variant, stratum in rows]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def test_a_list_is_an_experiment_that_nobody_has_to_declare(write_client: Write) -> None:
    customers = "ID,Start,End\n" + "\n".join(f"{n},2025-01-01,{'2026-04-01' if n == 2 else ''}" for n in range(1, 9))
    folder = write_client(customers, top={"money": {"contact_cost": 2.0}})
    (folder / "assignments").mkdir()
    here, other = "hold-out share 0.2", "hold-out share 0.5"
    first = [
        ("1", "contact", here),
        ("2", "contact", here),
        ("3", "hold_out", here),
        ("4", "hold_out", "held out by x"),
    ]
    second = [("1", "contact", here), ("5", "contact", here), ("6", "hold_out", other)]
    (folder / "assignments" / "churn-2026-03-01.csv").write_text(wave("churn", "2026-03-01", first))
    (folder / "assignments" / "churn-2026-04-10.csv").write_text(wave("churn", "2026-04-10", second))

    client = Client(folder)
    trial = open_trial(client, "churn")

    assert find_trials(client) == ("churn",)
    assert (trial.is_list, trial.variants, trial.shares) == (
        True,
        ("hold_out", "contact"),
        {"hold_out": 0.2, "contact": 0.8},
    )
    assert by_variant(trial, ["assigned"]) == {"hold_out": [1], "contact": [3]}
    assert (trial.first_assigned, trial.last_assigned) == (date(2026, 3, 1), date(2026, 4, 10))
    found = units(trial).sort_values(["variant", "t:stay"])
    assert found[["variant", "t:stay", "e:stay", "c"]].to_numpy().tolist()[0] == ["contact", 31, True, 2.0]
    assert len(trial.notes) == 3


def test_a_planned_experiment_has_variants_and_strata_of_its_own(write_client: Write, told: Told) -> None:
    customers = "ID,Start,End\n" + "\n".join(f"{n},2025-01-01," for n in range(1, 5))
    rows = [("1", "points", "gold"), ("2", "none", "gold"), ("3", "points", "silver"), ("4", "none", "silver")]
    spring = {"spring": arms("none", {"none": 0.5, "points": 0.5}, stay=STAY)}
    planned, undeclared = write_client(customers, top={"experiments": spring}), None
    for folder in (planned, write_client(customers, folder="other")):
        (folder / "assignments").mkdir()
        (folder / "assignments" / "spring-2026-03-01.csv").write_text(wave("spring", "2026-03-01", rows))
        undeclared = Client(folder)

    assert by_variant(open_trial(Client(planned)), ["assigned"]) == {"none": [2], "points": [2]}
    assert "add experiments.spring to client.yml" in told(lambda: open_trial(undeclared, "spring"))  # type: ignore[arg-type]


def test_a_planned_experiment_that_holds_customers_out_needs_no_entry_in_the_client_file(write_client: Write) -> None:
    folder = write_client("ID,Start,End\n" + "\n".join(f"{n},2025-01-01," for n in range(1, 5)))
    (folder / "assignments").mkdir()
    rows = [("1", "points", "all"), ("2", "hold_out", "all"), ("3", "call", "all"), ("4", "points", "all")]
    (folder / "assignments" / "spring-2026-03-01.csv").write_text(wave("spring", "2026-03-01", rows))

    trial = open_trial(Client(folder), "spring")

    assert trial.variants[0] == "hold_out"
    assert by_variant(trial, ["assigned"]) == {"hold_out": [1], "call": [1], "points": [2]}


def test_a_table_of_a_warehouse_needs_no_client() -> None:
    engine = ibis.duckdb.connect(threads=1)
    frame = pa.table({"variant": ["a", "b", "b"], "value": [1.5, np.nan, 2.5]})
    spec = Experiment.model_validate(arms(value={"kind": "mean", "column": "value"}))

    trial = make_trial(engine.create_table("t", ibis.memtable(frame)), spec, name="e", as_of=date(2026, 1, 1))

    assert trial.per_outcome[["n", "known"]].to_numpy().tolist() == [[1, 1], [2, 1]]
