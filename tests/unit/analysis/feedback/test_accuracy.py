from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.accuracy import measure_accuracy
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE
from retention_lab.analysis.feedback.study import study_feedback
from retention_lab.tables.client import Client

OpenClient = Callable[..., Client]
MakeTexts = Callable[..., list[str]]
SCALE = {"rating_scale": "1-5"}


def comments(make_texts: MakeTexts, n: int = 600, n_rated: int = 400, seed: int = 1) -> pd.DataFrame:
    """In order of time; the mark is the mood, and the first ones have one."""
    moods = np.random.default_rng(seed).choice([NEGATIVE, POSITIVE], n, p=[0.4, 0.6])
    days = pd.date_range(end="2026-10-31", periods=n, freq="D").date
    frame = pd.DataFrame({"received_at": days, "text": make_texts(moods, seed), "feedback_id": np.arange(n) + 10_000})
    marks = pd.Series(np.where(moods == NEGATIVE, 1, 5)).astype("Int64")
    return frame.assign(rating=marks.where(np.random.default_rng(seed).permutation(n) < n_rated), channel="survey")


def test_the_card_tells_the_lexicon_from_what_was_taught(open_client: OpenClient, make_texts: MakeTexts) -> None:
    client = open_client(comments(make_texts), constants=SCALE, feedback={"languages": ["en"]})
    card = measure_accuracy(study_feedback(client))
    row = card.of("en")

    assert (row.n_comments, row.n_labels) == (600, 400)
    assert sum(row.mix) == pytest.approx(1)
    assert row.quality is not None
    assert row.lexicon is not None
    assert row.gain is not None
    assert row.forward is not None
    assert row.gain.value == pytest.approx(row.quality.macro_f1.value - row.lexicon.macro_f1.value)
    assert row.gain.ci_lower > 0.2
    assert row.calibration is not None
    assert row.calibration.value < 0.15


def test_a_channel_with_few_labels_is_shown_and_not_measured(open_client: OpenClient, make_texts: MakeTexts) -> None:
    frame = comments(make_texts)
    frame.loc[frame.index % 10 == 0, "channel"] = "letter"
    card = measure_accuracy(study_feedback(open_client(frame, constants=SCALE, feedback={"languages": ["en"]})))

    assert [(row.channel, row.quality is not None) for row in card.rows] == [
        (None, True),
        ("survey", True),
        ("letter", False),
    ]
    assert sum(row.n_comments for row in card.rows[1:]) == card.rows[0].n_comments
    assert card.to_frame().quality_macro_f1.notna().tolist() == [True, True, False]


def test_rated_comments_that_are_of_another_kind_raise_an_alarm(open_client: OpenClient, make_texts: MakeTexts) -> None:
    like = comments(make_texts)
    unlike = like.assign(text=like.text.where(like.rating.notna(), like.text + " bill account number"))
    alarms = []
    for frame in (like, unlike):
        client = open_client(frame, constants=SCALE, feedback={"languages": ["en"]})
        (transfer,) = measure_accuracy(study_feedback(client)).transfers
        alarms.append(transfer.is_alarming)
        assert (transfer.n_rated, transfer.n_unrated) == (400, 200)

    assert alarms == [False, True]


def test_where_nothing_was_rated_nothing_is_claimed(open_client: OpenClient, make_texts: MakeTexts) -> None:
    frame = comments(make_texts, 80).drop(columns="rating")
    card = measure_accuracy(study_feedback(open_client(frame, feedback={"languages": ["en"]})))
    row = card.of("en")

    assert (row.n_labels, row.quality, row.lexicon, row.gain, row.forward) == (0, None, None, None, None)
    assert card.transfers == ()


def test_what_is_measured_is_what_was_known_through_the_day(open_client: OpenClient, make_texts: MakeTexts) -> None:
    client = open_client(comments(make_texts), constants=SCALE, feedback={"languages": ["en"]})
    then = Client(client.folder, as_of=date(2025, 12, 31).isoformat())

    assert measure_accuracy(study_feedback(then)).of("en").n_comments == 600 - 304
