"""Roll it out or not: what the gates, the effect, the guardrails and the money say together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retention_lab.analysis.experiments.effects import Effect, primary_effects
from retention_lab.analysis.experiments.gates import Gate, failed, turns
from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.analysis.experiments.study import ExperimentStudy

Answer = Literal[
    "no_experiment",
    "invalid",
    "not_enough_data",
    "too_early",
    "harms_guardrail",
    "worse",
    "carried_by_few",
    "no_clear_effect",
    "no_worse",
    "pays",
    "loses",
    "money_open",
    "money_unknown",
]

_IN_THE_WAY: dict[Answer, str] = {"too_early": "early_look", "not_enough_data": "size", "carried_by_few": "outliers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, and what it rests on: the treatment that it speaks of, and the gates or guardrails in the way.

    `pays`: better, and the net margin is above nought; `loses`: better, but costs more than it brings; `money_open`:
    better, and the interval of the net margin holds nought; `carried_by_few`: better, but not once the largest values
    weigh less; `no_worse`: no clear effect on the primary outcome, which
    is shown to be no worse than its margin.
    """

    answer: Answer
    effect: Effect | None
    money: VariantMoney | None
    gates: tuple[Gate, ...]
    guardrails: tuple[Effect, ...]


def decide(
    study: ExperimentStudy, gates: Sequence[Gate], effects: Sequence[Effect], money: Sequence[VariantMoney]
) -> Decision:
    """The decision on the treatment that did most for the primary outcome, or earned most among those that did."""
    told = [effect for effect in primary_effects(study, effects) if not effect.contrast.reason]
    effect = _chosen(told, money)
    own = next((one for one in money if effect and one.variant == effect.variant), None)
    broken = tuple(one for one in effects if effect and one.variant == effect.variant and breaks_guardrail(one))
    answer = _answer(study, gates, effect, own, broken)
    warned = tuple(gate for gate in gates if gate.status == "warned" and gate.name == _IN_THE_WAY.get(answer))
    in_the_way = failed(gates) if answer == "invalid" else warned
    return Decision(answer=answer, effect=effect, money=own, gates=in_the_way, guardrails=broken)


def breaks_guardrail(effect: Effect) -> bool:
    """A guardrail that is not shown to hold its margin; one that cannot be judged is not shown either."""
    return effect.role == "guardrail" and effect.holds_margin is not True


def _chosen(told: Sequence[Effect], money: Sequence[VariantMoney]) -> Effect | None:
    if not told:
        return None
    net = {one.variant: one.net.value for one in money if not one.net.reason}
    better = [effect for effect in told if effect.is_better]
    if better:
        return max(better, key=lambda effect: (net.get(effect.variant, -math.inf), effect.gain))
    worse = [effect for effect in told if effect.is_worse]
    if len(worse) == len(told):
        return min(worse, key=lambda effect: effect.gain)
    return max(told, key=lambda effect: effect.gain)


def _answer(
    study: ExperimentStudy,
    gates: Sequence[Gate],
    effect: Effect | None,
    money: VariantMoney | None,
    broken: Sequence[Effect],
) -> Answer:
    if study.trial is None:
        return "no_experiment"
    if failed(gates):
        return "invalid"
    by_name = {gate.name: gate for gate in gates}
    if effect is None or by_name["size"].status == "warned":
        return "not_enough_data"
    if by_name["early_look"].status == "warned":
        return "too_early"
    if effect.is_worse:
        return "worse"
    if not effect.is_better:
        return "no_worse" if effect.holds_margin else "no_clear_effect"
    if broken:
        return "harms_guardrail"
    if turns(effect):
        return "carried_by_few"
    return _paid(money)


def _paid(money: VariantMoney | None) -> Answer:
    if money is None or money.net.reason:
        return "money_unknown"
    if money.net.ci_lower > 0:
        return "pays"
    return "loses" if money.net.ci_upper < 0 else "money_open"
