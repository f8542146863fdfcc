"""What the treatments changed, in sentences."""

import math
from collections.abc import Sequence
from dataclasses import replace

from retention_lab.analysis.experiments.effects import Effect, has_covariate
from retention_lab.analysis.experiments.gates import Gate, failed
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.analysis.experiments.survival import SurvivalArms
from retention_lab.findings.experiments.amounts import (
    change_in,
    digits_of,
    effect_sentence,
    factor_of,
    is_money,
    tell,
    unit_of,
    why_not,
)
from retention_lab.findings.experiments.definitions import definition_of
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import at_time, covariate_name
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text

# A covariate that takes away less of the variance than this gained nothing.
_NO_GAIN = 0.005
# Nobody would call a discovery what is more likely none.
_NO_DISCOVERY = 0.5


def effect_findings(
    study: ExperimentStudy, effects: Sequence[Effect], text: Text, gates: Sequence[Gate] = ()
) -> Findings:
    """One finding for each outcome and treatment; where one of `gates` failed, that none of them must be read."""
    tell_one = _unread if failed(gates) else effect_finding
    return Findings(tuple(tell_one(study, effect, text) for effect in effects))


def _unread(study: ExperimentStudy, effect: Effect, text: Text) -> Finding:
    """An effect of an experiment that failed a check: no number of it is shown."""
    said = text.say(
        "What “{variant}” changes in “{outcome}” must not be read: a check that must hold first has failed.",
        variant=effect.variant,
        outcome=covariate_name(effect.outcome),
    )
    return replace(
        effect_finding(study, effect, text),
        verdict="invalid",
        headline=said,
        estimate=NOT_A_NUMBER,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        method=effect.contrast.method,
        caveats=(),
    )


def effect_finding(study: ExperimentStudy, effect: Effect, text: Text) -> Finding:
    """What one treatment changed in one outcome."""
    one, factor = effect.contrast, factor_of(effect.spec)
    known = not one.reason
    several = len(study.treatments) > 1
    return Finding(
        id=f"experiment.effect.{effect.outcome}" + (f".{effect.variant}" if several else ""),
        question=text.say(
            "What does “{variant}” change in “{outcome}”?",
            variant=effect.variant,
            outcome=covariate_name(effect.outcome),
        ),
        headline=_headline(effect, text),
        action="",
        verdict=_verdict(effect),
        estimate=factor * one.value if known else NOT_A_NUMBER,
        ci_lower=factor * one.ci_lower if known else NOT_A_NUMBER,
        ci_upper=factor * one.ci_upper if known else NOT_A_NUMBER,
        unit=unit_of(effect.spec, text),
        n_obs=int(one.n_obs),
        method=_method(effect, text),
        definition=definition_of(study, effect.outcome, effect.spec, text),
        caveats=tuple(_caveats(effect, effects_in_family(study, effect), text)),
    )


def effects_in_family(study: ExperimentStudy, effect: Effect) -> int:
    """How many comparisons are counted together: the treatments of the primary outcome, or all secondary ones."""
    outcomes = [name for name in study.outcomes if study.role_of(name) == effect.role]
    return len(study.treatments) * (1 if effect.role == "primary" else len(outcomes))


def _verdict(effect: Effect) -> Verdict:
    if effect.contrast.reason:
        return "not_enough_data"
    if effect.is_worse:
        return "watch"
    if effect.role == "guardrail":
        return "fine" if effect.holds_margin else "watch"
    return "fine" if effect.is_better or effect.holds_margin else "no_evidence"


def _headline(effect: Effect, text: Text) -> str:
    if effect.contrast.reason:
        return text.say(
            "What “{variant}” changes in “{outcome}” cannot be said: {why}.",
            variant=effect.variant,
            outcome=covariate_name(effect.outcome),
            why=why_not(effect.contrast.reason, text),
        )
    parts = [effect_sentence(effect, text), _levels(effect, text), _margin_sentence(effect, text)]
    return " ".join(part for part in parts if part)


def _levels(effect: Effect, text: Text) -> str:
    """What was measured in each variant; of those who stay, how many are still here at the horizon."""
    if effect.staying is not None:
        return _still_here(effect.staying, text)
    told = tell(effect.contrast, effect.spec, text)
    return text.say("It is {treatment} against {control}.", treatment=told.treatment, control=told.control)


def _still_here(arms: SurvivalArms, text: Text) -> str:
    one, other, gap = arms.share_treatment, arms.share_control, arms.share_difference
    if one.reason or other.reason:
        return ""
    return text.say(
        "Still here {when}: {treatment} against {control}, a difference of {gap} points ({interval}).",
        when=at_time(arms.horizon, arms.unit, text),
        treatment=text.percent(one.value),
        control=text.percent(other.value),
        gap=text.number(100 * gap.value),
        interval=text.interval(100 * gap.ci_lower, 100 * gap.ci_upper),
    )


def _margin_sentence(effect: Effect, text: Text) -> str:
    margin = margin_of(effect, text)
    if not margin or effect.holds_margin is None:
        return ""
    if effect.holds_margin:
        return text.say("It is shown not to be worse by {margin} or more.", margin=margin)
    return text.say("It is not ruled out that it is worse by {margin} or more.", margin=margin)


def margin_of(effect: Effect, text: Text) -> str:
    """How much worse is still accepted, in the outcome's unit; empty where the client file names no margin."""
    spec = effect.spec
    if spec.margin is None:
        return ""
    digits = 0
    while digits < 4 and abs(round(factor_of(spec) * spec.margin, digits) - factor_of(spec) * spec.margin) > 1e-9:
        digits += 1
    return change_in(spec, spec.margin, digits, text)


def _method(effect: Effect, text: Text) -> str:
    one = effect.contrast
    if math.isnan(one.pvalue):
        return one.method
    return text.say("{method}; {p}", method=one.method, p=text.pvalue(one.pvalue))


def _caveats(effect: Effect, n_family: int, text: Text) -> list[str]:
    one = effect.contrast
    caveats = []
    # A log-rank test holds for one look only.
    if effect.staying is not None and not effect.staying.log_rank.reason and not effect.is_anytime:
        caveats.append(
            text.say(
                "A log-rank test of the whole curves, without a horizon: {p}.",
                p=text.pvalue(effect.staying.log_rank.pvalue),
            )
        )
    if not one.reason:
        caveats += [*_relative_caveats(one.relative, text), *_covariate_caveats(effect, text)]
        caveats += [*_trimmed_caveats(effect, text), *_family_caveats(effect, n_family, text)]
    if effect.is_anytime and not one.reason:
        caveats.append(
            text.say("The interval holds whenever and however often one looks; it is wider for that than for one look.")
        )
    if not math.isnan(effect.pvalue_margin):
        caveats.append(
            text.say("That it is worse by the margin or more: {p}, one-sided.", p=text.pvalue(effect.pvalue_margin))
        )
    return caveats


def _relative_caveats(relative: Estimate, text: Text) -> list[str]:
    if relative.reason != "near_nought":
        return []
    return [text.say("No percentage is given: the control's own number cannot be told from nought.")]


def _covariate_caveats(effect: Effect, text: Text) -> list[str]:
    if not has_covariate(effect.spec):
        return []
    gained = effect.contrast.variance_reduction
    if gained < _NO_GAIN:
        return [text.say("What was known of each customer before the assignment gained nothing.")]
    return [
        text.say(
            "What was known of each customer before the assignment took away {share} of the variance.",
            share=text.percent(gained, 0),
        )
    ]


def _trimmed_caveats(effect: Effect, text: Text) -> list[str]:
    trimmed, spec = effect.trimmed, effect.spec
    if trimmed is None:
        return []
    cut = text.money(trimmed.cut, 2) if is_money(spec) else text.number(trimmed.cut, digits_of(effect.contrast, spec))
    other = trimmed.as_is if spec.winsorise_at else trimmed.winsorised
    if other.reason:
        return []
    told = tell(other, spec, text)
    values = {"cut": cut, "treatment": told.treatment, "control": told.control, "size": told.size}
    if spec.winsorise_at:
        return [
            text.say(
                "Values above {cut} count as {cut}, as the client file asks. As they are, it is {treatment} against "
                "{control}: a difference of {size}.",
                **values,
            )
        ]
    return [
        text.say(
            "With values above {cut} counted as {cut}, it is {treatment} against {control}: a difference of {size}.",
            **values,
        )
    ]


def _family_caveats(effect: Effect, n_family: int, text: Text) -> list[str]:
    if effect.role == "guardrail" or n_family < 2 or math.isnan(effect.pvalue_adjusted):
        return []
    values = {
        "n": text.count(n_family),
        "alone": text.pvalue(effect.contrast.pvalue),
        "holm": text.pvalue(effect.pvalue_adjusted),
        "rate": text.percent(effect.qvalue),
    }
    if effect.qvalue >= _NO_DISCOVERY:
        return [
            text.say("One of {n} comparisons: {alone} on its own, {holm} with all of them counted (Holm).", **values)
        ]
    return [
        text.say(
            "One of {n} comparisons: {alone} on its own, {holm} with all of them counted (Holm); its false discovery "
            "rate is {rate} (Benjamini and Hochberg).",
            **values,
        )
    ]
