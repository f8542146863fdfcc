import pytest

from retention_lab.analysis.feedback.words import fold, sentences_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L'assistenza è PESSIMA!", ["l", "assistenza", "e", "pessima"]),
        ("I don't like it; it isn’t good", ["i", "dont", "like", "it", "it", "isnt", "good"]),
        ("Sooooo slow", ["soo", "slow"]),
        ("Žal počasi, straße, cœur", ["zal", "pocasi", "strasse", "coeur"]),
        ("ok :-) but 😡", ["ok", ":-)", "but", "😡"]),
        ("", []),
        ("... !!!", []),
    ],
)
def test_words_are_found_as_they_are_looked_up(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_accents_typed_apart_or_as_one_letter_are_the_same_word() -> None:
    assert fold("perche\u0301") == fold("perch\u00e9") == fold("PERCHÉ") == "perche"


def test_a_happy_face_is_not_a_sad_one() -> None:
    assert words_of(":)") != words_of(":(")
    assert words_of(":D") == [":D"]


def test_sentences_end_where_people_end_them() -> None:
    text = "Slow... again! Why? I pay €9.99 a month\nGoodbye"

    assert [part.rstrip(".!?") for part in sentences_of(text)] == [
        "Slow",
        "again",
        "Why",
        "I pay €9.99 a month",
        "Goodbye",
    ]
    assert sentences_of("  \n ") == []


def test_a_sentence_that_never_ends_is_cut_and_nothing_is_lost() -> None:
    text = "word " * 500
    parts = sentences_of(text)

    assert max(map(len, parts)) <= 600
    assert "".join(parts) == text.strip()
