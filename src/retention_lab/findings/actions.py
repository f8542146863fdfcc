"""Whom to contact, and what that is expected to save, in sentences."""

from datetime import timedelta

from retention_lab.analysis.actions import ActionPlan
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Verdict
from retention_lab.findings.save_rates import money_caveats, rate_caveats
from retention_lab.findings.words import rounded, span
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text


def actions_finding(plan: ActionPlan, study: ChurnStudy, text: Text) -> Finding:
    """Whether a list of customers to contact is worth its cost, and what to do with it."""
    told = plan.money.saving if plan.money else plan.losses
    known = bool(plan.n_contact) and not told.reason
    return Finding(
        id="churn.actions",
        question=text.say("Whom should we contact, and what does it save?"),
        headline=_headline(plan, text) if known else _why_nobody(plan, text),
        action=_action(plan, study, text) if known else "",
        verdict=_verdict(plan, told),
        estimate=told.value if known else NOT_A_NUMBER,
        ci_lower=told.ci_lower if known else NOT_A_NUMBER,
        ci_upper=told.ci_upper if known else NOT_A_NUMBER,
        unit=text.currency if plan.money else text.say("customers"),
        n_obs=plan.n_here - plan.n_not_judged,
        method=told.method,
        definition=_definition(plan, study, text),
        caveats=tuple(_caveats(plan, text, known)),
    )


def _verdict(plan: ActionPlan, told: Estimate) -> Verdict:
    if plan.n_here == plan.n_not_judged or told.reason:
        return "not_enough_data"
    if not len(plan.customers):
        return "fine"
    # On a share that nobody at the client has ever named, nobody should spend money.
    pays = plan.n_contact and plan.money and told.ci_lower > 0 and plan.save_rate.source != "default"
    return "act" if pays else "watch"


def _headline(plan: ActionPlan, text: Text) -> str:
    if plan.money is None:
        return text.say_many(
            "The {n} customer on the list is the likeliest to leave: {losses} ({interval}) expected to leave within "
            "{span}. Without monthly values nobody can say what a contact is worth.",
            "The {n} customers on the list are the likeliest to leave: {losses} ({interval}) of them are expected to "
            "leave within {span}. Without monthly values nobody can say what a contact is worth.",
            plan.n_contact,
            losses=text.number(plan.losses.value, 0 if plan.losses.value >= 10 else 1),
            interval=_interval(plan.losses, text),
            span=span(plan.horizon, plan.unit, text),
        )
    saving = plan.money.saving
    values = {
        "saving": _saving(saving.value, plan, text),
        "lower": text.money(rounded(saving.ci_lower)),
        "upper": text.money(rounded(saving.ci_upper)),
        "span": span(plan.horizon, plan.unit, text),
        "cost": text.money(plan.money.cost),
        "rate": text.percent(plan.save_rate.value, 0),
    }
    if plan.money.cost == 0:
        return text.say_many(
            "Contacting the {n} customer on the list is expected to save about {saving} over {span} ({lower} to "
            "{upper}), if {rate} of those who would leave can be kept.",
            "Contacting the {n} customers on the list is expected to save about {saving} over {span} ({lower} to "
            "{upper}), if {rate} of those who would leave can be kept.",
            plan.n_contact,
            **values,
        )
    return text.say_many(
        "Contacting the {n} customer on the list is expected to save about {saving} over {span} ({lower} to {upper}), "
        "after {cost} for the contact, if {rate} of those who would leave can be kept.",
        "Contacting the {n} customers on the list is expected to save about {saving} over {span} ({lower} to {upper}), "
        "after {cost} for the contacts, if {rate} of those who would leave can be kept.",
        plan.n_contact,
        **values,
    )


def _saving(amount: float, plan: ActionPlan, text: Text) -> str:
    """An amount of margin; said where it could be taken for revenue."""
    money = text.money(rounded(amount))
    is_margin = plan.save_rate.money.monthly_value_is == "margin"
    return money if is_margin else text.say("{amount} of margin", amount=money)


def _interval(estimate: Estimate, text: Text) -> str:
    return text.interval(estimate.ci_lower, estimate.ci_upper, 0 if estimate.value >= 10 else 1)


def _why_nobody(plan: ActionPlan, text: Text) -> str:
    if plan.n_here == 0:
        return text.say("No customer is still here, so there is nobody to contact.")
    if plan.n_here == plan.n_not_judged:
        return text.say("Whom to contact cannot be said: nobody's chance of leaving could be estimated.")
    if len(plan.customers) and plan.n_contact == 0:
        return text.say_many(
            "The {n} customer worth a contact is held out, so nobody is to be contacted.",
            "The {n} customers worth a contact are all held out, so nobody is to be contacted.",
            len(plan.customers),
        )
    if plan.n_contact:
        return text.say("What the list saves cannot be said: the chances of leaving are not known well enough.")
    if plan.money is None:
        return text.say("Nobody is worth a contact: no customer here is expected to leave.")
    if not plan.money.lowest_break_even >= 0:
        return text.say("Nobody is worth a contact: no customer here is expected to take any money along.")
    if plan.save_rate.value == 0:
        return text.say("Nobody is worth a contact, as it is taken that a contact keeps nobody.")
    if plan.money.lowest_break_even > 1:
        return text.say(
            "Nobody is worth a contact: were everybody kept who would leave, it would still cost more than it saves."
        )
    return text.say(
        "Nobody is worth a contact: if {rate} of those who would leave can be kept, a contact costs more than it saves "
        "with every customer. From {lowest} on, one would pay.",
        rate=text.percent(plan.save_rate.value, 0),
        lowest=text.percent(plan.money.lowest_break_even, 1),
    )


def _action(plan: ActionPlan, study: ChurnStudy, text: Text) -> str:
    if plan.looks_back:
        return text.say(
            "This report looks back to {day}, so no list was written. For a list to send, ask for the last day of the "
            "exports.",
            day=text.date(plan.as_of),
        )
    send = text.say("Send actions.xlsx to whoever makes the contacts.")
    later = _later(plan, study, text)
    if not plan.hold_out.n_hold_out:
        return f"{send} {later}"
    leave = text.say_many(
        "Do not contact the {n} customer held out, who is not in the file.",
        "Do not contact the {n} customers held out; they are not in the file.",
        plan.hold_out.n_hold_out,
    )
    return f"{send} {leave} {later}"


def _later(plan: ActionPlan, study: ChurnStudy, text: Text) -> str:
    """When to look what the list achieved, or why that will not show."""
    held, smallest = plan.hold_out.n_hold_out - plan.hold_out.n_elsewhere, plan.hold_out.smallest_save_rate
    if not held:
        return text.say("Whether the contacts work will not show, as nobody is held out to compare with.")
    if not plan.save_rate.has_dates:
        return text.say(
            "Whether the contacts work will not show, as the customers have tenures and no dates: ask for the days on "
            "which they started and ended."
        )
    if not smallest <= 1:
        return text.say(
            "Whether the contacts work will not show from this list alone: hold out more, or add up several lists."
        )
    if smallest > plan.save_rate.value:
        return text.say(
            "An effect will show only if {share} or more are kept.",
            share=text.percent(smallest, 0),
        )
    # Who counts as gone only after a silence is known that much later.
    days = plan.horizon_days + (study.observation.inactive_days or 0)
    return text.say("Come back on {day} to see what it achieved.", day=text.date(plan.as_of + timedelta(days=days)))


def _definition(plan: ActionPlan, study: ChurnStudy, text: Text) -> str:
    # Where silence says who has left, chances count from the last day on which that is known, not from today.
    values = {"span": span(plan.horizon, plan.unit, text), "day": text.date(study.as_of)}
    if plan.money is None:
        return text.say("Expected number, of the customers to contact, who leave within {span} of {day}.", **values)
    if plan.money.contact_cost == 0:
        return text.say(
            "Chance of leaving within {span} of {day}, times the margin of {span}, times the share kept; summed over "
            "those to contact. Who is kept counts with the margin of the whole {span}.",
            **values,
        )
    return text.say(
        "Chance of leaving within {span} of {day}, times the margin of {span}, times the share kept, less {cost} for "
        "each contact; summed over those to contact. Who is kept counts with the margin of the whole {span}.",
        cost=text.money(plan.money.contact_cost, 2),
        **values,
    )


def _caveats(plan: ActionPlan, text: Text, known: bool) -> list[str]:
    judged = plan.n_here > plan.n_not_judged
    caveats: list[str] = []
    if plan.money and judged:
        caveats += [*rate_caveats(plan, plan.money, text, known), *money_caveats(plan.save_rate.money, text)]
    if known:
        caveats += _length_caveats(plan, text)
        caveats += [*_hold_out_caveats(plan, text), *_record_caveats(plan, text)]
    if plan.n_not_judged and judged:
        caveats.append(
            text.say_many(
                "{n} customer cannot be judged, and is not on the list.",
                "{n} customers cannot be judged, and are not on the list.",
                plan.n_not_judged,
            )
        )
    if plan.n_without_value:
        caveats.append(
            text.say_many(
                "{n} customer has a blank or negative monthly value, and is not on the list.",
                "{n} customers have a blank or negative monthly value, and are not on the list.",
                plan.n_without_value,
            )
        )
    return caveats


def _length_caveats(plan: ActionPlan, text: Text) -> list[str]:
    """How many more would pay, where the list is cut before it stops to pay."""
    if plan.money is None or plan.n_worth <= len(plan.customers):
        return []
    share = len(plan.customers) / plan.n_here
    return [
        text.say(
            "Up to {n} contacts pay, as far as the chances are right; this list is shorter because contact_share "
            "allows {share} of those here.",
            n=text.count(plan.n_worth),
            share=text.percent(share, 0 if share >= 0.1 else 1),
        )
    ]


def _hold_out_caveats(plan: ActionPlan, text: Text) -> list[str]:
    n, rate = plan.hold_out.n_elsewhere, plan.save_rate.value
    shows = _what_it_shows(plan.hold_out.n_hold_out - n, plan.hold_out.smallest_save_rate, rate, text)
    elsewhere = text.say_many(
        "{n} customer is left alone because another list holds the customer out.",
        "{n} customers are left alone because another list holds them out.",
        n,
    )
    return [shows, elsewhere] if n else [shows]


def _what_it_shows(n: int, smallest: float, rate: float, text: Text) -> str:
    if not n:
        return text.say("Nobody is held out, so nothing will show what the contacts achieved.")
    if not smallest <= 1:
        return text.say_many(
            "With {n} customer held out, this list alone will not show what the contacts achieved.",
            "With {n} customers held out, this list alone will not show what the contacts achieved.",
            n,
        )
    values = {"smallest": text.percent(smallest, 0), "rate": text.percent(rate, 0)}
    if smallest > rate:
        return text.say_many(
            "With {n} customer held out, this list can show a share kept of {smallest} or more, four times in five. "
            "Whether {rate} are kept it cannot show.",
            "With {n} customers held out, this list can show a share kept of {smallest} or more, four times in five. "
            "Whether {rate} are kept it cannot show.",
            n,
            **values,
        )
    return text.say_many(
        "With {n} customer held out, this list can show a share kept of {smallest} or more, four times in five.",
        "With {n} customers held out, this list can show a share kept of {smallest} or more, four times in five.",
        n,
        **values,
    )


def _record_caveats(plan: ActionPlan, text: Text) -> list[str]:
    if plan.looks_back:
        return []
    return [
        text.say(
            "Who was to be contacted and who was held out is kept in assignments/{experiment}.csv. If the list is not "
            "sent, remove that file, or its customers count as contacted.",
            experiment=plan.experiment,
        )
    ]
