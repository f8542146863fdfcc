import math

import pytest

from retention_lab.analysis.contrasts import MIDDLE
from retention_lab.findings.words import at_time, capitalised, customers_in, level_name, span, stretch_name, those_in
from retention_lab.tables.levels import LOWER, NO, OTHER, UPPER, YES
from retention_lab.text import Text


@pytest.mark.parametrize(
    ("time", "unit", "said"),
    [
        (1, "days", "1 day"),
        (365, "days", "365 days"),
        (1, "weeks", "1 week"),
        (365 / 7, "weeks", "52.1 weeks"),
        (1, "months", "1 month"),
        (12, "months", "12 months"),
        (1, "years", "1 year"),
        (2, "years", "2 years"),
        (0, "days", "0 days"),
        (1460, "days", "1,460 days"),
        (math.nan, "days", "a time that is not known"),
    ],
)
def test_a_span_is_said_in_the_singular_or_the_plural(text: Text, time: float, unit: str, said: str) -> None:
    assert span(time, unit, text) == said


@pytest.mark.parametrize(
    ("start", "end", "unit", "said"),
    [
        (0, 30, "days", "in the first 30 days"),
        (360, 390, "days", "between day 361 and day 390"),
        (0, 4, "weeks", "in the first 4 weeks"),
        (48, 52, "weeks", "between week 49 and week 52"),
        (0, 1, "months", "in the first month"),
        (12, 13, "months", "in month 13"),
        (0, 1, "years", "in the first year"),
        (2, 3, "years", "in year 3"),
    ],
)
def test_a_stretch_has_the_name_that_people_give_it(text: Text, start: float, end: float, unit: str, said: str) -> None:
    assert stretch_name(start, end, unit, text) == said


def test_times_and_capitals(text: Text) -> None:
    assert at_time(1, "months", text) == "after 1 month"
    # `str.capitalize` would make it "Nps score of the uk".
    assert capitalised("NPS score of the UK") == "NPS score of the UK"
    assert capitalised("élite club") == "Élite club"
    assert capitalised("") == ""


def test_customers_are_named_by_what_they_have(text: Text) -> None:
    assert customers_in("sales_channel", "Door to door", text) == "customers with sales channel “Door to door”"
    assert customers_in("age", LOWER, text) == "customers at the lower quartile of age"
    assert customers_in("monthly_fee", MIDDLE, text) == "customers in the middle of monthly fee"
    assert customers_in("club", YES, text) == "customers with club"
    assert customers_in("club", NO, text) == "customers without club"
    assert those_in("Web", text) == "those with “Web”"
    assert those_in(UPPER, text) == "those at the upper quartile"
    assert those_in(MIDDLE, text) == "those in the middle"
    assert those_in(NO, text) == "those without"


def test_our_label_is_said_and_a_client_level_that_looks_like_it_is_left_as_it_is(text: Text) -> None:
    assert level_name(OTHER, text) == "other"
    assert level_name("(other)", text) == "(other)"
    assert (level_name(MIDDLE, text), level_name("(middle)", text)) == ("middle", "(middle)")
    assert level_name("{n} <b>%s", text) == "{n} <b>%s"
