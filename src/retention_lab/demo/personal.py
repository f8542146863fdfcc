"""Personal data as customers put it into a comment: made up, and with the check digits that tell it from a number.

Nothing here belongs to anybody: example domains, numbers that no network gives out or that card schemes publish for
tests, and tax ids of places and ranges that do not exist.
"""

from retention_lab.demo.grammar import Writer

KINDS = ("email", "phone", "iban", "card", "taxid", "name")
_CARDS = ("4111 1111 1111 1111", "5555555555554444", "4242-4242-4242-4242", "4012888888881881", "5105 1051 0510 5100")
_PHONES = {
    "en": ("+44 7700 900", "07700 900"),
    "it": ("+39 333 0000", "333 0000 "),
    "es": ("+34 600 000 ", "600 000 "),
    "fr": ("+33 6 39 98 0", "06 39 98 0"),
    "sl": ("+386 31 000 ", "031 000 "),
}
_IBANS = {
    # language: (country, how the account begins, how many digits follow)
    "en": ("IE", "TEST", 14),
    "it": ("IT", "X", 22),
    "es": ("ES", "", 20),
    "fr": ("FR", "", 23),
    "sl": ("SI", "", 15),
}
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_MONTHS = "ABCDEHLMPRST"
_CONSONANTS = "BCDFGLMNPRSTVZ"
_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def personal_value(kind: str, language: str, name: str, who: Writer) -> str:
    """A value of that kind, as somebody who writes in that language would have it; `name` is the customer's own."""
    if kind == "name":
        return name
    if kind == "email":
        return _email(who)
    if kind == "phone":
        prefix = who.one_of(_PHONES[language])
        return prefix + _digits(who, 3)
    if kind == "iban":
        return _iban(language, who)
    return who.one_of(_CARDS) if kind == "card" else _TAX_IDS[language](who)


def check_letter(code: str) -> str:
    """The last letter of an Italian tax code, from the fifteen signs before it."""
    values = [int(sign) if sign.isdigit() else ord(sign) - ord("A") for sign in code]
    return chr(ord("A") + sum(_ODD[value] if place % 2 == 0 else value for place, value in enumerate(values)) % 26)


def _email(who: Writer) -> str:
    box = who.one_of(("anna", "m.rossi", "jan_k", "luc.d", "prvi", "casa", "info", "pep", "nina", "hugo"))
    return f"{box}{who.whole(1, 999)}@{who.one_of(('example.com', 'example.org', 'mail.example.com'))}"


def _iban(language: str, who: Writer) -> str:
    country, bank, length = _IBANS[language]
    account = bank + _digits(who, length)
    if language == "sl":
        return _spaced("SI56" + _slovenian_account(account), who)
    return _spaced(f"{country}{_check_digits(country, account)}{account}", who)


def _check_digits(country: str, account: str) -> str:
    """What makes the whole number one above a multiple of 97, letters counting from ten."""
    as_number = int("".join(str(int(sign, 36)) for sign in f"{account}{country}00"))
    return f"{98 - as_number % 97:02d}"


def _slovenian_account(account: str) -> str:
    """In Slovenia every IBAN begins with SI56: it is the last two digits of the account that are chosen to fit."""
    body = int(account[:13]) * 100
    return f"{body + 98 - body % 97:015d}"


def _spaced(iban: str, who: Writer) -> str:
    return iban if who.chance(0.4) else " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _italian(who: Writer) -> str:
    letters = "".join(who.one_of(_CONSONANTS) for _ in range(6))
    code = f"{letters}{who.whole(50, 99)}{who.one_of(_MONTHS)}{who.whole(1, 28):02d}X{_digits(who, 3)}"
    return code + check_letter(code)


def _spanish(who: Writer) -> str:
    number = 99_000_000 + who.whole(0, 999_999)
    return f"{number}{who.one_of(('', '-'))}{_NIF_LETTERS[number % 23]}"


def _french(who: Writer) -> str:
    number = f"{who.whole(1, 2)}{who.whole(50, 99)}{who.whole(1, 12):02d}99000{_digits(who, 3)}"
    return f"{number}{97 - int(number) % 97:02d}"


def _slovenian(who: Writer) -> str:
    while True:
        number = f"{who.whole(1, 28):02d}{who.whole(1, 12):02d}9{who.whole(50, 99)}50{_digits(who, 3)}"
        rest = sum(int(digit) * weight for digit, weight in zip(number, (7, 6, 5, 4, 3, 2) * 2, strict=True)) % 11
        # With a rest of one the check digit would be ten: such numbers are not given.
        if rest != 1:
            return f"{number}{(11 - rest) % 11}"


def _digits(who: Writer, count: int) -> str:
    return "".join(str(who.whole(0, 9)) for _ in range(count))


_TAX_IDS = {"it": _italian, "es": _spanish, "fr": _french, "sl": _slovenian}
