"""Experiments in sentences: the first screen of the report, and all that a playbook says beside it."""

from collections.abc import Sequence
from dataclasses import replace

from retention_lab.analysis.experiments.decision import Decision
from retention_lab.analysis.experiments.effects import Effect, primary_effects
from retention_lab.analysis.experiments.gates import Gate
from retention_lab.analysis.experiments.membership import Membership
from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.decision import UNREAD, decision_finding
from retention_lab.findings.experiments.effects import effect_finding, effect_findings
from retention_lab.findings.experiments.gates import gate_finding, gate_findings
from retention_lab.findings.experiments.membership import membership_findings
from retention_lab.findings.experiments.money import money_finding
from retention_lab.findings.experiments.plan import assignment_finding, plan_finding, plan_headline
from retention_lab.findings.experiments.plan_money import break_even_finding
from retention_lab.findings.experiments.segments import segment_findings
from retention_lab.findings.finding import Finding, Findings
from retention_lab.text import Text

__all__ = [
    "assignment_finding",
    "break_even_finding",
    "decision_finding",
    "effect_findings",
    "gate_findings",
    "headline",
    "membership_findings",
    "money_finding",
    "plan_finding",
    "plan_headline",
    "segment_findings",
]


def headline(
    study: ExperimentStudy,
    decision: Decision,
    gates: Sequence[Gate],
    effects: Sequence[Effect],
    money: Sequence[VariantMoney],
    memberships: Sequence[Membership],
    text: Text,
) -> Findings:
    """The first screen: the decision, and what it rests on. Where a gate failed, that gate and no effect."""
    decided = decision_finding(study, decision, text, effects)
    if decision.answer == "no_experiment":
        return Findings((decided, *membership_findings(memberships, text)))
    told = [] if decision.answer in UNREAD else _read(study, decision, effects, money, text)
    bad = [gate for gate in gates if gate.status == "failed"] + [gate for gate in gates if gate.status == "warned"]
    return Findings((decided, *told, *(gate_finding(study, gate, text) for gate in bad)))


def _read(
    study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], money: Sequence[VariantMoney], text: Text
) -> list[Finding]:
    """The effects on the primary outcome, the money, and the guardrails that do not hold."""
    # What is to be kept in mind of an effect stands with it further down; the decision has its own.
    found = [replace(effect_finding(study, effect, text), caveats=()) for effect in primary_effects(study, effects)]
    earned = money_finding(study, money, decision, text)
    broken = [effect_finding(study, effect, text) for effect in decision.guardrails]
    return [*found, *([earned] if earned else []), *broken]
