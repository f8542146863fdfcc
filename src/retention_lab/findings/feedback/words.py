"""Languages, themes, moods and ways of reading, as they are said."""

from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text


def language_name(code: str, text: Text) -> str:
    """A language in the reader's own; a code that has no name here stays as it is."""
    names = {
        "en": text.say("English"),
        "it": text.say("Italian"),
        "es": text.say("Spanish"),
        "fr": text.say("French"),
        "sl": text.say("Slovenian"),
        "de": text.say("German"),
        "hr": text.say("Croatian"),
        "pt": text.say("Portuguese"),
        "": text.say("language not determined"),
    }
    return names.get(code, code)


def theme_name(theme: str, text: Text) -> str:
    """What a theme is called; one that the client has named keeps its name."""
    names = {
        "price": text.say("price and billing"),
        "contract": text.say("contract and cancellation"),
        "delivery": text.say("delivery and installation"),
        "quality": text.say("quality of the product"),
        "outage": text.say("outages and connection"),
        "app": text.say("app and site"),
        "waiting": text.say("waiting for support"),
        "staff": text.say("staff"),
        "refund": text.say("refunds"),
        "trust": text.say("trust and promises"),
        "privacy": text.say("privacy"),
        "store": text.say("store"),
        "loyalty": text.say("loyalty programme"),
        "competitor": text.say("competitors"),
        "praise": text.say("praise"),
    }
    return names.get(theme, theme.replace("_", " "))


def mood_name(mood: str, text: Text) -> str:
    """The last thing that a customer had said."""
    names = {
        "silent": text.say("said nothing"),
        "unhappy": text.say("unhappy"),
        "neutral": text.say("neutral"),
        "happy": text.say("happy"),
    }
    return names[mood]


def way_name(rung: str, text: Text) -> str:
    """A way of reading."""
    names = {
        "majority": text.say("always the most frequent answer"),
        "lexicon": text.say("our word list"),
        "bootstrap": text.say("taught by our word list"),
        "few": text.say("taught by few labels"),
        "trained": text.say("taught by the client's own marks"),
    }
    return names[rung]


def channel_name(channel: str, text: Text) -> str:
    """A channel as the client's data has it."""
    return channel or text.say("no channel")


def told_number(found: Estimate, text: Text, digits: int = 1) -> str:
    """A number with its interval; where there is none, that is said."""
    number = text.number(found.value, digits)
    if found.reason:
        return text.say("{number}, without an interval", number=number)
    interval = text.interval(found.ci_lower, found.ci_upper, digits)
    return text.say("{number} ({interval})", number=number, interval=interval)
