"""The customers and their doings as the client's systems write them: column names, codes, dates, decimal commas.

Names are made up: first names and surnames of several languages, put together by chance. The accents are the point:
all of them exist in cp1252, and none of them survives when the file is read as UTF-8.
"""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from retention_lab.demo import truth
from retention_lab.demo.population import day_number

Days = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

CUSTOMER_COLUMNS: Final = (
    "Customer No",
    "Name",
    "Activated",
    "Terminated",
    "Reason",
    "Contract",
    "Payment",
    "Sales channel",
    "Region",
    "Age",
    "Monthly fee",
    "Club member since",
    "In CRM since",
)
LOYALTY_COLUMNS: Final = ("card", "customer", "when", "movement", "pts", "worth")
ASSIGNMENT_COLUMNS: Final = ("campaign", "customer_no", "group", "assigned", "taken", "logins_before", "logins_after")
FEEDBACK_COLUMNS: Final = ("ref", "received", "customer", "channel", "score", "scale", "question", "comment")
QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "NPS survey": "How likely are you to recommend Alpina Fibra?",
        "After call": "How satisfied were you with the call?",
    }
)
SCALES: Final[Mapping[str, str]] = MappingProxyType({"NPS survey": "0-10", "After call": "1-5", "App review": "1-5"})
CAMPAIGNS: Final[Mapping[str, str]] = MappingProxyType({"stay_bonus": "SB", "newsletter": "NL", "welcome_points": "WP"})
_SPARE_DAYS = 60


def customers_as_exported(population: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row of text for each customer, in the client's columns; some ages and payments are missing."""
    size = len(population)
    start = population["started_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    ended = population["event_observed"].to_numpy()
    joined = population["joined_after"].to_numpy()
    has_joined = ~np.isnan(joined)
    club = start + np.where(has_joined, joined, 0).astype(np.int64)
    age = population["age"].astype(str).to_numpy()
    return pd.DataFrame(
        {
            "Customer No": customer_numbers(population["number"]),
            "Name": _draw_names(size, rng),
            "Activated": dmy(start),
            "Terminated": np.where(ended, dmy(start + np.where(ended, population["duration"], 0)), ""),
            "Reason": population["end_reason"],
            "Contract": population["contract"],
            "Payment": np.where(rng.random(size) < truth.MISSING_PAYMENT_SHARE, "?", population["payment"]),
            "Sales channel": population["channel"],
            "Region": population["region"],
            "Age": np.where(rng.random(size) < truth.MISSING_AGE_SHARE, "", age),
            "Monthly fee": decimal_comma(population["monthly_fee"]),
            "Club member since": np.where(has_joined, dmy(club), ""),
            "In CRM since": dmy(start + population["entry"].to_numpy()),
        },
        columns=list(CUSTOMER_COLUMNS),
    )


def transactions_as_exported(transactions: pd.DataFrame) -> pd.DataFrame:
    """Purchases in the client's columns; the numbers run in the order of booking."""
    return pd.DataFrame(
        {
            "tx": np.arange(100_001, 100_001 + len(transactions)),
            "customer": customer_numbers(transactions["number"]),
            "booked": transactions["booked"],
            "gross": transactions["gross"],
            "item": transactions["item"],
        }
    )


def loyalty_as_exported(loyalty: pd.DataFrame) -> pd.DataFrame:
    """Movements of points in the client's columns, as text."""
    return pd.DataFrame(
        {
            "card": _by_value(loyalty["number"], "C{:07d}"),
            "customer": customer_numbers(loyalty["number"]),
            "when": _written(loyalty["day"].to_numpy(), "%Y-%m-%d"),
            "movement": loyalty["movement"],
            "pts": loyalty["points"].astype(str),
            "worth": _by_value(loyalty["worth"], "{:.2f}"),
        },
        columns=list(LOYALTY_COLUMNS),
    )


def assignments_as_exported(assignments: pd.DataFrame) -> pd.DataFrame:
    """Who was assigned to what in the columns of the client's marketing tool, as text."""
    return pd.DataFrame(
        {
            "campaign": assignments["experiment"].map(dict(CAMPAIGNS)),
            "customer_no": customer_numbers(assignments["number"]),
            "group": assignments["variant"],
            "assigned": _written(assignments["day"].to_numpy(), "%d.%m.%Y"),
            "taken": np.where(assignments["rewarded"], "1", "0"),
            "logins_before": _counts(assignments["logins_before"]),
            "logins_after": _counts(assignments["logins_after"]),
        },
        columns=list(ASSIGNMENT_COLUMNS),
    )


def feedback_as_exported(feedback: pd.DataFrame) -> pd.DataFrame:
    """Comments and marks in the columns of the client's survey tool, as text; blank where there is none."""
    return pd.DataFrame(
        {
            "ref": _by_value(np.arange(1, len(feedback) + 1), "F-{:06d}"),
            "received": feedback["received"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "customer": customer_numbers(feedback["number"]),
            "channel": feedback["channel"],
            "score": _counts(feedback["rating"]),
            "scale": feedback["channel"].map(dict(SCALES)).fillna(""),
            "question": feedback["channel"].map(dict(QUESTIONS)).fillna(""),
            "comment": feedback["text"],
        },
        columns=list(FEEDBACK_COLUMNS),
    )


def customer_numbers(numbers: "Days | pd.Series[int]") -> Objects:
    """1 as A-0000001."""
    return _by_value(numbers, "A-{:07d}")


def dmy(days: Days) -> Objects:
    """Days since 1970 as dd/mm/yyyy."""
    return _written(days, "%d/%m/%Y")


def decimal_comma(amounts: "pd.Series[float]") -> Objects:
    """34.9 as 34,90."""
    position, values = pd.factorize(amounts.to_numpy())
    written: Objects = np.array([f"{value:.2f}".replace(".", ",") for value in values], dtype=object)[position]
    return written


def _draw_names(size: int, rng: np.random.Generator) -> Objects:
    first, last = (_lines("first_names.txt"), _lines("surnames.txt"))
    every = np.array([f"{one} {other}" for one in first for other in last], dtype=object)
    drawn: Objects = every[rng.integers(0, len(every), size)]
    return drawn


def _lines(name: str) -> list[str]:
    return files("retention_lab.demo").joinpath(name).read_text(encoding="utf-8").splitlines()


def _counts(numbers: "pd.Series[float]") -> Objects:
    """Whole numbers; blank where there is none."""
    known = numbers.notna().to_numpy()
    written: Objects = np.where(known, _by_value(np.where(known, numbers, 0).astype(np.int64), "{:d}"), "")
    return written


def _written(days: Days, form: str) -> Objects:
    # Every day is written once and looked up: a million calls of strftime would take longer than all the rest.
    first = day_number(truth.FIRST_ACTIVATION)
    calendar = pd.date_range(truth.FIRST_ACTIVATION, periods=day_number(truth.OBSERVED_THROUGH) - first + _SPARE_DAYS)
    written: Objects = calendar.strftime(form).to_numpy(dtype=object)[days - first]
    return written


def _by_value(numbers: "npt.NDArray[Any] | pd.Series[Any]", form: str) -> Objects:
    position, values = pd.factorize(np.asarray(numbers))
    written: Objects = np.array([form.format(value) for value in values], dtype=object)[position]
    return written
