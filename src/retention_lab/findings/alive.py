"""How many are still customers where nobody says goodbye, in sentences."""

from retention_lab.analysis.inactivity import CustomerActivity, HoldOut
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.words import span
from retention_lab.text import Text

# A model that is a tenth off in total is still good enough to count heads with.
_NEAR_ENOUGH = 0.1


def alive_finding(activity: CustomerActivity, text: Text) -> Finding:
    """How many of all who ever bought are still customers, by the model and by the rule."""
    alive, rule = activity.alive, activity.rule
    known = not alive.reason
    return Finding(
        id="churn.alive",
        question=text.say("How many are still customers?"),
        headline=_how_many(activity, text) if known else _why_not_counted(activity, text),
        action=_how_far_off(activity.hold_out, text) if _alive_verdict(activity) == "watch" else "",
        verdict=_alive_verdict(activity),
        estimate=alive.value if known else NOT_A_NUMBER,
        ci_lower=alive.ci_lower if known else NOT_A_NUMBER,
        ci_upper=alive.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("customers"),
        n_obs=rule.n_buyers,
        method=alive.method,
        definition=text.say(
            "Each customer who ever bought counts with the chance that they have not stopped, given how often and when "
            "they bought through {day}.",
            day=text.date(rule.purchases_through),
        ),
        caveats=tuple(_alive_caveats(activity, text)) if known else (),
    )


def _how_many(activity: CustomerActivity, text: Text) -> str:
    alive, rule = activity.alive, activity.rule
    return text.say(
        "Of {all} customers who ever bought, about {n} ({interval}) are still customers, judged by how each of them "
        "buys; {active} bought within the last {days}.",
        all=text.count(rule.n_buyers),
        n=text.count(alive.value),
        interval=text.interval(alive.ci_lower, alive.ci_upper, 0),
        active=text.count(rule.n_active),
        days=span(rule.inactive_days, "days", text),
    )


def _why_not_counted(activity: CustomerActivity, text: Text) -> str:
    rule = activity.rule
    return text.say_many(
        "{active} of {all} customers bought within the last {days}. How many more will come back cannot be said: only "
        "{n} customer ever bought on a second day.",
        "{active} of {all} customers bought within the last {days}. How many more will come back cannot be said: only "
        "{n} customers ever bought on a second day.",
        rule.n_buyers - rule.n_bought_once,
        active=text.count(rule.n_active),
        all=text.count(rule.n_buyers),
        days=span(rule.inactive_days, "days", text),
    )


def _alive_verdict(activity: CustomerActivity) -> Verdict:
    if activity.alive.reason:
        return "not_enough_data"
    return "fine" if _is_near(activity.hold_out) else "watch"


def _is_near(hold_out: HoldOut) -> bool:
    """Whether the model's total would have been right, but for chance or a tenth."""
    total = hold_out.total
    if total is None or total.actual.reason:
        return False
    inside = total.actual.ci_lower <= total.predicted <= total.actual.ci_upper
    return inside or abs(total.predicted - total.actual.value) <= _NEAR_ENOUGH * total.actual.value


def _how_far_off(hold_out: HoldOut, text: Text) -> str:
    total = hold_out.total
    if total is None or not total.actual.value:
        return text.say("Take it as a rough number: the model could not be tried on purchases that it had not seen.")
    return text.say(
        "Take it as a rough number: tried on purchases that it had not seen, the model was off by {share}.",
        share=text.percent(abs(total.predicted / total.actual.value - 1), 0),
    )


def _alive_caveats(activity: CustomerActivity, text: Text) -> list[str]:
    caveats = [hold_out_sentence(activity.hold_out, text)]
    caveats.append(
        text.say(
            "The model takes every customer to buy at a steady rate until they stop for good: seasons and campaigns "
            "are not in it."
        )
    )
    rule = activity.rule
    if rule.n_maybe_older:
        caveats.append(text.say("Purchases before {day} are not known to it.", day=text.date(rule.purchases_from)))
    return caveats


def hold_out_sentence(hold_out: HoldOut, text: Text) -> str:
    """How the model did on purchases that it did not see."""
    total = hold_out.total
    if total is None:
        return text.say("The model could not be tried on purchases that it had not seen: too few came before them.")
    values = {
        "days": span(hold_out.days, "days", text),
        "day": text.date(hold_out.cut),
        "predicted": text.number(total.predicted, 2),
        "actual": text.number(total.actual.value, 2),
    }
    if total.actual.reason:
        return text.say(
            "Fitted on purchases through {day}, the model expected {predicted} purchases a customer in the {days} "
            "after it; there were {actual}.",
            **values,
        )
    return text.say(
        "Fitted on purchases through {day}, the model expected {predicted} purchases a customer in the {days} after "
        "it; there were {actual} ({interval}).",
        interval=text.interval(total.actual.ci_lower, total.actual.ci_upper, 2),
        **values,
    )
