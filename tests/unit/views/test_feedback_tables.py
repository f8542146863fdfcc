"""Tables of what customers say: as many cells as columns, nothing run, and a word where there is nothing."""

import re
from html import escape

import pytest
from feedback_results import (
    bare,
    card,
    client,
    estimate,
    group,
    leaving,
    plan,
    quality,
    reading,
    row,
    topic,
    topics,
    unknown,
    unmeasured,
)

from retention_lab.analysis.feedback.leaving import NotJoined
from retention_lab.analysis.feedback.quotes import Quote
from retention_lab.analysis.feedback.suggestions import Suggestion
from retention_lab.findings.finding import MIME
from retention_lab.text import Text
from retention_lab.views.display import Table
from retention_lab.views.feedback_tables import (
    table_of_accuracy,
    table_of_calls,
    table_of_changes,
    table_of_leaving,
    table_of_quotes,
    table_of_suggestions,
    table_of_topics,
    table_of_ways,
)

TEXT = Text("en", "EUR")
HOSTILE = ('<script>alert("x")</script>', '"><img src=x onerror=alert(1)>', "=HYPERLINK(1)", "$5 {n} 😀", "שירות")


def shown(table: Table | None) -> Table:
    """The table, fit to be shown."""
    assert table is not None
    assert len(table.columns) == len(table.align)
    assert all(len(cells) == len(table.columns) for cells in table.rows)
    assert table.rows
    assert table.caption.endswith(".")
    for words in (table.caption, *table.columns, *(cell for cells in table.rows for cell in cells)):
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\.\.", words), words
    return table


def quote(text: str = "Never again", theme: str = "price", *decided: str) -> Quote:
    return Quote(theme=theme, language="en", text=text, decided=decided, negative=0.97)


def suggestion(words: str = "router", why: str = "no_theme") -> Suggestion:
    return Suggestion(words=words, why=why, n_comments=40, n_customers=30, log_odds=1.2, z=4.25)  # type: ignore[arg-type]


def test_the_card_has_a_line_for_each_language_and_channel() -> None:
    table = shown(table_of_accuracy(card(row(), row(channel="mail"), unmeasured("sl")), TEXT))

    assert table.rows[0] == (
        "English", "600 (30/20/50)", "0.83 (0.81 to 0.85)", "0.55, 0.25", "75% (71% to 79%)", "80% (76% to 84%)",
        "3% (2% to 4%)",
    )  # fmt: skip
    assert table.rows[1][0].strip() == "mail"
    assert table.rows[2] == ("Slovenian", "12", "not measured", "–", "–", "–", "–")


def test_what_the_card_does_not_know_is_a_dash() -> None:
    lame = quality(macro_f1=bare(1.0), recall=unknown(), precision=bare(0.0))
    cells = shown(table_of_accuracy(card(row(quality=lame, lexicon=None, calibration=None)), TEXT)).rows[0]

    assert cells[2:] == ("1.00", "–, 0.25", "–", "0%", "–")


def test_ways_of_reading_stand_side_by_side_with_the_one_that_is_used() -> None:
    table = shown(table_of_ways(card(row(), row("it")), TEXT))

    assert [cells[4] for cells in table.rows] == ["", "", "", "used"] * 2
    assert table.rows[2] == ("English", "Taught by our word list", "too few comments", "–", "")
    assert table.rows[3][2:4] == ("0.83 (0.81 to 0.85)", "75% (71% to 79%)")
    assert {cells[0] for cells in table.rows} == {"English", "Italian"}


def test_an_unmeasured_language_says_so_in_each_way() -> None:
    ways = reading(classes=(), rungs=tuple(type(rung)(name=rung.name, quality=None, why=why)
                   for rung, why in zip(reading().rungs, ("", "too_few_labels", "too_few_comments", ""),
                                        strict=True)))  # fmt: skip
    table = shown(table_of_ways(card(unmeasured(), en=ways), TEXT))

    assert [cells[2] for cells in table.rows] == ["not measured", "too few labels", "too few comments", "not measured"]


def test_themes_are_shares_with_intervals() -> None:
    table = shown(table_of_topics(topics(topic(), topic("app", unhappy=unknown())), TEXT))

    assert table.rows[0] == ("Price and billing", "240", "20.0% (18.0% to 22.0%)", "50% (45% to 55%)")
    assert table.rows[1][3] == "–"
    assert "In 80% of comments a theme was found." in table.caption


@pytest.mark.parametrize(
    ("n", "words"), [(1, "1 theme that only a few customers mention is"), (3, "3 themes that only a few customers")]
)
def test_themes_of_so_few_customers_that_they_could_be_recognised_are_counted_only(n: int, words: str) -> None:
    assert words in table_of_topics(topics(topic(), n_too_small=n), TEXT).caption
    assert "a few customers" not in table_of_topics(topics(topic()), TEXT).caption


def test_changes_have_their_sign_and_their_chance() -> None:
    some = topics(
        topic(change=estimate(0.06), pvalue=0.0004, effect=estimate(8.0, 3.0)),
        topic("app", change=unknown(), pvalue=float("nan"), effect=unknown()),
        topic("staff", change=estimate(-0.06), pvalue=0.04, effect=estimate(-8.0, 3.0)),
    )
    table = shown(table_of_changes(some, TEXT))

    assert table.rows == (
        ("Price and billing", "+6.0 (4.0 to 8.0)", "p < 0.001", "+8.0 (5.0 to 11.0)"),
        ("App and site", "–", "–", "–"),
        ("Staff", "−6.0 (−8.0 to −4.0)", "p = 0.040", "−8.0 (−11.0 to −5.0)"),
    )
    assert "the last 90 days" in table.caption


def test_who_left_stands_beside_what_they_had_said() -> None:
    table = shown(table_of_leaving(leaving(groups=(group("silent", 0.1), group("unhappy", 0.16))), TEXT))

    assert table.rows == (
        ("Said nothing", "400", "10.0% (9.0% to 11.0%)"), ("Unhappy", "400", "16.0% (15.0% to 17.0%)"),
    )  # fmt: skip
    assert table_of_leaving(NotJoined(why="no_dates"), TEXT) is None


def test_calls_are_of_those_to_contact_under_made_up_names() -> None:
    table = shown(table_of_calls(plan(3, 2), client(), TEXT))

    assert table.rows[0] == ("made-up 0", "open complaint", "20 October 2026", "95%", "€60.00")
    assert [cells[0] for cells in table.rows] == ["made-up 0", "made-up 1", "made-up 2"]
    assert len(shown(table_of_calls(plan(30, 2), client(), TEXT)).rows) == 10


def test_without_values_the_list_has_no_column_of_dashes() -> None:
    table = shown(table_of_calls(plan(has_value=False), client(), TEXT))

    assert table.columns[-1] == "Chance"


@pytest.mark.parametrize("has_value", [True, False])
def test_nobody_to_call_is_a_row_that_says_so(has_value: bool) -> None:
    assert shown(table_of_calls(plan(0, 0, has_value=has_value), client(), TEXT)).rows[0][0] == "Nobody is on the list"


def test_quotes_stand_with_the_words_that_decided() -> None:
    table = shown(table_of_quotes([quote("Never again", "price", "never", "again"), quote(theme="")], TEXT))

    assert table.rows == (
        ("Price and billing", "Never again", "never and again"),
        ("–", "Never again", "–"),
    )


def test_suggestions_say_where_they_stand_out() -> None:
    table = shown(table_of_suggestions([("it", suggestion()), ("sl", suggestion("kabel", "unhappy"))], TEXT))

    assert table.rows == (
        ("Italian", "router", "comments without a theme", "40", "4.2"),
        ("Slovenian", "kabel", "unhappy comments", "40", "4.2"),
    )


def test_where_there_is_nothing_a_row_says_so() -> None:
    assert shown(table_of_topics(topics(), TEXT)).rows[0][0] == "No theme was found"
    assert shown(table_of_changes(topics(), TEXT)).rows[0][0] == "No theme was found"
    assert shown(table_of_quotes([], TEXT)).rows[0][0] == "No comment"
    assert shown(table_of_suggestions([], TEXT)).rows[0][0] == "Nothing stands out"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_customers_and_exports_write_is_text_and_never_run(hostile: str) -> None:
    tables = [
        table_of_quotes([quote(hostile, hostile, hostile)], TEXT),
        table_of_accuracy(card(row(), row(channel=hostile)), TEXT),
        table_of_topics(topics(topic(hostile)), TEXT),
        table_of_changes(topics(topic(hostile)), TEXT),
        table_of_suggestions([("en", suggestion(hostile))], TEXT),
    ]

    for table in tables:
        bundle = shown(table)._repr_mimebundle_()
        assert "<script" not in bundle["text/html"]
        assert "<img" not in bundle["text/html"]
        assert escape(hostile) in bundle["text/html"]
        assert any(hostile in cell for cells in bundle[MIME]["data"]["rows"] for cell in cells)
