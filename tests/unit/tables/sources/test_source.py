from collections.abc import Iterator, Sequence

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lab.errors import DataError
from retention_lab.tables.sources.reading import joined
from retention_lab.tables.sources.source import Source, places_of
from retention_lab.tables.sources.streamed import Part, StreamedSource, as_part

TEXT = st.text(alphabet="ab \t\u00a0\u202f\n", max_size=4) | st.none()


def _part(name: str, own: pa.Table, *, n_rows: int | None = None) -> Part:
    def read(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from own.select(list(columns)).to_batches(max_chunksize=2)

    return Part(name=name, schema=own.schema, n_rows=own.num_rows if n_rows is None else n_rows, read=read)


def _in_memory(name: str, own: pa.Table, rows: list[int], ragged: list[str | None]) -> Source:
    return Source(name=name, own=own, places=places_of(name, rows, ragged))


def test_a_stream_knows_its_rows_as_a_table_in_memory_does() -> None:
    first = pa.table({"id": ["1", "2", "3"], "x": pa.nulls(3)})
    second = _in_memory("b.csv", pa.table({"x": ["p", "q"], "id": ["4", "5"]}), [3, 7], [None, "5,q,r"])
    source = StreamedSource(name="*", parts=(_part("a", first), as_part(second)))

    whole = source.in_memory()
    positions = pa.array([0, 2, 4])
    taken = pa.concat_tables(source.rows_at(positions)).to_pylist()

    assert taken == pa.concat_tables(whole.rows_at(positions)).to_pylist()
    assert [(row["_file"], row["_row"], row["_ragged"], row["id"], row["x"]) for row in taken] == [
        ("a", 2, None, "1", None),
        ("a", 4, None, "3", None),
        ("b.csv", 7, "5,q,r", "5", "q"),
    ]
    for position in range(5):
        assert source.row_name(position) == whole.row_name(position)
    assert (source.files, source.begins, source.has_ragged) == (whole.files, whole.begins, True)


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=6))
def test_what_is_streamed_comes_trimmed_and_as_often_as_it_is_asked_for(texts: list[str | None]) -> None:
    source = StreamedSource(name="a", parts=(_part("a", pa.table({"t": pa.array(texts, pa.string())})),))
    engine = ibis.duckdb.connect()
    engine.con.register("rows", source.stream(["t"], "UTC"))
    expected = [text and text.replace("\u00a0", " ").replace("\u202f", " ").strip(" \t\n\r\v\f") for text in texts]

    for _ in range(2):
        found = engine.con.execute('SELECT "file:0" FROM rows ORDER BY _position').fetchall()
        assert [text for (text,) in found] == expected


def test_a_stream_that_ends_early_or_late_is_refused() -> None:
    own = pa.table({"id": ["1", "2", "3"]})

    for n_rows in (2, 4):
        source = StreamedSource(name="a", parts=(_part("a", own, n_rows=n_rows),))
        with pytest.raises(DataError, match=f"3 rows came, and there were {n_rows}"):
            source.in_memory()


def test_remarks_and_notes_of_the_parts_are_kept() -> None:
    source = _in_memory("a.csv", pa.table({"id": ["1"]}), [2], [None])

    both = joined("*", [source, source], ("a.csv: a note",))

    assert both.notes == ("a.csv: a note",)
    assert both.n_rows == 2
