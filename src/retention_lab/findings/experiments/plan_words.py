"""How the numbers of a planned experiment are said."""

from retention_lab.analysis.experiments.plan import ExperimentPlan
from retention_lab.findings.experiments.amounts import digits_for
from retention_lab.findings.words import span
from retention_lab.text import Text


def unit_name(plan: ExperimentPlan, text: Text) -> str:
    """The unit of the plan's effects."""
    return text.currency if plan.asked.outcome == "spend" else text.say("points")


def effect_name(plan: ExperimentPlan, effect: float, text: Text, *, with_days: bool = True) -> str:
    """An effect in the unit of the outcome; for staying also as days gained, where these are known."""
    if plan.asked.outcome == "spend":
        return text.money(effect, 2)
    points = text.say("{number} points", number=text.number(100 * effect, digits_for(100 * abs(effect))))
    days = {plan.asked.effect: plan.effect_days, plan.smallest: plan.smallest_days}.get(effect)
    if days is None or not with_days:
        return points
    return text.say("{points} ({days} days more)", points=points, days=text.number(days, digits_for(days)))


def is_short(plan: ExperimentPlan) -> bool:
    """Whether what is to be found, or anything at all, would likely be missed."""
    return plan.smallest is None or (plan.asked.effect > 0 and (plan.power or 0.0) < plan.asked.power)


def in_days(n: int, text: Text) -> str:
    """A number of days."""
    return span(n, "days", text)


def what_is_expected(plan: ExperimentPlan, text: Text) -> str:
    """What customers do without the offer, from the client's own data."""
    value = plan.baseline.value
    values = {
        "span": in_days(plan.asked.horizon_days, text),
        "n": text.count(plan.baseline.n_past),
        "share": text.percent(value.value),
        "shares": text.percent_interval(value.ci_lower, value.ci_upper),
        "when": _when(plan, text),
    }
    if plan.asked.outcome == "stay":
        return text.say(
            "Without the offer {share} ({shares}) are expected to be still here after {span}, going by {n} "
            "customers {when}.",
            **values,
        )
    if plan.asked.outcome == "buy":
        return text.say(
            "Without the offer {share} ({shares}) are expected to buy within {span}, going by {n} customers {when}.",
            **values,
        )
    return text.say(
        "Without the offer customers are expected to spend {mean} ({lower} to {upper}) within {span}, going by {n} of "
        "them {when}.",
        **values,
        mean=text.money(value.value, 2),
        lower=text.money(value.ci_lower, 2),
        upper=text.money(value.ci_upper, 2),
    )


def _when(plan: ExperimentPlan, text: Text) -> str:
    """The days from which the customers of before were followed."""
    first, last = text.date(plan.baseline.first_day), text.date(plan.baseline.last_day)
    if first == last:
        return text.say("from {first} on", first=first)
    return text.say("who came from {first} to {last}", first=first, last=last)


def chance_found(share: float, text: Text) -> str:
    """The chance that an effect is found; never one, which no plan promises."""
    if share > 0.99:
        return text.say("over {share}", share=text.percent(0.99, 0))
    return text.percent(share, 0)


def why_not_as_it_is(plan: ExperimentPlan, text: Text) -> str:
    """What is wrong with a plan that is short, within a sentence."""
    if plan.baseline.value.reason:
        return text.say("nobody can say what the test would show")
    return text.say("the test will likely show nothing even if the offer works")


def who_is_not(plan: ExperimentPlan, text: Text) -> list[str]:
    """Who could have been drawn and was not, and that a look back hands nothing over."""
    caveats = []
    if plan.n_held_out and not plan.asked.experiment:
        caveats.append(
            text.say_many(
                "{n} customer is held out by another list, and is not counted among those there are.",
                "{n} customers are held out by another list, and are not counted among those there are.",
                plan.n_held_out,
            )
        )
    elif plan.n_held_out:
        caveats.append(
            text.say_many(
                "{n} customer is held out by another list, and not drawn.",
                "{n} customers are held out by another list, and not drawn.",
                plan.n_held_out,
            )
        )
    if plan.n_drawn_before:
        caveats.append(
            text.say_many(
                "{n} customer was drawn for this experiment before, and is not drawn again.",
                "{n} customers were drawn for this experiment before, and are not drawn again.",
                plan.n_drawn_before,
            )
        )
    if plan.looks_back and plan.asked.experiment:
        caveats.append(text.say("This run looks back at an earlier day, so no assignment is handed over."))
    return caveats
