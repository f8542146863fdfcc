"""From a fit to a table of client.yml: codes, units, constants and covariates beside the columns."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.guessing.codes import Codes, churn_values, control_of, flag_values, kind_values, meaning_of
from retention_lab.tables.guessing.explaining import covariates_of
from retention_lab.tables.guessing.guesses import Doubt, Sample, TableGuess
from retention_lab.tables.guessing.outcomes import outcomes_of, variants_of
from retention_lab.tables.guessing.profiles import FileProfile
from retention_lab.tables.guessing.scoring import Fit
from retention_lab.tables.guessing.speech import text_language
from retention_lab.tables.guessing.vocabulary import vocabulary

_UNITS = ("days", "weeks", "months", "years")
# Six years in months, which is where exports of that kind end.
_MOST_MONTHS = 75
_FEW_YEARS, _MOST_YEARS = 12, 60
# Dates from here on stand for none, such as 9999-12-31.
_NEVER = date(2050, 1, 1)
_ONE_MISTAKE_IN, _THIN, _MONTH = 500, 0.1, 28
_SCALES = ((1, 5), (0, 10), (1, 10), (1, 7))


def table_guess(fit: Fit, confidence: float, others: Sequence[tuple[str, float]]) -> TableGuess:
    """What client.yml would say of a file that is taken for a canonical table."""
    values, doubts = _values(fit)
    unit, unit_doubts = _unit(fit)
    constants, constant_doubts = _constants(fit)
    covariates, left_out = covariates_of(fit, _gone(fit)) if fit.table == "customers" else ({}, ())
    outcomes, outcome_values, outcome_doubts = outcomes_of(fit) if fit.table == "assignments" else ({}, {}, ())
    duplicates, copy_doubts = _duplicates(fit)
    return TableGuess(
        table=fit.table,
        sample=_as_read(fit),
        confidence=round(confidence, 3),
        columns=fit.columns,
        lacking=_lacking(fit, constants),
        values={**values, **outcome_values},
        constants=constants,
        unit=unit,
        covariates=covariates,
        outcomes=outcomes,
        variants=variants_of(fit.profile("variant")),
        control=_control(fit),
        missing=tuple(fit.file.sample.read.missing),
        duplicates=duplicates,
        doubts=(*fit.doubts, *doubts, *unit_doubts, *constant_doubts, *copy_doubts, *outcome_doubts, *left_out),
        others=tuple(others),
    )


def _as_read(fit: Fit) -> Sample:
    """The sample, read so that the times that were chosen are times."""
    sample = fit.file.sample
    times = [profile for name in _times(fit.table) if (profile := fit.profile(name))]
    epoch = next((profile.epoch for profile in times if profile.epoch), "")
    if not epoch or sample.read.dates == epoch:
        return sample
    return replace(sample, read=sample.read.model_copy(update={"dates": epoch}))


def _times(table: str) -> list[str]:
    return [column.name for column in CONTRACT[table] if column.kind in ("day", "moment")]


def _values(fit: Fit) -> tuple[dict[str, Codes], tuple[Doubt, ...]]:
    found: dict[str, Codes] = {}
    doubts: tuple[Doubt, ...] = ()
    for column in CONTRACT[fit.table]:
        profile = fit.profile(column.name)
        if profile is None or column.kind not in ("flag", "code"):
            continue
        if column.name == "churned":
            codes, more = churn_values(profile)
        else:
            codes, more = kind_values(profile) if column.kind == "code" else (flag_values(profile), ())
        found |= {column.name: codes} if codes else {}
        doubts += more
    return found, doubts


def _gone(fit: Fit) -> np.ndarray | None:
    """For each row 1 where the customer has left, 0 where not, NaN where it is not known."""
    churned, ended = fit.profile("churned"), fit.profile("ended_on")
    if churned is not None:
        codes, _ = churn_values(churned)
        by_code = [codes.get(text, meaning_of("yes", text)) for text in churned.texts]
        as_numbers = [np.nan if meaning is None else float(bool(meaning)) for meaning in by_code]
        return np.array([*as_numbers, np.nan])[churned.codes]
    return (ended.codes >= 0).astype(float) if ended is not None else None


def _unit(fit: Fit) -> tuple[str, tuple[Doubt, ...]]:
    tenure = fit.profile("tenure")
    if tenure is None:
        return "", ()
    named = [unit for unit in _UNITS if tenure.words.has(unit)]
    if len(named) == 1:
        return named[0], ()
    months = tenure.high <= _MOST_MONTHS or not tenure.is_whole
    # A company whose oldest customer came a year ago is rarer than one that counts in years.
    unit = "years" if tenure.high <= _FEW_YEARS and tenure.is_whole else "months" if months else "days"
    others = ("months", "years", "days") if tenure.high <= _MOST_YEARS else ("months", "days", "weeks")
    why = f"{tenure.name!r} does not say its unit; it goes from {tenure.low:g} to {tenure.high:g}"
    return unit, (Doubt(key="unit", taken=unit, others=tuple(o for o in others if o != unit), why=why),)


def _constants(fit: Fit) -> tuple[dict[str, str], tuple[Doubt, ...]]:
    if fit.table == "feedback":
        return _feedback_constants(fit), ()
    if fit.table != "contacts":
        return {}, ()
    found: dict[str, str] = {}
    doubts: list[Doubt] = []
    tokens = set(fit.file.name.tokens) | {token for column in fit.file.columns for token in column.words.tokens}
    channel = next((name for name, words in vocabulary().channels.items() if words & tokens), "")
    if channel and not fit.get("channel"):
        found["channel"] = channel
        doubts.append(Doubt(key="constants.channel", taken=channel, why="read off the name of the file or of a column"))
    if not fit.get("campaign") and fit.file.name.has("campaign"):
        found["campaign"] = " ".join(fit.file.name.tokens)
        why = "the file has no column for it: taken from its name"
        doubts.append(Doubt(key="constants.campaign", taken=found["campaign"], why=why))
    return found, tuple(doubts)


def _feedback_constants(fit: Fit) -> dict[str, str]:
    rating, text = fit.profile("rating"), fit.profile("text")
    found: dict[str, str] = {}
    if rating is not None and rating.is_whole and not fit.get("rating_scale") and (rating.low, rating.high) in _SCALES:
        found["rating_scale"] = f"{rating.low:g}-{rating.high:g}"
    if text is not None and not fit.get("language"):
        language = text_language(text.texts)
        found |= {"language": language} if language else {}
    return found


def _control(fit: Fit) -> str:
    variant = fit.profile("variant")
    if variant is None:
        return ""
    control, is_named = control_of([name for name, _ in variants_of(variant)])
    return control if is_named else ""


def _duplicates(fit: Fit) -> tuple[str, tuple[Doubt, ...]]:
    """Rows that are there twice are dropped only where a row can be told from another that merely looks the same."""
    n = fit.file.n_copies
    if not n:
        return "keep", ()
    can_be_told = fit.get("customer_id") is not None or _has_key(fit.file)
    taken, other = ("drop_exact", "keep") if can_be_told else ("keep", "drop_exact")
    why = f"{n:,} of the {fit.file.n_seen:,} rows looked at are exact copies of an earlier one"
    return taken, (Doubt(key="duplicates", taken=taken, others=(other,), why=why),)


def _has_key(file: FileProfile) -> bool:
    return any(column.distinct_share > 0.9 and column.words.has("id") for column in file.columns)


def _lacking(fit: Fit, constants: dict[str, str]) -> tuple[str, ...]:
    have = {found.name for found in fit.columns} | set(constants)
    return tuple(
        column.name
        for column in CONTRACT[fit.table]
        if column.required and not column.by_place and column.name not in have
    )


def last_days(fit: Fit, today: date | None) -> tuple[float, float] | None:
    """The last day that a table covers and the latest that it has, in days since 1970; None where it has none.

    They differ where the rows thin out all at once: the few that lie after all others are mistakes. Days after today
    do not count.
    """
    # What is due may lie ahead.
    names = [name for name in _times(fit.table) if name != "due_at"]
    days = [profile.known_days for name in names if (profile := fit.profile(name))]
    limit = ((today or _NEVER) - date(1970, 1, 1)).days + 1
    past = [found for each in days if len(found := np.sort(np.floor(each[each < limit])))]
    return (max(map(_covered, past)), max(float(found[-1]) for found in past)) if past else None


def _covered(days: np.ndarray) -> float:
    """The last day before the rows thin out: what comes after are few, and fewer a day than a tenth of before."""
    for at in range(len(days) - 1 - len(days) // _ONE_MISTAKE_IN, len(days) - 1):
        day, after = days[at], len(days) - 1 - at
        before = at + 1 - np.searchsorted(days, day - _MONTH, "right")
        if days[at + 1] > day and after / (days[-1] - day) < _THIN * before / _MONTH:
            return float(day)
    return float(days[-1])
