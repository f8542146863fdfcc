"""Bytes to lines of text. An encoding is never guessed: a wrong guess reads without complaint and spoils every name.

Without a declaration a file is UTF-8 (or says with its first bytes that it is UTF-16); anything else is refused, with
its first accented line as the likely encodings would read it, so that a person can choose. Nothing is ever held whole:
a file is decoded as it is read, and one without line ends is refused at the first line that no record could be.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from retention_lab.errors import DataError, Fault
from retention_lab.tables.sources.bounds import LONGEST_VALUE

LONGEST = 16 * 2**20
"""Letters of the longest line. What is longer is no table: its line ends or its quotes are broken."""
LONGEST_GROUP = 4 * LONGEST
"""Bytes of as many records as are asked for at once."""
LIKELY = ("cp1252", "cp1250", "cp850")
_BLOCK = 2**20
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Enough to see which reading is right, and little of what somebody wrote.
_SHOWN = 6
_SURROGATES = (0xDC00, 0xDCFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The bytes of a file, or of one inside an archive; `open` starts at the beginning each time."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def raw_file(path: Path, name: str) -> Raw:
    """A file on the disk, under the name by which it is told."""
    return Raw(name=name, size=path.stat().st_size, open=lambda: path.open("rb"))


@contextmanager
def long_fields() -> Iterator[None]:
    """Values of up to 4 MB, where the csv module stops at 128 kB."""
    before = csv.field_size_limit(LONGEST_VALUE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def find_encoding(raw: Raw, declared: str | None) -> str:
    """The encoding as declared, else by the mark with which the file begins, else UTF-8."""
    if declared:
        return _known(raw.name, declared)
    with raw.open() as stream:
        first = stream.read(4)
    return next((encoding for mark, encoding in _MARKS if first.startswith(mark)), "utf-8")


class Lines:
    """The lines of a file with their ends, as an iterator; `fed` counts the bytes that were read for them."""

    def __init__(self, lines: Iterator[str], blocks: "_Blocks") -> None:
        self.all, self._blocks = lines, blocks

    @property
    def fed(self) -> int:
        return self._blocks.fed

    def start_record(self, row: int) -> None:
        """A quote that is never closed makes one record of all that follows: what is read is counted from here."""
        self._blocks.row, self._blocks.before_row = row, self.fed


@contextmanager
def text_lines(raw: Raw, declared: str | None) -> Iterator[Lines]:
    """The lines of a file, without a byte order mark.

    Raises DataError, while they are read, where its bytes are not in that encoding, where there is a NUL, or where a
    line never ends.
    """
    encoding = find_encoding(raw, declared)
    is_wide = "16" in encoding or "32" in encoding
    if declared and not encoding.startswith("utf"):
        _refuse_disguised_utf8(raw, declared)
    blocks = _Blocks(raw, may_have_nul=is_wide)
    try:
        with io.TextIOWrapper(blocks, encoding=encoding, newline="") as text:
            first = text.readline().removeprefix("\ufeff")
            lines = chain([first] if first else [], text)
            yield Lines(_without_nul(raw.name, lines) if is_wide else lines, blocks)
    except UnicodeError as error:
        raise DataError(_wrong(raw, encoding, declared)) from error


def _without_nul(name: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise _no_text(name)
        yield line


class _Blocks(io.BufferedReader):
    """The bytes of a file in large blocks, each looked at before it is decoded: nothing grows without an end."""

    def __init__(self, raw: Raw, *, may_have_nul: bool) -> None:
        super().__init__(raw.open(), _BLOCK)  # type: ignore[arg-type]
        self._name, self._may_have_nul = raw.name, may_have_nul
        self.fed = self.row = self.before_row = self._of_line = self._n_lines = 0

    def read1(self, _: int | None = -1, /) -> bytes:
        block = self.read(_BLOCK // 8)
        self.fed += len(block)
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._of_line = len(block) - end - 1 if end >= 0 else self._of_line + len(block)
        if not self._may_have_nul and b"\0" in block:
            raise _no_text(self._name)
        if self._of_line > LONGEST:
            raise _too_long(self._name, f"line {self._n_lines + 1}")
        if self.row and self.fed - self.before_row > LONGEST_GROUP:
            raise _too_long(self._name, f"a record in or below row {self.row}")
        self._n_lines += max(block.count(b"\n"), block.count(b"\r"))
        return block


def _too_long(name: str, what: str) -> DataError:
    found = f"{what} is longer than {LONGEST // 2**20} MB"
    remedy = "its line ends are lost, or a quote is never closed: ask for the file again"
    return DataError(Fault(where=name, found=found, allowed=f"records up to {LONGEST // 2**20} MB", remedy=remedy))


def _no_text(name: str) -> DataError:
    found = "it has NUL characters: it is no text, or in UTF-16"
    return DataError(Fault(where=name, found=found, remedy="set read.encoding: utf-16-le, or ask for it again"))


def _known(name: str, declared: str) -> str:
    """The encoding under Python's own name for it."""
    try:
        "".encode(declared)
        return codecs.lookup(declared).name
    except (LookupError, ValueError) as error:
        found = f"the encoding {declared!r} is not known"
        raise DataError(Fault(where=name, found=found, allowed="utf-8, cp1252, cp1250, utf-16 …")) from error


def _wrong(raw: Raw, encoding: str, declared: str | None) -> Fault:
    row, line, at = _first_line(raw, encoding, lambda letter: _SURROGATES[0] <= ord(letter) <= _SURROGATES[1])
    byte = f": byte 0x{ord(line[at]) - _SURROGATES[0]:02x}" if line else ""
    found = f"row {row} is not {declared or encoding}{byte}"
    if declared or not line:
        return Fault(where=raw.name, found=found, remedy="set read.encoding to the one that the export was written in")
    part = line[max(at - _SHOWN, 0) : at + _SHOWN].encode("utf-8", "surrogateescape")
    readings = [f"{part.decode(likely, 'replace').strip()!r} in {likely}" for likely in LIKELY]
    remedy = "set read.encoding to the one that reads right"
    return Fault(where=raw.name, found=found, allowed=f"it would read {', '.join(readings)}", remedy=remedy)


def _refuse_disguised_utf8(raw: Raw, declared: str) -> None:
    """A file in UTF-8 reads as cp1252 without complaint, and every accent becomes two wrong letters."""
    if is_ascii(raw) or not reads_as_utf8(raw):
        return
    row, _, _ = _first_line(raw, "utf-8-sig", lambda letter: not letter.isascii())
    found = f"read.encoding says {declared}, but the file is UTF-8 (first accent in row {row})"
    raise DataError(Fault(where=raw.name, found=found, remedy="set read.encoding: utf-8"))


def is_ascii(raw: Raw) -> bool:
    """Whether a file has plain letters only, which nearly all encodings write alike."""
    with raw.open() as stream:
        return all(block.isascii() for block in iter(partial(stream.read, _BLOCK), b""))


def reads_as_utf8(raw: Raw) -> bool:
    """Whether all bytes of a file are UTF-8; accents in another encoding hardly ever are."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        with raw.open() as stream:
            for block in iter(partial(stream.read, _BLOCK), b""):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_line(raw: Raw, encoding: str, is_meant: Callable[[str], bool]) -> tuple[int, str, int]:
    """The first line that has a letter of that kind, its row in a spreadsheet, and where in it the letter stands.

    What cannot be decoded stands there as a surrogate.
    """
    with io.TextIOWrapper(raw.open(), encoding=encoding, errors="surrogateescape", newline="") as text:
        before, row = _Counted(text, is_meant), 0
        try:
            for row, _ in enumerate(csv.reader(before, delimiter=before.delimiter()), start=1):
                if before.found:
                    return row, *before.found
        except (csv.Error, UnicodeError):
            # Half a letter at the end cannot stand as a surrogate either.
            row += 1
        return row or 1, *(before.found or ("", 0))


class _Counted:
    """Lines on their way to the csv module, watched for the first with a certain letter."""

    def __init__(self, lines: Iterator[str], is_meant: Callable[[str], bool]) -> None:
        self._is_meant = is_meant
        self.found: tuple[str, int] | None = None
        self._lines, self._first = lines, ""

    def delimiter(self) -> str:
        self._first = next(self._lines, "")
        return separator(self._first)

    def __iter__(self) -> Iterator[str]:
        yield self._watched(self._first)
        yield from map(self._watched, self._lines)

    def _watched(self, line: str) -> str:
        if self.found is None and not line.isascii():
            at = next((at for at, letter in enumerate(line) if self._is_meant(letter)), None)
            self.found = None if at is None else (line, at)
        return line


def separator(text: str) -> str:
    """The commonest separator of the header line, outside quotes; the comma where none stands in it."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(header.split('"')[::2])
    return max(",;\t|", key=lambda mark: (bare.count(mark), mark == ","))
