"""Immortal time, shown: what a programme seems to do when those who ever joined are compared with the rest.

A customer who joins after two years had to stay two years to join, and the years before are not the programme's doing
(Suissa 2008). Read naively, every programme keeps customers.
"""

from dataclasses import dataclass

from retention_lab.analysis.model import ChurnModel
from retention_lab.methods.cox import fit_cox
from retention_lab.methods.hazard_ratios import HazardRatio, estimate_hazard_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveComparison:
    """A covariate that holds from a day on: its hazard ratio read naively (ever or never) and counted from that day."""

    name: str
    naive: HazardRatio
    corrected: HazardRatio
    n_ever: int


def compare_naively(model: ChurnModel) -> tuple[NaiveComparison, ...]:
    """The mistake, for comparison: who ever joined counts as a member from the first day."""
    fit, rows = model.fit, model.rows
    told = [contrast for contrast in model.design.contrasts if contrast.name in {*model.since} & {*fit.names}]
    if not told:
        return ()
    wrong = fit_cox(
        model.design.columns[[*fit.names]],
        rows.duration,
        rows.event_observed,
        entry=rows.entry,
        strata=model.strata,
        confidence_level=fit.confidence_level,
    )
    return tuple(
        NaiveComparison(
            name=contrast.name,
            naive=estimate_hazard_ratio(wrong, contrast.step),
            corrected=estimate_hazard_ratio(fit, contrast.step),
            n_ever=int(model.design.columns[contrast.name].sum()),
        )
        for contrast in told
    )
