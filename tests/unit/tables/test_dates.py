"""How the dates of a file are written, found out from the file; what each order reads is a matter of `moments`."""

from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa
import pytest

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.dates import DateOrder, find_date_order
from retention_lab.tables.sources.source import Source, places_of

Find = Callable[..., DateOrder]


@pytest.fixture
def find() -> Find:
    """The order of dates in a file of two columns of days."""

    def find(*dates: str, others: list[str] | None = None, **options: Any) -> DateOrder:
        ragged = [None] * len(dates)
        own = pa.table({"one": list(dates), "two": others or [""] * len(dates)})
        source = Source(name="f.csv", own=own, places=places_of("f.csv", range(2, len(dates) + 2), ragged))
        raw = ibis.memtable(source.for_engine("UTC"))
        return find_date_order(raw, source, ["one", "two"], ReadOptions.model_validate(options))

    return find


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2026-01-02", "2026-01-13"], "ymd"),
        (["31.01.2026", "01.02.2026"], "dmy"),
        (["01/31/2026 10:00 PM", "01/02/2026 9:00 AM"], "mdy"),
        (["31/01/26", "01/02/26", "28/02/25"], "dmy"),
        (["3 marzo 2018", "4 marzo 2018"], "ymd"),
        # A mistake in every order speaks for none.
        (["31/31/2026", "31/01/2026"], "dmy"),
        (["?", "", "31/01/2026"], "dmy"),
    ],
)
def test_the_order_that_fits_all(dates: list[str], order: str, find: Find) -> None:
    found = find(*dates, missing=["?"])

    assert (found.fault, found.options.dates) == (None, order)


def test_one_column_decides_for_the_other(find: Find) -> None:
    assert find("01/02/2026", "03/02/2026", others=["01/02/2026", "31/01/2026"]).options.dates == "dmy"


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (["01/02/2026", "03/04/2026"], "every date fits both orders"),
        (["31/01/2026", "01/31/2026"], "day first in row 2, month first in row 3 (1 and 1 dates fit no other)"),
        (["17-01-31", "17-02-28", "18-03-15"], "years of two digits: they may stand first or last"),
        (["45231", "45232", "x"], "numbers such as 45231, first in row 2: days as a spreadsheet counts them"),
        (["1509494400", "1509494401"], "numbers such as 1509494400, first in row 2: seconds since 1970?"),
        (["", "1509494400123"], "numbers such as 1509494400123, first in row 3: milliseconds since 1970?"),
    ],
)
def test_what_cannot_be_told_is_asked(dates: list[str], told: str, find: Find) -> None:
    fault = find(*dates).fault

    assert fault is not None
    assert told in fault.found
    assert fault.allowed
    assert fault.remedy


def test_where_nearly_all_dates_have_one_order_it_is_named(find: Find) -> None:
    dates = [f"{day}/01/2026" for day in range(13, 32)] * 2

    assert "set read.dates: dmy" in find(*dates, "01/31/2026").fault.remedy
    assert "the order that is meant" in find("31/01/2026", "01/31/2026").fault.remedy


def test_a_few_numbers_among_dates_do_not_refuse_the_file(find: Find) -> None:
    assert find("2026-01-01", "2026-01-02", "2026-01-03", "45231").fault is None


def test_what_is_declared_is_not_looked_for(find: Find) -> None:
    found = find("31/01/2026", "01/31/2026", dates="mdy")

    assert (found.options.dates, found.notes, found.fault) == ("mdy", (), None)
