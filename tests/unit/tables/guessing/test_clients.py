"""Files of the kinds that people try: which table each is, which column is which, and what is marked as unsure."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import pandas as pd
import pytest
from judging import judged, missed
from lookalikes import lookalikes, samples_of

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.clients import guess_client
from retention_lab.tables.guessing.guesses import ClientGuess


@cache
def guessed(name: str) -> ClientGuess:
    return guess_client(lookalikes()[name].samples)


NAMES = sorted(lookalikes())


@pytest.mark.parametrize("name", NAMES)
def test_what_would_bend_a_number_is_right_or_marked_unsure(name: str) -> None:
    like = lookalikes()[name]

    verdicts = judged(guessed(name), like.tables, like.right)

    assert [verdict for verdict in verdicts if verdict.misleads] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_the_table_that_it_is(name: str) -> None:
    like, guess = lookalikes()[name], guessed(name)
    taken = {str(table.sample.source): table.table for table in guess.tables}

    for file, right in like.tables.items():
        assert taken.get(file, "") in (right), file


def test_nearly_all_mapped_columns_are_right_and_nearly_none_is_missed() -> None:
    verdicts = [v for name in NAMES for v in judged(guessed(name), lookalikes()[name].tables, lookalikes()[name].right)]
    columns = [verdict for verdict in verdicts if verdict.name]
    lost = [lack for name in NAMES for lack in missed(guessed(name), lookalikes()[name].right)]

    assert sum(verdict.is_right for verdict in columns) > 0.95 * len(columns)
    assert len(lost) < 0.03 * len(columns), lost


def test_a_confidence_is_no_promise_that_is_not_kept() -> None:
    verdicts = [v for name in NAMES for v in judged(guessed(name), lookalikes()[name].tables, lookalikes()[name].right)]
    columns = [verdict for verdict in verdicts if verdict.name]

    for low, high in ((0.0, 0.8), (0.8, 0.95), (0.95, 1.01)):
        within = [verdict for verdict in columns if low <= verdict.confidence < high]
        told = sum(verdict.confidence for verdict in within) / len(within)
        kept = sum(verdict.is_right for verdict in within) / len(within)
        assert kept >= told - 0.1, (low, high, told, kept)


@pytest.mark.parametrize("name", [name for name in NAMES if lookalikes()[name].churn])
def test_how_customers_leave(name: str) -> None:
    assert guessed(name).churn == lookalikes()[name].churn


@pytest.mark.parametrize("name", [name for name in NAMES if lookalikes()[name].outcomes is not None])
def test_what_came_out_of_an_experiment_and_which_variant_got_nothing(name: str) -> None:
    like = lookalikes()[name]
    (table,) = guessed(name).tables
    asked = {doubt.key for doubt in table.doubts}

    certain = {column for outcome, (column, _) in table.outcomes.items() if f"outcomes.{outcome}" not in asked}
    assert certain == like.outcomes
    assert table.control == like.control
    assert sum(share for _, share in table.variants) == pytest.approx(1.0, abs=1e-3)


def test_the_order_of_the_files_changes_nothing() -> None:
    like = lookalikes()["marketplace in five files"]
    samples = like.samples
    random.Random(1).shuffle(samples)

    again = guess_client(samples)

    first = guessed("marketplace in five files")
    assert [(t.table, str(t.sample.source), t.columns) for t in again.tables] == [
        (t.table, str(t.sample.source), t.columns) for t in first.tables
    ]


def test_the_direction_of_an_event() -> None:
    def codes(name: str) -> dict[str, str | bool]:
        return guessed(name).tables[0].values.get("churned", {})

    assert codes("card customers") == {"Existing Customer": False, "Attrited Customer": True}
    assert codes("a status of three") == {"Stayed": False, "Churned": True, "Joined": False}
    assert codes("employees") == {"No": False, "Yes": True}
    assert codes("who is still active") == {"0": True, "1": False}
    asked = {doubt.key for doubt in guessed("who is still active").tables[0].doubts}
    assert "values.churned" in asked


def test_a_tenure_has_the_unit_of_its_name_and_is_asked_about_where_that_says_none() -> None:
    def unit(name: str) -> tuple[str, bool]:
        table = guessed(name).tables[0]
        return table.unit, any(doubt.key == "unit" for doubt in table.doubts)

    assert unit("employees") == ("years", False)
    assert unit("card customers") == ("months", False)
    assert unit("shop customers") == ("months", True)
    assert unit("bank customers") == ("years", True)


def test_what_leaks_the_event_or_names_a_person_explains_nothing() -> None:
    bank, card, score = (guessed(n).tables[0] for n in ("bank customers", "card customers", "a score beside the event"))

    assert not {"Surname", "RowNumber", "CustomerId", "Exited"} & set(bank.covariates.values())
    assert {"Age", "Geography", "CreditScore", "IsActiveMember"} <= set(bank.covariates.values())
    # Called after leaving, and not called so but known only of those who left.
    assert not {"Naive_Bayes_Classifier_Attrition_Flag_1", "Closing_Call_Outcome"} & set(card.covariates.values())
    assert not {"Churn Score", "Churn Value", "Churn Label", "Total Charges", "Count"} & set(score.covariates.values())
    assert any("Churn Score" in doubt.why for doubt in score.doubts)


def test_an_unused_file_says_why_and_what_it_is_most_like() -> None:
    (orders,) = (u for u in guessed("marketplace in five files").unused if "payments" in str(u.source))
    (calls,) = guessed("bank calls").unused

    assert orders.nearest == "transactions"
    assert calls.why


def test_the_language_of_names_is_that_of_the_client() -> None:
    for language in ("en", "it", "es", "fr", "sl"):
        assert guessed(f"in {language}").language == language


def test_a_number_of_seconds_is_read_as_a_time() -> None:
    (reviews,) = guessed("reviews as JSON lines").tables

    assert reviews.sample.read.dates == "seconds"
    (rows,) = lookalikes()["reviews as JSON lines"].files.values()
    latest = datetime.fromtimestamp(rows["unixReviewTime"].max(), UTC).date()
    assert guessed("reviews as JSON lines").observed_through == latest.isoformat()


def test_a_key_that_repeats_is_left_out_and_said() -> None:
    (sales,) = guessed("superstore").tables

    assert "transaction_id" not in {column.name for column in sales.columns}
    assert any("'Order ID'" in doubt.why for doubt in sales.doubts if doubt.key == "columns.transaction_id")


def test_ids_that_look_like_huge_numbers_are_ids() -> None:
    ids = [f"{i:03d}e{10**28 + i}" for i in range(200)]
    orders = pd.DataFrame({"customer_id": ids, "order_date": "2024-01-05", "amount": [f"{i}.50" for i in range(200)]})

    guess = guess_client(samples_of({"orders.csv": orders}, ReadOptions()))

    assert guess.tables[0].columns[0].column == "customer_id"


def test_rows_without_a_customer_are_let_through_only_where_somebody_is_asked() -> None:
    who = [f"C{i % 60}" if i % 4 else "" for i in range(400)]
    orders = pd.DataFrame({"customer_id": who, "order_date": "2024-01-05", "amount": [f"{i}.50" for i in range(400)]})

    guess = guess_client(samples_of({"orders.csv": orders}, ReadOptions()))

    assert guess.max_rejected == "0.30"
    (doubt,) = (doubt for doubt in guess.doubts if doubt.key == "max_rejected")
    assert "25% of orders.csv have no 'customer_id'" in doubt.why
    assert doubt.others == ("0.05",)


def test_a_few_rows_after_all_others_do_not_say_how_far_the_files_go() -> None:
    days = [str(day.date()) for day in pd.date_range("2024-01-01", "2024-03-31") for _ in range(20)] + ["2024-06-20"]
    orders = pd.DataFrame(
        {"customer_id": [f"C{i % 90}" for i in range(len(days))], "order_date": days, "amount": "9.90"}
    )

    guess = guess_client(samples_of({"orders.csv": orders}, ReadOptions()), today=date(2025, 1, 1))

    assert guess.observed_through == "2024-03-31"
    (doubt,) = (doubt for doubt in guess.doubts if doubt.key == "observed_through")
    assert doubt.others == ("2024-06-20",)


def test_a_number_that_a_few_rows_share_is_a_key_that_is_asked_about() -> None:
    numbers = [*range(5_000), 7]
    orders = pd.DataFrame(
        {
            "order_id": numbers,
            "customer_id": [f"C{i % 90}" for i in range(5_001)],
            "order_date": [f"2024-01-{1 + i % 28:02d}" for i in range(5_001)],
            "amount": [f"{i % 77}.50" for i in range(5_001)],
        }
    )

    guess = guess_client(samples_of({"orders.csv": orders}, ReadOptions()))

    (key,) = (column for column in guess.tables[0].columns if column.name == "transaction_id")
    assert not key.is_sure
    assert "a few rows share one" in key.reasons


def test_of_two_sheets_with_the_same_columns_one_is_not_read_and_it_is_said() -> None:
    orders = pd.DataFrame(
        {"customer_id": [f"C{i % 60}" for i in range(400)], "order_date": "2024-01-05", "amount": range(400)}
    )
    (one,) = samples_of({"orders.xlsx": orders}, ReadOptions())
    sheets = [replace(one, read=ReadOptions(sheet=name)) for name in ("2023", "2024")]

    guess = guess_client(sheets)

    (left,) = guess.unused
    assert left.source == "orders.xlsx, sheet 2024"
    assert "with the same columns: put their rows into one file" in left.why
