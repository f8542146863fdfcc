"""What must hold before an effect is worth reading. A gate that fails makes the decision invalid."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from retention_lab.analysis.experiments.balance import check_balance
from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.gate import WARNS, Gate, GateRow, Status, judged, worst
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.methods.sample_ratio import check_sample_ratio
from retention_lab.tables.experiment_file import Outcome
from retention_lab.tables.experiment_reductions import moments_of
from retention_lab.tables.experiments import Trial
from retention_lab.tables.trial_columns import columns_after

__all__ = ["FEW_EVENTS", "WARNS", "Gate", "GateRow", "Status", "check_gates", "failed", "readable", "turns"]

# Of customers in two variants, or lost: what is more than a slip of the pen, and what is no slip at all.
SOME, MANY = 0.005, 0.05
FEW_UNITS, FEW_EVENTS, FEW_CLUSTERS = 30, 10, 10


def check_gates(study: ExperimentStudy, effects: Sequence[Effect]) -> tuple[Gate, ...]:
    """All gates, in the order in which they are to be read."""
    trial = study.trial
    if trial is None:
        return ()
    frame = moments_of(trial)
    return (
        _sample_ratio(trial),
        _assignment(trial),
        _unit(trial),
        _maturity(study, trial),
        _early_look(trial),
        _filter(study, trial),
        _lost(study, trial),
        check_balance(study, trial, frame),
        _size(study, trial, effects, frame),
        _outliers(effects),
    )


def failed(gates: Sequence[Gate]) -> tuple[Gate, ...]:
    """The gates that make the answer invalid."""
    return tuple(gate for gate in gates if gate.status == "failed")


def readable(effects: Sequence[Effect], gates: Sequence[Gate]) -> tuple[Effect, ...]:
    """The effects that may be shown: none where a gate has failed, since nobody can unread a number."""
    return () if failed(gates) else tuple(effects)


def _rows(frame: pd.DataFrame, n: str, of: str) -> tuple[GateRow, ...]:
    columns = zip(frame.variant, frame[n].astype(float), frame[of].astype(float), strict=True)
    return tuple(GateRow(variant=str(variant), n=count, of=whole) for variant, count, whole in columns)


def _sample_ratio(trial: Trial) -> Gate:
    """Whether as many came into each variant as planned, counted before anybody is left out."""
    assigned = trial.counts.assigned.to_numpy(dtype=float)
    if not trial.shares or not assigned.sum():
        rows = tuple(GateRow(variant=v, n=n, of=assigned.sum()) for v, n in zip(trial.variants, assigned, strict=True))
        return Gate(name="sample_ratio", status="not_applicable", rows=rows, facts={})
    shares = [trial.shares[variant] for variant in trial.variants]
    found = check_sample_ratio(assigned, shares)
    rows = tuple(
        GateRow(variant=variant, n=n, of=assigned.sum(), expected=expected)
        for variant, n, expected in zip(trial.variants, assigned, found.expected, strict=True)
    )
    facts = {"statistic": found.statistic}
    return Gate(name="sample_ratio", status=judged(found.pvalue), pvalue=found.pvalue, rows=rows, facts=facts)


def _assignment(trial: Trial) -> Gate:
    """Customers in several variants, with another variant than theirs, or in a variant that nobody declared."""
    counts = trial.counts
    double, n = float(counts.other_variant.max()), float(counts.assigned.sum())
    other, known = float(counts.received_other.sum()), float(counts.received_known.sum())
    outside = float(counts.outside.sum())
    parts = {"double": (double, n), "received": (other, known), "outside": (outside, n + outside)}
    shares = {name: part / whole if whole else 0.0 for name, (part, whole) in parts.items()}
    many = max(shares.values())
    status: Status = "failed" if many > MANY else "warned" if many > SOME else "passed"
    rows = _rows(counts, "received_other", "received_known")
    facts = {"n_double": double, "n_received": other, "n_received_known": known, "n_outside": outside, **shares}
    return Gate(name="assignment", status=status, rows=rows if trial.has_received else (), facts=facts)


def _unit(trial: Trial) -> Gate:
    """What was drawn at random is what is analysed: a customer, or a cluster of them."""
    facts = {
        "by_order": float(trial.by_order),
        "has_customers": float(trial.has_customers),
        "n_rows": float(trial.counts.rows.sum()),
        "n_customers": float(trial.counts.analysed.sum()),
        "n_clusters": float(trial.n_clusters),
        "n_mixed": float(trial.n_mixed_clusters),
    }
    if trial.randomised == "cluster":
        mixed = trial.n_mixed_clusters / max(trial.n_clusters, 1)
        few = trial.counts.assigned.min() < FEW_CLUSTERS
        status: Status = "failed" if mixed > MANY else "warned" if mixed > 0 or few else "passed"
        rows = _rows(trial.counts, "assigned", "analysed")
        return Gate(name="unit", status=status, rows=rows, facts=facts)
    return Gate(name="unit", status="warned" if trial.by_order else "passed", facts=facts)


def _maturity(study: ExperimentStudy, trial: Trial) -> Gate:
    """Whether every customer's window is over: who still has time to buy, or to leave, must not count as not having."""
    timed = [name for name, outcome in study.outcomes.items() if outcome.window_days or outcome.kind == "survival"]
    if not timed or not trial.has_days:
        return Gate(name="maturity", status="not_applicable", facts={"has_days": float(trial.has_days)})
    name = study.primary if study.primary in timed else timed[0]
    every = trial.per_outcome[trial.per_outcome.outcome.isin(timed)].copy()
    stays = every.outcome.map(lambda one: study.outcomes[one].kind == "survival")
    # Who is not known to be here or gone is a matter of `lost`.
    every["over"], every["timed"] = every.followed.where(stays, every.mature), every.known.where(stays, every.n)
    rows, over = _rows(every[every.outcome == name], "over", "timed"), float(every.over.sum())
    facts = {"has_days": 1.0, "n": float(every.timed.sum()), "over": over, "days": float(_days(study.outcomes[name]))}
    status: Status = "passed" if over >= facts["n"] else "warned"
    return Gate(name="maturity", status=status, about=name, rows=rows, facts=facts)


def _days(outcome: Outcome) -> int:
    return (outcome.horizon_days if outcome.kind == "survival" else outcome.window_days) or 0


def _early_look(trial: Trial) -> Gate:
    """A test that was planned for one look at the end says nothing before it."""
    spec, n = trial.spec, float(trial.counts.analysed.sum())
    facts = {"n": n, "n_planned": float(spec.n_planned or math.nan)}
    if spec.design == "anytime" or (spec.ends_on is None and spec.n_planned is None):
        return Gate(name="early_look", status="not_applicable", facts=facts | {"anytime": spec.design == "anytime"})
    early = (spec.ends_on is not None and trial.as_of < spec.ends_on) or (spec.n_planned or 0) > n
    return Gate(name="early_look", status="warned" if early else "passed", facts=facts | {"anytime": 0.0})


def _filter(study: ExperimentStudy, trial: Trial) -> Gate:
    """A condition that the treatment may have changed picks other customers in each variant.

    An outcome is what the treatment is to change: no test need show that it has.
    """
    kept = trial.kept_by_filter
    if kept.empty:
        return Gate(name="filter", status="not_applicable", facts={})
    rows = _rows(kept, "kept", "before")
    known_after = {"received", *columns_after(trial.spec)}
    if known_after & {condition.partition("=")[0] for condition in study.where}:
        return Gate(name="filter", status="failed", rows=rows, facts={})
    pvalue = _same_share(kept.kept, kept.before)
    return Gate(name="filter", status=worst("warned", judged(pvalue)), pvalue=pvalue, rows=rows, facts={})


def _lost(study: ExperimentStudy, trial: Trial) -> Gate:
    """Whether the outcome is known of as many in each variant, who were gone before they were assigned left out."""
    found = []
    for name in study.outcomes:
        rows = trial.per_outcome[trial.per_outcome.outcome == name]
        rows = rows.assign(lost=(rows.mature - rows.known).clip(lower=0))
        found.append((_same_share(rows.lost, rows.mature), name, rows))
    pvalue, name, rows = min(found, key=lambda one: (one[0] if math.isfinite(one[0]) else 2.0, -one[2].lost.sum()))
    most = max(float(one.lost.sum()) / max(float(one.mature.sum()), 1.0) for _, _, one in found)
    told = _rows(rows, "lost", "mature")
    # One of several outcomes differs by chance more easily.
    pvalue = min(pvalue * len(found), 1.0)
    status = "passed" if most == 0 else worst(judged(pvalue), "warned" if most > MANY else "passed")
    gone = trial.per_outcome.groupby("outcome")[["gone", "unknown"]].sum().max()
    facts = {"share": most, "gone": float(gone.gone), "unknown": float(gone.unknown)}
    return Gate(name="lost", status=status, pvalue=pvalue if most else math.nan, about=name, rows=told, facts=facts)


def _same_share(part: pd.Series, whole: pd.Series) -> float:
    """The p-value of the part being the same share of the whole in every variant; nan where nothing can differ."""
    n, of = part.to_numpy(dtype=float), whole.to_numpy(dtype=float)
    if not 0 < n.sum() < of.sum() or (of > 0).sum() < 2:
        return math.nan
    return check_sample_ratio(n[of > 0], of[of > 0] / of.sum(), of=of[of > 0]).pvalue


def _size(study: ExperimentStudy, trial: Trial, effects: Sequence[Effect], frame: pd.DataFrame) -> Gate:
    """Too few customers, or too few of what is counted, for the intervals to hold what they promise."""
    rows = trial.per_outcome[trial.per_outcome.outcome == study.primary]
    told = _rows(rows, "known", "n")
    fewest = float(rows.known.min())
    events, nonzero = _fewest_events(study, effects, frame), _fewest_nonzero(study, rows)
    few = fewest < FEW_UNITS or events < FEW_EVENTS or nonzero < 2 * FEW_EVENTS
    facts = {"fewest": fewest, "events": events, "nonzero": nonzero}
    return Gate(name="size", status="warned" if few else "passed", about=study.primary, rows=told, facts=facts)


def _fewest_nonzero(study: ExperimentStudy, rows: pd.DataFrame) -> float:
    """How many values other than nought carry a mean, in a treatment and the control together, where fewest do."""
    if study.outcomes[study.primary].kind not in ("mean", "ratio") or len(rows) < 2:
        return math.nan
    return float(rows.nonzero.iloc[0] + rows.nonzero.iloc[1:].min())


def _fewest_events(study: ExperimentStudy, effects: Sequence[Effect], frame: pd.DataFrame) -> float:
    """How often the rarer of two things happened in the variant where it did least; nan where nothing is counted."""
    if study.outcomes[study.primary].kind == "survival":
        return float(min(min(effect.staying.n_left) for effect in effects if effect.staying))
    if study.outcomes[study.primary].kind != "proportion":
        return math.nan
    rows = frame[frame.outcome == study.primary]
    return float(np.minimum(rows.n_events, (rows.mean_d * rows.n).fillna(0) - rows.n_events).min())


def _outliers(effects: Sequence[Effect]) -> Gate:
    """Whether a few customers make the answer."""
    trimmed = [effect for effect in effects if effect.trimmed]
    if not trimmed:
        return Gate(name="outliers", status="not_applicable", facts={})
    numbers = [effect.trimmed.n_extreme if effect.trimmed else 0 for effect in trimmed]
    most = max(zip(trimmed, numbers, strict=True), key=lambda pair: (pair[0].role == "primary", pair[1]))[0]
    turned = [effect for effect in trimmed if turns(effect)]
    told, n_extreme = turned[0] if turned else most, max(numbers)
    facts = {"n_extreme": float(n_extreme), "turned": float(bool(turned))}
    status: Status = "warned" if turned or n_extreme else "passed"
    return Gate(name="outliers", status=status, about=told.outcome, facts=facts)


def turns(effect: Effect) -> bool:
    """Whether the answer is another one when the largest values weigh less."""
    # Where the cut was said beforehand, it is the answer, and not one of two.
    if effect.trimmed is None or effect.contrast.reason or effect.spec.winsorise_at:
        return False
    others = [effect.trimmed.as_is, effect.trimmed.winsorised, effect.trimmed.without_extreme]
    level = 1 - effect.contrast.confidence_level
    return any((one.pvalue < level) != (effect.contrast.pvalue < level) for one in others if one and not one.reason)
