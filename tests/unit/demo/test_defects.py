"""The files hold exactly the defects that `truth` lists, and no others."""

from pathlib import Path

import pandas as pd
import pytest

from retention_lab.demo import truth

CUSTOMERS = 8_000
SPREADSHEET = r"\d\.\d+E\+\d+"
END = pd.Timestamp(truth.OBSERVED_THROUGH) + pd.Timedelta(days=1)


def _csv(path: Path, **options: str) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, **options)


@pytest.fixture(scope="module")
def customers(demo: Path) -> pd.DataFrame:
    return _csv(demo / "customers.csv", sep=";", encoding="cp1252")


@pytest.fixture(scope="module")
def transactions(demo: Path) -> pd.DataFrame:
    return pd.read_parquet(demo / "transactions.parquet")


@pytest.fixture(scope="module")
def loyalty(demo: Path) -> pd.DataFrame:
    return _csv(demo / "loyalty.csv", encoding="utf-8-sig")


@pytest.fixture(scope="module")
def assignments(demo: Path) -> pd.DataFrame:
    return _csv(demo / "experiments.csv", sep=";")


@pytest.fixture(scope="module")
def feedback(demo: Path) -> pd.DataFrame:
    return _csv(demo / "feedback.csv", sep=";")


def _known(customers: pd.DataFrame) -> set[str]:
    return set(customers["Customer No"]) - {""}


def _customer_defects(table: pd.DataFrame) -> dict[str, "pd.Series[bool]"]:
    """For each kind of defect, the rows that have it; of rows that belong together, all but the first."""
    dates = {
        name: pd.to_datetime(table[name], format="%d/%m/%Y", errors="coerce")
        for name in ("Activated", "Terminated", "In CRM since")
    }
    ids, again = table["Customer No"], table.duplicated()
    ended = dates["Terminated"].notna()
    plausible = dates["Activated"] > pd.Timestamp("1900-01-01")
    # Whoever was there before the export began and is in it twice over is not an error; an entry at the end is.
    late = dates["In CRM since"] > dates["Activated"]
    return {
        "blank_id": ids == "",
        "spreadsheet_id": ids.str.fullmatch(SPREADSHEET),
        "exact_duplicate": again,
        "conflicting_id": ids.duplicated() & ~again & (ids != ""),
        "blank_start": table["Activated"] == "",
        "unreadable_date": (table["Activated"] != "") & dates["Activated"].isna(),
        "implausible_start": dates["Activated"].notna() & ~plausible,
        "implausible_end": table["Terminated"] == "31/12/9999",
        "ended_before_started": ended & (dates["Terminated"] < dates["Activated"]),
        "entry_after_end": ended
        & late
        & plausible
        & (dates["In CRM since"] >= dates["Terminated"])
        & (dates["Terminated"] >= dates["Activated"]),
        "unreadable_fee": ~table["Monthly fee"].str.fullmatch(r"\d+,\d\d"),
        "activated_later": dates["Activated"] >= END,
    }


def _transaction_defects(table: pd.DataFrame, known: set[str]) -> dict[str, "pd.Series[bool]"]:
    again = table.duplicated()
    return {
        "null_customer": table["customer"].isna(),
        "unknown_customer": table["customer"].notna() & ~table["customer"].isin(known),
        "null_booked": table["booked"].isna(),
        "null_gross": table["gross"].isna(),
        "exact_duplicate": again,
        "conflicting_id": table["tx"].duplicated() & ~again,
        "implausible_date": table["booked"] < pd.Timestamp("1901-01-01"),
        "booked_later": table["booked"] >= END,
    }


def _loyalty_defects(table: pd.DataFrame, known: set[str]) -> dict[str, "pd.Series[bool]"]:
    when = pd.to_datetime(table["when"], format="%Y-%m-%d", errors="coerce")
    return {
        "blank_customer": table["customer"] == "",
        "unknown_customer": (table["customer"] != "") & ~table["customer"].isin(known),
        "unreadable_date": when.isna(),
        "unreadable_points": table["pts"] == "abc",
        "blank_points": table["pts"] == "",
        "exact_duplicate": table.duplicated(),
        "negative_earn": (table["movement"] == "E") & table["pts"].str.startswith("-"),
        "implausible_date": when < pd.Timestamp("1901-01-01"),
    }


def _assignment_defects(table: pd.DataFrame, known: set[str]) -> dict[str, "pd.Series[bool]"]:
    again = table.duplicated(["campaign", "customer_no"])
    tidy = {"hold_out", "bonus", "none", "email", "letter", "no_points", "points"}
    return {
        "two_variants": again,
        "blank_variant": table["group"] == "",
        "unknown_customer": ~table["customer_no"].isin(known),
        "untidy_variant": (table["group"] != "") & ~table["group"].isin(tidy),
    }


def _feedback_defects(table: pd.DataFrame, known: set[str]) -> dict[str, "pd.Series[bool]"]:
    again = table.duplicated()
    return {
        "blank_received": table["received"] == "",
        "unreadable_date": table["received"].str.startswith("2026-02-30"),
        "exact_duplicate": again,
        "conflicting_id": table["ref"].duplicated() & ~again,
        "unknown_customer": ~table["customer"].isin(known),
    }


def _counts(defects: dict[str, "pd.Series[bool]"]) -> dict[str, int]:
    return {kind: int(rows.sum()) for kind, rows in defects.items()}


def test_the_customers_have_the_planted_defects(customers: pd.DataFrame) -> None:
    assert _counts(_customer_defects(customers)) == truth.planted(truth.CUSTOMER_DEFECTS, CUSTOMERS)


def test_the_transactions_have_the_planted_defects(transactions: pd.DataFrame, customers: pd.DataFrame) -> None:
    found = _counts(_transaction_defects(transactions, _known(customers)))
    assert found == truth.planted(truth.TRANSACTION_DEFECTS, CUSTOMERS)


def test_the_movements_of_points_have_the_planted_defects(loyalty: pd.DataFrame, customers: pd.DataFrame) -> None:
    found = _counts(_loyalty_defects(loyalty, _known(customers)))
    assert found == truth.planted(truth.LOYALTY_DEFECTS, CUSTOMERS)


def test_the_assignments_have_the_planted_defects(assignments: pd.DataFrame, customers: pd.DataFrame) -> None:
    defects = _assignment_defects(assignments, _known(customers))
    assert _counts(defects) == truth.planted(truth.ASSIGNMENT_DEFECTS, CUSTOMERS)
    assert pd.DataFrame(defects).sum(axis=1).max() == 1


def test_the_comments_have_the_planted_defects(feedback: pd.DataFrame, customers: pd.DataFrame) -> None:
    defects = _feedback_defects(feedback, _known(customers))
    assert _counts(defects) == truth.planted(truth.FEEDBACK_DEFECTS, CUSTOMERS)
    assert pd.DataFrame(defects).sum(axis=1).max() == 1


def test_two_comments_with_one_number_have_two_marks_on_one_scale(feedback: pd.DataFrame) -> None:
    twice = feedback[feedback["ref"].duplicated(keep=False) & ~feedback.duplicated(keep=False)]
    assert (twice.groupby("ref")["score"].nunique() == 2).all()
    assert (twice.groupby("ref")["scale"].nunique() == 1).all()


def test_whoever_is_assigned_twice_is_in_two_variants_of_one_experiment(assignments: pd.DataFrame) -> None:
    twice = assignments[assignments.duplicated(["campaign", "customer_no"], keep=False)]
    variants = twice.groupby(["campaign", "customer_no"])["group"].nunique()
    assert (variants == 2).all()


def test_an_untidy_variant_is_a_known_one_with_spaces_or_capitals(
    assignments: pd.DataFrame, customers: pd.DataFrame
) -> None:
    untidy = assignments.loc[_assignment_defects(assignments, _known(customers))["untidy_variant"], "group"]
    tidy = set(assignments["group"]) - set(untidy) - {""}
    assert set(untidy.str.strip().str.lower()) <= tidy
    assert (untidy != untidy.str.strip()).any()
    assert (untidy != untidy.str.lower()).any()


def test_a_row_has_at_most_one_defect(
    customers: pd.DataFrame, transactions: pd.DataFrame, loyalty: pd.DataFrame
) -> None:
    known = _known(customers)
    for defects in (
        _customer_defects(customers),
        _transaction_defects(transactions, known),
        _loyalty_defects(loyalty, known),
    ):
        assert pd.DataFrame(defects).sum(axis=1).max() == 1


def test_the_defects_are_few_and_all_over_the_files(
    customers: pd.DataFrame, transactions: pd.DataFrame, loyalty: pd.DataFrame
) -> None:
    known = _known(customers)
    for table, defects in (
        (customers, _customer_defects(customers)),
        (transactions, _transaction_defects(transactions, known)),
        (loyalty, _loyalty_defects(loyalty, known)),
    ):
        spoilt = pd.DataFrame(defects).any(axis=1)
        assert spoilt.mean() < 0.015
        quarter = spoilt[spoilt].index * 4 // len(table)
        # At least a tenth of the defects in every quarter of the file.
        assert quarter.value_counts(normalize=True).reindex(range(4), fill_value=0).min() > 0.1


def test_nothing_hangs_on_a_customer_whose_row_is_spoilt(
    customers: pd.DataFrame,
    transactions: pd.DataFrame,
    loyalty: pd.DataFrame,
    assignments: pd.DataFrame,
    feedback: pd.DataFrame,
) -> None:
    spoilt = set(customers.loc[pd.DataFrame(_customer_defects(customers)).any(axis=1), "Customer No"]) - {""}
    assert not spoilt & set(transactions["customer"].dropna())
    assert not spoilt & set(loyalty["customer"])
    assert not spoilt & set(assignments["customer_no"])
    assert not spoilt & set(feedback["customer"])


def test_some_ages_and_payments_are_missing(customers: pd.DataFrame) -> None:
    # 8,000 customers: about 80 ages and 40 payments, with a standard deviation of 9 and 6.
    assert 40 < (customers["Age"] == "").sum() < 120
    assert 15 < (customers["Payment"] == "?").sum() < 65
