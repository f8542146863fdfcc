"""Lists of words and phrases, ours by language and the client's own, in the spelling in which they are looked up."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import yaml

from retention_lab.analysis.feedback.words import words_of
from retention_lab.errors import DataError, Fault

# The languages that we have words for.
LANGUAGES = ("en", "it", "es", "fr", "sl")


@cache
def entries_of(kind: str, language: str) -> dict[str, tuple[str, ...]]:
    """Our entries of a kind (`themes`, `intents`) by section; none in a language that we have no words for."""
    if language not in LANGUAGES:
        return {}
    text = files(__package__).joinpath(kind, f"{language}.yml").read_text(encoding="utf-8")
    sections = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {section: tuple(entries) for section, entries in sections.items()}


def spelled(entries: Iterable[str], where: str) -> tuple[str, ...]:
    """Entries as texts are cut into words, or none would be found: `L'app` is `l app`, `wi-fi*` is `wi fi*`.

    Raises DataError, for all of them together, where an entry has no word or begins with a lone `*`.
    """
    told = [(str(entry), _spelled(str(entry))) for entry in entries]
    faults = [
        Fault(where=where, found=f"{entry!r} can never be found", allowed="words, or the beginning of a word and *")
        for entry, spelling in told
        if not spelling or spelling.startswith("*")
    ]
    if faults:
        raise DataError(faults)
    return tuple(spelling for _, spelling in told)


def _spelled(entry: str) -> str:
    words: list[str] = []
    for part in entry.split():
        words += words_of(part.rstrip("*")) or ["*"] * (part == "*")
        if part.endswith("*") and words and not words[-1].endswith("*"):
            words[-1] += "*"
    return " ".join(words)
