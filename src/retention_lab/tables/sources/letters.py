"""Which encoding reads right: the one in whose reading the letters are those of a language. It is only ever a guess.

Used where a client is drafted, and a person looks at the draft; a file that is loaded is never guessed at.
"""

import re
from collections import Counter
from itertools import chain, islice

from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import folded
from retention_lab.tables.sources.encoding import Raw, find_encoding, is_ascii, reads_as_utf8

_SIGNS = "€’‘“”„–—…°·ºª£§«»¿¡\u00a0"
_LETTERS = {
    "Italian": "àèéìíòóù",
    "Spanish": "áéíóúñü",
    "French": "àâæçéèêëîïôœùûüÿ",
    "German": "äöüß",
    "Portuguese": "áâãàçéêíóôõú",
    "Slovenian": "čšž",
    "Croatian": "čćđšž",
    "Czech": "áčďéěíňóřšťúůýž",
    "Polish": "ąćęłńóśźż",
    "Hungarian": "áéíóöőúüű",
    "Nordic": "åäöæø",
    "Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ",
    "Turkish": "çğıöşüâ",
}
_ENCODINGS = {
    "cp1252": ("Italian", "Spanish", "French", "German", "Portuguese", "Nordic"),
    "cp1250": ("Slovenian", "Croatian", "Czech", "Polish", "Hungarian", "German"),
    "cp850": ("Italian", "Spanish", "French", "German", "Portuguese", "Nordic"),
    "mac_roman": ("Italian", "Spanish", "French", "German", "Portuguese", "Nordic"),
    "iso8859-2": ("Slovenian", "Croatian", "Czech", "Polish", "Hungarian"),
    "cp852": ("Slovenian", "Croatian", "Czech", "Polish", "Hungarian"),
    "cp1251": ("Russian",),
    "cp1253": ("Greek",),
    "cp1254": ("Turkish",),
}
_LOOKED_AT, _EXAMPLES = 8 * 2**20, 10_000
_HIGH = re.compile(rb"[^\x00-\x7f]+")
# Cyrillic and Greek words have no Latin letters in them, and accented ones hardly any others.
_AMONG_LATIN = re.compile(rb"(?<=[A-Za-z])[^\x00-\x7f]+|[^\x00-\x7f]+(?=[A-Za-z])")
_NOT_LATIN = ("cp1251", "cp1253")
_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_FIRST = 2_000
# An Italian è ends a word, a Slovenian č hardly ever does; both are the same byte.
_INSIDE_WORD = re.compile(rb"[\xe8\xc8](?=[a-z])", re.IGNORECASE)


def guess_encoding(raw: Raw) -> tuple[str | None, tuple[Doubt, ...]]:
    """The encoding to declare (None: the file says it itself, or it is UTF-8), and how far that is a guess."""
    if find_encoding(raw, None) != "utf-8" or is_ascii(raw) or reads_as_utf8(raw):
        return _without_mark(raw)
    with raw.open() as stream:
        block = stream.read(_LOOKED_AT)
    ranked = _ranked(block)
    taken, *others = ranked or ["cp1252"]
    example = _where_they_differ(block, ranked[:3])
    readings = ", ".join(f"{example.decode(name, 'replace')!r} in {name}" for name in ranked[:3])
    why = f"the file is not UTF-8; by its letters it is {taken}. It would read {readings}" if readings else "not UTF-8"
    return taken, (Doubt(key="read.encoding", taken=taken, others=tuple(others[:3]), why=why),)


def _where_they_differ(block: bytes, names: list[str]) -> bytes:
    """A piece of a line that reads differently in each of the encodings, or else in some of them."""
    letters = {found[0]: found.start() for found in reversed([*islice(_HIGH.finditer(block), _EXAMPLES)])}
    readings = {at: len({high.decode(name, "replace") for name in names}) for high, at in letters.items()}
    return _around(block, min(readings, key=lambda at: (-readings[at], at))) if readings else b""


def _without_mark(raw: Raw) -> tuple[str | None, tuple[Doubt, ...]]:
    """UTF-16 whose first bytes do not say so has a NUL in every other byte."""
    with raw.open() as stream:
        block = stream.read(4096)
    if b"\0" not in block or block[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return None, ()
    taken = "utf-16-le" if block[1::2].count(0) > block[::2].count(0) else "utf-16-be"
    why = "every other byte is nought, as in UTF-16, and the file does not say which"
    return taken, (Doubt(key="read.encoding", taken=taken, why=why),)


def _ranked(block: bytes) -> list[str]:
    """The encodings that can read all of it, those first in which its letters are a language's."""
    letters = Counter(chain.from_iterable(_HIGH.findall(block)))
    scores: dict[str, float] = {}
    for name, languages in _ENCODINGS.items():
        try:
            read = {bytes([byte]).decode(name): n for byte, n in letters.items()}
        except UnicodeDecodeError:
            continue
        if not any("\x80" <= letter <= "\x9f" for letter in read):
            # Letters are read, and no characters that only steer a device.
            scores[name] = max(_score(read, _LETTERS[language]) for language in languages)
    if len(_AMONG_LATIN.findall(block)) > len(_HIGH.findall(block)) / 2:
        scores = {name: score for name, score in scores.items() if name not in _NOT_LATIN}
    inside, all_of_them = len(_INSIDE_WORD.findall(block)), letters[0xE8] + letters[0xC8]
    if "cp1250" in scores and all_of_them:
        scores["cp1250"] += 0.1 if inside > all_of_them / 2 else -0.1
    known = {name: _known_words(block, name) for name in scores}
    for name in scores:
        # A word of which we know what it means weighs more than all letters.
        scores[name] += known[name] / max(*known.values(), 1)
    return sorted(scores, key=lambda name: (-scores[name], list(_ENCODINGS).index(name)))


def _known_words(block: bytes, encoding: str) -> int:
    """How many different words with such letters are known, of the names of columns and the first rows."""
    found = {word.decode(encoding).lower() for word in _WORD.findall(block[:_FIRST])}
    little = frozenset().union(*vocabulary().little_words.values())
    return sum(word.isalpha() and (word in little or folded(word) in vocabulary().ideas) for word in found)


def _score(read: dict[str, int], letters: str) -> float:
    """Which share of what is read are letters of a language; the signs of all languages count half."""
    found = sum(n for letter, n in read.items() if letter in letters or letter.lower() in letters)
    signs = sum(n for letter, n in read.items() if letter in _SIGNS)
    return (found + signs / 2) / sum(read.values())


def _around(block: bytes, at: int) -> bytes:
    start = max(block.rfind(b"\n", 0, at) + 1, at - 20)
    end = block.find(b"\n", at)
    return block[start : min(end if end >= 0 else len(block), at + 20)].strip()
