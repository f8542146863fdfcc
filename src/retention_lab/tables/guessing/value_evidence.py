"""What the values of a column say for its being a canonical one: by its kind, and by what it is in particular."""

from collections import Counter
from collections.abc import Callable, Iterator

from retention_lab.tables.contract import KEYS, Column
from retention_lab.tables.guessing.codes import known_levels, looks_like_control
from retention_lab.tables.guessing.evidence import IMPOSSIBLE, Evidence
from retention_lab.tables.guessing.kind_rules import (
    FEW,
    of_category,
    of_code,
    of_flag,
    of_id,
    of_named_category,
    of_number,
    of_repeating,
    of_text,
    of_time,
    of_words,
)
from retention_lab.tables.guessing.profiles import FileProfile, Profile
from retention_lab.tables.guessing.words import folded

_FEWEST_IN_GROUP = 10
NEARLY_ALL = 0.998
"""From this share of different values on, a number tells rows apart, but for a few that are in conflict."""


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


def _one_row_each(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    if profile.is_unique:
        yield Evidence(weight=2.0, reason=f"all {profile.n_rows:,} values differ")
    elif profile.n_rows - profile.n_distinct <= file.n_copies:
        yield Evidence(weight=2.0, reason="no two rows share one, but for copies")
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
    if profile.n_distinct > FEW:
        yield Evidence(weight=0.5)


def _assigned_customer(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    yield Evidence(weight=1.5 if profile.distinct_share > 0.9 else -1.0)
    if profile.is_row_number:
        yield Evidence(weight=-3.0)


def _key(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    # One that repeats cannot be the key of its table: it is left out, and that is said. A copied row is no second one.
    if profile.n_known - profile.n_distinct <= file.n_copies:
        yield Evidence(weight=1.5, reason=f"all {profile.n_known:,} values differ")
    elif profile.distinct_share < NEARLY_ALL:
        yield Evidence(weight=IMPOSSIBLE)
    else:
        yield Evidence(weight=1.0, reason="all but a few values differ")


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
    elif share == 0 and known_levels("yes", profile) + known_levels("no", profile) == 0:
        # Two words of which neither speaks of leaving.
        yield Evidence(weight=-2.0)


def _amount(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_number and not profile.is_whole:
        yield Evidence(weight=1.0, reason="numbers with decimals")
    if profile.is_number and profile.is_whole and profile.n_distinct <= FEW and profile.n_known > 100:
        yield Evidence(weight=-1.0)


def _money_a_month(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct <= 5 or profile.high <= 0:
        yield Evidence(weight=-4.0)


def _points(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.is_number and profile.is_whole:
        yield Evidence(weight=0.5)


def _variant(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    counts = _spelled_alike(profile)
    n = len(counts)
    if not 2 <= n <= FEW or profile.blank_share > 0.02 or profile.n_distinct > 60:
        yield Evidence(weight=IMPOSSIBLE)
        return
    yield Evidence(weight=1.0 if n <= 6 else -1.5, reason=f"has {n} values")
    shares = [count / profile.n_known for count in counts.values()]
    if profile.n_known < _FEWEST_IN_GROUP * n:
        yield Evidence(weight=-4.0)
    if min(shares) < 0.02:
        yield Evidence(weight=-2.5)
    elif max(shares) < 1.15 / n:
        yield Evidence(weight=1.0, reason="its groups are equally large")
    if any(looks_like_control(text) for text in profile.texts):
        plain = known_levels("yes", profile) + known_levels("no", profile) > 0.9
        yield Evidence(weight=0.0 if plain else 3.0, reason="" if plain else "one of its values names a control group")


def _spelled_alike(profile: Profile) -> Counter[str]:
    """How often each value is there, whatever its capitals and spaces: names of variants are often typed by hand."""
    counts: Counter[str] = Counter()
    for text, count in profile.levels:
        counts[folded(text)] += count
    return counts


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
    if profile.is_number or profile.alpha_share < 0.7 or profile.n_distinct <= FEW:
        yield Evidence(weight=IMPOSSIBLE)
    elif profile.distinct_share > 0.2:
        yield Evidence(weight=1.0)


def _scale(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    if profile.n_distinct > 5 or profile.is_number:
        yield Evidence(weight=IMPOSSIBLE)


_Rule = Callable[[Profile, FileProfile], Iterator[Evidence]]
_KINDS: dict[str, _Rule] = {
    "id": of_id,
    "day": of_time,
    "moment": of_time,
    "number": of_number,
    "flag": of_flag,
    "text": of_text,
    "code": of_code,
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
    "end_reason": of_words,
    "segment": of_words,
    "plan": of_words,
    "channel": of_words,
    "region": of_words,
    "type": of_words,
    "product": of_repeating,
    "priority": of_category,
    "campaign": of_named_category,
    "experiment": of_words,
    "cluster": of_category,
    "stratum": of_category,
    "received": of_category,
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
