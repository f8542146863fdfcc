"""Spans of time, covariates and levels, as they are said."""

from retention_lab.text import Text

_LABELS = {"(other)", "(not known)", "(yes)", "(no)", "(upper quarter)", "(lower quarter)"}


def span(time: float, unit: str, text: Text) -> str:
    """A duration: 365 days, 1 month."""
    if unit == "days":
        return text.say_many("{n} day", "{n} days", time)
    if unit == "weeks":
        return text.say_many("{n} week", "{n} weeks", time)
    if unit == "months":
        return text.say_many("{n} month", "{n} months", time)
    return text.say_many("{n} year", "{n} years", time)


def at_time(time: float, unit: str, text: Text) -> str:
    """After 365 days."""
    return text.say("after {span}", span=span(time, unit, text))


def covariate_name(name: str) -> str:
    """A covariate as client.yml names it, readable."""
    return name.replace("_", " ")


def level_name(level: str, text: Text) -> str:
    """A level as the client's data has it; our own labels stand in brackets there and are translated here."""
    return text.say(level.strip("()")) if level in _LABELS else level
