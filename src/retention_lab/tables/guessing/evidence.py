"""What speaks for a column of a file being a canonical one: what it is called, and what its values look like.

All evidence is in log-odds: +1 makes a guess nearly three times as likely, and what is impossible is -9.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from retention_lab.tables.contract import KEYS, Column
from retention_lab.tables.guessing.codes import known_levels, looks_like_control
from retention_lab.tables.guessing.profiles import FileProfile, Profile
from retention_lab.tables.guessing.vocabulary import GRADES, vocabulary
from retention_lab.tables.guessing.words import coverage, places_of

IMPOSSIBLE = -9.0
_AGAINST = -5.0
_FEW = 12


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


def value_evidence(table: str, column: Column, profile: Profile, file: FileProfile) -> list[Evidence]:
    """What a column's values say, by the kind of the canonical column and by what it is in particular."""
    if not profile.n_known:
        return [Evidence(weight=IMPOSSIBLE)]
    evidence: list[Evidence] = []
    for rule in (_KINDS[column.kind], _SPECIAL.get(column.name), _SPECIAL.get(f"{table}.{column.name}")):
        evidence += rule(profile, file) if rule else ()
        if any(found.weight <= IMPOSSIBLE for found in evidence):
            break
    return evidence


def is_strong(weight: float) -> bool:
    """Whether a name speaks as plainly as a name can."""
    return weight >= 0.9 * GRADES["strong"]


def _id(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_time and not profile.is_compact:
        yield Evidence(weight=IMPOSSIBLE)
    if profile.words_each > 1.5 or (profile.is_number and not profile.is_whole) or profile.letters_each > 80:
        yield Evidence(weight=-6.0)
    if profile.n_distinct <= 1 and profile.n_rows > 1:
        yield Evidence(weight=-7.0)
    elif profile.n_distinct <= _FEW and profile.n_known > 20 * profile.n_distinct:
        yield Evidence(weight=-5.0)


def _time(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    if profile.epoch and profile.words.has("time", "date", "created", "start", "opened", "registration"):
        yield Evidence(weight=1.0, reason=f"counts {profile.epoch} since 1970")
    elif not profile.is_time:
        yield Evidence(weight=IMPOSSIBLE)
    else:
        yield Evidence(weight=2.0, reason="reads as dates")
        times = sum(column.is_time for column in file.columns)
        yield Evidence(weight=1.5, reason="the only dates in the file") if times == 1 else Evidence(weight=0.0)


def _number(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if not profile.is_number:
        yield Evidence(weight=1.0 - 10 * (1 - profile.number_share) if profile.number_share > 0.8 else IMPOSSIBLE)
        return
    yield Evidence(weight=1.0)
    if profile.n_distinct <= 2 and profile.n_known > 20:
        yield Evidence(weight=-5.0)
    if profile.is_unique and profile.is_whole and profile.n_rows > 100:
        yield Evidence(weight=-4.0)
    if profile.is_row_number:
        yield Evidence(weight=-4.0)


def _flag(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct == 2:
        yield Evidence(weight=1.5, reason="has two values")
    elif profile.n_distinct > 6 or profile.is_number or profile.is_time:
        yield Evidence(weight=IMPOSSIBLE)


def _text(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_time or (profile.is_number and not profile.is_whole):
        yield Evidence(weight=IMPOSSIBLE)


def _code(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    share = known_levels("kind", profile)
    yield Evidence(weight=6 * share - 3, reason="its codes are those of points" if share > 0.5 else "")
    if profile.n_distinct > _FEW or profile.is_time:
        yield Evidence(weight=IMPOSSIBLE)


def _category(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_unique and profile.n_rows > 20:
        yield Evidence(weight=-6.0)
    elif profile.words_each > 8 or profile.letters_each > 60:
        yield Evidence(weight=-5.0)
    elif profile.distinct_share < 0.2 or profile.n_distinct <= _FEW:
        yield Evidence(weight=1.5, reason=f"has {profile.n_distinct:,} values")
    if profile.is_number and profile.n_distinct > 30:
        yield Evidence(weight=-4.0)


def _named_category(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    yield from _category(profile, file)
    if profile.n_distinct == 2 and known_levels("yes", profile) + known_levels("no", profile) > 0.9:
        yield Evidence(weight=-6.0)


def _repeating(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.distinct_share < 0.9:
        yield Evidence(weight=1.5, reason=f"has {profile.n_distinct:,} values")


def _words_not_numbers(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    yield from _category(profile, file)
    if profile.is_number or profile.n_distinct > 60:
        yield Evidence(weight=-3.0)
    if profile.n_distinct == 2 and known_levels("yes", profile) + known_levels("no", profile) > 0.9:
        yield Evidence(weight=-6.0)


def _one_row_each(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    if profile.is_unique:
        yield Evidence(weight=2.0, reason=f"all {profile.n_rows:,} values differ")
    elif profile.distinct_share > 0.97 and profile.blank_share < 0.05:
        yield Evidence(weight=-0.5)
    else:
        yield Evidence(weight=-5.0)
    if profile.is_row_number and any(c.is_unique and not c.is_row_number for c in file.columns):
        yield Evidence(weight=-4.0)


def _many_rows_each(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_unique and profile.n_rows > 50:
        yield Evidence(weight=-2.5)
    elif profile.distinct_share < 0.9:
        each = profile.n_known / max(profile.n_distinct, 1)
        yield Evidence(weight=1.5, reason=f"{profile.n_distinct:,} values, {each:.1f} rows each")
    if profile.blank_share > 0.6:
        yield Evidence(weight=-2.0)


def _perhaps_many(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct > _FEW:
        yield Evidence(weight=0.5)


def _assigned_customer(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    yield Evidence(weight=1.5 if profile.distinct_share > 0.9 else -1.0)
    if profile.is_row_number:
        yield Evidence(weight=-3.0)


def _key(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    # One that repeats cannot be the key of its table: it is left out, and that is said.
    if profile.distinct_share == 1.0:
        yield Evidence(weight=1.5, reason=f"all {profile.n_known:,} values differ")
    else:
        yield Evidence(weight=IMPOSSIBLE)


def _ended(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if 0.1 <= profile.blank_share < 1:
        yield Evidence(weight=1.5, reason=f"blank in {profile.blank_share:.0%} of the rows")
    else:
        yield Evidence(weight=-1.5)


def _blank_at_times(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.blank_share > 0.02:
        yield Evidence(weight=1.0, reason=f"blank in {profile.blank_share:.0%} of the rows")


def _never_blank(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.blank_share > 0.3:
        yield Evidence(weight=-3.0)


def _tenure(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    is_calendar = profile.low > 1900 and profile.high < 2100
    if profile.low < 0 or profile.high > 40_000 or is_calendar:
        yield Evidence(weight=-6.0)
    elif profile.n_distinct > 5:
        yield Evidence(weight=1.0)
    else:
        yield Evidence(weight=-4.0)


def _churned(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct == 2 and profile.is_number and set(profile.texts) <= {"0", "1"}:
        yield Evidence(weight=2.5)
    share = known_levels("churned", profile)
    if share > 0.9:
        yield Evidence(weight=2.5, reason="its values say who left")
    elif profile.n_distinct > 2:
        yield Evidence(weight=-3.0)


def _amount(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_number and not profile.is_whole:
        yield Evidence(weight=1.0, reason="numbers with decimals")
    if profile.is_number and profile.is_whole and profile.n_distinct <= _FEW and profile.n_known > 100:
        yield Evidence(weight=-1.0)


def _money_a_month(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct <= 5 or profile.high <= 0:
        yield Evidence(weight=-4.0)


def _points(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_number and profile.is_whole:
        yield Evidence(weight=0.5)


def _variant(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    n = profile.n_distinct
    if not 2 <= n <= _FEW or profile.blank_share > 0.02:
        yield Evidence(weight=IMPOSSIBLE)
        return
    yield Evidence(weight=1.0 if n <= 6 else -1.5, reason=f"has {n} values")
    shares = [count / profile.n_known for _, count in profile.levels]
    if min(shares) < 0.02:
        yield Evidence(weight=-2.5)
    elif max(shares) < 1.15 / n:
        yield Evidence(weight=1.0, reason="its groups are equally large")
    if any(looks_like_control(text) for text in profile.texts):
        plain = known_levels("yes", profile) + known_levels("no", profile) > 0.9
        yield Evidence(weight=0.0 if plain else 3.0, reason="" if plain else "one of its values names a control group")


def _long_text(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    longest = max(column.words_each for column in file.columns)
    if profile.is_number or profile.words_each < 1.5:
        yield Evidence(weight=IMPOSSIBLE)
    elif profile.words_each >= 4:
        yield Evidence(weight=3.0, reason=f"{profile.words_each:.0f} words a value")
    if profile.words_each < 0.5 * longest:
        yield Evidence(weight=-2.5)
    if profile.distinct_share < 0.05:
        yield Evidence(weight=-3.0)


def _mark(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct > 101 or profile.low < -5 or profile.high > 100:
        yield Evidence(weight=-6.0)
    elif 3 <= profile.n_distinct <= 11:
        yield Evidence(weight=1.5, reason=f"marks from {profile.low:g} to {profile.high:g}")


def _language(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct > 40 or profile.letters_each > 12 or profile.is_number:
        yield Evidence(weight=IMPOSSIBLE)


def _name(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_number or profile.alpha_share < 0.7 or profile.n_distinct <= _FEW:
        yield Evidence(weight=IMPOSSIBLE)
    elif profile.distinct_share > 0.2:
        yield Evidence(weight=1.0)


def _scale(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct > 5 or profile.is_number:
        yield Evidence(weight=IMPOSSIBLE)


_Rule = Callable[[Profile, FileProfile], Iterator[Evidence]]
_KINDS: dict[str, _Rule] = {
    "id": _id,
    "day": _time,
    "moment": _time,
    "number": _number,
    "flag": _flag,
    "text": _text,
    "code": _code,
}
_SPECIAL: dict[str, _Rule] = {
    "customers.customer_id": _one_row_each,
    "transactions.customer_id": _many_rows_each,
    "loyalty.customer_id": _many_rows_each,
    "contacts.customer_id": _perhaps_many,
    "feedback.customer_id": _perhaps_many,
    "tickets.customer_id": _perhaps_many,
    "assignments.customer_id": _assigned_customer,
    "referrer_id": _perhaps_many,
    **{f"{table}.{key}": _key for table, key in KEYS.items() if table != "customers"},
    "started_on": _never_blank,
    "occurred_at": _never_blank,
    "received_at": _never_blank,
    "opened_at": _never_blank,
    "sent_at": _never_blank,
    "invited_at": _never_blank,
    "contacts.opened_at": _blank_at_times,
    "ended_on": _ended,
    "resolved_at": _blank_at_times,
    "first_response_at": _blank_at_times,
    "responded_at": _blank_at_times,
    "converted_at": _blank_at_times,
    "tenure": _tenure,
    "entry_tenure": _tenure,
    "churned": _churned,
    "end_reason": _words_not_numbers,
    "segment": _words_not_numbers,
    "plan": _words_not_numbers,
    "channel": _words_not_numbers,
    "region": _words_not_numbers,
    "type": _words_not_numbers,
    "product": _repeating,
    "priority": _category,
    "campaign": _named_category,
    "experiment": _words_not_numbers,
    "cluster": _category,
    "stratum": _category,
    "received": _category,
    "language": _language,
    "amount": _amount,
    "value": _amount,
    "monthly_value": _money_a_month,
    "points": _points,
    "variant": _variant,
    "text": _long_text,
    "rating": _mark,
    "satisfaction": _mark,
    "rating_scale": _scale,
    "name": _name,
}
