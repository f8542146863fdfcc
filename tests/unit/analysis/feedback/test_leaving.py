"""Who left, against what was planted in what customers said by a day in the past."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.leaving import LeavingByMood, NotJoined, estimate_leaving
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
NOTHING = pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]})
CUT_OFF = pd.Timestamp("2026-05-04")
"""180 days before the last day, 2026-10-31."""


def customers(left: Any, seed: int = 1) -> pd.DataFrame:
    """Who left did so between the 20th and the 170th day after the cut-off."""
    rng, n = np.random.default_rng(seed), len(left)
    started = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 800, n), unit="D")
    ended = CUT_OFF + pd.to_timedelta(rng.integers(20, 170, n), unit="D")
    return pd.DataFrame(
        {
            "customer_id": [f"C{row:05}" for row in range(n)],
            "started_on": started.strftime("%Y-%m-%d"),
            "ended_on": pd.Series(ended.strftime("%Y-%m-%d")).where(left, ""),
            "monthly_value": rng.integers(10, 60, n),
        }
    )


def said(unhappy: Any, days_before: Any, **columns: Any) -> pd.DataFrame:
    """One comment of each customer, so many days before the cut-off."""
    ids = [f"C{row:05}" for row in range(len(unhappy))]
    days = CUT_OFF - pd.to_timedelta(np.broadcast_to(days_before, len(unhappy)), unit="D")
    mark = np.where(unhappy, NEGATIVE, POSITIVE)
    return pd.DataFrame({"customer_id": ids, "received_on": days, "mark": mark, "negative": 1.0 * unhappy, **columns})


def planted(rng: np.random.Generator, n: int, if_unhappy: float, if_happy: float) -> tuple[Any, Any]:
    unhappy = rng.random(n) < 0.3
    return unhappy, rng.random(n) < np.where(unhappy, if_unhappy, if_happy)


def joined(client: Client, study: FeedbackStudy) -> LeavingByMood:
    found = estimate_leaving(client, study)
    assert isinstance(found, LeavingByMood)
    return found


def test_a_mood_that_foresees_leaving_is_found(make_study: MakeStudy, open_client: OpenClient) -> None:
    rng = np.random.default_rng(1)
    unhappy, left = planted(rng, 1500, 0.4, 0.08)
    found = joined(open_client(NOTHING, customers(left)), make_study(said(unhappy, rng.integers(20, 300, 1500))))
    share = {group.mood: group.left for group in found.groups}

    assert found.cut_off == CUT_OFF.date()
    assert (found.n_customers, found.n_left) == (1500, left.sum())
    assert found.gain.ci_lower > 0.05
    assert found.gain.value == pytest.approx(found.with_text.value - found.known.value)
    assert share["unhappy"].ci_lower <= 0.4 <= share["unhappy"].ci_upper
    assert share["happy"].ci_lower <= 0.08 <= share["happy"].ci_upper


def test_a_mood_that_foresees_nothing_is_no_gain(make_study: MakeStudy, open_client: OpenClient) -> None:
    rng = np.random.default_rng(2)
    unhappy, left = planted(rng, 1500, 0.18, 0.18)
    found = joined(open_client(NOTHING, customers(left)), make_study(said(unhappy, rng.integers(20, 300, 1500))))

    assert found.gain.ci_lower <= 0 <= found.gain.ci_upper + 0.01
    assert abs(found.gain.value) < 0.04


def test_goodbyes_written_just_before_leaving_are_not_taken_for_foresight(
    make_study: MakeStudy, open_client: OpenClient
) -> None:
    """Moods foresee nothing, but who leaves says so a week before."""
    rng = np.random.default_rng(3)
    unhappy, left = planted(rng, 1500, 0.18, 0.18)
    people = customers(left)
    parting = people[left]
    days = pd.to_datetime(parting.ended_on) - timedelta(days=7)
    goodbyes = pd.DataFrame(
        {"customer_id": parting.customer_id, "received_on": days, "mark": NEGATIVE, "negative": 1.0, "leaving": True}
    )
    rows = pd.concat([said(unhappy, rng.integers(20, 300, 1500), leaving=False), goodbyes])
    found = joined(open_client(NOTHING, people), make_study(rows))

    assert found.careless_gain.value > 0.2
    assert abs(found.gain.value) < 0.04
    assert found.gain.ci_lower <= 0.01


def test_goodbyes_before_the_cut_off_are_left_out_and_counted(make_study: MakeStudy, open_client: OpenClient) -> None:
    rng = np.random.default_rng(4)
    unhappy, left = planted(rng, 1500, 0.18, 0.18)
    moods = said(unhappy, 200, leaving=False)
    goodbyes = said(left, 30, leaving=True)[left]
    found = joined(open_client(NOTHING, customers(left)), make_study(pd.concat([moods, goodbyes])))

    assert found.n_goodbyes == left.sum()
    assert abs(found.gain.value) < 0.04
    assert found.careless_gain.value > 0.2


def test_what_was_said_within_the_gap_or_long_ago_does_not_count(
    make_study: MakeStudy, open_client: OpenClient
) -> None:
    """Those who leave are unhappy in the last fortnight and were so two years ago, but not in between."""
    rng = np.random.default_rng(5)
    unhappy, left = planted(rng, 1500, 0.18, 0.18)
    parts = [said(left, 5), said(unhappy, 100), said(left, 400)]
    found = joined(open_client(NOTHING, customers(left)), make_study(pd.concat(parts)))

    assert abs(found.gain.value) < 0.04
    assert found.careless_gain.value > 0.2


def test_who_said_nothing_is_a_group_of_its_own(make_study: MakeStudy, open_client: OpenClient) -> None:
    unhappy, left = planted(np.random.default_rng(6), 1000, 0.3, 0.2)
    rows = said(unhappy, 100)
    found = joined(open_client(NOTHING, customers(left)), make_study(rows[:300]))
    sizes = {group.mood: group.n_customers for group in found.groups}

    assert sizes == {"silent": 700, "unhappy": unhappy[:300].sum(), "happy": 300 - unhappy[:300].sum()}


def test_why_nothing_could_be_asked_is_said(make_study: MakeStudy, open_client: OpenClient) -> None:
    unhappy, left = planted(np.random.default_rng(7), 600, 0.3, 0.2)
    study, people = make_study(said(unhappy, 100)), customers(left)
    tenures = pd.DataFrame({"customer_id": people.customer_id, "tenure": 10, "churned": np.where(left, "yes", "no")})
    young = people.assign(started_on="2026-09-01", ended_on="")

    assert estimate_leaving(open_client(NOTHING), study) == NotJoined(why="no_customers")
    assert estimate_leaving(open_client(NOTHING, tenures, table={"unit": "months"}), study) == NotJoined(why="no_dates")
    assert estimate_leaving(open_client(NOTHING, young), study) == NotJoined(why="too_short")


def test_with_too_few_who_left_or_wrote_nothing_is_claimed(make_study: MakeStudy, open_client: OpenClient) -> None:
    unhappy, left = np.arange(600) % 3 == 0, np.arange(600) < 49
    enough = np.arange(600) < 60
    few_left = estimate_leaving(open_client(NOTHING, customers(left)), make_study(said(unhappy, 100)))
    few_wrote = estimate_leaving(open_client(NOTHING, customers(enough)), make_study(said(unhappy, 100)[:99]))

    assert few_left == NotJoined(why="too_few", found=49, needed=50)
    assert few_wrote == NotJoined(why="too_few", found=99, needed=100)
