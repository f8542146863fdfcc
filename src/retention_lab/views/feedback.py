"""Charts of what customers say: how many are unhappy over time, what they talk about, and how the scores run."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retention_lab.analysis.feedback.mood_study import MoodStudy
from retention_lab.analysis.feedback.scores import FEWEST_ANSWERS, Score, Scores
from retention_lab.analysis.feedback.topics import Topic, Topics
from retention_lab.findings.feedback.scores import score_name
from retention_lab.findings.feedback.topics import is_rising
from retention_lab.findings.feedback.words import theme_name
from retention_lab.findings.words import capitalised
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text
from retention_lab.views.churn import short_name
from retention_lab.views.display import Chart, no_chart
from retention_lab.views.theme import ACCENT, GRID, INK, PALETTE, WORDS, month_axis, themed_axes

_MOST_THEMES = 18
_MOST_SCORES = 3
# So many letters of a title fit above a panel.
_TITLE = 64
_PANEL = 2.0
# Two names of which one has two lines, as a share of the height of the axes.
_NAMES_APART = 0.13


def plot_unhappy(moods: MoodStudy, text: Text) -> Chart:
    """The corrected share over time with its band, and beside it what counting predictions would have shown."""
    points = moods.points
    caption = text.say("The share of unhappy comments over time.")
    if len(points) < 2:
        why = text.say("There are too few comments, or too few labels, to draw the share over time.")
        said = text.say_many("{n} point could be drawn.", "{n} points could be drawn.", len(points))
        return no_chart(said, caption, why)
    middle = [_middle(point.first, point.last) for point in points]
    with themed_axes(height=3.4) as (figure, axes):
        lower, upper = ([getattr(point.share, end) for point in points] for end in ("ci_lower", "ci_upper"))
        axes.fill_between(middle, lower, upper, color=ACCENT, alpha=0.16, linewidth=0)
        axes.plot(middle, [point.naive for point in points], color=PALETTE[1], linewidth=1.4, linestyle=(0, (4, 3)))
        axes.plot(middle, [point.share.value for point in points], "o-", color=ACCENT)
        _share_axis(axes, max([*upper, *(point.naive for point in points)]), text)
        _name_lines(axes, moods, middle, text)
        axes.set_ylabel(text.say("Unhappy comments"))
        month_axis(axes, points[0].first.date(), points[-1].last.date())
    return Chart(figure, _unhappy_caption(moods, text), _unhappy_alt(moods, text))


def _name_lines(axes: Axes, moods: MoodStudy, middle: Sequence[float], text: Text) -> None:
    """Names to the right of the ends, clear of the band; where the ends lie close, the names are pushed apart."""
    last = moods.points[-1]
    ends = [
        (last.share.value, text.say("corrected"), ACCENT),
        (last.naive, text.say("predictions\ncounted"), WORDS[1]),
    ]
    ends.sort(key=lambda end: end[0])
    top = axes.get_ylim()[1]
    lower = max(ends[0][0] - max(0.0, _NAMES_APART * top - (ends[1][0] - ends[0][0])) / 2, _NAMES_APART * top / 2)
    heights = (lower, max(ends[1][0], lower + _NAMES_APART * top))
    for (_, name, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            name, (middle[-1], height), xytext=(9, 0), textcoords="offset points", color=colour, fontsize=9,
            va="center", annotation_clip=False,
        )  # fmt: skip


def _unhappy_caption(moods: MoodStudy, text: Text) -> str:
    return text.say(
        "The share of unhappy comments, corrected for what the reading gets wrong, with {level} intervals. Dashed: "
        "what counting the predictions would show.",
        level=text.percent(moods.points[0].share.confidence_level, 0),
    )


def _unhappy_alt(moods: MoodStudy, text: Text) -> str:
    first, last = moods.points[0], moods.points[-1]
    return text.say(
        "From {first} in the span that begins on {start} to {last} in the one that ends on {end}, over {n} points.",
        first=text.percent(first.share.value),
        start=text.date(first.first.date()),
        last=text.percent(last.share.value),
        end=text.date(last.last.date()),
        n=text.count(len(moods.points)),
    )


def plot_topics(topics: Topics, text: Text) -> Chart:
    """How often each theme comes up, and how much of what is said on it is unhappy: two panels, one row a theme."""
    shown = [topic for topic in topics.topics if np.isfinite(topic.share.value)][:_MOST_THEMES]
    caption = text.say("What customers talk about.")
    if not shown:
        said = text.say("{n} themes were found.", n=text.count(0))
        return no_chart(said, caption, text.say("No theme was found often enough to draw."))
    with themed_axes(height=1.1 + 0.27 * len(shown)) as (figure, axes):
        axes.remove()
        left, right = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(shown))[::-1]
        for place, topic in zip(places, shown, strict=True):
            _dot(left, topic.share, place, PALETTE[1] if _is_bad_news(topic) else ACCENT)
            _dot(right, topic.unhappy, place, ACCENT)
        left.set_yticks(places, [short_name(capitalised(theme_name(topic.theme, text))) for topic in shown])
        left.set_ylim(-0.7, len(shown) - 0.3)
        _share_across(left, text.say("Of comments"), text)
        _share_across(right, text.say("Unhappy, of its sentences"), text)
        right.set_xlim(0, 1)
        right.tick_params(axis="y", left=False, labelleft=False)
    return Chart(figure, _topics_caption(topics, shown, text), _topics_alt(shown, text))


def _is_bad_news(topic: Topic) -> bool:
    return is_rising(topic) and topic.theme != "praise"


def _dot(axes: Axes, found: Estimate, place: float, colour: str) -> None:
    if not np.isfinite(found.value):
        return
    if not found.reason:
        axes.plot([found.ci_lower, found.ci_upper], [place, place], color=colour, linewidth=2.2)
    # At nought and at one half of the dot would be cut off.
    axes.plot(found.value, place, "o", color=colour, markersize=5, clip_on=False, zorder=3)


def _share_across(axes: Axes, label: str, text: Text) -> None:
    axes.set_xlim(0, min(1.0, axes.get_xlim()[1]))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))
    axes.set_xlabel(label)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True, color=GRID)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _topics_caption(topics: Topics, shown: Sequence[Topic], text: Text) -> str:
    caption = text.say(
        "How many comments speak of each theme, and the corrected share of unhappy ones among the sentences on it, "
        "with {level} intervals. A comment may speak of several.",
        level=text.percent(topics.coverage.confidence_level, 0),
    )
    if len(shown) < len(topics.topics):
        caption += " " + text.say(
            "{n} of {all} themes are drawn.", n=text.count(len(shown)), all=text.count(len(topics.topics))
        )
    if any(_is_bad_news(topic) for topic in shown):
        caption += " " + text.say("Orange: comes up more often than before.")
    return caption


def _topics_alt(shown: Sequence[Topic], text: Text) -> str:
    parts = [
        text.say("{theme} {share}", theme=theme_name(topic.theme, text), share=text.percent(topic.share.value))
        for topic in shown[:6]
    ]
    return text.join(parts) + "."


def plot_scores(scores: Scores, text: Text) -> Chart | None:
    """The scores month by month, a panel each; None where there is none."""
    found = [
        (score, known)
        for score in scores.scores
        if len(known := [point for point in score.months if not point.score.reason]) > 1
    ]
    drawn = found[:_MOST_SCORES]
    if not drawn:
        return None
    with themed_axes(height=0.5 + _PANEL * len(drawn)) as (figure, axes):
        axes.remove()
        panels = figure.subplots(len(drawn), 1, squeeze=False, sharex=True)[:, 0]
        for panel, (score, known) in zip(panels, drawn, strict=True):
            middle = [pd.Timestamp(f"{point.month}-15").toordinal() for point in known]
            ends = [[getattr(point.score, end) for point in known] for end in ("ci_lower", "ci_upper")]
            panel.fill_between(middle, *ends, color=ACCENT, alpha=0.16, linewidth=0)
            panel.plot(middle, [point.score.value for point in known], "o-", color=ACCENT, markersize=4)
            name = score_name(score, text)
            title = name if len(name) <= _TITLE else f"{name[: _TITLE - 1]}…"
            panel.set_title(title, loc="left", fontsize=9.5, color=INK)
            if score.kind != "nps":
                panel.set_ylim(top=min(1.0, panel.get_ylim()[1]))
            panel.yaxis.set_major_locator(MaxNLocator(4))
            panel.yaxis.set_major_formatter(FuncFormatter(_score_format(score, text)))
        months = [pd.Timestamp(f"{point.month}-15").date() for _, known in drawn for point in known]
        month_axis(panels[-1], min(months), max(months))
    said = [
        text.say(
            "{name} {value}", name=score_name(score, text), value=_score_format(score, text)(score.overall.value, 0)
        )
        for score, _ in drawn
    ]
    return Chart(figure, _scores_caption(drawn[0][0], len(drawn), len(found), text), text.join(said) + ".")


def _scores_caption(first: Score, n: int, n_found: int, text: Text) -> str:
    caption = text.say(
        "Scores by month, with {level} intervals. Months with fewer than {fewest} answers are not drawn.",
        level=text.percent(first.overall.confidence_level, 0),
        fewest=text.count(FEWEST_ANSWERS),
    )
    if n == n_found:
        return caption
    return f"{caption} " + text.say("{n} of {all} scores are drawn.", n=text.count(n), all=text.count(n_found))


def _score_format(score: Score, text: Text):  # type: ignore[no-untyped-def]
    if score.kind == "nps":
        return lambda value, _: text.number(value, 0)
    return lambda value, _: text.percent(value, 0)


def _share_axis(axes: Axes, highest: float, text: Text) -> None:
    axes.set_ylim(0, min(1.0, 1.15 * highest + 0.02))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))


def _middle(first: pd.Timestamp, last: pd.Timestamp) -> float:
    return (first.toordinal() + last.toordinal()) / 2
