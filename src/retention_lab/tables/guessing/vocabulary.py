"""What columns, files and codes are called in five languages: read once from `vocabulary.yml`."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from retention_lab.tables.yaml_file import read_yaml

_FILE = Path(__file__).with_name("vocabulary.yml")
GRADES = {"strong": 5.0, "fair": 3.2, "weak": 1.8}
"""How much it speaks for a column, in log-odds, that it is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnWords:
    """How a canonical column is called: phrases of ideas with their weight, and those that speak against it."""

    phrases: tuple[tuple[tuple[str, ...], float], ...]
    against: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableWords:
    """How a canonical table and its columns are called; the ideas of `own` say nothing in the name of a column."""

    files: frozenset[str]
    weak_files: frozenset[str]
    own: frozenset[str]
    columns: Mapping[str, ColumnWords]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All words, as they are compared: lower case, without accents.

    `ideas`: a spelling to the ideas that it may stand for; `languages`: a spelling to the languages that it belongs to.
    """

    ideas: Mapping[str, frozenset[str]]
    languages: Mapping[str, frozenset[str]]
    fillers: frozenset[str]
    tables: Mapping[str, TableWords]
    values: Mapping[str, Any]
    months: Mapping[str, int]
    little_words: Mapping[str, frozenset[str]]
    currencies: Mapping[str, frozenset[str]]
    channels: Mapping[str, frozenset[str]]


@cache
def vocabulary() -> Vocabulary:
    """The words, read from the file beside this module on first use."""
    raw = read_yaml(_FILE)
    ideas, languages = _spellings(raw["ideas"])
    return Vocabulary(
        ideas=ideas,
        languages=languages,
        fillers=frozenset(raw["fillers"]),
        tables={name: _table(spec) for name, spec in raw["tables"].items()},
        values=raw["values"],
        months={word: n for n, words in enumerate(raw["month_names"], start=1) for word in words},
        little_words=_sets(raw["little_words"]),
        currencies=_sets(raw["currencies"]),
        channels=_sets(raw["channels"]),
    )


def _sets(lists: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in lists.items()}


def _spellings(
    raw: dict[str, dict[str, list[str]]],
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    ideas, languages = defaultdict(set), defaultdict(set)
    for idea, by_language in raw.items():
        for language, words in by_language.items():
            for word in words:
                ideas[word].add(idea)
                languages[word].add(language)
    return {k: frozenset(v) for k, v in ideas.items()}, {k: frozenset(v) for k, v in languages.items()}


def _table(raw: dict[str, Any]) -> TableWords:
    return TableWords(
        files=frozenset(raw["files"]),
        weak_files=frozenset(raw.get("weak_files", [])),
        own=frozenset(raw["own"]),
        columns={name: _column(spec) for name, spec in raw["columns"].items()},
    )


def _column(raw: dict[str, list[str]]) -> ColumnWords:
    phrases = [(tuple(phrase.split()), weight) for grade, weight in GRADES.items() for phrase in raw.get(grade, [])]
    return ColumnWords(phrases=tuple(phrases), against=tuple(tuple(p.split()) for p in raw.get("against", [])))
