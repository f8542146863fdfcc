"""The rows of a Cox fit: checked, put in order, and their columns screened."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.life_tables import check_entries, check_events, check_times

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
WhyNot = Literal["constant", "collinear", "too_few"]

# What is left of a column once those before it are taken out, as a share of it: below the first it repeats them.
# Below the second the products of columns do not see clearly enough to tell.
_REPEATED, _SUSPECT = 1e-7, 1e-2
# A column that cannot be estimated repeats others where they tell more than 99.99 % of its variance: the share of it
# that they leave is then below the root of 0.0001.
_NEARLY = 1e-2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxRows:
    """The data of a fit, row by row, in order of stratum and duration; rows of no weight are gone.

    `design` is what its columns are above their `centre`. `stratum` and `cluster` are codes, `strata` the labels.
    """

    design: Floats
    centre: Floats
    duration: Floats
    event: NDArray[np.bool_]
    entry: Floats
    weight: Floats
    stratum: Integers
    strata: tuple[str, ...]
    cluster: Integers


def checked_rows(
    design: pd.DataFrame,
    duration: ArrayLike,
    event_observed: ArrayLike,
    entry: ArrayLike | None,
    weights: ArrayLike | None,
    strata: ArrayLike | None,
    cluster: ArrayLike | None,
) -> CoxRows:
    """ValueError for what cannot be meant; nothing is guessed and nothing is dropped but rows of weight 0."""
    size = len(design)
    durations = check_times("duration", duration, size=size)
    events = check_events(event_observed, size=size)
    entries = np.zeros(size) if entry is None else check_times("entry", entry, size=size)
    shares = np.ones(size) if weights is None else check_times("weights", weights, size=size)
    check_entries(entries, durations)
    customer = np.arange(size) if cluster is None else checked_codes("cluster", cluster, size)[0]
    counted = np.flatnonzero(shares > 0)
    codes, labels = _strata_of(strata, counted, size)
    order = np.lexsort((durations[counted], codes))
    kept = counted[order]
    matrix = checked_matrix(design)[kept]
    centre = matrix.mean(axis=0) if kept.size else np.zeros(matrix.shape[1])
    matrix -= centre
    return CoxRows(
        design=matrix,
        centre=centre,
        duration=durations[kept],
        event=events[kept],
        entry=entries[kept],
        weight=shares[kept],
        stratum=codes[order],
        strata=labels,
        cluster=customer[kept],
    )


def _strata_of(strata: ArrayLike | None, counted: Integers, size: int) -> tuple[Integers, tuple[str, ...]]:
    """The strata of the rows that count; one without a name where there are none."""
    if strata is None:
        return np.zeros(counted.size, dtype=np.intp), ()
    codes, labels = checked_labels("strata", strata, size)
    present, code = np.unique(codes[counted], return_inverse=True)
    return code, tuple(labels[number] for number in present)


def checked_matrix(design: pd.DataFrame) -> Floats:
    """The columns as numbers, of which none may be missing or infinite."""
    matrix = design.to_numpy(dtype=float)
    wrong = np.flatnonzero(~np.isfinite(matrix).all(axis=0))
    if wrong.size:
        raise ValueError(f"column {design.columns[wrong[0]]!r} has missing or infinite values")
    return matrix


def checked_codes(name: str, values: ArrayLike, size: int) -> tuple[Integers, pd.Index]:
    """Which of the distinct values each row has, and these."""
    codes, distinct = pd.factorize(pd.Index(np.asarray(values)))
    if codes.size != size or (codes < 0).any():
        raise ValueError(f"{name} must have one value, not missing, for each of {size} rows")
    return np.asarray(codes, dtype=np.intp), distinct


def checked_labels(name: str, values: ArrayLike, size: int) -> tuple[Integers, tuple[str, ...]]:
    """Which label each row has, and the labels in order."""
    codes, distinct = checked_codes(name, values, size)
    labels = sorted({str(value) for value in distinct})
    place = pd.Index(labels).get_indexer(pd.Index([str(value) for value in distinct]))
    return np.asarray(place[codes], dtype=np.intp), tuple(labels)


def screen_columns(names: list[str], design: Floats) -> tuple[dict[str, WhyNot], list[int]]:
    """Columns that no data could tell apart, by name, and the others by position."""
    not_estimable: dict[str, WhyNot] = {}
    kept: list[int] = []
    size = np.sqrt(np.einsum("ij,ij->j", design, design))
    spread = design.max(axis=0) - design.min(axis=0) if len(design) else size
    scale = np.where(size > 0, size, 1.0)
    products = design.T @ design / np.outer(scale, scale)
    close = False
    for column, name in enumerate(names):
        if size[column] <= 1e-12 or spread[column] == 0:
            not_estimable[name] = "constant"
            continue
        left = 0.0 if close else _left_over(products, kept, column)
        if left < _SUSPECT:
            # Products square the errors: whether a column repeats others is only seen on the rows themselves.
            left = _left_over_exactly(design / scale, kept, column)
            close = close or left >= _REPEATED
        if left < _REPEATED:
            not_estimable[name] = "collinear"
        else:
            kept.append(column)
    return not_estimable, kept


def first_repeated(design: Floats, kept: list[int], hopeless: list[int]) -> int | None:
    """The column that all but repeats those before it and so makes one hopeless; None where that is not why.

    Of two that say the same either may look hopeless: it is the later one that is named.
    """
    size = np.sqrt(np.einsum("ij,ij->j", design, design))
    scale = np.where(size > 0, size, 1.0)
    products = design.T @ design / np.outer(scale, scale)
    for column in hopeless:
        for last in kept[kept.index(column) :]:
            others = [one for one in kept if one <= last and one != column]
            if _left_over(products, others, column) < _NEARLY:
                return last
    return None


def _left_over(products: Floats, kept: list[int], column: int) -> float:
    """What the columns before it leave of a column, as a share of it; read off their products."""
    known = products[kept, column]
    shares = np.linalg.solve(products[np.ix_(kept, kept)], known)
    return math.sqrt(max(1 - float(known @ shares), 0.0))


def _left_over_exactly(design: Floats, kept: list[int], column: int) -> float:
    shares = np.linalg.lstsq(design[:, kept], design[:, column], rcond=None)[0]
    return float(np.linalg.norm(design[:, column] - design[:, kept] @ shares))
