"""Roll it out or not, in sentences: the answer, what it rests on, and what would change it."""

from collections.abc import Sequence
from dataclasses import replace

from retention_lab.analysis.experiments.decision import Decision
from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import (
    amount,
    digits_of_amount,
    effect_sentence,
    factor_of,
    unit_of,
    why_not,
)
from retention_lab.findings.experiments.carried import carried_sentence
from retention_lab.findings.experiments.decision_actions import decision_action
from retention_lab.findings.experiments.decision_caveats import decision_caveats
from retention_lab.findings.experiments.definitions import definition_of
from retention_lab.findings.experiments.effects import margin_of
from retention_lab.findings.experiments.gates import gate_name
from retention_lab.findings.experiments.gates_of_outcomes import plan_sentence
from retention_lab.findings.experiments.too_little import too_little
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import covariate_name
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text

_VERDICTS: dict[str, Verdict] = {
    "no_experiment": "not_enough_data",
    "invalid": "invalid",
    "not_enough_data": "not_enough_data",
    "too_early": "watch",
    "harms_guardrail": "watch",
    "worse": "act",
    "carried_by_few": "watch",
    "no_clear_effect": "no_evidence",
    "no_worse": "fine",
    "pays": "act",
    "loses": "watch",
    "money_open": "watch",
    "money_unknown": "watch",
}
# An effect must not be read here, so that no number of it is shown.
UNREAD = ("no_experiment", "invalid", "not_enough_data", "too_early")


def decision_finding(study: ExperimentStudy, decision: Decision, text: Text, effects: Sequence[Effect] = ()) -> Finding:
    """Did it work, is it worth it, what to do, and what would change that; `effects` say why nothing can be said."""
    effect = decision.effect if decision.answer not in UNREAD else None
    one, factor = (effect.contrast, factor_of(effect.spec)) if effect else (None, 1.0)
    return Finding(
        id="experiment.decision",
        question=text.say("Did it work, and is it worth it?"),
        headline=_headline(study, decision, effects, text),
        action=decision_action(study, decision, effects, text),
        verdict=_VERDICTS[decision.answer],
        estimate=factor * one.value if one else NOT_A_NUMBER,
        ci_lower=factor * one.ci_lower if one else NOT_A_NUMBER,
        ci_upper=factor * one.ci_upper if one else NOT_A_NUMBER,
        unit=unit_of(effect.spec, text) if effect else "",
        n_obs=int(one.n_obs) if one else _n_analysed(study),
        method=one.method if one else "",
        definition=definition_of(study, effect.outcome, effect.spec, text) if effect else "",
        caveats=decision_caveats(study, decision, effect, text) if effect else (),
    )


def _n_analysed(study: ExperimentStudy) -> int:
    return int(study.trial.counts.analysed.sum()) if study.trial else 0


def _headline(study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], text: Text) -> str:
    if decision.answer == "no_experiment":
        return text.say(
            "There is no experiment, so nobody can say what the programme does: members and others differ in more than "
            "being members."
        )
    if decision.answer == "invalid":
        return _invalid(decision, text)
    if decision.answer == "too_early":
        return _too_early(study, decision, text)
    if decision.answer == "not_enough_data" or decision.effect is None:
        return too_little(study, decision, effects, text)
    return _answered(decision, decision.effect, text)


def _invalid(decision: Decision, text: Text) -> str:
    names = [gate_name(gate.name, text) for gate in decision.gates]
    return text.say_many(
        "This experiment cannot say whether it worked: it fails a check that must hold first ({gates}).",
        "This experiment cannot say whether it worked: it fails {n} checks that must hold first ({gates}).",
        len(names),
        gates=text.join(names),
    )


def _too_early(study: ExperimentStudy, decision: Decision, text: Text) -> str:
    said = text.say("It is too early to say whether it works.")
    return " ".join([said, *(plan_sentence(study, gate, text) for gate in decision.gates)])


def _answered(decision: Decision, effect: Effect, text: Text) -> str:
    openings = {
        "pays": text.say("It is shown to work, and it pays."),
        "loses": text.say("It is shown to work, but costs more than it brings."),
        "money_open": text.say("It is shown to work, but whether it pays is open."),
        "money_unknown": text.say("It is shown to work; what it earns is not known."),
        "carried_by_few": carried_sentence(effect, text),
        "harms_guardrail": _beside_guardrails(decision, text),
        "worse": text.say("It did harm."),
        "no_worse": text.say("It changed nothing for sure, but is no worse than agreed."),
        "no_clear_effect": text.say("It is not shown to work."),
    }
    parts = [openings[decision.answer], effect_sentence(effect, text), _more(decision, effect, text)]
    return " ".join(part for part in parts if part)


def _beside_guardrails(decision: Decision, text: Text) -> str:
    if decision.guardrails and all(one.contrast.reason for one in decision.guardrails):
        return text.say("It is shown to work, but whether it does harm elsewhere cannot be judged.")
    return text.say("It is shown to work, but may do harm elsewhere.")


def _guardrails(decision: Decision, text: Text) -> str:
    """Which guardrails are not shown to hold, and which of them cannot be judged at all."""
    said = []
    if open_ones := [_quoted(one, text) for one in decision.guardrails if not one.contrast.reason]:
        said.append(
            text.say_many(
                "It is not shown that {names} holds its margin.",
                "It is not shown that {names} hold their margins.",
                len(open_ones),
                names=text.join(open_ones),
            )
        )
    said += [
        text.say(
            "What it changes in {name} cannot be said: {why}.",
            name=_quoted(one, text),
            why=why_not(one.contrast.reason, text),
        )
        for one in decision.guardrails
        if one.contrast.reason
    ]
    return " ".join(said)


def _quoted(one: Effect, text: Text) -> str:
    return text.say("“{outcome}”", outcome=covariate_name(one.outcome))


def _more(decision: Decision, effect: Effect, text: Text) -> str:
    if decision.answer == "harms_guardrail":
        return _guardrails(decision, text)
    if decision.answer == "no_worse":
        return text.say("It is shown not to be worse by {margin} or more.", margin=margin_of(effect, text))
    if decision.answer == "money_unknown":
        reason = decision.money.net.reason if decision.money else ""
        return text.say("Its money cannot be said: {why}.", why=why_not(reason, text)) if reason else ""
    if decision.money is None or decision.money.net.reason or decision.answer not in ("pays", "loses", "money_open"):
        return ""
    return _after_cost(decision.money.net, text)


def _after_cost(net: Estimate, text: Text) -> str:
    if net.ci_upper < 0:
        lost = replace(net, value=-net.value, ci_lower=-net.ci_upper, ci_upper=-net.ci_lower)
        return text.say("After its cost, each customer treated loses {net} of margin.", net=amount(lost, text))
    if net.value < 0:
        digits = digits_of_amount(net)
        return text.say(
            "After its cost, each customer treated loses {loss} of margin; the interval goes from a loss of {most} to "
            "a gain of {gain}.",
            loss=text.money(-net.value, digits),
            most=text.money(-net.ci_lower, digits),
            gain=text.money(net.ci_upper, digits),
        )
    return text.say("After its cost, each customer treated brings {net} of margin.", net=amount(net, text))
