"""What members against the rest can say where there is no experiment, and what they cannot, in sentences."""

from collections.abc import Sequence

from retention_lab.analysis.experiments.membership import Membership
from retention_lab.findings.experiments.amounts import one_sided
from retention_lab.findings.finding import NOT_A_NUMBER, Finding, Findings
from retention_lab.findings.words import covariate_name, span
from retention_lab.methods.estimates import Estimate
from retention_lab.text import Text


def membership_findings(memberships: Sequence[Membership], text: Text) -> Findings:
    """One finding for each programme that customers join."""
    return Findings(tuple(membership_finding(one, text) for one in memberships))


def membership_finding(one: Membership, text: Text) -> Finding:
    """The naive number beside the one from a landmark, and that neither is an effect."""
    left = one.landmark
    known = not left.reason
    return Finding(
        id=f"experiment.membership.{one.name}",
        question=text.say("Do members of “{name}” stay because they are members?", name=covariate_name(one.name)),
        headline=_headline(one, text),
        action=text.say("Plan a real test with the playbook experiment-plan: only a hold-out can tell."),
        verdict="no_evidence" if known else "not_enough_data",
        estimate=100 * left.value if known else NOT_A_NUMBER,
        ci_lower=100 * left.ci_lower if known else NOT_A_NUMBER,
        ci_upper=100 * left.ci_upper if known else NOT_A_NUMBER,
        unit=text.say("points"),
        n_obs=one.n_landmark_members + one.n_landmark_others,
        method=left.method,
        definition=text.say(
            "Customers still here {landmark} after their start, by whether they had joined by then: how many more of "
            "the {members} members than of the {others} others are still here {span} later.",
            landmark=span(one.landmark_at, one.unit, text),
            members=text.count(one.n_landmark_members),
            others=text.count(one.n_landmark_others),
            span=span(one.horizon, one.unit, text),
        ),
        caveats=_caveats(text),
    )


def _headline(one: Membership, text: Text) -> str:
    values = {
        "name": covariate_name(one.name),
        "span": span(one.horizon, one.unit, text),
        "naive": _apart(one.naive, text),
        "fair": _apart(one.landmark, text),
        "landmark": span(one.landmark_at, one.unit, text),
    }
    if one.landmark.reason and one.naive.reason:
        return text.say(
            "Members of “{name}” and others cannot be compared over {span}: too few were followed.", **values
        )
    if one.landmark.reason:
        return text.say(
            "Read naively, members of “{name}” are {naive} after {span}, but whoever joins late had to stay to join. "
            "Counted fairly, too few were followed to say.",
            **values,
        )
    if one.naive.reason:
        return text.say(
            "Of customers here {landmark} after their start, members of “{name}” are {fair} {span} later. That is no "
            "effect of the programme: who joins is not like who does not.",
            **values,
        )
    return text.say(
        "Read naively, members of “{name}” are {naive} after {span}; counted only from {landmark} on, when they had "
        "joined, they are {fair}. Neither is an effect of the programme: who joins is not like who does not.",
        **values,
    )


def _apart(one: Estimate, text: Text) -> str:
    """How far members are ahead of the others, or behind them."""
    value, lower, upper = (100 * number for number in one_sided(one.value, one.ci_lower, one.ci_upper))
    values = {"points": text.number(value), "interval": text.interval(lower, upper)}
    if one.ci_upper < 0:
        return text.say("behind by {points} points ({interval})", **values)
    if one.ci_lower > 0:
        return text.say("ahead by {points} points ({interval})", **values)
    return text.say("not clearly ahead or behind ({points} points; {interval})", **values)


def points(one: Estimate, text: Text) -> str:
    """A difference of survival in points, with its interval."""
    if one.reason:
        return text.say("not estimable")
    return text.say(
        "{points} points ({interval})",
        points=text.number(100 * one.value),
        interval=text.interval(100 * one.ci_lower, 100 * one.ci_upper),
    )


def _caveats(text: Text) -> tuple[str, ...]:
    return (
        text.say(
            "The naive number credits the programme with the time that members had to stay before they could join."
        ),
        text.say(
            "The landmark takes that away. It would be an effect only if members and others were alike in all else "
            "that makes customers stay, which nobody can check."
        ),
    )
