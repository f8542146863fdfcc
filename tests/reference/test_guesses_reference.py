"""The folders of real public files, as a consultant would hand them over: nothing that bends a number is wrong."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from judging import Verdict, judged, missed

from retention_lab.tables.guessing.clients import guess_client
from retention_lab.tables.guessing.guesses import ClientGuess
from retention_lab.tables.sources.layouts import group_files, look_into

pytestmark = pytest.mark.reference

TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "alexa": {"amazon_alexa.tsv": ("feedback",)},
    "cfpb": {"cfpb_2013_sample.csv": ("tickets",)},
    "completejourney": {
        "campaign_descriptions.csv": ("",),
        "campaigns.csv": ("contacts", ""),
        "coupon_redemptions.csv": ("",),
        "demographics.csv": ("customers",),
        "transactions_sample.csv": ("transactions",),
    },
    "cookie_cats": {"cookie_cats.csv": ("assignments",)},
    "telco": {"Telco-Customer-Churn.csv": ("customers",)},
    # Sentences without a day: feedback that lacks what it needs, or nothing.
    "uci_sentences": {},
    "xed": {},
}
RIGHT: dict[str, dict[str, Any]] = {
    "amazon_alexa.tsv": {"received_at": "date", "text": "verified_reviews", "rating": "rating"},
    "cfpb_2013_sample.csv": {"opened_at": "Date received", "type": ("Product", "Issue"), "channel": "Submitted via"},
    "campaigns.csv": {"campaign": "campaign_id", "customer_id": "household_id"},
    "demographics.csv": {"customer_id": "household_id"},
    "transactions_sample.csv": {
        "customer_id": "household_id",
        "occurred_at": "transaction_timestamp",
        "amount": "sales_value",
        "product": "product_id",
    },
    "cookie_cats.csv": {"customer_id": "userid", "variant": "test_version"},
    "Telco-Customer-Churn.csv": {
        "customer_id": "customerID",
        "tenure": "tenure",
        "churned": "Churn",
        "monthly_value": "MonthlyCharges",
    },
}


@cache
def guessed(folder: Path) -> ClientGuess:
    return guess_client([look_into(folder, files, source) for source, files in group_files(folder)])


@pytest.mark.parametrize("name", sorted(TABLES))
def test_each_file_is_what_it_is_and_nothing_vital_is_wrong(reference_data: Path, name: str) -> None:
    verdicts = _verdicts(reference_data / name)

    assert [verdict for verdict in verdicts if verdict.misleads] == []
    assert all(verdict.is_right for verdict in verdicts if not verdict.name)
    assert missed(guessed(reference_data / name), RIGHT) == []


def test_nine_in_ten_mapped_columns_are_right(reference_data: Path) -> None:
    verdicts = [verdict for name in TABLES for verdict in _verdicts(reference_data / name)]
    columns = [verdict for verdict in verdicts if verdict.name and verdict.source in RIGHT]

    assert sum(verdict.is_right for verdict in columns) >= 0.9 * len(columns)


def _verdicts(folder: Path) -> list[Verdict]:
    guess = guessed(folder)
    sentences = {str(table.sample.source): ("feedback",) for table in guess.tables}
    return judged(guess, {**sentences, **TABLES[folder.name]}, RIGHT)


def test_what_is_known_of_these_clients(reference_data: Path) -> None:
    telco, cats = guessed(reference_data / "telco"), guessed(reference_data / "cookie_cats")
    grocer, reviews = guessed(reference_data / "completejourney"), guessed(reference_data / "alexa")

    assert telco.tables[0].values["churned"] == {"Yes": True, "No": False}
    assert telco.tables[0].unit == "months"
    assert "TotalCharges" not in telco.tables[0].covariates.values()
    assert dict(cats.tables[0].outcomes.values()) == {
        "sum_gamerounds": "mean",
        "retention_1": "proportion",
        "retention_7": "proportion",
    }
    assert grocer.churn == "inactivity"
    assert reviews.observed_through == "2018-07-31"
    assert reviews.tables[0].constants["rating_scale"] == "1-5"
