"""All that a playbook says of feedback, in one place."""

from retention_lab.findings.feedback.accuracy import accuracy_findings
from retention_lab.findings.feedback.calls import calls_finding
from retention_lab.findings.feedback.headline import feedback_headline
from retention_lab.findings.feedback.intake import audit_finding, intake_findings
from retention_lab.findings.feedback.intents import intent_findings
from retention_lab.findings.feedback.leaving import leaving_finding
from retention_lab.findings.feedback.scores import score_findings
from retention_lab.findings.feedback.shares import unhappy_finding
from retention_lab.findings.feedback.topics import topic_findings

__all__ = [
    "accuracy_findings",
    "audit_finding",
    "calls_finding",
    "feedback_headline",
    "intake_findings",
    "intent_findings",
    "leaving_finding",
    "score_findings",
    "topic_findings",
    "unhappy_finding",
]
