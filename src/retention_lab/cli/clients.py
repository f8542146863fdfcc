"""The verbs that look at a client's data or make one up: check, demo."""

from typing import TYPE_CHECKING, Annotated

import typer

from retention_lab.cli.words import echo, either, near
from retention_lab.errors import DataError, Fault, ParameterError

if TYPE_CHECKING:
    from retention_lab.analysis.quality.study import QualityStudy
    from retention_lab.tables.client import Client
    from retention_lab.tables.loading import LoadedTable
    from retention_lab.tables.workspace import Workspace
    from retention_lab.text import Text


def check(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client: the name of a folder in data/.")],
    html: Annotated[
        bool, typer.Option("--html", help="Make the report data-quality as well: the list of what to mend.")
    ] = False,
) -> None:
    """Load all tables of a client: what was kept, what was set aside and why, what that does, and what can be asked.

    Ends with 2 where a table is refused, or the schedule cannot be kept; rows that are set aside are counted and told.

    \b
    Examples:
      retention-lab check demo
      retention-lab check demo --html
    """
    from retention_lab.analysis.quality.study import study_quality
    from retention_lab.runner.schedule.entries import check_schedule
    from retention_lab.tables.client import Client
    from retention_lab.tables.workspace import find_workspace

    workspace = find_workspace()
    opened = Client(workspace.client_folder(client))
    study = study_quality(opened)
    echo(line for table in opened.inputs for line in _table_lines(table))
    echo(_meaning_lines(study, opened.text))
    if html:
        _make_report(workspace, client)
    faults = list(dict.fromkeys(fault for error in opened.refusals.values() for fault in error.faults))
    faults += _without_last_day(opened, study) + check_schedule(workspace, client)
    if faults:
        raise DataError(faults)
    echo([] if html else [f"Next: retention-lab run {client}"])


def demo(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the new client is to be called: a folder in data/.")
    ],
    customers: Annotated[int, typer.Option(min=1, metavar="N", help="How many customers it has.")] = 20_000,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed makes the same client.")] = 1,
) -> None:
    """Make up a client to try things on.

    \b
    Example:
      retention-lab demo acme --customers 5000
    """
    from retention_lab.tables.workspace import find_workspace, is_client_name

    if not is_client_name(name):
        fault = Fault(where="client", found=f"{name!r} cannot be a client's name", allowed="letters, digits, - and _")
        raise ParameterError(fault)
    from retention_lab.demo.generator import generate_demo

    folder = find_workspace().data / name
    generate_demo(folder, customers=customers, seed=seed)
    echo([f"{near(folder)}: {customers:,} customers", f"Next: retention-lab run {name}"])


def _table_lines(table: "LoadedTable") -> list[str]:
    lines = [f"{table.table} ({table.source}): {table.n_kept:,} of {table.n_read:,} rows kept"]
    for rejection in table.rejections:
        column = f"column {rejection.column!r}, " if rejection.column else ""
        row = f"row {rejection.first_row}" + (f" of {rejection.first_file}" if rejection.first_file else "")
        lines += [
            f"  {rejection.n_rows:,} set aside: {rejection.reason} ({column}first in {row}: {rejection.example})",
            *([f"      Allowed: {rejection.allowed}"] if rejection.allowed else []),
            f"      Next: {rejection.remedy}",
        ]
    for remark in table.remarks:
        column = f"column {remark.column!r}: " if remark.column else ""
        row = f": {remark.n_rows:,} rows, first in row {remark.first_row}" if remark.first_row else ""
        row += f" of {remark.first_file}" if remark.first_file else ""
        lines += [f"  to know: {column}{remark.found}{row}", f"      Next: {remark.remedy}"]
    return lines + [f"  {note}" for note in table.notes]


def _meaning_lines(study: "QualityStudy", text: "Text") -> list[str]:
    """What the faults do to the numbers, and what can be asked of these data."""
    from retention_lab.findings.quality.words import consequences

    lines = []
    for one in consequences(study, text):
        rows = f", {one.n_rows:,} rows" if one.n_rows else ""
        who = f" ({', '.join(one.playbooks)})" if one.playbooks else " (no playbook looks there)"
        lines.append(f"  {one.table}{rows}: {one.said}{who}")
    known = [(name, "can run") for name in study.able]
    known += [(name, f"cannot run: it needs {either(missing)}") for name, missing in study.lacking.items()]
    width = max((len(name) for name, _ in known), default=0)
    asked = [f"  {name:<{width}}  {said}" for name, said in known]
    return [*(["", "What the faults do to the numbers:", *lines] if lines else []), "", "Playbooks:", *asked]


def _without_last_day(client: "Client", study: "QualityStudy") -> list[Fault]:
    """Nothing can be counted up to a day that nobody knows; where a table is refused, that comes first."""
    if study.through or client.refusals:
        return []
    found = next(issue for issue in study.issues if issue.kind == "observed_through")
    return [Fault(where=str(client.folder / "client.yml"), found=found.found, remedy=found.remedy)]


def _make_report(workspace: "Workspace", client: str) -> None:
    """The report for the client; where its tables are refused, it says so, and why."""
    from retention_lab.cli.run import make, tell_results
    from retention_lab.runner.plan import plan_runs

    plan = plan_runs(workspace, client, playbooks=["data-quality"])
    tell_results(make(plan.runs, workspace))
