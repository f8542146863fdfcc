"""How a comment sounds by its words alone: five small lexicons that a person can edit, and the rules around a word.

A lexicon misses what is said without such words. It is a line to be measured and a column for a model, not a truth.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import NamedTuple, TypeVar

import numpy as np
import yaml
from numpy.typing import NDArray

from retention_lab.analysis.feedback.phrases import Match, PhraseBook
from retention_lab.analysis.feedback.words import words_of
from retention_lab.errors import DataError, Fault

LANGUAGES = ("en", "es", "fr", "it", "sl")
_Section = TypeVar("_Section", bound=str)
# What an entry weighs. Few steps: finer ones would be opinions about single words.
WEIGHTS = {"strong_positive": 2.0, "positive": 1.0, "neutral": 0.0, "negative": -1.0, "strong_negative": -2.0}
SECTIONS = (*WEIGHTS, "negations", "intensifiers", "diminishers", "contrasts", "stop_words")

# "Not excellent" is a complaint, but no strong one; "not bad" is faint praise.
_NOT_GOOD, _NOT_BAD = -1.0, -0.4
# Who writes a negation and no word of feeling after it mostly tells of something that did not happen.
_IDLE_NEGATION = -0.4
_BENDS = {"intensifiers": 1.4, "diminishers": 0.6}
# "Friendly, but slow" is about slow.
_BEFORE_CONTRAST, _AFTER_CONTRAST = 0.5, 1.3
# A negation reaches three words on, what makes stronger or weaker two; neither reaches beyond a comma.
_REACH, _NEAR = 3, 1
# Two arrows that nobody writes keep the place of a comma and of a full stop among the words.
_CLAUSE, _SENTENCE = "\u21fe", "\u21ff"
_CLAUSE_END, _SENTENCE_END = re.compile(r"[,;:](?=\s)"), re.compile(r"[.!?…](?=\s)|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class LexiconScores:
    """One value a text: the weights for and against, the balance of the two, and how many words spoke.

    `score` is (positive - negative) / (positive + negative + 1), so 0 where nothing is found
    and near 1 only where much is.
    """

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    score: NDArray[np.float64]
    n_found: NDArray[np.float64]


class _Found(NamedTuple):
    """The words from `start` to `end` weigh `weight`."""

    start: int
    end: int
    weight: float


class _Reading:
    """The words of one text, read from left to right: what was found, and what bends the next word.

    `fixed` are signs, and negations: a phrase that holds one is not turned by another that stands before it.
    Such a complaint turns praise that follows: "non mi hanno aiutato" is none.
    """

    def __init__(self, words: Sequence[str], fixed: frozenset[str]) -> None:
        self.found: list[_Found] = []
        self._words, self._fixed = words, fixed
        self._begun, self._after = 0, 1.0
        self._negation = self._negation_end = self._bend_end = self._phrase_end = -100
        self._idle, self._bend = False, 1.0

    def read(self, matches: Iterable[Match]) -> list[_Found]:
        for match in matches:
            label = match.label
            if label in WEIGHTS:
                self._feel(match, WEIGHTS[label])
            elif label == "negations":
                self._negate(match)
            elif label in _BENDS:
                near = match.start - self._bend_end <= _NEAR
                self._bend = _BENDS[label] * (self._bend if near else 1.0)
                self._bend_end = match.start + match.length
            else:
                self._end(label)
        self._end("sentence")
        return self.found

    def _feel(self, match: Match, weight: float) -> None:
        if not weight:
            return
        start, end = match.start, match.start + match.length
        if start - self._bend_end <= _NEAR:
            weight *= self._bend
        if start - self._negation_end <= _REACH - 1:
            self._idle = False
            if self._fixed.isdisjoint(self._words[start:end]):
                weight = max(weight * _NOT_GOOD, -1.0) if weight > 0 else weight * _NOT_BAD
                start = self._negation
        elif weight > 0 and start - self._phrase_end <= _REACH - 1:
            weight = max(weight * _NOT_GOOD, -1.0)
        if weight < 0 and match.length > 1 and not self._fixed.isdisjoint(self._words[match.start : end]):
            self._phrase_end = end
        self.found.append(_Found(start, end, weight * self._after))

    def _negate(self, match: Match) -> None:
        """A second negation near the first is the same one, as in "non ... mai": it does not turn back."""
        if match.start - self._negation_end > _REACH - 1:
            if self._idle:
                self._rest()
            self._negation, self._idle = match.start, True
        self._negation_end = match.start + match.length

    def _rest(self) -> None:
        """The last negation turned nothing."""
        self.found.append(_Found(self._negation, self._negation_end, _IDLE_NEGATION * self._after))
        self._idle = False

    def _end(self, label: str) -> None:
        """A clause ends: what bent its words does not reach beyond. A contrast weighs what stands on either side."""
        if self._idle:
            self._rest()
        self._negation_end = self._bend_end = self._phrase_end = -100
        if label == "contrasts" and len(self.found) > self._begun:
            said = self.found[self._begun :]
            self.found[self._begun :] = [_Found(one.start, one.end, one.weight * _BEFORE_CONTRAST) for one in said]
            self._begun, self._after = len(self.found), _AFTER_CONTRAST
        elif label == "sentence":
            self._begun, self._after = len(self.found), 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The words of one language that say how somebody feels, with the client's own."""

    language: str
    stop_words: frozenset[str]
    contrasts: frozenset[str]
    fixed: frozenset[str] = field(repr=False)
    book: PhraseBook = field(repr=False)

    def score(self, texts: Sequence[str]) -> LexiconScores:
        """How each text sounds. A text without known words scores 0, and its `n_found` is 0."""
        sums = np.zeros((3, len(texts)))
        for place, text in enumerate(texts):
            weights = [found.weight for found in self._found(_marked(text))]
            if weights:
                sums[0, place] = sum([weight for weight in weights if weight > 0])
                sums[1, place] = -sum([weight for weight in weights if weight < 0])
                sums[2, place] = len(weights)
        positive, negative, n_found = sums
        score = (positive - negative) / (positive + negative + 1)
        return LexiconScores(positive=positive, negative=negative, score=score, n_found=n_found)

    def decided(self, text: str) -> tuple[tuple[str, float], ...]:
        """The words that decided with their signed weight, largest first. What a negation turns is shown with it."""
        words = _marked(text)
        totals: dict[str, float] = {}
        for found in self._found(words):
            shown = " ".join(words[found.start : found.end])
            totals[shown] = totals.get(shown, 0.0) + found.weight
        return tuple(sorted(totals.items(), key=lambda item: (-abs(item[1]), item[0])))

    def _found(self, words: list[str]) -> list[_Found]:
        return _Reading(words, self.fixed).read(self.book.find(words))


def load_lexicon(language: str, own: Mapping[_Section, Sequence[str]] | None = None) -> Lexicon:
    """The lexicon of a language and the signs that all share; of a language without a file, the signs alone.

    `own` are a client's additions by section. They win over ours: what they cover is taken out of the other sections,
    and `neutral` switches an entry off. Raises DataError for an unknown section or an entry without words.
    """
    mine = _own(own or {})
    ours = sections_of(language) if language in LANGUAGES else {}
    signs = sections_of("signs")
    entries = {name: [*ours.get(name, ()), *signs.get(name, ())] for name in SECTIONS}
    taken = [entry for name in SECTIONS if name != "stop_words" for entry in mine.get(name, ())]
    for name in SECTIONS:
        kept = [entry for entry in entries[name] if not any(_covers(other, entry) for other in taken)]
        entries[name] = [*mine.get(name, ()), *kept]
    return _lexicon(language, entries, frozenset(entry for listed in signs.values() for entry in listed))


def _lexicon(language: str, entries: Mapping[str, Sequence[str]], signs: frozenset[str]) -> Lexicon:
    bends = {name: entries[name] for name in SECTIONS if name != "stop_words"}
    return Lexicon(
        language=language,
        stop_words=frozenset(entries["stop_words"]),
        contrasts=frozenset(entries["contrasts"]),
        fixed=signs | frozenset(entries["negations"]),
        book=PhraseBook({**bends, "clause": [_CLAUSE], "sentence": [_SENTENCE]}),
    )


@cache
def sections_of(name: str) -> dict[str, tuple[str, ...]]:
    """The sections of one of our files, by their names, as their entries are looked up."""
    text = files("retention_lab.analysis.feedback").joinpath("lexicons", f"{name}.yml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {section: tuple(entry_of(str(entry)) for entry in listed or ()) for section, listed in raw.items()}


def entry_of(text: str) -> str:
    """An entry as the words of a comment are written: folded, and apart where an apostrophe parts them."""
    parts = [(words_of(part), "*" if len(part) > 1 and part.endswith("*") else "") for part in text.split()]
    return " ".join(" ".join(words) + star for words, star in parts if words)


def _own(own: Mapping[_Section, Sequence[str]]) -> dict[str, list[str]]:
    faults = [
        Fault(where=f"lexicon: {name}", found="no such section", allowed=", ".join(SECTIONS), remedy="rename it")
        for name in own
        if name not in SECTIONS
    ]
    entries = {str(name): [entry_of(str(entry)) for entry in listed] for name, listed in own.items()}
    faults += [
        Fault(where=f"lexicon: {name}", found=f"{str(raw)[:80]!r} has no words", remedy="take it out, or write a word")
        for name, listed in own.items()
        for raw, entry in zip(listed, entries[name], strict=True)
        if not entry
    ]
    if faults:
        raise DataError(faults)
    return entries


def _covers(own: str, ours: str) -> bool:
    """Whether all that one of our entries finds is found by one of the client's."""
    pairs = list(zip(own.split(), ours.split(), strict=False))
    same = len(own.split()) == len(ours.split())
    return same and all(a == b or (a.endswith("*") and b.startswith(a[:-1])) for a, b in pairs)


def _marked(text: str) -> list[str]:
    """The words of a text, with a mark where a clause or a sentence ends."""
    return words_of(_SENTENCE_END.sub(_SENTENCE, _CLAUSE_END.sub(_CLAUSE, text)))
