"""What share of those who would leave a contact keeps, and what counts as margin and as cost, in sentences."""

from retention_lab.analysis.actions import ActionPlan, ListMoney
from retention_lab.analysis.save_rates import SaveRate
from retention_lab.findings.words import rounded
from retention_lab.tables.client_file import Money
from retention_lab.text import Text


def rate_caveats(plan: ActionPlan, money: ListMoney, text: Text, known: bool) -> list[str]:
    """Where the share kept comes from, from which share on the contacts pay, and what the interval leaves out."""
    caveats = [where_from(plan.save_rate, text)]
    if known and not money.break_even.reason and money.cost > 0:
        caveats.append(
            text.say(
                "The contacts pay for themselves from a share kept of {even} ({interval}).",
                even=text.percent(money.break_even.value),
                interval=text.percent_interval(money.break_even.ci_lower, money.break_even.ci_upper),
            )
        )
    if known:
        caveats.append(
            text.say("The interval covers how well the chances of leaving are known, and not the share that is kept.")
        )
    if plan.save_rate.n_lost:
        caveats.append(
            text.say_many(
                "{n} customer of the earlier list is not in the exports as one of that day, and counts for nothing.",
                "{n} customers of the earlier list are not in the exports as customers of that day, and count for "
                "nothing.",
                plan.save_rate.n_lost,
            )
        )
    if known and plan.save_rate.source == "experiment":
        at_risk, rate = money.margin_at_risk.value, plan.save_rate.estimate
        caveats.append(
            text.say(
                "At the ends of the interval of the share kept, the list would save {lower} to {upper}.",
                lower=text.money(rounded(at_risk * rate.ci_lower - money.cost)),
                upper=text.money(rounded(at_risk * rate.ci_upper - money.cost)),
            )
        )
    return caveats


def money_caveats(money: Money, text: Text) -> list[str]:
    """What is counted as margin and as cost, and on whose word."""
    caveats = []
    if money.monthly_value_is == "revenue" and "margin_rate" in money.model_fields_set:
        caveats.append(
            text.say(
                "Margin is {rate} of the monthly value, as the client file says.",
                rate=text.percent(money.margin_rate, _digits(money.margin_rate)),
            )
        )
    elif money.monthly_value_is == "revenue":
        caveats.append(
            text.say(
                "The client file gives no margin, so all of the monthly value counts as margin. Write margin_rate "
                "under money."
            )
        )
    if "contact_cost" not in money.model_fields_set:
        caveats.append(
            text.say(
                "The client file gives no cost of a contact, so contacts count as free. Write contact_cost under money."
            )
        )
    return caveats


def _digits(share: float) -> int:
    """No decimal where there is none: 45%, but 12.5%."""
    return 0 if round(100 * share, 1) == round(100 * share) else 1


def where_from(rate: SaveRate, text: Text) -> str:
    """Where the share that a contact keeps comes from: the last list, a wish, or nobody at all."""
    day = text.date(rate.assigned_on) if rate.assigned_on else ""
    found = {
        "rate": text.percent(rate.estimate.value),
        "interval": text.percent_interval(rate.estimate.ci_lower, rate.estimate.ci_upper),
        "contact": text.count(rate.n_contact),
        "contact_left": text.count(rate.n_contact_left),
        "hold_out": text.count(rate.n_hold_out),
        "hold_out_left": text.count(rate.n_hold_out_left),
        "wish": _wish(rate, text),
        "day": day,
    }
    if rate.source == "experiment" and rate.value == 0:
        return text.say(
            "The list of {day} kept nobody, as far as it shows ({interval}): {contact_left} of {contact} contacted "
            "left, and {hold_out_left} of {hold_out} held out. {wish}",
            **found,
        )
    if rate.source == "experiment":
        return text.say(
            "That {rate} ({interval}) can be kept is what the list of {day} showed: {contact_left} of {contact} "
            "contacted left, and {hold_out_left} of {hold_out} held out. {wish}",
            **found,
        )
    reasons = {
        "unclear": text.say(
            "The list of {day} leaves it open: {rate} ({interval}) were kept, which allows for nothing kept as well as "
            "for this assumption.",
            **found,
        ),
        "too_few": text.say(
            "The list of {day} was too small to say: {contact} contacted, {hold_out} held out.", **found
        ),
        "no_dates": text.say("The list of {day} cannot tell, as the customers have tenures and no dates.", **found),
    }
    assumed = _assumption(rate, text)
    return f"{assumed} {reasons[rate.why_not]}" if rate.why_not in reasons else assumed


def _assumption(rate: SaveRate, text: Text) -> str:
    share = text.percent(rate.assumed, _digits(rate.assumed))
    if rate.source == "default":
        return text.say(
            "Nobody has said what share can be kept: {share} is this program's assumption. Write save_rate under money "
            "in client.yml.",
            share=share,
        )
    return text.say("That {rate} can be kept is an assumption of the client file, not a result.", rate=share)


def _wish(rate: SaveRate, text: Text) -> str:
    """What the client file says beside what a list showed."""
    if "save_rate" not in rate.money.model_fields_set:
        return text.say("The client file says nothing of it.")
    return text.say("The client file assumes {assumed}.", assumed=text.percent(rate.assumed, _digits(rate.assumed)))
