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

FEEDBACK_FROM: Final = date(2024, 11, 1)
"""The export of comments begins here, and runs to the last day of the data."""
FEEDBACK_COMMENTS: Final = 13_500
"""Rows in which something is written, of `REFERENCE_SIZE` customers, goodbyes among them."""
FEEDBACK_MARKS_ALONE: Final = 2_500
"""Rows with a mark and not a word."""
FEEDBACK_WRITERS: Final = 0.90
"""The share of customers who write at all, if they are here for long enough: about 45 in 100 have.

Whether somebody writes, and how often, says nothing about when they leave.
"""
FEEDBACK_LANGUAGES: Final[Mapping[str, float]] = MappingProxyType(
    {"it": 2 / 6, "en": 1 / 6, "es": 1 / 6, "fr": 1 / 6, "sl": 1 / 6}
)
FEEDBACK_OTHER_LANGUAGE: Final = 0.03
"""The share of comments that are not in the customer's own language."""
FEEDBACK_CHANNELS: Final[Mapping[str, tuple[float, float, float]]] = MappingProxyType(
    {
        # channel: (share of comments, share of goodbyes, how much the log-odds of an unhappy one are moved)
        "NPS survey": (0.25, 0.08, -0.4),
        "After call": (0.20, 0.10, -0.1),
        "App review": (0.18, 0.02, 0.0),
        "E-mail": (0.23, 0.60, 1.2),
        "Chat": (0.14, 0.20, 0.2),
    }
)
"""E-mail and chat have no marks, and e-mails are mostly unhappy: what is learnt from marks is learnt from others."""
FEEDBACK_UNHAPPY: Final = 0.30
"""The share of unhappy comments in every month until May 2026, goodbyes among them."""
FEEDBACK_UNHAPPY_AFTER: Final = (0.33, 0.36, 0.39, 0.41, 0.42)
"""And in each month from June 2026 on, when the price went up."""
FEEDBACK_PRICE_ROSE: Final = date(2026, 6, 1)
FEEDBACK_PRICE_FACTOR: Final = 2.0
"""How many times as often an unhappy comment is about the price from that day on."""
FEEDBACK_NEUTRAL: Final = 0.33
"""The share of neutral ones among the comments that are not unhappy."""
FEEDBACK_THEMES: Final[Mapping[str, tuple[float, float, float]]] = MappingProxyType(
    {
        # theme: how often unhappy, neutral and happy comments are about it
        "price": (0.14, 0.11, 0.08),
        "contract": (0.07, 0.08, 0.04),
        "delivery": (0.09, 0.07, 0.09),
        "quality": (0.08, 0.08, 0.10),
        "outage": (0.16, 0.09, 0.12),
        "app": (0.06, 0.09, 0.08),
        "support": (0.13, 0.08, 0.09),
        "staff": (0.06, 0.07, 0.12),
        "refund": (0.07, 0.05, 0.03),
        "trust": (0.04, 0.04, 0.04),
        "privacy": (0.02, 0.04, 0.01),
        "store": (0.02, 0.05, 0.03),
        "loyalty": (0.02, 0.04, 0.02),
        "competitor": (0.03, 0.04, 0.03),
        "praise": (0.01, 0.07, 0.12),
    }
)
FEEDBACK_MIXED: Final[Mapping[str, float]] = MappingProxyType({"unhappy": 0.16, "neutral": 0.50, "happy": 0.13})
"""The share of comments that say something good and something bad; what comes last, or with emphasis, decides."""
FEEDBACK_IRONY: Final = 0.02
"""The share of unhappy comments that praise what they mean to blame."""
FEEDBACK_TYPOS: Final = 0.08
"""The share of words that are mistyped, in a comment that was written in haste."""
FEEDBACK_CONTRADICTING: Final = 0.08
"""The share of marks at the wrong end of the scale."""
FEEDBACK_PERSONAL: Final = 0.04
"""The share of comments with something personal in them; one in ten e-mails is signed with the name besides."""
FEEDBACK_SAME_TEXT: Final = 10
"""So many customers in each language send one and the same text."""
FEEDBACK_NO_CONTENT: Final = 60
"""Comments of a dash, an n/a or an emoji, in all languages together."""
FEEDBACK_HOSTILE: Final = 8
FEEDBACK_ODDS_DAYS: Final = 180
FEEDBACK_ODDS_RATIO: Final = 2.5
"""The odds of an unhappy comment in the last 180 days before leaving, against those of other comments."""
FEEDBACK_GOODBYES: Final = 0.25
"""The share of those who leave who say so in the last `FEEDBACK_GOODBYE_DAYS` days: text that knows what will happen.

Goodbyes come on top of the comments for which the odds are planted.
"""
FEEDBACK_GOODBYE_DAYS: Final = 30
FEEDBACK_GOODBYE_UNHAPPY: Final = 0.75
"""The others are neutral."""

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
FEEDBACK_DEFECTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "blank_received": 9,
        "unreadable_date": 7,  # 2026-02-30
        "exact_duplicate": 14,  # the row is there twice
        "conflicting_id": 6,  # pairs of rows: one number, two marks
        "unknown_customer": 16,  # not a defect: whoever comments need not be a customer
    }
)


def planted(defects: Mapping[str, int], customers: int) -> dict[str, int]:
    """How many of each defect a demo of this size holds: at least one of each."""
    return {kind: max(1, round(count * customers / REFERENCE_SIZE)) for kind, count in defects.items()}
