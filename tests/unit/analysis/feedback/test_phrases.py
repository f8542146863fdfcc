import pytest

from retention_lab.analysis.feedback.phrases import PhraseBook
from retention_lab.analysis.feedback.words import words_of


def found(entries: dict[str, list[str]], text: str) -> list[tuple[str, str]]:
    words = words_of(text)
    matches = PhraseBook(entries).find(words)
    return [(" ".join(words[match.start : match.start + match.length]), match.label) for match in matches]


def test_a_stem_finds_what_begins_so_and_a_word_only_itself() -> None:
    assert found({"bad": ["delus*"]}, "Delusa, delusione, illusa") == [("delusa", "bad"), ("delusione", "bad")]
    assert found({"bad": ["slow"]}, "slower slow") == [("slow", "bad")]


def test_the_longest_entry_wins_and_hides_what_it_holds() -> None:
    entries = {"staff": ["service"], "waiting": ["service desk", "service desk closed"]}

    assert found(entries, "the service desk closed, good service") == [
        ("service desk closed", "waiting"),
        ("service", "staff"),
    ]
    assert found(entries, "service desks") == [("service", "staff")]


def test_stems_work_at_every_place_of_a_phrase_and_a_lone_star_is_any_word() -> None:
    assert found({"gone": ["clos* my account*"]}, "closing my accounts today") == [("closing my accounts", "gone")]
    assert found({"down": ["internet * down"]}, "internet is down") == [("internet is down", "down")]
    assert found({"down": ["internet * down"]}, "internet down") == []


def test_of_entries_as_long_the_whole_word_goes_first_then_the_longer_stem() -> None:
    entries = {"short": ["can*"], "long": ["cancel*"], "whole": ["cancelled"]}

    assert [label for _, label in found(entries, "cancelled cancelling candle")] == ["whole", "long", "short"]


def test_an_entry_at_the_end_of_a_text_does_not_look_beyond_it() -> None:
    assert found({"a": ["not working"]}, "it is not") == []
    assert found({"a": ["not working"]}, "") == []


@pytest.mark.parametrize("text", ["NON FUNZIONA", "non funzionà", "Non, funziona"])
def test_case_accents_and_commas_do_not_matter(text: str) -> None:
    assert found({"bad": ["non funziona"]}, text) == [("non funziona", "bad")]
