"""Churn in sentences: the first screen of the report, and all that a playbook says beside it."""

from collections.abc import Sequence

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.groups import GroupComparison
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.departures import departures_finding, value_finding
from retention_lab.findings.drivers import driver_findings
from retention_lab.findings.finding import Findings
from retention_lab.findings.groups import group_findings
from retention_lab.findings.timing import when_finding, when_sentence
from retention_lab.text import Text

__all__ = [
    "departures_finding",
    "driver_findings",
    "group_findings",
    "headline",
    "value_finding",
    "when_finding",
    "when_sentence",
]


def headline(
    study: ChurnStudy,
    result: ChurnSurvival,
    comparisons: Sequence[GroupComparison],
    drivers: Drivers,
    text: Text,
) -> Findings:
    """The first screen: how many, how much, when, who, and what goes with it."""
    value = value_finding(study, result, drivers, text)
    moved = [one for one in driver_findings(drivers, text) if one.verdict == "act" and one.action]
    return Findings(
        (
            departures_finding(study, result, drivers, text),
            *([value] if value else []),
            when_finding(study, result, text),
            *group_findings(study, comparisons[:1], text),
            *moved[:1],
        )
    )
