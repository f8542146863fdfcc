"""The verb that makes reports: run."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from retention_lab.cli.words import echo, either, near
from retention_lab.errors import Fault, ParameterError

if TYPE_CHECKING:
    from retention_lab.runner.outcome import RunResult
    from retention_lab.runner.plan import Plan

_RUN_FAILED, _WRONG = 1, 2


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
    echo(_plan_lines(client, plan))
    if not plan.runs:
        raise typer.Exit(_WRONG)
    if dry_run:
        return

    from retention_lab.runner.batch import run_batch
    from retention_lab.runner.progress import progress_display

    with progress_display() as show:
        results = run_batch(plan.runs, jobs=jobs, on_progress=show)
    echo(line for result in results if result.status != "failed" for line in _report_lines(result))
    echo((line for result in results if result.status == "failed" for line in _failure_lines(result)), err=True)
    echo(["", _summary(results, len(plan.skipped), time.monotonic() - started)])
    raise typer.Exit(_exit_code(results))


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
        f"  {skipped.playbook} cannot run: client.yml has no {either(skipped.missing)}" for skipped in plan.skipped
    ]
    return lines


def _report_lines(result: "RunResult") -> list[str]:
    headline = [f"  {result.headline}"] if result.headline else []
    return ["", result.run.playbook.title, *headline, f"  {near(result.folder / 'report.html')}"]


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
    return [*lines, f"  What there is of it: {near(notebook if notebook.is_file() else result.folder)}"]


def _summary(results: list["RunResult"], skipped: int, seconds: float) -> str:
    counts = {"ok": "done", "current": "up to date", "failed": "failed"}
    parts = [(sum(result.status == status for result in results), word) for status, word in counts.items()]
    return ", ".join(f"{n} {word}" for n, word in [*parts, (skipped, "cannot run")] if n) + f"; {seconds:.1f} s"


def _exit_code(results: list["RunResult"]) -> int:
    kinds = {result.error.kind for result in results if result.error}
    return _RUN_FAILED if "crash" in kinds else _WRONG if kinds else 0
