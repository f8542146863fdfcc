"""What customers talk about: how often, how they feel about it, what is rising, and what goes with a bad mark."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.marks import UNKNOWN
from retention_lab.analysis.feedback.moods import moods_in
from retention_lab.analysis.feedback.periods import is_before, is_recent
from retention_lab.analysis.feedback.study import FeedbackStudy, mentions
from retention_lab.methods.clustered_means import compare_clustered_means, estimate_clustered_share
from retention_lab.methods.clustered_regression import regress_clustered
from retention_lab.methods.estimates import Estimate, not_estimable, two_sided_pvalue
from retention_lab.methods.multiplicity import adjust_benjamini_hochberg

Flags = NDArray[np.bool_]
FEW = 30
"""Fewer comments than this say nothing of a theme."""
_HUNDRED = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One theme. Shares are of comments with words.

    `share` mentions it; `unhappy` is the corrected share of its sentences that are unhappy ones; `change` is the share
    in the recent days less that in the days before, with `pvalue` raised for the number of themes; `effect` is how many
    points of 100 lower or higher the mark is where it is mentioned, other themes, channel and language held equal.
    """

    theme: str
    n_comments: int
    n_customers: int
    share: Estimate
    unhappy: Estimate
    change: Estimate
    pvalue: float
    effect: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """All themes, the most frequent first; `coverage` is the share of comments in which any was found.

    `n_too_small` themes are mentioned by so few customers that these could be recognised.
    """

    topics: tuple[Topic, ...]
    coverage: Estimate
    recent_days: int
    n_recent: int
    n_before: int
    n_too_small: int

    def to_frame(self) -> pd.DataFrame:
        """One row for each theme."""
        names = ("share", "unhappy", "change", "effect")
        return pd.DataFrame(
            [
                {"theme": topic.theme, "n_comments": topic.n_comments, "n_customers": topic.n_customers}
                | {
                    f"{name}{end}": getattr(getattr(topic, name), value)
                    for name in names
                    for end, value in (("", "value"), ("_ci_lower", "ci_lower"), ("_ci_upper", "ci_upper"))
                }
                | {"change_pvalue": topic.pvalue}
                for topic in self.topics
            ]
        )


def estimate_topics(study: FeedbackStudy) -> Topics:
    """Every theme that somebody mentions."""
    about, comments = mentions(study), study.comments
    recent, before = is_recent(study), is_before(study)
    level, writers = study.confidence_level, comments.writer.to_numpy()
    effects = _effects(study, about)
    by_size = [int(place) for place in np.argsort(-about.sum(axis=0), kind="stable") if about[:, place].any()]
    order = [place for place in by_size if len(np.unique(writers[about[:, place]])) >= study.min_group]
    changes = [_change(about[:, place], recent, before, writers, level) for place in order]
    raised = adjust_benjamini_hochberg([two_sided_pvalue(each.value, each.std_error) for each in changes])
    moods = moods_in(study, study.sentences.themes[:, order])
    topics = tuple(
        Topic(
            theme=study.sentences.names[place],
            n_comments=int(about[:, place].sum()),
            n_customers=int(comments.writer[about[:, place]].nunique()),
            share=estimate_clustered_share(about[:, place], writers, level),
            unhappy=mood,
            change=change,
            pvalue=float(pvalue),
            effect=effects[place],
        )
        for place, mood, change, pvalue in zip(order, moods, changes, raised, strict=True)
    )
    return Topics(
        topics=topics,
        coverage=estimate_clustered_share(about.any(axis=1), writers, level),
        recent_days=study.recent_days,
        n_recent=int(recent.sum()),
        n_before=int(before.sum()),
        n_too_small=len(by_size) - len(order),
    )


def _change(has: Flags, recent: Flags, before: Flags, writers: NDArray[np.int64], level: float) -> Estimate:
    some = recent | before
    if min(recent.sum(), before.sum()) < FEW or has[some].sum() < FEW:
        return not_estimable("too_few", n_obs=int(some.sum()), confidence_level=level, method="")
    return compare_clustered_means(has[some], recent[some], writers[some], level)


def _effects(study: FeedbackStudy, about: Flags) -> Sequence[Estimate]:
    """Of each theme, on the mark in points of 100, the worst mark being 0."""
    comments = study.comments
    rated = np.flatnonzero(comments.mark != UNKNOWN)
    some = comments.iloc[rated]
    points = _HUNDRED * ((some.rating - some.worst) / (some.best - some.worst)).to_numpy(dtype=float)
    others = pd.get_dummies(some[["channel", "language", "question"]].astype(str), drop_first=True, dtype=float)
    design = np.column_stack([np.ones(len(rated)), about[rated].astype(float), others.to_numpy()])
    found = regress_clustered(points, design, some.writer.to_numpy(), study.confidence_level)[1 : 1 + about.shape[1]]
    counts = about[rated].sum(axis=0)
    return [
        each if n >= FEW else not_estimable("too_few", n_obs=int(n), confidence_level=study.confidence_level, method="")
        for each, n in zip(found, counts, strict=True)
    ]
