"""What labels may say: those of comments chosen for being hard teach, and only those drawn at random measure."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.accuracy import measure_accuracy
from retention_lab.analysis.feedback.marks import CLASSES, NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.mood_study import estimate_moods
from retention_lab.analysis.feedback.moods import shares_by_part
from retention_lab.analysis.feedback.study import FeedbackStudy, study_feedback
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
MakeTexts = Callable[..., list[str]]
N, N_READ = 900, 150


def sheet(rows: Any, moods: Any, purpose: str) -> pd.DataFrame:
    ids, said = [f"F{row:05}" for row in rows], [CLASSES[moods[row]] for row in rows]
    return pd.DataFrame({"feedback_id": ids, "purpose": purpose, "label": said})


def hard_to_read(make_texts: MakeTexts) -> tuple[pd.DataFrame, Any, dict[str, pd.DataFrame]]:
    """No marks; 150 drawn at random have been read, and 150 in which a third say the opposite of their words."""
    rng = np.random.default_rng(3)
    moods = rng.choice([NEGATIVE, POSITIVE], N, p=[0.3, 0.7])
    hard = np.arange(N) % 4 == 0
    shown = np.where(hard & (rng.random(N) < 0.4), 2 - moods, moods)
    frame = pd.DataFrame(
        {
            "received_at": pd.date_range(end="2026-10-31", periods=N, freq="8h").date,
            "text": make_texts(shown),
            "feedback_id": [f"F{row:05}" for row in range(N)],
        }
    )
    drawn = rng.choice(N, N_READ, replace=False)
    chosen = np.setdiff1d(np.flatnonzero(hard), drawn)[:N_READ]
    return frame, moods, {"a": sheet(drawn, moods, "random"), "b": sheet(chosen, moods, "uncertain")}


def test_comments_chosen_for_being_hard_do_not_make_the_reading_look_worse(
    open_client: OpenClient, make_texts: MakeTexts
) -> None:
    frame, moods, sheets = hard_to_read(make_texts)
    study = study_feedback(open_client(frame, feedback={"languages": ["en"]}, labels=sheets))
    row = measure_accuracy(study).of("en")
    number = study.comments.feedback_id.str[1:].astype(int).to_numpy()
    right = float((study.comments.predicted == moods[number]).mean())
    share = shares_by_part(study, np.zeros(N, dtype=np.int64), 1).share(0)

    assert row.n_labels == N_READ
    assert row.quality is not None
    assert row.quality.accuracy.ci_lower <= right <= row.quality.accuracy.ci_upper
    assert share.ci_lower <= float((moods == NEGATIVE).mean()) <= share.ci_upper


def test_labels_of_hard_comments_alone_measure_nothing(open_client: OpenClient, make_texts: MakeTexts) -> None:
    frame, _, sheets = hard_to_read(make_texts)
    client = open_client(frame, feedback={"languages": ["en"]}, labels={"b": sheets["b"]})
    row = measure_accuracy(study_feedback(client)).of("en")

    assert (row.n_labels, row.quality) == (0, None)


def test_what_people_read_says_nothing_of_comments_that_came_in_afterwards(make_study: MakeStudy) -> None:
    """Of 1,000 old comments a fifth were unhappy, and 150 were read; of as many new ones, nearly all are."""
    rng = np.random.default_rng(1)
    moods = np.where(rng.random(2000) < np.repeat([0.2, 0.9], 1000), NEGATIVE, POSITIVE)
    days = np.repeat(["2026-05-01", "2026-10-01"], 1000)
    hand = np.where(np.arange(2000) < 150, moods, UNKNOWN)
    labels = sheet(range(150), moods, "random").assign(complaint=None, leaving=None, rater="ana")
    found = estimate_moods(make_study(pd.DataFrame({"received_on": days, "hand": hand}), labels=labels)).by_hand

    assert found is not None
    assert found.ci_lower <= 0.2 <= found.ci_upper
    assert found.value == pytest.approx(0.2, abs=0.08)


def test_what_is_said_again_and_again_counts_as_often_as_it_is_said(make_study: MakeStudy) -> None:
    """A third of all answers is the same two words, whatever the mood of the writer; only the first one teaches."""
    held = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        unhappy, is_rated, is_canned = rng.random(1500) < 0.3, np.arange(1500) < 600, rng.random(1500) < 0.33
        score = np.where(unhappy, rng.beta(6, 2, 1500), rng.beta(2, 6, 1500))
        mark = np.where(is_rated, np.where(unhappy, NEGATIVE, POSITIVE), UNKNOWN)
        taught = is_rated & ~is_canned
        rows = pd.DataFrame({"negative": np.where(is_canned, 0.2, score), "mark": mark, "is_taught": taught})
        share = shares_by_part(make_study(rows), np.zeros(1500, dtype=np.int64), 1).share(0)
        held.append(share.ci_lower <= unhappy.mean() <= share.ci_upper)

    assert np.mean(held) >= 0.9


def test_what_repeats_a_comment_with_a_mark_is_read_as_if_that_had_not_been_seen(
    open_client: OpenClient, make_texts: MakeTexts
) -> None:
    frame, moods, _ = hard_to_read(make_texts)
    frame["rating"] = np.where(np.arange(N) < 600, np.where(moods == NEGATIVE, 1, 5), None)
    frame.loc[600:649, "text"] = frame.text[:50].to_numpy()
    comments = study_feedback(open_client(frame.assign(rating_scale="1-5"), feedback={"languages": ["en"]})).comments
    by_id = comments.set_index("feedback_id").negative
    pairs = [(by_id[f"F{row:05}"], by_id[f"F{row + 600:05}"]) for row in range(50)]

    assert all(first == pytest.approx(again) for first, again in pairs)
