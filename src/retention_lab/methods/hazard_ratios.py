"""What a Cox fit says of a step in its columns: one hazard ratio, or whether several columns matter at all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retention_lab.methods.cox import CoxFit
from retention_lab.methods.estimates import chi_squared_pvalue, normal_quantile, two_sided_pvalue


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardRatio:
    """How many times as fast customers leave after a step; nan where a column of the step could not be estimated."""

    value: float
    ci_lower: float
    ci_upper: float
    pvalue: float
    confidence_level: float


def estimate_hazard_ratio(fit: CoxFit, step: Mapping[str, float]) -> HazardRatio:
    """The hazard ratio of adding `step` to the columns; Wald's interval and test.

    A column that the fit left out for want of departures makes the ratio unknown; one that only repeated others adds
    nothing of its own.
    """
    moved = {column: by for column, by in step.items() if by and fit.not_estimable.get(column) != "collinear"}
    if not moved or any(column not in fit.names for column in moved):
        return HazardRatio(
            value=math.nan, ci_lower=math.nan, ci_upper=math.nan, pvalue=math.nan, confidence_level=fit.confidence_level
        )
    places = [fit.names.index(column) for column in moved]
    by = np.array([*moved.values()], dtype=float)
    log_ratio = float(by @ fit.coefficients[places])
    error = math.sqrt(max(float(by @ fit.covariance[np.ix_(places, places)] @ by), 0.0))
    reach = normal_quantile(fit.confidence_level) * error
    return HazardRatio(
        value=math.exp(log_ratio),
        ci_lower=math.exp(log_ratio - reach),
        ci_upper=math.exp(log_ratio + reach),
        pvalue=two_sided_pvalue(log_ratio, error),
        confidence_level=fit.confidence_level,
    )


def joint_pvalue(fit: CoxFit, columns: Sequence[str]) -> float:
    """Wald's test that none of `columns` matters; nan where none of them could be estimated."""
    places = [fit.names.index(column) for column in columns if column in fit.names]
    if not places:
        return math.nan
    effects = fit.coefficients[places]
    statistic = float(effects @ np.linalg.pinv(fit.covariance[np.ix_(places, places)], hermitian=True) @ effects)
    return chi_squared_pvalue(statistic, len(places))
