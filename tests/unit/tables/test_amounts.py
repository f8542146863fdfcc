from typing import Any

import ibis
import pytest

from retention_lab.tables.amounts import as_amount, currency_of


@pytest.fixture(scope="module")
def engine() -> Any:
    return ibis.duckdb.connect()


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("€5", 5, "EUR"), ("5 €", 5, "EUR"), ("EUR 1,234.50", 1234.5, "EUR"), ("1,234.50 CHF", 1234.5, "CHF"),
        ("$12.50", 12.5, "USD"), ("US$ 12.50", 12.5, "USD"), ("R$ 12.50", 12.5, "BRL"), ("£.50", 0.5, "GBP"),
        ("12 Kč", 12, "CZK"), ("1'234.50 Fr.", 1234.5, "CHF"), ("12 zł", 12, "PLN"),
        ("-$12.50", -12.5, "USD"), ("$-12.50", -12.5, "USD"), ("$12.50-", -12.5, "USD"), ("12.50- €", -12.5, "EUR"),
        ("(12.50)", -12.5, ""), ("($12.50)", -12.5, "USD"), ("(12.50 €)", -12.5, "EUR"), ("12.50-", -12.5, ""),
        ("−12.50", -12.5, ""), ("−12.50 €", -12.5, "EUR"),
        ("+€3", 3, "EUR"), ("12.50", 12.5, ""),
        ("--5", None, ""), ("-12.50-", None, ""), ("(-5)", None, ""), ("+-5", None, ""), ("€", None, "EUR"),
        ("€5€", None, "EUR"), ("€1e3", None, "EUR"), ("5 EURO", None, "EUR"), ("5%", None, ""), ("(1,2)", None, ""),
        ("(5", None, ""), ("", None, ""),
    ],
)  # fmt: skip
def test_amounts_as_people_and_book_keepers_write_them(
    text: str, value: float | None, currency: str, engine: Any
) -> None:
    assert engine.to_pyarrow(as_amount(ibis.literal(text), ".")).as_py() == value
    assert engine.to_pyarrow(currency_of(ibis.literal(text))).as_py() == currency


@pytest.mark.parametrize(
    ("text", "value"), [("1.234,50 €", 1234.5), ("(12,5)", -12.5), ("12,5-", -12.5), ("€ 12.50", None)]
)
def test_amounts_with_a_decimal_comma(text: str, value: float | None, engine: Any) -> None:
    assert engine.to_pyarrow(as_amount(ibis.literal(text), ",")).as_py() == value
