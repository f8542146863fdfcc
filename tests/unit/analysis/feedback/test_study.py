"""A client's comments, from the file to how they were read."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.study import FeedbackStudy, study_feedback, suggest_words
from retention_lab.errors import DataError, ParameterError
from retention_lab.tables.client import Client

OpenClient = Callable[..., Client]
MakeTexts = Callable[..., list[str]]
SCALE = {"rating_scale": "1-5"}
EN = {"languages": ["en"]}
ENGLISH = "I have been waiting for an answer for two weeks and nobody ever calls me back"
ITALIAN = "Aspetto una risposta da due settimane e nessuno mi richiama mai, sono molto deluso"


def told(texts: list[str], **columns: object) -> pd.DataFrame:
    ids = [f"F{row:04}" for row in range(len(texts))]
    return pd.DataFrame({"feedback_id": ids, "received_at": "2026-10-20", "text": texts, **columns})


def by_id(study: FeedbackStudy) -> pd.DataFrame:
    return study.comments.set_index("feedback_id").sort_index()


def test_comments_are_read_language_by_language_the_largest_first(open_client: OpenClient) -> None:
    study = study_feedback(open_client(told([ENGLISH] * 2 + [ITALIAN] * 3), feedback={"languages": ["en", "it"]}))

    assert by_id(study).language.tolist() == ["en"] * 2 + ["it"] * 3
    assert list(study.readings) == ["it", "en"]
    assert (study.comments.predicted == NEGATIVE).sum() >= 3
    assert study.measured == ()


def test_what_a_person_said_goes_before_the_mark(open_client: OpenClient) -> None:
    frame = told(["so so, I would say", "it is as it is", "well, well, well"], rating=[1, 5, None])
    sheet = pd.DataFrame({"feedback_id": ["F0001", "F0002"], "purpose": "random", "label": ["negative", "positive"]})
    rows = by_id(study_feedback(open_client(frame, labels={"audit": sheet}, constants=SCALE, feedback=EN)))

    assert rows["mark"].tolist() == [NEGATIVE, POSITIVE, UNKNOWN]
    assert rows.hand.tolist() == [UNKNOWN, NEGATIVE, POSITIVE]
    assert rows.label.tolist() == [NEGATIVE, NEGATIVE, POSITIVE]


def test_comments_without_words_are_kept_apart_and_counted(open_client: OpenClient) -> None:
    study = study_feedback(open_client(told(["Terrible service", "-", "", "👍"]), feedback=EN))

    assert study.comments.feedback_id.tolist() == ["F0000"]
    assert study.verbatims.n_rows == 4


def test_a_customer_is_one_writer_and_nobody_is_taken_for_another(open_client: OpenClient) -> None:
    rows = by_id(
        study_feedback(
            open_client(
                told(["one text", "two texts", "three", "four"], customer_id=["A", "A", None, None]), feedback=EN
            )
        )
    )

    assert rows.writer["F0000"] == rows.writer["F0001"]
    assert rows.writer.nunique() == 3


def test_texts_that_differ_in_numbers_and_signs_alone_say_the_same(open_client: OpenClient) -> None:
    texts = ["Order 123 is late!", "order 9 is LATE", "The order is late", "Žal 5", "zal 7!"]
    rows = by_id(study_feedback(open_client(told(texts), feedback=EN)))

    assert rows.repeat["F0000"] == rows.repeat["F0001"]
    assert rows.repeat["F0003"] == rows.repeat["F0004"]
    assert rows.repeat.nunique() == 3


def test_the_clients_own_words_are_heard(open_client: OpenClient) -> None:
    own = {
        "languages": ["en"], "complaints": {"en": ["flibber"]}, "leaving": {"en": ["gone fishing"]},
        "themes": {"en": {"gadget": ["whatsit*"]}}, "lexicon": {"en": {"strong_negative": ["grockle*"]}},
    }  # fmt: skip
    frame = told(["a flibber it is", "we are gone fishing", "the whatsits came", "a grockle, grockled"])
    client = open_client(frame, feedback=own)
    study = study_feedback(client)
    rows = by_id(study)

    assert rows.complaint["F0000"]
    assert rows.leaving["F0001"]
    about = study.sentences.themes[:, study.sentences.names.index("gadget")]
    assert study.comments.feedback_id[study.sentences.of[about]].tolist() == ["F0002"]
    assert rows.negative["F0003"] > 0.9


def test_later_comments_do_not_exist_on_an_earlier_day(open_client: OpenClient) -> None:
    frame = told(["the first one", "the second one"]).assign(received_at=["2026-09-30", "2026-10-20"])
    client = open_client(frame, feedback=EN)
    then = study_feedback(Client(client.folder, as_of="2026-09-30"))

    assert then.comments.feedback_id.tolist() == ["F0000"]
    assert then.as_of == date(2026, 9, 30)


def test_sentences_of_a_comment_are_read_one_by_one(open_client: OpenClient) -> None:
    study = study_feedback(open_client(told(["The app is terrible. The staff were wonderful."]), feedback=EN))
    themes = {name: study.sentences.themes[:, place] for place, name in enumerate(study.sentences.names)}

    assert study.sentences.negative[themes["app"]] > 0.5 > study.sentences.negative[themes["staff"]]
    assert study.sentences.positive[themes["staff"]] > 0.5


def test_the_same_files_are_read_the_same_way_in_any_order(open_client: OpenClient, make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(1).choice([NEGATIVE, POSITIVE], 200)
    frame = told(make_texts(moods), rating=np.where(moods == NEGATIVE, 1, 5))
    once = study_feedback(open_client(frame, constants=SCALE, feedback=EN))
    turned = study_feedback(open_client(frame.iloc[::-1], constants=SCALE, feedback=EN))

    assert once.measured == ("en",)
    pd.testing.assert_frame_equal(once.comments, turned.comments)
    assert (once.sentences.negative == turned.sentences.negative).all()


def test_a_language_that_nobody_can_tell_is_read_all_the_same_and_claims_nothing(open_client: OpenClient) -> None:
    study = study_feedback(open_client(told(["xk zw", "qqq"]), feedback={"languages": ["en", "it"]}))

    assert list(study.readings) == [""]
    assert study.measured == ()


def test_parameters_that_cannot_be_are_all_named(open_client: OpenClient) -> None:
    client = open_client(told(["a text"]), feedback=EN)
    with pytest.raises(ParameterError) as caught:
        study_feedback(client, recent_days=6, min_group=-1, confidence_level=1.0)

    assert [fault.where for fault in caught.value.faults] == ["recent_days", "min_group", "confidence_level"]


def test_where_nobody_wrote_a_word_it_is_said_what_to_do(open_client: OpenClient) -> None:
    with pytest.raises(DataError, match=r"none of 2 rows[^.]*has a word(.|\n)*columns\.text"):
        study_feedback(open_client(told(["-", "👍"]), feedback=EN))


def test_words_of_no_theme_that_stand_out_among_the_unhappy_are_suggested(
    open_client: OpenClient, make_texts: MakeTexts
) -> None:
    moods = np.random.default_rng(2).choice([NEGATIVE, POSITIVE], 300)
    spoken = [" zorbnak" if mood == NEGATIVE and row % 2 else "" for row, mood in enumerate(moods)]
    texts = [text + word for text, word in zip(make_texts(moods), spoken, strict=True)]
    customers = [f"C{row}" for row in range(300)]
    client = open_client(
        told(texts, rating=np.where(moods == NEGATIVE, 1, 5), customer_id=customers), constants=SCALE, feedback=EN
    )
    found = suggest_words(client, study_feedback(client))

    assert {language for language, _ in found} == {"en"}
    assert any("zorbnak" in str(suggestion) for _, suggestion in found)
