"""What customers say in numbers: NPS, CSAT and CES, with intervals, and how many of those asked said anything.

- nps, on a scale of 0 to 10: the share of 9 and 10 less that of 0 to 6, times 100; -100 to 100.
- csat: the share that chose one of the two best points of the scale (on scales of up to three points, the best).
- ces: the share beyond the middle of the scale, which found it easy; on a scale of 1 to 7, those of 5 to 7.

Where nothing is declared, a scale of 0 to 10 is nps, 1 to 5 is csat and 1 to 7 is ces. Other scales are counted only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.errors import Fault, ParameterError
from retention_lab.methods.clustered_means import (
    compare_clustered_means,
    estimate_clustered_mean,
    estimate_clustered_share,
)
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.proportions import estimate_proportion
from retention_lab.tables.client import Client

Kind = Literal["nps", "csat", "ces"]
Floats = NDArray[np.float64]

KINDS: tuple[Kind, ...] = ("nps", "csat", "ces")
# With fewer answers a score is not shown.
FEWEST_ANSWERS = 30
_BY_SCALE: dict[tuple[float, float], Kind] = {(0.0, 10.0): "nps", (1.0, 5.0): "csat", (1.0, 7.0): "ces"}
_MONTHS = 3
_NPS = "net promoter score, variance clustered by customer"
_SHARE = "share, variance clustered by customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthScore:
    """The score of one calendar month, `2026-10`."""

    month: str
    score: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One question's score: nps from -100 to 100, csat and ces as shares.

    `change` is that of the last three months against the three before, counted back from the last day.
    """

    kind: Kind
    question: str
    overall: Estimate
    months: tuple[MonthScore, ...]
    change: Estimate
    n_answers: int
    n_customers: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each month, after one for the whole time (month empty)."""
        parts = [MonthScore(month="", score=self.overall), *self.months]
        return pd.DataFrame([_flat(self, part) for part in parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All scores, nps first, and who answered.

    `with_text` is the share of ratings that come with words, `response_rate` that of the customers who rated at least
    once; None where that is not known. `n_unplaced` ratings are on a scale that is no score's, or off their scale.
    """

    scores: tuple[Score, ...]
    with_text: Estimate | None
    response_rate: Estimate | None
    n_rated: int
    n_unplaced: int

    def to_frame(self) -> pd.DataFrame:
        """Return the frames of all scores, one under another."""
        return pd.concat([score.to_frame() for score in self.scores], ignore_index=True) if self.scores else _EMPTY


def estimate_scores(
    rows: pd.DataFrame,
    *,
    kinds: Mapping[str, str] | None = None,
    n_here: int | None = None,
    through: date | None = None,
    fewest: int = FEWEST_ANSWERS,
    confidence_level: float = 0.95,
) -> Scores:
    """The scores of the rated `rows`: customer_id, received_on, channel, question, rating, worst, best.

    `kinds` says for a question or a channel which score it is (the question counts first); a scale may run downwards
    (worst above best). With a column `has_text`, the share of ratings with words is told; with `n_here`, the customers
    who were here, the share of them that answered. Raises ParameterError for a kind that there is not, and for an nps
    on another scale than 0 to 10.
    """
    declared = dict(kinds or {})
    _refuse_unknown(declared)
    rated = rows[rows[["rating", "worst", "best"]].notna().all(axis=1)].reset_index(drop=True)
    placed = _placed(rated, declared)
    _refuse_wrong_scales(placed)
    last = pd.Timestamp(through) if through else pd.to_datetime(rated.received_on).max()
    groups = placed.groupby(["kind", "question"], sort=True)
    scores = [
        _score(str(kind), str(question), group, last, fewest, confidence_level) for (kind, question), group in groups
    ]
    n_unplaced = len(rated) - len(placed)
    return Scores(
        scores=tuple(sorted(scores, key=lambda score: (KINDS.index(score.kind), score.question))),
        with_text=_with_text(rated, confidence_level),
        response_rate=_response_rate(rated, n_here, confidence_level),
        n_rated=len(rated),
        n_unplaced=n_unplaced,
    )


def score_study(client: Client, study: FeedbackStudy) -> Scores:
    """The scores of a client's marks through `as_of`, with or without words."""
    rows = study.verbatims.rows
    n_here = None
    if "customers" in client.file.tables and rows.customer_id.notna().any():
        customers = client.loaded("customers").rows
        if client.file.tables["customers"].has_dates:
            # Who came later could not have answered.
            customers = customers.filter(customers.started_on <= client.as_of)
        n_here = int(customers.count().to_pyarrow().as_py())
    return estimate_scores(
        rows.assign(has_text=rows.content == "words"),
        kinds=client.file.feedback.scores,
        n_here=n_here,
        through=study.as_of,
        confidence_level=study.confidence_level,
    )


_EMPTY = pd.DataFrame(columns=["kind", "question", "month", "value", "ci_lower", "ci_upper", "n_obs", "reason"])


def _flat(score: Score, part: MonthScore) -> dict[str, Any]:
    found = part.score.to_dict()
    numbers = {name: found[name] for name in ("value", "ci_lower", "ci_upper", "n_obs", "reason")}
    return {"kind": score.kind, "question": score.question, "month": part.month, **numbers}


def _refuse_unknown(declared: Mapping[str, str]) -> None:
    faults = [
        Fault(
            where=f"scores.{name}",
            found=f"{kind!r} is no score",
            allowed=", ".join(KINDS),
            remedy="Name one of these, or leave the line out: then the scale decides.",
        )
        for name, kind in declared.items()
        if kind not in KINDS
    ]
    if faults:
        raise ParameterError(faults)


def _refuse_wrong_scales(placed: pd.DataFrame) -> None:
    wrong = placed[(placed.kind == "nps") & ((placed.low != 0) | (placed.high != 10))]
    scales = wrong[["declared_by", "worst", "best"]].drop_duplicates().sort_values(["declared_by", "worst", "best"])
    faults = [
        Fault(
            where=f"scores.{name}",
            found=f"nps on a scale from {worst:g} to {best:g}",
            allowed="a scale from 0 to 10, in either direction",
            remedy="Declare it as csat, or correct the scale of these ratings.",
        )
        for name, worst, best in scales.itertuples(index=False)
    ]
    if faults:
        raise ParameterError(faults)


def _placed(rated: pd.DataFrame, declared: Mapping[str, str]) -> pd.DataFrame:
    """The ratings that belong to a score: its kind, and what each adds to it (`points`)."""
    numbers = rated[["rating", "worst", "best"]].astype(float)
    low, high = numbers[["worst", "best"]].min(axis=1), numbers[["worst", "best"]].max(axis=1)
    question, channel = (rated[name].astype("object").map(_name) for name in ("question", "channel"))
    by_question, by_channel = question.isin(list(declared)), channel.isin(list(declared))
    declared_by = question.where(by_question, channel.where(by_channel, ""))
    by_scale = [_BY_SCALE.get(ends, "") for ends in zip(low, high, strict=True)]
    kind = declared_by.map(declared).where(
        by_question | by_channel, pd.Series(by_scale, index=rated.index, dtype=object)
    )
    known = (kind != "") & (high > low) & numbers.rating.between(low, high)
    frame = rated.assign(
        kind=kind,
        question=question.where(question != "", channel),
        low=low,
        high=high,
        declared_by=declared_by,
        points=_points(numbers, kind),
    )
    return frame[known]


def _name(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _points(numbers: pd.DataFrame, kind: pd.Series) -> Floats:
    """What an answer adds: 100, 0 or -100 to nps; one or nought to the shares."""
    from_best = (numbers.best - numbers.rating).abs().to_numpy()
    length = (numbers.best - numbers.worst).abs().to_numpy()
    nps = np.where(from_best < 1.5, 100.0, np.where(from_best < 3.5, 0.0, -100.0))
    csat = from_best < np.where(length < 2.5, 0.5, 1.5)
    return np.select([kind == "nps", kind == "csat"], [nps, csat.astype(float)], (from_best < length / 2).astype(float))


def _score(kind: str, question: str, group: pd.DataFrame, last: pd.Timestamp, fewest: int, level: float) -> Score:
    which = next(known for known in KINDS if known == kind)
    months = pd.to_datetime(group.received_on).dt.strftime("%Y-%m")
    return Score(
        kind=which,
        question=question,
        overall=_level_of(group, which, fewest, level),
        months=tuple(
            MonthScore(month=str(month), score=_level_of(part, which, fewest, level))
            for month, part in group.groupby(months, sort=True)
        ),
        change=_change(group, last, fewest, level),
        n_answers=len(group),
        n_customers=int(group.customer_id.nunique()),
    )


def _level_of(group: pd.DataFrame, kind: Kind, fewest: int, level: float) -> Estimate:
    if len(group) < fewest:
        return not_estimable(
            "too_few", n_obs=float(len(group)), confidence_level=level, method=_NPS if kind == "nps" else _SHARE
        )
    if kind != "nps":
        return estimate_clustered_share(group.points, group.customer_id, level)
    found = estimate_clustered_mean(group.points, group.customer_id, level)
    lower, upper = np.clip([found.ci_lower, found.ci_upper], -100.0, 100.0)
    return replace(found, ci_lower=float(lower), ci_upper=float(upper), method=_NPS)


def _change(group: pd.DataFrame, last: pd.Timestamp, fewest: int, level: float) -> Estimate:
    """The last three months less the three before; `too_few` where either has too few answers."""
    day = pd.to_datetime(group.received_on)
    later = (day > last - pd.DateOffset(months=_MONTHS)) & (day <= last)
    earlier = (day > last - pd.DateOffset(months=2 * _MONTHS)) & (day <= last - pd.DateOffset(months=_MONTHS))
    both = later | earlier
    if min(later.sum(), earlier.sum()) < fewest:
        n_obs, method = float(both.sum()), "difference of means, variance clustered"
        return not_estimable("too_few", n_obs=n_obs, confidence_level=level, method=method)
    return compare_clustered_means(group.points[both], later[both], group.customer_id[both], level)


def _with_text(rated: pd.DataFrame, level: float) -> Estimate | None:
    if "has_text" not in rated.columns or rated.empty:
        return None
    return estimate_clustered_share(rated.has_text.astype(float), rated.customer_id, level)


def _response_rate(rated: pd.DataFrame, n_here: int | None, level: float) -> Estimate | None:
    if not n_here:
        return None
    # Somebody who has left since may have answered: never more than all.
    return estimate_proportion(min(int(rated.customer_id.nunique()), n_here), n_here, level)
