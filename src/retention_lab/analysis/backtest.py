"""Would it have been right? The model as it is used, on customers whose later days are known.

With dates: fit on what was known a horizon ago, predict for those then here, compare with what has happened since.
With tenures only there is no earlier day to go back to: half of the customers teach the model, and it predicts for the
others from a tenure that they had all reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lab.analysis.contrasts import without_departures
from retention_lab.analysis.model import ChurnModel, choose_covariates, fit_model
from retention_lab.analysis.study import FEW_EVENTS, ChurnStudy
from retention_lab.errors import DataError
from retention_lab.methods.concordance import estimate_concordance
from retention_lab.methods.cox import fit_cox, predict_departure
from retention_lab.methods.estimates import Estimate, Reason
from retention_lab.methods.prediction_error import Calibration, calibrate, compare_brier, estimate_brier
from retention_lab.tables.client import Client
from retention_lab.tables.observation import keep_where, observe_customers


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What the model would have said, and what happened.

    `cut` is the day that the model did not look past (None where customers were split instead, and `landmark` is the
    tenure that they had reached). `calibration` holds the departures that it expected within the horizon of those then
    here against what happened, in all and by tenths of the predicted chance. `brier` is the mean squared error of the
    predicted chances, `brier_null` that of one curve for all, and `gain` the second less the first.
    With a `reason`, there are no numbers.
    """

    cut: date | None
    landmark: float | None
    horizon: float
    unit: str
    n_learnt: int
    n_left_learnt: int
    n_judged: int
    n_not_judged: int
    calibration: Calibration | None
    brier: Estimate | None
    brier_null: Estimate | None
    gain: Estimate | None
    concordance: Estimate | None
    confidence_level: float
    reason: Reason = ""

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each tenth of the predicted chance."""
        groups = self.calibration.groups if self.calibration else ()
        return pd.DataFrame(
            [
                {
                    "predicted": group.predicted,
                    "observed": group.observed.value,
                    "ci_lower": group.observed.ci_lower,
                    "ci_upper": group.observed.ci_upper,
                    "n_obs": group.n_obs,
                }
                for group in groups
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """A model, and customers whom it did not see leave: their tenure when asked, and how long they then stayed."""

    cut: date | None
    landmark: float | None
    model: ChurnModel
    learnt: pd.DataFrame
    asked: pd.DataFrame
    n_not_judged: int


def backtest_churn(client: Client, study: ChurnStudy, *, covariates: Sequence[str] = (), seed: int = 1) -> Backtest:
    """Test the model of `covariates` over the horizon of the study; `seed` splits customers known by tenure only."""
    names = choose_covariates(study.observation, covariates)
    dated = study.observation.first_start is not None
    trial = _back_then(client, study, names) if dated else _other_half(study, names, seed)
    return _untold(study, trial) if isinstance(trial, str) else _judged(study, trial)


def earlier_day(client: Client, study: ChurnStudy) -> date:
    """The last day of data a horizon ago: calendar months and years where durations are counted in them."""
    months = {"months": 1, "years": 12}.get(study.unit)
    last = pd.Timestamp(client.as_of)
    if months is None:
        return (last - pd.Timedelta(days=study.horizon_days)).date()
    day: date = (last - pd.DateOffset(months=months * int(study.horizon))).date()
    return day


def _back_then(client: Client, study: ChurnStudy, names: list[str]) -> "_Trial | Reason":
    rule = study.observation.rule
    try:
        then = observe_customers(client, earlier_day(client, study), rule.inactive_days if rule else None)
    except DataError:
        return "not_observed"
    then = keep_where(then, study.where)
    rows = then.to_frame()
    usable = [name for name in names if name in (*then.categorical, *then.numeric, *then.since)]
    silent = without_departures(then, rows, usable, study.min_group)
    learnt = rows[~silent]
    if (reason := _why_not(learnt, study)) is not None:
        return reason
    model = fit_model(then, learnt, usable, min_group=study.min_group, confidence_level=study.confidence_level)
    later = study.observation.rows.select("customer_id", "duration", "event_observed").to_pyarrow().to_pandas()
    later = later.set_index("customer_id").reindex(learnt.customer_id)
    left = later.event_observed.to_numpy() == True  # noqa: E712
    # Between the two days lies one horizon, so every fate is known, whatever the fractions of two units are.
    stayed = later.duration.to_numpy(dtype=float) - learnt.duration.to_numpy(dtype=float)
    stayed = np.where(left, np.minimum(stayed, study.horizon), np.where(np.isnan(stayed), stayed, study.horizon))
    here = learnt.assign(stayed=stayed, left_later=left)[~learnt.event_observed.astype(bool) & np.isfinite(stayed)]
    n_silent = int((silent & ~rows.event_observed.to_numpy(dtype=bool)).sum())
    return _Trial(cut=then.as_of, landmark=None, model=model, learnt=learnt, asked=here, n_not_judged=n_silent)


def _other_half(study: ChurnStudy, names: list[str], seed: int) -> "_Trial | Reason":
    rows = study.observation.to_frame()
    silent = without_departures(study.observation, rows, names, study.min_group)
    aside, rows = rows[silent], rows[~silent]
    learn = np.random.default_rng(seed).permutation(len(rows)) % 2 == 0
    learnt = rows[learn]
    if (reason := _why_not(learnt, study)) is not None:
        return reason
    landmark = max(0.0, min(float(rows.duration.median()), float(learnt.duration.max()) - study.horizon))
    if landmark + study.horizon > float(learnt.duration.max()):
        return "not_observed"
    model = fit_model(
        study.observation,
        rows,
        names,
        min_group=study.min_group,
        confidence_level=study.confidence_level,
        learn=learn,
    )
    here = _reached(rows[~learn], landmark)
    asked = here.assign(stayed=here.duration - landmark, left_later=here.event_observed.astype(bool), duration=landmark)
    return _Trial(
        cut=None,
        landmark=landmark,
        model=model,
        learnt=learnt,
        asked=asked,
        n_not_judged=len(_reached(aside, landmark)),
    )


def _reached(rows: pd.DataFrame, landmark: float) -> pd.DataFrame:
    """Who was observed, and still here, just after a tenure."""
    return rows[(rows.duration > landmark) & ((rows.entry <= landmark) | (rows.entry == 0))]


def _why_not(learnt: pd.DataFrame, study: ChurnStudy) -> Reason | None:
    if learnt.event_observed.sum() < FEW_EVENTS:
        return "too_few"
    return "not_observed" if study.horizon > float(learnt.duration.max()) else None


def _judged(study: ChurnStudy, trial: _Trial) -> Backtest:
    model, horizon, level = trial.model, study.horizon, study.confidence_level
    risk = model.risk(trial.asked, horizon)
    null = _one_curve(trial, horizon)
    judged = np.isfinite(risk) & np.isfinite(null)
    asked, risk, null = trial.asked[judged], risk[judged], null[judged]
    stayed, left = asked.stayed.to_numpy(dtype=float), asked.left_later.to_numpy(dtype=bool)
    n_not_judged = trial.n_not_judged + int((~judged).sum())
    if len(asked) < study.min_group or left[stayed <= horizon].sum() < FEW_EVENTS:
        return _untold(study, "too_few", trial)
    within = np.minimum(stayed, horizon)
    return Backtest(
        cut=trial.cut,
        landmark=trial.landmark,
        horizon=horizon,
        unit=study.unit,
        n_learnt=len(trial.learnt),
        n_left_learnt=int(trial.learnt.event_observed.sum()),
        n_judged=len(asked),
        n_not_judged=n_not_judged,
        calibration=calibrate(risk, stayed, left, horizon, confidence_level=level),
        brier=estimate_brier(1 - risk, stayed, left, horizon, confidence_level=level),
        brier_null=estimate_brier(1 - null, stayed, left, horizon, confidence_level=level),
        gain=compare_brier(1 - null, 1 - risk, stayed, left, horizon, confidence_level=level),
        concordance=estimate_concordance(risk, within, left & (stayed <= horizon), confidence_level=level),
        confidence_level=level,
    )


def _one_curve(trial: _Trial, horizon: float) -> np.ndarray:
    """What one curve for all customers would have said of each, given the tenure reached."""
    learnt = trial.learnt
    fit = fit_cox(pd.DataFrame(index=learnt.index), learnt.duration, learnt.event_observed, entry=learnt.entry)
    nothing = pd.DataFrame(index=trial.asked.index)
    return predict_departure(fit, nothing, tenure=trial.asked.duration, horizon=horizon)


def _untold(study: ChurnStudy, reason: Reason, trial: _Trial | None = None) -> Backtest:
    return Backtest(
        cut=trial.cut if trial else None,
        landmark=trial.landmark if trial else None,
        horizon=study.horizon,
        unit=study.unit,
        n_learnt=len(trial.learnt) if trial else 0,
        n_left_learnt=int(trial.learnt.event_observed.sum()) if trial else 0,
        n_judged=0,
        n_not_judged=0,
        calibration=None,
        brier=None,
        brier_null=None,
        gain=None,
        concordance=None,
        confidence_level=study.confidence_level,
        reason=reason,
    )
