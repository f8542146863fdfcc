"""Complaints, and goodbyes: apart from the mood, for an unhappy comment is seldom either.

A complaint says that something went wrong for the writer and holds the company to account or asks for redress. A
goodbye says that the writer is going, has gone, or will go unless something happens.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retention_lab.analysis.feedback.entries import entries_of, spelled
from retention_lab.analysis.feedback.phrases import PhraseBook
from retention_lab.analysis.feedback.themes import CONTRASTS, split_sentences
from retention_lab.analysis.feedback.words import sentences_of, words_of

# `..` in a pattern stands for no word and for as many as three.
_GAP = r"(?:\S+ ){0,3}?"
_WRAPPED = re.compile(r"\|\s+")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Intents:
    """What each text means to do: `complaint` and `leaving`, a bool for each text."""

    complaint: NDArray[np.bool_]
    leaving: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentBook:
    """The entries that say a thing, and those that take it back (`was going to cancel`).

    A negation reaches over `light` words: `never even wanted to cancel`.
    """

    says: "Sayings"
    takes_back: "Sayings"
    negations: frozenset[str]
    light: frozenset[str]

    def holds(self, part: str) -> bool:
        """Whether a sentence says it, with no negation right before and nothing in it that takes it back."""
        words = words_of(part)
        said = any(not self._is_negated(words, start, end) for start, end in self.says.find(words))
        return said and next(self.takes_back.find(words), None) is None

    def _is_negated(self, words: Sequence[str], start: int, end: int) -> bool:
        """A negation that belongs to the entry (`ne reviendrai pas`) is what it says."""
        before = next((word for word in reversed(words[:start]) if word not in self.light), "")
        return before in self.negations and self.negations.isdisjoint(words[start:end])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sayings:
    """The entries of one section, and its patterns."""

    entries: PhraseBook
    patterns: re.Pattern[str]

    def find(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Where what is found begins and ends, in words."""
        for match in self.entries.find(words):
            yield match.start, match.start + match.length
        text = "".join(f"{word} " for word in words)
        for hit in self.patterns.finditer(text):
            start = text.count(" ", 0, hit.start())
            yield start, start + hit.group().count(" ")


def find_intents(
    texts: Sequence[str], language: str, own_complaint: Sequence[str] = (), own_leaving: Sequence[str] = ()
) -> Intents:
    """Which texts complain and which say goodbye, by our words in a language and the client's own.

    Leaving is looked for sentence by sentence, a complaint also in each part around a contrast: what takes one back
    reaches no further. Raises DataError where an entry of the client's can never be found.
    """
    complaint = load_intent("complaint", language, tuple(own_complaint))
    leaving = load_intent("leaving", language, tuple(own_leaving))
    turns = CONTRASTS.get(language, frozenset())
    complains = [any(map(complaint.holds, split_sentences(text, turns))) for text in texts]
    leaves = [any(map(leaving.holds, sentences_of(text))) for text in texts]
    return Intents(complaint=np.array(complains, dtype=np.bool_), leaving=np.array(leaves, dtype=np.bool_))


@lru_cache(maxsize=64)
def load_intent(intent: str, language: str, own: tuple[str, ...] = ()) -> IntentBook:
    """Our entries for `complaint` or `leaving` and the client's; a language we have no words for has the client's."""
    ours, patterns = entries_of("intents", language), entries_of("patterns", language)
    added, undone = spelled(own, f"{intent}: {language}"), f"not_{intent}"
    return IntentBook(
        says=_sayings(intent, (*ours.get(intent, ()), *added), patterns.get(intent, ())),
        takes_back=_sayings(undone, ours.get(undone, ()), patterns.get(undone, ())),
        negations=frozenset(ours.get("negations", ())),
        light=frozenset(patterns.get("light", ())),
    )


def _sayings(label: str, entries: Iterable[str], patterns: Iterable[str]) -> Sayings:
    ways = "|".join(map(_expression, patterns)) or "(?!)"
    return Sayings(entries=PhraseBook({label: entries}), patterns=re.compile(rf"(?<!\S)(?:{ways})"))


def _expression(pattern: str) -> str:
    """What finds a pattern in words that each end in a space: `close|end .. account` finds `end my old account`.

    The choice `-` is no word (`-|has closed`), and `_` joins the words of one choice (`direct_debit|card`). After `|`
    a line may end.
    """
    return "".join(
        _GAP if part == ".." else f"(?:{'|'.join(map(_choice, part.split('|')))})"
        for part in _WRAPPED.sub("|", pattern).split()
    )


def _choice(choice: str) -> str:
    words = [] if choice == "-" else choice.split("_")
    return "".join(re.escape(word.removesuffix("*")) + (r"\S*" if word.endswith("*") else "") + " " for word in words)
