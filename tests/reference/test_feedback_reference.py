"""Comments that nobody here wrote: public sentences and reviews, read as a client's would be."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from retention_lab.analysis.feedback.ladder import Reading, read_language
from retention_lab.analysis.feedback.lexicon import Lexicon, load_lexicon
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, class_of_marks
from retention_lab.analysis.feedback.themes import CONTRASTS, split_sentences
from retention_lab.analysis.feedback.words import words_of

pytestmark = pytest.mark.reference

Codes = NDArray[np.int64]
SEEDS = (1, 2, 3)
# What a word list that knows no words comes to is told apart from what ours adds to the marks.
NO_WORDS = "xx"
UCI = {"amazon_cells": 0.82, "imdb": 0.79, "yelp": 0.82}


def read(texts: list[str], labels: Codes, lexicon: Lexicon, seed: int) -> Reading:
    parts = [split_sentences(text, CONTRASTS["en"]) for text in texts]
    of = np.repeat(np.arange(len(parts)), [len(each) for each in parts])
    gist = pd.factorize(pd.Series([" ".join(words_of(text)) for text in texts]))[0]
    flat = [part for each in parts for part in each]
    return read_language("en", flat, of, labels, np.arange(len(texts)), gist, lexicon, seed=seed)


def macro_f1(reading: Reading, name: str) -> float:
    found = next(rung.quality for rung in reading.rungs if rung.name == name)
    assert found is not None
    return found.macro_f1.value


def sentences(folder: Path, name: str) -> tuple[list[str], Codes]:
    lines = (folder / "uci_sentences" / f"{name}_labelled.txt").read_text(encoding="utf-8").split("\n")
    rows = [line.rsplit("\t", 1) for line in lines if "\t" in line]
    labels = [POSITIVE if row[1].strip() == "1" else NEGATIVE for row in rows]
    return [row[0].strip() for row in rows], np.array(labels, dtype=np.int64)


@pytest.mark.parametrize("name", UCI)
def test_sentences_are_read_as_well_as_they_must_be(
    name: str, reference_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, labels = sentences(reference_data, name)
    ours = [read(texts, labels, load_lexicon("en"), seed) for seed in SEEDS]
    bare = [macro_f1(read(texts, labels, load_lexicon(NO_WORDS), seed), "trained") for seed in SEEDS]
    trained = np.mean([macro_f1(each, "trained") for each in ours])

    listed = macro_f1(ours[0], "lexicon")
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: macro-F1 {trained:.3f}, without lists {np.mean(bare):.3f}, list {listed:.3f}\n")

    assert len(texts) == 1000
    # Five folds, sentences that say the same counted once. Measured: .898, .870, .900; without the word list, of whose
    # misses a sample from these very sets was read while it was written: .843, .808, .824.
    assert trained >= UCI[name] + 0.03
    assert np.mean(bare) >= UCI[name] - 0.015
    assert trained > np.mean(bare)
    assert all(each.chosen == "trained" for each in ours)


def test_reviews_in_three_classes_beat_the_majority_and_the_word_list(
    reference_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pd.read_csv(reference_data / "alexa" / "amazon_alexa.tsv", sep="\t", quoting=3, encoding="utf-8-sig")
    said = rows.verified_reviews.fillna("").astype(str)
    some = rows[said.str.contains(r"\w", regex=True)]
    rating = some.rating.to_numpy(dtype=float)
    labels = class_of_marks(rating, np.full(len(some), 1.0), np.full(len(some), 5.0))
    found = read(said[some.index].to_list(), labels, load_lexicon("en"), 1)
    ways = {rung.name: rung.quality for rung in found.rungs if rung.quality}
    with capsys.disabled():
        told = ", ".join(f"{name} {way.macro_f1.value:.3f}" for name, way in ways.items())
        sys.stdout.write(f"\nalexa: macro-F1 {told}\n")

    # A quarter of the reviews say what an earlier one says. Nine in ten are happy, so accuracy alone says nothing.
    assert found.n_repeats > 0.2 * len(some)
    assert found.classes == (0, 1, 2)
    assert ways["majority"].macro_f1.value < 0.33
    assert ways["majority"].accuracy.value > 0.85
    assert ways["trained"].macro_f1.ci_lower > ways["majority"].macro_f1.value
    assert ways["trained"].macro_f1.value > ways["lexicon"].macro_f1.value
    assert ways["trained"].recall.value > 0.5
