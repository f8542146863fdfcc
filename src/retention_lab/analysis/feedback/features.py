"""Comments of one language as numbers: counts of words and of letters in a row, and what the lexicon says.

Words are counted sentence by sentence and added up to comments, so that one pass serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from retention_lab.analysis.feedback.lexicon import Lexicon
from retention_lab.analysis.feedback.words import words_of

Floats = NDArray[np.float64]
Matrix = Any
# A word or run of letters that stands in one sentence only teaches nothing about another.
_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The words and runs of letters of a language that stand in more than one sentence, and how much each weighs."""

    blocks: tuple[tuple[CountVectorizer, TfidfTransformer], ...]
    lexicon: Lexicon

    def rows_of(self, texts: Sequence[str]) -> Matrix:
        """Features of texts, each taken as one sentence."""
        plain = [" ".join(words_of(text)) for text in texts]
        found = self.lexicon.score(texts)
        parts = [weigh.transform(counter.transform(plain)) for counter, weigh in self.blocks]
        return sp.hstack([*parts, sp.csr_matrix(_lexicon_columns(found.positive, found.negative))], format="csr")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """`comments` (n comments x n features) and `sentences` (n sentences x n features), sparse, in one vocabulary.

    `of` is the comment of each sentence. `lexicon_score` has a value in [-1, 1] for each comment, `sentence_score` for
    each sentence.
    """

    comments: Matrix
    sentences: Matrix
    of: NDArray[np.int64]
    lexicon_score: Floats
    sentence_score: Floats
    vocabulary: Vocabulary


def extract_features(sentences: Sequence[str], of: NDArray[np.int64], n_comments: int, lexicon: Lexicon) -> Features:
    """Features of comments, given as their sentences; TF-IDF of one and two words and of three and four letters.

    Sublinear term frequencies, each of the two parts of length one (Salton and Buckley 1988). Labels play no part
    here: words of comments that are judged later are counted too, as they are when the model is used.
    """
    plain = [" ".join(words_of(sentence)) for sentence in sentences]
    sums = sp.csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), shape=(n_comments, len(of)))
    blocks = [block for counter in _counters() if (block := _block(counter, plain, sums))]
    found = lexicon.score(sentences)
    said = _lexicon_columns(sums @ found.positive, sums @ found.negative)
    alone = _lexicon_columns(found.positive, found.negative)
    return Features(
        comments=sp.hstack([*(block.comments for block in blocks), sp.csr_matrix(said)], format="csr"),
        sentences=sp.hstack([*(block.sentences for block in blocks), sp.csr_matrix(alone)], format="csr"),
        of=of,
        lexicon_score=said[:, 0],
        sentence_score=found.score,
        vocabulary=Vocabulary(blocks=tuple((block.counter, block.weigh) for block in blocks), lexicon=lexicon),
    )


def _counters() -> list[CountVectorizer]:
    words = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", lowercase=False, min_df=_FEWEST)
    letters = CountVectorizer(analyzer="char_wb", ngram_range=(3, 4), lowercase=False, min_df=_FEWEST)
    return [words, letters]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Block:
    comments: Matrix
    sentences: Matrix
    counter: CountVectorizer
    weigh: TfidfTransformer


def _block(counter: CountVectorizer, plain: list[str], sums: Matrix) -> _Block | None:
    """Comments and sentences in the words of one counter; None where no word stands twice."""
    try:
        counts = counter.fit_transform(plain)
    except ValueError:
        return None
    weigh = TfidfTransformer(sublinear_tf=True)
    comments = weigh.fit_transform(sums @ counts)
    return _Block(comments=comments, sentences=weigh.transform(counts), counter=counter, weigh=weigh)


def _lexicon_columns(positive: Floats, negative: Floats) -> Floats:
    score = (positive - negative) / (positive + negative + 1)
    return np.column_stack([score, np.log1p(positive), np.log1p(negative)])
