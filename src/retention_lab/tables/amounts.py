"""Text to numbers, as Ibis expressions: with thousands, currency signs, and the minus signs of book-keepers."""

import ibis
import ibis.expr.types as ir

CURRENCIES = {
    "€": "EUR", "US$": "USD", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "Kč": "CZK", "zł": "PLN",
    "Fr.": "CHF", "R$": "BRL", "kr": "SEK, NOK or DKK",
}  # fmt: skip
"""What a sign stands for: the likeliest currency where several share it."""
_CODES = (
    "EUR USD GBP CHF CZK PLN HUF SEK NOK DKK RON BGN RSD TRY UAH RUB JPY CNY INR BRL MXN ARS CLP COP CAD AUD NZD ZAR"
)
_SIGNS = "US\\$|R\\$|[€$£¥₹₽]|Kč|zł|kr|Fr\\.|" + _CODES.replace(" ", "|")
SIGN = f"({_SIGNS})"
PER_CENT = r"^[+-]?\d[\d.,' ]* ?[%‰]$"
DECIMAL_COMMA = r"^[+-]?(\d{1,3}([. ]\d{3})+|\d+),\d{1,2}$"
DECIMAL_POINT = r"^[+-]?(\d{1,3}([, ]\d{3})+|\d+)\.\d{1,2}$"
THOUSANDS_BY_COMMA, THOUSANDS_BY_POINT = r"^[+-]?\d{1,3},\d{3}$", r"^[+-]?\d{1,3}\.\d{3}$"


def as_amount(text: ir.StringValue, decimal: str) -> ir.FloatingValue:
    """The number that a text says, where `decimal` is the mark before its fraction; null where it cannot be read.

    A currency may stand before or after it. `(12.50)` and `12.50-` are less than nought, as book-keepers write it.
    """
    # Thousands are accepted only in full groups: "1,5" with a decimal point is a mistake, not fifteen.
    point = rf"\{decimal}"
    separators = r"[,' ]" if decimal == "." else r"[.' ]"
    whole = rf"\d{{1,3}}(?:{separators}\d{{3}})+(?:{point}\d+)?"
    plain = rf"\d+(?:{point}\d*)?|{point}\d+"
    number = rf"(?:{whole}|{plain})"
    # The minus of typesetters is that of Slovenian and Scandinavian programs.
    before, after = rf"(?:[+−-]? ?{SIGN}?|{SIGN} ?[+−-]) ?{number}-?", rf"[+−-]?{number}-? ?{SIGN}-?"
    dressed = rf"^(?:{before}|{after}|\( ?{SIGN}? ?{number}\)|\({number} ?{SIGN}\))$"
    known = (
        (text.re_search(rf"^[+-]?(?:{plain})(?:[eE][+-]?\d+)?$"), text),
        (text.re_search(rf"^[+-]?(?:{whole})$"), text.re_replace(separators, "")),
        (text.re_search(dressed), _undressed(text, separators)),
    )
    return ibis.cases(*known, else_=ibis.null("string")).replace(decimal, ".").try_cast("float64")


def currency_of(text: ir.StringValue) -> ir.StringValue:
    """The currency that stands beside a number, by its code; an empty text where there is none."""
    sign = text.re_extract(SIGN, 1)
    return ibis.cases(*((sign == written, code) for written, code in CURRENCIES.items()), else_=sign)


def _undressed(text: ir.StringValue, separators: str) -> ir.StringValue:
    """The number alone, with its minus in front; two minuses are left there, and cannot be read."""
    bare = text.re_replace(SIGN, "").re_replace(separators, "").replace("−", "-")
    booked = bare.re_replace(r"^\((.*)\)$", r"-\1")
    return booked.re_replace(r"^(.*[^-])-$", r"-\1").re_replace(r"^\+", "")
