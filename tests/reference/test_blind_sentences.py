"""Our word lists on sentences that were written without a look at them (see sentences/README.md).

The bounds lie a little below what was measured at first sight; docs/feedback.md has the figures.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.typing import NDArray
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from retention_lab.analysis.feedback.intents import find_intents
from retention_lab.analysis.feedback.languages import find_languages
from retention_lab.analysis.feedback.lexicon import load_lexicon
from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE
from retention_lab.analysis.feedback.themes import CONTRASTS, THEMES, find_themes, split_sentences
from retention_lab.methods.classification import ClassQuality, judge_classes
from retention_lab.methods.proportions import estimate_proportion

FOLDER = Path(__file__).parent / "sentences"
LANGUAGES = ("en", "it", "es", "fr", "sl")

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


def written(language: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return found


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["text"] for row in rows]


def judged(scores: NDArray[np.float64], rows: list[dict[str, Any]]) -> ClassQuality:
    """By the sign of a score; what says nothing counts as happy."""
    truth = [NEGATIVE if row["label"] == "negative" else POSITIVE for row in rows]
    predicted = np.where(scores < 0, NEGATIVE, POSITIVE)
    return judge_classes(truth, predicted, 3, np.arange(len(rows)))


def told(
    capsys: pytest.CaptureFixture[str], language: str, what: str, right: NDArray[np.bool_], wrong: NDArray[np.bool_]
) -> None:
    precision = estimate_proportion(int(right.sum()), int(right.sum() + wrong.sum()))
    recall = estimate_proportion(int(right.sum()), len(right))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{language}: {what} precision {precision.value:.2f}"
            f" ({precision.ci_lower:.2f} to {precision.ci_upper:.2f}),"
            f" recall {recall.value:.2f} ({recall.ci_lower:.2f} to {recall.ci_upper:.2f})\n"
        )


def test_the_word_list_is_far_above_chance_and_above_vader(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = written(language)["sentiment"]
    vader = SentimentIntensityAnalyzer()
    ours = judged(load_lexicon(language).score(texts(rows)).score, rows)
    theirs = judged(np.array([vader.polarity_scores(text)["compound"] for text in texts(rows)]), rows)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{language}: word list {ours.accuracy.value:.2f} right, {ours.accuracy.value - 0.5:+.2f} over chance"
            f" ({ours.accuracy.ci_lower:.2f} to {ours.accuracy.ci_upper:.2f}), hears {ours.recall.value:.2f} of the"
            f" negative, macro-F1 {ours.macro_f1.value:.2f}; VADER {theirs.accuracy.value:.2f}, hears"
            f" {theirs.recall.value:.2f}, {theirs.macro_f1.value:.2f}\n"
        )

    assert ours.accuracy.ci_lower > 0.55
    assert ours.recall.value >= 0.6
    assert ours.macro_f1.value > theirs.macro_f1.value + (0.1 if language == "en" else 0.25)


def test_themes_are_found_where_they_are(language: str) -> None:
    rows = written(language)["themes"]
    parts = [split_sentences(row["text"], CONTRASTS[language]) for row in rows]
    found = np.array([find_themes(each, language).any(axis=0) for each in parts])
    truth = np.array([[theme in row["themes"] for theme in THEMES] for row in rows])
    both = (found & truth).sum()

    assert both / found.sum() >= 0.8
    assert both / truth.sum() >= 0.65


def test_goodbyes_are_told_from_talk_of_going(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = written(language)
    leaving = find_intents(texts(rows["leaving"]), language).leaving
    staying = find_intents(texts(rows["staying"]), language).leaving
    told(capsys, language, "goodbyes", leaving, staying)

    assert leaving.sum() / (leaving.sum() + staying.sum()) >= 0.75
    assert leaving.mean() >= 0.6


def test_complaints_are_told_from_a_bad_mood(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = written(language)
    complaints = find_intents(texts(rows["complaints"]), language).complaint
    others = find_intents(texts(rows["no_complaints"]), language).complaint
    told(capsys, language, "complaints", complaints, others)

    assert complaints.sum() / (complaints.sum() + others.sum()) >= 0.85
    assert complaints.mean() >= 0.5


def test_languages_are_told_apart_from_a_few_words(language: str) -> None:
    said = yaml.safe_load((FOLDER / "languages.yml").read_text(encoding="utf-8"))[language]
    rows = pd.DataFrame({"text": said["medium"], "said_language": "", "customer_id": None})
    found = find_languages(rows, LANGUAGES).language

    # Too short or doubtful is not guessed; what is guessed has to be right.
    assert (found == language).mean() >= 0.75
    assert (found == language).sum() >= 0.9 * (found != "").sum()
