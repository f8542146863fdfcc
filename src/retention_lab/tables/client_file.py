"""client.yml: what a client's tables are called, and how they are to be read.

The model is strict. An unknown key is an error that names the nearest known one, and all faults are reported at once.
Nothing here opens a table, and nothing heavy is imported: a typing mistake must be answered at once.
"""

import difflib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from retention_lab.errors import DataError, Fault
from retention_lab.tables.client_faults import file_faults, fit_to_show, tables_of, type_faults
from retention_lab.tables.client_rules import churn_faults, is_by_inactivity, join_faults, table_faults
from retention_lab.tables.experiment_file import Experiment
from retention_lab.tables.experiment_rules import experiment_faults, outcome_columns
from retention_lab.tables.feedback_file import Feedback
from retention_lab.tables.schedule_file import Schedule
from retention_lab.tables.workspace import list_names
from retention_lab.tables.yaml_file import as_day, read_yaml

Unit = Literal["days", "weeks", "months", "years"]
MOST_DAYS = 3650
# What is known of every customer where churn is by inactivity: read off the purchases.
_DERIVED = {"customer_id", "started_on", "ended_on", "monthly_value"}


@cache
def _timezones() -> frozenset[str]:
    """Listed once: the list is read off hundreds of files."""
    return frozenset(available_timezones())


def _known_timezone(name: str) -> str:
    if name not in _timezones():
        near = difflib.get_close_matches(name, sorted(_timezones()), n=1)
        raise ValueError("a time zone such as Europe/Rome" + (f"; did you mean {near[0]}?" if near else ""))
    return name


def _as_mapping(value: object) -> object:
    """`contract: Contract` is short for `contract: {column: Contract}`."""
    return {"column": value} if isinstance(value, str) else value


def _with_text_keys(codes: object) -> object:
    return {str(code).strip(): meaning for code, meaning in codes.items()} if isinstance(codes, dict) else codes


def _as_rule(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value == "auto" or (whole and 1 <= value <= MOST_DAYS):  # type: ignore[operator]
        return value
    raise ValueError(f"auto, or a whole number of days from 1 to {MOST_DAYS}")


class _Strict(BaseModel):
    # Strict: `max_rejected: yes` must not become 1.0.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Churn(_Strict):
    """What counts as leaving: the end of a contract, or a silence longer than `inactive_days` after a purchase.

    `auto`: the number of days is found from the client's own purchases.
    """

    kind: Literal["contract", "inactivity"] = "contract"
    inactive_days: Annotated[Literal["auto"] | int, BeforeValidator(_as_rule)] = "auto"


class Money(_Strict):
    """What a customer's `monthly_value` is, and what it costs to act on it. Amounts are in the client's currency."""

    monthly_value_is: Literal["revenue", "margin"] = "revenue"
    margin_rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    contact_cost: Annotated[float, Field(ge=0)] = 0.0
    save_rate: Annotated[float, Field(ge=0, le=1)] = 0.1


class ReadOptions(_Strict):
    """How a file is written. What is left out is found out from the file.

    `header_row`: the row with the column names, as a spreadsheet counts; 0 where there is none, and the columns are
    then `column 1`, `column 2` and so on. `sheet`: of a workbook, the first one where none is named. `dates`: the order
    of day and month, or that times are counted in seconds or milliseconds since 1970. `quotes`: none where a quotation
    mark is a letter like any other, double where it encloses values.
    """

    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n]$')] | None = None
    encoding: str | None = None
    quotes: Literal["double", "none"] | None = None
    header_row: Annotated[int, Field(ge=0)] | None = None
    sheet: str | None = None
    decimal: Literal[".", ","] = "."
    dates: Literal["ymd", "dmy", "mdy", "seconds", "milliseconds"] | None = None
    missing: list[str] = []


class Covariate(_Strict):
    """A column that may explain who leaves; `since` is the column with the day from which it holds."""

    column: str
    since: str | None = None


class KeyedDuplicates(_Strict):
    """Keep one row for each value of `key`."""

    key: Annotated[list[str], Field(min_length=1)]
    keep: Literal["first", "last"]


class Database(_Strict):
    """A table of a database that Ibis reaches. `url` only ever names a variable: a password stands in no file."""

    url: Annotated[str, Field(pattern=r"^env:[A-Za-z_][A-Za-z0-9_]*$")]
    table: Annotated[str, Field(min_length=1)]

    def __str__(self) -> str:
        return f"{self.url} {self.table}"


class TableFile(_Strict):
    """One canonical table: where it lies, and which of its columns are which.

    `multiply`: a number that the file has only in parts, such as `amount: [Quantity, UnitPrice]`.
    """

    source: str | Database
    read: ReadOptions = ReadOptions()
    columns: dict[str, str]
    multiply: dict[str, Annotated[list[str], Field(min_length=2)]] = {}
    values: dict[str, dict[str, str | bool]] = {}
    unit: Unit = "days"
    entry: Literal["none", "unknown"] = "unknown"
    covariates: dict[str, Annotated[Covariate, BeforeValidator(_as_mapping)]] = {}
    constants: dict[str, str | float | bool | date] = {}
    duplicates: Literal["keep", "drop_exact"] | KeyedDuplicates = "keep"

    @field_validator("values", mode="before")
    @classmethod
    def _codes_are_text(cls, values: Any) -> Any:
        """YAML reads an unquoted Yes or No as a flag and 1 as a number; in an export all codes are text."""
        if not isinstance(values, dict):
            return values
        for column, codes in values.items():
            if isinstance(codes, dict) and any(isinstance(code, bool) for code in codes):
                raise ValueError(f"codes in quotes for {column}: without them YAML reads Yes and No as true and false")
        return {column: _with_text_keys(codes) for column, codes in values.items()}

    @property
    def mapped(self) -> set[str]:
        """The canonical columns that this table has, from its file or as constants."""
        return {*self.columns, *self.multiply, *self.constants}

    @property
    def has_dates(self) -> bool:
        """Whether customers come with the days on which they started and ended; these then count, not a tenure."""
        return {"started_on", "ended_on"} <= self.mapped

    @property
    def has_entry(self) -> bool:
        """Whether the table says from when on each customer was observed."""
        return bool({"observed_from", "entry_tenure"} & self.mapped)

    def available(self) -> set[str]:
        """The canonical columns and covariates that this table has."""
        return {*self.mapped, *self.covariates}


class ClientFile(_Strict):
    """The whole of client.yml."""

    name: str
    language: Literal["en", "it", "es", "fr", "sl"] = "en"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "UTC"
    observed_through: Annotated[date | None, BeforeValidator(as_day)] = None
    churn: Churn = Churn()
    money: Money = Money()
    feedback: Feedback = Feedback()
    max_rejected: Annotated[float, Field(ge=0, le=1)] = 0.05
    min_group: Annotated[int, Field(ge=1)] = 10
    schedule: Schedule = []
    tables: Annotated[
        dict[
            Literal[
                "customers", "transactions", "feedback", "assignments", "tickets", "contacts", "loyalty", "referrals"
            ],
            TableFile,
        ],
        Field(min_length=1),
    ]
    experiments: dict[str, Experiment] = {}
    main_experiment: str = ""

    def missing(self, needs: dict[str, list[str]]) -> list[str]:
        """What a playbook needs and this client lacks: `table loyalty`, `customers.plan`; `a|b` means either."""
        absent = []
        for table, columns in needs.items():
            have = set().union(*map(self._available, table.split("|")))
            if not have:
                absent.append(f"table {table.replace('|', ' or ')}")
                continue
            absent += [f"{table}.{column}" for column in columns if not have & set(column.split("|"))]
        return absent

    def _available(self, table: str) -> set[str]:
        """The columns that a table has, or that stand in for it; none without the table."""
        derived = table == "customers" and self.churn.kind == "inactivity" and "transactions" in self.tables
        own = next((spec.available() for name, spec in self.tables.items() if name == table), set())
        own |= {"customer_id"} if own and table == "customers" else set()
        return own | _DERIVED if derived else own


def load_client_file(folder: Path) -> ClientFile:
    """Read and check `client.yml` in a client's folder.

    Raises DataError with every fault that was found. A file that is missing is told beside the others; alone, it is
    a fault of its table, which is then refused while the rest of the client can be used.
    """
    path = folder / "client.yml"
    raw = read_yaml(path)
    faults = _rule_faults(path, raw)
    try:
        client = ClientFile.model_validate(raw)
    except ValidationError as error:
        told = {fault.where for fault in faults}
        types = type_faults(path, error, ClientFile)
        # A constant that is neither text nor number is told once for each, and better by its column's own rule.
        faults = [fault for fault in types if fault.where not in told] + faults
        raise DataError(fit_to_show([*faults, *file_faults(path, raw)])) from error
    if faults:
        raise DataError(fit_to_show([*faults, *file_faults(path, raw)]))
    return client


def _rule_faults(path: Path, raw: dict[Any, Any]) -> list[Fault]:
    faults = (
        churn_faults(str(path), raw)
        + join_faults(str(path), raw)
        + experiment_faults(str(path), raw, list_names(path.parent))
    )
    added = {"assignments": outcome_columns(raw)}
    return faults + [
        fault
        for name, spec in tables_of(raw).items()
        for fault in table_faults(
            f"{path}, tables.{name}", name, spec, by_inactivity=is_by_inactivity(raw), outcomes=added.get(name, ())
        )
    ]
