"""A client's comments, read: in which language, about what, how their writers felt, and what they are going to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lab.analysis.feedback.intents import find_intents
from retention_lab.analysis.feedback.ladder import Reading, read_language
from retention_lab.analysis.feedback.languages import Languages, find_languages
from retention_lab.analysis.feedback.lexicon import load_lexicon
from retention_lab.analysis.feedback.marks import CLASSES, NEGATIVE, UNKNOWN, class_of_marks
from retention_lab.analysis.feedback.suggestions import Suggestion, suggest_stems
from retention_lab.analysis.feedback.themes import CONTRASTS, find_themes, split_sentences, theme_names
from retention_lab.analysis.feedback.words import words_of
from retention_lab.errors import DataError, Fault, ParameterError
from retention_lab.tables.client import Client
from retention_lab.tables.verbatims.labels import Labels, load_labels
from retention_lab.tables.verbatims.verbatims import Verbatims, load_verbatims

UNDETERMINED = ""
# Ten years: no share of so long ago says anything of today.
_MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sentences:
    """The sentences of all comments: `of` is the row of the comment.

    `negative` and `positive` are the chances that it is an unhappy or a happy one.
    `themes` has a column for each of `names`.
    """

    of: NDArray[np.int64]
    texts: tuple[str, ...]
    negative: NDArray[np.float64]
    positive: NDArray[np.float64]
    themes: NDArray[np.bool_]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeedbackStudy:
    """What a client's customers said through `as_of`, and how it was read.

    `comments` has a row for each comment with words, in order of time: feedback_id, customer_id, writer (a code),
    received_on, channel, question, text (masked), language, mark (class of the customer's own mark, -1 without one),
    hand (class that a person gave it, -1 without), taught (hand, else mark), label (hand where the comment was drawn
    at random, else mark: comments that were chosen for being hard to read teach and measure nothing), repeat (a code
    for what it says), negative, neutral, positive (chances that the writer is so), predicted, by_lexicon, forward
    (classes), is_taught (the label measures), complaint, leaving.
    `verbatims` is all that came in; `readings` by language, the largest first.
    """

    comments: pd.DataFrame
    sentences: Sentences
    readings: dict[str, Reading]
    verbatims: Verbatims
    languages: Languages
    labels: Labels
    as_of: date
    recent_days: int
    min_group: int
    confidence_level: float
    seed: int

    @property
    def measured(self) -> tuple[str, ...]:
        """The languages whose comments are read in a way that was measured."""
        return tuple(name for name, reading in self.readings.items() if reading.classes)

    def to_frame(self) -> pd.DataFrame:
        """One row for each comment with words: how it was read, by its id. What was said is not in it."""
        comments = self.comments
        names = np.array(self.sentences.names, dtype=object)
        chosen = {language: reading.chosen for language, reading in self.readings.items()}
        return pd.DataFrame(
            {
                "feedback_id": comments.feedback_id,
                "received_on": comments.received_on.dt.strftime("%Y-%m-%d"),
                "language": comments.language,
                "sentiment": [CLASSES[code] for code in comments.predicted],
                "chance_unhappy": comments.negative.round(4),
                "read_by": comments.language.map(chosen),
                "is_measured": comments.language.isin(self.measured),
                "themes": ["; ".join(names[row]) for row in mentions(self)],
                "complaint": comments.complaint,
                "leaving": comments.leaving,
            }
        )


def mentions(study: FeedbackStudy) -> NDArray[np.bool_]:
    """Which themes each comment mentions: comments x themes."""
    found = np.zeros((len(study.comments), len(study.sentences.names)), dtype=bool)
    np.logical_or.at(found, study.sentences.of, study.sentences.themes)
    return found


def unhappiness(comments: pd.DataFrame) -> NDArray[np.float64]:
    """The chance that each writer is unhappy: by the own mark it is nought or one, without one it is the reading's."""
    return np.where(comments.mark == UNKNOWN, comments.negative, comments.mark == NEGATIVE).astype(np.float64)


def read_at_random(comments: pd.DataFrame, labels: Labels) -> NDArray[np.bool_]:
    """Which comments a person has read because they were drawn at random: only these measure."""
    drawn = labels.frame.feedback_id[labels.frame.purpose == "random"]
    return (comments.feedback_id.isin(drawn) & (comments.hand != UNKNOWN)).to_numpy()


def study_feedback(
    client: Client,
    *,
    recent_days: int = 90,
    min_group: int = 0,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> FeedbackStudy:
    """Read all comments of a client through `as_of`.

    `recent_days` are held against as many days before; `min_group` 0 means the client's own. Raises ParameterError
    where a parameter cannot be, DataError where there is no comment to read.
    """
    if faults := _faults(recent_days, min_group, confidence_level, seed):
        raise ParameterError(faults)
    verbatims, labels = load_verbatims(client), load_labels(client)
    said = verbatims.rows[verbatims.rows.content == "words"].reset_index(drop=True)
    if said.empty:
        raise DataError(_nothing_said(client, verbatims))
    languages = find_languages(said, client.file.feedback.languages)
    comments, sentences = _prepared(said, languages, labels), _cut(client, said, languages)
    readings: dict[str, Reading] = {}
    for language in comments.language.value_counts(sort=False).sort_values(ascending=False, kind="stable").index:
        rows = np.flatnonzero(comments.language == language)
        inside = np.flatnonzero((comments.language == language).to_numpy()[sentences.of])
        texts = [sentences.texts[place] for place in inside]
        readings[language] = reading = _read(
            client, comments.iloc[rows], texts, sentences.of[inside], confidence_level, seed
        )
        _write_down(client, comments, rows, reading)
        sentences.negative[inside], _, sentences.positive[inside] = reading.sentences.T
        sentences.themes[inside] = find_themes(texts, language, client.file.feedback.themes)
    return FeedbackStudy(
        comments=comments,
        sentences=sentences,
        readings=readings,
        verbatims=verbatims,
        languages=languages,
        labels=labels,
        as_of=client.as_of,
        recent_days=recent_days,
        min_group=min_group or client.file.min_group,
        confidence_level=confidence_level,
        seed=seed,
    )


def _cut(client: Client, said: pd.DataFrame, languages: Languages) -> Sentences:
    """All comments cut into sentences, about which nothing is known yet."""
    parts = [
        split_sentences(text, CONTRASTS.get(code, ())) for text, code in zip(said.text, languages.language, strict=True)
    ]
    of = np.repeat(np.arange(len(parts)), [len(each) for each in parts])
    names = theme_names(client.file.feedback.themes)
    return Sentences(
        of=of,
        texts=tuple(part for each in parts for part in each),
        negative=np.zeros(len(of)),
        positive=np.zeros(len(of)),
        themes=np.zeros((len(of), len(names)), dtype=bool),
        names=names,
    )


def _faults(recent_days: int, min_group: int, confidence_level: float, seed: int) -> list[Fault]:
    faults = []
    if not 7 <= recent_days <= _MOST_DAYS:
        faults.append(Fault(where="recent_days", found=str(recent_days), allowed=f"from 7 to {_MOST_DAYS}"))
    if min_group < 0:
        faults.append(Fault(where="min_group", found=str(min_group), allowed="0 (the client's own) or more"))
    if not 0.5 <= confidence_level < 1:
        faults.append(Fault(where="confidence_level", found=str(confidence_level), allowed="from 0.5 to below 1"))
    if seed < 0:
        faults.append(Fault(where="seed", found=str(seed), allowed="0 or more"))
    return faults


def _nothing_said(client: Client, verbatims: Verbatims) -> Fault:
    return Fault(
        where="feedback",
        found=f"none of {verbatims.n_rows} rows through {client.as_of} has a word in its text",
        allowed="at least one comment",
        remedy="see which column of the export holds what customers wrote, and name it as columns.text"
        if verbatims.n_rows
        else "see whether received_at and observed_through are right, or ask with a later as_of",
    )


def _prepared(said: pd.DataFrame, languages: Languages, labels: Labels) -> pd.DataFrame:
    """With the codes that keep a customer together and what says the same, and the classes from marks and people."""
    comments = said.copy()
    comments["language"] = languages.language
    alone = "\n" + comments.index.astype(str)
    comments["writer"] = pd.factorize(comments.customer_id.where(comments.customer_id.notna(), alone))[0]
    comments["repeat"] = pd.factorize(pd.Series([_gist(text) for text in comments.text]))[0]
    rated = [comments[name].to_numpy(dtype=float) for name in ("rating", "worst", "best")]
    comments["mark"] = class_of_marks(*rated)
    codes = labels.frame.drop_duplicates("feedback_id").set_index("feedback_id").label.map(CLASSES.index)
    comments["hand"] = comments.feedback_id.map(codes).fillna(UNKNOWN).astype(np.int64)
    comments["taught"] = np.where(comments.hand != UNKNOWN, comments.hand, comments.mark)
    comments["label"] = np.where(read_at_random(comments, labels), comments.hand, comments.mark)
    for name in CLASSES:
        comments[name] = np.nan
    for name in ("complaint", "leaving", "is_taught"):
        comments[name] = False
    for name in ("predicted", "by_lexicon", "by_majority", "forward"):
        comments[name] = UNKNOWN
    return comments


def _gist(text: str) -> str:
    """What two comments that say the same have in common: their words; of numbers, only that they are there."""
    words = words_of(text)
    return " ".join("0" if word.isdigit() else word for word in words) or text


def _read(
    client: Client, comments: pd.DataFrame, texts: Sequence[str], of: NDArray[np.int64], level: float, seed: int
) -> Reading:
    language = comments.language.iloc[0]
    return read_language(
        language,
        texts,
        np.searchsorted(comments.index, of),
        comments.taught.to_numpy(),
        comments.writer.to_numpy(),
        comments.repeat.to_numpy(),
        load_lexicon(language, client.file.feedback.lexicon.get(language)),
        checks=comments.label.to_numpy(),
        confidence_level=level,
        seed=seed,
    )


def _write_down(client: Client, comments: pd.DataFrame, rows: NDArray[np.int64], reading: Reading) -> None:
    own, language = client.file.feedback, reading.language
    comments.loc[rows, list(CLASSES)] = reading.chances
    for name in ("predicted", "by_lexicon", "by_majority", "forward", "is_taught"):
        comments.loc[rows, name] = getattr(reading, name)
    complaints, leaving = own.complaints.get(language, ()), own.leaving.get(language, ())
    intents = find_intents(comments.text.iloc[rows].to_list(), language, complaints, leaving)
    comments.loc[rows, "complaint"], comments.loc[rows, "leaving"] = intents.complaint, intents.leaving


def suggest_words(client: Client, study: FeedbackStudy, n: int = 5) -> tuple[tuple[str, Suggestion], ...]:
    """Words that no theme has yet and that stand out, by language: `n` for each reason."""
    about = np.asarray(mentions(study).any(axis=1))
    found: list[tuple[str, Suggestion]] = []
    for language in (name for name in study.readings if name != UNDETERMINED):
        rows = np.flatnonzero(study.comments.language == language)
        some = study.comments.iloc[rows]
        stop_words = load_lexicon(language, client.file.feedback.lexicon.get(language)).stop_words
        unhappy = unhappiness(some) > 0.5
        suggested = suggest_stems(
            some.text.to_list(), some.customer_id.to_list(), about[rows], unhappy, language, stop_words, n
        )
        found += [(language, each) for each in suggested.found]
    return tuple(found)
