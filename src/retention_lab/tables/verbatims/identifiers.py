"""Numbers that name a person or an account, told from other numbers by their check digits.

Each function takes the number without spaces, dots and dashes, in capitals.
"""

import re
from datetime import date

# Length of an IBAN by country: the registry of ISO 13616, kept by SWIFT.
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 24, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
_CODICE = re.compile(r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]")
# What a character counts at an odd place; from Z on the order is that of the decree.
_ODD = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True)) | dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIR = re.compile(r"[1-478]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d\d|2[AB])\d{6}(?:\d\d)?")
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5\d|2[2-7]|35|6\d)\d{14}|3[47]\d{13}|3[0689]\d{12}|(?:5[06-9]|6\d)\d{10,17}"
)


def iban_length(country: str) -> int:
    """How many characters an IBAN of that country has; 0 where it has none."""
    return _IBAN_LENGTHS.get(country, 0)


def is_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the sum ends in 0."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def is_card(digits: str) -> bool:
    """A number as issuers of payment cards give them (ISO/IEC 7812), with its check digit."""
    return bool(_CARD.fullmatch(digits)) and is_luhn(digits)


def is_iban(text: str) -> bool:
    """ISO 13616: of the country's length, and 1 modulo 97 the first four characters last and letters from 10 on."""
    if iban_length(text[:2]) != len(text) or not text.isalnum() or not text.isascii() or not text[2:4].isdigit():
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def is_codice_fiscale(text: str) -> bool:
    """Italian decree 23 December 1976: the last of sixteen letters is the sum of the others' values, modulo 26."""
    if not _CODICE.fullmatch(text):
        return False
    even = sum(int(sign) if sign.isdigit() else ord(sign) - 65 for sign in text[1:15:2])
    return chr(65 + (even + sum(_ODD[sign] for sign in text[0:15:2])) % 26) == text[15]


def is_partita_iva(digits: str) -> bool:
    """Italian decree 633/1972: eleven digits, of which the last is checked as on a card."""
    return bool(re.fullmatch(r"[0-9]{11}", digits)) and int(digits) > 0 and is_luhn(digits)


def is_nif(text: str) -> bool:
    """Spanish royal decree 1553/2005: eight digits and the letter at the place of their remainder by 23."""
    return bool(re.fullmatch(r"[0-9]{8}[A-Z]", text)) and _NIF_LETTERS[int(text[:8]) % 23] == text[8]


def is_nie(text: str) -> bool:
    """Spanish order INT/2058/2008: as a NIF, with X, Y or Z for a first digit 0, 1 or 2."""
    return bool(re.fullmatch(r"[XYZ][0-9]{7}[A-Z]", text)) and is_nif(str("XYZ".index(text[0])) + text[1:])


def is_cif(text: str) -> bool:
    """Spanish order EHA/451/2008: a letter, seven digits, and a check that is a digit or, by its place, a letter."""
    if not re.fullmatch(r"[A-HJNP-SUVW][0-9]{7}[0-9A-J]", text):
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in text[1:8:2])
    check = -(doubled + sum(int(digit) for digit in text[2:8:2])) % 10
    return text[8] in (str(check), "JABCDEFGHI"[check])


def is_nir(text: str) -> bool:
    """French decree 82-103, INSEE: sex, year, month, place and order; with a key it is 97 less the remainder by 97.

    In Corsica 2A counts as 19, and 2B as 18. Without the key, thirteen signs of that form are one.
    """
    if not _NIR.fullmatch(text):
        return False
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return len(text) == 13 or 97 - number % 97 == int(text[13:])


def is_emso(digits: str) -> bool:
    """Slovenian Central Population Register Act: day, month, year, register, order, and a check digit modulo 11."""
    if not re.fullmatch(r"[0-9]{13}", digits):
        return False
    year = int(digits[4:7]) + (1000 if digits[4] in "89" else 2000)
    try:
        date(year, int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, (7, 6, 5, 4, 3, 2) * 2, strict=False))
    return total % 11 != 1 and -total % 11 == int(digits[12])


def is_davcna(digits: str) -> bool:
    """Slovenian Tax Procedure Act: eight digits, the last of which is 11 less the weighted sum's remainder by 11."""
    if not re.fullmatch(r"[1-9][0-9]{7}", digits):
        return False
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(8, 1, -1), strict=False)) % 11
    return (0 if check == 10 else check) == int(digits[7])
