"""A draft is for people, and a client file takes it as it is, whatever stands in the files or was guessed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.tables.client_file import ClientFile, Database, ReadOptions, load_client_file
from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.guessing.drafts import make_draft, write_draft
from retention_lab.tables.guessing.guesses import ClientGuess, ColumnGuess, Doubt, Sample, TableGuess, Unused
from retention_lab.tables.guessing.yaml_text import block, flow, one_line

NASTY = (
    "Yes", "no", "null", "~", "1", "1e3", "0x1F", "2026-10-31", "12:30:45", "a: b", "a #b", "# x", "{x", "[y", "=",
    "<<",
    "- a", "?", " lead", "trail ", "a\nb: c", "a\r\n  source: /etc/passwd", "\u2028x",
    "\x85", "\x1b[31m", "Città", "名前",
    "🎉",
    '"; drop table', "'", "\\", "%TAG", "@x", "`x`", "*a", "&a", "!t", "|", ">", "\ufeffID", "Customer No", "y", "\0",
)  # fmt: skip

Accepted = Callable[[ClientGuess], ClientFile]


@pytest.fixture
def accepted(tmp_path: Path) -> Accepted:
    """The client file that a draft is read as."""

    def accepted(guess: ClientGuess) -> ClientFile:
        (tmp_path / "client.yml").write_text(write_draft(guess, "acme"), encoding="utf-8", newline="\n")
        return load_client_file(tmp_path)

    return accepted


def sampled(columns: list[str], source: Any = "file.csv", **how: Any) -> Sample:
    """A file with these columns and two rows."""
    rows = pa.table([pa.array(["a", "b"]) for _ in columns], names=columns)
    said = {"files": (str(source),), "read": ReadOptions(), "n_rows": 2, "is_exact": True}
    return Sample(source=source, rows=rows, **{**said, **how})


def guessed(table: str, columns: dict[str, Any], **how: Any) -> TableGuess:
    """A table of which every column was guessed surely; keywords say otherwise."""
    names = [name for column in columns.values() for name in ([column] if isinstance(column, str) else column)]
    found = tuple(
        ColumnGuess(name=name, column=column, confidence=0.97, reasons=(f"called {column!r}",))
        for name, column in columns.items()
    )
    every = {"values": {}, "constants": {}, "covariates": {}, "outcomes": {}, "confidence": 0.97}
    sample = how.pop("sample", None) or sampled(list(dict.fromkeys(names)), f"{table}.csv")
    return TableGuess(table=table, sample=sample, columns=found, **{**every, **how})


def client(*tables: TableGuess, **how: Any) -> ClientGuess:
    every = {"unused": (), "churn": "contract", "observed_through": "2026-10-31", "language": "en", "currency": "EUR"}
    return ClientGuess(tables=tables, **{**every, **how})


def dates(**how: Any) -> TableGuess:
    return guessed("customers", {"customer_id": "ID", "started_on": "Start", "ended_on": "End"}, **how)


def purchases(**how: Any) -> TableGuess:
    columns = {"customer_id": "who", "occurred_at": "when", "amount": ("Quantity", "UnitPrice")}
    return guessed("transactions", columns, **how)


def test_all_that_was_guessed_is_in_the_client_file(accepted: Accepted) -> None:
    sample = sampled(
        ["No", "T", "Gone", "Plan"], "export_*.csv", files=("export_1.csv", "export_2.csv"),
        read=ReadOptions(delimiter=";", encoding="cp1252", decimal=",", missing=["?"], header_row=3),
    )  # fmt: skip
    customers = guessed(
        "customers",
        {"customer_id": "No", "tenure": "T", "churned": "Gone"},
        sample=sample, values={"churned": {"Yes": True, "No": False}}, unit="months",
        covariates={"plan": "Plan"}, missing=("?", "N/A"), duplicates="drop_exact", constants={"monthly_value": "5"},
    )  # fmt: skip
    base = Database(url="env:WAREHOUSE", table="crm.orders")

    file = accepted(client(customers, purchases(sample=sampled(["a"], base)), currency="CHF", language="it"))

    table = file.tables["customers"]
    assert table.source == "export_*.csv"
    assert table.read.missing == ["?", "N/A"]
    assert table.read.header_row == 3
    assert table.values == {"churned": {"Yes": True, "No": False}}
    assert table.covariates["plan"].column == "Plan"
    assert (table.unit, table.duplicates, table.constants) == ("months", "drop_exact", {"monthly_value": 5.0})
    assert file.tables["transactions"].source == base
    assert file.tables["transactions"].multiply == {"amount": ["Quantity", "UnitPrice"]}
    assert (file.name, file.language, file.currency) == ("acme", "it", "CHF")
    assert str(file.observed_through) == "2026-10-31"


def test_what_is_not_sure_is_marked_on_its_line_with_the_runners_up() -> None:
    unsure = ColumnGuess(
        name="ended_on", column="Closed", confidence=0.55, reasons=("mostly blank",), runners_up=(("Updated", 0.3),)
    )
    found = dates()
    doubt = Doubt(key="read.dates", taken="dmy", others=("mdy",), why="every date fits both")
    found = replace(found, columns=(*found.columns[:2], unsure), doubts=(doubt,))
    found = replace(found, sample=replace(found.sample, read=ReadOptions(dates="dmy")))

    lines = write_draft(client(found), "acme").splitlines()

    (ended,) = [line for line in lines if "ended_on:" in line]
    assert ended.endswith("ended_on: Closed             # UNSURE: 55%, mostly blank; or 'Updated' (30%)")
    (read,) = [line for line in lines if "read:" in line]
    assert "UNSURE: every date fits both; or mdy" in read
    (sure,) = [line for line in lines if "started_on:" in line]
    assert "sure 97%, called 'Start'" in sure
    assert "UNSURE" not in sure


def test_a_table_that_lacks_a_column_is_there_as_a_comment_with_what_to_ask_for(accepted: Accepted) -> None:
    tickets = guessed("tickets", {"ticket_id": "No"}, lacking=("opened_at",))
    guess = client(dates(), tickets)

    text = write_draft(guess, "acme")

    assert set(accepted(guess).tables) == {"customers"}
    assert "  # tickets cannot be used yet: ask the client for opened_at: When it was opened" in text
    # Whoever takes the signs away has the table as it was guessed.
    restored = [line.replace("# ", "", 1) for line in text[text.index("  # tickets:") :].splitlines()]
    assert yaml.safe_load("\n".join(restored))["tickets"]["columns"] == {"ticket_id": "No"}


def test_what_a_client_file_would_refuse_is_a_comment_whoever_guessed_it(accepted: Accepted) -> None:
    # A tenure without a unit, and customers of whom nobody knows when they left.
    no_end = guessed("customers", {"customer_id": "ID", "started_on": "Start"})
    draft = make_draft(client(no_end, purchases()), "acme")

    assert draft.usable == ("transactions",)
    assert "ended_on" in " ".join(draft.why_not["customers"])
    assert set(accepted(client(no_end, purchases())).tables) == {"transactions"}
    by_silence = client(no_end, purchases(), churn="inactivity")
    assert set(accepted(by_silence).tables) == {"customers", "transactions"}
    assert accepted(by_silence).churn.kind == "inactivity"


def test_without_any_usable_table_the_draft_is_still_yaml() -> None:
    draft = make_draft(client(guessed("loyalty", {"points": "p"}, lacking=("customer_id",))), "acme")

    assert draft.usable == ()
    assert yaml.safe_load(draft.text)["tables"] is None


def test_an_unused_file_is_listed_with_why() -> None:
    text = write_draft(client(dates(), unused=(Unused(source="memo.pdf", why="no table", nearest="feedback"),)), "a")

    assert "# memo.pdf: no table (nearest: feedback)" in text


def test_covariates_get_names_that_they_can_have(accepted: Accepted) -> None:
    names = {"entry": "A", "Plan": "B", "plan": "C", "a=b": "D", "club_since": "E", "club": "F", " ": "G"}

    found = accepted(client(dates(covariates=names))).tables["customers"].covariates

    assert sorted(covariate.column for covariate in found.values()) == list("ABCDEFG")


def with_ids(guess: TableGuess, column: str, ids: list[str]) -> TableGuess:
    """The same guess on a file with these customers."""
    others = [name for name in guess.sample.rows.column_names if name != column]
    rows = pa.table({column: ids, **{name: ["x"] * len(ids) for name in others}})
    return replace(guess, sample=replace(guess.sample, rows=rows, n_rows=len(ids)))


def test_a_file_of_only_some_customers_does_not_set_the_purchases_of_the_others_aside(accepted: Accepted) -> None:
    some = with_ids(guessed("customers", {"customer_id": "ID"}), "ID", ["1", "2"])
    bought = with_ids(purchases(), "who", ["1", "2", "3", "4"])

    file = accepted(client(some, bought, churn="inactivity"))
    text = write_draft(client(some, bought, churn="inactivity"), "acme")

    assert set(file.tables) == {"transactions"}
    assert "50% of the purchases are of customers who are not in it" in text
    # Where contracts say who is a customer, the purchases are what is short of something.
    by_contract = client(with_ids(dates(), "ID", ["1", "2"]), bought)
    assert set(accepted(by_contract).tables) == {"customers", "transactions"}
    assert "UNSURE: 50% of its rows are of customers who are not in their file" in write_draft(by_contract, "acme")
    all_known = client(
        with_ids(guessed("customers", {"customer_id": "ID"}), "ID", list("1234")), bought, churn="inactivity"
    )
    assert set(accepted(all_known).tables) == {"customers", "transactions"}


def assigned(columns: dict[str, Any], **how: Any) -> TableGuess:
    split = (("gate_30", 0.496), ("gate_40", 0.504))
    return guessed("assignments", columns, **{"variants": split, **how})


def test_an_experiment_is_drafted_with_its_first_outcome_as_the_one_that_decides(accepted: Accepted) -> None:
    outcomes = {"retention_1": ("retention_1", "proportion"), "rounds": ("sum_gamerounds", "mean")}
    guess = client(assigned({"customer_id": "userid", "variant": "version"}, outcomes=outcomes))

    (experiment,) = accepted(guess).experiments.values()
    text = write_draft(guess, "acme")

    assert experiment.control == "gate_30"
    # Shares as observed would hide every fault of the assignment.
    assert experiment.shares == {}
    assert "gate_30 49.6%, gate_40 50.4%" in text
    assert [outcome.role for outcome in experiment.outcomes.values()] == ["primary", "secondary"]
    assert "UNSURE: nothing names the control" in text
    assert "UNSURE: which outcome decides" in text


def test_each_experiment_that_a_file_names_is_drafted_under_a_name_that_it_can_have(accepted: Accepted) -> None:
    rows = pa.table(
        {"test": ["Spring offer!", "Spring offer!", "autumn"], "id": list("abc"), "v": list("xyx"), "s": list("101")}
    )
    found = assigned(
        {"experiment": "test", "customer_id": "id", "variant": "v"},
        sample=replace(sampled(["a"]), rows=rows), outcomes={"s": ("s", "proportion")}, control="x",
    )  # fmt: skip

    file = accepted(client(found))

    assert set(file.experiments) == {"Spring_offer", "autumn"}
    assert file.tables["assignments"].values["experiment"] == {"Spring offer!": "Spring_offer"}
    assert file.main_experiment == "Spring_offer"


def test_where_the_file_has_no_outcome_the_customers_and_their_purchases_have(accepted: Accepted) -> None:
    found = assigned({"customer_id": "id", "variant": "v", "assigned_on": "d"})

    assert set(accepted(client(found, dates(), purchases())).experiments["assignments"].outcomes) == {"stay", "spend"}
    assert accepted(client(assigned({"variant": "v"}))).experiments == {}


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.text() | st.sampled_from(NASTY), st.text() | st.sampled_from(NASTY) | st.booleans(), max_size=4),
    st.lists(st.text() | st.sampled_from(NASTY) | st.floats(allow_nan=False) | st.integers(), max_size=4),
    st.text() | st.sampled_from(NASTY),
)
def test_any_text_comes_back_as_it_was_and_no_comment_is_ever_left(
    values: dict[str, Any], items: list[Any], remark: str
) -> None:
    every = {"deep": values, "flat": values, "items": items}
    lines = block(
        every, {"deep": remark, "flat": remark, **{f"deep.{key}": remark for key in values}}, {"deep"}.__contains__
    )

    assert yaml.safe_load("\n".join(lines)) == every
    assert yaml.safe_load(flow(every)) == every
    assert len(one_line(remark).splitlines()) <= 1


words = st.sampled_from(NASTY) | st.text(min_size=1, max_size=5)
few = st.lists(st.tuples(words, st.floats(0, 1)), max_size=2).map(tuple)
shares = st.floats(0, 1)


@st.composite
def tables(draw: st.DrawFn, table: str) -> TableGuess:
    known = st.sampled_from([column.name for column in CONTRACT[table]])
    names = draw(st.lists(known, unique=True))
    columns = tuple(
        ColumnGuess(
            name=name, column=draw(words | st.tuples(words, words)), confidence=draw(shares),
            reasons=tuple(draw(st.lists(words, max_size=2))), runners_up=draw(few),
        )
        for name in names
    )  # fmt: skip
    codes = st.dictionaries(words, st.booleans() | words, max_size=2)
    keys = st.sampled_from(["read.dates", "unit", "values.churned"]) | words
    doubts = st.builds(Doubt, key=keys, taken=words, why=words)
    return TableGuess(
        table=table,
        sample=replace(sampled(["a"]), source=draw(words), doubts=tuple(draw(st.lists(doubts, max_size=2)))),
        confidence=draw(shares), columns=columns, lacking=tuple(draw(st.lists(words, max_size=1))),
        values=draw(st.dictionaries(st.sampled_from(names or ["x"]) | words, codes, max_size=2)),
        constants=draw(st.dictionaries(known, words, max_size=1)),
        unit=draw(st.sampled_from(["", "days", "fortnights"])),
        covariates=draw(st.dictionaries(words, words, max_size=4)),
        outcomes=draw(st.dictionaries(words, st.tuples(words, st.sampled_from(["mean", "proportion"])), max_size=3)),
        variants=draw(few), control=draw(st.just("") | words),
        missing=tuple(draw(st.lists(words, max_size=2))), duplicates=draw(st.sampled_from(["keep", "drop_exact"])),
        doubts=tuple(draw(st.lists(doubts, max_size=2))), others=draw(few),
    )  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
@given(
    st.lists(st.sampled_from([*CONTRACT]), unique=True).flatmap(lambda names: st.tuples(*map(tables, names))),
    st.lists(st.builds(Unused, source=words, why=words, nearest=words), max_size=2),
    st.sampled_from(["contract", "inactivity"]),
)
def test_a_client_file_takes_every_draft(
    tmp_path: Path, found: tuple[TableGuess, ...], unused: list[Unused], churn: str
) -> None:
    draft = make_draft(client(*found, unused=tuple(unused), churn=churn), "acme")
    (tmp_path / "client.yml").write_text(draft.text, encoding="utf-8", newline="\n")

    if draft.usable:
        assert set(load_client_file(tmp_path).tables) == set(draft.usable)
    else:
        assert yaml.safe_load(draft.text)["tables"] is None
    assert {*draft.usable, *draft.why_not} == {table.table for table in found}
