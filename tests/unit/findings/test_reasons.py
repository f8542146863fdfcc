import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.churn import ChurnSurvival
from retention_lab.analysis.reasons import ReasonOfLeaving, ReasonsOfLeaving, estimate_reasons
from retention_lab.analysis.study import ChurnStudy, study_churn
from retention_lab.findings.reasons import reasons_finding
from retention_lab.methods.cause_tables import cause_table
from retention_lab.methods.competing_risks import estimate_incidence
from retention_lab.methods.estimates import Estimate, not_estimable
from retention_lab.tables.client import Client
from retention_lab.tables.levels import OTHER, UNKNOWN
from retention_lab.text import Text

MakeReasons = Callable[..., ReasonsOfLeaving]
NOT_OBSERVED = not_estimable("not_observed", n_obs=1000, confidence_level=0.95, method="")


def estimate(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(
        value=value, ci_lower=lower, ci_upper=upper, std_error=0.01, n_obs=1000, confidence_level=0.95, method="AJ"
    )


@pytest.fixture
def make_reason(result: ChurnSurvival) -> Callable[..., ReasonOfLeaving]:
    def make(level: str, n_left: int, *share: float, **changes: Any) -> ReasonOfLeaving:
        expected = replace(
            result.departures, value=80.4, ci_lower=70.2, ci_upper=91.1, n_covered=500, n_not_covered=0, reason=""
        )
        found = ReasonOfLeaving(
            level=level, n_left=n_left, incidence=estimate(*share), departures=expected, naive=estimate(*share)
        )
        return replace(found, **changes)

    return make


@pytest.fixture
def make_reasons(make_reason: Callable[..., ReasonOfLeaving], result: ChurnSurvival) -> MakeReasons:
    """Price before moved before service, with a lead that is clear; with changes."""

    def make(**changes: Any) -> ReasonsOfLeaving:
        found = ReasonsOfLeaving(
            reasons=(
                make_reason("price", 250, 0.12, 0.1, 0.14),
                make_reason("moved", 150, 0.07, 0.05, 0.09),
                make_reason("service", 100, 0.04, 0.03, 0.06),
            ),
            lead=estimate(0.05, 0.02, 0.08),
            stay=estimate(0.77, 0.74, 0.8),
            departures=result.departures,
            curves=estimate_incidence(cause_table([1, 2], [1, 1], ["price", "moved"])),
            pooled=(),
            shown_through=500,
            unit="days",
            horizon=100,
            confidence_level=0.95,
        )
        return replace(found, **changes)

    return make


def test_the_most_common_reason_is_named_with_its_number_and_the_next(
    study: ChurnStudy, make_reasons: MakeReasons, text: Text
) -> None:
    found = reasons_finding(study, make_reasons(), text)

    assert (found.id, found.verdict) == ("churn.reasons", "watch")
    assert found.headline == (
        "The most common reason is “price”: of 100 new customers, 12.0 (10.0 to 14.0) leave for it within 100 days. "
        "Next: “moved” with 7.0 (5.0 to 9.0) and “service” with 4.0 (3.0 to 6.0)."
    )
    assert found.action == (
        "Look into “price” first. About 80 (70 to 91) of the 500 customers here will leave for it within 100 days."
    )
    assert (found.estimate, found.ci_lower, found.ci_upper) == pytest.approx((12, 10, 14))
    assert len(found.caveats) == 1


def test_where_chance_may_have_made_the_order_no_reason_is_called_the_first(
    study: ChurnStudy, make_reasons: MakeReasons, text: Text
) -> None:
    found = reasons_finding(study, make_reasons(lead=estimate(0.05, -0.01, 0.11)), text)

    assert found.verdict == "watch"
    assert found.headline == (
        "Which reason is the most common is not clear: of 100 new customers, 12.0 (10.0 to 14.0) leave for “price” "
        "and 7.0 (5.0 to 9.0) for “moved” within 100 days."
    )
    assert found.action == "Look into both “price” and “moved”."


def test_a_single_reason_has_nothing_next_to_it(
    study: ChurnStudy, make_reasons: MakeReasons, make_reason: Callable[..., ReasonOfLeaving], text: Text
) -> None:
    alone = make_reasons(reasons=(make_reason("price", 500, 0.2, 0.1, 0.3),), lead=None)

    found = reasons_finding(study, alone, text)

    assert found.headline.endswith("20.0 (10.0 to 30.0) leave for it within 100 days.")


def test_those_who_cannot_be_judged_are_told_apart_and_without_a_number_the_action_is_short(
    study: ChurnStudy, make_reasons: MakeReasons, text: Text
) -> None:
    first, *others = make_reasons().reasons
    some = replace(first, departures=replace(first.departures, n_not_covered=20))
    none = replace(first, departures=replace(first.departures, reason="too_few"))

    actions = [reasons_finding(study, make_reasons(reasons=(one, *others)), text).action for one in (some, none)]

    assert actions[0].endswith(
        "About 80 (70 to 91) of the 500 customers here who can be judged will leave for it within 100 days."
    )
    assert actions[1] == "Look into “price” first."


@pytest.mark.parametrize(("n_unknown", "n_caveats"), [(26, 1), (27, 2)])
def test_more_than_one_leaver_in_twenty_without_a_reason_is_a_caveat(
    study: ChurnStudy,
    make_reasons: MakeReasons,
    make_reason: Callable[..., ReasonOfLeaving],
    text: Text,
    n_unknown: int,
    n_caveats: int,
) -> None:
    unknown = make_reason(UNKNOWN, n_unknown, 0.01, 0.0, 0.02)

    found = reasons_finding(study, make_reasons(reasons=(*make_reasons().reasons, unknown)), text)

    assert len(found.caveats) == n_caveats
    assert ("For 5.1% of those who left, no reason is known" in found.caveats[-1]) == (n_caveats == 2)


def test_so_many_without_a_reason_that_the_order_may_be_another_is_said_and_asked_for(
    study: ChurnStudy, make_reasons: MakeReasons, make_reason: Callable[..., ReasonOfLeaving], text: Text
) -> None:
    unknown = make_reason(UNKNOWN, 700, 0.3, 0.2, 0.4)

    found = reasons_finding(study, make_reasons(reasons=(*make_reasons().reasons, unknown)), text)

    assert found.headline.startswith("For 700 of the 1,200 who left, no reason is known. The most common reason is")
    assert found.action == "Have the reason recorded for every customer who leaves."
    assert found.caveats[-1] == "They are enough to change which reason is the most common."


def test_pooled_reasons_are_said(study: ChurnStudy, make_reasons: MakeReasons, text: Text) -> None:
    found = reasons_finding(study, make_reasons(pooled=("a", "b")), text)

    assert found.caveats[-1] == (
        "2 reasons are shown together as other, so that nobody can be recognised among fewer than 10 customers."
    )


@pytest.mark.parametrize(
    ("levels", "headline"),
    [
        ({}, "Nobody has left yet, so there is no reason to compare."),
        ({UNKNOWN: 40}, "40 customers have left, and the reason is not known for any of them."),
        ({UNKNOWN: 1}, "1 customer has left, and the reason is not known."),
        ({"price": 9, UNKNOWN: 40}, "The reason is known for 9 customers who left: too few to compare reasons."),
        ({OTHER: 12}, "Every reason was given by so few that none can be shown on its own."),
    ],
)
def test_where_there_is_too_little_the_headline_says_why(
    study: ChurnStudy,
    make_reasons: MakeReasons,
    make_reason: Callable[..., ReasonOfLeaving],
    text: Text,
    levels: dict[str, int],
    headline: str,
) -> None:
    reasons = tuple(make_reason(level, n, 0.1, 0.05, 0.2) for level, n in levels.items())

    found = reasons_finding(study, make_reasons(reasons=reasons, lead=None), text)

    assert (found.verdict, found.headline) == ("not_enough_data", headline)
    assert found.to_dict()["estimate"] is None
    assert found.caveats == ()


def test_a_horizon_that_nobody_reached_is_said(study: ChurnStudy, make_reasons: MakeReasons, text: Text) -> None:
    reasons = tuple(replace(one, incidence=NOT_OBSERVED) for one in make_reasons().reasons)

    found = reasons_finding(study, make_reasons(reasons=reasons, lead=NOT_OBSERVED), text)

    assert found.verdict == "not_enough_data"
    assert found.headline == (
        "How many leave for which reason within 100 days cannot be said: nobody was followed for so long "
        "(1,000 days at most)."
    )
    assert found.action == ""


def test_a_client_without_reasons_is_told_to_record_them(study: ChurnStudy, text: Text) -> None:
    found = reasons_finding(study, None, text)

    assert found.verdict == "not_enough_data"
    assert found.headline == "Why they leave is not known: the export gives no reasons."
    assert found.action == "Have the reason recorded for every customer who leaves."
    json.dumps(found.to_dict(), allow_nan=False)


ROW = np.arange(400)
LEFT = ROW % 3 > 0
BASE = pd.DataFrame(
    {
        "tenure": 1 + ROW * 37 % 800,
        "churned": LEFT.astype(int),
        "end_reason": np.array(["x", "y", "{n} <b>"])[ROW * 7 % 3],
    }
)
CASES = {
    "plain": BASE,
    "nobody has left": BASE.assign(churned=0),
    "everybody left on the first day": BASE.assign(churned=1, tenure=0),
    "everybody left": BASE.assign(churned=1),
    "no reason known": BASE.assign(end_reason=""),
    "a reason for each": BASE.assign(end_reason=[f"r{row}" for row in ROW]),
    "one reason": BASE.assign(end_reason="x"),
    "a handful": BASE.head(8),
    "a single customer": BASE.head(1),
    "a curve that collapsed": BASE.assign(
        tenure=np.where(ROW < 12, 3, BASE.tenure + 200),
        churned=np.where(ROW < 12, 1, BASE.churned),
        entry_tenure=np.where(ROW < 12, 0, 150),
    ),
    "reasons that come late": BASE.assign(end_reason=np.where(BASE.tenure > 500, "x", "y")),
}


@pytest.mark.parametrize("horizon_days", [1, 365, 20_000])
@pytest.mark.parametrize("case", CASES)
def test_there_is_always_an_answer(make_client: Callable[..., Client], case: str, horizon_days: int) -> None:
    client = make_client(CASES[case])
    study = study_churn(client, horizon_days=horizon_days)

    found = reasons_finding(study, estimate_reasons(study), client.text)

    for sentence in (found.headline, found.action, found.method, found.definition, *found.caveats):
        assert "nan" not in sentence.split()
        assert "–" not in sentence
    assert found.headline.endswith(".")
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.verdict == "not_enough_data" or found.ci_lower <= found.estimate <= found.ci_upper
