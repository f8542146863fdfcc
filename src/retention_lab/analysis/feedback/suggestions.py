"""Words that the themes lack: those of comments that no theme covers, and those of unhappy ones."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from retention_lab.analysis.feedback.entries import entries_of
from retention_lab.analysis.feedback.words import words_of
from retention_lab.methods.log_odds import log_odds

# Fewer than so many comments or customers, and a word could point at a person.
FEWEST = 5
# What holds back a rare word weighs a tenth of all that is counted, and never more than so many words.
_PRIOR_SHARE, _PRIOR_SIZE = 0.1, 1000.0
# Of words less sure than this, some stand out by chance alone.
_SUREST = 1.96
_MASK = re.compile(r"\[\w+\]")
_BREAK = re.compile(r"[.!?;:,\n()…]+")

Why = Literal["no_theme", "unhappy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A word or two in a row: in how many comments, of how many customers, and where it is written more.

    `why` is `no_theme` (in comments that no theme covers) or `unhappy` (in unhappy ones). `log_odds` is how much more,
    `z` in standard errors.
    """

    words: str
    why: Why
    n_comments: int
    n_customers: int
    log_odds: float
    z: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """The words that stand out most, those of each reason together, the surest first."""

    found: tuple[Suggestion, ...]

    def to_frame(self) -> pd.DataFrame:
        """A row for each suggestion."""
        columns = ["words", "why", "n_comments", "n_customers", "log_odds", "z"]
        return pd.DataFrame([asdict(one) for one in self.found], columns=columns)


def suggest_stems(
    texts: Sequence[str],
    customers: Sequence[object],
    is_assigned: ArrayLike,
    is_negative: ArrayLike,
    language: str,
    stop_words: Collection[str],
    n: int = 15,
) -> Suggestions:
    """Up to `n` words for each reason that no theme has yet, in one language. `texts` are masked.

    `customers` has the customer of each text, None where nobody knows; those count as one. A word is suggested where
    at least five comments of five customers have it, without digits, masks, or a stop word alone or at either end.
    """
    assigned, negative = (np.asarray(flags, dtype=bool) for flags in (is_assigned, is_negative))
    known = frozenset(entry for entries in entries_of("themes", language).values() for entry in entries)
    grams = [sorted(set(_grams(text, stop_words))) for text in texts]
    counted = _count(grams, customers)
    kept = [gram for gram, (rows, people) in counted.items() if min(len(rows), len(people)) >= FEWEST]
    table = {gram: counted[gram] for gram in sorted(kept) if not _is_known(gram, known)}
    groups: tuple[tuple[Why, NDArray[np.bool_]], ...] = (("no_theme", ~assigned), ("unhappy", negative))
    return Suggestions(found=tuple(one for why, group in groups for one in _over_represented(table, group, why, n)))


def _over_represented(
    table: dict[str, tuple[list[int], set[object]]], group: NDArray[np.bool_], why: Why, n: int
) -> list[Suggestion]:
    if not table:
        return []
    inside = np.array([group[rows].sum() for rows, _ in table.values()], dtype=float)
    everywhere = np.array([len(rows) for rows, _ in table.values()], dtype=float)
    prior = min(_PRIOR_SHARE * everywhere.sum(), _PRIOR_SIZE)
    estimate, z = log_odds(inside, everywhere - inside, everywhere, prior)
    surest = [place for place in np.argsort(-z, kind="stable") if z[place] > _SUREST]
    ranked = [(gram, estimate[place], z[place]) for gram, place in _without_parts(list(table), surest)]
    return [
        Suggestion(
            words=gram,
            why=why,
            n_comments=len(table[gram][0]),
            n_customers=len(table[gram][1]),
            log_odds=float(odds),
            z=float(sure),
        )
        for gram, odds, sure in ranked[:n]
    ]


def _without_parts(grams: list[str], order: Sequence[int]) -> list[tuple[str, int]]:
    """In order, without what a surer one already says: a pair after one of its words, a word after its pair."""
    told: set[str] = set()
    fresh = []
    for place in order:
        words = set(grams[place].split())
        if not words & told:
            fresh.append((grams[place], int(place)))
            told |= words
    return fresh


def _grams(text: str, stop_words: Collection[str]) -> Iterator[str]:
    """Words that mean something, and pairs of them in a row; nothing across a mask or the end of a clause."""
    for clause in _BREAK.split(_MASK.sub("\n", text)):
        words = [word if _is_word(word) and word not in stop_words else "" for word in words_of(clause)]
        yield from filter(None, words)
        yield from (f"{one} {other}" for one, other in pairwise(words) if one and other)


def _is_word(word: str) -> bool:
    return len(word) > 2 and word.isalpha()


def _count(grams: Sequence[list[str]], customers: Sequence[object]) -> dict[str, tuple[list[int], set[object]]]:
    """The comments and the customers that have each word."""
    counted: dict[str, tuple[list[int], set[object]]] = {}
    for row, (found, customer) in enumerate(zip(grams, customers, strict=True)):
        for gram in found:
            rows, people = counted.setdefault(gram, ([], set()))
            rows.append(row)
            people.add(customer)
    return counted


def _is_known(gram: str, known: frozenset[str]) -> bool:
    """Whether a theme has it already, or a word of it, whole or by its beginning."""
    return any(
        word in known or any(f"{word[:length]}*" in known for length in range(1, len(word) + 1))
        for word in (gram, *gram.split())
    )
