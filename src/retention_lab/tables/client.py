"""A client, opened: its file, its checked tables, the last day that counts, and where its results are written."""

import csv
import json
import os
import re
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from retention_lab.errors import DataError, Fault, ParameterError, RetentionLabError
from retention_lab.tables.actions import write_workbook
from retention_lab.tables.assignments import CONTACT, load_assignments, write_assignments
from retention_lab.tables.client_file import ClientFile, load_client_file
from retention_lab.tables.client_key import pseudonym, read_key
from retention_lab.tables.contract import CONTRACT, ONLY_KNOWN_CUSTOMERS
from retention_lab.tables.engine import open_engine
from retention_lab.tables.experiment_columns import refuse_unreadable, with_outcomes
from retention_lab.tables.loading import LoadedTable, Loading, load_table
from retention_lab.tables.workspace import find_workspace
from retention_lab.text import LANGUAGES, Text

OUTPUT = "RETENTION_LAB_OUTPUT"
# A list is for calling people now. Within a week the exports may well go on past its last day.
_STALE_DAYS = 7


class Client:
    """One client of a workspace, as playbooks see it. Tables are loaded and checked when they are first asked for."""

    def __init__(self, folder: Path, *, as_of: str = "", language: str = "") -> None:
        faults = _request_faults(as_of, language)
        if faults:
            raise ParameterError(faults)
        self.folder = folder
        self.file: ClientFile = load_client_file(folder)
        self.text = Text(language or self.file.language, self.file.currency)
        self._engine = open_engine()
        self._loaded: dict[str, LoadedTable] = {}
        self._refused: dict[str, RetentionLabError] = {}
        self._asked = as_of

    @property
    def name(self) -> str:
        """The client's name as client.yml writes it."""
        return self.file.name

    def loaded(self, table: str) -> LoadedTable:
        """A table with what was found in it; loaded and checked at the first call."""
        if table not in self._loaded:
            job = self._loading(table)
            refers = table in ONLY_KNOWN_CUSTOMERS and "customers" in self.file.tables
            self._load(replace(job, known_customers=self.loaded("customers").rows) if refers else job)
        return self._loaded[table]

    def checked(self, table: str) -> LoadedTable:
        """A table as `loaded`; where the customers were refused, without holding it against them."""
        if table in self._loaded or "customers" not in self._refused:
            return self.loaded(table)
        found = self._load(self._loading(table))
        note = "Not compared with the customers, which were refused."
        self._loaded[table] = replace(found, notes=(*found.notes, note))
        return self._loaded[table]

    def table(self, table: str) -> ir.Table:
        """The rows of a table that are kept, in canonical columns; of events, those through `as_of`."""
        rows = self.loaded(table).rows
        moment = next((column.name for column in CONTRACT[table] if column.kind == "moment" and column.required), None)
        return rows.filter(rows[moment].date() <= self.as_of) if moment else rows

    def put_down(self, frame: pd.DataFrame) -> ir.Table:
        """A frame of texts and days as a table of the engine that the client's tables lie in."""
        rows = ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
        return self._engine.create_table(ibis.util.gen_name("frame"), rows, temp=True)

    @property
    def inputs(self) -> list[LoadedTable]:
        """The tables that were loaded so far, in the order of the contract."""
        return [self._loaded[table] for table in CONTRACT if table in self._loaded]

    def check(self) -> None:
        """Load every table. Those that are refused are in `refusals`, and hinder no other."""
        for table in (name for name in CONTRACT if name in self.file.tables):
            with suppress(RetentionLabError):
                self.checked(table)

    @property
    def refusals(self) -> dict[str, RetentionLabError]:
        """The tables that were asked for so far and refused, in the order of the contract."""
        return {table: self._refused[table] for table in CONTRACT if table in self._refused}

    @cached_property
    def observed_through(self) -> date:
        """The last day that the exports cover: declared, else the latest date of all tables that is not to come."""
        return self.file.observed_through or _latest_day(self)

    @cached_property
    def as_of(self) -> date:
        """The last day that counts, included: what was asked for, but never after the exports end."""
        through = self.observed_through
        last = min(date.fromisoformat(self._asked), through) if self._asked else through
        self._report_inputs(last)
        return last

    def write(self, name: str, frame: pd.DataFrame) -> Path:
        """Write a frame as CSV (UTF-8 with BOM) into the run's folder; cells that a spreadsheet would run are defused.

        Texts are in quotes, so that a line break inside one can never begin a new row.
        """
        path = _output() / name
        safe = frame.map(defused).rename(columns=defused)
        safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        return path

    @cached_property
    def key(self) -> bytes:
        """What pseudonyms and hold-outs are drawn with; made at the first use. It never leaves the client's folder."""
        return read_key(self.folder)

    def pseudonym(self, customer_id: str) -> str:
        """What a report calls a customer: the same in every report on this client."""
        return pseudonym(self.key, customer_id)

    @cached_property
    def assignments(self) -> pd.DataFrame:
        """Who was to be contacted and who was left alone, in all lists so far."""
        return load_assignments(self.folder)

    @property
    def looks_back(self) -> bool:
        """Whether the exports go on well past `as_of`: many a customer of that day may have left since."""
        return (self.observed_through - self.as_of).days > _STALE_DAYS

    def write_actions(self, experiment: str, frame: pd.DataFrame, *, horizon_days: int) -> list[Path]:
        """Write whom to contact as `actions.csv` and `actions.xlsx`, and who was held out for the later judgement.

        `frame` has a row for each customer selected, the first one first: customer_id, variant, stratum, seed, and
        what people are to see. Nothing is written where the report looks back: nobody can be called in the past.
        The assignments come to lie in the client's folder when a run has made its report; where a notebook is run
        by hand, they stay beside the list.
        """
        if self.looks_back:
            return []
        told = frame[frame.variant == CONTACT].drop(columns=["variant", "stratum", "seed"])
        told.insert(0, "rank", range(1, len(told) + 1))
        told.insert(2, "pseudonym", [self.pseudonym(customer) for customer in told.customer_id])
        book = _output() / "actions.xlsx"
        write_workbook(book, told, horizon_days=horizon_days, as_of=self.as_of, text=self.text)
        assigned = write_assignments(_output(), experiment, frame, self.as_of)
        return [self.write("actions.csv", told), book, assigned]

    def _loading(self, table: str) -> Loading:
        if table not in self.file.tables:
            where = str(self.folder / "client.yml")
            raise DataError(Fault(where=where, found=f"it has no table {table}", remedy=f"add tables.{table}"))
        spec = self.file.tables[table]
        return Loading(
            engine=self._engine,
            folder=self.folder,
            table=table,
            spec=spec if table != "assignments" else with_outcomes(spec, self.file.experiments),
            timezone=self.file.timezone,
            max_rejected=self.file.max_rejected,
            # Where they are known already, ids can be held against them; only some tables must wait for them.
            known_customers=self._loaded["customers"].rows if "customers" in self._loaded else None,
            observed_through=self.file.observed_through,
            currency=self.file.currency,
        )

    def _load(self, job: Loading) -> LoadedTable:
        """Load a table once; one that was refused is refused again without being read again."""
        if job.table in self._refused:
            raise self._refused[job.table]
        try:
            found = load_table(job)
            if job.table == "assignments":
                refuse_unreadable(found.rows, found.source, self.file.experiments)
            self._loaded[job.table] = found
        except RetentionLabError as error:
            self._refused[job.table] = error
            raise
        # Where the last day is not known yet, finding it could load tables while this one is being loaded.
        self._report_inputs(self.__dict__.get("as_of"))
        return self._loaded[job.table]

    def _report_inputs(self, as_of: date | None) -> None:
        """Tell a runner what was read; a researcher's own notebook leaves no such file."""
        if OUTPUT in os.environ:
            facts = {"as_of": as_of.isoformat() if as_of else "", "tables": [_facts(loaded) for loaded in self.inputs]}
            (Path(os.environ[OUTPUT]) / "inputs.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


def open_client(client: str, as_of: str = "", language: str = "") -> Client:
    """Open a client of the workspace by the name of its folder.

    `as_of` is an ISO day or "" for the last day that the exports cover; `language` is that of the report or "" for the
    client's own. Raises DataError or ParameterError, each with every fault that was found.
    """
    try:
        folder = find_workspace().client_folder(client)
    except DataError as error:
        faults = _request_faults(as_of, language)
        if not faults:
            raise
        raise ParameterError([*error.faults, *faults]) from error
    return Client(folder, as_of=as_of, language=language)


def _output() -> Path:
    return Path(os.environ.get(OUTPUT, "."))


def _request_faults(as_of: str, language: str) -> list[Fault]:
    faults = []
    if as_of and not _is_day(as_of):
        allowed = "a day such as 2026-10-31, or an empty text"
        faults.append(Fault(where="as_of", found=repr(as_of), allowed=allowed))
    if language and language not in LANGUAGES:
        allowed = f"{', '.join(LANGUAGES)}, or an empty text"
        faults.append(Fault(where="language", found=repr(language), allowed=allowed))
    return faults


def _is_day(text: str) -> bool:
    # Python reads 20261031 and 2026-W44-6 as days too, which do not sort as text.
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False


def _latest_day(client: Client) -> date:
    """The latest date of all tables that is not in the future, by the client's clock."""
    today = _today(client.file.timezone)
    days: list[date | None] = []
    faults: list[Fault] = []
    for table in client.file.tables:
        try:
            rows = client.loaded(table).rows
        except RetentionLabError as error:
            faults += error.faults
            continue
        names = [column.name for column in CONTRACT[table] if column.kind in ("day", "moment")]
        columns = [rows[name].cast("date") for name in names if name in client.file.tables[table].mapped]
        days += [column.max(where=column <= today).to_pyarrow().as_py() for column in columns]
    if faults:
        # The same refusal of the customers comes from every table that refers to them.
        raise DataError(dict.fromkeys(faults))
    known = [day for day in days if day is not None]
    if not known:
        where = str(client.folder / "client.yml")
        found = "observed_through is missing, and no table has a date to take it from"
        allowed, remedy = "the last day that the exports cover", "write, for example, observed_through: 2026-10-31"
        raise DataError(Fault(where=where, found=found, allowed=allowed, remedy=remedy))
    return max(known)


def _today(timezone: str) -> date:
    return datetime.now(ZoneInfo(timezone)).date()


def _facts(loaded: LoadedTable) -> dict[str, object]:
    rejected = {rejection.reason: rejection.n_rows for rejection in loaded.rejections}
    return {
        "table": loaded.table,
        "source": loaded.source,
        "rows": loaded.n_read,
        "kept": loaded.n_kept,
        "rejected": rejected,
    }


_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(cell: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUN) else cell
