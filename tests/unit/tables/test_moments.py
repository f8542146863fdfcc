from collections.abc import Callable
from datetime import datetime
from typing import Any

import ibis
import pytest

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.moments import FoundOptions, as_counted, as_moment, fits_either_order

Read = Callable[..., datetime | None]


@pytest.fixture(scope="module")
def engine() -> Any:
    return ibis.duckdb.connect()


@pytest.fixture(scope="module")
def read(engine: Any) -> Read:
    """A text as the engine reads it, for a client in Rome."""

    def read(text: str, order: Any = "dmy") -> datetime | None:
        moment = as_moment(ibis.literal(text), ReadOptions(dates=order), "Europe/Rome")
        return engine.to_pyarrow(moment).as_py()

    return read


@pytest.mark.parametrize(
    "text",
    [
        "31-Jul-18", "31-JUL-2018", "31 July 2018", "July 31, 2018", "Jul 31st, 2018", "31jul2018", "31/Jul/2018",
        "31 luglio 2018", "31 lug 2018", "31 lug. 18",
        "31 de julio de 2018", "31 julio 2018", "31-jul-2018",
        "31 juillet 2018", "31 juil. 2018",
        "31. 7. 2018", "31. 7. 18", "31. julij 2018", "31. julija 2018", "31. jul. 2018",
        "31/07/18", "31.07.18", "31.7.18", "20180731", "2018/7/31",
    ],
)  # fmt: skip
def test_days_in_five_languages_and_in_the_forms_of_spreadsheets(text: str, read: Read) -> None:
    assert read(text) == datetime(2018, 7, 31)


@pytest.mark.parametrize(
    ("month", "names"),
    [
        (1, "jan january gen gennaio ene enero janv janvier januar januarja"),
        (2, "feb february febbraio febrero fév février fevrier februar"),
        (3, "mar march marzo mars marec marca"),
        (4, "apr april aprile abr abril avr avril aprila"),
        (5, "may mag maggio mayo mai maj maja"),
        (6, "jun june giu giugno junio juin junij"),
        (7, "jul july lug luglio julio juil juillet julij"),
        (8, "aug august ago agosto août aout avg avgust"),
        (9, "sep sept september set settembre septiembre septembre"),
        (10, "oct october ott ottobre octubre octobre okt oktober"),
        (11, "nov november novembre noviembre"),
        (12, "dec december dic dicembre diciembre déc décembre"),
    ],
)
def test_every_month_by_each_of_its_names(month: int, names: str, read: Read) -> None:
    for name in names.split():
        assert read(f"3 {name} 2018") == datetime(2018, month, 3), name
        assert read(f"03-{name.upper()}-18") == datetime(2018, month, 3), name


@pytest.mark.parametrize(
    "text",
    [
        "31 jui 2018", "31 foo 2018", "31 june 2018", "30 feb 2018", "July 2018", "31/13/18", "20181331", "45231",
        "1509494400", "18991231", "2018-07-31 25:00", "2018-07-31 13:00 PM", "2018-07-31 0:10 am", "31/07/018",
        "2018-07-31Z", "soon", "epoch", "infinity", "2018-07-31 10:00 or so",
    ],
)  # fmt: skip
def test_what_is_no_day_is_not_read(text: str, read: Read) -> None:
    assert read(text) is None


def test_a_year_of_two_digits_lies_between_1950_and_2049(read: Read) -> None:
    years = {text: moment.year for text in ("49", "50", "99", "00", "26") if (moment := read(f"01/03/{text}"))}

    assert years == {"49": 2049, "50": 1950, "99": 1999, "00": 2000, "26": 2026}
    assert read("18-07-31", "ymd") == read("07/31/18", "mdy") == datetime(2018, 7, 31)


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("07/31/2018 12:00:00 AM", 0, 0), ("07/31/2018 12:05 PM", 12, 5), ("7/31/2018 1:05:09 pm", 13, 5),
        ("7/31/18 11:59 a.m.", 11, 59), ("Jul 31, 2018 9:05 p. m.", 21, 5), ("2018-07-31 09:05PM", 21, 5),
        ("2018-07-31T09:05:00.123456789", 9, 5), ("2018-07-31, 09:05", 9, 5), ("31-Jul-2018 09:05:00", 9, 5),
        ("20180731T090500", 9, 5), ("20180731090500", 9, 5),
    ],
)  # fmt: skip
def test_clocks(text: str, hour: int, minute: int, read: Read) -> None:
    moment = read(text, "mdy")

    assert moment is not None
    assert (moment.month, moment.day, moment.hour, moment.minute) == (7, 31, hour, minute)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("2018-07-31T23:30:00Z", datetime(2018, 8, 1, 1, 30)),
        ("2018-01-31T23:30:00Z", datetime(2018, 2, 1, 0, 30)),
        ("2018-07-31T23:30:00+02:00", datetime(2018, 7, 31, 23, 30)),
        ("2018-07-31 23:30:00.5-0500", datetime(2018, 8, 1, 6, 30, 0, 500000)),
        ("31/07/2018 23:30 +02", datetime(2018, 7, 31, 23, 30)),
        ("31 Jul 2018 23:30 UTC", datetime(2018, 8, 1, 1, 30)),
        # The hour that is there twice when summer time ends: the offset tells which of the two.
        ("2018-10-28T00:30:00Z", datetime(2018, 10, 28, 2, 30)),
        ("2018-10-28T01:30:00Z", datetime(2018, 10, 28, 2, 30)),
        # Without an offset it is the client's own time.
        ("2018-07-31T23:30:00", datetime(2018, 7, 31, 23, 30)),
    ],
)
def test_times_with_an_offset_become_the_clients_own_time(text: str, there: datetime, read: Read) -> None:
    assert read(text) == there


def test_counted_times_become_the_clients_own_time(engine: Any) -> None:
    def counted(number: float, unit: str) -> Any:
        return engine.to_pyarrow(as_counted(ibis.literal(number, "float64"), unit, "Europe/Rome")).as_py()

    # $ TZ=Europe/Rome date -d @1509494400
    assert counted(1509494400, "seconds") == datetime(2017, 11, 1, 1, 0)
    assert counted(1509494400500, "milliseconds") == datetime(2017, 11, 1, 1, 0, 0, 500000)
    assert counted(1e300, "seconds") is None


def test_where_a_file_has_none_of_the_rare_forms_they_are_not_tried(engine: Any) -> None:
    usual = FoundOptions(dates="dmy", has_rare_dates=False)

    for text, expected in (("31/07/2018 10:00", datetime(2018, 7, 31, 10)), ("31-Jul-18", None)):
        assert engine.to_pyarrow(as_moment(ibis.literal(text), usual, "UTC")).as_py() == expected


@pytest.mark.parametrize(
    ("text", "fits"), [("31/07/2018", True), ("07/31/18", True), ("31/31/2018", False), ("soon", False)]
)
def test_a_date_that_exists_in_one_order_at_least(text: str, fits: bool, engine: Any) -> None:
    assert engine.to_pyarrow(fits_either_order(ibis.literal(text))).as_py() is fits


def test_an_offset_that_no_place_on_earth_has_is_not_read(read: Read) -> None:
    assert read("2025-01-01T00:00:00+99:00") is None
    assert read("2025-01-01 00:00 +15:00") is None
    assert read("2025-01-01T00:00:00+14:00") == datetime(2024, 12, 31, 11)
