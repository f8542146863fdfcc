"""The verbs that look at a client's data or make one up: check, demo."""

from typing import TYPE_CHECKING, Annotated

import typer

from retention_lab.cli.words import echo, near
from retention_lab.errors import DataError, Fault, ParameterError

if TYPE_CHECKING:
    from retention_lab.tables.loading import LoadedTable


def check(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client: the name of a folder in data/.")],
) -> None:
    """Load all tables of a client, and say what was kept, what was set aside and why; hold its schedule to what can be.

    \b
    Example:
      retention-lab check demo
    """
    from retention_lab.runner.schedule.entries import check_schedule
    from retention_lab.tables.client import check_client
    from retention_lab.tables.workspace import find_workspace

    workspace = find_workspace()
    loaded, errors = check_client(workspace.client_folder(client))
    echo(line for table in loaded for line in _table_lines(table))
    faults = [fault for error in errors for fault in error.faults] + check_schedule(workspace, client)
    if faults:
        raise DataError(faults)


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
        where = f"{column}first in row {rejection.first_row}: {rejection.example}"
        lines += [f"  {rejection.n_rows:,} set aside: {rejection.reason} ({where})", f"      Next: {rejection.remedy}"]
    return lines + [f"  {note}" for note in table.notes]
