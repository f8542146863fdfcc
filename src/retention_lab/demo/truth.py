"""What is planted in the demo client: the truth that a report on it must find again.

A method can only be trusted on data where the answer is known. Here it is known: every number that the generator
uses to decide who leaves, and how many rows it spoils, stands on this page and nowhere else.
The client and all its customers are made up.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

FIRST_ACTIVATION: Final = date(2021, 11, 1)
CRM_START: Final = date(2023, 11, 1)
"""The export knows nobody who had left by this day: earlier customers enter late, and only if they were still here."""
OBSERVED_THROUGH: Final = date(2026, 10, 31)

MONTH_DAYS: Final = 365.25 / 12
"""Length of a month of tenure, in days."""

YEARLY_GROWTH: Final = 1.10
"""Activations a year later, relative to today."""
SEASONAL_SWING: Final = 0.15
"""Activations are this much above the trend in October and below it in April."""

BASELINE_MONTHLY_HAZARD: Final[tuple[float, ...]] = (
    (0.026,) * 3 + (0.013,) * 9 + (0.055,) + (0.011,) * 11 + (0.009,) * 36
)
"""Hazard of leaving in each month of tenure, for the reference customer.

High in the first three months, lower afterwards, with a bump in month 13, when the promotional year is over.
The reference: a monthly contract, direct debit, bought in a shop, `REFERENCE_AGE` old, paying `REFERENCE_FEE`.
"""

HAZARD_RATIOS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "contract": MappingProxyType({"Monthly": 1.0, "12 months": 0.45, "24 months": 0.30}),
        "payment": MappingProxyType({"Direct debit": 1.0, "Card": 1.2, "Bank slip": 1.7}),
        "channel": MappingProxyType({"Shop": 1.0, "Web": 1.1, "Door to door": 1.9, "Partner": 1.3}),
        # A planted null: regions differ until channel, payment and contract are taken into account.
        "region": MappingProxyType({"North": 1.0, "Centre": 1.0, "South": 1.0, "Islands": 1.0}),
    }
)
AGE_HAZARD_RATIO: Final = 0.95
"""For every ten years of age."""
REFERENCE_AGE: Final = 45
FEE_HAZARD_RATIO: Final = 1.10
"""For every ten euros of monthly fee."""
REFERENCE_FEE: Final = 35.0

CLUB_HAZARD_RATIO: Final = 1.0
"""The club keeps nobody. Members look loyal only because one must stay long enough to join (immortal time)."""
CLUB_MEAN_MONTHS: Final = 14.0
"""Mean time from activation to joining the club, for those who are still here."""

ONE_YEAR_SURVIVAL: Final[Mapping[str, float]] = MappingProxyType(
    {"all": 0.817, "Monthly": 0.736, "12 months": 0.883, "24 months": 0.924}
)
"""Share still here after 365 days, of all who come and by contract: what the numbers above amount to.

From `population.true_survival` over four million draws of `population.draw_traits`, rounded.
"""

MISSING_AGE_SHARE: Final = 0.010
MISSING_PAYMENT_SHARE: Final = 0.005
"""Written as `?`; client.yml says that it means missing."""

REFERENCE_SIZE: Final = 20_000
"""The number of customers for which the counts below are given; for others they are scaled."""

STAY_BONUS_DAYS: Final = (date(2026, 3, 2), date(2026, 3, 15))
STAY_BONUS_SIZE: Final = 6_000
"""Of `REFERENCE_SIZE` customers, as the other sizes and counts; for fewer or more of them it is scaled."""
STAY_BONUS_SHARES: Final[Mapping[str, float]] = MappingProxyType({"hold_out": 0.3, "bonus": 0.7})
STAY_BONUS_HAZARD_RATIO: Final = 0.70
"""With the bonus against without it, from the day of assignment on, the same for every customer."""
STAY_BONUS_TAKEN: Final = 0.6
"""The share of the treated who took the reward, whether they stayed or left."""
STAY_BONUS_HORIZON: Final = 180
STAY_BONUS_EFFECT: Final[Mapping[str, float]] = MappingProxyType({"survival": 0.0229, "restricted_mean": 2.17})
"""What the ratio amounts to within the horizon: share still here, and mean days here.

From `experiments.true_effect` over a population of two million, rounded.
"""

NEWSLETTER_DAYS: Final = (date(2026, 5, 4), date(2026, 6, 14))
NEWSLETTER_SIZE: Final = 4_500
NEWSLETTER_SHARES: Final[Mapping[str, float]] = MappingProxyType({"none": 1 / 3, "email": 1 / 3, "letter": 1 / 3})
"""A planted null: neither changes what anybody buys, how often they log in, or how long they stay."""

WELCOME_POINTS_DAYS: Final = (date(2024, 10, 1), date(2025, 12, 31))
"""Customers who came within these days were assigned on the day they came."""
WELCOME_POINTS_SHARES: Final[Mapping[str, float]] = MappingProxyType({"no_points": 0.5, "points": 0.5})
WELCOME_POINTS_LOST: Final = 0.7
"""The points keep nobody. But the tool closed the cards of those who left, and with them lost this share of those
who had got points and have left since; whoever got none had no card to close. So the points look as if they kept."""

CUSTOMER_DEFECTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "blank_id": 8,
        "spreadsheet_id": 6,  # 5.70306E+17
        "exact_duplicate": 20,  # the row is there twice
        "conflicting_id": 6,  # pairs of rows: one id, two contents
        "blank_start": 10,
        "unreadable_date": 8,  # 31/02/2025 in Activated
        "implausible_start": 10,  # 01/01/1900
        "implausible_end": 12,  # 31/12/9999
        "ended_before_started": 8,
        "entry_after_end": 6,  # In CRM since, on or after Terminated
        "unreadable_fee": 12,  # n/a
        "activated_later": 6,  # after the last day of the data: left out, not a defect
    }
)
TRANSACTION_DEFECTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "null_customer": 40,
        "unknown_customer": 60,
        "null_booked": 30,
        "null_gross": 25,
        "exact_duplicate": 50,  # the row is there twice
        "conflicting_id": 20,  # pairs of rows: one number, two amounts
        "implausible_date": 15,  # 1900-01-01
        "booked_later": 35,  # after the last day of the data: left out, not a defect
    }
)
LOYALTY_DEFECTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "blank_customer": 15,
        "unknown_customer": 25,
        "unreadable_date": 12,  # 2025-02-31
        "unreadable_points": 10,  # abc
        "blank_points": 10,
        "exact_duplicate": 30,  # the row is there twice
        "negative_earn": 8,
        "implausible_date": 6,  # 1900-01-01
    }
)
ASSIGNMENT_DEFECTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "two_variants": 14,  # a second row, with another variant of the same experiment
        "blank_variant": 10,
        "unknown_customer": 9,
        "untidy_variant": 60,  # stray spaces, another case: not a defect, but to be read all the same
    }
)


def planted(defects: Mapping[str, int], customers: int) -> dict[str, int]:
    """How many of each defect a demo of this size holds: at least one of each."""
    return {kind: max(1, round(count * customers / REFERENCE_SIZE)) for kind, count in defects.items()}
