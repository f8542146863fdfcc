"""A chart and a table of why customers leave."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from retention_lab.analysis.reasons import ReasonOfLeaving, ReasonsOfLeaving
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.reasons import of_hundred, reason_name
from retention_lab.findings.words import at_time, span
from retention_lab.methods.departures import ExpectedDepartures
from retention_lab.tables.levels import OTHER, UNKNOWN
from retention_lab.text import Text
from retention_lab.views.churn import MAX_POINTS, short_name, time_axis
from retention_lab.views.display import Chart, Table, no_chart
from retention_lab.views.theme import INK, MUTED, PALETTE, WORDS, themed_axes

Floats = NDArray[np.float64]
# Black is for words; what is not told apart is grey.
_COLOURS = dict(zip(PALETTE[:-1], WORDS[:-1], strict=True))
_OTHER, _UNKNOWN, _HERE = "#8b98a5", "#b6c0ca", "#edf0f3"
# The height of a line of words, as a share of the axes.
_LINE = 0.062
# A step of a band weighs some 70 bytes, and a chart has 80 kB.
_MAX_STEPS = 800


def plot_reasons(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> Chart | None:
    """What has become of new customers by time: those who left for each reason, and on top those still here.

    None where the client records no reasons.
    """
    if reasons is None:
        return None
    if not reasons.reasons or reasons.shown_through <= 0:
        said = text.say("0 reasons can be shown.")
        return no_chart(said, text.say("There is too little to say why customers leave."))
    through = reasons.shown_through
    n_bands = min(len(reasons.reasons), len(_COLOURS) + 2) + 1
    times, step = _times(reasons, through, n_bands)
    bands = _bands(reasons, times, text)
    with themed_axes(height=3.6) as (figure, axes):
        floor = np.zeros(times.size)
        for _, share, colour, _ in bands:
            axes.fill_between(times, floor, floor + share, step=step, color=colour, linewidth=0)
            floor = floor + share
            axes.plot(times, floor, color="white", linewidth=0.8, drawstyle="steps-post" if step else "default")
        _label_bands(axes, bands, through, text)
        if reasons.horizon < through:
            _mark_horizon(axes, reasons, text)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: text.percent(share, 0)))
        axes.set_ylabel(text.say("Of new customers"))
        axes.grid(visible=False)
        time_axis(axes, reasons.unit, through, text)
    caption = text.say(
        "What has become of new customers by time since their start: still here, or left, by reason. The shares at the "
        "right are those {when}.",
        when=at_time(through, reasons.unit, text),
    )
    if len(reasons.named) > len(_COLOURS):
        caption += " " + text.say("{n} of {all} reasons by name.", n=len(_COLOURS), all=len(reasons.named))
    return Chart(figure, caption, _alt(study, reasons, text))


def _times(reasons: ReasonsOfLeaving, through: float, n_bands: int) -> tuple[Floats, Literal["post"] | None]:
    """Where the bands are drawn, and whether in steps: so many that they would weigh too much look like a line."""
    times = reasons.curves.overall.time
    times = times[times <= through]
    if times.size * n_bands <= _MAX_STEPS:
        return np.concatenate([[0.0], times]), "post"
    return np.linspace(0, through, MAX_POINTS), None


def _bands(reasons: ReasonsOfLeaving, times: Floats, text: Text) -> list[tuple[str, Floats, str, str]]:
    """Name, share at each time, colour and colour of the words, from the bottom up; of many reasons the largest."""
    shares = {reason.level: _share_at(reasons, reason.level, times) for reason in reasons.reasons}
    named = [reason.level for reason in reasons.named]
    rest = [level for level in (*named[len(_COLOURS) :], OTHER) if level in shares]
    bands = [
        (short_name(reason_name(level, text)), shares[level], colour, words)
        for level, (colour, words) in zip(named, _COLOURS.items(), strict=False)
    ]
    if rest:
        bands.append((reason_name(OTHER, text), np.sum([shares[level] for level in rest], axis=0), _OTHER, MUTED))
    if UNKNOWN in shares:
        bands.append((reason_name(UNKNOWN, text), shares[UNKNOWN], _UNKNOWN, MUTED))
    left = np.sum(list(shares.values()), axis=0)
    return [*bands, (text.say("still here"), 1 - left, _HERE, INK)]


def _share_at(reasons: ReasonsOfLeaving, level: str, times: Floats) -> Floats:
    curves = reasons.curves
    risen = np.concatenate([[0.0], curves.incidence[:, curves.causes.index(level)]])
    return risen[np.searchsorted(curves.overall.time, times, side="right")]


def _label_bands(axes: Axes, bands: list[tuple[str, Floats, str, str]], through: float, text: Text) -> None:
    """The name and the share of each band at its right end, moved apart where they would touch."""
    ends = np.array([share[-1] for _, share, _, _ in bands])
    places = _moved_apart(np.cumsum(ends) - ends / 2)
    for (name, _, _, words), end, place in zip(bands, ends, places, strict=True):
        axes.annotate(
            text.say("{name} {share}", name=name, share=text.percent(float(end))),
            (through, float(place)),
            xytext=(6, 0),
            textcoords="offset points",
            color=words,
            va="center",
            fontsize=9,
            annotation_clip=False,
        )


def _mark_horizon(axes: Axes, reasons: ReasonsOfLeaving, text: Text) -> None:
    axes.axvline(reasons.horizon, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        at_time(reasons.horizon, reasons.unit, text),
        (reasons.horizon, 1),
        xytext=(0, 4),
        textcoords="offset points",
        color=MUTED,
        ha="center",
        fontsize=9,
        annotation_clip=False,
    )


def _moved_apart(places: Floats) -> list[float]:
    """Rising places, at least a line apart: up from the bottom, and down again where they would pass the top."""
    apart: list[float] = []
    for place in places:
        apart.append(max(float(place), apart[-1] + _LINE if apart else _LINE / 2))
    ceiling = 1 - _LINE / 2
    for at in range(len(apart) - 1, -1, -1):
        apart[at] = min(apart[at], ceiling)
        ceiling = apart[at] - _LINE
    return apart


def _alt(study: ChurnStudy, reasons: ReasonsOfLeaving, text: Text) -> str:
    through = min(study.horizon, reasons.shown_through)
    named = [
        (reason.level, float(_share_at(reasons, reason.level, np.array([through]))[0])) for reason in reasons.reasons
    ]
    parts = [
        text.say("{share} left: {reason}", share=text.percent(share), reason=reason_name(level, text))
        for level, share in named
    ]
    stay = 1 - sum(share for _, share in named)
    return text.say(
        "Of new customers {when}, {stay} are still here; {parts}.",
        when=at_time(through, reasons.unit, text),
        stay=text.percent(stay),
        parts=text.join(parts),
    )


def table_of_reasons(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> Table | None:
    """The reasons in numbers, beside what a careless reading would make of them; None where none are recorded."""
    if reasons is None:
        return None
    rows = [_row(reason, text) for reason in reasons.reasons]
    if len(rows) > 1:
        rows.append(_total(reasons, text))
    return Table(
        caption=_table_caption(study, reasons, text),
        columns=(
            text.say("Reason"),
            text.say("Have left"),
            text.say("Leave, of 100 new"),
            text.say("Will leave, of those here"),
            text.say("If there were no other reason (too high)"),
        ),
        align=("left", "right", "right", "right", "right"),
        rows=tuple(rows) or ((text.say("Nobody has left yet."), "", "", "", ""),),
    )


def _row(reason: ReasonOfLeaving, text: Text) -> tuple[str, ...]:
    naive = reason.naive
    alone = _with_interval(100 * naive.value, 100 * naive.ci_lower, 100 * naive.ci_upper, 1, text)
    return (
        reason_name(reason.level, text),
        text.count(reason.n_left),
        _cannot_be_said(text) if reason.incidence.reason else of_hundred(reason, text),
        _departures(reason.departures, text),
        _cannot_be_said(text) if naive.reason else alone,
    )


def _total(reasons: ReasonsOfLeaving, text: Text) -> tuple[str, ...]:
    stay, over = reasons.stay, reasons.overstated
    leave = _with_interval(100 * (1 - stay.value), 100 * (1 - stay.ci_upper), 100 * (1 - stay.ci_lower), 1, text)
    return (
        text.say("All"),
        text.count(reasons.n_left),
        _cannot_be_said(text) if stay.reason else leave,
        _departures(reasons.departures, text),
        _cannot_be_said(text) if over is None else text.number(100 * (1 - stay.value + over)),
    )


def _departures(expected: ExpectedDepartures, text: Text) -> str:
    if expected.reason:
        return _cannot_be_said(text)
    return _with_interval(expected.value, expected.ci_lower, expected.ci_upper, 0, text)


def _with_interval(value: float, lower: float, upper: float, digits: int, text: Text) -> str:
    return text.say(
        "{number} ({interval})", number=text.number(value, digits), interval=text.interval(lower, upper, digits)
    )


def _cannot_be_said(text: Text) -> str:
    return text.say("not estimable")


def _table_caption(study: ChurnStudy, reasons: ReasonsOfLeaving | None, text: Text) -> str:
    caption = text.say(
        "Why customers leave: so far, and within {span}, with {level} intervals.",
        span=span(study.horizon, study.unit, text),
        level=text.percent(study.confidence_level, 0),
    )
    if reasons and reasons.reasons and not reasons.departures.reason and _has_covariates(study):
        counted = text.say(
            "Those here who will leave are counted by one curve for all; the headline goes, where it can, by the "
            "covariates of each customer, and may differ."
        )
        caption = f"{caption} {counted}"
    over = reasons.overstated if reasons and len(reasons.reasons) > 1 else None
    if reasons is None or over is None:
        return caption
    warning = text.say(
        "The last column counts as if who leaves for another reason could still leave for this one: added up, it says "
        "{naive} of 100, where {leave} leave.",
        naive=text.number(100 * (1 - reasons.stay.value + over)),
        leave=text.number(100 * (1 - reasons.stay.value)),
    )
    return f"{caption} {warning}"


def _has_covariates(study: ChurnStudy) -> bool:
    seen = study.observation
    return bool(seen.categorical or seen.numeric or seen.since)
