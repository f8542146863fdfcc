"""Least squares where several rows come from one customer, and so say less than their number."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retention_lab.methods.clustered_means import code_clusters
from retention_lab.methods.estimates import Estimate, not_estimable, student_quantile

Floats = NDArray[np.float64]
_METHOD = "least squares, errors clustered by customer"
# With fewer customers, an error from their spread is not worth its name.
_FEWEST_CLUSTERS = 10
_NEARLY = 1e-9


def regress_clustered(
    outcome: ArrayLike, design: ArrayLike, clusters: ArrayLike, confidence_level: float = 0.95
) -> list[Estimate]:
    """Least squares of `outcome` (n) on `design` (n x k, with its own column of ones); one Estimate a column.

    Errors are the sandwich summed within clusters (Liang and Zeger 1986) with the small-sample factor of Cameron and
    Miller (2015, CR1) and t quantiles with one less than the number of clusters as degrees of freedom. A column that
    the others determine, or that hangs on fewer than ten customers, is `too_few`.
    """
    y, x, code = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float), code_clusters(clusters)[0]
    n, n_clusters = len(y), int(code.max(initial=-1)) + 1
    kept = _independent(x) if n_clusters >= _FEWEST_CLUSTERS else []
    unknown = not_estimable("too_few", n_obs=n, confidence_level=confidence_level, method=_METHOD)
    if not kept or n <= len(kept):
        return [unknown] * x.shape[1]
    x = x[:, kept]
    bread = np.linalg.inv(np.einsum("ni,nj->ij", x, x))
    fitted = np.einsum("ij,nj,n->i", bread, x, y)
    scores = np.zeros((n_clusters, len(kept)))
    np.add.at(scores, code, x * (y - np.einsum("ni,i->n", x, fitted))[:, None])
    factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - len(kept))
    covariance = factor * np.einsum("ia,ca,cb,bj->ij", bread, scores, scores, bread, optimize=True)
    errors = np.sqrt(np.diag(covariance).clip(min=0))
    reach = student_quantile(confidence_level, n_clusters - 1)
    found = {
        column: Estimate(
            value=float(value),
            ci_lower=float(value - reach * error),
            ci_upper=float(value + reach * error),
            std_error=float(error),
            n_obs=float(n),
            confidence_level=confidence_level,
            method=_METHOD,
        )
        for column, value, error in zip(kept, fitted, errors, strict=True)
    }
    return [found.get(column, unknown) if enough else unknown for column, enough in enumerate(_known(design, code))]


def _known(design: ArrayLike, code: NDArray[np.intp]) -> list[bool]:
    """Whether each column differs from nought for ten customers at least, however many rows these have."""
    differs = np.asarray(design, dtype=float) != 0
    return [bool(np.count_nonzero(np.bincount(code[column])) >= _FEWEST_CLUSTERS) for column in differs.T]


def _independent(x: Floats) -> Sequence[int]:
    """The columns that earlier ones do not determine, and that differ from nought in ten rows at least."""
    lengths = np.sqrt(np.einsum("ni,ni->i", x, x))
    # Of the small matrix of products, since that of the rows may have a hundred thousand.
    products = np.einsum("ni,nj->ij", x, x) / np.outer(lengths, lengths).clip(min=1e-300)
    kept: list[int] = []
    for column in np.flatnonzero(np.count_nonzero(x, axis=0) >= _FEWEST_CLUSTERS).tolist():
        tried = [*kept, column]
        if np.linalg.matrix_rank(products[np.ix_(tried, tried)], tol=_NEARLY, hermitian=True) == len(tried):
            kept.append(column)
    return kept
