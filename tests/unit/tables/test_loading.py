from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.tables.client import Client
from retention_lab.tables.loading import LoadedTable
from retention_lab.tables.quarantine import rejection_fault

Told = Callable[[Callable[[], object]], str]
Load = Callable[..., LoadedTable]
Reasons = Callable[[LoadedTable], dict[str, int]]
Write = Callable[..., Path]

COLUMNS = {"customer_id": "ID", "started_on": "Start", "ended_on": "End"}
TENURES = {"customer_id": "ID", "tenure": "T", "churned": "C"}


def test_all_faults_of_a_file_are_told_together(load: Load, told: Told) -> None:
    columns = {**COLUMNS, "churned": "Left", "monthly_value": "Fee"}
    content = "ID,Started,End,Left,From\n1,x,13/01/2025,maybe,\n2,x,01/13/2025,yes,\n3,x,,maybe,\n"

    message = told(lambda: load(content, columns=columns, covariates={"region": "Rgion"}))

    for expected in (
        "customers.csv, column 'Start': the file has no such column; client.yml takes it for started_on of customers",
        "Next: did you mean Started?",
        "customers.csv, column 'Fee'",
        "column 'Rgion': the file has no such column; client.yml takes it for covariate region",
        "dates in two orders: day first in row 2, month first in row 3",
        "codes without a meaning for churned: 'maybe' (2 rows, first in row 2), 'yes' (1 rows, first in row 3)",
        '(true or false for each): values: {churned: {"maybe": …, "yes": …}}',
    ):
        assert expected in message


def test_a_column_that_is_nothing_like_any_other_is_asked_for(load: Load, told: Told) -> None:
    message = told(lambda: load("A,B,C\n1,2024-01-01,\n"))

    assert "Next: correct client.yml, or ask for the column" in message


def test_status_codes_one_and_two_are_refused_and_not_read_as_everyone_left(load: Load, told: Told) -> None:
    message = told(lambda: load("ID,T,C\n1,5,1\n2,6,2\n3,7,2\n", columns=TENURES))

    assert "codes without a meaning for churned: '2' (2 rows, first in row 3)" in message
    assert 'values: {churned: {"2": …}}' in message


def test_movements_of_an_unknown_kind_are_refused(write_client: Write, told: Told) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "kind": "k", "points": "p"}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"loyalty": {"source": "l.csv", "columns": columns}})
    rows = "\n".join(f"1,2025-01-01,gift{n},5" for n in range(12))
    (folder / "l.csv").write_text(f"c,d,k,p\n{rows}\n")

    message = told(lambda: Client(folder).loaded("loyalty"))

    assert "'gift0' (1 rows, first in row 2)" in message
    assert "and 2 more" in message
    assert "Allowed: earn, redeem, expire, adjust" in message


def test_a_row_with_a_field_too_many_does_not_speak_for_the_file(load: Load, reasons: Reasons) -> None:
    # Its values stand under the wrong columns: neither its codes nor its dates are those of the file.
    table = load("ID,Start,End,C\n1,13/01/2025,,0\n2,Rome,01/13/2025,13,1\n", columns={**COLUMNS, "churned": "C"})

    assert reasons(table) == {"wrong_number_of_fields": 1}


def test_dates_in_two_orders_are_refused_unless_one_is_declared(load: Load, told: Told, reasons: Reasons) -> None:
    content = (
        "ID,Start,End\n1,2024-01-01,\n\n2,05/01/2025,\n3,13/01/2025,\n4,01/02/2025,\n5,02/13/2025,\n6,14/01/2025,\n"
    )

    assert "day first in row 5, month first in row 7" in told(lambda: load(content))
    table = load(content, read={"dates": "dmy"})
    assert (reasons(table), table.rejections[0].first_row) == ({"swapped_started_on": 1}, 7)


def test_dates_that_fit_both_orders_are_refused_and_those_that_fit_one_are_read_so(load: Load, told: Told) -> None:
    assert "every date fits both orders" in told(lambda: load("ID,Start,End\n1,01/02/2025,\n"))
    told_order = [load(f"ID,Start,End\n1,01/02/2025,\n2,{day},\n").notes for day in ("13/01/2025", "01/13/2025")]
    assert told_order == [
        ("Dates are read as dmy: no other order fits them all.",),
        ("Dates are read as mdy: no other order fits them all.",),
    ]


def test_a_date_that_fits_no_order_speaks_for_none(load: Load, reasons: Reasons) -> None:
    table = load("ID,Start,End\n1,31/31/2025,\n2,13/01/2025,\n")

    assert reasons(table) == {"unreadable_started_on": 1}


def test_a_decimal_comma_read_with_a_decimal_point_is_set_aside_and_not_read_as_thousands(
    load: Load, reasons: Reasons
) -> None:
    content = 'ID,Start,End,Fee\n1,2024-01-01,,"12,5"\n2,2024-01-01,,"1,250.0"\n3,2024-01-01,,7\n'
    table = load(content, columns={**COLUMNS, "monthly_value": "Fee"})

    assert reasons(table) == {"decimal_comma_monthly_value": 1}
    assert sorted(table.rows.monthly_value.to_pyarrow().to_pylist()) == [7, 1250]


def test_above_the_limit_a_table_is_refused_with_every_reason_and_below_it_is_not(load: Load, told: Told) -> None:
    content = "ID,Start,End\n1,soon,\n2,2024-01-01,2023-01-01\n,2024-01-01,\n4,2024-01-01,\n"

    assert load(content, top={"max_rejected": 0.75}).n_kept == 1
    message = told(lambda: load(content, top={"max_rejected": 0.74}))
    assert "customers.csv: 3 of 4 rows (75.0%) have a fault\n  Allowed: max_rejected: 74.0%" in message
    assert "column 'Start': unreadable_started_on: 1 row, first in row 2 ('soon')\n  Allowed: " in message
    assert "\n  Allowed: a day such as 2026-10-31" in message
    assert "\n  Next: mend it" in message
    assert "column 'End': ended_before_started: 1 row, first in row 3 ('2023-01-01')" in message
    assert "column 'ID': missing_customer_id: 1 row, first in row 4 (blank)" in message


def test_a_message_names_the_file_where_there_are_several(write_client: Write) -> None:
    folder = write_client(source="*.csv")
    (folder / "a.csv").write_text("ID,Start,End\n1,2024-01-01,\n2,2024-01-01,\n")
    (folder / "b.csv").write_text("ID,Start,End\n3,2024-01-01,\n4,soon,\n")

    table = Client(folder).loaded("customers")

    assert "1 row, first in row 3 of b.csv ('soon')" in str(rejection_fault(table.source, table.rejections[0]))


def test_what_is_set_aside_lies_in_the_quarantine_as_it_came(write_client: Write) -> None:
    folder = write_client(
        ' ID ,Start,End,Fee \n1,2024-01-01,,\n\n2, soon ,,"1.234,50"\n3,2024-01-01\n', read={"dates": "ymd"}
    )
    Client(folder).loaded("customers")

    rows = pq.read_table(folder / "quarantine" / "customers.parquet").to_pylist()

    assert rows == [
        {
            "_file": "customers.csv", "_row": 4, "_reason": "unreadable_started_on", "_ragged": None,
            "ID": "2", "Start": " soon ", "End": "", "Fee": "1.234,50",
        },
        {
            "_file": "customers.csv", "_row": 5, "_reason": "wrong_number_of_fields", "_ragged": "3,2024-01-01",
            "ID": "3", "Start": "2024-01-01", "End": "", "Fee": "",
        },
    ]  # fmt: skip


def test_the_quarantine_keeps_the_types_of_parquet(write_client: Write) -> None:
    columns = {
        "ID": [1, None],
        "Start": pa.array([0, 1], pa.timestamp("ns", "UTC")),
        "End": pa.nulls(2),
        "x": [[1], [2]],
    }
    folder = write_client(columns)
    Client(folder).loaded("customers")

    own = pq.read_table(folder / "quarantine" / "customers.parquet").drop_columns(
        ["_file", "_row", "_reason", "_ragged"]
    )

    assert own.schema.types == pq.read_table(folder / "customers.parquet").schema.types


def test_an_old_quarantine_does_not_outlive_the_file_it_came_from(write_client: Write, told: Told) -> None:
    path = write_client("ID,Start,End\n1,soon,\n") / "quarantine" / "customers.parquet"
    for content, there in (("ID,Start,End\n1,soon,\n", True), ("ID,Start,End\n1,2024-01-01,\n", False)):
        Client(write_client(content)).loaded("customers")
        assert path.exists() is there
    Client(write_client("ID,Start,End\n1,soon,\n")).loaded("customers")
    told(lambda: Client(write_client("ID,Beginning,End\n1,soon,\n")).loaded("customers"))
    assert [file.name for file in path.parent.iterdir()] == []


def test_any_name_is_a_name(load: Load) -> None:
    wild = '"; drop table customers; --'
    quoted = wild.replace('"', '""')
    content = f'"{quoted}",Start,START,"{{0}}",End\n1,2024-01-01,x,a,\n2,2024-01-01,y,b,\n'
    columns = {"customer_id": wild, "started_on": "Start", "ended_on": "End"}

    table = load(content, columns=columns, covariates={"shout": "START", "'; --": "{0}"})

    assert table.rows.order_by("customer_id").to_pandas()["covariate:shout"].tolist() == ["x", "y"]
    assert table.rows.order_by("customer_id").to_pandas()["covariate:'; --"].tolist() == ["a", "b"]
    assert [blank.column for blank in table.blanks] == ["End"]


def test_values_of_the_wild_are_only_text(load: Load) -> None:
    values = ["'; drop table x; --", "{0}", "%s", "\\", "<script>", "🙂", "a\nb"]
    rows = "\n".join(f'{n},2024-01-01,,"{value}"' for n, value in enumerate(values))

    table = load(f"ID,Start,End,Plan\n{rows}\n", columns={**COLUMNS, "plan": "Plan"})

    assert table.rows.order_by("customer_id").to_pandas()["plan"].tolist() == values


def test_a_column_without_a_single_value_is_read(load: Load) -> None:
    table = load({"ID": ["1"], "Start": ["2024-01-01"], "End": pa.nulls(1)})

    assert (table.n_kept, [blank.column for blank in table.blanks]) == (1, ["End"])


def test_constants_and_recoding_are_applied_and_told(load: Load) -> None:
    table = load(
        "ID,Start,Plan,Region\n1,01/02/2024,B,N\n2,13/02/2024,X,N\n",
        columns={"customer_id": "ID", "started_on": "Start", "plan": "Plan"},
        constants={"ended_on": "2026-01-31", "monthly_value": 9.5, "channel": "Web"},
        values={"plan": {"B": "Basic"}, "region": {"N": "North"}},
        covariates={"region": "Region"},
        read={"decimal": ",", "missing": ["X"]},
    )

    row = table.rows.order_by("customer_id").to_pandas().iloc[0]
    assert (str(row.ended_on)[:10], row.monthly_value, row.channel) == ("2026-01-31", 9.5, "Web")
    assert (row.plan, row["covariate:region"]) == ("Basic", "North")
    assert table.notes == (
        "Dates are read as dmy: no other order fits them all.",
        "Values of plan are recoded as client.yml says.",
        "Values of region are recoded as client.yml says.",
        "ended_on is 2026-01-31 for every row, as client.yml says.",
        "monthly_value is 9.5 for every row, as client.yml says.",
        "channel is Web for every row, as client.yml says.",
        "Read as missing: 'X'.",
    )


def test_blanks_are_counted_and_left_as_they_are(load: Load) -> None:
    table = load("ID,Start,End,Fee,x\n1,2024-01-01,,5,a\n\n2,2024-01-01,2025-01-01,?,b\n", read={"missing": ["?"]})

    found = [(blank.column, blank.n_rows, blank.first_row, blank.used) for blank in table.blanks]
    assert found == [("End", 1, 2, True), ("Fee", 1, 4, False)]


CELL = st.sampled_from(
    [
        "",
        " ",
        "1",
        "2",
        "2024-01-01",
        "31/12/2024",
        "12/31/2024",
        "9999-12-31",
        "soon",
        "1,5",
        "-3",
        "5.7E+17",
        '"',
        "\n",
    ]
) | st.text(max_size=4)
ROW = st.lists(CELL, min_size=2, max_size=5)
POLICY = st.sampled_from(["keep", "drop_exact", {"key": ["customer_id"], "keep": "last"}])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12), policy=POLICY)
def test_no_row_is_ever_lost(rows: list[list[str]], policy: Any, write_client: Write, told: Told) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    lines = [",".join(quoted(cell.replace("\0", "")) for cell in row) for row in rows]
    content = "ID,Start,End,Fee\n" + "\n".join(lines)
    columns = {**COLUMNS, "monthly_value": "Fee"}
    folder = write_client(content, columns=columns, read={"dates": "dmy", "delimiter": ","}, duplicates=policy)
    n_rows = sum(any(cell.replace("\0", "").strip() for cell in row) for row in rows)
    path = folder / "quarantine" / "customers.parquet"
    if not n_rows:
        assert "the file has no rows" in told(lambda: Client(folder).loaded("customers"))
        return

    table = Client(folder).loaded("customers")
    set_aside = pq.read_table(path).num_rows if path.exists() else 0
    kept = table.rows.count().to_pyarrow().as_py()
    assert (table.n_read, table.n_kept, table.n_rejected) == (n_rows, kept, set_aside)
    assert sum(found.n_rows for found in table.rejections) == set_aside
    assert table.rows.customer_id.nunique().to_pyarrow().as_py() == kept


def test_what_stood_in_a_typed_column_is_told_as_text(write_client: Write) -> None:
    columns = {"ID": ["1", "2", "3", "4"], "T": [5.5, -2.0, None, 1.0], "C": [True, False, True, True],
               "Age": [31, None, 40, 28]}  # fmt: skip
    loaded = Client(write_client(columns, columns=TENURES, covariates={"age": "Age"})).loaded("customers")

    assert {found.reason: found.example for found in loaded.rejections} == {
        "negative_tenure": "'-2.0'",
        "missing_tenure": "blank",
    }
    rows = loaded.rows.to_pyarrow().to_pylist()
    assert [(row["tenure"], row["churned"], row["covariate:age"], row["number:age"]) for row in rows] == [
        (5.5, True, "31", 31.0),
        (1.0, True, "28", 28.0),
    ]


def test_rows_keep_the_order_of_the_file_however_many_there_are(write_client: Write) -> None:
    n = 400_000
    ids = [f"C{number * 7919 % n}" for number in range(n)]
    client = Client(write_client({"ID": ids, "T": [1.5] * n, "C": [True] * n}, columns=TENURES))

    assert client.loaded("customers").rows.to_pyarrow()["customer_id"].to_pylist() == ids


def test_what_is_summed_is_summed_on_one_thread(write_client: Write, told: Told) -> None:
    client = Client(write_client("ID,Start,End\n1,2024-01-01,\n"))
    broken = Client(write_client("ID,Start\n1,2024-01-01\n", folder="broken"))

    client.loaded("customers")
    told(lambda: broken.loaded("customers"))

    for one in (client, broken):
        assert one._engine.raw_sql("SELECT current_setting('threads')").fetchall() == [(1,)]


PARTS = {"customer_id": "who", "occurred_at": "at"}


def _sold(write_client: Write, rows: str, **spec: Any) -> Path:
    spec = {"source": "t.csv", "columns": PARTS, "multiply": {"amount": ["Quantity", "UnitPrice"]}, **spec}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"transactions": spec})
    (folder / "t.csv").write_text(f"who,at,Quantity,UnitPrice\n{rows}")
    return folder


def test_a_number_that_the_file_has_in_parts_is_their_product(write_client: Write, reasons: Reasons) -> None:
    rows = "1,2025-01-01,3,2.5\n1,2025-01-01,-1,4\n1,2025-01-01,two,4\n1,2025-01-01,,4\n"

    table = Client(_sold(write_client, rows)).loaded("transactions")

    assert table.rows.amount.to_pyarrow().to_pylist() == [7.5, -4.0]
    assert reasons(table) == {"unreadable_amount": 1, "missing_amount": 1}
    assert (table.rejections[0].column, table.rejections[0].example) == ("Quantity × UnitPrice", "'two × 4'")
    assert "amount is Quantity × UnitPrice, as client.yml says." in table.notes
    assert all(blank.used for blank in table.blanks)


def test_a_part_of_a_number_that_the_file_lacks_is_told(write_client: Write, told: Told) -> None:
    folder = _sold(write_client, "1,2025-01-01,3,2.5\n", multiply={"amount": ["Quantity", "Unitprice"]})

    message = told(lambda: Client(folder).loaded("transactions"))

    assert "t.csv, column 'Unitprice': the file has no such column; client.yml takes it for amount" in message
    assert "did you mean UnitPrice?" in message


def test_customers_without_ids_are_known_by_their_place_and_told_so(load: Load) -> None:
    without = {"started_on": "Start", "ended_on": "End"}

    table = load("Start,End\n2024-01-01,\n2024-01-01,\n2024-02-01,\n", columns=without)

    assert table.rows.order_by("customer_id").customer_id.to_pyarrow().to_pylist() == ["no. 1", "no. 2", "no. 3"]
    assert "The file has no ids: each row is a customer, known by its place among the rows." in table.notes


def test_nobody_knows_what_a_thousand_is_where_some_have_a_point_before_their_fraction(
    write_client: Write, reasons: Reasons
) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "amount": "a"}
    spec = {"source": "t.csv", "read": {"decimal": ",", "delimiter": ";"}, "columns": columns}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"transactions": spec})

    for amounts, expected in ((["1.234", "12,5"], {}), (["1.234", "12,5", "12.5"], {"decimal_point_amount": 2})):
        (folder / "t.csv").write_text("c;d;a\n" + "\n".join(f"1;2025-01-01;{amount}" for amount in amounts))
        assert reasons(Client(folder).loaded("transactions")) == expected


def test_a_comment_without_words_is_kept_for_its_mark(write_client: Write) -> None:
    spec = {"source": "f.csv", "columns": {"received_at": "d", "text": "t", "rating": "r"}}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"feedback": spec})
    (folder / "f.csv").write_text("d,t,r\n2025-01-01,,5\n2025-01-02,Good,4\n")

    assert Client(folder).loaded("feedback").n_kept == 2


def test_seconds_that_are_taken_for_milliseconds_are_no_dates(write_client: Write, reasons: Reasons) -> None:
    columns = {"customer_id": "c", "occurred_at": "d", "amount": "a"}
    spec = {"source": "t.csv", "read": {"dates": "milliseconds"}, "columns": columns}
    folder = write_client("ID,Start,End\n1,2024-01-01,\n", tables={"transactions": spec})
    (folder / "t.csv").write_text("c,d,a\n1,1735689600000,5\n1,1735689600,5\n1,0,5\n")

    assert reasons(Client(folder).loaded("transactions")) == {"implausible_occurred_at": 2}


def test_what_is_set_aside_is_never_written_elsewhere(write_client: Write, tmp_path: Path, told: Told) -> None:
    folder = write_client("ID,Start,End\n1,2024-01-01,\n2,no,\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "customers.parquet").write_text("dear to somebody")
    (folder / "quarantine").symlink_to(tmp_path / "elsewhere")

    assert "nothing can be set aside there: it is a link" in told(lambda: Client(folder).loaded("customers"))
    assert (tmp_path / "elsewhere" / "customers.parquet").read_text() == "dear to somebody"


def test_a_quarantine_that_is_no_folder_is_told(write_client: Write, told: Told) -> None:
    folder = write_client("ID,Start,End\n1,2024-01-01,\n2,no,\n")
    (folder / "quarantine").write_text("not a folder")

    assert "nothing can be set aside there: Not a directory" in told(lambda: Client(folder).loaded("customers"))


def test_what_is_told_of_a_refused_table_holds_no_path_of_this_machine(load: Load, told: Told, tmp_path: Path) -> None:
    message = told(lambda: load("ID,Start,End\n1,no,\n", top={"max_rejected": 0.0}))

    assert "the rows lie in quarantine/customers.parquet of the client's folder" in message
    assert str(tmp_path) not in message
