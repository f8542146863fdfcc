"""Files that look like well-known public ones: their headers, with values that a formula makes up.

A column of `lookalikes.yml` is a word and what it needs: `id`, `ref 200`, `cat a|b @0.9,0.1`, `after start 0.3`; how
many of the values are there at all may follow, as in `whole 1..5 ~0.4`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Sample

_ROWS = 600
_DAYS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d-%m-%Y",
    "%m/%d/%y",
)
_TEXTS = {
    "en": "the staff was very kind and it is not what I would have paid for with this price",
    "it": "il servizio è molto lento e non sono contento che la linea cade per una settimana",
    "es": "el servicio es muy lento y no me gusta que la línea se corta por una semana",
    "fr": "le service est très lent et je ne suis pas content que la ligne coupe pour une semaine",
    "sl": "storitev je zelo počasna in nisem zadovoljen ker se linija prekine za en teden",
}
Files = dict[str, pd.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Lookalike:
    """Made-up files, and for each what it is: its canonical table ("" for none, several where each is right)."""

    name: str
    files: Files
    tables: dict[str, Any]
    right: dict[str, dict[str, Any]]
    dates: str | None = None
    churn: str = ""
    outcomes: frozenset[str] | None = None
    control: str | None = None

    @property
    def samples(self) -> list[Sample]:
        return samples_of(self.files, ReadOptions(dates=self.dates))  # type: ignore[arg-type]


def samples_of(files: Files, read: ReadOptions) -> list[Sample]:
    """Files as they are handed to the guessing: text, of which all rows were looked at."""
    return [
        Sample(
            source=name,
            files=(name,),
            read=read,
            rows=pa.Table.from_pandas(rows.astype(str), preserve_index=False),
            n_rows=len(rows),
            is_exact=True,
        )
        for name, rows in files.items()
    ]


@cache
def lookalikes() -> dict[str, Lookalike]:
    """All of them, by name."""
    told = yaml.safe_load(Path(__file__).with_name("lookalikes.yml").read_text(encoding="utf-8"))
    return {one["name"]: _made(one, seed) for seed, one in enumerate(told)}


def _made(told: dict[str, Any], seed: int) -> Lookalike:
    files: Files = {}
    for at, (name, file) in enumerate(told["files"].items()):
        draw = _Draw(np.random.default_rng([seed, at]), told.get("rows", _ROWS), files, {})
        files[name] = draw.table(file["columns"])
    outcomes = told.get("outcomes")
    return Lookalike(
        name=told["name"],
        files=files,
        tables={name: _alternatives(file["is"]) for name, file in told["files"].items()},
        right={name: _right(file.get("right", {})) for name, file in told["files"].items()},
        dates=told.get("dates"),
        churn=told.get("churn", ""),
        outcomes=frozenset(outcomes) if outcomes is not None else None,
        control=told.get("control"),
    )


def _right(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: _alternatives(column) for name, column in columns.items()}


def _alternatives(told: Any) -> tuple[Any, ...]:
    return tuple(told) if isinstance(told, list) else (told,)


@dataclass(frozen=True)
class _Draw:
    rng: np.random.Generator
    n: int
    files: Files
    found: dict[str, Any]

    def table(self, columns: dict[str, str]) -> pd.DataFrame:
        """All columns in their order; one that is made of another waits for it."""
        waiting = dict(columns)
        while waiting:
            ready = [name for name, told in waiting.items() if not _needed(told, columns) - set(self.found)]
            for name in ready:
                self.found[name] = self.column(waiting.pop(name))
        return pd.DataFrame({name: self.found[name] for name in columns})

    def column(self, told: str) -> np.ndarray:
        told, _, share = told.partition(" ~")
        word, _, rest = told.partition(" ")
        values = np.asarray(_MAKERS[word](self, rest), dtype=object)
        return np.where(self.rng.uniform(size=self.n) < float(share or 1), values, "")

    def numbers(self, name: str) -> np.ndarray:
        return np.asarray(self.found[name], dtype=float)

    def places(self, name: str) -> np.ndarray:
        """Which of its different values each row has."""
        return pd.factorize(pd.Series(self.found[name]))[0]


def _needed(told: str, columns: dict[str, str]) -> set[str]:
    word, _, rest = told.partition(" ")
    if word not in ("after", "of", "among", "priced", "times", "given", "high"):
        return set()
    named = re.split(r"[*=]", rest) if word in ("times", "given", "high") else [rest]
    return {name for name in columns for part in named if part == name or part.startswith(f"{name} ")}


def _cat(d: _Draw, rest: str) -> np.ndarray:
    levels, _, shares = rest.partition(" @")
    p = [float(share) for share in shares.split(",")] if shares else None
    return d.rng.choice(np.array(levels.split("|"), dtype=object), d.n, p=p)


def _moments(d: _Draw, rest: str) -> pd.Series:
    return pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(d.rng.uniform(0, 800, d.n), "D")).dt.strftime(rest)


def _after(d: _Draw, rest: str) -> np.ndarray:
    name, share = rest.rsplit(" ", 1)
    first = [str(value) for value in d.found[name]]
    form = next(form for form in _DAYS if pd.to_datetime(first, format=form, errors="coerce").notna().all())
    later = pd.to_datetime(first, format=form) + pd.to_timedelta(d.rng.uniform(1, 60, d.n), "D")
    return np.where(d.rng.uniform(size=d.n) < float(share), later.strftime(form), "")


def _text(d: _Draw, rest: str) -> list[str]:
    words = _TEXTS[rest or "en"].split()
    return [" ".join(d.rng.choice(words, d.rng.integers(6, 25))) + f" {i}." for i in range(d.n)]


def _name(d: _Draw, rest: str) -> list[str]:
    heads, tails = ["Bel", "Mar", "Kos", "Zor", "Tam"], ["ini", "ard", "ovic", "ez", "eau"]
    return [str(d.rng.choice(heads)) + str(d.rng.choice(tails)) + "aeiou"[i % 5] * (1 + i % 3) for i in range(d.n)]


def _priced(d: _Draw, rest: str) -> np.ndarray:
    """One price for each product, times a quantity where one is named."""
    name = next(name for name in d.found if rest == name or rest.startswith(f"{name} "))
    prices = np.round(d.rng.lognormal(1.5, 0.8, d.n), 2)[d.places(name)]
    pieces = rest.removeprefix(name).strip()
    return np.round(prices * d.numbers(pieces), 2) if pieces else prices


def _where(d: _Draw, rest: str, then: Callable[[str], Any], other: Any) -> np.ndarray:
    name, _, value = rest.partition("=")
    level = next(level for level in map(str, d.found[name]) if value == level or value.startswith(f"{level} "))
    return np.where(pd.Series(d.found[name]).astype(str) == level, then(value.removeprefix(level).strip()), other)


def _of(d: _Draw, rest: str) -> list[str]:
    name = next(name for name in d.found if rest.startswith(f"{name} "))
    return [f"{rest.removeprefix(name).strip()} {place}" for place in d.places(name)]


def _among(d: _Draw, rest: str) -> np.ndarray:
    name, n = rest.rsplit(" ", 1)
    return 12_000 + d.places(name) % int(n)


def _sorted(d: _Draw, rest: str) -> list[str]:
    n, _, head = rest.partition(" ")
    return [f"{head}{'-' if head else ''}{500_000 + i}" for i in np.sort(d.rng.integers(0, int(n), d.n))]


def _from(d: _Draw, rest: str) -> np.ndarray:
    file, name = next((f, rest.removeprefix(f).strip()) for f in d.files if rest.startswith(f"{f} "))
    return d.rng.choice(d.files[file][name].to_numpy(), d.n)


_MAKERS: dict[str, Callable[[_Draw, str], Any]] = {
    "id": lambda d, rest: int(rest or 10_000) + 7 * d.rng.permutation(d.n),
    "code": lambda d, rest: [f"{rest}-{i:05d}" for i in range(1, d.n + 1)],
    "row": lambda d, rest: np.arange(1, d.n + 1),
    "ref": lambda d, rest: 701 + d.rng.integers(0, int(rest), d.n),
    "cat": _cat,
    "whole": lambda d, rest: d.rng.integers(int(rest.split("..")[0]), int(rest.split("..")[1]) + 1, d.n),
    "money": lambda d, rest: np.round(d.rng.lognormal(np.log(float(rest)), 0.6, d.n), 2),
    "part": lambda d, rest: np.round(d.rng.uniform(0, 1, d.n), 4),
    "day": lambda d, rest: _moments(d, rest or "%Y-%m-%d"),
    "moment": lambda d, rest: _moments(d, rest or "%Y-%m-%d %H:%M:%S"),
    "seconds": lambda d, rest: d.rng.integers(1_400_000_000, 1_500_000_000, d.n),
    "after": _after,
    "text": _text,
    "flag": lambda d, rest: d.rng.choice([0, 1], d.n, p=[0.8, 0.2]),
    "yes": lambda d, rest: d.rng.choice(["No", "Yes"], d.n, p=[0.75, 0.25]),
    "name": _name,
    "email": lambda d, rest: [f"u{i}@example.com" for i in range(d.n)],
    "same": lambda d, rest: [rest] * d.n,
    "priced": _priced,
    "times": lambda d, rest: np.round(d.numbers(rest.split("*")[0]) * d.numbers(rest.split("*")[1]), 2),
    "given": lambda d, rest: _where(d, rest, lambda levels: _cat(d, levels), ""),
    "high": lambda d, rest: _where(d, rest, lambda _: d.rng.choice([1, 0], d.n, p=[0.99, 0.01]), 0),
    "of": _of,
    "among": _among,
    "sorted": _sorted,
    "from": _from,
}
