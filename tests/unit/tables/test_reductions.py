from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retention_lab.methods.life_tables import life_table
from retention_lab.tables.client import Client
from retention_lab.tables.observation import MONTHLY_VALUE, Observation, observe_customers
from retention_lab.tables.reductions import ALL, life_tables, life_tables_of_each, value_by_tenure

Write = Callable[..., Path]
COLUMNS = {"customer_id": "ID", "tenure": "T", "churned": "C", "entry_tenure": "E", "monthly_value": "V"}
COUNTS = ["time", "n_entered", "n_events", "n_censored"]


@pytest.fixture
def customers() -> pd.DataFrame:
    """Customers with ties, late entry, events at time 0, and groups of which one is not known."""
    rng = np.random.default_rng(5)
    tenure = rng.integers(0, 12, 300)
    late = rng.random(300) < 0.4
    entry = np.where(late, np.minimum(rng.integers(0, 10, 300), tenure - 1).clip(0), 0)
    region = rng.choice(["North", "South", "all", ""], 300)
    value = rng.integers(1, 99, 300).astype(object)
    value[rng.random(300) < 0.1] = ""
    left = rng.integers(0, 2, 300)
    return pd.DataFrame({"ID": range(300), "T": tenure, "C": left, "E": entry, "V": value, "R": region})


@pytest.fixture
def observe(write_client: Write) -> Callable[[pd.DataFrame], Observation]:
    def observe(rows: pd.DataFrame) -> Observation:
        folder = write_client(rows.to_csv(index=False), columns=COLUMNS, covariates={"group": "R"})
        return observe_customers(Client(folder))

    return observe


Observe = Callable[[pd.DataFrame], Observation]


def test_the_engine_counts_what_is_counted_row_by_row(customers: pd.DataFrame, observe: Observe) -> None:
    rows = observe(customers).rows
    by_group = life_tables(rows, "group")

    assert list(dict.fromkeys(by_group["group"])) == ["", "North", "South", "all"]
    for group, of_group in [(ALL, customers), *customers.groupby("R")]:
        counted = life_tables(rows) if of_group is customers else by_group[by_group["group"] == group]
        expected = life_table(of_group["T"], of_group["C"], of_group["E"])
        for name in COUNTS:
            assert counted[name].tolist() == getattr(expected, name).tolist()


def test_asked_for_together_or_one_by_one_the_counts_are_the_same(customers: pd.DataFrame, observe: Observe) -> None:
    rows = observe(customers).rows.mutate(value=lambda all_rows: all_rows[MONTHLY_VALUE].cast("int64"))
    together = life_tables_of_each(rows, ["value", "group"])

    assert list(together) == ["value", "group"]
    for column, counted in together.items():
        pd.testing.assert_frame_equal(counted, life_tables(rows, column))
    assert life_tables_of_each(rows, []) == {}


def test_the_order_of_the_rows_is_irrelevant(customers: pd.DataFrame, observe: Observe) -> None:
    shuffled = customers.sample(frac=1, random_state=1)

    pd.testing.assert_frame_equal(
        life_tables(observe(customers).rows, "group"), life_tables(observe(shuffled).rows, "group")
    )


def test_the_value_of_those_still_here_by_tenure(customers: pd.DataFrame, observe: Observe) -> None:
    here = customers[customers["C"] == 0]
    expected = pd.to_numeric(here["V"]).fillna(0).groupby(here["T"]).sum()

    found = value_by_tenure(observe(customers).rows, MONTHLY_VALUE)

    assert dict(zip(found["time"], found["value"], strict=True)) == expected.to_dict()


def test_nobody_gives_an_empty_table(customers: pd.DataFrame, observe: Observe) -> None:
    rows = observe(customers).rows
    nobody = rows.filter(rows.duration < 0)

    assert life_tables(nobody).empty
    assert life_tables(nobody, "group").empty
    assert value_by_tenure(nobody, MONTHLY_VALUE).empty
