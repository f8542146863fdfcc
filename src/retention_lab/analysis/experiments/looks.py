"""The interval over time, as the customers came in: what somebody who looked each time would have seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.effects import Effect, at_any_time, contrast_of
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.analysis.experiments.survival import arms_of, horizon_of, tables_of
from retention_lab.methods.life_tables import LifeTable, merge_tables
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.experiment_reductions import moments_of
from retention_lab.tables.experiments import Trial

MOST_LOOKS = 60
# Before so many in each variant a normal interval means little.
FIRST_LOOK = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was known when all who were assigned by `day`, and whose window is over, had been counted."""

    day: date
    n_obs: float
    anytime: Contrast
    fixed: Contrast


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The looks at the primary outcome of one treatment; none where the experiment is not to be looked at early."""

    outcome: str
    variant: str
    looks: tuple[Look, ...]


def look_over_time(study: ExperimentStudy, effects: Sequence[Effect]) -> tuple[Looks, ...]:
    """The interval of each treatment's effect on the primary outcome as the sample grew, at up to `MOST_LOOKS` days.

    None where no effect may be read, or the design is not to be looked at early.
    """
    trial = study.trial
    if (
        trial is None
        or not effects
        or trial.spec.design != "anytime"
        or not trial.has_days
        or trial.randomised == "cluster"
    ):
        return ()
    contrasts = _staying if study.outcomes[study.primary].kind == "survival" else _measured
    return tuple(
        Looks(
            outcome=study.primary,
            variant=treatment,
            looks=tuple(
                Look(
                    day=day,
                    n_obs=fixed.n_obs,
                    anytime=at_any_time(trial, study.outcomes[study.primary], fixed),
                    fixed=fixed,
                )
                for day, fixed in contrasts(study, trial, treatment)
                if not fixed.reason
            ),
        )
        for treatment in study.treatments
    )


def _measured(study: ExperimentStudy, trial: Trial, treatment: str) -> list[tuple[date, Contrast]]:
    frame = moments_of(trial, by=("assigned_on",))
    # Of whom it is not known when they were assigned, nobody can tell from which look on they would have counted.
    frame = frame[(frame.outcome == study.primary) & (frame.n > 0) & frame.assigned_on.notna()]
    pair = (treatment, trial.variants[0])
    running = {variant: _running(frame[frame.variant == variant]) for variant in pair}
    outcome = study.outcomes[study.primary]
    found = []
    for day in _days(frame[frame.variant.isin(pair)]):
        rows = [running[variant][running[variant].assigned_on <= day].tail(1) for variant in pair]
        if all(len(row) and row.n.iloc[0] >= FIRST_LOOK for row in rows):
            seen = pd.concat(rows)
            found.append((day, contrast_of(study, trial, outcome, seen, study.primary, treatment)))
    return found


def _days(frame: pd.DataFrame) -> list[date]:
    return _spread(sorted(frame.assigned_on.unique()))


def _spread(days: list[date]) -> list[date]:
    """So many days that a chart can hold them, the first and the last among them."""
    places = np.linspace(0, len(days) - 1, min(len(days), MOST_LOOKS)).round().astype(int)
    return [days[place] for place in np.unique(places)]


_FIRST, _SECOND = ("y", "d", "x"), (("y", "y"), ("d", "d"), ("x", "x"), ("y", "d"), ("y", "x"), ("d", "x"))


def _running(frame: pd.DataFrame) -> pd.DataFrame:
    """Moments of all who came up to each day, from those of each day's own (Chan, Golub and LeVeque 1983)."""
    rows = frame.sort_values("assigned_on").copy()
    n = rows.n.cumsum()
    own = {name: rows[f"mean_{name}"] for name in _FIRST}
    means = {name: (rows.n * own[name]).cumsum() / n for name in _FIRST}
    for one, other in _SECOND:
        name = f"var_{one}" if one == other else f"cov_{one}{other}"
        within = ((rows.n - 1) * rows[name].fillna(0)).cumsum()
        # Each day adds the product of its distances from the mean so far.
        before = (n - rows.n) * rows.n / n
        apart = [own[which] - means[which].shift(fill_value=0) for which in (one, other)]
        rows[name] = (within + (before * apart[0] * apart[1]).cumsum()) / (n - 1).clip(lower=1)
    for name in _FIRST:
        rows[f"mean_{name}"] = means[name]
    rows["n_events"] = rows.n_events.cumsum()
    rows["n"] = n
    return rows


def _staying(study: ExperimentStudy, trial: Trial, treatment: str) -> list[tuple[date, Contrast]]:
    spec = study.outcomes[study.primary]
    by_day = tables_of(trial, study.primary, by="assigned_on", mature_only=True)
    pair = (treatment, trial.variants[0])
    horizon, found = horizon_of(spec.unit, spec.horizon_days), []
    for day in _spread(sorted({when for of, when in by_day if of in pair})):
        one, other = (_until(by_day, variant, day) for variant in pair)
        if one and other and min(one.n_obs, other.n_obs) >= FIRST_LOOK:
            found.append((day, arms_of(study, treatment, one, other, horizon, spec.unit).contrast))
    return found


def _until(by_day: dict[tuple[str, date], LifeTable], variant: str, day: date) -> LifeTable | None:
    tables = [table for (of, when), table in by_day.items() if of == variant and when <= day]
    return merge_tables(tables) if tables else None
