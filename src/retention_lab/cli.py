"""The command line: thin verbs over the runner.

Exit codes: 0 done; 1 a run failed; 2 the request or the data is wrong, and the message says what to do next.
Nothing heavy is imported before a verb needs it, so that --help and a typing mistake are answered at once.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from retention_lab.errors import DataError, Fault, ParameterError, RetentionLabError

if TYPE_CHECKING:
    from retention_lab.runner.catalogue import Playbook
    from retention_lab.runner.outcome import RunResult
    from retention_lab.runner.plan import Plan
    from retention_lab.tables.loading import LoadedTable

_RUN_FAILED, _WRONG, _INTERRUPTED = 1, 2, 130


class _Verbs(TyperGroup):
    """What a person can put right ends in a message, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RetentionLabError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(_WRONG) from error
        except OSError as error:
            # A closed pipe has no file, and is not for us: typer ends quietly then.
            if error.filename is None:
                raise
            typer.echo(f"{error.filename}: {error.strerror}", err=True)
            raise typer.Exit(_WRONG) from error
        except KeyboardInterrupt as error:
            typer.echo("Stopped. Reports that were finished before are kept.", err=True)
            raise typer.Exit(_INTERRUPTED) from error


app = typer.Typer(
    cls=_Verbs, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"retention-lab {version('retention-lab')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Playbooks that tell a company who leaves, when and why: notebooks in, HTML reports out.

    \b
    Example:
      retention-lab run demo
    """


@app.command()
def run(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client: the name of a folder in data/.")],
    playbook: Annotated[
        list[str] | None,
        typer.Option(
            "--playbook", metavar="NAME", help="A playbook to run; may be repeated. All that can, if left out."
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME=VALUE", help="A parameter of the playbooks; may be repeated."),
    ] = None,
    as_of: Annotated[
        str,
        typer.Option(
            metavar="DATE", help="The last day that counts, as 2026-10-31. The last in the data, if left out."
        ),
    ] = "",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many reports at once. One for each processor, if left out."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make reports again that are up to date.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be run.")] = False,
) -> None:
    """Make a client's reports.

    \b
    Examples:
      retention-lab run demo
      retention-lab run demo --playbook churn-survival -p horizon_days=90 --as-of 2026-10-31
    """
    from retention_lab.runner.plan import plan_runs
    from retention_lab.tables.workspace import find_workspace

    started = time.monotonic()
    plan = plan_runs(
        find_workspace(),
        client,
        playbooks=playbook or (),
        texts=_assignments(parameter or []),
        as_of=as_of,
        force=force,
    )
    _echo(_plan_lines(client, plan))
    if not plan.runs:
        raise typer.Exit(_WRONG)
    if dry_run:
        return

    from retention_lab.runner.batch import run_batch
    from retention_lab.runner.progress import progress_display

    with progress_display() as show:
        results = run_batch(plan.runs, jobs=jobs, on_progress=show)
    _echo(line for result in results if result.status != "failed" for line in _report_lines(result))
    _echo((line for result in results if result.status == "failed" for line in _failure_lines(result)), err=True)
    _echo(["", _summary(results, len(plan.skipped), time.monotonic() - started)])
    raise typer.Exit(_exit_code(results))


@app.command()
def playbooks() -> None:
    """List the playbooks and the question that each answers.

    \b
    Example:
      retention-lab playbooks
    """
    found = _find()
    width = max((len(playbook.name) for playbook in found), default=0)
    _echo(f"{playbook.name:<{width}}  {playbook.title}" for playbook in found)


@app.command()
def describe(playbook: Annotated[str, typer.Argument(metavar="PLAYBOOK", help="The name of a playbook.")]) -> None:
    """Say what a playbook asks, which parameters and tables it takes, and what it gives.

    \b
    Example:
      retention-lab describe churn-survival
    """
    _echo(_describe_lines(_find([playbook])[0]))


@app.command()
def check(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client: the name of a folder in data/.")],
) -> None:
    """Load all tables of a client, and say what was kept, what was set aside and why.

    \b
    Example:
      retention-lab check demo
    """
    from retention_lab.tables.client import check_client
    from retention_lab.tables.workspace import find_workspace

    loaded, errors = check_client(find_workspace().client_folder(client))
    _echo(line for table in loaded for line in _table_lines(table))
    if errors:
        raise DataError(fault for error in errors for fault in error.faults)


@app.command()
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
    _echo([f"{_near(folder)}: {customers:,} customers", f"Next: retention-lab run {name}"])


def _find(names: list[str] | None = None) -> list["Playbook"]:
    from retention_lab.runner.catalogue import find_playbooks
    from retention_lab.tables.workspace import find_workspace

    return find_playbooks(find_workspace(), names)


def _assignments(given: list[str]) -> dict[str, str]:
    """`name=value` texts as a mapping; what is not one, or is given twice, is told together."""
    pairs = [text.partition("=") for text in given]
    names = [name.strip() for name, _, _ in pairs]
    faults = [
        Fault(where=f"-p {text}", found="there is no =", allowed="name=value, as in -p horizon_days=90")
        for text, (_, equals, _) in zip(given, pairs, strict=True)
        if not equals
    ]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    faults += [Fault(where=f"parameter {name}", found="it is given twice", remedy="give it once") for name in twice]
    if faults:
        raise ParameterError(faults)
    return {name: value for name, (_, _, value) in zip(names, pairs, strict=True)}


def _plan_lines(client: str, plan: "Plan") -> list[str]:
    to_make = [planned.playbook.name for planned in plan.runs if not planned.current]
    current = [planned.playbook.name for planned in plan.runs if planned.current]
    lines = [f"{client}: {len(to_make)} to make" + (f": {', '.join(to_make)}" if to_make else "")]
    lines += [f"  up to date: {', '.join(current)}"] if current else []
    lines += [
        f"  {skipped.playbook} cannot run: client.yml has no {_either(skipped.missing)}" for skipped in plan.skipped
    ]
    return lines


def _report_lines(result: "RunResult") -> list[str]:
    headline = [f"  {result.headline}"] if result.headline else []
    return ["", result.run.playbook.title, *headline, f"  {_near(result.folder / 'report.html')}"]


def _failure_lines(result: "RunResult") -> list[str]:
    error = result.error
    if error is None:
        return []
    cell = f", cell {error.cell}" if error.cell else ""
    if error.kind == "data":
        lines = ["", f"{result.run.title}{cell}: the data or the request is wrong", error.message]
    else:
        lines = ["", f"{result.run.title}{cell}: the run failed", f"  {error.name}: {error.message}"]
    notebook = result.folder / "playbook.ipynb"
    return [*lines, f"  What there is of it: {_near(notebook if notebook.is_file() else result.folder)}"]


def _summary(results: list["RunResult"], skipped: int, seconds: float) -> str:
    counts = {"ok": "done", "current": "up to date", "failed": "failed"}
    parts = [(sum(result.status == status for result in results), word) for status, word in counts.items()]
    return ", ".join(f"{n} {word}" for n, word in [*parts, (skipped, "cannot run")] if n) + f"; {seconds:.1f} s"


def _exit_code(results: list["RunResult"]) -> int:
    kinds = {result.error.kind for result in results if result.error}
    return _RUN_FAILED if "crash" in kinds else _WRONG if kinds else 0


def _describe_lines(playbook: "Playbook") -> list[str]:
    lines = [playbook.title, "", "Parameters"]
    for parameter in playbook.parameters:
        lines += [f"  {parameter.name}: {parameter.type} = {parameter.default!r}", f"      {parameter.help}"]
    for title, tables in (("Needs", playbook.needs), ("Uses if there", playbook.uses)):
        lines += ["", title] if tables else []
        lines += [f"  {table}: {_either(columns)}" if columns else f"  {table}" for table, columns in tables.items()]
    lines += ["", "Findings", *(f"  {finding}" for finding in playbook.findings)] if playbook.findings else []
    written = ("report.html", "playbook.ipynb", "run.json", *playbook.files)
    return [*lines, "", "Writes", *(f"  {name}" for name in written)]


def _table_lines(table: "LoadedTable") -> list[str]:
    lines = [f"{table.table} ({table.source}): {table.n_kept:,} of {table.n_read:,} rows kept"]
    for rejection in table.rejections:
        column = f"column {rejection.column!r}, " if rejection.column else ""
        where = f"{column}first in row {rejection.first_row}: {rejection.example}"
        lines += [f"  {rejection.n_rows:,} set aside: {rejection.reason} ({where})", f"      Next: {rejection.remedy}"]
    return lines + [f"  {note}" for note in table.notes]


def _either(columns: Iterable[str]) -> str:
    """Columns in a sentence; `a|b` means that either will do."""
    return ", ".join(columns).replace("|", " or ")


def _near(path: Path) -> str:
    """A path as one would type it: from the working directory, where it lies below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _echo(lines: Iterable[str], *, err: bool = False) -> None:
    for line in lines:
        typer.echo(line, err=err)
