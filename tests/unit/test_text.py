import math
from datetime import date

import pytest

from retention_lab.text import Text

EN = Text("en", "EUR")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_dash(value: float) -> None:
    written = [EN.count(value), EN.number(value), EN.percent(value), EN.money(value), EN.pvalue(value)]

    assert written == ["–"] * 5


def test_numbers_keep_their_digits_and_nobody_reads_minus_zero() -> None:
    assert [EN.number(1234.5), EN.number(1234.5, 0), EN.number(2, 2)] == ["1,234.5", "1,234", "2.00"]
    assert [EN.number(-0.04), EN.percent(-0.0004), EN.money(-0.2), EN.count(-0.3)] == ["0.0", "0.0%", "€0", "0"]


def test_shares_are_written_as_percentages() -> None:
    assert [EN.percent(0.1234), EN.percent(1, 0), EN.percent(12.5, 0)] == ["12.3%", "100%", "1,250%"]
    assert EN.percent_interval(0.1, 0.25, 0) == "10% to 25%"


def test_money_is_in_the_clients_currency() -> None:
    assert [EN.money(1234.5), EN.money(1234.5, 2), Text("en", "CHF").money(-5)] == ["€1,234", "€1,234.50", "−CHF\xa05"]


@pytest.mark.parametrize(("value", "written"), [(0.0131, "p = 0.013"), (0.00099, "p < 0.001"), (0.0, "p < 0.001")])
def test_a_small_p_value_is_never_written_as_zero(value: float, written: str) -> None:
    assert EN.pvalue(value) == written


def test_one_and_many_are_told_apart() -> None:
    assert [EN.say_many("{n} day", "{n} days", n) for n in (0, 1, 2000)] == ["0 days", "1 day", "2,000 days"]


def test_what_a_client_calls_something_is_never_a_placeholder() -> None:
    # A segment may well be called so, and a value may be called like an argument.
    assert EN.say("{name} leave", name="{0} {x}") == "{0} {x} leave"
    assert EN.say("{message}, {self}", message="a", self="b") == "a, b"


def test_days_and_lists_are_written_out() -> None:
    assert EN.date(date(2026, 10, 31)) == "31 October 2026"
    assert [EN.join([]), EN.join(["a"]), EN.join(["a", "b", "c"])] == ["–", "a", "a, b and c"]


@pytest.mark.parametrize("language", ["it", "es", "fr", "sl"])
def test_without_a_catalogue_words_and_numbers_are_both_english(language: str) -> None:
    # Until the catalogues exist; then a page must be all in its own language.
    text = Text(language)

    assert (text.html_language, text.number(1234.5), text.say("Nothing")) == ("en", "1,234.5", "Nothing")


def test_a_number_that_only_a_mistake_can_be_is_written_all_the_same() -> None:
    for told in (EN.number(1e300), EN.money(-1e300), EN.percent(1e298)):
        assert sum(letter.isdigit() for letter in told) >= 301
