"""Why nothing can be said, in sentences: what there is too little of, and what would help, which is not always more."""

from collections.abc import Sequence
from typing import Literal

from retention_lab.analysis.experiments.decision import Decision
from retention_lab.analysis.experiments.effects import Effect, primary_effects
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import horizon_name, why_not
from retention_lab.findings.experiments.gates import gate_sentence
from retention_lab.findings.words import covariate_name, span
from retention_lab.text import Text

Cause = Literal["alone", "not_over", "not_followed", "one_cluster", "nobody_left", "all_alike", "near_nought", "few"]


def too_little(study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], text: Text) -> str:
    """What there is too little of."""
    said = text.say("There is too little to say whether it worked.")
    why = _why(study, decision, effects, text)
    return " ".join(
        part for part in (said, why, *(gate_sentence(study, gate, text) for gate in decision.gates)) if part
    )


def too_little_action(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> str:
    """What would help."""
    values = _values(study, effects, text)
    return {
        "alone": text.say("Find the rows of those who were treated: without them there is nothing to compare."),
        "not_over": text.say("Run this again when the {span} of enough customers are over.", **values),
        "not_followed": text.say(
            "Run this again when customers have been followed for {span}. More customers would not help.", **values
        ),
        "one_cluster": text.say(
            "Draw more clusters for each variant. More customers in the same ones would not help: what is special "
            "about a single cluster looks like an effect."
        ),
        "nobody_left": text.say("Run this again when some have left, or plan a larger experiment over a longer time."),
        "all_alike": text.say(
            "Look whether “{outcome}” is read from what was meant. If it is, more customers would not help: measure "
            "something in which customers differ.",
            **values,
        ),
        "near_nought": text.say(
            "Choose an outcome that does not divide by “{denominator}”, or have it looked at.", **values
        ),
        "few": text.say("Assign more customers, or plan a larger experiment with the playbook experiment-plan."),
    }[_cause(study, effects)]


def _why(study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], text: Text) -> str:
    values = _values(study, effects, text)
    cause = _cause(study, effects)
    return {
        "alone": text.say("All customers are in the control: there is no treatment to compare it with."),
        "not_over": text.say("The {span} of “{outcome}” are not over for any customer of a variant.", **values),
        "not_followed": text.say(
            "Customers were followed for {seen}, and “{outcome}” asks who stays for {span}.", **values
        ),
        "one_cluster": text.say("Clusters were drawn, and a variant has only one.", **values),
        "nobody_left": text.say("Nobody has left, in any variant.", **values),
        "all_alike": text.say("Within each variant all customers have the same “{outcome}”.", **values),
        "near_nought": text.say("What “{outcome}” is divided by cannot be told from nought.", **values),
        "few": "" if decision.gates else _few(study, decision, effects, text),
    }[cause]


def _few(study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], text: Text) -> str:
    outcome = covariate_name(study.primary)
    if decision.effect is not None:
        return text.say(
            "A variant has fewer than 30 customers, or too few in it differ in “{outcome}”.",
            outcome=outcome,
        )
    told = primary_effects(study, effects)
    if not told:
        return text.say("No effect on “{outcome}” can be estimated for any treatment.", outcome=outcome)
    return text.say(
        "No effect on “{outcome}” can be estimated for any treatment: {why}.",
        outcome=outcome,
        why=why_not(told[0].contrast.reason, text),
    )


def _cause(study: ExperimentStudy, effects: Sequence[Effect]) -> Cause:
    """Of the first treatment of which nothing can be estimated; `few` also where something can."""
    if not study.treatments:
        return "alone"
    effect = next(iter(primary_effects(study, effects)), None)
    if effect is None or not effect.contrast.reason:
        return "few"
    one = effect.contrast
    if one.reason == "not_observed":
        return "not_followed"
    if one.reason == "near_nought":
        return "near_nought"
    if _fewest(study, "assigned") == 1 and study.trial is not None and study.trial.randomised == "cluster":
        return "one_cluster"
    if effect.spec.window_days and _fewest(study, "mature") == 0:
        return "not_over"
    if effect.staying is not None and not sum(effect.staying.n_left) and _fewest(study, "known"):
        return "nobody_left"
    # Without anybody there is no standard error at all.
    return "all_alike" if one.std_error == 0 else "few"


def _fewest(study: ExperimentStudy, what: str) -> int:
    """How many the smallest variant has: assigned, or of the primary outcome."""
    if study.trial is None:
        return 0
    counts, rows = study.trial.counts, study.trial.per_outcome
    return int(counts.assigned.min() if what == "assigned" else rows[rows.outcome == study.primary][what].min())


def _values(study: ExperimentStudy, effects: Sequence[Effect], text: Text) -> dict[str, str]:
    """What the sentences speak of: the primary outcome, its time, and for how long customers were followed."""
    spec = study.outcomes[study.primary]
    staying = next((one.staying for one in primary_effects(study, effects) if one.staying), None)
    seen = min(staying.treatment.follow_up, staying.control.follow_up) if staying else 0.0
    return {
        "outcome": covariate_name(study.primary),
        "span": horizon_name(spec, text),
        "seen": span(seen, staying.unit if staying else spec.unit, text),
        "denominator": spec.denominator or covariate_name(study.primary),
    }
