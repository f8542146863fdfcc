from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retention_lab.tables.client import Client
from retention_lab.tables.quarantine import rejection_fault
from retention_lab.tables.verbatims.scales import find_scale, read_scale, scale_faults
from retention_lab.tables.verbatims.verbatims import COLUMNS, Verbatims, load_verbatims

Write = Callable[..., Path]
Told = Callable[[Callable[[], object]], str]
MAPPED = {"received_at": "when", "text": "said"}


@pytest.fixture
def load(write_client: Write) -> Callable[..., Verbatims]:
    """Write a feedback table, and customers where there are any, and load the comments."""

    def loaded(feedback: str, customers: str | None = None, as_of: str = "", **spec: Any) -> Verbatims:
        return load_verbatims(opened(write_client, feedback, customers, as_of, **spec))

    return loaded


def opened(write: Write, feedback: str, customers: str | None = None, as_of: str = "", **spec: Any) -> Client:
    names = {"customer_id": "ID", "started_on": "Start", "ended_on": "End", "name": "Name"}
    read = {"source": "feedback.csv", "columns": MAPPED, **spec}
    folder = write(customers, columns=names, tables={"feedback": read})
    if customers is None:
        text = (folder / "client.yml").read_text("utf-8")
        start, end = text.index("  customers:"), text.index("  feedback:")
        (folder / "client.yml").write_text(text[:start] + text[end:], "utf-8")
    (folder / "feedback.csv").write_text(feedback, "utf-8")
    return Client(folder, as_of=as_of)


def test_comments_come_tidied_masked_and_in_order(load: Callable[..., Verbatims]) -> None:
    found = load(
        "when,said,no,who,mark,lang\n"
        '2026-03-02,"Call mario rossi on 339 123 4567\nKind regards\nMario Rossi",F2,C1,2,Italian\n'
        "2026-03-01,Fine,F1,,5,it-IT\n",
        "ID,Start,End,Name\nC1,2025-01-01,,Mario Rossi\n",
        columns={**MAPPED, "feedback_id": "no", "customer_id": "who", "rating": "mark", "language": "lang"},
        constants={"rating_scale": "1-5"},
    )

    assert list(found.rows) == list(COLUMNS)
    assert found.rows.feedback_id.tolist() == ["F1", "F2"]
    assert found.rows.text.tolist() == ["Fine", "Call [name] on [phone]"]
    assert found.rows.customer_id.tolist() == [None, "C1"]
    assert found.rows.said_language.tolist() == ["it", "it"]
    assert found.rows[["rating", "worst", "best"]].to_numpy().tolist() == [[5, 1, 5], [2, 1, 5]]
    assert (found.n_rows, found.n_masked, found.n_signed, found.n_without_customer) == (2, 1, 1, 1)
    assert (found.masked["name"], found.masked["phone"], found.masked["iban"]) == (1, 1, 0)


def test_rows_after_the_day_that_is_asked_for_do_not_exist(load: Callable[..., Verbatims]) -> None:
    found = load("when,said\n2026-03-01,early\n2026-03-02,late\n", as_of="2026-03-01")

    assert found.rows.text.tolist() == ["early"]


def test_what_says_nothing_in_words_is_told_apart(load: Callable[..., Verbatims]) -> None:
    said = ["Buono", "n/a", "", "-", "Nessuno", "nada.", "Rien", "Nič", "NO COMMENT", "👍👍", ":-)", "a@b.it", "8/10"]
    found = load("when,said\n" + "".join(f'2026-03-01,"{text}"\n' for text in said))

    content = dict(zip(found.rows.text, found.rows.content, strict=True))
    assert [text for text, kind in content.items() if kind == "words"] in (["Buono", "8/10"], ["8/10", "Buono"])
    assert {text for text, kind in content.items() if kind == "signs"} == {"👍👍", ":-)"}


def test_a_comment_without_an_id_keeps_the_one_that_it_is_given(write_client: Write) -> None:
    rows = ["2026-03-01,same\n", "2026-03-01,same\n", "2026-03-01,other\n"]
    client = opened(write_client, "when,said\n" + "".join(rows))
    first = load_verbatims(client).rows
    (client.folder / "feedback.csv").write_text("when,said\n" + "".join(reversed(rows)), "utf-8")
    again = load_verbatims(Client(client.folder)).rows

    assert first.feedback_id.is_unique
    assert first.equals(again)
    assert not first.feedback_id.str.contains("same").any()


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("1-5", (1, 5)), ("0 to 10", (0, 10)), ("1–7", (1, 7)), ("6-1", (6, 1)), ("-1-1", (-1, 1)),
        ("da 0 a 10", (0, 10)),
        ("de 1 à 5", (1, 5)), ("od 1 do 5", (1, 5)), ("0,5-5", (0.5, 5)), ("1..5", (1, 5)),
        ("five stars", None), ("5", None), ("3-3", None), ("", None),
    ],
)  # fmt: skip
def test_a_scale_is_read_with_its_worst_end_first(written: str, ends: tuple[float, float] | None) -> None:
    assert read_scale(written) == ends


@pytest.mark.parametrize(
    ("marks", "scale"),
    [([1, 3, 5], "1-5"), ([0, 10], "0-10"), ([-1, 0, 1], "-1-1"), ([0, 1], "0-1"), ([1, 4], ""), ([1, 2.5, 5], ""),
     ([1, 10], ""), ([0, 5], ""), ([], "")],
)  # fmt: skip
def test_a_scale_is_found_only_where_both_its_ends_were_given(marks: list[float], scale: str) -> None:
    assert find_scale(marks) == scale


def test_marks_whose_scale_is_not_known_are_counted_and_the_remedy_is_told(load: Callable[..., Verbatims]) -> None:
    found = load("when,said,mark\n2026-03-01,a b,1\n2026-03-02,c d,7\n", columns={**MAPPED, "rating": "mark"})

    assert (found.scale_found, found.n_unscaled) == ("", 2)
    assert "constants: {rating_scale: 1-5}" in found.remedy
    assert found.rows.worst.isna().all()


def test_scales_that_cannot_be_read_are_told_together(write_client: Write, told: Told) -> None:
    feedback = "when,said,mark,scale\n2026-03-01,a b,1,stars\n2026-03-02,c d,7,1-7\n2026-03-02,e,7,thumbs\n"
    client = opened(write_client, feedback, columns={**MAPPED, "rating": "mark", "rating_scale": "scale"})
    message = told(lambda: load_verbatims(client))

    assert "'stars' (1 rows)" in message
    assert "'thumbs' (1 rows)" in message
    assert "such as 1-5" in message


def test_labels_in_words_and_a_day_for_all_rows_need_nothing_but_client_yml(write_client: Write) -> None:
    client = opened(
        write_client,
        "said,mood\nBello,pos\nBrutto,neg\n",
        columns={"text": "said", "rating": "mood"},
        values={"rating": {"neg": "1", "pos": "5"}},
        constants={"received_at": "2026-01-31"},
    )
    found = load_verbatims(client)

    assert dict(zip(found.rows.text, found.rows.rating, strict=True)) == {"Bello": 5, "Brutto": 1}
    assert found.scale_found == "1-5"
    assert found.rows.received_on.dt.strftime("%Y-%m-%d").unique().tolist() == ["2026-01-31"]


def test_where_nobody_says_how_far_the_exports_go_a_day_for_all_rows_does(write_client: Write) -> None:
    client = opened(write_client, "said\nBello\n", columns={"text": "said"}, constants={"received_at": "2026-01-31"})
    path = client.folder / "client.yml"
    path.write_text(path.read_text("utf-8").replace("observed_through: '2026-10-31'\n", ""), "utf-8")

    assert str(Client(client.folder).as_of) == "2026-01-31"


def test_a_word_for_a_mark_must_stand_for_a_number(write_client: Write, told: Told) -> None:
    message = told(
        lambda: opened(
            write_client,
            "when,said,mood\n2026-03-01,a,neg\n",
            columns={**MAPPED, "rating": "mood"},
            values={"rating": {"neg": "low"}},
        )
    )

    assert "values.rating.neg: 'low'" in message
    assert "a number in quotes" in message


def test_hostile_comments_are_loaded_as_text(load: Callable[..., Verbatims]) -> None:
    texts = [
        "<script>alert(1)</script>", "<img onerror=alert(1)>", "a\u202eb", "=HYPERLINK(1)", "x" * 1_000_000, "🔥🔥",
        "Ωραίο 很好 отлично ممتاز 좋아요 देश",
    ]  # fmt: skip
    found = load("when,said\n" + "".join(f"2026-03-01,{text}\n" for text in texts))

    assert found.n_rows == len(texts)
    assert found.n_cut == 1
    assert {"<script>alert(1)</script>", "ab", "=HYPERLINK(1)"} <= set(found.rows.text)


def test_of_a_wrong_column_no_more_than_the_beginning_of_a_few_values_is_told_and_masked() -> None:
    counts = {f"scrivete a geheim{row}@posta.it, la fattura è sbagliata da mesi e mesi": row for row in range(1, 9)}
    told = [fault.found for fault in scale_faults("feedback.csv", {**counts, "1-5": 9})]

    assert len(told) == 6
    assert told[0] == "'scrivete a [email], la fattura è sbaglia…' (8 rows)"
    assert told[-1] == "3 other values (6 rows)"


def test_a_scale_may_run_downwards(load: Callable[..., Verbatims]) -> None:
    rows = "when,said,mark\n2026-03-01,Well,1\n2026-03-01,Badly,6\n"
    found = load(rows, columns={**MAPPED, "rating": "mark"}, constants={"rating_scale": "6-1"})

    assert sorted(found.rows.rating) == [1, 6]
    assert (found.rows.worst == 6).all()


def test_a_comment_in_a_wrong_column_is_told_by_its_shape(write_client: Write) -> None:
    said = "Mario Rossi waits for a call on 339 123 4567 since Monday, and nobody calls"
    client = opened(
        write_client, f"when,said,mark\n2026-03-01,Well,\"{said}\"\n",
        columns={**MAPPED, "rating": "mark"}, constants={"rating_scale": "1-5"},
    )  # fmt: skip
    loaded = client.loaded("feedback")
    message = str(rejection_fault(loaded.source, loaded.rejections[0]))

    assert "Mario" not in message
    assert "4567" not in message
    assert "letters" in message
