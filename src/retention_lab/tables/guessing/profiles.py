"""What the values of a column look like, whatever it is called: how many differ, and what they read as."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import types

from retention_lab.tables.guessing.guesses import Sample
from retention_lab.tables.guessing.readings import Numbers, as_compact_days, as_days, as_numbers, epoch_of
from retention_lab.tables.guessing.words import Words, words_of

_MOST_LEVELS = 60
_TEXTS_LOOKED_AT = 2_000
_READS = 0.95
_NAMELESS = re.compile(r"^column \d+$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """A column of a file. `codes` are its values row by row as places in `texts`, -1 where there is none.

    `numbers` and `days` (since 1970) are what the rows read as, NaN where they do not; `levels` are the commonest
    values with their counts; `low` and `high` are the smallest and the largest number (0 where there is none);
    `is_row_number`: it counts the rows from 0 or 1; `words_each` and `letters_each` are means over different values.
    """

    name: str
    position: int
    words: Words
    n_rows: int
    n_blank: int
    texts: tuple[str, ...]
    codes: NDArray[np.int64]
    levels: tuple[tuple[str, int], ...]
    numbers: Numbers
    days: Numbers
    epoch: str
    is_compact: bool
    number_share: float
    time_share: float
    is_whole: bool
    low: float
    high: float
    is_row_number: bool
    words_each: float
    letters_each: float
    alpha_share: float
    email_share: float

    @property
    def n_known(self) -> int:
        return self.n_rows - self.n_blank

    @property
    def n_distinct(self) -> int:
        return len(self.texts)

    @property
    def blank_share(self) -> float:
        return self.n_blank / max(self.n_rows, 1)

    @property
    def distinct_share(self) -> float:
        return self.n_distinct / max(self.n_known, 1)

    @property
    def is_unique(self) -> bool:
        return self.n_blank == 0 and self.n_distinct == self.n_rows > 0

    @property
    def is_number(self) -> bool:
        return self.number_share >= _READS and not self.is_compact

    @property
    def is_time(self) -> bool:
        """Whether it reads as days or moments; whole numbers only where they are dates written together."""
        return not self.epoch and self.time_share >= _READS

    @property
    def known_numbers(self) -> Numbers:
        return self.numbers[~np.isnan(self.numbers)]

    @property
    def known_days(self) -> Numbers:
        return self.days[~np.isnan(self.days)]

    @property
    def has_name(self) -> bool:
        return not _NAMELESS.match(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileProfile:
    """A file: its columns, and how many of the rows looked at are there twice."""

    sample: Sample
    name: Words
    columns: tuple[Profile, ...]
    n_copies: int

    @property
    def n_seen(self) -> int:
        return int(self.sample.rows.num_rows)

    @property
    def is_whole(self) -> bool:
        """Whether all rows of the file were looked at."""
        return self.n_seen >= self.sample.n_rows

    @property
    def has_names(self) -> bool:
        return any(column.has_name for column in self.columns)

    def column(self, name: str) -> Profile:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def profile_file(sample: Sample) -> FileProfile:
    """Look at all columns of a sample."""
    rows = sample.rows
    missing = [sentinel.strip() for sentinel in sample.read.missing]
    columns = tuple(_profile(name, at, rows.column(at), sample, missing) for at, name in enumerate(rows.column_names))
    table = pd.DataFrame({column.position: column.codes for column in columns})
    copies = int(table.duplicated().sum()) if len(columns) > 1 else 0
    return FileProfile(sample=sample, name=words_of(_stem(sample)), columns=columns, n_copies=copies)


def _stem(sample: Sample) -> str:
    """What a file's name says, without its folder, its endings and the parts that differ between files."""
    name = sample.source if isinstance(sample.source, str) else sample.source.table.rsplit(".", 1)[-1]
    path = PurePosixPath(name)
    while path.suffix and isinstance(sample.source, str):
        path = path.with_suffix("")
    return f"{path.name} {sample.read.sheet}" if sample.read.sheet else path.name


def _profile(name: str, position: int, values: pa.ChunkedArray, sample: Sample, missing: Sequence[str]) -> Profile:
    series = _as_texts(values)
    series = series.where(~series.isin(["", *missing, "nan", "NaN"]))
    codes, found = pd.factorize(series, use_na_sentinel=True)
    texts = tuple(str(text) for text in found)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    common = np.argsort(-counts, kind="stable")[:_MOST_LEVELS]
    numbers = as_numbers(texts, "." if types.is_floating(values.type) else sample.read.decimal)
    order = sample.read.dates if sample.read.dates in ("dmy", "mdy") else ""
    days, compact, epoch = _days(texts, numbers, order or "")
    known = numbers[~np.isnan(numbers)]
    n_known = int(np.count_nonzero(codes >= 0))
    return Profile(
        name=name,
        position=position,
        words=words_of(name),
        n_rows=len(series),
        n_blank=len(series) - n_known,
        texts=texts,
        codes=codes.astype(np.int64),
        levels=tuple((texts[i], int(counts[i])) for i in common),
        numbers=_by_row(numbers, codes),
        days=_by_row(days, codes),
        epoch=epoch,
        is_compact=compact,
        number_share=float(counts[~np.isnan(numbers)].sum()) / max(n_known, 1),
        time_share=float(counts[~np.isnan(days)].sum()) / max(n_known, 1),
        is_whole=bool(len(known) and (known == np.round(known)).all()),
        low=float(known.min(initial=np.inf)) if len(known) else 0.0,
        high=float(known.max(initial=-np.inf)) if len(known) else 0.0,
        is_row_number=_counts_rows(known, texts, series),
        **_spelling(texts[:_TEXTS_LOOKED_AT]),
    )


def _spelling(texts: Sequence[str]) -> dict[str, float]:
    """How texts are written, on average."""
    return {
        "words_each": _mean([len(text.split()) for text in texts]),
        "letters_each": _mean([len(text) for text in texts]),
        "alpha_share": _mean([sum(map(str.isalpha, text)) / len(text) for text in texts]),
        "email_share": _mean([bool(_EMAIL.match(text)) for text in texts]),
    }


def _counts_rows(known: Numbers, texts: Sequence[str], series: "pd.Series[str]") -> bool:
    is_full = len(known) == len(texts) == len(series) > 1
    return bool(is_full and known[0] in (0, 1) and (np.diff(known) > 0).all() and known[-1] >= len(series) - 1)


def _days(texts: Sequence[str], numbers: Numbers, order: str) -> tuple[Numbers, bool, str]:
    """The days that texts stand for, whether they are dates written together, and whether they count from 1970."""
    if not len(texts) or np.isnan(numbers).mean() > 0.5:
        return as_days(texts, order), False, ""
    compact = as_compact_days(texts)
    if len(texts) >= 3 and np.isnan(compact).mean() <= 1 - _READS:
        return compact, True, ""
    epoch = epoch_of(numbers)
    if epoch:
        return numbers / (86_400 if epoch == "seconds" else 86_400_000), False, epoch
    return np.full(len(texts), np.nan), False, ""


def _by_row(values: Numbers, codes: NDArray[np.int64]) -> Numbers:
    """Values of different texts, laid out row by row."""
    return np.append(values, np.nan)[codes]


def _as_texts(values: pa.ChunkedArray) -> "pd.Series[str]":
    """A column as text, trimmed; numbers that are whole lose their `.0`."""
    kind = values.type
    if types.is_string(kind) or types.is_large_string(kind):
        return pd.Series(values.to_pandas().str.strip())
    if types.is_null(kind):
        return pd.Series([None] * len(values), dtype=object)
    if types.is_floating(kind):
        return pd.Series(values.to_pandas().map(_written, na_action="ignore").astype(object))
    return pd.Series([None if value is None else str(value) for value in values.to_pylist()], dtype=object)


def _written(number: float) -> str:
    return f"{number:.0f}" if np.isfinite(number) and number == round(number) else repr(number)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
