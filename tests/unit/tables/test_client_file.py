import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retention_lab.errors import DataError
from retention_lab.tables.client_file import load_client_file

Told = Callable[[Callable[[], object]], str]
Write = Callable[..., Path]
READ = "columns: {customer_id: ID, started_on: Start, ended_on: End}"


@pytest.fixture
def refusal(tmp_path: Path, told: Told) -> Callable[[str], str]:
    """What a person is told about a client.yml with this text."""

    def refusal(text: str) -> str:
        (tmp_path / "client.yml").write_text(text, "utf-8")
        return told(lambda: load_client_file(tmp_path))

    return refusal


Refusal = Callable[[str], str]


@pytest.fixture
def refused_spec(write_client: Write, told: Told) -> Callable[..., str]:
    """What a person is told about a customers' table with these keys."""
    return lambda **spec: told(lambda: load_client_file(write_client(**spec)))


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        (f"nmae: A\ntables: {{customers: {{source: c.csv, {READ}}}}}", "nmae", "did you mean name?"),
        (
            f"name: A\nmoney: {{margn_rate: 1}}\ntables: {{customers: {{source: c.csv, {READ}}}}}",
            "money.margn_rate",
            "margin_rate?",
        ),
        (f"name: A\ntables: {{custmers: {{source: c.csv, {READ}}}}}", "tables.custmers", "did you mean customers?"),
        (f"name: A\ntables: {{customers: {{sorce: c.csv, {READ}}}}}", "tables.customers.sorce", "did you mean source?"),
        (
            f"name: A\ntables: {{customers: {{source: c, read: {{date: dmy}}, {READ}}}}}",
            "read.date",
            "did you mean dates?",
        ),
        (
            "name: A\ntables: {customers: {source: c, columns: {custmer_id: X}}}",
            "columns.custmer_id",
            "did you mean customer_id?",
        ),
    ],
)
def test_an_unknown_key_names_the_nearest_that_is_known(text: str, where: str, remedy: str, refusal: Refusal) -> None:
    message = refusal(text)

    assert where in message
    assert remedy in message


def test_all_faults_are_told_at_once_those_of_types_and_those_of_columns(refusal: Refusal) -> None:
    message = refusal(
        """
        language: de
        currency: Euro
        timezone: Europe/Roma
        max_rejected: yes
        observed_through: 20261031
        money: {margin_rate: "0.3"}
        tables:
          customers: {source: c.csv, columns: {custmer_id: ID, tenure: T}, read: {dates: ddmm, delimiter: ";;"}}
          loyalty: {columns: {customer_id: 5}}
        """
    )

    for told in (
        "name: this key is missing",
        "language: 'de'",
        "currency: 'Euro'",
        "did you mean Europe/Rome?",
        "max_rejected: True",
        "observed_through: 20261031\n  Allowed: a day such as 2026-10-31",
        "margin_rate: '0.3'",
        "read.dates: 'ddmm'",
        "read.delimiter: ';;'",
        "columns.custmer_id: not a known column",
        "tables.customers.columns: customer_id is missing",
        "nor tenure with churned",
        "tables.loyalty.source: this key is missing",
        "tables.loyalty.columns.customer_id: 5\n  Allowed: a valid string\n  Next: put it in quotes",
        "tables.loyalty.columns: points is missing",
    ):
        assert told in message


@pytest.mark.parametrize("text", ["", "- a\n- b", "just words", "42", "null"])
def test_what_is_no_mapping_is_refused(text: str, refusal: Refusal) -> None:
    assert "keys and values: at least name and tables" in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "name: [",
        "name: a\n\tlanguage: it",
        "observed_through: 2026-02-31",
        "name: !!python/object/apply:os.system [ls]",
        "[" * 5000,
    ],
)
def test_what_is_no_yaml_is_refused_and_nothing_in_it_is_run(text: str, refusal: Refusal) -> None:
    assert "not valid YAML" in refusal(text)


def test_a_client_file_in_another_encoding_is_refused(tmp_path: Path, told: Told) -> None:
    (tmp_path / "client.yml").write_bytes("name: Città".encode("cp1252"))

    assert "not valid YAML in UTF-8" in told(lambda: load_client_file(tmp_path))
    assert "cannot be opened" in told(lambda: load_client_file(tmp_path / "nowhere"))


def test_a_few_lines_of_aliases_cannot_stand_for_gigabytes(refusal: Refusal) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]

    assert "too many values" in refusal("\n".join(lines))
    assert "too many values" in refusal("name: &me [*me]")


def test_an_alias_that_saves_writing_works(tmp_path: Path) -> None:
    columns = "columns: {customer_id: c, occurred_at: d, amount: a, kind: k, points: p}"
    text = f"""
    name: A
    tables:
      transactions: {{source: t.csv, read: &way {{delimiter: ";"}}, {columns.replace(", kind: k, points: p", "")}}}
      loyalty: {{source: l.csv, read: *way, {columns.replace(", amount: a", "")}}}
    """
    (tmp_path / "client.yml").write_text(text)

    assert load_client_file(tmp_path).tables["loyalty"].read.delimiter == ";"


def test_a_key_that_is_there_twice_is_refused_and_not_overwritten(refusal: Refusal) -> None:
    message = refusal("name: A\ntables:\n  customers: {source: c.csv}\n  customers: {source: d.csv}\n")

    assert "line 4: customers is there twice" in message


def test_an_unquoted_yes_is_told(refusal: Refusal) -> None:
    # YAML 1.1 reads it as true; every "No" of the file would then be a code without a meaning.
    text = f"name: A\ntables: {{customers: {{source: c, {READ}, values: {{churned: {{Yes: true, No: false}}}}}}}}"

    assert "codes in quotes for churned" in refusal(text)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"churned": {"Yes": "true", "No": "false"}},
            "values.churned.No: 'false'\n  Allowed: true or false, without quotes",
        ),
        ({"churned": {"1": 1, "2": 0}}, "values.churned.1"),
        ({"monthly_value": {"n/a": "0"}}, "of kind number: it has no codes"),
        ({"region": {"N": "North"}}, "no column is mapped to region"),
        ({"plan": {"B": ""}}, "a text that is not blank"),
        ({"plann": {"B": "Basic"}}, "did you mean plan?"),
    ],
)
def test_values_that_would_do_nothing_or_the_opposite_are_refused(
    values: dict[str, Any], expected: str, refused_spec: Callable[..., str]
) -> None:
    # A text "false" counts as true in Python: every customer would have left.
    columns = {"customer_id": "ID", "tenure": "T", "churned": "C", "plan": "P", "monthly_value": "V"}

    assert expected in refused_spec(columns=columns, values=values)


def test_a_movement_that_is_mapped_to_no_known_kind_is_refused(write_client: Write, told: Told) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "kind": "k", "points": "p"}
    loyalty = {"source": "l.csv", "columns": columns, "values": {"kind": {"E": "earned"}}}

    message = told(lambda: load_client_file(write_client(tables={"loyalty": loyalty})))

    assert "values.kind.E: 'earned'\n  Allowed: earn, redeem, expire, adjust\n  Next: did you mean earn?" in message


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"started_on": "S"}, "one pair is needed"),
        ({"ended_on": "S"}, "one pair is needed"),
        ({"started_on": "S", "churned": "C"}, "one pair is needed"),
        ({"tenure": "T"}, "one pair is needed"),
        ({"tenure": "T", "churned": "C", "observed_from": "O"}, "entry_tenure"),
        ({"started_on": "S", "ended_on": "E", "entry_tenure": "O"}, "observed_from"),
    ],
)
def test_columns_that_only_make_sense_together_are_asked_for_together(
    columns: dict[str, str], expected: str, refused_spec: Callable[..., str]
) -> None:
    # Without ended_on nobody would ever have left; a late entry in the wrong unit would be ignored in silence.
    assert expected in refused_spec(columns={"customer_id": "ID", **columns})


@pytest.mark.parametrize(
    ("constants", "expected"),
    [
        ({"churned": "yes"}, "true or false, without quotes"),
        ({"tenure": True}, "a number"),
        ({"started_on": "31/10/2026"}, "a day such as 2026-10-31"),
        ({"channel": 5}, "a text that is not blank"),
        ({"customer_id": "1"}, "it is a column too"),
        ({"chanel": "Web"}, "did you mean channel?"),
    ],
)
def test_a_constant_must_be_what_its_column_is(
    constants: dict[str, Any], expected: str, refused_spec: Callable[..., str]
) -> None:
    assert expected in refused_spec(constants=constants)


@pytest.mark.parametrize(
    "name", ["duration", "entry", "monthly value", "Customer_ID", "a=b", "club_since", " ", "Club"]
)
def test_a_covariate_cannot_take_a_name_that_is_needed(name: str, refused_spec: Callable[..., str]) -> None:
    # An engine knows no difference between Club and club.
    covariates = {"club": {"column": "C", "since": "D"}, name: "X"}

    assert "give" in refused_spec(covariates=covariates)


def test_a_day_that_cannot_be_told_from_a_tenure_is_refused(refused_spec: Callable[..., str]) -> None:
    columns = {"customer_id": "ID", "tenure": "T", "churned": "C"}
    covariates = {"club": {"column": "C", "since": "D"}}

    assert "a day cannot be told from a tenure" in refused_spec(columns=columns, covariates=covariates)


@pytest.mark.parametrize(
    ("duplicates", "expected"),
    [
        ("drop", "'drop'"),
        ({"key": ["customer_id"], "kep": "last"}, "did you mean keep?"),
        ({"key": ["customer"], "keep": "last"}, "did you mean customer_id?"),
        ({"key": ["started_on"], "keep": "last"}, "would still leave several rows for one customer_id"),
        ({"key": [], "keep": "last"}, "duplicates.key"),
    ],
)
def test_what_to_do_about_duplicates_must_be_said_in_full(
    duplicates: object, expected: str, refused_spec: Callable[..., str]
) -> None:
    assert expected in refused_spec(duplicates=duplicates)


def test_a_long_wrong_value_is_not_repeated_in_full(refusal: Refusal) -> None:
    assert len(refusal(f"name: [{'x' * 5000}]\ntables: {{}}")) < 1000


@pytest.mark.parametrize("written", ["2026-10-31", "'2026-10-31'"])
def test_a_day_may_be_in_quotes(written: str, tmp_path: Path) -> None:
    text = f"name: A\nobserved_through: {written}\ntables: {{customers: {{source: c.csv, {READ}}}}}"
    (tmp_path / "client.yml").write_text("\ufeff" + text, "utf-8")

    assert load_client_file(tmp_path).observed_through == date(2026, 10, 31)


def test_what_a_playbook_needs_and_a_client_lacks_is_named(write_client: Write) -> None:
    file = load_client_file(write_client(constants={"channel": "Web"}, covariates={"region": "R"}))
    needs = {"customers": ["started_on|tenure", "channel", "region", "plan|segment"], "loyalty": ["points"]}

    assert file.missing(needs) == ["customers.plan|segment", "table loyalty"]


def test_a_tenure_without_a_unit_is_asked_about_and_not_taken_for_days(tmp_path: Path) -> None:
    spec = "{source: c.csv, columns: {customer_id: a, tenure: b, churned: c}}"
    (tmp_path / "client.yml").write_text(f"name: X\ntables:\n  customers: {spec}\n", encoding="utf-8")

    with pytest.raises(DataError, match=r"tables\.customers\.unit: this key is missing"):
        load_client_file(tmp_path)


def test_codes_that_all_mean_the_same_are_refused_since_everyone_would_have_left(tmp_path: Path) -> None:
    spec = (
        "{source: c.csv, unit: months, columns: {customer_id: a, tenure: b, churned: c}, "
        'values: {churned: {"Yes": true, "No": true}}}'
    )
    (tmp_path / "client.yml").write_text(f"name: X\ntables:\n  customers: {spec}\n", encoding="utf-8")

    with pytest.raises(DataError, match="every code means true"):
        load_client_file(tmp_path)


AMOUNT = {"customer_id": "c", "occurred_at": "d"}


def transactions(**spec: Any) -> dict[str, Any]:
    return {"transactions": {"source": "t.csv", "columns": AMOUNT, **spec}}


def test_a_number_may_be_the_product_of_two_columns(write_client: Write) -> None:
    file = load_client_file(write_client(tables=transactions(multiply={"amount": ["Quantity", "UnitPrice"]})))

    assert "amount" in file.tables["transactions"].available()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"multiply": {"amuont": ["a", "b"]}},
            "multiply.amuont: not a known column\n  Allowed: amount\n  Next: did you",
        ),
        ({"multiply": {"channel": ["a", "b"]}}, "multiply.channel: it is no number"),
        ({"multiply": {"amount": ["a"]}}, "multiply.amount: ['a']\n  Allowed: 2 or more"),
        (
            {"multiply": {"amount": ["a", 2]}},
            "multiply.amount.1: 2\n  Allowed: a valid string\n  Next: put it in quotes",
        ),
        ({"multiply": {"amount": ["a", "b"]}, "constants": {"amount": 1}}, "multiply.amount: it is in constants too"),
        ({"multiply": {"amount": ["a", "b"]}, "columns": {**AMOUNT, "amount": "x"}}, "it is in columns too"),
        ({"multiply": {"amount": ["a", "b"]}, "values": {"amount": {"n/a": "0"}}}, "values.amount"),
    ],
)
def test_only_a_number_that_is_read_in_no_other_way_is_a_product(
    spec: dict[str, Any], expected: str, write_client: Write, told: Told
) -> None:
    assert expected in told(lambda: load_client_file(write_client(tables=transactions(**spec))))


SECRET = "postgres://reader:hunter2@db.example/crm"


@pytest.mark.parametrize(
    "text",
    [
        f"name: A\ntables: {{customers: {{source: '{SECRET}', {READ}}}}}",
        f"name: A\ntables: {{customers: {{source: {{url: '{SECRET}', table: t}}, {READ}}}}}",
        f"name: A\ntables: {{customers: {{source: {{url: ['{SECRET}'], table: t}}, {READ}}}}}",
        f"name: A\ntables: {{customers: {{source: ['{SECRET}'], {READ}}}}}",
        "name: A\ntables: {customers: {source: {url: 'reader:hunter2@db', table: t}, " + READ + "}}",
        f"name: A\ntables: [{{customers: {{source: '{SECRET}'}}}}]",
        f"name: A\ntables: {{'{SECRET}': {{source: a}}}}",
        f"name: ['{SECRET}']\ntables: {{customers: {{source: c.csv, {READ}, unit: '{SECRET}'}}}}",
        f"name: A\nobserved_through: '{SECRET}'\ntables: {{customers: {{source: c.csv, {READ}}}}}",
        f"name: A\nurl: '{SECRET}'\nurl: '{SECRET}'",
        f'name: A\nurl: "{SECRET}\n',
        f"name: A\n  url: {SECRET}: [",
        f"name: A\n? {SECRET}\n? {SECRET}\n",
        SECRET,
        f"name: A\nmain_experiment: '{SECRET}'\ntables: {{customers: {{source: c.csv, {READ}}}}}",
    ],
)
def test_a_password_that_stands_in_the_file_is_never_repeated(text: str, refusal: Refusal) -> None:
    message = refusal(text)

    assert "hunter2" not in message
    assert "reader" not in message


def test_an_address_in_the_file_is_told_where_it_belongs(refusal: Refusal) -> None:
    message = refusal(f"name: A\ntables: {{customers: {{source: {{url: '{SECRET}', tabel: t}}, {READ}}}}}")

    assert "source.url: not the name of a variable\n  Allowed: env:NAME" in message
    assert "put the address into a variable of the environment" in message
    assert "source.tabel: this key is not known\n  Allowed: url, table\n  Next: did you mean table?" in message
    assert "source.table: this key is missing" in message
    # Once is enough: that a table of a database is no name of a file is nobody's fault.
    assert "source: {" not in message


def test_a_table_of_a_database_has_no_way_in_which_a_file_is_written(write_client: Write, told: Told) -> None:
    spec = transactions(source={"url": "env:CRM", "table": "crm.t"}, read={"delimiter": ";", "sheet": "S"})

    message = told(lambda: load_client_file(write_client(tables=spec)))

    assert "read.delimiter: it goes with files" in message
    assert "read.sheet: only a workbook has sheets" in message


def test_twelve_faults_are_told_at_once_each_with_the_nearest_right_word(write_client: Write, told: Told) -> None:
    folder = write_client(
        "ID,Start,End\n1,2026-01-01,\n",
        top={"nmae": "A", "language": "De", "timezone": "Europe/Lubljana", "money": {"margn_rate": 0.3}},
        tables={
            "loyalti": {"source": "x.csv", "columns": {}},
            "feedback": {"source": "feedbak.csv", "columns": {"recieved_at": "a", "text": "b"}},
            "contacts": {"source": "customers.csv", "columns": {"campaign": "a"}, "constants": {"chanel": "Post"}},
            "loyalty": {
                "source": {"url": "env:CRM", "tabel": "t"}, "columns": {"customer_id": "a", "occurred_at": "b"},
                "values": {"knd": {"E": "earn"}}, "multiply": {"point": ["a", "b"]},
            },
        },
        duplicates={"key": ["customer"], "keep": "last"}, unt="days", read={"date": "dmy", "sheet": "A"},
    )  # fmt: skip
    (folder / "feedback.csv").write_text("a,b\n")

    message = told(lambda: load_client_file(folder))

    for expected in (
        "did you mean name?", "'it', 'es', 'fr' or 'sl'", "did you mean Europe/Ljubljana?", "did you mean margin_rate?",
        "did you mean loyalty?", "did you mean feedback.csv?", "did you mean received_at?", "did you mean channel?",
        "did you mean table?", "did you mean kind?", "did you mean points?", "did you mean customer_id?",
        "did you mean unit?", "did you mean dates?", "only a workbook has sheets", "sent_at is missing",
    ):  # fmt: skip
        assert expected in message


def test_a_missing_file_alone_is_a_fault_of_its_table_and_not_of_the_client(write_client: Write) -> None:
    # The good tables can still be used.
    folder = write_client("ID,Start,End\n1,2026-01-01,\n", tables=transactions(columns={**AMOUNT, "amount": "a"}))

    assert set(load_client_file(folder).tables) == {"customers", "transactions"}


def test_each_wrong_value_is_told_once(write_client: Write, told: Told) -> None:
    message = told(lambda: load_client_file(write_client(constants={"churned": 3.5, "region": ["N"]})))

    assert message.count("constants.churned") == 1
    assert message.count("constants.region") == 1


def test_tables_that_name_customers_need_customers_with_ids(write_client: Write, told: Told) -> None:
    bought = {"source": "t.csv", "columns": {"customer_id": "c", "occurred_at": "d", "amount": "a"}}
    without = {"started_on": "Start", "ended_on": "End"}

    message = told(lambda: load_client_file(write_client(columns=without, tables={"transactions": bought})))

    assert "tables.customers.columns: customer_id is missing, and transactions can be joined by nothing else" in message
    assert load_client_file(write_client(columns=without)).missing({"customers": ["customer_id"]}) == []


def test_a_client_file_that_is_none_or_never_ends_is_not_waited_for(write_client: Write, told: Told) -> None:
    path = write_client() / "client.yml"
    path.write_text("name: " + "a" * 5_000_000)
    assert "4.8 MB" in told(lambda: load_client_file(path.parent))

    path.unlink()
    os.mkfifo(path)
    assert "it is no file" in told(lambda: load_client_file(path.parent))


def test_what_a_pattern_or_a_union_refuses_is_said_in_words(refusal: Refusal) -> None:
    message = refusal(
        f"name: A\ncurrency: euro\nmoney: {{contact_cost: '4'}}\n"
        f"tables: {{customers: {{source: c.csv, duplicates: drop, {READ}}}}}\n"
    )

    assert "three capital letters, such as EUR" in message
    assert "write it without quotes" in message
    assert message.count("duplicates: 'drop'") == 1
    assert "or {key: […], keep: last}" in message
