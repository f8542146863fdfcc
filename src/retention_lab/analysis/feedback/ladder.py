"""Which way of reading a language's comments does best on that client's own words: measured on the same folds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retention_lab.analysis.feedback.features import Features, extract_features
from retention_lab.analysis.feedback.lexicon import Lexicon
from retention_lab.analysis.feedback.marks import CLASSES, NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.models import (
    MANY_LABELS,
    N_FOLDS,
    Judged,
    bootstrap,
    cross_fit,
    draw_folds,
    forward_fit,
)
from retention_lab.methods.calibration import apply_platt, platt
from retention_lab.methods.classification import ClassQuality, judge_classes

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
RungName = Literal["majority", "lexicon", "bootstrap", "few", "trained"]
FEW_LABELS = 50
"""With fewer labels nothing is measured, and nothing is taught."""
_FEWEST_OF_A_CLASS = 15
_FEWEST_TO_BOOTSTRAP = 2_000
# Between these, the lexicon and what is taught by it hear neither praise nor complaint.
_QUIET, _UNDECIDED = 0.2, 0.4
_EARLY = 0.7
# What the balance of a word list is stretched by, so that its clearest verdicts come near nought and one.
_STEEP = 4.0
# With fewer, they could hardly move a figure, and to know it costs as much as all the rest.
_MANY_REPEATS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One way of reading, and how it did; `quality` is None where it could not be measured, and `why` says so."""

    name: RungName
    quality: ClassQuality | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """How the comments of one language are read.

    Of each comment, in order: `chances` (three columns) are those that its writer is unhappy, neutral and happy (each
    in [0, 1]; where nothing could be measured they are only scores), `predicted` is the class, `by_lexicon` and
    `by_majority` what these say, `forward` what a model of the earlier comments says (UNKNOWN for these). `judged` are
    the models of the labels, where there are any. `sentences` has the same chances for each sentence, `of` the comment
    that it stands in. `chosen` is the name of the rung that is used. `with_repeats` is what would be claimed if
    comments that say the same stood in several folds.
    """

    language: str
    chosen: RungName
    rungs: tuple[Rung, ...]
    classes: tuple[int, ...]
    n_comments: int
    n_repeats: int
    n_labels: int
    n_too_rare: int
    chances: Floats
    predicted: Codes
    by_lexicon: Codes
    by_majority: Codes
    forward: Codes
    forward_from: int
    sentences: Floats
    of: Codes
    is_taught: NDArray[np.bool_]
    with_repeats: ClassQuality | None
    features: Features
    judged: Judged | None

    def unhappiness(self, texts: Sequence[str]) -> Floats | None:
        """How strongly texts speak for an unhappy writer; None where no labels have taught anything."""
        if self.chosen not in ("few", "trained") or self.judged is None or NEGATIVE not in self.classes:
            return None
        place = self.classes.index(NEGATIVE)
        rows = self.features.vocabulary.rows_of(texts)
        return np.asarray(rows @ self.judged.coefficients[place] + self.judged.intercepts[place])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    features: Features
    labels: Codes
    checks: Codes
    truth: Codes
    checked: Codes
    folds: Codes
    first: Codes
    writers: Codes
    classes: tuple[int, ...]
    confidence_level: float
    seed: int

    def measure(self, predicted: Codes, rows: NDArray[np.bool_] | None = None) -> ClassQuality:
        some = np.flatnonzero((self.checked != UNKNOWN) & (True if rows is None else rows))
        return judge_classes(
            self.checked[some],
            predicted[some],
            len(CLASSES),
            self.writers[some],
            of_interest=NEGATIVE,
            confidence_level=self.confidence_level,
            seed=self.seed,
        )


def read_language(
    language: str,
    sentences: Sequence[str],
    of: Codes,
    labels: Codes,
    writers: Codes,
    repeats: Codes,
    lexicon: Lexicon,
    *,
    checks: Codes | None = None,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> Reading:
    """Read the comments of one language, in the order of time, in every way that its labels allow; use the best.

    `sentences` are those of all comments, in order, and `of` the comment of each.
    `labels` are classes of `marks`, UNKNOWN where there is none; `writers` a code for each customer; `repeats` the same
    code for comments that say the same. Of comments that say the same only the first one teaches and is measured, or a
    model would be praised for remembering it. `checks` are the labels that measure (`labels` if left out): those of
    comments that were chosen for being hard to read only teach, or every reading would look worse than it is.
    """
    checks = labels if checks is None else checks
    features = extract_features(sentences, of, len(labels), lexicon)
    _, firsts, code = np.unique(repeats, return_index=True, return_inverse=True)
    first = firsts[code]
    is_first = first == np.arange(len(labels))
    truth, checked = (np.where(is_first, each, UNKNOWN) for each in (labels, checks))
    classes = _learnable(truth)
    classes = classes if np.isin(checked, classes).sum() >= FEW_LABELS else ()
    too_rare = (checked != UNKNOWN) & ~np.isin(checked, classes)
    truth, checked = (np.where(np.isin(each, classes), each, UNKNOWN) for each in (truth, checked))
    folds = draw_folds(writers, truth, seed)
    task = _Task(
        features=features, labels=labels, checks=checks, truth=truth, checked=checked, folds=folds, first=first,
        writers=writers, classes=classes, confidence_level=confidence_level, seed=seed,
    )  # fmt: skip
    return _climb(task, language, int(too_rare.sum()), int((~is_first).sum()))


def _learnable(truth: Codes) -> tuple[int, ...]:
    """The classes that are not too rare to be learnt; none where only one is left."""
    counts = np.bincount(truth[truth != UNKNOWN], minlength=len(CLASSES))
    found = tuple(int(each) for each in np.flatnonzero(counts >= _FEWEST_OF_A_CLASS))
    return found if len(found) > 1 and counts[list(found)].sum() >= FEW_LABELS else ()


def _climb(task: _Task, language: str, n_too_rare: int, n_repeats: int) -> Reading:
    n_labels, n_comments = int((task.truth != UNKNOWN).sum()), len(task.truth)
    has_neutral = NEUTRAL in task.classes or not task.classes
    lexicon = _by_sign(task.features.lexicon_score, _QUIET, has_neutral)
    majority = np.full(n_comments, _most_frequent(task.checked))
    ways = {"majority": majority, "lexicon": lexicon}
    whys: dict[str, str] = {}
    taught, scored = _by_bootstrap(task, has_neutral, n_comments), _by_labels(task)
    if taught:
        ways["bootstrap"] = taught[0]
    else:
        whys["bootstrap"] = "too_few_comments"
    name = "trained" if n_labels >= MANY_LABELS else "few"
    if scored:
        ways[name] = _strongest(scored)
    else:
        whys[name] = "too_few_labels"
    rungs = _rungs(task, ways, whys)
    chosen = _best(rungs)
    chances, within = _chances(task, chosen, taught, scored)
    forward, start = _forward(task)
    return Reading(
        language=language, chosen=chosen, rungs=rungs, classes=task.classes, n_comments=n_comments,
        n_repeats=n_repeats, n_labels=n_labels, n_too_rare=n_too_rare, chances=chances, predicted=ways[chosen],
        by_lexicon=lexicon, by_majority=majority, forward=forward, forward_from=start, sentences=within,
        of=task.features.of, is_taught=task.checked != UNKNOWN, with_repeats=_with_repeats(task, n_repeats),
        features=task.features, judged=scored,
    )  # fmt: skip


def _rungs(task: _Task, ways: dict[str, Codes], whys: dict[str, str]) -> tuple[Rung, ...]:
    names: tuple[RungName, ...] = ("majority", "lexicon", "bootstrap", "few", "trained")
    is_measured = bool(task.classes)
    return tuple(
        Rung(
            name=name,
            quality=task.measure(ways[name]) if name in ways and is_measured else None,
            why=whys.get(name, "" if is_measured else "too_few_labels"),
        )
        for name in names
        if name in ways or name in whys
    )


def _best(rungs: tuple[Rung, ...]) -> RungName:
    """The best measured one, of equals the plainer; unmeasured, the lexicon, since nothing speaks for more."""
    measured = [rung for rung in rungs if rung.quality and rung.name != "majority"]
    if not measured:
        return "lexicon"
    return max(measured, key=lambda rung: rung.quality.macro_f1.value if rung.quality else 0.0).name


def _by_sign(score: Floats, quiet: float, has_neutral: bool) -> Codes:
    """Without a middle class, what says nothing counts as happy: most who have nothing to complain of do not."""
    found = np.where(score < -quiet, NEGATIVE, np.where(score > quiet, POSITIVE, NEUTRAL))
    return found if has_neutral else np.where(score < 0, NEGATIVE, POSITIVE)


def _most_frequent(truth: Codes) -> int:
    known = truth[truth != UNKNOWN]
    return int(np.bincount(known).argmax()) if len(known) else POSITIVE


def _by_bootstrap(task: _Task, has_neutral: bool, n_comments: int) -> tuple[Codes, Floats, Floats] | None:
    scores = bootstrap(task.features) if n_comments >= _FEWEST_TO_BOOTSTRAP else None
    return (_by_sign(scores[0], _UNDECIDED, has_neutral), *scores) if scores else None


def _by_labels(task: _Task) -> Judged | None:
    return cross_fit(task.features, task.truth, task.folds, task.classes, task.first) if task.classes else None


def _strongest(scored: Judged) -> Codes:
    strongest: Codes = np.array(scored.classes)[scored.comments.argmax(axis=1)]
    return strongest


def _chances(
    task: _Task, chosen: RungName, taught: tuple[Codes, Floats, Floats] | None, scored: Judged | None
) -> tuple[Floats, Floats]:
    """The chances of an unhappy, a neutral and a happy writer (three columns) for comments and sentences.

    Calibrated where labels allow (Platt); else a score between nought and one.
    """
    columns = [_one_chance(task, each, chosen, taught, scored) for each in range(len(CLASSES))]
    return np.column_stack([each[0] for each in columns]), np.column_stack([each[1] for each in columns])


def _one_chance(
    task: _Task, of: int, chosen: RungName, taught: tuple[Codes, Floats, Floats] | None, scored: Judged | None
) -> tuple[Floats, Floats]:
    sign = float(of - NEUTRAL)
    if chosen in ("few", "trained") and scored:
        if of not in scored.classes:
            return np.zeros(len(task.truth)), np.zeros(len(task.features.of))
        place = scored.classes.index(of)
        scores, within = scored.comments[:, place], scored.sentences[:, place]
    elif chosen == "bootstrap" and taught:
        scores, within = sign * taught[1], sign * taught[2]
    else:
        scores, within = sign * _STEEP * task.features.lexicon_score, sign * _STEEP * task.features.sentence_score
    slope, intercept = 1.0, 0.0
    if of in task.classes:
        known = task.checked != UNKNOWN
        slope, intercept = platt(scores[known], task.checked[known] == of)
    return apply_platt(scores, slope, intercept), apply_platt(within, slope, intercept)


def _forward(task: _Task) -> tuple[Codes, int]:
    """Taught the earlier labels, asked about the later ones; the row from which these begin."""
    known = np.flatnonzero(task.truth != UNKNOWN)
    nothing = np.full(len(task.truth), UNKNOWN)
    if not task.classes or len(known) < 2 * FEW_LABELS:
        return nothing, len(task.truth)
    start = int(known[int(_EARLY * len(known))])
    is_early = np.arange(len(task.truth)) < start
    early = set(task.truth[known[known < start]].tolist())
    if not set(task.classes) <= early:
        return nothing, len(task.truth)
    scores = forward_fit(task.features, task.truth, is_early, task.classes)
    return np.where(is_early, UNKNOWN, np.array(task.classes)[scores.argmax(axis=1)]), start


def _with_repeats(task: _Task, n_repeats: int) -> ClassQuality | None:
    """What would be claimed if comments that say the same stood in several folds; None where hardly any do."""
    if not task.classes or n_repeats < _MANY_REPEATS * len(task.labels):
        return None
    truth, checked = (np.where(np.isin(each, task.classes), each, UNKNOWN) for each in (task.labels, task.checks))
    folds = np.random.default_rng(task.seed).integers(0, N_FOLDS, len(truth))
    naive = replace(task, truth=truth, checked=checked, folds=folds)
    return naive.measure(_strongest(cross_fit(task.features, truth, folds, task.classes)))
