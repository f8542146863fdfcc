from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import ibis
import pytest

from retention_lab.tables.casting import as_code, as_flag, as_kind, as_text
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.contract import Kind

Cast = Callable[..., Any]


@pytest.fixture(scope="module")
def cast() -> Cast:
    """A value as the engine reads it."""
    engine = ibis.duckdb.connect()

    def cast(kind: Kind, value: object, kind_of_value: str = "string", **options: object) -> Any:
        read = ReadOptions.model_validate(options)
        column = ibis.literal(value, kind_of_value)
        return engine.to_pyarrow(as_kind(kind, column, as_text(column, read), read)).as_py()

    return cast


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-12.50", -12.5), ("+3", 3), (" 7 ", 7), (".5", 0.5), ("5.", 5), ("1e3", 1000),
        ("1,234", 1234), ("1,234,567.8", 1234567.8), ("1 234.5", 1234.5), ("1\u00a0234", 1234), ("1'234", 1234),
        ("1,23", None), ("12,5", None), ("1,2345", None), ("1.234.567", None), ("1234,567", None),
        ("n/a", None), ("", None), ("1e999", None), ("nan", None), ("inf", None), ("5%", None),
        ("--5", None),
        ("0x1F", None), ("1_000", None), ("1\n2", None), ("٣", None),
    ],
)  # fmt: skip
def test_numbers_with_a_decimal_point(text: str, value: float | None, cast: Cast) -> None:
    assert cast("number", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,50", 12.5), ("-1.234,5", -1234.5), ("1.234", 1234), ("1\u202f234,5", 1234.5), (",5", 0.5), ("12", 12),
        ("12.50", None), ("1.23", None), ("1,234.5", None), ("1,2,3", None),
    ],
)  # fmt: skip
def test_numbers_with_a_decimal_comma(text: str, value: float | None, cast: Cast) -> None:
    assert cast("number", text, decimal=",") == value


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("2026-10-31", "dmy", date(2026, 10, 31)),
        ("2026-1-5 9:05", "ymd", date(2026, 1, 5)),
        ("2026/10/31", "ymd", date(2026, 10, 31)),
        ("31/10/2026", "dmy", date(2026, 10, 31)),
        ("1.2.2026", "dmy", date(2026, 2, 1)),
        ("1-2-2026", "mdy", date(2026, 1, 2)),
        ("10/31/2026 23:59:59", "mdy", date(2026, 10, 31)),
        ("10/31/2026", "dmy", None),
        ("31/10/2026", "mdy", None),
        ("31/10/2026", "ymd", None),
        ("31/02/2025", "dmy", None),
        ("29/02/2024", "dmy", date(2024, 2, 29)),
        ("29/02/2023", "dmy", None),
        ("00/01/2025", "dmy", None),
        ("45231", "dmy", None),
        ("2026-10-31T25:00", "ymd", None),
    ],
)
def test_days_are_read_in_the_declared_order_or_not_at_all(
    text: str, order: str, value: date | None, cast: Cast
) -> None:
    assert cast("day", text, dates=order) == value


def test_moments_keep_their_clock(cast: Cast) -> None:
    assert cast("moment", "31.10.2026 9:05", dates="dmy") == datetime(2026, 10, 31, 9, 5)
    assert cast("moment", "2026-10-31T23:59:59.5") == datetime(2026, 10, 31, 23, 59, 59, 500000)


@pytest.mark.parametrize(
    ("value", "kind_of_value"), [(20170131, "int64"), (20170131.0, "float64"), ("20170131", "string")]
)
def test_a_day_without_marks_is_read_however_its_column_came(value: object, kind_of_value: str, cast: Cast) -> None:
    assert cast("day", value, kind_of_value) == date(2017, 1, 31)
    # As a number it stays one.
    assert cast("number", value, kind_of_value) == 20170131


@pytest.mark.parametrize(("unit", "count"), [("seconds", 1509494400), ("milliseconds", 1509494400123)])
def test_times_that_are_counted_are_read_where_that_is_declared(unit: str, count: int, cast: Cast) -> None:
    for value, kind in ((str(count), "string"), (count, "int64"), (float(count), "float64")):
        assert cast("day", value, kind, dates=unit) == date(2017, 11, 1)
        assert cast("day", value, kind) is None
    assert cast("day", "1e300", dates=unit) is None
    assert cast("day", "2017-11-01", dates=unit) == date(2017, 11, 1)


@pytest.mark.parametrize("blank", ["", "  ", "\t", "\u00a0", "?", " ? ", "N/A"])
def test_blanks_and_what_is_declared_missing_are_null(blank: str, cast: Cast) -> None:
    assert cast("text", blank, missing=["?", " N/A "]) is None


def test_what_is_declared_missing_is_missing_in_typed_columns_too(cast: Cast) -> None:
    assert cast("number", -999.0, "float64", missing=["-999"]) is None
    assert cast("number", -999, "int64", missing=["-999"]) is None
    assert cast("day", datetime(9999, 12, 31), "timestamp", missing=["9999-12-31 00:00:00"]) is None
    assert cast("number", -998.0, "float64", missing=["-999", "x"]) == -998
    assert cast("number", float("nan"), "float64") is None
    assert cast("number", float("inf"), "float64") is None


def test_typed_columns_are_not_read_with_the_decimal_mark_of_text(cast: Cast) -> None:
    assert cast("number", 1.234, "float64", decimal=",") == 1.234
    assert cast("number", 1234, "int64", decimal=",") == 1234


@pytest.mark.parametrize(
    ("text", "mapping", "value"),
    [
        ("true", {}, True), ("FALSE", {}, False), ("1", {}, True), ("0", {}, False),
        ("yes", {}, None), ("2", {}, None), ("-1", {}, None), ("1.0", {}, None),
        ("Yes", {"Yes": True, "No": False}, True), ("No", {"Yes": True, "No": False}, False),
        ("yes", {"Yes": True}, None),
        # 1 still here, 2 left: by 0 and 1 alone everyone would have left.
        ("1", {"1": False, "2": True}, False), ("2", {"1": False, "2": True}, True),
    ],
)  # fmt: skip
def test_flags_are_what_is_declared_and_never_guessed(
    text: str, mapping: dict[str, str | bool], value: bool | None
) -> None:
    assert ibis.duckdb.connect().to_pyarrow(as_flag(ibis.literal(text), mapping)).as_py() is value


@pytest.mark.parametrize(
    ("text", "value"), [("E", "earn"), ("redeem", "redeem"), ("e", None), ("Earn", None), ("gift", None)]
)
def test_codes_are_what_is_declared_or_stand_as_they_are(text: str, value: str | None) -> None:
    code = as_code(ibis.literal(text), {"E": "earn"}, ("earn", "redeem"))

    assert ibis.duckdb.connect().to_pyarrow(code).as_py() == value
