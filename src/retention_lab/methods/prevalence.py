"""The share of a class where only a classifier has looked: corrected for what it gets wrong, with an interval.

Counting predictions pulls every share towards that of the training data: a movement looks smaller than it is.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from retention_lab.methods.clustered_means import code_clusters, wald_estimate
from retention_lab.methods.estimates import Estimate, Reason, normal_quantile, not_estimable

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_SHARE = "adjusted share, delta method, variance clustered"
_DIFFERENCE = "difference of adjusted shares, delta method, variance clustered"
_SEPARATION = "difference of the classes' mean scores, variance clustered"
# Mean scores that are so nearly combinations of each other tell no classes apart.
_SINGULAR = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownClasses:
    """Rows whose class is known: `truth` (yes or no), the cell and the cluster of each."""

    truth: ArrayLike
    cells: ArrayLike
    clusters: ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdjustedShares:
    """The share in each of k cells, as it comes (below nought and above one too), and what the shares have in common.

    A cell without rows, and one that would need a correction that cannot be had, is nan. `separation` is the distance
    of the two classes' mean scores: where it cannot be told from nought, `reason` is `near_nought`, and `too_few` where
    one of the classes has no labels.
    """

    values: Floats
    covariance: Floats
    n_obs: Floats
    separation: Estimate
    reason: Reason
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Levels:
    """What the labelled rows say: `solve` (classes x classes) turns mean scores (a one before them) into shares.

    `weights` (classes) does so for the class of interest. `pull` (clusters x classes) is what each cluster moves the
    share by, through the mean score of each class, if all rows were of that class.
    """

    solve: Floats
    weights: Floats
    pull: Floats
    separation: Estimate


def adjusted_shares(
    labelled_scores: ArrayLike,
    labelled_classes: ArrayLike,
    labelled_clusters: ArrayLike,
    scores: ArrayLike,
    cells: ArrayLike,
    clusters: ArrayLike,
    n_cells: int,
    *,
    known: KnownClasses | None = None,
    again: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> AdjustedShares:
    """The share of a class in each cell: (mean score - m0) / (m1 - m0), after Rogan and Gladen (1978).

    With probabilities as scores it is the scaled probability average of Bella and others (2010, ICDM, 737-742), with
    predicted classes (0 and 1) the adjusted count. m1 and m0 are the mean scores of the labelled rows in and outside
    the class, which must be out of fold: scores of rows that the model was trained on are too good. It is assumed that
    within a class the labelled and the others have like scores.

    `labelled_classes` are true and false, or numbers from nought, nought being the class that is counted. Where there
    are k classes, scores have k - 1 columns, the first one for the class that is counted, and the k shares solve that
    many equations: what lies outside the class may then be made up otherwise than among the labelled rows. `again`
    (k x k) is the chance that a row labelled as the column would be labelled as the row if it were labelled anew, where
    labels are not sure (see `relabelling`); then it is the share of labels that is estimated.

    `cells` are numbers from 0 to n_cells - 1. `known` rows count as they are: a cell's share is that of all its rows,
    and a row may be both known and labelled. The covariance holds what all cells share through m1 and m0, and all
    sums are by cluster, which the lists have in common. A cell of a single cluster borrows the spread of all rows.
    """
    nobody = KnownClasses(truth=[], cells=[], clusters=[])
    known = known or nobody
    labelled, places, sure = code_clusters(labelled_clusters, clusters, known.clusters)
    n_clusters = max((int(part.max(initial=-1)) for part in (labelled, places, sure)), default=-1) + 1
    levels = _levels(labelled_scores, labelled_classes, labelled, n_clusters, again, confidence_level)
    design = _with_ones(scores)
    scored = _Cells.of(np.einsum("ij,j->i", design, levels.weights), cells, places, n_cells, n_clusters)
    certain = _Cells.of(np.asarray(known.truth, dtype=float), known.cells, sure, n_cells, n_clusters)
    usable = not levels.separation.reason
    values, covariance = _joined(scored, certain, levels, design, cells) if usable else _only_known(scored, certain)
    return AdjustedShares(
        values=values,
        covariance=covariance,
        n_obs=scored.n_rows + certain.n_rows,
        separation=levels.separation,
        reason=levels.separation.reason,
        confidence_level=confidence_level,
    )


def relabelling(label_shares: ArrayLike, flips: ArrayLike) -> Floats:
    """How likely a row with the label of the column would get the label of the row, were it labelled anew (k x k).

    `flips` (k x k) is the chance that a row of the true class (row) gets a label (column), `label_shares` how labels
    are distributed. By Bayes: what it is, given its label, and then what label that gets. Where flips would need a
    negative share of some class, that class has none.
    """
    chances, labels = np.asarray(flips, dtype=float), np.asarray(label_shares, dtype=float)
    truth = np.clip(np.linalg.solve(chances.T, labels), 0.0, None)
    joint = truth[:, None] * chances
    of_label = joint / np.maximum(joint.sum(axis=0), 1e-12)
    return np.asarray(chances.T @ of_label, dtype=np.float64)


def weighted_share(shares: AdjustedShares, weights: ArrayLike) -> Estimate:
    """The cells' shares in these weights (they should add up to one), value and interval clipped to 0 to 1."""
    return _combined(shares, np.asarray(weights, dtype=float), (0.0, 1.0), _SHARE)


def share_difference(shares: AdjustedShares, weights_a: ArrayLike, weights_b: ArrayLike) -> Estimate:
    """One weighted share less another; what both owe to m1 and m0 cancels as far as it does."""
    weights = np.asarray(weights_a, dtype=float) - np.asarray(weights_b, dtype=float)
    return _combined(shares, weights, (-1.0, 1.0), _DIFFERENCE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Values added up by cell. `error` has clusters as rows and cells as columns: what each moves the cell's sum by."""

    n_rows: Floats
    total: Floats
    error: csr_array
    lone_variance: Floats

    @classmethod
    def of(cls, values: Floats, cells: ArrayLike, clusters: Integers, n_cells: int, n_clusters: int) -> "_Cells":
        place = np.asarray(cells, dtype=np.intp)
        if place.size and not (place.min() >= 0 and place.max() < n_cells):
            raise ValueError(f"cells must be numbers from 0 to {n_cells - 1}, not {place.min()} to {place.max()}")
        n_rows = np.bincount(place, minlength=n_cells).astype(float)
        total = np.bincount(place, weights=values, minlength=n_cells).astype(float)
        about_mean = values - (total / np.maximum(n_rows, 1))[place]
        error = csr_array((about_mean, (clusters, place)), shape=(n_clusters, n_cells))
        error.sum_duplicates()
        n_sources = np.bincount(error.indices, minlength=n_cells)
        # As with a sample's variance: the mean was taken from the same clusters.
        error.data *= np.sqrt(n_sources / np.maximum(n_sources - 1, 1))[error.indices]
        spread = float(values.var()) if values.size else 0.0
        return cls(n_rows=n_rows, total=total, error=error, lone_variance=spread * n_rows**2 * (n_sources == 1))


def _levels(
    scores: ArrayLike,
    classes: ArrayLike,
    codes: Integers,
    n_clusters: int,
    again: ArrayLike | None,
    confidence_level: float,
) -> _Levels:
    design, place = _with_ones(scores), np.asarray(classes)
    place = np.where(place, 0, 1) if place.dtype == bool else place.astype(np.intp)
    n_classes = design.shape[1]
    sizes = np.bincount(place, minlength=n_classes)
    nothing = np.full((n_classes, n_classes), math.nan)
    if not sizes.all():
        none = not_estimable("too_few", n_obs=place.size, confidence_level=confidence_level, method=_SEPARATION)
        pull = np.zeros((n_clusters, n_classes))
        return _Levels(solve=nothing, weights=nothing[0], pull=pull, separation=none)
    means = np.stack([design[place == each].mean(axis=0) for each in range(n_classes)], axis=1)
    n_sources = np.unique(codes).size
    factor = math.sqrt(n_sources / max(n_sources - 1, 1))
    about = (design - means.T[place]) / sizes[place][:, None]
    separation = _separation_of(design[:, 1], place, codes, factor, confidence_level)
    if separation.reason or np.linalg.cond(means) > _SINGULAR:
        separation = replace(separation, reason="near_nought")
        return _Levels(solve=nothing, weights=nothing[0], pull=np.zeros((n_clusters, n_classes)), separation=separation)
    solve = np.linalg.inv(means)
    weights = (np.eye(n_classes) if again is None else np.asarray(again, dtype=float))[0] @ solve
    pull = np.zeros((n_clusters, n_classes))
    np.add.at(pull, (codes, place), factor * np.einsum("ij,j->i", about, weights))
    return _Levels(solve=solve, weights=weights, pull=pull, separation=separation)


def _with_ones(scores: ArrayLike) -> Floats:
    """Scores as columns, after a column of ones."""
    values = np.asarray(scores, dtype=float)
    columns = values[:, None] if values.ndim == 1 else values
    return np.column_stack([np.ones(len(columns)), columns])


def _separation_of(score: Floats, place: Integers, codes: Integers, factor: float, confidence_level: float) -> Estimate:
    """How far the class of interest lies from all others on its own score."""
    inside = place == 0
    means = score[inside].mean(), score[~inside].mean()
    influence = np.where(inside, (score - means[0]) / inside.sum(), (means[1] - score) / (~inside).sum())
    error = factor * math.sqrt(float(np.sum(np.bincount(codes, weights=influence) ** 2)))
    return _separation(float(means[0] - means[1]), error, score.size, confidence_level)


def _separation(distance: float, error: float, n_obs: int, confidence_level: float) -> Estimate:
    reach = normal_quantile(confidence_level) * error
    # Scores that are the classes themselves have no error, and are as far apart as can be.
    touches = abs(distance) <= max(reach, 1e-9)
    return Estimate(
        value=distance,
        ci_lower=distance - reach,
        ci_upper=distance + reach,
        std_error=error,
        n_obs=float(n_obs),
        confidence_level=confidence_level,
        method=_SEPARATION,
        reason="near_nought" if touches else "",
    )


def _joined(
    scored: _Cells, certain: _Cells, levels: _Levels, design: Floats, cells: ArrayLike
) -> tuple[Floats, Floats]:
    """Shares and covariance of cells whose rows are partly known: known sums, and sums that are set right."""
    rows = scored.n_rows + certain.n_rows
    size = np.where(rows > 0, rows, np.nan)
    place = np.asarray(cells, dtype=np.intp)
    sums = np.stack([np.bincount(place, weights=column, minlength=size.size) for column in design.T])
    # How far the cell's share moves with the mean score of each class: by as much as the cell has of it.
    slopes = -np.einsum("ij,jl->il", levels.solve, sums) / size
    own = (scored.error + certain.error) @ _diagonal(1 / size)
    lone = (scored.lone_variance + certain.lone_variance) / size**2
    return (scored.total + certain.total) / size, _covariance(own, levels.pull, slopes, lone)


def _only_known(scored: _Cells, certain: _Cells) -> tuple[Floats, Floats]:
    """Without a correction, only cells all of whose rows are known have a share."""
    size = np.where((scored.n_rows == 0) & (certain.n_rows > 0), certain.n_rows, np.nan)
    nothing = np.zeros((certain.error.shape[0], 2))
    own, slopes = certain.error @ _diagonal(1 / size), np.zeros((2, size.size))
    return certain.total / size, _covariance(own, nothing, slopes, certain.lone_variance / size**2)


def _covariance(own: csr_array, pull: Floats, slopes: Floats, lone: Floats) -> Floats:
    """Of own + pull slopes, added up over clusters, without ever writing out clusters by cells."""
    cross = np.einsum("ki,il->kl", np.asarray(own.T @ pull), slopes)
    shared = np.einsum("ik,ij,jl->kl", slopes, np.einsum("gi,gj->ij", pull, pull), slopes)
    return np.asarray((own.T @ own).toarray() + cross + cross.T + shared + np.diag(lone), dtype=np.float64)


def _diagonal(values: Floats) -> csr_array:
    places = np.arange(values.size)
    return csr_array((values, (places, places)), shape=(values.size, values.size))


def _combined(shares: AdjustedShares, weights: Floats, bounds: tuple[float, float], method: str) -> Estimate:
    used = np.flatnonzero(weights)
    n_obs, level = float(shares.n_obs[used].sum()), shares.confidence_level
    weight, values = weights[used], shares.values[used]
    if not used.size or np.isnan(values).any():
        empty = bool((shares.n_obs[used] == 0).any()) or not used.size
        reason: Reason = "too_few" if empty or not shares.reason else shares.reason
        return not_estimable(reason, n_obs=n_obs, confidence_level=level, method=method)
    variance = float(np.einsum("i,ij,j->", weight, shares.covariance[np.ix_(used, used)], weight))
    error = math.sqrt(max(variance, 0.0))
    value = float(np.sum(weight * values))
    return wald_estimate(value, error, bounds=bounds, n_obs=n_obs, confidence_level=level, method=method)
