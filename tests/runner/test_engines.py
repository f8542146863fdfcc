"""Whether a kernel is forked or started anew shows in no notebook: the same cells are run both ways, and compared."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from retention_lab.runner.batch import run_batch
from retention_lab.runner.outcome import RunResult
from retention_lab.runner.plan import plan_runs

WIDGETS = """\
import ipywidgets as widgets
box = widgets.VBox([widgets.IntSlider(value=3), widgets.Output()])
with box.children[1]:
    print("inside")
box
"""
INTERACT = "widgets.interact(lambda n: print(2 * n), n=(0, 10))"
BASH = """\
%%bash
echo hello
echo oops >&2
ls
"""
AWAIT = """\
import asyncio
async def twice(x):
    await asyncio.sleep(0.01)
    return 2 * x
print(await asyncio.gather(*map(twice, range(3))))
"""
FIGURE = """\
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.plot([1, 3, 2])
figure
"""
PYPLOT = """\
plt.plot([1, 2])
plt.show()
print(plt.get_backend())
"""
INLINE = """\
%matplotlib inline
plt.plot([1, 2])
plt.show()
"""
STREAMS = """\
import sys
for n in range(3):
    print("out", n)
    print("err", n, file=sys.stderr)
"""
UPDATE = """\
handle = display("one", display_id="mine")
handle.update("two")
other = display({"text/plain": "three"}, raw=True, display_id=True)
other.update({"text/plain": "four"}, raw=True)
"""
CLEAR = """\
from IPython.display import clear_output
print("gone")
clear_output()
print("here")
"""
INPUT = """\
try:
    input("Your name? ")
except Exception as error:
    print(type(error).__name__, error)
"""
CHILDREN = """\
import os, subprocess
print(subprocess.run(["cat"], capture_output=True, text=True))
subprocess.run(["echo", "from a child"])
os.system("echo from a shell; echo and its complaint >&2")
!echo from IPython
print(sys.stdin.read())
"""
WHERE = """\
print(sys.argv, sys.path, sys.flags, sys.executable, os.listdir(), os.getcwd(), __name__)
ours = ("RETENTION_LAB", "PYTHON", "JUPYTER", "IPYTHON", "TMP", "TZ", "OMP", "OPENBLAS", "MKL", "MPL")
print({name: value if name.startswith(ours) else "" for name, value in sorted(os.environ.items())})
"""
BESIDE = """\
%%writefile beside.py
answer = 42
"""
IMPORT_BESIDE = """\
import beside
print(beside.answer)
os.remove("beside.py")
"""
TEMPORARY = """\
import tempfile
print(tempfile.gettempdir() == os.getcwd(), tempfile.mkdtemp())
"""
NUMBERS = """\
import numpy as np
square = np.random.default_rng(1).normal(size=(400, 400))
print((square @ square).sum().hex(), np.linalg.svd(square)[1].sum().hex(), hash("acme"))
"""
THREADS = """\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(abs, range(-5, 0))))
print(await asyncio.to_thread(lambda: "from a thread"))
"""
PROCESSES = """\
import multiprocessing
def squared(x):
    return x * x
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(squared, range(5)))
with multiprocessing.get_context("spawn").Pool(1) as pool:
    print(pool.map(abs, range(-5, 0)))
"""
ENGINES = """\
import duckdb, ibis, pyarrow
print(duckdb.sql("select sum(range) from range(1000000)").fetchall(), ibis.memtable({"a": [1, 2]}).a.sum().execute())
print(pyarrow.compute.sum(pyarrow.array(range(100_000))) if hasattr(pyarrow, "compute") else "")
"""
WIDE = """\
import pandas as pd
wide = pd.DataFrame({f"column_{n}": range(70) for n in range(40)})
print(wide)
wide
"""
COMPLAINTS = """\
import logging, warnings
logging.warning("careful")
warnings.warn("old")
warnings.warn("older", DeprecationWarning)
"""
SETTINGS = """\
import decimal, gc, locale, matplotlib, resource, signal, time
print(*((one.name, signal.getsignal(one)) for one in signal.Signals), signal.pthread_sigmask(signal.SIG_BLOCK, []))
print(os.getpgrp() == os.getpid() == os.getsid(0), os.umask(0o22), os.nice(0), os.sched_getaffinity(0))
print({name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")})
print(locale.getlocale(), locale.setlocale(locale.LC_ALL), decimal.getcontext(), gc.isenabled(), gc.get_threshold())
print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.dont_write_bytecode, time.tzname)
print({name: value for name, value in matplotlib.rcParams.items() if value != matplotlib.rcParamsDefault[name]})
print(np.geterr(), np.get_printoptions(), sorted(map(str, matplotlib.units.registry)))
print(get_ipython().config, logging.getLogger().handlers, type(asyncio.get_running_loop()))
"""
SOURCE = """\
import inspect
print(inspect.getsource(squared), inspect.getsource(twice))
squared?
"""
CELLS = {
    "widgets": WIDGETS, "interact": INTERACT, "bash": BASH, "await": AWAIT, "figure": FIGURE, "pyplot": PYPLOT,
    "inline": INLINE, "streams": STREAMS, "update": UPDATE, "clear": CLEAR, "input": INPUT, "children": CHILDREN,
    "where": WHERE, "beside": BESIDE, "import-beside": IMPORT_BESIDE, "temporary": TEMPORARY, "numbers": NUMBERS,
    "threads": THREADS, "processes": PROCESSES, "engines": ENGINES, "wide": WIDE, "complaints": COMPLAINTS,
    "settings": SETTINGS, "source": SOURCE, "value": "_, len(In), 6 * 7", "html": "%%html\n<b>bold</b>\n",
}  # fmt: skip

FAILS = """\
def outer():
    return inner()
def inner():
    print("on the way")
    raise ValueError("no\\nway")
outer()
"""

RANDOM = """\
import random, uuid
import numpy as np
print(random.random(), np.random.random(), np.random.default_rng().random(), uuid.uuid4())
"""


class Both(NamedTuple):
    """What came of each playbook, by engine."""

    warm: dict[str, RunResult]
    plain: dict[str, RunResult]

    def notebooks(self, playbook: str) -> list[dict[str, Any]]:
        return [read_notebook(results[playbook]) for results in self]


@pytest.fixture(scope="module")
def both(tmp_path_factory, new_workspace, write) -> Both:
    workspace = new_workspace(tmp_path_factory.mktemp("engines") / "lab")
    write(workspace, "anything", *CELLS.values())
    write(workspace, "fails", FAILS)
    write(workspace, "random", RANDOM)
    write(workspace, "random-too", RANDOM)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RETENTION_LAB_HOME", raising=False)
        # ipykernel leaves the output of child processes alone where it sees this.
        patch.delenv("PYTEST_CURRENT_TEST")
        # Of a notebook whose cell runs our command line, say. Kernels look whether this process is still there.
        patch.setenv("JPY_PARENT_PID", "12345")
        runs = plan_runs(workspace, "acme", force=True).runs
        found = []
        for engine in ("warm", "plain"):
            results = run_batch(runs, jobs=2, engine=engine, on_progress=lambda _: None)
            copies = tmp_path_factory.mktemp(engine)
            found.append({result.run.playbook.name: keep(result, copies) for result in results})
    return Both(*found)


def keep(result: RunResult, beside: Path) -> RunResult:
    """The other engine makes the same report in the same place."""
    return replace(result, folder=result.folder.rename(beside / result.run.playbook.name))


def read_notebook(result: RunResult) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((result.folder / "playbook.ipynb").read_text(encoding="utf-8"))
    return notebook


def same(value: Any) -> Any:
    """Without what is random by nature: numbers of processes, names of temporary files, ids of widgets, addresses."""
    text = json.dumps(value, sort_keys=True)
    text = re.sub(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", "ID", text)
    text = re.sub(r"\.tmp-[0-9a-f]+-\w+-\d+", "PRIVATE", text)
    text = re.sub(r"retention-lab-\d+-\w{8}", "SOCKETS", text)
    text = re.sub(r"ipykernel_\d+", "ipykernel_PID", text)
    text = re.sub(r"scratch/tmp\w{8}", "TEMPORARY", text)
    return json.loads(re.sub(r"at 0x[0-9a-f]+", "at ADDRESS", text))


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_shows_the_same_on_both_engines(both: Both, name: str) -> None:
    # Before it come a title and the parameters, twice.
    place = list(CELLS).index(name) + next(
        n for n, cell in enumerate(both.notebooks("anything")[0]["cells"]) if cell["id"] == "step-1"
    )
    warm, plain = (notebook["cells"][place] for notebook in both.notebooks("anything"))
    assert "".join(warm["source"]) == CELLS[name]
    assert warm["outputs"]
    assert same(warm) == same(plain)


def test_nothing_but_the_outputs_of_cells_could_differ(both: Both) -> None:
    warm, plain = both.notebooks("anything")
    states = [notebook["metadata"].pop("widgets") for notebook in (warm, plain)]
    models = [sorted(json.dumps(same(model)) for model in widgets_in(state).values()) for state in states]
    assert models[0] == models[1]
    assert len(models[0]) > 5
    assert [cell["id"] for cell in warm["cells"]] == [cell["id"] for cell in plain["cells"]]
    assert warm | {"cells": []} == plain | {"cells": []}


def widgets_in(metadata: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = metadata["application/vnd.jupyter.widget-state+json"]["state"]
    return state


def test_an_exception_is_the_same_with_its_traceback(both: Both) -> None:
    warm, plain = both.notebooks("fails")
    traceback = "".join(warm["cells"][-1]["outputs"][-1]["traceback"])
    assert "inner()" in re.sub(r"\x1b\[[\d;]*m", "", traceback)
    assert warm == plain
    assert both.warm["fails"].error == both.plain["fails"].error


def test_the_report_is_the_same_to_the_last_byte(both: Both) -> None:
    for name in ("report.html", "playbook.ipynb"):
        assert (both.warm["stay"].folder / name).read_bytes() == (both.plain["stay"].folder / name).read_bytes()


def test_no_two_kernels_draw_the_same_random_numbers(both: Both) -> None:
    """Two forks of one process would, if nothing were done about it."""
    drawn = [
        read_notebook(results[name])["cells"][-1]["outputs"][0]["text"][0].split()
        for results in both
        for name in ("random", "random-too")
    ]
    for column in zip(*drawn, strict=True):
        assert len(set(column)) == len(drawn), column
