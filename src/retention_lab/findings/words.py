"""Spans of time, covariates and levels, as they are said."""

import math

from retention_lab.analysis.contrasts import MIDDLE
from retention_lab.tables.levels import LOWER, NO, OTHER, UNKNOWN, UPPER, YES
from retention_lab.text import Text


def span(time: float, unit: str, text: Text) -> str:
    """A duration: 365 days, 1 month, 52.1 weeks."""
    if not math.isfinite(time):
        return text.say("a time that is not known")
    if round(time, 1) != round(time):
        fractions = {
            "days": text.say("{number} days", number=text.number(time)),
            "weeks": text.say("{number} weeks", number=text.number(time)),
            "months": text.say("{number} months", number=text.number(time)),
        }
        return fractions.get(unit) or text.say("{number} years", number=text.number(time))
    n = round(time)
    if unit == "days":
        return text.say_many("{n} day", "{n} days", n)
    if unit == "weeks":
        return text.say_many("{n} week", "{n} weeks", n)
    if unit == "months":
        return text.say_many("{n} month", "{n} months", n)
    return text.say_many("{n} year", "{n} years", n)


def at_time(time: float, unit: str, text: Text) -> str:
    """After 365 days."""
    return text.say("after {span}", span=span(time, unit, text))


def in_stretch(unit: str, text: Text) -> str:
    """The stretch over which a leaving rate is quoted: in 30 days, in a month."""
    stretches = {
        "days": text.say("in 30 days"),
        "weeks": text.say("in 4 weeks"),
        "months": text.say("in a month"),
        "years": text.say("in a year"),
    }
    return stretches[unit]


def stretch_name(start: float, end: float, unit: str, text: Text) -> str:
    """Which stretch of a customer's time: in the first month, in month 13, between day 361 and day 390."""
    first, last = text.count(start + 1), text.count(end)
    opening = {
        "days": text.say("in the first {n} days", n=last),
        "weeks": text.say("in the first {n} weeks", n=last),
        "months": text.say("in the first month"),
        "years": text.say("in the first year"),
    }
    later = {
        "days": text.say("between day {first} and day {last}", first=first, last=last),
        "weeks": text.say("between week {first} and week {last}", first=first, last=last),
        "months": text.say("in month {last}", last=last),
        "years": text.say("in year {last}", last=last),
    }
    return opening[unit] if start == 0 else later[unit]


def covariate_name(name: str) -> str:
    """A covariate as client.yml names it, readable."""
    return name.replace("_", " ")


def capitalised(phrase: str) -> str:
    """A phrase at the head of a sentence; what is in capitals within it stays so."""
    return phrase[:1].upper() + phrase[1:]


def level_name(level: str, text: Text) -> str:
    """A level as the client's data has it; our own labels in the reader's language."""
    labels = {
        OTHER: text.say("other"),
        UNKNOWN: text.say("not known"),
        YES: text.say("yes"),
        NO: text.say("no"),
        UPPER: text.say("upper quartile"),
        LOWER: text.say("lower quartile"),
        MIDDLE: text.say("middle"),
    }
    return labels.get(level, level)


def customers_in(name: str, level: str, text: Text) -> str:
    """Who is meant: customers with contract “Monthly”, customers at the lower quartile of age, customers with club."""
    covariate = covariate_name(name)
    who = {
        YES: text.say("customers with {covariate}", covariate=covariate),
        NO: text.say("customers without {covariate}", covariate=covariate),
        UPPER: text.say("customers at the upper quartile of {covariate}", covariate=covariate),
        LOWER: text.say("customers at the lower quartile of {covariate}", covariate=covariate),
        MIDDLE: text.say("customers in the middle of {covariate}", covariate=covariate),
    }
    plain = text.say("customers with {covariate} “{level}”", covariate=covariate, level=level_name(level, text))
    return who.get(level, plain)


def those_in(level: str, text: Text) -> str:
    """The others of the same covariate: those with “24 months”, those at the upper quartile, those without."""
    who = {
        YES: text.say("those with it"),
        NO: text.say("those without"),
        UPPER: text.say("those at the upper quartile"),
        LOWER: text.say("those at the lower quartile"),
        MIDDLE: text.say("those in the middle"),
    }
    return who.get(level, text.say("those with “{level}”", level=level_name(level, text)))


def rounded(amount: float) -> float:
    """An amount to three figures: an estimate of money is never known to the last euro."""
    return float(f"{amount:.3g}")
