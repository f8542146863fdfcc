"""Every visible string, and numbers, dates and money, in the reader's language.

Strings are looked up with gettext in `locale/`; where there is no catalogue for a language yet, the text is English
and numbers are written the English way too, so that a page never mixes two languages.
"""

import gettext
import math
from dataclasses import dataclass, field
from datetime import date
from decimal import localcontext
from functools import cached_property
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

LANGUAGES = ("en", "it", "es", "fr", "sl")
_LOCALE_DIR = Path(__file__).parent / "locale"
_DASH = "–"
# A hyphen would let a line end between the sign and its number.
_MINUS = "\u2212"
# The largest number has 309 digits: what a mistake in a file holds is shown as it is, and stops no report.
_PRECISION = 350


@dataclass(frozen=True)
class Text:
    """Strings and numbers for one reader.

    `language` is one of `LANGUAGES`; `currency` an ISO 4217 code.
    """

    language: str = "en"
    currency: str = "EUR"
    _catalogue: gettext.NullTranslations = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        catalogue = gettext.translation("retention_lab", _LOCALE_DIR, [self.language], fallback=True)
        object.__setattr__(self, "_catalogue", catalogue)

    @cached_property
    def _locale(self) -> Locale:
        translated = isinstance(self._catalogue, gettext.GNUTranslations)
        return Locale.parse(self.language if translated else "en_GB")

    @property
    def html_language(self) -> str:
        """The language that a page is really written in, for its `lang` attribute."""
        return self._locale.language

    def say(self, message: str, /, **values: object) -> str:
        """`message` in the reader's language, its `{placeholders}` filled in."""
        return self._catalogue.gettext(message).format(**values)

    def say_many(self, one: str, many: str, n: int, /, **values: object) -> str:
        """The plural form of the reader's language for `n`; `{n}` is written with separators."""
        return self._catalogue.ngettext(one, many, n).format(n=self.count(n), **values)

    def count(self, n: float) -> str:
        """A whole number with thousands separators; a dash where there is none."""
        return self.number(n, 0)

    def number(self, value: float, digits: int = 1) -> str:
        """A number with exactly `digits` decimals; a dash where there is none."""
        if not math.isfinite(value):
            return _DASH
        # Rounding may leave -0.0, and nobody should have to read "-0".
        pattern = f"#,##0.{'0' * digits}".rstrip(".")
        with localcontext(prec=_PRECISION):
            told = format_decimal(round(value, digits) + 0.0, pattern, locale=self._locale)
        return told.replace("-", _MINUS)

    def percent(self, share: float, digits: int = 1) -> str:
        """A share (0 to 1) as a percentage; a dash where there is none."""
        if not math.isfinite(share):
            return _DASH
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        with localcontext(prec=_PRECISION):
            told = format_percent(round(share, digits + 2) + 0.0, pattern, locale=self._locale)
        return told.replace("-", _MINUS)

    def money(self, amount: float, digits: int = 0) -> str:
        """An amount in the client's currency."""
        if not math.isfinite(amount):
            return _DASH
        pattern = self._locale.currency_formats["standard"].pattern.split(";")[0]
        pattern = pattern.replace(".00", "." + "0" * digits if digits else "")
        if pattern.startswith("¤#") and get_currency_symbol(self.currency, self._locale)[-1].isalpha():
            # A code of letters would run into the number: CHF5.
            pattern = pattern.replace("¤", "¤\u00a0")
        rounded = round(amount, digits) + 0.0
        with localcontext(prec=_PRECISION):
            told = format_currency(rounded, self.currency, pattern, locale=self._locale, currency_digits=False)
        return told.replace("-", _MINUS)

    def date(self, day: date) -> str:
        """A day, written out: 31 October 2026."""
        return format_date(day, "long", locale=self._locale)

    def join(self, items: list[str]) -> str:
        """Items as a list in a sentence: a, b and c."""
        return format_list(items, locale=self._locale) if items else _DASH

    def percent_interval(self, lower: float, upper: float, digits: int = 1) -> str:
        """An interval of shares: 12.1% to 14.0%."""
        return self.say("{lower} to {upper}", lower=self.percent(lower, digits), upper=self.percent(upper, digits))

    def interval(self, lower: float, upper: float, digits: int = 1) -> str:
        """An interval of numbers: 12.1 to 14.0."""
        return self.say("{lower} to {upper}", lower=self.number(lower, digits), upper=self.number(upper, digits))

    def pvalue(self, value: float) -> str:
        """A p-value as text: `p = 0.013`, `p < 0.001`."""
        if not math.isfinite(value):
            return _DASH
        if value < 0.001:
            return self.say("p < {limit}", limit=self.number(0.001, 3))
        if value > 0.999:
            return self.say("p > {limit}", limit=self.number(0.999, 3))
        return self.say("p = {value}", value=self.number(value, 3))
