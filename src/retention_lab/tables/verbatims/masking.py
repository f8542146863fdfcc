"""What tells who wrote a comment is masked, in memory, before anybody sees it. This is not anonymisation.

Numbers and addresses are gone, and the customer's own name. Who it was may still be guessed from what is said.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

from retention_lab.tables.verbatims.folding import folded
from retention_lab.tables.verbatims.numbers import (
    Span,
    find_accounts,
    find_long_numbers,
    find_phones,
    find_tax_ids,
)

KINDS = ("email", "phone", "iban", "card", "taxid", "url", "handle", "name")
MASK = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")
"""What stands for something masked."""

_URL = re.compile(r"(?:(?:https?|ftp)://|www\.)[^\s<>\"\]]{2,2000}|javascript:\S{1,2000}", re.IGNORECASE)
_AT = r"(?:[@＠]| [@＠] |\s?[\[(]\s?(?:at|chiocciola|arroba|arobase|afna)\s?[\])]\s?)"
_EMAIL = re.compile(
    rf"[^\s@＠<>()\[\],;:\"]{{1,64}}{_AT}(?:[^\W_](?:[\w-]{{0,62}})\.){{1,8}}[^\W\d_][\w-]{{1,62}}", re.I
)
_TOP = "com|org|net|eu|info|biz|io|app|shop|online|it|es|fr|si|uk|de|at|ch|hr|pt|cat|me|ly"
_DOMAIN = re.compile(
    rf"(?<![\w@.])(?:[a-z0-9][\w-]{{0,62}}\.){{1,4}}(?:{_TOP})(?![\w-])(?:[/?#][^\s<>\"\]]{{0,2000}})?", re.I
)
_HANDLE = re.compile(r"(?<![\w@.\]])[@＠][^\W\d_][\w.]{1,30}(?<!\.)")
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[ '’._-]{1,3}|, ")
_SHORTEST_PART, _SHORTEST_ID = 3, 5
_LONGEST_NAME, _MOST_PARTS = 400, 8
# A name is bent in Slovenian: Novaku, Novakom, Novakova, Zakrajšku of Zakrajšek; Mariji of Marija, Marku of Marko.
_OWNED = ("ov", "ova", "ovo", "ove", "ovi", "ev", "eva", "evo", "evi")
_ENDINGS = ("a", "u", "om", "em", "i", "ja", "ju", "jem", *_OWNED)
_INSTEAD = {"a": ("e", "i", "o", "in", "ina", "ino", "ine", "ini"), "o": ("a", "u", "om", "em", "i", *_OWNED)}
_SHORTEST_BENT = 4
_CUES = (
    "ciao salve saluti firma firmato sono chiamo signor signora signore sig caro cara gentile hola "
    "saludos saludo soy llamo senor senora don dona firmado estimado estimada bonjour suis appelle "
    "monsieur madame cordialement signe cher chere pozdrav pozdravljeni sem ime gospod gospa spostovani "
    "podpis lp gospodu gospe gospo hi hello dear regards am is name mr mrs ms miss signed sincerely "
    "thanks grazie gracias merci hvala "
)
_BESIDE = frozenset(_CUES.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text with what was found in it masked, and how often each kind was."""

    text: str
    counts: Mapping[str, int]


def mask(text: str, name: str = "", customer_id: str = "") -> Masked:
    """Mask addresses, numbers that name somebody, and the customer's own name and id, which counts as a name.

    To mask again changes nothing.
    """
    counts: dict[str, int] = {}
    text = _masked(text, _own_ids(text, customer_id), counts)
    for is_worth_it, find in _FINDERS:
        if is_worth_it(text):
            text = _masked(text, find(text), counts)
    text = _without_numbers(text, counts)
    if name:
        text = _masked(text, _names(text, name), counts)
        # What a name was glued to may stand alone now.
        text = _without_numbers(text, counts) if "name" in counts else text
    return Masked(text=text, counts=counts)


def _without_numbers(text: str, counts: dict[str, int]) -> str:
    """Until there is none left: beside one that is masked, another may show."""
    before = ""
    while text != before and _HAS_NUMBER.search(text):
        before = text
        for find in _NUMBERS:
            text = _masked(text, find(text), counts)
    return text


def _masked(text: str, spans: Iterable[Span], counts: dict[str, int]) -> str:
    """The text with the spans masked; of those that overlap, the earlier, and of these the longer."""
    found = sorted(spans, key=lambda span: (span[0], -span[1]))
    if not found:
        return text
    parts, end = [], 0
    for start, stop, kind in found:
        if start >= end:
            parts += [text[end:start], f"[{kind}]"]
            counts[kind] = counts.get(kind, 0) + 1
            end = stop
    return "".join([*parts, text[end:]])


def _all(pattern: re.Pattern[str], kind: str) -> Callable[[str], Iterator[Span]]:
    return lambda text: ((*found.span(), kind) for found in pattern.finditer(text))


_HAS_DOMAIN = re.compile(rf"\.(?:{_TOP})(?![\w-])", re.IGNORECASE)
_HAS_NUMBER = re.compile(r"[0-9][0-9 ./,()+-]{4,}[0-9]|[0-9][A-Za-z]|[A-Za-z][0-9]")


def _has_address(text: str) -> bool:
    small = text.lower()
    return "://" in small or "www." in small or "javascript:" in small


def _has_at(text: str) -> bool:
    return "@" in text or "＠" in text or "(" in text or "[" in text


def _has_handle(text: str) -> bool:
    return "@" in text or "＠" in text


# An address may hold a number, an account a phone number: the larger thing first.
_FINDERS: tuple[tuple[Callable[[str], object], Callable[[str], Iterable[Span]]], ...] = (
    (_has_address, _all(_URL, "url")),
    (_has_at, _all(_EMAIL, "email")),
    (_HAS_DOMAIN.search, _all(_DOMAIN, "url")),
    (_has_handle, _all(_HANDLE, "handle")),
)


_NUMBERS = (find_accounts, find_tax_ids, find_long_numbers, find_phones)


class _Parts(NamedTuple):
    """What a name may be written as: its parts, two of them as one word, and how Slovenian bends them.

    `bent` differs from a part by what is added, or an `e` that falls out. `other` has another vowel at its end, and may
    be a word of its own: Anni, Marca. Where none of the `roots` is, there is no name. `short` only stands in between.
    """

    whole: frozenset[str]
    joined: frozenset[str]
    bent: frozenset[str]
    other: frozenset[str]
    roots: frozenset[str]
    short: frozenset[str]


@lru_cache(maxsize=4_096)
def _parts(name: str) -> _Parts:
    """The parts of a name that name somebody, in all their forms."""
    parts = _WORD.findall(folded(unicodedata.normalize("NFC", name[:_LONGEST_NAME])))
    long = frozenset(part for part in parts if len(part) >= _SHORTEST_PART)
    added = {part for part in long if len(part) >= _SHORTEST_BENT}
    added |= {part[:-2] + part[-1] for part in added if part[-2] == "e" and part[-1] in "cklrn"}
    ends = [(part[:-1], _INSTEAD[part[-1]]) for part in long if part[-1] in _INSTEAD]
    return _Parts(
        whole=long,
        joined=frozenset(first + second for first, second in permutations(sorted(long)[:_MOST_PARTS], 2)),
        bent=frozenset(stem + ending for stem in added for ending in _ENDINGS) - long,
        other=frozenset(stem + ending for stem, endings in ends for ending in endings) - long,
        roots=long | added | {stem for stem, _ in ends},
        short=frozenset(parts) - long,
    )


def _own_ids(text: str, customer_id: str) -> Iterator[Span]:
    """Where customers write the number under which they are known. A short one may be any number or word."""
    own = customer_id.strip()
    if len(own) < _SHORTEST_ID or not any(sign.isdigit() for sign in own) or own.lower() not in text.lower():
        return
    for found in re.finditer(rf"(?<!\w){re.escape(own)}(?!\w)", text, re.IGNORECASE):
        yield *found.span(), "name"


def _names(text: str, name: str) -> Iterator[Span]:
    forms = _parts(name)
    plain = folded(text)
    if not any(root in plain for root in forms.roots):
        return
    words = [found.span() for found in _WORD.finditer(text)]
    of_name = [_is_part(plain[start:end], forms) for start, end in words]
    last = -1
    for at, is_part in enumerate(of_name):
        if is_part and at > last and not _is_mask(text, *words[at]):
            last = _end_of_name(text, plain, words, of_name, at, forms.short)
            places = range(at, last + 1)
            parts = {plain[slice(*words[place])] for place in places if of_name[place]}
            if len(parts) > 1 or any(_names_somebody(text, plain, words, place, forms) for place in places):
                yield words[at][0], words[last][1], "name"


def _is_part(word: str, forms: _Parts) -> bool:
    return word in forms.whole or word in forms.joined or word in forms.bent or word in forms.other


def _names_somebody(text: str, plain: str, words: list[tuple[int, int]], at: int, forms: _Parts) -> bool:
    """Whether a word that may be a name is one: with a capital, after a greeting, or as a signature."""
    start, end = words[at]
    if plain[start:end] in forms.joined:
        return True
    # Where a sentence begins, any word has a capital.
    if text[start].isupper() and not (plain[start:end] in forms.other and _begins_sentence(text, start)):
        return True
    if at and plain[slice(*words[at - 1])] in _BESIDE:
        return True
    is_last = at + 1 == len(words) and not text[end:].strip(" .!,;")
    return is_last and at > 0 and not text[words[at - 1][1] : start].isspace()


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \"'’«“([*-")
    return not before or before[-1] in ".!?:…\n"


def _end_of_name(
    text: str, plain: str, words: list[tuple[int, int]], of_name: list[bool], at: int, short: frozenset[str]
) -> int:
    """The last word of a name that begins with this one; a `de la` may stand between two of its parts."""
    last = at
    for after in range(at + 1, len(words)):
        if not _BETWEEN.fullmatch(text[words[after - 1][1] : words[after][0]]):
            break
        if of_name[after]:
            last = after
        elif plain[slice(*words[after])] not in short:
            break
    return last


def _is_mask(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : end + 1] in {f"[{kind}]" for kind in KINDS}
