"""Who is contacted and who is left alone: drawn by a keyed hash, kept in the client's folder, and read again.

A list is drawn anew each week under one name, such as `churn-survival`; each of its waves is an experiment with a name
and a file of its own, such as `churn-survival-2026-10-31`, so that no wave ever takes the place of an earlier one.
"""

import csv
import io
import os
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from retention_lab.errors import DataError, Fault, ParameterError
from retention_lab.tables.client_key import keyed_hash
from retention_lab.tables.workspace import ASSIGNMENTS, is_client_name
from retention_lab.tables.workspace import list_of as list_of

CONTACT, HOLD_OUT = "contact", "hold_out"
COLUMNS = ("experiment", "customer_id", "variant", "assigned_on", "stratum", "seed")
# Set by a runner: what tells apart the reports of one day that were made with other parameters.
MARK = "RETENTION_LAB_MARK"
_ELSEWHERE = "held out by "


def name_wave(list_name: str, as_of: date) -> str:
    """The experiment that a list of this day is. Raises ParameterError where the list cannot be called so."""
    if not is_client_name(list_name):
        allowed = "letters, digits, - and _: the name becomes a file"
        raise ParameterError(Fault(where="experiment", found=repr(list_name), allowed=allowed))
    return f"{list_name}-{as_of.isoformat()}{os.environ.get(MARK, '')}"


def assign_hold_out(customers: Sequence[str], list_name: str, key: bytes, share: float) -> list[str]:
    """Contact or hold out, for each customer on its own.

    It hangs on the key, the list and the customer, and on nothing else: not on who else is selected, nor on the day.
    """
    drawn = keyed_hash(key, "hold-out", list_name)
    chances = (int.from_bytes(keyed_hash(drawn, customer)[:8]) / 2**64 for customer in customers)
    return [HOLD_OUT if chance < share else CONTACT for chance in chances]


def assign_variants(
    customers: Sequence[str], list_name: str, key: bytes, share: float, standing: pd.DataFrame
) -> pd.DataFrame:
    """A variant for each customer of a list, with the stratum in which it was drawn and the mark of the draw.

    `standing` are the assignments whose period has not ended. Who was drawn in an earlier wave of this list keeps the
    variant, even where the share has changed since, and the stratum, which tells the shares apart. Whom another list
    drew as hold-out is held out here too, in a stratum of its own: these were not drawn at random from this list.
    """
    found = pd.DataFrame({"customer_id": list(customers)})
    found["variant"] = assign_hold_out(customers, list_name, key, share)
    found["stratum"] = f"hold-out share {share:g}"
    found["seed"] = keyed_hash(key, "hold-out", list_name).hex()[:8]
    found = found.set_index("customer_id")
    # Not from the files of third lists that held a customer out for another's sake: that would never end.
    drawn = standing[~standing.stratum.str.startswith(_ELSEWHERE)].sort_values(["assigned_on", "experiment"])
    lists = drawn.experiment.map(list_of)
    kept = drawn[lists == list_name].drop_duplicates("customer_id", keep="last").set_index("customer_id")
    found.update(kept[["variant", "stratum"]])
    others = drawn.assign(stratum=_ELSEWHERE + lists)[(lists != list_name) & (drawn.variant == HOLD_OUT)]
    found.update(others.drop_duplicates("customer_id", keep="last").set_index("customer_id")[["variant", "stratum"]])
    return found.reset_index()


def share_faults(contact_share: float, hold_out_share: float) -> list[Fault]:
    """What is wrong with the shares that a list is asked to have."""
    faults = []
    if not 0 < contact_share <= 1:
        faults.append(Fault(where="contact_share", found=str(contact_share), allowed="above 0, up to 1"))
    if not 0 <= hold_out_share < 1:
        allowed = "from 0 (nobody is left alone, and nothing can be learnt) to below 1"
        faults.append(Fault(where="hold_out_share", found=str(hold_out_share), allowed=allowed))
    return faults


def is_elsewhere(strata: pd.Series) -> pd.Series:
    """Whom another list holds out."""
    return strata.str.startswith(_ELSEWHERE)


def standing_on(assignments: pd.DataFrame, as_of: date, horizon_days: int) -> pd.DataFrame:
    """The assignments of earlier days whose period of `horizon_days` has not ended.

    Those of the day itself are not among them: a list that is drawn again must come out as it did the first time.
    """
    since = as_of - timedelta(days=horizon_days)
    return assignments[(assignments.assigned_on > since) & (assignments.assigned_on < as_of)]


def write_assignments(folder: Path, experiment: str, frame: pd.DataFrame, as_of: date) -> Path:
    """Write one wave, in order of the customers, ids as they are. From here the runner takes it to the client."""
    path = folder / ASSIGNMENTS / f"{experiment}.csv"
    path.parent.mkdir(exist_ok=True)
    rows = frame.assign(experiment=experiment, assigned_on=as_of.isoformat()).sort_values("customer_id")
    text = rows[list(COLUMNS)].to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_ALL)
    path.write_bytes(text.encode())
    return path


def load_assignments(folder: Path) -> pd.DataFrame:
    """All assignments in a client's folder, the earlier files first; `assigned_on` is a day, all else is text.

    Raises DataError with the faults of all files.
    """
    rows: list[list[object]] = []
    faults: list[Fault] = []
    for path in sorted((folder / ASSIGNMENTS).glob("*.csv")):
        try:
            rows += _read_wave(folder, path)
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _read_wave(folder: Path, path: Path) -> list[list[object]]:
    where = path.relative_to(folder).as_posix()
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(Fault(where=where, found="it leads out of the client's folder", remedy="remove it"))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        header, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True)) or [[]]
    except (csv.Error, UnicodeDecodeError) as error:
        remedy = "put the file back as it was written"
        raise DataError(Fault(where=where, found=f"it cannot be read: {error}", remedy=remedy)) from error
    if tuple(header) != COLUMNS:
        found = f"its columns are {', '.join(header) or 'missing'}"
        raise DataError(Fault(where=where, found=found, allowed=", ".join(COLUMNS)))
    if faults := _row_faults(where, path.stem, rows):
        raise DataError(faults)
    return [[*record[:3], date.fromisoformat(record[3]), *record[4:]] for record in rows]


def _row_faults(where: str, stem: str, rows: list[list[str]]) -> list[Fault]:
    """What is wrong with the rows of a file: each kind of fault once, with its first row and their number."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for row, record in enumerate(rows, 2):
        for allowed, what in _wrong(stem, record, seen):
            found.setdefault(allowed, []).append(f"row {row}: {what}")
        seen.update(record[1:2])
    remedy = "put the file back as it was written; a spreadsheet may have changed it"
    return [
        Fault(
            where=where,
            found=places[0] + (f" ({len(places)} rows of this kind)" if len(places) > 1 else ""),
            allowed=allowed,
            remedy=remedy,
        )
        for allowed, places in found.items()
    ]


def _wrong(stem: str, record: list[str], seen: set[str]) -> list[tuple[str, str]]:
    if len(record) != len(COLUMNS):
        return [(f"{len(COLUMNS)} values: {', '.join(COLUMNS)}", f"{len(record)} values")]
    experiment, customer, variant, assigned_on = record[:4]
    checks = [
        (experiment == stem, f"experiment {stem}, as the file is called", f"experiment {experiment!r}"),
        (customer not in seen, "each customer once", f"customer {customer!r} again"),
        (bool(variant.strip()), "a variant that is not blank", f"variant {variant!r}"),
        (_is_day(assigned_on), "assigned_on a day such as 2026-10-31", f"assigned_on {assigned_on!r}"),
    ]
    return [(allowed, what) for is_right, allowed, what in checks if not is_right]


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False
