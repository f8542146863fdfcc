"""What a sentence is about: fixed themes by words that a person can read and edit, and the client's own beside them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from retention_lab.analysis.feedback.entries import entries_of, spelled
from retention_lab.analysis.feedback.phrases import PhraseBook
from retention_lab.analysis.feedback.words import fold, sentences_of, words_of

THEMES = (
    "price",
    "contract",
    "delivery",
    "quality",
    "outage",
    "app",
    "waiting",
    "staff",
    "refund",
    "trust",
    "privacy",
    "store",
    "loyalty",
    "competitor",
    "praise",
)
# Entries that are about nothing, so that a word in them does not count: `not good` is no praise.
NO_THEME = "no_theme"
# What turns a sentence. A lone `a` is one in Slovenian only.
CONTRASTS: Mapping[str, frozenset[str]] = {
    "en": frozenset({"but", "however", "although", "though", "yet", "unfortunately"}),
    "it": frozenset({"ma", "pero", "tuttavia", "invece", "purtroppo", "peccato"}),
    "es": frozenset({"pero", "aunque", "mas", "lastima", "desgraciadamente"}),
    "fr": frozenset({"mais", "cependant", "toutefois", "pourtant", "malheureusement", "dommage"}),
    "sl": frozenset({"vendar", "ampak", "a", "toda", "zal", "pa"}),
}
# Own themes by language and name, as client.yml has them.
OwnThemes = Mapping[str, Mapping[str, Sequence[str]]]
_TURN = re.compile(r"\s*[,;]\s*|\s*[–—]\s*|\s+-+\s+")
_FIRST_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeBook:
    """The words of all themes in one language. `themes` are the columns of what `find` returns.

    Of our own entries the longest wins where they overlap (`customer service` over `service`), so that a longer one
    can mend a shorter. The client's entries are looked up apart: they add to ours and never hide one.
    """

    themes: tuple[str, ...]
    books: tuple[tuple[PhraseBook, Mapping[str, tuple[int, ...]]], ...]

    def find(self, sentences: Sequence[str]) -> NDArray[np.bool_]:
        """Which themes each sentence is about, shape (sentences, themes). A sentence may have several, or none."""
        found = np.zeros((len(sentences), len(self.themes)), dtype=np.bool_)
        for row, sentence in enumerate(sentences):
            words = words_of(sentence)
            for book, columns in self.books:
                for match in book.find(words):
                    found[row, columns[match.label]] = True
        return found


def theme_names(own: OwnThemes | None = None) -> tuple[str, ...]:
    """Our themes and the client's further ones, in the order in which they are declared; the same in all languages."""
    named = (name for themes in (own or {}).values() for name in themes)
    return tuple(dict.fromkeys((*THEMES, *named)))


def load_themes(language: str, own: OwnThemes | None = None) -> ThemeBook:
    """Our words in a language, and the client's. A language that we have no words for has the client's only.

    Raises DataError where an entry of the client's can never be found.
    """
    themes = theme_names(own)
    said = (own or {}).get(language, {})
    added = {name: spelled(entries, f"themes: {language}: {name}") for name, entries in said.items()}
    books = [(_our_book(language), _columns(entries_of("themes", language), THEMES))]
    books += [(_book(added), _columns(added, themes))] if added else []
    return ThemeBook(themes=themes, books=tuple(books))


def find_themes(sentences: Sequence[str], language: str, own: OwnThemes | None = None) -> NDArray[np.bool_]:
    """Which themes each sentence is about: a row each, a column for each of `theme_names(own)`."""
    return load_themes(language, own).find(sentences)


def split_sentences(text: str, contrasts: Collection[str]) -> list[str]:
    """The sentences of a text, cut also at a comma or dash before a contrast, so that each part has one mood.

    `contrasts` are folded words (`CONTRASTS`). `Good film, but too long.` has two parts.
    """
    return [part for sentence in sentences_of(text) for part in _cut(sentence, contrasts)]


def _cut(sentence: str, contrasts: Collection[str]) -> list[str]:
    parts, start = [], 0
    for turn in _TURN.finditer(sentence):
        word = _FIRST_WORD.match(sentence, turn.end())
        if word and fold(word.group()) in contrasts:
            parts.append(sentence[start : turn.start()])
            start = turn.end()
    return [part for part in (*parts, sentence[start:]) if part]


@cache
def _our_book(language: str) -> PhraseBook:
    return _book(entries_of("themes", language))


def _book(sections: Mapping[str, Sequence[str]]) -> PhraseBook:
    """One book for all themes, which is read once: an entry's label names all the themes that have it."""
    return PhraseBook(_labelled(sections))


def _labelled(sections: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    themes_of: dict[str, list[str]] = {}
    for theme, entries in sections.items():
        for entry in dict.fromkeys(entries):
            themes_of.setdefault(entry, []).append(theme)
    labelled: dict[str, list[str]] = {}
    for entry, themes in themes_of.items():
        labelled.setdefault("\n".join(themes), []).append(entry)
    return labelled


def _columns(sections: Mapping[str, Sequence[str]], themes: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The columns that a label stands for."""
    place = {theme: column for column, theme in enumerate(themes)}
    labels = _labelled(sections)
    return {label: tuple(place[theme] for theme in label.split("\n") if theme in place) for label in labels}
