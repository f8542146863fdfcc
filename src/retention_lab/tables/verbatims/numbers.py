"""Numbers in a comment that name a person or an account: what they are, and where; all other numbers stay."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from retention_lab.tables.verbatims.folding import folded
from retention_lab.tables.verbatims.identifiers import (
    iban_length,
    is_card,
    is_cif,
    is_codice_fiscale,
    is_davcna,
    is_emso,
    is_iban,
    is_nie,
    is_nif,
    is_nir,
    is_partita_iva,
)

Span = tuple[int, int, str]

_I = re.IGNORECASE
_DIGIT = re.compile(r"[0-9]")
# What numbers are written with. Nothing is looked for where there is no such stretch.
_STRETCH = re.compile(r"[+(0-9][0-9 .,/()+-]{5,}")
_IBAN_BEGINS = re.compile(r"[A-Za-z]{2}[0-9]{2}")
_GLUED = re.compile(r"[0-9][A-Za-z]")
_SEVEN = re.compile(r"[0-9](?:[ .-]?[0-9]){6}")
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}(?:[ .-]{0,2}[A-Za-z0-9]){11,30}")
_CODICE = re.compile(
    r"(?<![^\W_])[A-Za-z]{3} ?[A-Za-z]{3} ?[0-9LMNP-Vlmnp-v]{2} ?[A-EHLMPRSTa-ehlmprst][0-9LMNP-Vlmnp-v]{2} ?"
    r"[A-Za-z][0-9LMNP-Vlmnp-v]{3} ?[A-Za-z](?![^\W_])"
)
_NIF = re.compile(r"(?<![\w.,])(?:[XYZ][ .-]?[0-9]{7}|[0-9]{2}\.?[0-9]{3}\.?[0-9]{3})(?:[ .-]?[A-Z]|-?[a-z])(?!\w)")
_NIE_SMALL = re.compile(r"(?<!\w)[xyz]-?[0-9]{7}-?[a-z](?!\w)")
_CIF = re.compile(r"(?<!\w)[A-HJNP-SUVWa-hjnp-suvw][ .-]?[0-9]{7}[ -]?[0-9A-Ja-j](?!\w)")
_RUN = re.compile(r"[0-9](?:[ .-]{0,2}[0-9]){11,}")
_NIR = re.compile(
    r"(?<![\w.,])[1-478][ .-]?[0-9]{2}[ .-]?(?:0[1-9]|1[0-2]|[2-9][0-9])[ .-]?(?:[0-9]{2}|2[ABab])[ .-]?[0-9]{3}[ .-]?"
    r"[0-9]{3}(?:[ .-]?[0-9]{2})?(?!\w)"
)
_TAX_PREFIX = re.compile(r"(?<!\w)(?:SI[ -]?[0-9]{8}|IT[ -]?[0-9]{11}|ES[ -]?[A-Z0-9][0-9]{7}[A-Z0-9])(?!\w)", _I)
_TAX_NUMBER = re.compile(r"(?<![\w.,])[0-9](?:[ .-]?[0-9]){7,14}(?!\w)")
_TAX = "iva piva partita fiscale davcna davcno davcne ddv tax vat tva nif cif dni nie securite secu nir emso "
_TAX_WORDS = frozenset(_TAX.split())

# A date with its year written out: no phone number is written so.
_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}([./-])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12][0-9]|3[01])"
    r"|(?:0?[1-9]|[12][0-9]|3[01])([./-]) ?(?:0?[1-9]|1[0-2])\2 ?(?:19|20)[0-9]{2})(?![0-9])"
)
_ONLY_A_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}([./-])[01]?[0-9]\1[0-3]?[0-9]|[0-3]?[0-9]([./-])[01]?[0-9]\2(?:19|20)[0-9]{2})[ .,)-]{0,4}"
)
_MONEY_AFTER = re.compile(
    r"[.,]?-? ?(?:[€$£%]|(?:eur|euro\w?|evro\w{0,2}|usd|gbp|chf|km|gb|kwh|punti|puntos|points?|točk\w{0,2})\b)", _I
)
_MONEY_BEFORE = re.compile(r"(?:[€$£]|\b(?:eur|euro|usd|gbp)) ?$", _I)
_ORDER_WORDS = (
    "ordin", "order", "pedido", "commande", "narocil", "fattura", "invoice", "factura", "facture", "racun", "pratica",
    "ticket", "referenc", "riferiment", "ref", "dossier", "contratt", "contract", "contrat", "pogodb", "tracking",
    "spedizion", "pacco", "paquet", "colis", "paket", "parcel", "serial", "imei", "codice", "code", "codigo", "koda",
    "expedient", "reclam", "zahtev", "prestavk", "pratique", "envio", "incidencia", "numero ordine",
)  # fmt: skip
_PHONING = (
    "tel telef telefono telephone phone cell cel cellulare movil mobile mobil mob portable gsm fax "
    "whatsapp telefon telefona telefonu telefonsko mobitel recapito llamadme llamame chiamatemi chiamami "
    "appelez call poklicite "
)
_PHONE_WORDS = frozenset(_PHONING.split())
_WORD = re.compile(r"[^\W\d_]+")
_NEAR = 40
# What stands before another number or in another clause is not about this one.
_ELSE = re.compile(r"[0-9,;!?\n]")
_ABROAD = "39|34|33|386|44|49|43|41|385|35[0-9]|37[0-9]|38[0-9]|42[0-9]|3[0-26]|4[05-8]|1"
_SEP = r"[ ./-]?[()]?[ ./-]?"
_END = r"(?![0-9])(?![.,/-][0-9])"
_PHONES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w+])\+ ?[1-9](?:{_SEP}[0-9]){{7,12}}(?![0-9])",
        rf"(?<![\w+.,/-])00 ?(?:{_ABROAD})(?:{_SEP}[0-9]){{7,11}}(?![0-9])",
        # In pairs, as in France: 06 12 34 56 78.
        rf"(?<![\w.,/-])0[1-9]([ .-]?)[0-9]{{2}}(?:\1[0-9]{{2}}){{3}}{_END}",
        # From a nought on: lines of Italy, Slovenia and Britain, nine to eleven digits.
        rf"(?<![\w.,/+-])0[1-9](?:[ ./-]?[()]? ?[0-9]){{7,9}}{_END}",
        # Italian mobiles: 333 123 4567 and its like.
        rf"(?<![\w.,/+-])3[1-9][0-9](?:[ ./-]?[0-9]){{7}}{_END}",
        # Spanish numbers have nine digits, and no nought before them.
        rf"(?<![\w.,/+-])[6-9][0-9](?:[0-9][ .-]?[0-9]{{3}}[ .-]?[0-9]{{3}}|[0-9](?: ?[0-9]{{2}}){{3}}"
        rf"|[ .-][0-9]{{3}}[ .-]?[0-9]{{2}}[ .-]?[0-9]{{2}}){_END}",
    )
)
_AFTER_WORD = re.compile(r"(?<![\w.,])\+?\(?[0-9](?:[ ./()-]{0,2}[0-9]){5,14}(?![0-9])")


def find_accounts(text: str) -> Iterator[Span]:
    """Where IBANs stand, in letters and digits, spaces and dots between them or not."""
    if not _IBAN_BEGINS.search(text) or not _has_digits(text, 8):
        return
    for found in _IBAN.finditer(text):
        length = iban_length(found.group()[:2].upper())
        end = _end_of(found.group(), length)
        if end and is_iban(_bare(found.group()[:end])):
            yield found.start(), found.start() + end, "iban"


def find_tax_ids(text: str) -> Iterator[Span]:
    """Where tax and register numbers with letters stand, and those that a word beside them names."""
    if _GLUED.search(text):
        yield from _lettered(_CODICE, (is_codice_fiscale,), text, 0, len(text))
    for start, end in _stretches(text, 7):
        if not _SEVEN.search(text, start, end):
            continue
        # A letter or two stand before the digits or after them.
        first, last = max(0, start - 4), min(len(text), end + 3)
        for pattern, checks in _LETTERED:
            yield from _lettered(pattern, checks, text, first, last)
        for found in _TAX_PREFIX.finditer(text, first, last):
            if any(check(_bare(found.group())[2:]) for check in (is_davcna, is_partita_iva, is_nif, is_nie, is_cif)):
                yield *found.span(), "taxid"
        for found in _TAX_NUMBER.finditer(text, start, last):
            if any(check(_bare(found.group())) for check in _BY_WORD) and _TAX_WORDS & {*_words_before(text, found)}:
                yield *found.span(), "taxid"


def find_long_numbers(text: str) -> Iterator[Span]:
    """Where cards stand, and register numbers of thirteen and fifteen digits."""
    if not _has_digits(text, 12):
        return
    for run in _RUN.finditer(text):
        yield from _in_run(run.group(), run.start())
    for found in _NIR.finditer(text):
        bare = _bare(found.group())
        # Thirteen digits without a key may be anything, unless they are written in groups.
        if is_nir(bare) and (len(bare) == 15 or " " in found.group() or not bare.isdigit()):
            yield *found.span(), "taxid"


def find_phones(text: str) -> Iterator[Span]:
    """Where phone numbers stand: with a sign of one in front, or a word that says so. Dates and amounts are none."""
    for start, end in _stretches(text, 6):
        for pattern in _PHONES:
            for found in pattern.finditer(text, start, end):
                if not _is_other(text, found):
                    yield *found.span(), "phone"
        for found in _AFTER_WORD.finditer(text, start, end):
            if _PHONE_WORDS & {*_words_before(text, found)} and not _is_other(text, found):
                yield *found.span(), "phone"


def _has_digits(text: str, least: int) -> bool:
    return len(_DIGIT.findall(text)) >= least


def _stretches(text: str, least: int) -> list[tuple[int, int]]:
    """Where so many digits stand together. Most such places are dates, and need no further look."""
    return [
        found.span()
        for found in _STRETCH.finditer(text)
        if _has_digits(found.group(), least) and not _ONLY_A_DATE.fullmatch(found.group())
    ]


def _lettered(
    pattern: re.Pattern[str], checks: Sequence[Callable[[str], bool]], text: str, start: int, end: int
) -> Iterator[Span]:
    for found in pattern.finditer(text, start, end):
        if any(check(_bare(found.group())) for check in checks):
            yield *found.span(), "taxid"


def _words_before(text: str, found: re.Match[str]) -> list[str]:
    """The last words before a number, in plain small letters."""
    near = text[max(0, found.start() - _NEAR) : found.start()]
    return _WORD.findall(folded(_ELSE.split(near)[-1]))[-4:]


_BY_WORD = (is_davcna, is_partita_iva, is_nir, is_emso)
_LETTERED: tuple[tuple[re.Pattern[str], tuple[Callable[[str], bool], ...]], ...] = (
    (_NIF, (is_nif, is_nie)),
    (_NIE_SMALL, (is_nie,)),
    (_CIF, (is_cif,)),
)


def _bare(written: str) -> str:
    return re.sub(r"[ .-]", "", written).upper()


def _end_of(written: str, length: int) -> int:
    """Where so many letters and digits end; 0 where there are fewer. What goes on after them may be the next word."""
    counts = list(accumulate(int(sign.isalnum()) for sign in written))
    return counts.index(length) + 1 if length and counts[-1] >= length else 0


def _in_run(run: str, start: int) -> Iterator[Span]:
    """The cards and register numbers among groups of digits: each begins and ends with a group."""
    groups = [found.span() for found in re.finditer(r"\d+", run)]
    at = 0
    while at < len(groups):
        found = _longest(run, groups[at : at + 8])
        if found:
            last, kind = found
            yield start + groups[at][0], start + groups[at + last][1], kind
        at += found[0] + 1 if found else 1


def _longest(run: str, groups: list[tuple[int, int]]) -> tuple[int, str] | None:
    for last in reversed(range(len(groups))):
        digits = "".join(run[first:end] for first, end in groups[: last + 1])
        if 12 <= len(digits) <= 19 and is_card(digits):
            return last, "card"
        if len(digits) == 13 and is_emso(digits):
            return last, "taxid"
    return None


def _is_other(text: str, found: re.Match[str]) -> bool:
    """Whether a number is an amount, a date or the number of an order."""
    start, end = found.span()
    if _DATE.match(text, start) or _MONEY_AFTER.match(text, end):
        return True
    before = text[max(0, start - _NEAR) : start]
    words = _words_before(text, found)[-3:]
    if _MONEY_BEFORE.search(before) or before.endswith(("#", "# ")):
        return True
    return not _PHONE_WORDS & {*words} and text[start] != "+" and any(word.startswith(_ORDER_WORDS) for word in words)
