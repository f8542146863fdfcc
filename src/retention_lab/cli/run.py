"""The verb that makes reports: run."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retention_lab.cli.words import echo, either, near
from retention_lab.errors import Fault, ParameterError, RetentionLabError

if TYPE_CHECKING:
    from retention_lab.runner.limits import Limits
    from retention_lab.runner.outcome import RunResult
    from retention_lab.runner.plan import BatchPlan, PlannedRun, Skipped
    from retention_lab.tables.workspace import Workspace

_RUN_FAILED, _WRONG = 1, 2
# Beyond this, headlines are for the reports: the log has a line for each run.
_FEW = 10


def run(
    clients: Annotated[
        list[str] | None, typer.Argument(metavar="CLIENT", help="The clients: names of folders in data/.")
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All clients of this workspace.")] = False,
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
        typer.Option(
            min=1,
            metavar="N",
            help="How many reports at once. As many as processors and memory allow, if left out.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force/--resume",
            help="Make all reports again, or only those that are not there or out of date, which is the default.",
            show_default=False,
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be run.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Begin nothing more once a run has failed.")] = False,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Only the I-th of N parts of the work, for one of N machines, as 1/4.")
    ] = "",
    engine: Annotated[
        Literal["warm", "plain"],
        typer.Option(help="warm: fork kernels from one that has imported everything. plain: start each anew."),
    ] = "warm",
    dask: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Run on this Dask cluster, as tcp://10.0.0.1:8786.")
    ] = "",
    run_seconds: Annotated[int, typer.Option(min=1, help="How long a report may take.")] = 600,
    cell_seconds: Annotated[int, typer.Option(min=1, help="How long a cell may take.")] = 300,
    memory_gib: Annotated[float, typer.Option(min=0.1, help="How much memory a kernel may take, in GiB.")] = 2,
) -> None:
    """Make the reports of one client, of several or of all.

    \b
    Examples:
      retention-lab run demo
      retention-lab run demo --playbook churn-survival -p horizon_days=90 --as-of 2026-10-31
      retention-lab run --all --jobs 4
    """
    from retention_lab.runner.limits import Limits
    from retention_lab.tables.workspace import find_workspace

    started = time.monotonic()
    workspace = find_workspace()
    names = _names(clients or [], workspace.client_names() if everyone else None)
    plan = _plan(workspace, names, playbook or [], _assignments(parameter or []), as_of, force, shard)
    echo(_plan_lines(names, plan))
    echo((line for client, error in plan.broken.items() for line in _broken_lines(client, error)), err=True)
    if dry_run or not plan.runs:
        raise typer.Exit(_WRONG if plan.broken or not (plan.runs or shard) else 0)
    limits = Limits(run_seconds=run_seconds, cell_seconds=cell_seconds, memory_gib=memory_gib)
    results = make(plan.runs, workspace, jobs=jobs, engine=engine, limits=limits, fail_fast=fail_fast, dask=dask)
    tell_results(results)
    echo(["", _summary(results, plan, time.monotonic() - started)])
    raise typer.Exit(_exit_code(results, bool(plan.broken)))


def make(
    runs: "Sequence[PlannedRun]",
    workspace: "Workspace",
    *,
    jobs: int | None = None,
    engine: Literal["warm", "plain"] = "warm",
    limits: "Limits | None" = None,
    fail_fast: bool = False,
    dask: str = "",
) -> "list[RunResult]":
    """Make runs, here or on a cluster, show how far they are, and enter them in the ledger."""
    from retention_lab.runner.batch import run_batch
    from retention_lab.runner.ledger.ledger import Ledger
    from retention_lab.runner.progress import progress_display

    ledger = Ledger(workspace.reports)
    try:
        with progress_display(len(runs)) as show:
            if not dask:
                return run_batch(
                    runs, jobs=jobs, engine=engine, limits=limits, fail_fast=fail_fast, on_progress=show, ledger=ledger
                )
            from retention_lab.runner.cluster.cluster import run_on_cluster

            return run_on_cluster(runs, dask, limits=limits, fail_fast=fail_fast, on_progress=show, ledger=ledger)
    finally:
        ledger.close()
        echo(ledger.notes, err=True)


def tell_results(results: "Sequence[RunResult]") -> None:
    """The headlines of a few reports, and every failure."""
    if len(results) <= _FEW:
        echo(line for result in results if result.status in ("ok", "current") for line in _report_lines(result))
    echo((line for result in results if result.status == "failed" for line in _failure_lines(result)), err=True)


def _names(asked: list[str], everyone: list[str] | None) -> list[str]:
    """The clients that are meant: those named, or all."""
    if asked and everyone is not None:
        found = f"both --all and {', '.join(asked)}"
        raise ParameterError(Fault(where="clients", found=found, remedy="name the clients, or leave the names out"))
    names = list(dict.fromkeys(asked)) if everyone is None else everyone
    if not names:
        found = "none is named" if everyone is None else "data/ has no folder with a client.yml"
        remedy = (
            "retention-lab run CLIENT, or retention-lab run --all" if everyone is None else "retention-lab demo acme"
        )
        raise ParameterError(Fault(where="clients", found=found, remedy=remedy))
    return names


def _plan(
    workspace: "Workspace",
    names: list[str],
    playbooks: list[str],
    texts: dict[str, str],
    as_of: str,
    force: bool,
    shard: str,
) -> "BatchPlan":
    from retention_lab.runner.plan import BatchPlan, plan_batch, plan_runs

    part = _part(shard)
    if len(names) > 1:
        plan = plan_batch(workspace, names, playbooks=playbooks, texts=texts, as_of=as_of, force=force)
    else:
        # What is wrong with the only client that was asked for is wrong with the request.
        alone = plan_runs(workspace, names[0], playbooks=playbooks, texts=texts, as_of=as_of, force=force)
        plan = BatchPlan(runs=alone.runs, skipped={names[0]: alone.skipped}, broken={})
    return replace(plan, runs=tuple(run for run in plan.runs if run.key.part(part[1]) == part[0] - 1))


def _part(shard: str) -> tuple[int, int]:
    """`2/4` as (2, 4); nothing is the whole, (1, 1)."""
    if not shard:
        return 1, 1
    here, _, of = shard.partition("/")
    if not (here.isdecimal() and of.isdecimal() and 1 <= int(here) <= int(of)):
        raise ParameterError(Fault(where="--shard", found=repr(shard), allowed="I/N with I from 1 to N, as 2/4"))
    return int(here), int(of)


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


def _plan_lines(names: list[str], plan: "BatchPlan") -> list[str]:
    if len(names) <= _FEW:
        return [line for name in names if name not in plan.broken for line in _client_lines(name, plan)]
    to_make = sum(not run.current for run in plan.runs)
    lines = [f"{len(names)} clients: {to_make} to make, {len(plan.runs) - to_make} up to date"]
    return lines + [f"{name}: {one}" for name, left_out in plan.skipped.items() for one in map(_cannot, left_out)]


def _client_lines(client: str, plan: "BatchPlan") -> list[str]:
    mine = [run for run in plan.runs if run.key.client == client]
    to_make = [run.playbook.name for run in mine if not run.current]
    current = [run.playbook.name for run in mine if run.current]
    lines = [f"{client}: {len(to_make)} to make" + (f": {', '.join(to_make)}" if to_make else "")]
    lines += [f"  up to date: {', '.join(current)}"] if current else []
    return lines + [f"  {_cannot(skipped)}" for skipped in plan.skipped.get(client, ())]


def _cannot(skipped: "Skipped") -> str:
    return f"{skipped.playbook} cannot run: client.yml has no {either(skipped.missing)}"


def _broken_lines(client: str, error: RetentionLabError) -> list[str]:
    return ["", f"{client}: nothing can be run until this is mended", *str(error).splitlines()]


def _report_lines(result: "RunResult") -> list[str]:
    headline = [f"  {result.headline}"] if result.headline else []
    return [
        "",
        f"{result.run.key.client}: {result.run.playbook.title}",
        *headline,
        f"  {near(result.folder / 'report.html')}",
    ]


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


def _summary(results: "list[RunResult]", plan: "BatchPlan", seconds: float) -> str:
    counts = {"ok": "done", "current": "up to date", "elsewhere": "left to another runner", "failed": "failed"}
    parts = [(sum(result.status == status for result in results), word) for status, word in counts.items()]
    parts += [
        (sum(len(left_out) for left_out in plan.skipped.values()), "cannot run"),
        (len(plan.broken), "client to mend" if len(plan.broken) == 1 else "clients to mend"),
        (len(plan.runs) - len(results), "not begun"),
    ]
    made = sum(result.status == "ok" for result in results)
    rate = f", {60 * made / seconds:.0f} reports a minute" if made > 1 else ""
    return ", ".join(f"{n} {word}" for n, word in parts if n) + f"; {seconds:.1f} s{rate}"


def _exit_code(results: "list[RunResult]", broken: bool) -> int:
    kinds = {result.error.kind for result in results if result.error}
    return _RUN_FAILED if "crash" in kinds else _WRONG if kinds or broken else 0
