"""Does what customers say tell us who leaves? Asked as of a day in the past, with what was known on that day."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from retention_lab.analysis.feedback.marks import NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.models import draw_folds
from retention_lab.analysis.feedback.study import FeedbackStudy, unhappiness
from retention_lab.methods.discrimination import compare_aucs, estimate_auc
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.proportions import estimate_proportion
from retention_lab.tables.client import Client
from retention_lab.tables.observation import MONTHLY_VALUE, Observation, observe_customers

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mood = Literal["silent", "unhappy", "neutral", "happy"]
Why = Literal["", "no_customers", "no_dates", "too_short", "too_few"]
_FEWEST_LEFT = 50
_FEWEST_WRITERS = 100
_LOOK_BACK = 365
_N_FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodGroup:
    """Customers by the last thing that they had said, and the share of them who then left."""

    mood: Mood
    n_customers: int
    left: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingByMood:
    """Customers who were here on `cut_off`, what they had said in the year until `gap_days` before it, and who left.

    `known` is the area under the ROC curve of tenure and value, `with_text` of these and the comments, `gain` the
    difference, all out of fold; `careless_gain` is what would be claimed without a cut-off and with the goodbyes in.
    `n_goodbyes` comments that announce the leaving were left out.
    """

    cut_off: date
    horizon_days: int
    gap_days: int
    n_customers: int
    n_left: int
    n_goodbyes: int
    has_value: bool
    groups: tuple[MoodGroup, ...]
    known: Estimate
    with_text: Estimate
    gain: Estimate
    careless_gain: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJoined:
    """Why what was said could not be held against who left."""

    why: Why
    found: int = 0
    needed: int = 0


def estimate_leaving(
    client: Client, study: FeedbackStudy, *, horizon_days: int = 180, gap_days: int = 14
) -> LeavingByMood | NotJoined:
    """Hold what customers said by a day `horizon_days` ago against who has left since."""
    here = _here_at(client, horizon_days)
    if isinstance(here, NotJoined):
        return here
    customers, cut_off = here
    until = pd.Timestamp(cut_off - timedelta(days=gap_days))
    days, since = study.comments.received_on, pd.Timestamp(cut_off - timedelta(days=_LOOK_BACK))
    of_them = study.comments.customer_id.isin(customers.customer_id)
    known = of_them & (days > since) & (days <= until)
    fair = study.comments[known & ~study.comments.leaving]
    n_left = int(customers.left.sum())
    if min(n_left, len(customers) - n_left) < _FEWEST_LEFT:
        return NotJoined(why="too_few", found=min(n_left, len(customers) - n_left), needed=_FEWEST_LEFT)
    if fair.customer_id.nunique() < _FEWEST_WRITERS:
        return NotJoined(why="too_few", found=fair.customer_id.nunique(), needed=_FEWEST_WRITERS)
    base, left = _known_features(customers), customers.left.to_numpy()
    folds = draw_folds(np.arange(len(customers)), left.astype(np.int64), study.seed, _N_FOLDS)
    scores = {
        "known": _out_of_fold(base, left, folds),
        "text": _out_of_fold(np.column_stack([base, _said(customers, fair)]), left, folds),
        "all": _out_of_fold(np.column_stack([base, _said(customers, study.comments[of_them])]), left, folds),
    }
    level = study.confidence_level
    return LeavingByMood(
        cut_off=cut_off,
        horizon_days=horizon_days,
        gap_days=gap_days,
        n_customers=len(customers),
        n_left=n_left,
        n_goodbyes=int((known & study.comments.leaving).sum()),
        has_value=bool(customers.value.notna().any()),
        groups=_groups(customers, fair, level),
        known=estimate_auc(scores["known"], left, confidence_level=level),
        with_text=estimate_auc(scores["text"], left, confidence_level=level),
        gain=compare_aucs(scores["text"], scores["known"], left, confidence_level=level),
        careless_gain=compare_aucs(scores["all"], scores["known"], left, confidence_level=level),
    )


def _here_at(client: Client, horizon_days: int) -> tuple[pd.DataFrame, date] | NotJoined:
    """Who was here on the cut-off, in order: customer_id, duration, value (nan: not known), left."""
    spec, by_silence = client.file.tables.get("customers"), client.file.churn.kind == "inactivity"
    if not (spec or (by_silence and "transactions" in client.file.tables)):
        return NotJoined(why="no_customers")
    if not by_silence and not (spec and spec.has_dates):
        return NotJoined(why="no_dates")
    now = observe_customers(client)
    cut_off = now.as_of - timedelta(days=horizon_days)
    if now.first_start is None or now.first_start >= cut_off:
        return NotJoined(why="too_short")
    then = _observed_at(client, cut_off, now).to_frame()
    gone = now.to_frame().set_index("customer_id").event_observed
    here = then[~then.event_observed.astype(bool)].reset_index(drop=True)
    here["left"] = here.customer_id.map(gone).fillna(False).astype(bool)
    here["value"] = here.get(MONTHLY_VALUE, np.nan)
    return here[["customer_id", "duration", "value", "left"]], cut_off


def _observed_at(client: Client, cut_off: date, now: Observation) -> Observation:
    if now.inactive_days is None:
        return observe_customers(client, cut_off)
    return observe_customers(client, cut_off + timedelta(days=now.inactive_days), now.inactive_days)


def _known_features(customers: pd.DataFrame) -> Floats:
    """What is known without a word: time as a customer, and value."""
    time = np.log1p(customers.duration.to_numpy(dtype=float).clip(min=0))
    has_value = customers.value.notna().to_numpy()
    value = np.log1p(customers.value.fillna(0).clip(lower=0).to_numpy(dtype=float))
    return np.column_stack([time, time**2, value, has_value])


def _said(customers: pd.DataFrame, comments: pd.DataFrame) -> Floats:
    """Whether each customer said something, how much, and how unhappy it was: over all and at last. Silence is noughts.

    The customer's own mark counts where there is one, else the chance that the comment is unhappy.
    """
    mood = unhappiness(comments)
    by_customer = pd.DataFrame({"customer_id": comments.customer_id, "mood": mood}).groupby("customer_id").mood
    facts = by_customer.agg(["size", "mean", "last"]).reindex(customers.customer_id)
    has_said = facts["size"].notna().to_numpy()
    counts = np.log1p(facts["size"].fillna(0).to_numpy(dtype=float))
    return np.column_stack([has_said, counts, facts["mean"].fillna(0), facts["last"].fillna(0)]).astype(float)


def _out_of_fold(features: Floats, left: NDArray[np.bool_], folds: Codes) -> Floats:
    scores = np.zeros(len(left))
    for fold in range(_N_FOLDS):
        taught, asked = folds != fold, folds == fold
        scale = StandardScaler().fit(features[taught])
        model = LogisticRegression(C=10.0, solver="newton-cholesky").fit(
            scale.transform(features[taught]), left[taught]
        )
        scores[asked] = model.decision_function(scale.transform(features[asked]))
    return scores


def _groups(customers: pd.DataFrame, comments: pd.DataFrame, level: float) -> tuple[MoodGroup, ...]:
    last = comments.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    mood = last.mark.where(last.mark != UNKNOWN, last.predicted)
    moods: dict[Mood, int] = {"silent": UNKNOWN, "unhappy": NEGATIVE, "neutral": NEUTRAL, "happy": POSITIVE}
    said = customers.customer_id.map(mood).fillna(UNKNOWN).astype(int)
    counts = {name: (said == code) for name, code in moods.items()}
    return tuple(
        MoodGroup(
            mood=name,
            n_customers=int(some.sum()),
            left=estimate_proportion(int(customers.left[some].sum()), int(some.sum()), level),
        )
        for name, some in counts.items()
        if some.any()
    )


def share_of_unhappy(found: LeavingByMood | NotJoined) -> float:
    """How many of those who were unhappy at last left within the horizon; nan where nobody knows."""
    groups = found.groups if isinstance(found, LeavingByMood) else ()
    return next((group.left.value for group in groups if group.mood == "unhappy"), math.nan)
