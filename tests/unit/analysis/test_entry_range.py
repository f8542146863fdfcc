"""How far it matters that nobody knows from when on the export shows each customer."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.entry_range import estimate_entry_range
from retention_lab.analysis.study import study_churn
from retention_lab.tables.client import Client

MakeClient = Callable[..., Client]
END = pd.Timestamp("2026-01-01")


def cut_off(n: int, seed: int) -> pd.DataFrame:
    """Customers of six years who stay 400 days on average; the export knows nobody who left before 2024."""
    rng = np.random.default_rng(seed)
    start = END - pd.to_timedelta(rng.integers(1, 2190, n), unit="D")
    end = start + pd.to_timedelta(np.maximum(rng.exponential(400, n).round(), 1), unit="D")
    kept = end >= "2024-01-01"
    left = pd.Series(end.strftime("%Y-%m-%d")).where(end <= END, "")
    return pd.DataFrame({"started_on": start.strftime("%Y-%m-%d"), "ended_on": left})[kept].reset_index(drop=True)


def test_the_truth_lies_at_the_end_that_enters_those_from_before_late(make_client: MakeClient) -> None:
    client = make_client(cut_off(8000, 1), entry="unknown")

    found = estimate_entry_range(client, study_churn(client))

    assert found is not None
    assert found.since == date(2024, 1, 1)
    truth = 400 * np.log(2)
    assert found.late.median.ci_lower < truth < found.late.median.ci_upper
    assert found.watched.median.ci_lower > 1.2 * truth


def test_what_the_client_file_says_is_not_doubted(make_client: MakeClient) -> None:
    client = make_client(cut_off(500, 2), entry="none")

    assert estimate_entry_range(client, study_churn(client)) is None


def test_without_dates_each_may_have_been_seen_in_the_last_month_only(make_client: MakeClient) -> None:
    rows = pd.DataFrame({"tenure": [1, 2, 2, 3, 3, 3], "churned": ["yes", "yes", "no", "yes", "no", "no"]})
    codes = {"churned": {"yes": True, "no": False}}
    client = make_client(rows, unit="months", entry="unknown", values=codes)

    found = estimate_entry_range(client, study_churn(client, horizon_days=91))

    assert found is not None
    assert found.since is None
    # At risk in month 1 one, of whom one left; in month 2 two and one; in month 3 three and one. The one who left in
    # the first month was alone in it: of entries at 0 all are gone, as when everybody is watched 1 - 1/6 and so on.
    assert found.watched.at_horizon.value == pytest.approx(5 / 6 * 4 / 5 * 2 / 3)
    assert found.late.at_horizon.value == pytest.approx(0)
