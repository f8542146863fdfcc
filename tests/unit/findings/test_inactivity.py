from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.inactivity import Candidate, CustomerActivity, HoldOut, HoldOutClass
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.alive import hold_out_sentence
from retention_lab.findings.inactivity import activity_findings
from retention_lab.methods.estimates import Estimate
from retention_lab.methods.repeat_buying import RepeatBuying
from retention_lab.tables.inactivity import InactivityRule
from retention_lab.text import Text

MakeActivity = Callable[..., CustomerActivity]


def estimate(value: float, lower: float, upper: float, **changes: Any) -> Estimate:
    found = Estimate(
        value=value, ci_lower=lower, ci_upper=upper, std_error=1, n_obs=100, confidence_level=0.95, method="a method"
    )  # fmt: skip
    return replace(found, **changes)


def candidate(days: int, wrong: float, is_chosen: bool = False) -> Candidate:
    share = estimate(wrong, wrong - 0.01, wrong + 0.01)
    return Candidate(inactive_days=days, wrong=share, n_silent=500, is_chosen=is_chosen)


NOBODY = np.full(4, np.nan)
RULE = InactivityRule(
    inactive_days=90, source="auto", purchases_from=date(2025, 1, 1), purchases_through=date(2026, 10, 31),
    gaps=pd.DataFrame(), followed=400, candidates=(45, 90), wrong=0.031, starts_known=False, n_buyers=1000,
    n_never_bought=0, n_bought_once=100, n_maybe_older=0, n_active=700, n_came_back=0,
)  # fmt: skip
CLASS = HoldOutClass(lower=0, upper=np.inf, n_customers=900, predicted=2.0, actual=estimate(2.05, 1.9, 2.2))
HOLD_OUT = HoldOut(cut=date(2026, 1, 31), days=273, classes=(CLASS,), total=CLASS)


@pytest.fixture
def make_activity() -> MakeActivity:
    """A thousand buyers, of whom 700 bought within the 90 days of the rule; with changes."""

    def make(wrong: float = 0.031, **changes: Any) -> CustomerActivity:
        chosen = changes.pop("chosen", candidate(90, wrong, is_chosen=True))
        found = CustomerActivity(
            rule=RULE,
            candidates=(candidate(45, 0.4), chosen),
            chosen=chosen,
            alive=estimate(720.4, 690, 750),
            model=RepeatBuying(
                model="MBG/NBD", r=1, alpha=1, a=1, b=1, covariance=np.eye(4), std_errors=NOBODY, log_likelihood=-1,
                n_obs=1000, n_repeating=900, method="a model",
            ),
            hold_out=HOLD_OUT,
            confidence_level=0.95,
        )  # fmt: skip
        return replace(found, **changes)

    return make


def test_a_good_rule_is_said_with_how_often_it_would_have_been_wrong(
    study: ChurnStudy, make_activity: MakeActivity, text: Text
) -> None:
    rule, _ = activity_findings(study, make_activity(), text)

    assert rule.id == "churn.rule"
    assert rule.verdict == "fine"
    assert rule.headline == (
        "A customer counts as gone after 90 days without a purchase; 3.1% of those silent for longer buy again all the "
        "same (2.1% to 4.1%)."
    )
    assert (rule.estimate, rule.n_obs) == (pytest.approx(3.1), 500)
    assert rule.definition.startswith("Gone: more than 90 days without a purchase")
    assert any("followed for 400 days" in caveat for caveat in rule.caveats)


@pytest.mark.parametrize(
    ("wrong", "verdict", "action"),
    [
        (
            0.2,
            "watch",
            "Of 100 silences that count as leaving by this rule, about 20 end with a purchase all the same.",
        ),
        (0.81, "invalid", "Read “gone” as “paused for more than 90 days”"),
    ],
)
def test_where_no_rule_is_good_that_is_said_first(
    study: ChurnStudy, make_activity: MakeActivity, text: Text, wrong: float, verdict: str, action: str
) -> None:
    rule, _ = activity_findings(study, make_activity(wrong), text)

    assert rule.verdict == verdict
    assert rule.headline.startswith("No silence tells for sure that a customer has gone: even after 90 days, ")
    assert rule.action.startswith(action)


def test_a_rule_of_the_client_that_is_too_short_is_told_a_better_one(
    study: ChurnStudy, make_activity: MakeActivity, text: Text
) -> None:
    chosen = candidate(30, 0.6, is_chosen=True)
    given = make_activity(
        chosen=chosen, candidates=(chosen, candidate(90, 0.031)), rule=replace(RULE, source="client file")
    )

    rule, _ = activity_findings(study, given, text)

    assert rule.verdict == "invalid"
    assert rule.headline.startswith("A customer counts as gone after")
    assert rule.action == "Set inactive_days to 90 in the client file: that would have been wrong for 3.1%."


def test_a_rule_that_cannot_be_judged_says_why(study: ChurnStudy, make_activity: MakeActivity, text: Text) -> None:
    unknown = estimate(np.nan, np.nan, np.nan, reason="not_observed")
    chosen = replace(candidate(90, 0.0, is_chosen=True), wrong=unknown)

    rule, _ = activity_findings(study, make_activity(chosen=chosen), text)

    assert rule.verdict == "not_enough_data"
    assert "How often that is wrong cannot be said" in rule.headline
    assert "for 400 days" in rule.headline
    assert rule.to_dict()["estimate"] is None


def test_whoever_is_not_counted_or_counted_doubtfully_is_said(
    study: ChurnStudy, make_activity: MakeActivity, text: Text
) -> None:
    rule = replace(RULE, n_maybe_older=250, n_came_back=12, n_before_start=1, n_never_bought=5)
    observed = replace(study, observation=replace(study.observation, left_out={"started_after": 40}))

    said = " ".join(activity_findings(observed, make_activity(rule=rule), text).findings[0].caveats)

    for expected in (
        "12 customers were silent for longer and came back",
        "250 of 1,000 customers may be older than the export",
        "1 customer bought before the day of the start",
        "5 customers never bought and are left out",
        "40 customers first bought after 2 August 2026 and are left out",
    ):
        assert expected in said
    known = replace(rule, starts_known=True)
    assert "older than" not in " ".join(
        activity_findings(observed, make_activity(rule=known), text).findings[0].caveats
    )


def test_how_many_are_still_customers_by_model_and_by_rule(
    study: ChurnStudy, make_activity: MakeActivity, text: Text
) -> None:
    _, alive = activity_findings(study, make_activity(), text)

    assert (alive.id, alive.verdict, alive.n_obs) == ("churn.alive", "fine", 1000)
    assert alive.headline == (
        "Of 1,000 customers who ever bought, about 720 (690 to 750) are still customers, judged by how each of them "
        "buys; 700 bought within the last 90 days."
    )
    assert alive.caveats[0].endswith(
        "the model expected 2.00 purchases a customer in the 273 days after it; there were 2.05 (1.90 to 2.20)."
    )


@pytest.mark.parametrize(("predicted", "verdict"), [(2.15, "fine"), (2.25, "fine"), (2.3, "watch"), (1.7, "watch")])
def test_a_model_that_missed_what_came_is_to_be_watched(
    study: ChurnStudy, make_activity: MakeActivity, text: Text, predicted: float, verdict: str
) -> None:
    total = replace(CLASS, predicted=predicted)

    _, alive = activity_findings(study, make_activity(hold_out=replace(HOLD_OUT, total=total)), text)

    assert alive.verdict == verdict
    assert alive.action.startswith("Take it as a rough number") == (verdict == "watch")


def test_without_enough_repeats_only_the_rule_counts(
    study: ChurnStudy, make_activity: MakeActivity, text: Text
) -> None:
    nothing = estimate(np.nan, np.nan, np.nan, reason="too_few")
    given = make_activity(alive=nothing, rule=replace(RULE, n_bought_once=996))

    _, alive = activity_findings(study, given, text)

    assert alive.verdict == "not_enough_data"
    assert alive.headline.startswith("700 of 1,000 customers bought within the last 90 days. ")
    assert "only 4 customers ever bought on a second day" in alive.headline
    assert "nan" not in alive.headline


def test_a_hold_out_that_could_not_be_made_is_said(text: Text) -> None:
    nothing = replace(HOLD_OUT, classes=(), total=None, reason="too_few")

    assert "could not be tried" in hold_out_sentence(nothing, text)


def test_contracts_need_no_rule_and_one_sentence_says_so(study: ChurnStudy, text: Text) -> None:
    (only,) = activity_findings(study, None, text)

    assert (only.id, only.verdict) == ("churn.rule", "fine")
    assert only.headline == "The contracts of this client end on a day, so no rule is needed to say who has left."
