"""Traps: files in which what looks right would make wrong numbers, and files that nobody should have sent."""

import time
from datetime import date

import numpy as np
import pandas as pd
import pytest
from lookalikes import samples_of

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.clients import guess_client
from retention_lab.tables.guessing.guesses import ClientGuess, ColumnGuess, TableGuess

N = 400
DAYS = [f"2023-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(N)]


def guess_of(today: date | None = None, **files: pd.DataFrame) -> ClientGuess:
    return guess_client(samples_of({f"{name}.csv": rows for name, rows in files.items()}, ReadOptions()), today=today)


def table_of(**files: pd.DataFrame) -> TableGuess:
    (table,) = guess_of(**files).tables
    return table


def column_of(table: TableGuess, name: str) -> ColumnGuess | None:
    return next((column for column in table.columns if column.name == name), None)


def sales(**columns: object) -> pd.DataFrame:
    pieces = 1 + np.arange(N) % 4
    given = {"customer_id": 100 + np.arange(N) % 90, "order_date": DAYS, "product": [f"P{i % 9}" for i in range(N)]}
    return pd.DataFrame({**given, "quantity": pieces, **columns})


def test_a_price_of_one_is_told_from_a_price_of_all_by_the_same_product() -> None:
    of_one = np.array([1.5 + i % 9 for i in range(N)])
    of_all = of_one * (1 + np.arange(N) % 4)

    single = column_of(table_of(sales=sales(price=of_one)), "amount")
    whole = column_of(table_of(sales=sales(price=of_all)), "amount")

    assert single is not None
    assert single.column == ("quantity", "price")
    assert single.is_sure
    assert whole is not None
    assert whole.column == "price"


def test_a_total_beside_a_unit_price_is_what_was_paid() -> None:
    of_one = np.array([1.5 + i % 9 for i in range(N)])
    amount = column_of(table_of(sales=sales(unit_price=of_one, line_value=of_one * (1 + np.arange(N) % 4))), "amount")

    assert amount is not None
    assert amount.column == "line_value"


def test_an_amount_that_does_not_grow_with_the_quantity_is_asked_about() -> None:
    of_one = np.array([1.5 + i % 9 for i in range(N)])
    amount = column_of(table_of(sales=sales(amount=of_one)), "amount")

    assert amount is not None
    assert not amount.is_sure


def members(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"member_id": [f"M{i:04d}" for i in range(N)], "age": 20 + np.arange(N) % 50, **columns})


@pytest.mark.parametrize(
    ("name", "values"), [("status", ["1", "2"]), ("state_code", ["A", "P"]), ("active", ["0", "1"])]
)
def test_a_code_whose_meaning_nobody_told_is_never_sure(name: str, values: list[str]) -> None:
    codes = [values[i % 5 == 0] for i in range(N)]
    guess = guess_of(members=members(tenure_months=1 + np.arange(N) % 60, **{name: codes}))

    for table in guess.tables:
        churned = column_of(table, "churned")
        assert churned is None or not churned.is_sure


@pytest.mark.parametrize(
    ("name", "gone"), [("churned", "1"), ("is_inactive", "1"), ("abbandono", "1"), ("résilié", "1"), ("baja", "1")]
)
def test_a_flag_that_says_who_left_needs_no_question(name: str, gone: str) -> None:
    codes = ["0" if i % 5 else gone for i in range(N)]
    table = table_of(members=members(tenure_months=1 + np.arange(N) % 60, **{name: codes}))

    churned = column_of(table, "churned")
    assert churned is not None
    assert churned.column == name
    assert table.values.get("churned", {}) in ({}, {"0": False, "1": True})


def test_a_last_login_a_birthday_and_an_update_are_neither_start_nor_end() -> None:
    table = guess_of(members=members(last_login=DAYS, birth_date=DAYS, updated_at=DAYS)).tables
    columns = [column for found in table for column in found.columns]

    assert not {"started_on", "ended_on"} & {column.name for column in columns}


def test_an_end_that_lies_ahead_is_not_sure() -> None:
    ahead = [f"20{25 + i % 3}-06-{1 + i % 28:02d}" if i % 2 else "" for i in range(N)]
    ended = column_of(table_of(members=members(start_date=DAYS, end_date=ahead)), "ended_on")

    assert ended is None or not ended.is_sure


def test_a_key_without_a_telling_name_is_known_by_the_file_that_it_points_to() -> None:
    people = members(start_date=DAYS).rename(columns={"member_id": "zk7"})
    paid = pd.DataFrame({"zk7": [f"M{i % 90:04d}" for i in range(N)], "paid_on": DAYS, "amount": np.linspace(1, 9, N)})
    tables = {table.table: table for table in guess_of(customers=people, payments=paid).tables}

    assert column_of(tables["customers"], "customer_id").column == "zk7"
    assert column_of(tables["transactions"], "customer_id").column == "zk7"


def test_emails_phones_and_names_explain_nothing() -> None:
    table = table_of(
        customers=members(
            churned=[str(int(i % 4 == 0)) for i in range(N)],
            tenure=1 + np.arange(N) % 60,
            mail=[f"a{i}@example.com" for i in range(N)],
            phone=[f"+386 40 {i:06d}" for i in range(N)],
            surname=[f"Kos{'aeiou'[i % 5] * (1 + i % 30)}" for i in range(N)],
        )
    )

    assert set(table.covariates.values()) == {"age"}
    name = column_of(table, "name")
    assert name is not None
    assert name.column == "surname"


def test_dates_after_today_do_not_end_the_observation() -> None:
    rows = sales(amount=np.linspace(1, 9, N))
    rows.loc[0, "order_date"] = "2031-01-01"

    assert guess_of(date(2024, 1, 5), sales=rows).observed_through == "2023-12-28"


def test_without_any_date_the_last_day_is_asked_for() -> None:
    guess = guess_of(members=members(churned=[str(i % 2) for i in range(N)], tenure=np.arange(N) % 60))

    assert guess.observed_through == ""
    assert "observed_through" in {doubt.key for doubt in guess.doubts}


def test_of_two_files_for_one_table_the_other_is_listed() -> None:
    guess = guess_of(sales=sales(amount=np.linspace(1, 9, N)), sales_shop=sales(amount=np.linspace(2, 8, N)))

    assert len(guess.tables) == 1
    (other,) = guess.unused
    assert other.nearest == "transactions"
    assert str(guess.tables[0].sample.source) in other.why


def test_a_currency_is_read_off_signs() -> None:
    paid = [f"£{1 + i % 40}.50" for i in range(N)]

    assert guess_of(sales=sales(amount=paid)).currency == "GBP"


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame({"a": []}),
        pd.DataFrame({"a": ["", "", ""]}),
        pd.DataFrame({"customer_id": ["", ""], "churn": ["", ""]}),
        pd.DataFrame({'"; drop table': ["1"], "\n": ["x"], "日付": ["2020-01-01"]}),
        pd.DataFrame({"x": ["9" * 400, "-" * 400]}),
        pd.DataFrame({"date": ["0000-00-00", "9999-99-99"], "amount": ["1e999", "-1e999"]}),
        pd.DataFrame({"text": ["\u202e\ufeff" * 50, "a\x00b"]}),
    ],
    ids=["no rows", "blank", "blank columns", "odd names", "long", "impossible", "odd letters"],
)
def test_what_nobody_should_send_is_no_table_and_no_fault(rows: pd.DataFrame) -> None:
    guess = guess_of(file=rows)

    assert all(not table.is_sure for table in guess.tables)


def test_no_file_at_all_is_an_empty_guess() -> None:
    guess = guess_client([])

    assert guess.tables == guess.unused == ()


def test_a_wide_file_takes_seconds_not_minutes() -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({f"feature {i}": np.round(rng.normal(size=5_000), 4) for i in range(150)})
    started = time.perf_counter()

    guess_of(wide=rows)

    # Two seconds on a quiet machine; tests run beside others.
    assert time.perf_counter() - started < 30


def test_a_few_dates_far_ahead_and_dates_for_none_do_not_end_the_observation() -> None:
    rows = pd.concat([sales(amount=np.linspace(1, 9, N))] * 25, ignore_index=True)
    rows.loc[7, "order_date"], rows.loc[9, "order_date"] = "2024-06-01", "9999-12-31"

    assert guess_of(sales=rows).observed_through == "2023-12-28"


def test_variants_typed_by_hand_are_counted_together_and_who_took_the_offer_is_no_variant() -> None:
    group = [["bonus", "hold_out", "BONUS ", "Hold_out"][i % 2 if i % 50 else 2 + i % 2] for i in range(N)]
    rows = pd.DataFrame(
        {"customer": np.arange(N) * 3 + 7, "group": group, "assigned": DAYS, "taken": np.arange(N) % 2, "spend": 2.5}
    )
    table = table_of(experiment=rows)

    assert {name for name, _ in table.variants} == {"bonus", "hold_out"}
    assert table.control == "hold_out"
    assert column_of(table, "received") is None


def test_a_copied_row_does_not_cost_a_table_its_key() -> None:
    rows = sales(amount=np.linspace(1, 9, N), order_id=np.arange(N) + 5_000)
    copied = pd.concat([rows, rows.head(9)], ignore_index=True)

    table = table_of(sales=copied)

    key = column_of(table, "transaction_id")
    assert key is not None
    assert key.column == "order_id"
    assert table.duplicates == "drop_exact"


def test_beside_purchases_a_flag_without_a_time_is_left_out_and_said() -> None:
    people = members(active=[str(int(i % 4 > 0)) for i in range(N)])
    paid = sales(amount=np.linspace(1, 9, N)).assign(customer_id=people["member_id"])
    guess = guess_of(customers=people, sales=paid)
    (customers,) = (table for table in guess.tables if table.table == "customers")

    assert guess.churn == "inactivity"
    assert {column.name for column in customers.columns} == {"customer_id"}
    assert any(doubt.key == "columns.churned" and "'active'" in doubt.why for doubt in customers.doubts)
