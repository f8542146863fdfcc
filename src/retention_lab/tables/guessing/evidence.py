"""What speaks for a column of a file being a canonical one, and first of all what it is called.

All evidence is in log-odds: +1 makes a guess nearly three times as likely, and what is impossible is -9.
"""

from dataclasses import dataclass

from retention_lab.tables.guessing.profiles import Profile
from retention_lab.tables.guessing.vocabulary import vocabulary
from retention_lab.tables.guessing.words import coverage, places_of

IMPOSSIBLE = -9.0
_AGAINST = -5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that speaks for a guess, or against it; `reason` is told where there is one."""

    weight: float
    reason: str = ""


def name_evidence(table: str, column: str, profile: Profile) -> list[Evidence]:
    """What a column's name says: the phrase that accounts for most of it, and words that speak against."""
    spec, words = vocabulary().tables[table].columns.get(column), profile.words
    if spec is None or not profile.has_name:
        return []
    own = vocabulary().tables[table].own
    named = [(places_of(words, phrase), weight) for phrase, weight in spec.phrases]
    graded = [(weight * coverage(words, found, own), found) for found, weight in named if found]
    best, places = max(graded, default=(0.0, ()))
    evidence = [Evidence(weight=best, reason=f"called {profile.name!r}")] if best else []
    against = [found for phrase in spec.against if (found := places_of(words, phrase))]
    if any(not set(found) <= set(places) for found in against):
        evidence.append(Evidence(weight=_AGAINST))
    return evidence
