"""JSON as a source: an object on each line, or one array of objects; each object is a row.

Numbers stay as they are written: an id of nineteen digits is another one once it has been a float.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources.bounds import refuse_too_large
from retention_lab.tables.sources.encoding import Raw, raw_file, text_lines
from retention_lab.tables.sources.source import Source, header_names, no_rows, places_of

_CHUNK = 20_000
_DEEPEST = 3
_MOST_COLUMNS = 10_000
_FIRST = 10
_LARGEST_ARRAY = 256 * 2**20
_SHOWN = 60


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


@dataclass(slots=True)
class _Row:
    """A row of the file: the object, flattened, or the line as it stood where it is none."""

    row: int
    values: dict[str, str | None] | None
    line: str = ""


def read_json_lines(path: Path, name: str, options: ReadOptions) -> Source:
    """Read a file of JSON. Raises DataError where it is not text, no JSON, or has no rows."""
    return read_json(raw_file(path, name), options)


def read_json(raw: Raw, options: ReadOptions) -> Source:
    """Read JSON from a file, or from one inside an archive."""
    refuse_too_large(raw.name, raw.size)
    parts: list[tuple[pa.Table, pa.Table]] = []
    columns: dict[str, None] = {}
    is_array = _is_array(raw, options)
    rows = _of_array(raw, options) if is_array else _of_lines(raw, options)
    while chunk := [*islice(rows, _CHUNK)]:
        _refuse_no_json(raw.name, chunk if not parts else [])
        columns |= {key: None for row in chunk if row.values is not None for key in row.values}
        if len(columns) > _MOST_COLUMNS:
            raise DataError(_too_many_columns(raw.name))
        parts.append(_table(raw.name, list(columns), chunk))
    if not columns:
        raise no_rows(raw.name)
    own = pa.concat_tables([own for own, _ in parts], promote_options="default")
    own = own.rename_columns(header_names(raw.name, 1, own.column_names))
    notes = ("Rows are counted in the order of the array.",) if is_array else ()
    return Source(name=raw.name, own=own, places=pa.concat_tables(places for _, places in parts), notes=notes)


def _table(name: str, columns: list[str], chunk: list[_Row]) -> tuple[pa.Table, pa.Table]:
    objects = [row.values or {} for row in chunk]
    own = {column: pa.array([values.get(column) for values in objects], pa.string()) for column in columns}
    ragged = [row.line if row.values is None else None for row in chunk]
    return pa.table(own), places_of(name, [row.row for row in chunk], ragged)


def _is_array(raw: Raw, options: ReadOptions) -> bool:
    with text_lines(raw, options.encoding) as lines:
        return next((line.lstrip()[0] for line in lines.all if line.strip()), "") == "["


def _of_lines(raw: Raw, options: ReadOptions) -> Iterator[_Row]:
    """Each line that is not blank; its row is the number of the line."""
    with text_lines(raw, options.encoding) as lines:
        for row, line in enumerate(lines.all, start=1):
            if text := line.strip():
                yield _read(row, text)


def _read(row: int, text: str) -> _Row:
    try:
        return _Row(row, _flattened(_DECODER.decode(text)))
    except (ValueError, RecursionError):
        return _Row(row, None, text)


def _of_array(raw: Raw, options: ReadOptions) -> Iterator[_Row]:
    """Each object of the array; they are taken apart one by one."""
    text = _whole(raw, options)
    at, row = _after_space(text, text.index("[") + 1), 1
    while text[at : at + 1] != "]":
        try:
            value, end = _DECODER.raw_decode(text, at)
            end = _after_space(text, end)
            if text[end : end + 1] not in (",", "]"):
                raise ValueError("neither a comma nor the end of the array follows")
        except (ValueError, RecursionError) as error:
            found = f"object {row} of the array cannot be read: {_shown(text[at : at + 1000])}"
            raise DataError(Fault(where=raw.name, found=found, remedy="the file is cut: ask for it again")) from error
        yield _of_object(row, value, text[at:end])
        at, row = _after_space(text, end + 1) if text[end] == "," else end, row + 1


def _of_object(row: int, value: Any, text: str) -> _Row:
    try:
        return _Row(row, _flattened(value))
    except (ValueError, RecursionError):
        return _Row(row, None, text)


def _whole(raw: Raw, options: ReadOptions) -> str:
    if raw.size > _LARGEST_ARRAY:
        found = f"an array of {raw.size / 2**20:.0f} MB, which would have to be held whole"
        allowed, remedy = f"arrays up to {_LARGEST_ARRAY // 2**20} MB", "ask for one object a line (.jsonl)"
        raise DataError(Fault(where=raw.name, found=found, allowed=allowed, remedy=remedy))
    with text_lines(raw, options.encoding) as lines:
        return "".join(lines.all)


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACES:
        at += 1
    return at


_SPACES = (" ", "\t", "\n", "\r")


def _flattened(value: Any) -> dict[str, str | None]:
    """The values of an object as text, those of objects inside it under `a.b`. Raises ValueError where it is none."""
    if not isinstance(value, dict):
        raise ValueError("no object")
    flat: dict[str, str | None] = {}
    _flatten(value, "", 1, flat)
    return flat


def _flatten(value: dict[str, Any], prefix: str, depth: int, flat: dict[str, str | None]) -> None:
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict) and inner and depth < _DEEPEST:
            _flatten(inner, f"{name}.", depth + 1, flat)
        elif name in flat:
            raise ValueError("two values of one name")
        else:
            flat[name] = _as_text(inner)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    return _as_json(value)


def _as_json(value: Any) -> str:
    """JSON again, its numbers as they were written."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_as_json, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_as_json(key)}: {_as_json(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where a name is there twice, one of its values would be lost without a word."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("two values of one name")
    return found


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_constant, object_pairs_hook=_once, strict=False
)


def _refuse_no_json(name: str, chunk: list[_Row]) -> None:
    """A broken line is set aside; where all of the first ones are broken, the file is something else."""
    first = chunk[:_FIRST]
    if first and all(row.values is None for row in first):
        found = f"row {first[0].row} is no JSON object: {_shown(first[0].line)}"
        remedy = "ask for one object a line, or for CSV"
        raise DataError(
            Fault(where=name, found=found, allowed="one object a line, or one array of them", remedy=remedy)
        )


def _too_many_columns(name: str) -> Fault:
    found = f"its objects have more than {_MOST_COLUMNS:,} different names"
    return Fault(where=name, found=found, remedy="ask for it as a table: names that are values belong into a column")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
