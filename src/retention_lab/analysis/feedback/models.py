"""Teaching a linear model how customers of one language sound when they are unhappy, and asking it fairly.

Every comment with a label is judged by a model that saw neither it nor its writer; every other one by the average of
these models, but for one that says the same as a labelled comment, which is judged by the model that judges that. So
what is measured on the first holds for the second, model by model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from retention_lab.analysis.feedback.features import Features, Matrix
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
N_FOLDS = 5
# Enough labels to let the words speak; with fewer, each is trusted less.
MANY_LABELS = 300
_LOOSE, _TIGHT = 0.3, 0.1
_TOLERANCE = 0.01
# More comments than this teach a linear model of words hardly anything new, and take their time.
MOST_TAUGHT = 12_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """How strongly each comment and each sentence speaks for each of the `classes`: scores, n x n classes.

    `coefficients` (n classes x n features) and `intercepts` are the average of the models.
    """

    classes: tuple[int, ...]
    comments: Floats
    sentences: Floats
    coefficients: Floats
    intercepts: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Teacher:
    """Linear models of one language: `coefficients` are fits x classes x features, `intercepts` fits x classes."""

    classes: tuple[int, ...]
    coefficients: Floats
    intercepts: Floats

    def judge(self, rows: Matrix) -> Floats:
        """Scores by each of the fits: rows x fits x classes."""
        n_fits, n_classes, n_features = self.coefficients.shape
        scores = rows @ self.coefficients.reshape(-1, n_features).T + self.intercepts.ravel()
        return np.asarray(scores).reshape(-1, n_fits, n_classes)


def draw_folds(groups: Codes, labels: Codes, seed: int, n_folds: int = N_FOLDS) -> Codes:
    """A fold for each row; rows of a group share it, and the classes of the groups' first rows are spread evenly."""
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    chance = np.random.default_rng(seed).random(len(first))
    order = np.lexsort((chance, labels[first]))
    fold = np.empty(len(first), dtype=np.int64)
    fold[order] = np.arange(len(first)) % n_folds
    return fold[group]


def teach(rows: Matrix, labels: Codes, classes: Sequence[int], strength: float) -> tuple[Floats, Floats]:
    """One separation of each class from the others, classes weighted alike; coefficients and intercepts.

    Linear support vectors with squared hinge loss (Fan and others 2008, LIBLINEAR). Their scores are no chances: these
    are made from scores out of fold.
    """
    fits = [_fit(rows, labels == each, strength) for each in (classes[-1:] if len(classes) == 2 else classes)]
    coefficients, intercepts = np.vstack([fit.coef_ for fit in fits]), np.concatenate([fit.intercept_ for fit in fits])
    if len(classes) == 2:
        return np.vstack([-coefficients, coefficients]), np.concatenate([-intercepts, intercepts])
    return coefficients, intercepts


def _fit(rows: Matrix, is_class: NDArray[np.bool_], strength: float) -> LinearSVC:
    return LinearSVC(C=strength, class_weight="balanced", tol=_TOLERANCE, random_state=0).fit(rows, is_class)


def cross_fit(
    features: Features, labels: Codes, folds: Codes, classes: tuple[int, ...], first: Codes | None = None
) -> Judged:
    """Judge all comments and sentences; `labels` is UNKNOWN where there is none, and then `folds` does not matter.

    `first` is the row that said the same first: what repeats it is judged by the model that did not see it either.
    """
    known = np.isin(labels, classes)
    strength = _LOOSE if known.sum() >= MANY_LABELS else _TIGHT
    fits = [_taught_without(features, labels, known & (folds != fold), classes, strength) for fold in range(N_FOLDS)]
    teacher = Teacher(
        classes=classes, coefficients=np.array([fit[0] for fit in fits]), intercepts=np.array([fit[1] for fit in fits])
    )
    own = np.where(known, folds, UNKNOWN)
    own = own if first is None else own[first]
    return Judged(
        classes=classes,
        comments=_fairly(teacher.judge(features.comments), own),
        sentences=_fairly(teacher.judge(features.sentences), own[features.of]),
        coefficients=teacher.coefficients.mean(axis=0),
        intercepts=teacher.intercepts.mean(axis=0),
    )


def _taught_without(
    features: Features, labels: Codes, use: NDArray[np.bool_], classes: tuple[int, ...], strength: float
) -> tuple[Floats, Floats]:
    rows = np.flatnonzero(use)
    if len(rows) > MOST_TAUGHT:
        # Evenly over time and all else, as the rows are in order.
        rows = rows[np.linspace(0, len(rows) - 1, MOST_TAUGHT).astype(np.int64)]
    return teach(features.comments[rows], labels[rows], classes, strength)


def _fairly(scores: Floats, own: Codes) -> Floats:
    """Of a row with a fold, what the model without that fold says; of any other, the average."""
    fair = scores.mean(axis=1)
    held = np.flatnonzero(own != UNKNOWN)
    fair[held] = scores[held, own[held]]
    return np.asarray(fair, dtype=np.float64)


def forward_fit(features: Features, labels: Codes, is_early: NDArray[np.bool_], classes: tuple[int, ...]) -> Floats:
    """Scores (n comments x n classes) by a model that was taught the early comments only."""
    use = np.isin(labels, classes) & is_early
    strength = _LOOSE if use.sum() >= MANY_LABELS else _TIGHT
    coefficients, intercepts = _taught_without(features, labels, use, classes, strength)
    return np.asarray(features.comments @ coefficients.T + intercepts)


def bootstrap(features: Features, fewest: int = 200) -> tuple[Floats, Floats] | None:
    """Scores of a happy writer for comments and sentences, taught by the lexicon's clear verdicts alone.

    None where these are fewer than `fewest` on either side. The lexicon's own columns are held back while teaching:
    they are the answer. Its score is added afterwards.
    """
    clear = np.where(features.lexicon_score >= _CLEAR, POSITIVE, UNKNOWN)
    clear = np.where(features.lexicon_score <= -_CLEAR, NEGATIVE, clear)
    counts = [int((clear == each).sum()) for each in (NEGATIVE, POSITIVE)]
    if min(counts) < fewest:
        return None
    comments, sentences = features.comments[:, :-_LEXICON_COLUMNS], features.sentences[:, :-_LEXICON_COLUMNS]
    rows = np.flatnonzero(clear != UNKNOWN)
    fit = _fit(comments[rows], clear[rows] == POSITIVE, _TIGHT)
    return (
        np.asarray(fit.decision_function(comments)) + features.lexicon_score,
        np.asarray(fit.decision_function(sentences)) + features.sentence_score,
    )


_CLEAR, _LEXICON_COLUMNS = 0.5, 3
