"""What to do after an experiment, in sentences, and what would change the advice."""

import shlex
from collections.abc import Sequence

from retention_lab.analysis.experiments.decision import Decision
from retention_lab.analysis.experiments.effects import Effect
from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import (
    amount,
    change_in,
    digits_for,
    factor_of,
    is_money,
    large_amount,
)
from retention_lab.findings.experiments.carried import carried_action
from retention_lab.findings.experiments.gate_actions import repair
from retention_lab.findings.experiments.too_little import too_little_action
from retention_lab.findings.words import covariate_name
from retention_lab.methods.estimates import normal_quantile
from retention_lab.text import Text

# With this chance an experiment finds an effect as large as the one that it is said to show.
POWER = 0.8


def decision_action(study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], text: Text) -> str:
    """What to do, and what would change it."""
    effect, money = decision.effect, decision.money
    if decision.answer == "no_experiment":
        return _real_test(study, text)
    if decision.answer == "invalid":
        said = text.say("Do not read any effect of it, however good it looks.")
        return " ".join([said, *(repair(gate, text) for gate in decision.gates)])
    if decision.answer == "too_early":
        return text.say(
            "Wait for the planned end, and run this again then. Whoever stops at the first good look finds effects "
            "that are not there."
        )
    if effect is None or decision.answer == "not_enough_data":
        return too_little_action(study, effects, text)
    if decision.answer in ("pays", "loses", "money_open") and money is not None:
        return _with_money(decision.answer, effect, money, text)
    return _without_money(study, decision, effect, text)


def _real_test(study: ExperimentStudy, text: Text) -> str:
    """Where no experiment is declared; a list of contacts that held customers out is one too."""
    plan = text.say("Plan a real test with the playbook experiment-plan: it draws a hold-out and says how large.")
    if not study.lists:
        return plan
    lists = text.say_many(
        "The list {names} can be evaluated: {how}.",
        "The lists {names} can be evaluated, each by its name, as in {how}.",
        len(study.lists),
        names=text.join([text.say("“{name}”", name=name) for name in study.lists]),
        # As it is typed, in whatever language the report is.
        how=f"-p {shlex.quote(f'experiment={study.lists[0]}')}",
    )
    return f"{lists} {plan}"


def _with_money(answer: str, effect: Effect, money: VariantMoney, text: Text) -> str:
    values = {
        "variant": effect.variant,
        "cost": text.money(money.cost.value, 2),
        "even": amount(money.break_even_cost, text),
        "sure": text.money(money.break_even_cost.ci_lower, 2),
        "worth": large_amount(money.roll_out, text),
        "n": text.count(money.n_customers),
    }
    if answer == "pays":
        return text.say(
            "Roll out “{variant}”: for {n} customers that is worth about {worth}. It would stop paying at a cost a "
            "customer of {even}; it costs {cost} now.",
            **values,
        )
    if money.break_even_cost.value <= 0:
        return _without_gain(money, values, text)
    if answer == "loses":
        return text.say(
            "Do not roll out “{variant}” as it is: it costs {cost} a customer. It would pay at a cost below {even}.",
            **values,
        )
    if money.break_even_cost.ci_lower > 0:
        return text.say(
            "Make “{variant}” cheaper or measure it on more customers before rolling it out. It costs {cost} a "
            "customer, and breaks even at {even}; below {sure} the whole {level} interval of what it leaves would be "
            "above nought.",
            **values,
            level=text.percent(money.net.confidence_level, 0),
        )
    return text.say(
        "Measure “{variant}” on more customers before rolling it out. It costs {cost} a customer, and breaks even at "
        "{even}.",
        **values,
    )


def _without_gain(money: VariantMoney, values: dict[str, str], text: Text) -> str:
    if money.break_even_cost.ci_upper <= 0:
        return text.say(
            "Do not roll out “{variant}”: it brings no margin even before its cost, so no lower cost would help.",
            **values,
        )
    return text.say(
        "Do not roll out “{variant}” on this evidence: it is open whether it brings any margin before its cost "
        "({even}), so a lower cost alone may not help. Measure it on more customers.",
        **values,
    )


def _without_money(study: ExperimentStudy, decision: Decision, effect: Effect, text: Text) -> str:
    values = {"variant": effect.variant, "outcome": covariate_name(effect.outcome)}
    if decision.answer == "worse":
        return text.say("Stop “{variant}”. Only a changed offer, tested anew, would be a reason to go on.", **values)
    if decision.answer == "carried_by_few":
        return carried_action(effect, text)
    if decision.answer == "harms_guardrail":
        return _with_guardrails(decision, values, text)
    if decision.answer == "no_worse":
        return text.say(
            "Roll out “{variant}” if it saves money or work: it is safe by the margin agreed beforehand. It is no "
            "reason to expect more of it.",
            **values,
        )
    if decision.answer == "money_unknown":
        return _write_money(study, decision, values, text)
    wait = text.say("Do not roll out “{variant}” on this evidence.", **values)
    return f"{wait} {_what_it_would_take(study, effect, text)}"


def _with_guardrails(decision: Decision, values: dict[str, str], text: Text) -> str:
    unknown = [one for one in decision.guardrails if one.contrast.reason]
    if len(unknown) < len(decision.guardrails) or not unknown:
        return text.say(
            "Do not roll out “{variant}” before the harm is ruled out: measure on more customers, or change the offer.",
            **values,
        )
    names = [text.say("“{outcome}”", outcome=covariate_name(one.outcome)) for one in unknown]
    return text.say(
        "Do not roll out “{variant}” before it is known what it does to {names}: find the missing values, or measure "
        "it anew.",
        **values,
        names=text.join(names),
    )


def _write_money(study: ExperimentStudy, decision: Decision, values: dict[str, str], text: Text) -> str:
    """What the client file lacks for the money to be reckoned; not what it has."""
    if decision.money is not None:
        return text.say(
            "Do not roll out “{variant}” before what it earns can be estimated: run this again when more is known, or "
            "write in the client file what another outcome is worth (money under the outcome).",
            **values,
        )
    costs = study.trial.spec.costs if study.trial else None
    if costs and (costs.reward or costs.contact):
        return text.say(
            "Before rolling out “{variant}”, write in the client file what an outcome is worth (money under the "
            "outcome, or a monthly value of the customers).",
            **values,
        )
    return text.say(
        "Before rolling out “{variant}”, write in the client file what an outcome is worth (money under the "
        "outcome, or a monthly value of the customers) and what the offer costs (costs).",
        **values,
    )


def _what_it_would_take(study: ExperimentStudy, effect: Effect, text: Text) -> str:
    """Which effects this experiment could show at all, and which a larger one would."""
    one = effect.contrast
    if effect.is_anytime:
        return text.say("It may go on, and be looked at again when there are more customers.")
    shown = (normal_quantile(one.confidence_level) + normal_quantile(2 * POWER - 1)) * one.std_error
    digits = digits_for(shown * factor_of(effect.spec), is_money(effect.spec))
    values = {"shown": change_in(effect.spec, shown, digits, text), "power": text.percent(POWER, 0)}
    # Half the error takes four times as many of what was drawn, and who does not count yet is none of them.
    if study.trial is not None and study.trial.randomised == "cluster":
        return text.say(
            "An experiment of this size finds an effect of {shown} with a chance of {power}; one with four times as "
            "many clusters finds half of that.",
            **values,
        )
    return text.say(
        "An experiment of this size finds an effect of {shown} with a chance of {power}; one with four times as many "
        "customers who count finds half of that.",
        **values,
    )
