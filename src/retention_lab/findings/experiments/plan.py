"""An experiment before it begins, in sentences: how large it must be, what it can show, and when it answers."""

from datetime import timedelta

from retention_lab.analysis.experiments.plan import ExperimentPlan
from retention_lab.findings.experiments.amounts import why_not
from retention_lab.findings.experiments.plan_money import break_even_finding
from retention_lab.findings.experiments.plan_words import (
    chance_found,
    effect_name,
    in_days,
    is_short,
    unit_name,
    what_is_expected,
    who_is_not,
    why_not_as_it_is,
)
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings, Verdict
from retention_lab.findings.words import covariate_name
from retention_lab.methods.power import SampleSize
from retention_lab.text import Text


def plan_headline(plan: ExperimentPlan, text: Text) -> Findings:
    """The first screen: what the experiment takes, what it must gain to pay, and who was drawn."""
    even = break_even_finding(plan, text)
    return Findings((plan_finding(plan, text), *([even] if even else []), assignment_finding(plan, text)))


def plan_finding(plan: ExperimentPlan, text: Text) -> Finding:
    """How many customers the experiment takes, or what it can show with those there are."""
    shown = plan.asked.effect or plan.smallest or NOT_A_NUMBER
    factor = 1.0 if plan.asked.outcome == "spend" else 100.0
    return Finding(
        id="experiment.plan",
        question=text.say("How large must the experiment be, and what can it show?"),
        headline=_headline(plan, text),
        action=_action(plan, text),
        verdict=_verdict(plan),
        estimate=factor * shown,
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit=unit_name(plan, text),
        n_obs=plan.n_available,
        method=plan.method,
        definition=text.say(
            "The smallest effect that a test at {level} finds with a chance of {power}, on those who are in it.",
            level=text.percent(plan.asked.confidence_level, 0),
            power=text.percent(plan.asked.power, 0),
        ),
        caveats=tuple(_caveats(plan, text)),
    )


def _verdict(plan: ExperimentPlan) -> Verdict:
    if plan.baseline.value.reason:
        return "not_enough_data"
    return "watch" if is_short(plan) else "fine"


def _headline(plan: ExperimentPlan, text: Text) -> str:
    if plan.baseline.value.reason:
        return text.say(
            "How large the experiment must be cannot be said, as nothing is known of customers without the offer: "
            "{why}.",
            why=why_not(plan.baseline.value.reason, text),
        )
    if plan.asked.effect and plan.needed is not None:
        return _for_the_effect(plan, plan.needed, text)
    return _what_can_be_seen(plan, text)


def _for_the_effect(plan: ExperimentPlan, needed: SampleSize, text: Text) -> str:
    values = {
        "effect": effect_name(plan, plan.asked.effect, text),
        "chance": text.percent(plan.asked.power, 0),
        "total": text.count(needed.whole_total),
        "control": text.count(needed.whole_control),
        "treated": text.count(needed.whole_treated),
        "there": _available(plan, text),
        "power": chance_found(plan.power or 0.0, text),
    }
    if needed.reason:
        return text.say("No number of customers is enough to find an effect of {effect}.", **values)
    if len(plan.asked.variants) > 1:
        said = text.say(
            "To find an effect of {effect} with a chance of {chance}, it takes {total} customers: {control} held out "
            "and {treated} for each treatment.",
            **values,
        )
    else:
        said = text.say(
            "To find an effect of {effect} with a chance of {chance}, it takes {total} customers: {control} held out "
            "and {treated} treated.",
            **values,
        )
    return f"{said} " + text.say("There are {there}: they find it with a chance of {power}.", **values)


def _what_can_be_seen(plan: ExperimentPlan, text: Text) -> str:
    values = {
        "there": _available(plan, text),
        "share": text.percent(plan.asked.hold_out_share, 0),
        "chance": text.percent(plan.asked.power, 0),
    }
    if plan.smallest is None:
        return text.say(
            "With {there}, {share} of them held out, not even the largest effect there can be is found with a chance "
            "of {chance}.",
            **values,
        )
    return text.say(
        "With {there}, {share} of them held out, the smallest effect found with a chance of {chance} is {effect}.",
        **values,
        effect=effect_name(plan, plan.smallest, text),
    )


def _available(plan: ExperimentPlan, text: Text) -> str:
    if plan.arrivals_a_day is None:
        return text.say_many("{n} customer", "{n} customers", plan.n_available)
    return text.say_many("{n} new customer in 90 days", "{n} new customers in 90 days", plan.n_available)


def _action(plan: ExperimentPlan, text: Text) -> str:
    if plan.baseline.value.reason:
        return text.say("Take a longer history of customers, another outcome or a shorter horizon.")
    if is_short(plan):
        return text.say(
            "Hold out a larger share, use fewer treatments, wait for more customers, or look for a larger effect: run "
            "as it is, it will likely show nothing even if the offer works."
        )
    if plan.answer_days is None:
        return ""
    values = {
        "today": text.date(plan.as_of),
        "day": text.date(plan.as_of + timedelta(days=plan.answer_days)),
        "days": in_days(plan.asked.horizon_days, text),
    }
    said = _when_answered(plan, values, text)
    if not plan.silent_days:
        return said
    silence = in_days(plan.silent_days, text)
    return f"{said} " + text.say("The last {silence} of it show who has fallen silent for good.", silence=silence)


def _when_answered(plan: ExperimentPlan, values: dict[str, str], text: Text) -> str:
    if not plan.asked.experiment:
        return text.say("Begun on {today} it answers on {day}: then everybody has been followed for {days}.", **values)
    return text.say(
        "Do not change the plan or look before {day}: then everybody has been followed for {days}.", **values
    )


def _caveats(plan: ExperimentPlan, text: Text) -> list[str]:
    caveats = [what_is_expected(plan, text)] if not plan.baseline.value.reason else []
    if plan.baseline.basis == "curve":
        caveats.append(
            text.say("The client's data has tenures and no days, so the expectation is read off the curve by tenure.")
        )
    if plan.baseline.basis == "survivors":
        caveats.append(
            text.say("For want of days, it is what those still here did before; those who left are not among them.")
        )
    with_more = plan.smallest_with_covariate
    if with_more is not None and plan.smallest is not None and with_more < plan.smallest:
        caveats.append(
            text.say(
                "The evaluation can adjust for what customers did before; then effects from {effect} on are found.",
                effect=effect_name(plan, with_more, text),
            )
        )
    if plan.baseline.counted < 1 and plan.n_available:
        caveats.append(
            text.say(
                "{share} of those who look like customers are expected to count: the others have gone unseen.",
                share=text.percent(plan.baseline.counted, 0),
            )
        )
    if len(plan.asked.variants) > 1:
        caveats.append(
            text.say("Each treatment is tested at its part of what the confidence level leaves (Bonferroni).")
        )
    if plan.arrivals_a_day is not None:
        caveats.append(
            text.say("About {n} customers come a day, as in the last 90.", n=text.number(plan.arrivals_a_day))
        )
    return caveats


def assignment_finding(plan: ExperimentPlan, text: Text) -> Finding:
    """Who was drawn for which variant."""
    n, is_named = len(plan.assignments), bool(plan.asked.experiment)
    return Finding(
        id="experiment.plan.assignment",
        question=text.say("Who is in the experiment?"),
        headline=_drawn(plan, text),
        action=_hand_over(plan, text),
        verdict="not_enough_data" if is_named and not n else "watch" if is_named and is_short(plan) else "fine",
        estimate=float(n),
        ci_lower=NOT_A_NUMBER,
        ci_upper=NOT_A_NUMBER,
        unit=text.say("customers"),
        n_obs=n,
        method=text.say("drawn by a keyed hash within strata, so that the same customers are drawn again")
        if is_named
        else "",
        definition=_strata(plan, text) if is_named else "",
        caveats=tuple(who_is_not(plan, text)),
    )


def _drawn(plan: ExperimentPlan, text: Text) -> str:
    if not plan.asked.experiment:
        return text.say("Nobody is drawn yet: no experiment was named, so this is a plan only.")
    if not len(plan.assignments):
        return text.say("Nobody could be drawn: there are no customers who may be in the experiment today.")
    parts = [text.say("{n} “{variant}”", n=text.count(n), variant=variant) for variant, n in plan.drawn.items()]
    return text.say_many(
        "{n} customer is drawn: {parts}.",
        "{n} customers are drawn: {parts}.",
        len(plan.assignments),
        parts=text.join(parts),
    )


def _hand_over(plan: ExperimentPlan, text: Text) -> str:
    if not plan.asked.experiment:
        return _to_draw(plan, text)
    if plan.assignments.empty or plan.looks_back:
        return ""
    if is_short(plan):
        return text.say(
            "Change the plan before you hand it over: as it is, {why}. If it is run all the same, give the offer to "
            "exactly those in the file, leave the hold-out alone, and evaluate “{experiment}” with the playbook "
            "loyalty-experiment.",
            why=why_not_as_it_is(plan, text),
            experiment=plan.asked.experiment,
        )
    return text.say(
        "Give the offer to exactly those in the file, leave the hold-out alone, and evaluate “{experiment}” with the "
        "playbook loyalty-experiment.",
        experiment=plan.asked.experiment,
    )


def _to_draw(plan: ExperimentPlan, text: Text) -> str:
    draw = text.say("To draw who gets what, run this playbook again with the experiment's name.")
    if not is_short(plan):
        return draw
    first = text.say("Change the plan before anybody is drawn: as it is, {why}.", why=why_not_as_it_is(plan, text))
    return f"{first} {draw}"


def _strata(plan: ExperimentPlan, text: Text) -> str:
    if not plan.asked.strata:
        return text.say("Drawn in one go, by the planned shares.")
    return text.say(
        "Drawn within each group of {strata}, so that every variant has its share of each.",
        strata=text.join([covariate_name(name) for name in plan.asked.strata]),
    )
