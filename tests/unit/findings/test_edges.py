"""Whatever a client sends, there is an answer: no crash, no number that is none, and a reason where there is little."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.actions import choose_actions
from retention_lab.analysis.backtest import backtest_churn
from retention_lab.analysis.churn import compare_groups, estimate_churn, study_churn
from retention_lab.analysis.drivers import estimate_drivers
from retention_lab.analysis.entry_range import estimate_entry_range
from retention_lab.analysis.reasons import estimate_reasons
from retention_lab.analysis.save_rates import find_save_rate
from retention_lab.findings.churn import (
    backtest_finding,
    driver_findings,
    entry_finding,
    group_findings,
    hazards_finding,
    headline,
    reasons_finding,
)
from retention_lab.findings.finding import Finding
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
ROW = np.arange(300)
TENURE, LEFT = 1 + ROW * 37 % 800, ROW * 13 % 5 < 2
GROUP = np.array(list("ABC"))[ROW * 7 % 3]
BASE = pd.DataFrame({"tenure": TENURE, "churned": LEFT.astype(int), "group": GROUP})
LATE = (ROW * 11 % 3) * 20
CASES = {
    "nobody has left": BASE.assign(churned=0),
    "everybody left on one day": BASE.assign(churned=1, tenure=5),
    "everybody left on the first day": BASE.assign(churned=1, tenure=0),
    "nobody has been here a day": BASE.assign(churned=0, tenure=0),
    "some left at time nought": BASE.assign(tenure=np.where(ROW % 5 == 0, 0, TENURE)),
    "a group of one": BASE.assign(group=["X", *["Y"] * 150, *["Z"] * 149]),
    "a group of one beside one other": BASE.assign(group=["X", *["Y"] * 299]),
    "a repeated and a constant covariate": BASE.assign(copy=[f"{level}!" for level in GROUP], same="x", fee=3.5),
    "forty segments": BASE.assign(group=[f"s{row % 40}" for row in ROW]),
    "a segment for each customer": BASE.assign(group=[f"s{row}" for row in ROW]),
    "one level": BASE.assign(group="A"),
    "no covariates": BASE.drop(columns="group"),
    "a single customer": BASE.head(1),
    "a single customer who left": BASE.head(1).assign(churned=1),
    "every covariate blank": BASE.assign(group="", fee=""),
    "values blank": BASE.assign(monthly_value=""),
    "values negative": BASE.assign(monthly_value=np.where(ROW % 3, 10.0, -5.0)),
    "a level that nobody left": BASE.assign(churned=np.where(GROUP == "A", 0, LEFT)),
    "one level that anybody left": BASE.assign(churned=np.where(GROUP == "A", LEFT, 0)),
    "a level that has wholly left": BASE.assign(
        tenure=np.where(GROUP == "A", TENURE.clip(max=90), TENURE), churned=np.where(GROUP == "A", 1, LEFT)
    ),
    "levels that tell who left": BASE.assign(group=np.where(LEFT, "gone", "here")),
    "numbers with gaps": BASE.assign(fee=np.where(ROW % 2, ROW / 7, np.nan)),
    "late entry": BASE.assign(tenure=TENURE + 50, entry_tenure=LATE),
    "nobody from the start": BASE.assign(tenure=TENURE + 50, entry_tenure=LATE + 1),
    "a curve that collapsed": BASE.assign(
        tenure=np.where(ROW < 12, 3, TENURE + 200),
        churned=np.where(ROW < 12, 1, LEFT),
        entry_tenure=np.where(ROW < 12, 0, 150),
    ),
    "names that a template would fill": BASE.assign(group=np.array(["{n}", "<b>", "(other)"])[ROW % 3]),
    "a handful": BASE.head(12),
}  # fmt: skip
UNITS = {"days": 1, "weeks": 7, "months": 30, "years": 365}


def in_unit(customers: pd.DataFrame, unit: str) -> pd.DataFrame:
    times = customers.columns.intersection(["tenure", "entry_tenure"])
    customers = customers.assign(**{name: customers[name] // UNITS[unit] for name in times})
    if "entry_tenure" not in customers:
        return customers
    return customers[(customers.entry_tenure == 0) | (customers.entry_tenure < customers.tenure)]


def everything_said(client: Client, horizon_days: int) -> tuple[list[Finding], list[Finding]]:
    study = study_churn(client, horizon_days=horizon_days)
    result, groups = estimate_churn(study), compare_groups(study)
    drivers = estimate_drivers(study.observation, horizon=study.horizon, year=study.year, min_group=study.min_group)
    rate = find_save_rate(client, study)
    plan = choose_actions(client, study, drivers.here, drivers.draw_losses, save_rate=rate)
    first = [*headline(study, result, groups, drivers, backtest_churn(client, study), plan, client.text)]
    others = [
        *group_findings(study, groups, client.text),
        *driver_findings(drivers, client.text),
        backtest_finding(study, backtest_churn(client, study), client.text),
        hazards_finding(drivers, client.text),
        entry_finding(study, estimate_entry_range(client, study), client.text),
        reasons_finding(study, estimate_reasons(study), client.text),
    ]
    return first, others


def fault_of(sentence: str) -> Any:
    """What nobody should have to read: no number where one belongs, or one thing in the plural."""
    one_of_many = r"(?<![\d.,])1 (days|weeks|months|years|customers|groups)\b"
    return re.search(rf"\bnan\b|\binf\b|\bNone\b(?! of)|(?<![\w)])-\d|–|{one_of_many}", sentence)


@pytest.mark.parametrize(("unit", "horizon_days"), [("days", 365), ("days", 20_000), ("months", 365)])
@pytest.mark.parametrize("case", CASES)
def test_there_is_always_an_answer(make_client: MakeClient, case: str, unit: str, horizon_days: int) -> None:
    first, others = everything_said(make_client(in_unit(CASES[case], unit), unit=unit), horizon_days)

    for found in (first, others):
        assert len({one.id for one in found}) == len(found)
    for one in (*first, *others):
        for sentence in (one.question, one.headline, one.action, one.unit, one.method, one.definition, *one.caveats):
            assert not fault_of(sentence), sentence
        assert one.headline.endswith(".")
        json.dumps(one.to_dict(), allow_nan=False)
        if one.verdict == "not_enough_data":
            assert math.isnan(one.estimate)
        if not math.isnan(one.estimate):
            assert one.ci_lower <= one.estimate <= one.ci_upper, one
            assert one.method


@pytest.mark.parametrize("unit", ["weeks", "years"])
def test_other_units_have_an_answer_too(make_client: MakeClient, unit: str) -> None:
    first, _ = everything_said(make_client(in_unit(BASE, unit), unit=unit), 365)

    assert [one.verdict for one in first[:1]] == ["watch"]
    assert not [
        sentence for one in first for sentence in (one.headline, one.action, *one.caveats) if fault_of(sentence)
    ]
