"""The back-test tells a model that holds from one that does not, with dates and without."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.backtest import Backtest, backtest_churn
from retention_lab.analysis.study import study_churn
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
END = pd.Timestamp("2026-01-01")


def dated(n: int, seed: int, *, faster_since: str = "") -> pd.DataFrame:
    """Customers of two plans (one leaves three times as fast) who came over four years.

    From the day `faster_since`, all leave three times as fast as before.
    """
    rng = np.random.default_rng(seed)
    start = END - pd.to_timedelta(rng.integers(1, 1460, n), unit="D")
    plan = rng.choice(["Basic", "Plus"], n)
    stay = rng.exponential(np.where(plan == "Basic", 500, 1500)).round()
    if faster_since:
        until = np.maximum((pd.Timestamp(faster_since) - start).days.to_numpy(), 0)
        stay = np.where(stay > until, until + ((stay - until) / 3).round(), stay)
    end = start + pd.to_timedelta(np.maximum(stay, 1), unit="D")
    return pd.DataFrame(
        {
            "started_on": start.strftime("%Y-%m-%d"),
            "ended_on": pd.Series(end.strftime("%Y-%m-%d")).where(end <= END, ""),
            "plan": plan,
        }
    )


def backtested(client: Client, **asked: Any) -> Backtest:
    study = study_churn(client, horizon_days=180, **asked)
    return backtest_churn(client, study)


def test_a_model_that_holds_is_borne_out(make_client: MakeClient) -> None:
    test = backtested(make_client(dated(4000, 1)))

    assert test.cut == date(2025, 7, 5)
    assert test.calibration is not None
    assert test.calibration.ratio.ci_lower < 1 < test.calibration.ratio.ci_upper
    # Two plans, known to leave 1 - exp(-180/500) and 1 - exp(-180/1500) of the time.
    low, *_, high = test.calibration.groups
    assert (low.predicted, high.predicted) == pytest.approx((0.113, 0.302), abs=0.03)
    assert test.gain is not None
    assert test.gain.ci_lower > 0
    assert test.concordance is not None
    assert test.concordance.ci_lower > 0.55


@pytest.mark.parametrize(("unit", "days"), [("weeks", 100), ("months", 30), ("years", 365)])
def test_all_who_left_since_are_counted_in_any_unit(make_client: MakeClient, unit: str, days: int) -> None:
    """The earlier day lies within a unit of most customers, and who left in it has left."""
    rows = dated(4000, 1)
    client = make_client(rows, unit=unit)
    test = backtest_churn(client, study_churn(client, horizon_days=days))

    assert test.cut is not None
    assert test.calibration is not None
    here = (rows.started_on <= str(test.cut)) & ~rows.ended_on.between("2000", str(test.cut))
    left = int((here & (rows.ended_on > str(test.cut))).sum())
    assert test.calibration.n_censored == 0
    assert test.n_judged + test.n_not_judged == here.sum()
    assert left - test.n_not_judged <= test.calibration.n_observed.value <= left + 1e-6


def test_a_change_that_the_model_could_not_know_shows(make_client: MakeClient) -> None:
    test = backtested(make_client(dated(4000, 2, faster_since="2025-07-06")))

    assert test.calibration is not None
    assert test.calibration.ratio.ci_lower > 1.5


def test_nothing_after_the_cut_is_used(make_client: MakeClient) -> None:
    """What is said of the customers who were here does not change with what became of them later."""
    rows = dated(3000, 3)
    stayed = rows.assign(ended_on=rows.ended_on.where(rows.ended_on <= "2025-07-05", ""))

    one, other = backtested(make_client(rows)), backtested(make_client(stayed))

    assert one.calibration is not None
    assert one.calibration.n_expected > 0
    assert one.n_judged > 1000
    assert other.reason == "too_few"
    assert (one.n_learnt, one.n_left_learnt) == (other.n_learnt, other.n_left_learnt)


def test_customers_known_by_tenure_are_split(make_client: MakeClient) -> None:
    rng, n = np.random.default_rng(4), 6000
    plan = rng.choice(["Basic", "Plus"], n)
    stay, watched = rng.exponential(np.where(plan == "Basic", 20, 60)), rng.uniform(1, 72, n)
    rows = pd.DataFrame({"tenure": np.ceil(np.minimum(stay, watched)), "churned": stay <= watched, "plan": plan})

    test = backtested(make_client(rows, unit="months", values={"churned": {"True": True, "False": False}}))

    assert test.cut is None
    assert test.calibration is not None
    assert test.calibration.ratio.ci_lower < 1 < test.calibration.ratio.ci_upper
    assert test.n_learnt == n / 2
    assert test.gain is not None
    assert test.gain.ci_lower > 0


def test_too_short_a_history_is_said(make_client: MakeClient) -> None:
    rows = dated(500, 5).query("started_on > '2025-09-01'").reset_index(drop=True)

    assert backtested(make_client(rows)).reason in ("too_few", "not_observed")
