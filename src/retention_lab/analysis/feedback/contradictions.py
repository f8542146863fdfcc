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
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.methods.clustered_means import estimate_clustered_share
from retention_lab.methods.estimates import Estimate

Floats = NDArray[np.float64]
_CLEAREST = 0.1
_FEWEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradictions:
    """How the comments that read most clearly as one mood are marked: `rates` has an Estimate for (mood, mark).

    They are the tenth of the rated comments of which the models, out of fold, are surest (anchor points: Patrini and
    others 2017, CVPR, 1944-1952). What little such a tenth holds of another mood is counted too, so the rates are upper
    bounds, and close where the models are good. A mood with fewer than fifty such comments has none.
    """

    rates: dict[tuple[int, int], Estimate]

    def matrix(self, classes: tuple[int, ...], share: float = 1.0) -> Floats:
        """Moods x marks: how likely each mood gets each mark; `share` of the labels are marks, the others are sure."""
        found = np.eye(len(classes))
        for (mood, mark), rate in self.rates.items():
            if mood in classes and mark in classes:
                row, column = classes.index(mood), classes.index(mark)
                found[row, column] += share * rate.value
                found[row, row] -= share * rate.value
        return found

    def moved(self) -> Iterator["Contradictions"]:
        """The same with one of the rates a standard error higher, for each that has one."""
        for pair, rate in self.rates.items():
            if not rate.reason:
                yield Contradictions(rates=self.rates | {pair: replace(rate, value=rate.value + rate.std_error)})


def estimate_contradictions(study: FeedbackStudy) -> Contradictions:
    """Over all languages with a model: how people use a scale hangs less on the language than a model does."""
    classes = range(len(CLASSES))
    rates: dict[tuple[int, int], Estimate] = {}
    for mood in classes:
        clearest = _clearest(study, mood)
        if len(clearest) >= _FEWEST:
            rates |= {
                (mood, mark): estimate_clustered_share(clearest.mark == mark, clearest.writer, study.confidence_level)
                for mark in classes
                if mark != mood
            }
    return Contradictions(rates=rates)


def _clearest(study: FeedbackStudy, mood: int) -> pd.DataFrame:
    parts = [study.comments.iloc[:0]]
    for language in study.measured:
        if mood in study.readings[language].classes:
            comments = study.comments[(study.comments.language == language) & study.comments.is_taught]
            rated = comments[comments.mark != UNKNOWN]
            parts.append(rated.nlargest(int(_CLEAREST * len(rated)), CLASSES[mood]))
    return pd.concat(parts)
