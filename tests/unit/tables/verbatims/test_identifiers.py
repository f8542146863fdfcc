from collections.abc import Callable

import pytest

from retention_lab.tables.verbatims import identifiers as ids

# Made up. Those of the registry of IBANs, of INSEE, of the Italian and Spanish tax agencies and of networks of cards
# are the examples that they print themselves.
VALID = [
    (ids.is_iban, "IT60X0542811101000000123456"),
    (ids.is_iban, "ES9121000418450200051332"),
    (ids.is_iban, "FR1420041010050500013M02606"),
    (ids.is_iban, "SI56263300012039086"),
    (ids.is_iban, "GB29NWBK60161331926819"),
    (ids.is_card, "4111111111111111"),
    (ids.is_card, "5555555555554444"),
    (ids.is_card, "378282246310005"),
    (ids.is_codice_fiscale, "RSSMRA85T10A562S"),
    (ids.is_codice_fiscale, "MRTMTT91D08F205J"),
    (ids.is_partita_iva, "00743110157"),
    (ids.is_nif, "12345678Z"),
    (ids.is_nie, "X1234567L"),
    (ids.is_cif, "A58818501"),
    (ids.is_nir, "255081416802538"),
    (ids.is_nir, "2550814168025"),
    (ids.is_emso, "0101006500006"),
    (ids.is_davcna, "50223054"),
]


@pytest.mark.parametrize(("check", "number"), VALID)
def test_a_number_with_its_check_is_one(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(("check", "number"), [pair for pair in VALID if len(pair[1]) != 13 or pair[0] is ids.is_emso])
def test_no_other_last_sign_makes_one(check: Callable[[str], bool], number: str) -> None:
    signs = "0123456789" if number[-1].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    others = [number[:-1] + sign for sign in signs if sign != number[-1]]

    assert [other for other in others if check(other)] == []


@pytest.mark.parametrize(("check", "number"), VALID)
def test_one_sign_less_or_more_makes_none(check: Callable[[str], bool], number: str) -> None:
    assert not check(number + "0")
    assert not check("")
    assert not check(number[1:]) or check is ids.is_nir


def test_a_key_of_corsica_counts_its_letters_as_18_and_19() -> None:
    number = "1" + "85" + "08" + "2A" + "005" + "678"
    key = 97 - int(number.replace("2A", "19")) % 97

    assert ids.is_nir(f"{number}{key:02}")
    assert not ids.is_nir(f"{number}{key % 97 + 1:02}")


def test_an_emso_begins_with_a_day_that_there_was() -> None:
    assert not ids.is_emso("3113006500006")
