from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.audit import draw_label_sheet, estimate_agreement, write_sheet
from retention_lab.analysis.feedback.marks import NEGATIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy
from retention_lab.errors import ParameterError
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]


@pytest.fixture
def client(open_client: OpenClient) -> Client:
    return open_client(pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]}))


def heard(seed: int = 1, n: int = 1000, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"negative": np.random.default_rng(seed).random(n), **columns})


def halves(sheet: pd.DataFrame) -> dict[str, set[str]]:
    return {name: set(part.feedback_id) for name, part in sheet.groupby("purpose")}


def test_half_is_drawn_at_random_and_half_is_what_the_reading_doubts(make_study: MakeStudy, client: Client) -> None:
    study = make_study(heard())
    sheet = draw_label_sheet(client, study, 101)
    found, doubt = halves(sheet), (study.comments.set_index("feedback_id").negative - 0.5).abs()

    assert (len(found["random"]), len(found["uncertain"])) == (51, 50)
    assert not found["random"] & found["uncertain"]
    assert doubt[list(found["uncertain"])].max() < 0.05
    assert doubt[list(found["random"])].mean() == pytest.approx(0.25, abs=0.09)


def test_the_random_half_does_not_hang_on_the_model(make_study: MakeStudy, client: Client) -> None:
    first, second = (halves(draw_label_sheet(client, make_study(heard(seed)), 100)) for seed in (1, 2))

    assert first["random"] == second["random"]
    assert first["uncertain"] != second["uncertain"]


def test_the_order_of_a_sheet_does_not_tell_the_halves_apart(make_study: MakeStudy, client: Client) -> None:
    """A reader who knows that the lower rows are the doubtful ones reads them otherwise."""
    sheet = draw_label_sheet(client, make_study(heard(n=400)), 200)
    above = (sheet.purpose == "random").head(100).sum()

    # By chance 50 of the upper hundred, give or take five.
    assert 25 <= above <= 75
    assert "negative" not in sheet


def test_what_a_person_has_read_is_not_asked_again(make_study: MakeStudy, client: Client) -> None:
    first = draw_label_sheet(client, make_study(heard()), 200)
    ids = [f"F{row:05}" for row in range(1000)]
    hand = np.where(pd.Series(ids).isin(first.feedback_id), NEGATIVE, UNKNOWN)
    second = draw_label_sheet(client, make_study(heard(hand=hand)), 200)

    assert not set(first.feedback_id) & set(second.feedback_id)
    assert draw_label_sheet(client, make_study(heard(hand=NEGATIVE)), 200).empty


def test_a_comment_that_says_what_another_said_teaches_nothing_new(make_study: MakeStudy, client: Client) -> None:
    rows = pd.DataFrame({"negative": [0.5] * 50 + [0.9] * 50, "repeat": [0] * 50 + list(range(1, 51))})
    asked = draw_label_sheet(client, make_study(rows), 20)
    numbers = asked[asked.purpose == "uncertain"].feedback_id.str[1:].astype(int)

    assert (numbers < 50).sum() <= 1


def test_languages_take_turns_among_the_doubtful(make_study: MakeStudy, client: Client) -> None:
    rows = heard(n=500, language=["sl"] * 50 + ["en"] * 450)
    sheet = draw_label_sheet(client, make_study(rows), 40)

    assert sheet[sheet.purpose == "uncertain"].language.value_counts().to_dict() == {"en": 10, "sl": 10}


def test_a_sheet_is_written_once_with_room_for_answers(
    make_study: MakeStudy, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_sheet(client, make_study(heard(n=50)), 20)
    assert path is not None
    sheet = pd.read_csv(path)

    assert len(sheet) == 20
    assert sheet.label.isna().all()
    assert write_sheet(client, make_study(heard(n=50, hand=NEGATIVE)), 20) is None
    with pytest.raises(ParameterError, match="label_sheet_size: 1"):
        write_sheet(client, make_study(heard(n=50)), 1)


def test_two_readers_agree_as_far_as_kappa_says(make_study: MakeStudy) -> None:
    """Of 40 comments both say unhappy of 15, happy of 15, and differ on 10: 0.75 seen, 0.5 by chance."""
    ids = [f"F{row:05}" for row in range(40)]
    first = ["negative"] * 20 + ["positive"] * 20
    second = ["negative"] * 15 + ["positive"] * 5 + ["negative"] * 5 + ["positive"] * 15
    parts = [
        pd.DataFrame({"feedback_id": ids, "purpose": "random", "label": said, "rater": rater})
        for rater, said in (("ana", first), ("bo", second))
    ]
    labels = pd.concat(parts, ignore_index=True).sort_values(["feedback_id", "rater"], ignore_index=True)
    found = estimate_agreement(make_study(heard(n=100), labels=labels))

    assert (found.n_labels, found.n_random) == (40, 40)
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(0.5)
    few = labels[labels.feedback_id < "F00019"]
    assert estimate_agreement(make_study(heard(n=100), labels=few)).kappa is None
    assert estimate_agreement(make_study(heard(n=100))).n_labels == 0
