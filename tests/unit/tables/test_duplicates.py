"""Rows that are there more than once, against a plain count in Python."""

from collections import Counter
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.tables import engine
from retention_lab.tables.engine import open_engine
from retention_lab.tables.repeated import find_repeated

ENGINE = open_engine()
VALUE = st.sampled_from(["a", "b", "A", "", None, 'it\'s "quoted"'])


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=25), at_once=st.sampled_from([4, 10_000]))
def test_rows_that_are_equal_are_found_in_parts_as_at_once(rows: list[tuple[Any, Any]], at_once: int) -> None:
    one, other = zip(*rows, strict=True)
    table = pa.table(
        {"_position": range(len(rows)), 'a "b"': pa.array(one, pa.string()), "c": pa.array(other, pa.string())}
    )
    ENGINE.con.register("rows", table)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "AT_ONCE", at_once)
        name = find_repeated(ENGINE, "rows", ['a "b"', "c"], len(rows))

    times = Counter(rows)
    last = {row: place for place, row in enumerate(rows)}
    expected = [(at, rows.index(row), last[row]) for at, row in enumerate(rows) if times[row] > 1]
    found = ENGINE.con.execute(f"FROM {name} ORDER BY ALL").fetchall() if name else []
    assert found == expected


def test_values_that_only_share_a_hash_are_not_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    # A hash of one's own in place of the engine's: it finds all texts of a length alike.
    local = ibis.duckdb.connect()
    local.raw_sql("CREATE MACRO hash(value) AS CAST(length(CAST(value AS VARCHAR)) AS UBIGINT)")
    local.con.register("rows", pa.table({"_position": [0, 1, 2], "k": ["ab", "cd", "ab"]}))

    name = find_repeated(local, "rows", ["k"], 3)

    assert local.con.execute(f"FROM {name} ORDER BY ALL").fetchall() == [(0, 0, 2), (2, 0, 2)]
