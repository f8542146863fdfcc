"""What to do after an experiment, in sentences, and what would change the advice."""

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
from retention_lab.findings.experiments.too_little import too_little_action
from retention_lab.findings.words import covariate_name
from retention_lab.methods.estimates import normal_quantile
from retention_lab.text import Text

# With this chance an experiment finds an effect as large as the one that it is said to show.
POWER = 0.8
# A new experiment that is so many times as large shows an effect half the size.
LARGER = 4


def decision_action(study: ExperimentStudy, decision: Decision, effects: Sequence[Effect], text: Text) -> str:
    """What to do, and what would change it."""
    effect, money = decision.effect, decision.money
    if decision.answer == "no_experiment":
        return text.say("Plan a real test with the playbook experiment-plan: it draws a hold-out and says how large.")
    if decision.answer == "invalid":
        return text.say(
            "Do not read any effect of it, however good it looks. Find where customers were lost or mixed up, repair "
            "that step, and run the experiment again."
        )
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
        return text.say(
            "Do not roll out “{variant}”: it brings no margin even before its cost, so no lower cost would help.",
            **values,
        )
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


def _without_money(study: ExperimentStudy, decision: Decision, effect: Effect, text: Text) -> str:
    values = {"variant": effect.variant, "outcome": covariate_name(effect.outcome)}
    if decision.answer == "worse":
        return text.say("Stop “{variant}”. Only a changed offer, tested anew, would be a reason to go on.", **values)
    if decision.answer == "carried_by_few":
        return carried_action(effect, text)
    if decision.answer == "harms_guardrail":
        return text.say(
            "Do not roll out “{variant}” before the harm is ruled out: measure on more customers, or change the offer.",
            **values,
        )
    if decision.answer == "no_worse":
        return text.say(
            "Roll out “{variant}” if it saves money or work: it is safe by the margin agreed beforehand. It is no "
            "reason to expect more of it.",
            **values,
        )
    if decision.answer == "money_unknown":
        return text.say(
            "Before rolling out “{variant}”, write in the client file what an outcome is worth (money under the "
            "outcome, or a monthly value of the customers) and what the offer costs (costs).",
            **values,
        )
    wait = text.say("Do not roll out “{variant}” on this evidence.", **values)
    return f"{wait} {_what_it_would_take(study, effect, text)}"


def _what_it_would_take(study: ExperimentStudy, effect: Effect, text: Text) -> str:
    """Which effects this experiment could show at all, and which a larger one would."""
    one = effect.contrast
    if effect.is_anytime:
        return text.say("It may go on, and be looked at again when there are more customers.")
    shown = (normal_quantile(one.confidence_level) + normal_quantile(2 * POWER - 1)) * one.std_error
    digits = digits_for(shown * factor_of(effect.spec), is_money(effect.spec))
    return text.say(
        "An experiment of this size finds an effect of {shown} with a chance of {power}; one with {many} finds half "
        "of that.",
        shown=change_in(effect.spec, shown, digits, text),
        power=text.percent(POWER, 0),
        many=_so_many(study, float(f"{LARGER * one.n_obs:.2g}"), text),
    )


def _so_many(study: ExperimentStudy, n: float, text: Text) -> str:
    """What was drawn at random, and is to be drawn again."""
    if study.trial is not None and study.trial.randomised == "cluster":
        return text.say_many("{n} cluster", "{n} clusters", round(n))
    return text.say_many("{n} customer", "{n} customers", round(n))
