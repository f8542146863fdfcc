"""Churn in sentences: the first screen of the report, and all that a playbook says beside it."""

from collections.abc import Sequence

from retention_lab.analysis.actions import ActionPlan
from retention_lab.analysis.backtest import Backtest
from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.drivers import Drivers
from retention_lab.analysis.groups import GroupComparison
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.actions import actions_finding
from retention_lab.findings.backtest import backtest_finding
from retention_lab.findings.departures import departures_finding, value_finding
from retention_lab.findings.drivers import driver_findings
from retention_lab.findings.entry_range import entry_finding
from retention_lab.findings.finding import Findings
from retention_lab.findings.groups import group_findings
from retention_lab.findings.hazards import hazards_finding
from retention_lab.findings.inactivity import activity_findings
from retention_lab.findings.reasons import reasons_finding
from retention_lab.findings.timing import when_finding, when_sentence
from retention_lab.text import Text

__all__ = [
    "actions_finding",
    "activity_findings",
    "backtest_finding",
    "departures_finding",
    "driver_findings",
    "entry_finding",
    "group_findings",
    "hazards_finding",
    "headline",
    "reasons_finding",
    "value_finding",
    "when_finding",
    "when_sentence",
]


def headline(
    study: ChurnStudy,
    result: ChurnSurvival,
    comparisons: Sequence[GroupComparison],
    drivers: Drivers,
    tested: Backtest,
    plan: ActionPlan,
    text: Text,
) -> Findings:
    """The first screen: how many, how much, what to do about it, when, and who; and a test that it did not pass."""
    value, test = value_finding(study, result, drivers, text), backtest_finding(study, tested, text)
    return Findings(
        (
            departures_finding(study, result, drivers, text),
            *([test] if test.verdict == "watch" else []),
            *([value] if value else []),
            actions_finding(plan, study, text),
            when_finding(study, result, text),
            *group_findings(study, comparisons[:1], text),
        )
    )
