"""Members against the rest: what is read naively, what is left of it, and that neither is an effect."""

import pytest
from experiment_results import estimate, membership

from retention_lab.findings.experiments.membership import membership_finding
from retention_lab.methods.estimates import not_estimable
from retention_lab.text import Text

UNKNOWN = not_estimable("not_observed", n_obs=10, confidence_level=0.95, method="")


def test_both_numbers_are_given_and_neither_is_called_an_effect(text: Text) -> None:
    found = membership_finding(membership(), text)

    assert found.id == "experiment.membership.club"
    assert found.verdict == "no_evidence"
    assert found.headline == (
        "Read naively, members of “club” are ahead by 27.9 points (26.4 to 29.4) after 365 days; counted only from 193 "
        "days on, when they had joined, they are not clearly ahead or behind (0.2 points; −1.2 to 1.6). Neither is an "
        "effect of the programme: who joins is not like who does not."
    )
    assert "experiment-plan" in found.action
    assert found.estimate == pytest.approx(0.2)


def test_members_may_be_behind(text: Text) -> None:
    found = membership_finding(membership(landmark=estimate(-0.05, 0.02)), text)

    assert "they are behind by 5.0 points (3.0 to 7.0)" in found.headline


@pytest.mark.parametrize(
    ("naive", "landmark", "verdict", "words"),
    [
        (UNKNOWN, UNKNOWN, "not_enough_data", "cannot be compared over 365 days"),
        (estimate(0.2, 0.1), UNKNOWN, "not_enough_data", "too few were followed to say"),
        (UNKNOWN, estimate(0.2, 0.1), "no_evidence", "That is no effect of the programme"),
    ],
)
def test_what_was_not_observed_is_not_compared(
    naive: object, landmark: object, verdict: str, words: str, text: Text
) -> None:
    found = membership_finding(membership(naive=naive, landmark=landmark), text)

    assert found.verdict == verdict
    assert words in found.headline
    assert "–" not in found.headline
