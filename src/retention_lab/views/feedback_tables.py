"""Tables of what customers say: how well it is read, themes, who leaves, whom to call, and their own words, masked."""

import math
from collections.abc import Sequence

from retention_lab.analysis.feedback.accuracy import AccuracyCard, CardRow
from retention_lab.analysis.feedback.callers import CallPlan
from retention_lab.analysis.feedback.leaving import LeavingByMood, NotJoined
from retention_lab.analysis.feedback.quotes import Quote
from retention_lab.analysis.feedback.suggestions import Suggestion
from retention_lab.analysis.feedback.topics import Topics
from retention_lab.findings.feedback.words import channel_name, language_name, mood_name, theme_name, way_name
from retention_lab.findings.words import capitalised
from retention_lab.methods.classification import ClassQuality
from retention_lab.methods.estimates import Estimate
from retention_lab.tables.assignments import CONTACT
from retention_lab.tables.client import Client
from retention_lab.text import Text
from retention_lab.views.display import Align, Table

_DASH = "–"


def table_of_accuracy(card: AccuracyCard, text: Text) -> Table:
    """The card: each language, then its channels."""
    return Table(
        caption=text.say(
            "How well comments are read, held against the customers' own marks at their mix (unhappy/neutral/happy), "
            "with {level} intervals. Macro-F1 is the mean over these three; to beat are our word list and always "
            "saying the most frequent. Unhappy heard is the share of the unhappy that are found, alarms right the "
            "share of those found that are unhappy. The last column is how far the stated chances are off.",
            level=text.percent(card.confidence_level, 0),
        ),
        columns=(
            text.say("Comments"),
            text.say("Labels (mix, %)"),
            text.say("Macro-F1"),
            text.say("To beat"),
            text.say("Unhappy heard"),
            text.say("Alarms right"),
            text.say("Off by"),
        ),
        align=_one_left(7),
        rows=tuple(_card_row(row, text) for row in card.rows),
    )


def _card_row(row: CardRow, text: Text) -> tuple[str, ...]:
    is_whole = row.channel is None
    name = capitalised(language_name(row.language, text)) if is_whole else channel_name(row.channel or "", text)
    head = name if is_whole else f"\u2003{name}"
    n_labels = text.count(row.n_labels)
    if row.quality is None:
        return (head, n_labels, text.say("not measured"), *[_DASH] * 4)
    found = row.quality
    return (
        head,
        text.say("{n} ({mix})", n=n_labels, mix="/".join(text.count(100 * share) for share in row.mix)),
        _number(found.macro_f1, text),
        f"{_plain(row.lexicon, text)}, {_plain(row.majority, text)}",
        _share(found.recall, text, 0),
        _share(found.precision, text, 0),
        _share(row.calibration, text, 0) if row.calibration else _DASH,
    )


def table_of_ways(card: AccuracyCard, text: Text) -> Table:
    """Each way of reading in each language, on the same folds, and which is used."""
    rows = []
    for language, reading in card.readings.items():
        for rung in reading.rungs:
            used = text.say("used") if rung.name == reading.chosen else ""
            numbers = (
                (_number(rung.quality.macro_f1, text), _share(rung.quality.recall, text, 0))
                if rung.quality
                else (_why(rung.why, text), _DASH)
            )
            rows.append(
                (capitalised(language_name(language, text)), capitalised(way_name(rung.name, text)), *numbers, used)
            )
    return Table(
        caption=text.say(
            "The ways of reading that the labels allow, on the same folds. The best measured one is used."
        ),
        columns=(
            text.say("Language"),
            text.say("Way of reading"),
            text.say("Macro-F1"),
            text.say("Unhappy heard"),
            text.say("Used"),
        ),
        align=("left", "left", "right", "right", "left"),
        rows=tuple(rows),
    )


def _why(why: str, text: Text) -> str:
    whys = {
        "too_few_labels": text.say("too few labels"),
        "too_few_comments": text.say("too few comments"),
    }
    return whys.get(why, text.say("not measured"))


def table_of_topics(topics: Topics, text: Text) -> Table:
    """How often each theme comes up, and how much of what is said on it is unhappy."""
    caption = text.say(
        "How often each theme comes up, and the corrected share of unhappy ones among its sentences, with {level} "
        "intervals. In {coverage} of comments a theme was found.",
        level=text.percent(topics.coverage.confidence_level, 0),
        coverage=text.percent(topics.coverage.value, 0),
    )
    if topics.n_too_small:
        caption += " " + text.say_many(
            "{n} theme that only a few customers mention is not shown.",
            "{n} themes that only a few customers mention are not shown.",
            topics.n_too_small,
        )
    rows = tuple(
        (
            capitalised(theme_name(topic.theme, text)),
            text.count(topic.n_comments),
            _share(topic.share, text),
            _share(topic.unhappy, text, 0),
        )
        for topic in topics.topics
    )
    return Table(
        caption=caption,
        columns=(text.say("Theme"), text.say("Comments"), text.say("Of all comments"), text.say("Unhappy")),
        align=_one_left(4),
        rows=rows or ((text.say("No theme was found"), *[""] * 3),),
    )


def table_of_changes(topics: Topics, text: Text) -> Table:
    """How much more often each theme comes up than before, and what goes with its mention."""
    rows = tuple(
        (
            capitalised(theme_name(topic.theme, text)),
            _points(topic.change, text),
            text.pvalue(topic.pvalue),
            _signed(topic.effect, text),
        )
        for topic in topics.topics
    )
    return Table(
        caption=text.say(
            "Change: points by which a theme comes up more often, the last {n} days against before; p-values raised "
            "for the number of themes. Mark: points of 100 by which marks differ where the theme is mentioned, all "
            "else equal; an association. Both with {level} intervals.",
            level=text.percent(topics.coverage.confidence_level, 0),
            n=text.count(topics.recent_days),
        ),
        columns=(text.say("Theme"), text.say("Change"), text.say("Chance alone"), text.say("Mark")),
        align=_one_left(4),
        rows=rows or ((text.say("No theme was found"), *[""] * 3),),
    )


def table_of_leaving(found: LeavingByMood | NotJoined, text: Text) -> Table | None:
    """Who left, by the last thing that they had said; None where that cannot be known."""
    if not isinstance(found, LeavingByMood):
        return None
    rows = tuple(
        (capitalised(mood_name(group.mood, text)), text.count(group.n_customers), _share(group.left, text))
        for group in found.groups
    )
    return Table(
        caption=text.say(
            "Customers who were here on {day}, by the last thing that they had said in the year before, and the share "
            "of them who left within {n} days.",
            day=text.date(found.cut_off),
            n=text.count(found.horizon_days),
        ),
        columns=(text.say("At last they were"), text.say("Customers"), text.say("Left")),
        align=("left", "right", "right"),
        rows=rows,
    )


def table_of_calls(plan: CallPlan, client: Client, text: Text, n: int = 10) -> Table:
    """The first customers to call, under names that only the client can trace back."""
    first = plan.customers[plan.customers.variant == CONTACT].head(n)
    reasons = {
        "leaving": text.say("wants to leave"),
        "complaint": text.say("open complaint"),
        "unhappy": text.say("unhappy for long"),
    }
    rows = tuple(
        (
            client.pseudonym(row["customer_id"]),
            reasons[row["reason"]],
            text.date(row["last_on"].date()),
            text.percent(row["chance"], 0),
            *((text.money(row["value"], 2),) if plan.has_value else ()),
        )
        for row in first.to_dict("records")
    )
    money = (text.say("Monthly value"),) if plan.has_value else ()
    right: list[Align] = ["right"] * (2 + len(money))
    return Table(
        caption=text.say(
            "The first customers to call, under made-up names; actions.xlsx has the same names beside the real ids. "
            "The chance is that the goodbye or the complaint still stands, or that the next comment is an unhappy one."
        ),
        columns=(text.say("Customer"), text.say("Why"), text.say("Last comment"), text.say("Chance"), *money),
        align=("left", "left", *right),
        rows=rows or ((text.say("Nobody is on the list"), *[""] * (3 + len(money))),),
    )


def table_of_quotes(quotes: Sequence[Quote], text: Text) -> Table:
    """What customers wrote, masked and shortened, with the words that decided."""
    rows = tuple(
        (
            capitalised(theme_name(quote.theme, text)) if quote.theme else _DASH,
            quote.text,
            text.join(list(quote.decided)) if quote.decided else _DASH,
        )
        for quote in quotes
    )
    return Table(
        caption=text.say(
            "Some of the most unhappy comments of the recent days, in their writers' words. Personal data are masked, "
            "long ones cut. The words that decided are those without which it would have sounded less unhappy."
        ),
        columns=(text.say("Theme"), text.say("Comment"), text.say("Words that decided")),
        align=("left", "left", "left"),
        rows=rows or ((text.say("No comment"), "", ""),),
    )


def table_of_suggestions(suggestions: Sequence[tuple[str, Suggestion]], text: Text) -> Table:
    """Words to add to the theme dictionary, by language."""
    rows = tuple(
        (
            capitalised(language_name(language, text)),
            each.words,
            text.say("comments without a theme") if each.why == "no_theme" else text.say("unhappy comments"),
            text.count(each.n_comments),
            text.number(each.z),
        )
        for language, each in suggestions
    )
    return Table(
        caption=text.say(
            "Words that stand out, and that no theme has: candidates for feedback.themes in the client file. The last "
            "column says by how many standard errors."
        ),
        columns=(
            text.say("Language"),
            text.say("Words"),
            text.say("Stand out in"),
            text.say("Comments"),
            text.say("Stand out by"),
        ),
        align=("left", "left", "left", "right", "right"),
        rows=rows or ((text.say("Nothing stands out"), "", "", "", ""),),
    )


def _one_left(n: int) -> tuple[Align, ...]:
    right: list[Align] = ["right"] * (n - 1)
    return ("left", *right)


def _number(found: Estimate, text: Text) -> str:
    if found.reason:
        return text.number(found.value, 2)
    return f"{text.number(found.value, 2)} ({text.interval(found.ci_lower, found.ci_upper, 2)})"


def _plain(found: ClassQuality | None, text: Text) -> str:
    return text.number(found.macro_f1.value, 2) if found else _DASH


def _share(found: Estimate, text: Text, digits: int = 1) -> str:
    if not math.isfinite(found.value):
        return _DASH
    if found.reason:
        return text.percent(found.value, digits)
    return f"{text.percent(found.value, digits)} ({text.percent_interval(found.ci_lower, found.ci_upper, digits)})"


def _points(found: Estimate, text: Text) -> str:
    if found.reason:
        return _DASH
    sign = "+" if found.value > 0 else ""
    return f"{sign}{text.number(100 * found.value)} ({text.interval(100 * found.ci_lower, 100 * found.ci_upper)})"


def _signed(found: Estimate, text: Text) -> str:
    if found.reason:
        return _DASH
    sign = "+" if found.value > 0 else ""
    return f"{sign}{text.number(found.value)} ({text.interval(found.ci_lower, found.ci_upper)})"
