from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retention_lab.analysis.feedback.ladder import Reading, read_language
from retention_lab.analysis.feedback.lexicon import load_lexicon
from retention_lab.analysis.feedback.marks import NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN

MakeTexts = Callable[..., list[str]]
BOTH = (NEGATIVE, POSITIVE)


def read(texts: list[str], labels: Any, writers: Any = None, repeats: Any = None) -> Reading:
    """Each text is one sentence; unless told, everybody writes once and nobody says what another said."""
    each = np.arange(len(texts))
    labels = np.asarray(labels, dtype=np.int64)
    writers, repeats = (each if codes is None else np.asarray(codes) for codes in (writers, repeats))
    return read_language("en", texts, each, labels, writers, repeats, load_lexicon("en"))


def quality_of(reading: Reading, name: str) -> Any:
    return next(rung.quality for rung in reading.rungs if rung.name == name)


def test_what_labels_teach_beats_the_lexicon_where_the_words_are_new(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(1).choice(BOTH, 400, p=[0.4, 0.6])
    reading = read(make_texts(moods, told=0.9), moods)

    assert reading.chosen == "trained"
    assert quality_of(reading, "trained").macro_f1.ci_lower > quality_of(reading, "lexicon").macro_f1.ci_upper
    assert quality_of(reading, "lexicon").macro_f1.value < 0.55
    assert np.mean(reading.predicted == moods) > 0.85


def test_where_the_lexicon_says_it_all_and_labels_are_few_it_is_kept(make_texts: MakeTexts) -> None:
    """Each customer is unhappy or happy in words of one's own, which sixty labels cannot teach and a list knows."""
    bad = ["terrible", "awful", "horrible", "useless", "disgusting", "dreadful", "annoying", "disappointing"]
    good = ["great", "excellent", "wonderful", "fantastic", "perfect", "superb", "lovely", "brilliant"]
    moods = np.tile(BOTH, 30)
    words = [(bad if mood == NEGATIVE else good)[row // 2 % 8] for row, mood in enumerate(moods)]
    reading = read(
        [f"it was {word} {text}" for word, text in zip(words, make_texts(moods, told=0), strict=True)], moods
    )

    assert reading.chosen == "lexicon"
    assert quality_of(reading, "few") is not None


def test_a_model_is_not_praised_for_remembering_what_it_has_read_before() -> None:
    """Half of all texts are copies; labels are drawn at random for each text, so nothing can be learnt."""
    rng = np.random.default_rng(2)
    labels = rng.choice(BOTH, 300)
    texts = [" ".join(f"w{number}x" for number in rng.integers(0, 2000, 8)) for _ in range(300)]
    reading = read(texts * 2, np.tile(labels, 2), repeats=np.tile(np.arange(300), 2))

    assert reading.n_repeats == 300
    assert reading.with_repeats is not None
    assert quality_of(reading, "trained").macro_f1.value == pytest.approx(0.5, abs=0.1)
    assert reading.with_repeats.macro_f1.value > 0.8
    # The copy is judged by models that did not read the first one either: it is no comment with a label.
    assert reading.is_taught.sum() == 300


def test_where_hardly_anything_is_said_twice_nothing_is_told_of_it(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(3).choice(BOTH, 300)
    repeats = np.where(np.arange(300) < 10, 0, np.arange(300))

    assert read(make_texts(moods), moods, repeats=repeats).with_repeats is None


def test_customers_who_repeat_themselves_are_kept_together() -> None:
    """A byword and a mood for each customer: only who remembers the customer can be right."""
    rng = np.random.default_rng(4)
    writers = np.repeat(np.arange(80), 5)
    labels = np.repeat(rng.permutation(np.repeat(BOTH, 40)), 5)
    texts = [f"byword{writer} w{rng.integers(30)}x" for writer in writers]

    assert quality_of(read(texts, labels, writers), "trained").macro_f1.value < 0.62
    assert quality_of(read(texts, labels), "trained").macro_f1.value > 0.9


def test_a_class_with_ten_labels_is_not_learnt_and_is_counted(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(5).choice(BOTH, 300)
    moods[:10] = NEUTRAL
    reading = read(make_texts(moods), moods)

    assert reading.classes == BOTH
    assert (reading.n_too_rare, reading.n_labels) == (10, 290)
    assert NEUTRAL not in reading.predicted
    assert not reading.chances[:, NEUTRAL].any()


def test_below_fifty_labels_nothing_is_measured_and_the_lexicon_reads(make_texts: MakeTexts) -> None:
    moods = np.tile(BOTH, 100)
    labels = np.where(np.arange(200) < 48, moods, UNKNOWN)
    texts = make_texts(moods)
    texts[0], texts[1] = "a terrible terrible service", "a great great service"
    reading = read(texts, labels)

    assert (reading.chosen, reading.classes, reading.judged) == ("lexicon", (), None)
    assert [rung.quality for rung in reading.rungs] == [None] * len(reading.rungs)
    assert all(rung.why for rung in reading.rungs)
    assert reading.predicted[:2].tolist() == [NEGATIVE, POSITIVE]
    assert reading.chances[0, NEGATIVE] > 0.9 > 0.1 > reading.chances[1, NEGATIVE]
    assert reading.unhappiness(["krava"]) is None


def test_labels_all_of_one_class_teach_nothing(make_texts: MakeTexts) -> None:
    reading = read(make_texts([POSITIVE] * 200), [POSITIVE] * 200)

    assert (reading.chosen, reading.classes) == ("lexicon", ())


def test_no_labels_at_all_and_a_single_comment_are_read(make_texts: MakeTexts) -> None:
    reading = read(["terrible"], [UNKNOWN])

    assert (reading.chosen, reading.n_labels, reading.predicted.tolist()) == ("lexicon", 0, [NEGATIVE])


def test_chances_come_true(make_texts: MakeTexts) -> None:
    """Half of the texts do not tell: of those read at seven in ten, about seven are unhappy."""
    moods = np.random.default_rng(6).choice(BOTH, 1500, p=[0.3, 0.7])
    labels = np.where(np.arange(1500) < 1000, moods, UNKNOWN)
    chance = read(make_texts(moods, told=0.5), labels).chances[1000:, NEGATIVE]
    unhappy = moods[1000:] == NEGATIVE

    assert chance.mean() == pytest.approx(unhappy.mean(), abs=0.05)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.8, 1.0)):
        inside = (chance >= low) & (chance <= high)
        assert inside.sum() > 20
        assert unhappy[inside].mean() == pytest.approx(chance[inside].mean(), abs=0.12)


def test_words_that_change_over_time_show_in_what_the_past_teaches(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(7).choice(BOTH, 600)
    texts = make_texts(moods)
    later = [text.replace("krav", "novo").replace("zel", "tuti") for text in texts]
    reading = read(texts[:420] + later[420:], moods)
    asked = reading.forward != UNKNOWN

    assert (reading.forward_from, asked.sum()) == (420, 180)
    assert np.mean(reading.forward[asked] == moods[asked]) < 0.65
    assert np.mean(reading.predicted == moods) > 0.8


def test_how_strongly_a_text_speaks_for_an_unhappy_writer_can_be_asked(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(8).choice(BOTH, 400)
    speaks = read(make_texts(moods), moods).unhappiness(["w1x krava", "w1x", "w1x zela"])

    assert speaks is not None
    assert speaks[0] > speaks[1] > speaks[2]


def test_the_same_comments_are_read_the_same_way_twice(make_texts: MakeTexts) -> None:
    moods = np.random.default_rng(9).choice(BOTH, 300)
    texts = make_texts(moods)
    once, again = read(texts, moods), read(texts, moods)

    assert (once.chances == again.chances).all()
    assert once.rungs == again.rungs
