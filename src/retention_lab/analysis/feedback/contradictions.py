"""Marks that contradict what was written: the wrong end of the scale, irony, or a third party's fault.

Corrected shares rest on what the model says of comments with unhappy and with happy marks. Where some of these marks
mean the opposite, the two come too close together, and every share that differs from the taught one is overdrawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.marks import CLASSES, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy, read_at_random
from retention_lab.methods.clustered_means import estimate_clustered_share
from retention_lab.methods.estimates import Estimate

Floats = NDArray[np.float64]
_CLEAREST = 0.1
_FEWEST, _ENOUGH_READ = 20, 60
_MOST = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradictions:
    """How comments of one mood are marked: `rates` has an Estimate for (mood, mark).

    Where people have read sixty comments with marks, drawn at random, the rates are measured. Else they come from
    the comments of which the models, out of fold, are surest, a tenth as many as have that mark (anchor points: Patrini
    and others 2017, CVPR, 1944-1952). What little of another mood is among these is counted too, so the rates are upper
    bounds: close where the models are good, and far off where comments are hard to read. A mood with fewer than twenty
    comments has none.
    """

    rates: dict[tuple[int, int], Estimate]
    is_measured: bool

    def matrix(self, classes: tuple[int, ...], share: float = 1.0) -> Floats:
        """Moods x marks: how likely each mood gets each mark; `share` of the labels are marks, the others are sure."""
        found = np.eye(len(classes))
        for (mood, mark), rate in self.rates.items():
            if mood in classes and mark in classes:
                found[classes.index(mood), classes.index(mark)] += share * rate.value
        others = found.sum(axis=1) - 1
        # Were most marks to say the opposite, nothing could be learnt from them at all.
        scale = np.minimum(1, _MOST / np.maximum(others, _MOST))
        found = (found - np.eye(len(classes))) * scale[:, None]
        return np.asarray(found + np.diag(1 - found.sum(axis=1)), dtype=np.float64)

    def moved(self) -> Iterator["Contradictions"]:
        """The same with one of the rates a standard error higher, for each that has one."""
        for pair, rate in self.rates.items():
            if not rate.reason:
                yield replace(self, rates=self.rates | {pair: replace(rate, value=rate.value + rate.std_error)})

    def cases(self) -> tuple["Contradictions", ...]:
        """What may be: as measured; else from no contradictions at all to as many as the upper bounds."""
        return (self,) if self.is_measured or not self.rates else (replace(self, rates={}), self)


def estimate_contradictions(study: FeedbackStudy) -> Contradictions:
    """Over all languages with a model: how people use a scale hangs less on the language than a model does."""
    comments = study.comments
    read = comments[read_at_random(comments, study.labels) & (comments.mark != UNKNOWN)]
    is_measured = len(read) >= _ENOUGH_READ
    classes = range(len(CLASSES))
    groups = {mood: read[read.hand == mood] if is_measured else _clearest(study, mood) for mood in classes}
    rates = {
        (mood, mark): estimate_clustered_share(group.mark == mark, group.writer, study.confidence_level)
        for mood, group in groups.items()
        if len(group) >= _FEWEST
        for mark in classes
        if mark != mood
    }
    return Contradictions(rates=rates, is_measured=is_measured)


def _clearest(study: FeedbackStudy, mood: int) -> pd.DataFrame:
    parts = [study.comments.iloc[:0]]
    for language in study.measured:
        if mood in study.readings[language].classes:
            comments = study.comments[(study.comments.language == language) & study.comments.is_taught]
            rated = comments[comments.mark != UNKNOWN]
            parts.append(rated.nlargest(int(_CLEAREST * (rated.mark == mood).sum()), CLASSES[mood]))
    return pd.concat(parts)
