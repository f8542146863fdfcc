"""What a text may be read as before anybody has said what it is."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lab.tables.guessing.readings import as_compact_days, as_days, as_numbers, epoch_of


def _day(text: str, order: str = "") -> date | None:
    (found,) = as_days([text], order)
    return None if np.isnan(found) else date.fromordinal(int(found // 1) + date(1970, 1, 1).toordinal())


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2018-07-31", "", date(2018, 7, 31)),
        ("31/07/2018", "", date(2018, 7, 31)),
        ("07/31/2018 11:05:00 PM", "", date(2018, 7, 31)),
        ("03/04/2018", "mdy", date(2018, 3, 4)),
        ("03/04/2018", "dmy", date(2018, 4, 3)),
        ("31-Jul-18", "", date(2018, 7, 31)),
        ("3 marzo 2018", "", date(2018, 3, 3)),
        ("1. jan. 2020", "", date(2020, 1, 1)),
        ("15 février 2021", "", date(2021, 2, 15)),
        ("July 4, 2017", "", date(2017, 7, 4)),
        ("2015-02-24 11:35:52 -0800", "", date(2015, 2, 24)),
        ("2019-10-01 00:00:00 UTC", "", date(2019, 10, 1)),
        ("31/02/2018", "", None),
        ("hello", "", None),
        ("12", "", None),
        ("1.234,50", "", None),
    ],
)
def test_dates_as_files_write_them(text: str, order: str, day: date | None) -> None:
    assert _day(text, order) == day


@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)))
def test_a_day_reads_as_itself_however_it_is_written(day: date) -> None:
    assert _day(day.isoformat()) == _day(f"{day:%d.%m.%Y}", "dmy") == _day(f"{day:%m/%d/%Y}", "mdy") == day
    (compact,) = as_compact_days([f"{day:%Y%m%d}"])
    assert date.fromordinal(int(compact) + date(1970, 1, 1).toordinal()) == day


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("12.5", ".", 12.5),
        ("12,5", ",", 12.5),
        ("1.234,56", ",", 1234.56),
        ("1,234.56", ".", 1234.56),
        ("€ 12.50", ".", 12.5),
        ("12,50 €", ",", 12.5),
        ("(12.50)", ".", -12.5),
        ("CHF 1'200.00", ".", 1200.0),
        ("abc", ".", None),
        ("inf", ".", None),
        ("nan", ".", None),
    ],
)
def test_numbers_as_files_write_them(text: str, decimal: str, number: float | None) -> None:
    (found,) = as_numbers([text], decimal)

    assert (None if np.isnan(found) else found) == number


def test_whole_numbers_count_from_1970_only_where_all_of_them_can() -> None:
    assert epoch_of(np.array([1.4e9, 1.5e9])) == "seconds"
    assert epoch_of(np.array([1.4e12, 1.5e12])) == "milliseconds"
    assert epoch_of(np.array([1.4e9, 12.0])) == ""
    assert epoch_of(np.array([])) == ""


def test_a_day_with_dots_is_no_number_where_the_decimals_have_a_comma() -> None:
    found = as_numbers(["31.10.2022", "1.234,50", "1.234.567", "12,5"], ",")

    assert np.isnan(found[0])
    assert found[1:].tolist() == [1234.5, 1_234_567.0, 12.5]


def test_an_endless_exponent_is_no_number() -> None:
    assert np.isnan(as_numbers([f"12e{'4567890123456' * 3}"], ".")).all()
