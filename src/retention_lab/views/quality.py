"""What the exports cover and what is wrong with them: rows over time, and the list of what to mend."""

from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from retention_lab.analysis.quality.issues import Issue
from retention_lab.analysis.quality.study import QualityStudy, TableQuality
from retention_lab.findings.quality.words import consequences, kind_name, place_name
from retention_lab.text import Text
from retention_lab.views.display import Chart, Table, no_chart
from retention_lab.views.theme import ACCENT, MUTED, PALETTE, month_axis, themed_axes

MAX_POINTS = 180
_MOST_ROWS = 40
_PANEL = 1.35


def plot_coverage(study: QualityStudy, text: Text) -> Chart:
    """The rows of each table, month by month: gaps and ends that come too early are seen at once."""
    drawn = [table for table in study.tables if len(table.months) > 1]
    if not drawn:
        said = text.say("0 tables have dates in more than one month.")
        return no_chart(said, text.say("The rows of each table, by month."), text.say("No table has a time to show."))
    with themed_axes(height=0.5 + _PANEL * len(drawn)) as (figure, axes):
        axes.remove()
        panels = figure.subplots(len(drawn), 1, sharex=True, squeeze=False)[:, 0]
        for panel, table in zip(panels, drawn, strict=True):
            _draw_months(panel, table, study.through, text)
        _date_axis(panels[-1], drawn)
    caption = text.say(
        "The rows of each table that were kept, by month: by the first day of a customer, by the time of everything "
        "else. A month without rows is drawn at nought."
    )
    if study.through:
        caption += " " + text.say("The dashed line is the last day that counts.")
    return Chart(figure, caption, _alt(drawn, text))


def _draw_months(axes: Axes, table: TableQuality, through: date | None, text: Text) -> None:
    months, counts = _whole(table)
    axes.fill_between(months, counts, step="post", color=ACCENT, alpha=0.18, linewidth=0)
    axes.plot(months, counts, color=ACCENT, linewidth=1.4, drawstyle="steps-post")
    if through:
        axes.axvline(through.toordinal(), color=PALETTE[1], linewidth=1, linestyle=(0, (4, 3)))
    axes.set_title(table.table, loc="left", fontsize=9.5, color=MUTED)
    axes.set_ylim(0, 1.12 * max(float(counts.max()), 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: text.count(n)))


def _whole(table: TableQuality) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The first days of all months through the last one with rows, as day numbers, and the rows of each.

    More months than can be told apart are drawn as quarters or years.
    """
    seen = np.array(table.months["month"].tolist(), dtype="datetime64[M]")
    every = np.arange(seen[0], seen[-1] + 1)
    rows = np.zeros(len(every))
    rows[(seen - seen[0]).astype(int)] = table.months["n_rows"].to_numpy(dtype=float)
    width = next(width for width in (1, 3, 12, 120, len(every)) if len(every) <= MAX_POINTS * width)
    starts = np.arange(0, len(every), width)
    summed = np.add.reduceat(rows, starts)
    # The last step goes on to where the next one would begin.
    edges = [_ordinal(month) for month in (*every[starts], every[-1] + 1)]
    return np.array(edges, dtype=float), np.append(summed, summed[-1])


def _ordinal(month: np.datetime64) -> int:
    day: date = month.astype("datetime64[D]").astype(object)
    return day.toordinal()


def _date_axis(axes: Axes, drawn: list[TableQuality]) -> None:
    first = min(table.months["month"].iloc[0] for table in drawn)
    last = max(table.months["month"].iloc[-1] for table in drawn)
    month_axis(axes, first, last)


def _alt(drawn: list[TableQuality], text: Text) -> str:
    said = [
        text.say(
            "{table}: {n} rows from {first} to {last}",
            table=table.table,
            n=text.count(table.months["n_rows"].sum()),
            first=text.date(table.first_day),
            last=text.date(table.last_day),
        )
        for table in drawn
        if table.first_day and table.last_day
    ]
    return "; ".join(said) + "."


def table_of_issues(study: QualityStudy, text: Text) -> Table:
    """What is to be mended, the worst first: where, what, how often, and what to do."""
    to_mend = study.of_level("stops", "loses", "bends")
    caption = text.say("What to mend, the worst first. Row numbers are those that a spreadsheet shows.")
    if len(to_mend) > _MOST_ROWS:
        more = text.count(len(to_mend) - _MOST_ROWS)
        caption += " " + text.say("{n} more stand in to-mend.csv.", n=more)
    nothing = (text.say("Nothing"), "", "", "", "")
    return Table(
        caption=caption,
        columns=(
            text.say("Where"),
            text.say("Found"),
            text.say("Rows"),
            text.say("First row"),
            text.say("What to do"),
        ),
        align=("left", "left", "right", "right", "left"),
        rows=tuple(_issue_row(issue, text) for issue in to_mend[:_MOST_ROWS]) or (nothing,),
    )


def _issue_row(issue: Issue, text: Text) -> tuple[str, str, str, str, str]:
    found = issue.found or kind_name(issue.kind, text)
    if issue.example and not issue.found:
        found = text.say("{found}: {example}", found=found, example=issue.example)
    row = text.count(issue.first_row) if issue.first_row else ""
    return (
        place_name(issue.table, issue.column, text),
        found,
        text.count(issue.n_rows) if issue.n_rows else "",
        text.say("{row} of {file}", row=row, file=issue.first_file) if row and issue.first_file else row,
        issue.remedy,
    )


def table_of_consequences(study: QualityStudy, text: Text) -> Table:
    """What the faults of each table do to the numbers, and to which playbooks."""
    rows = tuple(
        (one.table, one.said, text.count(one.n_rows) if one.n_rows else "", text.join(list(one.playbooks)))
        for one in consequences(study, text)
    )
    return Table(
        caption=text.say("What the faults do to the numbers, and which playbooks look there."),
        columns=(text.say("Where"), text.say("What it does"), text.say("Rows"), text.say("Playbooks")),
        align=("left", "left", "right", "left"),
        rows=rows or ((text.say("Nothing"), "", "", ""),),
    )


def table_of_playbooks(study: QualityStudy, text: Text) -> Table:
    """Which questions can be asked of these data, and which columns would enable the others."""
    rows = [(name, text.say("can run"), "") for name in study.able]
    rows += [(name, text.say("cannot run"), text.join(list(missing))) for name, missing in study.lacking.items()]
    return Table(
        caption=text.say("What can be asked of these data."),
        columns=(text.say("Playbook"), text.say("With these data"), text.say("What would enable it")),
        align=("left", "left", "left"),
        rows=tuple(rows) or ((text.say("Nothing"), "", ""),),
    )


def table_of_blanks(study: QualityStudy, text: Text) -> Table:
    """What is only told: nothing has to be mended for it."""
    told = study.of_level("told")
    return Table(
        caption=text.say("What to know. Nothing was set aside or changed for it."),
        columns=(text.say("Where"), text.say("Found"), text.say("Rows"), text.say("Share"), text.say("What to do")),
        align=("left", "left", "right", "right", "left"),
        rows=tuple(
            (
                place_name(issue.table, issue.column, text),
                kind_name(issue.kind, text) if issue.kind == "blank" else issue.found,
                text.count(issue.n_rows) if issue.n_rows else "",
                text.percent(issue.share) if issue.n_rows else "",
                issue.remedy,
            )
            for issue in told[:_MOST_ROWS]
        )
        or ((text.say("Nothing"), "", "", "", ""),),
    )
