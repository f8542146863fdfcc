"""How many comments are complaints and goodbyes, how often the lists are right, and what became of those who go."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.periods import is_recent
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.methods.clustered_means import estimate_clustered_share
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.proportions import estimate_proportion
from retention_lab.tables.client import Client

_FEWEST_LABELS = 30
_DAYS_AFTER = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentStudy:
    """Shares of the comments of the recent days, by their words; precision and recall by the labels of people.

    `left_after` is the share of customers gone within `days_after` days of the first goodbye; None where nobody knows
    the days on which customers left, or nobody said it so long ago.
    """

    recent_days: int
    n_recent: int
    n_leaving: int
    complaint: Estimate
    leaving: Estimate
    complaint_precision: Estimate | None
    complaint_recall: Estimate | None
    leaving_precision: Estimate | None
    leaving_recall: Estimate | None
    left_after: Estimate | None
    days_after: int


def estimate_intents(client: Client, study: FeedbackStudy) -> IntentStudy:
    """Of all comments with words."""
    comments, recent = study.comments, is_recent(study)
    level, writers = study.confidence_level, comments.writer.to_numpy()[recent]
    complaint, leaving = (comments[name].to_numpy(dtype=bool) for name in ("complaint", "leaving"))
    quality = {name: _quality(study, name) for name in ("complaint", "leaving")}
    return IntentStudy(
        recent_days=study.recent_days,
        n_recent=int(recent.sum()),
        n_leaving=int(leaving[recent].sum()),
        complaint=estimate_clustered_share(complaint[recent], writers, level),
        leaving=estimate_clustered_share(leaving[recent], writers, level),
        complaint_precision=quality["complaint"][0],
        complaint_recall=quality["complaint"][1],
        leaving_precision=quality["leaving"][0],
        leaving_recall=quality["leaving"][1],
        left_after=_left_after(client, study, leaving),
        days_after=_DAYS_AFTER,
    )


def _quality(study: FeedbackStudy, name: str) -> tuple[Estimate | None, Estimate | None]:
    """Precision and recall by the labels of the random half; None with fewer than thirty."""
    frame = study.labels.frame
    said = frame[(frame.purpose == "random") & frame[name].notna()].drop_duplicates("feedback_id")
    told = said.set_index("feedback_id")[name].astype(bool)
    comments = study.comments[study.comments.feedback_id.isin(told.index)]
    if len(comments) < _FEWEST_LABELS:
        return None, None
    truth, found = comments.feedback_id.map(told).to_numpy(dtype=bool), comments[name].to_numpy(dtype=bool)
    both, level = int((truth & found).sum()), study.confidence_level
    return estimate_proportion(both, int(found.sum()), level), estimate_proportion(both, int(truth.sum()), level)


def _left_after(client: Client, study: FeedbackStudy, leaving: NDArray[np.bool_]) -> Estimate | None:
    spec = client.file.tables.get("customers")
    if spec is None or not spec.has_dates:
        return None
    first = study.comments[leaving & study.comments.customer_id.notna().to_numpy()].drop_duplicates("customer_id")
    first = first[first.received_on <= pd.Timestamp(study.as_of) - pd.Timedelta(days=_DAYS_AFTER)]
    ended = client.table("customers").select("customer_id", "ended_on").to_pyarrow().to_pandas()
    ended_on = pd.to_datetime(ended.drop_duplicates("customer_id").set_index("customer_id").ended_on)
    day = first.customer_id.map(ended_on)
    # Who had left before says why, not when; and of somebody who is no customer nobody knows.
    still = first.customer_id.isin(ended_on.index) & ~(day < first.received_on)
    first, day = first[still], day[still]
    if first.empty:
        return None
    gone = ((day - first.received_on).dt.days <= _DAYS_AFTER).to_numpy()
    return estimate_proportion(int(gone.sum()), len(gone), study.confidence_level)
