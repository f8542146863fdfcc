"""A client, opened: its file, its checked tables, the last day that counts, and where its results are written."""

import json
import os
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from retention_lab.errors import DataError, Fault, ParameterError, RetentionLabError
from retention_lab.tables.client_file import ClientFile, load_client_file
from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.loading import LoadedTable, Loading, load_table
from retention_lab.tables.workspace import find_workspace
from retention_lab.text import Text

OUTPUT = "RETENTION_LAB_OUTPUT"


class Client:
    """One client of a workspace, as playbooks see it. Tables are loaded and checked when they are first asked for."""

    def __init__(self, folder: Path, *, as_of: str = "", language: str = "") -> None:
        self.folder = folder
        self.file: ClientFile = load_client_file(folder)
        self.text = Text(language or self.file.language, self.file.currency)
        self._engine = _engine()
        self._loaded: dict[str, LoadedTable] = {}
        self._asked = as_of

    @property
    def name(self) -> str:
        """The client's name as client.yml writes it."""
        return self.file.name

    def loaded(self, table: str) -> LoadedTable:
        """A table with what was found in it; loaded and checked at the first call."""
        if table not in self._loaded:
            self._loaded[table] = load_table(self._loading(table))
            self._report_inputs()
        return self._loaded[table]

    def table(self, table: str) -> ir.Table:
        """The rows of a table that are kept, in canonical columns."""
        return self.loaded(table).rows

    @property
    def inputs(self) -> list[LoadedTable]:
        """The tables that were loaded so far, in the order of the contract."""
        return [self._loaded[table] for table in CONTRACT if table in self._loaded]

    @property
    def observed_through(self) -> date:
        """The last day that the exports cover: declared, else the latest date in the tables that is not in the future."""
        return self.file.observed_through or _latest_day(self)

    @property
    def as_of(self) -> date:
        """The last day that counts, included: what was asked for, but never after the exports end."""
        return min(date.fromisoformat(self._asked), self.observed_through) if self._asked else self.observed_through

    def write(self, name: str, frame: pd.DataFrame) -> Path:
        """Write a frame as CSV (UTF-8 with BOM) into the run's folder; cells that a spreadsheet would run are defused."""
        path = Path(os.environ.get(OUTPUT, ".")) / name
        frame.map(_defused).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")
        return path

    def _loading(self, table: str) -> Loading:
        if table not in self.file.tables:
            where = str(self.folder / "client.yml")
            raise DataError(Fault(where=where, found=f"it has no table {table}", remedy=f"add tables.{table}"))
        refers = table != "customers" and "customers" in self.file.tables
        return Loading(
            engine=self._engine,
            folder=self.folder,
            table=table,
            spec=self.file.tables[table],
            max_rejected=self.file.max_rejected,
            known_customers=self.table("customers") if refers else None,
        )

    def _report_inputs(self) -> None:
        """Tell a runner what was read; a researcher's own notebook leaves no such file."""
        if OUTPUT in os.environ:
            facts = [_facts(loaded) for loaded in self.inputs]
            (Path(os.environ[OUTPUT]) / "inputs.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


def open_client(client: str, as_of: str = "", language: str = "") -> Client:
    """Open a client of the workspace by the name of its folder.

    `as_of` is an ISO day or "" for the last day that the exports cover; `language` is that of the report or "" for the
    client's own. Raises DataError or ParameterError, each with every fault that was found.
    """
    if as_of:
        try:
            date.fromisoformat(as_of)
        except ValueError as error:
            fault = Fault(where="as_of", found=repr(as_of), allowed="a day such as 2026-10-31, or an empty text")
            raise ParameterError(fault) from error
    return Client(find_workspace().client_folder(client), as_of=as_of, language=language)


def check_client(folder: Path) -> tuple[list[LoadedTable], list[RetentionLabError]]:
    """Load every table of a client: those that could be read, and the errors of those that could not."""
    client = Client(folder)
    errors: list[RetentionLabError] = []
    for table in (name for name in CONTRACT if name in client.file.tables):
        try:
            client.loaded(table)
        except RetentionLabError as error:
            errors += [error] if error.faults not in [known.faults for known in errors] else []
    return client.inputs, errors


def _engine() -> Backend:
    """DuckDB on one thread, so that sums are the same to the last bit; it never asks the network for an extension."""
    engine = ibis.duckdb.connect(threads=1)
    engine.raw_sql("SET autoinstall_known_extensions=false")
    return engine


def _latest_day(client: Client) -> date:
    days = [
        client.table(table)[column.name].cast("date")
        for table in client.file.tables
        for column in CONTRACT[table]
        if column.kind in ("day", "moment") and column.name in client.file.tables[table].columns
    ]
    today = date.today()
    latest = [day for column in days if (day := column.max(where=column <= today).to_pyarrow().as_py()) is not None]
    if not latest:
        where = str(client.folder / "client.yml")
        found = "observed_through is missing, and no table has a date to take it from"
        raise DataError(Fault(where=where, found=found, allowed="the last day that the exports cover, as 2026-10-31"))
    return max(latest)


def _facts(loaded: LoadedTable) -> dict[str, object]:
    rejected = {rejection.reason: rejection.n_rows for rejection in loaded.rejections}
    return {
        "table": loaded.table,
        "source": loaded.source,
        "rows": loaded.n_read,
        "kept": loaded.n_kept,
        "rejected": rejected,
    }


def _defused(cell: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
