"""The made-up personal data have the check digits by which real ones are told from other numbers."""

from datetime import date

import numpy as np
import pytest

from retention_lab.demo.feedback import LANGUAGES
from retention_lab.demo.grammar import Writer, writer
from retention_lab.demo.personal import check_letter, personal_value

MANY = 200


@pytest.fixture
def somebody() -> Writer:
    return writer("it", date(2026, 3, 1), np.random.default_rng(4))


def _values(kind: str, language: str, who: Writer) -> list[str]:
    return [personal_value(kind, language, "Ana Zupan", who).replace(" ", "").replace("-", "") for _ in range(MANY)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_accounts_have_the_length_of_their_country_and_a_rest_of_one(language: str, somebody: Writer) -> None:
    # ISO 13616: the first four signs go to the end, letters count from ten, and 97 leaves one.
    length = {"en": 22, "it": 27, "es": 24, "fr": 27, "sl": 19}[language]
    for iban in _values("iban", language, somebody):
        assert len(iban) == length
        assert int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
        assert language != "sl" or iban.startswith("SI56")


def test_cards_are_sound_by_luhn(somebody: Writer) -> None:
    for card in _values("card", "en", somebody):
        doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(card))]
        assert sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


def test_an_italian_tax_code_ends_with_its_letter(somebody: Writer) -> None:
    # The code that the Agenzia delle Entrate prints as its specimen.
    assert check_letter("RSSMRA80A01H501") == "U"
    for code in _values("taxid", "it", somebody):
        assert len(code) == 16
        assert check_letter(code[:15]) == code[15]


def test_spanish_and_french_tax_ids_have_their_check(somebody: Writer) -> None:
    for nif in _values("taxid", "es", somebody):
        assert "TRWAGMYFPDXBNJZSQVHLCKE"[int(nif[:8]) % 23] == nif[8:]
    for nir in _values("taxid", "fr", somebody):
        assert len(nir) == 15
        assert (int(nir[:13]) + int(nir[13:])) % 97 == 0


def test_a_slovenian_personal_number_leaves_no_rest(somebody: Writer) -> None:
    for emso in _values("taxid", "sl", somebody):
        assert len(emso) == 13
        weights = (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
        assert sum(int(digit) * weight for digit, weight in zip(emso, weights, strict=True)) % 11 == 0


def test_addresses_are_of_domains_that_are_nobodys(somebody: Writer) -> None:
    domains = {value.split("@")[1] for value in _values("email", "fr", somebody)}
    assert domains == {"example.com", "example.org", "mail.example.com"}
