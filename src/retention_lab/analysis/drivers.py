"""What moves leaving: each covariate with the others held equal.

A Cox model on the customers' rows, told as what a person can use: points of survival at the horizon, and customers a
year. A covariate that holds only from a day on (joined the club) counts from that day: a customer who joins after two
years had to stay two years to join, and the years before are not the club's doing (immortal-time bias; Suissa 2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from retention_lab.analysis.contrasts import LeftOut, build_design, without_departures
from retention_lab.analysis.effects import Effect, estimate_effects, flat
from retention_lab.analysis.groups import GroupComparison
from retention_lab.analysis.model import ChangingRatio, ChurnModel, choose_covariates, fit_model, split_ratios
from retention_lab.analysis.naive import NaiveComparison, compare_naively
from retention_lab.analysis.study import horizon_in
from retention_lab.methods.adjusted import (
    AdjustedDifference,
    draw_departures,
)
from retention_lab.tables.observation import MONTHLY_VALUE, Observation

N_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """All effects, the strongest first; `left_out` says of which covariates nothing can be said, and why.

    `departures` are those that the model expects by the horizon among the customers still here, `value_at_risk` the
    monthly value that they take along (None without monthly values; a blank or negative one counts as nought).
    `here` has one row for each customer still here: customer_id, tenure, value (nan: not known), risk of leaving
    within the horizon from today, and where there is none, why: `nobody_left` (a group that nobody has left so far,
    which the model holds nothing about) or `past_follow_up`. Where silence says who has left, today lies `silence`
    after the last day on which that is known, and the risk takes each customer to be here today still.
    `changing` are the covariates whose ratios are not the same at all times.
    """

    effects: tuple[Effect, ...]
    naive: tuple[NaiveComparison, ...]
    changing: tuple[ChangingRatio, ...]
    departures: AdjustedDifference
    value_at_risk: AdjustedDifference | None
    model: ChurnModel
    here: pd.DataFrame
    left_out: dict[str, LeftOut]
    horizon: float
    silence: float
    year: float
    unit: str
    confidence_level: float

    @property
    def n_obs(self) -> int:
        """Customers that the model was fitted to."""
        return len(self.model.rows)

    @property
    def has_covariates(self) -> bool:
        """Whether the client file declares any."""
        return bool(self.effects or self.left_out)

    @property
    def n_not_judged(self) -> int:
        """Those still here who are in groups that nobody has left so far."""
        return int((self.here.why_not == "nobody_left").sum())

    def draw_losses(self, weights: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
        """Draw what leaves within the horizon, of a weight for each row of `here`: as fitted, and in 200 draws.

        Rows without a risk must have no weight.
        """
        chosen = np.flatnonzero(np.asarray(weights) > 0)
        rows = self.model.rows.loc[self.here.index[chosen]]
        return draw_departures(
            self.model.predictor,
            self.model.design.columns.loc[rows.index],
            tenure=rows.duration + self.silence,
            horizon=self.horizon,
            customers=np.asarray(weights, dtype=float)[chosen],
            n_draws=N_DRAWS,
            seed=seed,
            strata=self.model.strata_of(rows),
        )

    def departures_in(self, column: str) -> dict[str, AdjustedDifference]:
        """The departures expected within the horizon among those still here, by level of a category in the model."""
        levels = self.model.design.levels
        if column not in levels or self.departures.reason:
            return {}
        here = self.model.rows[~self.model.rows.event_observed.to_numpy(dtype=bool)]
        return {
            str(level): _honest(self.model.departures(rows, self.horizon))
            for level, rows in here.groupby(levels.loc[here.index, column])
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each effect."""
        return pd.DataFrame([flat(effect) for effect in self.effects])


def estimate_drivers(
    observation: Observation,
    *,
    horizon: float,
    year: float,
    covariates: Sequence[str] = (),
    min_group: int = 10,
    confidence_level: float = 0.95,
) -> Drivers:
    """Fit all `covariates` (every usable one if none is named) together; `horizon` and `year` in the unit of durations.

    Levels below `min_group` customers are pooled. The p-values are Holm-adjusted over all effects.
    """
    names = choose_covariates(observation, covariates)
    everyone = observation.to_frame()
    silent = without_departures(observation, everyone, names, min_group)
    model = fit_model(observation, everyone[~silent], names, min_group=min_group, confidence_level=confidence_level)
    # Why a covariate has no contrast shows among all customers, before those are set aside whom nobody has left.
    reasons = model.design.left_out
    reasons = reasons | build_design(observation, everyone, [*reasons], min_group).left_out
    here = model.rows[~model.rows.event_observed]
    silence = horizon_in(observation.unit, observation.inactive_days) if observation.inactive_days else 0.0
    return Drivers(
        effects=estimate_effects(model, horizon=horizon, year=year),
        naive=compare_naively(model),
        changing=split_ratios(model),
        departures=_honest(model.departures(here, horizon)),
        value_at_risk=_honest(model.departures(here, horizon, _value(here))) if MONTHLY_VALUE in everyone else None,
        model=model,
        here=_here(model, everyone, horizon, silence),
        silence=silence,
        left_out={**_unusable(observation, covariates), **reasons},
        horizon=horizon,
        year=year,
        unit=observation.unit,
        confidence_level=confidence_level,
    )


def _here(model: ChurnModel, everyone: pd.DataFrame, horizon: float, silence: float) -> pd.DataFrame:
    here = everyone[~everyone.event_observed.to_numpy(dtype=bool)]
    here = here.assign(duration=here.duration + silence)
    judged = here.index.isin(model.rows.index)
    risk = np.full(len(here), np.nan)
    risk[judged] = model.risk(here[judged], horizon)
    value = here[MONTHLY_VALUE].astype(float) if MONTHLY_VALUE in here else pd.Series(np.nan, index=here.index)
    why_not = np.select([~judged, np.isnan(risk)], ["nobody_left", "past_follow_up"], "")
    return pd.DataFrame(
        {"customer_id": here.customer_id, "tenure": here.duration, "value": value, "risk": risk, "why_not": why_not},
        index=here.index,
    )


def count_by_group(comparisons: Sequence[GroupComparison], drivers: Drivers) -> list[GroupComparison]:
    """Comparisons whose departures are counted by the model, so that the groups of a covariate add up to all.

    A group that the model does not know keeps the number of its own curve.
    """

    def counted(comparison: GroupComparison) -> GroupComparison:
        by_level = drivers.departures_in(comparison.column)
        groups = tuple(replace(one, departures=by_level.get(one.level, one.departures)) for one in comparison.groups)
        return replace(comparison, groups=groups)

    return [counted(comparison) for comparison in comparisons]


def _value(here: pd.DataFrame) -> pd.Series:
    return here[MONTHLY_VALUE].fillna(0.0).clip(lower=0.0)


def _honest(expected: AdjustedDifference) -> AdjustedDifference:
    """Where nobody has left at the times ahead, "none will, and that is certain" is not what we know."""
    return replace(expected, reason="too_few") if expected.std_error == 0 else expected


def _unusable(observation: Observation, covariates: Sequence[str]) -> dict[str, LeftOut]:
    return {
        name: "too_many_levels" if why == "too_many_levels" else "one_level"
        for name, why in observation.unusable.items()
        if not covariates or name in covariates
    }
