import numpy as np
import pytest

from retention_lab.analysis.feedback.features import Features, extract_features
from retention_lab.analysis.feedback.lexicon import load_lexicon


def features(*comments: list[str]) -> Features:
    sentences = [sentence for comment in comments for sentence in comment]
    of = np.repeat(np.arange(len(comments)), [len(comment) for comment in comments])
    return extract_features(sentences, of, len(comments), load_lexicon("en"))


FEW = (["terrible service", "slow service"], ["great service"], ["slow parcel"], ["great parcel", "it came"])


def test_a_comment_of_one_sentence_is_that_sentence() -> None:
    found = features(*FEW)
    comments, sentences = found.comments.toarray(), found.sentences.toarray()

    assert found.of.tolist() == [0, 0, 1, 2, 3, 3]
    assert comments[1] == pytest.approx(sentences[2])
    assert comments[2] == pytest.approx(sentences[3])


def test_spelling_that_only_differs_in_case_accents_and_stretching_changes_nothing() -> None:
    plain = features(["pessimo servizio"], ["pessimo pacco"], ["bello servizio"])
    shouted = features(["PESSIMO servizio!"], ["pèssimo pacco"], ["bello servizio"])

    assert plain.comments.toarray() == pytest.approx(shouted.comments.toarray())


def test_what_stands_in_one_sentence_only_is_no_feature() -> None:
    found = features(["qqqqq service"], ["vvvvv service"])
    alone = found.vocabulary.rows_of(["qqqqq"]).toarray()

    assert not alone.any()
    assert found.vocabulary.rows_of(["service"]).toarray().any()


def test_the_lexicon_speaks_of_comments_and_of_sentences_apart() -> None:
    found = features(["It is terrible.", "It is great."], ["It is great."], ["It is here."])

    assert found.sentence_score[0] < 0 < found.sentence_score[1]
    assert abs(found.lexicon_score[0]) < abs(found.sentence_score[0])
    assert found.lexicon_score[1] == pytest.approx(found.sentence_score[2])
    assert found.lexicon_score[2] == 0


def test_a_text_asked_later_has_the_features_that_it_had_among_the_comments() -> None:
    found = features(*FEW)

    assert found.vocabulary.rows_of(["slow parcel"]).toarray()[0] == pytest.approx(found.comments.toarray()[2])


def test_comments_that_have_no_word_in_common_are_still_scored_by_the_lexicon() -> None:
    found = features(["abc"], ["great"])

    assert found.comments.shape[0] == 2
    assert found.lexicon_score[1] > 0
