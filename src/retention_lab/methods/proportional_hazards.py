"""Whether hazard ratios stay the same over time, as a Cox model says they do.

Grambsch and Therneau's (1994) idea as an exact score test: each coefficient b becomes b + c g(t), and the slope and
the curvature of the partial likelihood at c = 0 say whether c could be nought. Nothing is fitted again: both are sums
over the risk sets of the fit, weighted with g and its square. g is one less Kaplan-Meier, which spreads the events
evenly, so that neither a few late nor a few early ones decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.methods.cox import CoxFit
from retention_lab.methods.estimates import Reason, chi_squared_pvalue, normal_quantile
from retention_lab.methods.risk_sets import RiskSets, relative_hazard
from retention_lab.methods.splines import natural_spline
from retention_lab.methods.survival import SurvivalCurve

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

_MOST_POINTS = 40
_FEWEST_TIMES = 4
# Past this a ratio says nothing any more, and past 709 exp overflows.
_MOST = 500.0
# Of information scaled to one, what is left of it by rounding alone.
_NO_INFORMATION = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendTest:
    """Whether the coefficients of a term change with time.

    `degrees_of_freedom` counts its columns, less any whose change the data cannot tell from that of the others. Where
    none is left (all leave at one time, or no column could be estimated), the reason is `too_few`.
    """

    term: str
    statistic: float
    pvalue: float
    degrees_of_freedom: int
    reason: Reason = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HazardRatioCurve:
    """The hazard ratio of one column at event times, smoothed, with a band that holds at each time on its own.

    Empty, with a reason, where the events lie at too few times.
    """

    column: str
    time: Floats
    hazard_ratio: Floats
    ci_lower: Floats
    ci_upper: Floats
    n_events: float
    confidence_level: float
    method: str
    reason: Reason = ""

    def to_frame(self) -> pd.DataFrame:
        """One row for each point."""
        return pd.DataFrame({name: getattr(self, name) for name in ("time", "hazard_ratio", "ci_lower", "ci_upper")})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProportionalHazards:
    """A test for each term and one for all columns of the fit together.

    `residuals` holds, for each event time and column, the mean of the scaled Schoenfeld residuals of those who left,
    with the coefficient added: what the coefficient looks like from that time alone. `residual_variance` is that of
    one such residual of weight one; `scale` is g(t), and `weight` that of all who left.
    """

    tests: tuple[TrendTest, ...]
    overall: TrendTest
    names: tuple[str, ...]
    time: Floats
    scale: Floats
    weight: Floats
    residuals: Floats
    residual_variance: Floats
    n_obs: float
    n_events: float
    confidence_level: float
    method: str

    def to_frame(self) -> pd.DataFrame:
        """One row for each term, the last for all columns together."""
        return pd.DataFrame([test.to_dict() for test in (*self.tests, self.overall)])

    def residual_curve(self, column: str) -> HazardRatioCurve:
        """The hazard ratio of one unit of `column` over time, at up to 40 event times."""
        if column not in self.names:
            raise ValueError(f"{column!r} is not in the fit, which has {list(self.names)}")
        return _smoothed(self, self.names.index(column))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moments:
    """For each event the covariates to be expected of whoever leaves, and what the information is summed from.

    With Efron, the l-th of d tied leaves when the share l / d of them are taken to be gone; with Breslow none are.
    `when` is the event time, `each` the weight of one of the tied, `mean` the covariates expected of it; `flat` and
    `sloped` are the sums over the tied of 1 / s and of (l / d) / s, where s is what is left at risk.
    """

    hazard: Floats
    when: Integers
    each: Floats
    mean: Floats
    flat: Floats
    sloped: Floats


def check_proportional_hazards(
    fit: CoxFit, terms: Mapping[str, Sequence[str]] | None = None, curve: SurvivalCurve | None = None
) -> ProportionalHazards:
    """Test each of `terms` (columns of the fit by name of the term; by default each column on its own).

    As R's `cox.zph(fit)`, but for weights: here Kaplan-Meier counts them, so that a weight is as good as so many rows.
    That of a fit with strata is worked out from its risk sets, which do not show a stratum between its event times;
    `curve`, of the customers of all strata together, makes it exact. Columns that the fit left out add no degree of
    freedom. The information is the model's, also where the fit's standard errors are robust.
    """
    groups = _positions(fit, {name: [name] for name in fit.names} if terms is None else terms)
    risk, moments = fit.risk_sets, _moments(fit)
    left = risk.death_weight
    scale = _time_scale(risk, curve)
    centred = scale - np.sum(left * scale) / left.sum() if left.size else scale
    schoenfeld = risk.total_leaving(risk.design) - _by_time(risk, moments, moments.each[:, None] * moments.mean)
    plain, once, twice = (_information(risk, moments, factor) for factor in (np.ones(left.size), centred, centred**2))
    inverse = _inverse(plain)
    slope = np.einsum("k,kj->j", centred, schoenfeld)
    curvature = twice - np.einsum("ij,jk,kl->il", once, inverse, once)
    size = np.sqrt(np.diag(twice))
    residuals = np.einsum("kj,ji->ki", schoenfeld, inverse) * (left.sum() / left)[:, None]
    return ProportionalHazards(
        tests=tuple(_trend(name, columns, slope, curvature, size) for name, columns in groups.items()),
        overall=_trend("GLOBAL", list(range(len(fit.names))), slope, curvature, size),
        names=fit.names,
        time=risk.axis.time,
        scale=scale,
        weight=left,
        residuals=fit.coefficients + residuals,
        residual_variance=np.diag(inverse) * left.sum(),
        n_obs=fit.n_obs,
        n_events=fit.n_events,
        confidence_level=fit.confidence_level,
        method="score test of coefficients that change with one less Kaplan-Meier",
    )


def _positions(fit: CoxFit, terms: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    asked = [column for columns in terms.values() for column in columns]
    unknown = [column for column in asked if column not in fit.names and column not in fit.not_estimable]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not in the fit, which has {[*fit.names, *fit.not_estimable]}")
    where = {name: position for position, name in enumerate(fit.names)}
    return {name: [where[column] for column in columns if column in where] for name, columns in terms.items()}


def _moments(fit: CoxFit) -> _Moments:
    risk = fit.risk_sets
    hazard = relative_hazard(risk.design, fit.coefficients)
    at_risk, leaving = risk.total_at_risk(hazard), risk.total_leaving(hazard)
    when = np.repeat(np.arange(risk.axis.time.size), risk.n_tied)
    gone = (np.arange(when.size) - (np.cumsum(risk.n_tied) - risk.n_tied)[when]) / risk.n_tied[when]
    gone = gone if risk.ties == "efron" else np.zeros(when.size)
    left = np.maximum(at_risk, leaving)[when] - gone * leaving[when]
    each = (risk.death_weight / risk.n_tied)[when]
    weighted = hazard[:, None] * risk.design
    total, tied = risk.total_at_risk(weighted)[when], risk.total_leaving(weighted)[when]
    return _Moments(
        hazard=hazard,
        when=when,
        each=each,
        mean=(total - gone[:, None] * tied) / left[:, None],
        flat=np.bincount(when, each / left, minlength=risk.axis.time.size).astype(float),
        sloped=np.bincount(when, each * gone / left, minlength=risk.axis.time.size).astype(float),
    )


def _by_time(risk: RiskSets, moments: _Moments, values: Floats) -> Floats:
    total = np.zeros((risk.axis.time.size, values.shape[1]))
    np.add.at(total, moments.when, values)
    return total


def _information(risk: RiskSets, moments: _Moments, factor: Floats) -> Floats:
    """The information of the partial likelihood, each event time counted `factor` times."""
    exposure = risk.total_exposure(factor * moments.flat) - risk.deaths.T @ (factor * moments.sloped)
    spread = np.einsum("ij,ik->jk", risk.design * (moments.hazard * exposure)[:, None], risk.design)
    known = np.einsum("ij,ik->jk", moments.mean * (moments.each * factor[moments.when])[:, None], moments.mean)
    return np.asarray(spread - known)


def _time_scale(risk: RiskSets, curve: SurvivalCurve | None) -> Floats:
    """One less Kaplan-Meier of all customers just before each event time."""
    if curve is not None:
        survival = np.concatenate([[1.0], curve.survival])
        return np.asarray(1 - survival[np.searchsorted(curve.time, risk.axis.time, side="left")])
    axis = risk.axis
    among = np.searchsorted(axis.distinct, axis.time)
    left = np.bincount(among, risk.death_weight, minlength=axis.distinct.size)
    # A stratum in which nobody leaves at a time counts with those at risk when next somebody does.
    following = np.where(axis.passed[:, :-1] < axis.first[1:, None], axis.passed[:, :-1], axis.time.size)
    at_risk = np.append(risk.total_at_risk(np.ones(len(risk.design))), 0.0)[following].sum(axis=0)
    kept = np.cumprod(1 - left / np.maximum(at_risk, left))
    return np.concatenate([[0.0], 1 - kept])[among]


def _inverse(information: Floats) -> Floats:
    size = np.sqrt(np.diag(information).clip(min=0))
    size[size == 0] = 1.0
    return np.asarray(np.linalg.pinv(information / np.outer(size, size), hermitian=True) / np.outer(size, size))


def _trend(term: str, columns: list[int], slope: Floats, curvature: Floats, size: Floats) -> TrendTest:
    """Chi-squared of the slope against the curvature that is left once the coefficients are known."""
    told = [column for column in columns if size[column] > 0]
    values, vectors = np.linalg.eigh(curvature[np.ix_(told, told)] / np.outer(size[told], size[told]))
    kept = values > _NO_INFORMATION
    freedom = int(kept.sum())
    if not freedom:
        return TrendTest(term=term, statistic=np.nan, pvalue=np.nan, degrees_of_freedom=0, reason="too_few")
    along = np.einsum("ji,j->i", vectors[:, kept], slope[told] / size[told])
    statistic = float(np.sum(along**2 / values[kept]))
    return TrendTest(
        term=term, statistic=statistic, pvalue=chi_squared_pvalue(statistic, freedom), degrees_of_freedom=freedom
    )


def _smoothed(checked: ProportionalHazards, column: int) -> HazardRatioCurve:
    """A natural spline of the residuals over g, with four degrees of freedom, as R's `plot(cox.zph(fit))`."""
    shown = _shown(checked.time)
    enough = np.unique(checked.scale).size >= _FEWEST_TIMES
    shown = shown if enough else shown[:0]
    value, variance = _spline_fit(checked, column, checked.scale[shown]) if enough else np.zeros((2, 0))
    reach = normal_quantile(checked.confidence_level) * np.sqrt(variance)
    ratio, lower, upper = (np.exp(line.clip(-_MOST, _MOST)) for line in (value, value - reach, value + reach))
    return HazardRatioCurve(
        column=checked.names[column],
        time=checked.time[shown],
        hazard_ratio=ratio,
        ci_lower=lower,
        ci_upper=upper,
        n_events=checked.n_events,
        confidence_level=checked.confidence_level,
        method="natural spline of scaled Schoenfeld residuals, pointwise band",
        reason="" if enough else "too_few",
    )


def _shown(time: Floats) -> Integers:
    """The event times next to even steps from the first to the last, each once."""
    distinct, first = np.unique(time, return_index=True)
    if not distinct.size:
        return np.zeros(0, dtype=np.intp)
    between = (distinct[1:] + distinct[:-1]) / 2
    steps = np.linspace(distinct[0], distinct[-1], _MOST_POINTS)
    return first[np.unique(np.searchsorted(between, steps))]


def _spline_fit(checked: ProportionalHazards, column: int, at: Floats) -> tuple[Floats, Floats]:
    """Least squares with known variance: the curve at `at`, and the variance of each of its points."""
    start, length = checked.scale.min(), np.ptp(checked.scale)
    scale, wanted = (checked.scale - start) / length, (at - start) / length
    order = np.argsort(scale, kind="stable")
    so_far = np.cumsum(checked.weight[order])
    inner = np.searchsorted(so_far, so_far[-1] * np.array([1 / 3, 2 / 3]))
    # Knots at ends and thirds of the events; the many at one time may leave fewer.
    knots = np.unique(scale[order][[0, *inner, -1]])
    basis, shown = (_with_intercept(natural_spline(where, knots)) for where in (scale, wanted))
    spread = np.linalg.inv(np.einsum("ki,kj->ij", basis * checked.weight[:, None], basis))
    moment = np.einsum("ki,k->i", basis, checked.weight * checked.residuals[:, column])
    value = np.einsum("ai,ij,j->a", shown, spread, moment)
    variance = np.einsum("ai,ij,aj->a", shown, spread, shown) * checked.residual_variance[column]
    return value, variance


def _with_intercept(basis: Floats) -> Floats:
    return np.column_stack([np.ones(len(basis)), basis])
