"""Rows from all over a text file, and how many there are. Used where a client is drafted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from retention_lab.errors import DataError
from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.sources import formats
from retention_lab.tables.sources.encoding import Raw
from retention_lab.tables.sources.text_files import TextForm, find_form, is_filled, open_records, take_header

WHOLE_FILE = 200 * 2**20
"""Up to this size a file is read from end to end; of a larger one, pieces from all over it are."""
_GROUP = 250
_PIECES, _PIECE = 20, 2**20
_DAY_LETTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSample:
    """Records from all over a file, each with a value for every column."""

    names: list[str]
    records: list[list[str]]
    n_rows: int
    is_exact: bool


def sample_text(raw: Raw, options: ReadOptions, most: int) -> TextSample:
    """At most `most` records, evenly spread. Raises DataError where one cannot be read."""
    form = find_form(raw, options)
    if raw.size > WHOLE_FILE and not (form.encoding or "").startswith("utf-16"):
        return _of_pieces(raw, form, options, most)
    kept: list[list[str]] = []
    n_rows, every = 0, 1
    with open_records(raw, form) as records:
        names = take_header(records, options.header_row)
        while taken := records.take(_GROUP):
            filled = [values for values in taken if is_filled(values)]
            kept += [values for at, values in enumerate(filled, start=n_rows) if at % every == 0]
            n_rows += len(filled)
            if len(kept) > 2 * most:
                kept, every = kept[::2], every * 2
    return TextSample(names=names, records=_whole(kept, names), n_rows=n_rows, is_exact=True)


def _whole(records: list[list[str]], names: Sequence[str]) -> list[list[str]]:
    return [values for values in records if len(values) == len(names)]


def _of_pieces(raw: Raw, form: TextForm, options: ReadOptions, most: int) -> TextSample:
    """Pieces from evenly spread places; how many rows there are in all is reckoned from their length."""
    with open_records(raw, form) as records:
        names = take_header(records, options.header_row)
    kept: list[list[str]] = []
    n_bytes = n_rows = 0
    with raw.open() as stream:
        for place in range(_PIECES):
            stream.seek(raw.size * place // _PIECES)
            block = stream.read(_PIECE)
            start, end = (block.find(b"\n") + 1, block.rfind(b"\n") + 1)
            found = _records_of(block[start:end], raw.name, form)
            n_bytes, n_rows = n_bytes + end - start, n_rows + len(found)
            kept += _whole(found, names)[: most // _PIECES]
    reckoned = round(raw.size / n_bytes * n_rows) if n_bytes else 0
    return TextSample(names=names, records=kept, n_rows=reckoned, is_exact=False)


def _records_of(block: bytes, name: str, form: TextForm) -> list[list[str]]:
    """The records of a piece of a file; none where it begins inside of quotes and so cannot be read by itself."""
    found: list[list[str]] = []
    piece = Raw(name=name, size=len(block), open=lambda: BytesIO(block))
    try:
        with open_records(piece, form) as records:
            while taken := records.take(_GROUP):
                found += [values for values in taken if is_filled(values)]
    except DataError:
        return []
    return found


def count_days(raw: Raw, options: ReadOptions, columns: Sequence[str]) -> formats.DayCounts:
    """The order of day and month over the whole file: among many thousand days, one may be all that tells."""
    form, total = find_form(raw, options), formats.DayCounts()
    seen: list[Counter[str]] = [Counter() for _ in columns]
    with open_records(raw, form) as records:
        names = take_header(records, options.header_row)
        places = [names.index(column) for column in columns]
        while taken := records.take(_GROUP):
            whole = [values for values in taken if len(values) == len(names)]
            for counted, place in zip(seen, places, strict=True):
                counted.update(values[place].strip()[:_DAY_LETTERS] for values in whole)
    for counted in seen:
        total = total.plus(formats.count_days(counted))
    return total
