"""Covariates as columns of a design, and the contrasts between their levels."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from retention_lab.methods.cox import CoxFit
from retention_lab.methods.hazard_ratios import estimate_hazard_ratio
from retention_lab.methods.splines import natural_spline, spline_knots
from retention_lab.tables.levels import LOWER, NO, OTHER, UNKNOWN, UPPER, YES, levels_to_pool
from retention_lab.tables.observation import Observation

Kind = Literal["category", "number", "since"]
# Of a number that enters as a curve: those between the quarters. No client's level begins with a space.
MIDDLE = " (middle)"
# Why nothing can be said of a covariate.
LeftOut = Literal["one_level", "too_many_levels", "too_small", "no_departures", "no_values", "no_spread"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What a level means in the columns of the design: `on` for the level, `off` for the reference.

    `quartiles` are the lower and the upper one of a number.
    """

    name: str
    level: str
    reference: str
    kind: Kind
    column: str
    on: dict[str, float]
    off: dict[str, float]
    quartiles: tuple[float, float] | None = None

    @property
    def step(self) -> dict[str, float]:
        """What the columns change by, from the reference to the level."""
        return {column: value - self.off[column] for column, value in self.on.items() if value != self.off[column]}


@dataclass(frozen=True, slots=True)
class Design:
    """Customers as they are at the end of observation, in numeric columns, and the contrasts between levels.

    `terms` names the columns of each covariate, `curves` those by which a number may leave the straight line, and
    `levels` has a column for each category, with the levels as the design tells them apart. `left_out` names the
    covariates without a contrast.
    """

    columns: pd.DataFrame
    contrasts: list[Contrast] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    terms: dict[str, list[str]] = field(default_factory=dict)
    curves: dict[str, list[str]] = field(default_factory=dict)
    levels: pd.DataFrame = field(default_factory=pd.DataFrame)


_Added = tuple[dict[str, np.ndarray], list[Contrast], LeftOut | None]


def build_design(
    observation: Observation, rows: pd.DataFrame, names: list[str], min_group: int, curved: Collection[str] = ()
) -> Design:
    """Build the columns of `names` for customers of the observation, one row for each; `curved` numbers as splines."""
    columns: dict[str, np.ndarray] = {}
    design = Design(pd.DataFrame(index=rows.index), levels=pd.DataFrame(index=rows.index))
    for name in names:
        if name in observation.categorical:
            design.levels[name] = levels_of(rows[name], rows.event_observed, min_group)
            new, found, why = _category(name, rows, design.levels[name], min_group)
        elif name in observation.numeric:
            new, found, why = _number(name, rows[name], curved=name in curved)
            design.curves.update({name: bends} if (bends := [column for column in new if _BEND in column]) else {})
        else:
            new, found, why = _since(name, rows)
        columns |= new
        design.terms[name] = [*new]
        design.contrasts.extend(found)
        design.left_out.update({name: why} if why else {})
    return replace(design, columns=pd.DataFrame(columns, index=rows.index))


_BEND = " bend "


def straighten(design: Design, names: Collection[str]) -> Design:
    """The design with these numbers in a straight line again: the columns by which they could leave it are dropped."""
    dropped = {column for name in names for column in design.curves.get(name, [])}

    def kept(values: dict[str, float]) -> dict[str, float]:
        return {column: value for column, value in values.items() if column not in dropped}

    return replace(
        design,
        columns=design.columns.drop(columns=[*dropped]),
        contrasts=[
            replace(one, on=kept(one.on), off=kept(one.off))
            for one in design.contrasts
            if one.name not in names or MIDDLE not in (one.level, one.reference)
        ],
        terms={name: [one for one in columns if one not in dropped] for name, columns in design.terms.items()},
        curves={name: columns for name, columns in design.curves.items() if name not in names},
    )


def widest(design: Design, curved: Collection[str], fit: CoxFit) -> list[Contrast]:
    """All comparisons of the design; of a number in a curve only the one in which leaving differs most."""

    def apart(contrast: Contrast) -> float:
        ratio = estimate_hazard_ratio(fit, contrast.step).value
        return -1.0 if math.isnan(ratio) else abs(math.log(ratio))

    most: dict[str, Contrast] = {}
    for contrast in design.contrasts:
        if apart(contrast) > apart(most.setdefault(contrast.name, contrast)):
            most[contrast.name] = contrast
    return [one for one in design.contrasts if one.name not in curved or most[one.name] is one]


def without_departures(observation: Observation, rows: pd.DataFrame, names: list[str], min_group: int) -> np.ndarray:
    """Tell which customers are in a group that nobody has left, although others have left theirs.

    Their hazard is nought as far as anybody has seen, and a fit would count them in with the group that others are
    compared with, which would then look better than it is.
    """
    left = rows.event_observed.to_numpy(dtype=bool)
    silent = np.zeros(len(rows), dtype=bool)
    for name in names if left.any() else []:
        if name in observation.categorical:
            other = (levels_of(rows[name], rows.event_observed, min_group) == OTHER).to_numpy()
            silent |= other & (not left[other].any())
    return silent


def levels_of(values: pd.Series, left: pd.Series, min_group: int) -> pd.Series:
    """Name the level of each customer, with those pooled that are too small or that nobody has left."""
    # By number: to compare texts row by row takes ten times as long.
    numbers, found = pd.factorize(values)
    names = [*map(str, found), UNKNOWN]
    # What is missing has the number -1, and so the last name.
    numbers = numbers % len(names)
    counts, n_left = (np.bincount(some, minlength=len(names)) for some in (numbers, numbers[left.to_numpy(dtype=bool)]))
    small = levels_to_pool({level: n for level, n in zip(names, counts, strict=True) if n}, min_group)
    pooled = {level for level, n in zip(names, n_left, strict=True) if not n} | (small if small - {UNKNOWN} else set())
    named = np.array([OTHER if level in pooled else level for level in names], dtype=object)
    return pd.Series(named[numbers], index=values.index, name=values.name)


def _category(name: str, rows: pd.DataFrame, levels: pd.Series, min_group: int) -> _Added:
    """One column for each level but the commonest, which is the reference."""
    numbers, found = pd.factorize(levels)
    counts = dict(zip(found, np.bincount(numbers, minlength=len(found)), strict=True))
    named = sorted(counts.keys() - {UNKNOWN, OTHER}, key=lambda level: (-counts[level], level))
    others = [*named[1:], *sorted({UNKNOWN, OTHER} & counts.keys())] if named else []
    columns = {f"{name}={level}": (numbers == list(counts).index(level)).astype(float) for level in others}
    off = dict.fromkeys(columns, 0.0)
    contrasts = [
        Contrast(name, level, named[0], "category", f"{name}={level}", {**off, f"{name}={level}": 1.0}, off)
        for level in named[1:]
    ]
    return columns, contrasts, None if contrasts else _why_no_levels(rows[name], rows.event_observed, min_group)


def _why_no_levels(values: pd.Series, left: pd.Series, min_group: int) -> LeftOut:
    known = values.dropna()
    if known.nunique() < 2:
        return "one_level"
    large = known.value_counts() >= min_group
    return "too_small" if large.sum() < 2 or len(set(known[left])) > 1 else "no_departures"


def _number(name: str, values: pd.Series, *, curved: bool) -> _Added:
    """A number as it is, compared between its quartiles; in a curve its median is compared with each of them too.

    Those without one are a group of their own.
    """
    known = values.dropna()
    if known.empty:
        return {}, [], "no_values"
    lower, middle, upper = (float(quartile) for quartile in np.quantile(known, [0.25, 0.5, 0.75]))
    filled = values.fillna(middle).to_numpy(dtype=float)
    knots = spline_knots(known.to_numpy(dtype=float)) if curved else np.zeros(0)
    columns = _spline(name, filled, knots)
    bent, unknown = len(columns) > 1, {}
    if len(known) < len(values):
        unknown = {f"{name}={UNKNOWN}": values.isna().to_numpy(dtype=float)}
    if upper <= lower:
        return columns | unknown, [], "no_spread"
    points = {UPPER: upper, LOWER: lower}
    if bent and lower < middle < upper and ((known > lower) & (known < upper)).any():
        points[MIDDLE] = middle
    at = {level: _at(name, point, knots) | dict.fromkeys(unknown, 0.0) for level, point in points.items()}
    contrasts = [
        Contrast(name, level, reference, "number", name, at[level], at[reference], (lower, upper))
        for level, reference in ((UPPER, LOWER), (UPPER, MIDDLE), (MIDDLE, LOWER))
        if {level, reference} <= at.keys()
    ]
    return columns | unknown, contrasts, None


def _at(name: str, point: float, knots: np.ndarray) -> dict[str, float]:
    return {column: float(values[0]) for column, values in _spline(name, np.array([point]), knots).items()}


def _spline(name: str, values: np.ndarray, knots: np.ndarray) -> dict[str, np.ndarray]:
    """The number itself, and the bends of a natural spline where there are knots enough for one."""
    if len(knots) < 3:
        return {name: values}
    first, *bends = natural_spline(values, knots).T
    return {name: first, **{f"{name}{_BEND}{place}": bend for place, bend in enumerate(bends, start=1)}}


def _since(name: str, rows: pd.DataFrame) -> _Added:
    """Whether the day has come by the end of observation; the fit counts it from that day."""
    day = rows[f"{name}_since"]
    held = ((day < rows.duration) | (day <= rows.entry)).to_numpy(dtype=float)
    return {name: held}, [Contrast(name, YES, NO, "since", name, {name: 1.0}, {name: 0.0})], None


def split_episodes(episodes: pd.DataFrame, name: str, since: pd.Series) -> pd.DataFrame:
    """Cut each episode where the covariate begins to hold; the index says which customer an episode belongs to.

    Who joins on the day of leaving has left as one who had not joined.
    """
    day = since.reindex(episodes.index).to_numpy(dtype=float)
    from_start = day <= episodes.entry.to_numpy()
    within = (day > episodes.entry.to_numpy()) & (day < episodes.duration.to_numpy())
    before = episodes[within].assign(**{name: 0.0}, duration=day[within], event_observed=False)
    after = episodes[within].assign(**{name: 1.0}, entry=day[within])
    whole = episodes[~within].assign(**{name: from_start[~within].astype(float)})
    return pd.concat([whole, before, after])


def as_if(design: pd.DataFrame, values: Mapping[str, float]) -> pd.DataFrame:
    """All rows of a design as if they had these values."""
    # In one piece: a frame that got its columns one by one takes ten times as long to read.
    matrix, names = design.to_numpy(copy=True), list(design.columns)
    matrix[:, [names.index(name) for name in values]] = [*values.values()]
    return pd.DataFrame(matrix, index=design.index, columns=design.columns)


def in_level(design: pd.DataFrame, contrast: Contrast) -> np.ndarray:
    """Tell who is in the level: has its values, or for a number lies in its quarter, or between the two."""
    same = [name for name in contrast.on if contrast.kind != "number" or name.endswith(f"={UNKNOWN}")]
    inside = np.ones(len(design), dtype=bool)
    for name in same:
        inside &= design[name].to_numpy() == contrast.on[name]
    if contrast.quartiles:
        values, (lower, upper) = design[contrast.column].to_numpy(), contrast.quartiles
        between = (values > lower) & (values < upper)
        inside &= {UPPER: values >= upper, LOWER: values <= lower, MIDDLE: between}[contrast.level]
    return inside
