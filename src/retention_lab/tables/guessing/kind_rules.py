"""What the values of a column say, by its kind: an id, a time, a number, a code, a category."""

from collections.abc import Iterator

from retention_lab.tables.guessing.codes import known_levels
from retention_lab.tables.guessing.evidence import IMPOSSIBLE, Evidence
from retention_lab.tables.guessing.profiles import FileProfile, Profile

FEW = 12
"""So many different values are a handful, in however many rows."""


def of_id(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """Ids are short, without spaces, and not decimals; a handful of values tells nobody apart."""
    if profile.is_time and not profile.is_compact:
        yield Evidence(weight=IMPOSSIBLE)
    if profile.words_each > 1.5 or (profile.is_number and not profile.is_whole) or profile.letters_each > 80:
        yield Evidence(weight=-6.0)
    if profile.n_distinct <= 1 and profile.n_rows > 1:
        yield Evidence(weight=-7.0)
    elif profile.n_distinct <= FEW and profile.n_known > 20 * profile.n_distinct:
        yield Evidence(weight=-5.0)


def of_time(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    """Times read as dates, or count from 1970 and say so in their name."""
    if profile.epoch and profile.words.has("time", "date", "created", "start", "opened", "registration"):
        yield Evidence(weight=1.0, reason=f"counts {profile.epoch} since 1970")
    elif not profile.is_time:
        yield Evidence(weight=IMPOSSIBLE)
    else:
        yield Evidence(weight=2.0, reason="reads as dates")
        times = sum(column.is_time for column in file.columns)
        yield Evidence(weight=1.5, reason="the only dates in the file") if times == 1 else Evidence(weight=0.0)


def of_number(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """Numbers read as such; two values only are a flag, and one that counts the rows is none."""
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


def of_flag(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """Flags have two values, or a few that are spelled out."""
    if profile.n_distinct == 2:
        yield Evidence(weight=1.5, reason="has two values")
    elif profile.n_distinct > 6 or profile.is_number or profile.is_time:
        yield Evidence(weight=IMPOSSIBLE)


def of_text(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """Text may be anything but a time or a number with decimals."""
    if profile.is_time or (profile.is_number and not profile.is_whole):
        yield Evidence(weight=IMPOSSIBLE)


def of_code(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """Codes of points are known by their words."""
    share = known_levels("kind", profile)
    yield Evidence(weight=6 * share - 3, reason="its codes are those of points" if share > 0.5 else "")
    if profile.n_distinct > FEW or profile.is_time:
        yield Evidence(weight=IMPOSSIBLE)


def of_category(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """A category has few values, each many times."""
    if profile.is_unique and profile.n_rows > 20:
        yield Evidence(weight=-6.0)
    elif profile.words_each > 8 or profile.letters_each > 60:
        yield Evidence(weight=-5.0)
    elif profile.distinct_share < 0.2 or profile.n_distinct <= FEW:
        yield Evidence(weight=1.5, reason=f"has {profile.n_distinct:,} values")
    if profile.is_number and profile.n_distinct > 30:
        yield Evidence(weight=-4.0)


def of_named_category(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    """A category that is more than a yes or a no."""
    yield from of_category(profile, file)
    if profile.n_distinct == 2 and known_levels("yes", profile) + known_levels("no", profile) > 0.9:
        yield Evidence(weight=-6.0)


def of_repeating(profile: Profile, _: FileProfile) -> Iterator[Evidence]:
    """A value that comes again."""
    if profile.distinct_share < 0.9:
        yield Evidence(weight=1.5, reason=f"has {profile.n_distinct:,} values")


def of_words(profile: Profile, file: FileProfile) -> Iterator[Evidence]:
    """A category in words, not in numbers, and more than a yes or a no."""
    yield from of_category(profile, file)
    if profile.is_number or profile.n_distinct > 60:
        yield Evidence(weight=-3.0)
    if profile.n_distinct == 2 and known_levels("yes", profile) + known_levels("no", profile) > 0.9:
        yield Evidence(weight=-6.0)
