"""The language and the currency of a client, as far as its files tell."""

import re
from collections import Counter
from collections.abc import Sequence

from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.profiles import FileProfile
from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import folded

LANGUAGES = ("en", "it", "es", "fr", "sl")
_TEXTS, _LONG = 300, 3
_CLEAR = 1.5


def language_of(files: Sequence[FileProfile]) -> tuple[str, tuple[Doubt, ...]]:
    """The language of names and texts, and a doubt where two are as likely."""
    votes = Counter[str]()
    for file in files:
        for column in file.columns:
            for token in column.words.tokens:
                known = vocabulary().languages.get(token, frozenset()) & set(LANGUAGES)
                votes.update({language: 1 / len(known) for language in known})
            if column.words_each >= _LONG:
                votes.update(_spoken(column.texts[:_TEXTS]))
    ranked = [(language, n) for language, n in votes.most_common() if n > 0]
    if not ranked:
        return "en", (Doubt(key="language", taken="en", others=LANGUAGES[1:], why="no file tells a language"),)
    (best, most), (other, next_most) = ranked[0], ranked[1] if len(ranked) > 1 else ("", 0.0)
    if most >= _CLEAR * next_most:
        return best, ()
    return best, (Doubt(key="language", taken=best, others=(other,), why="names and texts are of both"),)


def text_language(texts: Sequence[str]) -> str:
    """The language of most texts, or nothing where none is clear."""
    votes = _spoken(texts[:_TEXTS]).most_common(2)
    if not votes or (len(votes) > 1 and votes[0][1] < _CLEAR * votes[1][1]):
        return ""
    return votes[0][0]


def _spoken(texts: Sequence[str]) -> Counter[str]:
    """How often the little words of each language stand in texts, at most as much as ten names."""
    little = vocabulary().little_words
    words = Counter(word for text in texts for word in re.findall(r"[^\W\d]+", text.lower()))
    found = Counter({language: float(sum(words[word] for word in known)) for language, known in little.items()})
    scale = 10 / max(max(found.values()), 10)
    return Counter({language: n * scale for language, n in found.items() if n})


def currency_of(files: Sequence[FileProfile]) -> tuple[str, tuple[Doubt, ...]]:
    """The currency by its sign, its code or its name; EUR, with a doubt, where nothing tells."""
    votes = Counter[str]()
    for file in files:
        for column in file.columns:
            votes.update(_named(column.words.tokens))
            is_short = column.letters_each <= 16 and column.words_each <= 2
            if is_short and not column.is_time and column.words.has("amount", "price", "worth", "total", "currency"):
                votes.update(code for text in column.texts[:_TEXTS] for code in _signs(text))
    if not votes:
        others = tuple(code for code in vocabulary().currencies if code != "EUR")
        return "EUR", (Doubt(key="currency", taken="EUR", others=others, why="no file names a currency"),)
    (best, _), *rest = votes.most_common()
    if rest or best == "USD":
        # A dollar is a dollar in many countries.
        why = f"{best} is read off signs and names" + (f", and {rest[0][0]} is there too" if rest else "")
        others = tuple(code for code, _ in rest) or ("CAD", "AUD")
        return best, (Doubt(key="currency", taken=best, others=others, why=why),)
    return best, ()


def _named(tokens: Sequence[str]) -> list[str]:
    return [code for code, words in vocabulary().currencies.items() if words & set(tokens)]


def _signs(text: str) -> list[str]:
    bare = re.sub(r"[\d.,\s'()+-]", "", text).lower()
    plain = folded(bare)
    return [code for code, words in vocabulary().currencies.items() if bare and (bare in words or plain in words)]
