"""Tables of an experiment: who was assigned, which checks it passes, and what changed."""

import math
from collections.abc import Sequence

from retention_lab.analysis.experiments.effects import Effect, Trimmed
from retention_lab.analysis.experiments.gates import Gate, failed
from retention_lab.analysis.experiments.segments import Interaction
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import Told, is_money, tell, why_no_effects, why_not
from retention_lab.findings.experiments.gates import gate_name, gate_sentence
from retention_lab.findings.words import covariate_name, level_name
from retention_lab.methods.effects import Contrast
from retention_lab.tables.experiment_file import Outcome
from retention_lab.tables.experiments import Trial
from retention_lab.text import Text
from retention_lab.views.display import Table
from retention_lab.views.experiment_money import table_of_money
from retention_lab.views.experiment_plan import table_of_arms, table_of_plan, variant_name

__all__ = [
    "table_of_arms",
    "table_of_effects",
    "table_of_gates",
    "table_of_money",
    "table_of_plan",
    "table_of_quantiles",
    "table_of_segments",
    "table_of_trimmed",
    "table_of_variants",
]

MAX_ROWS = 60


def table_of_variants(study: ExperimentStudy, text: Text) -> Table:
    """How many were assigned to each variant, how many of them were planned, and how many are analysed."""
    return Table(
        caption=_variants_caption(study, text),
        columns=(
            text.say("Variant"),
            text.say("Planned"),
            text.say("Assigned"),
            text.say("Share"),
            text.say("Customers analysed"),
        ),
        align=("left", "right", "right", "right", "right"),
        rows=_variant_rows(study, text) or ((text.say("There is no experiment."), "", "", "", ""),),
    )


def _variant_rows(study: ExperimentStudy, text: Text) -> tuple[tuple[str, ...], ...]:
    trial = study.trial
    if trial is None:
        return ()
    total = float(trial.counts.assigned.sum())
    counts = zip(trial.variants, trial.counts.assigned, trial.counts.analysed, strict=True)
    return tuple(
        (
            variant_name(variant, trial.variants[0], text),
            text.percent(trial.shares[variant]) if trial.shares else text.say("not known"),
            text.count(float(assigned)),
            text.percent(float(assigned) / total if total else math.nan),
            text.count(float(analysed)),
        )
        for variant, assigned, analysed in counts
    )


def _variants_caption(study: ExperimentStudy, text: Text) -> str:
    """When customers were assigned, and what was done to the rows before they were counted."""
    trial = study.trial
    if trial is None:
        return text.say("The variants.")
    return " ".join((_when_assigned(trial, text), *trial.notes))


def _when_assigned(trial: Trial, text: Text) -> str:
    if trial.first_assigned is None or trial.last_assigned is None:
        return text.say("The variants. It is not known when customers were assigned.")
    first, last = text.date(trial.first_assigned), text.date(trial.last_assigned)
    if first == last:
        return text.say("The variants, assigned on {first}.", first=first)
    return text.say("The variants, assigned from {first} to {last}.", first=first, last=last)


def table_of_gates(study: ExperimentStudy, gates: Sequence[Gate], text: Text) -> Table:
    """Each check with its result and its numbers."""
    results = {
        "passed": text.say("Passed"),
        "warned": text.say("Warning"),
        "failed": text.say("Failed"),
        "not_applicable": text.say("Does not apply"),
    }
    rows = [(gate_name(gate.name, text), results[gate.status], gate_sentence(study, gate, text)) for gate in gates]
    n_failed = sum(gate.status == "failed" for gate in gates)
    caption = text.say("What must hold before an effect is worth reading.")
    if n_failed:
        caption += " " + text.say_many(
            "{n} check fails, so no effect must be read.", "{n} checks fail, so no effect must be read.", n_failed
        )
    return Table(
        caption=caption,
        columns=(text.say("Check"), text.say("Result"), text.say("What was found")),
        align=("left", "left", "left"),
        rows=tuple(rows) or ((text.say("There is no experiment to check."), "", ""),),
    )


def table_of_effects(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> Table:
    """The effects in numbers: both variants, the difference, the share of the control that it is, and p-values."""
    rows = [_effect_row(study, effect, text) for effect in effects[:MAX_ROWS]]
    caption = text.say(
        "The effects in numbers, treatment less control, with {level} intervals. The last p-values count all "
        "treatments of the primary outcome together, and all secondary outcomes together (Holm).",
        level=text.percent(study.confidence_level, 0),
    )
    if len(effects) > MAX_ROWS:
        caption += " " + text.say("{n} of {all} effects.", n=MAX_ROWS, all=len(effects))
    return Table(
        caption=caption,
        columns=(
            text.say("Outcome"),
            text.say("Control"),
            text.say("Treatment"),
            text.say("Difference"),
            text.say("In per cent"),
            text.say("p alone"),
            text.say("p, Holm"),
        ),
        align=("left", "right", "right", "right", "right", "right", "right"),
        rows=tuple(rows) or ((why_no_effects(study, text), "", "", "", "", "", ""),),
    )


def _effect_row(study: ExperimentStudy, effect: Effect, text: Text) -> tuple[str, ...]:
    one, told = effect.contrast, tell(effect.contrast, effect.spec, text, signed=True)
    name = _effect_name(study, effect, text)
    if one.reason:
        said = text.say("not estimable: {why}", why=why_not(one.reason, text))
        return name, told.control, told.treatment, said, "", "", ""
    adjusted = text.say("guardrail") if effect.role == "guardrail" else text.pvalue(effect.pvalue_adjusted)
    return (
        name,
        told.control,
        told.treatment,
        difference(told, text),
        _relative(told, text),
        text.pvalue(one.pvalue),
        adjusted,
    )


def _effect_name(study: ExperimentStudy, effect: Effect, text: Text) -> str:
    name = covariate_name(effect.outcome)
    if effect.role == "primary":
        name = text.say("{outcome} (primary)", outcome=name)
    if len(study.treatments) > 1:
        return text.say("{outcome}, {variant}", outcome=name, variant=effect.variant)
    return name


def difference(told: Told, text: Text) -> str:
    """A difference with its interval, or that there is none."""
    if not told.interval:
        return text.say("not estimable")
    return text.say("{change} ({interval})", change=told.change, interval=told.interval)


def _relative(told: Told, text: Text) -> str:
    if not told.relative:
        return text.say("the control is too near nought")
    return text.say("{change} ({interval})", change=told.relative, interval=told.relative_interval)


def table_of_segments(
    study: ExperimentStudy, interactions: Sequence[Interaction], text: Text, gates: Sequence[Gate] = ()
) -> Table:
    """Whether the effect differs between groups; the groups only where it does, none where one of `gates` failed."""
    rows = [] if failed(gates) else [row for one in interactions for row in _segment_rows(study, one, text)]
    nothing = why_no_effects(study, text) if failed(gates) else text.say("No column was named to divide customers by.")
    outcome = covariate_name(study.primary)
    return Table(
        caption=text.say(
            "Whether the effect on “{outcome}” differs between groups of customers, with {level} intervals. The groups "
            "are shown only where a test says that it does: of many groups one always looks best.",
            outcome=outcome,
            level=text.percent(study.confidence_level, 0),
        ),
        columns=(text.say("Divided by"), text.say("Effect"), text.say("Customers"), text.say("p, Holm")),
        align=("left", "right", "right", "right"),
        rows=tuple(rows) or ((nothing, "", "", ""),),
    )


def _segment_rows(study: ExperimentStudy, one: Interaction, text: Text) -> list[tuple[str, ...]]:
    name = covariate_name(one.column)
    if len(study.treatments) > 1:
        name = text.say("{column}, {variant}", column=name, variant=one.variant)
    n_obs = text.count(sum(group.contrast.n_obs for group in one.groups))
    if math.isnan(one.pvalue_adjusted):
        return [(name, text.say("too few groups to compare"), n_obs, "")]
    if not one.is_clear:
        return [(name, text.say("nothing shows that it differs"), n_obs, text.pvalue(one.pvalue_adjusted))]
    rows: list[tuple[str, ...]] = [(name, text.say("differs"), n_obs, text.pvalue(one.pvalue_adjusted))]
    spec = study.outcomes[study.primary]
    for group in one.groups:
        told = tell(group.contrast, spec, text, signed=True)
        label = text.say("{column}: {level}", column=name, level=level_name(group.level, text))
        rows.append((label, difference(told, text), text.count(group.contrast.n_obs), ""))
    return rows


def table_of_quantiles(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> Table:
    """The median and the upper end of each measure, which an average does not show."""
    rows = [
        (
            text.say(
                "{outcome}: {quantile}", outcome=_effect_name(study, effect, text), quantile=_quantile(q.quantile, text)
            ),
            *_both(q.contrast, effect.spec, text),
        )
        for effect in effects
        for q in effect.quantiles
    ]
    return Table(
        caption=text.say(
            "Where the middle and the upper end lie, with {level} intervals of their difference.",
            level=text.percent(study.confidence_level, 0),
        ),
        columns=(text.say("Measure"), text.say("Control"), text.say("Treatment"), text.say("Difference")),
        align=("left", "right", "right", "right"),
        rows=tuple(rows) or ((_why_no_averages(study, effects, text), "", "", ""),),
    )


def _why_no_averages(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> str:
    return text.say("No outcome is an average of customers.") if effects else why_no_effects(study, text)


def _quantile(quantile: float, text: Text) -> str:
    if quantile == 0.5:
        return text.say("median")
    return text.say("{share} lie below", share=text.percent(quantile, 0))


def _both(contrast: Contrast, spec: Outcome, text: Text) -> tuple[str, str, str]:
    told = tell(contrast, spec, text, signed=True)
    return told.control, told.treatment, difference(told, text)


def table_of_trimmed(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> Table:
    """Each average as it is, with the largest values cut, and without those that no ordinary customer has."""
    rows = [
        (_effect_name(study, effect, text), *_trimmed_cells(effect.spec, effect.trimmed, text))
        for effect in effects
        if effect.trimmed
    ]
    caption = text.say(
        "How much the effect hangs on the largest values, with {level} intervals.",
        level=text.percent(study.confidence_level, 0),
    )
    return Table(
        caption=caption,
        columns=(
            text.say("Outcome"),
            text.say("All values"),
            text.say("Largest cut"),
            text.say("Largest left out"),
        ),
        align=("left", "right", "right", "right"),
        rows=tuple(rows) or ((_why_no_averages(study, effects, text), "", "", ""),),
    )


def _trimmed_cells(spec: Outcome, trimmed: Trimmed, text: Text) -> tuple[str, str, str]:
    cut, extreme = (
        text.money(value) if is_money(spec) else text.number(value, 0 if value >= 10 else 2)
        for value in (trimmed.cut, trimmed.extreme)
    )
    as_is = _both(trimmed.as_is, spec, text)[2]
    left_out = text.say("none above {extreme}", extreme=extreme)
    if trimmed.without_extreme is not None:
        left_out = text.say_many(
            "{change}; {n} customer above {extreme}",
            "{change}; {n} customers above {extreme}",
            trimmed.n_extreme,
            change=_both(trimmed.without_extreme, spec, text)[2],
            extreme=extreme,
        )
    kept = text.say("{change}; at {cut}", change=_both(trimmed.winsorised, spec, text)[2], cut=cut)
    return as_is, kept, left_out
