"""The share of unhappy comments, corrected for what the reading gets wrong.

Of a comment with a mark the class is known: its writer gave it. Of the others only a model's opinion is, and counting
opinions pulls every share towards that of the comments it was taught. So these are adjusted by the mean opinion of
unhappy, neutral and happy comments, out of fold, language by language (see `methods.prevalence`), with what is known of
marks that contradict the words (see `contradictions`). Both are put together in a fixed mix of channels and languages:
a month with more letters of complaint is not a month of worse mood.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retention_lab.analysis.feedback.contradictions import Contradictions, estimate_contradictions
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.methods.prediction_powered import prediction_powered_share
from retention_lab.methods.prevalence import (
    AdjustedShares,
    KnownClasses,
    adjusted_shares,
    relabelling,
    share_difference,
    weighted_share,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
# A part that lacks strata of more weight than this is not comparable with the others.
_LEAST_COVERED = 0.9
# So many labelled comments of one sentence tell how sure the reading of a group's sentences is.
_FEWEST_SINGLE = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MoodShares:
    """The corrected share of unhappy comments in each of several parts, such as months.

    `weights` (parts x cells) say how a part is made up of the cells of `cases`: shares without any marks that
    contradict their words, and with as many as there may be (one case where people have measured that). `naive` is the
    share that counting predictions would give, `n_comments` and `n_rated` say what each part stands on; `n_left_out`
    comments, of `languages_left_out`, are in no part, because nothing is known of how well they are read.
    """

    cases: tuple[AdjustedShares, ...]
    weights: Floats
    naive: Floats
    n_comments: Codes
    n_rated: Codes
    n_left_out: int
    languages_left_out: tuple[str, ...]

    def share(self, part: int) -> Estimate:
        """Of one part. The interval holds all cases."""
        return _holding([weighted_share(shares, self.weights[part]) for shares in self.cases])

    def difference(self, part: int, other: int) -> Estimate:
        """Of one part less another's, over the strata that both have. The interval holds all cases.

        A channel that is new would else move the share by being there.
        """
        one, two = self._alike(part, other), self._alike(other, part)
        return _holding([share_difference(shares, one, two) for shares in self.cases])

    def _alike(self, part: int, other: int) -> Floats:
        """The weights of a part, without the strata that the other lacks."""
        n_parts = len(self.weights)
        weights = self.weights.reshape(n_parts, -1, n_parts)
        kept = weights[part] * (weights[other].sum(axis=1) > 0)[:, None]
        return np.asarray(kept.ravel() / max(kept.sum(), 1e-12), dtype=np.float64)


def _holding(cases: list[Estimate]) -> Estimate:
    """From the lowest to the highest that any case allows, and the middle of their values.

    Data cannot tell a mark that contradicts its words from words that are hard to read; the truth lies between.
    """
    unknown = next((each for each in cases if each.reason), None)
    if unknown or len(cases) == 1:
        return unknown or cases[0]
    return replace(
        cases[0],
        value=sum(each.value for each in cases) / len(cases),
        ci_lower=min(each.ci_lower for each in cases),
        ci_upper=max(each.ci_upper for each in cases),
        std_error=max(each.std_error for each in cases),
        method=f"{cases[0].method}, over the contradictions that there may be",
    )


def shares_by_part(study: FeedbackStudy, part: Codes, n_parts: int) -> MoodShares:
    """`part` is a number from 0 for each comment, -1 for those that belong to none."""
    comments = study.comments
    usable = usable_languages(study)
    left_out = (part >= 0) & ~comments.language.isin(usable).to_numpy()
    flips = estimate_contradictions(study).cases()
    blocks: list[list[AdjustedShares]] = [[] for _ in flips]
    strata = []
    for language in usable:
        rows = np.flatnonzero((comments.language == language).to_numpy() & (part >= 0))
        channel, names = _codes(comments.channel.to_numpy()[rows])
        cells, n_cells = channel * n_parts + part[rows], len(names) * n_parts
        for block, case in zip(blocks, flips, strict=True):
            block.append(_adjusted(study, language, rows, cells, n_cells, case))
        strata.append(np.bincount(cells, minlength=n_cells).reshape(-1, n_parts).astype(np.float64))
    counts = np.concatenate(strata) if strata else np.zeros((0, n_parts))
    inside = (part >= 0) & ~left_out
    unhappy, rated = _unhappy_as_read(study), (comments.mark != UNKNOWN).to_numpy()
    sizes = np.bincount(part[inside], minlength=n_parts)
    return MoodShares(
        cases=tuple(_side_by_side(block, study.confidence_level) for block in blocks),
        weights=_weights(counts),
        naive=np.bincount(part[inside], weights=unhappy[inside], minlength=n_parts) / np.maximum(sizes, 1),
        n_comments=sizes,
        n_rated=np.bincount(part[inside & rated], minlength=n_parts),
        n_left_out=int(left_out.sum()),
        languages_left_out=tuple(name for name in study.readings if name not in usable),
    )


def usable_languages(study: FeedbackStudy) -> tuple[str, ...]:
    """The languages in which the share can be had: measured, or with a mark to every comment."""
    return tuple(
        language
        for language, reading in study.readings.items()
        if NEGATIVE in reading.classes or (study.comments.mark[study.comments.language == language] != UNKNOWN).all()
    )


def moods_in(study: FeedbackStudy, groups: Flags) -> list[Estimate]:
    """The share of unhappy sentences in each of several groups of sentences that are defined by their words.

    What a sentence is about changes how plainly it speaks, so happy sentences of a group are not like happy sentences
    elsewhere, and adjusting by these would overshoot. But labelled comments of a single sentence stand in each group
    too: the mean chance of all its sentences is set right by what is off in these (prediction-powered inference).
    `groups` is sentences x groups; a group with fewer than thirty such comments is `too_few`.
    """
    comments, of = study.comments, study.sentences.of
    is_read = comments.language.isin(study.measured).to_numpy()[of]
    n_sentences = np.bincount(of, minlength=len(comments))
    is_single = (comments.is_taught.to_numpy() & (n_sentences == 1))[of]
    unhappy, writers = (comments.label == NEGATIVE).to_numpy()[of], comments.writer.to_numpy()[of]
    found = []
    for group in groups.T:
        every, known = np.flatnonzero(group & is_read), np.flatnonzero(group & is_single)
        if len(known) < _FEWEST_SINGLE:
            few = not_estimable("too_few", n_obs=len(known), confidence_level=study.confidence_level, method="")
            found.append(few)
            continue
        # Of a comment of one sentence, the sentence's own chance was read out of fold.
        chance = study.sentences.negative
        share = prediction_powered_share(
            chance[every], chance[known], unhappy[known], writers[every], writers[known],
            confidence_level=study.confidence_level,
        )  # fmt: skip
        found.append(share)
    return found


def _adjusted(
    study: FeedbackStudy, language: str, rows: Codes, cells: Codes, n_cells: int, flips: Contradictions
) -> AdjustedShares:
    comments = study.comments
    # With what is said again: among those without a mark it comes as often.
    taught = np.flatnonzero((comments.language == language) & comments.label.isin(study.readings[language].classes))
    writer, mark = comments.writer.to_numpy(), comments.mark.to_numpy()
    rated = mark[rows] != UNKNOWN
    sure, asked = rows[rated], rows[~rated]
    scores = comments[["negative", "positive"]].to_numpy()[asked]
    known = KnownClasses(truth=mark[sure] == NEGATIVE, cells=cells[rated], clusters=writer[sure])
    return _corrected(study, language, taught, _Asked(scores, cells[~rated], writer[asked], n_cells), flips, known)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What has no label: scores for an unhappy and a happy writer, the cell and the writer of each row."""

    scores: Floats
    cells: Codes
    writers: Codes
    n_cells: int


def _corrected(
    study: FeedbackStudy,
    language: str,
    labelled: Codes,
    asked: _Asked,
    flips: Contradictions,
    known: KnownClasses | None,
) -> AdjustedShares:
    """Shares, with what is not known of the contradictions in the covariance: made anew with a little more of each."""
    classes = tuple(sorted(study.readings[language].classes)) or (NEGATIVE, POSITIVE)
    columns = slice(0, len(classes) - 1)
    comments = study.comments
    place = np.searchsorted(classes, comments.label.to_numpy()[labelled])
    scores = comments[["negative", "positive"]].to_numpy()[labelled]
    shares = np.bincount(place, minlength=len(classes)) / max(len(place), 1)
    # A person who reads does not mistake the end of the scale.
    by_mark = float((comments.hand != comments.label).to_numpy()[labelled].mean()) if len(labelled) else 0.0

    def correct(rates: Contradictions) -> AdjustedShares:
        return adjusted_shares(
            scores[:, columns], place, comments.writer.to_numpy()[labelled],
            asked.scores[:, columns], asked.cells, asked.writers, asked.n_cells, known=known,
            again=relabelling(shares, rates.matrix(classes, by_mark)) if len(place) else None,
            confidence_level=study.confidence_level,
        )  # fmt: skip

    found = correct(flips)
    shifts = [np.nan_to_num(correct(moved).values - found.values) for moved in flips.moved()]
    return replace(found, covariance=found.covariance + sum(np.outer(shift, shift) for shift in shifts))


def _unhappy_as_read(study: FeedbackStudy) -> Floats:
    """What a chart of predictions would count: the class that each comment is given."""
    return (study.comments.predicted == NEGATIVE).to_numpy().astype(np.float64)


def _codes(names: NDArray[np.object_]) -> tuple[Codes, NDArray[np.object_]]:
    values, codes = np.unique(names.astype(str), return_inverse=True)
    return codes.astype(np.int64), values


def _weights(counts: Floats) -> Floats:
    """Parts x cells: the mix of strata over all parts; where a part lacks a small stratum, of those that it has."""
    n_strata, n_parts = counts.shape
    mix = counts.sum(axis=1) / max(counts.sum(), 1)
    weights = np.zeros((n_parts, n_strata, n_parts))
    for part in range(n_parts):
        covered = mix * (counts[:, part] > 0)
        if covered.sum() >= _LEAST_COVERED:
            weights[part, :, part] = covered / covered.sum()
    return weights.reshape(n_parts, n_strata * n_parts)


def _side_by_side(blocks: list[AdjustedShares], level: float) -> AdjustedShares:
    """Of several languages, as if they were one: what the models of two languages get wrong is independent."""
    sizes = [len(block.values) for block in blocks]
    covariance = np.zeros((sum(sizes), sum(sizes)))
    start = 0
    for block, size in zip(blocks, sizes, strict=True):
        covariance[start : start + size, start : start + size] = block.covariance
        start += size
    none = not_estimable("too_few", n_obs=0, confidence_level=level, method="")
    return AdjustedShares(
        values=np.concatenate([block.values for block in blocks]) if blocks else np.zeros(0),
        covariance=covariance,
        n_obs=np.concatenate([block.n_obs for block in blocks]) if blocks else np.zeros(0),
        separation=blocks[0].separation if blocks else none,
        reason="" if blocks else "too_few",
        confidence_level=level,
    )
