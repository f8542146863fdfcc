"""The answers that stand at the top of the report."""

from dataclasses import replace

from retention_lab.analysis.feedback.accuracy import AccuracyCard
from retention_lab.analysis.feedback.callers import CallPlan
from retention_lab.analysis.feedback.leaving import LeavingByMood, NotJoined
from retention_lab.analysis.feedback.mood_study import MoodStudy
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.analysis.feedback.topics import Topics
from retention_lab.findings.feedback.accuracy import accuracy_finding
from retention_lab.findings.feedback.calls import calls_finding
from retention_lab.findings.feedback.leaving import leaving_finding
from retention_lab.findings.feedback.shares import unhappy_finding
from retention_lab.findings.feedback.topics import topic_findings
from retention_lab.findings.finding import Finding, Findings
from retention_lab.text import Text


def feedback_headline(
    study: FeedbackStudy,
    moods: MoodStudy,
    topics: Topics,
    card: AccuracyCard,
    found: LeavingByMood | NotJoined,
    plan: CallPlan,
    text: Text,
) -> Findings:
    """How many are unhappy, about what, who must be called, whether it tells who leaves, and how far to trust it."""
    first = list(topic_findings(topics, moods.is_year_before, text))[:1]
    weakest = accuracy_finding(card, card.weakest, text)
    answers: list[Finding] = [
        unhappy_finding(study, moods, text),
        *first,
        calls_finding(plan, study, text),
        leaving_finding(found, text),
        # Its own section has the rest.
        replace(weakest, caveats=()),
    ]
    return Findings(tuple(answers))
