"""Words and phrases looked up in a text: the one mechanism behind lexicons, themes, complaints and goodbyes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from retention_lab.analysis.feedback.words import fold


class Match(NamedTuple):
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
        self._known: dict[str, dict[str, list[tuple[tuple[str, ...], str]]]] = {}

    def find(self, words: Sequence[str]) -> list[Match]:
        """What is found in the folded words of a text, in order and without overlap."""
        found, place, known = [], 0, self._known
        while place < len(words):
            word = words[place]
            entries = known[word] if word in known else self._beginning(word)
            match = _longest_at(entries, words, place) if entries else None
            if match:
                found.append(match)
            place += match.length if match else 1
        return found

    def _beginning(self, word: str) -> dict[str, list[tuple[tuple[str, ...], str]]]:
        """The entries whose first word this is, the longest first, by the letter with which their second word begins.

        Looked up once for each word. Of entries as long, a whole word goes before a stem, and a longer stem first.
        """
        stems = (word[:n] for n in range(min(len(word), self._longest), 0, -1))
        entries = [*self._whole.get(word, []), *(entry for stem in stems for entry in self._stems.get(stem, []))]
        entries.sort(key=lambda entry: -len(entry[0]))
        letters = {_second(rest) for rest, _ in entries}
        return self._known.setdefault(
            word,
            {one: [entry for entry in entries if _second(entry[0]) in (one, one and "*")] for one in letters},
        )


def _longest_at(
    entries: Mapping[str, list[tuple[tuple[str, ...], str]]], words: Sequence[str], place: int
) -> Match | None:
    letter = words[place + 1][0] if place + 1 < len(words) else ""
    candidates = entries.get(letter, []) if letter else []
    if letter and "*" in entries:
        candidates = sorted([*candidates, *entries["*"]], key=lambda entry: -len(entry[0]))
    for rest, label in candidates:
        end = place + 1 + len(rest)
        if end <= len(words) and all(map(_fits, rest, words[place + 1 : end])):
            return Match(place, end - place, label)
    return Match(place, 1, entries[""][0][1]) if "" in entries else None


def _second(rest: tuple[str, ...]) -> str:
    """The letter with which the second word of an entry begins; `*` where it may be any word, nothing without one."""
    return rest[0][0] if rest else ""


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
