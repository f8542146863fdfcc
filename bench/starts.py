"""Are starts lost, and does anything grow? 500 kernels forked 16 at a time, then 500 reports in one batch.

    python bench/starts.py

Memory is that of the process that asks and of the template: resident, and what is its own (USS), in MiB.
"""

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

import psutil

from retention_lab.runner.batch import Progress, run_batch
from retention_lab.runner.kernels import WARM, SocketKernelManager
from retention_lab.runner.plan import plan_runs
from retention_lab.runner.template import ADDRESS, Template
from retention_lab.tables.workspace import Workspace

N, AT_ONCE = 500, 16
CLIENT = """\
name: Acme
observed_through: 2026-09-30
tables:
  customers:
    source: customers.csv
    columns: {customer_id: ID, started_on: Start, ended_on: End}
"""
PARAMETERS = """\
client: str = "acme"  # Folder of the client in data/
as_of: str = ""  # Last day that counts
language: str = ""  # Language of the report
n: int = 0  # Which of them
"""


def memory(pid: int) -> str:
    """The memory and the open files of a process, in words."""
    process = psutil.Process(pid)
    found = process.memory_full_info()
    return f"{found.rss / 2**20:7.1f} resident {found.uss / 2**20:7.1f} own {process.num_fds():4} files"


async def start(number: int, turn: asyncio.Semaphore, folder: Path, template: int) -> float:
    """The seconds until a kernel has been forked and has answered; it is ended again."""
    async with turn:
        began = time.perf_counter()
        manager = SocketKernelManager(kernel_name=WARM, connection_file=str(folder / f"{number}.json"))
        await manager.start_kernel(cwd=str(folder))
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(120)
        taken = time.perf_counter() - began
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        if number % 100 == 99:
            print(f"  after {number + 1:3}: this process {memory(os.getpid())}, the template {memory(template)}")
        return taken


async def start_all(folder: Path, template: int) -> list[float]:
    """All kernels, so many at once."""
    turn = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(start(number, turn, folder, template) for number in range(N)))


def starts() -> None:
    template = Template()
    os.environ[ADDRESS] = template.address
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        seconds = asyncio.run(start_all(Path(folder), template.pid))
        taken = time.perf_counter() - began
    print(
        f"{len(seconds)} of {N} kernels answered, {AT_ONCE} at a time, in {taken:.1f} s: "
        f"median {median(seconds):.2f} s, slowest of twenty {quantiles(seconds, n=20)[-1]:.2f} s, "
        f"slowest {max(seconds):.2f} s; {len(psutil.Process(template.pid).children())} left"
    )
    del os.environ[ADDRESS]
    template.close()


def cell(cell_id: str, source: str, *tags: str) -> dict[str, object]:
    """A code cell, as a notebook's file has it."""
    empty = {"outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": cell_id, "metadata": {"tags": list(tags)}, "source": source, **empty}


def make_workspace(root: Path) -> Workspace:
    """A client and a playbook that does next to nothing."""
    (root / "data" / "acme").mkdir(parents=True)
    (root / "playbooks").mkdir()
    (root / "data" / "acme" / "client.yml").write_text(CLIENT)
    (root / "data" / "acme" / "customers.csv").write_text("ID,Start,End\n1,2026-01-01,\n")
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# How many?\n"}
    notebook = {
        "cells": [title, cell("parameters", PARAMETERS, "parameters"), cell("count", "print(n)")],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "retention_lab": {"needs": {"customers": ["customer_id"]}, "uses": {}},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (root / "playbooks" / "count.ipynb").write_text(json.dumps(notebook))
    return Workspace(root)


def reports() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder))
        runs = [run for n in range(1, N + 1) for run in plan_runs(workspace, "acme", values={"n": n}).runs]
        ended = 0

        def watch(progress: Progress) -> None:
            nonlocal ended
            ended += progress.result is not None
            if progress.result and ended % 100 == 0:
                (template,) = psutil.Process().children()
                print(f"  after {ended:3}: this process {memory(os.getpid())}, the template {memory(template.pid)}")

        began = time.perf_counter()
        results = run_batch(runs, on_progress=watch)
        taken = time.perf_counter() - began
        made = sum(result.status == "ok" for result in results)
        print(f"{made} of {N} reports made in {taken:.0f} s: {60 * made / taken:.0f} a minute")


if __name__ == "__main__":
    starts()
    reports()
