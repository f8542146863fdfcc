from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from retention_lab.analysis.feedback.marks import NEGATIVE, POSITIVE, UNKNOWN
from retention_lab.analysis.feedback.quotes import LONGEST, Quote, choose_quotes
from retention_lab.analysis.feedback.study import FeedbackStudy, study_feedback
from retention_lab.tables.client import Client

MakeStudy = Callable[..., FeedbackStudy]
OpenClient = Callable[..., Client]
Quoted = Callable[..., tuple[Quote, ...]]


@pytest.fixture
def quoted(make_study: MakeStudy, open_client: OpenClient) -> Quoted:
    """Quotes of comments that are unhappy, recent and about the app, unless the row says otherwise."""

    def found(*rows: dict[str, Any], themes: Any = None, n: int = 8) -> tuple[Quote, ...]:
        usual = {"negative": 0.9, "mark": UNKNOWN, "received_on": "2026-10-20"}
        frame = pd.DataFrame([usual | row for row in rows])
        client = open_client(pd.DataFrame({"received_at": ["2026-10-20"], "text": ["nothing"]}))
        return choose_quotes(client, make_study(frame, themes=themes or ["app"] * len(frame)), n)

    return found


@pytest.mark.parametrize(
    "text", ["The app is slow, " * 30, "x" * 400, "a" * LONGEST, "a" * (LONGEST + 1), "word " * 32]
)
def test_a_quote_has_at_most_160_characters(quoted: Quoted, text: str) -> None:
    (quote,) = quoted({"text": text})

    assert len(quote.text) <= LONGEST
    assert (quote.text == text) == (len(text) <= LONGEST)
    assert text.startswith(quote.text.rstrip("…"))


def test_nobody_who_gave_a_good_mark_is_quoted_as_unhappy(quoted: Quoted) -> None:
    said = quoted(
        {"text": "The app is fine, they said, rated happy", "mark": POSITIVE},
        {"text": "The app is so so, they said, rated neutral", "mark": 1},
        {"text": "The app is slow, they said, rated unhappy", "mark": NEGATIVE, "negative": 0.6},
    )

    assert [quote.text.split()[-1] for quote in said] == ["unhappy"]


def test_only_recent_unhappy_comments_of_some_length_that_nobody_else_wrote_are_quoted(quoted: Quoted) -> None:
    assert quoted({"text": "It was the app, a year ago, that broke", "received_on": "2025-10-20"}) == ()
    assert quoted({"text": "The app is what I like most of all", "negative": 0.4}) == ()
    assert quoted({"text": "App bad"}) == ()
    assert quoted(*[{"text": "The app does not open any more", "repeat": 1}] * 2) == ()


def test_one_for_each_theme_the_most_frequent_first_and_the_unhappiest_of_it(quoted: Quoted) -> None:
    rows = [{"text": f"Something about this and that, number {row}", "negative": 0.6 + row / 20} for row in range(5)]
    said = quoted(*rows, themes=["price", "app", "app", "app", "price"])

    assert [(quote.theme, quote.text[-1]) for quote in said] == [("app", "3"), ("price", "4")]
    assert len(quoted(*rows, themes=["price", "app", "app", "app", "price"], n=1)) == 1


def test_nothing_that_says_who_wrote_is_in_a_quote(open_client: OpenClient) -> None:
    told = "call me on 339 123 4567 or mario.rossi@example.com, Mario Rossi, IBAN IT60X0542811101000000123456"
    text = f"This app is terrible, awful and useless, {told}"
    frame = pd.DataFrame({"customer_id": ["C1"], "received_at": ["2026-10-20"], "text": [text]})
    customers = pd.DataFrame(
        {"customer_id": ["C1"], "started_on": ["2025-01-01"], "ended_on": [""], "name": ["Mario Rossi"]}
    )
    client = open_client(frame, customers, feedback={"languages": ["en"]})
    (quote,) = choose_quotes(client, study_feedback(client))

    assert quote.text.startswith("This app is terrible")
    for secret in ("339", "4567", "mario", "Mario", "Rossi", "example.com", "IT60", "0542"):
        assert secret not in quote.text
    assert {"terrible", "awful"} <= set(quote.decided)
