"""Members against the rest where there is no experiment: a chart of what is read naively, and of what is left of it."""

from collections.abc import Sequence

from retention_lab.analysis.experiments.membership import Membership
from retention_lab.findings.experiments.membership import points
from retention_lab.findings.words import covariate_name, span
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text
from retention_lab.views.churn import short_name
from retention_lab.views.display import Chart, no_chart
from retention_lab.views.theme import GRID, MUTED, PALETTE, themed_axes


def plot_membership(memberships: Sequence[Membership], text: Text) -> Chart:
    """How far members are ahead, naively and from a landmark, programme by programme."""
    shown = [one for one in memberships if not (one.naive.reason and one.landmark.reason)]
    if not shown:
        said = text.say("0 programmes that customers join can be compared.")
        why = text.say("No programme is declared that customers join: there are no members to compare with others.")
        return no_chart(said, text.say("Members against others."), why)
    rows = [row for one in shown for row in _rows(one, text)]
    with themed_axes(height=1.2 + 0.36 * len(rows)) as (figure, axes):
        for place, (_, estimate, colour) in enumerate(reversed(rows)):
            low, mid, high = (100 * end for end in (estimate.ci_lower, estimate.value, estimate.ci_upper))
            axes.plot([low, high], [place, place], color=colour, linewidth=2.4)
            axes.plot(mid, place, "o", color=colour, markersize=6)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True, color=GRID)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(text.say("Points by which members are ahead"))
    caption = text.say(
        "How many more members than others are still here after {span}, with {level} intervals: naively, and counted "
        "from the day by which they had joined. Neither is an effect of the programme.",
        span=span(shown[0].horizon, shown[0].unit, text),
        level=text.percent(shown[0].naive.confidence_level, 0),
    )
    return Chart(figure, caption, _alt(shown[0], text))


def _rows(one: Membership, text: Text) -> list[tuple[str, Estimate, str]]:
    name = short_name(covariate_name(one.name))
    rows = [
        (text.say("{name}, naive (wrong)", name=name), one.naive, PALETTE[1]),
        (text.say("{name}, fair start", name=name), one.landmark, PALETTE[0]),
    ]
    return [row for row in rows if not row[1].reason]


def _alt(one: Membership, text: Text) -> str:
    return text.say(
        "Members of “{name}” are ahead by {naive} naively, and by {fair} from {at} on.",
        name=covariate_name(one.name),
        naive=points(one.naive, text),
        fair=points(one.landmark, text),
        at=span(one.landmark_at, one.unit, text),
    )
