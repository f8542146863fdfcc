"""What came out of an experiment, as its own file tells it: which columns are outcomes, and which were known before."""

from collections.abc import Iterator

from retention_lab.tables.guessing.codes import Codes, flag_values, meaning_of
from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.guessing.profiles import Profile
from retention_lab.tables.guessing.scoring import Fit
from retention_lab.tables.guessing.words import folded

_NOT = ("id", "age", "before", "advert", "gender", "coordinate", "customer", "row", "calendar")


def variants_of(variant: Profile | None) -> tuple[tuple[str, float], ...]:
    """The variants with the share of rows that each has, the largest first."""
    if variant is None:
        return ()
    spelled: dict[str, tuple[str, int]] = {}
    for text, count in variant.levels:
        # The commonest spelling stands for all that differ in capitals and spaces.
        first, before = spelled.get(folded(text), (text, 0))
        spelled[folded(text)] = (first, before + count)
    ranked = sorted(spelled.values(), key=lambda found: -found[1])
    return tuple((text, round(count / variant.n_known, 4)) for text, count in ranked)


def outcomes_of(fit: Fit) -> tuple[dict[str, tuple[str, str]], dict[str, Codes], tuple[Doubt, ...]]:
    """Outcome to (column, kind), the meaning of their codes, and what is in doubt.

    A column that is called like something that customers do is an outcome; one that stands after the variant may be;
    one before it, or called after an earlier time, is not.
    """
    variant = fit.profile("variant")
    if variant is None:
        return {}, {}, ()
    taken = {found.column for found in fit.columns}
    able = [c for c in fit.file.columns if c.name not in taken and (_is_flag(c) or _is_measure(c))]
    named = [c for c in able if c.words.has("outcome") and not c.words.has(*_NOT)]
    after = [c for c in able if c not in named and c.position > variant.position and not c.words.has(*_NOT)]
    found = {_tidy(c.name): (c.name, "proportion" if _is_flag(c) else "mean") for c in (*named, *after)}
    values = {c.name: codes for c in (*named, *after) if _is_flag(c) and (codes := flag_values(c))}
    return found, values, tuple(_doubts(named, after, able, variant.position))


def _doubts(named: list[Profile], after: list[Profile], able: list[Profile], position: int) -> Iterator[Doubt]:
    for column in named:
        if column.position < position:
            why = f"{column.name!r} is taken for an outcome, but stands before the variant: was it known before?"
            yield Doubt(key=f"outcomes.{_tidy(column.name)}", taken=column.name, why=why)
    for column in after:
        why = f"{column.name!r} is taken for an outcome because it stands after the variant: nothing else says so"
        yield Doubt(key=f"outcomes.{_tidy(column.name)}", taken=column.name, others=("-",), why=why)
    rest = [column.name for column in able if column not in named and column not in after]
    if rest:
        why = f"{', '.join(rest)}: not taken for outcomes"
        yield Doubt(key="outcomes", taken="", others=tuple(rest), why=why)


def _is_flag(column: Profile) -> bool:
    return column.n_distinct == 2 and all(meaning_of("yes", text) is not None for text in column.texts)


def _is_measure(column: Profile) -> bool:
    return column.is_number and column.n_distinct > 2 and not column.is_unique and not column.is_row_number


def _tidy(name: str) -> str:
    return "_".join("".join(letter if letter.isalnum() else " " for letter in name).split()).lower() or "outcome"
