"""A few comments in their writers' words, masked and cut, with the words that decided."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lab.analysis.feedback.lexicon import load_lexicon
from retention_lab.analysis.feedback.marks import UNKNOWN
from retention_lab.analysis.feedback.periods import is_recent
from retention_lab.analysis.feedback.study import FeedbackStudy, mentions
from retention_lab.tables.client import Client

LONGEST = 160
_LEAST, _MOST_WORDS = 25, 3
_EDGES = ".,;:!?…()\"'«»“”"
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One comment: `text` is masked and has at most 160 characters, `negative` is the chance of an unhappy writer."""

    theme: str
    language: str
    text: str
    decided: tuple[str, ...]
    negative: float


def choose_quotes(client: Client, study: FeedbackStudy, n: int = 8) -> tuple[Quote, ...]:
    """The unhappiest recent comments, one for each theme in turn, the most frequent theme first.

    Comments of a customer's own words are shown to people who decide: only such as have no mark that contradicts them,
    and each saying once.
    """
    comments = study.comments
    is_shown = is_recent(study) & (comments.text.str.len() >= _LEAST).to_numpy() & (comments.negative > 0.5).to_numpy()
    is_shown &= comments.mark.isin([UNKNOWN, 0]).to_numpy() & ~comments.repeat.duplicated(keep=False).to_numpy()
    about = mentions(study)
    order = np.argsort(-about[is_shown].sum(axis=0), kind="stable")
    by_mood = np.lexsort((comments.feedback_id.to_numpy(), -comments.negative.to_numpy()))
    chosen: list[tuple[int, str]] = []
    for place in order:
        rows = [row for row in by_mood if is_shown[row] and about[row, place] and row not in dict(chosen)][:1]
        chosen += [(int(row), study.sentences.names[place]) for row in rows if study.sentences.names[place] != "praise"]
    return tuple(_quote(client, study, comments.iloc[row], theme) for row, theme in chosen[:n])


def _quote(client: Client, study: FeedbackStudy, comment: pd.Series, theme: str) -> Quote:
    text = str(comment.text)
    return Quote(
        theme=theme,
        language=comment.language,
        text=text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rsplit(' ', 1)[0]}…",
        decided=_decided(client, study, comment.language, text),
        negative=float(comment.negative),
    )


def _decided(client: Client, study: FeedbackStudy, language: str, text: str) -> tuple[str, ...]:
    """The words without which the model of a language would be less sure; where there is none, by the word list."""
    words = text.split()
    without = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    speaks = study.readings[language].unhappiness([text, *without])
    if speaks is None:
        own = client.file.feedback.lexicon.get(language)
        found = [word for word, weight in load_lexicon(language, own).decided(text) if weight < 0]
        return tuple(found[:_MOST_WORDS])
    loss = speaks[0] - speaks[1:]
    first = [place for place in np.argsort(-loss, kind="stable") if loss[place] > 0 and _LETTER.search(words[place])]
    return tuple(dict.fromkeys(words[place].strip(_EDGES) for place in first))[:_MOST_WORDS]
