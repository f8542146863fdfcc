"""Spans that are held against each other, and a day in the past: nothing that came later may matter."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback import accuracy
from retention_lab.analysis.feedback.callers import choose_calls
from retention_lab.analysis.feedback.intents_study import estimate_intents
from retention_lab.analysis.feedback.leaving import estimate_leaving
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE
from retention_lab.analysis.feedback.mood_study import estimate_moods
from retention_lab.analysis.feedback.moods import shares_by_part
from retention_lab.analysis.feedback.periods import days_before, is_before, is_recent, is_year_before
from retention_lab.analysis.feedback.scores import score_study
from retention_lab.analysis.feedback.study import FeedbackStudy, study_feedback
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
MakeTexts = Callable[..., list[str]]
PAST = date(2026, 6, 30)


def test_more_than_a_year_is_held_against_as_many_days_before(make_study: MakeStudy) -> None:
    """A year earlier, 35 of 400 days would be the same ones."""
    days = pd.date_range("2023-01-01", "2026-10-31", freq="D")
    study = make_study(pd.DataFrame({"received_on": days}), recent_days=400)

    assert (is_recent(study).sum(), is_before(study).sum()) == (400, 400)
    assert days_before(study)[1] == date(2025, 9, 26)
    assert not is_year_before(study)


def test_a_new_channel_of_complaints_is_no_change_of_mood(make_study: MakeStudy) -> None:
    """In the survey nothing changes; the form is new, has a tenth of the recent comments, and all are unhappy."""
    mark = np.concatenate([np.tile([NEGATIVE, POSITIVE, POSITIVE], 600), np.full(100, NEGATIVE)])
    part = np.concatenate([np.repeat([0, 1], 900), np.zeros(100, dtype=np.int64)])
    rows = pd.DataFrame({"mark": mark, "channel": np.repeat(["survey", "form"], [1800, 100])})
    found = shares_by_part(make_study(rows), part, 2)
    change = found.difference(0, 1)

    assert found.share(0).value > found.share(1).value + 0.02
    assert change.value == pytest.approx(0, abs=1e-9)
    assert change.ci_lower < 0 < change.ci_upper


def test_who_had_left_before_saying_so_did_not_leave_after_it(make_study: MakeStudy, open_client: OpenClient) -> None:
    """One left a month before the goodbye, one a month after it, one is still here, and one is no customer."""
    ended = ["2026-01-05", "2026-03-05", ""]
    customers = pd.DataFrame({"customer_id": ["C0", "C1", "C2"], "started_on": "2024-01-01", "ended_on": ended})
    client = open_client(pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]}), customers)
    rows = pd.DataFrame({"customer_id": ["C0", "C1", "C2", "C9"], "received_on": "2026-02-05", "leaving": True})
    left = estimate_intents(client, make_study(rows)).left_after

    assert left is not None
    assert (left.n_obs, left.value) == (2, pytest.approx(0.5))


def comments(make_texts: MakeTexts, n: int, n_unrated: int) -> pd.DataFrame:
    moods = np.random.default_rng(1).choice([NEGATIVE, POSITIVE], n, p=[0.4, 0.6])
    rating = pd.Series(np.where(moods == NEGATIVE, 1, 5)).astype("Int64").where(np.arange(n) >= n_unrated)
    days = pd.date_range(end="2026-10-31", periods=n, freq="8h").date
    return pd.DataFrame({"received_at": days, "text": make_texts(moods), "rating": rating, "rating_scale": "1-5"})


def test_few_comments_without_a_mark_among_many_are_all_compared(
    open_client: OpenClient, make_texts: MakeTexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of fifty among very many, a sample would hold none, and there would be nothing to tell apart."""
    monkeypatch.setattr(accuracy, "_MOST_COMPARED", 120)
    study = study_feedback(open_client(comments(make_texts, 900, 50), feedback={"languages": ["en"]}))
    (found,) = accuracy.measure_accuracy(study).transfers

    assert (found.n_rated, found.n_unrated) == (850, 50)
    assert found.auc.n_obs == 110
    assert found.auc.ci_lower < found.auc.value < found.auc.ci_upper


def test_where_one_customer_wrote_all_that_has_no_mark_nothing_is_compared(
    open_client: OpenClient, make_texts: MakeTexts
) -> None:
    frame = comments(make_texts, 400, 60)
    frame["customer_id"] = [f"C{max(row, 59)}" for row in range(400)]
    study = study_feedback(open_client(frame, feedback={"languages": ["en"]}))

    assert accuracy.measure_accuracy(study).transfers == ()


def test_as_of_a_day_in_the_past_nothing_later_matters(open_client: OpenClient, make_texts: MakeTexts) -> None:
    n = 1500
    frame = comments(make_texts, n, 300).assign(customer_id=[f"C{row % 400}" for row in range(n)])
    frame["feedback_id"] = [f"F{row:05}" for row in range(n)]
    frame["text"] += np.where(np.arange(n) % 3 == 0, ". I want a refund, nobody answers.", "")
    rng = np.random.default_rng(2)
    customers = pd.DataFrame(
        {
            "customer_id": [f"C{row}" for row in range(450)],
            "started_on": np.repeat(["2025-01-01", "2026-08-01"], [400, 50]),
            "ended_on": rng.choice(["", "", "2026-05-15", "2026-09-01"], 450),
            "monthly_value": 20,
        }
    ).astype({"ended_on": object})
    customers.loc[customers.started_on > "2026", "ended_on"] = ""
    early = customers[customers.started_on <= PAST.isoformat()]
    early = early.assign(ended_on=early.ended_on.where(early.ended_on <= PAST.isoformat(), ""))
    found = []
    for some, known in ((frame, customers), (frame[pd.to_datetime(frame.received_at).dt.date <= PAST], early)):
        made = open_client(some, known, feedback={"languages": ["en"]})
        client = Client(made.folder, as_of=PAST.isoformat())
        study = study_feedback(client)
        marks = score_study(client, study)
        left = estimate_leaving(client, study, horizon_days=60)
        calls = choose_calls(client, study, contact_share=0.1)
        found.append((study.comments, estimate_moods(study), marks.response_rate, left, calls.to_frame()))

    pd.testing.assert_frame_equal(found[0][0], found[1][0])
    assert repr(found[0][1:4]) == repr(found[1][1:4])
    assert len(found[0][4]) > 5
    names = ["customer_id", "reason", "chance_unhappy"]
    pd.testing.assert_frame_equal(found[0][4][names], found[1][4][names])
