"""The accuracy card: how often the reading agrees with the customers' own marks, by language and channel."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from retention_lab.analysis.feedback.ladder import FEW_LABELS, Reading
from retention_lab.analysis.feedback.marks import CLASSES, NEGATIVE, UNKNOWN
from retention_lab.analysis.feedback.models import draw_folds
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.methods.calibration import calibration_error
from retention_lab.methods.classification import ClassQuality, difference_in_macro_f1, judge_classes
from retention_lab.methods.discrimination import estimate_auc
from retention_lab.methods.estimates import Estimate

Codes = NDArray[np.int64]
TOO_DIFFERENT = 0.75
"""An area under the ROC curve above this, and rated comments are not like the others: accuracy may not carry over."""
_MOST_COMPARED = 4_000
_N_FOLDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One language, in one `channel` (blank where none is named) or (None) in all of them.

    `n_labels` comments with a label, of which `mix` are negative, neutral and positive. Without `quality` the cell was
    not measured: it has fewer than 50 labels. `majority` and `lexicon` are what guessing the most frequent class and
    our lexicon alone come to; `gain` is the macro-F1 over the lexicon's. `calibration` is how far the stated chances of
    an unhappy writer lie off on average. `forward` is a model of the earlier comments on the later ones.
    """

    language: str
    channel: str | None
    n_comments: int
    n_labels: int
    mix: tuple[float, float, float]
    quality: ClassQuality | None
    majority: ClassQuality | None
    lexicon: ClassQuality | None
    gain: Estimate | None
    calibration: Estimate | None
    forward: ClassQuality | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How well rated and unrated comments of a language can be told apart; `auc` 0.5 is not at all."""

    language: str
    n_rated: int
    n_unrated: int
    auc: Estimate

    @property
    def is_alarming(self) -> bool:
        """Whether the accuracy on the rated ones says little about the others."""
        return self.auc.value > TOO_DIFFERENT


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyCard:
    """All languages, the largest first, each with its channels after it; and whether accuracy carries over."""

    rows: tuple[CardRow, ...]
    transfers: tuple[Transfer, ...]
    readings: dict[str, Reading]
    confidence_level: float

    def of(self, language: str) -> CardRow:
        """The row of a whole language."""
        return next(row for row in self.rows if row.language == language and row.channel is None)

    @property
    def weakest(self) -> str:
        """The measured language that is read worst; where none is measured, the largest."""
        measured = [
            (row.quality.macro_f1.value, row.language) for row in self.rows if row.quality and row.channel is None
        ]
        return min(measured)[1] if measured else next(iter(self.readings))

    def to_frame(self) -> pd.DataFrame:
        """One row for each cell of the card."""
        return pd.DataFrame([_as_dict(row) for row in self.rows])


def measure_accuracy(study: FeedbackStudy) -> AccuracyCard:
    """The card of a study; every comment with a label was judged by a model that saw neither it nor its writer."""
    rows: list[CardRow] = []
    for language, reading in study.readings.items():
        comments = study.comments[study.comments.language == language]
        rows.append(_row(study, reading, comments, None))
        channels = comments.channel.value_counts(sort=False).sort_values(ascending=False, kind="stable")
        # Where a language has no label at all, its channels have none either.
        if len(channels) > 1 and comments.is_taught.any():
            rows += [_row(study, reading, comments[comments.channel == name], str(name)) for name in channels.index]
    transfers = (_transfer(study, language) for language in study.measured)
    return AccuracyCard(
        rows=tuple(rows),
        transfers=tuple(found for found in transfers if found),
        readings=study.readings,
        confidence_level=study.confidence_level,
    )


def _row(study: FeedbackStudy, reading: Reading, comments: pd.DataFrame, channel: str | None) -> CardRow:
    known = comments[comments.is_taught]
    counts = np.bincount(known.label, minlength=len(CLASSES))
    enough = len(known) >= FEW_LABELS
    truth, writers = known.label.to_numpy(), known.writer.to_numpy()
    later = known[known.forward != UNKNOWN]
    level, seed = study.confidence_level, study.seed
    unhappy = NEGATIVE in reading.classes
    return CardRow(
        language=reading.language,
        channel=channel,
        n_comments=len(comments),
        n_labels=len(known),
        mix=tuple(counts / max(len(known), 1)),
        quality=_judged(study, known, "predicted") if enough else None,
        majority=_judged(study, known, "by_majority") if enough else None,
        lexicon=_judged(study, known, "by_lexicon") if enough else None,
        gain=difference_in_macro_f1(
            truth, known.predicted.to_numpy(), known.by_lexicon.to_numpy(), len(CLASSES), writers,
            confidence_level=level, seed=seed,
        ) if enough else None,
        calibration=calibration_error(known.negative.to_numpy(), truth == NEGATIVE, writers, confidence_level=level)
        if enough and unhappy else None,
        forward=_judged(study, later, "forward") if len(later) >= FEW_LABELS else None,
    )  # fmt: skip


def _judged(study: FeedbackStudy, known: pd.DataFrame, column: str) -> ClassQuality:
    return judge_classes(
        known.label.to_numpy(),
        known[column].to_numpy(),
        len(CLASSES),
        known.writer.to_numpy(),
        of_interest=NEGATIVE,
        confidence_level=study.confidence_level,
        seed=study.seed,
    )


def _transfer(study: FeedbackStudy, language: str) -> Transfer | None:
    """None where all comments have a mark or hardly any, so that nothing has to carry over.

    And where all of one kind are by the same few customers, so that these and not the marks would be told apart.
    """
    reading = study.readings[language]
    comments = study.comments[study.comments.language == language]
    rated = (comments.mark != UNKNOWN).to_numpy()
    if min(rated.sum(), (~rated).sum()) < FEW_LABELS:
        return None
    # As many of each at most: of fifty without a mark among a hundred thousand, a fold could have none.
    some = np.sort(np.concatenate([_evenly(np.flatnonzero(kind), _MOST_COMPARED // 2) for kind in (rated, ~rated)]))
    features, truth, writers = reading.features.comments[some], rated[some], comments.writer.to_numpy()[some]
    folds = draw_folds(writers, truth.astype(np.int64), study.seed, _N_FOLDS)
    if any(len(np.unique(truth[folds != fold])) < 2 for fold in range(_N_FOLDS)):
        return None
    scores = np.zeros(len(some))
    for fold in range(_N_FOLDS):
        taught = np.flatnonzero(folds != fold)
        model = LogisticRegression(class_weight="balanced", solver="liblinear").fit(features[taught], truth[taught])
        scores[folds == fold] = model.decision_function(features[np.flatnonzero(folds == fold)])
    return Transfer(
        language=language,
        n_rated=int(rated.sum()),
        n_unrated=int((~rated).sum()),
        auc=estimate_auc(scores, truth, writers, confidence_level=study.confidence_level),
    )


def _evenly(rows: Codes, most: int) -> Codes:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]


def _as_dict(row: CardRow) -> dict[str, object]:
    facts: dict[str, object] = {
        "language": row.language, "scope": "language" if row.channel is None else "channel",
        "channel": row.channel or "", "n_comments": row.n_comments, "n_labels": row.n_labels,
        **{f"share_{name}": share for name, share in zip(CLASSES, row.mix, strict=True)},
    }  # fmt: skip
    for name in ("majority", "lexicon", "quality", "forward"):
        found: ClassQuality | None = getattr(row, name)
        for number in ("macro_f1", "recall", "precision", "accuracy"):
            facts |= _numbers(f"{name}_{number}", getattr(found, number) if found else None)
    return facts | _numbers("gain", row.gain) | _numbers("calibration", row.calibration)


def _numbers(name: str, found: Estimate | None) -> dict[str, float]:
    values = (found.value, found.ci_lower, found.ci_upper) if found else (np.nan,) * 3
    return dict(zip((name, f"{name}_ci_lower", f"{name}_ci_upper"), values, strict=True))
