"""Where the middle and the upper end of a measure lie in each variant: what a mean does not show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.quantiles import compare_quantiles, estimate_of_order, quantile_ranks
from retention_lab.methods.two_arms import Contrast
from retention_lab.tables.experiment_reductions import order_statistics
from retention_lab.tables.experiments import Trial

QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileEffect:
    """One quantile of a measure, treatment and control."""

    quantile: float
    contrast: Contrast


def quantiles_of(study: ExperimentStudy, trial: Trial, outcome: str) -> dict[str, list[Estimate]]:
    """The `QUANTILES` of one outcome in each variant; only the order statistics that they need leave the engine."""
    known = trial.per_outcome[trial.per_outcome.outcome == outcome].set_index("variant").known
    return {variant: _estimates(study, trial, outcome, variant, int(known[variant])) for variant in trial.variants}


def _estimates(study: ExperimentStudy, trial: Trial, outcome: str, variant: str, n: int) -> list[Estimate]:
    ranks = [quantile_ranks(n, quantile, study.confidence_level) for quantile in QUANTILES]
    wanted = [rank for one in ranks for rank in one.fetched]
    values = iter(order_statistics(trial, outcome, variant, wanted) if wanted else [])
    return [estimate_of_order(one, [next(values) for _ in one.fetched]) for one in ranks]


def compare_quantiles_of(
    quantiles: Mapping[str, Sequence[Estimate]], treatment: str, control: str
) -> tuple[QuantileEffect, ...]:
    """Treatment against control at each of the `QUANTILES`; none where there are none."""
    if not quantiles:
        return ()
    both = zip(QUANTILES, quantiles[treatment], quantiles[control], strict=True)
    return tuple(QuantileEffect(quantile=at, contrast=compare_quantiles(one, other)) for at, one, other in both)
