"""A comment as words and as sentences, the same way for lexicons, themes and models."""

import re
import unicodedata
from functools import lru_cache

_EMOJI = "\U0001f1e6-\U0001f1ff\U0001f300-\U0001f64f\U0001f680-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2190-\u21ff"
_FACES = r"(?:[:;=][-o^']?[)(\]\[DPp/\\|*]|<3|\^_\^|[xX]D)(?![\w/])"
_WORD = re.compile(rf"{_FACES}|[{_EMOJI}]|[^\W_]+n['’]t\b|[^\W_]+")
_LONG = re.compile(r"(.)\1{2,}")
_END = re.compile(r"(?<=[.!?…])[.!?…\s]+|[\n;•]+\s*")
# Letters that do not come apart into a base and an accent.
_PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})
# Faces that small letters would spoil.
_KEPT = frozenset({":D", ":-D", "xD", "XD", "=D", ";D", ":P", ":-P"})
# A sentence that never ends is cut: a model that reads it whole learns nothing from it.
_LONGEST = 600


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """A word as it is looked up: small letters, no accents, at most two of a letter in a row (`sooo` is `soo`)."""
    if word in _KEPT:
        return word
    if word.isascii():
        plain = word.lower()
    else:
        apart = unicodedata.normalize("NFKD", word.casefold()).translate(_PLAIN)
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _LONG.sub(r"\1\1", plain.replace("n't", "nt").replace("n’t", "nt"))


def words_of(text: str) -> list[str]:
    """The folded words, emoji and faces of a text, in order. `l'assistenza` is two words, `don't` is `dont`."""
    return list(_words_of(text))


# Lexicon, themes and intents ask for the words of the same sentences, one after the other.
@lru_cache(maxsize=50_000)
def _words_of(text: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in _WORD.findall(text))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a text without words or signs has none."""
    parts = [part.strip() for part in _END.split(text)]
    return [part[start : start + _LONGEST] for part in parts for start in range(0, len(part), _LONGEST) if part]
