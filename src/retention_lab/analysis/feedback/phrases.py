"""Words and phrases looked up in a text: the one mechanism behind lexicons, themes, complaints and goodbyes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retention_lab.analysis.feedback.words import fold


@dataclass(frozen=True, slots=True)
class Match:
    """`length` words from `start` on are an entry of `label`."""

    start: int
    length: int
    label: str


class PhraseBook:
    """Entries by label. An entry is one or more words; a word that ends in `*` stands for all that begin so.

    `delus*` finds delusa and deludente? No: only what begins with `delus`. `non funziona` finds the two words in a row.
    Case and accents do not matter. Where entries overlap, the longest that begins first is found.
    """

    def __init__(self, entries: Mapping[str, Iterable[str]]) -> None:
        self._whole: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._stems: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for label, phrases in entries.items():
            for phrase in phrases:
                first, *rest = [part if len(part) == 1 else fold(part) for part in str(phrase).split()]
                table = self._stems if first.endswith("*") else self._whole
                table.setdefault(first.rstrip("*"), []).append((tuple(rest), label))
        self._longest = max(map(len, self._stems), default=0)
        self._known: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {}

    def find(self, words: Sequence[str]) -> list[Match]:
        """What is found in the folded words of a text, in order and without overlap."""
        found, place = [], 0
        while place < len(words):
            match = self._at(words, place)
            if match:
                found.append(match)
            place += match.length if match else 1
        return found

    def _at(self, words: Sequence[str], place: int) -> Match | None:
        best = None
        for rest, label in self._beginning(words[place]):
            length = 1 + len(rest)
            longer = best is None or length > best.length
            if longer and place + length <= len(words) and all(map(_fits, rest, words[place + 1 : place + length])):
                best = Match(place, length, label)
        return best

    def _beginning(self, word: str) -> tuple[tuple[tuple[str, ...], str], ...]:
        """The entries whose first word this is; looked up once for each word. A longer stem goes first."""
        if word not in self._known:
            stems = (word[:n] for n in range(min(len(word), self._longest), 0, -1))
            entries = [*self._whole.get(word, []), *(entry for stem in stems for entry in self._stems.get(stem, []))]
            self._known[word] = tuple(entries)
        return self._known[word]


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
