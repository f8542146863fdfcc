import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources import json_lines
from retention_lab.tables.sources.json_lines import read_json_lines
from retention_lab.tables.sources.source import Source

Told = Callable[[Callable[[], object]], str]
Read = Callable[..., Source]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file and read it; keywords are read options."""

    def read(content: str | bytes, **options: object) -> Source:
        path = tmp_path / "c.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_json_lines(path, "c.jsonl", ReadOptions.model_validate(options))

    return read


def test_numbers_stay_as_they_are_written(read: Read) -> None:
    source = read('{"id": 1234567890123456789, "amount": 1.50, "big": 1e400, "list": [1.0, "a", null, {"b": 2}]}')

    assert source.own.to_pylist() == [
        {"id": "1234567890123456789", "amount": "1.50", "big": "1e400", "list": '[1.0, "a", null, {"b": 2}]'}
    ]


def test_objects_inside_are_laid_flat_down_to_three_levels(read: Read) -> None:
    source = read('{"a": {"b": {"c": 1, "d": {"e": 2}}}, "f": {}, "g": true, "h": null, "i": NaN}')

    assert source.own.to_pylist() == [{"a.b.c": "1", "a.b.d": '{"e": 2}', "f": "{}", "g": "true", "h": None, "i": None}]


def test_columns_stand_in_the_order_in_which_they_are_first_seen(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_CHUNK", 2)

    source = read('{"b": 1}\n{"b": 2, "a": 3}\n{"c": 4}\n{"a": 5}\n')

    assert source.columns == ["b", "a", "c"]
    assert source.own["a"].to_pylist() == [None, "3", None, "5"]


def test_a_broken_line_is_kept_as_it_stood_with_its_row(read: Read) -> None:
    source = read('{"id": 1}\n\n{"id": 2\n[3]\n{"id": 4, "id": 5}\n{"a": {"b": 1}, "a.b": 2}\n{"id": 6}\n')

    assert source.places["_row"].to_pylist() == [1, 3, 4, 5, 6, 7]
    # What is there twice would lose one of its values without a word.
    assert source.places["_ragged"].to_pylist() == [
        None,
        '{"id": 2',
        "[3]",
        '{"id": 4, "id": 5}',
        '{"a": {"b": 1}, "a.b": 2}',
        None,
    ]


def test_what_begins_with_ten_broken_lines_is_refused(read: Read, told: Told) -> None:
    message = told(lambda: read("{'id': 1}\n" * 10 + '{"id": 2}\n'))

    assert "c.jsonl: row 1 is no JSON object: \"{'id': 1}\"" in message
    assert "one object a line, or one array of them" in message


def test_an_array_of_objects_is_a_table(read: Read) -> None:
    source = read('\n [\n {"id": 1},\n {"id": 2, "x": "a,]"} ,7]\n')

    assert source.own["id"].to_pylist() == ["1", "2", None]
    assert source.places["_row"].to_pylist() == [1, 2, 3]
    assert source.places["_ragged"].to_pylist() == [None, None, "7"]
    assert source.notes == ("Rows are counted in the order of the array.",)


@pytest.mark.parametrize("content", ["", "\n", "[]", "{}", "[{}]"])
def test_a_file_without_a_value_is_refused(content: str, read: Read, told: Told) -> None:
    assert "the file has no rows" in told(lambda: read(content))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[{"id": 1}, {"id"', "object 2 of the array cannot be read"),
        ('[{"id": 1} {"id": 2}]', "object 1 of the array cannot be read"),
        ("[" * 100_000, "object 1 of the array cannot be read"),
        ('{"id":' * 100_000, "row 1 is no JSON object"),
        ("{\n" + '  "id": 1,\n' * 12 + "}", "row 1 is no JSON object"),
        (b'{"id": "Citt\xe0"}', "row 1 is not utf-8"),
        ('{"id": 1}\n' + "x" * 17_000_000, "line 2 is longer than 16 MB"),
    ],
)
def test_what_is_no_json_is_refused(content: str | bytes, expected: str, read: Read, told: Told) -> None:
    assert expected in told(lambda: read(content))


def test_names_that_are_values_are_refused(read: Read, told: Told) -> None:
    lines = "\n".join(json.dumps({f"customer {number}": 1}) for number in range(10_001))

    assert "more than 10,000 different names" in told(lambda: read(lines))


def test_an_array_too_large_to_be_held_is_refused(read: Read, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "_LARGEST_ARRAY", 5)

    assert "ask for one object a line (.jsonl)" in told(lambda: read('[{"id": 1}]'))


def test_encodings_are_those_of_texts(read: Read) -> None:
    line = '{"city": "Città"}\n'

    assert read(line.encode("utf-8-sig")).own["city"].to_pylist() == ["Città"]
    assert read(line.encode("cp1252"), encoding="cp1252").own["city"].to_pylist() == ["Città"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), TEXT)


@given(rows=st.lists(st.lists(SCALAR, min_size=2, max_size=2), min_size=1, max_size=10), is_array=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_comes_back(rows: list[list[object]], is_array: bool, tmp_path: Path) -> None:
    objects = [{"id": 1, "a": first, "b": second} for first, second in rows]
    text = json.dumps(objects, ensure_ascii=False) if is_array else "\n".join(json.dumps(row) for row in objects)
    (tmp_path / "c.json").write_text(text, "utf-8", newline="")

    own = read_json_lines(tmp_path / "c.json", "c.json", ReadOptions()).own

    def as_text(value: object) -> object:
        return value if value is None or isinstance(value, str) else json.dumps(value)

    assert own.to_pylist() == [{"id": "1", "a": as_text(first), "b": as_text(second)} for first, second in rows]
