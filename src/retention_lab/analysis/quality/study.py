"""What a client's exports can carry: what was kept, what is wrong with them, and which question each fault touches.

Every row is looked at, so the counts are exact: they have no interval because nothing was sampled.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from retention_lab.analysis.quality.issues import LEVELS, Issue, Level, issues_of, refusal
from retention_lab.errors import RetentionLabError
from retention_lab.tables.client import Client
from retention_lab.tables.contract import CONTRACT
from retention_lab.tables.duplicates import DECLARED
from retention_lab.tables.loading import LoadedTable
from retention_lab.tables.needs import read_needs
from retention_lab.tables.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuality:
    """One table: its rows, those kept, those set aside for a fault, and the months that it covers.

    Rows that the client file itself says to drop are neither kept nor faulty.
    """

    table: str
    source: str
    n_read: int
    n_kept: int
    n_faulty: int
    is_refused: bool
    months: pd.DataFrame
    first_day: date | None
    last_day: date | None

    @property
    def usable(self) -> float:
        """The share of rows without a fault; NaN where there is no row."""
        n = self.n_kept + self.n_faulty
        return self.n_kept / n if n else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityStudy:
    """All tables of a client, what is to be mended in them (the worst first), and which playbooks can run.

    `lacking` names the playbooks that cannot, and the columns that would enable each; `through` is the last
    day that counts, None where nobody knows it.
    """

    tables: tuple[TableQuality, ...]
    issues: tuple[Issue, ...]
    able: tuple[str, ...]
    lacking: dict[str, tuple[str, ...]]
    through: date | None

    @property
    def n_kept(self) -> int:
        return sum(table.n_kept for table in self.tables)

    @property
    def n_faulty(self) -> int:
        return sum(table.n_faulty for table in self.tables)

    def of_level(self, *levels: Level) -> tuple[Issue, ...]:
        """The issues of some levels."""
        return tuple(issue for issue in self.issues if issue.level in levels)

    def to_frame(self) -> pd.DataFrame:
        """One row of text for each issue, the worst first: what the client is asked to mend."""
        rows = [
            {
                "table": issue.table,
                "file": issue.first_file or issue.source,
                "column": issue.column,
                "level": issue.level,
                "kind": issue.kind,
                "rows": str(issue.n_rows or ""),
                "first_row": str(issue.first_row or ""),
                "example": issue.example,
                "found": issue.found,
                "remedy": issue.remedy,
                "playbooks": ", ".join(issue.playbooks),
            }
            for issue in self.issues
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = (
    "table", "file", "column", "level", "kind", "rows", "first_row", "example", "found", "remedy", "playbooks",
)  # fmt: skip


def study_quality(client: Client) -> QualityStudy:
    """Load and check every table of a client. A table that is refused is an issue, never an error."""
    playbooks = read_needs(Workspace(client.folder.parents[1]))
    client.check()
    issues: list[Issue] = []
    for loaded in client.inputs:
        issues += issues_of(client, loaded, playbooks)
    for table, error in client.refusals.items():
        issues += [refusal(client, table, fault, playbooks) for fault in error.faults]
    refused = set(client.refusals)
    found = {loaded.table: _quality_of(loaded) for loaded in client.inputs}
    found |= {table: _refused(client, table) for table in refused}
    through, unknown = _through(client, refused)
    lacking = {playbook.name: tuple(playbook.missing(client.file, refused)) for playbook in playbooks}
    return QualityStudy(
        tables=tuple(found[table] for table in CONTRACT if table in found),
        issues=tuple(sorted([*issues, *unknown], key=_gravity)),
        able=tuple(name for name, missing in lacking.items() if not missing),
        lacking={name: missing for name, missing in lacking.items() if missing},
        through=through,
    )


def _gravity(issue: Issue) -> tuple[int, bool, float, str, str, str]:
    """The worst first; of equals, what some playbook looks at, and then what touches more rows."""
    share = issue.share if issue.share == issue.share else 1.0
    return LEVELS.index(issue.level), not issue.playbooks, -share, issue.table, issue.column, issue.kind


def _quality_of(loaded: LoadedTable) -> TableQuality:
    months = _months(loaded)
    faulty = sum(found.n_rows for found in loaded.rejections if found.reason not in DECLARED)
    return TableQuality(
        table=loaded.table,
        source=loaded.source,
        n_read=loaded.n_read,
        n_kept=loaded.n_kept,
        n_faulty=faulty,
        is_refused=False,
        months=months,
        first_day=months["first"].min() if len(months) else None,
        last_day=months["last"].max() if len(months) else None,
    )


def _refused(client: Client, table: str) -> TableQuality:
    return TableQuality(
        table=table,
        source=str(client.file.tables[table].source),  # type: ignore[index]
        n_read=0,
        n_kept=0,
        n_faulty=0,
        is_refused=True,
        months=_no_months(),
        first_day=None,
        last_day=None,
    )


def _no_months() -> pd.DataFrame:
    return pd.DataFrame({"month": [], "n_rows": [], "first": [], "last": []})


def _months(loaded: LoadedTable) -> pd.DataFrame:
    """The rows of each month: month (its first day), n_rows, and the first and last day seen, ordered by month."""
    name = _time_of(loaded)
    if not name:
        return _no_months()
    day = loaded.rows[name].cast("date")
    rows = loaded.rows.select(day=day).filter(day.notnull())
    counted = rows.group_by(month=rows.day.truncate("M")).aggregate(
        n_rows=rows.count(), first=rows.day.min(), last=rows.day.max()
    )
    found: pd.DataFrame = counted.order_by("month").to_pyarrow().to_pandas(date_as_object=True)
    return found


def _time_of(loaded: LoadedTable) -> str:
    """The column that places a row in time: the first day or moment of the contract that the table has."""
    times = (column.name for column in CONTRACT[loaded.table] if column.kind in ("day", "moment"))
    return next((name for name in times if name in loaded.rows.columns), "")


def _through(client: Client, refused: set[str]) -> tuple[date | None, list[Issue]]:
    try:
        return client.as_of, []
    except RetentionLabError as error:
        if refused:
            # Told already, by the table itself.
            return None, []
        return None, [
            Issue(
                table="",
                source="client.yml",
                level="stops",
                kind="observed_through",
                column="",
                n_rows=0,
                share=float("nan"),
                first_row=0,
                first_file="",
                example="",
                found=fault.found,
                remedy=fault.remedy,
                playbooks=(),
            )
            for fault in error.faults
        ]
