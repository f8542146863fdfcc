"""Complaints, and goodbyes: apart from the mood, for an unhappy comment is seldom either.

A complaint says that something went wrong for the writer and holds the company to account or asks for redress. A
goodbye says that the writer is going, has gone, or will go unless something happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retention_lab.analysis.feedback.entries import entries_of, spelled
from retention_lab.analysis.feedback.phrases import Match, PhraseBook
from retention_lab.analysis.feedback.themes import CONTRASTS, split_sentences
from retention_lab.analysis.feedback.words import sentences_of, words_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Intents:
    """What each text means to do: `complaint` and `leaving`, a bool for each text."""

    complaint: NDArray[np.bool_]
    leaving: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentBook:
    """The entries that say a thing, and those that take it back (`was going to cancel`)."""

    says: PhraseBook
    takes_back: PhraseBook
    negations: frozenset[str]

    def holds(self, part: str) -> bool:
        """Whether a sentence says it, with no negation right before and nothing in it that takes it back."""
        words = words_of(part)
        said = any(not self._is_negated(words, match) for match in self.says.find(words))
        return said and not self.takes_back.find(words)

    def _is_negated(self, words: Sequence[str], match: Match) -> bool:
        """A negation that belongs to the entry (`ne reviendrai pas`) is what it says."""
        inside = words[match.start : match.start + match.length]
        return match.start > 0 and words[match.start - 1] in self.negations and self.negations.isdisjoint(inside)


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
    ours = entries_of("intents", language)
    added = spelled(own, f"{intent}: {language}")
    return IntentBook(
        says=PhraseBook({intent: (*ours.get(intent, ()), *added)}),
        takes_back=PhraseBook({intent: ours.get(f"not_{intent}", ())}),
        negations=frozenset(ours.get("negations", ())),
    )
