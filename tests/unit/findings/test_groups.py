from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.groups import GroupComparison, GroupSurvival
from retention_lab.analysis.study import ChurnStudy
from retention_lab.findings.groups import group_finding, group_findings
from retention_lab.methods.estimates import Estimate
from retention_lab.tables.levels import OTHER, UNKNOWN
from retention_lab.text import Text

MakeComparison = Callable[..., GroupComparison]


def estimate(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(
        value=value, ci_lower=lower, ci_upper=upper, std_error=0.01, n_obs=500, confidence_level=0.95, method=""
    )


@pytest.fixture
def make_comparison(result: ChurnSurvival) -> MakeComparison:
    """Two plans, of which Basic lies `gap` below the other; `upper` is the limit that allows for several groups."""

    def make(
        gap: float = -0.162,
        upper: float = -0.14,
        pvalue: float = 0.0,
        group: dict[str, Any] | None = None,
        **changes: Any,
    ) -> GroupComparison:
        basic = GroupSurvival(
            level="Basic",
            curve=result.curve,
            at_horizon=estimate(0.737, 0.72, 0.75),
            difference=estimate(gap, gap - 0.012, gap + 0.013),
            familywise_upper=upper,
            departures=replace(
                result.departures, value=109.4, ci_lower=105.2, ci_upper=113.4, n_covered=636, n_not_covered=0
            ),
            n_obs=1000,
            n_left=364,
            shown_through=500,
        )
        basic = replace(basic, **(group or {}))
        plus = replace(basic, level="Plus", difference=estimate(-gap, -gap - 0.013, -gap + 0.012), familywise_upper=0.2)
        comparison = GroupComparison(
            column="plan_type",
            groups=(basic, plus),
            log_rank=None,
            pvalue_adjusted=pvalue,
            pooled=(),
            unit="days",
            horizon=365,
            confidence_level=0.95,
        )
        return replace(comparison, **changes)

    return make


def test_a_clear_gap_is_said_with_shares_points_and_interval(
    study: ChurnStudy, make_comparison: MakeComparison, text: Text
) -> None:
    found = group_finding(study, make_comparison(), text)

    assert found.id == "churn.group.plan_type"
    assert found.verdict == "act"
    assert found.headline == (
        "Customers with plan type “Basic” leave sooner: 73.7% are still here after 365 days, against 89.9% of all "
        "others. That is 16.2 points fewer (14.9 to 17.4)."
    )
    assert found.action == "Start with the 636 of them still here: about 109 (105 to 113) will leave within 100 days."
    assert "p < 0.001" in found.method
    assert found.ci_lower < found.estimate < found.ci_upper < 0


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"upper": -0.02}, "act"),
        ({"upper": -0.005}, "watch"),
        ({"upper": 0.001}, "no_evidence"),
        ({"pvalue": 0.06}, "no_evidence"),
        ({"pvalue": float("nan")}, "not_enough_data"),
        ({"group": {"n_left": 4}}, "not_enough_data"),
        ({"groups": ()}, "not_enough_data"),
    ],
)
def test_the_verdict_follows_the_numbers(
    study: ChurnStudy, make_comparison: MakeComparison, text: Text, changes: dict[str, Any], verdict: str
) -> None:
    found = group_finding(study, make_comparison(**changes), text)

    assert found.verdict == verdict
    assert bool(found.action) == (verdict == "act")
    assert ("leave sooner" in found.headline) == (verdict in ("act", "watch"))


def test_a_p_value_is_judged_at_the_level_that_was_asked_for(
    study: ChurnStudy, make_comparison: MakeComparison, text: Text
) -> None:
    assert group_finding(study, make_comparison(pvalue=0.06, confidence_level=0.9), text).verdict == "act"
    assert group_finding(study, make_comparison(pvalue=0.03, confidence_level=0.99), text).verdict == "no_evidence"


def test_no_clear_group_and_too_little_have_sentences_of_their_own(
    study: ChurnStudy, make_comparison: MakeComparison, text: Text
) -> None:
    unclear, too_little = make_comparison(pvalue=0.5), make_comparison(groups=(), pvalue=float("nan"))

    assert group_finding(study, unclear, text).headline == (
        "By plan type, no group has clearly lost more customers than the others after 365 days."
    )
    found = group_finding(study, too_little, text)
    assert found.headline == "By plan type, there is too little to compare groups."
    assert found.to_dict()["estimate"] is None
    assert "p" not in found.method.replace("Kaplan", "").split()


def test_those_who_cannot_be_judged_are_told_apart(
    study: ChurnStudy, make_comparison: MakeComparison, result: ChurnSurvival, text: Text
) -> None:
    judged = replace(result.departures, value=50, ci_lower=45, ci_upper=55, n_covered=500, n_not_covered=136)

    action = group_finding(study, make_comparison(group={"departures": judged}), text).action

    assert action == (
        "Start with the 636 of them still here: of 500 who can be judged, about 50 (45 to 55) will leave "
        "within 100 days."
    )


@pytest.mark.parametrize(
    ("n_left", "action"),
    [
        (1000, "None of them is still here: look at how such customers are won."),
        (999, "Start with the one of them still here."),
        (364, "Start with the 636 of them still here."),
    ],
)
def test_what_to_do_where_nobody_knows_how_many_will_leave(
    study: ChurnStudy, make_comparison: MakeComparison, result: ChurnSurvival, text: Text, n_left: int, action: str
) -> None:
    unknown = replace(result.departures, reason="not_observed", value=np.nan)
    comparison = make_comparison(group={"departures": unknown, "n_left": n_left})

    assert group_finding(study, comparison, text).action == action


def test_pooled_groups_and_when_the_covariate_was_known_are_said(
    study: ChurnStudy, make_comparison: MakeComparison, text: Text
) -> None:
    one = group_finding(study, make_comparison(pooled=(UNKNOWN,)), text).caveats
    two = group_finding(study, make_comparison(pooled=("a", "b")), text).caveats

    assert one[0] == "Plan type is as it stood when the export was made; it may have changed before."
    assert one[1] == "1 group is not shown on its own, so that no group below 10 customers can be recognised."
    assert two[1] == "2 groups are not shown on their own, so that no group below 10 customers can be recognised."


def test_pooled_customers_and_those_not_known_are_never_the_ones_that_leave_sooner(
    study: ChurnStudy, make_comparison: MakeComparison, text: Text
) -> None:
    for label in (OTHER, UNKNOWN):
        comparison = make_comparison(group={"level": label})
        found = group_finding(study, comparison, text)
        assert found.verdict == "no_evidence"
        assert "Basic" not in found.headline


def test_a_level_of_the_client_is_said_as_it_is(study: ChurnStudy, make_comparison: MakeComparison, text: Text) -> None:
    found = group_finding(study, make_comparison(group={"level": "{n} %s <b>"}), text)

    assert found.headline.startswith("Customers with plan type “{n} %s <b>” leave sooner: ")


def test_each_covariate_has_one_finding(study: ChurnStudy, make_comparison: MakeComparison, text: Text) -> None:
    found = group_findings(study, [make_comparison(), make_comparison(column="region")], text)

    assert [one.id for one in found] == ["churn.group.plan_type", "churn.group.region"]
