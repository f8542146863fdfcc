"""What the treatment earned after what it cost, in sentences."""

from collections.abc import Sequence

from retention_lab.analysis.experiments.decision import Decision
from retention_lab.analysis.experiments.money import VariantMoney
from retention_lab.analysis.experiments.study import ExperimentStudy
from retention_lab.findings.experiments.amounts import amount, large_amount, why_not
from retention_lab.findings.experiments.decision import UNREAD
from retention_lab.findings.experiments.definitions import is_by_row
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import covariate_name, span
from retention_lab.text import Text


def money_finding(
    study: ExperimentStudy, money: Sequence[VariantMoney], decision: Decision, text: Text
) -> Finding | None:
    """What a customer treated brought and cost, and what a roll-out would be worth; None where nothing may be read.

    Of several treatments it is the one that the decision is on.
    """
    if decision.answer in UNREAD or not money:
        return None
    one = decision.money or money[0]
    known = not one.net.reason
    return Finding(
        id="experiment.money",
        question=text.say("What does it earn after what it costs?"),
        headline=_headline(one, text),
        action=_action(decision, one, text) if known else "",
        verdict=_verdict(decision, one),
        estimate=one.net.value if known else NOT_A_NUMBER,
        ci_lower=one.net.ci_lower if known else NOT_A_NUMBER,
        ci_upper=one.net.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("{currency} a customer", currency=text.currency),
        n_obs=int(one.net.n_obs),
        method=one.net.method,
        definition=_definition(study, one, text),
        caveats=tuple(_caveats(study, one, text)) if known else (),
    )


def _verdict(decision: Decision, one: VariantMoney) -> Verdict:
    if one.net.reason:
        return "not_enough_data"
    if decision.answer == "pays":
        return "act"
    clear = one.net.ci_upper < 0 or decision.answer in ("money_open", "harms_guardrail", "carried_by_few")
    return "watch" if clear else "no_evidence"


def _headline(one: VariantMoney, text: Text) -> str:
    if one.net.reason:
        return text.say(
            "What “{variant}” earns cannot be said: {why}.", variant=one.variant, why=why_not(one.net.reason, text)
        )
    values = {
        "variant": one.variant,
        "gain": amount(one.gain, text),
        "cost": amount(one.cost, text),
        "net": amount(one.net, text),
        "span": span(one.days, "days", text),
    }
    if one.gain.value < 0:
        return _brings_less(one, values, text)
    if not one.days:
        return text.say(
            "A customer with “{variant}” brings {gain} more margin and costs {cost}: that leaves {net}.", **values
        )
    return text.say(
        "A customer with “{variant}” brings {gain} more margin within {span} and costs {cost}: that leaves {net}.",
        **values,
    )


def _brings_less(one: VariantMoney, values: dict[str, str], text: Text) -> str:
    if not one.days:
        return text.say(
            "With “{variant}” the margin of a customer changes by {gain}, and one costs {cost}: that leaves {net}.",
            **values,
        )
    return text.say(
        "With “{variant}” the margin of a customer within {span} changes by {gain}, and one costs {cost}: that leaves "
        "{net}.",
        **values,
    )


def _action(decision: Decision, one: VariantMoney, text: Text) -> str:
    worth = text.say(
        "For {n} customers that would be {worth}, with a chance of {loss} of a loss.",
        n=text.count(one.n_customers),
        worth=large_amount(one.roll_out, text),
        loss=chance(one.loss_chance, text),
    )
    return worth if decision.answer in ("pays", "loses", "money_open", "harms_guardrail") else ""


def chance(share: float, text: Text) -> str:
    """A chance in whole per cent; never nought or one, which no data shows."""
    if share < 0.01:
        return text.say("under {share}", share=text.percent(0.01, 0))
    if share > 0.99:
        return text.say("over {share}", share=text.percent(0.99, 0))
    return text.percent(share, 0)


def _definition(study: ExperimentStudy, one: VariantMoney, text: Text) -> str:
    basis = text.join([text.say("“{outcome}”", outcome=covariate_name(name)) for name in one.basis])
    said = text.say(
        "The effect on {basis}, as margin, less reward and contact, for each customer assigned to the treatment.",
        basis=basis,
    )
    if any(is_by_row(study, study.outcomes[name]) for name in one.basis):
        said += " " + text.say("Of a customer with several rows their sum counts.")
    return said


def _caveats(study: ExperimentStudy, one: VariantMoney, text: Text) -> list[str]:
    caveats = [
        _break_even(one, text),
        _margin_caveat(study, one, text),
    ]
    if not one.cost.value:
        caveats.append(
            text.say(
                "The client file gives no cost, so the treatment counts as free. Write costs under the experiment."
            )
        )
    if len(one.basis) > 1:
        caveats.append(text.say("The errors of the outcomes are added as if they moved together: the worst case."))
        caveats += _counted_twice(study, one, text)
    if one.days:
        caveats.append(
            text.say("What comes after {span} is not counted, good or bad.", span=span(one.days, "days", text))
        )
    return caveats


def _counted_twice(study: ExperimentStudy, one: VariantMoney, text: Text) -> list[str]:
    """Staying is worth the customers' monthly value, of which another outcome may be a part."""
    others = [name for name in one.basis if study.outcomes[name].kind != "survival"]
    if not others or len(others) == len(one.basis):
        return []
    return [
        text.say(
            "Staying counts with the customers' monthly value, and what {others} brings is added to it. Where the "
            "monthly value contains that already, it counts twice: then take money away from one of them.",
            others=text.join([text.say("“{outcome}”", outcome=covariate_name(name)) for name in others]),
        )
    ]


def _break_even(one: VariantMoney, text: Text) -> str:
    if one.break_even_cost.ci_upper <= 0:
        return text.say("It brings no margin that could pay for any cost.")
    if one.break_even_cost.value <= 0:
        return text.say("It is open whether it brings any margin that could pay for a cost.")
    return text.say("It breaks even at a cost a customer of {even}.", even=amount(one.break_even_cost, text))


def _margin_caveat(study: ExperimentStudy, one: VariantMoney, text: Text) -> str:
    rate = study.money.margin_rate
    if not one.margin_known:
        return text.say(
            "The client file gives no margin, so all revenue counts as margin. Write margin_rate under money."
        )
    if study.money.monthly_value_is == "margin" and "margin_rate" not in study.money.model_fields_set:
        return text.say("The monthly value of the customers is margin already, as the client file says.")
    return text.say(
        "Margin is {rate} of revenue, as the client file says.",
        rate=text.percent(rate, 0 if round(100 * rate, 1) == round(100 * rate) else 1),
    )
