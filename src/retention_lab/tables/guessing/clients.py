"""From looked-into files to a whole client: which table each is, and what the tables say together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.guessing.checking import doubt_together, second_thoughts
from retention_lab.tables.guessing.guesses import ClientGuess, Doubt, Sample, TableGuess, Unused
from retention_lab.tables.guessing.keys import known_customers, merged, shared_keys
from retention_lab.tables.guessing.profiles import FileProfile, profile_file
from retention_lab.tables.guessing.recognition import recognise
from retention_lab.tables.guessing.references import rows_set_aside
from retention_lab.tables.guessing.scoring import Fit
from retention_lab.tables.guessing.speech import currency_of, language_of
from retention_lab.tables.guessing.tables import last_days, table_guess

_LEAST, _LEAST_OTHER = 0.35, 0.05
_ENDS = {"churned", "ended_on"}
_OF_CONTRACTS = ("ended_on", "end_reason", "tenure", "churned", "observed_from", "entry_tenure")

_SILENCE = "it does not say both when and who, so that customers leave by falling silent after their purchases"

Ranked = list[tuple[float, Fit]]


def guess_client(samples: Sequence[Sample], *, today: date | None = None) -> ClientGuess:
    """What a folder of files is: each file's canonical table and columns, with what is in doubt and what is not used.

    `today`: dates after it are not taken for the last day that the files cover. The order of the samples does not
    matter.
    """
    files = [profile_file(sample) for sample in sorted(samples, key=lambda sample: sample.told)]
    ranked = _recognised(files)
    chosen, unused = _one_file_each(files, ranked)
    churn = _churn({fit.table: fit for _, fit in chosen})
    tables = [_table(share, fit, ranked[files.index(fit.file)], churn) for share, fit in chosen]
    language, spoken = language_of([fit.file for _, fit in chosen] or files)
    currency, paid = currency_of([fit.file for _, fit in chosen])
    observed, seen = _observed_through([fit for _, fit in chosen], today)
    lenient, blank = rows_set_aside(fit for _, fit in chosen)
    return ClientGuess(
        tables=tuple(tables),
        unused=tuple(unused),
        churn=churn,
        observed_through=observed,
        language=language,
        currency=currency,
        max_rejected=lenient,
        doubts=(*seen, *spoken, *paid, *blank, *_churn_doubts(tables, churn)),
    )


def _recognised(files: Sequence[FileProfile]) -> list[Ranked]:
    """All files against all tables, twice: what is a customer in one file is one in the others too."""
    keys = shared_keys(files)
    first = [recognise(file, own) for file, own in zip(files, keys, strict=True)]
    known = known_customers([ranked[0][1] for ranked in first])
    again = [recognise(file, merged(*both)) for file, both in zip(files, zip(keys, known, strict=True), strict=True)]
    return _doubted([[(share, second_thoughts(fit)) for share, fit in ranked] for ranked in again])


def _doubted(ranked: Sequence[Ranked]) -> list[Ranked]:
    """What one file puts in doubt is in doubt in the others too."""
    likeliest = [fits[0][1] for fits in ranked]
    settled = doubt_together(likeliest)
    return [[(fits[0][0], first), *fits[1:]] for first, fits in zip(settled, ranked, strict=True)]


def _one_file_each(files: Sequence[FileProfile], ranked: Sequence[Ranked]) -> tuple[Ranked, list[Unused]]:
    """For each canonical table the file that is it most likely; the others are not used, and it is said why."""
    wishes = sorted(
        ((share, at, fit) for at, fits in enumerate(ranked) for share, fit in fits if share >= _LEAST),
        key=lambda wish: (-_worth(wish[0], wish[2]), wish[1]),
    )
    chosen: dict[str, tuple[float, Fit, int]] = {}
    for share, at, fit in wishes:
        if fit.table not in chosen and all(at != other for _, _, other in chosen.values()):
            chosen[fit.table] = (share, fit, at)
    used = {at for _, _, at in chosen.values()}
    unused = [_unused(files[at], ranked[at], chosen) for at in range(len(files)) if at not in used]
    return [(share, fit) for share, fit, _ in chosen.values()], unused


def _worth(share: float, fit: Fit) -> float:
    """A file that has all that its table needs goes before one that is more alike but lacks something."""
    return share + fit_completeness(fit)


def fit_completeness(fit: Fit) -> float:
    """How much of what its table needs a file has, 0 to 1."""
    required = [column.name for column in CONTRACT[fit.table] if column.required]
    has = [fit.confidence(name) for name in required]
    more = 0.2 * bool({found.name for found in fit.columns} & (_ENDS | {"tenure", "started_on"}))
    return float(np.mean(has)) + (more if fit.table == "customers" else 0.0)


def _unused(file: FileProfile, ranked: Ranked, chosen: dict[str, tuple[float, Fit, int]]) -> Unused:
    share, fit = ranked[0]
    source = file.sample.told if file.sample.read.sheet else file.sample.source
    if share >= _LEAST and fit.table in chosen:
        other = chosen[fit.table][1]
        absent = [name for name in _required(fit.table) if fit.get(name) and not other.get(name)]
        remedy = f", which has no {' and '.join(absent)}: ask for one file with all" if absent else ""
        if set(file.sample.rows.column_names) == set(other.file.sample.rows.column_names):
            remedy = ", with the same columns: put their rows into one file to have them all read"
        why = f"it looks like {fit.table} too, and {other.file.sample.told} is that table{remedy}"
        return Unused(source=source, nearest=fit.table, why=why)
    if share < _LEAST_OTHER:
        return Unused(source=source, why="it is like none of the tables")
    lacks = [name for name in _required(fit.table) if not fit.get(name)]
    why = f"it is most like {fit.table}, but not enough so"
    return Unused(source=source, nearest=fit.table, why=f"{why}: no column for {', '.join(lacks)}" if lacks else why)


def _required(table: str) -> list[str]:
    return [column.name for column in CONTRACT[table] if column.required]


def _table(share: float, fit: Fit, ranked: Ranked, churn: str) -> TableGuess:
    others = [(other.table, round(s, 3)) for s, other in ranked if other.table != fit.table and s >= _LEAST_OTHER]
    found = table_guess(fit, share, others)
    if fit.table != "customers":
        return found
    if churn == "inactivity":
        return _without_ends(found)
    names = {column.name for column in found.columns}
    if {"started_on", "ended_on"} <= names or {"tenure", "churned"} <= names:
        return found
    absent = ["ended_on"] if "started_on" in names else ["churned"] if "tenure" in names else []
    absent = absent or (["tenure"] if "churned" in names else ["started_on", "ended_on"])
    return replace(found, lacking=(*found.lacking, *absent))


def _without_ends(found: TableGuess) -> TableGuess:
    """What says otherwise who has left goes with contracts only: it is left out, and said."""
    ends = [column for column in found.columns if column.name in _OF_CONTRACTS]
    doubts = tuple(
        Doubt(
            key=f"columns.{end.name}",
            taken="",
            others=(str(end.column),),
            why=f"{end.column!r} is left out: {_SILENCE}",
        )
        for end in ends
    )
    return replace(
        found,
        columns=tuple(column for column in found.columns if column not in ends),
        values={name: codes for name, codes in found.values.items() if name not in _OF_CONTRACTS},
        unit="",
        doubts=(*found.doubts, *doubts),
    )


def _churn(fits: dict[str, Fit]) -> str:
    """By contract where the customers' file says who has left; else by falling silent, where there are purchases."""
    customers, purchases = fits.get("customers"), fits.get("transactions")
    if purchases is None or any(not purchases.get(name) for name in _required("transactions")):
        return "contract"
    if customers is None:
        return "inactivity"
    names = {found.name for found in customers.columns}
    has_ends = {"started_on", "ended_on"} <= names or {"tenure", "churned"} <= names
    return "contract" if has_ends else "inactivity"


def _churn_doubts(tables: Sequence[TableGuess], churn: str) -> list[Doubt]:
    keys = {doubt.key.removeprefix("columns.") for table in tables for doubt in table.doubts}
    if churn == "contract" or not keys & set(_OF_CONTRACTS):
        return []
    why = "the customers' file says something of leaving, but not when and who: silence after purchases is taken"
    return [Doubt(key="churn.kind", taken="inactivity", why=why)]


def _observed_through(fits: Sequence[Fit], today: date | None) -> tuple[str, tuple[Doubt, ...]]:
    """The latest day of all tables; nothing, and a doubt, where no table has a date."""
    days = [found for fit in fits if (found := last_days(fit, today)) is not None]
    if not days:
        why = "no table has a date: ask for the last day that the exports cover"
        return "", (Doubt(key="observed_through", taken="", why=why),)
    covered, latest = (_written(max(each)) for each in zip(*days, strict=True))
    if covered != latest:
        why = f"hardly any rows lie after {covered}, and the last of them on {latest}: they may be mistakes"
        return covered, (Doubt(key="observed_through", taken=covered, others=(latest,), why=why),)
    if all(fit.file.is_whole for fit in fits):
        return covered, ()
    why = "not all rows were looked at: a later date may be there"
    return covered, (Doubt(key="observed_through", taken=covered, why=why),)


def _written(day: float) -> str:
    return (date(1970, 1, 1) + timedelta(days=int(day))).isoformat()
