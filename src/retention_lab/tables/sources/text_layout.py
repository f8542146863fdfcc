"""How a text file is written: its delimiter, its quotes and its header, found out from its first records.

Used where a client is drafted, and a person looks at the draft.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Doubt
from retention_lab.tables.sources.encoding import Raw, long_fields, text_lines
from retention_lab.tables.sources.text_files import find_form, is_filled

_DELIMITERS = ",;\t|^~ "
_RECORDS = 1000
_BYTES = 4 * 2**20
_ENOUGH = 0.6
_HEADER_WITHIN = 50
_LONGEST_NAME = 60
VALUE = re.compile(
    r"""[\s$€£%()+-]*[\d][\d\s.,:/'%()+€$£T-]*Z?$   # numbers, days, times, lists of codes
    |[+-]?\d[\d.,]*[eE][+-]?\d+$
    |\d{1,2}[-./\s]?[^\W\d_]{3,9}\.?[-./\s]?\d{2,4}\b.*$|[^\W\d_]{3,9}\.?\s\d{1,2},?\s\d{4}\b.*$   # months in words
    |\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\D.*$
    |[^@\s]+@[^@\s]+\.\w+$|https?://""",
    re.VERBOSE | re.IGNORECASE,
)

_FLAG = re.compile(r"(?:true|false|yes|no|y|n|t|f|null|nan|n/a|\?|-|\\N)$", re.IGNORECASE)
_PERIOD = re.compile(r"(?:19|20)\d\d(?:[-/]\d\d)?$")
_CODED_NAME = re.compile(r"[^\W\d_]_[^\W_]|[a-z][A-Z]|\b(?:id|ID|Id|nr|no)\b")


def first_lines(raw: Raw, encoding: str | None) -> list[str]:
    """Lines enough to see how a file is written."""
    lines: list[str] = []
    size = 0
    with text_lines(raw, encoding) as found:
        for line in islice(found.all, _RECORDS):
            lines.append(line)
            size += len(line)
            if size > _BYTES:
                break
    return lines


def find_layout(raw: Raw, encoding: str | None) -> tuple[ReadOptions, tuple[Doubt, ...]]:
    """Delimiter, quotes and header row of a text file; what the reader finds by itself is left out."""
    lines = first_lines(raw, encoding)
    told = lines[0].strip() if lines and re.fullmatch(r'"?sep=.\W*', lines[0]) else ""
    delimiter = told.strip('"')[4] if told else find_delimiter(lines)
    options = ReadOptions(encoding=encoding, delimiter=delimiter)
    form = find_form(raw, options)
    records: list[list[str]] = []
    # The end of the last record may have been cut off; a broken one is told when the file is read.
    with long_fields(), suppress(csv.Error):
        records.extend(form.split(iter(lines)))
    header_row, doubts = find_header(records[1:] if told else records)
    shift = 1 if told and header_row else 0
    first = next((row for row, values in enumerate(records, start=1) if is_filled(values)), 1)
    declared = None if header_row == first - (1 if told else 0) else header_row + shift
    return options.model_copy(update={"header_row": declared}), doubts


def without_what_is_found(raw: Raw, read: ReadOptions) -> ReadOptions:
    """What need not be declared, since the reader finds it out by itself, is left out."""
    bare = read.model_copy(update={"delimiter": None})
    return bare if find_form(raw, bare).delimiter == read.delimiter else read


def find_delimiter(lines: Sequence[str]) -> str:
    """The mark that parts the first lines into equally many values, the first one with values among them.

    A comma where none does: then each line is one value.
    """
    scores = {mark: _score(lines, mark) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda mark: scores[mark])
    return best if scores[best] >= _ENOUGH else ","


def _score(lines: Sequence[str], mark: str) -> float:
    """How evenly, and into how many values, a mark parts the lines; quotes are respected."""
    apart = mark == " "
    given = (line.strip() + "\n" for line in lines) if apart else iter(lines)
    widths: list[int] = []
    with long_fields(), suppress(csv.Error):
        read = csv.reader(given, delimiter=mark, skipinitialspace=apart)
        widths.extend(len(values) for values in read if is_filled(values))
    if not widths:
        return 0.0
    # A last record that was cut must not count, nor one that is short by nature: a total, a note.
    width, n = Counter(widths).most_common(1)[0]
    share = n / len(widths)
    if width < 2 or (apart and share < 0.99):
        return 0.0
    # A mark inside the values does not part the header into as many.
    has_header = widths[0] == width or width in widths[1:3]
    return share * math.log2(width) * (1.0 if has_header else 0.5) * (0.5 if apart else 1.0)


def find_header(records: Sequence[Sequence[str]]) -> tuple[int, tuple[Doubt, ...]]:
    """The row with the names of the columns, 0 where there is none, and how sure that is.

    Names are texts of which none looks like a value, while values do stand below them.
    """
    filled = [(row, values) for row, values in enumerate(records, start=1) if is_filled(list(values))]
    if not filled:
        return 1, ()
    width = Counter(len(values) for _, values in filled).most_common(1)[0][0]
    for at, (row, values) in enumerate(filled[:_HEADER_WITHIN]):
        if len(values) != width or (_n_filled(values) * 2 < width and width > 2):
            continue
        below = [other for _, other in filled[at + 1 : at + 201] if len(other) == width]
        if _is_title(values, below):
            continue
        return _judged(row, values, below)
    return filled[0][0], ()


def _is_title(values: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row is a title or a remark: with fewer values than the rows below, of which the next may be names."""
    counts = sorted(_n_filled(other) for other in below)
    if not counts or _n_filled(values) >= counts[len(counts) // 4] or _n_filled(below[0]) <= _n_filled(values):
        return False
    return not any(is_value(name) for name in below[0])


def _n_filled(values: Sequence[str]) -> int:
    return sum(bool(value.strip()) for value in values)


def _judged(row: int, values: Sequence[str], below: Sequence[Sequence[str]]) -> tuple[int, tuple[Doubt, ...]]:
    names = [value.strip() for value in values if value.strip()]
    periods = [name for name in names if _PERIOD.match(name)]
    # A column for each year is called by it.
    is_wide = len(periods) < len(names) and periods == sorted(set(periods))
    like_values = sum(is_value(name) for name in names if not (is_wide and name in periods))
    long = sum(len(name) > _LONGEST_NAME for name in names)
    if like_values or long or len(set(names)) < len(names):
        shown = ", ".join(names[:5])
        why = f"row {row} looks like values and not like names: {shown}"
        return 0, (Doubt(key="read.header_row", taken="0", others=(str(row),), why=why),)
    # Files that were laid end to end have their names again and again.
    columns = list(zip(*(other for other in below if list(other) != list(values)), strict=True))
    again = [name for name, column in zip(values, columns, strict=False) if name.strip() and name in set(column)]
    if again:
        why = f"what stands in row {row} stands below it too: {again[0]}"
        return 0, (Doubt(key="read.header_row", taken="0", others=(str(row),), why=why),)
    if not columns or any(_has_values(column) for column in columns):
        return row, ()
    lengths = [len(value) for column in columns for value in column if value.strip()]
    if any(map(_CODED_NAME.search, names)) and not long:
        return row, ()
    if len(below) > 2 and lengths and sum(map(len, names)) / len(names) * 2 < sum(lengths) / len(lengths):
        return row, ()
    why = "all columns are texts, so that names cannot be told from values"
    return row, (Doubt(key="read.header_row", taken=str(row), others=("0",), why=why),)


def _has_values(column: Sequence[str]) -> bool:
    given = [value for value in column if value.strip()]
    return bool(given) and sum(is_value(value) or bool(_FLAG.match(value.strip())) for value in given) >= 0.6 * len(
        given
    )


def is_value(text: str) -> bool:
    """Whether a text is a number, a day, an address or the like, which no column is called."""
    return bool(VALUE.match(text.strip()))
