"""Suggested words: what the themes lack, and nothing by which a person could be recognised."""

from collections.abc import Sequence

import pandas as pd

from retention_lab.analysis.feedback.suggestions import Suggestions, suggest_stems

STOP = frozenset({"the", "was", "and", "my"})
PLAIN = ["the weather was mild and sunny", "my garden was mild", "the sunny garden", "weather and garden"]


def suggest(
    texts: Sequence[str], customers: Sequence[object], theme: Sequence[bool], bad: Sequence[bool]
) -> Suggestions:
    return suggest_stems(texts, customers, theme, bad, "en", STOP)


def comments(said: str, n: int, n_customers: int) -> Suggestions:
    """`n` uncovered, unhappy comments of `n_customers` that say it, among 200 others."""
    texts = [said] * n + [PLAIN[row % 4] for row in range(200)]
    customers = [f"C{row % n_customers}" for row in range(n)] + [f"D{row}" for row in range(200)]
    is_new = [row < n for row in range(len(texts))]
    return suggest(texts, customers, [not new for new in is_new], is_new)


def test_a_word_that_no_theme_has_is_suggested_for_both_reasons() -> None:
    found = comments("the escalator was stuck", 20, 20)
    by_words = {(one.words, one.why): one for one in found.found}
    assert {why for _, why in by_words} == {"no_theme", "unhappy"}
    assert not [words for words, _ in by_words if {"mild", "garden", "sunny"} & set(words.split())]
    one = by_words["escalator", "no_theme"]
    assert (one.n_comments, one.n_customers) == (20, 20)
    assert one.log_odds > 0
    assert one.z > 1.96


def test_too_few_comments_or_customers_are_never_shown() -> None:
    assert not comments("the escalator", 4, 4).found
    assert not comments("the escalator", 40, 4).found
    assert comments("the escalator", 40, 5).found


def test_masks_numbers_stop_words_and_what_a_theme_has_are_never_suggested() -> None:
    said = "[email] the 4711 was A55B refunded and [name] escalator"
    words = {one.words for one in comments(said, 30, 30).found}
    assert words == {"escalator"}


def test_nothing_that_stands_out_gives_an_empty_table() -> None:
    for found in (suggest([], [], [], []), suggest(PLAIN * 10, list(range(40)), [True] * 40, [False] * 40)):
        assert found.found == ()
        assert list(found.to_frame().columns)[:2] == ["words", "why"]


def test_the_order_of_the_comments_does_not_matter() -> None:
    texts = ["slow escalator"] * 9 + ["mild tea"] * 9 + PLAIN * 20
    flags = [True] * 9 + [False] * 89
    first = suggest(texts, list(range(98)), [not flag for flag in flags], flags)
    other = suggest(texts[::-1], list(range(98)), [not flag for flag in flags[::-1]], flags[::-1])
    pd.testing.assert_frame_equal(first.to_frame(), other.to_frame())
    assert first.found
