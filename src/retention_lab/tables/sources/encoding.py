"""Bytes to text. An encoding is never guessed: a wrong guess reads without complaint and spoils every name.

Without a declaration a file is UTF-8 (or says with its first bytes that it is UTF-16); anything else is refused, with
its first accented line as the likely encodings would read it, so that a person can choose.
"""

import codecs
import csv
import io
from pathlib import Path

from retention_lab.errors import DataError, Fault

_LIKELY = ("cp1252", "cp1250", "cp850")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SHOWN = 30


def read_text(path: Path, declared: str | None) -> str:
    """The text of a file, without a byte order mark. Raises DataError where its bytes are not in that encoding."""
    raw = path.read_bytes()
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "utf-8")
    encoding = _known(path, declared) if declared else marked
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise DataError(_wrong(path, raw, encoding, start, declared)) from error
    if declared and not encoding.startswith("utf") and not raw.isascii():
        _refuse_disguised_utf8(path, raw, declared)
    if "\0" in text:
        found = "it has NUL characters: it is no text, or in UTF-16"
        raise DataError(Fault(where=path.name, found=found, remedy="set read.encoding: utf-16-le, or ask for it again"))
    return text


def _known(path: Path, declared: str) -> str:
    """The encoding under Python's own name for it."""
    try:
        "".encode(declared)
        return codecs.lookup(declared).name
    except (LookupError, ValueError) as error:
        found = f"the encoding {declared!r} is not known"
        raise DataError(Fault(where=path.name, found=found, allowed="utf-8, cp1252, cp1250, utf-16 …")) from error


def _wrong(path: Path, raw: bytes, encoding: str, start: int, declared: str | None) -> Fault:
    row = _row(raw[:start].decode(encoding, "replace"))
    found = f"row {row} is not {declared or encoding}: byte 0x{raw[start]:02x}"
    if declared:
        return Fault(where=path.name, found=found, remedy="set read.encoding to the one that the export was written in")
    end = raw.find(b"\n", start)
    part = raw[max(raw.rfind(b"\n", 0, start) + 1, start - _SHOWN) : min(end if end >= 0 else len(raw), start + _SHOWN)]
    readings = [f"{part.decode(likely, 'replace').strip()!r} in {likely}" for likely in _LIKELY]
    remedy = "set read.encoding to the one that reads right"
    return Fault(where=path.name, found=found, allowed=f"it would read {', '.join(readings)}", remedy=remedy)


def _refuse_disguised_utf8(path: Path, raw: bytes, declared: str) -> None:
    """A file in UTF-8 reads as cp1252 without complaint, and every accent becomes two wrong letters."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    row = _row(text[: next((i for i, letter in enumerate(text) if not letter.isascii()), 0)])
    found = f"read.encoding says {declared}, but the file is UTF-8 (first accent in row {row})"
    raise DataError(Fault(where=path.name, found=found, remedy="set read.encoding: utf-8"))


def _row(before: str) -> int:
    """The row of a spreadsheet in which the text goes on, after what stands before it."""
    # One more letter, so that the row that has only begun is counted too.
    counted = csv.reader(io.StringIO(f"{before}x", newline=""), delimiter=separator(before))
    try:
        return sum(1 for _ in counted)
    except csv.Error:
        return before.count("\n") + 1


def separator(text: str) -> str:
    """The commonest separator of the header line, outside quotes; the comma where none stands in it."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(header.split('"')[::2])
    return max(",;\t|", key=lambda mark: (bare.count(mark), mark == ","))
