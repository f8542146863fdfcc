"""Names taken apart: `orderPurchase_TS`, `KundenNr` and `date de résiliation` as words, and the words as ideas."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from retention_lab.tables.guessing.vocabulary import vocabulary

_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_SHORT_TAILS = {"id", "no", "nr", "dt", "ts", "at", "on", "num", "key", "of"}
_SHORT_HEADS = {"id", "is"}
_LONGEST_SPELLING = 3
# Words that a compound is not to be cut out of.
_SHORTEST_PART = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A name as words, each with the ideas that it may stand for; the word itself is one of them.

    Numbers, articles and prepositions are left out: they change nothing of what a column is.
    """

    tokens: tuple[str, ...]
    ideas: tuple[frozenset[str], ...]

    @property
    def all_ideas(self) -> frozenset[str]:
        return frozenset().union(*self.ideas)

    def has(self, *ideas: str) -> bool:
        """Whether one of the words stands for one of these ideas."""
        return bool(self.all_ideas & set(ideas))


def folded(text: str) -> str:
    """Lower case, without accents, with one space between words."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("œ", "oe"))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


@cache
def words_of(name: str) -> Words:
    """The words of a column's or a file's name."""
    bare = [token for token in folded(_HUMPS.sub(" ", name)).split() if not token.isdigit()]
    tokens = [part for token in bare for part in _parts(token)]
    # A spelling may have fillers in it, such as `effective to`, or have lost them, such as `mise jour`.
    whole = _merged(tokens)
    kept = _merged([token for token in whole if token not in vocabulary().fillers]) or whole
    known = vocabulary().ideas
    return Words(tokens=tuple(kept), ideas=tuple(known.get(token, frozenset()) | {token} for token in kept))


def _parts(token: str) -> list[str]:
    """A compound such as `userid` or `invoiceno` as the known words that it is made of."""
    known = vocabulary().ideas
    if token in known or token in vocabulary().fillers or len(token) <= _SHORTEST_PART:
        return [token]
    return _cut(token) or [token.removesuffix("s") if token.removesuffix("s") in known else token]


@cache
def _cut(token: str) -> list[str]:
    """The fewest known words that a compound can be cut into; nothing where it cannot."""
    if token in vocabulary().ideas and (len(token) >= _SHORTEST_PART or token in _SHORT_TAILS):
        return [token]
    best: list[str] = []
    for at in range(2, len(token) - 1):
        head, tail = token[:at], token[at:]
        whole = head in vocabulary().ideas and len(head) >= _SHORTEST_PART
        if not whole and head not in _SHORT_HEADS:
            continue
        rest = [tail] if tail in _SHORT_TAILS else _cut(tail)
        if rest and (not best or 1 + len(rest) < len(best)):
            best = [head, *rest]
    return best


def _merged(tokens: list[str]) -> list[str]:
    """Words that only together are a spelling, such as `sign up`, as one."""
    merged, at = [], 0
    while at < len(tokens):
        length = next(
            (n for n in range(_LONGEST_SPELLING, 1, -1) if " ".join(tokens[at : at + n]) in vocabulary().ideas), 1
        )
        merged.append(" ".join(tokens[at : at + length]))
        at += length
    return merged


def places_of(words: Words, phrase: tuple[str, ...]) -> tuple[int, ...]:
    """Which words of a name stand for the ideas of a phrase, each for one; nothing where an idea has none."""
    left = list(range(len(words.ideas)))
    for idea in phrase:
        at = next((i for i in left if idea in words.ideas[i]), None)
        if at is None:
            return ()
        left.remove(at)
    return tuple(i for i in range(len(words.ideas)) if i not in left)


def coverage(words: Words, places: tuple[int, ...], own: frozenset[str]) -> float:
    """How much of a name the words at some places make up, 0 to 1; what only repeats the table (`own`) is left out."""
    others = [i for i in range(len(words.ideas)) if i not in places and not words.ideas[i] & own]
    return len(places) / (len(places) + len(others)) if places else 0.0
