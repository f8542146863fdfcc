from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retention_lab.analysis.feedback.features import Features, extract_features
from retention_lab.analysis.feedback.lexicon import load_lexicon
from retention_lab.analysis.feedback.marks import NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.models import bootstrap, cross_fit, draw_folds, forward_fit

MakeTexts = Callable[..., list[str]]
BOTH = (NEGATIVE, POSITIVE)


def features(texts: list[str]) -> Features:
    return extract_features(texts, np.arange(len(texts)), len(texts), load_lexicon("en"))


def told(scores: Any, classes: tuple[int, ...] = BOTH) -> Any:
    return np.array(classes)[scores.argmax(axis=1)]


def test_a_customer_is_in_one_fold_and_every_class_is_in_all_of_them() -> None:
    rng = np.random.default_rng(3)
    writers, labels = rng.integers(0, 300, 1000), np.where(rng.random(1000) < 0.1, NEGATIVE, POSITIVE)
    folds = draw_folds(writers, labels, seed=1)

    assert max(len(set(folds[writers == each])) for each in np.unique(writers)) == 1
    assert np.bincount(folds).min() > 150
    assert min(np.sum((folds == fold) & (labels == NEGATIVE)) for fold in range(5)) >= 10


def test_folds_are_drawn_by_the_seed_alone() -> None:
    writers, labels = np.arange(200) // 2, np.arange(200) % 3

    assert (draw_folds(writers, labels, 7) == draw_folds(writers, labels, 7)).all()
    assert (draw_folds(writers, labels, 7) != draw_folds(writers, labels, 8)).any()


def test_no_comment_is_judged_by_a_model_that_saw_its_writer() -> None:
    """A word of one's own and a mood of one's own: who remembers the writer is nearly always right."""
    rng = np.random.default_rng(4)
    writers = np.repeat(np.arange(80), 5)
    labels = np.repeat(rng.permutation(np.repeat(BOTH, 40)), 5)
    texts = [f"byword{writer} w{rng.integers(30)}x" for writer in writers]
    found = features(texts)
    fairly = cross_fit(found, labels, draw_folds(writers, labels, 1), BOTH)
    carelessly = cross_fit(found, labels, draw_folds(np.arange(400), labels, 1), BOTH)

    assert np.mean(told(carelessly.comments) == labels) > 0.9
    assert np.mean(told(fairly.comments) == labels) < 0.62


def test_comments_without_a_label_are_judged_by_all_and_their_fold_does_not_matter(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(5).choice(BOTH, 400)
    found = features(make_texts(moods))
    labels = np.where(np.arange(400) < 250, moods, UNKNOWN)
    folds = draw_folds(np.arange(400), labels, 1)
    moved = np.where(labels == UNKNOWN, 4 - folds, folds)
    judged, again = (cross_fit(found, labels, each, BOTH) for each in (folds, moved))

    assert np.mean(told(judged.comments)[250:] == moods[250:]) > 0.85
    assert (judged.comments == again.comments).all()


def test_three_classes_are_told_apart(make_texts: MakeTexts) -> None:
    classes = (NEGATIVE, NEUTRAL, POSITIVE)
    moods = np.random.default_rng(6).choice(classes, 600, p=[0.2, 0.2, 0.6])
    judged = cross_fit(features(make_texts(moods)), moods, draw_folds(np.arange(600), moods, 1), classes)

    assert min(np.mean(told(judged.comments, classes)[moods == each] == each) for each in classes) > 0.8


def test_a_sentence_of_a_labelled_comment_is_judged_without_it() -> None:
    """Each comment has a byword in two sentences, so that its own model would know the second by the first."""
    rng = np.random.default_rng(7)
    labels = rng.permutation(np.repeat(BOTH, 100))
    texts = [text for row in range(200) for text in (f"byword{row} w1x", f"byword{row} w2x")]
    of = np.repeat(np.arange(200), 2)
    found = extract_features(texts, of, 200, load_lexicon("en"))
    judged = cross_fit(found, labels, draw_folds(np.arange(200), labels, 1), BOTH)

    assert np.mean(told(judged.sentences) == labels[of]) < 0.62


def test_a_model_of_the_earlier_comments_does_not_know_the_words_of_later_ones(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(8).choice(BOTH, 600)
    texts = make_texts(moods)
    renamed = [text.replace("krav", "novo").replace("zel", "tuti") for text in texts]
    found = features(texts[:400] + renamed[400:])
    is_early = np.arange(600) < 400
    scores = told(forward_fit(found, moods, is_early, BOTH))

    assert np.mean(scores[:400] == moods[:400]) > 0.9
    assert np.mean(scores[400:] == moods[400:]) == pytest.approx(0.5, abs=0.12)


def test_what_the_lexicon_hears_clearly_teaches_words_that_it_does_not_know(make_texts: MakeTexts) -> None:
    rng = np.random.default_rng(9)
    moods = rng.choice(BOTH, 1200)
    spoken = [" terrible awful" if mood == NEGATIVE else " great excellent" for mood in moods]
    heard = rng.integers(0, 2, 1200)
    plain = make_texts(moods)
    scores = bootstrap(
        features([text + word * int(told) for text, word, told in zip(plain, spoken, heard, strict=True)])
    )

    assert scores is not None
    assert np.mean((scores[0] > 0)[heard == 0] == (moods == POSITIVE)[heard == 0]) > 0.85
    assert bootstrap(features(plain)) is None
