"""What is not sure is asked, what matters most first; and what is answered stands in the client file."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.drafts import write_draft
from retention_lab.tables.guessing.guesses import ClientGuess, ColumnGuess, Doubt, Sample, TableGuess
from retention_lab.tables.guessing.question import NONE, Question
from retention_lab.tables.guessing.questions import next_question


def column(name: str, of: str | tuple[str, str], confidence: float = 0.5, **how: Any) -> ColumnGuess:
    return ColumnGuess(name=name, column=of, confidence=confidence, reasons=("a guess",), **how)


def table(*columns: ColumnGuess, **how: Any) -> TableGuess:
    rows = pa.table({"ID": ["1", "2"], "Code": ["x", None], "Von": ["2026-01-01"] * 2, "Bis": ["", "2026-02-01"]})
    read = ReadOptions(dates="dmy")
    sample = Sample(source="crm.csv", files=("crm.csv",), read=read, rows=rows, n_rows=2, is_exact=True)
    every = {"values": {}, "constants": {}, "covariates": {}, "outcomes": {}, "confidence": 0.9, "table": "customers"}
    return TableGuess(columns=columns, sample=sample, **{**every, **how})


def client(*tables: TableGuess, **how: Any) -> ClientGuess:
    every = {"unused": (), "churn": "contract", "observed_through": "2026-10-31", "language": "en", "currency": "EUR"}
    return ClientGuess(tables=tables, **{**every, **how})


def asked(guess: ClientGuess) -> Question:
    question = next_question(guess)
    assert question is not None
    return question


DATES = (column("started_on", "Von", 0.9), column("ended_on", "Bis", 0.6, is_vital=True))
UNSURE = client(table(column("region", "Code"), *DATES, column("customer_id", "ID", runners_up=(("Code", 0.3),))))


def test_nothing_is_asked_where_all_is_sure() -> None:
    assert next_question(client(table(column("customer_id", "ID", 0.95)))) is None


def test_what_must_be_known_is_asked_first_with_the_guess_and_the_runners_up() -> None:
    question = asked(UNSURE)

    assert question.key == "tables.customers.columns.customer_id"
    assert "crm.csv" in question.asked
    assert question.choices == ("ID", "Code")
    assert question.examples == (("1", "2"), ("x",))
    assert asked(question.apply("ID")).key == "tables.customers.columns.ended_on"


@pytest.mark.parametrize("answer", ["ID", "Code", "Von"])
def test_an_answer_is_sure_and_not_asked_again(answer: str) -> None:
    (found,) = asked(UNSURE).apply(answer).tables

    (told,) = [column for column in found.columns if column.name == "customer_id"]
    assert (told.column, told.confidence, told.runners_up) == (answer, 1.0, ())


def test_a_product_of_two_columns_can_be_said() -> None:
    (found,) = asked(client(table(column("monthly_value", "ID")))).apply("ID * Code").tables

    assert found.columns[0].column == ("ID", "Code")


def test_a_column_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(ValueError, match=r"did you mean Code\?.*ID, Code, Von, Bis"):
        asked(UNSURE).apply("Cod")


def test_none_of_them_leaves_a_column_out_and_what_is_required_is_asked_of_the_client() -> None:
    without = asked(UNSURE).apply(NONE)

    assert without.tables[0].lacking == ("customer_id",)
    assert "# customers cannot be used yet: ask the client for customer_id" in write_draft(without, "acme")
    assert "region" not in str(asked(client(table(column("region", "Code")))).apply(NONE).tables[0].columns)


def test_what_nothing_was_taken_for_is_asked_once_since_somebody_may_know_it() -> None:
    guess = client(table(column("started_on", "Von", 0.9), lacking=("customer_id",)))
    question = asked(guess)

    assert question.choices == (NONE, "ID", "Code", "Bis")
    (found,) = question.apply("ID").tables
    assert (found.lacking, found.columns[-1].column) == ((), "ID")
    assert next_question(question.apply("ID")) is None
    assert next_question(question.apply(NONE)) is None
    assert question.apply(NONE).tables[0].lacking == ("customer_id",)


def test_codes_that_were_read_off_another_column_go_with_it() -> None:
    churned = column("churned", "Code")
    guess = client(table(churned, values={"churned": {"x": True}}))

    assert asked(guess).apply("Code").tables[0].values == {"churned": {"x": True}}
    assert asked(guess).apply("Bis").tables[0].values != {"churned": {"x": True}}


def test_a_file_of_which_nobody_knows_what_it_is_can_be_left_out() -> None:
    question = asked(client(table(confidence=0.5)))

    assert question.key == "tables.customers"
    assert [left.source for left in question.apply(NONE).unused] == ["crm.csv"]
    assert question.apply("customers").tables[0].is_sure
    with pytest.raises(ValueError, match="did you mean loyalty"):
        question.apply("loyalti")


def doubt(key: str, taken: str, *others: str) -> Doubt:
    return Doubt(key=key, taken=taken, others=others, why="both fit")


@pytest.mark.parametrize(
    ("found", "answer", "line"),
    [
        (doubt("read.dates", "dmy", "mdy"), "mdy", "read: {dates: mdy}"),
        (doubt("tables.customers.read.decimal", ".", ","), ",", 'read: {decimal: ",", dates: dmy}'),
        (doubt("duplicates", "keep", "drop_exact"), "drop_exact", "duplicates: drop_exact"),
    ],
)
def test_how_a_file_is_to_be_read_can_be_settled(found: Doubt, answer: str, line: str) -> None:
    tables = table(column("customer_id", "ID", 0.9), *(replace(one, confidence=0.9) for one in DATES), doubts=(found,))
    question = asked(client(tables))

    settled = question.apply(answer)

    assert next_question(settled) is None
    assert line in write_draft(settled, "acme")
    assert "both fit" not in write_draft(settled, "acme")
    with pytest.raises(ValueError, match=r".+"):
        question.apply("no such thing")


@pytest.mark.parametrize(
    ("found", "answer", "line", "wrong"),
    [
        (doubt("currency", "EUR", "CHF"), "CHF", "currency: CHF", "francs"),
        (doubt("language", "en", "it"), "it", "language: it", "de"),
        (doubt("observed_through", "2026-10-31", "2026-09-30"), "2026-09-30", "observed_through: 2026-09-30", "soon"),
        (doubt("churn", "contract", "inactivity"), "inactivity", "churn: {kind: ", "death"),
    ],
)
def test_what_holds_for_the_whole_client_can_be_settled(found: Doubt, answer: str, line: str, wrong: str) -> None:
    question = asked(client(table(column("customer_id", "ID", 0.9)), doubts=(found,)))

    assert line in write_draft(question.apply(answer), "acme")
    assert next_question(question.apply(found.taken)) is None
    with pytest.raises(ValueError, match=r".+"):
        question.apply(wrong)


def test_a_doubt_that_has_no_other_answer_is_told_and_not_asked() -> None:
    assert next_question(client(table(column("customer_id", "ID", 0.9)), doubts=(doubt("currency", "EUR"),))) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([NONE, "take", "other"]), min_size=40, max_size=40), st.floats(0, 1))
def test_questions_come_to_an_end_whatever_is_answered(answers: list[str], confidence: float) -> None:
    names = ("customer_id", "started_on", "ended_on", "region", "plan")
    columns = (column(name, "ID", confidence, runners_up=(("Code", 0.2),)) for name in names)
    doubts = (doubt("read.dates", "dmy", "mdy"), doubt("unit", "days", "months"))
    guess = client(
        table(*columns, confidence=confidence, doubts=doubts), doubts=(doubt("churn", "contract", "inactivity"),)
    )
    for answer in answers:
        question = next_question(guess)
        if question is None:
            break
        last = question.choices[-1] if answer == "other" else question.choices[0]
        guess = question.apply(NONE if answer == NONE and question.may_be_none else last)

    assert next_question(guess) is None


def of_rows(table: TableGuess, **columns: list[str]) -> TableGuess:
    """The same guess on a file with these columns."""
    rows = pa.table(columns)
    return replace(table, sample=replace(table.sample, rows=rows, n_rows=rows.num_rows))


def test_which_code_means_gone_is_asked_and_everyone_cannot_have_left() -> None:
    why = "the name does not say whether yes means gone"
    found = Doubt(key="values.churned", taken="1", others=("2", "9"), why=why)
    question = asked(client(table(column("churned", "Code", 0.9), doubts=(found,))))

    assert question.choices == ("1", "2", "9")
    (told,) = question.apply("2, 9").tables
    assert told.values["churned"] == {"1": False, "2": True, "9": True}
    assert next_question(client(told)) is None
    for wrong in ("1, 2, 9", "3", ""):
        with pytest.raises(ValueError, match="some of 1, 2, 9"):
            question.apply(wrong)


def test_another_column_with_codes_is_asked_what_they_mean() -> None:
    guess = of_rows(table(column("churned", "Code")), Code=["x", "y"] * 30, State=["K", "W"] * 30, ID=["1", "2"] * 30)

    question = asked(asked(client(guess)).apply("State"))

    assert question.key == "tables.customers.churned"
    # Who presses Enter must not have said that everybody who stays has left.
    assert question.must_choose
    (told,) = question.apply("W").tables
    assert told.values["churned"] == {"K": False, "W": True}


def test_each_code_without_a_meaning_is_asked_by_itself() -> None:
    found = doubt("values.kind", "")
    moved = replace(table(column("kind", "Art", 0.9), doubts=(found,)), table="loyalty", values={"kind": {"E": "earn"}})
    first = asked(client(of_rows(moved, Art=["E", "R", "earn", "", "X"])))

    second = asked(first.apply("redeem"))

    assert "'R'" in first.asked
    assert "'X'" in second.asked
    assert first.choices == ("earn", "redeem", "expire", "adjust")
    told = second.apply("expire")
    assert told.tables[0].values["kind"] == {"E": "earn", "R": "redeem", "X": "expire"}
    assert next_question(told) is None
    with pytest.raises(ValueError, match="earn, redeem, expire, adjust"):
        first.apply("burn")


def test_the_control_and_what_came_out_of_an_experiment_are_asked() -> None:
    found = Doubt(key="outcomes.visits", taken="Von", others=(NONE,), why="it stands after the variant")
    dealt = table(
        column("variant", "Code", 0.9), doubts=(found,), variants=(("b", 0.6), ("a", 0.4)),
        outcomes={"visits": ("Von", "mean"), "spend": ("Bis", "mean")},
    )  # fmt: skip
    guess = client(replace(dealt, table="assignments"))

    outcome = asked(guess)
    control = asked(outcome.apply(NONE))

    assert list(outcome.apply(NONE).tables[0].outcomes) == ["spend"]
    assert list(outcome.apply("Von").tables[0].outcomes) == ["visits", "spend"]
    assert control.choices == ("a", "b")
    assert control.apply("b").tables[0].control == "b"
    assert next_question(control.apply("b")) is None
    with pytest.raises(ValueError, match="a, b"):
        control.apply("c")


def test_a_file_can_be_taken_for_another_table_and_its_columns_are_looked_for_again() -> None:
    rows = {
        "Customer ID": [f"K{n}" for n in range(50)] * 2,
        "Order Date": ["2025-01-05", "2025-02-07"] * 50,
        "Amount": [f"{n}.50" for n in range(100)],
    }
    guess = of_rows(
        table(column("customer_id", "Customer ID"), confidence=0.5, others=(("transactions", 0.4),)), **rows
    )
    question = asked(client(guess))

    (told,) = question.apply("transactions").tables

    assert question.choices == ("customers", "transactions")
    assert told.table == "transactions"
    assert {"customer_id": "Customer ID", "occurred_at": "Order Date", "amount": "Amount"}.items() <= {
        found.name: found.column for found in told.columns
    }.items()
