"""What people say of comments that were drawn for them to read: sheets to fill in, and those filled in."""

import csv
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from retention_lab.errors import DataError, Fault, ParameterError
from retention_lab.tables.client import OUTPUT, Client, defused
from retention_lab.tables.verbatims.folding import folded
from retention_lab.tables.verbatims.label_sheets import Sheet, read_sheet
from retention_lab.tables.verbatims.verbatims import load_ids
from retention_lab.tables.workspace import LABELS, is_client_name

SHEET_COLUMNS = (
    "feedback_id", "purpose", "language", "received_on", "text", "label", "complaint", "leaving", "rater"
)  # fmt: skip
FRAME_COLUMNS = ("feedback_id", "purpose", "label", "complaint", "leaving", "rater")
_WORDS = {
    "negative": "negative neg - -1 – − n negativo negativa negatif negativen negativno unhappy bad malo mauvais slabo",
    "neutral": "neutral neu 0 o = +- +/- ± mixed neutro neutra neutre nevtralno nevtralen misto mixto mixte mesano",
    "positive": "positive pos + +1 1 p positivo positiva positif pozitivno pozitiven happy good bene bueno bon dobro",
}
_LABELS = {word: label for label, words in _WORDS.items() for word in words.split()}
_YES = frozenset(
    ("yes", "y", "si", "s", "oui", "o", "da", "d", "ja", "true", "vero", "verdadero", "vrai", "1", "x", "✓", "✔")
)
_NO = frozenset(("no", "n", "non", "ne", "false", "falso", "faux", "0"))
_PURPOSES = {
    "random": "random", "casuale": "random", "aleatorio": "random", "aleatoire": "random", "nakljucno": "random",
    "uncertain": "uncertain", "incerto": "uncertain", "incierto": "uncertain", "incertain": "uncertain",
    "negotovo": "uncertain",
}  # fmt: skip
_ALLOWED = {
    "label": "negative, neutral or positive; also neg, neu, pos, or -, 0, +",
    "complaint": "yes, no or blank",
    "leaving": "yes, no or blank",
    "purpose": "random or uncertain, as it was written",
    "feedback_id": "an id as it was written",
}
_DESTROYED = re.compile(r"-?\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labels:
    """What people answered, by sheet and row.

    `frame`: feedback_id, purpose (random or uncertain), label (negative, neutral or positive), complaint and leaving
    (True, False or None where nobody said), and rater. `n_blank` rows of all sheets have no label yet; of `n_unknown`
    labels the comment is not among those of the client through `as_of`.
    """

    frame: pd.DataFrame
    n_sheets: int
    n_blank: int
    n_unknown: int


def load_labels(client: Client) -> Labels:
    """What stands in the sheets of a client's folder. Raises DataError with the faults of all sheets."""
    faults: list[Fault] = []
    sheets: list[Sheet] = []
    for path in sorted((client.folder / LABELS).glob("*.csv")):
        try:
            sheets.append(read_sheet(client.folder, path))
        except DataError as error:
            faults += error.faults
    known = frozenset(load_ids(client) if sheets else ())
    faults += [fault for sheet in sheets for fault in _sheet_faults(sheet, known)]
    if faults:
        raise DataError(faults)
    rows = [_answers(sheet, record) for sheet in sheets for _, record in sheet.rows if record.get("label")]
    frame = pd.DataFrame(rows, columns=list(FRAME_COLUMNS), dtype=object)
    frame = frame.sort_values(["feedback_id", "rater", "purpose"], kind="stable", ignore_index=True)
    return Labels(
        frame=frame,
        n_sheets=len(sheets),
        n_blank=sum(not record.get("label") for sheet in sheets for _, record in sheet.rows),
        n_unknown=int((~frame.feedback_id.isin(known)).sum()) if len(frame) else 0,
    )


def write_label_sheet(client: Client, frame: pd.DataFrame, name: str) -> Path:
    """Write a sheet to fill in; from here the runner takes it to the client's folder, unless one of that name is there.

    `frame`: feedback_id, purpose, language, received_on and text, which must be masked; columns with answers are added
    blank. Where a notebook is run by hand, the sheet stays beside it. Raises ParameterError for a name that is no file.
    """
    if not is_client_name(name):
        allowed = "letters, digits, - and _: the name becomes a file"
        raise ParameterError(Fault(where="name", found=repr(name), allowed=allowed))
    folder = Path(os.environ.get(OUTPUT, ".")) / LABELS
    path = folder / f"{name}.csv"
    # By hand, nobody stands between a sheet that is filled in already and the next run.
    if path.exists() or (client.folder / LABELS / path.name).exists():
        return client.folder / LABELS / path.name if not path.exists() else path
    folder.mkdir(exist_ok=True)
    blank = {column: "" for column in SHEET_COLUMNS if column not in frame}
    rows = frame.assign(**blank)[list(SHEET_COLUMNS)]
    rows = rows.assign(received_on=rows.received_on.map(lambda day: str(day)[:10])).fillna("")
    text = rows.map(defused).to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_ALL)
    path.write_bytes(text.encode("utf-8-sig", "replace"))
    return path


def _answers(sheet: Sheet, record: Mapping[str, str]) -> list[object]:
    flags = [_flag(record.get(name, "")) for name in ("complaint", "leaving")]
    label, purpose = _LABELS[_plain(record["label"])], _PURPOSES[_plain(record["purpose"])]
    return [record["feedback_id"], purpose, label, *flags, record.get("rater") or sheet.stem]


def _plain(answer: str) -> str:
    return folded(answer.strip().rstrip(".")) or answer.strip()


def _flag(answer: str) -> bool | None:
    return None if not answer else _plain(answer) in _YES


def _sheet_faults(sheet: Sheet, known: frozenset[str]) -> list[Fault]:
    """What is wrong with a sheet: each kind of fault once, with its first rows and their number."""
    found: dict[tuple[str, str], list[str]] = {}
    seen: set[tuple[str, str]] = set()
    unpadded = _unpadded(known)
    for row, record in sheet.rows:
        if not record.get("label"):
            wrong = (
                [("label", "an answer without a label")] if any(record.get(n) for n in ("complaint", "leaving")) else []
            )
        else:
            wrong = list(_wrong(record, known, unpadded, seen))
            seen.add((record["feedback_id"], record.get("rater", "")))
        for column, what in wrong:
            kind = what if what in _KINDS else ""
            found.setdefault((column, kind), []).append(f"row {row}: {column} {record.get(column, '')!r}{_says(kind)}")
    return [_fault(sheet.where, column, kind, places) for (column, kind), places in found.items()]


_AGAIN, _LOST, _ALONE = "twice", "zeros", "an answer without a label"
_KINDS = {
    _AGAIN: "keep one row for each comment and rater",
    _LOST: "a spreadsheet took the ids for numbers: put the column back as it was written, as text",
    _ALONE: "write a label beside it, or take the answer out",
}


def _says(kind: str) -> str:
    return {_AGAIN: " again, from the same rater", _LOST: ", which has lost noughts or digits"}.get(kind, "")


def _fault(where: str, column: str, kind: str, places: list[str]) -> Fault:
    more = f" ({len(places)} rows of this kind)" if len(places) > 1 else ""
    remedy = _KINDS.get(kind, "mend it, or leave the label blank")
    return Fault(where=where, found="; ".join(places[:3]) + more, allowed=_ALLOWED[column], remedy=remedy)


def _wrong(
    record: Mapping[str, str], known: frozenset[str], unpadded: frozenset[str], seen: set[tuple[str, str]]
) -> Iterable[tuple[str, str]]:
    own = record["feedback_id"]
    if _plain(record["label"]) not in _LABELS:
        yield "label", ""
    if _plain(record["purpose"]) not in _PURPOSES:
        yield "purpose", ""
    for name in ("complaint", "leaving"):
        if record.get(name) and _plain(record[name]) not in _YES | _NO:
            yield name, ""
    if not own:
        yield "feedback_id", ""
    elif own not in known and (own in unpadded or _DESTROYED.fullmatch(own)):
        yield "feedback_id", _LOST
    elif (own, record.get("rater", "")) in seen:
        yield "feedback_id", _AGAIN


def _unpadded(known: frozenset[str]) -> frozenset[str]:
    """What ids with noughts in front become in a spreadsheet."""
    return frozenset(own.lstrip("0") for own in known if own.startswith("0") and own.isdigit())
